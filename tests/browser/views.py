"""The views of the page, each brought about as a person does, whatever the language.

``tools/screenshots.py`` draws them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote

import attrs
from playwright.sync_api import Page

from .live import GRACE, PRO, Sender, join

FAILED_EXPECTATION = """\
title: The host leaves while it is paused
account: {edition: pro}
user: {auto_record: true}
events:
  - join: {id: alice, role: host, platform: windows}
    expect: {state: recording, rule: R13}
  - pause: {by: alice}
    expect: {state: paused}
  - leave: {id: alice}
    expect: {state: paused}
"""


@attrs.frozen
class Places:
    """The services that are looked at.

    Args:
        url: a service without tokens.
        guarded_url: a service with tokens.
        folder: a folder for files.
    """

    url: str
    guarded_url: str
    folder: Path


# -- what a person does --------------------------------------------------------------------------


def open_simulator(page: Page, places: Places) -> None:
    """Opens the simulator."""
    page.goto(places.url)
    page.locator("#diagram svg").wait_for()


def wait_for_step(page: Page, number: int) -> None:
    page.locator(f"#diagram[data-step='{number}']").wait_for()


def step_of(page: Page) -> int:
    return int(page.get_attribute("#diagram", "data-step") or 0)


def add(page: Page, name: str, role: str = "host", platform: str = "windows") -> None:
    """Adds a participant."""
    number = step_of(page)
    form = page.locator("#meeting .join-form")
    form.locator("input").first.fill(name)
    form.locator("select").nth(0).select_option(role)
    form.locator("select").nth(1).select_option(platform)
    form.locator("button").click()
    wait_for_step(page, number + 1)


def press(page: Page, key: str) -> None:
    """Presses a button of a participant, allowed or not."""
    number = step_of(page)
    page.locator(f'#meeting [data-key="{key}"]').click(force=True)
    wait_for_step(page, number + 1)


def set_grace(page: Page, seconds: int, form: str = "#settings") -> None:
    page.locator(f"{form} input[type=number]").first.fill(str(seconds))
    page.wait_for_timeout(400)


def to_top(page: Page) -> None:
    """Leaves the last control, and scrolls back to the beginning."""
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    page.mouse.move(0, 0)


# -- the simulator --------------------------------------------------------------------------------


def simulator_empty(page: Page, places: Places) -> None:
    open_simulator(page, places)


def simulator_paused(page: Page, places: Places) -> None:
    """The host leaves while it is paused."""
    open_simulator(page, places)
    add(page, "alice")
    add(page, "bob", "member", "web")
    press(page, "pause alice")
    press(page, "leave alice")
    to_top(page)


def simulator_refused(page: Page, places: Places) -> None:
    """A member tries to pause; another way was tried before."""
    open_simulator(page, places)
    add(page, "alice")
    add(page, "bob", "member", "ios")
    press(page, "pause alice")
    page.locator("#timeline button.go").nth(2).click()
    wait_for_step(page, 2)
    press(page, "pause bob")
    to_top(page)


def simulator_timers(page: Page, places: Places) -> None:
    """Both timers run."""
    open_simulator(page, places)
    set_grace(page, 20)
    page.locator("#settings input[type=number]").nth(1).fill("300")
    page.wait_for_timeout(400)
    add(page, "alice")
    press(page, "leave alice")
    page.locator("#meeting .time .buttons button").first.click()
    wait_for_step(page, 3)
    to_top(page)


def simulator_compared(page: Page, places: Places) -> None:
    """The same events under two policies."""
    simulator_paused(page, places)
    click_in_header(page, "compare")
    page.locator("#other-settings").wait_for()
    set_grace(page, 30, "#other-settings")
    page.locator(".difference").first.wait_for()
    to_top(page)


def simulator_console(page: Page, places: Places) -> None:
    """The settings of an account with a console, on a phone scrolled into sight."""
    open_simulator(page, places)
    page.locator("#settings select").first.select_option("enterprise")
    page.wait_for_timeout(400)
    for number in (2, 3):
        page.locator("#settings fieldset input[type=checkbox]").nth(number).check()
    page.wait_for_timeout(400)
    page.locator("#settings").scroll_into_view_if_needed()
    page.locator("#settings").evaluate("(form) => form.closest('section').scrollIntoView()")
    page.evaluate("document.activeElement.blur()")


def simulator_console_top(page: Page, places: Places) -> None:
    simulator_console(page, places)
    to_top(page)


def simulator_scrolled(page: Page, places: Places) -> None:
    """Further down on a phone: the people."""
    simulator_refused(page, places)
    page.locator("#meeting .participants").evaluate("(list) => list.scrollIntoView()")


def simulator_steps(page: Page, places: Places) -> None:
    """The steps and the diagram, further down on a phone."""
    simulator_refused(page, places)
    page.locator("#timeline").evaluate("(list) => list.closest('section').scrollIntoView()")


def simulator_whole(page: Page, places: Places) -> None:
    simulator_refused(page, places)
    page.locator("#whole").click()
    page.locator("#diagram").evaluate("(part) => part.scrollIntoView()")


def simulator_failed_expectation(page: Page, places: Places) -> None:
    """A scenario of which one step is not answered as it expects."""
    open_simulator(page, places)
    file = places.folder / "failed.yaml"
    file.write_text(FAILED_EXPECTATION, encoding="utf-8")
    page.set_input_files("#file", file)
    wait_for_step(page, 3)
    to_top(page)


def simulator_link(page: Page, places: Places) -> None:
    """A link was copied."""
    simulator_paused(page, places)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    click_in_header(page, "link")
    page.wait_for_timeout(300)


def simulator_menu(page: Page, places: Places) -> None:
    """The menu of a phone."""
    simulator_paused(page, places)
    if page.locator("#menu").is_visible():
        page.locator("#menu").click()


def simulator_error(page: Page, places: Places) -> None:
    """A file that is no scenario."""
    open_simulator(page, places)
    file = places.folder / "wrong.yaml"
    file.write_text("account: {edition: por}\n", encoding="utf-8")
    page.set_input_files("#file", file)
    page.locator("#message").wait_for()


def click_in_header(page: Page, name: str) -> None:
    """Presses a button of the header, which a phone has in a menu."""
    if not page.locator(f"#{name}").is_visible():
        page.locator("#menu").click()
    page.locator(f"#{name}").click()


def dialog_examples(page: Page, places: Places) -> None:
    open_simulator(page, places)
    click_in_header(page, "examples")
    page.get_by_role("dialog").wait_for()


def dialog_examples_found(page: Page, places: Places) -> None:
    dialog_examples(page, places)
    page.get_by_role("dialog").locator("input").fill("D14")


def dialog_sentence(page: Page, places: Places) -> None:
    simulator_compared(page, places)
    click_in_header(page, "sentence")
    page.get_by_role("dialog").wait_for()


def dialog_token(page: Page, places: Places) -> None:
    page.goto(places.guarded_url)
    page.get_by_role("dialog").wait_for()


def token_refused(page: Page, places: Places) -> None:
    dialog_token(page, places)
    page.get_by_role("dialog").locator("button").first.click()
    page.locator("#message").wait_for()


# -- live meetings -------------------------------------------------------------------------------


@cache
def live_meetings(url: str) -> Sender:
    """Opens the meetings that the list shows, once for a service."""
    sender = Sender(url)
    sender.open("board-2026-11-28", GRACE)
    for event in (
        join("alice"), join("bob", "member", "web"), {"pause": {"by": "bob"}},
        {"pause": {"by": "alice"}}, {"resume": {"by": "alice"}}, {"leave": {"id": "alice"}},
    ):  # fmt: skip
        sender.send(event, "board-2026-11-28")
    sender.open("all-hands", PRO)
    for event in (join("carol"), {"pause": {"by": "carol"}}):
        sender.send(event, "all-hands")
    sender.open("stand-up", PRO)
    for event in (join("dave"), {"end": {"by": "dave"}}):
        sender.send(event, "stand-up")
    sender.open("tomorrow", PRO)
    return sender


def live_list(page: Page, places: Places) -> None:
    live_meetings(places.url)
    page.goto(f"{places.url}/#live")
    page.locator("#list li").first.wait_for()


def live_meeting(page: Page, places: Places, meeting: str = "board-2026-11-28") -> None:
    live_meetings(places.url)
    page.goto(f"{places.url}/#live/{quote(meeting)}")
    page.locator("#live-diagram svg").wait_for()


def live_past(page: Page, places: Places) -> None:
    """A past moment of a meeting that goes on."""
    live_meeting(page, places)
    page.locator("#live-timeline button.go").nth(3).click()
    page.locator("#live-diagram[data-step='3']").wait_for()
    to_top(page)


def live_over(page: Page, places: Places) -> None:
    live_meeting(page, places, "stand-up")


def live_unknown(page: Page, places: Places) -> None:
    page.goto(f"{places.url}/#live/no-such-meeting")
    page.locator("#message").wait_for()


# -- the book --------------------------------------------------------------------------------------


@cache
def book_file(folder: Path) -> Path:
    """Writes the book, once for a folder."""
    from ..book.written import full_book

    file = folder / "book.html"
    file.write_text(full_book(), encoding="utf-8")
    return file


def open_book(page: Page, places: Places, part: str) -> None:
    page.goto(book_file(places.folder).as_uri())
    page.locator("html[data-ready]").wait_for()
    if (
        str(page.evaluate("navigator.language")).startswith("zh")
        and page.locator("html[data-lang=en]").count()
    ):
        page.locator("#language").click()
    page.locator(f"#{part}").first.evaluate("(part) => part.scrollIntoView()")


def book_top(page: Page, places: Places) -> None:
    open_book(page, places, "about")


def book_try(page: Page, places: Places) -> None:
    open_book(page, places, "try")
    page.locator("[data-key='alice join']").click()
    page.locator("[data-key='bob join']").click()
    page.locator("#explorer section[aria-label=bob] button").filter(
        has_text={"en": "Pause", "zh": "暂停录制"}[page.get_attribute("html", "data-lang") or "en"]
    ).first.click()
    page.locator("#try").evaluate("(part) => part.scrollIntoView()")


def book_examples(page: Page, places: Places) -> None:
    open_book(page, places, "examples")
    for _ in range(2):
        page.locator("#stepper [data-key=next]").click()
    page.locator("#examples").evaluate("(part) => part.scrollIntoView()")


def book_part(part: str) -> Callable[[Page, Places], None]:
    """Returns the view of a part of the book."""
    return lambda page, places: open_book(page, places, part)


VIEWS: Final[Mapping[str, Callable[[Page, Places], None]]] = {
    "simulator-empty": simulator_empty,
    "simulator-paused": simulator_paused,
    "simulator-refused": simulator_refused,
    "simulator-people": simulator_scrolled,
    "simulator-steps": simulator_steps,
    "simulator-whole": simulator_whole,
    "simulator-timers": simulator_timers,
    "simulator-compared": simulator_compared,
    "simulator-console": simulator_console,
    "simulator-console-top": simulator_console_top,
    "simulator-failed": simulator_failed_expectation,
    "simulator-link": simulator_link,
    "simulator-menu": simulator_menu,
    "simulator-error": simulator_error,
    "dialog-examples": dialog_examples,
    "dialog-found": dialog_examples_found,
    "dialog-sentence": dialog_sentence,
    "dialog-token": dialog_token,
    "dialog-no-token": token_refused,
    "live-list": live_list,
    "live-meeting": live_meeting,
    "live-past": live_past,
    "live-over": live_over,
    "live-unknown": live_unknown,
    "book-about": book_top,
    "book-try": book_try,
    "book-examples": book_examples,
    **{
        f"book-{part}": book_part(part)
        for part in ("pictures", "policy", "stops", "rules", "transitions", "scope")
    },
}
"""The views by name."""
