"""The contract of the recorder's port, as tests that every adapter must pass.

The tests of an adapter subclass :class:`RecorderContract`, with a fixture for the recorder.
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
    """Returns consecutive messages with these commands."""
    recording = 0
    consecutive = []
    for sequence, command in enumerate(commands, first):
        recording += isinstance(command, StartRecorder)
        consecutive.append(
            OutboxMessage(meeting, max(1, recording), sequence, sequence - 1, command)
        )
    return consecutive


class RecorderContract:
    """Tests of an adapter. Subclasses have a fixture ``recorder``, without any messages yet."""

    @pytest.fixture
    def call(self, recorder):
        """A function that sends messages or checks meetings by id, and returns the answers."""

        def call(*requests):
            async def main():
                return [
                    await (recorder.status(each) if isinstance(each, str) else send(recorder, each))
                    for each in requests
                ]

            return self.run(main())

        return call

    def run(self, coroutine):
        return asyncio.run(coroutine)

    def test_an_unknown_meeting_has_the_default_status(self, call):
        assert call("m-none") == [RecorderStatus()]

    def test_each_message_is_applied_and_answered_with_the_status_after_it(self, call):
        assert call(*messages(CLOUD, PAUSE, RESUME, STOP), "m-1") == [
            RecorderStatus(1, "cloud"),
            RecorderStatus(2, "cloud", paused=True),
            RecorderStatus(3, "cloud"),
            RecorderStatus(4),
            RecorderStatus(4),
        ]

    def test_a_local_recording_has_its_client(self, call):
        assert call(*messages(LOCAL), "m-1") == [RecorderStatus(1, "local", "alice")] * 2

    def test_meetings_are_independent_of_each_other(self, call):
        [one] = messages(CLOUD)
        [other] = messages(LOCAL, meeting="m-2")
        assert call(one, other, "m-1", "m-2")[2:] == [
            RecorderStatus(1, "cloud"),
            RecorderStatus(1, "local", "alice"),
        ]

    def test_a_duplicate_message_changes_nothing(self, call):
        start, pause, resume = messages(CLOUD, PAUSE, RESUME)
        assert call(start, start, pause, pause, resume, pause, start, "m-1") == [
            RecorderStatus(1, "cloud"),
            RecorderStatus(1, "cloud"),
            RecorderStatus(2, "cloud", paused=True),
            RecorderStatus(2, "cloud", paused=True),
            *[RecorderStatus(3, "cloud")] * 4,
        ]

    def test_a_message_that_arrives_after_a_later_one_is_not_applied(self, call):
        start, _, late, stop = messages(CLOUD, PAUSE, RESUME, STOP)
        stop = OutboxMessage(stop.meeting, 1, 4, 1, STOP)
        assert call(start, stop, late, "m-1")[1:] == [RecorderStatus(4)] * 3

    def test_a_message_after_a_gap_is_refused_with_the_status(self, call):
        start, pause, resume, _ = messages(CLOUD, PAUSE, RESUME, STOP)
        call(start)
        with pytest.raises(GapError) as raised:
            call(resume)
        assert raised.value.status == RecorderStatus(1, "cloud")
        assert call("m-1", pause, resume) == [
            RecorderStatus(1, "cloud"),
            RecorderStatus(2, "cloud", paused=True),
            RecorderStatus(3, "cloud"),
        ]

    def test_a_gap_before_the_first_message_is_refused(self, call):
        with pytest.raises(GapError) as raised:
            call(messages(STOP, first=2)[0])
        assert raised.value.status == RecorderStatus()

    def test_a_message_with_a_lower_expected_sequence_may_skip_sequence_numbers(self, call):
        call(*messages(CLOUD))
        assert call(OutboxMessage("m-1", 1, 9, 1, PAUSE)) == [
            RecorderStatus(9, "cloud", paused=True)
        ]

    def test_a_second_start_of_the_same_recording_changes_only_the_sequence(self, call):
        assert (
            call(*messages(CLOUD, PAUSE, CLOUD), "m-1")[2:]
            == [RecorderStatus(3, "cloud", paused=True)] * 2
        )

    def test_a_stop_without_a_recording_is_no_error(self, call):
        assert call(*messages(STOP), "m-1") == [RecorderStatus(1)] * 2

    def test_pause_and_resume_without_a_recording_are_no_errors(self, call):
        assert call(*messages(PAUSE, RESUME), "m-1") == [
            RecorderStatus(1),
            RecorderStatus(2),
            RecorderStatus(2),
        ]

    def test_a_new_recording_can_start_after_a_stop(self, call):
        assert (
            call(*messages(CLOUD, STOP, LOCAL), "m-1")[2:]
            == [RecorderStatus(3, "local", "alice")] * 2
        )

    @pytest.mark.parametrize("reason", ["host_stopped", "everyone_left", "recorder_failed"])
    def test_a_stop_with_any_reason_ends_the_recording(self, call, reason):
        assert call(*messages(CLOUD, StopRecorder(reason)))[1] == RecorderStatus(2)

    @pytest.mark.parametrize(
        "meeting", ["a/b", "a b", "会议", "..", ".", "a?b#c", "%2F", "a.1.2", "ä" * 200, "\\"]
    )
    def test_a_meeting_may_have_any_printable_id(self, call, meeting):
        assert call(*messages(CLOUD, meeting=meeting), meeting) == [RecorderStatus(1, "cloud")] * 2
        assert call("m-1") == [RecorderStatus()]

    def test_many_meetings_are_served_concurrently(self, recorder):
        async def main():
            pairs = [messages(CLOUD, PAUSE, meeting=f"m-{n}") for n in range(50)]

            async def send_both(pair):
                return [await send(recorder, each) for each in pair]

            return await asyncio.gather(*map(send_both, pairs))

        expected = [RecorderStatus(1, "cloud"), RecorderStatus(2, "cloud", paused=True)]
        assert self.run(main()) == [expected] * 50
