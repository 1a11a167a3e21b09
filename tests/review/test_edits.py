"""Some of the edits that ``tools/review_edits.py`` reviews, quickly: with one participant."""

from fsm.review.report import review

from .edits import CHANGES, REFACTORINGS, Edited, copy_with

QUICK = ("linux is a desktop", "a console that is locked stays free")


def test_each_of_two_changes_is_one_group_with_an_example(tmp_path):
    both = [each for each in CHANGES if each.name in QUICK]
    version = Edited("both changes", tuple(edit for each in both for edit in each.edits))
    seen = []
    result = review(str(copy_with(version, tmp_path)), 1, lambda *numbers: seen.append(numbers))
    assert result.differs
    assert len(result.changes) == len(both) == 2
    for edited in both:
        [change] = [each for each in result.changes if edited.words in each.sentence]
        assert change.group.main.kind == edited.kind
        assert change.example.differs
    assert {change.name[:3] for change in result.changes} == {"01-", "02-"}
    assert seen == sorted(seen)
    assert seen[-1] <= (result.situations, result.events)


def test_there_are_thirty_two_changes_and_ten_refactorings():
    assert (len(CHANGES), len(REFACTORINGS)) == (32, 10)
    names = [each.name for each in (*CHANGES, *REFACTORINGS)]
    assert len(names) == len({*names})
