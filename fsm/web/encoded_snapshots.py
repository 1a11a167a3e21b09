"""The JSON of snapshots that are read again and again."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from litestar.serialization import encode_json

from fsm.runtime import Snapshot
from fsm.runtime.snapshot import LARGE

_MAX_KEPT: Final = 16


class EncodedSnapshots:
    """Encodes snapshots, and keeps the JSON of the large ones that were read last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[Snapshot, bytes]] = OrderedDict()

    def of(self, snapshot: Snapshot) -> bytes:
        """Returns a snapshot as JSON.

        Args:
            snapshot: the snapshot. The hub gives the same object for a large meeting until the
                meeting changes.
        """
        kept, body = self._kept.get(snapshot.id, (None, b""))
        if kept is not snapshot:
            body = encode_json(snapshot)
            if len(snapshot.present) < LARGE:
                return body
            self._kept[snapshot.id] = snapshot, body
            if len(self._kept) > _MAX_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(snapshot.id)
        return body
