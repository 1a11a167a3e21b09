import asyncio
from pathlib import Path

import pytest

from fsm.integrations.janus import JanusError, RecordingStore, Segment
from fsm.integrations.janus.files import participant_of, play_file, recorded_segments
from fsm.integrations.janus.mjr import MjrFile
from fsm.integrations.janus.store import FeedOwner
from fsm.runtime import RecorderStatus

from .test_mjr import HEADER, container

NAME = "videoroom-1-user-7-1795832241055713-audio-0"


def recorded(stem=NAME, first=100.0):
    return MjrFile(Path(f"{stem}.mjr"), "audio", "opus", first, first, (0,))


def test_a_file_belongs_to_the_owner_of_its_id_at_its_time():
    owners = [FeedOwner(7, 10, "alice"), FeedOwner(8, 50, "bob"), FeedOwner(7, 90, "carol")]
    assert participant_of(recorded(first=20), owners) == "alice"
    assert participant_of(recorded(first=95), owners) == "carol"
    assert participant_of(recorded(first=5), owners) == "alice"  # learned late
    assert participant_of(recorded(), []) == "7"
    assert participant_of(recorded(stem="chosen-audio-0"), owners) == "chosen-audio-0"


def test_segments_are_listed_with_files_in_the_order_of_their_first_packets(tmp_path):
    for name, begin in (("b", 2_000_000), ("a", 1_000_000)):
        header = {**HEADER, "u": begin}
        (tmp_path / f"{name}.mjr").write_bytes(container([(0, b"x"), (500, b"x")], header))
    (tmp_path / "empty.mjr").write_bytes(b"")
    segments = [
        Segment(1, 1, tmp_path, 0, 1, "paused"),
        Segment(1, 2, tmp_path / "missing", 1, None, None),
        Segment(2, 1, tmp_path, 0, 1, "stopped"),
    ]
    first, second = recorded_segments(segments, 1)
    assert [each.path.stem for each in first.files] == ["a", "b"]
    assert first.duration == 1.5
    assert (second.files, second.duration) == ((), 0.0)


def test_a_file_that_janus_pp_rec_cannot_read_is_an_error(janus, tmp_path):
    path = tmp_path / f"{NAME}.mjr"
    path.write_bytes(b"something else")
    with pytest.raises(JanusError, match="janus-pp-rec failed"):
        asyncio.run(play_file(MjrFile(path, "audio", "opus", 1, 1, (0,)), tmp_path))


def test_a_missing_janus_pp_rec_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(JanusError, match="apt-get install janus-tools"):
        asyncio.run(play_file(recorded(), tmp_path))


def test_the_store_keeps_everything_across_a_restart(tmp_path):
    clock = iter(range(1, 100)).__next__

    async def fill():
        store = RecordingStore(tmp_path / "recordings.db", clock)
        await store.begin("m-1", 1, Path("/r"))
        await store.set("m-1", RecorderStatus(1, "cloud"))
        await store.set("m-1", RecorderStatus(2, "cloud", paused=True), "paused")
        await store.begin("m-1", 1, Path("/r"))
        await store.admitted("m-1", 7, "alice")
        store.close()

    async def read():
        store = RecordingStore(tmp_path / "recordings.db", clock)
        await store.begin("m-1", 1, Path("/r"))
        found = await store.status("m-1"), await store.segments("m-1"), await store.owners("m-1")
        unknown = await store.status("m-2"), await store.segments("m-2"), await store.owners("m-2")
        store.close()
        assert unknown == (RecorderStatus(), [], [])
        return found

    asyncio.run(fill())
    status, segments, owners = asyncio.run(read())
    assert status == RecorderStatus(2, "cloud", paused=True)
    assert [(each.number, each.reason) for each in segments] == [
        (1, "paused"), (2, "interrupted"), (3, None),
    ]  # fmt: skip
    assert [str(each.folder) for each in segments] == [
        f"/r/recording-1/segment-{number}" for number in (1, 2, 3)
    ]
    assert [(each.feed, each.participant) for each in owners] == [(7, "alice")]
