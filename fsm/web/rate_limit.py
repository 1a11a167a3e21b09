"""Rate limiter: a token bucket for each key."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

from fsm.web.settings import Rate


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

    def acquire(self, key: str) -> float:
        """Takes one permit of a key.

        Returns:
            0 if there was a permit, otherwise the seconds until there will be one.
        """
        now = self._clock()
        permits, updated = self._buckets.pop(key, (float(self._rate.burst), now))
        permits = min(self._rate.burst, permits + (now - updated) * self._rate.per_second)
        wait = 0.0 if permits >= 1 else (1 - permits) / self._rate.per_second
        self._buckets[key] = (permits - 1 if permits >= 1 else permits), now
        if len(self._buckets) > self._max_keys:
            self._buckets.popitem(last=False)
        return wait
