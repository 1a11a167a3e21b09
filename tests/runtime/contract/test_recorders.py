"""Commands for recorders, in every runtime."""

import asyncio

import pytest

from fsm.recording import End, Leave, Pause, RecorderFailed, Resume, Start, Stop
from fsm.runtime import RecorderError, RecorderStatus, RetryPolicy

from ...cluster.runtimes import run, unique
from ..hubs import ALICE, CLOUD, PRO, IgnoringRecorder, ScriptedRecorder, wait_until

pytestmark = pytest.mark.service
PATIENT = RetryPolicy(max_attempts=1000, initial_interval=0.05, max_interval=60, timeout=1.0)


async def settled(meetings, m):
    """Waits until nothing is to be delivered for a meeting."""

    async def nothing_left():
        return (await meetings.read(m)).undelivered == 0

    await wait_until(nothing_left)


async def closed(meetings, m):
    """Waits until a meeting is over, and its recorder has confirmed that it records nothing."""

    async def is_closed():
        [summary] = await meetings.meetings(m[:-1], 1)
        return summary.id == m and summary.closed_at is not None

    await wait_until(is_closed)


async def failure_of(meetings, m):
    """Waits for a failure of the recorder, and returns its event."""

    async def failed():
        events = [entry.event for entry in await meetings.history(m)]
        return next((each for each in events if isinstance(each, RecorderFailed)), None)

    return await wait_until(failed)


def test_commands_reach_the_recorder_in_their_order_and_the_meeting_is_closed(runtime):
    async def main():
        recorder = ScriptedRecorder()
        async with runtime(recorder=recorder) as meetings:
            m = f"{unique('m')}-"
            await meetings.open(m, PRO, user=CLOUD)
            await meetings.dispatch(m, ALICE)
            for event in (Pause("alice"), Resume("alice"), Stop("alice")):
                await meetings.dispatch(m, event)
            await meetings.dispatch(m, Start("alice", "cloud"))
            await meetings.dispatch(m, End("alice"))
            await closed(meetings, m)
            assert recorder.commands == ["start", "pause", "resume", "stop", "start", "stop"]
            assert recorder.keys == [
                *(f"{m}/1/{number}" for number in range(1, 5)),
                *(f"{m}/2/{number}" for number in range(5, 7)),
            ]
            assert recorder.statuses[m] == RecorderStatus(6)
            assert recorder.checked == [m]

    run(main())


def test_the_answer_to_an_event_does_not_wait_for_the_recorder(runtime):
    async def main():
        recorder = ScriptedRecorder("hang")
        async with runtime(recorder=recorder) as meetings:
            m = unique("m")
            await meetings.open(m, PRO, user=CLOUD)
            await meetings.dispatch(m, ALICE)
            await meetings.dispatch(m, Pause("alice"))
            assert (await meetings.read(m)).undelivered == 2
            await settled(meetings, m)
            # The pause finds that the start is missing, and is sent once more without it.
            assert recorder.commands == ["start", "pause", "pause"]

    run(main())


def test_a_recorder_that_fails_is_an_event_of_the_meeting(runtime):
    async def main():
        recorder = ScriptedRecorder(*[RecorderError("the disk is full")] * 2)
        async with runtime(recorder=recorder) as meetings:
            m = unique("m")
            await meetings.open(m, PRO, user=CLOUD)
            await meetings.dispatch(m, ALICE)
            assert await failure_of(meetings, m) == RecorderFailed("the disk is full")
            await settled(meetings, m)
            assert (await meetings.read(m)).state == "stopped"
            # The stop finds that the start is missing, and is sent once more without it.
            assert recorder.commands == ["start", "start", "stop", "stop"]

    run(main())


def test_a_stop_ends_the_attempts_to_start(runtime):
    async def main():
        recorder = ScriptedRecorder()
        async with runtime(recorder=recorder, retry=PATIENT) as meetings:
            m = unique("m")
            recorder.dead.add(m)
            await meetings.open(m, PRO, user=CLOUD)
            await meetings.dispatch(m, ALICE)
            await wait_until(lambda: len(recorder.messages) >= 3)
            await meetings.dispatch(m, Stop("alice"))
            await wait_until(lambda: "stop" in recorder.commands)
            recorder.dead.clear()
            await settled(meetings, m)
            assert recorder.statuses[m].kind is None
            assert (await meetings.read(m)).state == "stopped"
            events = [type(entry.event) for entry in await meetings.history(m)]
            assert RecorderFailed not in events

    run(main())


def test_a_start_behind_a_stop_that_failed_is_not_sent_once_it_is_paused(runtime):
    async def main():
        recorder = ScriptedRecorder(None, "hang")
        async with runtime(recorder=recorder) as meetings:
            m = unique("m")
            await meetings.open(m, PRO, user=CLOUD)
            await meetings.dispatch(m, ALICE)
            await settled(meetings, m)
            for event in (Stop("alice"), Start("alice", "cloud"), Pause("alice")):
                await meetings.dispatch(m, event)
            await settled(meetings, m)
            # The pause finds that the second start is missing, and is sent once more without it.
            assert recorder.commands == ["start", "stop", "stop", "pause", "pause"]

    run(main())


def test_a_stop_is_sent_until_the_recorder_is_back(runtime):
    async def main():
        recorder = ScriptedRecorder()
        async with runtime(recorder=recorder) as meetings:
            m = f"{unique('m')}-"
            await meetings.open(m, PRO, user=CLOUD)
            await meetings.dispatch(m, ALICE)
            await settled(meetings, m)
            recorder.dead.add(m)
            await meetings.dispatch(m, Leave("alice"))
            await wait_until(lambda: recorder.commands.count("stop") > 5)
            recorder.dead.clear()
            await settled(meetings, m)
            assert recorder.statuses[m].kind is None
            await meetings.dispatch(m, End())
            await closed(meetings, m)

    run(main())


def test_a_meeting_is_closed_by_a_status_that_comes_after_its_last_message(runtime):
    class Late(ScriptedRecorder):
        """A recorder that stops only when it is told twice, and does not answer the first check."""

        async def status(self, meeting):
            if not self.checked:
                self.checked.append(meeting)
                raise RecorderError("not yet")
            return await super().status(meeting)

    async def main():
        recorder = Late(None, lambda message: RecorderStatus(message.sequence))
        async with runtime(recorder=recorder) as meetings:
            m = f"{unique('m')}-"
            await meetings.open(m, PRO, user=CLOUD)
            await meetings.dispatch(m, ALICE)
            await settled(meetings, m)
            await meetings.dispatch(m, End())
            await closed(meetings, m)
            # It said that it had stopped, and the check found that it had not.
            assert recorder.commands == ["start", "stop", "stop"]
            assert len(recorder.checked) >= 3
            assert recorder.statuses[m].kind is None

    run(main())


def test_a_recorder_that_does_not_follow_its_commands_counts_as_failed(runtime):
    async def main():
        recorder = IgnoringRecorder("start")
        async with runtime(recorder=recorder) as meetings:
            m = unique("m")
            await meetings.open(m, PRO, user=CLOUD)
            await meetings.dispatch(m, ALICE)
            failed = await failure_of(meetings, m)
            assert failed == RecorderFailed("the recorder does not follow its commands")
            await settled(meetings, m)
            assert recorder.commands.count("start") == 4

    run(main())


def test_a_recorder_that_lost_everything_is_told_to_start_again(runtime):
    async def main():
        recorder = ScriptedRecorder()
        async with runtime(recorder=recorder) as meetings:
            m = unique("m")
            await meetings.open(m, PRO, user=CLOUD)
            await meetings.dispatch(m, ALICE)
            await settled(meetings, m)
            recorder.statuses.clear()
            assert await meetings.reconcile(m) == 1
            await wait_until(lambda: recorder.statuses.get(m, RecorderStatus()).kind == "cloud")
            assert recorder.commands == ["start", "start"]
            await settled(meetings, m)
            assert await meetings.reconcile() >= 1
            await wait_until(lambda: len(recorder.checked) >= 2)
            await meetings.dispatch(m, End())
            await wait_until(lambda: recorder.statuses[m].kind is None)

    run(main())


@pytest.mark.parametrize("recovers", [False, True])
def test_a_recording_that_ends_after_every_start_counts_as_failed_unless_a_check_finds_it(
    runtime, recovers
):
    async def main():
        recorder = ScriptedRecorder()
        async with runtime(recorder=recorder) as meetings:
            m = unique("m")
            await meetings.open(m, PRO, user=CLOUD)
            await meetings.dispatch(m, ALICE)
            for starts in (1, 2, 3):
                await wait_until(lambda count=starts: len(recorder.commands) == count)
                await settled(meetings, m)
                recorder.statuses[m] = RecorderStatus(starts)
                await meetings.reconcile(m)
            await wait_until(lambda: len(recorder.commands) == 4)
            await settled(meetings, m)
            if recovers:
                count = len(recorder.checked)
                await meetings.reconcile(m)
                await wait_until(lambda: len(recorder.checked) > count)
                await settled(meetings, m)
            recorder.statuses[m] = RecorderStatus(4)
            await meetings.reconcile(m)
            if recovers:
                await wait_until(lambda: recorder.commands == ["start"] * 5)
                await settled(meetings, m)
                assert (await meetings.read(m)).state == "recording"
            else:
                failed = await failure_of(meetings, m)
                assert failed == RecorderFailed("the recorder does not follow its commands")

    run(main())


def test_a_recording_is_checked_regularly(runtime):
    async def main():
        recorder = ScriptedRecorder()
        async with runtime(recorder=recorder, reconcile_every=0.2) as meetings:
            m = unique("m")
            await meetings.open(m, PRO, user=CLOUD)
            await meetings.dispatch(m, ALICE)
            await settled(meetings, m)
            await wait_until(lambda: recorder.checked.count(m) >= 3)
            recorder.statuses.clear()
            await wait_until(lambda: recorder.statuses.get(m, RecorderStatus()).kind == "cloud")
            await meetings.dispatch(m, End())
            await wait_until(lambda: recorder.statuses[m].kind is None)

    run(main())


def test_without_a_recorder_nothing_is_pending_and_meetings_are_closed(runtime):
    async def main():
        async with runtime() as meetings:
            m = f"{unique('m')}-"
            await meetings.open(m, PRO, user=CLOUD)
            entry = await meetings.dispatch(m, ALICE)
            assert [each.command for each in entry.outcome.recorder] == ["start"]
            await settled(meetings, m)
            await meetings.dispatch(m, End())
            await closed(meetings, m)
            assert await meetings.reconcile(m) == 0
            await asyncio.sleep(0)

    run(main())
