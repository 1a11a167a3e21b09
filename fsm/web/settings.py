"""What the service is told when it starts."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import attrs

from fsm import runtime

LogLevel = Literal["debug", "info", "warning", "error"]


@attrs.frozen
class Rate:
    """How often something may happen.

    Args:
        per_second: how often a second, in the long run.
        burst: how often at once, after a rest.
    """

    per_second: float
    burst: int


@attrs.frozen
class ServiceLimits:
    """How much the service takes from its clients; the hub's limits stand beside these.

    Args:
        body: the longest body of a request, in bytes.
        body_within: how long a body may take to come, in seconds.
        streams: how many live streams may be open at once.
        meeting: how often events of one meeting may be sent.
        token: how often one token, or one sender of webhooks, may ask for a change.
    """

    body: int = 64 * 1024
    body_within: float = 10.0
    streams: int = 1_000
    meeting: Rate = Rate(200, 1_000)
    token: Rate = Rate(5_000, 10_000)


@attrs.frozen
class Settings:
    """How the service runs. Times are in seconds.

    Args:
        db: the journal's file.
        host: the name or address to listen at.
        port: the port to listen at; 0 takes one that is free.
        tokens: the file of tokens; without one everything is allowed, on the loopback alone.
        recorder_url: where the recorder takes orders; without one nothing is recorded.
        recorder_secret: what the orders are signed with, ``whsec_`` and base64.
        hub: how much the hub takes.
        limits: how much the service takes.
        retry: how often the recorder is asked.
        reconcile_every: after how long recorders are asked again what they are doing;
            ``None`` asks when the service starts, and when it is told to.
        keep_alive: after how long without an event a live stream says that it is there.
        drain: how long requests under way may take once the service is told to stop.
        log_level: the least important messages that are logged.
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
