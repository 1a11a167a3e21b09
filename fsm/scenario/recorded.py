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
from fsm.recording.timers import NOTHING_DUE, Due, due_after, next_due
from fsm.recording.vocabulary import Timer
from fsm.scenario.model import MAX_WAIT
from fsm.scenario.write import expectation_data, step_data


def recorded_steps(entries: Iterable[tuple[int, Event, Outcome]]) -> Iterator[dict[str, Any]]:
    """Yields the steps that lead to recorded outcomes, and expect them.

    Args:
        entries: the time in milliseconds, the event and the outcome of each, in order.
    """
    now, due, last = 0, NOTHING_DUE, None
    for at, event, outcome in entries:
        end = now + (0 if last is None else max(at - last, 0))
        last = at
        fired = _fired_by_wait(due, event, outcome)
        if fired is not None:
            moment, timer = fired
            others = [each - 1 for other, each in due.items() if other != timer]
            # A clock that was wrong may have been set forward by years.
            longest = now + MAX_WAIT * 1000
            end = max(moment, min([end, longest, *others]))
            timers = [{"up": timer}, *timers_data(outcome)]
            expect = expectation_data(outcome) | {"timers": timers}
            yield {"wait": _seconds(end - now), "expect": expect}
            # The rest of the wait comes after the moment of the firing.
            due, now = due_after(due, event, outcome, moment), end
            continue
        if due:
            end = max(now, min(end, min(due.values()) - 1))
            if end > now:
                yield {"wait": _seconds(end - now)}
                now = end
        yield step_data(event, outcome)
        due = due_after(due, event, outcome, now)


def _fired_by_wait(due: Due, event: Event, outcome: Outcome) -> tuple[int, Timer] | None:
    """Returns the moment and the timer of a firing that a wait brings about, and no other one."""
    first = next_due(due)
    if first is None or not isinstance(event, TimeUp) or outcome.refused is not None:
        return None
    moment, timer = first
    alone = all(moment < each for other, each in due.items() if other != timer)
    return first if event.timer == timer and alone else None


def _seconds(milliseconds: int) -> float:
    seconds, rest = divmod(milliseconds, 1000)
    return milliseconds / 1000 if rest else seconds
