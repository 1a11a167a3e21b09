"""Accounts of a hub."""

import pytest

from fsm.recording import Account, Actor, AutoRecord, Choice, Disable, Enable
from fsm.runtime import ConflictError, Journal, UnknownAccountError

from .hubs import ALICE, BUSINESS, open_hub, run

ADMIN = Actor("super_admin")


@pytest.mark.rule("R4")
def test_accounts_are_added_changed_and_loaded_again(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            plain = Account("business")
            assert await hub.put_account("acme", plain) == plain
            assert await hub.put_account("acme", plain) == plain
            assert (await hub.change("acme", Enable(ADMIN))).status == "default_on"
            assert (await hub.change("acme", Disable(Actor("user")))).refused == "not_permitted"
            with pytest.raises(ConflictError, match="change its console"):
                await hub.put_account("acme", plain)
        async with open_hub(tmp_path) as hub:
            account = await hub.account("acme")
            assert account == Account("business", auto_record=AutoRecord(enabled=True))
            assert (await hub.change("acme", Disable(ADMIN))).status == "free"
        with Journal(tmp_path / "meetings.db") as journal:
            assert journal.accounts()["acme"] == (plain, 3)

    run(main())


@pytest.mark.rule("D8")
def test_opening_again_compares_what_was_sent_and_not_what_the_account_says_today(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await hub.put_account("acme", Account("business"))
            await hub.put_account("twin", Account("business"))
            opened = await hub.open("m", "acme")
            await hub.change("acme", Enable(ADMIN))
            assert await hub.open("m", "acme") == opened
        async with open_hub(tmp_path) as hub:
            assert await hub.open("m", "acme") == opened
            assert await hub.open("m", Account("business")) == opened
            assert await hub.open("m", "twin") == opened
            await hub.change("twin", Enable(ADMIN))
            for account, user in (("twin", None), ("acme", Choice(True))):
                with pytest.raises(ConflictError, match="with other settings"):
                    await hub.open("m", account, user)

    run(main())


@pytest.mark.parametrize("account", [None, "pro", {"edition": "pro"}, Choice(True)], ids=ascii)
def test_an_object_that_is_not_an_account_is_refused(tmp_path, account):
    async def main():
        async with open_hub(tmp_path) as hub:
            with pytest.raises(TypeError, match="an account must be an Account"):
                await hub.put_account("acme", account)
            with pytest.raises(UnknownAccountError, match="create it first"):
                await hub.account("acme")
        async with open_hub(tmp_path):
            pass

    run(main())


@pytest.mark.parametrize("change", [None, "enable", ALICE], ids=ascii)
def test_an_object_that_is_not_a_change_is_refused(tmp_path, change):
    async def main():
        async with open_hub(tmp_path) as hub:
            await hub.put_account("acme", BUSINESS)
            with pytest.raises(TypeError, match="a change must be a change of a console"):
                await hub.change("acme", change)
            assert await hub.account("acme") == BUSINESS

    run(main())


def test_an_account_that_was_never_added_is_unknown(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            for request in (
                lambda: hub.account("acme"),
                lambda: hub.change("acme", Enable(ADMIN)),
                lambda: hub.open("m", "acme"),
            ):
                with pytest.raises(UnknownAccountError, match=r"'acme' \(create it first\)"):
                    await request()

    run(main())
