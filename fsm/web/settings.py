"""Settings of the service, and its limits."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import attrs

from fsm import runtime

LogLevel = Literal["debug", "info", "warning", "error"]


@attrs.frozen
class Rate:
    """Limit of a rate.

    Args:
        per_second: the number of requests a second in the long run.
        burst: the number of requests at once after a pause.
    """

    per_second: float
    burst: int


@attrs.frozen
class ServiceLimits:
    """Limits on clients, beside the limits of the hub. Times are in seconds.

    Args:
        body: the maximum size of a request body, in bytes.
        body_within: the time within which a request body must arrive.
        streams: the maximum number of open live streams.
        meeting: the rate of events of one meeting.
        token: the rate of changing requests of one token or one webhook sender.
    """

    body: int = 64 * 1024
    body_within: float = 10.0
    streams: int = 1_000
    meeting: Rate = Rate(200, 1_000)
    token: Rate = Rate(5_000, 10_000)


@attrs.frozen
class Settings:
    """Settings of the service. Times are in seconds.

    Args:
        db: the journal file.
        host: the name or address to listen at.
        port: the port to listen at; 0 takes a free one.
        tokens: the token file; without one everything is permitted, on the loopback only.
        recorder_url: the URL of the recorder; without one nothing is recorded.
        recorder_secret: the secret that signs recorder commands, ``whsec_`` and base64.
        hub: the limits of the hub.
        limits: the limits on clients.
        retry: the retry policy of recorder commands.
        reconcile_every: the interval at which recorders are reconciled; ``None`` reconciles
            when the service starts, and on request.
        keep_alive: the time without an event after which a live stream sends a comment.
        drain: the time that requests in progress may take after a signal to stop.
        log_level: the lowest level that is logged.
    """

    db: Path
    host: str = "127.0.0.1"
    port: int = 8080
    tokens: Path | None = None
    recorder_url: str | None = None
    recorder_secret: str | None = attrs.field(default=None, repr=False)
    hub: runtime.HubLimits = attrs.field(factory=runtime.HubLimits)
    limits: ServiceLimits = attrs.field(factory=ServiceLimits)
    retry: runtime.RetryPolicy = attrs.field(factory=runtime.RetryPolicy)
    reconcile_every: float | None = None
    keep_alive: float = 15.0
    drain: float = 30.0
    log_level: LogLevel = "info"
