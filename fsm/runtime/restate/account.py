"""The virtual object ``Account``: one account, with the changes of its console."""

from __future__ import annotations

from typing import Any, Final, get_args

import msgspec
import restate

from fsm.recording import Account, Change
from fsm.runtime.accounts import Accounts
from fsm.runtime.errors import ConflictError, HubError, MovedError, UnknownAccountError
from fsm.runtime.limits import check_id
from fsm.runtime.restate.calls import (
    ACCOUNT,
    AccountAnswer,
    ChangeAnswer,
    ChangeCall,
    PutAccountCall,
    ReadAccountCall,
    decode_call,
    failure_of,
)
from fsm.runtime.restate.handlers import (
    Context,
    add_handler,
    load_state,
    store_state,
    virtual_object,
)
from fsm.runtime.restate.move_calls import (
    AdoptAccountCall,
    ReleaseAccountAnswer,
    ReleaseAccountCall,
    StoredChange,
)
from fsm.runtime.restate.settings import EndpointSettings

_CHANGES: Final[dict[str, Any]] = {change.trigger: change for change in get_args(Change)}


class StoredAccount(msgspec.Struct, frozen=True):
    """The value of ``account``.

    Args:
        account: the account.
        seq: the number of the last change of its console.
        elsewhere: the journal to which the account was moved.
    """

    account: Account
    seq: int
    elsewhere: str | None = None


def check_adopted_account(
    id: str,  # noqa: A002
    stored: StoredAccount,
    changes: list[StoredChange],
    call: AdoptAccountCall,
) -> bool:
    """Returns whether an account that is moved here is here already.

    Args:
        id: its id.
        stored: the account of this id that is here, or was.
        changes: the changes of its console.
        call: the account that comes.

    Raises:
        ConflictError: it is another one, or was moved to another journal.
    """
    if stored.elsewhere is None:
        # If it was moved before, its console may have been changed since.
        is_same = changes[: len(call.changes)] == call.changes and (
            stored.seq > len(call.changes) or stored.account == call.account
        )
        if is_same:
            return True
    if stored.elsewhere != call.source or changes != call.changes[: stored.seq]:
        raise ConflictError(
            f"account {id!r} is in the cluster already, with other settings, or was moved elsewhere"
        )
    return False


def change_key(seq: int) -> str:
    """Returns the key of a change of the console."""
    return f"change/{seq}"


class _Changes:
    """The changes of a call; see :class:`~fsm.runtime.accounts.AccountChanges`."""

    def __init__(self) -> None:
        self.account: Account | None = None
        self.change: dict[str, Any] | None = None
        self.seq = 0

    def mark_account_dirty(self, account: str) -> None:
        """Does nothing: the account is written after each change."""

    def put_account(self, id: str, account: Account) -> None:  # noqa: A002
        """Adds the account, or replaces it."""
        self.account = account

    def add_change(self, account: str, seq: int, at: int, change: str, answer: str) -> None:
        """Adds a requested change of the console, with the answer to it."""
        self.seq = seq
        self.change = {
            "at": at,
            "change": msgspec.Raw(change.encode()),
            "answer": msgspec.Raw(answer.encode()),
        }


class AccountHandlers:
    """The handlers of accounts.

    Args:
        settings: the settings of the endpoint.
    """

    def __init__(self, settings: EndpointSettings) -> None:
        self._settings = settings

    def service(self) -> restate.VirtualObject:
        """Returns the virtual object."""
        service = virtual_object(ACCOUNT, "An account and its admin console.", lazy=True)
        add_handler(service, "put", self.put, PutAccountCall, AccountAnswer)
        add_handler(service, "read", self.read, ReadAccountCall, AccountAnswer, kind="shared")
        add_handler(service, "change", self.change, ChangeCall, ChangeAnswer)
        add_handler(service, "adopt", self.adopt, AdoptAccountCall, AccountAnswer)
        add_handler(service, "release", self.release, ReleaseAccountCall, ReleaseAccountAnswer)
        return service

    async def put(self, context: restate.ObjectContext, call: PutAccountCall) -> AccountAnswer:
        """Adds an account."""
        accounts, _ = await self._load(context)
        changes = _Changes()
        try:
            check_id("an account's id", context.key())
            account = accounts.put(changes, context.key(), call.account)
        except (ValueError, TypeError) as error:
            return AccountAnswer(failure=failure_of(error))
        if changes.account is not None:
            store_state(context, "account", StoredAccount(changes.account, 0))
        return AccountAnswer(account=account)

    async def read(self, context: Context, call: ReadAccountCall) -> AccountAnswer:
        """Returns an account."""
        accounts, _ = await self._load(context)
        return AccountAnswer(account=accounts.get(context.key()))

    async def change(self, context: restate.ObjectContext, call: ChangeCall) -> ChangeAnswer:
        """Changes the console of an account, if the actor of the change may (R4)."""
        accounts, stored = await self._load(context)
        # Durable: a call that is repeated after a crash has the time of its first attempt.
        now = await context.run_typed("now", self._settings.now)
        changes = _Changes()
        try:
            change = decode_call(bytes(call.change), _CHANGES[call.trigger])
            changed = accounts.change(changes, context.key(), change, now)
        except (HubError, KeyError, ValueError, TypeError) as error:
            return ChangeAnswer(failure=failure_of(error))
        assert stored is not None
        store_state(
            context, "account", StoredAccount(changes.account or stored.account, changes.seq)
        )
        store_state(context, change_key(changes.seq), changes.change)
        return ChangeAnswer(changed=changed)

    async def adopt(self, context: restate.ObjectContext, call: AdoptAccountCall) -> AccountAnswer:
        """Takes an account from a journal, with the changes of its console."""
        values = await load_state(context, ["account"])
        stored = decode_call(values["account"], StoredAccount) if "account" in values else None
        if stored is not None:
            known = await self._stored_changes(context, stored.seq)
            if check_adopted_account(context.key(), stored, known, call):
                return AccountAnswer(account=stored.account)
        store_state(context, "account", StoredAccount(call.account, len(call.changes)))
        for seq, change in enumerate(call.changes, 1):
            store_state(context, change_key(seq), change)
        return AccountAnswer(account=call.account)

    async def release(
        self, context: restate.ObjectContext, call: ReleaseAccountCall
    ) -> ReleaseAccountAnswer:
        """Gives an account to a journal; from then on it takes no changes here."""
        values = await load_state(context, ["account"])
        if "account" not in values:
            raise UnknownAccountError(context.key())
        stored = decode_call(values["account"], StoredAccount)
        if stored.elsewhere not in (None, call.target):
            raise ConflictError(f"account {context.key()!r} was moved to {stored.elsewhere}")
        store_state(context, "account", msgspec.structs.replace(stored, elsewhere=call.target))
        changes = await self._stored_changes(context, stored.seq)
        return ReleaseAccountAnswer(account=stored.account, changes=changes)

    async def _stored_changes(self, context: Context, seq: int) -> list[StoredChange]:
        keys = [change_key(number) for number in range(1, seq + 1)]
        values = await load_state(context, keys)
        return [decode_call(values[key], StoredChange) for key in keys]

    async def _load(self, context: Context) -> tuple[Accounts, StoredAccount | None]:
        values = await load_state(context, ["account"])
        if "account" not in values:
            return Accounts({}), None
        stored = decode_call(values["account"], StoredAccount)
        if stored.elsewhere is not None:
            raise MovedError(
                f"account {context.key()!r} is in a journal (ask the service that has it)"
            )
        return Accounts({context.key(): (stored.account, stored.seq)}), stored
