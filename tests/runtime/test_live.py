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
    ResumeRecorder,
    Start,
    StartRecorder,
    Stop,
    StopRecorder,
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
        live.handle(event, None, 0)
    live.pending = ()
    return live


def test_events_are_numbered_refused_ones_too():
    live = live_meeting()
    first, messages = live.handle(ALICE, "e-1", 7)
    second, none = live.handle(Pause("nobody"), None, 8)
    assert (first.meeting, first.seq, first.id, first.at) == ("m", 1, "e-1", 7)
    assert (second.seq, second.id, second.outcome.refused) == (2, None, "not_present")
    assert messages == (OutboxMessage("m", 1, 1, 0, StartRecorder("cloud")),)
    assert none == ()
    assert live.pending == messages


def test_what_comes_after_the_end_is_answered_and_not_numbered():
    live = live_meeting(CLOUD, End())
    entry, messages = live.handle(BOB, "e-2", 9)
    assert (entry.seq, entry.outcome.refused, messages) == (None, "meeting_ended", ())
    assert live.seq == 1
    assert live.entry_of("e-2") is None


def test_the_answer_to_an_id_is_kept():
    live = live_meeting()
    entry, _ = live.handle(ALICE, "e-1", 7)
    assert live.entry_of("e-1") == entry
    assert live.entry_of("e-2") is None


def test_orders_count_on_and_recordings_with_each_start():
    live = live_meeting(CLOUD, ALICE, Stop("alice"), Start("alice", "cloud"), Pause("alice"))
    made = live.enqueue(ResumeRecorder())
    assert (made.recording, made.sequence, made.expected_sequence) == (2, 5, 4)
    assert made.key == "m/2/5"
    assert live.last_stop == "host_stopped"


def test_an_order_that_is_given_again_counts_on_but_starts_no_new_recording():
    live = live_meeting(CLOUD, ALICE)
    made = live.enqueue(StartRecorder("cloud"), again=True, expected_sequence=0)
    assert (made.recording, made.sequence, made.expected_sequence) == (1, 2, 0)


def test_an_order_to_a_recorder_that_is_ahead_has_a_number_it_does_not_know():
    live = live_meeting(CLOUD, ALICE)
    made = live.enqueue(StartRecorder("cloud"), again=True, expected_sequence=50)
    assert (made.sequence, made.expected_sequence) == (51, 50)
    assert disposition(made, 50) == "apply"


@pytest.mark.parametrize(
    ("plan", "events", "wanted"),
    [
        (CLOUD, [], RecorderStatus()),
        (CLOUD, [ALICE], RecorderStatus(1, "cloud")),
        (LOCAL, [ALICE], RecorderStatus(1, "local", "alice")),
        (CLOUD, [ALICE, Pause("alice")], RecorderStatus(2, "cloud", None, True)),
        (CLOUD, [ALICE, Stop("alice")], RecorderStatus(2)),
        (CLOUD, [ALICE, Leave("alice")], RecorderStatus(2)),
        (CLOUD, [ALICE, RecorderFailed()], RecorderStatus(2)),
        (CLOUD, [ALICE, End()], RecorderStatus(2)),
    ],
    ids=str,
)
def test_what_the_recorder_should_be_doing(plan, events, wanted):
    live = live_meeting(plan, *events)
    assert live.expected_status == wanted
    assert reconciliation_commands(live, wanted) == ()


CLOUD_RUNS, LOCAL_RUNS = StartRecorder("cloud"), StartRecorder("local", "alice")
FAILED = StopRecorder("recorder_failed")


@pytest.mark.parametrize(
    ("plan", "events", "status", "told"),
    [
        # It lost what it recorded.
        (CLOUD, [ALICE], RecorderStatus(), (CLOUD_RUNS,)),
        (CLOUD, [ALICE], RecorderStatus(1), (CLOUD_RUNS,)),
        (CLOUD, [ALICE, Pause("alice")], RecorderStatus(2), (CLOUD_RUNS, PauseRecorder())),
        # It does something else.
        (CLOUD, [ALICE], RecorderStatus(1, "local", "alice"), (FAILED, CLOUD_RUNS)),
        (LOCAL, [ALICE], RecorderStatus(1, "cloud"), (FAILED, LOCAL_RUNS)),
        (LOCAL, [ALICE], RecorderStatus(1, "local", "bob"), (FAILED, LOCAL_RUNS)),
        (
            LOCAL,
            [ALICE, Pause("alice")],
            RecorderStatus(2, "cloud"),
            (FAILED, LOCAL_RUNS, PauseRecorder()),
        ),
        # It is paused, or is not.
        (CLOUD, [ALICE], RecorderStatus(1, "cloud", None, True), (ResumeRecorder(),)),
        (CLOUD, [ALICE, Pause("alice")], RecorderStatus(2, "cloud"), (PauseRecorder(),)),
        # It does the right thing, but has missed orders.
        (CLOUD, [ALICE], RecorderStatus(0, "cloud"), (ResumeRecorder(),)),
        (
            CLOUD,
            [ALICE, Pause("alice")],
            RecorderStatus(1, "cloud", None, True),
            (PauseRecorder(),),
        ),
        # It should do nothing.
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
def test_a_recorder_that_does_otherwise_is_told(plan, events, status, told):
    assert reconciliation_commands(live_meeting(plan, *events), status) == told


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
def test_a_recorder_that_carries_out_its_corrections_does_what_the_machine_says(
    plan, events, status
):
    live = live_meeting(plan, *events)
    expected_sequence = status.sequence
    for command in reconciliation_commands(live, status):
        message = live.enqueue(command, again=True, expected_sequence=expected_sequence)
        expected_sequence = None
        assert disposition(message, status.sequence) == "apply"
        status = status_after(message, status)
    # What runs already may be paused as it was; that is put right in a second round.
    for command in reconciliation_commands(live, status):
        message = live.enqueue(command, again=True)
        assert disposition(message, status.sequence) == "apply"
        status = status_after(message, status)
    assert reconciliation_commands(live, status) == ()
