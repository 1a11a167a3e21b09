import asyncio

from fsm.runtime.alarms import Alarms

from .virtual import run_virtual


def with_alarms(scene):
    """Runs a scene with alarms that note the meetings for which they ring, and the times."""

    async def main():
        loop = asyncio.get_running_loop()
        rung = []
        alarms = Alarms(lambda meeting: rung.append((meeting, round(loop.time() * 1000))))
        return await scene(alarms, rung, round(loop.time() * 1000))

    return run_virtual(main())


def test_an_alarm_rings_once_at_the_moment_of_the_next_timer():
    async def scene(alarms, rung, now):
        alarms.set("m", {"grace": now + 5_000, "empty": now + 2_000})
        await asyncio.sleep(10)
        assert rung == [("m", now + 2_000)]
        assert len(alarms) == 0

    with_alarms(scene)


def test_an_alarm_that_is_set_again_rings_at_the_new_moment_only():
    async def scene(alarms, rung, now):
        alarms.set("m", {"grace": now + 2_000})
        alarms.set("m", {"grace": now + 4_000})
        assert len(alarms) == 1
        await asyncio.sleep(10)
        assert rung == [("m", now + 4_000)]

    with_alarms(scene)


def test_without_a_timer_there_is_no_alarm():
    async def scene(alarms, rung, now):
        alarms.set("m", {"grace": now + 2_000})
        alarms.set("m", {})
        assert len(alarms) == 0
        await asyncio.sleep(10)
        assert rung == []

    with_alarms(scene)


def test_the_alarm_of_a_moment_that_has_passed_rings_at_once():
    async def scene(alarms, rung, now):
        alarms.set("m", {"empty": now - 60_000})
        await asyncio.sleep(0.001)
        assert rung == [("m", now)]

    with_alarms(scene)


def test_the_alarms_of_meetings_ring_in_the_order_of_their_moments():
    async def scene(alarms, rung, now):
        for meeting, seconds in (("c", 3), ("a", 1), ("b", 2)):
            alarms.set(meeting, {"grace": now + seconds * 1000})
        await asyncio.sleep(10)
        assert [meeting for meeting, _ in rung] == ["a", "b", "c"]

    with_alarms(scene)


def test_closed_alarms_neither_ring_nor_are_set():
    async def scene(alarms, rung, now):
        alarms.set("m", {"grace": now + 1_000})
        alarms.close()
        alarms.set("n", {"grace": now + 1_000})
        assert len(alarms) == 0
        await asyncio.sleep(10)
        assert rung == []

    with_alarms(scene)


def test_alarms_that_are_set_together_ring_with_the_others():
    async def scene(alarms, rung, now):
        alarms.set("b", {"grace": now + 2_000})
        alarms.set_all([("c", now + 3_000), ("a", now + 1_000)])
        assert len(alarms) == 3
        await asyncio.sleep(10)
        assert [meeting for meeting, _ in rung] == ["a", "b", "c"]

    with_alarms(scene)


def test_alarms_may_be_set_while_one_rings():
    async def main():
        loop = asyncio.get_running_loop()
        rung = []

        def ring(meeting):
            rung.append((meeting, round(loop.time() * 1000) - now))
            if len(rung) < 3:
                alarms.set(meeting, {"grace": now + 1_000 * (len(rung) + 1)})

        alarms = Alarms(ring)
        now = round(loop.time() * 1000)
        alarms.set("m", {"grace": now + 1_000})
        await asyncio.sleep(10)
        assert rung == [("m", 1_000), ("m", 2_000), ("m", 3_000)]

    run_virtual(main())


def test_cancelled_alarms_are_not_kept():
    async def scene(alarms, rung, now):
        loop = asyncio.get_running_loop()
        for number in range(20_000):
            alarms.set(f"m-{number % 10}", {"empty": now + 3_600_000 - number})
            if number % 2:
                alarms.set(f"m-{number % 10}", {})
            if number % 1000 == 0:
                await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert len(alarms) == 5
        assert len(alarms._queue) < 150
        # The loop removes cancelled timers when they are more than half of all, and more than 100.
        assert len(loop._scheduled) < 1_200
        alarms.close()

    with_alarms(scene)
