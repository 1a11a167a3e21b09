"""Two policies side by side: the same events under other settings."""

import pytest

from .accessibility import violations
from .simulator import Simulator


@pytest.fixture
def simulator(simulator_url, page):
    return Simulator(page, simulator_url).open()


def compare(simulator):
    page = simulator.page
    page.get_by_role("button", name="Compare", exact=True).click()
    form = page.get_by_role("form", name="Other settings")
    form.wait_for()
    return form


def test_the_same_events_are_answered_under_other_settings_and_differences_are_marked(simulator):
    page = simulator.page
    form = compare(simulator)
    page.get_by_text("Under the other settings too:").wait_for()
    form.get_by_label("Grace").fill("30")
    simulator.add("alice")
    simulator.wait_for_state("recording")
    simulator.press("leave: alice")
    simulator.wait_for_state("stopped")
    page.locator("#other-now .differs .state-recording").wait_for()
    first, second = page.locator(".timeline .step:not(:first-child)").all()
    assert first.locator(".difference").count() == 0
    assert "Under the other settings: recording" in second.locator(".difference").inner_text()
    assert "grace" in second.locator(".difference").inner_text()
    assert "Under the other settings: recording." in page.locator("#live").inner_text()
    form.get_by_label("Grace").fill("0")
    page.locator(".difference").wait_for(state="detached")


def test_what_differs_is_said_in_one_line_and_in_the_sentence(simulator):
    page = simulator.page
    form = compare(simulator)
    page.locator("#differences").get_by_text("The same answer at every step.").wait_for()
    form.get_by_label("Grace").fill("30")
    page.locator("#other-plan").get_by_text("30 s").wait_for()
    for name, role in (("alice", "host"), ("bob", "member")):
        simulator.add(name, role)
    simulator.press("leave: alice")
    assert page.inner_text("#differences") == (
        "Differs at step 3: here stopped (stop: every host has left); "
        "there recording (timer grace set: 30 s)."
    )
    simulator.press("leave: bob")
    assert page.inner_text("#differences").startswith("Differs at steps 3 and 4: at step 3 here ")
    simulator.add("carol")
    assert page.inner_text("#differences").startswith("Differs at steps 3 to 5: at step 3 here ")
    assert "Differs at steps 3 to 5" in page.locator("#live").inner_text()
    page.get_by_role("button", name="As a sentence").click()
    sentence = page.get_by_role("textbox", name="As a sentence").input_value()
    assert (
        "Under other settings (edition pro, policy free, cloud recording, "
        "started by a host's join, a host may pause and stop, grace of 30 s) "
        "it differs at steps 3 to 5: 3. alice leaves → recording (timer grace set: 30 s) "
        "instead of stopped (stop: every host has left); "
        "4. bob leaves → recording instead of stopped; "
        "5. carol joins as host, "
    ) in sentence


def test_the_sentence_says_that_two_policies_answer_alike(simulator):
    page = simulator.page
    compare(simulator)
    simulator.add("alice")
    page.get_by_role("button", name="As a sentence").click()
    sentence = page.get_by_role("textbox", name="As a sentence").input_value()
    assert "The same under other settings: edition pro, " in sentence


def test_a_comparison_is_in_the_link_and_ends(simulator, new_page):
    page = simulator.page
    form = compare(simulator)
    form.get_by_role("combobox", name="User's setting").select_option("off")
    simulator.add("alice")
    simulator.wait_for_state("recording")
    page.locator("#other-now .state-idle").wait_for()
    other = Simulator(new_page(), simulator.url).open("#" + page.url.partition("#")[2])
    other.page.locator("#other-now .state-idle").wait_for()
    form = other.page.get_by_role("form", name="Other settings")
    assert form.get_by_role("combobox", name="User's setting").input_value() == "off"
    page.get_by_role("button", name="End the comparison").click()
    page.locator("#comparison").wait_for(state="hidden")
    assert page.locator(".difference").count() == 0
    page.go_back()
    page.locator("#comparison").wait_for()


def test_settings_that_do_not_fit_end_no_comparison(simulator):
    form = compare(simulator)
    form.get_by_label("Grace").fill("601")
    simulator.page.get_by_role("alert").get_by_text("Grace: ").wait_for()
    assert simulator.page.locator("#comparison").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_comparison_is_accessible(simulator_url, new_page, scheme):
    simulator = Simulator(new_page(color_scheme=scheme), simulator_url).open()
    form = compare(simulator)
    form.get_by_label("Grace").fill("30")
    simulator.add("alice")
    simulator.press("leave: alice")
    simulator.page.locator(".difference").wait_for()
    assert violations(simulator.page) == []
