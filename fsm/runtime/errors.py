"""Errors of a hub."""

from __future__ import annotations


class HubError(Exception):
    """A request that failed. Nothing has changed, except as said at :class:`JournalError`."""


class UnknownMeetingError(HubError):
    """The id of no meeting."""

    def __init__(self, meeting: str) -> None:
        super().__init__(f"there is no meeting {meeting!r} (open it first)")
        self.meeting = meeting


class UnknownAccountError(HubError):
    """The id of no account."""

    def __init__(self, account: str) -> None:
        super().__init__(f"there is no account {account!r} (create it first)")
        self.account = account


class ConflictError(HubError):
    """An id that was used before, for something else."""


class BusyError(HubError):
    """A limit that is reached; the request may succeed later.

    Args:
        reason: the limit that is reached.
        retry_after: seconds after which another attempt makes sense.
    """

    def __init__(self, reason: str, retry_after: float = 1.0) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class ClosedError(HubError):
    """A hub that is closed, or closing, or was never opened; nothing changed."""

    def __init__(self, reason: str = "the hub is closed") -> None:
        super().__init__(reason)


class JournalError(HubError):
    """A journal that could not be written or read.

    A change that could not be committed is rolled back in memory. If the process crashes or closes
    during the commit, it may still be in the journal; so send an event again with the same id.
    """


class ClusterError(JournalError):
    """A cluster that cannot be reached, or that refuses a call."""


class CorruptMeetingError(JournalError):
    """A meeting whose rows in the journal are corrupt; the other meetings can be read."""


class OtherRecorderError(JournalError):
    """A hub with another recorder than the one that may still be recording for its meetings."""


class MovedError(JournalError):
    """A meeting or an account that is elsewhere, or still on its way here; nothing changed.

    Its events may be sent again, with their ids, to the runtime that has it.
    """


class PrunedError(JournalError):
    """A commit with rows of a meeting that another process has pruned; nothing was written."""


class JournalFileError(JournalError):
    """A file that cannot be used as a journal; the message names the file and the reason."""
