"""The settings of an endpoint: the process that runs the handlers of a cluster."""

from __future__ import annotations

import time
from collections.abc import Callable

import attrs

from fsm.runtime.limits import HubLimits, TimerDefaults
from fsm.runtime.recorder import Recorder, RetryPolicy
from fsm.runtime.rules_version import current_rules

WITHOUT_CHECKS = 3600.0
"""The seconds between two regular calls that check nothing."""


def system_clock() -> int:
    """Returns the time in milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


@attrs.frozen
class EndpointSettings:
    """The settings of an endpoint.

    Args:
        recorder: the recorder; without one nothing is recorded.
        clock: returns the time in milliseconds since 1970, UTC.
        limits: the limits on meetings and participants.
        retry: the retry policy for the recorder.
        defaults: the seconds of timers for meetings that are opened without their own.
        reconcile_every: the seconds in which the recorder of a meeting that is recorded is asked
            for its status once; ``None`` to ask only on request.
    """

    recorder: Recorder | None = None
    clock: Callable[[], int] = system_clock
    limits: HubLimits = attrs.field(factory=HubLimits)
    retry: RetryPolicy = attrs.field(factory=RetryPolicy)
    defaults: TimerDefaults = attrs.field(factory=TimerDefaults)
    reconcile_every: float | None = 60.0

    @property
    def call_every(self) -> float:
        """The seconds between two regular calls of a recorded meeting to itself.

        Without regular checks there are such calls too, for a later process may check again.
        """
        return WITHOUT_CHECKS if self.reconcile_every is None else self.reconcile_every

    async def now(self) -> int:
        """Returns the time, as a step of a call."""
        return self.clock()

    @property
    def rules(self) -> str:
        """The rules of this program: their release and fingerprint."""
        rules = current_rules()
        return f"{rules.release} {rules.fingerprint}"
