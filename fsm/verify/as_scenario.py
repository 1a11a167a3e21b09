"""A broken promise as a scenario file, which `fsm play` replays and draws."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from fsm.recording.events import Event, Join, Pause, RecorderFailed, Start
from fsm.recording.outcome import Outcome
from fsm.recording.plan import Plan
from fsm.scenario import write
from fsm.verify import plans, readings
from fsm.verify.broken import Broken
from fsm.verify.ledger import Ledger
from fsm.verify.words import in_words

MARK = "# Written by fsm verify, whose next run removes it.\n"
"""The first line of every file, by which a later run knows it."""
EVERY_PART: tuple[Event, ...] = (
    Join("alice", "member", "ios", "3.17"),
    Join("bob", "host", "windows", "3.17"),
    Pause("bob"),
    RecorderFailed(),
    Start("bob", "cloud"),
    RecorderFailed(),
    Start("bob", "local"),
)
"""A meeting in which each part of its plan shows: every two plans answer it differently."""


def scenario(broken: Broken) -> str | None:
    """Return a scenario that expects what the rules say where something else happens.

    Args:
        broken: the promise that does not hold.

    Returns:
        The text of the file; ``None`` where it is not about a meeting.
    """
    opening = broken.opening
    if opening is None:
        return None
    events = broken.events or EVERY_PART
    document = {
        "title": f"Broken: {broken.name}",
        **write.settings_data(opening),
        "events": [*_steps(plans.planned(opening), events)],
    }
    rules = ", ".join(broken.rules) or "none of its own"
    what = " ".join(broken.what.split())  # a comment has one line
    return f"{MARK}# rules: {rules}\n# what is wrong: {what}\n" + yaml.safe_dump(
        document, sort_keys=False, allow_unicode=True
    )


def how_to_see(broken: Broken) -> str:
    """Return in words how to come to see what is wrong.

    Args:
        broken: the promise that does not hold.
    """
    begins = broken.begins
    if broken.opening is not None:
        settings = yaml.safe_dump(
            write.settings_data(broken.opening),
            sort_keys=False, default_flow_style=True, width=float("inf"),
        )  # fmt: skip
        begins = f"a meeting with {settings.strip()}"
    if not begins:
        return "see what it says"
    way = ", ".join(in_words(each) for each in broken.events)
    return f"see it in {begins}" + (f", after: {way}" if way else "")


def _steps(plan: Plan, events: Iterable[Any]) -> Iterator[dict[str, Any]]:
    known = Ledger()
    for event in events:
        wanted = readings.answer(plan, known, event)
        yield {event.trigger: write.fields_data(event), "expect": _expected(wanted)}
        known = known.after(event, wanted)


def _expected(wanted: Outcome) -> dict[str, Any]:
    rule = {"rule": wanted.rules[0]} if wanted.rules else {}
    if wanted.refused is not None:
        return {"refused": wanted.refused, **rule}
    told = [{"command": each.command, **write.fields_data(each)} for each in wanted.recorder]
    return {"refused": None, "state": wanted.state, "recorder": told, **rule}
