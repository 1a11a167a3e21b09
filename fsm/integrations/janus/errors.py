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


class RecordingStoreError(JanusError):
    """The file of the recorder cannot be read or written."""

    def __init__(self, error: Exception) -> None:
        # With a code: Janus itself can be reached.
        super().__init__(f"the store of recordings failed: {error}", code=0)


class JoinTokenError(ValueError):
    """A join token is forged, expired, or meant for another meeting."""
