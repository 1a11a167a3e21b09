"""A recorder over HTTP: signed orders out, what it is doing back.

An order is posted to ``{url}/orders`` as JSON::

    {"meeting": "m-1", "key": "m-1/1/3", "recording": 1, "sequence": 3, "expected_sequence": 2,
     "command": {"command": "pause"}}

and what is being done for a meeting is read from ``{url}/meetings/{meeting}``. Both are
answered with a status, ``{"sequence": 3, "kind": "cloud", "client": null, "paused": true}``: 200
where the order is applied, or was before, and 409 where orders before it are missing. Every
request is signed as Standard Webhooks has it; its id is the order's key, or ``status/`` and the
meeting, each with its parts quoted as in a URL.
:mod:`fsm.web.recorder_app` is the other side.
"""

from __future__ import annotations

import asyncio
import json
from types import TracebackType
from typing import Any, Self

import httpx

from fsm.decode import DecodeError, decode
from fsm.runtime import GapError, OutboxMessage, RecorderError, RecorderStatus, codec
from fsm.web.signing import quoted, signed
from fsm.web.tokens import check_secret

_LONGEST = 64 * 1024


def order_data(message: OutboxMessage) -> dict[str, Any]:
    """Return an order as it is posted."""
    return {
        "meeting": message.meeting,
        "key": message.key,
        "recording": message.recording,
        "sequence": message.sequence,
        "expected_sequence": message.expected_sequence,
        "command": codec.command_data(message.command),
    }


def order_id(message: OutboxMessage) -> str:
    """Return the id that an order is signed with."""
    return f"{quoted(message.meeting)}/{message.recording}/{message.sequence}"


def status_id(meeting: str) -> str:
    """Return the id that a question for the status of a meeting is signed with."""
    return f"status/{quoted(meeting)}"


class HttpRecorder:
    """Sends orders to a recorder over HTTP. Use it as an asynchronous context manager.

    Neither redirects nor the environment's proxies are followed: an order goes where it is
    meant to go, or nowhere.

    Args:
        url: where the recorder is, such as ``http://127.0.0.1:9000``.
        secret: what requests are signed with, ``whsec_`` and base64.
        timeout: how long an answer may take, in seconds, from first to last.

    Raises:
        ValueError: the address or the secret is none.
    """

    def __init__(self, url: str, secret: str, *, timeout: float = 10.0) -> None:
        check_secret(secret)
        try:
            base = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise ValueError(f"{url!r} is no address: {error}") from None
        if base.scheme not in ("http", "https") or not base.host:
            raise ValueError(f"{url!r} is no address (it begins with http:// or https://)")
        self._url = str(base).rstrip("/")
        self._secret = secret
        self._timeout = timeout
        self._client = httpx.AsyncClient(
            timeout=timeout,
            trust_env=False,
            limits=httpx.Limits(max_connections=256, max_keepalive_connections=64),
        )

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
        """Close its connections."""
        await self._client.aclose()

    async def _send(self, message: OutboxMessage) -> RecorderStatus:
        body = json.dumps(order_data(message), ensure_ascii=True, separators=(",", ":"))
        return await self._ask("POST", "/orders", order_id(message), body)

    start = pause = resume = stop = _send

    async def status(self, meeting: str) -> RecorderStatus:
        """Say what is being done for a meeting."""
        return await self._ask("GET", f"/meetings/{quoted(meeting)}", status_id(meeting), "")

    async def _ask(self, method: str, path: str, id: str, body: str) -> RecorderStatus:  # noqa: A002
        headers = signed(self._secret, id, body)
        if body:
            headers["content-type"] = "application/json"
        try:
            # httpx limits each step of a request; a recorder may take many steps.
            async with asyncio.timeout(self._timeout):
                code, answer = await self._answer(method, path, headers, body)
        except TimeoutError:
            raise RecorderError(f"no answer within {self._timeout} s") from None
        except httpx.HTTPError as error:
            raise RecorderError(str(error) or type(error).__name__) from None
        if code not in (200, 409):
            raise RecorderError(f"the recorder answered with status {code}")
        status = _status(answer)
        if code == 409:
            raise GapError(status)
        return status

    async def _answer(
        self, method: str, path: str, headers: dict[str, str], body: str
    ) -> tuple[int, bytes]:
        request = self._client.build_request(
            method, self._url + path, headers=headers, content=body.encode()
        )
        answer = await self._client.send(request, stream=True)
        try:
            content = b""
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > _LONGEST:
                    raise RecorderError("the recorder's answer is too long")
        finally:
            await answer.aclose()
        return answer.status_code, content


def _status(answer: bytes) -> RecorderStatus:
    try:
        data = json.loads(answer)
        if isinstance(data, dict):
            # What a recorder says besides is its own matter; but all of this it must say.
            missing = _PARTS - set(data)
            if missing:
                raise RecorderError(f"the recorder's answer has no {min(missing)!r}")
            data = {name: data[name] for name in _PARTS}
        status = decode(data, RecorderStatus)
    except DecodeError as error:
        fault = error.faults[0]
        raise RecorderError(f"the recorder's answer: {fault.pointer} {fault.detail}") from None
    except (ValueError, RecursionError):
        raise RecorderError("the recorder's answer is not JSON") from None
    if status.sequence < 0:
        raise RecorderError("the recorder's answer: /number it must not be less than 0")
    return status


_PARTS = {"sequence", "kind", "client", "paused"}
