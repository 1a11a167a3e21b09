"""The timers of a meeting: which it has, which are set, and when they are due.

The machine reads no clock. It names the timers that an event sets and cancels
(:attr:`fsm.recording.Outcome.timers`), and hears of a timer that is up as an event,
:class:`fsm.recording.TimeUp`. The caller keeps the moments at which timers are due
(:func:`due_after`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, assert_never

import attrs

from fsm.recording.durations import duration_text
from fsm.recording.events import Event, TimeUp
from fsm.recording.outcome import CancelTimer, Outcome, SetTimer, TimerChange
from fsm.recording.plan import Plan
from fsm.recording.rules import RuleId
from fsm.recording.vocabulary import TIMERS, Timer, check_complete, names_where

TIMER_RULES: Final[dict[Timer, RuleId]] = {"grace": "D14", "empty": "D15"}
"""The rule of each timer."""
check_complete(
    TIMER_RULES,
    TIMERS,
    "TIMER_RULES in fsm/recording/timers.py",
    "its rule, and its seconds in durations",
)
RECORDING_TIMERS: Final[frozenset[Timer]] = names_where(
    {"grace": True, "empty": False}, TIMERS,
    "RECORDING_TIMERS in fsm/recording/timers.py", "whether it ends with the recording",
)  # fmt: skip
"""The timers that end with the recording; the others end with the meeting."""
BEGINNING_ANEW: Final = names_where(
    {"grace": True, "empty": False}, TIMERS,
    "BEGINNING_ANEW in fsm/recording/timers.py",
    "whether it begins anew when a service starts again",
)  # fmt: skip
"""The timers that begin anew after a restart: they wait for a join or a change of role, which a
server cannot report while the service is down."""


def durations(plan: Plan) -> dict[Timer, int]:
    """Returns the seconds of each timer that meetings under a plan have.

    Args:
        plan: the plan.

    >>> from fsm.recording import Plan
    >>> durations(Plan(kind="cloud", grace=10))
    {'grace': 10}
    """
    seconds: dict[Timer, int | None] = {"grace": plan.grace, "empty": plan.end_when_empty}
    return {timer: count for timer, count in seconds.items() if count}


def describe_timer(timer: Timer, plan: Plan, milliseconds: int) -> str:
    """Describes the effect of a running timer, and the event that would cancel it.

    Args:
        timer: the timer.
        plan: the plan of the meeting.
        milliseconds: the time until it is due.

    >>> describe_timer("grace", Plan(kind="cloud", grace=10), 6_500)
    'the recording stops in 7 s unless a host joins'
    """
    duration = duration_text(-(-milliseconds // 1000))
    match timer:
        case "grace":
            keeper = "a host" if plan.needs_hosts else "somebody"
            return f"the recording stops in {duration} unless {keeper} joins"
        case "empty":
            return f"the meeting ends in {duration} unless somebody joins"
        case _:
            assert_never(timer)


@attrs.frozen
class TimerState:
    """The state of one timer of a meeting.

    Args:
        set: the number of its settings.
        running: whether it is set and neither fired nor cancelled.
    """

    set: int = 0
    running: bool = False


Timers = Mapping[Timer, TimerState]
"""The states of the timers of a meeting that were ever set. The mapping is replaced, never
changed."""
NO_TIMERS: Final[Timers] = {}


def with_set(timers: Timers, timer: Timer) -> Timers:
    """Returns the timers with a timer set, unless it runs already."""
    state = timers.get(timer, TimerState())
    return timers if state.running else {**timers, timer: TimerState(state.set + 1, True)}


def with_ended(timers: Timers, timer: Timer) -> Timers:
    """Returns the timers with a timer cancelled or fired, if it runs."""
    state = timers.get(timer)
    if state is None or not state.running:
        return timers
    return {**timers, timer: TimerState(state.set)}


def runs(timers: Timers, timer: Timer) -> bool:
    """Returns whether a timer is set and has neither fired nor been cancelled."""
    return timer in timers and timers[timer].running


def running(timers: Timers) -> tuple[Timer, ...]:
    """Returns the timers that run."""
    return tuple(timer for timer in TIMERS if runs(timers, timer))


def first_set(timers: Iterable[Timer]) -> Timers:
    """Returns the states of timers that run, each set for the first time.

    Situations are compared in this form, since the number of settings grows without end.
    """
    return {timer: TimerState(1, running=True) for timer in timers}


def is_current(timers: Timers, event: TimeUp) -> bool:
    """Returns whether a firing is that of the present setting of its timer."""
    return timers.get(event.timer) == TimerState(event.set, True)


def timer_changes(
    before: Timers, after: Timers, event: Event, plan: Plan
) -> tuple[TimerChange, ...]:
    """Returns the changes of timers by an event, in the order of :attr:`Outcome.timers`.

    Args:
        before: the timers before the event.
        after: the timers after it.
        event: the event. The timer that it fires is neither set nor cancelled.
        plan: the plan of the meeting.
    """
    ended = [timer for timer in TIMERS if runs(before, timer) and not runs(after, timer)]
    begun = [timer for timer in TIMERS if runs(after, timer) and not runs(before, timer)]
    if isinstance(event, TimeUp) and event.timer in ended:
        ended.remove(event.timer)
    seconds = durations(plan) if begun else {}
    return (*map(CancelTimer, ended), *(SetTimer(timer, seconds[timer]) for timer in begun))


# Meetings share their outcomes.
@lru_cache(maxsize=4096)
def with_changes(outcome: Outcome, changes: tuple[TimerChange, ...]) -> Outcome:
    """Returns an outcome with changes of timers, and their rules after its own.

    Args:
        outcome: the outcome without them.
        changes: the changes.
    """
    rules = dict.fromkeys((*outcome.rules, *(TIMER_RULES[each.timer] for each in changes)))
    return attrs.evolve(outcome, timers=changes, rules=tuple(rules))


# -- moments ---------------------------------------------------------------------------------

Due = Mapping[Timer, int]
"""The moments in milliseconds at which the running timers of a meeting are due. The mapping is
replaced, never changed."""
NOTHING_DUE: Final[Due] = {}


def due_after(due: Due, event: Event, outcome: Outcome, now: int) -> Due:
    """Returns the moments at which timers are due after an event.

    Args:
        due: the moments before the event.
        event: the event.
        outcome: its outcome.
        now: the moment of the event, in milliseconds.

    >>> from fsm.recording import Leave, Meeting
    >>> outcome = Outcome("recording", "recording", timers=(SetTimer("grace", 10),))
    >>> due_after({}, Leave("alice"), outcome, 5_000)
    {'grace': 15000}
    """
    fired = isinstance(event, TimeUp) and outcome.refused is None
    if not outcome.timers and not fired:
        return due
    moments = dict(due)
    if isinstance(event, TimeUp) and fired:
        moments.pop(event.timer, None)
    for change in outcome.timers:
        match change:
            case SetTimer():
                moments[change.timer] = now + change.after * 1000
            case CancelTimer():
                moments.pop(change.timer, None)
            case _:
                assert_never(change)
    return moments


def next_due(due: Due) -> tuple[int, Timer] | None:
    """Returns the moment and the timer that is due first; ``None`` if none runs."""
    if not due:
        return None
    timer = min(due, key=lambda timer: (due[timer], TIMERS.index(timer)))
    return due[timer], timer
