"""Settings that the rules start from: the account with its console, and a user's choice."""

from __future__ import annotations

from typing import assert_never

import attrs
from attrs.validators import optional

from fsm.recording.validators import instance_of, one_of
from fsm.recording.vocabulary import (
    CONSOLE_EDITIONS,
    KINDS,
    KINDS_WITH_OPTIONS,
    Edition,
    Kind,
    Starter,
)


@attrs.frozen
class AutoRecord:
    """The console's settings for automatic recording.

    Args:
        enabled: whether meetings are recorded automatically.
        locked: whether users are prevented from changing that.
        kind: the kind of recording.
        start_on_any_join: the join of any participant starts it (R8); cloud only (R7).
        host_may_pause: hosts may pause and stop it (R9); cloud only (R7).

    Raises:
        ValueError: sub-options of a local recording, or an unknown kind.
        TypeError: a setting that is not a boolean.
    """

    enabled: bool = attrs.field(default=False, validator=instance_of(bool))
    locked: bool = attrs.field(default=False, validator=instance_of(bool))
    kind: Kind = attrs.field(default="cloud", validator=one_of(Kind))
    start_on_any_join: bool = attrs.field(default=False, validator=instance_of(bool))
    host_may_pause: bool = attrs.field(default=True, validator=instance_of(bool))

    def __attrs_post_init__(self) -> None:
        if self.kind not in KINDS_WITH_OPTIONS and (
            self.start_on_any_join or not self.host_may_pause
        ):
            raise ValueError(f"a {self.kind} recording has no sub-options (R7)")


@attrs.frozen
class Account:
    """The tenant that a meeting belongs to.

    Args:
        edition: the edition; ``free`` and ``pro`` have no console (R4).
        cloud_recording: the console's master switch for cloud recording.
        local_recording: the console's master switch for local recording.
        auto_record: the console's settings for automatic recording.

    Raises:
        ValueError: console settings without a console, or an unknown edition.
        TypeError: a setting of a wrong type.
    """

    edition: Edition = attrs.field(validator=one_of(Edition))
    cloud_recording: bool = attrs.field(default=True, validator=instance_of(bool))
    local_recording: bool = attrs.field(default=True, validator=instance_of(bool))
    auto_record: AutoRecord = attrs.field(default=AutoRecord(), validator=instance_of(AutoRecord))

    def __attrs_post_init__(self) -> None:
        switched_off = not (self.cloud_recording and self.local_recording)
        if not self.has_console and (switched_off or self.auto_record != AutoRecord()):
            raise ValueError(f"{self.edition} accounts have no console to set (R4)")

    @property
    def has_console(self) -> bool:
        """True if the edition includes an admin console (R4)."""
        return self.edition in CONSOLE_EDITIONS

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds whose master switch is on; an edition without switches has both (D2)."""
        return tuple(kind for kind in KINDS if self._is_on(kind))

    def _is_on(self, kind: Kind) -> bool:
        match kind:
            case "cloud":
                return self.cloud_recording
            case "local":
                return self.local_recording
            case _:
                assert_never(kind)


@attrs.frozen
class Choice:
    """A user's choice, in the client settings or for one booking.

    Args:
        auto_record: whether the meeting is recorded automatically.
        kind: the kind of recording; ``None`` for the form's selection.
        started_by: whose join starts it; ``None`` for a host's.
    """

    auto_record: bool = attrs.field(validator=instance_of(bool))
    kind: Kind | None = attrs.field(default=None, validator=optional(one_of(Kind)))
    started_by: Starter | None = attrs.field(default=None, validator=optional(one_of(Starter)))
