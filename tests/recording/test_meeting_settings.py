import pytest

from fsm.recording import Account, AutoRecord, Choice
from fsm.recording.plan import MeetingSettings


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ({"account": "pro"}, "account must be a Account"),
        ({"user": True}, "must be a Choice"),
        ({"booking": {}}, "must be a Choice"),
    ],
)
def test_a_part_of_another_type_is_refused(parts, what):
    with pytest.raises(TypeError, match=what):
        MeetingSettings(**{"account": Account("pro"), **parts})


def test_an_unknown_type_of_meeting_is_refused():
    with pytest.raises(ValueError, match="type cannot be 'party'"):
        MeetingSettings(Account("pro"), type="party")


def test_the_plan_follows_from_all_of_it():
    console = Account("business", auto_record=AutoRecord(enabled=True))
    assert MeetingSettings(Account("pro")).resolve().plan.kind is None
    assert MeetingSettings(Account("pro"), Choice(True)).resolve().plan.kind == "cloud"
    assert MeetingSettings(console).resolve().plan.kind == "cloud"
    assert MeetingSettings(console, booking=Choice(False)).resolve().plan.kind is None


@pytest.mark.rule("D13")
def test_a_booking_of_a_meeting_that_nobody_books_is_refused_when_it_is_resolved():
    with pytest.raises(ValueError, match="D13"):
        MeetingSettings(Account("pro"), booking=Choice(True), type="quick").resolve()
