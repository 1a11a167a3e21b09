import pytest

from fsm.recording import PauseRecorder, ResumeRecorder, StartRecorder, StopRecorder
from fsm.runtime import (
    GapError,
    MemoryRecorder,
    OutboxMessage,
    Recorder,
    RecorderStatus,
    disposition,
    status_after,
)
from fsm.runtime.recorder import MAX_SEQUENCE, send

from .hubs import run

START = StartRecorder("cloud")
STOP = StopRecorder("host_stopped")


def message(sequence, command=START, expected_sequence=None):
    return OutboxMessage(
        "m", 1, sequence, sequence - 1 if expected_sequence is None else expected_sequence, command
    )


def test_the_key_of_a_message_has_meeting_recording_and_sequence():
    assert OutboxMessage("m", 2, 7, 6, START).key == "m/2/7"


def test_a_message_is_applied_once_and_in_order():
    assert disposition(message(1), 0) == "apply"
    assert disposition(message(3), 2) == "apply"
    assert disposition(message(3), 3) == "duplicate"
    assert disposition(message(3), 9) == "duplicate"
    assert disposition(message(3), 1) == "gap"
    assert disposition(message(3, expected_sequence=0), 1) == "apply"


@pytest.mark.parametrize(
    ("command", "before", "after"),
    [
        (START, RecorderStatus(), RecorderStatus(5, "cloud")),
        (StartRecorder("local", "a"), RecorderStatus(4), RecorderStatus(5, "local", "a")),
        (START, RecorderStatus(4, "cloud", None, True), RecorderStatus(5, "cloud", None, True)),
        (START, RecorderStatus(4, "local", "a", True), RecorderStatus(5, "cloud")),
        (PauseRecorder(), RecorderStatus(4, "cloud"), RecorderStatus(5, "cloud", None, True)),
        (
            PauseRecorder(),
            RecorderStatus(4, "cloud", None, True),
            RecorderStatus(5, "cloud", None, True),
        ),
        (PauseRecorder(), RecorderStatus(4), RecorderStatus(5)),
        (ResumeRecorder(), RecorderStatus(4, "local", "a", True), RecorderStatus(5, "local", "a")),
        (ResumeRecorder(), RecorderStatus(4), RecorderStatus(5)),
        (STOP, RecorderStatus(4, "local", "a", True), RecorderStatus(5)),
        (STOP, RecorderStatus(4), RecorderStatus(5)),
    ],
    ids=str,
)
def test_the_status_after_a_message_follows_its_command(command, before, after):
    assert status_after(message(5, command), before) == after


@pytest.mark.parametrize(
    "fields",
    [
        {"sequence": -1},
        {"sequence": MAX_SEQUENCE + 1},
        {"sequence": None},
        {"sequence": "3"},
        {"sequence": 1.5},
        {"kind": "clod"},
        {"kind": ""},
        {"client": 7},
        {"paused": None},
        {"paused": 1},
    ],
    ids=str,
)
def test_an_impossible_status_is_refused(fields):
    with pytest.raises((ValueError, TypeError)):
        RecorderStatus(**fields)


def test_the_memory_recorder_applies_messages():
    async def main():
        recorder = MemoryRecorder()
        assert await recorder.status("m") == RecorderStatus()
        assert await send(recorder, message(1)) == RecorderStatus(1, "cloud")
        assert await send(recorder, message(2, PauseRecorder())) == RecorderStatus(
            2, "cloud", None, True
        )
        assert await send(recorder, message(3, ResumeRecorder())) == RecorderStatus(3, "cloud")
        assert await send(recorder, message(4, STOP)) == RecorderStatus(4)
        assert await recorder.status("m") == RecorderStatus(4)
        assert await recorder.status("other") == RecorderStatus()

    run(main())


def test_the_memory_recorder_applies_a_message_once_and_refuses_a_gap():
    async def main():
        recorder: Recorder = MemoryRecorder()
        await recorder.start(message(1))
        await recorder.stop(message(2, STOP))
        assert await recorder.start(message(1)) == RecorderStatus(2)
        with pytest.raises(GapError, match="has the sequence 2") as caught:
            await recorder.start(message(9))
        assert caught.value.status == RecorderStatus(2)
        assert await recorder.status("m") == RecorderStatus(2)

    run(main())
