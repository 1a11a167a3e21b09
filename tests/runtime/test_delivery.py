"""Delivery of outbox messages: in order for each meeting, and at least once."""

import asyncio
import itertools
import sqlite3
from contextlib import closing

from fsm.recording import End, Pause, Resume, Start, Stop
from fsm.runtime import (
    Journal,
    MemoryRecorder,
    RecorderError,
    RecorderStatus,
    RetryPolicy,
)
from fsm.runtime.answers import column_checksum

from .hubs import (
    ALICE,
    CLOUD,
    PRO,
    FailingJournal,
    ScriptedRecorder,
    failures,
    open_hub,
    outbox_results,
    run,
    start_recording,
    until_delivered,
    wait_until,
)


def test_a_delivery_has_its_messages_when_its_task_begins(tmp_path):
    """Tasks may be eager, from Python 3.12: they begin before `create_task` returns."""
    empty = []

    async def main():
        async with open_hub(tmp_path, recorder := ScriptedRecorder()) as hub:

            def factory(loop, coroutine, **options):
                if coroutine.__qualname__ == "Delivery._deliver":
                    deliveries = hub._delivery._deliveries.values()
                    empty.extend(each for each in deliveries if not (each.pending or each.check))
                return asyncio.Task(coroutine, loop=loop, **options)

            asyncio.get_running_loop().set_task_factory(factory)
            await start_recording(hub)
            await until_delivered(hub)
            await hub.reconcile()
            await until_delivered(hub)
            assert (recorder.commands, recorder.checked) == (["start"], ["m"])

    run(main())
    assert empty == []


def test_messages_reach_the_recorder_in_order_with_their_keys(tmp_path):
    async def main():
        async with open_hub(tmp_path, recorder := ScriptedRecorder()) as hub:
            await start_recording(hub, with_member=True)
            for event in (Pause, Resume, Stop):
                await hub.dispatch("m", event("alice"))
            await hub.dispatch("m", Start("alice", "cloud"))
            await until_delivered(hub)
            assert recorder.commands == ["start", "pause", "resume", "stop", "start"]
            assert recorder.keys == ["m/1/1", "m/1/2", "m/1/3", "m/1/4", "m/2/5"]
            assert [each.expected_sequence for each in recorder.messages] == [0, 1, 2, 3, 4]
            assert (await hub.read("m")).undelivered == 0
            assert outbox_results(tmp_path) == ["delivered"] * 5
            assert recorder.statuses["m"] == RecorderStatus(5, "cloud")

    run(main())


def test_a_message_is_in_the_outbox_before_it_is_sent(tmp_path):
    class Reading(ScriptedRecorder):
        async def _before(self, message):
            with Journal(tmp_path / "meetings.db", readonly=True) as journal:
                assert journal.load(message.meeting).pending[0] == message

    async def main():
        async with open_hub(tmp_path, recorder := Reading()) as hub:
            await start_recording(hub, with_member=True)
            await hub.dispatch("m", Pause("alice"))
            await until_delivered(hub)
            assert recorder.commands == ["start", "pause"]
            assert failures(await hub.history("m")) == []

    run(main())


def test_the_recorder_of_a_meeting_without_a_recording_is_asked_once_at_the_end(tmp_path):
    async def main():
        async with open_hub(tmp_path, recorder := ScriptedRecorder()) as hub:
            await hub.open("m", PRO)
            await hub.dispatch("m", ALICE)
            await until_delivered(hub)
            assert recorder.checked == []
            await hub.dispatch("m", End())
            await until_delivered(hub)
            assert (recorder.messages, recorder.checked) == ([], ["m"])
            assert hub.health.meetings == 0

    run(main())


def test_without_a_recorder_a_message_is_delivered_and_a_meeting_closed_by_the_event_itself(
    tmp_path,
):
    async def main():
        async with open_hub(tmp_path, journal=FailingJournal) as hub:
            await start_recording(hub, with_member=True)
            await hub.dispatch("m", Pause("alice"))
            assert hub.health.delivering == 0
            assert (await hub.read("m")).undelivered == 0
            await hub.dispatch("m", End())
            assert (hub.health.delivering, hub.health.meetings) == (0, 0)
            # The opening, and one for each event.
            assert hub.journal.commits == 5
        with Journal(tmp_path / "meetings.db") as journal:
            assert journal.load("m").pending == ()
            commands = [each.command.command for each in journal.outbox("m")]
            assert commands == ["start", "pause", "stop"]

    run(main())


def test_a_hub_without_a_recorder_settles_messages_that_an_earlier_release_left(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub, with_member=True)
        with closing(sqlite3.connect(tmp_path / "meetings.db")) as file, file:
            checksum = column_checksum("result", "delivered")
            file.execute(
                "UPDATE outbox SET result = NULL, checksum = (checksum | ?1) - (checksum & ?1)",
                (checksum,),
            )
        async with open_hub(tmp_path) as hub:
            await hub.dispatch("m", Pause("alice"))
            await until_delivered(hub)
            await hub.dispatch("m", End())
            assert hub.health.meetings == 0
        assert outbox_results(tmp_path) == ["delivered"] * 3

    run(main())


def test_many_messages_stay_in_order_during_failures_of_the_recorder(tmp_path):
    async def main():
        failures_in_turn = itertools.cycle(
            [None, RecorderError("no"), None, OSError(), None, "hang"]
        )
        recorder = ScriptedRecorder(*itertools.islice(failures_in_turn, 30))
        retry = RetryPolicy(
            max_attempts=9, initial_interval=0.001, max_interval=0.002, timeout=0.01
        )
        async with open_hub(tmp_path, recorder, retry=retry) as hub:
            await start_recording(hub, with_member=True)
            for _ in range(20):
                await hub.dispatch("m", Pause("alice"))
                await hub.dispatch("m", Resume("alice"))
                # A pause that waits behind a resume would make it pointless.
                await until_delivered(hub)
            sequences = [each.sequence for each in recorder.messages]
            assert sequences == sorted(sequences)
            assert set(sequences) == set(range(1, 42))
            assert recorder.statuses["m"] == RecorderStatus(41, "cloud")

    run(main())


# -- independence of meetings ---------------------------------------------------------------------


def test_a_recorder_that_is_dead_for_one_meeting_delays_no_other(tmp_path):
    async def main():
        recorder = ScriptedRecorder()
        recorder.dead = {"dead"}
        async with open_hub(
            tmp_path, recorder, retry=RetryPolicy(max_attempts=9, initial_interval=30)
        ) as hub:
            await start_recording(hub, "dead")
            for number in range(30):
                await start_recording(hub, f"m-{number}")
                await hub.dispatch(f"m-{number}", End())
            await wait_until(lambda: hub.health.delivering == 1)
            assert hub.health.meetings == 1
            assert (await hub.read("dead")).undelivered == 1

    run(main())


def test_a_recorder_that_hangs_for_one_meeting_delays_no_other(tmp_path):
    async def main():
        async with open_hub(
            tmp_path, ScriptedRecorder("hang"), retry=RetryPolicy(timeout=60)
        ) as hub:
            await start_recording(hub, "hangs")
            await wait_until(lambda: hub._recorder.messages)
            await start_recording(hub, "m")
            await wait_until(lambda: hub.health.delivering == 1)
            assert hub._recorder.statuses == {"m": RecorderStatus(1, "cloud")}

    run(main())


# -- restart and closing --------------------------------------------------------------------------


def test_pending_messages_are_delivered_after_a_restart(tmp_path):
    async def main():
        recorder = ScriptedRecorder()
        async with open_hub(
            tmp_path, recorder, retry=RetryPolicy(max_attempts=99, initial_interval=30)
        ) as hub:
            await start_recording(hub, with_member=True)
            await until_delivered(hub)
            recorder.dead = {"m"}
            recorder.messages.clear()
            await hub.dispatch("m", Pause("alice"))
            await hub.dispatch("m", Resume("alice"))
            await wait_until(lambda: recorder.messages)
        recorder.dead = set()
        recorder.messages.clear()
        async with open_hub(tmp_path, recorder) as hub:
            await until_delivered(hub)
            assert recorder.keys == ["m/1/2", "m/1/3"]
            assert recorder.statuses["m"] == RecorderStatus(3, "cloud")

    run(main())


def test_a_message_whose_answer_was_lost_is_sent_again_with_the_same_key(tmp_path):
    async def main():
        recorder = ScriptedRecorder()

        async def apply_and_hang(message):
            await MemoryRecorder._apply(recorder, message)
            await asyncio.Event().wait()

        recorder._before = apply_and_hang
        async with open_hub(tmp_path, recorder, retry=RetryPolicy(timeout=60)) as hub:
            await start_recording(hub)
            await wait_until(lambda: "m" in recorder.statuses)
        del recorder._before
        async with open_hub(tmp_path, recorder) as hub:
            await until_delivered(hub)
            assert recorder.keys == ["m/1/1", "m/1/1"]
            assert recorder.statuses["m"] == RecorderStatus(1, "cloud")

    run(main())


def test_a_hub_closes_while_its_recorder_hangs(tmp_path):
    async def main():
        clock = asyncio.get_running_loop().time
        recorder = ScriptedRecorder("hang")
        async with open_hub(tmp_path, recorder, retry=RetryPolicy(timeout=60)) as hub:
            await start_recording(hub)
            await wait_until(lambda: recorder.messages)
            began = clock()
        assert clock() - began < 5
        assert outbox_results(tmp_path) == [None]

    run(main())


def test_without_a_recorder_an_event_during_a_check_is_no_difference(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            asked, answering, status = asyncio.Event(), asyncio.Event(), hub._recorder.status

            async def slow_status(meeting):
                answer = await status(meeting)
                asked.set()
                await answering.wait()
                return answer

            hub._recorder.status = slow_status
            await hub.open("m", PRO, CLOUD)
            await hub.reconcile("m")
            await asked.wait()
            await hub.dispatch("m", ALICE)
            answering.set()
            await until_delivered(hub)
        assert outbox_results(tmp_path) == ["delivered"]

    run(main())
