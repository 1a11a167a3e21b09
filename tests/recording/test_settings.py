"""Accounts with the settings of their console."""

import pytest

from fsm.recording import (
    Account,
    AutoRecord,
)

CONSOLE = ["business", "enterprise", "education", "education_plus"]
NO_CONSOLE = ["free", "pro"]


@pytest.mark.rule("R4")
@pytest.mark.parametrize("edition", CONSOLE)
def test_business_and_up_have_a_console(edition):
    assert Account(edition).has_console


@pytest.mark.rule("R4")
@pytest.mark.parametrize("edition", NO_CONSOLE)
def test_free_and_pro_have_no_console(edition):
    assert not Account(edition).has_console


@pytest.mark.rule("R4")
@pytest.mark.parametrize("edition", NO_CONSOLE)
@pytest.mark.parametrize(
    "settings",
    [
        {"cloud_recording": False},
        {"local_recording": False},
        {"auto_record": AutoRecord(enabled=True)},
        {"auto_record": AutoRecord(locked=True)},
        {"auto_record": AutoRecord(host_may_pause=False)},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_an_account_without_a_console_cannot_have_its_settings(edition, settings):
    with pytest.raises(ValueError, match=rf"{edition} accounts have no console to set \(R4\)"):
        Account(edition, **settings)


@pytest.mark.rule("D2")
@pytest.mark.parametrize("edition", NO_CONSOLE)
def test_an_account_without_switches_has_both_kinds(edition):
    assert Account(edition).kinds == ("cloud", "local")


@pytest.mark.rule("D6")
@pytest.mark.parametrize(
    ("cloud", "local", "kinds"),
    [
        (True, True, ("cloud", "local")),
        (True, False, ("cloud",)),
        (False, True, ("local",)),
        (False, False, ()),
    ],
)
def test_a_kind_whose_master_switch_is_off_is_not_on_offer(cloud, local, kinds):
    assert Account("business", cloud, local).kinds == kinds


@pytest.mark.rule("R6")
def test_a_new_console_has_both_switches_on_and_auto_record_disabled_and_unlocked():
    account = Account("business")
    assert account.cloud_recording
    assert account.local_recording
    assert not account.auto_record.enabled
    assert not account.auto_record.locked


@pytest.mark.rule("R8", "R9")
def test_by_default_a_hosts_join_starts_the_recording_and_the_host_may_pause():
    assert not AutoRecord().start_on_any_join
    assert AutoRecord().host_may_pause


@pytest.mark.rule("R7")
@pytest.mark.parametrize("option", [{"start_on_any_join": True}, {"host_may_pause": False}])
def test_a_local_recording_has_no_sub_options(option):
    AutoRecord(kind="cloud", **option)
    with pytest.raises(ValueError, match=r"a local recording has no sub-options \(R7\)"):
        AutoRecord(kind="local", **option)


@pytest.mark.parametrize("name", ["enabled", "locked", "start_on_any_join", "host_may_pause"])
def test_a_setting_of_the_console_must_be_a_boolean(name):
    with pytest.raises(TypeError, match=f"{name} must be a bool"):
        AutoRecord(**{name: 1})


@pytest.mark.parametrize("name", ["cloud_recording", "local_recording"])
def test_a_master_switch_must_be_a_boolean(name):
    with pytest.raises(TypeError, match=f"{name} must be a bool"):
        Account("business", **{name: None})
