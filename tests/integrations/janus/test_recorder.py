import asyncio
import secrets
from pathlib import Path

import av
import pytest

from fsm.integrations.janus import (
    AdminApi,
    CommandStreams,
    JanusError,
    JanusRecorder,
    RecordingStore,
    Rooms,
)
from fsm.integrations.janus.files import join_recording, play_file
from fsm.integrations.janus.rooms import NOWHERE
from fsm.recording import Account, Choice, Pause, Resume, Start, StartRecorder, Stop
from fsm.runtime import RecorderError, RecorderStatus, RetryPolicy

from ...runtime.recorder_contract import (
    CLOUD,
    LOCAL,
    PAUSE,
    RESUME,
    STOP,
    RecorderContract,
    messages,
)
from .world import account, until


class Listening:
    """Clients that do as they are told."""

    def __init__(self):
        self.told = []

    async def tell(self, meeting, client, command):
        self.told.append((meeting, client, command.command))


class TestJanusRecorder(RecorderContract):
    @pytest.fixture
    def recorder(self, janus, tmp_path):
        self._loop = asyncio.new_event_loop()
        settings = janus.settings
        api = AdminApi(settings.admin_url, settings.admin_secret, settings.admin_key)
        rooms = Rooms(api, secrets.token_bytes(32))
        store = RecordingStore(tmp_path / "recordings.db")
        yield JanusRecorder(rooms, store, tmp_path / "recordings", Listening())
        store.close()

        async def clear():
            for number in rooms.own(await rooms.listing()):
                await rooms.destroy(number)
            await api.close()

        self.run(clear())
        self._loop.close()

    def run(self, coroutine):
        return self._loop.run_until_complete(coroutine)


def test_from_the_confirmation_of_a_pause_or_stop_on_no_packet_is_written(play):
    async def story(world):
        await world.open(account())
        host = await world.joins("alice", publish=True)
        await world.joins("bob", "member", publish=True)
        await world.until_state("recording")
        counts = []
        for command in (Pause, Resume, Pause, Resume, Stop):
            await asyncio.sleep(0.6)
            await world.send(command, host)
            await world.until_delivered()
            if command is not Resume:
                at_once = world.packets()
                await asyncio.sleep(0.4)
                counts.append((at_once, world.packets()))
        # Both send 50 packets of sound a second.
        assert [at_once for at_once, _ in counts] == [later for _, later in counts]
        assert counts[0][0] < counts[1][0] < counts[2][0]
        segments = await world.recording()
        assert [each.segment.reason for each in segments] == ["paused", "paused", "stopped"]
        assert all(len(each.files) == 4 for each in segments)

    play(story)


def test_the_files_play_and_last_as_long_as_the_recording_did(play, tmp_path):
    async def story(world):
        await world.open(account())
        host = await world.joins("alice", publish=True)
        await world.until_state("recording")
        await asyncio.sleep(0.5)
        await world.send(Stop, host)
        # On a busy machine the participant sends late: of three recordings one must do.
        for recording in (2, 3, 4):
            lasted = await record_twice(world, host)
            segments = await world.recording(recording)
            joined = tmp_path / f"joined-{recording}.mkv"
            found = [
                *[await playing(segments, medium, tmp_path) for medium in ("audio", "video")],
                await join_recording(segments, joined, await world.store.owners(world.meeting)),
                duration_of(joined),
            ]
            if found == pytest.approx([lasted] * 4, rel=0.1):
                break
        assert found == pytest.approx([lasted] * 4, rel=0.1)
        with av.open(str(joined)) as container:
            assert sum(1 for _ in container.decode(container.streams.video[0])) > 30
            titles = {each.metadata["title"] for each in container.streams}
        assert titles == {f"{world.id_of(host)} audio", f"{world.id_of(host)} video"}

    play(story)


async def record_twice(world, host):
    """Records with a pause, and returns the seconds without it."""
    loop, lasted, since = asyncio.get_running_loop(), 0.0, 0.0
    for command, seconds in ((Start, 2.5), (Pause, 0.5), (Resume, 2.5), (Stop, 0.0)):
        begun = loop.time()
        await world.send(command, host, *(["cloud"] if command is Start else []))
        await world.until_delivered()
        if command in (Pause, Stop):
            lasted += begun - since
        since = loop.time()
        await asyncio.sleep(seconds)
    return lasted


async def playing(segments, medium, folder):
    """The seconds of all files of a medium, after `janus-pp-rec`."""
    files = [each for part in segments for each in part.files if each.medium == medium]
    assert len(files) == 2
    return sum([duration_of(await play_file(each, folder)) for each in files])


def duration_of(path):
    """The seconds of a file, by the last packet that can be read from it."""
    with av.open(str(path)) as container:
        times = [
            float(packet.pts * packet.time_base)
            for packet in container.demux()
            if packet.pts is not None
        ]
    return max(times) - min(times)


def test_nothing_recorded_is_nothing_to_join(tmp_path):
    with pytest.raises(JanusError, match="nothing was recorded"):
        asyncio.run(join_recording([], tmp_path / "joined.mkv"))


def test_a_participant_who_joins_later_is_recorded_and_one_who_joins_in_a_pause_is_not(play):
    async def story(world):
        await world.open(account())
        host = await world.joins("alice", publish=True)
        await world.until_state("recording")
        await asyncio.sleep(0.3)
        await world.send(Pause, host)
        await world.until_delivered()
        before = world.packets()
        await world.joins("bob", "member", publish=True)
        await asyncio.sleep(0.4)
        assert world.packets() == before
        await world.send(Resume, host)
        await world.until_delivered()
        await world.joins("carol", "member", publish=True)
        await asyncio.sleep(0.4)
        await world.send(Stop, host)
        await world.until_delivered()
        first, second = await world.recording()
        assert (len(first.files), len(second.files)) == (2, 6)

    play(story)


def test_a_room_that_records_without_a_command_is_reported_and_stopped(play):
    async def story(world):
        await world.open(Account("pro"))
        await world.joins("alice", publish=True)
        await world.rooms.record(world.meeting, world.recordings / "foreign")
        assert await world.recorder.status(world.meeting) == RecorderStatus(0, "cloud")
        await world.hub.reconcile(world.meeting)
        await until(lambda: stopped(world))

    async def stopped(world):
        return not await world.records()

    play(story)


def test_a_recording_that_ended_by_itself_is_reported_and_goes_on_in_the_next_segment(play):
    async def story(world):
        await world.open(account())
        await world.joins("alice", publish=True)
        await world.until_state("recording")
        await asyncio.sleep(0.3)
        await world.rooms.stop_recording(world.meeting)
        assert await world.recorder.status(world.meeting) == RecorderStatus(1)
        await world.hub.reconcile(world.meeting)
        await until(world.records)
        await world.until_delivered()
        one, two = await world.store.segments(world.meeting)
        assert (one.recording, one.number, one.reason) == (1, 1, "interrupted")
        assert (two.recording, two.number, two.reason) == (1, 2, None)

    play(story)


@pytest.mark.rule("D11")
def test_a_recording_whose_files_janus_cannot_create_has_failed(play):
    async def story(world):
        world.recorder._recordings = Path("/dev/null/not-a-folder")
        await world.open(account())
        # At the join nobody sends anything yet, so it is noticed when somebody does.
        await world.joins("alice", publish=True)
        await world.until_state("stopped")
        entries = await world.hub.history(world.meeting)
        assert [each.event.trigger for each in entries] == ["join", "recorder_failed"]
        assert "Janus creates no files in" in entries[-1].event.detail
        assert not await world.records()

    play(story, retry=RetryPolicy(max_attempts=2, initial_interval=0.1))


def test_a_recording_without_files_is_noticed_when_somebody_publishes(play):
    async def story(world):
        world.recorder._recordings = Path("/dev/null/not-a-folder")
        await world.open(account())
        host = await world.joins("alice")
        await world.until_state("recording")
        assert await world.recorder.status(world.meeting) == RecorderStatus(1, "cloud")
        world.deliver = lambda events: True
        await host.publish()
        assert await world.recorder.status(world.meeting) == RecorderStatus(1)

    play(story)


def test_a_start_that_was_interrupted_before_the_room_had_its_folder_is_no_recording(play):
    async def story(world):
        await world.open(Account("pro"))
        await world.rooms._enable(world.rooms.number(world.meeting), record=True)
        assert await world.recorder.status(world.meeting) == RecorderStatus()
        [start] = messages(CLOUD, meeting=world.meeting)
        await world.recorder.start(start)
        folder = (await world.rooms.listing())[world.rooms.number(world.meeting)].folder
        assert folder.startswith(str(world.recordings))

    play(story)


def test_a_room_that_does_not_record_has_no_folder(play):
    async def story(world):
        await world.open(account())
        number = world.rooms.number(world.meeting)
        assert (await world.rooms.listing())[number].folder == NOWHERE
        host = await world.joins("alice")
        await world.until_state("recording")
        assert (await world.rooms.listing())[number].folder.startswith(str(world.recordings))
        await world.send(Stop, host)
        await world.until_delivered()
        assert (await world.rooms.listing())[number].folder == NOWHERE

    play(story)


def test_a_recorder_without_janus_fails_so_that_the_delivery_is_retried(tmp_path):
    async def main():
        api = AdminApi("http://127.0.0.1:9/admin", "secret")
        store = RecordingStore(tmp_path / "recordings.db")
        recorder = JanusRecorder(Rooms(api, b"k" * 32), store, tmp_path, Listening())
        with pytest.raises(RecorderError, match="Janus does not answer"):
            await recorder.start(*messages(CLOUD))
        with pytest.raises(RecorderError, match="Janus does not answer"):
            await recorder.status("m-1")
        assert await store.status("m-1") == RecorderStatus()
        store.close()
        await api.close()

    asyncio.run(main())


# -- local recordings ------------------------------------------------------------------------


def test_a_local_client_is_told_each_change_once(janus, tmp_path):
    async def main():
        settings = janus.settings
        api = AdminApi(settings.admin_url, settings.admin_secret, settings.admin_key)
        store, clients = RecordingStore(tmp_path / "recordings.db"), Listening()
        recorder = JanusRecorder(Rooms(api, b"k" * 32), store, tmp_path, clients)
        for message in messages(LOCAL, PAUSE, PAUSE, RESUME, LOCAL, STOP, STOP):
            await getattr(recorder, message.command.command)(message)
        assert [command for *_, command in clients.told] == ["start", "pause", "resume", "stop"]
        store.close()
        await api.close()

    asyncio.run(main())


@pytest.mark.rule("R14", "R17")
def test_a_client_that_records_locally_is_told_through_its_stream(play):
    async def story(world):
        await world.open(Account("business"), Choice(True, "local"))
        commands = []

        async def listen(client):
            async for command in world.local.commands(world.meeting, client):
                commands.append(command.command)

        host = world.client(world.token("alice"))
        await host.join()
        await until(lambda: world.id_of(host))
        listening = asyncio.create_task(listen(world.id_of(host)))
        await until(lambda: commands == ["start"])
        await world.send(Pause, host)
        await until(lambda: commands == ["start", "pause"])
        await world.until_delivered()
        assert not await world.records()
        listening.cancel()
        await host.drop()
        await world.until_state("stopped")
        assert (await world.recorder.status(world.meeting)).kind is None

    play(story)


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ([], []),
        ([LOCAL], ["start"]),
        ([LOCAL, PAUSE], ["start", "pause"]),
        ([LOCAL, PAUSE, RESUME], ["start"]),
        ([LOCAL, PAUSE, STOP], []),
    ],
    ids=ascii,
)
def test_a_new_stream_begins_with_what_the_client_should_do_now(told, state):
    async def main():
        clients = CommandStreams()
        half_open = clients.commands("m-1", "alice")
        waiting = asyncio.create_task(anext(half_open))
        await asyncio.sleep(0)
        for command in told:
            await clients.tell("m-1", "alice", command)
        again = clients.commands("m-1", "alice")
        commands = [asyncio.create_task(anext(again))]
        await asyncio.sleep(0)
        await clients.tell("m-1", "alice", STOP)
        while (command := (await commands[-1]).command) != "stop":
            assert command == state[len(commands) - 1]
            commands.append(asyncio.create_task(anext(again)))
        assert len(commands) == len(state) + 1
        waiting.cancel()

    asyncio.run(main())


def test_without_a_stream_a_client_cannot_be_told_to_start():
    async def main():
        clients = CommandStreams()
        with pytest.raises(RecorderError, match="no stream"):
            await clients.tell("m-1", "alice", StartRecorder("local", "alice"))
        await clients.tell("m-1", "alice", STOP)

    asyncio.run(main())
