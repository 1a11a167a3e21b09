"""Checks whether a cluster handles calls, and why not."""

from __future__ import annotations

import asyncio
import logging
import time
from secrets import token_hex
from typing import Final

from fsm.runtime.errors import HubError
from fsm.runtime.restate.cluster import Cluster, ClusterTimeoutError

_LOGGER = logging.getLogger(__name__)
NODE_INTERVAL: Final = 1.0
"""The seconds between two questions to the node whether it takes calls."""
CALL_INTERVAL: Final = 10.0
"""The seconds between two calls. Each is written to the log of the cluster, like any other."""
TIME_LIMIT: Final = 5.0
"""The seconds within which a call must be answered."""


class HealthCheck:
    """Calls a handler regularly, and waits for its answer.

    To ask a node is not enough. It says that it takes calls even if no handler answers at the
    registered address, or if too few nodes run to write the calls to the log.

    Args:
        cluster: the cluster.

    Attributes:
        failure: the reason why calls are not handled; ``None`` while they are.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.failure: str | None = None
        self._cluster = cluster
        self._name = token_hex(8)
        self._handlers = ""
        self._answered = -CALL_INTERVAL

    async def run(self) -> None:
        """Checks until it is cancelled, and logs each change."""
        while True:
            await asyncio.sleep(NODE_INTERVAL)
            try:
                failure = await self._failure()
            except Exception as error:
                # An answer of the administration that this release does not know, for instance.
                failure = f"{type(error).__name__}: {error}"
            if failure is not None and failure != self.failure:
                _LOGGER.error("the cluster handles no calls: %s", failure)
            elif failure is None and self.failure is not None:
                _LOGGER.warning("the cluster handles calls again")
            self.failure = failure

    async def _failure(self) -> str | None:
        try:
            await self._cluster.check()
            if self.failure is not None or time.monotonic() - self._answered >= CALL_INTERVAL:
                # While a call with this id waits, there is no second one, however long the outage
                # lasts. The id names the address, since a call that has begun waits for the address
                # where it began, even if another one is registered meanwhile.
                await self._cluster.try_call(f"{self._name}@{self._handlers}", TIME_LIMIT)
                self._answered = time.monotonic()
        except ClusterTimeoutError as error:
            return await self._cause(error)
        except HubError as error:
            return str(error)
        return None

    async def _cause(self, error: ClusterTimeoutError) -> str:
        """Returns the likely cause of a call that is not answered."""
        try:
            self._handlers = url = await self._cluster.handlers_url()
        except HubError:
            return str(error)
        reason = await self._cluster.endpoint_failure(url)
        if reason is not None:
            return (
                f"the address of the handlers, {url}, does not answer: {reason} (the service that "
                "was started last has registered it; start one with this address again, or "
                "another service, which registers its own)"
            )
        return (
            f"{error}, though the handlers at {url} do (fewer nodes run than must write each "
            "record, the cluster has just been started, or it is overloaded)"
        )
