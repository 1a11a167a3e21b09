"""Live meetings in the page of the service."""

import re
import socket

import pytest

from fsm.web.token_file import create_token

from ..processes import fsm, start
from ..web.listening import listening
from .accessibility import violations
from .live import GRACE, PRO, LivePage, Sender, join

HOSTILE = [
    "<script>document.title='bad'</script><img src=x onerror=alert(1)>",
    "\u05d0\u05d1\u05d2 (host) \u05d3",
]


@pytest.fixture
def service(tmp_path):
    """The URL of a service that may start the process of the simulator."""
    with running(tmp_path) as process:
        yield process.url


def running(folder, *more, port=0):
    arguments = ["--db", str(folder / "meetings.db"), "--port", str(port), *more]
    return listening(*start(fsm, "serve", *arguments, children=True))


@pytest.fixture
def sender(service):
    return Sender(service)


@pytest.fixture
def live(service, page):  # in this order, so that pages are closed before their service ends
    return LivePage(page, service)


def test_a_meeting_is_found_in_the_list_and_opened_from_it(service, page, sender):
    sender.open("alpha")
    sender.open("beta")
    sender.send(join("alice"), "beta")
    page.goto(service)
    page.locator("#diagram svg").wait_for()
    page.get_by_role("link", name="Live meetings").click()
    page.locator("#list a").nth(1).wait_for()
    page.get_by_label("Search ids").fill("BET")
    page.locator("#list-status", has_text="1 meeting shown").wait_for()
    entry = page.locator("#list a")
    assert "recording" in entry.inner_text()
    assert "1 person present" in entry.inner_text()
    entry.click()
    LivePage(page, service).wait_for_state("recording")
    page.go_back()
    page.locator("#list a").first.wait_for()
    page.get_by_role("link", name="Simulator").click()
    page.locator("#diagram").wait_for()


def test_a_meeting_that_is_over_counts_nobody_as_present(service, page, sender):
    sender.open("done")
    sender.send(join("alice"), "done")
    sender.send({"end": {}}, "done")
    page.goto(f"{service}/#live")
    entry = page.locator("#list a")
    entry.get_by_text("over").wait_for()
    assert "present" not in entry.inner_text()
    assert "2 events" in entry.inner_text()


def test_a_long_list_comes_in_pages(service, page, sender):
    for number in range(60):
        sender.open(f"m-{number:03}")
    page.goto(f"{service}/#live")
    page.locator("#list-status", has_text="50 meetings").wait_for()
    page.get_by_role("button", name="Show more").click()
    page.locator("#list-status", has_text="60 meetings").wait_for()
    assert page.get_by_role("button", name="Show more").is_hidden()


def test_new_entries_appear_in_the_diagram_and_the_history(live, sender):
    sender.open(body=GRACE)
    live.open().wait_for_state("idle")
    sender.send(join("alice"))
    live.wait_for_state("recording")
    assert live.page.locator("#live-diagram .traced").count() > 0
    sender.send(join("bob", "member"))
    sender.send({"pause": {"by": "bob"}})
    live.wait_for_entry(3)
    assert "refused: not host" in live.page.inner_text("#live-now")
    assert live.page.locator("#live-diagram .callout.refused").count() > 0
    assert live.page.locator("#live-meeting .participant").count() == 2
    sender.send({"leave": {"id": "alice"}})
    live.wait_for_entry(4)
    clock = live.page.locator("#live-meeting .timer .clock").first
    before = clock.inner_text()
    live.page.wait_for_function(
        "before => document.querySelector('#live-meeting .timer .clock').innerText !== before",
        arg=before,
    )


def test_a_meeting_that_there_is_not_is_not_asked_for_again(service, page, faults):
    page.goto(f"{service}/#live/nobody")
    page.locator("#live-status", has_text="There is no such meeting.").wait_for()
    page.wait_for_timeout(800)  # the first pause before another attempt is half a second
    assert page.locator("#live-status").inner_text() == "There is no such meeting."
    assert page.get_by_role("button", name="Try from here").is_hidden()
    assert page.locator("#live-meeting").is_hidden()
    assert len(faults) == 1
    faults.clear()


def test_a_past_entry_shows_its_moment_and_new_ones_do_not_take_it_away(live, sender):
    sender.open()
    sender.send(join("alice"))
    sender.send({"pause": {"by": "alice"}})
    live.open().wait_for_entry(2)
    live.page.locator("#live-timeline button.go").nth(1).click()
    live.wait_for_state("recording")
    sender.send({"resume": {"by": "alice"}})
    live.page.locator("#live-timeline li").nth(3).wait_for()
    live.wait_for_entry(1)
    stop = live.page.get_by_role("button", name="stop: alice")
    assert stop.get_attribute("aria-disabled") == "true"
    live.page.get_by_text("You see a past moment: after event 1 of 3.").wait_for()
    live.page.get_by_role("button", name="Go to now").click()
    live.wait_for_entry(3)
    live.page.get_by_text("You see a past moment").wait_for(state="hidden")


def test_events_are_sent_with_buttons_and_seen_in_every_browser(live, service, new_page, sender):
    sender.open()
    sender.send(join("alice"))
    live.open().wait_for_entry(1)
    other = LivePage(new_page(), service).open()
    live.page.get_by_role("button", name="pause: alice").click()
    for each in (live, other):
        each.wait_for_state("paused")
    other.page.get_by_role("button", name="End by server").click()
    for each in (live, other):
        each.wait_for_state("stopped")
        each.page.locator("#live-status", has_text="is over").wait_for()
    assert live.words() == other.words()


def test_a_moment_is_tried_out_in_the_simulator(live, sender):
    sender.open()
    sender.send(join("alice"))
    sender.send({"pause": {"by": "alice"}})
    live.open().wait_for_entry(2)
    live.page.locator("#live-timeline button.go").nth(1).click()
    live.wait_for_entry(1)
    live.page.get_by_role("button", name="Try from here").click()
    live.page.locator("#diagram[data-step='1']").wait_for()
    live.page.locator("#now .state-recording").wait_for()
    live.page.go_back()
    live.wait_for_entry(2)


def test_a_restart_of_the_service_loses_and_doubles_nothing(tmp_path, page, faults):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with running(tmp_path, port=port) as process:
        sender = Sender(process.url)
        sender.open()
        sender.send(join("alice"))
        live = LivePage(page, process.url).open()
        live.wait_for_entry(1)
        process.stop()
    page.locator("#live-status.lost", has_text="Next attempt").wait_for()
    with running(tmp_path, port=port) as process:
        sender.send({"pause": {"by": "alice"}})
        live.wait_for_state("paused")
        sender.send({"resume": {"by": "alice"}})
        live.wait_for_entry(3)
        assert [re.sub(r"^\S+ ", "", each) for each in live.words()] == [
            "joins as host, windows", "pauses the recording", "resumes the recording",
        ]  # fmt: skip
        page.locator("#live-status", has_text="Live:").wait_for()
        page.goto("about:blank")
    faults.clear()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_text(live, sender, name):
    sender.open(name)
    sender.send(join(name[:200]), name)
    live.open(name).wait_for_entry(1)
    assert name in live.page.locator("#live-name").text_content()
    assert live.page.locator("#live-meeting .name").first.text_content() == name
    assert live.page.locator("img").count() == 0
    live.page.get_by_role("link", name="Live meetings").click()
    assert live.page.locator("#list a .name").text_content() == name
    assert live.page.title() == "Live meetings"


def test_an_id_that_no_meeting_can_have_is_refused_in_a_line(service, page, faults):
    page.goto(f"{service}/#live/{'x' * 10_000}")
    page.get_by_role("alert").wait_for()
    assert len(page.get_by_role("alert").inner_text()) < 700
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto("about:blank")
    faults.clear()


@pytest.fixture
def guarded(tmp_path):
    file = tmp_path / "tokens.json"
    reader = create_token(file, "reader", ["read"])
    sender = create_token(file, "sender", ["read", "events"])
    with running(tmp_path, "--tokens", str(file)) as process:
        yield process.url, reader, sender


def test_a_token_that_may_only_read_sees_a_meeting_and_cannot_act(guarded, page, faults):
    url, reader, token = guarded
    sender = Sender(url, token)
    sender.open()
    sender.send(join("alice"))
    page.goto(f"{url}/#live/m-1")
    page.get_by_role("dialog").get_by_label("Token").fill(reader)
    page.keyboard.press("Enter")
    live = LivePage(page, url)
    live.wait_for_state("recording")
    assert page.get_by_role("button", name="Add participant").is_hidden()
    pause = page.get_by_role("button", name="pause: alice")
    assert pause.get_attribute("data-hint") == "your token may only read"
    pause.click(force=True)
    sender.send({"stop": {"by": "alice"}})
    live.wait_for_state("stopped")
    assert len(live.words()) == 2
    assert reader not in page.url
    faults.clear()


def test_a_meeting_is_watched_with_the_keyboard_alone(live, sender):
    sender.open()
    sender.send(join("alice"))
    sender.send({"pause": {"by": "alice"}})
    live.page.goto(f"{live.url}/#live")
    live.page.locator("#list a").wait_for()
    live.page.locator("#list a").focus()
    live.page.keyboard.press("Enter")
    live.wait_for_entry(2)
    live.page.locator("#live-timeline .current button.go").focus()
    live.page.keyboard.press("ArrowUp")
    live.page.keyboard.press("Enter")
    live.wait_for_entry(1)
    focused = live.page.evaluate("document.activeElement.getAttribute('data-key')")
    assert focused == "step 1"


LOOKS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 720}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 720}},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
}


@pytest.mark.parametrize("look", LOOKS)
def test_the_views_are_accessible(service, new_page, sender, look, tmp_path):
    page = new_page(**LOOKS[look])
    sender.open("standup", GRACE)
    sender.open("webinar", PRO)
    sender.send(join("alice"), "standup")
    sender.send(join("bob", "member", "ios"), "standup")
    sender.send({"pause": {"by": "bob"}}, "standup")
    sender.send({"leave": {"id": "alice"}}, "standup")
    page.goto(f"{service}/#live")
    page.locator("#list a").nth(1).wait_for()
    assert violations(page) == []
    page.screenshot(path=tmp_path / f"list-{look}.png", full_page=True)
    live = LivePage(page, service).open("standup")
    live.wait_for_entry(4)
    page.locator("#live-status", has_text="Live:").wait_for()
    assert violations(page) == []
    page.screenshot(path=tmp_path / f"live-{look}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
