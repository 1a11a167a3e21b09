"""The book in a browser: opened from the disk, stepped through, tried, and printed."""

from typing import get_args
from urllib.parse import quote

import pytest

from fsm.book.examples import example_scenarios
from fsm.book.graph import every_plan
from fsm.diagrams.catalogue import CATALOGUE
from fsm.recording.vocabulary import Reason

from ..book.paths import random_paths
from ..book.written import full_book
from .accessibility import violations
from .book import Book
from .pages import settle

WALK = """
(paths) => paths.map(({ plan, events }) => {
  const { graph } = book.explorer;
  let place = graph.opening();
  return events.map((event) => {
    const { answer, after } = graph.answer(plan, place, event);
    place = after;
    const node = graph.situation(place);
    return {
      refused: answer.refused, rules: answer.rules, no_more: answer.no_more,
      recorder: answer.recorder, timers: answer.timers, state: node.state, kind: node.kind,
      client: node.client === null ? null : place.names[node.client],
      ended: node.ended, running: node.timers,
      people: Object.fromEntries(
        node.people.map(({ role, platform }, at) => [place.names[at], [role, platform]])),
    };
  });
})
"""
WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    file = tmp_path_factory.mktemp("book") / "book.html"
    file.write_text(full_book(), encoding="utf-8")
    return file


@pytest.fixture
def book(page, file):
    return Book(page, file).open()


@pytest.fixture
def open_with(new_page, file):
    """Opens the book in a page with options of its own."""
    return lambda **options: Book(new_page(**options), file).open()


# -- the answers -----------------------------------------------------------------------------


def test_a_thousand_random_paths_in_the_book_are_answered_as_by_the_engine(book):
    paths = random_paths(every_plan(), 1_000)
    walked = book.page.evaluate(WALK, [{**path, "answers": None} for path in paths])
    assert sum(len(path["events"]) for path in paths) > 10_000
    for path, answers in zip(paths, walked, strict=True):
        for event, answer, expected in zip(path["events"], answers, path["answers"], strict=True):
            assert answer == expected, event
    refused = {answer["refused"] for path in paths for answer in path["answers"]}
    assert refused == {None, *get_args(Reason)}


def test_a_host_joins_pauses_and_leaves(book):
    book.press("Join: alice")
    assert book.state() == "recording"
    assert book.answer() == "idle → recording recorder: start: cloud R13"
    book.press("Pause: alice")
    assert book.state() == "paused"
    book.press("Leave: alice")
    assert book.state() == "stopped"
    assert "recorder: stop: everyone left" in book.answer()
    assert book.steps()[1:] == [
        "alice joins as host, desktop app, version 3.17 or later",
        "alice pauses the recording",
        "alice leaves",
    ]


def test_a_refusal_says_why_in_the_page_the_picture_and_the_live_region(book):
    book.press("Join: alice")
    book.press("Join: bob")
    assert book.page.get_by_role("button", name="Pause: bob").get_attribute("aria-description") == (
        "would be refused: not host"
    )
    book.press("Pause: bob")
    assert book.state() == "recording"
    assert book.answer() == "Refused: not host needs: “a host” D1"
    assert book.page.locator("#explorer svg .callout").first.text_content() == "✕ needs: a host"
    assert book.said().startswith("bob pauses the recording. Refused: not host. needs: “a host”.")


def test_an_old_client_starts_nothing_and_the_page_says_what_it_would_need(book):
    book.page.get_by_role("region", name="alice").get_by_label("Version").select_option("3.16")
    book.press("Join: alice")
    assert book.state() == "idle"
    assert "To move on it would need: “version 3.17 or later”" in book.answer()


def test_a_timer_runs_and_is_up(book):
    book.page.get_by_label("grace of 10 s").check()
    book.press("Join: alice")
    book.press("Leave: alice")
    assert book.state() == "recording"
    assert "timer grace set: 10 s" in book.answer()
    assert "timer grace runs" in book.page.inner_text("#explorer .now")
    book.press("Timer grace is up")
    assert book.state() == "stopped"
    book.press("Timer grace is up")
    assert "Refused: timer not set" in book.answer()


def test_another_plan_answers_the_same_events(book):
    book.press("Join: bob")
    assert book.state() == "idle"
    book.choose("Automatic recording", "cloud, by anyone's join")
    assert book.state() == "recording"
    assert len(book.steps()) == 2


def test_steps_that_another_plan_cannot_have_are_left_out_and_counted(book):
    book.page.get_by_role("checkbox", name="ends when empty").check()
    for name in ("Join: alice", "Leave: alice", "Timer empty is up", "Join: alice"):
        book.press(name)
    assert "Refused: meeting ended" in book.answer()
    # Refused as well, since the meeting is over; without the timer she is in the meeting by now.
    book.page.get_by_role("region", name="alice").get_by_label("Role").select_option("member")
    book.press("Join: alice")
    book.page.get_by_role("checkbox", name="ends when empty").uncheck()
    assert len(book.steps()) == 1 + 4
    assert "Steps left out: 1." in book.page.inner_text("#explorer .history")
    book.press("Leave: alice")
    assert "left out" not in book.page.inner_text("#explorer .history")


def test_a_plan_whose_kind_is_off_cannot_be_chosen(book):
    options = book.page.get_by_label("Kinds that are on").locator("option")
    assert options.all_inner_texts() == ["cloud and local", "cloud only"]
    book.choose("Automatic recording", "none: only by hand")
    assert len(options.all_inner_texts()) == 4
    book.choose("Kinds that are on", "cloud only")
    book.choose("Automatic recording", "local, by a host's join from a desktop")
    assert options.all_inner_texts() == ["cloud and local", "local only"]


def test_steps_are_taken_back_and_others_taken_instead(book):
    book.press("Join: alice")
    book.press("Pause: alice")
    book.press("Take back")
    assert book.state() == "recording"
    assert len(book.steps()) == 3
    book.press("Stop: alice")
    assert book.steps()[2:] == ["alice stops the recording"]
    book.press("Start again")
    assert (book.state(), len(book.steps())) == ("idle", 1)


def test_a_path_is_a_link(book):
    book.page.get_by_role("checkbox", name="grace of 10 s").check()
    for name in ("Join: alice", "Join: bob", "Leave: alice"):
        book.press(name)
    book.press("Link")
    assert book.said() == "The address of this page now leads to this step."
    other = Book(book.page, book.file).open("#" + book.page.url.partition("#")[2])
    assert other.state() == "recording"
    assert "timer grace runs" in other.page.inner_text("#explorer .now")
    assert other.steps()[1:] == book.steps()[1:]
    assert len(other.steps()) == 4


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("x", 1), ('{"plan":{},"events":[]}', 1), ('{"plan":{"kinds":[]},"events":[7]}', 1),
        ('{"plan":{"kinds":[]},"events":[{"join":{"id":"<b>"}},{"dance":{}}]}', 1),
        ('{"plan":{"kinds":[]},"events":[{"end":{"by":null}},{"dance":{}}]}', 2),
    ],
)  # fmt: skip
def test_a_link_that_is_damaged_leads_as_far_as_it_can(book, path, steps):
    book.page.goto("about:blank")
    damaged = Book(book.page, book.file).open(f"#path={quote(path)}")
    assert len(damaged.steps()) == steps
    assert damaged.page.locator("#explorer b").count() == 0
    damaged.press("Start again")
    assert damaged.state() == "idle"


def test_a_damaged_file_says_so_and_can_be_read(page, tmp_path, faults):
    file = tmp_path / "book.html"
    head, mark, rest = full_book().partition('id="data">')
    file.write_text(f"{head}{mark}{rest[2000:]}", encoding="utf-8")
    page.goto(file.as_uri())
    page.locator("html.too-old").wait_for()
    assert page.get_by_text("or the file is damaged").first.is_visible()
    assert page.locator("#rule-en-R13").is_visible()
    assert page.locator("#tables .example").first.is_visible()
    settle(page)
    assert len(faults) >= 1
    faults.clear()


# -- the examples -----------------------------------------------------------------------------


def test_every_example_is_stepped_through_with_its_states(book):
    shown = book.page.evaluate("""
      () => book.book.examples.map((example, number) => {
        book.examples.choose(number);
        const states = [];
        for (let step = 1; step <= example.steps.length; step += 1) {
          book.examples.goTo(step);
          const current = document.querySelector("#stepper svg .current");
          states.push([example.steps[step - 1].state, current?.getAttribute("data-part")]);
        }
        return states;
      })
    """)
    assert len(shown) > 100
    assert all(lit == f"state-{state}" for states in shown for state, lit in states)


def test_a_join_after_the_stop_names_the_rule_that_keeps_it_from_starting(book):
    book.press("Join: alice")
    book.press("Stop: alice")
    assert book.state() == "stopped"
    book.press("Join: bob")
    assert (book.state(), "R15" in book.answer()) == ("stopped", True)
    assert book.page.locator("#explorer .step.current .rule").all_inner_texts() == ["R15"]


def test_an_example_goes_on_in_the_part_to_try(book):
    stepper = book.page.locator("#stepper")
    book.choose_example("The pause permission is off")
    stepper.get_by_role("button", name="Next").click()
    assert book.state("#stepper") == "recording"
    stepper.get_by_role("button", name="Go on from here by myself").click()
    assert book.state() == "recording"
    book.press("Pause: alice")
    assert "Refused: host may not pause" in book.answer()


def test_an_example_has_its_reasons_in_the_language_of_the_reader(book):
    stepper = book.page.locator("#stepper")
    book.choose_example("The pause permission is off")
    assert "auto-recording is on and locked (R6)" in stepper.locator(".controls").first.inner_text()
    book.page.get_by_role("button", name="中文").click()
    assert "自动录制已开启并锁定（R6）" in stepper.locator(".controls").first.inner_text()
    settings = stepper.locator(".controls").first.inner_text()
    assert "账户：版本：企业版，" in settings
    assert "自动录制（启用：开，锁定：开，录制方式：云录制，" in settings
    stepper.locator(".go", has_text="alice 暂停录制").first.click()
    assert book.answer("#stepper").startswith("拒绝：主持人不可暂停")
    assert "“方案：主持人可暂停”" in book.answer("#stepper")


def test_the_titles_of_examples_are_in_the_language_of_the_reader(book):
    stepper = book.page.locator("#stepper")
    options = stepper.get_by_role("option")
    assert options.nth(1).inner_text() == "Each command at the wrong time"
    book.page.get_by_role("button", name="中文").click()
    assert options.nth(1).inner_text() == "在不允许的状态下发出各个操作"
    book.choose_example("不允许主持人暂停和结束")
    stepper.locator("h3", has_text="不允许主持人暂停和结束").wait_for()
    assert book.said() == "不允许主持人暂停和结束"
    latin = [text for text in options.all_inner_texts() if text.isascii()]
    assert latin == []


def test_on_a_phone_the_list_of_examples_stands_above_the_chosen_one(open_with):
    book = open_with(viewport={"width": 390, "height": 844})
    stepper = book.page.locator("#stepper")
    listed = stepper.get_by_role("listbox").bounding_box()
    details = stepper.locator(".controls .controls").bounding_box()
    assert listed["y"] + listed["height"] <= details["y"]


@pytest.mark.parametrize("width", [1280, 390])
def test_no_title_in_the_list_of_examples_is_cut(open_with, width):
    book = open_with(viewport={"width": width, "height": 800})
    cut = book.page.evaluate("""
      () => {
        const list = document.querySelector("#stepper [role=listbox]");
        const options = [...list.querySelectorAll("[role=option]")];
        return [options.length, [list, ...options]
          .filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.textContent)];
      }
    """)
    assert cut == [len(example_scenarios()), []]


def test_an_example_is_chosen_with_the_keyboard(book):
    page = book.page
    chosen = page.locator("#stepper [aria-selected=true]")
    last = example_scenarios()[-1][1].title
    page.locator("#stepper [role=listbox]").focus()
    for key, title in (
        ("ArrowDown", "Each command at the wrong time"),
        ("End", last),
        ("ArrowDown", last),
        ("Home", "The Monday planning meeting, from the first to arrive to the last to leave"),
    ):
        page.keyboard.press(key)
        assert chosen.inner_text() == title
        assert page.locator("#stepper .controls h3").nth(1).inner_text() == title
    # The focus stays in the list, which scrolls to what is chosen.
    page.keyboard.press("End")
    assert page.evaluate("""
      () => {
        const [list, option] = ["[role=listbox]", "[aria-selected=true]"].map(
          (part) => document.querySelector(`#stepper ${part}`).getBoundingClientRect());
        return option.top >= list.top && option.bottom <= list.bottom;
      }
    """)


def test_on_a_phone_a_picture_shows_its_title_or_its_middle(open_with):
    book = open_with(viewport={"width": 390, "height": 844})
    book.page.get_by_role("button", name="中文").click()
    # The first state is near the right edge, and is seen without a scroll that cuts the title.
    assert book.page.evaluate("document.querySelector('#explorer .picture').scrollLeft") == 0
    middles = book.page.evaluate("""
      () => [...document.querySelectorAll("figure .picture")]
        .filter((each) => each.checkVisibility())
        .map((each) => 2 * each.scrollLeft + each.clientWidth - each.scrollWidth)
    """)
    assert len(middles) > 3
    assert all(abs(off) <= 2 for off in middles)


def test_a_rule_leads_to_its_examples(book):
    book.page.locator("#rule-en-R9 a.to-example").first.click()
    assert "R9" in book.page.inner_text("#stepper .controls")
    assert book.page.evaluate("document.activeElement.id") == "examples"


# -- languages, themes, sizes ----------------------------------------------------------------


def test_the_language_is_switched_with_all_that_is_shown(book):
    book.press("Join: alice")
    book.page.get_by_role("button", name="中文").click()
    assert book.page.get_attribute("html", "lang") == "zh"
    assert book.page.title() == "自动录制手册"
    assert book.answer() == "未录制 → 录制中 录制命令：开始录制：云录制 R13"
    assert book.page.locator("#rule-zh-R13").is_visible()
    assert not book.page.locator("#rule-en-R13").is_visible()
    assert "录制中" in book.page.locator("#explorer svg").text_content()
    book.press("暂停录制: alice")
    assert book.said() == "alice 暂停录制。录制中 → 已暂停。录制命令：暂停录制。状态：已暂停。"
    book.page.get_by_role("button", name="English").click()
    assert book.state() == "paused"
    assert "recorder: pause" in book.answer()


def test_the_page_in_chinese_has_no_english_left_but_names_and_examples(book):
    book.page.get_by_role("button", name="中文").click()
    texts = book.page.evaluate("""
      () => [...document.querySelectorAll("#explorer button, #explorer label > span, h2, h3")]
        .filter((each) => each.checkVisibility() && !each.closest("[lang=en]"))
        .map((each) => each.textContent)
    """)
    latin = [text for text in texts if text.isascii()]
    assert latin == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nobody_is_kept_out(open_with, scheme, lang):
    book = open_with(color_scheme=scheme)
    if lang == "zh":
        book.page.get_by_role("button", name="中文").click()
    book.page.locator("#explorer .primary").first.click()
    book.page.locator("#explorer .would-refuse").first.click()
    book.page.locator("#stepper").get_by_role(
        "button", name={"en": "Next", "zh": "下一步"}[lang]
    ).click()
    assert violations(book.page) == []


def test_the_theme_is_switched(open_with):
    book = open_with(color_scheme="light")
    ground = "getComputedStyle(document.body.parentElement).backgroundColor"
    light = book.page.evaluate(ground)
    book.page.get_by_role("button", name="Light or dark").click()
    assert book.page.evaluate(ground) != light
    book.page.get_by_role("button", name="Light or dark").click()
    assert book.page.evaluate(ground) == light


def test_on_a_phone_nothing_is_wider_than_the_screen(open_with):
    book = open_with(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    book.press("Join: alice")
    width, visible = book.page.evaluate(WIDTHS)
    assert width <= visible == 360
    # The answer stays in sight while the buttons below are pressed.
    box = book.page.locator("#explorer .now-box").bounding_box()
    assert 0 <= box["y"] < 740


def test_the_keyboard_is_enough(book):
    button = book.page.get_by_role("button", name="Join: alice")
    button.focus()
    book.page.keyboard.press("Enter")
    assert book.state() == "recording"
    book.page.get_by_role("button", name="Pause: alice").focus()
    book.page.keyboard.press("Space")
    assert book.state() == "paused"
    # The button keeps the focus, so that the next event is one key away.
    focused = "document.activeElement.getAttribute('aria-label')"
    assert book.page.evaluate(focused) == "Pause: alice"
    # One that is gone leaves it to the first button of the same participant.
    book.page.get_by_role("button", name="Leave: alice").focus()
    book.page.keyboard.press("Enter")
    assert book.page.evaluate(focused) == "Join: alice"
    book.page.keyboard.press("Enter")
    assert book.page.evaluate(focused) == "Leave: alice"
    assert book.state() == "stopped"
    book.page.locator("#explorer .step.current .go").focus()
    for state in ("stopped", "paused", "recording"):
        book.page.keyboard.press("ArrowUp")
        assert book.state() == state
    book.page.keyboard.press("Home")
    assert book.state() == "idle"


# -- on its own ------------------------------------------------------------------------------


def test_it_asks_for_nothing_but_itself(page, file):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    book = Book(page, file).open()
    book.press("Join: alice")
    book.page.get_by_role("button", name="中文").click()
    assert asked == [file.as_uri()]


def test_without_a_script_all_but_the_parts_to_try_can_be_read(page, tmp_path):
    file = tmp_path / "book.html"
    head, _, _ = full_book().partition('<script type="module">')
    file.write_text(f"{head}</body></html>", encoding="utf-8")
    page.goto(file.as_uri())
    assert page.locator("#rule-en-R13").is_visible()
    assert page.locator("#tables .example").first.is_visible()
    assert page.get_by_text("This part needs a browser that runs scripts.").first.is_visible()
    assert not page.locator("#theme").is_visible()
    assert not page.locator("#rule-zh-R13").is_visible()


def test_on_paper_are_all_pictures_tables_and_examples_and_none_is_cut_off(open_with):
    # The width of A4 without its margins, at 96 pixels an inch.
    book = open_with(viewport={"width": 690, "height": 1000}, color_scheme="dark")
    book.page.emulate_media(media="print")
    assert not book.page.locator("#try").is_visible()
    assert not book.page.get_by_role("button").first.is_visible()
    assert book.page.locator("#tables .example:visible").count() > 100
    cut = book.page.evaluate("""
      () => [...document.querySelectorAll("figure svg, table, .rule-text")]
        .filter((each) => each.checkVisibility())
        .map((each) => each.getBoundingClientRect())
        .filter(({ left, right, width }) => left < 0 || right > innerWidth || width === 0).length
    """)
    assert cut == 0
    heights = book.page.evaluate("""
      () => [...document.querySelectorAll("figure svg")]
        .filter((each) => each.checkVisibility())
        .map((each) => each.getBoundingClientRect().height)
    """)
    assert len(heights) == len(CATALOGUE)
    assert all(0 < height < 900 for height in heights)
    opened = "document.querySelector('#rule-en-R13 details dl').checkVisibility()"
    assert book.page.evaluate(opened)
