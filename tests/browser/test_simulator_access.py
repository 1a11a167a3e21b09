"""The simulator by keyboard, for screen readers, in light and dark, on a desk and on a phone."""

import pytest

from .accessibility import violations
from .contrast import faint_texts
from .simulator import Simulator

DESK = {"width": 1280, "height": 720}
PHONE = {"width": 390, "height": 844}


def play(simulator):
    """Plays steps that bring a timer, a refusal and a second way onto the page."""
    simulator.page.get_by_label("Edition").select_option("business")
    simulator.page.get_by_label("Grace").fill("20")
    simulator.page.locator("#plan").get_by_text("Grace of 20 s").wait_for()
    simulator.add("alice")
    simulator.add("bob", "member", "web")
    simulator.press("pause: bob")
    simulator.press("leave: alice")
    simulator.press("+10 s")
    simulator.go_to(3)
    simulator.press("pause: alice")
    simulator.press("leave: alice")


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(simulator_url, new_page, scheme, viewport):
    simulator = Simulator(new_page(color_scheme=scheme, viewport=viewport), simulator_url).open()
    play(simulator)
    assert violations(simulator.page) == []


def test_on_a_phone_the_plan_ends_within_its_panel(simulator_url, new_page):
    page = new_page(viewport=PHONE)
    Simulator(page, simulator_url).open()
    panel = page.locator(".plan", has=page.locator("#plan"))
    text = page.locator("#plan")
    edges = [
        each.evaluate("(part) => part.getBoundingClientRect().bottom") for each in (text, panel)
    ]
    assert edges[0] < edges[1]
    assert page.evaluate("document.body.scrollHeight <= document.body.clientHeight")


@pytest.mark.parametrize("edition", ["pro", "business"])
def test_the_diagram_is_dark_in_the_dark_and_can_be_read(simulator_url, new_page, edition):
    page = new_page(color_scheme="dark")
    simulator = Simulator(page, simulator_url).open()
    page.get_by_label("Edition").select_option(edition)
    page.get_by_label("Grace").fill("20")
    page.locator("#plan").get_by_text("Grace of 20 s").wait_for()
    for name, role in (("alice", "host"), ("bob", "member")):
        simulator.add(name, role)
    assert faint_texts(page, "#diagram svg") == []
    simulator.press("pause: bob")
    assert page.locator("#diagram .callout.refused").count() > 0
    assert faint_texts(page, "#diagram svg") == []
    simulator.press("pause: alice")
    simulator.press("leave: alice")
    assert faint_texts(page, "#diagram svg") == []
    fill = page.locator("#diagram g.graph > polygon").first.evaluate(
        "(sheet) => getComputedStyle(sheet).fill"
    )
    assert fill == "rgb(19, 28, 45)"
    page.emulate_media(color_scheme="light")
    fill = page.locator("#diagram #state-paused path").first.evaluate(
        "(state) => getComputedStyle(state).fill"
    )
    assert fill == "rgb(254, 243, 199)", "the colour that the diagram itself has"


def test_everything_is_done_by_keyboard(simulator_url, page):
    simulator = Simulator(page, simulator_url).open()
    keys = page.keyboard

    def tab_to(name):
        for _ in range(80):
            keys.press("Tab")
            focused = page.locator(":focus")
            label = focused.get_attribute("aria-label") or focused.inner_text()
            if label == name:
                return
        pytest.fail(f"Tab never reaches {name!r}")

    tab_to("Add participant")
    keys.press("Enter")
    simulator.wait_for_step(1)
    tab_to("pause: alice")
    keys.press("Enter")
    simulator.wait_for_state("paused")
    # The button is replaced by each answer, and the focus is still there.
    assert page.locator(":focus").get_attribute("aria-label") == "pause: alice"
    keys.press("Enter")
    simulator.wait_for_step(3)
    assert "refused: wrong state" in simulator.now()
    tab_to("leave: alice")
    keys.press("Enter")
    simulator.wait_for_state("stopped")
    page.locator("#timeline button.go").first.focus()
    keys.press("ArrowDown")
    keys.press("Enter")
    simulator.wait_for_step(1)
    keys.press("End")
    keys.press("Enter")
    simulator.wait_for_step(4)


def test_screen_readers_hear_states_refusals_and_timers(simulator_url, page):
    simulator = Simulator(page, simulator_url).open()
    page.get_by_label("Grace").fill("20")
    page.locator("#plan").get_by_text("Grace of 20 s").wait_for()
    live = page.locator("[aria-live=polite]")
    assert live.count() == 1
    simulator.add("alice")
    assert live.inner_text() == "Step 1. State recording."
    simulator.press("resume: alice")
    assert live.inner_text().startswith("Step 2. Refused: wrong state.")
    simulator.press("leave: alice")
    assert "the recording stops in 20 s" in live.inner_text()


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_the_page_fits_its_window(simulator_url, new_page, viewport):
    page = new_page(viewport=viewport)
    simulator = Simulator(page, simulator_url).open()
    play(simulator)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    if viewport is DESK:
        assert page.evaluate("document.documentElement.scrollHeight") <= viewport["height"]


def test_a_phone_stays_at_the_button_that_was_pressed(simulator_url, new_page):
    page = new_page(viewport=PHONE)
    simulator = Simulator(page, simulator_url).open()
    play(simulator)
    button = page.get_by_role("button", name="+1 s", exact=True)
    button.scroll_into_view_if_needed()
    before = button.bounding_box()["y"]
    simulator.press("+1 s")
    # Timers and texts above may change their height by some lines; the page does not jump.
    assert abs(button.bounding_box()["y"] - before) < 200


def test_the_settings_are_whole_on_a_desk(simulator_url, new_page):
    page = new_page(viewport=DESK)
    Simulator(page, simulator_url).open()
    page.get_by_label("Edition").select_option("enterprise")
    page.get_by_role("checkbox", name="Host may pause").wait_for()
    last = page.get_by_label("End when empty").bounding_box()
    assert last["y"] + last["height"] < DESK["height"]
    assert page.locator(".settings:visible").evaluate(
        "(form) => form.scrollHeight <= form.clientHeight"
    )
    # The plan has its facts in sight below.
    fact = page.locator("#plan .facts li").last.bounding_box()
    assert fact["y"] + fact["height"] < DESK["height"]


def test_a_phone_has_a_header_of_one_line_and_the_state_and_the_events_first(
    simulator_url, new_page
):
    page = new_page(viewport=PHONE, has_touch=True)
    simulator = Simulator(page, simulator_url).open()
    assert page.locator("header").bounding_box()["height"] < 60
    assert page.get_by_role("button", name="Save").is_hidden()
    tops = [
        page.locator(part).bounding_box()["y"]
        for part in ("#now", "#meeting", "#diagram", "#timeline", "#settings", "#plan")
    ]
    assert tops == sorted(tops)
    play(simulator)
    # The state stays in sight however far down one is.
    page.get_by_role("button", name="Settings").click()
    settings = page.get_by_role("heading", name="Settings").bounding_box()["y"]
    now = page.locator("#now").bounding_box()
    assert now["y"] >= 0
    assert now["y"] + now["height"] <= settings < PHONE["height"] / 2
    assert page.locator("#settings-heading").evaluate("(part) => part === document.activeElement")


def test_the_menu_of_a_phone_opens_and_closes_by_keyboard(simulator_url, new_page):
    page = new_page(viewport=PHONE)
    Simulator(page, simulator_url).open()
    menu = page.get_by_role("button", name="Menu")
    menu.focus()
    page.keyboard.press("Enter")
    assert menu.get_attribute("aria-expanded") == "true"
    assert violations(page) == []
    page.get_by_role("textbox", name="Title").focus()
    page.keyboard.press("Escape")
    assert menu.get_attribute("aria-expanded") == "false"
    assert menu.evaluate("(button) => button === document.activeElement")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Examples…").click()
    page.get_by_role("dialog").wait_for()
    assert menu.get_attribute("aria-expanded") == "false"


def test_the_theme_is_kept(simulator_url, new_page):
    page = new_page(color_scheme="light")
    Simulator(page, simulator_url).open()
    page.get_by_role("button", name="Switch between light and dark").click()
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
