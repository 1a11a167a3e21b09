import asyncio
import itertools
import logging

import pytest

from fsm.recording import (
    Account,
    AutoRecord,
    End,
    Leave,
    Pause,
    RecorderFailed,
    Resume,
    Start,
    Stop,
)
from fsm.runtime import (
    GapError,
    HubLimits,
    Journal,
    MemoryRecorder,
    RecorderError,
    RecorderStatus,
    RetryPolicy,
    UnknownMeetingError,
)
from fsm.runtime.recorder import MAX_SEQUENCE

from .hubs import (
    ALICE,
    CLOUD,
    PRO,
    Faithless,
    Recorder,
    at_rest,
    hub_on,
    recording,
    run,
    until,
)

PATIENT = RetryPolicy(max_attempts=50, initial_interval=0.001, max_interval=0.005, timeout=0.05)


class OddError(Exception):
    """An exception that cannot even be shown."""

    def __str__(self):
        raise RuntimeError("no words")


def raised(error):
    raise error


def failures(entries):
    return [each.event.detail for each in entries if isinstance(each.event, RecorderFailed)]


async def failed(hub, meeting="m"):
    """Wait until the machine heard that the recorder failed, and return why."""
    await until(lambda: _stopped(hub, meeting))
    [why] = failures(await hub.history(meeting))
    return why


async def _stopped(hub, meeting):
    return (await hub.read(meeting)).state == "stopped"


def results(folder):
    with Journal(folder / "meetings.db", readonly=True) as journal:
        return [
            row[0] for row in journal._db.execute("SELECT result FROM outbox ORDER BY sequence")
        ]


# -- in order, at least once ----------------------------------------------------------------------


def test_orders_reach_the_recorder_in_their_order_with_their_keys(tmp_path):
    async def main():
        async with hub_on(tmp_path, recorder := Recorder()) as hub:
            await recording(hub)
            for event in (Pause, Resume, Stop):
                await hub.dispatch("m", event("alice"))
            await hub.dispatch("m", Start("alice", "cloud"))
            await at_rest(hub)
            assert recorder.commands == ["start", "pause", "resume", "stop", "start"]
            assert recorder.keys == ["m/1/1", "m/1/2", "m/1/3", "m/1/4", "m/2/5"]
            assert [each.expected_sequence for each in recorder.calls] == [0, 1, 2, 3, 4]
            assert (await hub.read("m")).undelivered == 0
            assert results(tmp_path) == ["delivered"] * 5
            assert recorder.statuses["m"] == RecorderStatus(5, "cloud")

    run(main())


def test_an_order_is_sent_only_once_it_is_on_the_disk(tmp_path):
    class Looking(Recorder):
        async def _act(self, message):
            with Journal(tmp_path / "meetings.db", readonly=True) as journal:
                assert journal.load(message.meeting).pending[0] == message

    async def main():
        async with hub_on(tmp_path, recorder := Looking()) as hub:
            await recording(hub)
            await hub.dispatch("m", Pause("alice"))
            await at_rest(hub)
            assert recorder.commands == ["start", "pause"]
            assert failures(await hub.history("m")) == []

    run(main())


def test_a_meeting_in_which_nothing_is_recorded_never_asks_the_recorder(tmp_path):
    async def main():
        async with hub_on(tmp_path, recorder := Recorder()) as hub:
            await hub.open("m", PRO)
            await hub.dispatch("m", ALICE)
            await hub.dispatch("m", End())
            assert (recorder.calls, recorder.asked) == ([], [])
            assert hub.health.meetings == 0

    run(main())


def test_without_a_recorder_everything_goes_on(tmp_path):
    async def main():
        async with hub_on(tmp_path) as hub:
            await recording(hub)
            await hub.dispatch("m", End())
            await at_rest(hub)
            assert hub.health.meetings == 0

    run(main())


ODD = [
    RecorderError("refused"),
    OSError("no route"),
    ValueError("nonsense"),
    OddError(),
    OddError,
    asyncio.CancelledError("by itself"),
    TimeoutError(),
    RecorderError("\ud800\n\x1b[31m" + "x" * 100_000),
    "hang",
    lambda message: None,
    lambda message: "done",
    lambda message: RecorderStatus(sequence="3"),
    lambda message: RecorderStatus(kind="clod"),
    lambda message: RecorderStatus(-1),
    lambda message: raised(GapError(None)),
]


@pytest.mark.parametrize("trouble", ODD, ids=range(len(ODD)))
def test_whatever_a_recorder_answers_the_same_order_is_sent_again(tmp_path, trouble):
    async def main():
        recorder = Recorder(*([trouble() if trouble is OddError else trouble] * 3))
        async with hub_on(tmp_path, recorder, retry=PATIENT) as hub:
            await recording(hub)
            await at_rest(hub)
            assert recorder.keys == ["m/1/1"] * 4
            assert failures(await hub.history("m")) == []
            assert recorder.statuses["m"] == RecorderStatus(1, "cloud")

    run(main())


@pytest.mark.parametrize("trouble", ODD, ids=range(len(ODD)))
def test_a_recorder_that_goes_on_like_that_counts_as_failed(tmp_path, trouble, caplog):
    caplog.set_level(logging.ERROR)

    async def main():
        recorder = Recorder(*([trouble() if trouble is OddError else trouble] * 2))
        quick = RetryPolicy(max_attempts=2, initial_interval=0.001, max_interval=0.01, timeout=0.02)
        async with hub_on(tmp_path, recorder, retry=quick) as hub:
            await recording(hub)
            why = await failed(hub)
            assert 0 < len(why) <= 600
            await at_rest(hub)
            # It says that it never took the first one, so it is told once more, to be sure.
            assert recorder.keys == ["m/1/1", "m/1/1", "m/1/2", "m/1/3"]
            assert recorder.commands == ["start", "start", "stop", "stop"]
            assert (await hub.read("m")).undelivered == 0
            assert results(tmp_path) == ["cancelled", "cancelled", "delivered"]
        async with hub_on(tmp_path, recorder) as hub:
            assert failures(await hub.history("m")) == [why]

    run(main())
    assert caplog.records == []


def test_a_recorder_that_hangs_is_not_waited_for_longer_than_the_timeout(tmp_path):
    async def main():
        recorder = Recorder("hang", "hang")
        async with hub_on(tmp_path, recorder, retry=RetryPolicy(2, 0.001, 0.01, 0.02)) as hub:
            await recording(hub)
            assert await failed(hub) == "no answer within 0.02 s"

    run(main())


def test_one_dead_recorder_delays_no_other_meeting(tmp_path):
    async def main():
        recorder = Recorder()
        recorder.dead = {"dead"}
        async with hub_on(
            tmp_path, recorder, retry=RetryPolicy(max_attempts=9, initial_interval=30)
        ) as hub:
            await recording(hub, "dead")
            for number in range(30):
                await recording(hub, f"m-{number}")
                await hub.dispatch(f"m-{number}", End())
            await until(lambda: hub.health.delivering == 1)
            assert hub.health.meetings == 1
            assert (await hub.read("dead")).undelivered == 1

    run(main())


def test_a_recorder_that_hangs_for_one_meeting_delays_no_other(tmp_path):
    async def main():
        async with hub_on(tmp_path, Recorder("hang"), retry=RetryPolicy(timeout=60)) as hub:
            await recording(hub, "hangs")
            await until(lambda: hub._recorder.calls)
            await recording(hub, "m")
            await until(lambda: hub.health.delivering == 1)
            assert hub._recorder.statuses == {"m": RecorderStatus(1, "cloud")}

    run(main())


# -- giving up ------------------------------------------------------------------------------------


def test_the_machine_hears_why_the_recorder_failed_and_then_it_is_told_to_stop(tmp_path):
    async def main():
        recorder = Recorder(RecorderError("disk full"), RecorderError("disk full"))
        async with hub_on(tmp_path, recorder) as hub:
            await recording(hub)
            assert await failed(hub) == "disk full"
            await at_rest(hub)
            assert recorder.commands == ["start", "start", "stop", "stop"]
            entry = (await hub.history("m"))[-1]
            assert (entry.seq, entry.id, entry.outcome.state) == (2, None, "stopped")
            # A host may begin anew.
            await hub.dispatch("m", Start("alice", "cloud"))
            await at_rest(hub)
            assert recorder.keys[-1] == "m/2/4"
            assert recorder.statuses["m"] == RecorderStatus(4, "cloud")

    run(main())


def test_what_waited_behind_an_order_that_was_given_up_is_never_sent(tmp_path):
    async def main():
        recorder = Recorder(*[RecorderError("no")] * 4)
        async with hub_on(tmp_path, recorder, retry=RetryPolicy(4, 0.01, 0.02, 0.2)) as hub:
            await recording(hub)
            await hub.dispatch("m", Pause("alice"))
            await failed(hub)
            await at_rest(hub)
            assert recorder.commands == ["start"] * 4 + ["stop"] * 2
            assert results(tmp_path) == ["cancelled", "cancelled", "cancelled", "delivered"]

    run(main())


def test_a_stop_is_sent_until_the_recorder_is_back(tmp_path):
    async def main():
        async with hub_on(tmp_path, recorder := Recorder()) as hub:
            await recording(hub)
            await at_rest(hub)
            recorder.dead = {"m"}
            await hub.dispatch("m", End())
            await until(lambda: len(recorder.calls) > 8)
            assert set(recorder.keys[1:]) == {"m/1/2"}
            assert failures(await hub.history("m")) == []
            assert hub.health.meetings == 1
            recorder.dead = set()
            await at_rest(hub)
            assert hub.health.meetings == 0
            assert recorder.statuses["m"] == RecorderStatus(2)

    run(main())


# -- lost, forgotten, lied ---------------------------------------------------------------------


def test_a_recorder_that_forgot_everything_is_told_what_it_should_do(tmp_path):
    async def main():
        async with hub_on(tmp_path, recorder := Recorder()) as hub:
            await recording(hub)
            await at_rest(hub)
            recorder.statuses.clear()
            await hub.dispatch("m", Pause("alice"))
            await at_rest(hub)
            assert recorder.commands == ["start", "pause", "start", "pause"]
            assert recorder.statuses["m"].paused
            assert recorder.keys[-2:] == ["m/1/3", "m/1/4"]
            assert recorder.calls[-2].expected_sequence == 0
            assert results(tmp_path) == ["delivered", "cancelled", "delivered", "delivered"]
            assert failures(await hub.history("m")) == []

    run(main())


@pytest.mark.parametrize(
    "lost", [RecorderStatus(), RecorderStatus(1)], ids=["all", "the recording alone"]
)
def test_a_recording_that_was_lost_is_told_again_when_it_is_noticed(tmp_path, lost):
    async def main():
        async with hub_on(tmp_path, recorder := Recorder()) as hub:
            await recording(hub)
            await at_rest(hub)
            recorder.statuses["m"] = lost
            await hub.reconcile("m")
            await at_rest(hub)
            assert recorder.statuses["m"] == RecorderStatus(2, "cloud")
            assert recorder.keys == ["m/1/1", "m/1/2"]
            assert failures(await hub.history("m")) == []

    run(main())


def test_a_recorder_of_the_wrong_thing_is_stopped_and_started_anew(tmp_path):
    async def main():
        async with hub_on(tmp_path, recorder := Recorder()) as hub:
            local = AutoRecord(enabled=True, kind="local")
            await hub.open("m", Account("business", auto_record=local))
            await hub.dispatch("m", ALICE)
            await at_rest(hub)
            recorder.statuses["m"] = RecorderStatus(1, "local", "mallory")
            await hub.reconcile()
            await at_rest(hub)
            assert recorder.commands == ["start", "stop", "start"]
            assert recorder.statuses["m"] == RecorderStatus(3, "local", "alice")

    run(main())


def test_recorders_of_many_meetings_are_asked_while_other_things_go_on(tmp_path):
    async def main():
        async with hub_on(tmp_path, recorder := Recorder()) as hub:
            await asyncio.gather(*[recording(hub, f"m-{number}") for number in range(250)])
            await at_rest(hub)
            await hub.reconcile()
            await hub.reconcile("m-7")
            assert hub.health.delivering >= 250
            # A meeting that ends before its turn is asked once more when it has stopped.
            await hub.dispatch("m-249", End())
            await at_rest(hub)
            assert set(recorder.asked) == {f"m-{number}" for number in range(250)}
            assert recorder.statuses["m-249"] == RecorderStatus(2)

    run(main())


@pytest.mark.parametrize("how", ["delivered", "gap_detected"])
def test_a_number_that_cannot_be_is_not_believed_of_a_meeting_that_was_out_of_memory(tmp_path, how):
    async def main():
        async with hub_on(tmp_path, recorder := Recorder()) as hub:
            await recording(hub)
            await at_rest(hub)
            hub._meetings.forget("m")
            book, status = hub._reconciler, RecorderStatus(MAX_SEQUENCE)
            assert book.can_have_applied("m", MAX_SEQUENCE), "nobody can tell"
            note = (
                book.gap_detected("m", status)
                if how == "gap_detected"
                else book.delivered("m", None, status)
            )
            assert await note, "the recorder is to be left alone"
            await at_rest(hub)
            assert not book.can_have_applied("m", MAX_SEQUENCE)
            assert (recorder.keys, recorder.asked) == (["m/1/1"], ["m"])

    run(main())


def test_a_recorder_that_says_it_stopped_and_has_not_is_not_told_without_pause(tmp_path):
    class Liar(Recorder):
        async def stop(self, message):
            await super().stop(message)
            self.statuses[message.meeting] = RecorderStatus(message.sequence, "cloud")
            return RecorderStatus(message.sequence)

    async def main():
        retry = RetryPolicy(max_interval=60)
        async with hub_on(tmp_path, recorder := Liar(), retry=retry) as hub:
            await recording(hub)
            await hub.dispatch("m", End())
            await until(lambda: len(recorder.commands) == 2 + HubLimits().corrections)
            for _ in range(200):
                await asyncio.sleep(0.001)
            assert recorder.commands == ["start", *["stop"] * (1 + HubLimits().corrections)]
            assert (await hub.read("m")).undelivered == 1

    run(main())


def test_what_nobody_asked_for_is_stopped(tmp_path):
    async def main():
        async with hub_on(tmp_path, recorder := Recorder()) as hub:
            await hub.open("m", PRO, CLOUD)
            recorder.statuses["m"] = RecorderStatus(4, "cloud")
            await hub.reconcile()
            await at_rest(hub)
            assert recorder.commands == ["stop"]
            assert recorder.statuses["m"].kind is None
            await hub.dispatch("m", ALICE)
            await at_rest(hub)
            assert recorder.statuses["m"].kind == "cloud"

    run(main())


def test_a_recorder_that_is_ahead_of_the_journal_is_caught_up_with_at_once(tmp_path):
    async def main():
        recorder = Recorder()
        recorder.statuses["m"] = RecorderStatus(500)
        async with hub_on(tmp_path, recorder) as hub:
            await recording(hub)
            await at_rest(hub)
            assert recorder.statuses["m"] == RecorderStatus(501, "cloud")
            assert recorder.keys == ["m/1/1", "m/1/501"]
            assert failures(await hub.history("m")) == []
            await hub.dispatch("m", Pause("alice"))
            await at_rest(hub)
            assert recorder.statuses["m"] == RecorderStatus(502, "cloud", None, True)
        async with hub_on(tmp_path, recorder) as hub:
            await hub.dispatch("m", Resume("alice"))
            await at_rest(hub)
            assert recorder.keys[-1] == "m/1/503"

    run(main())


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_a_recorder_that_does_not_do_what_it_is_told_counts_as_failed(tmp_path, limit):
    async def main():
        recorder = Faithless("start")
        async with hub_on(tmp_path, recorder, limits=HubLimits(corrections=limit)) as hub:
            await recording(hub)
            assert await failed(hub) == "the recorder does not follow its commands"
            await at_rest(hub)
            assert recorder.commands == ["start"] * (limit + 1) + ["stop"]
            assert len(set(recorder.keys)) == limit + 2

    run(main())


def test_a_recorder_that_does_not_stop_is_told_again_and_again_but_not_without_pause(tmp_path):
    async def main():
        recorder = Faithless("stop")
        clock = asyncio.get_running_loop().time
        slow = RetryPolicy(max_attempts=2, initial_interval=0.001, max_interval=0.05, timeout=1)
        async with hub_on(tmp_path, recorder, retry=slow) as hub:
            await recording(hub)
            await hub.dispatch("m", End())
            await until(lambda: recorder.commands.count("stop") > 5)
            began, before = clock(), len(recorder.calls)
            await until(lambda: len(recorder.calls) >= before + 3)
            assert clock() - began > 0.08
            assert hub.health.meetings == 1
            assert failures(await hub.history("m")) == []
            recorder.ignores = set()
            await at_rest(hub)
            assert hub.health.meetings == 0
            assert recorder.statuses["m"].kind is None

    run(main())


def test_a_recorder_that_always_misses_something_counts_as_failed(tmp_path):
    class Gap(Recorder):
        async def _act(self, message):
            raise GapError(RecorderStatus())

    async def main():
        slow = RetryPolicy(max_attempts=2, initial_interval=0.001, max_interval=0.05, timeout=1)
        async with hub_on(tmp_path, recorder := Gap(), retry=slow) as hub:
            await recording(hub)
            assert await failed(hub) == "the recorder does not follow its commands"
            await until(lambda: recorder.commands.count("stop") > 5)
            assert len(recorder.calls) < 50

    run(main())


# -- asking -------------------------------------------------------------------------------------


def test_a_status_that_cannot_be_had_is_asked_for_until_it_can(tmp_path):
    class Mute(Recorder):
        mute = True

        async def status(self, meeting):
            self.asked.append(meeting)
            if self.mute:
                raise GapError(RecorderStatus()) if len(self.asked) % 2 else OSError("no route")
            return await MemoryRecorder.status(self, meeting)

    async def main():
        async with hub_on(tmp_path, recorder := Mute()) as hub:
            await recording(hub)
            await at_rest(hub)
            await hub.reconcile()
            await until(lambda: len(recorder.asked) > 6)
            assert recorder.commands == ["start"]
            assert failures(await hub.history("m")) == []
            # What happens meanwhile is delivered all the same.
            await hub.dispatch("m", Pause("alice"))
            await until(lambda: recorder.commands == ["start", "pause"])
            recorder.mute = False
            await at_rest(hub)

    run(main())


def test_asking_about_a_meeting_that_is_over_or_was_never_changes_nothing(tmp_path):
    async def main():
        async with hub_on(tmp_path, recorder := Recorder()) as hub:
            await recording(hub)
            await hub.dispatch("m", End())
            await at_rest(hub)
            assert recorder.asked == ["m"]
            assert await hub.reconcile("m") == 0
            with pytest.raises(UnknownMeetingError, match="there is no meeting 'nobody'"):
                await hub.reconcile("nobody")
            await at_rest(hub)
            assert recorder.asked == ["m"]
            assert recorder.commands == ["start", "stop"]

    run(main())


def test_only_so_many_recorders_are_asked_at_once(tmp_path):
    class Slow(Recorder):
        now, most = 0, 0

        async def status(self, meeting):
            self.now += 1
            self.most = max(self.most, self.now)
            for _ in range(5):
                await asyncio.sleep(0)
            self.now -= 1
            return await super().status(meeting)

    async def main():
        async with hub_on(
            tmp_path, recorder := Slow(), retry=RetryPolicy(max_status_checks=3)
        ) as hub:
            await asyncio.gather(*[recording(hub, f"m-{number}") for number in range(20)])
            await at_rest(hub)
            await hub.reconcile()
            await at_rest(hub)
            assert len(recorder.asked) == 20
            assert recorder.most == 3

    run(main())


@pytest.mark.parametrize(
    "status",
    [RecorderStatus(999_999_999), RecorderStatus(1_000_010), RecorderStatus(2**29, "cloud")],
)
@pytest.mark.parametrize("way", ["answered", "missing"])
def test_a_number_that_cannot_be_is_not_believed(tmp_path, status, way):
    async def main():
        recorder = Recorder(GapError(status) if way == "missing" else lambda message: status)
        async with hub_on(tmp_path, recorder) as hub:
            await recording(hub)
            await at_rest(hub)
            assert recorder.keys == ["m/1/1", "m/1/1"]
            recorder.script = [GapError(status) if way == "missing" else lambda message: status] * 2
            await hub.dispatch("m", Pause("alice"))
            assert "never sent" in await failed(hub)
            await at_rest(hub)
            assert recorder.statuses["m"].kind is None
            assert recorder.calls[-1].sequence < 10
        async with hub_on(tmp_path, recorder) as hub:
            await hub.dispatch("m", Start("alice", "cloud"))
            await at_rest(hub)
            assert recorder.statuses["m"].kind == "cloud"

    run(main())


def test_what_a_recorder_says_it_does_is_not_believed_with_such_a_number(tmp_path):
    async def main():
        async with hub_on(tmp_path, recorder := Recorder()) as hub:
            await recording(hub)
            await at_rest(hub)
            right, recorder.statuses["m"] = recorder.statuses["m"], RecorderStatus(999_999_999)
            await hub.reconcile("m")
            await until(lambda: len(recorder.asked) > 3)
            assert len(recorder.calls) == 1
            recorder.statuses["m"] = right
            await at_rest(hub)
            assert (await hub.read("m")).state == "recording"

    run(main())


def test_a_fault_in_the_delivery_of_a_meeting_does_not_end_it(tmp_path, caplog):
    async def main():
        async with hub_on(tmp_path, recorder := Recorder()) as hub:
            await hub.open("m", PRO, CLOUD)
            taken, faults = (
                hub._reconciler.delivered,
                [ZeroDivisionError("oh"), ZeroDivisionError("oh")],
            )

            async def taken_at_last(*given):
                if faults:
                    raise faults.pop()
                return await taken(*given)

            hub._reconciler.delivered = taken_at_last
            await hub.dispatch("m", ALICE)
            await at_rest(hub)
            assert recorder.keys == ["m/1/1"] * 3
            assert results(tmp_path) == ["delivered"]

    run(main())
    said = [each.message for each in caplog.records if each.levelno == logging.ERROR]
    assert said == ["meeting m: the delivery failed, and goes on"] * 2


SLOW = RetryPolicy(
    max_attempts=6, initial_interval=0.1, max_interval=60, timeout=60, max_status_checks=2
)


@pytest.mark.parametrize("at_once", [1, 5])
def test_an_order_does_not_wait_until_recorders_have_said_what_they_do(tmp_path, at_once):
    class Mute(Recorder):
        async def status(self, meeting):
            self.asked.append(meeting)
            await asyncio.Event().wait()

    async def main():
        meetings = [f"m-{number}" for number in range(at_once)]
        async with hub_on(tmp_path, recorder := Mute(), retry=SLOW) as hub:
            for meeting in meetings:
                await recording(hub, meeting)
            await at_rest(hub)
            await hub.reconcile()
            await until(lambda: len(recorder.asked) == min(2, at_once))
            for meeting in meetings:
                await hub.dispatch(meeting, Pause("alice"))
            await until(lambda: all(each.paused for each in recorder.statuses.values()))

    run(main())


def test_recorders_that_do_not_answer_keep_no_place_between_their_attempts(tmp_path):
    class Mute(Recorder):
        async def status(self, meeting):
            self.asked.append(meeting)
            if meeting != "fine":
                raise RecorderError("mute")
            return await MemoryRecorder.status(self, meeting)

    async def main():
        retry = RetryPolicy(
            max_attempts=6, initial_interval=60, max_interval=60, max_status_checks=2
        )
        async with hub_on(tmp_path, recorder := Mute(), retry=retry) as hub:
            for meeting in ("mute-1", "mute-2", "fine"):
                await recording(hub, meeting)
            await at_rest(hub)
            await hub.reconcile()
            await until(lambda: "fine" in recorder.asked)
            await until(lambda: hub.health.delivering == 2)

    run(main())


def test_an_order_does_not_wait_because_others_were_in_vain(tmp_path):
    async def main():
        async with hub_on(tmp_path, recorder := Faithless("stop"), retry=SLOW) as hub:
            await recording(hub)
            await hub.dispatch("m", Stop("alice"))
            await until(lambda: hub._meetings.live["m"].corrections > HubLimits().corrections)
            await hub.dispatch("m", Start("alice", "cloud"))
            await until(lambda: recorder.commands[-1] == "start")
            await at_rest(hub)
            assert recorder.statuses["m"].kind == "cloud"

    run(main())


def test_an_order_does_not_wait_until_a_dead_recorder_is_tried_again(tmp_path):
    async def main():
        retry = RetryPolicy(max_attempts=1, initial_interval=0.001, max_interval=60, timeout=60)
        async with hub_on(tmp_path, recorder := Recorder(), retry=retry) as hub:
            await recording(hub)
            await at_rest(hub)
            recorder.dead = {"m"}
            await hub.dispatch("m", Stop("alice"))
            await until(lambda: recorder.commands.count("stop") == 2)
            recorder.dead = set()
            await hub.dispatch("m", Start("alice", "cloud"))
            await at_rest(hub)
            assert recorder.commands[-2:] == ["stop", "start"]
            assert recorder.statuses["m"].kind == "cloud"

    run(main())


# -- starting and closing --------------------------------------------------------------------------


def test_what_was_pending_is_delivered_by_the_next_start(tmp_path):
    async def main():
        recorder = Recorder()
        recorder.dead = {"m"}
        async with hub_on(
            tmp_path, recorder, retry=RetryPolicy(max_attempts=99, initial_interval=30)
        ) as hub:
            await recording(hub)
            await hub.dispatch("m", Pause("alice"))
            await until(lambda: recorder.calls)
        recorder.dead = set()
        async with hub_on(tmp_path, recorder) as hub:
            await at_rest(hub)
            assert recorder.keys == ["m/1/1", "m/1/1", "m/1/2"]
            assert recorder.statuses["m"] == RecorderStatus(2, "cloud", None, True)

    run(main())


def test_an_order_whose_answer_was_lost_is_sent_again_with_the_same_key(tmp_path):
    async def main():
        recorder = Recorder()

        async def hangs_after(message):
            await MemoryRecorder._apply(recorder, message)
            await asyncio.Event().wait()

        recorder._act = hangs_after
        async with hub_on(tmp_path, recorder, retry=RetryPolicy(timeout=60)) as hub:
            await recording(hub)
            await until(lambda: "m" in recorder.statuses)
        del recorder._act
        async with hub_on(tmp_path, recorder) as hub:
            await at_rest(hub)
            assert recorder.keys == ["m/1/1", "m/1/1"]
            assert recorder.statuses["m"] == RecorderStatus(1, "cloud")

    run(main())


def test_a_start_asks_recorders_what_they_are_doing_and_puts_it_right(tmp_path):
    async def main():
        recorder = Recorder()
        async with hub_on(tmp_path, recorder) as hub:
            for name in ("right", "lost", "over"):
                await recording(hub, name)
            await hub.open("idle", PRO)
            await hub.dispatch("over", End())
            await at_rest(hub)
            assert recorder.asked == ["over"]
        recorder.asked.clear()
        del recorder.statuses["lost"]
        recorder.calls.clear()
        async with hub_on(tmp_path, recorder) as hub:
            await at_rest(hub)
            assert sorted(recorder.asked) == ["lost", "right"]
            assert recorder.keys == ["lost/1/2"]
            assert recorder.statuses["lost"] == RecorderStatus(2, "cloud")

    run(main())


def test_an_orphan_of_a_meeting_that_is_over_is_stopped_by_the_next_start(tmp_path):
    async def main():
        recorder = Recorder()
        async with hub_on(tmp_path, recorder) as hub:
            await recording(hub)
            await at_rest(hub)
            recorder.dead = {"m"}
            await hub.dispatch("m", End())
        recorder.dead = set()
        async with hub_on(tmp_path, recorder) as hub:
            await at_rest(hub)
            assert recorder.statuses["m"] == RecorderStatus(2)
            assert hub.health.meetings == 0
            [summary] = await hub.meetings()
            assert summary.closed_at is not None

    run(main())


def test_a_meeting_is_closed_only_when_its_recorder_agrees(tmp_path):
    async def main():
        recorder = Recorder()
        async with hub_on(tmp_path, recorder) as hub:
            await recording(hub)
            await at_rest(hub)
            recorder.script = ["hang", RecorderError("no")]
            await hub.dispatch("m", Leave("alice"))
            await hub.dispatch("m", End())
            assert hub.health.meetings == 1
            assert (await hub.meetings())[0].closed_at is None
            await at_rest(hub)
            assert hub.health.meetings == 0
            assert (await hub.meetings())[0].closed_at is not None
            assert recorder.statuses["m"].kind is None

    run(main())


def test_a_meeting_that_ends_while_its_recorder_is_asked_is_not_closed_before(tmp_path):
    class Slow(Recorder):
        answers = None

        async def status(self, meeting):
            status = await super().status(meeting)
            if self.answers is not None:
                await self.answers.wait()
            return status

    async def main():
        recorder = Slow()
        async with hub_on(tmp_path, recorder) as hub:
            await recording(hub)
            await at_rest(hub)
            before = recorder.statuses["m"]
            await hub.dispatch("m", Stop("alice"))
            await at_rest(hub)
        # It came back as it was before it was told to stop.
        recorder.statuses["m"] = before
        recorder.answers = asyncio.Event()
        async with hub_on(tmp_path, recorder, retry=RetryPolicy(timeout=60)) as hub:
            await until(lambda: recorder.asked)
            await hub.dispatch("m", End())
            assert hub.health.meetings == 1
            recorder.answers.set()
            await at_rest(hub)
            assert recorder.statuses["m"] == RecorderStatus(3)
            assert hub.health.meetings == 0

    run(main())


def test_a_meeting_of_no_orders_that_ends_while_its_recorder_is_asked_is_closed_after(tmp_path):
    class Slow(Recorder):
        async def status(self, meeting):
            status = await super().status(meeting)
            await asyncio.sleep(0.01)
            return status

    async def main():
        async with hub_on(tmp_path, recorder := Slow()) as hub:
            await hub.open("m", PRO)
            recorder.statuses["m"] = RecorderStatus(4, "cloud")
            await hub.reconcile("m")
            await hub.dispatch("m", End())
            assert hub.health.meetings == 1
            await at_rest(hub)
            assert recorder.statuses["m"].kind is None
            assert hub.health.meetings == 0

    run(main())


@pytest.mark.parametrize("last", [Stop("alice"), End()])
def test_a_recorder_that_lies_about_the_last_stop_is_found_out(tmp_path, last):
    async def main():
        recorder = Recorder()
        async with hub_on(tmp_path, recorder) as hub:
            await recording(hub)
            await at_rest(hub)

            def lies(message):
                recorder.statuses["m"] = RecorderStatus(message.sequence, "cloud")
                return RecorderStatus(message.sequence)

            recorder.script = [lies]
            await hub.dispatch("m", last)
            await at_rest(hub)
            await hub.dispatch("m", End())
            await at_rest(hub)
            assert recorder.statuses["m"] == RecorderStatus(3)
            assert hub.health.meetings == 0

    run(main())


def test_closing_a_hub_waits_for_no_recorder(tmp_path):
    async def main():
        clock = asyncio.get_running_loop().time
        recorder = Recorder("hang")
        async with hub_on(tmp_path, recorder, retry=RetryPolicy(timeout=60)) as hub:
            await recording(hub)
            await until(lambda: recorder.calls)
            began = clock()
        assert clock() - began < 5
        assert results(tmp_path) == [None]

    run(main())


def test_a_meeting_of_many_orders_keeps_them_in_order_whatever_happens(tmp_path):
    async def main():
        troubles = itertools.cycle([None, RecorderError("no"), None, OSError(), None, "hang"])
        recorder = Recorder(*itertools.islice(troubles, 30))
        retry = RetryPolicy(
            max_attempts=9, initial_interval=0.001, max_interval=0.002, timeout=0.01
        )
        async with hub_on(tmp_path, recorder, retry=retry) as hub:
            await recording(hub)
            for _ in range(20):
                await hub.dispatch("m", Pause("alice"))
                await hub.dispatch("m", Resume("alice"))
            await at_rest(hub)
            numbers = [each.sequence for each in recorder.calls]
            assert numbers == sorted(numbers)
            assert set(numbers) == set(range(1, 42))
            assert recorder.statuses["m"] == RecorderStatus(41, "cloud")

    run(main())


def test_what_comes_too_late_about_an_order_changes_nothing(tmp_path):
    async def main():
        async with hub_on(tmp_path, recorder := Recorder()) as hub:
            await recording(hub)
            await at_rest(hub)
            [message] = recorder.calls
            await hub._reconciler.gave_up("m", message, "too late")
            await hub._reconciler.delivered("m", message, RecorderStatus(1, "cloud"))
            assert failures(await hub.history("m")) == []
            assert recorder.calls == [message]
            assert hub.health.delivering == 0

    run(main())
