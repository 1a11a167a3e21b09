"""Recorders that raise anything or close their own hub, and hubs used from another event loop."""

import asyncio
import math
import threading

import pytest

from fsm.recording import End, RecorderFailed
from fsm.runtime import RecorderStatus, RetryPolicy

from .hubs import (
    ALICE,
    ScriptedRecorder,
    open_hub,
    run,
    start_recording,
    until_delivered,
    wait_until,
)


class OddError(BaseException):
    """An exception of an adapter that is no ``Exception``."""


RAISED = [OddError("odd"), SystemExit(3), GeneratorExit(), BaseExceptionGroup("g", [OddError()])]


@pytest.mark.parametrize(
    "setting",
    [
        {"max_attempts": 0},
        {"initial_interval": 0.0},
        {"max_interval": -1.0},
        {"timeout": math.nan},
        {"max_commands": 0},
        {"max_status_checks": 0},
    ],
    ids=repr,
)
def test_a_retry_policy_that_delivers_nothing_is_refused(setting):
    with pytest.raises(ValueError, match=f"'{next(iter(setting))}' must be >"):
        RetryPolicy(**setting)


@pytest.mark.parametrize("error", RAISED, ids=repr)
def test_a_recorder_that_raises_anything_once_is_sent_the_command_again(tmp_path, error):
    async def main():
        async with open_hub(tmp_path, recorder := ScriptedRecorder(error)) as hub:
            await start_recording(hub)
            await until_delivered(hub)
            assert recorder.statuses["m"] == RecorderStatus(1, "cloud")
            await hub.dispatch("m", End())
            await until_delivered(hub)
            assert recorder.commands == ["start", "start", "stop"]

    run(main())


@pytest.mark.parametrize("error", RAISED, ids=repr)
def test_a_recorder_that_goes_on_raising_anything_counts_as_failed(tmp_path, error):
    async def main():
        async with open_hub(tmp_path, ScriptedRecorder(error, error)) as hub:
            await start_recording(hub)
            await wait_until(lambda: _stopped(hub))
            failed = (await hub.history("m"))[1].event
            assert failed.detail.startswith(type(error).__name__)
            assert isinstance(failed, RecorderFailed)
            await until_delivered(hub)

    run(main())


async def _stopped(hub):
    return (await hub.read("m")).state == "stopped"


class Closing(ScriptedRecorder):
    """A recorder that closes its hub when it is told to start, itself or in a task of its own."""

    def __init__(self, in_task):
        super().__init__()
        self.in_task = in_task
        self.raised = []

    async def _before(self, message):
        closing = self.hub.__aexit__(None, None, None)
        try:
            await (asyncio.create_task(closing) if self.in_task else closing)
        except RuntimeError as error:
            self.raised.append(str(error))


@pytest.mark.parametrize("in_task", [False, True])
def test_a_recorder_that_closes_its_own_hub_gets_an_error(tmp_path, in_task):
    async def main():
        async with open_hub(tmp_path, recorder := Closing(in_task)) as hub:
            recorder.hub = hub
            await start_recording(hub)
            await until_delivered(hub)
            assert "a recorder cannot close its own hub" in recorder.raised[0]
            assert (await hub.read("m")).state == "recording"

    run(main())


def test_a_recorder_may_send_events_to_its_own_hub(tmp_path):
    class Ending(ScriptedRecorder):
        async def _before(self, message):
            if message.command.command == "start":
                await self.hub.dispatch("m", End())

    async def main():
        async with open_hub(tmp_path, recorder := Ending()) as hub:
            recorder.hub = hub
            await start_recording(hub)
            await until_delivered(hub)
            assert recorder.commands == ["start", "stop"]

    run(main())


USES = [
    lambda hub: hub.dispatch("m", ALICE),
    lambda hub: hub.read("m"),
    lambda hub: hub.history("m"),
    lambda hub: hub.meetings(),
    lambda hub: hub.reconcile(),
    lambda hub: hub.__aexit__(None, None, None),
]


@pytest.mark.parametrize("use", USES, ids=range(len(USES)))
def test_a_hub_refuses_to_be_used_from_another_event_loop(tmp_path, use):
    raised = []

    def other_loop(hub):
        try:
            asyncio.run(use(hub))
        except RuntimeError as error:
            raised.append(str(error))

    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            thread = threading.Thread(target=other_loop, args=(hub,), daemon=True)
            thread.start()
            await asyncio.to_thread(thread.join, 10)
            assert not thread.is_alive()
            assert (await hub.read("m")).seq == 1

    run(main())
    assert "belongs to another event loop" in raised[0]
