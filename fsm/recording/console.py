"""The policy machine: the admin console as its model, and the machine frozen from its table."""

from __future__ import annotations

from typing import assert_never, cast

import attrs

from fsm.engine import Machine, Refusal, guard
from fsm.recording.console_changes import (
    Actor,
    Change,
    Changed,
    ChooseKind,
    ConsoleReason,
    Disable,
    Enable,
    Lock,
    SetOptions,
    SwitchOff,
    SwitchOn,
    Unlock,
)
from fsm.recording.policy_table import (
    CONSOLE_ACTIONS,
    CONSOLE_PRECONDITIONS,
    CONSOLE_ROWS,
    STATUSES,
)
from fsm.recording.settings import Account, AutoRecord
from fsm.recording.vocabulary import (
    CONSOLE_EDITIONS,
    KINDS,
    KINDS_WITH_OPTIONS,
    Edition,
    Kind,
    PolicyStatus,
)


@attrs.define
class Console:
    """The model of the policy machine: an account's console and its policy status.

    A new console has the default settings of R6: status ``free``, both kinds on.

    >>> from fsm.recording import Actor, Enable
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
        """Returns the console of an account, computed by replaying its settings as changes.

        The status of stored settings thus comes from the same table as that of a console that
        is being changed.
        """
        console = cls(account.edition)
        if account.has_console:
            for change in _changes(account):
                console.handle(change)
        return console

    @property
    def account(self) -> Account:
        """The account with the current settings."""
        return Account(
            self.edition,
            "cloud" in self.kinds,
            "local" in self.kinds,
            AutoRecord(
                self.enabled, self.locked, self.kind, self.start_on_any_join, self.host_may_pause
            ),
        )

    def handle(self, change: Change) -> Changed:
        """Handles a change. A refused change has no effect.

        Args:
            change: the requested change, with its actor.
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

    # -- preconditions -----------------------------------------------------------------------

    @guard("the edition has a console", reason="no_console", rules=("R4",), static=True)
    def has_console(self, event: object = None) -> bool:
        """The edition has a console."""
        return self.edition in CONSOLE_EDITIONS

    @guard("by a permitted admin", reason="not_permitted", rules=("R4",))
    def may_change_settings(self, event: Change) -> bool:
        """The actor is a super admin, or an admin with the account-settings permission (R4)."""
        match event.by.role:
            case "super_admin":
                return True
            case "admin":
                return event.by.account_settings
            case "user":
                return False
            case _:
                assert_never(event.by.role)

    # -- guards ------------------------------------------------------------------------------

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
        """No other master switch is on."""
        return self.kinds <= {event.kind}

    @guard("the admin's kind", rules=("D6",))
    def switches_own_kind(self, event: SwitchOff) -> bool:
        """The switch is that of the admin's kind."""
        return event.kind == self.kind

    @guard(
        "the admin's kind and enabled",
        rules=("D6",),
        negative="not the admin's kind or not enabled",
    )
    def brings_enabled_kind(self, event: SwitchOn) -> bool:
        """The switch of the admin's kind is turned on, and auto-recording is enabled."""
        return self.enabled and event.kind == self.kind

    @guard("the chosen kind is on", rules=("D6",), negative="the chosen kind is off")
    def chosen_kind_is_on(self, event: ChooseKind) -> bool:
        """The master switch of the chosen kind is on."""
        return event.kind in self.kinds

    @guard("the admin's kind is cloud", reason="no_sub_options", rules=("R7",))
    def own_kind_is_cloud(self, event: object) -> bool:
        """The admin's kind has sub-options."""
        return self.kind in KINDS_WITH_OPTIONS

    # -- actions -----------------------------------------------------------------------------

    def enable(self, event: Enable) -> None:
        """Enables automatic recording."""
        self.enabled = True

    def disable(self, event: Disable) -> None:
        """Disables automatic recording."""
        self.enabled = False

    def lock(self, event: Lock) -> None:
        """Locks the setting."""
        self.locked = True

    def unlock(self, event: Unlock) -> None:
        """Unlocks the setting."""
        self.locked = False

    def switch_on(self, event: SwitchOn) -> None:
        """Turns a master switch on."""
        self.kinds |= {event.kind}

    def switch_off(self, event: SwitchOff) -> None:
        """Turns a master switch off."""
        self.kinds -= {event.kind}

    def choose_kind(self, event: ChooseKind) -> None:
        """Sets the kind, and resets the sub-options, which only a cloud recording has (R7)."""
        self.kind = event.kind
        if event.kind not in KINDS_WITH_OPTIONS:
            self.start_on_any_join, self.host_may_pause = False, True

    def set_options(self, event: SetOptions) -> None:
        """Sets the sub-options."""
        self.start_on_any_join = event.start_on_any_join
        self.host_may_pause = event.host_may_pause


def _changes(account: Account) -> list[Change]:
    by = Actor("super_admin")
    auto = account.auto_record
    changes: list[Change] = [ChooseKind(by, auto.kind)]
    if auto.kind in KINDS_WITH_OPTIONS:
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
        preconditions=dict.fromkeys(CONSOLE_ACTIONS, CONSOLE_PRECONDITIONS),
    )
    for row in CONSOLE_ROWS:
        machine.add_transition(
            row.trigger,
            list(row.source),
            row.target,
            conditions=list(row.when),
            unless=list(row.unless),
            after=CONSOLE_ACTIONS[row.trigger],
            info=row,
        )
    return machine


POLICY = _build().freeze(Console)
