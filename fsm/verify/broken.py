"""A promise that does not hold, and the settings of a meeting that shows it."""

from __future__ import annotations

from typing import Any

import attrs

from fsm.recording.account import Account
from fsm.recording.plan import Choice, Resolution, resolve
from fsm.recording.words import MeetingType


@attrs.frozen
class Opening:
    """The settings with which a meeting opens.

    Args:
        account: the organiser's account.
        user: the organiser's own setting.
        booking: what was picked for the meeting.
        type: the type of the meeting.
    """

    account: Account
    user: Choice | None = None
    booking: Choice | None = None
    type: MeetingType = "scheduled"

    def resolve(self) -> Resolution:
        """Return how its plan comes about."""
        return resolve(self.account, self.user, self.booking, self.type)


@attrs.frozen
class Broken:
    """A promise that does not hold.

    Args:
        name: the promise.
        rules: ids of the rules it stands for.
        what: what is wrong.
        opening: the settings of a meeting that shows it; ``None`` where no meeting does.
        events: the shortest way to it.
        begins: where the way begins, in words, if not with the settings of a meeting.
    """

    name: str
    rules: tuple[str, ...]
    what: str
    opening: Opening | None
    events: tuple[Any, ...] = ()
    begins: str = ""
