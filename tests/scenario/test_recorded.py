"""Recorded histories, written as scenarios with waits, are played to the same answers."""

from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.recording import (
    Account,
    ChangeRole,
    Choice,
    End,
    Join,
    Leave,
    Meeting,
    MeetingSettings,
    Pause,
    RecorderFailed,
    Stop,
    TimeUp,
)
from fsm.recording.timers import BEGINNING_ANEW, NOTHING_DUE, due_after, durations, next_due
from fsm.scenario import open_meeting, parse, play
from fsm.scenario.recorded import recorded_steps
from fsm.scenario.write import scenario_text, settings_data

PRO = MeetingSettings(Account("pro"), Choice(True), grace=10, end_when_empty=60)
HOST = Join("a", "host", "ios")


class History:
    """A meeting as a service runs it, and its journal entries."""

    def __init__(self, meeting_settings=PRO):
        self.settings = meeting_settings
        self.meeting = Meeting(meeting_settings.resolve().plan)
        self.now = 1_700_000_000_000
        self.clock = 0
        self.due = NOTHING_DUE
        self.entries = []

    def send(self, event, after=0, late=0):
        """Sends an event some milliseconds later; timers that are due by then fire before it."""
        self.pass_time(after, late)
        self._handle(event)

    def pass_time(self, after, late=0):
        """Lets time pass; what is due fires, late by some milliseconds if there is time."""
        end = self.now + after
        while (first := next_due(self.due)) and first[0] <= end:
            self.now = max(self.now, min(first[0] + late, end))
            self._handle(TimeUp(first[1], self.meeting.timers[first[1]].set))
        self.now = end

    def restart(self, after):
        """Stops the service for some milliseconds: some timers begin anew."""
        self.now += after
        seconds = durations(self.meeting.plan)
        self.due = {
            timer: self.now + seconds[timer] * 1000 if timer in BEGINNING_ANEW else moment
            for timer, moment in self.due.items()
        }
        self.pass_time(0)

    def _handle(self, event):
        outcome = self.meeting.handle(event)
        self.due = due_after(self.due, event, outcome, self.now)
        if not isinstance(event, TimeUp) or outcome.refused is None:
            self.entries.append((self.now + self.clock, event, outcome))

    def steps(self):
        """Returns the written steps, after a check that they are played to the same answers."""
        steps = list(recorded_steps(self.entries))
        head = {"title": "Recorded", **settings_data(self.settings)}
        [scenario] = parse(scenario_text(head, steps).encode())
        meeting = open_meeting(scenario)
        played = list(play(scenario, meeting))
        assert [each.unexpected for each in played] == [()] * len(steps)
        decided = [(each.event, each.outcome) for step in played for each in step.decided]
        assert decided == [(event, outcome) for _, event, outcome in self.entries]
        assert meeting == self.meeting
        return steps


EVENTS = [
    HOST, Join("b", "member", "ios"), Join("c", "cohost", "windows"), Leave("a"), Leave("b"),
    Leave("c"), Leave("a"), Leave("b"), ChangeRole("b", "host"), ChangeRole("c", "member"),
    Pause("a"), Stop("a"), RecorderFailed(),
]  # fmt: skip
TIMES = st.sampled_from([0, 1, 500, 3_000, 9_999, 10_000, 10_001, 20_000, 60_000]) | st.integers(
    0, 30_000
)
STEPS = st.one_of(
    st.tuples(st.just("event"), st.sampled_from(EVENTS), TIMES, TIMES),
    st.tuples(st.just("event"), st.sampled_from(EVENTS), TIMES, TIMES),
    st.tuples(st.just("time"), st.none(), TIMES, TIMES),
    st.tuples(st.just("restart"), st.none(), TIMES, TIMES),
    st.tuples(st.just("clock"), st.none(), st.integers(-20_000, 20_000), TIMES),
    st.tuples(st.just("event"), st.just(End()), TIMES, TIMES),
)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(["host", "anyone"]),
    st.sampled_from([0, 5, 10, 60]),
    st.sampled_from([None, 1, 5, 10, 60]),
    st.lists(STEPS, max_size=14),
)
def test_a_recorded_history_is_played_to_the_same_answers(starter, grace, end_when_empty, steps):
    history = History(
        MeetingSettings(
            Account("pro"), Choice(True, "cloud", starter), grace=grace,
            end_when_empty=end_when_empty,
        )
    )  # fmt: skip
    for kind, event, after, late in steps:
        match kind:
            case "event":
                history.send(event, after, late)
            case "time":
                history.pass_time(after, late)
            case "restart":
                history.restart(after)
            case "clock":
                history.clock += after
    history.steps()


def triggers(steps):
    return [
        step["wait"] if "wait" in step else next(name for name in step if name != "expect")
        for step in steps
    ]


def test_time_is_written_only_while_a_timer_runs():
    history = History()
    history.send(HOST)
    history.send(Leave("a"), 7_000)
    history.send(Join("a2", "host", "ios"), 3_000)
    history.send(End(), 90_000)
    assert triggers(history.steps()) == ["join", "leave", 3, "join", "end"]


def test_a_firing_on_time_is_a_wait_that_expects_it():
    history = History()
    history.send(HOST)
    history.send(Leave("a"))
    history.pass_time(10_000)
    assert history.steps()[-1] == {
        "wait": 10,
        "expect": {
            "state": "stopped",
            "recorder": [{"command": "stop", "reason": "everyone_left"}],
            "timers": [{"up": "grace"}],
        },
    }


def test_a_firing_that_was_late_ends_a_longer_wait():
    history = History()
    history.send(HOST)
    history.send(Leave("a"))
    history.pass_time(20_000, late=1_500)
    assert triggers(history.steps()) == ["join", "leave", 11.5]


def test_a_timer_that_began_anew_does_not_fire_at_its_first_moment():
    history = History()
    history.send(HOST)
    history.send(Leave("a"))
    history.restart(30_000)
    history.send(Join("a2", "host", "ios"), 3_000)
    assert triggers(history.steps()) == ["join", "leave", 9.999, "join"]


def test_two_firings_at_one_moment_keep_their_order():
    history = History(MeetingSettings(Account("pro"), Choice(True), grace=10, end_when_empty=10))
    history.send(HOST)
    history.send(Leave("a"))
    history.pass_time(10_000)
    assert triggers(history.steps()) == ["join", "leave", 9.999, "time_up", 0.001]


def test_an_empty_history_has_no_steps():
    assert History().steps() == []
