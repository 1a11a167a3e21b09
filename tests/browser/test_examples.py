"""The examples by rule, and playing their steps at a speed."""

import pytest

from .accessibility import violations
from .simulator import Simulator


@pytest.fixture
def simulator(simulator_url, page):
    return Simulator(page, simulator_url).open()


def open_example(simulator, title):
    simulator.page.get_by_role("button", name="Examples…").click()
    dialog = simulator.page.get_by_role("dialog", name="Examples, by rule")
    dialog.get_by_role("button", name=title).first.click()
    dialog.wait_for(state="detached")


def test_an_example_is_found_by_its_rule_and_opened(simulator):
    page = simulator.page
    page.get_by_role("button", name="Examples…").click()
    dialog = page.get_by_role("dialog", name="Examples, by rule")
    dialog.get_by_role("heading", name="R16 The causes that stop a cloud recording").wait_for()
    assert violations(page) == []
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    open_example(simulator, "The Monday planning meeting")
    page.locator("[data-key='step 17'][aria-current=step]").wait_for()
    assert "The Monday planning meeting" in page.get_by_role("textbox", name="Title").input_value()


def test_an_example_is_found_by_words_or_by_the_rule_alone(simulator):
    page = simulator.page
    page.get_by_role("button", name="Examples…").click()
    dialog = page.get_by_role("dialog", name="Examples, by rule")
    search = dialog.get_by_role("searchbox", name="Search")
    assert search.evaluate("(field) => field === document.activeElement")
    search.fill("r1")
    assert [each.split()[0] for each in dialog.locator("h3:visible").all_inner_texts()] == ["R1"]
    search.fill("MONDAY planning")
    assert dialog.locator("li:visible").count() == 1
    assert dialog.get_by_role("status").inner_text().startswith("1 of ")
    assert violations(page) == []
    search.fill("no such words")
    assert dialog.get_by_role("status").inner_text().startswith("0 of ")
    search.fill("monday")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.locator("[data-key='step 17'][aria-current=step]").wait_for()


def test_the_steps_of_an_example_are_played_one_after_another(simulator):
    page = simulator.page
    open_example(simulator, "The Monday planning meeting")
    page.locator("[data-key='step 17'][aria-current=step]").wait_for()
    page.get_by_role("button", name="Play").click()
    page.locator("[data-key='step 0'][aria-current=step]").wait_for()
    page.locator("[data-key='step 1'][aria-current=step]").wait_for()
    page.locator("#play", has_text="Pause").click()
    page.get_by_role("button", name="Play").wait_for()
    page.get_by_label("Steps a second").select_option("5")
    page.get_by_role("button", name="Play").click()
    page.locator("[data-key='step 17'][aria-current=step]").wait_for()
    page.get_by_role("button", name="Play").wait_for()


def test_the_steps_of_an_example_are_gone_through_one_at_a_time(simulator):
    page = simulator.page
    open_example(simulator, "Everyone left, and coming back does not start it again")
    simulator.wait_for_step(3)
    next_step = page.get_by_role("button", name="Next step")
    previous = page.get_by_role("button", name="Previous step")
    next_step.click()  # There is none.
    previous.click()
    simulator.wait_for_step(2)
    simulator.wait_for_state("stopped")
    for _ in range(3):
        previous.click()
    simulator.wait_for_step(0)
    next_step.click()
    simulator.wait_for_step(1)
    simulator.wait_for_state("recording")
    assert len(simulator.words()) == 3, "the later steps stay in sight"


def test_without_steps_there_is_nothing_to_play(simulator):
    simulator.page.get_by_role("button", name="Play").click()
    assert simulator.page.locator("#play").get_attribute("aria-pressed") == "false"
