"""Reviews of thirty-two changes and ten refactorings of the rules, made by hand.

    python tools/review_edits.py [--without-timers] [--participants N] [--jobs N] [WORD...]

Each is an edit of the sources in ``tests/review/edits.py``. A review must name each change in
exactly one group, with an example that the versions play differently, and find nothing in a
refactoring. Without timers, an edit that meetings without timers show is reviewed in those alone,
which takes a third of the time. With words, only the edits whose names contain one of them are
reviewed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fsm.review import report
from fsm.review.report import Review, review
from fsm.review.settings import plan_starts
from tests.review.edits import (
    CHANGES,
    REFACTORINGS,
    Edited,
    copy_with,
    starts_without_timers,
)


def faults_of(edited: Edited, result: Review) -> list[str]:
    """Returns the ways in which a review of an edit is wrong."""
    expected = int(edited in CHANGES)
    if len(result.changes) != expected:
        groups = "; ".join(change.sentence for change in result.changes)
        return [f"{len(result.changes)} groups, expected {expected}: {groups}"]
    faults = []
    for change in result.changes:
        if edited.words not in change.sentence:
            faults.append(f"'{edited.words}' is not in the sentence: {change.sentence}")
        if change.group.main.kind != edited.kind:
            faults.append(f"the kind is {change.group.main.kind}, expected {edited.kind}")
        if edited.plays and not change.example.differs:
            faults.append("its example plays alike on both versions")
    if result.added or result.removed:
        faults.append(f"names are new or gone: {[*result.added, *result.removed]}")
    return faults


def review_edit(
    edited: Edited, participants: int, *, without_timers: bool
) -> tuple[str, list[str], float]:
    """Reviews an edit; returns its name, the faults of the review, and the seconds it took."""
    began = time.monotonic()
    starts = starts_without_timers if without_timers and not edited.timers else plan_starts
    with tempfile.TemporaryDirectory() as name, patch.object(report, "plan_starts", starts):
        tree = copy_with(edited, Path(name))
        result = review(str(tree), participants, lambda situations, events: None)
    return edited.name, faults_of(edited, result), time.monotonic() - began


def main() -> int:
    """Reviews all edits; returns 1 if a review is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("words", nargs="*", help="only edits with one of these words")
    parser.add_argument("--without-timers", action="store_true", help="in a third of the time")
    parser.add_argument("--participants", type=int, default=2, help="participants of a meeting (2)")
    parser.add_argument("--jobs", type=int, default=1, help="number of reviews at a time (1)")
    args = parser.parse_args()
    edits = [each for each in (*CHANGES, *REFACTORINGS)
             if not args.words or any(word in each.name for word in args.words)]  # fmt: skip
    wrong = 0
    with multiprocessing.Pool(args.jobs) as pool:
        run = partial(
            review_edit, participants=args.participants, without_timers=args.without_timers
        )
        for name, faults, seconds in pool.imap(run, edits):
            wrong += bool(faults)
            print(
                f"{'✗' if faults else '✓'} {name} ({seconds:.0f} s)",
                *faults,
                sep="\n    ",
                flush=True,
            )
    print(f"{len(edits)} edits, {wrong} reviewed wrongly")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
