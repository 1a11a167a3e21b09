from collections import Counter

import attrs
import pytest

from fsm.engine.explore import explore
from fsm.recording.machine import decider, outcome_of
from fsm.recording.situation import Situation
from fsm.recording.words import AUTO_PLATFORMS, DESKTOPS
from fsm.verify import Broken, meetings, stop_table, verifier, verify
from fsm.verify.ledger import Attendee, Ledger

from .faulty import REQUIRES, build, changed, put, row, starts


def test_the_tables_of_this_project_break_no_promise_and_leave_no_gap(verified):
    assert verified.violations == []
    assert verified.gaps == []


def test_everything_that_was_looked_at_is_counted(verified):
    assert (verified.policy.situations, verified.policy.steps) == (81, 81 * 70)
    assert verified.recording.situations > 5000
    for found in (verified.policy, verified.recording):
        assert found.rows_taken == len(found.taken)
        assert found.decided == found.conditions > 30


@pytest.mark.rule("R16")
def test_the_stop_table_as_found_is_the_one_of_the_rules(verified):
    assert verified.stop_table == stop_table.RULE


@pytest.mark.rule("R16")
def test_a_stop_table_that_is_another_one_is_a_violation(verified):
    observed = Counter(verified.recording.observed)
    del observed["anyone", True, "host_stopped"]
    other = attrs.evolve(verified, recording=attrs.evolve(verified.recording, observed=observed))
    [violation] = other.violations
    assert violation.rules == ("R16",)
    assert violation.what.startswith("started by anyone, host may pause: ")


def test_a_meeting_without_any_kind_stays_idle_and_is_named(verified):
    [(plan, states)] = verified.stuck.items()
    assert (plan.kind, plan.kinds, states) == (None, (), {"idle"})


def test_violations_come_with_the_shortest_way_first_and_once():
    report = verifier.begin(1)
    long = Broken("It holds", (), "no", None, ("a", "b"))
    short = Broken("It holds", (), "no", None, ("a",))
    other = Broken("It holds too", (), "no", None, ("a", "b", "c"))
    blank = verifier.explored(verifier.RECORDING.table, _nothing(), None)
    for broken in (long, short, other, long):
        report.recording.add(attrs.evolve(blank, broken=(broken,)))
    found = [each for each in report.violations if each.rules != ("R16",)]
    assert found == [short, other]


def _nothing():
    return explore(verifier.RECORDING.table, (), meetings.world(1))


def test_a_row_that_is_never_taken_and_its_conditions_are_gaps():
    never = row("pause", 0, when=("records_to_cloud", "records_locally"))
    table = build(put("pause", 0, row("pause", 0), never), REQUIRES).freeze(Situation).table
    world = meetings.world(1)
    findings = verifier.Findings.of(table, world, verifier._names(table))
    findings.add(verifier.explored(table, explore(table, starts(), world), None))
    name = "row 'pause' from 'recording' to 'paused'"
    # One participant alone leaves other gaps too, none of them of a pause.
    assert [gap for gap in findings.gaps() if name in gap and "asker" not in gap] == [
        f"{name} is never taken",
        f"condition 'records_to_cloud' of {name} never decides anything",
        f"condition 'records_locally' of {name} never decides anything",
    ]
    gaps = findings.gaps()
    untaken = sum(gap.endswith("is never taken") for gap in gaps)
    assert findings.rows_taken == len(findings.taken) - untaken
    assert findings.decided == findings.conditions - (len(gaps) - untaken)


def test_a_violation_under_a_plan_comes_with_the_settings_for_it(monkeypatch):
    rows, requires = changed("join", 2, target="paused")
    monkeypatch.setattr(verifier, "RECORDING", build(rows, requires).freeze(Situation))
    report = verify(1)
    [broken] = [each for each in report.violations if "state says" in each.name]
    assert broken.opening.resolve().plan.kind == "local"
    assert len(broken.events) == 1


def test_situations_that_differ_in_names_only_are_one():
    def key(**people):
        known = Ledger(
            frozenset(Attendee(name, each.role, each.platform) for name, each in people.items())
        )
        return meetings.key(Situation(starts()[0][0].plan, present=people, hosts=1), known)

    host = meetings.Join("x", "host", "windows")
    member = meetings.Join("x", "member", "ios", "3.17")
    assert key(alice=host, bob=member) == key(carol=member, dave=host)
    assert key(alice=host, bob=member) != key(alice=host, bob=host)


def test_there_is_one_platform_of_each_class():
    classes = [(each in DESKTOPS, each in AUTO_PLATFORMS) for each in meetings.PLATFORMS]
    assert sorted(classes) == [(False, False), (False, True), (True, True)]


def test_there_is_a_name_for_everybody_and_one_more():
    full = {name: meetings.Join(name, "member", "ios") for name in meetings.NAMES[: meetings.MOST]}
    tried = meetings.events(Situation(starts()[0][0].plan, present=full), Ledger(), meetings.MOST)
    joins = [event for trigger, event in tried if trigger == "join"]
    assert {event.id for event in joins} <= set(full)


def test_a_meeting_on_the_table_of_its_plan_answers_as_the_whole_table_that_is_explored():
    differs = []

    def view(step):
        verdict = decider(step.before.plan)(step.before, step.trigger, step.event)
        judged = meetings.judged(step)
        if outcome_of(verdict, step.after) != judged.outcome:
            differs.append(step)
        return judged

    world = attrs.evolve(meetings.world(2), view=view, properties=())
    found = explore(verifier.RECORDING.table, starts(), world)
    assert found.situations > 5000
    assert differs == []
