import asyncio

import pytest

from fsm.web.deadline import Deadline
from tests.runtime.hubs import run


async def within(seconds, awaitable):
    with Deadline(seconds):
        return await awaitable


def test_a_block_that_ends_before_its_deadline_is_not_interrupted():
    async def main():
        assert await within(0.01, asyncio.sleep(0, "in time")) == "in time"
        # The deadline does not interrupt the code after the block either.
        await asyncio.sleep(0.02)
        with pytest.raises(ZeroDivisionError), Deadline(1):
            raise ZeroDivisionError

    run(main())


def test_a_block_that_takes_too_long_is_interrupted_and_the_task_continues():
    async def main():
        for _ in range(2):
            with pytest.raises(TimeoutError):
                await within(0.001, asyncio.sleep(10))
        assert asyncio.current_task().cancelling() == 0
        await asyncio.sleep(0.001)

    run(main())


@pytest.mark.parametrize("at_deadline", [False, True])
def test_a_task_that_is_cancelled_before_or_at_its_deadline_ends(at_deadline):
    async def slow():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if at_deadline:
                task.cancel()
            raise

    async def main():
        nonlocal task
        task = asyncio.create_task(within(0.001 if at_deadline else 10, slow()))
        if not at_deadline:
            await asyncio.sleep(0.01)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    task = None
    run(main())


def test_an_error_that_a_block_raises_at_its_deadline_is_kept():
    async def slow():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ZeroDivisionError from None

    async def main():
        with pytest.raises(ZeroDivisionError):
            await within(0.001, slow())
        assert asyncio.current_task().cancelling() == 0

    run(main())


def test_the_earlier_of_two_nested_deadlines_counts():
    async def main():
        with pytest.raises(TimeoutError):
            await within(10, within(0.001, asyncio.sleep(10)))
        with pytest.raises(TimeoutError):
            await within(0.001, within(10, asyncio.sleep(10)))

    run(main())
