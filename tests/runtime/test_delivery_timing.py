"""Retries and status checks of the delivery, in simulated time."""

import asyncio
import itertools
import random

import pytest

from fsm.recording import ResumeRecorder, StartRecorder, StopRecorder
from fsm.runtime import MemoryRecorder, OutboxMessage, RecorderError, RecorderStatus, RetryPolicy
from fsm.runtime.delivery import Delivery, _MeetingDelivery

from ..simulation.loop import SimulatedLoop

pytestmark = pytest.mark.durable

RETRY = RetryPolicy(max_attempts=3, initial_interval=1.0, max_interval=20.0, timeout=5.0)
MESSAGE = OutboxMessage("m", 1, 1, 0, StartRecorder("cloud"))


class ListedResults:
    """Delivery results in a list; a message that was given up is not pending any more."""

    def __init__(self, recorder, retry=RETRY):
        self.results = []
        self.delivery = Delivery(recorder, self, retry)
        self.delivery.begin()

    def can_have_applied(self, meeting, sequence):
        return True

    async def delivered(self, meeting, message, status):
        self.results.append(("delivered", message, status))
        self.delivery.set_pending(meeting, ())

    async def checked(self, meeting, status):
        self.results.append(("checked", status))

    async def gap_detected(self, meeting, status):
        self.results.append(("gap detected", status))

    async def gave_up(self, meeting, message, error):
        self.results.append(("gave up", message))
        self.delivery.set_pending(meeting, ())


@pytest.fixture
def loop():
    loop = SimulatedLoop(random.Random(0))
    yield loop
    loop.close()


class DeadRecorder(MemoryRecorder):
    """A recorder that fails every start, and notes the times."""

    def __init__(self):
        super().__init__()
        self.attempts = []

    async def start(self, message):
        self.attempts.append(asyncio.get_running_loop().time())
        raise RecorderError("dead")


def test_the_default_policy_retries_for_about_half_a_minute(loop):
    async def main():
        recorder = DeadRecorder()
        listed = ListedResults(recorder, RetryPolicy())
        listed.delivery.set_pending("m", (MESSAGE,))
        while not listed.results:
            await asyncio.sleep(1)
        assert listed.results == [("gave up", MESSAGE)]
        assert len(recorder.attempts) == 9
        assert 31 < recorder.attempts[-1] - recorder.attempts[0] < 35
        await listed.delivery.close()

    loop.run_until_complete(main())


def test_a_check_that_is_requested_during_another_one_is_made_after_it(loop):
    class Slow(MemoryRecorder):
        async def status(self, meeting):
            status = await super().status(meeting)
            await asyncio.sleep(1)
            return status

    async def main():
        recorder = Slow()
        listed = ListedResults(recorder)
        listed.delivery.check("m")
        await asyncio.sleep(0.5)
        recorder.statuses["m"] = RecorderStatus(3)
        listed.delivery.check("m")
        await asyncio.sleep(10)
        return listed

    listed = loop.run_until_complete(main())
    assert listed.results == [
        ("checked", RecorderStatus(0)),
        ("checked", RecorderStatus(3)),
    ]
    assert listed.delivery.active == 0


def test_a_dead_recorder_gets_the_maximum_number_of_attempts_within_the_intervals(loop):
    async def main():
        recorder = DeadRecorder()
        listed = ListedResults(recorder)
        listed.delivery.set_pending("m", (MESSAGE,))
        await asyncio.sleep(100)
        return listed.results, recorder.attempts

    results, attempts = loop.run_until_complete(main())
    assert results == [("gave up", MESSAGE)]
    assert len(attempts) == RETRY.max_attempts
    intervals = [after - before for before, after in itertools.pairwise(attempts)]
    assert all(RETRY.initial_interval <= each <= RETRY.max_interval for each in intervals)


def test_a_new_message_that_is_no_stop_brings_no_attempt_forward(loop):
    async def main():
        recorder = DeadRecorder()
        retry = RetryPolicy(max_attempts=4, initial_interval=100, max_interval=100)
        listed = ListedResults(recorder, retry)
        listed.delivery.set_pending("m", (MESSAGE,))
        pending = (MESSAGE,)
        for sequence in range(2, 30):
            await asyncio.sleep(1)
            pending += (OutboxMessage("m", 1, sequence, sequence - 1, ResumeRecorder()),)
            listed.delivery.set_pending("m", pending, new=True)
        await asyncio.sleep(50)
        assert len(recorder.attempts) == 1
        await asyncio.sleep(1000)
        assert len(recorder.attempts) == 4
        assert listed.results == [("gave up", MESSAGE)]

    loop.run_until_complete(main())


def test_a_stop_ends_the_interval_before_the_next_attempt(loop):
    async def main():
        recorder = DeadRecorder()
        retry = RetryPolicy(max_attempts=4, initial_interval=100, max_interval=100)
        listed = ListedResults(recorder, retry)
        listed.delivery.set_pending("m", (MESSAGE,))
        await asyncio.sleep(1)
        stop = OutboxMessage("m", 1, 2, 1, StopRecorder("host_stopped"))
        listed.delivery.set_pending("m", (MESSAGE, stop), new=True)
        await asyncio.sleep(1)
        assert listed.results[:1] == [("gave up", MESSAGE)]

    loop.run_until_complete(main())


def test_one_attempt_is_one_attempt(loop):
    async def main():
        recorder = DeadRecorder()
        listed = ListedResults(recorder, RetryPolicy(max_attempts=1))
        listed.delivery.set_pending("m", (MESSAGE,))
        await asyncio.sleep(1000)
        assert listed.results == [("gave up", MESSAGE)]
        assert len(recorder.attempts) == 1

    loop.run_until_complete(main())


def test_a_status_check_is_repeated_until_the_recorder_answers(loop):
    class Away(MemoryRecorder):
        async def status(self, meeting):
            if loop.time() < 1100:
                raise RecorderError("away")
            return await super().status(meeting)

    async def main():
        listed = ListedResults(Away())
        listed.delivery.check("m")
        await asyncio.sleep(300)
        return listed

    listed = loop.run_until_complete(main())
    assert listed.results == [("checked", RecorderStatus(0))]
    assert listed.delivery.active == 0


@pytest.mark.parametrize("rounds", range(1, 5))
def test_a_new_message_may_come_while_an_interval_is_being_interrupted(rounds):
    async def main():
        delivery = _MeetingDelivery("m", new=True)
        resting = asyncio.create_task(delivery.rest(60))
        for _ in range(rounds):
            await asyncio.sleep(0)
        delivery.wake()
        await resting

    asyncio.run(main())
