"""A real ``fsm serve`` that is killed under load again and again, with checks after each kill."""

import asyncio
import contextlib
import random
import re
import shutil
import socket
from collections import Counter

import attrs
import httpx
import uvicorn

from fsm.cli.journal import journal_entries
from fsm.runtime import Journal, MemoryRecorder, RecorderStatus, journal_check
from fsm.web.tokens import new_secret
from tests import processes
from tests.examples import example
from tests.kills.serve import serve_under
from tests.rule_sets import TABLES, TODAY

MEETINGS = 6
CLIENTS = 12
TIMEOUT = 60
"""Seconds, for anything that waits."""


@attrs.define
class Answers:
    """The answers that the clients have received.

    Args:
        received: the answers to acknowledged events, by meeting and event id.
        missing: the events without an answer, by meeting and event id.
        counts: the number of occurrences of everything that happens.
    """

    received: dict = attrs.field(factory=dict)
    missing: dict = attrs.field(factory=dict)
    counts: Counter = attrs.field(factory=Counter)


class Service:
    """The service as a process of its own.

    Args:
        folder: the folder of the journal and the log.
        recorder_url: the address of the recorder.
        secret: the secret of the recorder.
    """

    def __init__(self, folder, recorder_url, secret):
        self.folder = folder
        self.db = folder / "meetings.db"
        self._recorder_url = recorder_url
        self._environment = {"FSM_RECORDER_SECRET": secret}

    async def start(self, release=TODAY):
        """Starts the process under the rules of a release, and waits until it listens."""
        self.process, stderr = processes.start(
            serve_under, release, "serve", "--db", str(self.db), "--port", "0",
            "--log-level", "error", "--recorder", self._recorder_url,
            environment=self._environment,
        )  # fmt: skip
        try:
            line = await asyncio.wait_for(asyncio.to_thread(stderr.readline), TIMEOUT)
        except TimeoutError:
            # The thread that reads ends with the process.
            self.process.kill()
            raise
        found = re.search(r"listening at (http://\S+), (\d+)", line)
        assert found, line
        self.url, self.loaded_meetings = found[1], int(found[2])
        self._logging = asyncio.create_task(asyncio.to_thread(self._copy_to_log, stderr))

    def _copy_to_log(self, stderr):
        with stderr, (self.folder / "serve.log").open("a") as log:
            shutil.copyfileobj(stderr, log)

    async def kill(self):
        """Kills the process."""
        self.process.kill()
        await self._ended()

    async def terminate(self):
        """Ends the process as an operator does, which must succeed."""
        self.process.terminate()
        await self._ended()
        assert self.process.exitcode == 0, (self.folder / "serve.log").read_text()

    async def _ended(self):
        await asyncio.to_thread(self.process.join, TIMEOUT)
        assert self.process.exitcode is not None
        await self._logging


# -- clients --------------------------------------------------------------------------------------


def random_event(rng, client):
    """Returns an event of the participants of a client."""
    host, guest = f"host-{client}", f"guest-{client}-{rng.randrange(4)}"
    return rng.choice(
        (
            {"join": {"id": host, "role": "host", "platform": "windows", "version": "3.20"}},
            {"join": {"id": guest, "role": "member", "platform": "ios"}},
            {"leave": {"id": guest}},
            {"leave": {"id": host}},
            {"start": {"by": host, "kind": "cloud"}},
            {"pause": {"by": host}},
            {"resume": {"by": host}},
            {"stop": {"by": host}},
            {"role": {"id": guest, "role": "cohost"}},
        )
    )


async def send(http, answers, meeting, event_id, event):
    """Sends an event, and notes its answer.

    Returns:
        Whether the service answered.
    """
    key = meeting, event_id
    try:
        response = await http.post(f"/v1/meetings/{meeting}/events", json={**event, "id": event_id})
    except httpx.TransportError:
        answers.missing.setdefault(key, event)
        return False
    if response.status_code in (429, 503):
        answers.counts["refused as busy"] += 1
        await asyncio.sleep(0.05)
        return True
    assert response.status_code == 200, response.text
    answer = response.json()
    if key in answers.received:
        assert answer == answers.received[key], "a retry has another answer"
        answers.counts["retries"] += 1
    answers.received[key] = answer
    answers.missing.pop(key, None)
    return True


async def run_client(number, http, answers, rng, round_number):
    """Sends events until the service is gone, some of them twice."""
    for count in range(100_000):
        meeting = f"m-{rng.randrange(MEETINGS)}"
        event_id = f"r{round_number}-c{number}-{count}"
        event = random_event(rng, number)
        for _ in range(2 if rng.random() < 0.1 else 1):
            if not await send(http, answers, meeting, event_id, event):
                return


async def retry_missing(url, answers):
    """Sends all events without an answer again."""
    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT, verify=False) as http:
        for (meeting, event_id), event in list(answers.missing.items()):
            assert await send(http, answers, meeting, event_id, event)
            answers.counts["retries after a kill"] += 1


# -- kills ----------------------------------------------------------------------------------------


async def kill_repeatedly(folder, kills, seed, progress=lambda *_: None):
    """Kills a service under load several times, and checks the journal after each kill.

    Args:
        folder: the folder of the journal.
        kills: the number of kills.
        seed: the seed of the events and of the moments.
        progress: called after each kill, with its number from 0 and the answers.

    Returns:
        The answers, and the recorder.
    """
    secret = new_secret()
    async with serve_recorder(secret) as (recorder, url):
        service = Service(folder, url, secret)
        await service.start()
        answers = Answers()
        await _run_rounds(service, answers, kills, random.Random(seed), progress)
        await check_recorder(service.db, recorder)
        await service.terminate()
        check_journal(service.db, answers)
        return answers, recorder


async def _run_rounds(service, answers, kills, rng, progress):
    async with httpx.AsyncClient(base_url=service.url, timeout=TIMEOUT, verify=False) as http:
        for number in range(MEETINGS):
            settings = {"account": {"edition": "pro"}, "user": {"auto_record": number % 2 == 0}}
            response = await http.put(f"/v1/meetings/m-{number}", json=settings)
            assert response.status_code == 200, response.text
    for round_number in range(kills):
        async with httpx.AsyncClient(base_url=service.url, timeout=TIMEOUT, verify=False) as http:
            clients = [
                asyncio.create_task(
                    run_client(number, http, answers, random.Random(rng.random()), round_number)
                )
                for number in range(CLIENTS)
            ]
            before = len(answers.received)
            # With so many answers, the service is under load.
            while len(answers.received) < before + 20:
                await asyncio.sleep(0.01)
            await asyncio.sleep(rng.uniform(0, 0.4))
            await service.kill()
            await asyncio.gather(*clients)
        answers.counts["kills"] += 1
        check_journal(service.db, answers)
        await service.start(rng.choice([TODAY, *TABLES]))
        assert service.loaded_meetings == MEETINGS
        await retry_missing(service.url, answers)
        progress(round_number, answers)


# -- the recorder ---------------------------------------------------------------------------------


class CountingRecorder(MemoryRecorder):
    """A recorder that outlives the service, and counts starts and duplicate messages."""

    def __init__(self):
        super().__init__()
        self.counts = Counter()
        for name in ("start", "pause", "resume", "stop"):
            setattr(self, name, self._apply_and_count)

    async def _apply_and_count(self, message):
        before = self.statuses.get(message.meeting, RecorderStatus())
        after = await self._apply(message)
        if after.sequence == before.sequence:
            self.counts["duplicate messages"] += 1
        elif message.command.command == "start":
            assert before.kind is None, f"{message.key} starts a recording during another one"
            self.counts["recordings started"] += 1
        return after


@contextlib.asynccontextmanager
async def serve_recorder(secret, recorder=None):
    """Serves a recorder over HTTP on the loopback; yields it and its address."""
    recorder = recorder or CountingRecorder()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        app = example("recorder_service").create_recorder_app(recorder, secret)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
        server.capture_signals = contextlib.nullcontext
        serving = asyncio.create_task(server.serve([listening]))
        try:
            yield recorder, f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


# -- checks ---------------------------------------------------------------------------------------


async def check_recorder(db, recorder):
    """Waits until the recorder has the expected status for every meeting."""
    for _ in range(TIMEOUT * 10):
        with Journal(db, readonly=True) as journal:
            expected = {
                live.id: live.expected_status for live in journal.load_all() if live.last_sequence
            }
        if expected == {name: recorder.statuses.get(name) for name in expected}:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"the recorder has {recorder.statuses}, expected: {expected}")


def check_journal(db, answers):
    """Checks that the journal has every answered event once, with its answer, and no unsent one."""
    with Journal(db, readonly=True) as journal:
        assert [each for each in journal_check.check_journal(journal) if each.fault] == []
        found = {}
        for number in range(MEETINGS):
            for entry in journal_entries(journal, f"m-{number}"):
                assert (entry.meeting, entry.id) not in found, f"{entry} has a duplicate"
                found[entry.meeting, entry.id] = entry
    for key, answer in answers.received.items():
        entry = found[key]
        assert (entry.seq, entry.outcome.state, entry.outcome.refused) == (
            answer["seq"], answer["state"], answer["refused"],
        )  # fmt: skip
    for key in found.keys() - answers.received.keys():
        assert key in answers.missing, f"{key} was never sent"
        answers.counts["committed without an answer"] += 1
