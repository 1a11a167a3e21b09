"""The page of the simulator in Chinese."""

import re

import pytest

from fsm.recording.rules import RULE_IDS
from fsm.web.token_file import create_token

from ..processes import fsm, start
from ..web.listening import listening
from .accessibility import violations
from .live import GRACE, PRO, LivePage, Sender, join
from .simulator import Simulator

DESK = {"width": 1280, "height": 720}
PHONE = {"width": 390, "height": 844}
LATIN = re.compile(r"[A-Za-z][A-Za-z0-9]*")
# Rules, products, the switch to English, and the key that copies.
ALLOWED = {*RULE_IDS, "Windows", "macOS", "iOS", "Android", "Linux", "ID", "English", "Ctrl", "C"}
TEXTS = """
() => {
  const texts = [];
  // Names that users chose stay as they are.
  const kept = "bdi, textarea, #list-status + ul bdi";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!parent.closest(kept)) texts.push(node.textContent);
  }
  for (const name of ["aria-label", "placeholder", "title", "data-hint"]) {
    for (const part of document.querySelectorAll(`[${name}]`)) {
      if (!part.closest(kept)) texts.push(part.getAttribute(name));
    }
  }
  return [document.title, ...texts].filter(text => text.trim());
}
"""


def english_words(page, *names):
    """The texts of a page with Latin letters that are neither allowed nor one of the names."""
    allowed = ALLOWED | {*names}
    return [text for text in page.evaluate(TEXTS) if {*LATIN.findall(text)} - allowed]


@pytest.fixture
def chinese(simulator_url, new_page):
    """The simulator in a browser whose language is Chinese."""
    return Simulator(new_page(locale="zh-CN"), simulator_url).open()


def take(simulator, key):
    """Presses a button of a participant by its key, and waits for the step."""
    number = simulator.steps()
    simulator.page.locator(f'[data-key="{key}"]').click(force=True)
    simulator.wait_for_step(number + 1)


def add(simulator, name, role="host", platform="windows"):
    """Adds a participant, whatever the language of the page."""
    number = simulator.steps()
    form = simulator.page.locator("#meeting .join-form")
    form.locator("input").first.fill(name)
    form.locator("select").nth(0).select_option(role)
    form.locator("select").nth(1).select_option(platform)
    form.locator("button").click()
    simulator.wait_for_step(number + 1)


def play(simulator):
    """Plays steps that bring a timer, refusals, a second way and a comparison onto the page."""
    page = simulator.page
    page.locator("#settings select").first.select_option("business")
    page.locator("#settings input[type=number]").first.fill("20")
    page.locator("#plan").get_by_text("宽限 20 秒").wait_for()
    add(simulator, "甲")
    add(simulator, "乙", "member", "web")
    for key in ("pause 乙", "pause 甲", "resume 甲", "leave 甲"):
        take(simulator, key)
    simulator.go_to(3)
    take(simulator, "start_local 甲")
    if page.locator("#menu").is_visible():
        page.locator("#menu").click()
    page.locator("#compare").click()
    page.locator("#comparison").wait_for()
    page.locator("#other-settings select").first.select_option("free")
    page.locator("#other-plan").get_by_text("免费版").wait_for()


def language(page):
    return page.get_attribute("html", "lang")


def test_the_language_is_switched_and_kept(simulator_url, page):
    simulator = Simulator(page, simulator_url).open()
    simulator.add("alice")
    page.get_by_role("button", name="中文").click()
    page.locator("#now .pill").get_by_text("录制中").wait_for()
    # The address has the scenario, so the step is still there.
    assert simulator.words() == ["alice 入会：主持人，Windows 3.20"]
    page.reload()
    page.locator("#now .pill").get_by_text("录制中").wait_for()
    assert language(page) == "zh-CN"
    page.get_by_role("button", name="English").click()
    page.locator("#now").get_by_text("recording").first.wait_for()
    assert language(page) == "en"
    assert simulator.words() == ["alice joins as host, windows 3.20"]


def test_ways_and_later_steps_are_kept_when_the_language_is_switched(simulator_url, page):
    simulator = Simulator(page, simulator_url).open()
    simulator.add("alice")
    simulator.press("pause: alice")
    simulator.press("resume: alice")
    simulator.go_to(1)
    simulator.press("stop: alice")
    simulator.press("leave: alice")
    simulator.go_to(2)
    page.get_by_role("button", name="中文").click()
    page.locator("#now .pill").get_by_text("已停止录制").wait_for()
    assert simulator.words() == ["alice 入会：主持人，Windows 3.20", "alice 结束录制", "alice 离会"]
    assert [way.split(" → ")[0] for way in simulator.ways()] == [
        "路径 1：2. alice 暂停录制", "路径 2：2. alice 结束录制",
    ]  # fmt: skip
    page.locator("#ways button").first.click()
    simulator.wait_for_step(3)
    assert simulator.words()[1:] == ["alice 暂停录制", "alice 继续录制"]
    # A page that is opened afterwards begins without them.
    simulator.open()
    assert simulator.ways() == []


def test_a_link_opens_in_the_language_of_its_address(simulator_url, page):
    simulator = Simulator(page, simulator_url).open("?lang=zh")
    assert page.title() == "录制模拟器"
    # A link is no choice: without it the page is in the language of the browser.
    simulator.open()
    assert page.title() == "Recording simulator"
    simulator.open("?lang=zh")
    page.get_by_role("button", name="English").click()
    page.wait_for_function("document.title === 'Recording simulator'")
    assert "lang" not in page.url


def test_the_language_is_that_of_the_browser_until_one_is_chosen(chinese):
    page = chinese.page
    assert language(page) == "zh-CN"
    page.get_by_role("button", name="English").click()
    page.wait_for_function("document.documentElement.lang === 'en'")
    page.reload()
    page.locator("#diagram svg").wait_for()
    assert language(page) == "en"


def test_an_unknown_language_is_passed_over(simulator_url, page):
    Simulator(page, simulator_url).open("?lang=xx")
    assert language(page) == "en"


def test_the_page_is_english_while_the_words_cannot_be_loaded(simulator_url, new_page, faults):
    page = new_page(locale="zh-CN")
    page.route("**/page/words.zh.json", lambda route: route.abort())
    Simulator(page, simulator_url).open()
    assert language(page) == "en"
    assert page.title() == "Recording simulator"
    [fault] = faults
    assert "words.zh.json" in fault
    faults.clear()


def test_no_english_word_is_left_in_the_simulator(chinese):
    page = chinese.page
    # Suggested ids are names like any other.
    assert english_words(page) == []
    play(chinese)
    assert "录制中" in page.locator("#diagram svg").text_content()
    assert english_words(page) == []
    chinese.go_to(2)
    take(chinese, "end 甲")
    assert english_words(page) == []
    page.locator("#sentence").click()
    sentence = page.locator("dialog textarea").input_value()
    assert sentence.startswith(
        "甲（主持人，Windows）入会，乙（成员，网页）入会，甲 结束会议 → 已停止录制"
    )
    assert {*LATIN.findall(sentence)} <= ALLOWED
    page.keyboard.press("Escape")
    page.locator("#examples").click()
    page.locator("dialog .examples").wait_for()
    assert english_words(page) == []


def test_an_example_has_its_chinese_title_wherever_it_is_shown(chinese):
    page = chinese.page
    page.locator("#examples").click()
    page.locator("dialog input[type=search]").fill("唯一的主持人断线")
    page.get_by_role("button", name="唯一的主持人断线三秒后回到会中").click()
    page.wait_for_function("() => document.querySelector('#title').value !== ''")
    assert page.input_value("#title") == "唯一的主持人断线三秒后回到会中"
    assert page.title() == "唯一的主持人断线三秒后回到会中 – 录制模拟器"
    page.locator("#sentence").click()
    sentence = page.locator("dialog textarea").input_value()
    assert sentence.startswith("唯一的主持人断线三秒后回到会中：")
    page.keyboard.press("Escape")
    # The link has the title of the file, which each language shows in its own words.
    page.get_by_role("button", name="English").click()
    page.wait_for_function(
        "() => document.querySelector('#title').value ==="
        ' "The only host\'s connection breaks for three seconds"'
    )


def test_an_expectation_that_does_not_hold_is_told_in_chinese(chinese, tmp_path):
    page = chinese.page
    file = tmp_path / "one.yaml"
    file.write_text(
        "title: 一\naccount: {edition: pro}\nevents:\n"
        "- join: {id: 甲, role: host, platform: ios}\n  expect: {state: paused}\n",
        encoding="utf-8",
    )
    page.locator("#file").set_input_files(str(file))
    chinese.wait_for_step(1)
    page.locator("#timeline").get_by_text("与预期不符：状态为未录制，预期为已暂停").wait_for()
    assert english_words(page) == []


def test_errors_of_the_page_are_in_chinese(chinese):
    page = chinese.page
    page.locator("#settings input[type=number]").first.fill("601")
    page.get_by_text("宽限：请填写 0 到 600 的整数。").wait_for()
    page.evaluate("location.hash = '#1.xyz'")
    page.get_by_text("无法打开此链接。 它已损坏或不完整。").wait_for()


def test_problems_of_the_service_are_in_the_language_of_the_page(
    simulator_url, new_page, tmp_path, faults
):
    file = tmp_path / "wrong.yaml"
    file.write_text("account: {edition: por}\n", encoding="utf-8")
    page = new_page(locale="zh-CN")
    for lang, file_text, meeting_text in (
        ("zh", "该文件不是场景文件：第 1 行：“edition”不能为“por”（是否要写“pro”？）",
         "没有这场会议：没有会议“m-1”（请先开启）"),
        ("en",
         "The file is not a scenario file: line 1: 'edition' cannot be 'por' (did you mean 'pro'?)",
         "There is no such meeting: there is no meeting 'm-1' (open it first)"),
    ):  # fmt: skip
        page.goto("about:blank")
        Simulator(page, simulator_url).open(f"?lang={lang}")
        page.set_input_files("#file", file)
        page.locator("#message span").get_by_text(file_text, exact=True).wait_for()
        page.evaluate("location.hash = '#live/m-1'")
        page.locator("#message span").get_by_text(meeting_text, exact=True).wait_for()
    page.goto("about:blank")
    assert all("Failed to load resource" in fault for fault in faults)
    faults.clear()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_header_of_a_desk_is_one_line_in_each_language(simulator_url, new_page, lang):
    page = new_page(viewport=DESK)
    Simulator(page, simulator_url).open(f"?lang={lang}")
    assert page.evaluate("document.querySelector('header').offsetHeight") < 60


@pytest.mark.parametrize(
    ("scheme", "viewport"),
    [("light", DESK), ("dark", DESK), ("light", PHONE)],
    ids=["light", "dark", "phone"],
)
def test_the_chinese_page_is_accessible_and_fits_its_window(
    simulator_url, new_page, scheme, viewport
):
    page = new_page(locale="zh-CN", color_scheme=scheme, viewport=viewport)
    play(Simulator(page, simulator_url).open())
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    # Chinese may break after every character; the texts of buttons stand in one line.
    tall = page.evaluate(
        "[...document.querySelectorAll('header button, .history-head button')]"
        ".filter(each => each.checkVisibility() && each.offsetHeight > 48).map(each => each.id)"
    )
    assert tall == []


@pytest.fixture
def service(tmp_path):
    """The URL of a service with live meetings."""
    arguments = ["--db", str(tmp_path / "meetings.db"), "--port", "0"]
    with listening(*start(fsm, "serve", *arguments, children=True)) as process:
        yield process.url


# The service comes first, so that pages are closed before it ends.
def test_no_english_word_is_left_in_the_views_of_live_meetings(service, new_page):
    sender = Sender(service)
    sender.open("会-1", GRACE)
    sender.open("会-2", PRO)
    for event in (
        join("甲"), join("乙", "member", "ios"), {"pause": {"by": "乙"}},
        {"leave": {"id": "甲"}},
    ):  # fmt: skip
        sender.send(event, "会-1")
    page = new_page(locale="zh-CN")
    page.goto(f"{service}/#live")
    page.locator("#list a").nth(1).wait_for()
    page.get_by_text("显示 2 场会议。").wait_for()
    assert english_words(page) == []
    live = LivePage(page, service).open("会-1")
    live.wait_for_entry(4)
    page.get_by_text("后停止录制，除非有主持人入会").first.wait_for()
    assert english_words(page) == []
    page.locator("#live-timeline button.go").nth(1).click()
    live.wait_for_entry(1)
    assert english_words(page) == []
    page.get_by_role("button", name="从这里试演").click()
    page.locator("#diagram svg").wait_for()
    page.wait_for_function("document.querySelector('#title').value === '摘自 会-1'")


def test_the_page_asks_for_a_token_in_chinese(tmp_path, new_page, faults):
    file = tmp_path / "tokens.json"
    token = create_token(file, "page", ["read"])
    arguments = ["--db", str(tmp_path / "meetings.db"), "--port", "0", "--tokens", str(file)]
    with listening(*start(fsm, "serve", *arguments, children=True)) as process:
        page = new_page(locale="zh-CN")
        page.goto(process.url)
        page.get_by_text("此服务需要令牌").wait_for()
        page.get_by_text("请向此服务的管理者索取令牌").wait_for()
        assert english_words(page, "fsm", "token", "new") == []
        page.get_by_label("令牌", exact=True).fill(token)
        page.get_by_role("button", name="继续").click()
        page.locator("#diagram svg").wait_for()
        # The first request had no token.
        [fault] = faults
        assert "401" in fault
        faults.clear()


def test_a_page_whose_modules_do_not_load_appears_all_the_same(simulator_url, new_page, faults):
    page = new_page()
    page.route("**/page/app.js", lambda route: route.abort())
    page.goto(simulator_url)
    page.get_by_role("heading", name="Recording simulator").wait_for()
    faults.clear()
