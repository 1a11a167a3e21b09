"""The simulator, as a product owner, an auditor or a support engineer uses it."""

import json

import pytest

from .simulator import Simulator

SCRIPT = "<script>document.title = 'taken over'</script><img src=x onerror=alert(1)>"
RIGHT_TO_LEFT = "\u202eאליס مرحبا"


# The texts of the diagram that lie under a note.
HIDDEN_BY_NOTES = """
() => {
  const frames = [...document.querySelectorAll("#diagram .callout rect")];
  const notes = frames.map((each) => each.getBoundingClientRect());
  return [...document.querySelectorAll("#diagram text")].filter((text) => {
    const box = text.getBoundingClientRect();
    return !text.closest(".callout") && notes.some((note) =>
      Math.min(box.right, note.right) - Math.max(box.left, note.left) > 2 &&
      Math.min(box.bottom, note.bottom) - Math.max(box.top, note.top) > 3);
  }).map((text) => text.textContent);
}
"""


@pytest.fixture
def simulator(simulator_url, page):
    return Simulator(page, simulator_url).open()


def test_a_host_who_leaves_while_it_is_paused_stops_the_recording(simulator):
    assert "Add a participant to begin" in simulator.now()
    simulator.add("alice")
    simulator.wait_for_state("recording")
    simulator.press("pause: alice")
    simulator.wait_for_state("paused")
    simulator.press("leave: alice")
    simulator.wait_for_state("stopped")
    assert "alice leaves – stop: everyone has left" in " ".join(simulator.now().split())
    assert "R16 The causes that stop a cloud recording" in simulator.now()
    last = simulator.page.locator(".step.current")
    assert "stop: everyone has left" in last.inner_text()
    assert simulator.page.locator("#edge-running-stopped-upper.traced").count() == 1


def test_a_recording_that_outlives_a_leave_says_for_how_long(simulator):
    simulator.page.get_by_label("Grace").fill("10")
    simulator.add("alice")
    simulator.wait_for_state("recording")
    simulator.press("leave: alice")
    simulator.wait_for_step(2)
    assert "the recording stops in 10 s unless a host joins" in simulator.now()


def test_the_current_step_stays_in_sight_when_the_words_above_become_more(simulator):
    page = simulator.page
    page.get_by_label("Grace").fill("10")
    simulator.add("alice")
    for number in range(2, 9):
        page.get_by_role("button", name="+1 s", exact=True).click()
        simulator.wait_for_step(number)
    simulator.press("leave: alice")
    simulator.wait_for_step(9)
    page.wait_for_function(
        """() => {
          const step = document.querySelector(".step.current").getBoundingClientRect();
          const list = document.querySelector("#timeline").getBoundingClientRect();
          return step.top >= list.top - 1 && step.bottom <= list.bottom + 1;
        }"""
    )


def test_the_plan_changes_while_somebody_types(simulator):
    page = simulator.page
    page.get_by_label("Grace").press_sequentially("9")
    page.locator("#plan").get_by_text("Grace of 1 min 30 s").wait_for(state="detached")
    page.locator("#plan").get_by_text("Grace of 9 s").wait_for()
    page.get_by_label("Edition").select_option("business")
    page.get_by_role("checkbox", name="Auto-record").check()
    page.get_by_role("checkbox", name="Locked").check()
    page.get_by_role("checkbox", name="Host may pause").uncheck()
    page.locator("#plan").get_by_text("A host may not pause or stop").wait_for()
    page.locator("#plan").get_by_text("Contact the admin to change it.").wait_for()
    page.get_by_label("Edition").select_option("free")
    page.locator("#plan").get_by_text("A host may pause and stop").wait_for()


def test_an_answer_that_comes_late_changes_nothing_back_in_the_form(simulator):
    page = simulator.page
    held = []
    page.route("**/v1/simulation?*", lambda route: held.append(route))
    page.get_by_label("Edition").select_option("business")
    page.get_by_role("checkbox", name="Auto-record").check()
    held.pop().continue_()
    page.locator("#plan").get_by_text("auto-recording is left to the user").wait_for()
    assert page.get_by_role("checkbox", name="Auto-record").is_checked()
    page.unroute("**/v1/simulation?*")  # which lets the requests go that are held
    page.locator("#plan").get_by_text("auto-recording is on unless").wait_for()


def test_a_number_out_of_its_limits_is_no_setting(simulator):
    simulator.page.get_by_label("Grace").fill("601")
    message = simulator.page.get_by_role("alert")
    message.get_by_text("Grace: ").wait_for()
    simulator.page.get_by_label("Grace").fill("600")
    message.wait_for(state="hidden")


def test_other_settings_decide_the_same_steps_anew(simulator):
    simulator.add("alice")
    simulator.press("leave: alice")
    simulator.wait_for_state("stopped")
    simulator.page.get_by_label("Grace").fill("30")
    simulator.wait_for_state("recording")


def test_a_refused_attempt_is_shown_at_its_line_with_its_guard(simulator):
    simulator.page.get_by_role("combobox", name="User's setting").select_option("off")
    simulator.page.locator("#plan").get_by_text("No automatic recording").wait_for()
    simulator.add("alice", "host", "ios")
    simulator.press("start local: alice")
    simulator.wait_for_state("idle")
    line = simulator.page.locator("#card-idle-recording .transition.refused")
    assert "start" in line.all_text_contents()[0]
    note = simulator.page.locator("#diagram .callout.refused")
    assert note.text_content() == "✕ needs: local: from a desktop"
    assert "refused: not desktop" in simulator.now()


def test_a_member_who_may_not_pause_is_refused_at_the_line_of_pausing(simulator):
    simulator.add("alice")
    simulator.add("bob", "member")
    simulator.press("pause: bob")
    notes = simulator.page.locator("#diagram .callout.refused").all_text_contents()
    assert notes == ["✕ needs: a host"], "one note for all lines of a card"
    hidden = simulator.page.evaluate(HIDDEN_BY_NOTES)
    assert hidden == [], "a note hides no text"
    assert simulator.page.locator("#card-recording-paused .transition.refused").count() > 0


def test_a_command_that_would_be_refused_says_so_before_it_is_given(simulator):
    simulator.add("alice", "member")
    button = simulator.page.get_by_role("button", name="pause: alice")
    assert button.get_attribute("aria-disabled") == "true"
    button.focus()
    hint = simulator.page.locator(".hint-bubble")
    hint.get_by_text("it needs 'a host'").wait_for()
    simulator.page.keyboard.press("Escape")
    hint.wait_for(state="hidden")


def test_a_rule_shows_its_sentence(simulator):
    simulator.add("alice")
    rule = simulator.page.locator(".step.current").get_by_role("button", name="R13:")
    rule.focus()
    simulator.page.locator(".hint-bubble").get_by_text("R13: Cloud: the first join").wait_for()


def test_time_runs_a_grace_down(simulator):
    page = simulator.page
    page.get_by_label("Grace").fill("20")
    page.locator("#plan").get_by_text("Grace of 20 s").wait_for()
    simulator.add("alice")
    simulator.press("leave: alice")
    timer = page.locator(".timer")
    assert "20 s" in timer.inner_text()
    assert "the recording stops in 20 s" in timer.inner_text()
    simulator.press("+10 s")
    assert "the recording stops in 10 s" in timer.inner_text()
    assert "10 s pass – the recording stops in 10 s unless a host joins" in simulator.now()
    simulator.wait_for_state("recording")
    simulator.press("Next timer")
    simulator.wait_for_state("stopped")
    assert timer.count() == 0
    assert "0:00:20" in simulator.now()


def test_two_ways_from_one_step_are_both_kept(simulator):
    simulator.add("alice")
    simulator.press("pause: alice")
    simulator.press("leave: alice")
    simulator.go_to(1)
    assert simulator.words()[2] == "alice leaves"
    simulator.press("stop: alice")
    assert simulator.ways() == [
        "Way 1: 2. alice pauses the recording → stopped",
        "Way 2: 2. alice stops the recording → stopped",
    ]
    assert simulator.words()[1:] == ["alice stops the recording"]
    simulator.page.get_by_role("button", name="Way 1").click()
    simulator.wait_for_step(3)
    assert simulator.words()[1:] == ["alice pauses the recording", "alice leaves"]


def test_back_and_forward_lead_through_the_steps(simulator):
    page = simulator.page
    simulator.add("alice")
    simulator.press("pause: alice")
    simulator.press("leave: alice")
    page.go_back()
    simulator.wait_for_step(2)
    simulator.wait_for_state("paused")
    page.go_back()
    page.go_back()
    simulator.wait_for_step(0)
    page.go_forward()
    page.go_forward()
    page.go_forward()
    simulator.wait_for_step(3)
    simulator.wait_for_state("stopped")


def test_a_link_shows_the_same_in_another_browser(simulator_url, new_page):
    sender = Simulator(
        new_page(permissions=["clipboard-read", "clipboard-write"]), simulator_url
    ).open()
    sender.page.get_by_role("textbox", name="Title").fill("The host leaves")
    sender.page.get_by_label("Edition").select_option("business")
    sender.page.get_by_label("Grace").fill("20")
    sender.page.locator("#plan").get_by_text("Grace of 20 s").wait_for()
    sender.add("alice")
    sender.press("pause: alice")
    sender.press("leave: alice")
    sender.page.get_by_role("button", name="Copy link").click()
    sender.page.get_by_role("button", name="Copied").wait_for()
    link = sender.page.evaluate("navigator.clipboard.readText()")
    reader = Simulator(new_page(), simulator_url).open(link.removeprefix(simulator_url + "/"))
    reader.wait_for_step(3)
    assert reader.page.get_by_role("textbox", name="Title").input_value() == "The host leaves"
    assert reader.page.get_by_label("Edition").input_value() == "business"
    for part in ("#now", "#plan", "#timeline", "#meeting"):
        assert reader.page.inner_text(part) == sender.page.inner_text(part)


def test_the_page_says_for_whom_a_link_opens_and_offers_a_file(simulator_url, new_page):
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    simulator = Simulator(page, simulator_url).open()
    simulator.add("alice")
    page.get_by_role("button", name="Copy link").click()
    note = page.locator("#note")
    note.get_by_text(f"The link opens on this machine only, at {simulator_url}.").wait_for()
    with page.expect_download() as download:
        note.get_by_role("button", name="Save a file").click()
    assert download.value.suggested_filename == "scenario.yaml"
    note.get_by_role("button", name="As a sentence").click()
    assert (
        "alice (host, windows) joins"
        in page.get_by_role("dialog").locator("textarea").input_value()
    )
    page.keyboard.press("Escape")
    simulator.press("pause: alice")
    note.wait_for(state="hidden")


def test_a_link_of_a_hundred_steps_fits_into_2000_characters(simulator):
    events = [{"join": {"id": f"guest-{number}", "role": "cohost", "platform": "macos"}}
              for number in range(40)]  # fmt: skip
    events += [{name: {"by": f"guest-{number}"}} for number in range(20)
               for name in ("pause", "stop", "resume")]  # fmt: skip
    hash_ = simulator.page.evaluate(
        """async (events) => {
            const { encodeLink } = await import("/page/link.js");
            const { exampleScenario } = await import("/page/scenario.js");
            return encodeLink({ ...exampleScenario(), title: "A hundred steps", events });
        }""",
        events,
    )
    assert len(simulator.url + "/" + hash_) < 2000
    simulator.page.goto("about:blank")
    simulator.open(hash_).wait_for_step(100)


@pytest.mark.parametrize("link", ["#1.abcdef", "#2.abc", "#1.q1YqSCzJUbJSMgEA", "#%00", "#1.%%"])
def test_a_broken_link_gives_one_clear_message(simulator_url, page, link):
    simulator = Simulator(page, simulator_url).open(link)
    message = page.get_by_role("alert").inner_text()
    assert message.startswith("This link cannot be opened. It ")
    assert simulator.steps() == 0


def test_a_link_with_wrong_settings_is_explained_and_not_shown(simulator, faults):
    hash_ = simulator.page.evaluate(
        """async () => {
            const { encodeLink } = await import("/page/link.js");
            const { exampleScenario } = await import("/page/scenario.js");
            return encodeLink({ ...exampleScenario(), account: { edition: "por" } });
        }"""
    )
    simulator.page.goto("about:blank")
    simulator.open(hash_)
    message = simulator.page.get_by_role("alert").inner_text()
    assert message.startswith("This link cannot be opened. ")
    assert "did you mean 'pro'?" in message
    assert simulator.page.get_by_label("Edition").input_value() == "pro"
    assert faults.pop().startswith("console: Failed to load resource")


def test_a_scenario_is_saved_and_opened_again(simulator, tmp_path):
    page = simulator.page
    page.get_by_role("textbox", name="Title").fill("Paused, and left")
    simulator.add("alice")
    simulator.press("pause: alice")
    simulator.press("leave: alice")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save").click()
    assert download.value.suggested_filename == "paused-and-left.yaml"
    file = tmp_path / "saved.yaml"
    download.value.save_as(file)
    assert "refused: null" in file.read_text() or "state: stopped" in file.read_text()
    page.get_by_role("button", name="New").click()
    simulator.wait_for_step(0)
    page.set_input_files("#file", file)
    simulator.wait_for_step(3)
    simulator.wait_for_state("stopped")
    assert page.get_by_role("textbox", name="Title").input_value() == "Paused, and left"


def test_one_of_several_scenarios_of_a_file_is_chosen(simulator, tmp_path):
    file = tmp_path / "two.yaml"
    file.write_text(
        "title: first\naccount: {edition: pro}\n---\n"
        "title: second\naccount: {edition: free}\nevents:\n- end:\n  expect: {state: recording}\n"
    )
    simulator.page.set_input_files("#file", file)
    simulator.page.get_by_role("dialog").get_by_role("button", name="second").click()
    simulator.wait_for_step(1)
    assert "Not as expected" in simulator.page.inner_text(".step.current")
    assert "Not as expected: state is idle, expected recording" in simulator.now()
    assert "Not as expected: state is idle" in simulator.page.locator("#live").inner_text()
    simulator.add("alice")
    assert "Not as expected: step 1" in simulator.now()


def test_a_file_that_is_no_scenario_is_refused_by_its_line(simulator, tmp_path, faults):
    simulator.add("alice")
    file = tmp_path / "wrong.yaml"
    file.write_text("account: {edition: por}\n")
    simulator.page.set_input_files("#file", file)
    simulator.page.get_by_role("alert").get_by_text("line 1: 'edition' cannot be 'por'").wait_for()
    assert simulator.steps() == 1
    assert faults.pop().startswith("console: Failed to load resource")


@pytest.mark.parametrize("name", [SCRIPT, RIGHT_TO_LEFT, "x" * 10_000, "'\"&lt;\\u0000", " "])
def test_a_hostile_name_is_text(simulator, name):
    page = simulator.page
    title = page.get_by_role("textbox", name="Title")
    title.fill(name)
    simulator.add(name)
    simulator.wait_for_state("recording")
    page.get_by_role("article").get_by_role("button", name="pause").click()
    simulator.wait_for_state("paused")
    assert page.locator("script:not([src]), img").count() == 0
    assert page.title() != "taken over"
    page.reload()
    simulator.wait_for_state("paused")
    assert title.input_value() == name
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_scenario_becomes_a_sentence(simulator):
    simulator.add("alice")
    simulator.press("pause: alice")
    simulator.press("leave: alice")
    simulator.page.get_by_role("button", name="As a sentence").click()
    assert simulator.page.get_by_role("textbox", name="As a sentence").input_value() == (
        "alice (host, windows) joins, pauses, leaves → stopped, because everyone has left (R16). "
        "Settings: edition pro, policy free, cloud recording, started by a host's join, a host may "
        "pause and stop."
    )


def test_each_of_many_quick_clicks_is_a_step(simulator):
    page = simulator.page
    page.get_by_role("button", name="+1 s", exact=True).evaluate(
        "(button) => { for (let count = 0; count < 20; count += 1) button.click(); }"
    )
    simulator.wait_for_step(20)
    assert "0:00:20" in simulator.now()
    page.go_back()
    simulator.wait_for_step(19)


def test_a_meeting_that_is_over_refuses_everything(simulator):
    simulator.add("alice")
    simulator.press("End by server")
    assert "meeting is over" in simulator.now()
    simulator.press("leave: alice")
    assert "refused: meeting ended" in simulator.now()


def test_the_link_is_json_that_other_programs_can_read(simulator):
    import base64
    import zlib

    simulator.add("alice")
    packed = simulator.page.url.split("#1.")[1]
    text = zlib.decompress(base64.urlsafe_b64decode(packed + "=="), -15)
    assert json.loads(text)["events"][0]["join"]["id"] == "alice"
