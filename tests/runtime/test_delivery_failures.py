"""Retries of a message, and giving up."""

import asyncio
import logging

import pytest

from fsm.recording import (
    Account,
    Choice,
    End,
    Join,
    Leave,
    Pause,
    PauseRecorder,
    Resume,
    Start,
    StartRecorder,
    Stop,
    StopRecorder,
)
from fsm.runtime import (
    GapError,
    Journal,
    RecorderError,
    RecorderStatus,
    RetryPolicy,
    status_after,
)

from .hubs import (
    ALICE,
    CLOUD,
    PRO,
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

PATIENT = RetryPolicy(max_attempts=50, initial_interval=0.001, max_interval=0.005, timeout=0.05)
FOR_MINUTES = RetryPolicy(max_attempts=5, initial_interval=60, max_interval=60, timeout=60)
UNHURRIED = RetryPolicy(max_attempts=2, initial_interval=0.001, max_interval=0.02)


class UnprintableError(Exception):
    """An exception that cannot be shown as text."""

    def __str__(self):
        raise RuntimeError("no text")


def raise_error(error):
    raise error


FAILURES = [
    RecorderError("refused"),
    OSError("no route"),
    ValueError("nonsense"),
    UnprintableError(),
    UnprintableError,
    asyncio.CancelledError("by itself"),
    TimeoutError(),
    RecorderError("\ud800\n\x1b[31m" + "x" * 100_000),
    "hang",
    lambda message: None,
    lambda message: "done",
    lambda message: RecorderStatus(sequence="3"),
    lambda message: RecorderStatus(kind="clod"),
    lambda message: RecorderStatus(-1),
    lambda message: raise_error(GapError(None)),
]


# -- retries --------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", FAILURES, ids=range(len(FAILURES)))
def test_a_message_is_sent_again_with_the_same_key_after_any_failure(tmp_path, failure):
    async def main():
        recorder = ScriptedRecorder(*([failure() if failure is UnprintableError else failure] * 3))
        async with open_hub(tmp_path, recorder, retry=PATIENT) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            assert recorder.keys == ["m/1/1"] * 4
            assert failures(await hub.history("m")) == []
            assert recorder.statuses["m"] == RecorderStatus(1, "cloud")

    run(main())


@pytest.mark.parametrize("failure", FAILURES, ids=range(len(FAILURES)))
def test_a_recorder_counts_as_failed_after_the_last_attempt(tmp_path, failure, caplog):
    caplog.set_level(logging.ERROR)

    async def main():
        recorder = ScriptedRecorder(*([failure() if failure is UnprintableError else failure] * 2))
        quick = RetryPolicy(max_attempts=2, initial_interval=0.001, max_interval=0.01, timeout=0.02)
        async with open_hub(tmp_path, recorder, retry=quick) as hub:
            await start_recording(hub)
            detail = await until_failed(hub)
            assert 0 < len(detail) <= 600
            await until_delivered(hub)
            # Its status is still without a sequence, so the stop is corrected once more.
            assert recorder.keys == ["m/1/1", "m/1/1", "m/1/2", "m/1/3"]
            assert recorder.commands == ["start", "start", "stop", "stop"]
            assert (await hub.read("m")).undelivered == 0
            assert outbox_results(tmp_path) == ["cancelled", "cancelled", "delivered"]
        async with open_hub(tmp_path, recorder) as hub:
            assert failures(await hub.history("m")) == [detail]

    run(main())
    assert caplog.records == []


def test_the_file_of_an_error_of_the_system_is_not_made_public(tmp_path):
    async def main():
        missing = FileNotFoundError(2, "No such file or directory", "/etc/recorder.key")
        recorder = ScriptedRecorder(missing, missing)
        async with open_hub(tmp_path, recorder, retry=RetryPolicy(2, 0.001, 0.01, 0.02)) as hub:
            await start_recording(hub)
            assert await until_failed(hub) == "FileNotFoundError: No such file or directory"

    run(main())


def test_a_recorder_that_hangs_until_the_timeout_counts_as_failed(tmp_path):
    async def main():
        recorder = ScriptedRecorder("hang", "hang")
        async with open_hub(tmp_path, recorder, retry=RetryPolicy(2, 0.001, 0.01, 0.02)) as hub:
            await start_recording(hub)
            assert await until_failed(hub) == "no answer within 0.02 s"

    run(main())


def test_an_unexpected_error_does_not_end_the_delivery_of_a_meeting(tmp_path, caplog):
    async def main():
        async with open_hub(tmp_path, recorder := ScriptedRecorder()) as hub:
            await hub.open("m", PRO, CLOUD)
            delivered, errors = hub._reconciler.delivered, [ZeroDivisionError()] * 2

            async def fail_twice(*args):
                if errors:
                    raise errors.pop()
                return await delivered(*args)

            hub._reconciler.delivered = fail_twice
            await hub.dispatch("m", ALICE)
            await until_delivered(hub)
            assert recorder.keys == ["m/1/1"] * 3
            assert outbox_results(tmp_path) == ["delivered"]

    run(main())
    logged = [each.message for each in caplog.records if each.levelno == logging.ERROR]
    assert logged == ["meeting m: the delivery failed, and goes on"] * 2


def test_a_new_message_does_not_wait_after_an_unexpected_error(tmp_path, caplog):
    async def main():
        recorder = ScriptedRecorder()
        async with open_hub(tmp_path, recorder, retry=FOR_MINUTES) as hub:
            delivered = hub._reconciler.delivered

            async def fail_once(*args):
                hub._reconciler.delivered = delivered
                raise ZeroDivisionError

            hub._reconciler.delivered = fail_once
            await start_recording(hub)
            await wait_until(lambda: caplog.records)
            await hub.dispatch("m", Stop("alice"))
            await until_delivered(hub)
            assert recorder.commands == ["start", "start", "stop"]

    run(main())


# -- giving up ------------------------------------------------------------------------------------


def test_a_failed_recorder_is_stopped_and_the_error_is_in_the_history(tmp_path):
    async def main():
        recorder = ScriptedRecorder(RecorderError("disk full"), RecorderError("disk full"))
        async with open_hub(tmp_path, recorder) as hub:
            await start_recording(hub)
            assert await until_failed(hub) == "disk full"
            await until_delivered(hub)
            assert recorder.commands == ["start", "start", "stop", "stop"]
            entry = (await hub.history("m"))[-1]
            assert (entry.seq, entry.id, entry.outcome.state) == (2, None, "stopped")
            # A host can start a new recording.
            await hub.dispatch("m", Start("alice", "cloud"))
            await until_delivered(hub)
            assert recorder.keys[-1] == "m/2/4"
            assert recorder.statuses["m"] == RecorderStatus(4, "cloud")

    run(main())


def test_messages_behind_one_that_was_given_up_are_cancelled(tmp_path):
    async def main():
        recorder = Counting("pause")
        async with open_hub(tmp_path, recorder, retry=RetryPolicy(4, 0.01, 0.02, 0.2)) as hub:
            await start_recording(hub, with_member=True)
            await until_delivered(hub)
            await hub.dispatch("m", Pause("alice"))
            await hub.dispatch("m", Resume("alice"))
            await until_failed(hub)
            await until_delivered(hub)
            assert recorder.commands == ["start"] + ["pause"] * 4 + ["stop"] * 2
            assert outbox_results(tmp_path) == ["delivered"] + ["cancelled"] * 3 + ["delivered"]

    run(main())


class RefusingRecorder(ScriptedRecorder):
    """A recorder that fails for some commands, and carries out the others.

    Args:
        commands: the commands.

    Attributes:
        answering: set by a test once the recorder is to answer.
        waiting: whether it has a command that it is not to answer yet.
    """

    def __init__(self, *commands):
        super().__init__()
        self.refused = commands
        self.answering = asyncio.Event()
        self.waiting = False

    async def _before(self, message):
        self.waiting = not self.answering.is_set()
        await self.answering.wait()
        self.waiting = False
        if message.command in self.refused:
            raise RecorderError("it cannot do that")


@pytest.mark.parametrize("last", [Stop("alice"), End(), Leave("alice")])
@pytest.mark.parametrize("command", [StartRecorder("cloud"), PauseRecorder()])
def test_a_message_that_is_given_up_does_not_hold_back_the_stop_behind_it(tmp_path, command, last):
    async def main():
        recorder = RefusingRecorder(command)
        async with open_hub(tmp_path, recorder, retry=UNHURRIED) as hub:
            await start_recording(hub, with_member=True)
            await hub.dispatch("m", Pause("alice"))
            await hub.dispatch("m", last)
            recorder.answering.set()
            await until_delivered(hub)
            assert recorder.statuses["m"].kind is None
            assert recorder.commands[-1] == "stop"
            assert (await hub.read("m")).undelivered == 0
            assert failures(await hub.history("m")) == []

    run(main())


@pytest.mark.parametrize("attempts", [1, 3])
def test_a_message_that_failed_is_not_sent_again_once_a_stop_is_pending(tmp_path, attempts):
    async def main():
        recorder = RefusingRecorder(StartRecorder("cloud"))
        recorder.answering.set()
        retry = RetryPolicy(max_attempts=1000, initial_interval=0.001, max_interval=0.02)
        async with open_hub(tmp_path, recorder, retry=retry) as hub:
            await start_recording(hub)
            await wait_until(lambda: len(recorder.commands) >= attempts)
            recorder.answering.clear()
            await wait_until(lambda: recorder.waiting)
            await hub.dispatch("m", Stop("alice"))
            sent = recorder.commands.count("start")
            recorder.answering.set()
            await until_delivered(hub)
            assert recorder.commands.count("start") == sent
            assert recorder.statuses["m"] == RecorderStatus(3)
            assert failures(await hub.history("m")) == []

    run(main())


@pytest.mark.parametrize("last", [Stop("alice"), End(), Leave("alice")])
@pytest.mark.parametrize("command", [StartRecorder("cloud"), PauseRecorder()])
def test_a_stop_does_not_wait_for_the_next_attempt_of_a_message_that_failed(
    tmp_path, command, last
):
    async def main():
        recorder = RefusingRecorder(command)
        recorder.answering.set()
        async with open_hub(tmp_path, recorder, retry=FOR_MINUTES) as hub:
            await start_recording(hub, with_member=True)
            if command != StartRecorder("cloud"):
                await until_delivered(hub)
                await hub.dispatch("m", Pause("alice"))
            await wait_until(lambda: command.command in recorder.commands and not recorder.waiting)
            await hub.dispatch("m", last)
            await until_delivered(hub)
            assert recorder.statuses["m"].kind is None
            assert recorder.commands.count(command.command) == 1

    run(main())


def test_a_message_whose_recording_was_stopped_while_it_waited_for_a_permit_is_not_sent(tmp_path):
    async def main():
        one = RetryPolicy(1000, 0.001, 0.02, 60, max_commands=1)
        recorder = RefusingRecorder(StartRecorder("cloud"))
        async with open_hub(tmp_path, recorder, retry=one) as hub:
            recorder.answering.set()
            await start_recording(hub, "m")
            await start_recording(hub, "other")
            await wait_until(lambda: len(set(recorder.keys)) == 2)
            recorder.answering.clear()
            # One of both has the permit, and the other waits for it, having failed before.
            await wait_until(lambda: recorder.waiting)
            await wait_until(lambda: hub._delivery._calls._command_permits._failing._waiters)
            stopped = "other" if recorder.keys[-1] == "m/1/1" else "m"
            sent = list(recorder.keys)
            await hub.dispatch(stopped, Stop("alice"))
            recorder.answering.set()
            await wait_until(lambda: f"{stopped}/1/2" in recorder.keys)
            assert recorder.keys.count(f"{stopped}/1/1") == sent.count(f"{stopped}/1/1")

    run(main())


def test_a_recording_that_is_over_before_the_recorder_is_back_is_not_started(tmp_path):
    async def main():
        recorder = RefusingRecorder()
        async with open_hub(tmp_path, recorder, retry=UNHURRIED) as hub:
            recorder.refused = (StartRecorder("cloud"), StopRecorder("meeting_ended"))
            await start_recording(hub)
            await hub.dispatch("m", End())
            recorder.answering.set()
            await wait_until(lambda: "stop" in recorder.commands)
            recorder.refused = ()
            await until_delivered(hub)
            assert recorder.commands.count("start") == 1
            assert hub.health.meetings == 0

    run(main())


def test_a_recording_that_is_over_does_not_fail_the_next_one(tmp_path):
    async def main():
        recorder = RefusingRecorder(StartRecorder("local", "alice"))
        async with open_hub(tmp_path, recorder, retry=UNHURRIED) as hub:
            await hub.open("m", Account("business"), Choice(True, "local"))
            await hub.dispatch("m", ALICE)
            await hub.dispatch("m", Leave("alice"))
            await hub.dispatch("m", Join("bob", "host", "windows"))
            await hub.dispatch("m", Start("bob", "cloud"))
            recorder.answering.set()
            await until_delivered(hub)
            assert (await hub.read("m")).state == "recording"
            assert recorder.statuses["m"].kind == "cloud"
            assert failures(await hub.history("m")) == []

    run(main())


def test_a_stop_is_retried_until_the_recorder_answers(tmp_path):
    async def main():
        async with open_hub(tmp_path, recorder := ScriptedRecorder()) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            recorder.dead = {"m"}
            await hub.dispatch("m", End())
            await wait_until(lambda: len(recorder.messages) > 8)
            assert set(recorder.keys[1:]) == {"m/1/2"}
            assert failures(await hub.history("m")) == []
            assert hub.health.meetings == 1
            recorder.dead = set()
            await until_delivered(hub)
            assert hub.health.meetings == 0
            assert recorder.statuses["m"] == RecorderStatus(2)

    run(main())


def test_a_new_message_does_not_wait_for_the_pause_after_giving_up(tmp_path):
    async def main():
        retry = RetryPolicy(max_attempts=1, initial_interval=0.001, max_interval=60, timeout=60)
        async with open_hub(tmp_path, recorder := ScriptedRecorder(), retry=retry) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            recorder.dead = {"m"}
            await hub.dispatch("m", Stop("alice"))
            await wait_until(lambda: recorder.commands.count("stop") == 1)
            recorder.dead = set()
            await hub.dispatch("m", Start("alice", "cloud"))
            await until_delivered(hub)
            assert recorder.commands[-2:] == ["stop", "start"]
            assert recorder.statuses["m"].kind == "cloud"

    run(main())


def test_a_late_result_of_a_delivered_message_changes_nothing(tmp_path):
    async def main():
        async with open_hub(tmp_path, recorder := ScriptedRecorder()) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            [message] = recorder.messages
            await hub._reconciler.gave_up("m", message, "too late")
            await hub._reconciler.delivered("m", message, RecorderStatus(1, "cloud"))
            assert failures(await hub.history("m")) == []
            assert recorder.messages == [message]
            assert hub.health.delivering == 0

    run(main())


def test_a_stop_before_another_start_reaches_a_recorder_that_was_away(tmp_path):
    class Away(ScriptedRecorder):
        away = False

        async def _before(self, message):
            if self.away:
                raise RecorderError("connection refused")

    async def main():
        async with open_hub(tmp_path, recorder := Away(), retry=UNHURRIED) as hub:
            await start_recording(hub, with_member=True)
            await until_delivered(hub)
            recorder.away = True
            for event in (Pause("alice"), Stop("alice"), Start("alice", "cloud")):
                await hub.dispatch("m", event)
            recorder.messages.clear()
            recorder.away = False
            await until_delivered(hub)
            assert (await hub.read("m")).state == "recording"
            assert recorder.statuses["m"].kind == "cloud"
            assert recorder.commands[-2:] == ["stop", "start"]
        with Journal(tmp_path / "meetings.db") as journal:
            assert journal.load("m").start_sequence == 4

    run(main())


class Counting(ScriptedRecorder):
    """A recorder that fails for some commands, and counts the recordings that it begins.

    Args:
        failing: the names of the commands for which it fails.
    """

    def __init__(self, *failing):
        super().__init__()
        self.failing = set(failing)
        self.begun = 0

    async def _before(self, message):
        if message.command.command in self.failing:
            raise RecorderError("it fails")
        before = self.statuses.get(message.meeting, RecorderStatus())
        after = status_after(message, before)
        self.begun += _records(after) and not _records(before)


def _records(status):
    return status.kind is not None and not status.paused


ALL = ("start", "pause", "resume", "stop")


@pytest.mark.parametrize("event", [Stop("alice"), End()], ids=ascii)
def test_a_restart_starts_no_recording_that_is_over(tmp_path, event):
    async def main():
        async with open_hub(tmp_path, Counting(*ALL), retry=UNHURRIED) as hub:
            await start_recording(hub)
            await hub.dispatch("m", event)
        recorder = Counting("stop")
        async with open_hub(tmp_path, recorder) as hub:
            await wait_until(lambda: recorder.commands.count("stop") > 2)
            assert recorder.begun == 0
            recorder.failing.clear()
            await until_delivered(hub)
            assert "start" not in recorder.commands

    run(main())


def test_a_start_that_waited_for_its_permit_is_not_sent_once_its_meeting_is_over(tmp_path):
    async def main():
        recorder = ScriptedRecorder("hang")
        retry = RetryPolicy(max_attempts=1, timeout=0.3, max_commands=1)
        async with open_hub(tmp_path, recorder, retry=retry) as hub:
            await start_recording(hub, "hanging")
            await wait_until(lambda: recorder.commands == ["start"])
            await start_recording(hub, "waiting")
            await hub.dispatch("waiting", End())
            await until_delivered(hub)
            sent = [each.command.command for each in recorder.messages if each.meeting == "waiting"]
            assert "start" not in sent
            assert recorder.statuses["waiting"].kind is None

    run(main())


@pytest.mark.parametrize("restart", [False, True])
def test_a_recording_that_is_paused_by_now_is_not_resumed_for_a_moment(tmp_path, restart):
    async def main():
        recorder = Counting()
        retry = RetryPolicy(max_attempts=200, initial_interval=0.005, max_interval=0.005)
        async with open_hub(tmp_path, recorder, retry=retry) as hub:
            await start_recording(hub)
            await hub.dispatch("m", Pause("alice"))
            await until_delivered(hub)
            recorder.failing = set(ALL)
            recorder.messages.clear()
            recorder.begun = 0
            await hub.dispatch("m", Resume("alice"))
            await wait_until(lambda: recorder.commands)
            await hub.dispatch("m", Pause("alice"))
            if not restart:
                recorder.failing = {"pause"}
                await wait_until(lambda: recorder.commands.count("pause") > 2)
                assert recorder.begun == 0
                recorder.failing.clear()
                await until_delivered(hub)
        if restart:
            recorder.failing.clear()
            async with open_hub(tmp_path, recorder, retry=retry) as hub:
                await until_delivered(hub)
        assert recorder.begun == 0
        assert recorder.statuses["m"].paused

    run(main())


@pytest.mark.parametrize("restart", [False, True])
def test_a_recording_that_is_paused_by_now_does_not_start_before_the_resume(tmp_path, restart):
    async def main():
        recorder = Counting(*ALL)
        retry = RetryPolicy(max_attempts=200, initial_interval=0.005, max_interval=0.005)
        async with open_hub(tmp_path, recorder, retry=retry) as hub:
            await start_recording(hub)
            await wait_until(lambda: recorder.commands)
            await hub.dispatch("m", Pause("alice"))
            if not restart:
                recorder.failing = {"pause"}
                await wait_until(lambda: recorder.commands.count("pause") > 2)
                assert recorder.begun == 0
        recorder.failing.clear()
        async with open_hub(tmp_path, recorder, retry=retry) as hub:
            await until_delivered(hub)
            assert recorder.begun == 0
            await hub.dispatch("m", Resume("alice"))
            await until_delivered(hub)
            assert recorder.begun == 1
            assert recorder.statuses["m"].kind == "cloud"
            assert failures(await hub.history("m")) == []

    run(main())


@pytest.mark.parametrize("first", [Pause("alice"), Stop("alice")], ids=ascii)
def test_what_waited_behind_a_failed_message_does_not_begin_if_it_is_paused_by_now(tmp_path, first):
    async def main():
        recorder = Counting()
        retry = RetryPolicy(max_attempts=200, initial_interval=0.005, max_interval=0.005)
        async with open_hub(tmp_path, recorder, retry=retry) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            recorder.failing = set(ALL)
            recorder.messages.clear()
            await hub.dispatch("m", first)
            again = Resume("alice") if isinstance(first, Pause) else Start("alice", "cloud")
            await hub.dispatch("m", again)
            await hub.dispatch("m", Pause("alice"))
            tried = len(recorder.commands)
            await wait_until(lambda: len(recorder.commands) > tried + 2)
            recorder.failing.clear()
            await until_delivered(hub)
            assert recorder.begun == 1
            assert (await hub.read("m")).state == "paused"
            assert failures(await hub.history("m")) == []

    run(main())


class StartsWithoutAnswer(ScriptedRecorder):
    """A recorder that starts, and does not say so in time."""

    async def start(self, message):
        await super().start(message)
        await asyncio.Event().wait()


def test_a_pause_does_not_wait_until_a_start_without_an_answer_is_given_up(tmp_path):
    async def main():
        recorder = StartsWithoutAnswer()
        async with open_hub(tmp_path, recorder, retry=PATIENT) as hub:
            await start_recording(hub)
            await wait_until(lambda: recorder.commands)
            await hub.dispatch("m", Pause("alice"))
            await until_delivered(hub)
            assert recorder.statuses["m"].paused
            assert (await hub.read("m")).state == "paused"
            assert failures(await hub.history("m")) == []

    run(main())


def test_a_start_behind_a_stop_that_failed_has_attempts_of_its_own(tmp_path):
    async def main():
        recorder = Counting("stop")
        async with open_hub(tmp_path, recorder) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            await hub.dispatch("m", Stop("alice"))
            assert (await hub.dispatch("m", Start("alice", "cloud"))).outcome.refused is None
            await wait_until(lambda: recorder.commands.count("start") > 1)
            recorder.failing.clear()
            await until_delivered(hub)
            assert failures(await hub.history("m")) == []
            assert (await hub.read("m")).state == "recording"
            assert recorder.statuses["m"].kind == "cloud"

    run(main())
