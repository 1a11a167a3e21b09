"""A promise that does not hold, and the settings of a meeting that shows it."""

from __future__ import annotations

from typing import Any

import attrs

from fsm.recording.plan import MeetingSettings


@attrs.frozen
class Broken:
    """A promise that does not hold.

    Args:
        name: the promise.
        rules: ids of the rules it stands for.
        what: what is wrong.
        opening: the settings of a meeting that shows it; ``None`` where no meeting does.
        events: the shortest way to it.
        begins: where the way begins, in words, if not with the settings of a meeting.
    """

    name: str
    rules: tuple[str, ...]
    what: str
    opening: MeetingSettings | None
    events: tuple[Any, ...] = ()
    begins: str = ""
