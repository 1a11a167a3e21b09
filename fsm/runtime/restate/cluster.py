"""Calls of a cluster over HTTP: of its objects at the ingress, and of its administration."""

from __future__ import annotations

from itertools import cycle
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from fsm.runtime.errors import ClusterError
from fsm.runtime.limits import quote_segment
from fsm.runtime.restate.calls import ACCOUNT, ReadAccountCall, decode_call, encode, error_of

R = TypeVar("R")
ADMIN_PORT = 9070
"""The port of the administration, unless the cluster was set up with another one."""
_HEADERS = {"content-type": "application/json", "accept": "application/json"}
_POOLS = 16
"""Pools of connections. A pool of httpx looks at each of its connections for every request, so one
of 256 takes longer than everything else."""
_CONNECTIONS = 16
"""The number of connections of a pool."""
_MAX_REASON = 300
_ASKING = 2.0
"""The seconds within which the administration or an endpoint must say that it is there."""


class ClusterTimeoutError(ClusterError):
    """A cluster that does not answer in time."""


def default_admin_url(ingress_url: str) -> str:
    """Returns the address of the administration at the host of the ingress.

    >>> default_admin_url("http://restate.internal:8080")
    'http://restate.internal:9070'
    """
    host = urlsplit(ingress_url).hostname or "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{ADMIN_PORT}"


def check_url(name: str, url: str) -> str:
    """Returns an address without a slash at its end.

    Args:
        name: its name in the error message.
        url: the address.

    Raises:
        ValueError: it is not an address over HTTP.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
        raise ValueError(f"{name} is no address over HTTP: {url!r} (http://HOST:PORT)")
    return url.rstrip("/")


class Cluster:
    """A cluster, used as an asynchronous context manager.

    Args:
        ingress_url: the address for callers.
        admin_url: the address of the administration; ``None`` for port 9070 of the same host.
        timeout: the seconds within which a call must be answered.

    Raises:
        ValueError: an address is not valid.
    """

    def __init__(
        self, ingress_url: str, admin_url: str | None = None, *, timeout: float = 30.0
    ) -> None:
        self.ingress_url = check_url("the cluster", ingress_url)
        self.admin_url = check_url(
            "the administration of the cluster", admin_url or default_admin_url(ingress_url)
        )
        certificates = httpx.create_ssl_context(trust_env=False)
        self._pools = [
            httpx.AsyncClient(
                headers=_HEADERS,
                timeout=httpx.Timeout(timeout, connect=5.0, pool=timeout),
                limits=httpx.Limits(
                    max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS
                ),
                # The proxy of the environment leads out of the cluster's network.
                trust_env=False,
                verify=certificates,
            )
            for _ in range(_POOLS)
        ]
        self._next_pool = cycle(self._pools)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for pool in self._pools:
            await pool.aclose()

    async def call(
        self,
        service: str,
        key: str,
        handler: str,
        argument: Any,
        answer: type[R],
    ) -> R:
        """Calls a handler of an object, and returns its answer.

        Args:
            service: the name of the object.
            key: its key.
            handler: the name of the handler.
            argument: the argument.
            answer: the type of the answer.

        Raises:
            ClusterError: the cluster does not answer, or refuses the call.
            HubError, ValueError, TypeError: the error with which the handler answered.
        """
        path = f"{service}/{quote_segment(key)}/{handler}"
        body = await self._post(f"{self.ingress_url}/{path}", encode(argument))
        try:
            answered = decode_call(body, answer)
        except msgspec.MsgspecError as error:
            raise ClusterError(f"the cluster answers {service}/{handler} with {error}") from None
        failure = getattr(answered, "failure", None)
        if failure is not None:
            raise error_of(failure)
        return answered

    async def send(self, service: str, key: str, handler: str, argument: Any) -> None:
        """Sends a call to an object, without waiting for its answer.

        Raises:
            ClusterError: the cluster does not take it.
        """
        path = f"{service}/{quote_segment(key)}/{handler}/send"
        await self._post(f"{self.ingress_url}/{path}", encode(argument))

    async def query(self, sql: str) -> list[dict[str, Any]]:
        """Returns the rows that the administration answers to a query.

        Raises:
            ClusterError: the administration does not answer, or refuses the query.
        """
        body = await self._post(f"{self.admin_url}/query", encode({"query": sql}))
        rows: list[dict[str, Any]] = msgspec.json.decode(body)["rows"]
        return rows

    async def register(self, endpoint_url: str) -> None:
        """Registers the endpoint that runs the handlers; it replaces those that were registered.

        Args:
            endpoint_url: the address of the endpoint, as the nodes of the cluster reach it.

        Raises:
            ClusterError: the administration does not answer, or does not reach the endpoint.
        """
        # Over HTTP/2 a partition has been seen to stall for seconds.
        body = {"uri": endpoint_url, "force": True, "use_http_11": True}
        await self._post(f"{self.admin_url}/deployments", encode(body))

    async def check(self) -> None:
        """Checks that the cluster takes calls.

        Raises:
            ClusterError: it does not.
        """
        url = f"{self.ingress_url}/restate/health"
        await self._get(url)

    async def try_call(self, id: str, seconds: float) -> None:  # noqa: A002
        """Makes a call that only reads, and waits until a handler has answered it.

        Args:
            id: an id of the call. While a call with it is under way, there is no second one:
                this one gets the same answer.
            seconds: the time within which it must be answered.

        Raises:
            ClusterTimeoutError: it was not answered in time.
            ClusterError: the cluster cannot be reached, or refuses the call.
        """
        # No account has such an id, and the answer that says so is one of a handler.
        url = f"{self.ingress_url}/{ACCOUNT}/{quote_segment(' ')}/read"
        await self._post(
            url, encode(ReadAccountCall()), headers={"idempotency-key": id}, timeout=seconds
        )

    async def handlers_url(self) -> str:
        """Returns the address at which the cluster calls the handlers: the one registered last.

        Raises:
            ClusterError: the administration does not answer, or no handlers are registered.
        """
        body = await self._get(f"{self.admin_url}/services/{ACCOUNT}", timeout=_ASKING)
        deployment = msgspec.json.decode(body)["deployment_id"]
        body = await self._get(f"{self.admin_url}/deployments/{deployment}", timeout=_ASKING)
        return str(msgspec.json.decode(body)["uri"]).rstrip("/")

    async def endpoint_failure(self, url: str) -> str | None:
        """Returns the reason why an endpoint does not answer at its address; ``None`` if it does.

        Args:
            url: the address of the endpoint.
        """
        try:
            response = await next(self._next_pool).get(f"{url}/health", timeout=_ASKING)
        except httpx.HTTPError as error:
            return _reason(error)
        return None if response.status_code < 400 else f"status {response.status_code}"

    async def _get(self, url: str, **more: Any) -> bytes:
        return await self._answer(next(self._next_pool).get(url, **more), url)

    async def _post(self, url: str, body: bytes, **more: Any) -> bytes:
        return await self._answer(next(self._next_pool).post(url, content=body, **more), url)

    async def _answer(self, request: Any, url: str) -> bytes:
        parts = urlsplit(url)
        where = f"the cluster at {parts.scheme}://{parts.netloc}"
        try:
            response: httpx.Response = await request
        except httpx.TimeoutException:
            raise ClusterTimeoutError(f"{where} does not answer in time") from None
        except httpx.HTTPError as error:
            raise ClusterError(f"{where} cannot be reached: {_reason(error)}") from None
        if response.status_code >= 400:
            raise ClusterError(f"{where} refuses a call: {_message(response)}")
        return response.content


def _reason(error: httpx.HTTPError) -> str:
    # The text of an error of the system is in its cause, or there is none.
    return str(error) or type(error).__name__


def _message(response: httpx.Response) -> str:
    try:
        text = str(msgspec.json.decode(response.content)["message"])
    except (msgspec.MsgspecError, KeyError, TypeError):
        text = f"status {response.status_code}"
    return " ".join(text.split())[:_MAX_REASON]
