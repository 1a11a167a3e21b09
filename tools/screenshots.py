"""The screenshots of the page: two for the documents, or every view to be looked at.

    python tools/screenshots.py [--folder docs/images]
    python tools/screenshots.py --every-view out/views [--only simulator,live]

Needs Chromium (`make browser`). Every view is drawn in light and dark, on a desk and on a phone, in
English and Chinese.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import product
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fsm.web.token_file import create_token
from tests.browser.simulator import Simulator
from tests.browser.views import VIEWS, Places
from tests.processes import fsm, start
from tests.web.listening import listening

Scheme = Literal["light", "dark"]
SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")
DESK: Final = ViewportSize(width=1280, height=720)
PHONE: Final = ViewportSize(width=390, height=844)


@contextmanager
def service(folder: Path, *arguments: str) -> Iterator[str]:
    """Runs the service, and yields its URL."""
    command = ["serve", "--db", str(folder / "meetings.db"), "--port", "0", *arguments]
    with listening(*start(fsm, *command, children=True)) as process:
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


def draw_for_documents(browser: Browser, folder: Path) -> None:
    """Draws the screenshots of the documents."""
    with tempfile.TemporaryDirectory() as kept, service(Path(kept)) as url:
        for name, scheme, play in (
            ("simulator-light.png", SCHEMES[0], grace),
            ("simulator-dark.png", SCHEMES[1], refusal),
        ):
            page = browser.new_page(viewport=DESK, color_scheme=scheme, device_scale_factor=1.5)
            play(page, url)
            page.screenshot(path=folder / name)
            print(f"drew {folder / name}")


def draw_every_view(browser: Browser, folder: Path, only: list[str]) -> None:
    """Draws every view whose name begins with one of some texts, in each of its forms."""
    with ExitStack() as stack:
        kept = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        open_, guarded = kept / "open", kept / "guarded"
        for each in (open_, guarded):
            each.mkdir()
        tokens = guarded / "tokens.json"
        create_token(tokens, "reader", ["read"])
        places = Places(
            stack.enter_context(service(open_)),
            stack.enter_context(service(guarded, "--tokens", str(tokens))),
            kept,
        )
        for name, (view, size) in product(VIEWS, (("desk", DESK), ("phone", PHONE))):
            if only and not any(name.startswith(each) for each in only):
                continue
            for scheme, lang in product(SCHEMES, ("en", "zh")):
                context = browser.new_context(
                    viewport=size, color_scheme=scheme, locale={"en": "en-GB", "zh": "zh-CN"}[lang]
                )
                page = context.new_page()
                VIEWS[name](page, places)
                page.wait_for_function("document.fonts.status === 'loaded'")
                page.wait_for_timeout(300)
                file = folder / f"{name}-{view}-{scheme}-{lang}.png"
                page.screenshot(path=file)
                context.close()
                print(f"drew {file}", flush=True)


def main() -> None:
    """Draws the screenshots."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path("docs", "images"))
    parser.add_argument("--every-view", type=Path, metavar="FOLDER")
    parser.add_argument("--only", default="", help="beginnings of the names of views")
    args = parser.parse_args()
    program = shutil.which("chromium")
    if program is None:
        sys.exit("Chromium is missing: make browser")
    folder: Path = args.every_view or args.folder
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--disable-gpu"])
        if args.every_view:
            draw_every_view(browser, folder, [each for each in args.only.split(",") if each])
        else:
            draw_for_documents(browser, folder)
        browser.close()


if __name__ == "__main__":
    main()
