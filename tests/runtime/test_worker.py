import asyncio
import gc
import threading
import weakref

import pytest

from fsm.runtime.worker import Worker

from .hubs import run


def with_worker(main):
    async def within():
        worker = Worker("a name")
        try:
            return await main(worker)
        finally:
            worker.close()

    return run(within())


def test_one_thread_carries_out_calls_in_their_order():
    async def main(worker):
        done = []

        def call(number):
            done.append(number)
            return threading.current_thread().name, number

        answers = await asyncio.gather(*[worker.do(call, number) for number in range(100)])
        assert answers == [("a name", number) for number in range(100)]
        assert done == list(range(100))

    with_worker(main)


def test_the_error_of_a_call_is_raised_where_it_is_awaited():
    async def main(worker):
        wrong, right = worker.do(int, "x"), worker.do(int, "7")
        with pytest.raises(ValueError, match="invalid literal"):
            await wrong
        assert await right == 7

    with_worker(main)


def test_a_cancelled_call_is_still_carried_out():
    async def main(worker):
        go_on, done = threading.Event(), []
        worker.do(go_on.wait)
        cancelled = worker.do(done.append, 1)
        cancelled.cancel()
        go_on.set()
        await worker.do(done.append, 2)
        assert done == [1, 2]
        assert cancelled.cancelled()

    with_worker(main)


def test_closing_waits_for_all_calls():
    done = []

    async def main():
        worker = Worker("a name")
        worker.do(done.append, 1)
        worker.close()
        assert done == [1]
        assert not worker._thread.is_alive()

    run(main())


def test_a_closed_worker_refuses_calls_and_may_be_closed_again():
    async def main():
        worker = Worker("a name")
        worker.close()
        worker.close()
        with pytest.raises(RuntimeError, match="the worker is closed"):
            worker.do(print)

    run(main())


def test_a_stop_iteration_is_raised_as_a_runtime_error():
    async def main(worker):
        with pytest.raises(RuntimeError, match=r"it raised StopIteration\(\)"):
            await worker.do(next, iter(()))

    with_worker(main)


def test_a_loop_that_is_closed_during_a_call_does_not_end_the_thread():
    go_on, done = threading.Event(), []

    async def main():
        worker = Worker("a name")
        worker.do(go_on.wait)
        worker.do(done.append, 1)
        return worker

    worker = run(main())
    go_on.set()
    worker.close()
    assert done == [1]


def test_arguments_and_results_are_not_kept():
    class Thing:
        pass

    async def main(worker):
        thing = await worker.do(lambda _: Thing(), Thing())
        kept = weakref.ref(thing)
        del thing
        await asyncio.sleep(0.01)
        gc.collect()
        assert kept() is None

    with_worker(main)
