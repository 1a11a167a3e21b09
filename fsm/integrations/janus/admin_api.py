"""A client of Janus' Admin API: requests to the VideoRoom, and information about handles.

The Admin API needs neither a session nor a keep-alive, so the adapter keeps no state in Janus.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator, Set
from contextlib import contextmanager
from typing import Any, Final

import attrs
import httpx

from fsm.integrations.janus.errors import JanusError

VIDEOROOM: Final = "janus.plugin.videoroom"
NO_SUCH_ROOM: Final = 426
ROOM_EXISTS: Final = 427
NO_SUCH_PARTICIPANT: Final = 428
_SCANS_AT_ONCE: Final = 16


@attrs.frozen
class RoomInfo:
    """A room as the VideoRoom lists it.

    Args:
        number: the number of the room.
        description: its description.
        records: whether it records.
        folder: the folder of its recording files; ``None`` if it has none.
        participants: the number of its participants.
    """

    number: int
    description: str
    records: bool
    folder: str | None
    participants: int


@attrs.frozen
class HandleInfo:
    """A handle that is in a room, as a publisher.

    Args:
        session: the id of its session.
        handle: its id.
        room: the number of the room.
        feed: the id of the participant in the room.
        private: the private id of the participant, which is another one after each join.
        opaque: the opaque id that the client attached with; ``None`` without one.
    """

    session: int
    handle: int
    room: int
    feed: int
    private: int
    opaque: str | None


class AdminApi:
    """The Admin API of one Janus.

    Args:
        url: the URL of the Admin API, such as ``http://127.0.0.1:7088/admin``.
        secret: the admin secret.
        admin_key: the key of the VideoRoom that is needed to create rooms; ``None`` without one.
        timeout: the seconds that a request may take.
    """

    def __init__(
        self, url: str, secret: str, admin_key: str | None = None, timeout: float = 5.0
    ) -> None:
        self._url = url.rstrip("/")
        self._secret = secret
        self._admin_key = admin_key
        # Proxies of the environment are for other machines; Janus is beside the service.
        self._client = httpx.AsyncClient(timeout=timeout, trust_env=False)

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def request(self, name: str, path: str = "", **fields: Any) -> dict[str, Any]:
        """Sends a request to the Admin API, and returns the answer.

        Args:
            name: the name of the request.
            path: the session and the handle that it is for, as a path.
            **fields: further fields of the request.

        Raises:
            JanusError: Janus cannot be reached, or refuses the request.
        """
        body = {
            "janus": name,
            "transaction": secrets.token_hex(8),
            "admin_secret": self._secret,
            **fields,
        }
        try:
            response = await self._client.post(self._url + path, json=body)
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise JanusError(f"Janus does not answer: {error or type(error).__name__}") from error
        if not isinstance(answer, dict):
            raise JanusError(f"Janus answered with {answer!r}")
        if answer.get("janus") != "success":
            problem = answer.get("error")
            problem = problem if isinstance(problem, dict) else {}
            raise JanusError(f"Janus refused {name}: {problem.get('reason')}", problem.get("code"))
        return answer

    async def videoroom(self, name: str, **fields: Any) -> dict[str, Any]:
        """Sends a request to the VideoRoom, and returns the answer.

        Raises:
            JanusError: Janus cannot be reached, or the VideoRoom refuses the request.
        """
        request = {"request": name, **fields}
        if name in ("create", "list") and self._admin_key is not None:
            request["admin_key"] = self._admin_key
        answer = await self.request("message_plugin", plugin=VIDEOROOM, request=request)
        response = answer.get("response")
        if not isinstance(response, dict):
            raise JanusError(f"the VideoRoom answered {name} with {response!r}")
        if "error_code" in response:
            raise JanusError(
                f"the VideoRoom refused {name}: {response.get('error')}", response["error_code"]
            )
        return response

    async def rooms(self) -> dict[int, RoomInfo]:
        """Returns all rooms, by their numbers.

        Raises:
            JanusError: Janus cannot be reached.
        """
        answer = await self.videoroom("list")
        with _readable(answer):
            return {
                room["room"]: RoomInfo(
                    room["room"],
                    room["description"],
                    room["record"],
                    room.get("rec_dir"),
                    room["num_participants"],
                )
                for room in answer["list"]
            }

    async def feeds(self, room: int) -> dict[int, bool]:
        """Returns the ids of the participants of a room, and whether each sends media.

        Raises:
            JanusError: Janus cannot be reached, or there is no such room (``NO_SUCH_ROOM``).
        """
        answer = await self.videoroom("listparticipants", room=room)
        with _readable(answer):
            return {each["id"]: each["publisher"] for each in answer["participants"]}

    async def sessions(self) -> list[int]:
        """Returns the ids of all sessions.

        Raises:
            JanusError: Janus cannot be reached.
        """
        answer = await self.request("list_sessions")
        return _list(answer, "sessions")

    async def handles(self, session: int) -> list[int]:
        """Returns the ids of the handles of a session; none if it has ended.

        Raises:
            JanusError: Janus cannot be reached.
        """
        answer = await self._if_there("list_handles", f"/{session}")
        return _list(answer, "handles") if answer is not None else []

    async def handle(self, session: int, handle: int) -> HandleInfo | None:
        """Returns a handle that is a participant of a room; ``None`` for any other.

        Raises:
            JanusError: Janus cannot be reached.
        """
        answer = await self._if_there("handle_info", f"/{session}/{handle}", plugin_only=True)
        if answer is None:
            return None
        with _readable(answer):
            info = answer["info"]
            own = info.get("plugin_specific", {}) if info.get("plugin") == VIDEOROOM else {}
            if own.get("type") != "publisher" or "room" not in own:
                return None
            opaque = info.get("opaque_id")
            return HandleInfo(session, handle, own["room"], own["id"], own["private_id"], opaque)

    async def _if_there(self, name: str, path: str, **fields: Any) -> dict[str, Any] | None:
        """Returns the answer to a request for a session or a handle; ``None`` if it has ended."""
        try:
            return await self.request(name, path, **fields)
        except JanusError as error:
            if error.code is None:
                raise
            return None


class HandleScan:
    """The handles of all rooms, asked for at most once.

    It takes a request for each session and each handle, so several meetings share one.

    Args:
        api: the Admin API.
    """

    def __init__(self, api: AdminApi) -> None:
        self._api = api
        self._scanned: dict[int, list[HandleInfo]] | None = None

    async def of(self, room: int, feeds: Set[int]) -> list[HandleInfo]:
        """Returns the handles with these ids in a room, as they are now.

        Those that have joined since the scan are left out.

        Raises:
            JanusError: Janus cannot be reached.
        """
        if self._scanned is None:
            self._scanned = await self._scan()
        found = []
        for each in self._scanned.get(room, ()):
            # Its id may have another owner by now.
            if each.feed in feeds and await self._api.handle(each.session, each.handle) == each:
                found.append(each)
        return found

    async def _scan(self) -> dict[int, list[HandleInfo]]:
        scanned: dict[int, list[HandleInfo]] = {}
        limit = asyncio.Semaphore(_SCANS_AT_ONCE)

        async def scan(session: int) -> None:
            async with limit:
                for handle in await self._api.handles(session):
                    info = await self._api.handle(session, handle)
                    if info is not None:
                        scanned.setdefault(info.room, []).append(info)

        await asyncio.gather(*map(scan, await self._api.sessions()))
        return scanned


@contextmanager
def _readable(answer: object) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, AttributeError):
        raise JanusError(f"Janus answered with {answer!r}") from None


def _list(answer: dict[str, Any], name: str) -> list[Any]:
    found = answer.get(name)
    if not isinstance(found, list):
        raise JanusError(f"Janus answered with {answer!r}")
    return found
