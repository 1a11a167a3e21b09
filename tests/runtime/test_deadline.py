import asyncio

import pytest

from fsm.runtime.deadline import Deadline

from .hubs import run


async def within(seconds, awaited):
    with Deadline(seconds):
        return await awaited


def test_what_is_in_time_is_left_alone():
    async def main():
        assert await within(0.01, asyncio.sleep(0, "in time")) == "in time"
        # And nothing comes after it.
        await asyncio.sleep(0.02)
        with pytest.raises(ZeroDivisionError), Deadline(1):
            raise ZeroDivisionError

    run(main())


def test_what_takes_too_long_is_broken_off_and_the_task_goes_on():
    async def main():
        for _ in range(2):
            with pytest.raises(TimeoutError):
                await within(0.001, asyncio.sleep(10))
        assert asyncio.current_task().cancelling() == 0
        await asyncio.sleep(0.001)

    run(main())


@pytest.mark.parametrize("late", [False, True])
def test_who_is_cancelled_by_others_ends_late_or_not(late):
    async def slow():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if late:
                task.cancel()
            raise

    async def main():
        nonlocal task
        task = asyncio.create_task(within(0.001 if late else 10, slow()))
        if not late:
            await asyncio.sleep(0.01)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    task = None
    run(main())


def test_what_fails_for_itself_just_when_it_is_late_says_so():
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


def test_of_two_the_one_that_ends_first_is_told():
    async def main():
        with pytest.raises(TimeoutError):
            await within(10, within(0.001, asyncio.sleep(10)))
        with pytest.raises(TimeoutError):
            await within(0.001, within(10, asyncio.sleep(10)))

    run(main())
