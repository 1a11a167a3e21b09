"""A real cluster whose nodes and services are killed in turn, under load."""

import asyncio
import json
import random
from collections import defaultdict
from itertools import count, cycle

import attrs
import httpx

from fsm.recording import Account, Choice, Meeting, TimeUp
from fsm.recording.plan import MeetingSettings
from fsm.runtime import codec
from fsm.runtime.entries import JournalEntry
from fsm.web.tokens import new_secret
from tests.examples import example
from tests.kills.killing import Answers, CountingRecorder, random_event, serve_recorder
from tests.kills.timers import check_entries

MEETINGS = 6
CLIENTS = 8
TIMER_MEETINGS = 4
TIMEOUT = 120
"""Seconds, for anything that waits; a machine with other work elects leaders slowly."""
GRACE = 1


class NotingRecorder(CountingRecorder):
    """A recorder that keeps every message that it applied.

    Attributes:
        applied: the applied messages of each meeting, in order.
        faults: keys that came with different messages.
    """

    def __init__(self):
        super().__init__()
        self.applied = defaultdict(list)
        self.faults = []
        self._by_key = {}

    async def _apply_and_count(self, message):
        if self._by_key.setdefault(message.key, message) != message:
            self.faults.append(f"{message.key} is {self._by_key[message.key]}, then {message}")
        before = self.statuses.get(message.meeting)
        after = await super()._apply_and_count(message)
        if before is None or after.sequence != before.sequence:
            self.applied[message.meeting].append(message)
        return after


@attrs.define
class ClusterLoad:
    """Clients of a cluster, and what they were answered.

    Args:
        urls: the addresses of the services.
        http: their client.
        answers: the answers.
        settings: the settings of each meeting.
    """

    urls: list
    http: httpx.AsyncClient
    answers: Answers = attrs.field(factory=Answers)
    settings: dict = attrs.field(factory=dict)

    async def request(self, method, path, body=None, first=0):
        """Sends a request to one service after another until one answers, and returns its JSON."""
        async with asyncio.timeout(TIMEOUT):
            while True:
                url = self.urls[first % len(self.urls)]
                first += 1
                try:
                    response = await self.http.request(method, url + path, json=body)
                except httpx.TransportError:
                    self.answers.counts["attempts without an answer"] += 1
                else:
                    if response.status_code not in (429, 503):
                        assert response.status_code == 200, response.text
                        return response.json()
                    self.answers.counts["refused as busy"] += 1
                await asyncio.sleep(0.1)

    async def open(self, meeting, auto_record, end_when_empty=None):
        """Opens a meeting."""
        user = Choice(auto_record)
        self.settings[meeting] = MeetingSettings(
            Account("pro"), user, grace=GRACE, end_when_empty=end_when_empty
        )
        body = {
            "account": {"edition": "pro"}, "user": {"auto_record": auto_record},
            "grace": GRACE, "end_when_empty": end_when_empty,
        }  # fmt: skip
        await self.request("PUT", f"/v1/meetings/{meeting}", body)

    async def send(self, meeting, event_id, event, first=0):
        """Sends an event until it is answered; an answer that it had before must be the same."""
        body = {**event, "id": event_id}
        answer = await self.request("POST", f"/v1/meetings/{meeting}/events", body, first)
        key = meeting, event_id
        if key in self.answers.received:
            assert answer == self.answers.received[key], "a retry has another answer"
            self.answers.counts["retries"] += 1
        self.answers.received[key] = answer

    async def history(self, meeting):
        """Returns the entries of a meeting."""
        entries, after = [], 0
        while after is not None:
            path = f"/v1/meetings/{meeting}/events?limit=1000&after={after}"
            page = await self.request("GET", path)
            entries += map(_entry, page["entries"])
            after = page["next"]
        return entries

    async def run_client(self, number, rng, round_number, ended):
        """Sends events until the end, some of them twice and to another service."""
        for position in count():
            if ended.is_set():
                return
            meeting = f"m-{rng.randrange(MEETINGS)}"
            event_id = f"r{round_number}-c{number}-{position}"
            event = random_event(rng, number)
            for first in range(2 if rng.random() < 0.1 else 1):
                await self.send(meeting, event_id, event, number + first)

    async def set_timers(self, meeting, end_when_empty, delay):
        """Lets a host come and go, so that both timers are set."""
        await self.open(meeting, True, end_when_empty)
        host = {"id": "host", "role": "host", "platform": "windows"}
        await self.send(meeting, "e-1", {"join": host})
        await asyncio.sleep(delay)
        await self.send(meeting, "e-2", {"leave": {"id": "host"}})


def _entry(data):
    event = codec.event_from(data["event"])
    outcome = codec.load_outcome(json.dumps(data))
    return JournalEntry(data["meeting"], data["seq"], data["id"], data["at"], event, outcome)


async def kill_cluster(folder, seed, progress):
    """Kills nodes and services of a cluster under load, and checks everything afterwards.

    Args:
        folder: the folder of the cluster.
        seed: the seed of the events and of the moments.
        progress: called after each kill, with its number from 0 and the answers; returns whether
            there are to be more.

    Returns:
        The answers, and the recorder.
    """
    secret, rng = new_secret(), random.Random(seed)
    module = example("cluster.local_cluster")
    async with (
        serve_recorder(secret, NotingRecorder()) as (recorder, url),
        module.LocalCluster(
            folder, fsync=False, options=["--recorder", url],
            environment={"FSM_RECORDER_SECRET": secret},
        ) as cluster,
        httpx.AsyncClient(timeout=20, verify=False) as http,
    ):  # fmt: skip
        load = ClusterLoad([each.url for each in cluster.services], http)
        for number in range(MEETINGS):
            await load.open(f"m-{number}", number % 2 == 0)
        services, nodes = cycle(cluster.services), cycle(cluster.nodes)
        for number in count():
            # In turn a service, a node, and one of each at once.
            victims = [
                next(each) for each in ((services,), (nodes,), (services, nodes))[number % 3]
            ]
            await _round(load, victims, rng, number)
            await cluster.wait_until_ready()
            if not progress(number, load.answers):
                break
        await _check(load, recorder)
    return load.answers, recorder


async def _round(load, processes, rng, number):
    """Kills processes under load, and starts them again under load."""
    ended = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for client in range(CLIENTS):
            tasks.create_task(load.run_client(client, random.Random(rng.random()), number, ended))
        for each in range(TIMER_MEETINGS):
            delay, end_when_empty = rng.uniform(0, 1.5), rng.choice((1, 2, 3))
            tasks.create_task(load.set_timers(f"t-{number}-{each}", end_when_empty, delay))
        await _further_answers(load, 20)
        await asyncio.sleep(rng.uniform(0, 1))
        for process in processes:
            process.kill()
            load.answers.counts[f"kills of {process.name.partition('-')[0]}"] += 1
        # The others go on without it.
        await _further_answers(load, 20)
        for process in processes:
            process.start()
        await _further_answers(load, 20)
        ended.set()


async def _further_answers(load, number):
    before = len(load.answers.received)
    async with asyncio.timeout(TIMEOUT):
        while len(load.answers.received) < before + number:
            await asyncio.sleep(0.05)


# -- checks ---------------------------------------------------------------------------------------


async def _check(load, recorder):
    counts = load.answers.counts
    async with asyncio.timeout(TIMEOUT):
        for meeting in load.settings:
            entries = await load.history(meeting)
            while _timers_pending(entries):
                await asyncio.sleep(0.2)
                entries = await load.history(meeting)
            check_answers(meeting, entries, load.answers.received)
            check_rules(entries, load.settings[meeting])
            check_entries(entries, counts)
            while len(recorder.applied[meeting]) < len(_commands(entries)):
                await asyncio.sleep(0.2)
            applied = [message.command for message in recorder.applied[meeting]]
            assert applied == _commands(entries), f"{meeting}: the recorder has other commands"
    assert recorder.faults == []


def _timers_pending(entries):
    """Whether a timer is set after the last entry."""
    due = set()
    for entry in entries:
        if isinstance(entry.event, TimeUp):
            due.discard(entry.event.timer)
        for change in entry.outcome.timers:
            (due.add if hasattr(change, "after") else due.discard)(change.timer)
    return bool(due)


def _commands(entries):
    return [command for entry in entries for command in entry.outcome.recorder]


def check_answers(meeting, entries, received):
    """Checks that a history has every answered event once, with its answer, and no other."""
    found = {}
    for number, entry in enumerate(entries, 1):
        assert entry.seq == number, f"{entry} is entry {number}"
        if isinstance(entry.event, TimeUp):
            continue
        assert entry.id not in found, f"{entry} has a duplicate"
        found[entry.id] = entry
    answered = {name: answer for (where, name), answer in received.items() if where == meeting}
    assert found.keys() == answered.keys(), "an answered event is missing, or one was never sent"
    for name, entry in found.items():
        assert _entry(answered[name]) == entry


def check_rules(entries, settings):
    """Checks that the rules give every answer of a history again."""
    meeting = Meeting(settings.resolve().plan)
    for entry in entries:
        assert meeting.handle(entry.event) == entry.outcome, f"{entry} is not what the rules say"
