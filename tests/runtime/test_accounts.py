import json

import pytest

from fsm.recording import Account, Actor, ChooseKind, Enable, SetOptions, SwitchOff
from fsm.runtime import ConflictError, JournalError, UnknownAccountError
from fsm.runtime.accounts import Accounts
from fsm.runtime.batch import Batch
from fsm.runtime.schema import COLUMNS

from .hubs import BUSINESS, PRO

ADMIN = Actor("super_admin")
PLAIN = Account("business")


def rows(batch):
    """Returns the rows of a batch, by their kind."""
    by_kind = {}
    for first in range(0, len(batch.values), COLUMNS):
        kind, *values = batch.values[first : first + COLUMNS]
        by_kind.setdefault(kind, []).append(tuple(values))
    return by_kind


def test_an_account_is_added_once():
    accounts, batch = Accounts({}), Batch()
    assert accounts.put(batch, "a", PRO) == PRO
    assert accounts.get("a") == PRO
    assert len(batch) == 1
    again = Batch()
    assert accounts.put(again, "a", PRO) == PRO
    assert not again


def test_an_account_with_other_settings_is_a_conflict_and_changes_nothing():
    accounts, batch = Accounts({"a": (PRO, 0)}), Batch()
    with pytest.raises(ConflictError, match=r"account 'a' with other settings"):
        accounts.put(batch, "a", BUSINESS)
    assert accounts.get("a") == PRO
    assert not batch


def test_an_account_that_was_never_added_is_unknown():
    accounts, batch = Accounts({}), Batch()
    with pytest.raises(UnknownAccountError, match=r"no account 'a' \(create it first\)"):
        accounts.get("a")
    with pytest.raises(UnknownAccountError):
        accounts.change(batch, "a", Enable(ADMIN), 0)
    assert not batch


@pytest.mark.rule("R4", "R6")
def test_a_change_of_the_console_is_applied_and_recorded_with_its_actor():
    accounts, batch = Accounts({"a": (PLAIN, 4)}), Batch()
    answer = accounts.change(batch, "a", Enable(ADMIN), 77)
    assert (answer.before, answer.status, answer.refused) == ("free", "default_on", None)
    assert accounts.get("a").auto_record.enabled
    [(account, seq, at, change, result, *_)] = rows(batch)["change"]
    assert (account, seq, at) == ("a", 5, 77)
    by = {"role": "super_admin", "account_settings": False}
    assert json.loads(change) == {"enable": {"by": by}}
    assert json.loads(result)["status"] == "default_on"
    assert len(rows(batch)["account"]) == 1


@pytest.mark.rule("R4")
def test_a_refused_change_is_recorded_and_changes_no_account():
    accounts, batch = Accounts({"a": (PLAIN, 0), "p": (PRO, 0)}), Batch()
    assert accounts.change(batch, "a", Enable(Actor("user")), 0).refused == "not_permitted"
    assert accounts.change(batch, "p", Enable(ADMIN), 0).refused == "no_console"
    assert accounts.get("a") == PLAIN
    assert accounts.get("p") == PRO
    assert list(rows(batch)) == ["change"]
    assert [row[:2] for row in rows(batch)["change"]] == [("a", 1), ("p", 1)]


def test_accounts_of_a_failed_commit_are_unknown_until_they_are_loaded_again():
    accounts, batch = Accounts({"a": (PLAIN, 0)}), Batch()
    accounts.change(batch, "a", Enable(ADMIN), 0)
    accounts.change(batch, "a", SwitchOff(ADMIN, "local"), 0)
    accounts.put(batch, "b", PRO)
    accounts.change(batch, "b", Enable(ADMIN), 0)
    accounts.roll_back(batch.dirty_accounts)
    for request in (
        lambda: accounts.get("a"),
        lambda: accounts.put(batch, "b", PRO),
        lambda: accounts.change(batch, "b", Enable(ADMIN), 0),
    ):
        with pytest.raises(JournalError, match="cannot be read again after a commit that failed"):
            request()
    accounts.keep({"a": (PLAIN, 0)})
    assert accounts.get("a") == PLAIN
    with pytest.raises(UnknownAccountError):
        accounts.get("b")
    after = Batch()
    accounts.change(after, "a", Enable(ADMIN), 0)
    assert rows(after)["change"][0][1] == 1


@pytest.mark.parametrize(
    "change",
    [
        ChooseKind(ADMIN, "clod"),
        SetOptions(ADMIN, start_on_any_join="yes"),
        Enable(Actor("super_admin", object())),
        Enable("me"),
    ],
    ids=["a kind", "an option", "a permission", "an actor"],
)
def test_an_invalid_change_changes_nothing(change):
    accounts, batch = Accounts({"a": (PLAIN, 0)}), Batch()
    with pytest.raises((ValueError, TypeError, AttributeError)):
        accounts.change(batch, "a", change, 0)
    assert accounts.get("a") == PLAIN
    assert not batch
