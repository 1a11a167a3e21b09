"""A recorder over HTTP: signed commands out, its status back.

A message is posted to ``{url}/commands`` as JSON::

    {"meeting": "m-1", "key": "m-1/1/3", "recording": 1, "sequence": 3, "expected_sequence": 2,
     "command": {"command": "pause"}}

The status for a meeting is read from ``{url}/meetings/{meeting}``. Both answers are a status,
``{"sequence": 3, "kind": "cloud", "client": null, "paused": true}``: with 200 if the message is
applied, now or before, and with 409 if earlier messages are missing. Every request is signed as in
Standard Webhooks. The id of the signature is ``{quoted meeting}/{recording}/{sequence}`` for a
message, and ``status/{quoted meeting}`` for a status request. ``examples/recorder_service.py`` is
the other side.
"""

from __future__ import annotations

import asyncio
import json
import re
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self

import httpx

from fsm.decode import DecodeError, decode
from fsm.runtime import (
    GapError,
    OutboxMessage,
    RecorderError,
    RecorderStatus,
    RecorderTimeoutError,
    codec,
)
from fsm.runtime.limits import quote_segment
from fsm.web.descriptors import descriptors_run_short
from fsm.web.json_text import load_json
from fsm.web.signing import sign
from fsm.web.tokens import check_secret

_SHORTAGE_INTERVAL = 0.25
# Labels of at most 63 characters, 253 in all; a colon would make it an IPv6 address.
_HOST_NAME = re.compile(r"(?=.{1,254}$)([A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?")
_MAX_ANSWER = 64 * 1024


def message_data(message: OutboxMessage) -> dict[str, Any]:
    """Returns a message as it is posted."""
    return {
        "meeting": message.meeting,
        "key": message.key,
        "recording": message.recording,
        "sequence": message.sequence,
        "expected_sequence": message.expected_sequence,
        "command": codec.command_data(message.command),
    }


def message_id(message: OutboxMessage) -> str:
    """Returns the id that a message is signed with."""
    return f"{quote_segment(message.meeting)}/{message.recording}/{message.sequence}"


def status_id(meeting: str) -> str:
    """Returns the id that a status request is signed with."""
    return f"status/{quote_segment(meeting)}"


class HttpRecorder:
    """The port :class:`fsm.runtime.Recorder`, implemented over HTTP.

    It is an asynchronous context manager that closes its connections at the end. Redirects and the
    proxies of the environment are ignored, so that a message is sent to this URL and no other.

    Args:
        url: the URL of the recorder, such as ``http://127.0.0.1:9000``.
        secret: the secret that signs the requests, in base64 with or without the prefix
            ``whsec_``.
        timeout: the timeout of a complete answer, in seconds.

    Raises:
        ValueError: the URL or the secret is invalid.
    """

    def __init__(self, url: str, secret: str, *, timeout: float = 10.0) -> None:
        check_secret(secret)
        self._url = _base_url(url)
        self._secret = secret
        self._timeout = timeout
        # The hub limits the number of calls. Requests that waited for a connection would slow down
        # all others, since the client compares each of them with every connection.
        self._client = httpx.AsyncClient(
            headers={"accept-encoding": "identity"},
            # Cookies of one meeting are nothing to the next, and would grow without end.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=None,
            trust_env=False,
            # An http:// URL needs no certificates, and loading them takes a tenth of a second.
            verify=self._url.startswith("https:"),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
        )

    @property
    def url(self) -> str:
        """The URL without a password."""
        return str(httpx.URL(self._url).copy_with(userinfo=b""))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def _send(self, message: OutboxMessage) -> RecorderStatus:
        body = json.dumps(message_data(message), ensure_ascii=True, separators=(",", ":"))
        return await self._request("POST", "/commands", message_id(message), body)

    start = pause = resume = stop = _send

    async def status(self, meeting: str) -> RecorderStatus:
        """Returns the status for a meeting."""
        return await self._request(
            "GET", f"/meetings/{quote_segment(meeting)}", status_id(meeting), ""
        )

    async def _request(self, method: str, path: str, id: str, body: str) -> RecorderStatus:  # noqa: A002
        headers = sign(self._secret, id, body)
        if body:
            headers["content-type"] = "application/json"
        try:
            # A timeout of httpx is for each step of a request, and an answer may have many.
            async with asyncio.timeout(self._timeout):
                code, answer = await self._answer_despite_shortage(method, path, headers, body)
        except TimeoutError:
            raise RecorderTimeoutError(self._timeout) from None
        except httpx.HTTPError as error:
            raise RecorderError(str(error) or type(error).__name__) from None
        except OSError as error:
            # Its text may name a file of this machine, and the description of a failure is public.
            raise RecorderError(error.strerror or type(error).__name__) from None
        if code == 401:
            raise RecorderError(
                "the recorder refuses the signature with status 401 "
                "(FSM_RECORDER_SECRET must be the same at both ends)"
            )
        if code not in (200, 409):
            raise RecorderError(f"the recorder answered with status {code}")
        status = _status(answer)
        if code == 409:
            raise GapError(status)
        return status

    async def _answer_despite_shortage(
        self, method: str, path: str, headers: dict[str, str], body: str
    ) -> tuple[int, bytes]:
        """Repeats a request that failed because this process has no file descriptors left.

        Raises:
            RecorderError: the shortage lasts for half of the timeout.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + self._timeout / 2
        while True:
            try:
                return await self._answer(method, path, headers, body)
            except (httpx.HTTPError, OSError):
                if not descriptors_run_short():
                    raise
            if loop.time() >= end:
                raise RecorderError("the service has no file descriptor left to reach the recorder")
            await asyncio.sleep(min(_SHORTAGE_INTERVAL, self._timeout / 4))

    async def _answer(
        self, method: str, path: str, headers: dict[str, str], body: str
    ) -> tuple[int, bytes]:
        request = self._client.build_request(
            method, self._url + path, headers=headers, content=body.encode()
        )
        answer = await self._client.send(request, stream=True)
        try:
            content = b""
            # As received: a small compressed answer may be of any size.
            async for part in answer.aiter_raw():
                content += part
                if len(content) > _MAX_ANSWER:
                    raise RecorderError("the recorder's answer is too long")
        finally:
            await answer.aclose()
        return answer.status_code, content


def _base_url(url: str) -> str:
    try:
        base = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ValueError(f"{url!r} is not a URL: {error}") from None
    host = str(base.raw_host, "ascii")
    if base.scheme not in ("http", "https") or not host:
        why = "it begins with http:// or https://"
    elif base.port is not None and not 1 <= base.port <= 65535:
        why = "a port is 1 to 65535"
    elif ":" not in host and not _HOST_NAME.fullmatch(host):
        why = f"no host has the name {host!r}"
    elif base.query or base.fragment:
        why = "it ends before a '?' or '#'"
    else:
        return str(base).rstrip("/")
    raise ValueError(f"{url!r} is not a URL of a recorder ({why})")


def _status(answer: bytes) -> RecorderStatus:
    try:
        data = load_json(answer)
        if isinstance(data, dict):
            # Other fields are ignored, but these are required.
            missing = _FIELDS - set(data)
            if missing:
                raise RecorderError(f"the recorder's answer has no {min(missing)!r}")
            data = {name: data[name] for name in _FIELDS}
        status = decode(data, RecorderStatus)
    except DecodeError as error:
        fault = error.faults[0]
        raise RecorderError(f"the recorder's answer: {fault.pointer} {fault.detail}") from None
    except (ValueError, RecursionError):
        raise RecorderError(
            "the recorder's answer is not JSON (compressed answers are not read)"
        ) from None
    if status.sequence < 0:
        raise RecorderError("the recorder's answer: /sequence it must not be less than 0")
    return status


_FIELDS = {"sequence", "kind", "client", "paused"}
