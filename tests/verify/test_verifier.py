"""The report of a complete verification."""

from collections import Counter

import attrs
import pytest

from fsm.recording.model import RecordingModel
from fsm.verify import (
    verifier,
    verify,
)

from .faulty import LOCAL, build, changed, verify_few_plans


def test_the_tables_of_this_project_violate_no_invariant_and_have_no_gap(verified):
    assert verified.violations == []
    assert verified.gaps == []


@pytest.mark.rule("R16")
def test_a_wrong_stop_table_is_a_violation(verified):
    observed = Counter(verified.recording.observed)
    del observed[False, True, "host_stopped"]
    other = attrs.evolve(verified, recording=attrs.evolve(verified.recording, observed=observed))
    [violation] = other.violations
    assert violation.rules == ("R16",)
    assert violation.problem.startswith("a host need not remain, a host may pause: ")


def test_a_plan_without_any_kind_never_leaves_idle(verified):
    # Without timers, with either, and with both.
    assert len(verified.stuck) == 4
    for plan, states in verified.stuck.items():
        assert (plan.kind, plan.kinds, states) == (None, (), {"idle"})


def test_a_violation_under_a_plan_has_settings_that_lead_to_it(monkeypatch):
    verify_few_plans(monkeypatch)
    rows, preconditions = changed("join", LOCAL, target="paused")
    monkeypatch.setattr(verifier, "RECORDING", build(rows, preconditions).freeze(RecordingModel))
    report = verify(1)
    [broken] = [each for each in report.violations if "state agrees" in each.name]
    assert broken.settings.resolve().plan.kind == "local"
    assert len(broken.events) == 1


def test_an_error_in_an_exploration_is_a_violation_and_loses_no_finding(monkeypatch):
    verify_few_plans(monkeypatch)
    rows, preconditions = changed("join", LOCAL, target="paused")
    monkeypatch.setattr(verifier, "RECORDING", build(rows, preconditions).freeze(RecordingModel))

    def watch(situations, steps):
        if situations > 20:
            raise KeyError("panelist", True)

    report = verify(1, watch)
    names = [each.name for each in report.violations]
    assert "The verification of meetings runs to its end" in names
    assert "The state agrees with the recorder commands" in names
    assert {each.problem for each in report.unfinished} == {"KeyError: ('panelist', True)"}
    assert report.recording.situations > 20


@pytest.mark.parametrize("part", ["resolve_all", "explore_consoles"])
def test_an_error_in_a_part_is_a_violation_and_the_other_parts_are_verified(monkeypatch, part):
    def fails():
        raise LookupError("no such edition")

    verify_few_plans(monkeypatch)
    monkeypatch.setattr(verifier, part, fails)
    report = verify(1)
    [unfinished] = report.unfinished
    assert unfinished in report.violations
    assert unfinished.problem == "LookupError: no such edition"
    others = {"resolve_all": report.policy, "explore_consoles": report.recording}
    assert others[part].situations > 300
