"""The steps of a scenario from recorded answers, with the time between them as waits.

Nothing but a timer depends on time, so a wait is written only while one runs. A timer that fired
late, or began anew after a restart, must not fire earlier in the scenario than it did: a wait ends
before a timer is due, unless that timer is the next to fire.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fsm.recording import Event, Outcome, TimeUp
from fsm.recording.outcome import timers_data
from fsm.recording.timers import NOTHING_DUE, due_after, next_due
from fsm.scenario.model import MAX_WAIT
from fsm.scenario.write import expectation_data, step_data


def recorded_steps(entries: Iterable[tuple[int, Event, Outcome]]) -> Iterator[dict[str, Any]]:
    """Yields the steps that lead to recorded outcomes, and expect them.

    Args:
        entries: the time in milliseconds, the event and the outcome of each, in order.
    """
    now, due, last = 0, NOTHING_DUE, None
    for at, event, outcome in entries:
        target = now + (0 if last is None else max(at - last, 0))
        last = at
        first = next_due(due)
        fires = isinstance(event, TimeUp) and outcome.refused is None
        if first is not None:
            moment, timer = first
            others = [each for other, each in due.items() if other != timer]
            by_wait = (
                fires
                and event.timer == timer  # type: ignore[union-attr]
                and all(moment < each for each in others)
            )
            if by_wait:
                # A clock that was wrong may have been set forward by years.
                longest = now + MAX_WAIT * 1000
                target = max(moment, min([target, longest, *(each - 1 for each in others)]))
                timers = [{"up": timer}, *timers_data(outcome)]
                expect = expectation_data(outcome) | {"timers": timers}
                yield {"wait": _seconds(target - now), "expect": expect}
                # The rest of the wait comes after the moment of the firing.
                due, now = due_after(due, event, outcome, moment), target
                continue
            target = max(now, min(target, moment - 1))
            if target > now:
                yield {"wait": _seconds(target - now)}
                now = target
        yield step_data(event, outcome)
        due = due_after(due, event, outcome, now)


def _seconds(milliseconds: int) -> float:
    seconds, rest = divmod(milliseconds, 1000)
    return milliseconds / 1000 if rest else seconds
