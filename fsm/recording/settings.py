"""How a meeting opens: what its plan is resolved from."""

from __future__ import annotations

import attrs
from attrs.validators import optional

from fsm.recording.account import Account
from fsm.recording.plan import Choice, Resolution, resolve
from fsm.recording.validators import instance_of, one_of
from fsm.recording.vocabulary import MeetingType


@attrs.frozen
class MeetingSettings:
    """The settings of the moment in which a meeting opens; its plan is resolved once (D8).

    Args:
        account: the organiser's account.
        user: the organiser's own setting, if one is stored.
        booking: what was picked for this meeting, if it was booked.
        type: what kind of meeting it is.

    Raises:
        ValueError: an unknown type.
        TypeError: a part of another type.
    """

    account: Account = attrs.field(validator=instance_of(Account))
    user: Choice | None = attrs.field(default=None, validator=optional(instance_of(Choice)))
    booking: Choice | None = attrs.field(default=None, validator=optional(instance_of(Choice)))
    type: MeetingType = attrs.field(default="scheduled", validator=one_of(MeetingType))

    def resolve(self) -> Resolution:
        """Resolve the plan, with the reasons for each part.

        Raises:
            ValueError: a booking of a meeting that nobody books (D13).
        """
        return resolve(self.account, self.user, self.booking, self.type)
