"""The addresses of accounts, and of their consoles."""

from __future__ import annotations

from litestar import Controller, get, post, put
from litestar.params import FromPath, JSONBody

from fsm.recording import Account, Changed, Console, form_of
from fsm.web.meetings import Shared
from fsm.web.problems import OF_BODY, responses, wrong_settings
from fsm.web.shapes import AccountAnswer, SentChange


class AccountsController(Controller):
    """Accounts."""

    path = "/v1/accounts/{account:str}"
    tags = ("accounts",)

    @put(opt={"scope": "console"}, responses=responses(409, 429, *OF_BODY))
    async def keep(
        self, account: FromPath[str], data: JSONBody[Account], service: Shared
    ) -> AccountAnswer:
        """Keep an account, with the settings it has now.

        One that is kept already is changed through its console alone.
        """
        with wrong_settings():
            kept = await service.hub.put_account(account, data)
        return _answer(account, kept)

    @get(opt={"scope": "read"}, responses=responses(404))
    async def account(self, account: FromPath[str], service: Shared) -> AccountAnswer:
        """Return an account, its policy status, and the form it shows."""
        return _answer(account, await service.hub.account(account))

    @post(
        "/changes",
        status_code=200,
        opt={"scope": "console"},
        responses=responses(404, 429, *OF_BODY),
    )
    async def change(
        self, account: FromPath[str], data: JSONBody[SentChange], service: Shared
    ) -> Changed:
        """Change the console of an account, if who asks may.

        A change that is refused is answered too: ``refused`` says why. Meetings that are open
        keep the plan they opened with.
        """
        return await service.hub.change(account, data.change)


def _answer(id: str, account: Account) -> AccountAnswer:  # noqa: A002
    return AccountAnswer(id, Console.of(account).state, form_of(account), account)
