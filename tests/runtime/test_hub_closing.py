"""The closing of a hub, and the end of one that breaks down."""

import asyncio
import time

import pytest

from fsm.recording import (
    Actor,
    Enable,
    Join,
    Pause,
)
from fsm.runtime import (
    ClosedError,
    Hub,
    Journal,
    JournalError,
)

from .hubs import (
    ALICE,
    BOB,
    CLOUD,
    PRO,
    QUICK,
    FailingJournal,
    ScriptedRecorder,
    open_hub,
    run,
    start_recording,
    until_delivered,
    wait_until,
)

ADMIN = Actor("super_admin")


def test_requests_to_a_closed_hub_are_refused(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            assert hub.health.ok
        assert (hub.health.ok, hub.health.why) == (False, "the hub is closed")
        for request in (
            lambda: hub.open("m-2", PRO),
            lambda: hub.dispatch("m", BOB),
            lambda: hub.read("m"),
            lambda: hub.allowed("m", "alice"),
            lambda: hub.resolution("m"),
            lambda: hub.history("m"),
            lambda: hub.meetings(),
            lambda: hub.account("acme"),
            lambda: hub.put_account("acme", PRO),
            lambda: hub.change("acme", Enable(ADMIN)),
            lambda: hub.reconcile(),
            lambda: hub.reconcile("m"),
        ):
            with pytest.raises(ClosedError, match="the hub is closed"):
                await request()

    run(main())


def test_a_closed_hub_checks_no_recorder(tmp_path):
    async def main():
        async with open_hub(tmp_path, recorder := ScriptedRecorder()) as hub:
            await start_recording(hub)
            await until_delivered(hub)
        hub._delivery.check_all(["m"])
        await asyncio.sleep(0.01)
        assert recorder.checked == []
        assert hub.health.delivering == 0

    run(main())


def test_a_hub_may_be_closed_several_times_at_once(tmp_path):
    async def main():
        hub = Hub(tmp_path / "meetings.db")
        await hub.__aexit__(None, None, None)
        await hub.__aenter__()
        await asyncio.gather(*[hub.__aexit__(None, None, None) for _ in range(3)])
        Journal(tmp_path / "meetings.db", lock=True).close()

    run(main())


def test_requests_before_closing_are_answered(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await hub.open("m", PRO, CLOUD)
            requests = [
                asyncio.ensure_future(hub.dispatch("m", Pause("bob"), f"e-{number}"))
                for number in range(20)
            ]
            reading = asyncio.ensure_future(hub.history("m"))
            await asyncio.sleep(0)
        entries = await asyncio.gather(*requests)
        assert [each.seq for each in entries] == list(range(1, 21))
        await reading
        async with open_hub(tmp_path) as hub:
            assert await hub.history("m") == entries

    run(main())


def test_requests_during_closing_are_answered_or_refused(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            answered = []

            async def send_repeatedly():
                while True:
                    answered.append(await hub.dispatch("m", Pause("bob")))
                    answered.extend(await hub.history("m", answered[-1].seq - 1, 1))

            clients = [asyncio.create_task(send_repeatedly()) for _ in range(5)]
            await wait_until(lambda: len(answered) > 20)
        errors = await asyncio.gather(*clients, return_exceptions=True)
        assert {type(each) for each in errors} == {ClosedError}
        async with open_hub(tmp_path) as hub:
            history = await hub.history("m", limit=100_000)
            assert all(history[each.seq - 1] == each for each in answered)

    run(main())


@pytest.mark.parametrize("cancelled", [1, 3])
def test_a_hub_whose_closing_is_cancelled_still_answers_and_releases_the_file(tmp_path, cancelled):
    class Slow(FailingJournal):
        def commit(self, batch):
            time.sleep(0.1)
            super().commit(batch)

    async def main():
        hub = Hub(lambda: Slow(tmp_path / "meetings.db", lock=True), retry=QUICK)
        await hub.__aenter__()
        await hub.open("m", PRO)
        people = [Join(f"p-{number}", "member", "web") for number in range(5)]
        requests = [asyncio.create_task(hub.dispatch("m", each)) for each in people]
        await asyncio.sleep(0.02)
        closing = asyncio.create_task(hub.__aexit__(None, None, None))
        for _ in range(cancelled):
            await asyncio.sleep(0.01)
            closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
        assert [(await each).seq for each in requests] == [1, 2, 3, 4, 5]
        async with open_hub(tmp_path) as again:
            assert (await again.read("m")).seq == 5

    run(main())


def test_watchers_and_health_notice_a_hub_that_breaks_down(tmp_path):
    async def main():
        hub = Hub(tmp_path / "meetings.db", ScriptedRecorder())
        await hub.__aenter__()
        await hub.open("m", PRO, CLOUD)

        async def watch():
            return [each.seq async for each in hub.watch("m")]

        watching = asyncio.create_task(watch())
        await asyncio.sleep(0.01)

        def fail(*_, **__):
            raise ZeroDivisionError("injected")

        hub._delivery.set_pending = fail
        with pytest.raises(JournalError, match="ended during the commit"):
            await hub.dispatch("m", ALICE)
        assert await watching == []
        assert not hub.health.ok
        assert hub.health.why == "the hub broke down: ZeroDivisionError('injected')"
        with pytest.raises(ClosedError):
            await hub.read("m")
        assert await hub.until_broken() == hub.health.why
        # The error of a block is not replaced.
        error = KeyError("in the block")
        await hub.__aexit__(KeyError, error, None)
        with pytest.raises(ZeroDivisionError):
            await hub.__aexit__(None, None, None)

    run(main())
