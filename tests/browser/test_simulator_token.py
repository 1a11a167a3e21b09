"""The simulator of a service that asks for a token."""

import pytest

from fsm.web.token_file import create_token

from ..processes import fsm, start
from ..web.listening import listening
from .simulator import Simulator


@pytest.fixture
def guarded(tmp_path):
    """The URL of a service with tokens, and a token that may read."""
    file = tmp_path / "tokens.json"
    token = create_token(file, "reader", ["read"])
    arguments = ["--db", str(tmp_path / "meetings.db"), "--port", "0", "--tokens", str(file)]
    with listening(*start(fsm, "serve", *arguments, children=True)) as process:
        yield process.url, token


def test_the_page_asks_for_a_token_and_keeps_it_in_its_tab(guarded, new_page, faults):
    url, token = guarded
    page = new_page()
    page.goto(url)
    field = page.get_by_role("dialog").get_by_label("Token")
    assert field.get_attribute("type") == "password"
    field.fill("wrong")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_label("Token").fill(token)
    page.keyboard.press("Enter")
    page.locator("#diagram svg").wait_for()
    Simulator(page, url).add("alice")
    page.reload()
    page.locator("#now .state-recording").wait_for()
    assert token not in page.url
    assert page.evaluate("localStorage.length") == 0
    assert len(faults) == 2, "an answer 401 without a token, and one for the wrong token"
    faults.clear()


def test_the_dialog_says_what_a_token_is_for_where_it_comes_from_and_how_long_it_is_kept(
    guarded, new_page, faults
):
    page = new_page()
    page.goto(guarded[0])
    text = page.get_by_role("dialog").inner_text()
    assert "A token shows that you may use this service" in text
    assert "from the operator of the service" in text
    assert "“fsm token new”" in text
    assert "until this tab is closed" in text
    faults.clear()


def test_without_a_token_the_page_says_why_it_shows_nothing(guarded, new_page, faults):
    page = new_page()
    page.goto(guarded[0])
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    alert = page.get_by_role("alert").inner_text()
    # The service's own sentence is for programs.
    assert "Without a token this service shows nothing." in alert
    assert "Authorization" not in alert
    page.get_by_text("The simulator has not started.").wait_for()
    page.get_by_role("button", name="Try again").click()
    page.get_by_role("dialog").get_by_label("Token").wait_for()
    faults.clear()
