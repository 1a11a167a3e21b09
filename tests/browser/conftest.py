"""Pages in Debian's Chromium, driven by Playwright.

Playwright's synchronous calls leave a loop of asyncio marked as running until Playwright stops. So
none of these fixtures lasts for a session: tests of other folders, in the same process, start loops
of their own.
"""

import ipaddress
import shutil
from urllib.parse import urlsplit

import pytest

from ..processes import fsm, start
from ..web.listening import listening
from .pages import settle

FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    # No name is looked up, and no connection leaves the machine.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


@pytest.fixture(scope="package")
def chromium():
    """A browser for the tests of this folder; they are skipped where it is missing."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Chromium is missing: make browser, or apt-get install chromium")
    from playwright.sync_api import sync_playwright  # not in processes that open no page

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def faults():
    """The faults of the pages of a test, as text. A test removes those that it expects."""
    return []


@pytest.fixture
def new_page(chromium, faults):
    """Opens a page in a new context: no cookies, storage or cache of another page.

    The test fails on an uncaught error, an error in the console, or a request to another machine.
    """
    contexts = []

    def new_page(**options):
        context = chromium.new_context(**options)
        contexts.append(context)
        context.on("weberror", lambda error: faults.append(f"uncaught: {error.error}"))
        context.on("console", lambda message: note_message(message, faults))
        context.on("request", lambda request: note_request(request, faults))
        return context.new_page()

    yield new_page
    for context in contexts:
        for page in context.pages:
            settle(page)
        context.close()
    assert faults == []


def note_message(message, faults):
    """Adds a message of the console to the faults, if it is an error."""
    url = message.location["url"]
    # The browser asks for this address by itself if a document names no icon.
    if message.type == "error" and urlsplit(url).path != "/favicon.ico":
        faults.append(f"console: {message.text} ({url})")


def note_request(request, faults):
    """Adds a request to the faults, if it leaves the machine."""
    host = urlsplit(request.url).hostname
    # Addresses without a host, such as `data:`, are no requests to another machine.
    if host is not None and not is_loopback(host):
        faults.append(f"request to another machine: {request.url}")


def is_loopback(host):
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@pytest.fixture
def page(new_page):
    """A page in a new context."""
    return new_page()


@pytest.fixture(scope="package")
def simulator_url(tmp_path_factory):
    """The URL of `fsm serve` with its simulator, which keeps nothing and so serves many tests."""
    journal = tmp_path_factory.mktemp("simulator") / "meetings.db"
    arguments = ["--db", str(journal), "--port", "0"]
    with listening(*start(fsm, "serve", *arguments, children=True)) as process:
        yield process.url


@pytest.fixture
def service(tmp_path):
    """The URL of `fsm serve`, in a process of its own and with an empty journal."""
    arguments = ["--db", str(tmp_path / "meetings.db"), "--port", "0"]
    with listening(*start(fsm, "serve", *arguments)) as process:
        yield process.url
