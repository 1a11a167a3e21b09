"""Local recordings: what their clients are told, and what they say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol, assert_never

from fsm.recording import Command, PauseRecorder, StartRecorder
from fsm.runtime import RecorderError


class LocalClients(Protocol):
    """The way to the clients that record locally."""

    async def tell(self, meeting: str, client: str, command: Command) -> None:
        """Tells a client to start, pause, resume or stop its own recording.

        Args:
            meeting: the meeting's id.
            client: the id of the participant.
            command: the command.

        Raises:
            RecorderError: the client cannot be told. A stop raises nothing: a client that cannot be
                told has left, and its recording ended with it (R17).
        """
        ...


class CommandStreams:
    """Commands for local recordings, as streams that clients keep open.

    A client that records locally opens its stream before it joins, or right after, and does what
    it says. That it was told counts as done: nobody else can see what a client records.
    """

    def __init__(self) -> None:
        self._streams: dict[tuple[str, str], asyncio.Queue[Command]] = {}
        # Of each client that was told to record: whether it was told to pause.
        self._paused: dict[tuple[str, str], bool] = {}

    async def commands(self, meeting: str, client: str) -> AsyncIterator[Command]:
        """Yields the commands for a client, for as long as it listens.

        The stream begins with the present state: a start if the client was told to record, and a
        pause if it was told to pause. What was put into a stream that nobody read any more is not
        lost then. A client that records already has nothing to do for the start.

        Args:
            meeting: the meeting's id.
            client: the id of the participant. A second stream of the same client replaces the
                first.
        """
        stream: asyncio.Queue[Command] = asyncio.Queue()
        paused = self._paused.get((meeting, client))
        if paused is not None:
            stream.put_nowait(StartRecorder("local", client))
        if paused:
            stream.put_nowait(PauseRecorder())
        self._streams[meeting, client] = stream
        try:
            while True:
                yield await stream.get()
        finally:
            if self._streams.get((meeting, client)) is stream:
                del self._streams[meeting, client]

    async def tell(self, meeting: str, client: str, command: Command) -> None:
        """Puts a command into the stream of a client.

        Raises:
            RecorderError: the client has no stream, and the command is not a stop.
        """
        stream = self._streams.get((meeting, client))
        if stream is not None:
            stream.put_nowait(command)
        elif command.command != "stop":
            raise RecorderError(f"{client} has no stream for commands to its own recording")
        match command.command:
            case "start" | "resume":
                self._paused[meeting, client] = False
            case "pause":
                self._paused[meeting, client] = True
            case "stop":
                self._paused.pop((meeting, client), None)
            case _:
                assert_never(command.command)
