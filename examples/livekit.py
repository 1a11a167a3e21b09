"""LiveKit with ``fsm serve``: its webhooks become events of meetings, and its Egress the recorder.

    pip install '.[serve]' pyjwt
    export LIVEKIT_API_KEY=devkey LIVEKIT_API_SECRET=secret
    export FSM_RECORDER_SECRET=$(fsm token secret)    # here and for fsm serve
    python examples/livekit.py --port 9200            # LiveKit's webhooks: /livekit

``fsm serve --recorder http://127.0.0.1:9200`` then sends recorder commands here. They are only
remembered, until LIVEKIT_URL names the server whose Egress shall record. docs/connecting.md has
every step. Rename a copy: ``livekit.py`` hides LiveKit's package of that name in its folder.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import hmac
import json
import logging
import os
import re
import sys
from collections import deque
from typing import Any, get_args

import httpx
import jwt
import uvicorn
from litestar import Request, Response, post
from livekit_egress import EgressRecorder
from recorder_service import create_recorder_app

from fsm.recording.vocabulary import Platform, Role
from fsm.runtime import MemoryRecorder
from fsm.runtime.limits import quote_segment

_LOGGER = logging.getLogger("livekit")
# The settings of a room whose metadata has no `recording`. Put your organisers' own there.
SETTINGS = {"account": {"edition": "pro"}, "user": {"auto_record": True}, "grace": 15}
# Callers are people at a telephone. Egress, ingress, agents and bridges are nobody.
PEOPLE = {"STANDARD": None, "SIP": "phone", "CONNECTOR": "phone"}


def verify(body: bytes, token: str, key: str, secret: str) -> dict[str, Any]:
    """Returns a webhook whose token is signed with the key and names the hash of its body.

    Raises:
        jwt.InvalidTokenError: the token is invalid, expired, or for another body.
    """
    claims = jwt.decode(
        token, secret, ["HS256"], {"require": ["exp", "iss"]}, issuer=key, leeway=60
    )
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    if not hmac.compare_digest(str(claims.get("sha256")), digest):
        raise jwt.InvalidTokenError("the token is for another body")
    webhook: dict[str, Any] = json.loads(body)
    return webhook


def event_of(webhook: dict[str, Any]) -> dict[str, Any] | None:
    """Returns the event that a webhook reports; ``{}`` for a new room, ``None`` if it is no event.

    The id of a participant is that of the connection: an identity is the same after a reconnect.
    """
    person = webhook.get("participant", {})
    if (kind := person.get("kind", "STANDARD")) not in PEOPLE:
        return None
    match webhook["event"]:
        case "room_started":
            return {}
        case "participant_joined":
            # Attributes come with the access token, from the server that issues it.
            given = person.get("attributes", {})
            role, platform = given.get("role"), PEOPLE[kind] or given.get("platform")
            join = {
                "id": person["sid"],
                "role": role if role in get_args(Role) else "member",
                "platform": platform if platform in get_args(Platform) else "other",
            }
            version = given.get("version")
            return {"join": join | ({"version": version} if version else {})}
        case "participant_left" | "participant_connection_aborted":
            return {"leave": {"id": person["sid"]}}
        case "room_finished":
            return {"end": {}}
        case "egress_ended":
            info = webhook["egressInfo"]
            return {"recorder_failed": {"detail": info.get("error") or info.get("status", "")}}
    return None


class Reporter:
    """Reports webhooks to ``fsm serve``. LiveKit sends the next of a room after the answer.

    Args:
        service: a client of the service.
        recorder: the recorder, if Egress records.
    """

    def __init__(self, service: httpx.AsyncClient, recorder: EgressRecorder | None = None) -> None:
        self._service = service
        self._recorder = recorder
        self._gone: deque[str] = deque(maxlen=10_000)  # left before they joined

    async def report(self, webhook: dict[str, Any]) -> str:
        """Opens the meeting of a webhook unless it is open, and sends the event.

        Returns what became of it, in a few words.

        Raises:
            httpx.HTTPError: the service cannot be reached, or refuses the request.
        """
        event, key = event_of(webhook), f"livekit/{webhook['id']}"
        if event is None:
            return "ignored: no event of a meeting"
        if event.get("join", {}).get("id") in self._gone:
            return "ignored: the participant left before this join"
        if info := webhook.get("egressInfo"):
            # What was stopped on command has ended too, and may do so during the next recording.
            meeting = f"{info['roomName']}.{info['roomId']}"
            if self._recorder is None or self._recorder.egress(meeting) != info["egressId"]:
                return "ignored: this egress is not the meeting's recording"
        else:
            # A name comes again with the next occurrence, a sid does not. Egress asks for the name.
            room = webhook["room"]
            meeting = f"{room['name']}.{room['sid']}"
            opened = await self._service.put(_path(meeting), json=_settings(room))
            if opened.status_code != 409:  # open with earlier settings, or over: both stand
                opened.raise_for_status()
        if not event:
            return f"meeting {meeting} is open"
        answer = await self._service.post(f"{_path(meeting)}/events", json=event | {"id": key})
        entry = answer.raise_for_status().json()
        if entry["refused"] == "not_present":
            self._gone.append(event["leave"]["id"])
        refused = f", refused ({entry['refused']})" if entry["refused"] else ""
        return f"{next(iter(event))}{refused}: meeting {meeting} is {entry['state']}"


def _path(meeting: str) -> str:
    return f"/v1/meetings/{quote_segment(meeting)}"


def _settings(room: dict[str, Any]) -> dict[str, Any]:
    try:
        return dict(json.loads(room["metadata"])["recording"])
    except (KeyError, TypeError, ValueError):
        return SETTINGS


def webhook_route(reporter: Reporter, key: str, secret: str) -> Any:
    """Returns the route ``POST /livekit``.

    Args:
        reporter: the reporter of verified webhooks.
        key: the API key that LiveKit signs its webhooks with.
        secret: its secret.
    """

    @post("/livekit", status_code=200)
    async def livekit(request: Request[Any, Any, Any]) -> Response[Any]:
        body, token = await request.body(), request.headers.get("authorization", "")
        try:
            detail = await reporter.report(verify(body, token, key, secret))
        except jwt.InvalidTokenError as error:
            status, detail = 401, str(error)
        except httpx.HTTPStatusError as error:
            status, detail = error.response.status_code, error.response.text
        except httpx.TransportError as error:
            status, detail = 503, f"fsm serve: {error}"
        else:
            return Response({"detail": detail})
        # LiveKit repeats what is answered with 429 or 5xx, a few times, and drops all else.
        _LOGGER.warning("a webhook was answered with %s: %s", status, detail)
        return Response({"detail": detail}, status_code=status)

    return livekit


def main() -> None:
    """Receives webhooks until it is interrupted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--port", type=int, default=9200)
    parser.add_argument("--service", default="http://127.0.0.1:8080", help="the URL of fsm serve")
    parser.add_argument("--egress-file", default="egress.db", help="the recorder's own file")
    args, given = parser.parse_args(), os.environ
    try:
        key, secret = given["LIVEKIT_API_KEY"], given["LIVEKIT_API_SECRET"]
        egress = None
        if url := given.get("LIVEKIT_URL"):
            livekit = httpx.AsyncClient(base_url=re.sub("^ws", "http", url))
            egress = EgressRecorder(livekit, key, secret, args.egress_file)
        token = given.get("FSM_TOKEN")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        service = httpx.AsyncClient(base_url=args.service, headers=headers)
        app = create_recorder_app(egress or MemoryRecorder(), given["FSM_RECORDER_SECRET"])
    except KeyError as error:
        sys.exit(f"livekit.py: {error.args[0]} is not set")
    except ValueError as error:
        sys.exit(f"livekit.py: FSM_RECORDER_SECRET: {error} (fsm token secret makes one)")
    app.register(webhook_route(Reporter(service, egress), key, secret))
    uvicorn.run(app, port=args.port, lifespan="off", ws="none")


if __name__ == "__main__":
    main()
