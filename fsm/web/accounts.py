"""Routes of accounts and their consoles."""

from __future__ import annotations

from litestar import Controller, get, post, put
from litestar.params import FromPath, JSONBody

from fsm.recording import Account, Changed, Console, form_of
from fsm.web.problems import BODY_STATUSES, error_responses, value_errors_as_faults
from fsm.web.schemas import AccountResponse, ChangeBody
from fsm.web.service import ServiceDependency


class AccountsController(Controller):
    """Routes of accounts."""

    path = "/v1/accounts/{account:str}"
    tags = ("accounts",)

    @put(
        operation_id="storeAccount",
        opt={"scope": "console"},
        responses=error_responses(409, 429, *BODY_STATUSES),
    )
    async def store(
        self, account: FromPath[str], data: JSONBody[Account], service: ServiceDependency
    ) -> AccountResponse:
        """Stores a new account with its settings.

        The settings of a stored account can only be changed through its console.
        """
        with value_errors_as_faults():
            stored = await service.runtime.put_account(account, data)
        return _response(account, stored)

    @get(operation_id="readAccount", opt={"scope": "read"}, responses=error_responses(404))
    async def account(self, account: FromPath[str], service: ServiceDependency) -> AccountResponse:
        """Returns an account with its policy status and its booking form."""
        return _response(account, await service.runtime.account(account))

    @post(
        "/changes",
        operation_id="changeConsole",
        status_code=200,
        opt={"scope": "console"},
        responses=error_responses(404, 429, *BODY_STATUSES),
    )
    async def change(
        self, account: FromPath[str], data: JSONBody[ChangeBody], service: ServiceDependency
    ) -> Changed:
        """Changes the console of an account, if the actor of the change is permitted to.

        A refused change is a normal response; ``refused`` is the reason. Open meetings keep the
        plan they opened with.
        """
        with value_errors_as_faults():
            return await service.runtime.change(account, data.change)


def _response(id: str, account: Account) -> AccountResponse:  # noqa: A002
    return AccountResponse(id, Console.of(account).state, form_of(account), account)
