import copy
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.recording import ChangeRole, End, Join, Leave, Meeting, Plan
from fsm.recording.client_version import is_new_enough
from fsm.recording.model import Participant, RecordingModel

from . import generate
from .people import ALICE, BOB, CAROL, CLOUD, NOTHING, after
from .translate import open_meeting, to_event


@pytest.mark.rule("R3", "D5")
@pytest.mark.parametrize("version", ["3.17", "3.17.0", "3.17.9.1", "3.18", "3.20", "3.100", "4"])
def test_version_3_17_and_later_are_new_enough(version):
    assert is_new_enough(version)


@pytest.mark.rule("R3")
@pytest.mark.parametrize("version", ["3", "3.9", "3.16", "3.16.99", "2.99.9", "1.200", "0"])
def test_a_version_before_3_17_is_not_and_numbers_count_rather_than_letters(version):
    assert not is_new_enough(version)


@pytest.mark.rule("D5")
@pytest.mark.parametrize("version", [None, "", "unknown", "beta"])
def test_an_unknown_version_counts_as_new_enough(version):
    assert is_new_enough(version)


@pytest.mark.rule("R3")
@given(st.lists(st.integers(0, 40), min_size=1, max_size=4))
def test_versions_compare_by_number_parts(parts):
    assert is_new_enough(".".join(map(str, parts))) is (parts[:2] >= [3, 17])


@pytest.mark.rule("R3", "D5")
def test_a_version_with_absurdly_many_digits_is_still_answered():
    joins = Join("alice", "host", "windows", "9" * 5000)
    assert Meeting(CLOUD).handle(joins).refused is None


@pytest.mark.rule("D1", "D4")
@settings(max_examples=200, deadline=None)
@given(generate.cases())
def test_the_number_of_hosts_kept_always_equals_a_recount(case):
    *header, events = case
    meeting = open_meeting(*header)
    for name, event in events:
        meeting.handle(to_event(name, event))
        recount = sum(who.role in ("host", "cohost") for who in meeting.present.values())
        assert meeting.hosts == recount


@pytest.mark.rule("D9")
@settings(max_examples=150, deadline=None)
@given(generate.cases())
def test_who_is_present_is_whoever_joined_and_has_not_left(case):
    *header, events = case
    meeting = open_meeting(*header)
    roles = {}
    for name, event in events:
        if meeting.handle(to_event(name, event)).refused is None:
            if name in ("join", "role"):
                roles[event["id"]] = event["role"]
            elif name == "leave":
                del roles[event["id"]]
        assert {id_: who.role for id_, who in meeting.present.items()} == roles


class Unscannable(dict):
    """Participants that can be looked up, but not looked through."""

    def __iter__(self):
        raise AssertionError("somebody scans who is present")

    keys = values = items = __iter__


@pytest.mark.rule("D4")
def test_no_event_looks_through_who_is_present():
    meeting = Meeting(CLOUD, present=Unscannable())
    states = [
        meeting.handle(event).state
        for event in (
            BOB,
            ALICE,
            CAROL,
            ChangeRole("bob", "host"),
            ChangeRole("bob", "member"),
            Leave("carol"),
            Leave("alice"),
            End(),
        )
    ]
    assert states == ["idle", *["recording"] * 5, "stopped", "stopped"]


@pytest.mark.rule("D9")
def test_a_change_of_role_keeps_the_platform():
    meeting = after(NOTHING, BOB, ChangeRole("bob", "cohost"))
    assert meeting.present == {"bob": Participant("cohost", BOB.platform)}


def test_a_meeting_is_copied_and_pickled_with_all_it_knows():
    meeting = after(CLOUD, ALICE)
    for other in (copy.deepcopy(meeting), pickle.loads(pickle.dumps(meeting))):
        assert other == meeting
        assert other.handle(Leave("alice")).state == "stopped"


@pytest.mark.parametrize(
    "plan_kind", ["cloud", "local", None], ids=["cloud plan", "local plan", "no plan"]
)
@settings(max_examples=60, deadline=None)
@given(sequence=generate.events())
def test_something_is_being_recorded_exactly_while_recording_or_paused(plan_kind, sequence):
    # Which client records is only kept while one does: a stale one would stop the next recording.
    meeting = Meeting(Plan(kind=plan_kind))
    for name, event in sequence:
        meeting.handle(to_event(name, event))
        assert (meeting.kind is not None) is (meeting.state in ("recording", "paused"))
        assert (meeting.client is not None) is (meeting.kind == "local")


@pytest.mark.rule("R3", "D5")
@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("0000000000003.0000000000017", True),
        ("0000000000003.0000000000016", False),
        ("00000000000000", False),
        ("v4", True),
        ("V3.16", False),
        (" 3.16", False),
        ("x3.16", True),
        ("3.17-beta", True),
        ("3.16.99", False),
        ("3", False),
        ("12345678901234567890", True),
        ("3." + "9" * 5000, True),
        ("", True),
    ],
)
def test_a_version_counts_by_its_number_parts_however_they_are_written(version, enough):
    assert is_new_enough(version) is enough


def test_a_meeting_shows_its_situation_and_no_more():
    shown = repr(Meeting(CLOUD))
    assert shown == repr(RecordingModel(CLOUD)).replace("RecordingModel", "Meeting", 1)


@pytest.mark.parametrize("of", [RecordingModel, Meeting])
def test_setting_an_attribute_costs_what_it_costs_for_any_object(of):
    assert of.__setattr__ is object.__setattr__
