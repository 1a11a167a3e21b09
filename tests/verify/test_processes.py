"""Explorations in several processes: the same findings, progress, and errors."""

import attrs
import pytest

from fsm.verify import verifier
from fsm.verify.processes import explore_beside

from .faulty import verify_few_plans


def half(number, watch):
    watch(number, 10 * number)
    return number / 2


def fails(number, watch):
    raise LookupError(f"no half of {number}")


def test_two_processes_find_what_one_finds(verified):
    seen = []
    report = verifier.verify(2, lambda *counts: seen.append(counts), jobs=2)
    for name in ("policy", "recording"):
        ours, theirs = getattr(report, name), getattr(verified, name)
        assert attrs.asdict(ours, recurse=False) == attrs.asdict(theirs, recurse=False)
    assert report.stuck == verified.stuck
    assert report.violations == report.gaps == []
    assert seen[-1] == (report.recording.situations, report.recording.steps)


def test_results_come_in_the_order_of_the_families_and_progress_counts_all_of_them():
    seen = []
    families = [(number,) for number in (8, 4, 2)]
    results = explore_beside(half, families, 2, lambda *counts: seen.append(counts))
    assert list(results) == [4, 2, 1]
    assert seen[-1] == (14, 140)


def test_an_error_of_an_exploration_is_raised():
    with pytest.raises(LookupError, match="no half of 3"):
        list(explore_beside(fails, [(3,)], 1, lambda *counts: None))


def test_the_other_explorations_end_when_the_progress_cannot_be_shown():
    def broken(situations, steps):
        raise BrokenPipeError("nobody looks")

    with pytest.raises(BrokenPipeError):
        list(explore_beside(half, [(1,), (2,)], 1, broken))


def test_an_error_in_another_process_is_a_violation(monkeypatch, verified):
    verify_few_plans(monkeypatch)
    [(family, _), *_] = verifier.plan_families(verified)
    # A process that is to explore with this argument fails, since it is no number.
    monkeypatch.setattr(verifier, "plan_families", lambda report: [(family, "two")])
    [unfinished] = verifier.verify(1, jobs=2).unfinished
    assert unfinished.name == "The verification of meetings runs to its end"
    assert unfinished.problem.startswith("TypeError")
