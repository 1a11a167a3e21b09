"""Delivery in simulated time, where the worlds come too seldom."""

import asyncio
import itertools
import random

import pytest

from fsm.recording import StartRecorder
from fsm.runtime import MemoryRecorder, OutboxMessage, RecorderError, RecorderStatus, RetryPolicy
from fsm.runtime.delivery import Delivery

from ..simulation.loop import SimulatedLoop

pytestmark = pytest.mark.durable

RETRY = RetryPolicy(max_attempts=3, initial_interval=1.0, max_interval=20.0, timeout=5.0)
ORDER = OutboxMessage("m", 1, 1, 0, StartRecorder("cloud"))


class Book:
    """A book that keeps what it is told in a list; a given-up order is not sent any more."""

    def __init__(self, delivery=None):
        self.told = []
        self.delivery = delivery

    def can_have_applied(self, meeting, number):
        return True

    async def delivered(self, meeting, message, status):
        self.told.append(("delivered", message, status))
        self.delivery.pending(meeting, ())

    async def gap_detected(self, meeting, status):
        self.told.append(("gap_detected", status))

    async def gave_up(self, meeting, message, why):
        self.told.append(("gave up", message))
        self.delivery.pending(meeting, ())


def delivering(recorder, retry=RETRY):
    book = Book()
    book.delivery = Delivery(recorder, book, retry)
    return book


@pytest.fixture
def loop():
    loop = SimulatedLoop(random.Random(0))
    yield loop
    loop.close()


def test_a_recorder_may_be_away_for_half_a_minute(loop):
    class Away(MemoryRecorder):
        def __init__(self):
            super().__init__()
            self.sent_at = []

        async def start(self, message):
            self.sent_at.append(loop.time())
            raise RecorderError("nobody is there")

    async def main():
        recorder = Away()
        book = delivering(recorder, RetryPolicy())
        book.delivery.pending("m", (ORDER,))
        while not book.told:
            await asyncio.sleep(1)
        assert book.told == [("gave up", ORDER)]
        assert len(recorder.sent_at) == 9
        assert 31 < recorder.sent_at[-1] - recorder.sent_at[0] < 35
        await book.delivery.close()

    loop.run_until_complete(main())


def test_who_asks_for_a_check_while_one_runs_gets_another(loop):
    class Slow(MemoryRecorder):
        async def status(self, meeting):
            status = await super().status(meeting)
            await asyncio.sleep(1)
            return status

    async def run():
        recorder = Slow()
        book = delivering(recorder)
        book.delivery.check("m")
        await asyncio.sleep(0.5)
        recorder.statuses["m"] = RecorderStatus(3)
        book.delivery.check("m")
        await asyncio.sleep(10)
        return book

    book = loop.run_until_complete(run())
    assert book.told == [
        ("delivered", None, RecorderStatus(0)),
        ("delivered", None, RecorderStatus(3)),
    ]
    assert book.delivery.busy == 0


def test_a_dead_recorder_is_tried_as_often_as_said_and_waits_grow(loop):
    times = []

    class Dead(MemoryRecorder):
        async def start(self, message):
            times.append(loop.time())
            raise RecorderError("dead")

    async def run():
        book = delivering(Dead())
        book.delivery.pending("m", (ORDER,))
        await asyncio.sleep(100)
        return book

    assert loop.run_until_complete(run()).told == [("gave up", ORDER)]
    assert len(times) == RETRY.max_attempts
    waits = [after - before for before, after in itertools.pairwise(times)]
    assert all(RETRY.initial_interval <= wait <= RETRY.max_interval for wait in waits)


def test_a_check_that_fails_is_tried_until_the_recorder_is_back(loop):
    class Away(MemoryRecorder):
        async def status(self, meeting):
            if loop.time() < 1100:
                raise RecorderError("away")
            return await super().status(meeting)

    async def run():
        book = delivering(Away())
        book.delivery.check("m")
        await asyncio.sleep(300)
        return book

    book = loop.run_until_complete(run())
    assert book.told == [("delivered", None, RecorderStatus(0))]
    assert book.delivery.busy == 0
