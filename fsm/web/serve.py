"""The service as a process: start, signals, shutdown."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import attrs
import structlog
import uvicorn

from fsm.runtime import Hub, JournalError, MeetingRuntime, process
from fsm.web import logs
from fsm.web.cluster import CannotJoinError, runtime_of
from fsm.web.descriptors import raise_descriptor_limit
from fsm.web.http_recorder import HttpRecorder
from fsm.web.server import create_server
from fsm.web.service import Service, Settings
from fsm.web.token_file import TokenFile, TokenFileError
from fsm.web.tokens import check_secret

DESCRIPTOR_RESERVE = 64
"""The file descriptors for the journal, its threads, name resolution and the log."""
MIN_CONNECTIONS = 32
"""The number of connections below which the service does not start."""
_LOG = structlog.get_logger(__name__)


class _CannotStartError(Exception):
    """The service cannot start; the message is shown to the user."""


class _BrokenDownError(Exception):
    """The service cannot go on; the message is shown to the user."""


def serve(settings: Settings) -> int:
    """Runs the service until SIGTERM or SIGINT, or until its runtime breaks down.

    Args:
        settings: the settings of the service.

    Returns:
        The exit code: 0 after a signal; 1 if the runtime broke down; 2 if the service could not
        start, or could not close the journal.
    """
    if hasattr(signal, "SIGPIPE"):
        # A client that closes its connection must not end the process.
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    logs.configure(settings.log_level)
    try:
        process.run(_serve(settings))
    except (_CannotStartError, CannotJoinError, TokenFileError, JournalError) as error:
        _print(str(error))
        return 2
    except _BrokenDownError as error:
        _print(f"{error} (start the service again: every answered event is in the journal)")
        return 1
    finally:
        logs.flush()
    return 0


def _print(line: str) -> None:
    # A file may have any name, but a line stays one line.
    line = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in line)
    logs.write_plain_line(f"fsm serve: {line}")


async def _serve(settings: Settings) -> None:
    try:
        settings = fit_to_descriptors(settings, raise_descriptor_limit())
    except ValueError as error:
        raise _CannotStartError(str(error)) from None
    if settings.tokens is not None:
        # Checked before the journal, which an unusable token file must not create. The service
        # reads the file again.
        TokenFile(settings.tokens)
    listening = listening_socket(settings)
    stop = _StopSignals()
    with listening, stop.handled():
        async with contextlib.AsyncExitStack() as stack:
            recorder = _recorder(settings)
            if recorder is not None:
                await stack.enter_async_context(recorder)
            if settings.cluster is None:
                runtime: MeetingRuntime = await stack.enter_async_context(_hub(settings, recorder))
            else:
                runtime = await stack.enter_async_context(
                    runtime_of(settings, settings.cluster, recorder, stop.stop)
                )
            service = Service(runtime, settings)
            stack.callback(service.close)
            await _run(service, listening, stop)


def _hub(settings: Settings, recorder: HttpRecorder | None) -> Hub:
    return Hub(
        settings.db,
        recorder,
        recorder_name=recorder.url if recorder else None,
        replaces_recorder=settings.replaces_recorder,
        limits=settings.hub_limits,
        retry=settings.retry,
        defaults=settings.defaults,
        reconcile_every=settings.reconcile_every,
    )


async def _run(service: Service, listening: socket.socket, stop: _StopSignals) -> None:
    settings = service.settings
    server = create_server(service)
    stop.server = server
    if stop.requested:
        return
    serving = asyncio.create_task(server.serve([listening]))
    host, port = listening.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    _print(f"listening at {address}, {_meetings(service)}")
    if settings.recorder_url is None:
        _LOG.warning("no recorder: nothing is recorded (--recorder URL)")
    if settings.tokens is None:
        _LOG.warning("no tokens: any client on this machine may do anything (--tokens FILE)")
    breaking = asyncio.create_task(service.runtime.until_broken())
    await asyncio.wait([serving, breaking], return_when=asyncio.FIRST_COMPLETED)
    # Nothing but a signal or a runtime that broke down ends the service.
    server.should_exit = True
    await serving
    if breaking.done():
        raise _BrokenDownError(breaking.result())
    breaking.cancel()


def _meetings(service: Service) -> str:
    """Returns the place of the meetings in words."""
    settings = service.settings
    if settings.cluster is not None:
        return f"meetings kept by the cluster at {settings.cluster.ingress_url}"
    count = service.runtime.health.meetings
    return f"{'1 meeting' if count == 1 else f'{count} meetings'} loaded from {settings.db}"


def fit_to_descriptors(settings: Settings, limit: int) -> Settings:
    """Lowers limits of the settings until connections and recorder calls leave a reserve.

    Args:
        settings: the settings.
        limit: the number of file descriptors that the process may open.

    Raises:
        ValueError: there are too few descriptors for a service.
    """
    available = limit - DESCRIPTOR_RESERVE
    retry = settings.retry
    if settings.recorder_url is not None:
        calls = retry.max_commands + retry.max_status_checks
        share = min(calls, available // 3)
        commands = max(1, share * retry.max_commands // calls)
        retry = attrs.evolve(retry, max_commands=commands, max_status_checks=share - commands)
        available -= share
    if available < MIN_CONNECTIONS:
        least = DESCRIPTOR_RESERVE + 2 * MIN_CONNECTIONS
        raise ValueError(f"only {limit} files may be open at once (ulimit -n {least}, or more)")
    limits = settings.limits
    limits = attrs.evolve(limits, max_connections=min(limits.max_connections, available))
    return attrs.evolve(settings, limits=limits, retry=retry)


def _recorder(settings: Settings) -> HttpRecorder | None:
    if settings.recorder_url is None:
        return None
    if settings.recorder_secret is None:
        raise _CannotStartError(
            "recorder commands must be signed "
            "(set FSM_RECORDER_SECRET; fsm token secret creates one)"
        )
    try:
        check_secret(settings.recorder_secret)
        return HttpRecorder(
            settings.recorder_url, settings.recorder_secret, timeout=settings.retry.timeout
        )
    except ValueError as error:
        raise _CannotStartError(f"the recorder: {error}") from None


def listening_socket(settings: Settings) -> socket.socket:
    """Returns the socket that a service with these settings listens on."""
    where = f"{settings.host}:{settings.port}"
    try:
        infos = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
        # For a name with both IPv4 and IPv6, such as localhost, IPv4 is preferred: more clients
        # can reach it.
        family, _, _, _, address = min(infos, key=lambda info: info[0] != socket.AF_INET)
        if settings.tokens is None and not ip_address(address[0]).is_loopback:
            raise _CannotStartError(
                f"{settings.host} is not the loopback, and there are no tokens "
                "(fsm token new NAME --scope events creates one; --tokens takes the file)"
            )
        return socket.create_server(address[:2], family=family, backlog=2048)
    except (OSError, OverflowError, UnicodeError) as error:
        # The text of the error itself repeats the address.
        number = getattr(error, "errno", None)
        reason = os.strerror(number) if number is not None and number > 0 else str(error)
        hint = " (choose another with --port)" if number == errno.EADDRINUSE else ""
        raise _CannotStartError(f"cannot listen at {where}: {reason}{hint}") from None


class _StopSignals:
    """Handler of the signals that stop the service."""

    def __init__(self) -> None:
        self.requested = False
        self.server: uvicorn.Server | None = None

    @contextlib.contextmanager
    def handled(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()

        def handler(number: int, frame: Any) -> None:
            loop.call_soon_threadsafe(self.stop)

        signals = (signal.SIGTERM, signal.SIGINT)
        earlier = {number: signal.signal(number, handler) for number in signals}
        try:
            yield
        finally:
            for number, earlier_handler in earlier.items():
                signal.signal(number, earlier_handler)

    def stop(self) -> None:
        """Stops the service; a second call ends the wait for requests in progress."""
        if self.server is not None:
            self.server.force_exit = self.requested
            self.server.should_exit = True
        self.requested = True
