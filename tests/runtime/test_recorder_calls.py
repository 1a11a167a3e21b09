"""Calls of recorders whose adapters do what no adapter should."""

import asyncio
import contextlib

import pytest

from fsm.recording import StartRecorder
from fsm.runtime import MemoryRecorder, RetryPolicy
from fsm.runtime.recorder import (
    GapError,
    OutboxMessage,
    RecorderError,
    RecorderStatus,
    RecorderTimeoutError,
)
from fsm.runtime.recorder_calls import RecorderCalls

from .hubs import open_hub, run, start_recording, until_delivered, wait_until

QUICK = RetryPolicy(100, 0.01, 0.02, 0.05, max_commands=4, max_status_checks=4)


class Stubborn(MemoryRecorder):
    """A recorder whose calls swallow their cancellation, for the meetings of a set."""

    def __init__(self, *meetings):
        super().__init__()
        self.meetings = {*meetings}
        self.end = asyncio.Event()

    async def start(self, message):
        if message.meeting in self.meetings:
            while not self.end.is_set():
                with contextlib.suppress(asyncio.CancelledError):
                    await self.end.wait()
        return await super().start(message)


def message_for(meeting):
    return OutboxMessage(meeting, 1, 1, 0, StartRecorder("cloud"))


@pytest.fixture(autouse=True)
def little_patience(monkeypatch):
    monkeypatch.setattr("fsm.runtime.recorder_calls._CANCEL_PATIENCE", 0.01)


def test_a_call_that_swallows_its_cancellation_gives_its_permit_back(caplog):
    async def main():
        recorder = Stubborn("stubborn")
        calls = RecorderCalls(recorder, QUICK)
        with pytest.raises(RecorderTimeoutError):
            await calls.command(message_for("stubborn"), lambda _: False)
        for _ in range(QUICK.max_commands):
            status = await calls.command(message_for("m"), lambda _: False)
            assert status == RecorderStatus(1, "cloud")
        assert len(calls._stray) == 1
        recorder.end.set()
        await wait_until(lambda: not calls._stray)

    run(main())
    assert "meeting stubborn: a call of the recorder goes on after its cancellation" in caplog.text


class Failing(MemoryRecorder):
    """A recorder whose starts fail with an error."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    async def start(self, message):
        raise self.error


@pytest.mark.parametrize(
    ("error", "down"),
    [
        (RecorderError("it is full"), True),
        (ValueError("it has a mistake"), True),
        (GapError(RecorderStatus()), False),
    ],
    ids=["failure", "mistake", "gap"],
)
def test_a_recorder_that_answers_with_gaps_is_not_taken_for_one_that_fails(error, down):
    async def main():
        calls = RecorderCalls(Failing(error), QUICK)
        for _ in range(QUICK.max_commands):
            with pytest.raises(RecorderError):
                await calls.command(message_for("m"), lambda _: False)
        assert calls._command_permits.down is down

    run(main())


def test_calls_that_go_on_after_their_cancellation_are_bounded():
    async def main():
        recorder = Stubborn("stubborn")
        calls = RecorderCalls(recorder, QUICK)
        for _ in range(QUICK.max_commands):
            with pytest.raises(RecorderTimeoutError):
                await calls.command(message_for("stubborn"), lambda _: False)
        with pytest.raises(RecorderError, match="4 calls of the adapter go on after their cancel"):
            await calls.command(message_for("m"), lambda _: False)
        assert len(calls._stray) == QUICK.max_commands
        recorder.end.set()
        await wait_until(lambda: not calls._stray)
        assert await calls.command(message_for("m"), lambda _: False)

    run(main())


def test_other_meetings_are_recorded_beside_calls_that_cannot_be_cancelled(tmp_path):
    async def main():
        recorder = Stubborn("stubborn")
        async with open_hub(tmp_path, recorder, retry=QUICK) as hub:
            await start_recording(hub, "stubborn")
            await wait_until(lambda: hub._delivery._calls._stray)
            await start_recording(hub, "m")
            await wait_until(lambda: "m" in recorder.statuses)
            recorder.end.set()
            await until_delivered(hub)
            assert recorder.statuses["stubborn"].kind == "cloud"

    run(main())


@pytest.mark.parametrize("error", [SystemExit("enough"), GeneratorExit(), asyncio.CancelledError()])
def test_an_adapter_that_ends_itself_is_an_error_of_the_recorder(error):
    class Ending(MemoryRecorder):
        async def start(self, message):
            raise error

    async def main():
        with pytest.raises(RecorderError):
            await RecorderCalls(Ending(), QUICK).command(message_for("m"), lambda _: False)

    run(main())


def test_a_meeting_whose_adapter_cancels_its_own_task_is_still_delivered(tmp_path):
    class Cancelling(MemoryRecorder):
        cancelled = 0

        async def start(self, message):
            if self.cancelled < 2:
                self.cancelled += 1
                asyncio.current_task().cancel()
                await asyncio.sleep(1)
            return await super().start(message)

        async def status(self, meeting):
            if self.cancelled < 4:
                self.cancelled += 1
                asyncio.current_task().cancel()
            await asyncio.sleep(0)
            return await super().status(meeting)

    async def main():
        recorder = Cancelling()
        async with open_hub(tmp_path, recorder, retry=QUICK) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            await hub.reconcile("m")
            await until_delivered(hub)
            assert recorder.cancelled == 4
            assert recorder.statuses["m"].kind == "cloud"

    run(main())


def test_a_recorder_that_fails_for_everyone_gets_few_calls_at_once_until_one_succeeds(tmp_path):
    class Away(MemoryRecorder):
        away = True
        now = most = 0

        async def start(self, message):
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(0)
            self.now -= 1
            if self.away:
                raise ConnectionRefusedError(111, "Connection refused")
            return await super().start(message)

    async def main():
        recorder = Away()
        policy = RetryPolicy(1000, 0.01, 0.02, max_commands=64)
        async with open_hub(tmp_path, recorder, retry=policy) as hub:
            await asyncio.gather(*(start_recording(hub, f"m-{number}") for number in range(200)))
            calls = hub._delivery._calls
            permits = calls._command_permits
            await wait_until(lambda: len(calls._failing) == 200 and recorder.now <= 2)
            assert permits.down
            recorder.most = 0
            await asyncio.sleep(0.1)
            assert recorder.most == 2
            recorder.away = False
            await until_delivered(hub)
            assert len(recorder.statuses) == 200
            assert not permits.down

    run(main())
