from collections import Counter
from typing import get_args

import attrs
import pytest

from fsm.engine.explore import explore
from fsm.recording.client_version import is_new_enough
from fsm.recording.events import Join
from fsm.recording.model import Participant, RecordingModel
from fsm.recording.vocabulary import AUTO_PLATFORMS, DESKTOPS, Platform
from fsm.verify import (
    RuleViolation,
    findings,
    meeting_space,
    reference_rules,
    verifier,
    verify,
)
from fsm.verify.reference_model import ReferenceModel, ReferenceParticipant

from .faulty import PRECONDITIONS, build, changed, put, row, starts


def test_the_tables_of_this_project_break_no_invariant_and_leave_no_gap(verified):
    assert verified.violations == []
    assert verified.gaps == []


def test_everything_that_was_looked_at_is_counted(verified):
    assert (verified.policy.situations, verified.policy.steps) == (322, 322 * 70)
    assert verified.recording.situations > 5000
    for found in (verified.policy, verified.recording):
        assert found.rows_taken == len(found.taken)
        assert found.decided == found.guards > 30


@pytest.mark.rule("R16")
def test_the_stop_table_as_found_is_the_one_of_the_rules(verified):
    assert verified.stop_table == reference_rules.STOP_TABLE


@pytest.mark.rule("R16")
def test_a_stop_table_that_is_another_one_is_a_violation(verified):
    observed = Counter(verified.recording.observed)
    del observed["anyone", True, "host_stopped"]
    other = attrs.evolve(verified, recording=attrs.evolve(verified.recording, observed=observed))
    [violation] = other.violations
    assert violation.rules == ("R16",)
    assert violation.problem.startswith("started by anyone, host may pause: ")


def test_a_meeting_without_any_kind_stays_idle_and_is_named(verified):
    [(plan, states)] = verified.stuck.items()
    assert (plan.kind, plan.kinds, states) == (None, (), {"idle"})


def test_violations_come_with_the_shortest_way_first_and_once():
    report = verifier.begin_verification(1)
    long = RuleViolation("It holds", (), "no", None, ("a", "b"))
    short = RuleViolation("It holds", (), "no", None, ("a",))
    other = RuleViolation("It holds too", (), "no", None, ("a", "b", "c"))
    blank = findings.exploration_result(verifier.RECORDING.table, _nothing(), None)
    for broken in (long, short, other, long):
        report.recording.add(attrs.evolve(blank, violations=(broken,)))
    found = [each for each in report.violations if each.rules != ("R16",)]
    assert found == [short, other]


def _nothing():
    return explore(verifier.RECORDING.table, (), meeting_space.meeting_space(1))


def test_a_row_that_is_never_taken_and_its_guards_are_gaps():
    never = row("pause", 0, when=("records_to_cloud", "records_locally"))
    table = (
        build(put("pause", 0, row("pause", 0), never), PRECONDITIONS).freeze(RecordingModel).table
    )
    world = meeting_space.meeting_space(1)
    seen = findings.Findings.of(table, world, verifier._row_names(table))
    seen.add(findings.exploration_result(table, explore(table, starts(), world), None))
    name = "row 'pause' from 'recording' to 'paused' when 'records_to_cloud' and 'records_locally'"
    # One participant alone leaves other gaps too.
    assert [gap for gap in seen.gaps() if name in gap] == [
        f"{name} is never taken",
        f"guard 'records_to_cloud' of {name} never decides anything",
        f"guard 'records_locally' of {name} never decides anything",
    ]
    gaps = seen.gaps()
    untaken = sum(gap.endswith("is never taken") for gap in gaps)
    assert seen.rows_taken == len(seen.taken) - untaken
    assert seen.decided == seen.guards - (len(gaps) - untaken)


def test_a_violation_under_a_plan_comes_with_the_settings_for_it(monkeypatch):
    rows, preconditions = changed("join", 2, target="paused")
    monkeypatch.setattr(verifier, "RECORDING", build(rows, preconditions).freeze(RecordingModel))
    report = verify(1)
    [broken] = [each for each in report.violations if "state agrees" in each.name]
    assert broken.settings.resolve().plan.kind == "local"
    assert len(broken.events) == 1


def test_situations_that_differ_in_names_only_are_one():
    def key(**people):
        known = ReferenceModel(
            frozenset(
                ReferenceParticipant(name, each.role, each.platform)
                for name, each in people.items()
            )
        )
        return meeting_space.situation_key(
            RecordingModel(starts()[0][0].plan, present=people, hosts=1), known
        )

    host = meeting_space.Join("x", "host", "windows")
    member = meeting_space.Join("x", "member", "ios", "3.17")
    assert key(alice=host, bob=member) == key(carol=member, dave=host)
    assert key(alice=host, bob=member) != key(alice=host, bob=host)


@pytest.mark.parametrize("kept", [("host", "windows"), ("cohost", "ios")])
def test_a_participant_that_is_kept_wrongly_makes_another_situation(kept):
    def key(role, platform):
        known = ReferenceModel(frozenset({ReferenceParticipant("alice", "host", "ios")}))
        people = {"alice": Participant(role, platform)}
        return meeting_space.situation_key(
            RecordingModel(starts()[0][0].plan, present=people, hosts=1), known
        )

    right = ReferenceModel(frozenset({ReferenceParticipant("alice", *kept)}))
    people = {"alice": Participant(*kept)}
    situation = RecordingModel(starts()[0][0].plan, present=people, hosts=1)
    assert key(*kept) != meeting_space.situation_key(situation, right)


def test_there_is_one_platform_of_each_class():
    def kind(platform):
        return platform in DESKTOPS, platform in AUTO_PLATFORMS

    assert sorted(map(kind, meeting_space.CLASSES)) == [(False, False), (False, True), (True, True)]
    assert {*meeting_space.CLASS_OF} == {*get_args(Platform)}
    assert all(kind(each) == kind(other) for each, other in meeting_space.CLASS_OF.items())


def test_platforms_of_one_class_are_told_apart_where_a_host_has_at_most_one_other_beside_it():
    def key(*people, **parts):
        known = {f"p{number}": Join("x", *each) for number, each in enumerate(people)}
        plan = starts()[0][0].plan
        return meeting_space.situation_key(
            RecordingModel(plan, present=known, **parts), ReferenceModel()
        )

    member = ("member", "web")
    assert key(("host", "macos")) != key(("host", "windows"))
    assert key(("host", "macos"), member) != key(("host", "windows"), member)
    assert key(("host", "macos"), member, member) == key(("host", "windows"), member, member)
    assert key(("host", "macos"), ended=True) == key(("host", "windows"), ended=True)
    assert key(("member", "macos")) == key(("member", "windows")) != key(("member", "ios"))


def test_every_platform_and_version_joins_while_at_most_one_other_is_there():
    def joins(*names, **parts):
        people = {name: Join(name, "member", "ios") for name in names}
        situation = RecordingModel(starts()[0][0].plan, present=people, **parts)
        tried = meeting_space.meeting_events(situation, ReferenceModel(), 3)
        return [event for _, event in tried if isinstance(event, Join) and event.id not in names]

    for names in ((), ("alice",)):
        assert {each.platform for each in joins(*names)} == {*get_args(Platform)}
        versions = {None, "x", "3.9", "3.16", "3.17", "3.17.0", "3.100", "4", "v3.16", "3.16-beta"}
        assert {each.version for each in joins(*names)} >= versions
    assert {each.platform for each in joins("alice", "bob")} == {*meeting_space.CLASSES}
    assert {each.version for each in joins("alice", "bob")} == {"3.16", "3.17"}
    assert joins("alice", "bob", "carol") == []
    assert len(joins("alice", ended=True)) == 1


@pytest.mark.rule("R3")
@pytest.mark.parametrize(
    ("version", "old"),
    [("3.16", True), ("3.9", True), ("2.99", True), ("3", True), ("3.17", False),
     ("3.17.0", False), ("3.100", False), ("4", False), (None, False), ("x", False),
     ("", False), ("v3.1", True), ("V2", True), ("v3.16", True), ("3.16-beta", True),
     (" 3.16", True), ("3.16.", True), ("3.16 (build 4)", True), ("3..17", True),
     (" v3.17-beta", False), ("v", False), ("vv3", False), ("-3", False), ("beta 3.16", False)],
)  # fmt: skip
def test_the_invariants_read_versions_for_themselves(version, old):
    assert reference_rules.is_too_old(version) == old
    assert is_new_enough(version) != old


def test_the_second_reading_answers_every_event_as_the_machine_does():
    differs = []

    def view(step):
        observed_step = meeting_space.observe_step(step)
        wanted = reference_rules.expected_outcome(
            observed_step.plan, observed_step.before, observed_step.event
        )
        if observed_step.outcome != wanted:
            differs.append(observed_step)
        return observed_step

    world = attrs.evolve(meeting_space.meeting_space(1), view=view, properties=())
    assert explore(verifier.RECORDING.table, starts(), world).situations > 1000
    assert differs == []


def test_no_two_rows_have_one_name(verified):
    for found in (verified.policy, verified.recording):
        names = [findings.row_name(row) for row in found.table.rows]
        assert len(set(names)) == len(names)
        declared = [name for name, _ in found.groups]
        assert len(set(declared)) == len(declared)


def test_there_is_a_name_for_everybody_and_one_more():
    full = {
        name: meeting_space.Join(name, "member", "ios")
        for name in meeting_space.NAMES[: meeting_space.MAX_PARTICIPANTS]
    }
    tried = meeting_space.meeting_events(
        RecordingModel(starts()[0][0].plan, present=full),
        ReferenceModel(),
        meeting_space.MAX_PARTICIPANTS,
    )
    joins = [event for trigger, event in tried if trigger == "join"]
    assert {event.id for event in joins} <= set(full)
