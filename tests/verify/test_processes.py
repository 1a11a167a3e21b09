"""Explorations in several processes: the same findings, progress, and errors."""

import attrs
import pytest

from fsm.verify import verifier
from fsm.verify.processes import explore_beside

from .faulty import verify_few_plans


def test_two_processes_find_what_one_finds(verified):
    seen = []
    report = verifier.verify(2, lambda *counts: seen.append(counts), jobs=2)
    for name in ("policy", "recording"):
        ours, theirs = getattr(report, name), getattr(verified, name)
        assert attrs.asdict(ours, recurse=False) == attrs.asdict(theirs, recurse=False)
    assert report.stuck == verified.stuck
    assert report.violations == report.gaps == []
    assert seen[-1] == (report.recording.situations, report.recording.steps)


# Other processes find these functions wherever they start; they cannot import this file.


def test_results_come_in_the_order_of_the_families():
    families = [(number, "real") for number in (8, 4, 2)]
    assert list(explore_beside(getattr, families, 2, lambda *counts: None)) == [8, 4, 2]


def test_an_error_of_an_exploration_is_raised():
    with pytest.raises(TypeError, match="attribute name must be string"):
        list(explore_beside(getattr, [(8, 4)], 1, lambda *counts: None))


def test_the_other_explorations_end_when_the_progress_cannot_be_shown():
    def broken(situations, steps):
        raise BrokenPipeError("nobody looks")

    with pytest.raises(BrokenPipeError):
        list(explore_beside(getattr, [(8, "real"), (4, "real")], 1, broken))


def test_an_error_in_another_process_is_a_violation(monkeypatch, verified):
    verify_few_plans(monkeypatch)
    [(family, _), *_] = verifier.plan_families(verified)
    # A process that is to explore with this argument fails, since it is no number.
    monkeypatch.setattr(verifier, "plan_families", lambda report: [(family, "two")])
    [unfinished] = verifier.verify(1, jobs=2).unfinished
    assert unfinished.name == "The verification of meetings runs to its end"
    assert unfinished.problem.startswith("TypeError")
