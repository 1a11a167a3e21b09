"""The settings space: all settings of a meeting that may differ in effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, product
from typing import TypeVar, get_args

from fsm.recording.plan import MeetingSettings
from fsm.recording.settings import Account, AutoRecord, Choice
from fsm.recording.vocabulary import KINDS, Edition, Kind, MeetingType, Starter
from fsm.verify.violation import RuleViolation, describe

Violations = dict[str, RuleViolation]
"""The violations, by invariant."""
_CREATABLE = "All settings of the rules can be created"


def all_settings(violations: Violations | None = None) -> Iterator[MeetingSettings]:
    """Yields all settings that may differ in effect, the simplest first.

    Every account is combined with every meeting type, and with each single choice that has no
    synonym. All choices, single and in pairs, are combined with every edition and type under the
    console's main settings, and with all accounts of one edition with a console and one without.
    In these two editions, each single choice is combined with every type as well.

    Args:
        violations: receives a violation for settings that cannot be created.
    """
    violations = {} if violations is None else violations
    accounts = {edition: [*_accounts(edition, violations)] for edition in get_args(Edition)}
    choices = [*_choices(violations)]
    plain = [each for each in choices if _is_plain(each)]
    alone, plainly_alone = _alone(choices), _alone(plain)
    every = [*alone, *product(plain, repeat=2)]
    types: tuple[MeetingType, ...] = get_args(MeetingType)
    for account in chain(*accounts.values()):
        for meeting in types:
            yield MeetingSettings(account, type=meeting)
    for account in filter(_is_main, chain(*accounts.values())):
        for (user, booking), meeting in product(every, types):
            yield MeetingSettings(account, user, booking, meeting)
    for account in (*accounts["free"], *accounts["business"]):
        for user, booking in every:
            yield MeetingSettings(account, user, booking)
        for (user, booking), meeting in product(plainly_alone, types):
            yield MeetingSettings(account, user, booking, meeting)
    for account in chain(*accounts.values()):
        for user, booking in plainly_alone:
            yield MeetingSettings(account, user, booking)


def _alone(choices: list[Choice]) -> list[tuple[Choice | None, Choice | None]]:
    """Returns each choice as the user's without a booking, and as a booking without a user's."""
    return [*((each, None) for each in choices), *((None, each) for each in choices)]


def _accounts(edition: Edition, violations: Violations) -> Iterator[Account]:
    if edition in ("free", "pro"):
        yield from _created(violations, Account, edition)
        return
    kinds: list[tuple[Kind, bool, bool]] = [
        *(("cloud", any_join, may) for any_join, may in product((False, True), (True, False))),
        ("local", False, True),
    ]
    switches = product((True, False), repeat=4)
    for (cloud, local, enabled, locked), (kind, any_join, may) in product(switches, kinds):
        for auto in _created(violations, AutoRecord, enabled, locked, kind, any_join, may):
            yield from _created(violations, Account, edition, cloud, local, auto)


def _is_main(account: Account) -> bool:
    """Returns whether both kinds are on and the sub-options have their defaults."""
    auto = account.auto_record
    on = account.cloud_recording and account.local_recording
    return on and not auto.start_on_any_join and auto.host_may_pause


def _choices(violations: Violations) -> Iterator[Choice]:
    starters: tuple[Starter, ...] = get_args(Starter)
    for on, kind, by in product((False, True), (None, *KINDS), (None, *starters)):
        yield from _created(violations, Choice, on, kind, by)


def _is_plain(choice: Choice) -> bool:
    """Returns whether a choice has no synonym among the simpler ones."""
    return choice.started_by != "host" and (choice.auto_record or choice == Choice(False))


T = TypeVar("T")


def _created(violations: Violations, make: Callable[..., T], *values: object) -> list[T]:
    """Creates settings, or records that they cannot be created."""
    try:
        return [make(*values)]
    except Exception as error:
        arguments = ", ".join(describe(value) for value in values)
        problem = f"{make.__name__} of {arguments} raises {type(error).__name__}: {error}"
        violations.setdefault(
            _CREATABLE, RuleViolation(_CREATABLE, ("R4", "R6", "R7"), problem, None)
        )
        return []
