"""Time from an answer of the hub until a real Janus has confirmed the command that follows from it.

    python benchmarks/janus.py [--publishers 4] [--rounds 25]

A host pauses, resumes, stops and starts a recording again and again, while publishers send sound
and pictures into the room. Measured is the time from the answer to the host until the recorder has
acknowledged the command: for a pause and a stop, from then on no packet is written.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "examples" / "janus"))

from client import Participant

from fsm.integrations.janus import (
    AdminApi,
    CommandStreams,
    JanusRecorder,
    RecordingStore,
    Rooms,
)
from fsm.integrations.janus.launch import JanusSettings, free_ports, missing_program, running_janus
from fsm.recording import Account, Choice, Event, Join, Pause, Resume, Start, Stop
from fsm.runtime import Hub, OutboxMessage, RecorderStatus

MEETING = "m-1"
WANTED = 0.2
"""The median in seconds that is wanted."""


class TimedRecorder:
    """A recorder that notes when it has acknowledged a message."""

    def __init__(self, recorder: JanusRecorder) -> None:
        self._recorder = recorder
        self.confirmed = asyncio.Event()
        self.at = 0.0

    async def _timed(self, call: Awaitable[RecorderStatus]) -> RecorderStatus:
        status = await call
        self.at = time.perf_counter()
        self.confirmed.set()
        return status

    async def start(self, message: OutboxMessage) -> RecorderStatus:
        """Starts the recording."""
        return await self._timed(self._recorder.start(message))

    async def pause(self, message: OutboxMessage) -> RecorderStatus:
        """Pauses the recording."""
        return await self._timed(self._recorder.pause(message))

    async def resume(self, message: OutboxMessage) -> RecorderStatus:
        """Resumes the recording."""
        return await self._timed(self._recorder.resume(message))

    async def stop(self, message: OutboxMessage) -> RecorderStatus:
        """Stops the recording."""
        return await self._timed(self._recorder.stop(message))

    async def status(self, meeting: str) -> RecorderStatus:
        """Returns the status for a meeting."""
        return await self._recorder.status(meeting)


async def measure(folder: Path, publishers: int, rounds: int) -> dict[str, list[float]]:
    """Returns the times of each command, in seconds."""
    http, websocket, admin, backend = free_ports(4)
    settings = JanusSettings(
        folder / "janus", f"http://127.0.0.1:{backend}/", "janus", secrets.token_hex(8),
        secrets.token_hex(8), secrets.token_hex(8), http, websocket, admin, retransmissions=0,
    )  # fmt: skip
    times: dict[str, list[float]] = defaultdict(list)
    with running_janus(settings):
        api = AdminApi(settings.admin_url, settings.admin_secret, settings.admin_key)
        rooms = Rooms(api, secrets.token_bytes(32))
        store = RecordingStore(folder / "recordings.db")
        recorder = TimedRecorder(
            JanusRecorder(rooms, store, folder / "recordings", CommandStreams())
        )
        await rooms.ensure(MEETING)
        place = settings.url, rooms.number(MEETING), rooms.pin(MEETING)
        clients = [Participant(*place, None) for _ in range(publishers)]
        for client in clients:
            await client.join()
            await client.publish()
        async with Hub(folder / "meetings.db", recorder) as hub:
            await hub.open(MEETING, Account("business"), Choice(False))
            await hub.dispatch(MEETING, Join("alice", "host", "windows"))
            commands: list[Event] = [
                Start("alice", "cloud"), Pause("alice"), Resume("alice"), Stop("alice"),
            ]  # fmt: skip
            for _ in range(rounds):
                for command in commands:
                    recorder.confirmed.clear()
                    await hub.dispatch(MEETING, command)
                    answered = time.perf_counter()
                    await recorder.confirmed.wait()
                    times[command.trigger].append(recorder.at - answered)
                    await asyncio.sleep(0.1)
        await asyncio.gather(*(client.vanish() for client in clients))
        store.close()
        await api.close()
    return times


def main() -> None:
    """Prints the median and the longest time of each command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--publishers", type=int, default=4, help="number of publishers (4)")
    parser.add_argument("--rounds", type=int, default=25, help="number of recordings (25)")
    args = parser.parse_args()
    if (missing := missing_program()) is not None:
        sys.exit(f"janus.py: {missing}")
    with tempfile.TemporaryDirectory() as folder:
        times = asyncio.run(measure(Path(folder), args.publishers, args.rounds))
    for name, each in times.items():
        print(f"{name:7} median {statistics.median(each) * 1e3:6.1f} ms, "
              f"longest {max(each) * 1e3:6.1f} ms")  # fmt: skip
    median = statistics.median(each for measured in times.values() for each in measured)
    print(f"all     median {median * 1e3:6.1f} ms; wanted: {WANTED * 1e3:.0f} ms")
    if median > WANTED:
        sys.exit("janus.py: the median is longer than wanted")


if __name__ == "__main__":
    main()
