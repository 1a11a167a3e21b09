"""Hints for unknown names: by alias, by a slight misspelling, and never to another meaning."""

import string
from typing import get_args

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fsm.decode import classes_by_trigger
from fsm.recording import Account, AutoRecord, Change, Choice, Event
from fsm.recording.aliases import ALIASES, meant_name, name_hint
from fsm.recording.console_changes import ConsoleTrigger
from fsm.recording.events import Trigger
from fsm.recording.outcome import CommandName
from fsm.recording.rules import RULE_IDS
from fsm.recording.vocabulary import (
    Edition,
    Kind,
    MeetingType,
    Platform,
    Reason,
    Role,
    Starter,
    State,
    StopReason,
)
from fsm.scenario.model import Expectation, MeetingInfo, ScenarioDocument


def keys_of(cls):
    return tuple(field.name for field in attrs.fields(cls))


CLASSES = (
    Account, AutoRecord, Choice, MeetingInfo, ScenarioDocument, Expectation,
    *classes_by_trigger(Event).values(), *classes_by_trigger(Change).values(),
)  # fmt: skip
VOCABULARIES = {
    "edition": get_args(Edition),
    "kind": get_args(Kind),
    "starter": get_args(Starter),
    "role": get_args(Role),
    "platform": get_args(Platform),
    "type": get_args(MeetingType),
    "state": get_args(State),
    "stop reason": get_args(StopReason),
    "reason": get_args(Reason),
    "trigger": (*get_args(Trigger), "wait", "expect"),
    "command": get_args(CommandName),
    "change": get_args(ConsoleTrigger),
    "actor": ("super_admin", "admin", "user"),
    "rule": RULE_IDS,
    **{f"keys of {cls.__name__}": keys_of(cls) for cls in CLASSES if keys_of(cls)},
}


@pytest.mark.parametrize("vocabulary", VOCABULARIES)
def test_a_name_comes_before_the_words_for_other_names(vocabulary):
    known = VOCABULARIES[vocabulary]
    assert [meant_name(name, known) for name in known] == [*known]


def test_a_word_that_becomes_a_name_no_longer_stands_for_another():
    assert meant_name("panelist", ("host", "member")) == "member"
    known = ("host", "member", "panelist")
    assert [meant_name(each, known) for each in ("panelist", "panelits")] == ["panelist"] * 2


MEANT = {
    "platform": {
        "ios": "iOS iphone iPhone ipad iPadOS ipados iphone_os ios17 iOS-17.2 iphone15 ipohne",
        "android": "Android android_phone android-pad android14 androind",
        "macos": "mac Mac osx OSX os_x macosx darwin macOS-14 macbook macso",
        "windows": "pc PC win32 win win64 win10 Windows windows11 windows_nt window widnows",
        "web": "chrome firefox safari browser webapp web_app h5 H5 edge",
        "linux": "Linux ubuntu linx",
        "phone": "telephone pstn Phone dial_in",
        "room": "sip SIP h323 H.323 rooms meeting_room zoom_rooms",
        "other": "harmonyos HarmonyOS openharmony harmony_os miniprogram mini_program "
        "mini-program tv smart_tv android_tv apple_tv apple_watch windows_phone chromeos "
        "wechat others OTHER unknown",
    },
    "role": {
        "host": "Host HOST moderator owner presenter organizer organiser hosst hst moderater",
        "cohost": "co-host co_host CoHost cohosts Co-Hosts cohots",
        "member": "attendee guest participant viewer attendees Member membre non_host",
    },
    "starter": {"host": "hosts moderator", "anyone": "everyone all any anybody participant"},
    "kind": {"cloud": "Cloud clod clud", "local": "lcoal disk"},
    "edition": {
        "pro": "professional",
        "business": "buisness commercial",
        "enterprise": "Entreprise entreprise",
        "education": "edu school",
        "education_plus": "education+ edu+ Education-Plus educationplus edu_plus",
    },
    "type": {
        "quick": "instant ad-hoc adhoc unscheduled",
        "recurring": "weekly repeating recurrent",
        "personal": "PMI personal_room",
        "scheduled": "schedule booked",
    },
    "state": {
        "idle": "not_recording not_started",
        "recording": "started running unpaused resumed recroding",
        "stopped": "ended stoped stop",
    },
    "trigger": {
        "join": "jion joined enter",
        "leave": "leaves left exit",
        "role": "change_role promote",
        "resume": "unpause continue",
        "start": "record",
        "end": "close ended",
        "recorder_failed": "recorder_error recording_failed",
        "time_up": "timer_up timer_fired timeup",
        "wait": "sleep wiat delay",
    },
    "reason": {
        "not_host": "not_a_host",
        "already_present": "present",
        "wrong_state": "not_recording already_recording",
        "timer_not_set": "stale stale_timer",
    },
    "stop reason": {
        "meeting_ended": "host_ended ended",
        "hosts_left": "host_left all_hosts_left no_hosts",
        "everyone_left": "all_left",
    },
    "change": {"unlock": "unlocked unlcok", "disable": "disabled", "enable": "enabled"},
    "actor": {"super_admin": "superadmin owner", "admin": "administrator", "user": "staff"},
    "rule": {"R9": "r9", "D10": "d10"},
    "keys of Join": {
        "platform": "os device", "version": "client_version vesion", "id": "uid idd",
    },
    "keys of Pause": {"by": "id user"},
    "keys of Start": {"kind": "type"},
    "keys of Choice": {"started_by": "start_by", "auto_record": "autoRecord auto_recording"},
    "keys of AutoRecord": {
        "enabled": "enable on",
        "locked": "lock",
        "host_may_pause": "hostMayPause host_can_pause enable_host_pause_auto_record",
        "start_on_any_join": "participant_join_auto_record start_on_join",
    },
    "keys of Expectation": {"state": "stat status", "recorder": "commands"},
    "keys of MeetingInfo": {"grace": "grace_period graec", "end_when_empty": "end_if_empty"},
    "keys of ScenarioDocument": {"title": "tite titel name"},
}  # fmt: skip
UNKNOWN = {
    "platform": "root fire_os mobile smartphone mobile_phone desktop apple zoom os phone_app wine",
    "role": "ghost cost admin",
    "starter": "king",
    "kind": "tape none vocal",
    "edition": "gratis enterprise_plus education_pro trial",
    "type": "x",
    "state": "on_or_off",
    "trigger": "zap expel rename restart",
    "change": "clock",
    "actor": "king",
    "reason": "host_may_pause member",
    "stop reason": "member_left",
    "rule": "R99 D99 R",
    "keys of AutoRecord": "disabled unlocked host_may_not_pause",
    "keys of Expectation": "start",
}


def cases(table):
    return [
        (vocabulary, word, name)
        for vocabulary, entry in table.items()
        for name, words in (entry.items() if isinstance(entry, dict) else [(None, entry)])
        for word in words.split()
    ]


@pytest.mark.rule("D5")
@pytest.mark.parametrize(("vocabulary", "word", "name"), cases(MEANT))
def test_a_word_for_a_name_leads_to_that_name(vocabulary, word, name):
    assert meant_name(word, VOCABULARIES[vocabulary]) == name


@pytest.mark.parametrize(("vocabulary", "word", "name"), cases(UNKNOWN))
def test_a_word_that_is_near_by_spelling_alone_leads_nowhere(vocabulary, word, name):
    assert meant_name(word, VOCABULARIES[vocabulary]) is name


def test_a_word_as_near_to_two_names_leads_nowhere():
    assert meant_name("bolts", ("bolt", "boltss")) is None
    assert meant_name("bolts", ("bolt", "screw")) == "bolt"


@pytest.mark.parametrize("names", VOCABULARIES.values(), ids=VOCABULARIES)
def test_a_name_of_a_vocabulary_means_itself_and_no_alias_has_two_meanings(names):
    # A new name may have been an alias until now: the name comes first.
    assert {name: meant_name(name, names) for name in names} == {name: name for name in names}
    words = [word for name in names for word in ALIASES.get(name, ())]
    assert len(words) == len(set(words))


def test_aliases_are_plain_words_of_names_that_exist():
    names = {name for vocabulary in VOCABULARIES.values() for name in vocabulary}
    assert set(ALIASES) - names == set()
    plain = set(string.ascii_lowercase + string.digits)
    assert [
        word for words in ALIASES.values() for word in words if not plain.issuperset(word)
    ] == []


@given(st.text(), st.sampled_from([*VOCABULARIES.values()]))
@example("", VOCABULARIES["platform"])
@example("+++ --- ...", VOCABULARIES["role"])
@example("17", VOCABULARIES["platform"])
@example("w" * 1_000_000, VOCABULARIES["platform"])
def test_any_text_means_a_known_name_or_none(word, names):
    assert meant_name(word, names) in {*names, None}


@pytest.mark.rule("D5")
def test_a_hint_names_the_name_that_was_meant_or_all_of_them():
    assert name_hint("clod", get_args(Kind)) == "did you mean 'cloud'?"
    assert name_hint("tape", get_args(Kind)) == "one of: cloud, local"
    assert name_hint("x", ()) == "one of: none"


@pytest.mark.rule("D5")
def test_a_platform_without_a_name_is_to_be_reported_as_other():
    platforms = get_args(Platform)
    assert name_hint("harmonyos", platforms) == "report it as 'other'"
    assert name_hint("toaster", platforms) == (
        f"one of: {', '.join(platforms)}; if it is none of these, report it as 'other'"
    )
    assert name_hint("iphone", platforms) == "did you mean 'ios'?"
