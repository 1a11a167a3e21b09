"""How often something may happen: a token bucket for each key."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

from fsm.web.settings import Rate


class Buckets:
    """Buckets of one rate. A key that was not heard of lately has a full one.

    Args:
        rate: how fast a bucket fills, and how much it holds.
        most: how many keys are remembered; those unheard of for longest go first.
        clock: returns the time in seconds.
    """

    def __init__(
        self, rate: Rate, most: int = 100_000, clock: Callable[[], float] = monotonic
    ) -> None:
        self._rate = rate
        self._most = most
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str) -> float:
        """Take one from a bucket.

        Returns:
            0 where there was one; else the seconds after which there will be.
        """
        now = self._clock()
        left, then = self._buckets.pop(key, (float(self._rate.burst), now))
        left = min(self._rate.burst, left + (now - then) * self._rate.per_second)
        wait = 0.0 if left >= 1 else (1 - left) / self._rate.per_second
        self._buckets[key] = (left - 1 if left >= 1 else left), now
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return wait
