"""Random meetings on a real Restate server have the outcomes of the rules."""

import asyncio
import random
from collections import defaultdict

import msgspec
import pytest

from fsm.runtime import codec
from fsm.runtime.restate.calls import MEETING, DispatchAnswer, DispatchCall, SentEvent
from fsm.runtime.restate.state import Live, StoredEntry, raw, text

from ..runtime.hubs import wait_until
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
            prefix = unique("random")
            meetings = {f"{prefix}/{number}": random_meeting(rng) for number in range(count)}
            await at_once(open_meeting(runtime, *each) for each in meetings.items())
            clock.now += LATER
            await at_once(send_all(runtime, *each) for each in meetings.items())
            kept = {id_: meeting.kept for id_, meeting in meetings.items()}
            kept = {id_: entries for id_, entries in kept.items() if entries}
            numbers = {id_: len(entries) for id_, entries in kept.items()}
            stored = {}

            async def timers_have_fired():
                nonlocal stored
                stored = await asyncio.to_thread(stored_entries, restate, prefix)
                return {id_: len(entries) for id_, entries in stored.items()} == numbers

            # The timers that still ran are due by now, and their calls are under way.
            await wait_until(timers_have_fired)
            for id_, entries in stored.items():
                assert [(entry.event, entry.outcome) for entry in entries] == kept[id_]
                assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))

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
            SentEvent(raw(codec.dump_event(event)), Clock.now + at, event_id)
            for event, event_id, at in meeting.sent
        ]
    )
    answer = await runtime._cluster.call(MEETING, id_, "dispatch", call, DispatchAnswer)
    outcomes = [codec.load_outcome(text(each.entry.answer)) for each in answer.events]
    assert outcomes == [outcome for _, outcome in meeting.answers]


def stored_entries(server, prefix):
    """Returns the stored entries of meetings by their ids, all of them by one query."""
    rows = server.query(
        "SELECT service_key, value_utf8 FROM state WHERE service_name = 'Meeting' "
        f"AND service_key LIKE '{prefix}/%' AND (key = 'live' OR key LIKE 'recorded/%')"
    )
    entries = defaultdict(list)
    for row in rows:
        value = row["value_utf8"]
        stored = (
            msgspec.json.decode(value, type=Live).tail
            if value.startswith("{")
            else msgspec.json.decode(value, type=list[StoredEntry])
        )
        entries[row["service_key"]] += [each.entry(row["service_key"]) for each in stored]
    return {id_: sorted(each, key=lambda entry: entry.seq) for id_, each in entries.items()}
