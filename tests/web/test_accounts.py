"""Routes of accounts."""

import pytest

from .serving import problem


def test_an_account_is_stored_changed_and_used_by_a_meeting(service):
    account = {"edition": "business", "auto_record": {"enabled": True}}
    stored = service.put("/v1/accounts/acme", account)
    assert (stored.status_code, stored.json()["status"]) == (200, "default_on")
    changed = service.post("/v1/accounts/acme/changes", {"lock": {"by": {"role": "super_admin"}}})
    assert changed.json() == {
        "before": "default_on", "status": "locked_on", "rules": ["R6"], "refused": None,
    }  # fmt: skip
    assert service.get("/v1/accounts/acme").json()["form"]["contact_admin"] is True
    service.put("/v1/meetings/m-1", {"account": "acme"})
    assert service.get("/v1/meetings/m-1/resolution").json()["status"] == "locked_on"
    assert service.post("/v1/resolution", {"account": "acme"}).json()["status"] == "locked_on"


@pytest.mark.rule("R4")
def test_a_change_by_an_unauthorised_actor_is_refused(service):
    service.put("/v1/accounts/acme", {"edition": "business"})
    by = {"role": "admin", "account_settings": False}
    answer = service.post("/v1/accounts/acme/changes", {"enable": {"by": by}})
    assert answer.status_code == 200
    assert (answer.json()["refused"], answer.json()["rules"]) == ("not_permitted", ["R4"])
    assert service.get("/v1/accounts/acme").json()["status"] == "free"


def test_storing_an_account_again_with_other_settings_is_a_conflict(service):
    service.put("/v1/accounts/acme", {"edition": "business"})
    assert service.put("/v1/accounts/acme", {"edition": "business"}).status_code == 200
    problem(service.put("/v1/accounts/acme", {"edition": "free"}), 409)


def test_a_change_that_the_hub_finds_invalid_is_a_fault_of_the_request(service):
    async def invalid(account, change):
        raise ValueError("no such change")

    service.service.runtime.change = invalid
    change = {"lock": {"by": {"role": "super_admin"}}}
    answer = service.post("/v1/accounts/acme/changes", change)
    assert problem(answer, 422)["errors"] == [{"pointer": "", "detail": "no such change"}]
