"""A real ``fsm serve`` that is killed between the setting and the firing of timers."""

import asyncio
import random
import time
from collections import Counter

import httpx

from fsm.cli.journal import exported_scenario, journal_entries
from fsm.recording import TimeUp
from fsm.recording.outcome import CancelTimer, SetTimer
from fsm.runtime import Journal, journal_check
from fsm.scenario import parse
from fsm.scenario.play import open_meeting, play
from fsm.web.tokens import new_secret

from .killing import TIMEOUT, Service, serve_recorder

MEETINGS = 8
GRACE = 1
TOLERANCE = 50
"""Milliseconds by which the wall clock of the entries may differ from the clock of the loop."""


async def kill_between_timers(folder, kills, seed, progress=lambda *_: None):
    """Kills a service while timers are set, are due or fire, and checks what becomes of them.

    Args:
        folder: the folder of the journal.
        kills: the number of kills.
        seed: the seed of the moments.
        progress: called after each kill, with its number from 0.

    Returns:
        The number of occurrences of everything that happened.
    """
    rng, counts, secret = random.Random(seed), Counter(), new_secret()
    async with serve_recorder(secret) as (_, url):
        service = Service(folder, url, secret)
        await service.start()
        for number in range(kills):
            meetings = {f"t-{number}-{each}": rng.choice((1, 2, 3, 60)) for each in range(MEETINGS)}
            async with client_of(service) as http:
                await asyncio.gather(
                    *(_set_timers(http, rng.uniform(0, 1.5), *each) for each in meetings.items())
                )
                await asyncio.sleep(rng.uniform(0, 1.5))
                await service.kill()
            counts["kills"] += 1
            # In some rounds the timers become due while no service runs.
            await asyncio.sleep(rng.choice((0, 0, 2)))
            counts.update(_not_fired(service.db, meetings))
            await service.start()
            async with client_of(service) as http:
                returned = [each for each in meetings if rng.random() < 0.3 or meetings[each] > 3]
                # The first events after the start: they come after the timers that are due.
                await asyncio.gather(*(_join(http, each, "guest") for each in returned))
                await _until_no_timer_is_set(http, meetings)
            check_timers(service.db, meetings, counts)
            progress(number)
        await service.terminate()
    return counts


def client_of(service):
    """Returns a client of a service."""
    return httpx.AsyncClient(base_url=service.url, timeout=TIMEOUT, verify=False)


async def _set_timers(http, delay, meeting, end_when_empty):
    settings = {
        "account": {"edition": "pro"}, "user": {"auto_record": True},
        "grace": GRACE, "end_when_empty": end_when_empty,
    }  # fmt: skip
    response = await http.put(f"/v1/meetings/{meeting}", json=settings)
    assert response.status_code == 200, response.text
    await _join(http, meeting, "host")
    await asyncio.sleep(delay)
    await _send(http, meeting, {"leave": {"id": "host"}})


async def _join(http, meeting, name):
    await _send(http, meeting, {"join": {"id": name, "role": "host", "platform": "windows"}})


async def _send(http, meeting, event):
    response = await http.post(f"/v1/meetings/{meeting}/events", json={**event, "id": str(event)})
    assert response.status_code == 200, response.text


async def _until_no_timer_is_set(http, meetings):
    last = time.monotonic() + TIMEOUT
    waiting = list(meetings)
    while waiting:
        assert time.monotonic() < last, f"timers that never fire: {waiting}"
        response = await http.get(f"/v1/meetings/{waiting[0]}")
        assert response.status_code == 200, response.text
        if response.json()["timers"]:
            await asyncio.sleep(0.05)
        else:
            waiting.pop(0)


def _not_fired(db, meetings):
    """Yields an occurrence for each timer that is set in the journal of a killed service."""
    with Journal(db, readonly=True) as journal:
        for meeting in meetings:
            for timer in journal.load(meeting).due:
                yield f"{timer} was set when the service was killed"


def check_timers(db, meetings, counts):
    """Checks that every timer of some meetings was cancelled or has fired once, and not early."""
    with Journal(db, readonly=True) as journal:
        assert [each for each in journal_check.check_journal(journal) if each.fault] == []
        for meeting in meetings:
            entries = list(journal_entries(journal, meeting))
            check_entries(entries, counts)
            [scenario] = parse(exported_scenario(journal, meeting).encode())
            for step in play(scenario, open_meeting(scenario)):
                assert step.unexpected == (), f"{meeting} is not played to the same answers"


def check_entries(entries, counts):
    """Checks that every timer of a meeting was cancelled or has fired once, and not early."""
    due, numbers, last = {}, Counter(), 0
    for entry in entries:
        assert entry.at >= last, f"the time goes back: {entries}"
        last = entry.at
        if isinstance(entry.event, TimeUp):
            timer = entry.event.timer
            assert entry.event.set == numbers[timer], f"fired for another setting: {entries}"
            assert entry.at >= due.pop(timer) - TOLERANCE, f"fired early: {entries}"
            counts[f"{timer} fired"] += 1
        elif "empty" in due:
            assert entry.at <= due["empty"] + TOLERANCE, f"answered before a timer: {entries}"
        for change in entry.outcome.timers:
            match change:
                case SetTimer():
                    numbers[change.timer] += 1
                    due[change.timer] = entry.at + change.after * 1000
                case CancelTimer():
                    del due[change.timer]
                    counts[f"{change.timer} cancelled"] += 1
    assert due == {}, f"timers were lost: {entries}"
