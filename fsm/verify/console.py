"""The policy machine's side of an exploration: every change of a console, by anybody."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import product
from typing import get_args

import attrs

from fsm.engine import Refusal, Row
from fsm.engine.explore import ExploredStep, Property, StateSpace
from fsm.recording.console import Console
from fsm.recording.console_changes import (
    Actor,
    Change,
    ChooseKind,
    Disable,
    Enable,
    Lock,
    SetOptions,
    SwitchOff,
    SwitchOn,
    Unlock,
)
from fsm.recording.plan import MeetingSettings
from fsm.recording.policy_table import ConsoleRow
from fsm.recording.settings import Account
from fsm.recording.vocabulary import KINDS, Edition
from fsm.verify.plans import status
from fsm.verify.words import differences, refusals

ACTORS = (
    Actor("super_admin"),
    Actor("admin", account_settings=True),
    Actor("admin"),
    Actor("user", account_settings=True),
    Actor("user"),
)
"""Everybody who may ask. Only the first two may change a console (R4)."""


def starts() -> list[tuple[Console, None]]:
    """Return the consoles to begin with: a new one of each edition."""
    return [(Console(edition), None) for edition in get_args(Edition)]


def begins(console: Console) -> str:
    """Return a console to begin with in words."""
    return f"a new console of the {console.edition} edition"


def changes(console: Console, _: None) -> Iterator[tuple[str, Change]]:
    """Yield every change that anybody may ask for."""
    tried: list[Change] = []
    for by in ACTORS:
        tried += [Enable(by), Disable(by), Lock(by), Unlock(by)]
        for kind in KINDS:
            tried += [SwitchOn(by, kind), SwitchOff(by, kind), ChooseKind(by, kind)]
        tried += [SetOptions(by, *both) for both in product((False, True), repeat=2)]
    return ((change.trigger, change) for change in tried)


def _refusal(step: ExploredStep[Console]) -> str | None:
    by: Actor = step.event.by
    if step.before.edition in ("free", "pro"):
        return "no_console"
    if by.role == "user" or (by.role == "admin" and not by.account_settings):
        return "not_permitted"
    if isinstance(step.event, SetOptions) and step.before.kind == "local":
        return "no_sub_options"
    return None


def _refuses(step: ExploredStep[Console]) -> str | None:
    told = None
    if isinstance(step.decision, Refusal):
        told = step.decision.guard.description.reason if step.decision.guard else "no row"
    return refusals(told, _refusal(step))


def _stands(step: ExploredStep[Console]) -> str | None:
    if step.after.edition in ("free", "pro"):
        return None
    wanted = status(MeetingSettings(step.after.account))
    return None if step.after.state == wanted else f"it is {step.after.state}, R6 says {wanted}"


def _changed(account: Account, change: Change) -> Account:
    """Return the account with a change made, by what the change says it is."""
    auto = account.auto_record
    match change:
        case Enable() | Disable():
            auto = attrs.evolve(auto, enabled=isinstance(change, Enable))
        case Lock() | Unlock():
            auto = attrs.evolve(auto, locked=isinstance(change, Lock))
        case ChooseKind(kind="local"):
            auto = attrs.evolve(auto, kind="local", start_on_any_join=False, host_may_pause=True)
        case ChooseKind():
            auto = attrs.evolve(auto, kind="cloud")
        case SetOptions():
            auto = attrs.evolve(
                auto,
                start_on_any_join=change.start_on_any_join,
                host_may_pause=change.host_may_pause,
            )
        case SwitchOn() | SwitchOff():
            on = isinstance(change, SwitchOn)
            return (
                attrs.evolve(account, cloud_recording=on)
                if change.kind == "cloud"
                else attrs.evolve(account, local_recording=on)
            )
    return attrs.evolve(account, auto_record=auto)


def _sets(step: ExploredStep[Console]) -> str | None:
    if isinstance(step.decision, Refusal):
        return None
    wanted = _changed(step.before.account, step.event)
    found = step.after.account
    return None if found == wanted else differences(found, wanted)


CONSOLE_PROMISES = (
    Property("Only those who may change the console change it", ("R4", "R7"), _refuses),
    Property("The status is the one of the status table", ("R6", "D6"), _stands),
    Property("A change sets what it says, and nothing else", ("R4", "R7"), _sets),
)


def _declared(row: Row) -> Hashable:
    declared: ConsoleRow = row.info
    return declared


WORLD: StateSpace[Console] = StateSpace(
    events=changes,
    copy=attrs.evolve,
    key=lambda console, _: attrs.astuple(console),
    properties=CONSOLE_PROMISES,
    group=_declared,
)
