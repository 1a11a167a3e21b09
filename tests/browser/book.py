"""The page of the book, used as a person uses it."""

from typing import Any

import attrs


@attrs.frozen
class Book:
    """The book in a page of a browser.

    Args:
        page: the page, of Playwright.
        file: the file.
    """

    page: Any
    file: Any

    def open(self, part=""):
        """Opens the file from the disk, and waits until it can be tried."""
        self.page.goto(f"{self.file.as_uri()}{part}")
        self.page.locator("html[data-ready]").wait_for()
        return self

    def press(self, name):
        """Presses a button of the part to try."""
        self.page.locator("#explorer").get_by_role("button", name=name, exact=True).click()

    def choose(self, field, option):
        """Chooses an option of a field of the part to try."""
        self.page.locator("#explorer").get_by_label(field).select_option(option)

    def choose_example(self, title):
        """Chooses an example by its title."""
        self.page.locator("#stepper").get_by_role("option", name=title, exact=True).click()

    def state(self, part="#explorer"):
        """Returns the state that is shown, which is lit in the picture as well."""
        state = self.page.locator(f"{part} .now .pill").get_attribute("class").split("state-")[1]
        lit = self.page.locator(f"{part} svg .current").get_attribute("data-part")
        assert lit == f"state-{state}"
        return state

    def answer(self, part="#explorer"):
        """Returns the text of the last answer."""
        return self.page.inner_text(f"{part} .answer")

    def steps(self, part="#explorer"):
        """Returns the texts of the steps."""
        return self.page.locator(f"{part} .go span:last-child").all_inner_texts()

    def said(self):
        """Returns what is said to those who do not see the page."""
        return self.page.locator("#live").text_content()
