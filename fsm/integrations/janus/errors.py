"""Errors of the adapter to Janus."""

from __future__ import annotations


class JanusError(Exception):
    """Janus cannot be reached, or answered with an error.

    Args:
        message: the error, for people.
        code: the error code of Janus or its plugin; ``None`` if there is no answer.
    """

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class JoinTokenError(ValueError):
    """A join token is forged, expired, or meant for another meeting."""
