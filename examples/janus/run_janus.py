"""A meeting in a real Janus: who joins, what is recorded, and why.

    make janus
    python examples/janus/run_janus.py [--out out/janus]
    python examples/janus/run_janus.py --serve        # then join from a browser

It starts Janus and the service on this machine, opens a meeting under a policy, and lets
participants with generated sound and pictures come and go. ``--serve`` opens a meeting for people
instead, and waits.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import secrets
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import attrs
import uvicorn
from client import Participant
from meeting_service import Configuration, NewMeeting, Service, create_app

from fsm.integrations.janus import JanusError, JoinTokenError, RosterEntry
from fsm.integrations.janus.files import participant_of, recorded_segments
from fsm.integrations.janus.launch import JanusSettings, free_ports, missing_program, running_janus
from fsm.recording import AutoRecord, End, Pause, Resume, Stop
from fsm.recording.outcome import timers_data
from fsm.recording.rules import RULES
from fsm.runtime import JournalEntry

MEETING = "standup"
GRACE = 5
POLICY = AutoRecord(enabled=True, locked=True, kind="cloud")


def configure(folder: Path, port: int) -> tuple[JanusSettings, Configuration]:
    """Returns the settings of a Janus and of a service, with new secrets."""
    http, websocket, admin = free_ports(3)
    janus = JanusSettings(
        folder / "janus",
        backend=f"http://127.0.0.1:{port}/events",
        backend_user="janus",
        backend_password=secrets.token_urlsafe(),
        admin_secret=secrets.token_urlsafe(),
        admin_key=secrets.token_urlsafe(),
        port=http,
        websocket_port=websocket,
        admin_port=admin,
    )
    service = Configuration(
        folder=str(folder),
        port=port,
        websocket_url=janus.websocket_url,
        admin_url=janus.admin_url,
        admin_secret=janus.admin_secret,
        admin_key=janus.admin_key,
        backend_user=janus.backend_user,
        backend_password=janus.backend_password,
        room_key=secrets.token_hex(32),
        token_key=secrets.token_hex(32),
    )
    return janus, service


@asynccontextmanager
async def running(folder: Path, port: int) -> AsyncIterator[tuple[JanusSettings, Service]]:
    """Runs Janus and the service for the length of a block."""
    janus, configuration = configure(folder, port)
    service = Service(configuration)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(service.running())
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(service), port=port, lifespan="off", ws="none", log_level="warning",
                timeout_graceful_shutdown=1,
            )
        )  # fmt: skip
        serving = asyncio.create_task(server.serve())
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        try:
            # Janus posts its first events at once, so the service listens before.
            with running_janus(janus):
                yield janus, service
        finally:
            server.should_exit = True
            await serving


# -- the meeting, and what is told of it -----------------------------------------------------------


class Story:
    """One meeting, told in lines."""

    def __init__(self, janus: JanusSettings, service: Service) -> None:
        self._janus = janus
        self._service = service
        self._begun = asyncio.get_running_loop().time()
        self._told = 0

    def say(self, text: str) -> None:
        """Prints a line with the time."""
        seconds = asyncio.get_running_loop().time() - self._begun
        print(f"{seconds:6.1f} s  {text}", flush=True)

    async def tell(self) -> None:
        """Prints the entries of the journal since the last time."""
        for entry in await self._service.hub.history(MEETING, self._told):
            self._told = entry.seq or self._told
            self.say(f"  {described(entry)}")
            for rule in entry.outcome.rules:
                print(f"            {rule}: {dict(RULES)[rule]}")  # type: ignore[index]

    async def settle(self, seconds: float = 0.5) -> None:
        """Waits until Janus has done what it was told, then tells of it."""
        await asyncio.sleep(seconds)
        while (await self._service.hub.read(MEETING)).undelivered:
            await asyncio.sleep(0.01)
        await self.tell()

    async def joins(self, name: str, role: str, platform: str) -> Participant:
        """Lets a participant join, and send sound and pictures."""
        self.say(f"{name} joins: {role}, {platform}")
        person = RosterEntry(name, role, platform, "3.20")  # type: ignore[arg-type]
        place = self._service.sign_in(MEETING, person)
        client = Participant(self._janus.url, place["room"], place["pin"], place["token"])
        await client.join()
        await client.publish()
        await self.settle()
        return client

    async def stranger(self) -> None:
        """Lets somebody join with a token that nobody signed."""
        self.say("mallory joins with a token of her own making")
        place = self._service.sign_in(MEETING, RosterEntry("mallory", "host", "windows"))
        forged = place["token"][:-6] + "forged"
        client = Participant(self._janus.url, place["room"], place["pin"], forged)
        await client.join()
        await asyncio.sleep(0.5)
        feeds = await self._service.rooms.api.feeds(place["room"])
        self.say("  she is in the room" if client.feed in feeds else "  she is out again")
        await client.vanish()

    async def sends(
        self, command: type[Pause | Resume | Stop], client: Participant, name: str
    ) -> None:
        """Lets a participant press a button."""
        self.say(f"{name} presses {command.trigger}")
        known = self._service.adapter.participant(MEETING, client.token or "", client.feed)
        await self._service.hub.dispatch(MEETING, command(known.participant))
        await self.settle()


def described(entry: JournalEntry) -> str:
    """Returns one line on an entry of the journal."""
    outcome = entry.outcome
    values = attrs.asdict(entry.event)
    subject = values.get("id") or values.get("by")
    name = f"{entry.event.trigger} {subject}" if subject else entry.event.trigger
    if outcome.refused:
        return f"{name}: refused, {outcome.refused}"
    parts = [f"{outcome.before} → {outcome.state}"]
    parts += [f"recorder: {each.command}" for each in outcome.recorder]
    parts += [f"{key} {value}" for each in timers_data(outcome) for key, value in each.items()]
    return f"{name}: {', '.join(parts)}"


async def tell_of_a_meeting(janus: JanusSettings, service: Service, out: Path) -> None:
    """Holds a meeting, and prints what is recorded and why."""
    story = Story(janus, service)
    story.say(f"a meeting opens: business, locked to cloud recording, {GRACE} s of grace")
    plan = await service.open(MEETING, NewMeeting(auto_record=POLICY, grace=GRACE))
    story.say(f"  plan: {plan['kind']}, started by {plan['started_by']}, hosts may pause")

    bob = await story.joins("bob", "member", "web")
    await story.stranger()
    alice = await story.joins("alice", "host", "windows")
    await story.settle(2)
    await story.sends(Stop, bob, "bob, a member,")
    await story.sends(Pause, alice, "alice")
    await story.settle(1.5)
    await story.sends(Resume, alice, "alice")
    story.say("the connection of alice breaks")
    await alice.drop()
    await story.settle(3)
    alice = await story.joins("alice", "host", "windows")
    await story.settle(1)
    story.say("alice leaves for good")
    await alice.leave()
    await story.settle(GRACE + 0.5)
    story.say("the server ends the meeting")
    await service.hub.dispatch(MEETING, End())
    await story.settle()
    await bob.vanish()
    await show(service, out)


async def show(service: Service, out: Path) -> None:
    """Prints the files of a recording, and joins them."""
    print("\nthe recording:")
    owners = await service.store.owners(MEETING)
    for each in recorded_segments(await service.store.segments(MEETING), 1):
        print(f"  segment {each.segment.number}, {each.duration:.1f} s, then {each.segment.reason}")
        for file in each.files:
            name = participant_of(file, owners)
            print(f"    {name:20} {file.medium:5} {file.duration:4.1f} s {file.packets:4} packets")
    joined = await service.joined(MEETING, 1)
    out.mkdir(parents=True, exist_ok=True)
    target = out / "meeting.mkv"
    shutil.copy(joined, target)
    print(f"  joined, pauses cut out: {target}")


async def serve_people(service: Service) -> None:
    """Opens a meeting for people, and waits until it is interrupted."""
    await service.open(MEETING, NewMeeting(auto_record=POLICY, grace=GRACE))
    url = f"http://127.0.0.1:{service.configuration.port}/?meeting={MEETING}"
    print(f"join with a browser: {url}\nfiles: {service.folder}\nend with Ctrl+C", flush=True)
    await asyncio.get_running_loop().create_future()


async def main(folder: Path, *, serve: bool, out: Path, port: int) -> None:
    """Runs everything."""
    folder.mkdir(parents=True, exist_ok=True)
    if not serve:
        # The story tells of those who are removed, and Janus starts after the service.
        logging.getLogger("fsm.integrations.janus").setLevel(logging.ERROR)
    async with running(folder, port or free_ports(1)[0]) as (janus, service):
        if serve:
            await serve_people(service)
        else:
            await tell_of_a_meeting(janus, service, out)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--serve", action="store_true", help="open a meeting for people, and wait")
    parser.add_argument("--out", type=Path, default=Path("out/janus"), help="(out/janus)")
    parser.add_argument("--port", type=int, default=0, help="the port of the service")
    args = parser.parse_args()
    if (missing := missing_program()) is not None:
        sys.exit(f"run_janus.py: {missing}")
    folder = (args.out / f"run-{secrets.token_hex(4)}").resolve()
    try:
        asyncio.run(main(folder, serve=args.serve, out=args.out, port=args.port))
    except KeyboardInterrupt:
        print("ended")
    except (JanusError, JoinTokenError, OSError) as error:
        sys.exit(f"run_janus.py: {error}")
