"""The settings space: all settings that may differ in effect."""

from itertools import product
from typing import get_args

import pytest

from fsm.recording.settings import Choice
from fsm.recording.vocabulary import KINDS, Edition, MeetingType, Starter
from fsm.verify import settings_space
from fsm.verify.violation import describe

from .faulty import violation_of


def test_every_choice_is_combined_with_every_edition_and_type_and_with_other_choices():
    tried = [*settings_space.all_settings()]
    users = {(each.account.edition, each.type, each.user) for each in tried if not each.booking}
    bookings = {(each.account.edition, each.type, each.booking) for each in tried if not each.user}
    meetings = len(get_args(Edition)) * len(get_args(MeetingType))
    choices = 2 * (1 + len(KINDS)) * (1 + len(get_args(Starter)))
    assert len(users) == len(bookings) == meetings * (1 + choices)
    both = {(each.user, each.booking) for each in tried if each.user and each.booking}
    assert (Choice(True, "cloud", "anyone"), Choice(True, "local")) in both
    pairs = {(each.account.edition, each.type) for each in tried if each.user and each.booking}
    assert len(pairs) == meetings


def test_every_account_has_each_timer_and_both_in_every_meeting_type():
    tried = [*settings_space.all_settings()]
    accounts = {each.account for each in tried}
    times = {
        (each.account, each.type, each.grace > 0, each.end_when_empty is not None) for each in tried
    }
    types = get_args(MeetingType)
    assert times == {
        (account, type_, grace, empty)
        for account, type_, grace, empty in product(accounts, types, *2 * [(False, True)])
    }


@pytest.mark.parametrize(
    ("created", "problem"),
    [
        ("Account", "Account of business, yes, yes, enabled yes, locked yes"),
        ("AutoRecord", "AutoRecord of yes, yes, cloud"),
        ("Choice", "Choice of yes, nothing, nothing"),
    ],
)
def test_settings_that_cannot_be_created_are_found(monkeypatch, created, problem):
    right = getattr(settings_space, created)

    class Wrong(right):
        def __init__(self, *values):
            if problem.startswith(f"{created} of {describe(values[0])}"):
                raise LookupError("no such settings")
            super().__init__(*values)

    Wrong.__name__ = created
    monkeypatch.setattr(settings_space, created, Wrong)
    found = violation_of(monkeypatch, "All settings of the rules can be created")
    assert found.settings is None
    assert found.problem.startswith(problem)
    assert found.problem.endswith(" raises LookupError: no such settings")
