"""The files of a recording: listed in order with its pauses, and joined into one that plays."""

from __future__ import annotations

import asyncio
import heapq
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import attrs
import av
from av.container import InputContainer

from fsm.integrations.janus.errors import JanusError
from fsm.integrations.janus.mjr import MjrFile, read_mjr
from fsm.integrations.janus.store import FeedOwner, Segment

_NAME: Final = re.compile(r"videoroom-[0-9]+-user-([0-9]+)-[0-9]+-(?:audio|video|data)-[0-9]+")
_EXTENSIONS: Final = {"audio": "opus", "video": "webm"}
_CODECS: Final = frozenset({"opus", "vp8", "vp9"})
"""The codecs that ``janus-pp-rec`` writes into these files."""


@attrs.frozen
class RecordedSegment:
    """A segment with its files.

    Args:
        segment: the segment.
        files: the files with packets, in the order of their first packets.
    """

    segment: Segment
    files: tuple[MjrFile, ...]

    @property
    def duration(self) -> float:
        """The seconds from the first packet of the segment to the last one."""
        begin = min((each.first for each in self.files), default=0.0)
        return max((each.first + each.duration - begin for each in self.files), default=0.0)


def recorded_segments(segments: Iterable[Segment], recording: int) -> list[RecordedSegment]:
    """Returns the segments of one recording with their files, in order.

    Between two of them the recording was paused or interrupted, as ``reason`` says.

    Args:
        segments: the segments of the meeting.
        recording: the recording, counted from 1.

    Raises:
        MjrError: a file is not a recording of Janus.
    """
    return [
        RecordedSegment(each, tuple(_files(each.folder)))
        for each in segments
        if each.recording == recording
    ]


def _files(folder: Path) -> list[MjrFile]:
    files = [found for path in folder.glob("*.mjr") if (found := read_mjr(path)) is not None]
    return sorted(files, key=lambda each: (each.first, each.path))


def participant_of(file: MjrFile, owners: Iterable[FeedOwner]) -> str:
    """Returns the id of the participant whom a file records.

    Args:
        file: the file.
        owners: the participants by their ids in the room, in order of time.

    Returns:
        The id of the participant in the meeting; the id in the room if it is not known; or the name
        of the file if the client chose that.
    """
    match = _NAME.fullmatch(file.path.stem)
    if match is None:
        return file.path.stem
    feed = int(match[1])
    # Its first packet comes after the participant was admitted, unless that was learned late.
    known = [each for each in owners if each.feed == feed]
    before = [each for each in known if each.since <= file.first]
    return (before[-1:] or known[:1] or [FeedOwner(feed, 0, str(feed))])[0].participant


async def play_file(file: MjrFile, folder: Path) -> Path:
    """Makes a file that players know from a file of Janus, with ``janus-pp-rec``.

    Args:
        file: the file of Janus.
        folder: the folder of the new file.

    Raises:
        JanusError: the program is missing, or fails.
    """
    target = folder / f"{file.path.stem}.{_EXTENSIONS[file.medium]}"
    try:
        process = await asyncio.create_subprocess_exec(
            "janus-pp-rec", "--debug-level=1", str(file.path), str(target),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
    except FileNotFoundError:
        raise JanusError("janus-pp-rec is missing: apt-get install janus-tools") from None
    output, _ = await process.communicate()
    if process.returncode or not target.exists():
        last = output.decode(errors="replace").strip().rpartition("\n")[2]
        raise JanusError(f"janus-pp-rec failed for {file.path.name}: {last}")
    return target


async def join_recording(
    segments: Iterable[RecordedSegment], target: Path, owners: Iterable[FeedOwner] = ()
) -> float:
    """Joins a recording into one Matroska file, and returns its seconds.

    Each participant's sound and pictures are a track of their own, unchanged, so nothing is encoded
    again. Pauses are cut out. A participant who comes back has further tracks.

    Args:
        segments: the segments of the recording with their files.
        target: the file to write; its name ends in ``.mkv``.
        owners: the participants by their ids in the room, who give the tracks their titles.

    Raises:
        JanusError: nothing was recorded, or ``janus-pp-rec`` is missing or fails.
    """
    owners = tuple(owners)
    with tempfile.TemporaryDirectory(prefix="fsm-join-") as name:
        begin = 0.0
        parts: list[tuple[float, str, Path]] = []
        for number, segment in enumerate(segments):
            folder = Path(name) / str(number)
            folder.mkdir()
            first = min((each.first for each in segment.files), default=0.0)
            for each in segment.files:
                if each.codec in _CODECS:
                    path = await play_file(each, folder)
                    track = f"{participant_of(each, owners)} {each.medium}"
                    parts.append((begin + each.first - first, track, path))
            begin += segment.duration
        if not parts:
            raise JanusError("nothing was recorded")
        await asyncio.to_thread(_multiplex, parts, target)
    return begin


def _multiplex(parts: list[tuple[float, str, Path]], target: Path) -> None:
    """Writes the packets of all parts into one file, in the order of their times."""
    inputs = [av.open(str(path)) for _, _, path in parts]
    try:
        with av.open(str(target), "w", format="matroska") as output:
            streams: dict[str, Any] = {}
            for (_, track, _), container in zip(parts, inputs, strict=True):
                if track not in streams:
                    stream = output.add_stream_from_template(container.streams[0])
                    stream.metadata["title"] = track
                    streams[track] = stream
            packets = [
                _packets(container, begin, track)
                for (begin, track, _), container in zip(parts, inputs, strict=True)
            ]
            for _, _, track, packet in heapq.merge(*packets, key=lambda each: each[:2]):
                packet.stream = streams[track]
                output.mux(packet)
    finally:
        for container in inputs:
            container.close()


def _packets(
    container: InputContainer, begin: float, track: str
) -> Iterator[tuple[float, int, str, Any]]:
    """Yields the packets of one part with their times in the joined file."""
    for number, packet in enumerate(container.demux()):
        if packet.dts is None or packet.time_base is None:
            continue  # the end of the file
        shift = round(begin / packet.time_base)
        packet.dts += shift
        if packet.pts is not None:
            packet.pts += shift
        yield float(packet.dts * packet.time_base), number, track, packet
