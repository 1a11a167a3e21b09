"""Reasons, explanations and expectations in Chinese: nothing in them stays English."""

import random
import re
import subprocess
import sys
from copy import copy
from itertools import product
from typing import get_args

import pytest

from fsm.recording import (
    Account,
    AutoRecord,
    ChangeRole,
    Choice,
    End,
    Join,
    Leave,
    Meeting,
    Pause,
    Plan,
    RecorderFailed,
    Resume,
    Start,
    Stop,
    TimeUp,
    form_of,
)
from fsm.recording.plan import MeetingSettings
from fsm.recording.timers import describe_timer
from fsm.recording.vocabulary import (
    CONSOLE_EDITIONS,
    KINDS,
    TIMERS,
    UNBOOKED,
    Edition,
    MeetingType,
    Platform,
    Role,
    Starter,
)
from fsm.runtime.journal_check import in_words
from fsm.scenario import open_meeting, parse, play
from fsm.translation import ENGLISH, Translator
from fsm.translation.explanations import explanation_text
from fsm.translation.rule_texts import READ_VALUES, REASONS, RULE_LABELS
from fsm.translation.view_texts import PHRASES, TERMINAL_TEXTS, VIEW_LABELS

CHINESE = Translator("zh")
RULE_TEXTS = "fsm/translation/rule_texts.py"
LATIN = re.compile(r"[A-Za-z]{2,}")
PLACEHOLDER = re.compile(r"\{\w+\}")
PRODUCTS = re.compile(r"\b(Windows|macOS|iOS|Android|Linux)\b")
BOOLEANS = (False, True)
CHOICES = [
    None,
    Choice(False),
    *(Choice(True, *each) for each in product((None, *KINDS), (None, *get_args(Starter)))),
]


def english_words(text):
    """The Latin letters of a text, beside the names of products."""
    return LATIN.findall(PRODUCTS.sub("", text))


@pytest.mark.parametrize(
    "texts",
    [REASONS, READ_VALUES, PHRASES, TERMINAL_TEXTS],
    ids=["reasons", "values", "phrases", "terminal"],
)
def test_a_translation_has_the_placeholders_of_its_text(texts):
    wrong = [
        text
        for text, chinese in texts.items()
        if sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(chinese))
    ]
    assert not wrong, f"give them the braces of their English in fsm/translation: {wrong}"


def test_no_text_has_two_translations():
    catalogues = [REASONS, READ_VALUES, PHRASES, TERMINAL_TEXTS, VIEW_LABELS, RULE_LABELS]
    found = {}
    for catalogue in catalogues:
        for text, chinese in catalogue.items():
            first = found.setdefault(text, chinese)
            assert first == chinese, (
                f"'{text}' is {first} and {chinese} in fsm/translation/rule_texts.py, or "
                "view_texts.py: write one of them in both places"
            )


def consoles():
    for cloud, local, enabled, locked in product(BOOLEANS, repeat=4):
        yield cloud, local, AutoRecord(enabled, locked, "local")
        for anyone, pause in product(BOOLEANS, repeat=2):
            yield cloud, local, AutoRecord(enabled, locked, "cloud", anyone, pause)


def accounts():
    for edition in get_args(Edition):
        if edition in CONSOLE_EDITIONS:
            for cloud, local, auto in consoles():
                yield Account(edition, cloud, local, auto)
        else:
            yield Account(edition)


def test_every_reason_of_a_plan_is_in_chinese():
    reasons = set()
    for account in accounts():
        pairs = [(choice, None) for choice in CHOICES] + [(None, choice) for choice in CHOICES]
        for user, booking in pairs:
            settings = MeetingSettings(account, user, booking, grace=7, end_when_empty=30)
            reasons.update(settings.resolve().why)
        for user, type_ in product(CHOICES, get_args(MeetingType)):
            reasons.update(MeetingSettings(account, user, type=type_).resolve().why)
    assert len(reasons) > 30
    wrong = {CHINESE(reason) for reason in reasons if english_words(CHINESE(reason))}
    assert not wrong, f"write their Chinese into REASONS in {RULE_TEXTS}: {wrong}"
    # An edition and a policy status have the same name.
    assert "免费版" in CHINESE("status free: the free edition has no console (R4)")


@pytest.mark.parametrize("kind", [*KINDS, None])
@pytest.mark.parametrize("starter", get_args(Starter))
def test_every_option_and_timer_is_in_chinese(kind, starter):
    if kind == "cloud":
        plan = Plan("cloud", starter, grace=10)
        texts = [describe_timer(timer, plan, 6_500) for timer in TIMERS]
        wrong = [text for text in texts if english_words(CHINESE(text))]
        assert not wrong, f"write their Chinese into REASONS in {RULE_TEXTS}: {wrong}"
    for option in form_of(Account("business")).options:
        assert english_words(CHINESE(str(option))) == []


PLANS = [
    Plan("cloud", "host", True, "user", ("cloud",), 5, 60),
    Plan("cloud", "anyone", False, "console", ("cloud", "local"), 0, None),
    Plan("cloud", "host", False, "console", ("cloud",), 0, 60),
    Plan("local", "host", True, "console", ("local",), 0, None),
    Plan(None, kinds=()),
    Plan(None, grace=5),
]
PEOPLE = ["甲", "乙", "丙", "O'Neil", 'say "hi"']


def random_event(choose):
    by, kind = choose(PEOPLE), choose(KINDS)
    return choose(
        [
            Join(by, choose(get_args(Role)), choose(get_args(Platform)), choose(["3.16", None])),
            Leave(by),
            ChangeRole(by, choose(get_args(Role))),
            Start(by, kind),
            Pause(by),
            Resume(by),
            Stop(by),
            TimeUp(choose(TIMERS), choose([1, 2])),
            RecorderFailed(),
        ]
    )


def explanations():
    """Explanations of events in random meetings, also of those after the end."""
    generator = random.Random(20261127)
    for plan in PLANS:
        for _ in range(12):
            meeting = Meeting(plan)
            for _ in range(60):
                event = random_event(generator.choice)
                ended = copy(meeting)
                ended.handle(End())
                for each in (event, End(generator.choice(PEOPLE))):
                    yield meeting.why(each), meeting.decide(each)
                yield ended.why(event), ended.decide(event)
                yield meeting.why(event), copy(meeting).handle(event)
                meeting.handle(event)


def test_every_explanation_is_in_chinese():
    kept = {"Neil", "say", "hi"}
    wrong, count = set(), 0
    for why, answer in explanations():
        text = explanation_text(why, CHINESE)
        words = {*english_words(text)}
        if hasattr(answer, "recorder"):
            words |= {*english_words(in_words(answer, CHINESE))}
        wrong |= {text} if words - kept else set()
        assert explanation_text(why, ENGLISH) == str(why)
        count += 1
    assert not wrong, f"write the Chinese of their words into {RULE_TEXTS}: {wrong}"
    assert count > 10_000


def test_an_explanation_names_states_guards_and_values():
    meeting = Meeting(Plan("cloud", host_may_pause=False))
    meeting.handle(Join("alice", "host", "windows"))
    meeting.handle(Join("bob", "member", "ios"))
    assert explanation_text(meeting.why(Pause("bob")), CHINESE) == (
        "“录制中”时拒绝“暂停录制”：须满足“主持人”（操作者：bob，bob 的角色：成员）"
    )
    assert explanation_text(meeting.why(Leave("alice")), CHINESE) == (
        "“录制中”时“离会”：变为“已停止录制”"
    )


def test_an_id_that_is_a_name_of_the_vocabulary_stays_as_it_is():
    meeting = Meeting(Plan("cloud"))
    assert "（操作者：host，host 在会：否）" in explanation_text(
        meeting.why(Pause("host")), CHINESE
    )


EXPECTING = """\
account: {edition: pro}
meeting: {grace: 10}
events:
- join: {id: 甲, role: host, platform: windows}
  expect: {state: paused, refused: not_host, rule: R1, timers: [{}],
           recorder: [{command: stop, reason: hosts_left}]}
- start: {by: 甲, kind: cloud}
  expect: {state: idle, refused: null, timers: [{set: grace}, {cancel: empty}, {up: grace}]}
- leave: {id: 甲}
  expect: {timers: [{after: 5}], recorder: [{command: start, kind: local, client: 乙}]}
"""


def test_an_expectation_that_does_not_hold_is_told_in_chinese():
    [scenario] = parse(EXPECTING.encode())
    steps = list(play(scenario, open_meeting(scenario), translate=CHINESE))
    texts = [text for step in steps for text in step.unexpected]
    assert len(texts) == 9
    assert [text for text in texts if english_words(text.replace("R1", ""))] == []
    assert texts[0] == "状态为未录制，预期为已暂停"


@pytest.mark.parametrize("type_", get_args(MeetingType))
def test_meetings_of_every_type_have_a_name(type_):
    assert english_words(CHINESE.name("type", type_)) == []
    assert (type_ in UNBOOKED) == (CHINESE.name("type", type_) in ("快速会议", "个人会议号"))


def test_english_output_needs_no_catalogue():
    code = (
        "import sys; from fsm.cli import plan, play;"
        "print(*(each for each in sys.modules if each.startswith('fsm.translation.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {*done.stdout.split()} == {"fsm.translation.translator", "fsm.translation.explanations"}
