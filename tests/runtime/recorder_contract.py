"""What every recorder must do, whatever it is reached by.

An adapter's tests subclass :class:`RecorderContract` and say how a recorder is made.
"""

import asyncio

import pytest

from fsm.recording import PauseRecorder, ResumeRecorder, StartRecorder, StopRecorder
from fsm.runtime import GapError, OutboxMessage, RecorderStatus
from fsm.runtime.recorder import send

CLOUD = StartRecorder("cloud")
LOCAL = StartRecorder("local", "alice")
PAUSE, RESUME, STOP = PauseRecorder(), ResumeRecorder(), StopRecorder("host_stopped")


def messages(*commands, meeting="m-1", first=1):
    """Return commands as orders that follow each other."""
    recording = 0
    made = []
    for number, command in enumerate(commands, first):
        recording += isinstance(command, StartRecorder)
        made.append(OutboxMessage(meeting, max(1, recording), number, number - 1, command))
    return made


class RecorderContract:
    """Subclasses have a fixture ``recorder``: a recorder that has heard of nothing."""

    @pytest.fixture
    def ask(self, recorder):
        """Send orders, or ask for the status of meetings named by their ids; return the answers."""

        def ask(*things):
            async def asked():
                return [
                    await (recorder.status(each) if isinstance(each, str) else send(recorder, each))
                    for each in things
                ]

            return self.run(asked())

        return ask

    def run(self, coroutine):
        return asyncio.run(coroutine)

    def test_of_a_meeting_it_never_heard_of_it_does_nothing(self, ask):
        assert ask("m-none") == [RecorderStatus()]

    def test_each_order_is_applied_and_answered_with_what_it_does_then(self, ask):
        assert ask(*messages(CLOUD, PAUSE, RESUME, STOP), "m-1") == [
            RecorderStatus(1, "cloud"),
            RecorderStatus(2, "cloud", paused=True),
            RecorderStatus(3, "cloud"),
            RecorderStatus(4),
            RecorderStatus(4),
        ]

    def test_a_local_recording_is_of_one_client(self, ask):
        assert ask(*messages(LOCAL), "m-1") == [RecorderStatus(1, "local", "alice")] * 2

    def test_meetings_do_not_touch_each_other(self, ask):
        [one] = messages(CLOUD)
        [other] = messages(LOCAL, meeting="m-2")
        assert ask(one, other, "m-1", "m-2")[2:] == [
            RecorderStatus(1, "cloud"),
            RecorderStatus(1, "local", "alice"),
        ]

    def test_an_order_that_comes_again_changes_nothing(self, ask):
        start, pause, resume = messages(CLOUD, PAUSE, RESUME)
        assert ask(start, start, pause, pause, resume, pause, start, "m-1") == [
            RecorderStatus(1, "cloud"),
            RecorderStatus(1, "cloud"),
            RecorderStatus(2, "cloud", paused=True),
            RecorderStatus(2, "cloud", paused=True),
            *[RecorderStatus(3, "cloud")] * 4,
        ]

    def test_an_order_that_comes_late_is_not_applied(self, ask):
        start, _, late, stop = messages(CLOUD, PAUSE, RESUME, STOP)
        stop = OutboxMessage(stop.meeting, 1, 4, 1, STOP)
        assert ask(start, stop, late, "m-1")[1:] == [RecorderStatus(4)] * 3

    def test_an_order_after_a_gap_is_refused_with_what_it_does(self, ask):
        start, pause, resume, _ = messages(CLOUD, PAUSE, RESUME, STOP)
        ask(start)
        with pytest.raises(GapError) as raised:
            ask(resume)
        assert raised.value.status == RecorderStatus(1, "cloud")
        assert ask("m-1", pause, resume) == [
            RecorderStatus(1, "cloud"),
            RecorderStatus(2, "cloud", paused=True),
            RecorderStatus(3, "cloud"),
        ]

    def test_a_first_order_that_is_none_is_a_gap(self, ask):
        with pytest.raises(GapError) as raised:
            ask(messages(STOP, first=2)[0])
        assert raised.value.status == RecorderStatus()

    def test_an_order_that_needs_no_more_than_there_is_may_leave_numbers_out(self, ask):
        ask(*messages(CLOUD))
        assert ask(OutboxMessage("m-1", 1, 9, 1, PAUSE)) == [
            RecorderStatus(9, "cloud", paused=True)
        ]

    def test_to_start_what_runs_changes_only_the_number(self, ask):
        assert (
            ask(*messages(CLOUD, PAUSE, CLOUD), "m-1")[2:]
            == [RecorderStatus(3, "cloud", paused=True)] * 2
        )

    def test_to_stop_what_does_not_run_is_no_error(self, ask):
        assert ask(*messages(STOP), "m-1") == [RecorderStatus(1)] * 2

    def test_to_pause_or_resume_what_does_not_run_is_no_error(self, ask):
        assert ask(*messages(PAUSE, RESUME), "m-1") == [
            RecorderStatus(1),
            RecorderStatus(2),
            RecorderStatus(2),
        ]

    def test_what_was_stopped_can_be_started_anew(self, ask):
        assert (
            ask(*messages(CLOUD, STOP, LOCAL), "m-1")[2:]
            == [RecorderStatus(3, "local", "alice")] * 2
        )

    @pytest.mark.parametrize("reason", ["host_stopped", "everyone_left", "recorder_failed"])
    def test_it_stops_whatever_the_reason(self, ask, reason):
        assert ask(*messages(CLOUD, StopRecorder(reason)))[1] == RecorderStatus(2)

    @pytest.mark.parametrize(
        "meeting", ["a/b", "a b", "会议", "..", ".", "a?b#c", "%2F", "a.1.2", "ä" * 200, "\\"]
    )
    def test_a_meeting_may_be_called_anything(self, ask, meeting):
        assert ask(*messages(CLOUD, meeting=meeting), meeting) == [RecorderStatus(1, "cloud")] * 2
        assert ask("m-1") == [RecorderStatus()]

    def test_many_meetings_are_served_at_once(self, recorder):
        async def asked():
            made = [messages(CLOUD, PAUSE, meeting=f"m-{n}") for n in range(50)]

            async def one(pair):
                return [await send(recorder, each) for each in pair]

            return await asyncio.gather(*map(one, made))

        expected = [RecorderStatus(1, "cloud"), RecorderStatus(2, "cloud", paused=True)]
        assert self.run(asked()) == [expected] * 50
