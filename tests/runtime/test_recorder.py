import pytest

from fsm.recording import PauseRecorder, ResumeRecorder, StartRecorder, StopRecorder
from fsm.runtime import GapError, MemoryRecorder, Order, Recorder, Status, applied, due
from fsm.runtime.recorder import MOST_ORDERS, send

from .hubs import run

START = StartRecorder("cloud")
STOP = StopRecorder("host_stopped")


def order(number, command=START, since=None):
    return Order("m", 1, number, number - 1 if since is None else since, command)


def test_the_key_of_an_order_names_meeting_recording_and_order():
    assert Order("m", 2, 7, 6, START).key == "m/2/7"


def test_an_order_is_applied_once_and_in_turn():
    assert due(order(1), 0) == "apply"
    assert due(order(3), 2) == "apply"
    assert due(order(3), 3) == "again"
    assert due(order(3), 9) == "again"
    assert due(order(3), 1) == "gap"
    assert due(order(3, since=0), 1) == "apply"


@pytest.mark.parametrize(
    ("command", "before", "after"),
    [
        (START, Status(), Status(5, "cloud")),
        (StartRecorder("local", "a"), Status(4), Status(5, "local", "a")),
        (START, Status(4, "cloud", None, True), Status(5, "cloud", None, True)),
        (START, Status(4, "local", "a", True), Status(5, "cloud")),
        (PauseRecorder(), Status(4, "cloud"), Status(5, "cloud", None, True)),
        (PauseRecorder(), Status(4, "cloud", None, True), Status(5, "cloud", None, True)),
        (PauseRecorder(), Status(4), Status(5)),
        (ResumeRecorder(), Status(4, "local", "a", True), Status(5, "local", "a")),
        (ResumeRecorder(), Status(4), Status(5)),
        (STOP, Status(4, "local", "a", True), Status(5)),
        (STOP, Status(4), Status(5)),
    ],
    ids=str,
)
def test_what_a_faultless_recorder_does(command, before, after):
    assert applied(order(5, command), before) == after


@pytest.mark.parametrize(
    "parts",
    [
        {"number": -1},
        {"number": MOST_ORDERS + 1},
        {"number": None},
        {"number": "3"},
        {"number": 1.5},
        {"kind": "clod"},
        {"kind": ""},
        {"client": 7},
        {"paused": None},
        {"paused": 1},
    ],
    ids=str,
)
def test_a_status_that_cannot_be_is_refused(parts):
    with pytest.raises((ValueError, TypeError)):
        Status(**parts)


def test_the_memory_recorder_does_what_it_is_told():
    async def main():
        recorder = MemoryRecorder()
        assert await recorder.status("m") == Status()
        assert await send(recorder, order(1)) == Status(1, "cloud")
        assert await send(recorder, order(2, PauseRecorder())) == Status(2, "cloud", None, True)
        assert await send(recorder, order(3, ResumeRecorder())) == Status(3, "cloud")
        assert await send(recorder, order(4, STOP)) == Status(4)
        assert await recorder.status("m") == Status(4)
        assert await recorder.status("other") == Status()

    run(main())


def test_the_memory_recorder_applies_an_order_once_and_refuses_a_gap():
    async def main():
        recorder: Recorder = MemoryRecorder()
        await recorder.start(order(1))
        await recorder.stop(order(2, STOP))
        assert await recorder.start(order(1)) == Status(2)
        with pytest.raises(GapError, match="last order the recorder applied is number 2") as caught:
            await recorder.start(order(9))
        assert caught.value.status == Status(2)
        assert await recorder.status("m") == Status(2)

    run(main())
