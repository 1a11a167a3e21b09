"""The recording machine's side of an exploration: plans, people, events, and what to judge.

Situations that differ only in the names of participants, or in platforms of one class, are
one. Only where a host has at most one other beside it is every platform told apart. The
client's version is asked at the join and never again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from functools import cache, partial
from itertools import product
from operator import attrgetter
from typing import Any, get_args

from fsm.engine import Row
from fsm.engine.explore import ExploredStep, Property, StateSpace
from fsm.recording.events import (
    ChangeRole,
    End,
    Event,
    Join,
    Leave,
    Pause,
    RecorderFailed,
    Resume,
    Start,
    Stop,
)
from fsm.recording.machine import RowOutcome, outcome_of
from fsm.recording.meeting import Meeting
from fsm.recording.model import Participant, RecordingModel
from fsm.recording.outcome import Outcome, StopRecorder
from fsm.recording.vocabulary import KINDS, Platform, Role
from fsm.verify.ledger import Attendee, Ledger
from fsm.verify.promises import PROMISES, Judged
from fsm.verify.stop_table import Ending

ROLES: tuple[Role, ...] = get_args(Role)
ALIKE: dict[Platform, Platform] = {
    "windows": "windows", "macos": "windows",
    "ios": "ios", "android": "ios",
    "web": "web", "linux": "web", "phone": "web", "room": "web",
}  # fmt: skip
"""For each platform the one that stands for its class: a desktop, a phone, and one without
automatic recording."""
VERSIONS = ("3.17", "3.16")
"""The first version with automatic recording, and the last one without."""
MORE_VERSIONS: tuple[str | None, ...] = (
    None, "x", "3.9", "3.100", "3.17.0", "4",
    "v3.16", "V2", " 3.16", "3.16.", "3.16-beta", "3.16 (build 4)", "v3.17-beta",
)  # fmt: skip
"""No version, one that cannot be read, those that are only right as numbers, and those in
which something stands before or behind the numbers."""
_Way = tuple[Role, Platform, str | None]
CLASSES: tuple[Platform, ...] = tuple(dict.fromkeys(ALIKE.values()))
JOINS: tuple[_Way, ...] = tuple(product(ROLES, CLASSES, VERSIONS))
"""Every way to join that a rule tells from the others: role, platform, version."""
MORE_JOINS: tuple[_Way, ...] = (
    *product(ROLES, [each for each in ALIKE if each not in CLASSES], VERSIONS[:1]),
    *product(ROLES, CLASSES[:1], MORE_VERSIONS),
)
"""Those that should be like another one."""
MOST = 6
"""The most participants there are names for."""
NAMES = ("alice", "bob", "carol", "dave", "erin", "frank", "grace")
"""One more than may be there, for the one who is not."""


def events(situation: RecordingModel, _: Ledger, participants: int) -> Iterator[tuple[str, Event]]:
    """Yield every event that may happen next, and those that must be refused.

    Args:
        situation: where the meeting is.
        participants: how many may be there at once.
    """
    # The same few events again and again: they are made once.
    present = tuple(situation.present)
    if len(present) >= participants:
        return iter(_events(present, ()))
    if situation.ended:
        return iter(_events(present, JOINS[:1]))
    return iter(_events(present, JOINS if len(present) > 1 else (*JOINS, *MORE_JOINS)))


@cache
def _events(present: tuple[str, ...], ways: tuple[_Way, ...]) -> tuple[tuple[str, Event], ...]:
    absent = next((each for each in NAMES if each not in present), "nobody")
    tried: list[Event] = [End(), End(absent), RecorderFailed(), Leave(absent)]
    tried += [Join(absent, *way) for way in ways]
    if present:
        tried.append(Join(present[0], "host", "windows", VERSIONS[0]))
    for name in (*present, absent):
        tried += [Pause(name), Resume(name), Stop(name), *(Start(name, kind) for kind in KINDS)]
        tried += [ChangeRole(name, role) for role in ROLES]
    for name in present:
        tried += [Leave(name), End(name)]
    return tuple((event.trigger, event) for event in tried)


def copy(situation: RecordingModel) -> RecordingModel:
    """Copy a situation so that the copy can be changed."""
    return RecordingModel(*_parts(situation))


def _parts(of: RecordingModel) -> tuple[Any, ...]:
    return of.plan, of.state, dict(of.present), of.hosts, of.kind, of.client, of.ended


def key(situation: RecordingModel, known: Ledger) -> Hashable:
    """Return what tells situations apart, whoever the participants are."""
    seen = {each.id: each for each in known.present}
    few = len(situation.present) <= 2 and not situation.ended
    people = sorted(
        (
            there.role,
            there.platform if few and there.role == "host" else ALIKE[there.platform],
            name == situation.client,
            name == known.client,
            name in seen and _are_alike(there, seen[name]),
        )
        for name, there in situation.present.items()
    )
    return (
        situation.plan,
        situation.state,
        situation.hosts,
        situation.kind,
        situation.client is None,
        situation.ended,
        len(known.present),
        known.runs,
        known.client is None,
        known.paused,
        known.automatic,
        known.started,
        known.ended,
        tuple(people),
    )


def _are_alike(there: Participant, seen: Attendee) -> bool:
    return (there.role, there.platform) == (seen.role, seen.platform)


def judged(step: ExploredStep[RecordingModel]) -> Judged:
    """Return a step as the promises judge it."""
    before, event = step.before, step.event
    outcome = outcome_of(step.decision, step.after)
    known: Ledger = step.memory
    after = known.after(event, outcome)
    answered: Outcome | Exception
    meeting = before
    try:
        meeting = Meeting(*_parts(before))
        answered = meeting.handle(event)
    except Exception as error:  # the table did answer
        answered = error
    return Judged(before.plan, known, event, outcome, after, step.after, answered, meeting)


def world(participants: int) -> StateSpace[RecordingModel]:
    """Return the world of the recording machine.

    Args:
        participants: how many may be there at once.
    """
    happening: Callable[[RecordingModel, Any], Iterator[tuple[str, Event]]] = partial(
        events, participants=participants
    )
    properties = tuple(Property(each.name, each.rules, each.broken) for each in PROMISES)
    return StateSpace(happening, copy, key, judged, attrgetter("after"), properties, _ending, _declared)


def limit(participants: int) -> int:
    """Return the number of situations that no plan comes near: some ten times as many.

    Args:
        participants: how many may be there at once.
    """
    return int(1_000 * 3**participants)


def _ending(step: Judged) -> Ending | None:
    """Return how a cloud recording that started by itself stops, for the stop table."""
    if not (step.before.automatic and step.before.runs == "cloud"):
        return None
    if not isinstance(step.command, StopRecorder):
        return None
    return step.plan.started_by, step.plan.host_may_pause, step.command.reason


def _declared(row: Row) -> Hashable:
    answer: RowOutcome = row.info
    return answer.row
