"""A small meeting service in front of Janus: sign-in, commands, recordings, and a page to join.

    python examples/janus/run_janus.py --serve

writes its configuration, starts Janus, and runs it. In a meeting server the sign-in is the server's
own; this one believes what a visitor says about themselves, so it serves the loopback alone.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import uvicorn
from litestar import Litestar, MediaType, Request, Response, asgi, get, post, put
from litestar.exceptions import HTTPException
from litestar.response import File, Stream

from fsm.decode import DecodeError, decode
from fsm.integrations.janus import (
    AdminApi,
    CommandStreams,
    EventReceiver,
    JanusAdapter,
    JanusError,
    JanusRecorder,
    JoinTokenError,
    JoinTokens,
    RecordingStore,
    Rooms,
    RosterEntry,
)
from fsm.integrations.janus.files import join_recording, participant_of, recorded_segments
from fsm.recording import Account, AutoRecord, Choice, End, Event, Pause, Resume, Start, Stop
from fsm.recording.vocabulary import Edition, Kind
from fsm.runtime import Hub, HubError

PAGE = Path(__file__).parent / "page"
JOIN_TIMEOUT = 10.0
"""The seconds within which the service must hear of a client's join."""
PAGE_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}


@attrs.frozen
class Configuration:
    """The configuration of the service, as a JSON file that only its owner may read.

    Args:
        folder: the folder of the journal, the store, and the joined recordings.
        port: the port of the service.
        websocket_url: the URL of the Janus API, for browsers.
        admin_url: the URL of the Admin API.
        admin_secret: its secret.
        admin_key: the key that creating a room needs.
        backend_user: the user of the posts of events.
        backend_password: the password of the posts of events.
        room_key: the key of room numbers and secrets, in hexadecimal.
        token_key: the key of join tokens, in hexadecimal.
        compare_every: the seconds in which each meeting is compared with its room.
        reconcile_every: the seconds in which the recorder of each meeting is asked for its status.
    """

    folder: str
    port: int
    websocket_url: str
    admin_url: str
    admin_secret: str
    admin_key: str
    backend_user: str
    backend_password: str
    room_key: str
    token_key: str
    compare_every: float = 5.0
    reconcile_every: float = 5.0

    @classmethod
    def read(cls, file: Path) -> Configuration:
        """Reads a file.

        Raises:
            OSError, ValueError, DecodeError: the file cannot be read, or is not a configuration.
        """
        return decode(json.loads(file.read_text(encoding="utf-8")), cls)

    def write(self, file: Path) -> None:
        """Writes a file, with mode 600."""
        file.touch(mode=0o600)
        file.write_text(json.dumps(attrs.asdict(self), indent=2), encoding="utf-8")


@attrs.frozen
class NewMeeting:
    """A meeting to open."""

    edition: Edition = "business"
    auto_record: AutoRecord | None = None
    choice: Choice | None = None
    grace: int = 0
    end_when_empty: int | None = 600


@attrs.frozen
class CommandRequest:
    """A command of a participant."""

    feed: int
    command: str
    kind: Kind = "cloud"


COMMANDS: dict[str, Any] = {each.trigger: each for each in (Start, Pause, Resume, Stop, End)}


class Service:
    """The hub, the adapter and the recorder of one Janus.

    Args:
        configuration: the configuration.
    """

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.folder = Path(configuration.folder)
        self.tokens = JoinTokens(bytes.fromhex(configuration.token_key))
        self.local = CommandStreams()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Opens all parts for the length of a block."""
        settings = self.configuration
        async with AsyncExitStack() as stack:
            api = AdminApi(settings.admin_url, settings.admin_secret, settings.admin_key)
            stack.push_async_callback(api.close)
            self.rooms = Rooms(api, bytes.fromhex(settings.room_key))
            self.store = RecordingStore(self.folder / "recordings.db")
            stack.callback(self.store.close)
            self.recorder = JanusRecorder(
                self.rooms, self.store, self.folder / "recordings", self.local
            )
            self.hub = await stack.enter_async_context(
                Hub(
                    self.folder / "meetings.db",
                    self.recorder,
                    recorder_name="janus",
                    reconcile_every=settings.reconcile_every,
                )
            )
            self.adapter = await stack.enter_async_context(
                JanusAdapter(
                    self.hub,
                    self.rooms,
                    self.tokens,
                    self.store,
                    compare_every=settings.compare_every,
                )
            )
            self.receiver = EventReceiver(
                self.adapter.submit, settings.backend_user, settings.backend_password
            )
            yield

    # -- meetings ---------------------------------------------------------------------------------

    async def open(self, meeting: str, new: NewMeeting) -> dict[str, Any]:
        """Opens a meeting with its room."""
        account = Account(new.edition)
        if new.auto_record is not None:
            account = attrs.evolve(account, auto_record=new.auto_record)
        snapshot = await self.adapter.open(
            meeting, account, new.choice, grace=new.grace, end_when_empty=new.end_when_empty
        )
        return attrs.asdict(snapshot.plan)

    def sign_in(self, meeting: str, person: RosterEntry) -> dict[str, Any]:
        """Returns what a client needs to join."""
        return {
            "token": self.tokens.issue(meeting, person),
            "room": self.rooms.number(meeting),
            "pin": self.rooms.pin(meeting),
            "janus": self.configuration.websocket_url,
        }

    async def moment(self, meeting: str, participant: str) -> dict[str, Any]:
        """Returns what a participant sees: the state, who is there, and the permitted commands."""
        snapshot = await self.hub.read(meeting)
        allowed = await self.hub.allowed(meeting, participant)
        return {
            "participant": participant,
            "state": snapshot.state,
            "kind": snapshot.kind,
            "ended": snapshot.ended,
            "present": {id_: attrs.asdict(each) for id_, each in snapshot.present.items()},
            "allowed": {
                name: {"refused": each.refused, "rules": each.rules}
                for name, each in allowed.items()
            },
        }

    async def moments(self, meeting: str, participant: str) -> AsyncIterator[bytes]:
        """Yields lines of JSON: each moment of the meeting, and commands for a local recording."""
        lines: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

        async def watch() -> None:
            seq = (await self.hub.read(meeting)).seq
            lines.put_nowait(await self.moment(meeting, participant))
            async for _ in self.hub.watch(meeting, seq):
                lines.put_nowait(await self.moment(meeting, participant))
            lines.put_nowait(None)

        async def listen() -> None:
            async for command in self.local.commands(meeting, participant):
                lines.put_nowait({"local": command.command})

        tasks = [asyncio.create_task(watch()), asyncio.create_task(listen())]
        try:
            while (line := await lines.get()) is not None:
                yield json.dumps(line).encode() + b"\n"
        finally:
            for task in tasks:
                task.cancel()

    async def recordings(self, meeting: str) -> list[dict[str, Any]]:
        """Returns the recordings of a meeting: their segments in order, with files and pauses."""
        segments = await self.store.segments(meeting)
        owners = await self.store.owners(meeting)
        return [
            {
                "recording": number,
                "segments": [
                    {
                        "began": each.segment.began,
                        "ended": each.segment.ended,
                        "reason": each.segment.reason,
                        "files": [
                            {
                                "path": str(file.path),
                                "participant": participant_of(file, owners),
                                "medium": file.medium,
                            }
                            for file in each.files
                        ],
                    }
                    for each in recorded_segments(segments, number)
                ],
            }
            for number in sorted({each.recording for each in segments})
        ]

    async def joined(self, meeting: str, recording: int) -> Path:
        """Returns a recording as one file."""
        target = self.folder / f"room-{self.rooms.number(meeting)}-{recording}.mkv"
        segments = recorded_segments(await self.store.segments(meeting), recording)
        await join_recording(segments, target, await self.store.owners(meeting))
        return target


def create_app(service: Service) -> Litestar:
    """Returns the application of a service that runs."""

    def participant(request: Request[Any, Any, Any], meeting: str, feed: int) -> str:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return service.adapter.participant(meeting, token, feed).participant

    @get("/meetings/{meeting:str}")
    async def meeting_state(meeting: str) -> dict[str, Any]:
        snapshot = await service.hub.read(meeting)
        present = {id_: attrs.asdict(each) for id_, each in snapshot.present.items()}
        return {"state": snapshot.state, "ended": snapshot.ended, "present": present}

    @put("/meetings/{meeting:str}")
    async def open_meeting(request: Request[Any, Any, Any], meeting: str) -> dict[str, Any]:
        return await service.open(meeting, decode(await request.json(), NewMeeting))

    @post("/meetings/{meeting:str}/sign-in")
    async def sign_in(request: Request[Any, Any, Any], meeting: str) -> dict[str, Any]:
        await service.hub.read(meeting)
        return service.sign_in(meeting, decode(await request.json(), RosterEntry))

    @get("/meetings/{meeting:str}/moments")
    async def moments(request: Request[Any, Any, Any], meeting: str, feed: int) -> Stream:
        # Janus tells the client of its join, and the service a little later.
        latest = asyncio.get_running_loop().time() + JOIN_TIMEOUT
        while True:
            try:
                lines = service.moments(meeting, participant(request, meeting, feed))
                break
            except JoinTokenError:
                if asyncio.get_running_loop().time() > latest:
                    raise
                await asyncio.sleep(0.1)
        return Stream(lines, media_type="application/x-ndjson")

    @post("/meetings/{meeting:str}/commands", status_code=200)
    async def command(request: Request[Any, Any, Any], meeting: str) -> dict[str, Any]:
        wanted: CommandRequest = decode(await request.json(), CommandRequest)
        by = participant(request, meeting, wanted.feed)
        if wanted.command == "failed":
            await service.adapter.local_failed(meeting, by)
            return await service.moment(meeting, by)
        if wanted.command not in COMMANDS:
            raise HTTPException(f"the commands are: {', '.join(COMMANDS)}", status_code=422)
        fields = {"kind": wanted.kind} if wanted.command == "start" else {}
        event: Event = COMMANDS[wanted.command](by=by, **fields)
        outcome = (await service.hub.dispatch(meeting, event)).outcome
        return {"state": outcome.state, "refused": outcome.refused, "rules": list(outcome.rules)}

    @get("/meetings/{meeting:str}/recordings")
    async def recordings(meeting: str) -> list[dict[str, Any]]:
        return await service.recordings(meeting)

    @get("/meetings/{meeting:str}/recordings/{recording:int}")
    async def recording(meeting: str, recording: int) -> File:
        return File(await service.joined(meeting, recording), filename=f"{recording}.mkv")

    @asgi("/events")
    async def events(scope: Any, receive: Any, send: Any) -> None:
        await service.receiver(scope, receive, send)

    @get(["/", "/page/{name:str}"])
    async def page(name: str = "index.html") -> Response[bytes]:
        file = PAGE / name
        if file.parent != PAGE or not file.is_file() or file.suffix not in PAGE_TYPES:
            raise HTTPException("there is no such file", status_code=404)
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'none'; img-src data:; media-src blob:; "
            f"connect-src 'self' {service.configuration.websocket_url}"
        )
        headers = {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"}
        return Response(file.read_bytes(), media_type=PAGE_TYPES[file.suffix], headers=headers)

    return Litestar(
        [
            meeting_state,
            open_meeting,
            sign_in,
            moments,
            command,
            recordings,
            recording,
            events,
            page,
        ],
        exception_handlers={Exception: _problem},
        openapi_config=None,
        logging_config=None,
    )


def _problem(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, str]]:
    match error:
        case JoinTokenError():
            status = 401
        case HTTPException():
            status = error.status_code
        case DecodeError() | ValueError() | TypeError():
            status = 422
        case JanusError():
            status = 503
        case HubError():
            status = 409
        case _:
            status = 500
    text = error.detail if isinstance(error, HTTPException) else str(error)
    return Response({"error": text}, status_code=status, media_type=MediaType.JSON)


async def serve(service: Service) -> None:
    """Serves until the process is told to end. Then meetings and their recordings go on."""
    async with service.running():
        port = service.configuration.port
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(service), port=port, lifespan="off", ws="none", log_level="warning",
                timeout_graceful_shutdown=1,
            )
        )  # fmt: skip
        await server.serve()


if __name__ == "__main__":
    try:
        asyncio.run(serve(Service(Configuration.read(Path(sys.argv[1])))))
    except IndexError:
        sys.exit("usage: meeting_service.py CONFIGURATION")
    except KeyboardInterrupt:
        pass
    except (OSError, ValueError, DecodeError, HubError) as error:
        sys.exit(f"meeting_service.py: {error}")
