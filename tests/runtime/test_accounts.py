import json

import pytest

from fsm.recording import Account, Actor, ChooseKind, Enable, SetOptions, SwitchOff
from fsm.runtime import ConflictError, UnknownAccountError
from fsm.runtime.accounts import Accounts
from fsm.runtime.batch import Batch

from .hubs import BUSINESS, PRO

ADMIN = Actor("super_admin")
PLAIN = Account("business")


def rows(batch):
    return {statement.split()[2]: found for statement, found in batch.statements}


def test_an_account_is_kept_once():
    accounts, batch = Accounts({}), Batch()
    assert accounts.put("a", PRO, batch) == PRO
    assert accounts.get("a") == PRO
    assert len(batch) == 1
    again = Batch()
    assert accounts.put("a", PRO, again) == PRO
    assert not again


def test_an_account_with_other_settings_is_a_conflict_and_changes_nothing():
    accounts, batch = Accounts({"a": (PRO, 0)}), Batch()
    with pytest.raises(ConflictError, match=r"account 'a' with other settings"):
        accounts.put("a", BUSINESS, batch)
    assert accounts.get("a") == PRO
    assert not batch


def test_an_account_nobody_put_is_not_known():
    accounts, batch = Accounts({}), Batch()
    with pytest.raises(UnknownAccountError, match=r"no account 'a' \(create it first\)"):
        accounts.get("a")
    with pytest.raises(UnknownAccountError):
        accounts.change("a", Enable(ADMIN), 0, batch)
    assert not batch


@pytest.mark.rule("R4", "R6")
def test_a_change_changes_the_console_and_is_noted_with_who_asked():
    accounts, batch = Accounts({"a": (PLAIN, 4)}), Batch()
    answer = accounts.change("a", Enable(ADMIN), 77, batch)
    assert (answer.before, answer.status, answer.refused) == ("free", "default_on", None)
    assert accounts.get("a").auto_record.enabled
    [(account, seq, at, asked, answered)] = rows(batch)["changes"]
    assert (account, seq, at) == ("a", 5, 77)
    by = {"role": "super_admin", "account_settings": False}
    assert json.loads(asked) == {"enable": {"by": by}}
    assert json.loads(answered)["status"] == "default_on"
    assert len(rows(batch)["accounts"]) == 1


@pytest.mark.rule("R4")
def test_a_refused_change_is_noted_and_changes_no_account():
    accounts, batch = Accounts({"a": (PLAIN, 0), "p": (PRO, 0)}), Batch()
    assert accounts.change("a", Enable(Actor("user")), 0, batch).refused == "not_permitted"
    assert accounts.change("p", Enable(ADMIN), 0, batch).refused == "no_console"
    assert accounts.get("a") == PLAIN
    assert accounts.get("p") == PRO
    assert list(rows(batch)) == ["changes"]
    assert [row[:2] for row in rows(batch)["changes"]] == [("a", 1), ("p", 1)]


def test_what_could_not_be_written_is_taken_back():
    accounts, batch = Accounts({"a": (PLAIN, 0)}), Batch()
    accounts.change("a", Enable(ADMIN), 0, batch)
    accounts.change("a", SwitchOff(ADMIN, "local"), 0, batch)
    accounts.put("b", PRO, batch)
    accounts.change("b", Enable(ADMIN), 0, batch)
    batch.take_back()
    assert accounts.get("a") == PLAIN
    with pytest.raises(UnknownAccountError):
        accounts.get("b")
    after = Batch()
    accounts.change("a", Enable(ADMIN), 0, after)
    assert rows(after)["changes"][0][1] == 1


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
def test_a_change_that_cannot_be_leaves_all_as_it_was(change):
    accounts, batch = Accounts({"a": (PLAIN, 0)}), Batch()
    with pytest.raises((ValueError, TypeError, AttributeError)):
        accounts.change("a", change, 0, batch)
    assert accounts.get("a") == PLAIN
    assert not batch
