"""The report of a review: Markdown, JSON and files, of reviews that are written by hand."""

import json

import attrs
import pytest

from fsm import diagrams
from fsm.review.difference import Difference
from fsm.review.examples import MARK, Example
from fsm.review.grouping import ChangeGroup
from fsm.review.report import (
    Review,
    ReviewedChange,
    files,
    is_example,
    markdown,
    review_json,
)
from fsm.review.words import sentence

ANSWER = {"before": "idle", "state": "idle", "recorder": [], "refused": None, "rules": []}
REFUSED = ANSWER | {"refused": "not_host", "rules": ["D1"]}
EXAMPLE = Example(f"{MARK}title: a\n", b"<svg/>", differs=True)
NO_EXAMPLE = Example(None, None, differs=False)
SAME = [diagrams.compare(each, each) for each in (diagrams.diagram("policy"),)]
NOTHING = Review("HEAD", 2, 7, 8, 9, [], [], [], SAME)


def difference(*events, kind="answers", machine="recording", **values):
    """A difference; without a machine it is one of settings."""
    parts = frozenset({"state", "refused"})
    start = {} if machine else {"account": {"edition": "pro"}}
    old, new = values.pop("old", ANSWER), values.pop("new", REFUSED)
    return Difference(kind, machine, parts, start, events, old, new, **values)


def changed(*differences, example=EXAMPLE, name="01-a"):
    """A change of the behaviour of a group of differences."""
    return ReviewedChange(ChangeGroup(list(differences)), sentence(differences[0]), example, name)


def review_of(*changes, **values):
    return attrs.evolve(NOTHING, changes=list(changes), **values)


MEMBER = {"role": "member", "platform": "ios"}
PAUSE = difference({"pause": {"by": "alice"}}, subject=MEMBER, situations={1, 2})


def test_without_differences_the_report_says_so_and_names_what_was_compared():
    assert markdown(NOTHING) == (
        "# Review against `HEAD`\n\n"
        "Compared: 7 settings, 8 situations and 9 events, in meetings of up to 2 participants.\n\n"
        "**Nothing changed**: every answer, plan and form is the same.\n"
    )
    assert not NOTHING.differs
    assert list(files(NOTHING)) == ["review.md"]


def test_each_change_has_a_section_with_its_facts_example_and_diagram():
    result = review_of(changed(PAUSE), changed(PAUSE, example=NO_EXAMPLE, name="02-b"))
    [head, first, second] = markdown(result).split("\n## ")
    assert "**2 changes of behaviour.**" in head
    assert first == (
        "1. pause by a member: before idle, now refused: not\\_host\n\n"
        "- Kind: another answer\n"
        "- Situations with another answer: 2\n"
        "- Rules: D1\n"
        "- Example: [01-a.yaml](01-a.yaml), plays on both versions\n\n"
        "![The path of the example](01-a.svg)\n"
    )
    assert second.startswith("2. pause by a member")
    assert "Example" not in second
    assert "![" not in second


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("answers", "another answer"),
        ("settings", "another plan or form"),
        ("reasons", "other reasons for the same plan and form"),
        ("rules", "other rules named by the same answer"),
    ],
)
def test_the_kind_of_a_change_is_named(kind, words):
    change = changed(attrs.evolve(PAUSE, kind=kind))
    assert f"- Kind: {words}\n" in markdown(review_of(change))
    assert "**1 change of behaviour.**" in markdown(review_of(change))


def test_a_change_of_settings_counts_them_and_its_example_is_a_plan():
    settings = difference(
        kind="settings", machine="", by=("status", "status"), count=3,
        old={"status": "off"}, new={"status": "free"},
    )  # fmt: skip
    text = markdown(review_of(changed(settings, example=attrs.evolve(EXAMPLE, differs=False))))
    assert "- Settings with another plan or form: 3\n" in text
    assert "01-a.yaml), `fsm plan` shows it\n" in text


def test_further_differences_of_a_change_are_named_up_to_three_and_then_counted():
    triggers = ("pause", "resume", "stop", "start", "leave", "pause")
    differences = [
        attrs.evolve(PAUSE, events=({trigger: {"by": "alice"}},)) for trigger in triggers
    ]
    lines = markdown(review_of(changed(*differences))).splitlines()
    also = [line for line in lines if line.startswith(("- Also:", "- and"))]
    assert [line.split(" by ")[0] for line in also] == [
        "- Also: resume", "- Also: stop", "- Also: start", "- and 1 more answers of the same cause"
    ]  # fmt: skip


def test_new_and_gone_names_are_a_difference_of_the_vocabulary():
    result = review_of(added=[("role", "panelist")], removed=[("kind", "tape")])
    assert result.differs
    text = markdown(result)
    assert "No answer, plan or form that both versions know changed." in text
    assert text.endswith("## Vocabulary\n\n- New: role `panelist`\n- Gone: kind `tape`\n")


def test_a_comparison_that_was_given_up_is_a_difference():
    result = attrs.evolve(NOTHING, endless=True)
    assert result.differs
    assert "**Given up**" in markdown(result)
    assert "Nothing changed" not in markdown(result)


def test_changed_transitions_come_with_a_diagram():
    policy = diagrams.diagram("policy")
    diff = diagrams.compare(diagrams.empty_diagram(policy), policy)
    result = attrs.evolve(NOTHING, diffs=[*SAME, diff])
    assert markdown(result).endswith("![The changed transitions](policy-changes.svg)\n")
    assert files(result)["policy-changes.svg"].startswith(b"<?xml")
    assert review_json(result)["tables"] == ["policy"]
    # Another form of the same rules is no change of behaviour.
    assert not result.differs


def test_each_change_has_a_scenario_and_a_diagram_if_there_is_an_example():
    result = review_of(changed(PAUSE), changed(PAUSE, example=NO_EXAMPLE, name="02-b"))
    contents = files(result)
    assert contents.pop("review.md") == markdown(result).encode()
    assert contents == {"01-a.yaml": EXAMPLE.scenario.encode(), "01-a.svg": b"<svg/>"}


def test_the_json_has_each_change_with_both_answers():
    result = review_of(changed(PAUSE), changed(PAUSE, example=NO_EXAMPLE, name="02-b"))
    data = json.loads(json.dumps(review_json(result)))
    first, second = data.pop("changes")
    assert first == {
        "kind": "answers",
        "difference": "pause by a member: before idle, now refused: not_host",
        "settings": 0, "situations": 2, "rules": ["D1"],
        "scenario": "01-a.yaml", "diagram": "01-a.svg",
        "old": ANSWER, "new": REFUSED, "start": {}, "steps": [{"pause": {"by": "alice"}}],
    }  # fmt: skip
    assert (second["scenario"], second["diagram"]) == (None, None)
    assert data == {
        "version": "HEAD", "participants": 2, "settings": 7, "situations": 8, "events": 9,
        "endless": False, "added": [], "removed": [], "tables": [],
    }  # fmt: skip


def test_the_name_of_a_version_cannot_break_the_heading():
    assert markdown(attrs.evolve(NOTHING, version="a`b")).startswith("# Review against `ab`\n")


def test_files_of_an_earlier_review_are_known_by_their_name_or_mark(tmp_path):
    for name, mark in (("01-a.yaml", MARK), ("mine.yaml", "# Mine.\n"), ("02-empty.yaml", "")):
        (tmp_path / name).write_text(mark, encoding="utf-8")
    (tmp_path / "03-folder.yaml").mkdir()
    known = ("01-a.yaml", "01-a.svg", "policy-changes.svg", "recording-changes.svg")
    other = ("mine.yaml", "02-empty.yaml", "03-folder.yaml", "missing.yaml", "mine.svg",
             "1-a.svg", "review.md")  # fmt: skip
    assert [name for name in (*known, *other) if is_example(tmp_path / name)] == list(known)
