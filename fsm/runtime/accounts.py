"""The accounts a hub keeps: their consoles, changed by those who may (R4)."""

from __future__ import annotations

import json

import attrs

from fsm.recording import Account, Change, Changed, Console
from fsm.runtime.batch import Batch
from fsm.runtime.errors import ConflictError, UnknownAccountError


class Accounts:
    """Accounts in memory.

    Args:
        kept: each by its id, with the number of the last change of its console.
    """

    def __init__(self, kept: dict[str, tuple[Account, int]]) -> None:
        self._kept = kept

    def get(self, id: str) -> Account:  # noqa: A002
        """Return an account.

        Raises:
            UnknownAccountError: there is none with this id.
        """
        if id not in self._kept:
            raise UnknownAccountError(id)
        return self._kept[id][0]

    def restore(self, replaced: dict[str, tuple[Account, int] | None]) -> None:
        """Puts accounts back as they were before a commit that failed."""
        for account, before in replaced.items():
            if before is None:
                del self._kept[account]
            else:
                self._kept[account] = before

    def put(self, batch: Batch, id: str, account: Account) -> Account:  # noqa: A002
        """Keep an account.

        Raises:
            ConflictError: there is one with this id and other settings.
        """
        if id in self._kept:
            if self._kept[id][0] != account:
                raise ConflictError(
                    f"there is an account {id!r} with other settings (change its console)"
                )
            return account
        batch.replace_account(id, None)
        self._kept[id] = account, 0
        batch.put_account(id, account)
        return account

    def change(self, batch: Batch, id: str, change: Change, at: int) -> Changed:  # noqa: A002
        """Change the console of an account, or refuse to and note that.

        Args:
            batch: where it is to be written.
            id: the account's id.
            change: what is asked for, and by whom.
            at: the time, in milliseconds since 1970.

        Raises:
            UnknownAccountError: there is none with this id.
            ValueError, TypeError: there can be no such change.
        """
        before = self.get(id)
        console = Console.of(before)
        answer = console.handle(change)
        account, seq = console.account, self._kept[id][1] + 1
        # First what may fail, so that nothing is half done.
        asked = json.dumps({change.trigger: attrs.asdict(change)})
        answered = json.dumps(attrs.asdict(answer))
        batch.replace_account(id, self._kept[id])
        self._kept[id] = account, seq
        if account != before:
            batch.put_account(id, account)
        batch.add_change(id, seq, at, asked, answered)
        return answer
