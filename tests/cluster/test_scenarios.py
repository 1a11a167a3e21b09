"""Random meetings on a real Restate server have the outcomes of the rules."""

import asyncio
import random

import pytest

from fsm.runtime import codec
from fsm.runtime.restate.calls import MEETING, DispatchAnswer, DispatchCall, FireCall, SentEvent
from fsm.runtime.restate.state import raw, text

from .runtimes import restate_runtime, run, unique
from .scenarios import random_meeting

pytestmark = pytest.mark.service
LATER = 10**9
"""The milliseconds after the openings at which all events are sent."""
AT_ONCE = 64


@pytest.mark.parametrize("count", [200, pytest.param(3000, marks=pytest.mark.durable)])
def test_random_meetings_have_the_outcomes_of_the_rules(restate, count):
    clock = Clock()

    async def main():
        async with restate_runtime(restate, clock=clock) as runtime:
            rng = random.Random("meetings of a cluster")
            meetings = [(unique("r"), random_meeting(rng)) for _ in range(count)]
            await at_once(open_meeting(runtime, *each) for each in meetings)
            clock.now += LATER
            await at_once(send_all(runtime, *each) for each in meetings)

    run(main())


class Clock:
    """A clock that a test sets. The times of events are those that have passed until it."""

    now = 10**12

    def __call__(self):
        return self.now


async def at_once(coroutines):
    permits = asyncio.Semaphore(AT_ONCE)

    async def one(coroutine):
        async with permits:
            await coroutine

    await asyncio.gather(*map(one, coroutines))


async def open_meeting(runtime, id_, meeting):
    settings = meeting.settings
    await runtime.open(
        id_, settings.account, settings.user, settings.booking, settings.type,
        settings.grace, settings.end_when_empty,
    )  # fmt: skip


async def send_all(runtime, id_, meeting):
    """Sends all events of a meeting in one call, and compares the answers."""
    call = DispatchCall(
        [
            SentEvent(raw(codec.dump_event(event)), event_id, LATER - at)
            for event, event_id, at in meeting.sent
        ]
    )
    answer = await runtime._cluster.call(MEETING, id_, "dispatch", call, DispatchAnswer)
    outcomes = [codec.load_outcome(text(each.entry.answer)) for each in answer.events]
    assert outcomes == [outcome for _, outcome in meeting.answers]
    # The timers that still run are due by now.
    await runtime._cluster.call(MEETING, id_, "fire", FireCall(), type(None))
    entries = await runtime.history(id_)
    assert [(entry.event, entry.outcome) for entry in entries] == meeting.kept
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
