"""A real `fsm serve` under load, killed with SIGKILL again and again, and what must hold then."""

import asyncio
import contextlib
import os
import random
import re
import signal
import socket
import subprocess
import sys
from collections import Counter

import attrs
import httpx
import uvicorn

from fsm.cli.journal import journal_entries, journal_faults
from fsm.runtime import Journal, MemoryRecorder, RecorderStatus
from fsm.web.tokens import new_secret
from tests.examples import example

MEETINGS = 6
CLIENTS = 12
PATIENCE = 60
"""Seconds after which something that should have happened counts as missing."""


@attrs.define
class Record:
    """What the clients know.

    Args:
        answered: what each acknowledged event was answered, by meeting and event id.
        unknown: the events whose answer never came, by meeting and event id.
        counts: how often what happened.
    """

    answered: dict = attrs.field(factory=dict)
    unknown: dict = attrs.field(factory=dict)
    counts: Counter = attrs.field(factory=Counter)


class Service:
    """The service as a process of its own."""

    def __init__(self, folder, recorder_url, secret):
        self.folder = folder
        self.db = folder / "meetings.db"
        self._arguments = ["--recorder", recorder_url] if recorder_url else []
        self._environment = {**os.environ, "FSM_RECORDER_SECRET": secret or ""}

    async def start(self):
        """Start it, and return once it listens."""
        self._log = (self.folder / "serve.log").open("a")
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "fsm", "serve", "--db", self.db, "--port", "0",
            "--log-level", "error", *self._arguments,
            stderr=subprocess.PIPE, env=self._environment,
        )  # fmt: skip
        line = await asyncio.wait_for(self.process.stderr.readline(), PATIENCE)
        found = re.search(rb"listening at (http://\S+), (\d+)", line)
        assert found, line
        self.url, self.back = found[1].decode(), int(found[2])
        self._reading = asyncio.create_task(self._keep_reading())

    async def _keep_reading(self):
        while line := await self.process.stderr.readline():
            self._log.write(line.decode())
            self._log.flush()

    async def kill(self):
        """End it as a power switch would, this process and no other."""
        os.kill(self.process.pid, signal.SIGKILL)
        await self.process.wait()
        await self._reading
        self._log.close()

    async def end(self):
        """End it as an operator would."""
        self.process.terminate()
        code = await asyncio.wait_for(self.process.wait(), PATIENCE)
        await self._reading
        self._log.close()
        assert code == 0, (self.folder / "serve.log").read_text()


def some_event(chance, client, number):
    """Return an event that might well happen."""
    host, guest = f"host-{client}", f"guest-{client}-{chance.randrange(4)}"
    return chance.choice(
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


async def send(http, record, meeting, event_id, event):
    """Send an event and note the answer, or that none came."""
    try:
        answer = await http.post(f"/v1/meetings/{meeting}/events", json={**event, "id": event_id})
    except httpx.TransportError:
        record.unknown.setdefault((meeting, event_id), event)
        return False
    if answer.status_code in (429, 503):
        record.counts["too much"] += 1
        await asyncio.sleep(0.05)
        return True
    assert answer.status_code == 200, answer.text
    said = answer.json()
    key = meeting, event_id
    if key in record.answered:
        assert said == record.answered[key], "the same id got another answer"
        record.counts["repeated"] += 1
    record.answered[key] = said
    record.unknown.pop(key, None)
    return True


async def client(number, http, record, chance, round_number):
    """Send events until the service is gone; some twice."""
    for count in range(100_000):
        meeting = f"m-{chance.randrange(MEETINGS)}"
        event_id = f"r{round_number}-c{number}-{count}"
        event = some_event(chance, number, count)
        for _ in range(2 if chance.random() < 0.1 else 1):
            if not await send(http, record, meeting, event_id, event):
                return


async def kill_again_and_again(folder, rounds, seed, tell=lambda *_: None):
    """Kill a service under load so often, and check after each time.

    Returns the record, and the recorder that was sent the orders.
    """
    secret = new_secret()
    async with recording(secret) as (recorder, url):
        service = Service(folder, url, secret)
        await service.start()
        record = Record()
        await _rounds(service, record, rounds, random.Random(seed), tell)
        await recorder_agrees(service.db, recorder)
        await service.end()
        check_journal(service.db, record)
        return record, recorder


async def _rounds(service, record, rounds, chance, tell):
    async with httpx.AsyncClient(base_url=service.url, timeout=PATIENCE) as http:
        for number in range(MEETINGS):
            opening = {"account": {"edition": "pro"}, "user": {"auto_record": number % 2 == 0}}
            answer = await http.put(f"/v1/meetings/m-{number}", json=opening)
            assert answer.status_code == 200, answer.text
    for round_number in range(rounds):
        async with httpx.AsyncClient(base_url=service.url, timeout=PATIENCE) as http:
            clients = [
                asyncio.create_task(
                    client(number, http, record, random.Random(chance.random()), round_number)
                )
                for number in range(CLIENTS)
            ]
            before = len(record.answered)
            while len(record.answered) < before + 20:  # it is under load now
                await asyncio.sleep(0.01)
            await asyncio.sleep(chance.uniform(0, 0.4))
            await service.kill()
            await asyncio.gather(*clients)
        record.counts["kills"] += 1
        check_journal(service.db, record)
        await service.start()
        assert service.back == MEETINGS
        await ask_again(service.url, record)
        tell(round_number, record)


async def ask_again(url, record):
    """Send again what was never answered: now it is, and counts once."""
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE) as http:
        for (meeting, event_id), event in list(record.unknown.items()):
            assert await send(http, record, meeting, event_id, event)
            record.counts["asked again"] += 1


class LoggingRecorder(MemoryRecorder):
    """A recorder that outlives the service, and notes what it really did."""

    def __init__(self):
        super().__init__()
        self.changes = Counter()
        for name in ("start", "pause", "resume", "stop"):
            setattr(self, name, self._noted)

    async def _noted(self, message):
        before = self.doing.get(message.meeting, RecorderStatus())
        after = await self._take(message)
        if after.sequence == before.sequence:
            self.changes["acknowledged again"] += 1
        elif message.command.command == "start":
            assert before.kind is None, f"{message.key} starts what runs already"
            self.changes["started"] += 1
        return after


@contextlib.asynccontextmanager
async def recording(secret):
    """Run a recorder as a service on the loopback; yields it and its address."""
    recorder = LoggingRecorder()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        app = example("recorder_service").create_recorder_app(recorder, secret)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none"))
        server.capture_signals = contextlib.nullcontext
        running = asyncio.create_task(server.serve([listening]))
        try:
            yield recorder, f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running


async def recorder_agrees(db, recorder):
    """Wait until the recorder does what the machines say; fails where it never does."""
    for _ in range(PATIENCE * 10):
        with Journal(db, readonly=True) as journal:
            wanted = {
                live.id: live.expected_status for live in journal.load_all() if live.last_sequence
            }
        if wanted == {name: recorder.doing.get(name) for name in wanted}:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"wanted {wanted}, but the recorder does {recorder.doing}")


def check_journal(db, record):
    """Check that the journal holds what was answered, once and as it was, and nothing else."""
    with Journal(db, readonly=True) as journal:
        assert list(journal_faults(journal)) == []
        found = {}
        for number in range(MEETINGS):
            for entry in journal_entries(journal, f"m-{number}"):
                assert (entry.meeting, entry.id) not in found, f"{entry} is there twice"
                found[entry.meeting, entry.id] = entry
    for key, said in record.answered.items():
        entry = found[key]
        assert (entry.seq, entry.outcome.state, entry.outcome.refused) == (
            said["seq"], said["state"], said["refused"],
        )  # fmt: skip
    for key in found.keys() - record.answered.keys():
        assert key in record.unknown, f"{key} was never asked for"
        record.counts["taken, never answered"] += 1
