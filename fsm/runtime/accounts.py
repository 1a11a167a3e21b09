"""The accounts of a hub, and changes of their consoles (R4)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Protocol

import attrs

from fsm.recording import Account, Change, Changed, Console
from fsm.runtime.errors import ConflictError, JournalError, UnknownAccountError
from fsm.runtime.limits import plain_id


class AccountChanges(Protocol):
    """The changes of accounts, to be made durable; see :class:`~fsm.runtime.batch.Batch`."""

    def mark_account_dirty(self, account: str) -> None:
        """Marks an account as changed in memory."""
        ...

    def put_account(self, id: str, account: Account) -> None:  # noqa: A002
        """Adds an account, or replaces it."""
        ...

    def add_change(self, account: str, seq: int, at: int, change: str, answer: str) -> None:
        """Adds a requested change of a console, with the answer to it."""
        ...


class Accounts:
    """Accounts in memory.

    Args:
        accounts: the accounts by their ids, each with the number of the last change of its
            console.
    """

    def __init__(self, accounts: dict[str, tuple[Account, int]]) -> None:
        self._accounts = accounts
        # Accounts that a failed commit has dropped from memory, to be loaded again.
        self.rolled_back: dict[str, None] = {}

    def get(self, id: str) -> Account:  # noqa: A002
        """Returns an account.

        Raises:
            UnknownAccountError: there is no account with this id.
            JournalError: it could not be loaded again after a failed commit.
        """
        account = self._find(id)
        if account is None:
            raise UnknownAccountError(id)
        return account

    def _find(self, id: str) -> Account | None:  # noqa: A002
        if id in self.rolled_back:
            raise JournalError(f"account {id!r} cannot be read again after a commit that failed")
        return self._accounts[id][0] if id in self._accounts else None

    def roll_back(self, accounts: Iterable[str]) -> None:
        """Drops accounts whose changes were not written; the next group loads them again."""
        for account in accounts:
            self._accounts.pop(account, None)
            self.rolled_back[account] = None

    def keep(self, loaded: dict[str, tuple[Account, int]]) -> None:
        """Keeps the accounts that were loaded again; the others do not exist."""
        self.rolled_back.clear()
        self._accounts.update(loaded)

    def put(self, batch: AccountChanges, id: str, account: Account) -> Account:  # noqa: A002
        """Adds an account.

        Raises:
            ConflictError: there is an account with this id and other settings.
            JournalError: it could not be loaded again after a failed commit.
        """
        known = self._find(id)
        if known is not None:
            if known != account:
                raise ConflictError(
                    f"there is an account {id!r} with other settings (change its console)"
                )
            return account
        # Encoding may raise, so it comes before anything is changed.
        batch.put_account(id, account)
        batch.mark_account_dirty(id)
        self._accounts[id] = account, 0
        return account

    def change(self, batch: AccountChanges, id: str, change: Change, at: int) -> Changed:  # noqa: A002
        """Changes the console of an account, if its actor may; a refusal is recorded as well.

        Args:
            batch: the batch.
            id: the account's id.
            change: the change, with its actor.
            at: the time, in milliseconds since 1970.

        Raises:
            UnknownAccountError: there is no account with this id.
            ValueError, TypeError: the change is not valid.
            JournalError: the account could not be loaded again after a failed commit.
        """
        before, id = self.get(id), plain_id(id)  # noqa: A001
        console = Console.of(before)
        answer = console.handle(change)
        account, seq = console.account, self._accounts[id][1] + 1
        # Encoding may fail, so it comes before anything is changed.
        change_text = json.dumps({change.trigger: attrs.asdict(change)})
        answer_text = json.dumps(attrs.asdict(answer))
        batch.mark_account_dirty(id)
        self._accounts[id] = account, seq
        if account != before:
            batch.put_account(id, account)
        batch.add_change(id, seq, at, change_text, answer_text)
        return answer
