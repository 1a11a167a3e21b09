"""The messages of live streams, encoded once for all of them, and when they are written."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from litestar.serialization import encode_json

from fsm.runtime import JournalEntry
from fsm.web.schemas import EntryResponse

_MAX_MESSAGES = 4096
_MAX_CHUNKS = 64
_SPACING = 0.0005
"""The seconds between two writes of all open streams together.

After a write a stream waits for its next turn, and then writes all entries that have come.
"""
_TOGETHER = 20
"""The number of streams that have one turn: a wait of its own for each write costs more."""
_LATE = 500
"""The milliseconds after which an entry reaches a stream too late."""
_REST = 0.001
"""The seconds that an event of a meeting whose streams are late waits for its answer."""
_FORGOTTEN_AFTER = 1.0
"""The seconds for which a late entry counts."""


class StreamMessages:
    """Encoder that remembers the messages of the last entries, and the chunks of them.

    Streams of one meeting mostly write the same entries at the same time.
    """

    def __init__(self) -> None:
        # By the identity of entries, since their hashes take long. The entries are kept as well,
        # so that no others can have their identities.
        self._messages: dict[int, tuple[JournalEntry, bytes]] = {}
        self._chunks: dict[tuple[int, int], tuple[Sequence[JournalEntry], bytes]] = {}

    def encode(self, entries: Sequence[JournalEntry]) -> bytes:
        """Returns the messages of consecutive entries, as server-sent events."""
        ends = id(entries[0]), id(entries[-1])
        known = self._chunks.get(ends)
        if known is None:
            if len(self._chunks) >= _MAX_CHUNKS:
                del self._chunks[next(iter(self._chunks))]
            chunk = b"".join(map(self._message, entries))
            known = self._chunks[ends] = entries, chunk
        return known[1]

    def _message(self, entry: JournalEntry) -> bytes:
        known = self._messages.get(id(entry))
        if known is None:
            if len(self._messages) >= _MAX_MESSAGES:
                self._messages.clear()
            data = encode_json(EntryResponse.of(entry))
            message = f"id: {entry.seq}\ndata: ".encode() + data + b"\n\n"
            known = self._messages[id(entry)] = entry, message
        return known[1]


class StreamTurns:
    """The turns of all open streams to write, one after another.

    Turns of their own keep streams that were woken together from writing together ever after, with
    a pause for everything else each time.
    """

    def __init__(self) -> None:
        self._next = 0.0
        self._left = 0

    async def wait(self) -> None:
        """Waits for the next turn; there is no wait if no other stream has written lately."""
        now = asyncio.get_running_loop().time()
        if self._left == 0:
            self._next = max(now, self._next + _TOGETHER * _SPACING)
            self._left = _TOGETHER
        self._left -= 1
        await asyncio.sleep(max(0.0, self._next - now))


class StreamBackpressure:
    """Slows a meeting down whose live streams are late.

    Each event goes to every stream of its meeting. Where hundreds of them get hundreds of events a
    second, they would fall further and further behind.
    """

    def __init__(self) -> None:
        # The time of the last late entry, by meeting.
        self._late: dict[str, float] = {}

    def note(self, meeting: str, at: int) -> None:
        """Notes that an entry is written to a stream.

        Args:
            meeting: the id of its meeting.
            at: its time, in milliseconds since 1970.
        """
        if time.time() * 1000 - at > _LATE:
            self._late[meeting] = asyncio.get_running_loop().time()
        else:
            self.forget(meeting)

    def forget(self, meeting: str) -> None:
        """Forgets that streams of a meeting were late."""
        self._late.pop(meeting, None)

    async def wait(self, meeting: str) -> None:
        """Waits before an event of a meeting is answered, if streams of it are late."""
        late = self._late.get(meeting)
        if late is not None and asyncio.get_running_loop().time() - late < _FORGOTTEN_AFTER:
            await asyncio.sleep(_REST)
