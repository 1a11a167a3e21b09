"""The opening of a hub, and the files that it refuses."""

import asyncio
import gc
import time

import attrs
import pytest

from fsm.recording import (
    Actor,
    End,
    Pause,
    Resume,
)
from fsm.runtime import (
    ClosedError,
    Hub,
    Journal,
    JournalError,
    JournalFileError,
    OtherRecorderError,
    RetryPolicy,
)

from .hubs import (
    ALICE,
    BOB,
    CLOUD,
    PRO,
    QUICK,
    ScriptedRecorder,
    full_state,
    open_hub,
    run,
    start_recording,
    until_delivered,
    wait_until,
)

# -- opening --------------------------------------------------------------------------------------


def test_a_hub_loads_every_meeting_as_it_was(tmp_path):
    async def main():
        async with open_hub(tmp_path, recorder := ScriptedRecorder()) as hub:
            for number in range(20):
                meeting = f"m-{number}"
                await start_recording(hub, meeting, id="e-1")
                for event in [BOB, Pause("alice"), Resume("alice"), End()][: number % 5]:
                    await hub.dispatch(meeting, event)
            await until_delivered(hub)
            before = await full_state(hub)
            assert hub.health.meetings == 16
        async with open_hub(tmp_path, recorder) as hub:
            assert hub.health.meetings == 16
            await until_delivered(hub)
            assert await full_state(hub) == before

    run(main())


def test_every_meeting_has_a_key_of_its_own(tmp_path):
    async def main():
        for id_ in "abc":
            async with open_hub(tmp_path) as hub:
                await start_recording(hub, id_)
        async with open_hub(tmp_path) as hub:
            assert [len(await hub.history(each)) for each in "abc"] == [1, 1, 1]

    run(main())


ADMIN = Actor("super_admin")


def test_requests_to_a_hub_that_is_not_open_are_refused_with_a_hint(tmp_path):
    async def main():
        hub = Hub(tmp_path / "meetings.db")
        for request in (
            lambda: hub.open("m", PRO),
            lambda: hub.dispatch("m", ALICE),
            lambda: hub.read("m"),
            lambda: hub.history("m"),
            lambda: hub.meetings(),
            lambda: hub.put_account("acme", PRO),
            lambda: hub.account("acme"),
            lambda: hub.reconcile(),
            lambda: anext(hub.watch("m")),
        ):
            with pytest.raises(
                ClosedError, match=r"is not open \(async with Hub\(\.\.\.\) as hub:\)"
            ):
                await request()
        with pytest.raises(ClosedError, match="not open"):
            _ = hub.health
        assert not (tmp_path / "meetings.db").exists()

    run(main())


def test_a_hub_is_opened_once_and_may_be_closed_twice(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            with pytest.raises(RuntimeError, match="opened only once"):
                await hub.__aenter__()
            await hub.open("m", PRO)
        await hub.__aexit__(None, None, None)
        with pytest.raises(RuntimeError, match="opened only once"):
            await hub.__aenter__()
        async with open_hub(tmp_path) as hub:
            assert (await hub.read("m")).id == "m"

    run(main())


def test_a_hub_whose_opening_is_cancelled_releases_the_file(tmp_path):
    def slowly():
        time.sleep(0.1)
        return Journal(tmp_path / "meetings.db", lock=True)

    async def main():
        opening = asyncio.create_task(Hub(slowly).__aenter__())
        await asyncio.sleep(0.02)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        async with open_hub(tmp_path) as hub:
            assert hub.health.ok

    run(main())


def test_a_hub_works_on_an_exclusive_journal(tmp_path):
    async def main():
        def journal():
            return Journal(tmp_path / "one.db", exclusive=True, lock=True)

        async with Hub(journal, retry=QUICK) as hub:
            await start_recording(hub, id="e-1")
            await hub.dispatch("m", End())
            await until_delivered(hub)
            assert len(await hub.history("m")) == 2
            assert len(await hub.meetings()) == 1
        with pytest.raises(ClosedError):
            await hub.history("m")
        async with Hub(journal, retry=QUICK) as hub:
            assert (await hub.dispatch("m", ALICE, "e-1")).seq == 1

    run(main())


@pytest.mark.parametrize("collecting", [True, False])
def test_a_hub_does_not_change_the_garbage_collector(tmp_path, collecting):
    async def main():
        async with open_hub(tmp_path):
            return gc.isenabled()

    try:
        if not collecting:
            gc.disable()
        assert run(main()) is collecting
    finally:
        gc.enable()


def test_health_counts_meetings_and_deliveries(tmp_path):
    async def main():
        recorder = ScriptedRecorder()
        recorder.dead = {"a"}
        async with open_hub(tmp_path, recorder, retry=RetryPolicy(initial_interval=30)) as hub:
            await start_recording(hub, "a")
            await start_recording(hub, "b")
            await wait_until(lambda: hub.health.delivering == 1)
            health = hub.health
            assert (health.ok, health.why, health.meetings, health.waiting) == (True, None, 2, 0)
            attrs.asdict(health)

    run(main())


# -- recorders ------------------------------------------------------------------------------------


def test_an_object_that_is_not_a_recorder_is_refused(tmp_path):
    file = tmp_path / "meetings.db"
    with pytest.raises(TypeError, match=r"'obs' is no recorder \(it has no start, pause, resume,"):
        Hub(file, "obs")
    with pytest.raises(TypeError, match=r"Recorder'> is no recorder \(give an instance\)"):
        Hub(file, ScriptedRecorder)


def test_a_recorder_with_a_length_of_zero_is_used(tmp_path):
    class Counting(ScriptedRecorder):
        def __len__(self):
            return len(self.statuses)

    async def main():
        async with open_hub(tmp_path, recorder := Counting()) as hub:
            await start_recording(hub)
            await wait_until(lambda: recorder.commands == ["start"])

    run(main())


def first_recorder(**options):
    return {"recorder": ScriptedRecorder(), "recorder_name": "first", **options}


@pytest.mark.parametrize(
    ("options", "now"),
    [
        ({}, "there is none now"),
        ({"replaces_recorder": True}, "there is none now"),
        ({"recorder": ScriptedRecorder(), "recorder_name": "second"}, "now it is 'second'"),
        ({"recorder": ScriptedRecorder()}, "now it is 'unnamed'"),
    ],
    ids=["none", "none, replaced", "second", "unnamed"],
)
def test_no_other_recorder_is_used_while_the_first_one_may_be_recording(tmp_path, options, now):
    async def main():
        async with open_hub(tmp_path, **first_recorder()) as hub:
            await start_recording(hub)
            await start_recording(hub, "ended")
            await hub.dispatch("ended", End())
            await until_delivered(hub)
        with pytest.raises(OtherRecorderError, match=rf"'first' may .* 1 open meeting, and {now}"):
            async with open_hub(tmp_path, **options):
                pass
        async with open_hub(tmp_path, **first_recorder()) as hub:
            assert (await hub.read("m")).state == "recording"

    run(main())


def test_a_recorder_may_replace_another_one_and_gets_its_recordings(tmp_path):
    async def main():
        async with open_hub(tmp_path, **first_recorder()) as hub:
            await start_recording(hub)
        second = {"recorder": ScriptedRecorder(), "recorder_name": "second"}
        async with open_hub(tmp_path, **second, replaces_recorder=True) as hub:
            await until_delivered(hub)
            assert second["recorder"].commands == ["start"]
        async with open_hub(tmp_path, **second) as hub:
            assert (await hub.read("m")).state == "recording"
        with pytest.raises(OtherRecorderError, match="'second' may still be recording"):
            async with open_hub(tmp_path, **first_recorder()):
                pass

    run(main())


def test_the_recorder_may_change_once_no_open_meeting_has_had_commands(tmp_path):
    async def main():
        async with open_hub(tmp_path, **first_recorder()) as hub:
            await start_recording(hub)
            await hub.dispatch("m", End())
            await until_delivered(hub)
            await hub.open("waiting", PRO, CLOUD)
        async with open_hub(tmp_path) as hub:
            await hub.dispatch("waiting", ALICE)
        # Without a recorder nothing is recorded, so any recorder may begin.
        async with open_hub(tmp_path, **first_recorder()) as hub:
            await until_delivered(hub)
            assert (await hub.read("waiting")).state == "recording"

    run(main())


# -- files ----------------------------------------------------------------------------------------


def test_a_second_hub_on_the_same_file_is_refused(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            with pytest.raises(JournalFileError, match="another service has it open"):
                async with open_hub(tmp_path):
                    pass
            await start_recording(hub)
        async with open_hub(tmp_path) as hub:
            assert (await hub.read("m")).state == "recording"

    run(main())


@pytest.mark.parametrize("link", ["of the file", "of the folder"])
def test_a_second_hub_on_the_same_file_by_another_name_is_refused(tmp_path, link):
    folder = tmp_path / "first"
    folder.mkdir()
    if link == "of the file":
        other = tmp_path / "other.db"
        other.symlink_to(folder / "meetings.db")
    else:
        (tmp_path / "second").symlink_to(folder)
        other = tmp_path / "second" / "meetings.db"

    async def main():
        async with open_hub(folder):
            with pytest.raises(JournalFileError, match="another service has it open"):
                async with Hub(other):
                    pass
        async with Hub(other) as hub:
            assert hub.health.ok

    run(main())


def test_a_hub_on_a_file_that_is_not_a_journal_is_refused(tmp_path):
    async def main():
        (tmp_path / "meetings.db").write_bytes(b"Dear diary, " * 1000)
        for _ in range(2):
            with pytest.raises(JournalFileError, match="it is not a journal"):
                async with open_hub(tmp_path):
                    pass

    run(main())


@pytest.mark.parametrize(
    "table", ["events SET answer", "meetings SET plan", "accounts SET account"]
)
def test_a_hub_that_cannot_open_releases_the_file(tmp_path, table):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            await hub.put_account("acme", PRO)
        with Journal(tmp_path / "meetings.db") as journal:
            journal._db.execute(f"UPDATE {table} = 'nonsense'")
        for _ in range(2):
            with pytest.raises(JournalError, match="cannot be read"):
                async with open_hub(tmp_path):
                    pass
        with Journal(tmp_path / "meetings.db", lock=True):
            pass

    run(main())
