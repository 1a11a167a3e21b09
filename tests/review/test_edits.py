"""Some of the edits that ``tools/review_edits.py`` reviews, quickly: with one participant."""

import pytest

from fsm.review.report import review

from .edits import CHANGES, REFACTORINGS, copy_with

QUICK = ("linux is a desktop", "a console that is locked stays free")


@pytest.mark.parametrize("name", QUICK)
def test_a_change_is_one_group_with_an_example(tmp_path, name):
    [edited] = [each for each in CHANGES if each.name == name]
    seen = []
    result = review(str(copy_with(edited, tmp_path)), 1, lambda *numbers: seen.append(numbers))
    assert result.differs
    [change] = result.changes
    assert edited.words in change.sentence
    assert change.group.main.kind == edited.kind
    assert change.example.differs
    assert change.name.startswith("01-")
    assert seen == sorted(seen)
    assert seen[-1] <= (result.situations, result.events)


def test_there_are_thirty_two_changes_and_ten_refactorings():
    assert (len(CHANGES), len(REFACTORINGS)) == (32, 10)
    names = [each.name for each in (*CHANGES, *REFACTORINGS)]
    assert len(names) == len({*names})
