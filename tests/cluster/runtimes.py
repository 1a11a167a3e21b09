"""Runtimes on a real Restate server, each with an endpoint in the event loop of its test."""

import asyncio
import itertools
import os
import socket
from contextlib import asynccontextmanager

from fsm.runtime import MemoryRecorder
from fsm.runtime.restate import Cluster, Endpoint, EndpointSettings, RestateRuntime

_numbers = itertools.count()
_ports = {}


def unique(name):
    """Returns an id that no other test uses: all tests share the objects of one server."""
    return f"{name}-{os.getpid()}-{next(_numbers)}"


def next_number():
    """Returns a number that is lower than those in the ids of :func:`unique` from now on."""
    return next(_numbers)


class OwnRecorder:
    """A recorder that sees only the messages of a test's own meetings.

    Messages of earlier tests may still be delivered; another recorder takes them.

    Args:
        recorder: the recorder of the test.
        first: the number before those of its meetings; see :func:`next_number`.
    """

    def __init__(self, recorder, first):
        self._recorder = recorder
        self._first = first
        self._other = MemoryRecorder()

    def _recorder_of(self, meeting):
        number = int(meeting.rstrip("-").rpartition("-")[2])
        return self._recorder if number > self._first else self._other

    def __getattr__(self, name):
        async def call(message):
            meeting = message if name == "status" else message.meeting
            return await getattr(self._recorder_of(meeting), name)(message)

        return call


@asynccontextmanager
async def restate_runtime(server, **settings):
    """A runtime on a server, with an endpoint that has these settings.

    All endpoints of a process have one address: a call that has begun there is continued there.
    """
    port = _ports.get(server.admin_url, 0)
    listening = socket.create_server(("127.0.0.1", port), backlog=512)
    _ports[server.admin_url] = listening.getsockname()[1]
    cluster = Cluster(server.ingress_url, server.admin_url)
    endpoint_settings = EndpointSettings(**settings)
    async with (
        Endpoint(endpoint_settings, listening) as endpoint,
        RestateRuntime(cluster, settings.get("limits"), endpoint_settings.clock) as runtime,
    ):
        # Other tests may have registered another one since.
        await cluster.register(endpoint.url)
        yield runtime


def run(coroutine):
    """Runs a coroutine to its end; fails if it takes too long."""

    async def within():
        async with asyncio.timeout(300):
            return await coroutine

    return asyncio.run(within())
