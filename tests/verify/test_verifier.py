"""The report of a complete verification."""

from collections import Counter

import attrs
import pytest

from fsm.recording.model import RecordingModel
from fsm.verify import (
    verifier,
    verify,
)

from .faulty import build, changed, verify_only_meetings


def test_the_tables_of_this_project_violate_no_invariant_and_have_no_gap(verified):
    assert verified.violations == []
    assert verified.gaps == []


@pytest.mark.rule("R16")
def test_a_wrong_stop_table_is_a_violation(verified):
    observed = Counter(verified.recording.observed)
    del observed["anyone", True, "host_stopped"]
    other = attrs.evolve(verified, recording=attrs.evolve(verified.recording, observed=observed))
    [violation] = other.violations
    assert violation.rules == ("R16",)
    assert violation.problem.startswith("started by anyone, host may pause: ")


def test_a_plan_without_any_kind_never_leaves_idle(verified):
    [(plan, states)] = verified.stuck.items()
    assert (plan.kind, plan.kinds, states) == (None, (), {"idle"})


def test_a_violation_under_a_plan_has_settings_that_lead_to_it(monkeypatch):
    verify_only_meetings(monkeypatch)
    rows, preconditions = changed("join", 2, target="paused")
    monkeypatch.setattr(verifier, "RECORDING", build(rows, preconditions).freeze(RecordingModel))
    report = verify(1)
    [broken] = [each for each in report.violations if "state agrees" in each.name]
    assert broken.settings.resolve().plan.kind == "local"
    assert len(broken.events) == 1
