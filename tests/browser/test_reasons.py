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
