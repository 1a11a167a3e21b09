import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.recording import (
    Choice,
    End,
    Join,
    Leave,
    Meeting,
    Pause,
    PauseRecorder,
    Plan,
    RecorderFailed,
    Resume,
    ResumeRecorder,
    Start,
    StartRecorder,
    Stop,
    StopRecorder,
    TimeUp,
)
from fsm.recording.plan import MeetingSettings
from fsm.runtime import OutboxMessage, RecorderStatus, disposition, status_after
from fsm.runtime.live import LiveMeeting
from fsm.runtime.reconcile import reconciliation_commands

from .hubs import ALICE, BOB, PRO

CLOUD = Plan(kind="cloud")
LOCAL = Plan(kind="local")


def live_meeting(plan=CLOUD, *events):
    live = LiveMeeting("m", 1, 0, MeetingSettings(PRO, Choice(True)), Meeting(plan), by_id={})
    for event in events:
        live.handle(event, None, 0, 0)
    live.pending = ()
    return live


def test_all_events_are_numbered_including_refused_ones():
    live = live_meeting()
    first, messages = live.handle(ALICE, "e-1", 7, 0)
    second, no_messages = live.handle(Pause("nobody"), None, 8, 0)
    assert (first.meeting, first.seq, first.id, first.at) == ("m", 1, "e-1", 7)
    assert (second.seq, second.id, second.outcome.refused) == (2, None, "not_present")
    assert messages == (OutboxMessage("m", 1, 1, 0, StartRecorder("cloud")),)
    assert no_messages == ()
    assert live.pending == messages


def test_an_event_after_the_end_is_numbered_only_if_it_has_an_id():
    live = live_meeting(CLOUD, End())
    entry, messages = live.handle(BOB, None, 9, 0)
    assert (entry.seq, entry.outcome.refused, messages) == (None, "meeting_ended", ())
    assert live.seq == 1
    entry, messages = live.handle(BOB, "e-2", 9, 0)
    assert (entry.seq, entry.outcome.refused, messages) == (2, "meeting_ended", ())
    assert live.entry_of("e-2") == entry


def test_a_timer_that_other_rules_left_in_a_meeting_that_is_over_is_due_only_once():
    live = live_meeting(CLOUD, End())
    live.moments = {"grace": 5}
    entry, messages = live.handle(TimeUp("grace", 1), None, 9, 9)
    assert (entry.seq, entry.outcome.refused, messages) == (None, "meeting_ended", ())
    assert live.moments == {}


def test_the_entry_of_an_event_id_is_kept():
    live = live_meeting()
    entry, _ = live.handle(ALICE, "e-1", 7, 0)
    assert live.entry_of("e-1") == entry
    assert live.entry_of("e-2") is None


def test_every_message_has_the_next_sequence_and_every_start_the_next_recording():
    live = live_meeting(CLOUD, BOB, ALICE, Stop("alice"))
    assert live.last_stop == "host_stopped"
    for event in (Start("alice", "cloud"), Pause("alice")):
        live.handle(event, None, 9, 0)
    message = live.enqueue(ResumeRecorder())
    assert (message.recording, message.sequence, message.expected_sequence) == (2, 5, 4)
    assert message.key == "m/2/5"
    assert live.last_stop is None


def test_a_correction_has_the_next_sequence_but_no_new_recording():
    live = live_meeting(CLOUD, ALICE)
    message = live.enqueue(StartRecorder("cloud"), again=True, expected_sequence=0)
    assert (message.recording, message.sequence, message.expected_sequence) == (1, 2, 0)


def test_a_correction_of_a_recorder_that_is_ahead_has_a_sequence_above_its_last():
    live = live_meeting(CLOUD, ALICE)
    message = live.enqueue(StartRecorder("cloud"), again=True, expected_sequence=50)
    assert (message.sequence, message.expected_sequence) == (51, 50)
    assert disposition(message, 50) == "apply"


@pytest.mark.parametrize(
    ("plan", "events", "expected"),
    [
        (CLOUD, [], RecorderStatus()),
        (CLOUD, [ALICE], RecorderStatus(1, "cloud")),
        (LOCAL, [ALICE], RecorderStatus(1, "local", "alice")),
        (CLOUD, [BOB, ALICE, Pause("alice")], RecorderStatus(2, "cloud", None, True)),
        (CLOUD, [ALICE, Stop("alice")], RecorderStatus(2)),
        (CLOUD, [ALICE, Leave("alice")], RecorderStatus(2)),
        (CLOUD, [ALICE, RecorderFailed()], RecorderStatus(2)),
        (CLOUD, [ALICE, End()], RecorderStatus(2)),
    ],
    ids=str,
)
def test_the_expected_status_follows_the_state_of_the_meeting(plan, events, expected):
    live = live_meeting(plan, *events)
    assert live.expected_status == expected
    assert reconciliation_commands(live, expected) == ()


CLOUD_RUNS, LOCAL_RUNS = StartRecorder("cloud"), StartRecorder("local", "alice")
FAILED = StopRecorder("recorder_failed")


@pytest.mark.parametrize(
    ("plan", "events", "status", "corrections"),
    [
        # It has lost the recording.
        (CLOUD, [ALICE], RecorderStatus(), (CLOUD_RUNS,)),
        (CLOUD, [ALICE], RecorderStatus(1), (CLOUD_RUNS,)),
        # It has lost a paused recording: only its sequence is brought up to date.
        (CLOUD, [BOB, ALICE, Pause("alice")], RecorderStatus(), (PauseRecorder(),)),
        (CLOUD, [BOB, ALICE, Pause("alice")], RecorderStatus(2), ()),
        (CLOUD, [BOB, ALICE, Pause("alice"), Resume("alice")], RecorderStatus(3), (CLOUD_RUNS,)),
        # It has another recording.
        (CLOUD, [ALICE], RecorderStatus(1, "local", "alice"), (FAILED, CLOUD_RUNS)),
        (LOCAL, [ALICE], RecorderStatus(1, "cloud"), (FAILED, LOCAL_RUNS)),
        (LOCAL, [ALICE], RecorderStatus(1, "local", "bob"), (FAILED, LOCAL_RUNS)),
        (
            LOCAL,
            [ALICE, Pause("alice")],
            RecorderStatus(2, "cloud"),
            (FAILED,),
        ),
        # Only the pause differs.
        (CLOUD, [ALICE], RecorderStatus(1, "cloud", None, True), (ResumeRecorder(),)),
        (CLOUD, [BOB, ALICE, Pause("alice")], RecorderStatus(2, "cloud"), (PauseRecorder(),)),
        # It has the right recording, but has missed messages.
        (CLOUD, [ALICE], RecorderStatus(0, "cloud"), (ResumeRecorder(),)),
        (
            CLOUD,
            [BOB, ALICE, Pause("alice")],
            RecorderStatus(1, "cloud", None, True),
            (PauseRecorder(),),
        ),
        # It should not record.
        (
            CLOUD,
            [ALICE, Stop("alice")],
            RecorderStatus(1, "cloud"),
            (StopRecorder("host_stopped"),),
        ),
        (CLOUD, [ALICE, Stop("alice")], RecorderStatus(), (StopRecorder("host_stopped"),)),
        (CLOUD, [ALICE, End()], RecorderStatus(2, "cloud"), (StopRecorder("meeting_ended"),)),
        (CLOUD, [], RecorderStatus(3, "cloud"), (FAILED,)),
        (CLOUD, [End()], RecorderStatus(3, "cloud"), (StopRecorder("meeting_ended"),)),
    ],
    ids=str,
)
def test_a_recorder_with_another_status_is_corrected(plan, events, status, corrections):
    assert reconciliation_commands(live_meeting(plan, *events), status) == corrections


EVENTS = [
    ALICE, BOB, Join("carol", "cohost", "macos", "3.20"), Pause("alice"), Stop("alice"), End(),
    Start("alice", "local"), Start("carol", "cloud"), Leave("alice"), RecorderFailed(),
]  # fmt: skip
STATUSES = st.builds(
    RecorderStatus,
    st.integers(0, 12),
    st.sampled_from([None, "cloud", "local"]),
    st.sampled_from([None, "alice", "bob"]),
    st.booleans(),
)


@given(
    st.sampled_from([CLOUD, LOCAL, Plan()]), st.lists(st.sampled_from(EVENTS), max_size=8), STATUSES
)
def test_a_recorder_that_follows_its_corrections_has_the_expected_status(plan, events, status):
    live = live_meeting(plan, *events)
    expected = live.expected_status
    runs = (status.kind, status.client) == (expected.kind, expected.client)
    lost_pause = expected.paused and not runs
    expected_sequence = status.sequence
    for command in reconciliation_commands(live, status):
        message = live.enqueue(command, again=True, expected_sequence=expected_sequence)
        expected_sequence = None
        assert disposition(message, status.sequence) == "apply"
        status = status_after(message, status)
    # A start does not resume a paused recording, which takes a second round of corrections.
    for command in reconciliation_commands(live, status):
        message = live.enqueue(command, again=True)
        assert disposition(message, status.sequence) == "apply"
        status = status_after(message, status)
    assert reconciliation_commands(live, status) == ()
    if lost_pause:
        assert (status.kind, status.sequence) == (None, live.last_sequence)
    else:
        assert status == live.expected_status
