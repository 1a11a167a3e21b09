import json
import sys
from functools import partial

import pytest

from fsm.cli import verify_machine
from fsm.engine.explore import explore

from .machines import write_shop


@pytest.fixture
def verify(fsm, tmp_path, monkeypatch):
    """Verifies the machine of a module that consists of the till and further lines."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def run(text, *options, name="machine"):
        write_shop(tmp_path, text)
        monkeypatch.delitem(sys.modules, "shop", raising=False)
        sys.dont_write_bytecode, written = True, sys.dont_write_bytecode
        try:
            return fsm("verify", f"shop:{name}", *options)
        finally:
            sys.dont_write_bytecode = written
            sys.modules.pop("shop", None)

    return run


def test_a_machine_without_a_space_is_searched_by_its_definition(verify):
    code, out, err = verify("")
    assert (code, err) == (0, "")
    assert out == (
        "shop:machine\n"
        "states reached                       3 of 3\n"
        "transitions that can be taken        4 of 4\n"
        "never left: locked\n"
        "no guard was evaluated: the module has no SPACE (docs/engine.md)\n"
        "0 violations, 0 gaps\n"
    )


def test_states_behind_rows_that_are_never_taken_are_gaps(verify):
    code, out, _ = verify(
        "behind = Machine(states=['a', 'b', 'c'], initial='a', auto_transitions=False,\n"
        "    transitions=[['go', 'a', 'b'], ['go', ['a', 'c'], 'c'], ['turn', 'c', 'a']]).freeze()",
        name="behind",
    )
    assert code == 1
    assert out.splitlines()[1:] == [
        "states reached                       2 of 3",
        "transitions that can be taken        1 of 3",
        "never left: b",
        "gap: state 'c' is never reached",
        "gap: trigger 'turn' is never possible",
        "gap: a transition of 'go' from a, c to c is never taken",
        "no guard was evaluated: the module has no SPACE (docs/engine.md)",
        "0 violations, 3 gaps",
    ]


def test_a_machine_with_a_space_is_explored(verify):
    code, out, err = verify("SPACE = space()")
    assert (code, err) == (0, "")
    assert out == (
        "shop:machine\n"
        "situations                           5\n"
        "events tried                         20\n"
        "states reached                       3 of 3\n"
        "transitions taken                    4 of 4\n"
        "guards with a deciding pair (MC/DC)  2 of 2\n"
        "never left: locked\n"
        "0 violations, 0 gaps\n"
    )


def test_a_violation_comes_with_the_events_that_lead_to_it(verify):
    text = (
        "SPACE = space(Property('no coin is locked in', ('T1',), lambda step:\n"
        "    f'{step.after.coins} coin' if step.trigger == 'lock' and step.after.coins else None))"
    )
    code, out, _ = verify(text)
    assert code == 1
    assert out.splitlines()[-3:] == [
        "violated: no coin is locked in (T1)",
        "   1 coin, after: pull, insert, lock",
        "1 violation, 0 gaps",
    ]
    code, out, _ = verify(text, "--json")
    assert code == 1
    assert json.loads(out) == {
        "machine": "shop:machine", "explored": True, "situations": 5, "events": 20, "states": 3,
        "states_reached": 3, "rows": 4, "rows_taken": 4, "guards": 2, "guards_decided": 2,
        "never_left": ["locked"],
        "violations": [
            {"property": "no coin is locked in", "rules": ["T1"], "problem": "1 coin",
             "events": ["pull", "insert", "lock"]},
        ],
        "gaps": [],
    }  # fmt: skip


def test_parts_that_no_event_uses_are_gaps(verify):
    code, out, err = verify(
        "other = till(['kick', '*', None],\n"
        "    ['pull', 'open', None, 'always'], ['pull', 'open', 'shut', 'never']\n"
        ")\nTill.fine = Till.always\nother.add_precondition('pull', 'fine')\nother.freeze(Till)\n"
        "SPACE = space()",
        name="other",
    )
    assert (code, err) == (1, "")
    assert [line for line in out.splitlines() if line.startswith("gap")] == [
        "gap: trigger 'kick' is never possible",
        "gap: a transition of 'pull' from open to shut is never taken",
        "gap: the guard 'always' of 'pull' from 'open' decides nothing by itself",
        "gap: the precondition 'always' of 'pull' decides nothing by itself",
    ]


def test_a_search_that_is_given_up_names_no_gaps(verify, monkeypatch):
    monkeypatch.setattr(verify_machine, "explore", partial(explore, max_situations=3))
    code, out, _ = verify(
        "other = till(['kick', '*', None])\nother.freeze(Till)\nSPACE = space()", name="other"
    )
    assert code == 1
    assert "violated: the number of situations is bounded\n" in out
    assert out.endswith("1 violation, 0 gaps\n")


def test_rows_that_pass_at_once_come_with_the_way_to_allow_it(verify):
    _, out, _ = verify(
        "other = till(['push', 'open', 'locked', 'always'])\nother.freeze(Till)\nSPACE = space()",
        name="other",
    )
    assert "rows 1 and 2 of 'push' in 'open' pass at once" in out
    assert out.count("StateSpace(..., exclusive=False)") == 1


def test_states_that_no_event_leads_to_are_gaps(verify):
    code, out, _ = verify(
        "other = till(['pull', 'open', 'jammed', 'never'])\nother.add_state('jammed')\n"
        "other.freeze(Till)\nSPACE = space()",
        name="other",
    )
    assert code == 1
    assert "gap: state 'jammed' is never reached" in out


def test_an_event_is_shown_with_its_trigger(verify):
    _, out, _ = verify(
        "SPACE = attrs.evolve(space(), events=lambda till, memory: [('pull', None), ('lock', 7)],\n"
        "    properties=(Property('never locked', (), lambda step:\n"
        "    'locked' if step.after.state == 'locked' and step.before.state == 'open' else None),))"
    )
    assert "   locked, after: pull, lock 7\n" in out


def test_events_without_an_argument_or_with_several_are_fired(verify):
    code, out, err = verify(
        "Till.rest = lambda till: None\nTill.drop = lambda till, some, more: None\n"
        "other = till({'trigger': 'rest', 'source': 'shut', 'dest': None, 'after': 'rest'},\n"
        "    {'trigger': 'drop', 'source': 'open', 'dest': 'locked', 'after': 'drop'})\n"
        "other.freeze(Till)\nSPACE = attrs.evolve(space(Property('open', (), lambda step:\n"
        "    'locked' if step.trigger == 'drop' and step.after.state == 'locked' else None)),\n"
        "    events=lambda till, memory: [('rest',), ('drop', 1, 2), ('pull', 'pull')])",
        name="other",
    )
    assert (code, err) == (1, "")
    assert "   locked, after: pull, drop (1, 2)\n" in out
    assert "gap: trigger 'rest' is never possible" not in out


def test_a_group_of_rows_given_by_the_space_is_judged_as_one(verify):
    code, out, _ = verify("SPACE = attrs.evolve(space(), group=lambda row: row.trigger)")
    assert (code, out.splitlines()[5]) == (0, "guards with a deciding pair (MC/DC)  2 of 2")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("SPACE = 1", "shop.SPACE is a int (make it a fsm.engine.state_space.StateSpace)"),
        ("SPACE = space(starts=())", "shop.SPACE has no initial models (give it starts, such as"),
        ("SPACE = space(key=lambda till, memory: 1 / 0)",
         "shop.SPACE cannot be explored: ZeroDivisionError: division by zero (shop.py:"),
        ("SPACE = space(key=lambda till, memory: [till.state])",
         ("shop.SPACE cannot be explored: TypeError: the key ['shut'] cannot be compared by its "
         "hash: unhashable type: 'list' (make it a tuple of plain values)\n")),
        ("SPACE = attrs.evolve(space(), events=lambda till, memory: ['pull'])",
         ("shop.SPACE cannot be explored: TypeError: the event 'pull' is not a tuple "
         "(write ('pull',))\n")),
        ("SPACE = attrs.evolve(space(), events=lambda till, memory: [('pul',)])",
         "shop.SPACE cannot be explored: UnknownTriggerError: the machine has no trigger 'pul' "),
    ],
)  # fmt: skip
def test_a_space_that_cannot_be_explored_is_one_line(verify, text, complaint):
    code, out, err = verify(text)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(complaint)


@pytest.mark.parametrize("option", [("--participants", "2"), ("-o", "out")])
def test_options_of_the_recording_machine_are_refused(verify, option):
    code, out, err = verify("", *option)
    assert (code, out) == (2, "")
    assert err == f"fsm: {option[0]} is for the rules of recording, not for 'shop:machine'\n"


AUTOMATIC = (
    "other = Machine(states=['shut', 'open', 'locked'], initial='shut',\n"
    "    transitions=[['pull', 'shut', 'open', 'always']]).freeze(Till)\n"
)


def test_automatic_transitions_are_neither_counted_nor_gaps(verify):
    note = (
        "automatic transitions to_<state> are not counted (auto_transitions=False leaves them out)"
    )
    code, out, _ = verify(AUTOMATIC, name="other")
    assert code == 1
    assert out.splitlines()[1:] == [
        "states reached                       2 of 3",
        "transitions that can be taken        1 of 1",
        "never left: open",
        "gap: state 'locked' is never reached",
        note,
        "no guard was evaluated: the module has no SPACE (docs/engine.md)",
        "0 violations, 1 gap",
    ]
    code, out, _ = verify(
        f"{AUTOMATIC}SPACE = attrs.evolve(space(), events=lambda till, memory:\n"
        "    [('pull', None), ('to_locked', None)])",
        name="other",
    )
    assert code == 1
    assert out.splitlines()[3:] == [
        "states reached                       3 of 3",
        "transitions taken                    1 of 1",
        "guards with a deciding pair (MC/DC)  0 of 1",
        "never left: locked",
        "gap: the guard 'always' of 'pull' from 'shut' decides nothing by itself",
        note,
        "0 violations, 1 gap",
    ]


def test_guards_of_rows_that_are_never_taken_have_no_deciding_pair(verify):
    _, out, _ = verify(
        "other = till(['kick', 'shut', 'open', 'never'])\nother.freeze(Till)\nSPACE = space()",
        name="other",
    )
    assert "guards with a deciding pair (MC/DC)  2 of 3" in out
    assert "'never'" not in out
