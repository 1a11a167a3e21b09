"""Reconciliation: recorders with an unexpected status are corrected."""

import asyncio
import shutil
from contextlib import asynccontextmanager

import attrs
import pytest

from fsm.recording import Account, AutoRecord, End, Leave, Pause, Resume, Start, Stop
from fsm.runtime import (
    GapError,
    HubLimits,
    Journal,
    JournalError,
    RecorderError,
    RecorderStatus,
    RetryPolicy,
)
from fsm.runtime.recorder import MAX_SEQUENCE

from .hubs import (
    ALICE,
    BOB,
    CLOUD,
    PRO,
    FailingJournal,
    IgnoringRecorder,
    ScriptedRecorder,
    failures,
    open_hub,
    outbox_results,
    run,
    start_recording,
    until_delivered,
    until_failed,
    wait_until,
)

# -- lost state -----------------------------------------------------------------------------------


def test_a_recorder_that_lost_its_state_is_started_again_by_the_next_command(tmp_path):
    async def main():
        async with open_hub(tmp_path, recorder := ScriptedRecorder()) as hub:
            await start_recording(hub, with_member=True)
            await hub.dispatch("m", Pause("alice"))
            await until_delivered(hub)
            recorder.statuses.clear()
            await hub.dispatch("m", Resume("alice"))
            await until_delivered(hub)
            assert recorder.commands == ["start", "pause", "resume", "start"]
            assert recorder.statuses["m"] == RecorderStatus(4, "cloud")
            assert recorder.keys[-1] == "m/1/4"
            assert recorder.messages[-1].expected_sequence == 0
            assert outbox_results(tmp_path) == ["delivered", "delivered", "cancelled", "delivered"]
            assert failures(await hub.history("m")) == []

    run(main())


@pytest.mark.parametrize("lost", [RecorderStatus(), RecorderStatus(2)], ids=["all", "recording"])
def test_a_recorder_that_lost_a_paused_recording_does_not_record_before_the_resume(tmp_path, lost):
    async def main():
        async with open_hub(tmp_path, recorder := ScriptedRecorder()) as hub:
            await start_recording(hub, with_member=True)
            await hub.dispatch("m", Pause("alice"))
            await until_delivered(hub)
            recorder.statuses["m"] = lost
            await hub.reconcile("m")
            await until_delivered(hub)
            await hub.reconcile("m")
            await until_delivered(hub)
            assert recorder.commands.count("start") == 1
            assert recorder.statuses["m"].kind is None
            await hub.dispatch("m", Resume("alice"))
            await until_delivered(hub)
            assert recorder.statuses["m"].kind == "cloud"
            assert not recorder.statuses["m"].paused
            await hub.dispatch("m", Stop("alice"))
            await until_delivered(hub)
            assert recorder.statuses["m"].kind is None
            assert failures(await hub.history("m")) == []

    run(main())


@pytest.mark.parametrize(
    "lost", [RecorderStatus(), RecorderStatus(1)], ids=["all", "the recording alone"]
)
def test_a_lost_recording_is_started_again_by_a_reconciliation(tmp_path, lost):
    async def main():
        async with open_hub(tmp_path, recorder := ScriptedRecorder()) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            recorder.statuses["m"] = lost
            await hub.reconcile("m")
            await until_delivered(hub)
            assert recorder.statuses["m"] == RecorderStatus(2, "cloud")
            assert recorder.keys == ["m/1/1", "m/1/2"]
            assert failures(await hub.history("m")) == []

    run(main())


def test_a_lost_recording_is_started_again_after_a_restart(tmp_path):
    async def main():
        recorder = ScriptedRecorder()
        async with open_hub(tmp_path, recorder) as hub:
            for name in ("recorded", "lost", "ended"):
                await start_recording(hub, name)
            await hub.open("idle", PRO)
            await hub.dispatch("ended", End())
            await until_delivered(hub)
            assert recorder.checked == ["ended"]
        recorder.checked.clear()
        del recorder.statuses["lost"]
        recorder.messages.clear()
        async with open_hub(tmp_path, recorder) as hub:
            await until_delivered(hub)
            assert sorted(recorder.checked) == ["idle", "lost", "recorded"]
            assert recorder.keys == ["lost/1/2"]
            assert recorder.statuses["lost"] == RecorderStatus(2, "cloud")

    run(main())


def test_a_recording_of_which_a_restored_journal_knows_nothing_is_stopped_at_the_start(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await hub.open("m", PRO, CLOUD)
        recorder = ScriptedRecorder()
        recorder.statuses["m"] = RecorderStatus(1, "cloud")
        async with open_hub(tmp_path, recorder) as hub:
            await until_delivered(hub)
            assert recorder.statuses["m"] == RecorderStatus(2)
            assert (await hub.dispatch("m", ALICE)).outcome.state == "recording"
            await until_delivered(hub)
            assert recorder.statuses["m"] == RecorderStatus(3, "cloud")

    run(main())


@pytest.mark.parametrize("reconcile_every", [0.01, None])
def test_a_recording_of_a_meeting_that_is_unknown_to_a_restored_journal_is_stopped(
    tmp_path, reconcile_every
):
    async def main():
        recorder = ScriptedRecorder()
        recorder.statuses["m"] = RecorderStatus(1, "cloud")
        async with open_hub(tmp_path, recorder, reconcile_every=reconcile_every) as hub:
            await hub.open("m", PRO, CLOUD)
            await hub.dispatch("m", BOB)
            if reconcile_every is None:
                await hub.dispatch("m", End())
            await wait_until(lambda: recorder.statuses["m"] == RecorderStatus(2))

    run(main())


@asynccontextmanager
async def restored_hub(folder, recorder, *later, pending=False):
    """Opens a hub on a copy of a journal from before some events of a recorded meeting.

    The start may be pending in the copy, since the recorder's answer to it was lost.
    """

    def lost(message):
        recorder.statuses["m"] = RecorderStatus(message.sequence, "cloud")
        raise RecorderError("the answer is lost")

    recorder.script = [lost] if pending else []
    patient = RetryPolicy(initial_interval=60, max_interval=60)
    async with open_hub(folder, recorder, retry=patient) as hub:
        await start_recording(hub)
        await (wait_until(lambda: not recorder.script) if pending else until_delivered(hub))
    copy = shutil.copy(folder / "meetings.db", folder / "copy.db")
    async with open_hub(folder, recorder) as hub:
        for event in later:
            await hub.dispatch("m", event)
            await until_delivered(hub)
    shutil.move(copy, folder / "meetings.db")
    recorder.messages.clear()
    async with open_hub(folder, recorder) as hub:
        yield hub


@pytest.mark.rule("R15")
@pytest.mark.parametrize("pending", [False, True], ids=["delivered", "pending"])
@pytest.mark.parametrize(
    "later",
    [
        [End()],
        [Stop("alice")],
        [Leave("alice")],
        [Pause("alice")],
        [Pause("alice"), Resume("alice"), Stop("alice")],
        [Stop("alice"), Start("alice", "local")],
    ],
    ids=ascii,
)
def test_what_people_were_told_is_over_or_paused_does_not_begin_again_from_a_restored_journal(
    tmp_path, later, pending
):
    async def main():
        recorder = ScriptedRecorder()
        async with restored_hub(tmp_path, recorder, *later, pending=pending) as hub:
            assert (
                await until_failed(hub)
                == "the recorder is ahead of the journal, and no longer records"
            )
            await until_delivered(hub)
            assert recorder.commands[pending:] == ["stop"] * len(recorder.commands[pending:])
            assert recorder.statuses["m"].kind is None
            assert (await hub.dispatch("m", Start("alice", "cloud"))).outcome.refused is None
            await until_delivered(hub)
            assert recorder.statuses["m"].kind == "cloud"

    run(main())


def test_a_reload_takes_no_pending_start_for_one_that_the_recorder_has_applied(tmp_path):
    """The id was that of a meeting that was pruned: its recorder is ahead, and must start."""

    async def main():
        recorder = ScriptedRecorder(RecorderError("not yet"))
        recorder.statuses["m"] = RecorderStatus(5)
        async with open_hub(tmp_path, recorder, journal=FailingJournal) as hub:
            await start_recording(hub)
            hub.journal.failing = True
            with pytest.raises(JournalError):
                await hub.dispatch("m", BOB)
            hub.journal.failing = False
            await hub.dispatch("m", BOB)
            await until_delivered(hub)
            assert (await hub.read("m")).state == "recording"
            assert recorder.statuses["m"].kind == "cloud"

    run(main())


def test_a_paused_recording_that_the_journal_has_lost_is_not_resumed_by_a_join(
    tmp_path,
):
    """The recorder of a meeting that was pruned has nothing: what is paused is of this meeting."""

    async def main():
        recorder = ScriptedRecorder()
        recorder.statuses["m"] = RecorderStatus(2, "cloud", paused=True)
        async with open_hub(tmp_path, recorder) as hub:
            await start_recording(hub)
            await until_failed(hub)
            await until_delivered(hub)
            assert set(recorder.commands) <= {"start", "stop"}
            assert recorder.statuses["m"].kind is None

    run(main())


def test_a_command_before_the_check_does_not_begin_again_either(tmp_path):
    async def main():
        recorder = ScriptedRecorder()
        later = Pause("alice"), Resume("alice"), Stop("alice")
        async with restored_hub(tmp_path, recorder, *later) as hub:
            await hub.dispatch("m", Pause("alice"))
            await until_failed(hub)
            await until_delivered(hub)
            assert set(recorder.commands) <= {"pause", "stop"}
            assert recorder.statuses["m"].kind is None

    run(main())


@pytest.mark.parametrize("later", [[Pause("alice"), Resume("alice")], [BOB]], ids=ascii)
def test_what_goes_on_at_the_recorder_goes_on_with_a_restored_journal(tmp_path, later):
    async def main():
        recorder = ScriptedRecorder()
        async with restored_hub(tmp_path, recorder, *later) as hub:
            await until_delivered(hub)
            assert (await hub.read("m")).state == "recording"
            assert failures(await hub.history("m")) == []
            assert recorder.statuses["m"].kind == "cloud"

    run(main())


def test_a_correction_of_a_meeting_that_was_pruned_leaves_no_row(tmp_path):
    async def main():
        recorder = ScriptedRecorder()
        recorder.statuses["m"] = RecorderStatus(1, "cloud")
        async with open_hub(tmp_path, recorder) as hub:
            await hub.open("m", PRO, CLOUD)
            with Journal(tmp_path / "meetings.db") as journal:
                assert journal.prune(2**60) == 1
            await hub.reconcile("m")
            await until_delivered(hub)
            assert hub.health.meetings == 0
        with Journal(tmp_path / "meetings.db") as journal:
            assert journal.integrity_errors() == []

    run(main())


def test_the_recorder_of_a_meeting_with_commands_is_not_asked_for_its_status_as_well(tmp_path):
    async def main():
        async with open_hub(tmp_path, recorder := ScriptedRecorder()) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            assert recorder.checked == []

    run(main())


def test_a_recorder_ahead_of_the_journal_gets_a_message_with_the_next_sequence(tmp_path):
    async def main():
        recorder = ScriptedRecorder()
        recorder.statuses["m"] = RecorderStatus(500)
        async with open_hub(tmp_path, recorder) as hub:
            await start_recording(hub, with_member=True)
            await until_delivered(hub)
            assert recorder.statuses["m"] == RecorderStatus(501, "cloud")
            assert recorder.keys == ["m/1/1", "m/1/501"]
            assert failures(await hub.history("m")) == []
            await hub.dispatch("m", Pause("alice"))
            await until_delivered(hub)
            assert recorder.statuses["m"] == RecorderStatus(502, "cloud", None, True)
        async with open_hub(tmp_path, recorder) as hub:
            await hub.dispatch("m", Resume("alice"))
            await until_delivered(hub)
            assert recorder.keys[-1] == "m/1/503"

    run(main())


@attrs.frozen
class DetailedStatus(RecorderStatus):
    """A status of an adapter that knows more."""

    host: str = "media-1"


class DetailedRecorder(ScriptedRecorder):
    """A recorder whose statuses have a class of their own, those of a gap as well."""

    async def _apply(self, message):
        try:
            return detailed(await super()._apply(message))
        except GapError as gap:
            raise GapError(detailed(gap.status)) from None

    start = pause = resume = stop = _apply

    async def status(self, meeting):
        return detailed(await super().status(meeting))


def detailed(status):
    return DetailedStatus(*attrs.astuple(status))


def test_a_status_of_a_class_of_the_adapter_is_compared_by_its_values(tmp_path):
    async def main():
        async with open_hub(tmp_path, recorder := DetailedRecorder()) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            await hub.reconcile("m")
            await until_delivered(hub)
            assert recorder.keys == ["m/1/1"]
            recorder.statuses.clear()
            await hub.dispatch("m", Pause("alice"))
            await until_delivered(hub)
            # The pause was refused as a gap, and sent again.
            assert recorder.keys == ["m/1/1", "m/1/2", "m/1/3"]
            await hub.dispatch("m", End())
            await until_delivered(hub)
            assert failures(await hub.history("m")) == []
            assert hub.health.meetings == 0

    run(main())


# -- unexpected recordings ------------------------------------------------------------------------


def test_a_recorder_of_the_wrong_client_is_stopped_and_started_again(tmp_path):
    async def main():
        async with open_hub(tmp_path, recorder := ScriptedRecorder()) as hub:
            local = AutoRecord(enabled=True, kind="local")
            await hub.open("m", Account("business", auto_record=local))
            await hub.dispatch("m", ALICE)
            await until_delivered(hub)
            recorder.statuses["m"] = RecorderStatus(1, "local", "mallory")
            await hub.reconcile()
            await until_delivered(hub)
            assert recorder.commands == ["start", "stop", "start"]
            assert recorder.statuses["m"] == RecorderStatus(3, "local", "alice")

    run(main())


def test_a_recorder_with_an_unexpected_recording_is_stopped(tmp_path):
    async def main():
        async with open_hub(tmp_path, recorder := ScriptedRecorder()) as hub:
            await hub.open("m", PRO, CLOUD)
            recorder.statuses["m"] = RecorderStatus(4, "cloud")
            await hub.reconcile()
            await until_delivered(hub)
            assert recorder.commands == ["stop"]
            assert recorder.statuses["m"].kind is None
            await hub.dispatch("m", ALICE)
            await until_delivered(hub)
            assert recorder.statuses["m"].kind == "cloud"

    run(main())


# -- ineffective corrections ----------------------------------------------------------------------


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_a_recorder_that_ignores_its_corrections_counts_as_failed(tmp_path, limit):
    async def main():
        recorder = IgnoringRecorder("start")
        async with open_hub(tmp_path, recorder, limits=HubLimits(corrections=limit)) as hub:
            await start_recording(hub)
            assert await until_failed(hub) == "the recorder does not follow its commands"
            await until_delivered(hub)
            assert recorder.commands == ["start"] * (limit + 1) + ["stop"]
            assert len(set(recorder.keys)) == limit + 2

    run(main())


def test_a_recorder_that_always_reports_a_gap_counts_as_failed(tmp_path):
    class WithGaps(ScriptedRecorder):
        async def _before(self, message):
            raise GapError(RecorderStatus())

    async def main():
        slow = RetryPolicy(max_attempts=2, initial_interval=0.001, max_interval=0.05, timeout=1)
        async with open_hub(tmp_path, recorder := WithGaps(), retry=slow) as hub:
            await start_recording(hub)
            assert await until_failed(hub) == "the recorder does not follow its commands"
            await wait_until(lambda: recorder.commands.count("stop") > 5)
            assert len(recorder.messages) < 50

    run(main())


def test_a_recorder_that_ignores_stops_is_corrected_with_pauses_until_it_stops(tmp_path):
    async def main():
        recorder = IgnoringRecorder("stop")
        clock = asyncio.get_running_loop().time
        slow = RetryPolicy(max_attempts=2, initial_interval=0.001, max_interval=0.05, timeout=1)
        async with open_hub(tmp_path, recorder, retry=slow) as hub:
            await start_recording(hub)
            await hub.dispatch("m", End())
            await wait_until(lambda: recorder.commands.count("stop") > 5)
            began, before = clock(), len(recorder.messages)
            await wait_until(lambda: len(recorder.messages) >= before + 3)
            assert clock() - began > 0.08
            assert hub.health.meetings == 1
            assert failures(await hub.history("m")) == []
            recorder.ignored = set()
            await until_delivered(hub)
            assert hub.health.meetings == 0
            assert recorder.statuses["m"].kind is None

    run(main())


def test_a_recorder_that_falsely_reports_a_stop_is_corrected_with_pauses(tmp_path):
    class FalseStop(ScriptedRecorder):
        async def stop(self, message):
            await super().stop(message)
            self.statuses[message.meeting] = RecorderStatus(message.sequence, "cloud")
            return RecorderStatus(message.sequence)

    async def main():
        retry = RetryPolicy(max_interval=60)
        async with open_hub(tmp_path, recorder := FalseStop(), retry=retry) as hub:
            await start_recording(hub)
            await hub.dispatch("m", End())
            await wait_until(lambda: len(recorder.commands) == 2 + HubLimits().corrections)
            for _ in range(200):
                await asyncio.sleep(0.001)
            assert recorder.commands == ["start", *["stop"] * (1 + HubLimits().corrections)]
            assert (await hub.read("m")).undelivered == 1

    run(main())


SLOW = RetryPolicy(
    max_attempts=6, initial_interval=0.1, max_interval=60, timeout=60, max_status_checks=2
)


def test_corrections_that_stopped_nothing_do_not_count_for_the_next_recording(tmp_path):
    class StuckRecorder(ScriptedRecorder):
        async def stop(self, message):
            self.messages.append(message)
            return self.set(RecorderStatus(message.sequence, "cloud"))

        def set(self, status):
            self.statuses["m"] = status
            return status

    async def main():
        async with open_hub(tmp_path, recorder := StuckRecorder()) as hub:
            await start_recording(hub)
            await hub.dispatch("m", Stop("alice"))
            await wait_until(lambda: len(recorder.messages) > 5)
            recorder.script = [lambda start: recorder.set(RecorderStatus(start.sequence))]
            await hub.dispatch("m", Start("alice", "cloud"))
            await until_delivered(hub)
            assert failures(await hub.history("m")) == []
            assert recorder.statuses["m"].kind == "cloud"

    run(main())


def test_a_new_message_does_not_wait_for_the_pause_after_ineffective_corrections(tmp_path):
    async def main():
        async with open_hub(tmp_path, recorder := IgnoringRecorder("stop"), retry=SLOW) as hub:
            await start_recording(hub)
            await hub.dispatch("m", Stop("alice"))
            await wait_until(lambda: hub._meetings.live["m"].corrections > HubLimits().corrections)
            await hub.dispatch("m", Start("alice", "cloud"))
            await wait_until(lambda: recorder.commands[-1] == "start")
            await until_delivered(hub)
            assert recorder.statuses["m"].kind == "cloud"

    run(main())


# -- impossible sequence numbers ------------------------------------------------------------------


@pytest.mark.parametrize(
    "status",
    [RecorderStatus(999_999_999), RecorderStatus(1_000_010), RecorderStatus(2**29, "cloud")],
)
@pytest.mark.parametrize("answer", ["status", "gap"])
def test_an_answer_with_an_impossible_sequence_is_an_error(tmp_path, status, answer):
    async def main():
        result = GapError(status) if answer == "gap" else lambda message: status
        recorder = ScriptedRecorder(result)
        async with open_hub(tmp_path, recorder) as hub:
            await start_recording(hub, with_member=True)
            await until_delivered(hub)
            assert recorder.keys == ["m/1/1", "m/1/1"]
            recorder.script = [result] * 2
            await hub.dispatch("m", Pause("alice"))
            assert "never sent" in await until_failed(hub)
            await until_delivered(hub)
            assert recorder.statuses["m"].kind is None
            assert recorder.messages[-1].sequence < 10
        async with open_hub(tmp_path, recorder) as hub:
            await hub.dispatch("m", Start("alice", "cloud"))
            await until_delivered(hub)
            assert recorder.statuses["m"].kind == "cloud"

    run(main())


def test_a_status_with_an_impossible_sequence_is_ignored(tmp_path):
    async def main():
        async with open_hub(tmp_path, recorder := ScriptedRecorder()) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            before, recorder.statuses["m"] = recorder.statuses["m"], RecorderStatus(999_999_999)
            await hub.reconcile("m")
            await wait_until(lambda: len(recorder.checked) > 3)
            assert len(recorder.messages) == 1
            recorder.statuses["m"] = before
            await until_delivered(hub)
            assert (await hub.read("m")).state == "recording"

    run(main())


@pytest.mark.parametrize("result", ["checked", "gap_detected"])
def test_an_impossible_sequence_for_a_meeting_that_was_not_in_memory_is_ignored(tmp_path, result):
    async def main():
        async with open_hub(tmp_path, recorder := ScriptedRecorder()) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            hub._meetings.forget("m")
            results, status = hub._reconciler, RecorderStatus(MAX_SEQUENCE)
            assert results.can_have_applied("m", MAX_SEQUENCE), "unknown without the meeting"
            assert await getattr(results, result)("m", status), "the next message must wait"
            await until_delivered(hub)
            assert not results.can_have_applied("m", MAX_SEQUENCE)
            assert (recorder.keys, recorder.checked) == (["m/1/1"], ["m"])

    run(main())
