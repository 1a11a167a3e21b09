"""Cost of an event: the compiled machine, a hand-written class, and plain `transitions`.

Each round measures every implementation once, in turn, on meetings opened beforehand. The times
are medians over the rounds. The ratios are medians of the ratios within a round, since other load
on the machine affects all implementations of a round alike.

    python benchmarks/dispatch.py [--json] [--rounds N]
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import attrs
import transitions

sys.path.insert(0, __file__.rpartition("/")[0])
from handwritten import HandwrittenMeeting

from fsm.recording import (
    ChangeRole,
    End,
    Event,
    Join,
    Leave,
    Meeting,
    Pause,
    Plan,
    Resume,
)
from fsm.recording.model import RecordingModel
from fsm.recording.table import PRECONDITIONS, ROWS, STATES

PLAN = Plan(kind="cloud", source="user")
DAY: tuple[Event, ...] = (
    Join("bob", "member", "ios", "3.20"),
    Join("alice", "host", "windows", "3.20"),
    Join("carol", "member", "macos", "3.17"),
    Pause("bob"),
    Pause("alice"),
    Join("dan", "member", "web"),
    Resume("alice"),
    ChangeRole("carol", "cohost"),
    Pause("carol"),
    Resume("carol"),
    Leave("bob"),
    Leave("dan"),
    Pause("zoe"),
    Leave("alice"),
    Leave("carol"),
    End(),
)
MEETINGS = 200
"""The number of meetings of each implementation in one round."""


class Implementation(Protocol):
    """An implementation of the rules."""

    @property
    def state(self) -> str:
        """The state of the recording."""

    def handle(self, event: Event) -> object:
        """Handles an event."""


@attrs.define(slots=False, eq=False)
class TransitionsMeeting(RecordingModel):
    """A meeting driven by plain `transitions`, with the same table and guards."""

    def handle(self, event: Event) -> bool:
        """Triggers the event, and returns whether it was accepted; there are no outcomes."""
        try:
            return bool(self.trigger(event.trigger, event))  # type: ignore[attr-defined]
        except transitions.MachineError:
            return False


def plain_machine() -> transitions.Machine:
    """Returns the table as a machine of plain `transitions`."""
    machine = transitions.Machine(
        model=None, states=list(STATES), initial=STATES[0], auto_transitions=False
    )
    for row in ROWS:
        machine.add_transition(
            row.trigger,
            list(row.source),
            row.target,
            conditions=[*PRECONDITIONS[row.trigger], *row.when],
            unless=list(row.unless),
            after=list(row.actions),
        )
    return machine


PLAIN = plain_machine()


def transitions_meeting(plan: Plan) -> TransitionsMeeting:
    """Returns a meeting on the shared machine of plain `transitions`."""
    meeting = TransitionsMeeting(plan)
    PLAIN.add_model(meeting)
    # The machine keeps its models in a list, in which every addition searches.
    PLAIN.models.clear()
    return meeting


IMPLEMENTATIONS: dict[str, Callable[[Plan], Any]] = {
    "handwritten": HandwrittenMeeting,
    "machine": Meeting,
    "transitions": transitions_meeting,
}


def check_equivalence() -> None:
    """Checks that all implementations have the same outcomes, before their speed is compared."""
    by_hand, machine, plain = (make(PLAN) for make in IMPLEMENTATIONS.values())
    for event in DAY:
        expected = by_hand.handle(event)
        assert machine.handle(event) == expected, event
        plain.handle(event)
        assert plain.state == expected.state, event


def seconds_per_event(make: Callable[[Plan], Any]) -> float:
    """Measures one round of an implementation."""
    meetings: Sequence[Implementation] = [make(PLAN) for _ in range(MEETINGS)]
    started = time.perf_counter()
    for meeting in meetings:
        handle = meeting.handle
        for event in DAY:
            handle(event)
    return (time.perf_counter() - started) / MEETINGS / len(DAY)


def dispatch(rounds: int) -> dict[str, Any]:
    """Measures the cost of an event, with each implementation in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in IMPLEMENTATIONS}
    gc.disable()
    for done in range(rounds):
        for name, make in IMPLEMENTATIONS.items():
            seconds[name].append(seconds_per_event(make))
        gc.collect()
        _progress(done + 1, rounds)
    gc.enable()
    return {
        name: {
            "ns_per_event": round(statistics.median(taken) * 1e9),
            "ratio_to_handwritten": round(_ratio(taken, seconds["handwritten"]), 2),
        }
        for name, taken in seconds.items()
    }


def _ratio(taken: list[float], base: list[float]) -> float:
    return statistics.median(ours / theirs for ours, theirs in zip(taken, base, strict=True))


def bytes_per_meeting(count: int = 2_000) -> dict[str, int]:
    """Measures the memory of a meeting with four participants, including their ids."""
    sizes = {}
    for name, make in IMPLEMENTATIONS.items():
        tracemalloc.start()
        meetings = []
        before = tracemalloc.get_traced_memory()[0]
        for number in range(count):
            meeting = make(PLAN)
            meeting.handle(Join(f"host-{number}", "host", "windows", "3.20"))
            for guest in range(3):
                meeting.handle(Join(f"guest-{number}-{guest}", "member", "ios", "3.20"))
            meetings.append(meeting)
        after = tracemalloc.get_traced_memory()[0]
        sizes[name] = (after - before) // count
        tracemalloc.stop()
    return sizes


def join_ratio(rounds: int) -> float:
    """Measures a join to a meeting of 10,000, as a ratio to one to a meeting of 10."""

    def crowd(size: int) -> Meeting:
        meeting = Meeting(PLAN)
        for number in range(size):
            meeting.handle(Join(f"p{number}", "member", "web"))
        return meeting

    small, large = crowd(10), crowd(10_000)
    names = [f"new{number}" for number in range(300)]
    newcomers = [(Join(name, "host", "web"), Leave(name)) for name in names]

    def seconds(meeting: Meeting) -> float:
        taken = 0.0
        for join, leave in newcomers:
            started = time.perf_counter()
            meeting.handle(join)
            taken += time.perf_counter() - started
            meeting.handle(leave)
        return taken

    pairs = [(seconds(large), seconds(small)) for _ in range(rounds)]
    return statistics.median(of_large / of_small for of_large, of_small in pairs)


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\rround {done} of {of}", end="" if done < of else "\n", file=sys.stderr)


def main() -> None:
    """Measures, and prints the results."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--rounds", type=int, default=100, help="number of rounds (100)")
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be 1 or more")
    check_equivalence()
    results: dict[str, Any] = {
        "events": len(DAY),
        "dispatch": dispatch(options.rounds),
        "bytes_per_meeting_of_4": bytes_per_meeting(),
        "join_at_10000_to_join_at_10": round(join_ratio(options.rounds), 2),
    }
    if options.json:
        print(json.dumps(results))
        return
    print(f"a meeting of {len(DAY)} events, medians of {options.rounds} rounds")
    print(f"{'':12} {'ns/event':>9} {'ratio':>7} {'bytes/meeting':>14}")
    for name, cost in results["dispatch"].items():
        memory = results["bytes_per_meeting_of_4"][name]
        print(f"{name:12} {cost['ns_per_event']:9,} {cost['ratio_to_handwritten']:7} {memory:14,}")
    print(f"join at 10,000 participants : join at 10 = {results['join_at_10000_to_join_at_10']}")


if __name__ == "__main__":
    main()
