"""The container of Janus' recordings, ``.mjr``: RTP packets as they came, with the time of each."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import attrs

_START: Final = b"MJR00002"
_PACKET: Final = struct.Struct(">4sIH")
_PACKET_START: Final = b"MEET"
_MEDIA: Final = {"a": "audio", "v": "video", "d": "data"}
Medium = Literal["audio", "video", "data"]


class MjrError(ValueError):
    """A file is not a recording of Janus."""


@attrs.frozen
class MjrFile:
    """One recorded stream of one participant.

    Args:
        path: the file.
        medium: the medium.
        codec: the codec, such as ``opus``.
        created: the time when the file was created, in seconds since 1970.
        first: the time of the first packet, in seconds since 1970.
        times: the time of each packet after the first one, in milliseconds.
    """

    path: Path
    medium: Medium
    codec: str
    created: float
    first: float
    times: tuple[int, ...]

    @property
    def packets(self) -> int:
        """The number of packets."""
        return len(self.times)

    @property
    def duration(self) -> float:
        """The seconds from the first packet to the last."""
        return self.times[-1] / 1_000 if self.times else 0.0


def read_mjr(path: Path) -> MjrFile | None:
    """Reads a file; ``None`` if it has no packet yet.

    Janus writes through a buffer. So a file that is being written may end within a packet, and so
    does the file of a Janus that was killed; the packets before are good.

    Raises:
        MjrError: the file is not a recording of Janus.
        OSError: it cannot be read.
    """
    content = path.read_bytes()
    if len(content) < len(_START) + 2:
        return None
    if not content.startswith(_START):
        raise MjrError(f"{path} is not a recording of Janus")
    begin = len(_START) + 2
    end = begin + int.from_bytes(content[begin - 2 : begin])
    if len(content) < end:
        return None
    try:
        header = json.loads(content[begin:end])
        medium: Medium = _MEDIA[header["t"]]  # type: ignore[assignment]
        codec, created, first = header["c"], header["s"] / 1e6, header["u"] / 1e6
    except (ValueError, KeyError, TypeError) as error:
        raise MjrError(f"{path} has a header that is not readable: {error}") from None
    times = tuple(_times(path, content, end))
    return MjrFile(path, medium, codec, created, first, times) if times else None


def _times(path: Path, content: bytes, position: int) -> Iterator[int]:
    while position + _PACKET.size <= len(content):
        start, time, length = _PACKET.unpack_from(content, position)
        if start != _PACKET_START:
            raise MjrError(f"{path} has no packet at byte {position}")
        position += _PACKET.size + length
        if position <= len(content):
            yield time
