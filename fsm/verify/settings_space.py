"""The settings space: all settings of a meeting that may differ in effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, product
from typing import TypeVar, get_args

from fsm.engine.errors import describe_error
from fsm.recording.plan import MeetingSettings
from fsm.recording.settings import Account, AutoRecord, Choice
from fsm.recording.vocabulary import KINDS, Edition, Kind, MeetingType, Starter
from fsm.verify.plan_rules import EDITIONS_WITHOUT_CONSOLE, KINDS_WITH_SUB_OPTIONS
from fsm.verify.violation import RuleViolation, describe

Violations = dict[str, RuleViolation]
"""The violations, by invariant."""
TIMES: tuple[tuple[int, int | None], ...] = ((10, 60), (600, None), (0, 604_800))
"""The seconds of a grace, and those after which an empty meeting ends, of meetings with
timers."""
_CREATABLE = "All settings of the rules can be created"


def all_settings(violations: Violations | None = None) -> Iterator[MeetingSettings]:
    """Yields all settings that may differ in effect, the simplest first.

    Two choices may have the same meaning; the simplest of them is called distinct below.

    - Every account is combined with every meeting type, and with every distinct choice as the
      user's or as the booking's.
    - Every single choice and every pair of distinct ones is combined with every edition and meeting
      type, with both kinds on and the default sub-options.
    - In two editions, one without a console and one with it, every account is combined with every
      single choice and every pair of distinct ones, and every distinct choice with every meeting
      type, or with both timers, as well.
    - Every account is combined with every meeting type, and with one timer and with both.

    Args:
        violations: receives a violation for settings that cannot be created.
    """
    violations = {} if violations is None else violations
    accounts = {edition: [*_accounts(edition, violations)] for edition in get_args(Edition)}
    choices = [*_choices(violations)]
    distinct = [choice for choice in choices if _is_distinct(choice)]
    single, single_distinct = _single(choices), _single(distinct)
    combinations = [*single, *product(distinct, repeat=2)]
    types: tuple[MeetingType, ...] = get_args(MeetingType)
    for account in chain(*accounts.values()):
        for meeting in types:
            yield MeetingSettings(account, type=meeting)
    for account in filter(_has_default_options, chain(*accounts.values())):
        for (user, booking), meeting in product(combinations, types):
            yield MeetingSettings(account, user, booking, meeting)
    for account in (*accounts["free"], *accounts["business"]):
        for user, booking in combinations:
            yield MeetingSettings(account, user, booking)
        for (user, booking), meeting in product(single_distinct, types):
            yield MeetingSettings(account, user, booking, meeting)
        for user, booking in single_distinct:
            yield MeetingSettings(account, user, booking, grace=10, end_when_empty=60)
    # A plan that one type alone leads to has timers too.
    for account, (grace, empty), meeting in product(chain(*accounts.values()), TIMES, types):
        yield MeetingSettings(account, type=meeting, grace=grace, end_when_empty=empty)
    for account in chain(*accounts.values()):
        for user, booking in single_distinct:
            yield MeetingSettings(account, user, booking)


def _single(choices: list[Choice]) -> list[tuple[Choice | None, Choice | None]]:
    """Returns each choice as the user's without a booking, and as a booking without a user's."""
    return [*((choice, None) for choice in choices), *((None, choice) for choice in choices)]


def _accounts(edition: Edition, violations: Violations) -> Iterator[Account]:
    if edition in EDITIONS_WITHOUT_CONSOLE:
        yield from _created(violations, Account, edition)
        return
    kinds: list[tuple[Kind, bool, bool]] = [
        (kind, any_join, may)
        for kind, any_join, may in product(KINDS, (False, True), (True, False))
        if kind in KINDS_WITH_SUB_OPTIONS or (not any_join and may)
    ]
    switches = product((True, False), repeat=4)
    for (cloud, local, enabled, locked), (kind, any_join, may) in product(switches, kinds):
        for auto in _created(violations, AutoRecord, enabled, locked, kind, any_join, may):
            yield from _created(violations, Account, edition, cloud, local, auto)


def _has_default_options(account: Account) -> bool:
    """Returns whether both kinds are on and the sub-options are the default ones."""
    auto = account.auto_record
    on = account.cloud_recording and account.local_recording
    return on and not auto.start_on_any_join and auto.host_may_pause


def _choices(violations: Violations) -> Iterator[Choice]:
    starters: tuple[Starter, ...] = get_args(Starter)
    for on, kind, by in product((False, True), (None, *KINDS), (None, *starters)):
        yield from _created(violations, Choice, on, kind, by)


def _is_distinct(choice: Choice) -> bool:
    """Returns whether no simpler choice has the same meaning."""
    return choice.started_by != "host" and (choice.auto_record or choice == Choice(False))


T = TypeVar("T")


def _created(violations: Violations, make: Callable[..., T], *values: object) -> list[T]:
    """Creates settings, or records that they cannot be created."""
    try:
        return [make(*values)]
    except Exception as error:
        arguments = ", ".join(describe(value) for value in values)
        problem = f"{make.__name__} of {arguments} raises {describe_error(error)}"
        violations.setdefault(
            _CREATABLE, RuleViolation(_CREATABLE, ("R4", "R6", "R7"), problem, None)
        )
        return []
