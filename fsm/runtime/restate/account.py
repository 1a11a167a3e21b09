"""The virtual object ``Account``: one account, with the changes of its console."""

from __future__ import annotations

from typing import Any, Final, get_args

import msgspec
import restate

from fsm.recording import Account, Change
from fsm.runtime.accounts import Accounts
from fsm.runtime.errors import HubError
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
from fsm.runtime.restate.settings import EndpointSettings

_CHANGES: Final[dict[str, Any]] = {change.trigger: change for change in get_args(Change)}


class _Stored(msgspec.Struct, frozen=True):
    """The value of ``account``: the account, and the number of the last change of its console."""

    account: Account
    seq: int


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
            store_state(context, "account", _Stored(changes.account, 0))
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
        store_state(context, "account", _Stored(changes.account or stored.account, changes.seq))
        store_state(context, f"change/{changes.seq}", changes.change)
        return ChangeAnswer(changed=changed)

    async def _load(self, context: Context) -> tuple[Accounts, _Stored | None]:
        values = await load_state(context, ["account"])
        if "account" not in values:
            return Accounts({}), None
        stored = decode_call(values["account"], _Stored)
        return Accounts({context.key(): (stored.account, stored.seq)}), stored
