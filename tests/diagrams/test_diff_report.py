import attrs
import pytest

from fsm.diagrams import diagram, diff_diagrams, diff_report
from fsm.diagrams.diff_report import escape_markdown

from .altered import (
    all_at_once,
    asking,
    condition_less,
    one,
    other_target,
    row_less,
    staying,
    turned,
)

NEW = diagram("recording")


def rows(old, new=NEW):
    page = diff_report([diff_diagrams(old, new)], "main")
    return [row for row in page.splitlines() if row.startswith("| ") and "| |" not in row[:4]]


def test_nothing_changed_is_said():
    page = diff_report(
        [diff_diagrams(NEW, NEW), diff_diagrams(diagram("policy"), diagram("policy"))], "main"
    )
    assert page == "## Changes against `main`\n\nnothing changed\n"


def test_a_diagram_without_changes_is_named_beside_one_that_has_some():
    page = diff_report(
        [diff_diagrams(diagram("policy"), diagram("policy")), diff_diagrams(row_less(NEW), NEW)],
        "main",
    )
    assert "(`policy`)\n\nnothing changed\n\n### Meeting recording · every plan" in page
    assert "1 added\n\n| |" in page


PAUSE = "| ~ changed | **pause** | recording → paused |"
RESUME = "| − removed | **resume** | paused → recording |"
FAILED = r"| ~ changed | **recorder\_failed** | recording ~~→ idle~~ **→ stopped** |"
KINDS = [
    (condition_less(NEW), NEW, f"{PAUSE} guard added: **plan: host may pause** | R9 |"),
    (NEW, condition_less(NEW), f"{PAUSE} guard removed: ~~plan: host may pause~~ | R9 |"),
    (NEW, row_less(NEW), f"{RESUME} only if a host, cloud; recorder command resume | R9 |"),
    (other_target(NEW), NEW, f"{FAILED} leads to **stopped** instead of idle | D11 |"),
]


@pytest.mark.parametrize(("old", "new", "row"), KINDS)
def test_each_kind_of_change_is_told_in_words(old, new, row):
    assert rows(old, new) == [row]


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        ({"rules": ("R1",)}, "other rules | ~~R1~~ **R16**"),
        ({"rules": ()}, "other rules | ~~nothing~~ **R16**"),
        ({"command": None}, r"recorder command: ~~nothing~~ **stop: host\_stopped** | R16"),
        ({"actions": ("end_meeting",)}, "does: ~~end meeting~~ **clear recording** | R16"),
    ],
)
def test_other_rules_commands_and_actions_are_told(difference, words):
    old = one(
        NEW, "recording", "stop",
        lambda target, line: (target, attrs.evolve(line, **difference)),
    )  # fmt: skip
    assert rows(old) == [f"| ~ changed | **stop** | recording → stopped | {words} |"]


def test_the_order_of_lines_is_told_as_an_order():
    def later(target, line):
        return target, attrs.evolve(line, conditions=("otherwise", *line.conditions))

    old = one(NEW, "recording", "stop", later)
    assert "no line comes before it any more" in rows(old)[0]
    assert "now only if no line before it passes" in rows(NEW, old)[0]
    other = one(
        NEW, "recording", "stop",
        lambda target, line: (target, attrs.evolve(line, conditions=line.conditions[::-1])),
    )  # fmt: skip
    assert "guards in another order" in rows(other)[0]


def test_the_same_change_of_several_states_is_one_row():
    old = NEW
    for state in ("recording", "paused"):
        old = one(
            old, state, "stop",
            lambda target, line: (target, attrs.evolve(line, rules=("R1",))),
        )  # fmt: skip
    (row,) = rows(old)
    assert "| recording, paused → stopped |" in row


def test_a_line_that_comes_to_stay_is_told_in_plain_words():
    stays = staying(NEW, "recording", "stop")
    (row,) = rows(NEW, stays)
    assert row == (
        "| ~ changed | **stop** | recording ~~→ stopped~~ **(stays)** "
        "| leads no longer to ~~stopped~~, the state stays as it is | R16 |"
    )
    (row,) = rows(stays)
    assert row == (
        "| ~ changed | **stop** | recording ~~(stays)~~ **→ stopped** "
        "| now leads to **stopped**, the state stayed as it was before | R16 |"
    )


def test_another_order_of_asking_or_trying_is_told_with_what_it_does():
    first = asking(NEW, "join", lambda conditions: conditions[::-1])
    (row,) = rows(first)
    assert row == (
        "| ~ changed | **join** | every state | guards in another order: "
        "1. the meeting is not over, 2. not yet present; may refuse for another reason |  |"
    )
    every = NEW
    for each in NEW.required:
        every = asking(every, each.trigger, lambda conditions: (*conditions, "by day"))
    assert rows(every) == [
        "| ~ changed | every event | every state | guard removed: ~~by day~~ |  |"
    ]
    (row,) = rows(turned(NEW, "recording", "pause"))
    assert row.startswith(
        "| ~ changed | **pause** | recording | lines in another order: 1. → paused"
    )


def test_the_headline_counts_the_rows():
    old = NEW
    for state in ("recording", "paused"):
        old = one(
            old, state, "stop",
            lambda target, line: (target, attrs.evolve(line, rules=("R1",))),
        )  # fmt: skip
    page = diff_report([diff_diagrams(old, row_less(NEW))], "main")
    assert "\n1 removed · 1 changed\n" in page


def test_states_and_what_is_asked_first_are_told():
    idle, *others = NEW.nodes
    renamed = attrs.evolve(idle, label="asleep", initial=False)
    old = attrs.evolve(
        NEW,
        nodes=(renamed, *others, attrs.evolve(idle, name="old", label="old", stays=())),
    )
    old = asking(old, "join", lambda conditions: conditions[:1])
    assert rows(old) == [
        "| ~ changed |  | idle | is called **idle** instead of ~~asleep~~; begins here |  |",
        "| − removed |  | old | the state |  |",
        "| ~ changed | **join** | every state | guard added: **not yet present** |  |",
    ]


def test_it_is_told_in_chinese_too():
    old, new = all_at_once(diagram("recording")), diagram("recording")
    assert diff_diagrams(old, new)
    changes = diff_diagrams(condition_less(NEW), NEW)
    page = diff_report([changes], "main", "zh")
    assert page.startswith("## 对比版本 `main`")
    assert "修改" in page


def test_a_label_cannot_break_the_table():
    assert escape_markdown("a|b`c\n_d_ <e>") == r"a\|b\`c \_d\_ \<e\>"
