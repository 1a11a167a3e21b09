import attrs
import pytest

from fsm.diagrams import compare, diagram, diff_markdown
from fsm.diagrams.diff_report import escape_markdown

from .altered import (
    with_all_of_these,
    with_another_target,
    with_first_altered,
    with_first_staying,
    with_preconditions,
    with_reversed_order,
    without_a_guard,
    without_a_row,
)

NEW = diagram("recording")


def rows(old, new=NEW):
    page = diff_markdown([compare(old, new)])
    return [line for line in page.splitlines() if line.startswith("| ") and "| |" not in line[:4]]


def with_other_rules_of_stop(old):
    for state in ("recording", "paused"):
        old = with_first_altered(old, state, "stop", rules=("R1",))
    return old


def test_an_unchanged_diagram_has_no_section():
    page = diff_markdown([compare(diagram("policy"), diagram("policy"))])
    assert page.strip() == ""
    page = diff_markdown(
        [compare(diagram("policy"), diagram("policy")), compare(without_a_row(NEW), NEW)]
    )
    assert page.startswith("### Meeting recording · every plan (`recording`)\n\n1 added\n\n| |")
    assert "policy" not in page


PAUSE = "| ~ changed | **pause** | recording → paused |"
RESUME = "| − removed | **resume** | paused → recording |"
FAILED = r"| ~ changed | **recorder\_failed** | recording ~~→ idle~~ **→ stopped** |"
KINDS = [
    (without_a_guard(NEW), NEW, f"{PAUSE} added guards: **plan: host may pause** | R9 |"),
    (NEW, without_a_guard(NEW), f"{PAUSE} removed guards: ~~plan: host may pause~~ | R9 |"),
    (NEW, without_a_row(NEW), f"{RESUME} only if a host, cloud; recorder command: resume | R9 |"),
    (with_another_target(NEW), NEW, f"{FAILED} leads to **stopped** instead of idle | D11 |"),
]


@pytest.mark.parametrize(("old", "new", "row"), KINDS)
def test_each_kind_of_change_is_reported(old, new, row):
    assert rows(old, new) == [row]


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        ({"rules": ("R1",)}, "other rules | ~~R1~~ **R16**"),
        ({"rules": ()}, "other rules | ~~none~~ **R16**"),
        ({"command": ()}, r"recorder command: ~~none~~ **stop: host\_stopped** | R16"),
        ({"actions": ("end_meeting",)}, "actions: ~~end meeting~~ **clear recording** | R16"),
    ],
)
def test_other_rules_commands_and_actions_are_reported(difference, text):
    old = with_first_altered(NEW, "recording", "stop", **difference)
    assert rows(old) == [f"| ~ changed | **stop** | recording → stopped | {text} |"]


def test_a_change_of_precedence_or_order_is_not_a_change_of_guards():
    guards = next(
        each.guards
        for each in NEW.transitions
        if (each.source, each.trigger) == ("recording", "stop")
    )
    old = with_first_altered(NEW, "recording", "stop", guards=("otherwise", *guards))
    assert "no earlier transition applies any more" in rows(old)[0]
    assert "now only if no earlier transition applies" in rows(NEW, old)[0]
    reordered = with_first_altered(NEW, "recording", "stop", guards=guards[::-1])
    assert "guards in another order" in rows(reordered)[0]


def test_the_same_change_of_several_states_is_one_row():
    (row,) = rows(with_other_rules_of_stop(NEW))
    assert "| recording, paused → stopped |" in row


def test_a_transition_that_comes_to_stay_is_reported_with_its_old_target():
    stays = with_first_staying(NEW, "recording", "stop")
    (row,) = rows(NEW, stays)
    assert row == (
        "| ~ changed | **stop** | recording ~~→ stopped~~ **(stays)** "
        "| no longer leads to ~~stopped~~, the state stays the same | R16 |"
    )
    (row,) = rows(stays)
    assert row == (
        "| ~ changed | **stop** | recording ~~(stays)~~ **→ stopped** "
        "| now leads to **stopped**, the state stayed the same before | R16 |"
    )


def test_another_order_of_guards_or_transitions_is_reported_with_its_effect():
    first = with_preconditions(NEW, "join", lambda guards: guards[::-1])
    (row,) = rows(first)
    assert row == (
        "| ~ changed | **join** | every state | guards in another order: "
        "1. the meeting is not over, 2. not yet present; may refuse for another reason |  |"
    )
    every = NEW
    for trigger in NEW.preconditions:
        every = with_preconditions(every, trigger, lambda guards: (*guards, "by day"))
    assert rows(every) == [
        "| ~ changed | every event | every state | removed guards: ~~by day~~ |  |"
    ]
    (row,) = rows(with_reversed_order(NEW, "recording", "pause"))
    assert row.startswith(
        "| ~ changed | **pause** | recording | transitions in another order: 1. → paused"
    )


def test_the_headline_counts_the_rows():
    old = with_other_rules_of_stop(NEW)
    page = diff_markdown([compare(old, without_a_row(NEW))])
    assert "\n1 removed · 1 changed\n" in page


def test_states_and_preconditions_are_reported():
    idle, *others = NEW.nodes
    not_initial = attrs.evolve(idle, initial=False)
    old = attrs.evolve(NEW, nodes=(not_initial, *others, attrs.evolve(idle, name="old")))
    old = with_preconditions(old, "join", lambda guards: guards[:1])
    assert rows(old) == [
        "| ~ changed |  | idle | is the initial state |  |",
        "| − removed |  | old | the state |  |",
        "| ~ changed | **join** | every state | added guards: **not yet present** |  |",
    ]


def test_the_report_can_be_chinese():
    page = diff_markdown([compare(with_all_of_these(NEW), NEW)], "zh")
    assert (
        "| ~ 修改 | **暂停录制** | 录制中 → 已暂停 | 新增条件：**方案：主持人可暂停** | R9 |"
        in page
    )


def test_a_label_cannot_break_the_table():
    assert escape_markdown("a|b`c\n_d_ <e>") == r"a\|b\`c \_d\_ \<e\>"
