"""Settings without an effect: which they are, and the settings that keep them from having one."""

from itertools import product

import attrs
import pytest

from fsm.recording import Account, Choice, MeetingSettings
from fsm.recording.settings import AutoRecord
from fsm.simulator.effects import idle_settings

LOCAL = Choice(auto_record=True, kind="local")


def idle(account, user=None, booking=None, **others):
    """Returns the settings without an effect, each with those that are in its way."""
    settings = MeetingSettings(account, user, booking, **others)
    return {each.setting: each.because for each in idle_settings(settings)}


def console(*, cloud=True, local=True, **automatic):
    return Account("business", cloud, local, AutoRecord(**automatic))


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        (console(enabled=True), {}),
        (console(), dict.fromkeys(("kind", "start_on_any_join", "host_may_pause"), ("enabled",))),
        (console(enabled=True, locked=True), dict.fromkeys(("user", "booking"), ("locked",))),
        (
            console(enabled=True, cloud=False),
            dict.fromkeys(("start_on_any_join", "host_may_pause"), ("cloud_recording",)),
        ),
        (console(enabled=True, kind="local"), {}),
    ],
)  # fmt: skip
def test_a_setting_without_an_effect_names_what_is_in_its_way(account, expected):
    assert idle(account) == expected


def test_a_choice_that_is_nearer_to_the_meeting_decides():
    assert idle(Account("pro"), Choice(True), LOCAL) == {}
    assert idle(Account("pro"), LOCAL, Choice(True)) == {"user": ("booking",)}
    assert idle(console(enabled=True), LOCAL) == dict.fromkeys(
        ("start_on_any_join", "host_may_pause"), ("user",)
    )


def test_several_settings_are_in_the_way_together():
    found = idle(console(cloud=False, local=False))
    assert found["kind"] == ("enabled", "cloud_recording")
    assert found["user"] == ("cloud_recording",)


def test_what_the_form_does_not_show_is_left_out():
    assert {*idle(Account("free"))} <= {"user", "booking"}
    assert "booking" not in idle(console(enabled=True, locked=True), type="quick")
    assert "host_may_pause" not in idle(console(kind="local"))


def test_a_setting_without_an_effect_may_have_any_value():
    switches = [*product((False, True), repeat=4)]
    for enabled, locked, cloud, may_pause in switches:
        for user in (None, LOCAL, Choice(auto_record=False)):
            account = console(enabled=enabled, locked=locked, cloud=cloud, host_may_pause=may_pause)
            settings = MeetingSettings(account, user)
            found = {each.setting for each in idle_settings(settings)}
            other = attrs.evolve(
                account, auto_record=attrs.evolve(account.auto_record, host_may_pause=not may_pause)
            )
            same = attrs.evolve(settings, account=other).resolve().plan == settings.resolve().plan
            assert ("host_may_pause" in found) == same
