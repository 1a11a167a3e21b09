"""Status checks of recorders, and the last one before a meeting is closed."""

import asyncio

import pytest

from fsm.recording import End, Leave, Pause, Resume, Start, Stop
from fsm.runtime import (
    GapError,
    Hub,
    Journal,
    MemoryRecorder,
    RecorderError,
    RecorderStatus,
    RetryPolicy,
    UnknownMeetingError,
)
from fsm.runtime.journal_check import check_journal

from .hubs import (
    PRO,
    ScriptedRecorder,
    failures,
    open_hub,
    run,
    start_recording,
    until_delivered,
    wait_until,
)

# -- checks ---------------------------------------------------------------------------------------


class CountingDict(dict):
    """A dictionary that counts how often all of it is read."""

    reads = 0

    def __iter__(self):
        self.reads += 1
        return super().__iter__()


def test_all_meetings_are_queued_once_more_however_often_a_check_of_all_is_requested(tmp_path):
    class WaitingRecorder(ScriptedRecorder):
        async def status(self, meeting):
            await go_on.wait()
            return await super().status(meeting)

    go_on = asyncio.Event()

    async def main():
        recorder = WaitingRecorder()
        async with open_hub(tmp_path, recorder, retry=RetryPolicy()) as hub:
            for number in range(100):
                await hub.open(f"m-{number}", PRO)
            live = hub._meetings.live = CountingDict(hub._meetings.live)
            assert await asyncio.gather(*[hub.reconcile() for _ in range(20)]) == [100] * 20
            go_on.set()
            await until_delivered(hub)
            assert live.reads == 2
            assert set(recorder.checked) == set(live)

    run(main())


def test_many_recorders_are_checked_while_meetings_change(tmp_path):
    async def main():
        async with open_hub(tmp_path, recorder := ScriptedRecorder()) as hub:
            await asyncio.gather(*[start_recording(hub, f"m-{number}") for number in range(250)])
            await until_delivered(hub)
            await hub.reconcile()
            await hub.reconcile("m-7")
            assert hub.health.delivering >= 250
            # A meeting that ends before its check is checked again after its stop.
            await hub.dispatch("m-249", End())
            await until_delivered(hub)
            assert set(recorder.checked) == {f"m-{number}" for number in range(250)}
            assert recorder.statuses["m-249"] == RecorderStatus(2)

    run(main())


def test_a_recording_that_ended_by_itself_is_started_again_without_a_request(tmp_path):
    async def main():
        recorder = ScriptedRecorder()
        async with open_hub(tmp_path, recorder, reconcile_every=0.01) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            recorder.statuses["m"] = RecorderStatus(1)
            await wait_until(lambda: recorder.statuses["m"].kind == "cloud")
            assert recorder.messages[-1].command.command == "start"

    run(main())


def test_a_meeting_without_recorder_commands_is_checked_once_and_not_regularly(tmp_path):
    async def main():
        recorder = ScriptedRecorder()
        async with open_hub(tmp_path, recorder, reconcile_every=0.01) as hub:
            await hub.open("idle", PRO)
            await start_recording(hub)
            await wait_until(lambda: recorder.checked.count("m") >= 3)
            assert recorder.checked.count("idle") == 1

    run(main())


def test_regular_checks_can_be_switched_off(tmp_path):
    async def main():
        async with open_hub(tmp_path, recorder := ScriptedRecorder(), reconcile_every=None) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            assert hub._checking.done()  # otherwise checks begin after the interval
            assert recorder.checked == []

    run(main())


@pytest.mark.parametrize("interval", [0, -1, float("inf"), float("nan")])
def test_an_interval_that_is_not_positive_is_refused(tmp_path, interval):
    with pytest.raises(ValueError, match="the interval must be a positive number"):
        Hub(tmp_path / "meetings.db", reconcile_every=interval)


def test_few_checks_of_many_begin_at_a_time_and_one_that_hangs_holds_up_no_other(tmp_path):
    class Hanging(ScriptedRecorder):
        async def status(self, meeting):
            await super().status(meeting)
            if meeting == "m-0":
                await asyncio.Event().wait()
            return await MemoryRecorder.status(self, meeting)

    async def main():
        retry = RetryPolicy(max_status_checks=2)
        async with open_hub(tmp_path, recorder := Hanging(), retry=retry) as hub:
            await asyncio.gather(*[start_recording(hub, f"m-{number}") for number in range(20)])
            await until_delivered(hub)
            await hub.reconcile()
            await asyncio.sleep(0)
            assert len(hub._delivery._deliveries) <= 2
            await wait_until(lambda: len(set(recorder.checked)) == 20)

    run(main())


def test_a_failing_status_check_is_repeated_until_it_succeeds(tmp_path):
    class WithoutStatus(ScriptedRecorder):
        failing = True

        async def status(self, meeting):
            self.checked.append(meeting)
            if self.failing:
                raise GapError(RecorderStatus()) if len(self.checked) % 2 else OSError("no route")
            return await MemoryRecorder.status(self, meeting)

    async def main():
        async with open_hub(tmp_path, recorder := WithoutStatus()) as hub:
            await start_recording(hub, with_member=True)
            await until_delivered(hub)
            await hub.reconcile()
            await wait_until(lambda: len(recorder.checked) > 6)
            assert recorder.commands == ["start"]
            assert failures(await hub.history("m")) == []
            # New messages are still delivered.
            await hub.dispatch("m", Pause("alice"))
            await wait_until(lambda: recorder.commands == ["start", "pause"])
            recorder.failing = False
            await until_delivered(hub)

    run(main())


def test_a_closed_or_unknown_meeting_is_not_checked(tmp_path):
    async def main():
        async with open_hub(tmp_path, recorder := ScriptedRecorder()) as hub:
            await start_recording(hub)
            await hub.dispatch("m", End())
            await until_delivered(hub)
            assert recorder.checked == ["m"]
            assert await hub.reconcile("m") == 0
            with pytest.raises(UnknownMeetingError, match="there is no meeting 'unknown'"):
                await hub.reconcile("unknown")
            await until_delivered(hub)
            assert recorder.checked == ["m"]
            assert recorder.commands == ["start", "stop"]

    run(main())


def test_concurrent_status_checks_are_limited(tmp_path):
    class Slow(ScriptedRecorder):
        running, maximum = 0, 0

        async def status(self, meeting):
            self.running += 1
            self.maximum = max(self.maximum, self.running)
            for _ in range(5):
                await asyncio.sleep(0)
            self.running -= 1
            return await super().status(meeting)

    async def main():
        async with open_hub(
            tmp_path, recorder := Slow(), retry=RetryPolicy(max_status_checks=3)
        ) as hub:
            await asyncio.gather(*[start_recording(hub, f"m-{number}") for number in range(20)])
            await until_delivered(hub)
            await hub.reconcile()
            await until_delivered(hub)
            assert len(recorder.checked) == 20
            assert recorder.maximum == 3

    run(main())


SLOW = RetryPolicy(
    max_attempts=6, initial_interval=0.1, max_interval=60, timeout=60, max_status_checks=2
)


@pytest.mark.parametrize("meeting_count", [1, 5])
def test_a_new_message_does_not_wait_for_a_status_check(tmp_path, meeting_count):
    class WithoutStatus(ScriptedRecorder):
        async def status(self, meeting):
            self.checked.append(meeting)
            await asyncio.Event().wait()

    async def main():
        meetings = [f"m-{number}" for number in range(meeting_count)]
        async with open_hub(tmp_path, recorder := WithoutStatus(), retry=SLOW) as hub:
            for meeting in meetings:
                await start_recording(hub, meeting, with_member=True)
            await until_delivered(hub)
            await hub.reconcile()
            await wait_until(lambda: len(recorder.checked) == min(2, meeting_count))
            for meeting in meetings:
                await hub.dispatch(meeting, Pause("alice"))
            await wait_until(lambda: all(each.paused for each in recorder.statuses.values()))

    run(main())


def test_failing_status_checks_do_not_count_between_their_attempts(tmp_path):
    class WithoutStatus(ScriptedRecorder):
        async def status(self, meeting):
            self.checked.append(meeting)
            if meeting != "healthy":
                raise RecorderError("no status")
            return await MemoryRecorder.status(self, meeting)

    async def main():
        retry = RetryPolicy(
            max_attempts=6, initial_interval=60, max_interval=60, max_status_checks=2
        )
        async with open_hub(tmp_path, recorder := WithoutStatus(), retry=retry) as hub:
            for meeting in ("failing-1", "failing-2", "healthy"):
                await start_recording(hub, meeting)
            await until_delivered(hub)
            await hub.reconcile()
            await wait_until(lambda: "healthy" in recorder.checked)
            await wait_until(lambda: hub.health.delivering == 2)

    run(main())


# -- closing meetings -----------------------------------------------------------------------------


def test_a_meeting_is_closed_after_its_recorder_has_stopped(tmp_path):
    async def main():
        recorder = ScriptedRecorder()
        async with open_hub(tmp_path, recorder) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            recorder.script = ["hang", RecorderError("no")]
            await hub.dispatch("m", Leave("alice"))
            await hub.dispatch("m", End())
            assert hub.health.meetings == 1
            assert (await hub.meetings())[0].closed_at is None
            await until_delivered(hub)
            assert hub.health.meetings == 0
            assert (await hub.meetings())[0].closed_at is not None
            assert recorder.statuses["m"].kind is None

    run(main())


def test_the_recorder_of_an_ended_meeting_is_stopped_after_a_restart(tmp_path):
    async def main():
        recorder = ScriptedRecorder()
        async with open_hub(tmp_path, recorder) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            recorder.dead = {"m"}
            await hub.dispatch("m", End())
        recorder.dead = set()
        async with open_hub(tmp_path, recorder) as hub:
            await until_delivered(hub)
            assert recorder.statuses["m"] == RecorderStatus(2)
            assert hub.health.meetings == 0
            [summary] = await hub.meetings()
            assert summary.closed_at is not None

    run(main())


def test_a_meeting_that_ends_during_a_status_check_is_closed_after_it(tmp_path):
    class Slow(ScriptedRecorder):
        released = None

        async def status(self, meeting):
            status = await super().status(meeting)
            if self.released is not None:
                await self.released.wait()
            return status

    async def main():
        recorder = Slow()
        async with open_hub(tmp_path, recorder) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            before = recorder.statuses["m"]
            await hub.dispatch("m", Stop("alice"))
            await until_delivered(hub)
        # The recorder is restored to its status before the stop.
        recorder.statuses["m"] = before
        recorder.released = asyncio.Event()
        async with open_hub(tmp_path, recorder, retry=RetryPolicy(timeout=60)) as hub:
            await wait_until(lambda: recorder.checked)
            await hub.dispatch("m", End())
            assert hub.health.meetings == 1
            recorder.released.set()
            await until_delivered(hub)
            assert recorder.statuses["m"] == RecorderStatus(3)
            assert hub.health.meetings == 0

    run(main())


def test_a_meeting_without_messages_that_ends_during_a_check_is_closed_after_it(tmp_path):
    class Slow(ScriptedRecorder):
        async def status(self, meeting):
            status = await super().status(meeting)
            await asyncio.sleep(0.01)
            return status

    async def main():
        async with open_hub(tmp_path, recorder := Slow()) as hub:
            await hub.open("m", PRO)
            recorder.statuses["m"] = RecorderStatus(4, "cloud")
            await hub.reconcile("m")
            await hub.dispatch("m", End())
            assert hub.health.meetings == 1
            await until_delivered(hub)
            assert recorder.statuses["m"].kind is None
            assert hub.health.meetings == 0

    run(main())


@pytest.mark.parametrize("last", [Stop("alice"), End()])
def test_a_false_acknowledgement_of_the_last_stop_is_detected(tmp_path, last):
    async def main():
        recorder = ScriptedRecorder()
        async with open_hub(tmp_path, recorder) as hub:
            await start_recording(hub)
            await until_delivered(hub)

            def acknowledge_falsely(message):
                recorder.statuses["m"] = RecorderStatus(message.sequence, "cloud")
                return RecorderStatus(message.sequence)

            recorder.script = [acknowledge_falsely]
            await hub.dispatch("m", last)
            await until_delivered(hub)
            await hub.dispatch("m", End())
            await until_delivered(hub)
            assert recorder.statuses["m"] == RecorderStatus(3)
            assert hub.health.meetings == 0

    run(main())


def test_a_recorder_that_is_ahead_of_the_journal_is_named_at_the_start_and_by_the_check(
    tmp_path, caplog
):
    file, copy = tmp_path / "meetings.db", tmp_path / "copy.db"

    async def main():
        recorder = ScriptedRecorder()
        async with open_hub(tmp_path, recorder) as hub:
            await start_recording(hub, with_member=True)
            await until_delivered(hub)
        copy.write_bytes(file.read_bytes())
        async with open_hub(tmp_path, recorder) as hub:
            for event in (Pause("alice"), Resume("alice")):
                await hub.dispatch("m", event)
            await until_delivered(hub)
        file.write_bytes(copy.read_bytes())
        async with open_hub(tmp_path, recorder) as hub:
            await until_delivered(hub)

    run(main())
    [line] = [record.getMessage() for record in caplog.records if "missing" in record.msg]
    assert line.startswith("meeting m: its recorder has applied message 3, but the journal ends at")
    with Journal(file, readonly=True) as journal:
        [finding] = check_journal(journal)
    assert "had applied message 3 when the journal ended at 1: newer events are" in finding.text


@pytest.mark.parametrize("events", [[], [Pause("alice")]])
def test_an_id_that_was_used_again_after_a_prune_is_no_fault(tmp_path, events):
    file = tmp_path / "meetings.db"

    async def main():
        async with open_hub(tmp_path, ScriptedRecorder()) as hub:
            for _ in range(2):
                await start_recording(hub)
                for event in events or [Stop("alice"), Start("alice", "cloud")]:
                    await hub.dispatch("m", event)
                await until_delivered(hub)
                assert (await hub.read("m")).undelivered == 0
                with Journal(file) as journal:
                    findings = list(check_journal(journal))
                await hub.dispatch("m", End())
                await until_delivered(hub)
                with Journal(file) as journal:
                    journal.prune(2**60)
            return findings

    [finding] = run(main())
    assert (
        "before any of this meeting: the id was that of a meeting that was pruned" in finding.text
    )
    assert not finding.fault


# -- recorders that forget ------------------------------------------------------------------------


class ForgetfulRecorder(ScriptedRecorder):
    """A recorder that forgets a meeting with its stop.

    Args:
        at_once: whether it does so before it answers.
    """

    def __init__(self, at_once):
        super().__init__()
        self.at_once = at_once

    async def stop(self, message):
        status = await super().stop(message)
        del self.statuses[message.meeting]
        return RecorderStatus() if self.at_once else status


@pytest.mark.parametrize("at_once", [False, True])
def test_a_meeting_whose_recorder_forgets_it_is_closed_after_a_second_stop(tmp_path, at_once):
    async def main():
        async with open_hub(tmp_path, recorder := ForgetfulRecorder(at_once)) as hub:
            await start_recording(hub)
            await hub.dispatch("m", End())
            await until_delivered(hub)
            assert recorder.keys == ["m/1/1", "m/1/2", "m/1/3"]
            assert recorder.commands == ["start", "stop", "stop"]
            assert hub.health.meetings == 0

    run(main())


@pytest.mark.parametrize("at_once", [False, True])
def test_a_recorder_that_forgets_is_stopped_once_more_after_each_recording(tmp_path, at_once):
    async def main():
        async with open_hub(tmp_path, recorder := ForgetfulRecorder(at_once)) as hub:
            await start_recording(hub)
            for recording in (1, 2):
                await hub.dispatch("m", Stop("alice"))
                for _ in range(3):
                    await until_delivered(hub)
                    await hub.reconcile()
                await until_delivered(hub)
                assert recorder.commands.count("stop") == 2 * recording
                await hub.dispatch("m", Start("alice", "cloud"))
                await until_delivered(hub)
                assert recorder.statuses["m"].kind == "cloud"

    run(main())


class MixedUpRecorder(ScriptedRecorder):
    """A recorder that ignores stops, and answers with the status of another meeting."""

    mixed_up = True

    async def stop(self, message):
        if self.mixed_up:
            self.messages.append(message)
            return RecorderStatus(1)
        return await super().stop(message)

    async def status(self, meeting):
        self.checked.append(meeting)
        return RecorderStatus(1) if self.mixed_up else await super().status(meeting)


def test_a_meeting_is_not_closed_by_the_status_of_another_one(tmp_path):
    async def main():
        async with open_hub(tmp_path, recorder := MixedUpRecorder()) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            await hub.dispatch("m", End())
            await wait_until(lambda: recorder.commands.count("stop") > 3)
            assert hub.health.meetings == 1
            recorder.mixed_up = False
            await until_delivered(hub)
            assert recorder.statuses["m"].kind is None
            assert hub.health.meetings == 0

    run(main())


def test_messages_that_may_still_arrive_keep_a_meeting_from_being_closed(tmp_path):
    async def main():
        async with open_hub(tmp_path, recorder := ForgetfulRecorder(False)) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            recorder.statuses.clear()
            await hub.dispatch("m", End())
            await until_delivered(hub)
            # The first stop was refused, so the second one is the first that was acknowledged.
            assert [each.expected_sequence for each in recorder.messages] == [0, 1, 0, 0]
            assert hub.health.meetings == 0

    run(main())
