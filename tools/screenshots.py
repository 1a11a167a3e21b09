"""The screenshots of the simulator in the documents.

    python tools/screenshots.py [--folder docs/images]

Needs Chromium (`make browser`).
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.browser.simulator import Simulator
from tests.processes import fsm, start
from tests.web.listening import listening


@contextmanager
def simulator_url() -> Iterator[str]:
    """Runs the service, and yields its URL."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["--db", f"{folder}/meetings.db", "--port", "0"]
        with listening(*start(fsm, "serve", *arguments, children=True)) as process:
            yield process.url


def grace(page: Page, url: str) -> None:
    """The only host's connection drops, and a grace runs down."""
    simulator = Simulator(page, url).open()
    page.get_by_label("Title").fill("The host's connection drops")
    page.get_by_label("Grace").fill("10")
    simulator.add("alice")
    simulator.add("bob", "member", "web")
    simulator.press("leave: alice")
    simulator.press("+1 s")
    page.keyboard.press("Escape")


def refusal(page: Page, url: str) -> None:
    """A member tries to pause the recording."""
    simulator = Simulator(page, url).open()
    page.get_by_label("Title").fill("May a member pause?")
    simulator.add("alice")
    simulator.add("bob", "member", "ios")
    simulator.press("pause: alice")
    simulator.go_to(2)
    simulator.press("stop: alice")
    simulator.go_to(2)
    simulator.press("pause: bob")
    page.keyboard.press("Escape")


def chinese(page: Page, url: str) -> None:
    """The same in Chinese."""
    grace(page, url)
    page.get_by_label("Title").fill("主持人断线")
    page.get_by_role("button", name="中文").click()
    page.locator("#diagram[data-step='4']").wait_for()
    page.wait_for_function("document.fonts.status === 'loaded'")


PICTURES: dict[str, tuple[Literal["light", "dark"], Callable[[Page, str], None]]] = {
    "simulator-light.png": ("light", grace),
    "simulator-dark.png": ("dark", refusal),
    "simulator-chinese.png": ("light", chinese),
}


def main() -> None:
    """Draws the screenshots."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path("docs", "images"))
    args = parser.parse_args()
    program = shutil.which("chromium")
    if program is None:
        sys.exit("Chromium is missing: make browser")
    args.folder.mkdir(parents=True, exist_ok=True)
    with simulator_url() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--disable-gpu"])
        for name, (scheme, play) in PICTURES.items():
            page = browser.new_page(
                viewport={"width": 1280, "height": 720}, color_scheme=scheme,
                device_scale_factor=1.5,
            )  # fmt: skip
            play(page, url)
            page.screenshot(path=args.folder / name)
            print(f"drew {args.folder / name}")
        browser.close()


if __name__ == "__main__":
    main()
