"""The service on a cluster: its runtime, and the endpoint that answers for the meetings."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fsm.runtime import MeetingRuntime, Recorder
from fsm.web.service import ClusterSettings, Settings


class CannotJoinError(Exception):
    """The service cannot use the cluster; the message is shown to the user."""


@asynccontextmanager
async def runtime_of(
    settings: Settings,
    cluster: ClusterSettings,
    recorder: Recorder | None,
    stop: Callable[[], None],
) -> AsyncIterator[MeetingRuntime]:
    """Runs the endpoint, registers it, and returns the runtime.

    Args:
        settings: the settings of the service.
        cluster: those of the cluster.
        recorder: the recorder; without one nothing is recorded.
        stop: stops the service; called at SIGTERM, which the endpoint's library handles.

    Raises:
        CannotJoinError: a library is missing, an address is not valid, or is in use.
        ClusterError: the cluster cannot be reached, or does not reach the endpoint.
    """
    try:
        from fsm.runtime.restate import Cluster, Endpoint, EndpointSettings, RestateRuntime
    except ImportError as error:
        raise CannotJoinError(
            f"a cluster needs {error.name} (pip install 'meeting-fsm[cluster]')"
        ) from None
    try:
        client = Cluster(cluster.ingress_url, cluster.admin_url)
    except ValueError as error:
        raise CannotJoinError(str(error)) from None
    endpoint_settings = EndpointSettings(
        recorder=recorder,
        limits=settings.hub_limits,
        retry=settings.retry,
        defaults=settings.defaults,
        reconcile_every=settings.reconcile_every,
    )
    with _listening_socket(cluster) as listening:
        async with (
            Endpoint(endpoint_settings, listening, stop) as endpoint,
            RestateRuntime(client, settings.hub_limits) as runtime,
        ):
            url = cluster.endpoint_url or endpoint.url
            await client.register(url)
            yield runtime


def _listening_socket(cluster: ClusterSettings) -> socket.socket:
    try:
        return socket.create_server((cluster.endpoint_host, cluster.endpoint_port), backlog=2048)
    except (OSError, OverflowError, UnicodeError) as error:
        number = getattr(error, "errno", None)
        reason = os.strerror(number) if number is not None and number > 0 else str(error)
        hint = " (choose another with --endpoint-port)" if number == errno.EADDRINUSE else ""
        where = f"{cluster.endpoint_host}:{cluster.endpoint_port}"
        raise CannotJoinError(f"the endpoint cannot listen at {where}: {reason}{hint}") from None
