"""The page of the simulator, used as a person uses it."""

from typing import Any

import attrs


@attrs.frozen
class Simulator:
    """The simulator in a page of a browser.

    Args:
        page: the page, of Playwright.
        url: the URL of the service.
    """

    page: Any
    url: str

    def open(self, link=""):
        """Opens the page, or a link to it, and waits until the diagram is there."""
        self.page.goto(self.url + "/" + link)
        self.page.locator("#diagram svg").wait_for()
        return self

    def add(self, name, role="host", platform="windows"):
        """Adds a participant, and waits for the answer."""
        number = self.steps()
        form = self.page.get_by_role("form", name="Add a participant")
        form.get_by_role("textbox", name="Id").fill(name)
        form.get_by_label("Role").select_option(role)
        form.get_by_label("Platform").select_option(platform)
        form.get_by_role("button", name="Add participant").click()
        self.wait_for_step(number + 1)

    def press(self, name):
        """Presses a button, allowed or not, and waits for the step that it takes."""
        number = self.steps()
        # Playwright waits until a button is enabled; a person presses this one as well.
        self.page.get_by_role("button", name=name, exact=True).click(force=True)
        self.wait_for_step(number + 1)

    def go_to(self, number):
        """Goes back, or forward, to a step."""
        self.page.locator("#timeline button.go").nth(number).click()
        self.wait_for_step(number)

    def steps(self):
        """Returns the number of the current step."""
        return int(self.page.get_attribute("#diagram", "data-step"))

    def wait_for_step(self, number):
        """Waits until a step is the current one. The diagram is the last part to show it."""
        self.page.locator(f"#diagram[data-step='{number}']").wait_for()
        current = self.page.locator("#timeline .step.current .number")
        assert current.text_content() == str(number)

    def wait_for_state(self, state):
        """Waits until the meeting is in a state, on the page and in the diagram."""
        self.page.locator(f"#now .state-{state}").wait_for()
        self.page.locator(f"#diagram #state-{state}.current").wait_for()

    def now(self):
        """Returns the text about the last step."""
        return self.page.inner_text("#now")

    def words(self):
        """Returns the steps in words."""
        # The browser lays out only the steps in sight; others have no inner text.
        return self.page.locator("button.go .event").all_text_contents()

    def ways(self):
        """Returns the labels of the ways."""
        return self.page.locator("#ways button").all_inner_texts()
