"""The reasons that the simulator gives, in words that need no second look."""

import pytest

from .simulator import Simulator


@pytest.fixture
def simulator(simulator_url, page):
    return Simulator(page, simulator_url).open()


def test_a_stop_without_hosts_names_its_cause_without_ambiguity(simulator):
    simulator.add("alice")
    simulator.add("bob", "member")
    simulator.press("leave: alice")
    assert "alice leaves – stop: every host has left" in " ".join(simulator.now().split())


def test_a_step_that_sets_a_timer_has_no_list_of_failed_guards(simulator):
    simulator.page.get_by_label("Grace").fill("10")
    simulator.add("alice")
    simulator.add("bob", "member")
    simulator.press("leave: alice")
    details = simulator.page.locator(".step.current .details").inner_text()
    assert "timer grace set: 10 s" in details
    assert "would need" not in details


@pytest.mark.parametrize("by_keyboard", [False, True], ids=["mouse", "keyboard"])
def test_a_command_that_was_carried_out_shows_no_refusal_of_the_next(simulator, by_keyboard):
    simulator.add("alice")
    button = simulator.page.get_by_role("button", name="pause: alice", exact=True)
    if by_keyboard:
        button.press("Enter")
    else:
        button.click()
    simulator.wait_for_step(2)
    hint = simulator.page.locator(".hint-bubble")
    assert button.get_attribute("aria-disabled") == "true"
    # Chromium moves the pointer over what is new under it a moment after the layout.
    simulator.page.wait_for_timeout(500)
    assert hint.is_hidden()
    simulator.page.locator("#now").hover()
    button.hover()
    hint.get_by_text("the state has no transition for it").wait_for()


def test_a_join_after_the_stop_names_the_rule_that_keeps_it_from_starting(simulator):
    simulator.add("alice")
    simulator.press("stop: alice")
    simulator.add("bob")
    assert "R15 Auto-recording starts at most once a meeting" in simulator.now()
    assert simulator.page.locator(".step.current .rule").all_inner_texts() == ["R15"]


def test_settings_without_an_effect_say_why(simulator):
    page = simulator.page
    settings = page.locator("#settings")
    assert settings.locator(".idle-note:visible").count() == 0
    page.get_by_label("Edition").select_option("business")
    note = settings.get_by_text("No effect: auto-record is off.").first
    note.wait_for()
    # One note serves the kind and the options below it, and a screen reader finds it at each.
    assert settings.locator(".idle-note:visible").count() == 1
    for control in ("Start on anyone's join", "Host may pause and stop"):
        described = settings.get_by_label(control).get_attribute("aria-describedby")
        assert described == note.get_attribute("id")
    settings.get_by_label("Auto-record", exact=True).check()
    note.wait_for(state="hidden")
    # The user's setting of the first scenario picks cloud as well, so the options have an effect.
    assert settings.locator(".idle-note:visible").count() == 0
    settings.get_by_label("Locked").check()
    settings.get_by_text("No effect: locked (contact the admin).").first.wait_for()
    # The user's setting and the booking, between which another field stands.
    assert settings.locator(".idle-note:visible").count() == 2
    settings.get_by_label("Cloud recording").uncheck()
    settings.locator(".sub-options").get_by_text("No effect: cloud recording is off.").wait_for()


def test_the_rules_of_a_step_that_others_decided_are_those_alone(simulator):
    simulator.page.get_by_label("Grace").fill("10")
    simulator.add("alice")
    simulator.press("leave: alice")
    # R17 is about a local recording: it kept nothing from happening here.
    rules = simulator.page.locator(".step.current .rule").all_inner_texts()
    assert rules == ["D14"]
