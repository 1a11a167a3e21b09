"""The policy machine: where the console's settings put the policy status, and who may move it.

Its table reads like that of the recording machine. Its states are the statuses of R6.
"""

from __future__ import annotations

from typing import ClassVar, Literal, cast

import attrs

from fsm.engine import Machine, Refusal, guard
from fsm.recording.account import Account, AutoRecord
from fsm.recording.vocabulary import KINDS, Edition, Kind, PolicyStatus

ConsoleTrigger = Literal[
    "enable", "disable", "lock", "unlock", "switch_on", "switch_off", "choose_kind", "set_options"
]
ConsoleReason = Literal["no_console", "not_permitted", "no_sub_options"]


@attrs.frozen
class Actor:
    """Who asks for a change of the console.

    Args:
        role: what the account made of them.
        account_settings: whether an admin holds the account-settings permission.
    """

    role: Literal["super_admin", "admin", "user"]
    account_settings: bool = False


@attrs.frozen
class Enable:
    """Let meetings record by themselves."""

    trigger: ClassVar[ConsoleTrigger] = "enable"
    by: Actor


@attrs.frozen
class Disable:
    """Let meetings no longer record by themselves."""

    trigger: ClassVar[ConsoleTrigger] = "disable"
    by: Actor


@attrs.frozen
class Lock:
    """Keep users from changing it."""

    trigger: ClassVar[ConsoleTrigger] = "lock"
    by: Actor


@attrs.frozen
class Unlock:
    """Let users change it."""

    trigger: ClassVar[ConsoleTrigger] = "unlock"
    by: Actor


@attrs.frozen
class SwitchOn:
    """Turn a kind's master switch on."""

    trigger: ClassVar[ConsoleTrigger] = "switch_on"
    by: Actor
    kind: Kind


@attrs.frozen
class SwitchOff:
    """Turn a kind's master switch off."""

    trigger: ClassVar[ConsoleTrigger] = "switch_off"
    by: Actor
    kind: Kind


@attrs.frozen
class ChooseKind:
    """Choose what is recorded. A local recording has no sub-options, so they are reset (R7)."""

    trigger: ClassVar[ConsoleTrigger] = "choose_kind"
    by: Actor
    kind: Kind


@attrs.frozen
class SetOptions:
    """Set the sub-options of a cloud recording (R8, R9)."""

    trigger: ClassVar[ConsoleTrigger] = "set_options"
    by: Actor
    start_on_any_join: bool = False
    host_may_pause: bool = True


Change = Enable | Disable | Lock | Unlock | SwitchOn | SwitchOff | ChooseKind | SetOptions


@attrs.frozen
class ConsoleRow:
    """One row of the policy table.

    Args:
        when: conditions that must hold.
        unless: conditions that must not.
    """

    trigger: ConsoleTrigger
    source: tuple[PolicyStatus, ...]
    target: PolicyStatus | None
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    rules: tuple[str, ...] = ("R6",)


@attrs.frozen
class Changed:
    """The answer to a change.

    Args:
        before: the status in which it was met.
        status: the status after it; the same where it was refused.
        rules: ids of the rules that decided.
        refused: why it was refused; ``None`` where it was accepted.
    """

    before: PolicyStatus
    status: PolicyStatus
    rules: tuple[str, ...] = ()
    refused: ConsoleReason | None = None


STATUSES: tuple[PolicyStatus, ...] = ("free", "default_on", "locked_on", "off")

# fmt: off
CONSOLE_ROWS = (
    ConsoleRow("enable", ("free",), "default_on", ("own_kind_is_on",)),
    ConsoleRow("enable", ("off",), "locked_on", ("own_kind_is_on",)),
    ConsoleRow("enable", STATUSES, None),

    ConsoleRow("disable", ("default_on",), "free"),
    ConsoleRow("disable", ("locked_on",), "off"),
    ConsoleRow("disable", ("free", "off"), None),

    ConsoleRow("lock", ("default_on",), "locked_on"),
    ConsoleRow("lock", ("free",), "off"),
    ConsoleRow("lock", ("locked_on", "off"), None),

    ConsoleRow("unlock", ("locked_on",), "default_on"),
    ConsoleRow("unlock", ("off",), "free", ("some_kind_is_on",)),
    ConsoleRow("unlock", ("free", "default_on", "off"), None),

    ConsoleRow("switch_off", ("free", "default_on", "locked_on"), "off",
        ("switches_last_one",), (), ("R6", "D6")),
    ConsoleRow("switch_off", ("default_on",), "free",
        ("switches_own_kind",), ("switches_last_one",), ("D6",)),
    ConsoleRow("switch_off", ("locked_on",), "off",
        ("switches_own_kind",), ("switches_last_one",), ("D6",)),
    ConsoleRow("switch_off", STATUSES, None),

    ConsoleRow("switch_on", ("off",), "locked_on",
        ("brings_enabled_kind", "is_locked"), (), ("D6",)),
    ConsoleRow("switch_on", ("off",), "default_on",
        ("brings_enabled_kind",), ("is_locked",), ("D6",)),
    ConsoleRow("switch_on", ("off",), "free",
        (), ("brings_enabled_kind", "is_locked"), ("R6", "D6")),
    ConsoleRow("switch_on", ("free",), "default_on", ("brings_enabled_kind",), (), ("D6",)),
    ConsoleRow("switch_on", STATUSES, None),

    ConsoleRow("choose_kind", ("free",), "default_on",
        ("is_enabled", "chosen_kind_is_on"), (), ("D6",)),
    ConsoleRow("choose_kind", ("off",), "locked_on",
        ("is_enabled", "chosen_kind_is_on"), (), ("D6",)),
    ConsoleRow("choose_kind", ("default_on",), "free", (), ("chosen_kind_is_on",), ("D6",)),
    ConsoleRow("choose_kind", ("locked_on",), "off", (), ("chosen_kind_is_on",), ("D6",)),
    ConsoleRow("choose_kind", STATUSES, None),

    ConsoleRow("set_options", STATUSES, None, ("own_kind_is_cloud",), (), ("R7",)),
)
# fmt: on
_REQUIRED = ("has_console", "may_change_settings")
_EFFECTS: dict[ConsoleTrigger, str] = {
    "enable": "enables",
    "disable": "disables",
    "lock": "locks",
    "unlock": "unlocks",
    "switch_on": "switches_on",
    "switch_off": "switches_off",
    "choose_kind": "chooses_kind",
    "set_options": "sets_options",
}


@attrs.define
class Console:
    """An account's console: its settings, and the status they amount to.

    A new one stands as R6 has it by default: ``free``, both kinds on.

    >>> console = Console("business")
    >>> console.handle(Enable(Actor("admin"))).refused
    'not_permitted'
    >>> console.handle(Enable(Actor("super_admin"))).status
    'default_on'
    """

    edition: Edition
    state: PolicyStatus = "free"
    enabled: bool = False
    locked: bool = False
    kind: Kind = "cloud"
    start_on_any_join: bool = False
    host_may_pause: bool = True
    kinds: frozenset[Kind] = frozenset(KINDS)

    @classmethod
    def of(cls, account: Account) -> Console:
        """Return the console of an account, brought there by the changes that lead to it.

        So the status of stored settings comes from the same table as that of a console
        which is being changed.
        """
        console = cls(account.edition)
        if account.has_console:
            for change in _changes(account):
                console.handle(change)
        return console

    @property
    def account(self) -> Account:
        """The account with the settings as they stand."""
        return Account(
            self.edition,
            "cloud" in self.kinds,
            "local" in self.kinds,
            AutoRecord(
                self.enabled, self.locked, self.kind, self.start_on_any_join, self.host_may_pause
            ),
        )

    def handle(self, change: Change) -> Changed:
        """Make a change, or refuse it and change nothing.

        Args:
            change: what is asked for, and by whom.
        """
        decision = POLICY.decide(self, change.trigger, change)
        before = self.state
        if isinstance(decision, Refusal):
            assert decision.guard is not None
            description = decision.guard.description
            return Changed(
                before, before, description.rules, cast(ConsoleReason, description.reason)
            )
        decision.apply(self, change)
        return Changed(before, self.state, decision.info.rules)

    # -- what every change requires ------------------------------------------------------

    @guard("the edition has a console", reason="no_console", rules=("R4",), static=True)
    def has_console(self, event: object = None) -> bool:
        """The edition has a console."""
        return Account(self.edition).has_console

    @guard("by someone who may", reason="not_permitted", rules=("R4",))
    def may_change_settings(self, event: Change) -> bool:
        """A super admin asks, or an admin with the account-settings permission."""
        by = event.by
        return by.role == "super_admin" or (by.role == "admin" and by.account_settings)

    # -- conditions of the rows ------------------------------------------------------------

    @guard("enabled", rules=("R6",))
    def is_enabled(self, event: object) -> bool:
        """Automatic recording is enabled."""
        return self.enabled

    @guard("locked", rules=("R6",))
    def is_locked(self, event: object) -> bool:
        """The setting is locked."""
        return self.locked

    @guard("the admin's kind is on", rules=("D6",))
    def own_kind_is_on(self, event: object) -> bool:
        """The master switch of the admin's kind is on."""
        return self.kind in self.kinds

    @guard("some kind is on", rules=("D6",))
    def some_kind_is_on(self, event: object) -> bool:
        """Some master switch is on."""
        return bool(self.kinds)

    @guard("the last kind on", rules=("D6",))
    def switches_last_one(self, event: SwitchOff) -> bool:
        """No other kind's switch is on."""
        return self.kinds <= {event.kind}

    @guard("the admin's kind", rules=("D6",))
    def switches_own_kind(self, event: SwitchOff) -> bool:
        """It is the switch of the admin's kind."""
        return event.kind == self.kind

    @guard("the admin's enabled kind", rules=("D6",))
    def brings_enabled_kind(self, event: SwitchOn) -> bool:
        """The admin's kind comes on, and auto-recording is enabled."""
        return self.enabled and event.kind == self.kind

    @guard("the chosen kind is on", rules=("D6",))
    def chosen_kind_is_on(self, event: ChooseKind) -> bool:
        """The master switch of the chosen kind is on."""
        return event.kind in self.kinds

    @guard("the admin's kind is cloud", reason="no_sub_options", rules=("R7",))
    def own_kind_is_cloud(self, event: object) -> bool:
        """The admin's kind has sub-options."""
        return self.kind == "cloud"

    # -- effects ------------------------------------------------------------------------------

    def enables(self, event: Enable) -> None:
        """Note it."""
        self.enabled = True

    def disables(self, event: Disable) -> None:
        """Note it."""
        self.enabled = False

    def locks(self, event: Lock) -> None:
        """Note it."""
        self.locked = True

    def unlocks(self, event: Unlock) -> None:
        """Note it."""
        self.locked = False

    def switches_on(self, event: SwitchOn) -> None:
        """Note it."""
        self.kinds |= {event.kind}

    def switches_off(self, event: SwitchOff) -> None:
        """Note it."""
        self.kinds -= {event.kind}

    def chooses_kind(self, event: ChooseKind) -> None:
        """Note it, and forget the sub-options that a local recording does not have (R7)."""
        self.kind = event.kind
        if event.kind == "local":
            self.start_on_any_join, self.host_may_pause = False, True

    def sets_options(self, event: SetOptions) -> None:
        """Note them."""
        self.start_on_any_join = event.start_on_any_join
        self.host_may_pause = event.host_may_pause


def _changes(account: Account) -> list[Change]:
    by = Actor("super_admin")
    auto = account.auto_record
    changes: list[Change] = [ChooseKind(by, auto.kind)]
    if auto.kind == "cloud":
        changes.append(SetOptions(by, auto.start_on_any_join, auto.host_may_pause))
    changes += [SwitchOff(by, kind) for kind in KINDS if kind not in account.kinds]
    changes += [Enable(by)] * auto.enabled + [Lock(by)] * auto.locked
    return changes


def _build() -> Machine:
    machine = Machine(
        name="policy",
        states=list(STATUSES),
        initial=STATUSES[0],
        auto_transitions=False,
        preconditions=dict.fromkeys(_EFFECTS, _REQUIRED),
    )
    for row in CONSOLE_ROWS:
        machine.add_transition(
            row.trigger,
            list(row.source),
            row.target,
            conditions=list(row.when),
            unless=list(row.unless),
            after=_EFFECTS[row.trigger],
            info=row,
        )
    return machine


POLICY = _build().freeze(Console)
