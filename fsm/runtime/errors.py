"""What can go wrong when a hub is asked for something."""

from __future__ import annotations


class HubError(Exception):
    """A hub cannot do what it was asked to; but for a :class:`JournalError` nothing was changed."""


class UnknownMeetingError(HubError):
    """There is no meeting with this id."""

    def __init__(self, meeting: str) -> None:
        super().__init__(f"there is no meeting {meeting!r} (open it first)")
        self.meeting = meeting


class UnknownAccountError(HubError):
    """There is no account with this id."""

    def __init__(self, account: str) -> None:
        super().__init__(f"there is no account {account!r} (create it first)")


class ConflictError(HubError):
    """An id was used before, for something else."""


class BusyError(HubError):
    """More waits than the hub may hold; try again later.

    Args:
        what: what there is too much of.
        retry_after: seconds after which trying again makes sense.
    """

    def __init__(self, what: str, retry_after: float = 1.0) -> None:
        super().__init__(what)
        self.retry_after = retry_after


class ClosedError(HubError):
    """The hub is closed, or closing, or was never opened; nothing was taken."""

    def __init__(self, what: str = "the hub is closed") -> None:
        super().__init__(what)


class JournalError(HubError):
    """The journal could not be written or read.

    What was to be written is not acknowledged and is taken back. A crash in that moment may
    still bring it back, so ask again with the same event id.
    """


class CorruptMeetingError(JournalError):
    """What the journal holds of one meeting cannot be read; of others it can."""


class JournalFileError(JournalError):
    """A file cannot be used as a journal; the message says which, and why."""
