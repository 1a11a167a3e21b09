"""The settings of a service, and the state that its handlers share."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import attrs
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from fsm.runtime import HubLimits, MeetingRuntime, RetryPolicy, TimerDefaults
from fsm.web.connections import Connections
from fsm.web.encoded_snapshots import EncodedSnapshots
from fsm.web.logs import LogLevel
from fsm.web.messages import StreamBackpressure, StreamMessages, StreamTurns
from fsm.web.metrics import Metrics
from fsm.web.rate_limit import Rate, RateLimiter
from fsm.web.simulator_process import SimulatorProcess
from fsm.web.token_file import TokenFile
from fsm.web.tokens import Scope, Tokens


@attrs.frozen
class ServiceLimits:
    """Limits on clients, beside the limits of the runtime.

    Args:
        max_body_bytes: the maximum size of a request body, in bytes.
        max_bulk_bytes: the same for a request with many events.
        body_timeout: the time within which a request body must arrive, in seconds.
        max_connections: the maximum number of open connections. Each may hold incomplete headers
            of 64 KiB in memory. ``fsm serve`` lowers it if the process may open too few files.
        client_timeout: the time that a client may take to send the headers of a request, or to
            read a response, in seconds.
        max_streams: the maximum number of open live streams. One token may have half of them.
        meeting_rate: the rate of events of one meeting.
        caller_rate: the rate of requests of one token or one webhook sender, without those of
            scope ``read``. All clients of a service without tokens together are one caller.
    """

    max_body_bytes: int = 64 * 1024
    max_bulk_bytes: int = 1024 * 1024
    body_timeout: float = 10.0
    max_connections: int = 4_000
    client_timeout: float = 20.0
    max_streams: int = 1_000
    meeting_rate: Rate = attrs.field(default=Rate(200, 1_000))
    caller_rate: Rate = attrs.field(default=Rate(5_000, 10_000))


@attrs.frozen
class ClusterSettings:
    """The cluster that keeps the meetings of a service, and its endpoint in this process.

    Args:
        ingress_url: the address of the cluster for callers.
        admin_url: the address of its administration; ``None`` for port 9070 of the same host.
        endpoint_host: the name or address at which the endpoint listens.
        endpoint_port: the port at which it listens; 0 takes a free one, but a call that has begun
            at one address is continued there alone.
        endpoint_url: the address at which the nodes of the cluster reach it; ``None`` for that at
            which it listens.
    """

    ingress_url: str
    admin_url: str | None = None
    endpoint_host: str = "127.0.0.1"
    endpoint_port: int = 9080
    endpoint_url: str | None = None


@attrs.frozen
class Settings:
    """Settings of the service. Times are in seconds.

    Args:
        db: the journal file; without a cluster.
        cluster: the cluster that keeps the meetings in place of a journal.
        host: the name or address to listen at.
        port: the port to listen at; 0 takes a free one.
        tokens: the token file; without one the service listens on the loopback only, refuses
            requests that come through a proxy or from a web page of another origin, and refuses
            every webhook.
        recorder_url: the URL of the recorder; without one nothing is recorded.
        recorder_secret: the secret that signs recorder commands, in base64 with or without the
            prefix ``whsec_``.
        replaces_recorder: whether the recorder takes over the recordings of another one.
        hub_limits: the limits of the hub.
        limits: the limits on clients.
        retry: the retry policy of recorder commands.
        defaults: the seconds of timers for meetings that are opened without their own.
        reconcile_every: the seconds in which each recorder is reconciled once; ``None`` to do so
            only when the service starts and on request.
        stream_heartbeat: the time without an event after which a live stream sends a comment.
        shutdown_grace: the time that requests in progress may take after a signal to stop.
        log_level: the lowest level that is logged.
    """

    db: Path
    cluster: ClusterSettings | None = attrs.field(default=None, kw_only=True)
    host: str = "127.0.0.1"
    port: int = 8080
    tokens: Path | None = None
    recorder_url: str | None = None
    recorder_secret: str | None = attrs.field(default=None, repr=False)
    replaces_recorder: bool = False
    hub_limits: HubLimits = attrs.field(factory=HubLimits)
    limits: ServiceLimits = attrs.field(factory=ServiceLimits)
    retry: RetryPolicy = attrs.field(factory=RetryPolicy)
    defaults: TimerDefaults = attrs.field(default=TimerDefaults(end_when_empty=43_200))
    reconcile_every: float | None = 60.0
    stream_heartbeat: float = 15.0
    shutdown_grace: float = 30.0
    log_level: LogLevel = "info"


class Service:
    """A runtime of meetings with its access control, rate limits and metrics.

    Args:
        runtime: the runtime, which is open.
        settings: the settings of the service.

    Raises:
        TokenFileError: the token file cannot be used.
    """

    def __init__(self, runtime: MeetingRuntime, settings: Settings) -> None:
        self.runtime = runtime
        self.settings = settings
        self.metrics = Metrics(
            lambda: runtime.health, settings.db if settings.cluster is None else None
        )
        self.stopping = asyncio.Event()
        self.openapi = b""
        self.streams = 0
        self.streams_by_caller: Counter[str | None] = Counter()
        self.messages = StreamMessages()
        self.stream_turns = StreamTurns()
        self.stream_backpressure = StreamBackpressure()
        self.encoded_snapshots = EncodedSnapshots()
        self.simulator = SimulatorProcess()
        self.connections = Connections(
            settings.limits.max_connections, settings.limits.client_timeout
        )
        self.metrics.connections.set_function(lambda: self.connections.open)
        self.meeting_limiter = RateLimiter(settings.limits.meeting_rate)
        self.caller_limiter = RateLimiter(settings.limits.caller_rate)
        self._token_file = TokenFile(settings.tokens) if settings.tokens is not None else None

    def close(self) -> None:
        """Ends what runs beside the runtime."""
        self.simulator.close()

    @property
    def tokens(self) -> Tokens | None:
        """The tokens; ``None`` if the service runs without a token file."""
        return self._token_file.tokens if self._token_file is not None else None

    def may_read(self, token: str) -> bool:
        """Returns whether a token still exists and still has the scope ``read``."""
        return self.may(token, "read")

    def may(self, token: str, scope: Scope) -> bool:
        """Returns whether a token exists and has a scope; without tokens everyone has all."""
        tokens = self.tokens
        if tokens is None:
            return True
        name = tokens.name_of(token)
        return name is not None and scope in tokens.tokens[name].scopes


ServiceDependency = NamedDependency[SkipValidation[Service]]
"""The type of a handler's parameter ``service``, which Litestar injects."""
