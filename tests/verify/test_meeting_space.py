"""The state space of the recording machine: identity of situations, and the events tried."""

from typing import get_args

import pytest

from fsm.recording.events import Join
from fsm.recording.model import Participant, RecordingModel
from fsm.recording.timers import TimerState
from fsm.recording.vocabulary import AUTO_PLATFORMS, DESKTOPS, TIMERS, Platform
from fsm.verify import (
    meeting_space,
)
from fsm.verify.reference_model import ReferenceModel, ReferenceParticipant, ReferenceTimer

from .faulty import plans


def test_situations_that_differ_only_in_names_are_one():
    def key(**people):
        known = ReferenceModel(
            frozenset(
                ReferenceParticipant(name, each.role, each.platform)
                for name, each in people.items()
            )
        )
        return meeting_space.situation_key(
            RecordingModel(plans()[0], present=people, hosts=1), known
        )

    host = Join("x", "host", "windows")
    member = Join("x", "member", "ios", "3.17")
    assert key(alice=host, bob=member) == key(carol=member, dave=host)
    assert key(alice=host, bob=member) != key(alice=host, bob=host)


@pytest.mark.parametrize("kept", [("host", "windows"), ("cohost", "ios")])
def test_a_participant_that_is_stored_wrongly_makes_another_situation(kept):
    def key(role, platform):
        known = ReferenceModel(frozenset({ReferenceParticipant("alice", "host", "ios")}))
        people = {"alice": Participant(role, platform)}
        return meeting_space.situation_key(
            RecordingModel(plans()[0], present=people, hosts=1), known
        )

    right = ReferenceModel(frozenset({ReferenceParticipant("alice", *kept)}))
    people = {"alice": Participant(*kept)}
    situation = RecordingModel(plans()[0], present=people, hosts=1)
    assert key(*kept) != meeting_space.situation_key(situation, right)


def test_there_is_one_platform_of_each_class():
    def kind(platform):
        return platform in DESKTOPS, platform in AUTO_PLATFORMS

    assert sorted(map(kind, meeting_space.CLASSES)) == [(False, False), (False, True), (True, True)]
    assert {*meeting_space.CLASS_OF} == {*get_args(Platform)}
    assert all(kind(each) == kind(other) for each, other in meeting_space.CLASS_OF.items())


def test_platforms_of_one_class_differ_for_a_host_with_at_most_one_other_participant():
    def key(*people, **parts):
        known = {f"p{number}": Join("x", *each) for number, each in enumerate(people)}
        plan = plans()[0]
        return meeting_space.situation_key(
            RecordingModel(plan, present=known, **parts), ReferenceModel()
        )

    member = ("member", "web")
    assert key(("host", "macos")) != key(("host", "windows"))
    assert key(("host", "macos"), member) != key(("host", "windows"), member)
    assert key(("host", "macos"), member, member) == key(("host", "windows"), member, member)
    assert key(("host", "macos"), ended=True) == key(("host", "windows"), ended=True)
    assert key(("member", "macos")) == key(("member", "windows")) != key(("member", "ios"))


def test_every_platform_and_version_joins_while_at_most_one_participant_is_present():
    def joins(*names, **parts):
        people = {name: Join(name, "member", "ios") for name in names}
        situation = RecordingModel(plans()[0], present=people, **parts)
        tried = meeting_space.meeting_events(situation, ReferenceModel(), 3)
        return [event for _, event in tried if isinstance(event, Join) and event.id not in names]

    for names in ((), ("alice",)):
        assert {each.platform for each in joins(*names)} == {*get_args(Platform)}
        versions = {None, "WeMeet/3.1", "3.9", "3.16", "3.17", "3.100", "4", "v3.16", "3,16,"}
        assert {each.version for each in joins(*names)} >= versions
    assert {each.platform for each in joins("alice", "bob")} == {*meeting_space.CLASSES}
    assert {each.version for each in joins("alice", "bob")} == {"3.16", "3.17"}
    assert joins("alice", "bob", "carol") == []
    assert len(joins("alice", ended=True)) == 1


@pytest.mark.rule("D14", "D15")
def test_every_timer_fires_with_a_later_setting_its_running_one_and_an_earlier_one():
    timers = {"grace": TimerState(3, True)}
    situation = RecordingModel(plans()[0], timers=timers)
    tried = meeting_space.meeting_events(situation, ReferenceModel(), 1)
    fired = [(event.timer, event.set) for trigger, event in tried if trigger == "time_up"]
    others = [(timer, 1) for timer in TIMERS if timer != "grace"]
    assert fired == [("grace", 4), ("grace", 3), ("grace", 2), *others]


@pytest.mark.rule("D14", "D15")
def test_the_number_of_settings_of_a_timer_makes_no_other_situation():
    def key(state, timer, *names):
        people = {name: Participant("member", "ios") for name in names}
        model = RecordingModel(plans()[0], present=people, timers={"grace": TimerState(*state)})
        return meeting_space.situation_key(model, ReferenceModel(grace=ReferenceTimer(*timer)))

    assert key((2, True), (2, True)) == key((7, True), (7, True))
    assert key((2, True), (2, True)) != key((2, False), (2, False))
    # The machine and the reference model disagree.
    assert key((2, True), (2, True)) != key((2, True), (1, True))
    assert key((2, True), (2, True)) != key((2, True), (2, False))
    # An earlier setting matters with few participants, so that its stale firing is tried.
    assert key((1, True), (1, True), "alice") != key((2, True), (2, True), "alice")
    assert key((1, True), (1, True), "a", "b") == key((2, True), (2, True), "a", "b")


def test_there_is_a_name_for_each_participant_and_one_who_is_absent():
    full = {
        name: Join(name, "member", "ios")
        for name in meeting_space.NAMES[: meeting_space.MAX_PARTICIPANTS]
    }
    tried = meeting_space.meeting_events(
        RecordingModel(plans()[0], present=full),
        ReferenceModel(),
        meeting_space.MAX_PARTICIPANTS,
    )
    joins = [event for trigger, event in tried if trigger == "join"]
    assert {event.id for event in joins} <= set(full)
