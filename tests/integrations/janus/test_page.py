"""The page to join from a browser, in Chromium with a generated camera and microphone."""

import asyncio
import shutil
import threading

import pytest

from ...browser.conftest import FLAGS
from .killing import Deployment
from .world import until

CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


@pytest.fixture
def deployment(new_janus, tmp_path):
    """A deployment whose event loop runs in a thread; the browser needs this one."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def wait(coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(60)

    async def begin():
        deployment = Deployment(new_janus(), tmp_path)
        await deployment.start()
        return deployment

    deployment = wait(begin())
    deployment.wait = wait
    yield deployment
    wait(deployment.close())
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def joins(deployment):
    """Opens pages that join a meeting."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("Chromium is missing: make browser, or apt-get install chromium")
    from playwright.sync_api import sync_playwright

    faults = []

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS + CAMERA)

        def joins(name, role, platform):
            page = browser.new_page()
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on("console", lambda line: line.type == "error" and faults.append(line.text))
            page.goto(f"{deployment.url}/?meeting=m-1")
            page.fill("#name", name)
            page.select_option("#role", role)
            page.select_option("#platform", platform)
            page.click("button[type=submit]")
            page.wait_for_selector("#commands button")
            return page

        yield joins
        browser.close()
    assert faults == []


def until_state(page, state):
    page.wait_for_selector(f"#state:text-is('{state}')")


def buttons(page):
    """The commands that the page offers."""
    found = page.query_selector_all("#commands button")
    return {each.text_content() for each in found if each.is_enabled()}


@pytest.mark.rule("R2")
def test_people_join_from_a_browser_with_buttons_for_what_is_permitted(deployment, joins):
    deployment.wait(deployment.open("m-1"))
    web = joins("bob", "host", "web")
    until_state(web, "idle")
    assert buttons(web) == {"start_cloud", "end"}
    host = joins("alice", "host", "windows")
    until_state(host, "recording")
    until_state(web, "recording")
    host.click("#commands button:text('pause')")
    until_state(host, "paused")
    assert buttons(host) == {"resume", "stop", "end"}
    host.click("#commands button:text('resume')")
    until_state(host, "recording")
    deployment.wait(until(lambda: deployment.rooms.records("m-1")))
    # Both see each other.
    for page in (host, web):
        playing = page.wait_for_selector("#others video:only-child")
        while playing.evaluate("video => video.readyState") < 2:
            page.wait_for_timeout(50)
    host.wait_for_timeout(1_000)
    # Closing the tab is leaving the meeting; the other host keeps the recording going.
    host.close()
    web.wait_for_selector("#present li:only-child")
    web.wait_for_selector("#others video", state="detached")
    assert web.text_content("#state") == "recording"
    web.click("#commands button:text('stop')")
    until_state(web, "stopped")
    with web.expect_download() as download:
        web.click("#recordings a")
    assert download.value.path().stat().st_size > 10_000


@pytest.mark.rule("R14", "R17")
def test_a_local_recording_is_made_by_the_page_that_is_told_to(deployment, joins):
    auto_record = {"enabled": True, "locked": True, "kind": "local"}
    deployment.wait(deployment.open("m-1", auto_record=auto_record))
    host = joins("alice", "host", "windows")
    until_state(host, "recording")
    host.wait_for_timeout(1_000)
    host.click("#commands button:text('stop')")
    until_state(host, "stopped")
    host.wait_for_selector("#recordings a:text('local recording')")
    assert not deployment.wait(deployment.rooms.records("m-1"))
