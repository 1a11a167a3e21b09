"""Findings: counts, gaps, and the shortest path to each violation."""

from fsm.engine.explore import explore
from fsm.recording.model import RecordingModel
from fsm.verify import (
    RuleViolation,
    findings,
    meeting_space,
    verifier,
)
from fsm.verify.reference_model import ReferenceModel

from .faulty import PRECONDITIONS, build, plans, put, row


def test_situations_steps_rows_and_guards_are_counted(verified):
    assert (verified.policy.situations, verified.policy.steps) == (322, 322 * 84)
    assert verified.recording.situations > 5000
    for machine in (verified.policy, verified.recording):
        assert machine.rows_taken == len(machine.table.rows)
        assert machine.decided == machine.guards > 30


def test_each_violation_is_reported_once_for_its_rules_and_the_shortest_path_first():
    table, space = verifier.RECORDING.table, meeting_space.meeting_space(1)
    combined = findings.Findings.of(table, space, verifier._row_names(table))
    blank = explore(table, (), space)
    long = RuleViolation("It holds", (), "no", None, ("a", "b"))
    short = RuleViolation("It holds", (), "no", None, ("a",))
    ruled = RuleViolation("It holds", ("R1",), "no", None, ("a", "b"))
    other = RuleViolation("It holds too", (), "no", None, ("a", "b", "c"))
    for violation in (long, short, ruled, other, long):
        combined.add(findings.Explored.of(table, blank, [violation]))
    assert [*combined.violations.values()] == [short, ruled, other]


def test_a_row_that_is_never_taken_and_its_guards_are_gaps():
    never = row("pause", 0, when=("records_to_cloud", "records_locally"))
    table = (
        build(put("pause", 0, row("pause", 0), never), PRECONDITIONS).freeze(RecordingModel).table
    )
    space = meeting_space.meeting_space(1)
    combined = findings.Findings.of(table, space, verifier._row_names(table))
    starts = [(RecordingModel(plan), ReferenceModel()) for plan in plans()]
    combined.add(findings.Explored.of(table, explore(table, starts, space), []))
    name = "row 'pause' from 'recording' to 'paused' when 'records_to_cloud' and 'records_locally'"
    # One participant alone leaves other gaps too.
    assert [gap for gap in combined.gaps() if name in gap] == [
        f"{name} is never taken",
        f"guard 'records_to_cloud' of {name} never decides anything",
        f"guard 'records_locally' of {name} never decides anything",
    ]
    gaps = combined.gaps()
    untaken = sum(gap.endswith("is never taken") for gap in gaps)
    assert combined.rows_taken == len(table.rows) - untaken
    assert combined.decided == combined.guards - (len(gaps) - untaken)


def test_row_names_are_unique(verified):
    for machine in (verified.policy, verified.recording):
        names = [findings.row_name(row) for row in machine.table.rows]
        assert len(set(names)) == len(names)
        declared = [name for name, _ in machine.groups]
        assert len(set(declared)) == len(declared)
