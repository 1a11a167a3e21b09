"""Changes of the admin console, and the actors who request them."""

from __future__ import annotations

from typing import ClassVar, Literal

import attrs

from fsm.recording.vocabulary import Kind, PolicyStatus

ConsoleTrigger = Literal[
    "enable", "disable", "lock", "unlock", "switch_on", "switch_off", "choose_kind", "set_options"
]
ConsoleReason = Literal["no_console", "not_permitted", "no_sub_options"]
ActorRole = Literal["super_admin", "admin", "user"]


@attrs.frozen
class Actor:
    """The person who requests a change of the console.

    Args:
        role: the role in the account.
        account_settings: whether an admin holds the account-settings permission.
    """

    role: ActorRole
    account_settings: bool = False


# Subclasses without fields of their own need no decorator: it takes most of the time of an import.
@attrs.frozen
class _Request:
    by: Actor


@attrs.frozen
class _KindRequest:
    by: Actor
    kind: Kind


class Enable(_Request):
    """Enables automatic recording."""

    __slots__ = ()
    trigger: ClassVar[ConsoleTrigger] = "enable"


class Disable(_Request):
    """Disables automatic recording."""

    __slots__ = ()
    trigger: ClassVar[ConsoleTrigger] = "disable"


class Lock(_Request):
    """Prevents users from changing the setting."""

    __slots__ = ()
    trigger: ClassVar[ConsoleTrigger] = "lock"


class Unlock(_Request):
    """Allows users to change the setting."""

    __slots__ = ()
    trigger: ClassVar[ConsoleTrigger] = "unlock"


class SwitchOn(_KindRequest):
    """Turns the master switch of a kind on."""

    __slots__ = ()
    trigger: ClassVar[ConsoleTrigger] = "switch_on"


class SwitchOff(_KindRequest):
    """Turns the master switch of a kind off."""

    __slots__ = ()
    trigger: ClassVar[ConsoleTrigger] = "switch_off"


class ChooseKind(_KindRequest):
    """Sets the kind of recording. A kind without sub-options resets them (R7)."""

    __slots__ = ()
    trigger: ClassVar[ConsoleTrigger] = "choose_kind"


@attrs.frozen
class SetOptions:
    """Sets the sub-options of a cloud recording (R8, R9)."""

    trigger: ClassVar[ConsoleTrigger] = "set_options"
    by: Actor
    start_on_any_join: bool = False
    host_may_pause: bool = True


Change = Enable | Disable | Lock | Unlock | SwitchOn | SwitchOff | ChooseKind | SetOptions


@attrs.frozen
class Changed:
    """The answer to a change.

    Args:
        before: the policy status before the change.
        status: the status after it; the same if it was refused.
        rules: ids of the rules that decided.
        refused: the reason for a refusal; ``None`` if the change was accepted.
    """

    before: PolicyStatus
    status: PolicyStatus
    rules: tuple[str, ...] = ()
    refused: ConsoleReason | None = None
