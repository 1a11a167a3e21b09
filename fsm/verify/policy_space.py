"""The state space of the policy machine: every change of a console, by every actor."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import product
from operator import attrgetter
from typing import assert_never, get_args

import attrs

from fsm.engine import Refusal, Row
from fsm.engine.state_space import ExploredStep, Property, StateSpace
from fsm.recording.console import Console
from fsm.recording.console_changes import (
    Actor,
    ActorRole,
    Change,
    ChooseKind,
    ConsoleTrigger,
    Disable,
    Enable,
    Lock,
    SetOptions,
    SwitchOff,
    SwitchOn,
    Unlock,
)
from fsm.recording.policy_table import ConsoleRow
from fsm.recording.settings import Account
from fsm.recording.vocabulary import KINDS, Edition, check_complete
from fsm.verify.plan_rules import EDITIONS_WITHOUT_CONSOLE, KINDS_WITH_SUB_OPTIONS, expected_status
from fsm.verify.violation import describe_difference, describe_refusal_difference

ACTORS = tuple(
    Actor(role, account_settings=holds)
    for role, holds in product(get_args(ActorRole), (True, False))
)
"""The actors: every role in the account, with the account-settings permission and without it."""


def initial_consoles() -> list[tuple[Console, None]]:
    """Returns a new console of each edition."""
    return [(Console(edition), None) for edition in get_args(Edition)]


def describe_console(console: Console) -> str:
    """Describes an initial console in words."""
    return f"a new console of the {console.edition} edition"


def console_changes(console: Console, _: None) -> Iterator[tuple[str, Change]]:
    """Yields every change by every actor."""
    changes: list[Change] = []
    for by in ACTORS:
        changes += [Enable(by), Disable(by), Lock(by), Unlock(by)]
        for kind in KINDS:
            changes += [SwitchOn(by, kind), SwitchOff(by, kind), ChooseKind(by, kind)]
        changes += [SetOptions(by, *both) for both in product((False, True), repeat=2)]
    return ((change.trigger, change) for change in changes)


check_complete(
    {trigger for trigger, _ in console_changes(Console("business"), None)},
    get_args(ConsoleTrigger), "console_changes in fsm/verify/policy_space.py", "its changes",
)  # fmt: skip


def _expected_refusal(step: ExploredStep[Console]) -> str | None:
    by: Actor = step.event.by
    if step.before.edition in EDITIONS_WITHOUT_CONSOLE:
        return "no_console"
    if not _may_change(by):
        return "not_permitted"
    if isinstance(step.event, SetOptions) and step.before.kind not in KINDS_WITH_SUB_OPTIONS:
        return "no_sub_options"
    return None


def _may_change(by: Actor) -> bool:
    match by.role:
        case "super_admin":
            return True
        case "admin":
            return by.account_settings
        case "user":
            return False
        case _:
            assert_never(by.role)


def _refusal_agrees(step: ExploredStep[Console]) -> str | None:
    actual = None
    if isinstance(step.decision, Refusal):
        actual = step.decision.guard.description.reason if step.decision.guard else "no row"
    return describe_refusal_difference(actual, _expected_refusal(step))


def _status_agrees(step: ExploredStep[Console]) -> str | None:
    if step.after.edition in EDITIONS_WITHOUT_CONSOLE:
        return None
    expected = expected_status(step.after.account)
    if step.after.state == expected:
        return None
    return f"it is {step.after.state}, R6 says {expected}"


def _changed(account: Account, change: Change) -> Account:
    """Returns the account after a change, by the words of the change."""
    auto = account.auto_record
    match change:
        case Enable() | Disable():
            auto = attrs.evolve(auto, enabled=isinstance(change, Enable))
        case Lock() | Unlock():
            auto = attrs.evolve(auto, locked=isinstance(change, Lock))
        case ChooseKind() if change.kind in KINDS_WITH_SUB_OPTIONS:
            auto = attrs.evolve(auto, kind=change.kind)
        case ChooseKind():
            auto = attrs.evolve(
                auto, kind=change.kind, start_on_any_join=False, host_may_pause=True
            )
        case SetOptions():
            auto = attrs.evolve(
                auto,
                start_on_any_join=change.start_on_any_join,
                host_may_pause=change.host_may_pause,
            )
        case SwitchOn() | SwitchOff():
            on = isinstance(change, SwitchOn)
            match change.kind:
                case "cloud":
                    return attrs.evolve(account, cloud_recording=on)
                case "local":
                    return attrs.evolve(account, local_recording=on)
                case _:
                    assert_never(change.kind)
        case _:
            assert_never(change)
    return attrs.evolve(account, auto_record=auto)


def _effect_agrees(step: ExploredStep[Console]) -> str | None:
    if isinstance(step.decision, Refusal):
        return None
    expected = _changed(step.before.account, step.event)
    actual = step.after.account
    return None if actual == expected else describe_difference(actual, expected)


CONSOLE_INVARIANTS = (
    Property("Only permitted actors change the console", ("R4", "R7"), _refusal_agrees),
    Property("The status is the one of the status table", ("R6", "D6"), _status_agrees),
    Property("A change has its own effect and no other", ("R4", "R7"), _effect_agrees),
)


def _declared(row: Row) -> Hashable:
    declared: ConsoleRow = row.info
    return declared


_field_values = attrgetter(*(field.name for field in attrs.fields(Console)))

POLICY_SPACE: StateSpace[Console] = StateSpace(
    events=console_changes,
    copy=attrs.evolve,
    key=lambda console, _: _field_values(console),
    properties=CONSOLE_INVARIANTS,
    group=_declared,
)
