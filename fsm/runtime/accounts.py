"""The accounts a hub keeps: their consoles, changed by those who may (R4)."""

from __future__ import annotations

import json
from functools import partial

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
        self._kept[id] = account, 0
        batch.if_not_written(partial(self._kept.pop, id))
        batch.account(id, account)
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
        batch.if_not_written(partial(self._kept.__setitem__, id, self._kept[id]))
        self._kept[id] = account, seq
        if account != before:
            batch.account(id, account)
        batch.change(id, seq, at, asked, answered)
        return answer
