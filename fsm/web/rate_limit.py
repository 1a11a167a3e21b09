"""Rate limits: a token bucket for each key."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

import attrs

from fsm.web.problems import ProblemError


@attrs.frozen
class Rate:
    """Limit of a rate.

    Args:
        per_second: the number of requests a second in the long run.
        burst: the number of requests at once after a pause.
    """

    per_second: float
    burst: int


class RateLimiter:
    """Token buckets of one rate. A key that is not remembered has a full bucket.

    Args:
        rate: the rate at which buckets fill, and their size.
        max_keys: the number of keys to remember; the least recently used are forgotten first.
        clock: a function that returns the time in seconds.
    """

    def __init__(
        self, rate: Rate, max_keys: int = 100_000, clock: Callable[[], float] = monotonic
    ) -> None:
        self._rate = rate
        self._max_keys = max_keys
        self._clock = clock
        # The number of permits of each key, and the time at which it was computed.
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def acquire_or_retry_after(self, key: str) -> float:
        """Takes a permit of a key, if there is one.

        Returns:
            0 if there was a permit, otherwise the seconds after which to retry.
        """
        now = self._clock()
        permits, updated = self._buckets.pop(key, (float(self._rate.burst), now))
        permits = min(self._rate.burst, permits + (now - updated) * self._rate.per_second)
        retry_after = 0.0 if permits >= 1 else (1 - permits) / self._rate.per_second
        self._buckets[key] = (permits - 1 if permits >= 1 else permits), now
        if len(self._buckets) > self._max_keys:
            self._buckets.popitem(last=False)
        return retry_after


def check_rate(limiter: RateLimiter, key: str, subject: str) -> None:
    """Counts a request against a rate limit.

    Args:
        limiter: the rate limiter.
        key: the key of the request in the limiter.
        subject: the name of the limited party in the error.

    Raises:
        ProblemError: the request exceeds the limit.
    """
    retry_after = limiter.acquire_or_retry_after(key)
    if retry_after:
        raise ProblemError(
            429, "rate", "Too many requests; nothing was stored",
            f"{subject} exceeds its rate limit (send it again after the Retry-After time)",
            retry_after=retry_after,
        )  # fmt: skip
