"""The service as a process: it starts, serves, and ends cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import socket
import sys
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import structlog
import uvicorn

from fsm.runtime import BusyError, Hub, JournalError, process
from fsm.web import logs
from fsm.web.app import create_app
from fsm.web.recorder import HttpRecorder
from fsm.web.service import Service
from fsm.web.settings import Settings
from fsm.web.tokens import TokensFile, TokensFileError, check_secret

_LOG = structlog.get_logger(__name__)


class _CannotStartError(Exception):
    """The service cannot start; the message is what the user is shown."""


def serve(settings: Settings) -> int:
    """Run the service until it is told to stop by SIGTERM or SIGINT.

    Args:
        settings: how it runs.

    Returns:
        The exit code: 0 where it was told to stop, 2 where it could not start.
    """
    if hasattr(signal, "SIGPIPE"):
        # A client that goes away must not take the service with it.
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    logs.configure(settings.log_level)
    try:
        process.run(_serve(settings))
    except (_CannotStartError, TokensFileError, JournalError) as error:
        _say(str(error))
        return 2
    return 0


def _say(line: str) -> None:
    # Who started it may have gone; that is no reason to stop.
    with contextlib.suppress(OSError, ValueError):
        print(f"fsm serve: {line}", file=sys.stderr, flush=True)


async def _serve(settings: Settings) -> None:
    if settings.tokens is not None:
        TokensFile(settings.tokens)
    listening = _listening(settings)
    stop = _Stop()
    with listening, stop.on_signals():
        recorder = _recorder(settings)
        try:
            async with Hub(settings.db, recorder, limits=settings.hub, retry=settings.retry) as hub:
                await _run(Service(hub, settings), listening, stop)
        finally:
            if recorder is not None:
                await recorder.close()


async def _run(service: Service, listening: socket.socket, stop: _Stop) -> None:
    settings = service.settings
    server = server_of(service)
    stop.server = server
    if stop.asked:
        return
    running = [asyncio.create_task(server.serve([listening]))]
    if settings.reconcile_every is not None:
        running.append(asyncio.create_task(_reconcile(service, settings.reconcile_every)))
    host, port = listening.getsockname()[:2]
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    count = service.hub.health.meetings
    meetings = "1 meeting" if count == 1 else f"{count} meetings"
    _say(f"listening at {address}, {meetings} brought back from {settings.db}")
    if settings.recorder_url is None:
        _LOG.warning("there is no recorder: nothing is recorded (--recorder URL)")
    if settings.tokens is None:
        _LOG.warning("there are no tokens: everything is allowed, to this machine alone")
    await running[0]
    for task in running[1:]:
        task.cancel()


def server_of(service: Service) -> uvicorn.Server:
    """Return a server of a service, to be given a socket that listens."""
    config = uvicorn.Config(
        create_app(service),
        access_log=False,
        http="h11",
        lifespan="off",
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=max(1, round(service.settings.drain)),
        ws="none",
    )
    return _Server(config, service)


async def _reconcile(service: Service, every: float) -> None:
    while True:
        await asyncio.sleep(every)
        # One that has too much to do is asked the next time.
        with contextlib.suppress(BusyError):
            await service.hub.reconcile()


def _recorder(settings: Settings) -> HttpRecorder | None:
    if settings.recorder_url is None:
        return None
    if settings.recorder_secret is None:
        raise _CannotStartError(
            "orders to a recorder must be signed "
            "(set FSM_RECORDER_SECRET; fsm token secret makes one)"
        )
    try:
        check_secret(settings.recorder_secret)
        return HttpRecorder(
            settings.recorder_url, settings.recorder_secret, timeout=settings.retry.timeout
        )
    except ValueError as error:
        raise _CannotStartError(f"the recorder: {error}") from None


def _listening(settings: Settings) -> socket.socket:
    where = f"{settings.host}:{settings.port}"
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
        # Of a name with both, such as localhost, the old kind of address is reached by more.
        family, _, _, _, address = min(found, key=lambda each: each[0] != socket.AF_INET)
        if settings.tokens is None and not ip_address(address[0]).is_loopback:
            raise _CannotStartError(
                f"{settings.host} is not the loopback, and there are no tokens "
                "(fsm token new NAME --scope events makes one; --tokens takes the file)"
            )
        return socket.create_server(address[:2], family=family, backlog=2048)
    except (OSError, OverflowError, UnicodeError) as error:
        # What asyncio and socket add to the words names the address once more.
        number = getattr(error, "errno", None)
        why = os.strerror(number) if number is not None and number > 0 else str(error)
        hint = " (--port takes another one)" if number == errno.EADDRINUSE else ""
        raise _CannotStartError(f"cannot listen at {where}: {why}{hint}") from None


class _Server(uvicorn.Server):
    """Ends the live streams when it stops; they would keep it waiting otherwise."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._service.stopping.set()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # They are heard from the first moment, not only while it serves; and one that was heard
        # is not raised again at the end, as it would be otherwise.
        yield


class _Stop:
    """Hears that the service is to stop."""

    def __init__(self) -> None:
        self.asked = False
        self.server: uvicorn.Server | None = None

    @contextlib.contextmanager
    def on_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()

        def heard(number: int, frame: Any) -> None:
            loop.call_soon_threadsafe(self._stop)

        before = {each: signal.signal(each, heard) for each in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def _stop(self) -> None:
        if self.server is not None:
            # Told a second time, it waits for nobody.
            self.server.force_exit = self.asked
            self.server.should_exit = True
        self.asked = True
