"""Whether the disk is quicker than the one who gives it something to write."""

from __future__ import annotations

_WEIGHT = 1 / 8
_PATIENCE = 1 / 4
_MOST_PATIENCE = 0.1


class Pace:
    """How long commits take, compared to applying what is committed. Times are in seconds."""

    def __init__(self) -> None:
        self._commit = 0.0
        self._request = 0.0

    def applied(self, requests: int, seconds: float) -> None:
        """Note how long it took to apply some requests."""
        self._request += (seconds / requests - self._request) * _WEIGHT

    def committed(self, seconds: float) -> None:
        """Note how long a commit took."""
        self._commit += (seconds - self._commit) * _WEIGHT

    def parts(self, requests: int) -> bool:
        """Whether so many requests are better written in two commits.

        One is written while the other is applied.

        The second commit costs what a commit of nothing costs; what is won is the time in which
        the disk would do nothing. To be asked and answered takes a request about as long as to
        be applied, and its rows take the disk as long again.
        """
        return self._commit < 3 * self._request * requests

    def patience(self, requests: int) -> float:
        """Return how long a commit waits for those who were just answered to join it.

        Where so many requests are written in two commits it does not wait at all. Otherwise two
        commits would take twice as long as one, so a part of one is well spent; but not one that
        only a disk that stood still for a while seems to be worth.
        """
        if self.parts(requests):
            return 0.0
        return min(self._commit * _PATIENCE, _MOST_PATIENCE)
