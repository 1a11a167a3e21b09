"""The accounts of a hub, and changes of their consoles (R4)."""

from __future__ import annotations

import json

import attrs

from fsm.recording import Account, Change, Changed, Console
from fsm.runtime.batch import Batch
from fsm.runtime.errors import ConflictError, UnknownAccountError


class Accounts:
    """Accounts in memory.

    Args:
        accounts: the accounts by their ids, each with the number of the last change of its
            console.
    """

    def __init__(self, accounts: dict[str, tuple[Account, int]]) -> None:
        self._accounts = accounts

    def get(self, id: str) -> Account:  # noqa: A002
        """Returns an account.

        Raises:
            UnknownAccountError: there is no account with this id.
        """
        if id not in self._accounts:
            raise UnknownAccountError(id)
        return self._accounts[id][0]

    def restore(self, replaced: dict[str, tuple[Account, int] | None]) -> None:
        """Puts accounts back as they were before a commit that failed."""
        for account, before in replaced.items():
            if before is None:
                del self._accounts[account]
            else:
                self._accounts[account] = before

    def put(self, batch: Batch, id: str, account: Account) -> Account:  # noqa: A002
        """Adds an account.

        Raises:
            ConflictError: there is an account with this id and other settings.
        """
        if id in self._accounts:
            if self._accounts[id][0] != account:
                raise ConflictError(
                    f"there is an account {id!r} with other settings (change its console)"
                )
            return account
        # Encoding may raise, so it comes before anything is changed.
        batch.put_account(id, account)
        batch.replace_account(id, None)
        self._accounts[id] = account, 0
        return account

    def change(self, batch: Batch, id: str, change: Change, at: int) -> Changed:  # noqa: A002
        """Changes the console of an account, if its actor may; a refusal is recorded as well.

        Args:
            batch: the batch.
            id: the account's id.
            change: the change, with its actor.
            at: the time, in milliseconds since 1970.

        Raises:
            UnknownAccountError: there is no account with this id.
            ValueError, TypeError: the change is not valid.
        """
        before = self.get(id)
        console = Console.of(before)
        answer = console.handle(change)
        account, seq = console.account, self._accounts[id][1] + 1
        # Encoding may fail, so it comes before anything is changed.
        change_text = json.dumps({change.trigger: attrs.asdict(change)})
        answer_text = json.dumps(attrs.asdict(answer))
        batch.replace_account(id, self._accounts[id])
        self._accounts[id] = account, seq
        if account != before:
            batch.put_account(id, account)
        batch.add_change(id, seq, at, change_text, answer_text)
        return answer
