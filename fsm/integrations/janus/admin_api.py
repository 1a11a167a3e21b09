"""A client of Janus' Admin API: requests to the VideoRoom, and information about handles.

The Admin API needs neither a session nor a keep-alive, so the adapter keeps no state in Janus.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

import attrs
import httpx

from fsm.integrations.janus.errors import JanusError

VIDEOROOM: Final = "janus.plugin.videoroom"
NO_SUCH_ROOM: Final = 426
ROOM_EXISTS: Final = 427
NO_SUCH_PARTICIPANT: Final = 428


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

    async def feeds(self, room: int) -> set[int]:
        """Returns the ids of the participants of a room.

        Raises:
            JanusError: Janus cannot be reached, or there is no such room (``NO_SUCH_ROOM``).
        """
        answer = await self.videoroom("listparticipants", room=room)
        return {participant["id"] for participant in answer["participants"]}

    async def handles(self, room: int) -> list[HandleInfo]:
        """Returns the handles that are participants of a room.

        It takes a request for each session and each handle of this Janus, so it is for repairs.

        Raises:
            JanusError: Janus cannot be reached.
        """
        found = []
        for session in (await self.request("list_sessions"))["sessions"]:
            for handle in await self._handles_of(session):
                found += [each for each in await self._info(session, handle) if each.room == room]
        return found

    async def _handles_of(self, session: int) -> list[int]:
        try:
            handles: list[int] = (await self.request("list_handles", f"/{session}"))["handles"]
        except JanusError as error:
            if error.code is None:
                raise
            return []  # the session has ended meanwhile
        return handles

    async def _info(self, session: int, handle: int) -> list[HandleInfo]:
        try:
            answer = await self.request("handle_info", f"/{session}/{handle}", plugin_only=True)
        except JanusError as error:
            if error.code is None:
                raise
            return []  # the handle has ended meanwhile
        info = answer["info"]
        own = info.get("plugin_specific", {}) if info.get("plugin") == VIDEOROOM else {}
        if own.get("type") != "publisher" or "room" not in own:
            return []
        opaque = info.get("opaque_id")
        return [HandleInfo(session, handle, own["room"], own["id"], own["private_id"], opaque)]
