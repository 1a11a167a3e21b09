"""Events and commands: what they are called, and what may stand in them."""

import pytest

from fsm.recording import (
    Account,
    AutoRecord,
    ChangeRole,
    Choice,
    End,
    Join,
    Leave,
    Pause,
    Plan,
    RecorderFailed,
    Resume,
    Start,
    Stop,
    resolve,
)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Join(1, "host", "ios"), "id must be a str"),
        (lambda: Leave(1), "id must be a str"),
        (lambda: ChangeRole(1, "host"), "id must be a str"),
        (lambda: ChangeRole("a", "boss"), "role cannot be 'boss'"),
        (lambda: RecorderFailed(1), "detail must be a str"),
        (lambda: Start(1, "cloud"), "by must be a str"),
        (lambda: Pause(1), "by must be a str"),
        (lambda: Resume(1), "by must be a str"),
        (lambda: Stop(1), "by must be a str"),
        (lambda: Plan("cloud", "all"), "started_by cannot be 'all'"),
        (lambda: Plan("cloud", "host", 1), "host_may_pause must be a bool"),
        (lambda: Plan(kinds=("x",)), "kinds cannot be 'x'"),
        (lambda: Plan(source="x"), "source cannot be 'x'"),
    ],
)
def test_every_field_says_what_may_proxy_it(make, words):
    with pytest.raises((ValueError, TypeError)) as caught:
        make()
    assert str(caught.value).startswith(words)


def test_what_may_be_left_out_is_not_known():
    assert Join("a", "host", "ios").version is None
    assert End().by is None
    assert RecorderFailed().detail is None


@pytest.mark.rule("D12")
def test_a_plan_of_which_nothing_is_said_starts_nothing():
    assert Plan() == Plan(None, "host", True, "none", ("cloud", "local"))


@pytest.mark.parametrize("name", ["enabled", "locked", "start_on_any_join", "host_may_pause"])
def test_a_setting_of_the_console_is_true_or_false(name):
    with pytest.raises(TypeError, match=f"{name} must be a bool"):
        AutoRecord(**{name: 1})


@pytest.mark.parametrize("name", ["cloud_recording", "local_recording"])
def test_a_master_switch_is_on_or_off(name):
    with pytest.raises(TypeError, match=f"{name} must be a bool"):
        Account("business", **{name: None})


@pytest.mark.rule("R11", "D7")
@pytest.mark.parametrize(
    ("choice", "why"),
    [
        (Choice(True, "cloud", "anyone"), "cloud, started by anyone: the user's choice (R11)"),
        (Choice(False), "no auto-recording: the user's choice (R11)"),
        (None, "no auto-recording: no setting asks for it (R11)"),
    ],
)
def test_a_plan_says_what_was_chosen_and_by_whom(choice, why):
    assert resolve(Account("pro"), user=choice).why[1] == why
