"""The account: its edition and, from business up, what its admin console is set to."""

from __future__ import annotations

import attrs

from fsm.recording.validators import instance_of, one_of
from fsm.recording.vocabulary import CONSOLE_EDITIONS, KINDS, Edition, Kind


@attrs.frozen
class AutoRecord:
    """The console's settings for automatic recording.

    Args:
        enabled: whether meetings record by themselves.
        locked: whether users are kept from changing that.
        kind: what is recorded.
        start_on_any_join: anyone's join starts it, not only a host's (R8); cloud only (R7).
        host_may_pause: hosts may pause and stop it (R9); cloud only (R7).

    Raises:
        ValueError: sub-options of a local recording, or an unknown kind.
        TypeError: a setting that is neither true nor false.
    """

    enabled: bool = attrs.field(default=False, validator=instance_of(bool))
    locked: bool = attrs.field(default=False, validator=instance_of(bool))
    kind: Kind = attrs.field(default="cloud", validator=one_of(Kind))
    start_on_any_join: bool = attrs.field(default=False, validator=instance_of(bool))
    host_may_pause: bool = attrs.field(default=True, validator=instance_of(bool))

    def __attrs_post_init__(self) -> None:
        if self.kind == "local" and (self.start_on_any_join or not self.host_may_pause):
            raise ValueError("a local recording has no sub-options (R7)")


@attrs.frozen
class Account:
    """The tenant that a meeting belongs to.

    Args:
        edition: what it has bought; ``free`` and ``pro`` have no console (R4).
        cloud_recording: the console's master switch for cloud recording.
        local_recording: the console's master switch for local recording.
        auto_record: the console's settings for automatic recording.

    Raises:
        ValueError: console settings without a console, or an unknown edition.
        TypeError: a setting that is of another type.
    """

    edition: Edition = attrs.field(validator=one_of(Edition))
    cloud_recording: bool = attrs.field(default=True, validator=instance_of(bool))
    local_recording: bool = attrs.field(default=True, validator=instance_of(bool))
    auto_record: AutoRecord = attrs.field(default=AutoRecord(), validator=instance_of(AutoRecord))

    def __attrs_post_init__(self) -> None:
        switched = not (self.cloud_recording and self.local_recording)
        if not self.has_console and (switched or self.auto_record != AutoRecord()):
            raise ValueError(f"{self.edition} accounts have no console to set (R4)")

    @property
    def has_console(self) -> bool:
        """Whether the edition comes with an admin console (R4)."""
        return self.edition in CONSOLE_EDITIONS

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds whose master switch is on; an edition without switches has both (D2)."""
        on = {"cloud": self.cloud_recording, "local": self.local_recording}
        return tuple(kind for kind in KINDS if on[kind])
