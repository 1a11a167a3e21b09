"""Participants, plans and meetings that several tests share."""

from fsm.recording import Join, Meeting, Outcome, Plan, StartRecorder, StopRecorder

ALICE = Join("alice", "host", "windows", "3.20")
CAROL = Join("carol", "cohost", "macos", "3.20")
DORA = Join("dora", "cohost", "ios", "3.20")
BOB = Join("bob", "member", "windows", "3.20")
EVE = Join("eve", "member", "android", "3.20")

NOTHING = Plan()
CLOUD = Plan(kind="cloud")
CLOUD_ANYONE = Plan(kind="cloud", started_by="anyone")
CLOUD_NO_PAUSE = Plan(kind="cloud", host_may_pause=False)
CLOUD_ANYONE_NO_PAUSE = Plan(kind="cloud", started_by="anyone", host_may_pause=False)
LOCAL = Plan(kind="local")

START_CLOUD = StartRecorder("cloud", None)


def after(plan, *events):
    """A meeting in which all of these events have been accepted."""
    meeting = Meeting(plan)
    for event in events:
        outcome = meeting.handle(event)
        assert outcome.refused is None, f"{event} was refused: {outcome.refused}"
    return meeting


def stopped_by(reason, rule, before="recording"):
    """The outcome of an event that stops the recording."""
    return Outcome(before, "stopped", (StopRecorder(reason),), (rule,))


def unchanged(state, *rules):
    """The outcome of an accepted event that keeps the state."""
    return Outcome(state, state, (), rules)


def local_recording(paused):
    """A local recording of Alice's client; Carol and Bob are present."""
    meeting = after(LOCAL, ALICE, CAROL, BOB)
    # Without the event, which may do more than pause.
    meeting.state = "paused" if paused else "recording"
    return meeting
