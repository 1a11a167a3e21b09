"""The messages of live streams, encoded once for all streams."""

from __future__ import annotations

from collections.abc import Sequence

from litestar.serialization import encode_json

from fsm.runtime import JournalEntry
from fsm.web.schemas import EntryResponse

_MAX_MESSAGES = 4096
_MAX_CHUNKS = 64


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
