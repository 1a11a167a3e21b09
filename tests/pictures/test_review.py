import attrs
import pytest

from fsm.pictures import compare, markdown, picture
from fsm.pictures.review import escaped

from .altered import all_at_once, condition_less, one, other_target, row_less

NEW = picture("recording")


def rows(old, new=NEW):
    page = markdown([compare(old, new)], "main")
    return [row for row in page.splitlines() if row.startswith("| ") and "| |" not in row[:4]]


def test_nothing_changed_is_said():
    page = markdown([compare(NEW, NEW), compare(picture("policy"), picture("policy"))], "main")
    assert page == "## Changes against `main`\n\nnothing changed\n"


def test_a_picture_without_changes_is_named_beside_one_that_has_some():
    page = markdown(
        [compare(picture("policy"), picture("policy")), compare(row_less(NEW), NEW)], "main"
    )
    assert "(`policy`)\n\nnothing changed\n\n### Meeting recording · every plan" in page
    assert "1 added\n\n| |" in page


PAUSE = "| ~ changed | **pause** | recording → paused |"
RESUME = "| − removed | **resume** | paused → recording |"
FAILED = r"| ~ changed | **recorder\_failed** | recording ~~→ idle~~ **→ stopped** |"
KINDS = [
    (condition_less(NEW), NEW, f"{PAUSE} now asks also: **plan: host may pause** |"),
    (NEW, condition_less(NEW), f"{PAUSE} asks no longer: ~~plan: host may pause~~ |"),
    (NEW, row_less(NEW), f"{RESUME} only if a host, cloud; tells the recorder resume; R9 |"),
    (other_target(NEW), NEW, f"{FAILED} leads to **stopped** instead of idle |"),
]


@pytest.mark.parametrize(("old", "new", "row"), KINDS)
def test_each_kind_of_change_is_told_in_words(old, new, row):
    assert rows(old, new) == [row]


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        ({"rules": ("R1",)}, "rules: ~~R1~~ **R16**"),
        ({"command": None}, r"tells the recorder: ~~nothing~~ **stop: host\_stopped**"),
        ({"effects": ("is_over",)}, "does: ~~is over~~ **records nothing**"),
    ],
)
def test_other_rules_commands_and_effects_are_told(difference, words):
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
    assert "now only if no line before it holds" in rows(NEW, old)[0]
    other = one(
        NEW, "recording", "stop",
        lambda target, line: (target, attrs.evolve(line, conditions=line.conditions[::-1])),
    )  # fmt: skip
    assert "conditions in another order" in rows(other)[0]


def test_the_same_change_of_several_states_is_one_row():
    old = NEW
    for state in ("recording", "paused"):
        old = one(
            old, state, "stop",
            lambda target, line: (target, attrs.evolve(line, rules=("R1",))),
        )  # fmt: skip
    (row,) = rows(old)
    assert "| recording, paused → stopped |" in row


def test_states_and_what_the_lines_leave_out_are_told():
    idle, *others = NEW.nodes
    renamed = attrs.evolve(idle, label="asleep", initial=False)
    old = attrs.evolve(
        NEW,
        nodes=(renamed, *others, attrs.evolve(idle, name="old", label="old", stays=())),
        assumed=NEW.assumed[1:],
    )
    assert rows(old) == [
        "| ~ changed |  | idle | is called **idle** instead of ~~asleep~~; begins here |",
        "| − removed |  | old | the state |",
        "| + added |  | left out of the lines | always: the meeting is not over |",
    ]


def test_it_is_told_in_chinese_too():
    old, new = all_at_once(picture("recording")), picture("recording")
    assert compare(old, new)
    changes = compare(condition_less(NEW), NEW)
    page = markdown([changes], "main", "zh")
    assert page.startswith("## 对比版本 `main`")
    assert "修改" in page


def test_a_label_cannot_break_the_table():
    assert escaped("a|b`c\n_d_ <e>") == r"a\|b\`c \_d\_ \<e\>"
