"""Permits for the calls of a recorder, and deliveries to one that hangs for many meetings."""

import asyncio

import pytest

from fsm.recording import Pause
from fsm.runtime import RecorderError, RetryPolicy
from fsm.runtime.permits import Permits

from .hubs import ScriptedRecorder, open_hub, run, start_recording, until_delivered, wait_until


class Counter:
    """Counts the holders of permits, and their maximum."""

    def __init__(self):
        self.now = self.most = 0

    async def hold(self, lane, event):
        async with lane:
            self.now += 1
            self.most = max(self.most, self.now)
            await event.wait()
            self.now -= 1


@pytest.mark.parametrize(("total", "failing", "starts"), [(8, 4, 2), (5, 2, 1), (1, 1, 0)])
def test_failing_calls_hold_at_most_half_of_the_permits_and_with_starts_three_quarters(
    total, failing, starts
):
    async def main():
        permits, end = Permits(total), asyncio.Event()
        counters = {"failing": Counter(), "start": Counter(), "proven": Counter()}
        tasks = []
        for kind, counter in counters.items():
            tasks += [
                asyncio.create_task(counter.hold(permits.permit(kind), end)) for _ in range(20)
            ]
            for _ in range(4):
                await asyncio.sleep(0)
        assert [each.now for each in counters.values()] == [
            failing, starts, total - failing - starts
        ]  # fmt: skip
        end.set()
        await asyncio.gather(*tasks)
        assert counters["failing"].most == failing
        assert counters["start"].most <= max(1, total * 3 // 4)
        assert counters["proven"].most <= total

    run(main())


def test_a_failing_call_that_is_cancelled_while_it_waits_leaves_its_permit():
    async def main():
        permits, end = Permits(2), asyncio.Event()
        counter = Counter()
        holders = [
            asyncio.create_task(counter.hold(permits.permit("proven"), end)) for _ in range(2)
        ]
        await asyncio.sleep(0)
        waiting = asyncio.create_task(counter.hold(permits.permit("failing"), end))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        end.set()
        await asyncio.gather(*holders)
        await counter.hold(permits.permit("failing"), end)
        assert counter.most == 2

    run(main())


class Hanging(ScriptedRecorder):
    """A recorder that never answers for some meetings, and counts its calls for them."""

    def __init__(self):
        super().__init__()
        self.hangs = True
        self.hanging = self.most = 0

    async def _hang(self, meeting):
        if self.hangs and meeting.startswith("hangs"):
            self.hanging += 1
            self.most = max(self.most, self.hanging)
            try:
                await asyncio.Event().wait()
            finally:
                self.hanging -= 1

    async def _before(self, message):
        await self._hang(message.meeting)

    async def status(self, meeting):
        await self._hang(meeting)
        return await super().status(meeting)


def test_a_recorder_that_hangs_for_many_meetings_leaves_permits_for_another_one(tmp_path):
    retry = RetryPolicy(
        max_attempts=1000, initial_interval=0.001, max_interval=0.01, timeout=0.05, max_commands=4
    )

    async def main():
        async with open_hub(tmp_path, recorder := Hanging(), retry=retry) as hub:
            meetings = [f"hangs-{number}" for number in range(20)]
            await asyncio.gather(*(start_recording(hub, meeting) for meeting in meetings))
            await wait_until(lambda: {each.meeting for each in recorder.messages} == {*meetings})
            assert recorder.most == 3
            # All of them have timed out once the last one has.
            await wait_until(lambda: hub._delivery._calls._failing == {*meetings})
            recorder.most = 0
            await start_recording(hub, "fine", with_member=True)
            await wait_until(lambda: "fine" in recorder.statuses)
            await hub.dispatch("fine", Pause("alice"))
            await wait_until(lambda: recorder.statuses["fine"].paused)
            await wait_until(lambda: recorder.most == 2)
            recorder.hangs = False
            await until_delivered(hub)
            assert recorder.most == 2
            assert hub._delivery._calls._failing == set()
            assert all(recorder.statuses[each].kind == "cloud" for each in meetings)

    run(main())


@pytest.mark.parametrize("first", [False, True])
def test_a_recorder_that_fails_slowly_for_many_meetings_does_not_delay_the_pause_of_another(
    tmp_path, first
):
    retry = RetryPolicy(
        max_attempts=1000, initial_interval=0.001, max_interval=0.01, timeout=60, max_commands=4
    )

    class Failing(ScriptedRecorder):
        def __init__(self):
            super().__init__()
            self.failures = 0
            self.answers = asyncio.Event()

        async def _before(self, message):
            if message.meeting != "fine":
                # The first calls fail at once, so that these meetings are known to fail.
                if first or self.failures >= 20:
                    await self.answers.wait()
                self.failures += 1
                raise RecorderError("504")

    async def main():
        async with open_hub(tmp_path, recorder := Failing(), retry=retry) as hub:
            await start_recording(hub, "fine", with_member=True)
            await until_delivered(hub)
            meetings = [f"m-{number}" for number in range(20)]
            await asyncio.gather(*(start_recording(hub, meeting) for meeting in meetings))
            await wait_until(lambda: first or recorder.failures >= 20)
            await hub.dispatch("fine", Pause("alice"))
            await wait_until(lambda: recorder.statuses["fine"].paused)
            recorder.answers.set()

    run(main())


def test_status_checks_that_hang_leave_permits_for_others(tmp_path):
    retry = RetryPolicy(
        max_attempts=1000, initial_interval=0.001, max_interval=0.01, timeout=0.05,
        max_status_checks=4,
    )  # fmt: skip

    async def main():
        recorder = Hanging()
        recorder.hangs = False
        async with open_hub(tmp_path, recorder, retry=retry) as hub:
            meetings = [f"hangs-{number}" for number in range(12)]
            await asyncio.gather(*(start_recording(hub, each) for each in (*meetings, "fine")))
            await until_delivered(hub)
            recorder.hangs = True
            for meeting in meetings:
                await hub.reconcile(meeting)
            await wait_until(lambda: hub._delivery._calls._failing == {*meetings})
            recorder.most = 0
            await hub.reconcile("fine")
            await wait_until(lambda: "fine" in recorder.checked)
            await wait_until(lambda: recorder.most == 2)
            recorder.hangs = False
            await until_delivered(hub)
            assert recorder.most == 2

    run(main())


def test_the_timeout_of_a_call_begins_when_it_has_its_permit(tmp_path):
    class Slow(ScriptedRecorder):
        async def _before(self, message):
            await asyncio.sleep(0.05)

    async def main():
        # All calls together take longer than the timeout, each alone far less.
        retry = RetryPolicy(max_attempts=1, timeout=1, max_commands=1)
        async with open_hub(tmp_path, recorder := Slow(), retry=retry) as hub:
            await asyncio.gather(*(start_recording(hub, f"m-{number}") for number in range(24)))
            await until_delivered(hub)
            assert len(recorder.messages) == 24
            assert {each.kind for each in recorder.statuses.values()} == {"cloud"}

    run(main())
