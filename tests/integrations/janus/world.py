"""A hub with its adapter to a real Janus, and participants with real sound and pictures."""

import asyncio
import itertools
import secrets
from contextlib import AsyncExitStack, suppress
from urllib.parse import urlsplit

import uvicorn

from fsm.integrations.janus import (
    AdminApi,
    CommandStreams,
    EventReceiver,
    JanusAdapter,
    JanusError,
    JanusRecorder,
    JoinTokens,
    RecordingStore,
    Rooms,
    RosterEntry,
)
from fsm.integrations.janus.files import recorded_segments
from fsm.integrations.janus.mjr import read_mjr
from fsm.recording import Account, AutoRecord, End
from fsm.runtime import Hub

from ...examples import example

Participant = example("janus/client").Participant
RefusedError = example("janus/client").RefusedError
_numbers = itertools.count(1)


def account(*, anyone=False, host_may_pause=True):
    """The account of one row of the stop table (R16)."""
    auto_record = AutoRecord(
        enabled=True, locked=True, kind="cloud",
        start_on_any_join=anyone, host_may_pause=host_may_pause,
    )  # fmt: skip
    return Account("business", auto_record=auto_record)


class World:
    """A service in this process, for the length of a block.

    `deliver` takes the events that Janus posts; a test replaces it to lose or to repeat some.
    """

    def __init__(self, janus, folder, *, compare_every=30.0, retry=None):
        self.janus = janus
        self.folder = folder
        self.key = secrets.token_bytes(32)
        self.tokens = JoinTokens(self.key)
        self.local = CommandStreams()
        self.meeting = f"m-{next(_numbers)}"
        self._compare_every = compare_every
        self._retry = retry
        self._people = []

    async def __aenter__(self):
        async with AsyncExitStack() as stack:
            self.api = AdminApi(self.janus.admin_url, self.janus.admin_secret, self.janus.admin_key)
            stack.push_async_callback(self.api.close)
            self.rooms = Rooms(self.api, self.key)
            self.store = RecordingStore(self.folder / "recordings.db")
            stack.callback(self.store.close)
            self.recordings = self.folder / "recordings"
            self.recorder = JanusRecorder(self.rooms, self.store, self.recordings, self.local)
            self.hub = await stack.enter_async_context(
                Hub(
                    self.folder / "meetings.db",
                    self.recorder,
                    recorder_name="janus",
                    retry=self._retry,
                )
            )
            self.adapter = JanusAdapter(
                self.hub, self.rooms, self.tokens, self.store, compare_every=self._compare_every
            )
            self.deliver = self.adapter.submit
            await stack.enter_async_context(self._receiver())
            await stack.enter_async_context(self.adapter)
            stack.push_async_callback(self._end)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *error):
        await self._stack.__aexit__(*error)

    def _receiver(self):
        receiver = EventReceiver(
            lambda events: self.deliver(events),
            self.janus.backend_user,
            self.janus.backend_password,
        )
        return served(receiver, urlsplit(self.janus.backend).port)

    async def _end(self):
        await asyncio.gather(*(each.vanish() for each in self._people))
        for summary in await self.hub.meetings():
            await self.hub.dispatch(summary.id, End())
            await self.until_delivered(summary.id)
            with suppress(JanusError):  # some tests have no Janus at their end
                await self.rooms.destroy(self.rooms.number(summary.id))

    # -- meetings ---------------------------------------------------------------------------------

    async def open(self, account, *args, **settings):
        return await self.adapter.open(self.meeting, account, *args, **settings)

    def token(self, name, role="host", platform="windows", version="3.20", meeting=None, **more):
        person = RosterEntry(name, role, platform, version)
        return self.tokens.issue(meeting or self.meeting, person, **more)

    def client(self, token, pin=None, **join):
        number, pin = self.rooms.number(self.meeting), pin or self.rooms.pin(self.meeting)
        client = Participant(self.janus.url, number, pin, token, **join)
        self._people.append(client)
        return client

    async def joins(self, name, role="host", platform="windows", *, publish=False, **join):
        """A participant who has joined, and whom the meeting knows."""
        client = self.client(self.token(name, role, platform), **join)
        await client.join()
        await until(lambda: self.id_of(client) is not None)
        if publish:
            await client.publish()
        return client

    def id_of(self, client):
        """The id of a client in the meeting; ``None`` if the adapter does not know it."""
        presence = self.adapter._meetings.get(self.rooms.number(self.meeting))
        known = presence and presence.participant(client.feed)
        return known.participant if known else None

    async def send(self, command, client, *fields):
        """Sends a command of a participant, and returns the outcome."""
        entry = await self.hub.dispatch(self.meeting, command(self.id_of(client), *fields))
        return entry.outcome

    async def read(self):
        return await self.hub.read(self.meeting)

    async def state(self):
        return (await self.read()).state

    async def names(self):
        """The names of those present, without the part of their connection."""
        return sorted(each.rpartition("-")[0] for each in (await self.read()).present)

    async def until_state(self, state):
        async def reached():
            return await self.state() == state

        await until(reached)
        await self.until_delivered()

    async def until_delivered(self, meeting=None):
        async def delivered():
            return (await self.hub.read(meeting or self.meeting)).undelivered == 0

        await until(delivered)

    async def until_names(self, *names):
        async def reached():
            return await self.names() == sorted(names)

        await until(reached)

    # -- what is recorded -------------------------------------------------------------------------

    async def records(self):
        return await self.rooms.records(self.meeting)

    async def recording(self, number=1):
        """The segments of a recording, with their files."""
        return recorded_segments(await self.store.segments(self.meeting), number)

    def packets(self):
        """The number of packets in all files of all meetings."""
        files = self.recordings.rglob("*.mjr")
        return sum(read.packets for path in files if (read := read_mjr(path)))


async def until(condition, seconds=10.0):
    """Waits until a function, or a coroutine function, returns something true."""
    async with asyncio.timeout(seconds):
        while True:
            holds = condition()
            if asyncio.iscoroutine(holds):
                holds = await holds
            if holds:
                return
            await asyncio.sleep(0.02)


class served:  # noqa: N801
    """Serves an ASGI application at a port for the length of a block."""

    def __init__(self, application, port):
        config = uvicorn.Config(
            application, port=port, lifespan="off", ws="none", log_config=None,
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._server.install_signal_handlers = lambda: None

    async def __aenter__(self):
        self._task = asyncio.create_task(self._server._serve())
        await until(lambda: self._server.started or self._task.done())

    async def __aexit__(self, *error):
        self._server.should_exit = True
        await self._task
