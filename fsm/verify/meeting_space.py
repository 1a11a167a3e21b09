"""The state space of the recording machine: events, identity of situations, observed steps.

Situations that differ only in the names of participants, or in platforms of one class, are one. The
exact platform of a host is part of a situation only while at most two participants are present. The
client's version matters only when it joins. Of a timer it matters whether it runs; an earlier
setting, whose firing is stale, is part of a situation only with at most one participant present.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from functools import cache, partial
from itertools import chain, product
from operator import attrgetter
from typing import Any, get_args

import attrs

from fsm.engine import Row, Table
from fsm.engine.state_space import ExploredStep, StateSpace
from fsm.engine.variants import ask
from fsm.recording.events import EVENTS, End, Event, Join, TimeUp, events_with
from fsm.recording.machine import RowOutcome, outcome_of
from fsm.recording.meeting import Meeting
from fsm.recording.model import Participant, RecordingModel
from fsm.recording.outcome import Outcome, StopRecorder
from fsm.recording.plan import Plan
from fsm.recording.timers import TimerState
from fsm.recording.vocabulary import KINDS, TIMERS, Platform, Role, Timer, check_complete
from fsm.verify.invariants import INVARIANTS, ObservedStep
from fsm.verify.plan_rules import KINDS_WITH_SUB_OPTIONS, needs_hosts
from fsm.verify.reference_model import (
    NEVER_SET,
    ReferenceModel,
    ReferenceParticipant,
    ReferenceTimer,
)
from fsm.verify.stop_table import Ending

ROLES: tuple[Role, ...] = get_args(Role)
CLASS_OF: dict[Platform, Platform] = {
    "windows": "windows", "macos": "windows",
    "ios": "ios", "android": "ios",
    "web": "web", "linux": "web", "phone": "web", "room": "web", "other": "web",
}  # fmt: skip
"""The representative of each platform's class: desktop, phone, no automatic recording."""
check_complete(
    CLASS_OF, get_args(Platform), "CLASS_OF in fsm/verify/meeting_space.py", "its representative"
)
VERSIONS = ("3.17", "3.16")
"""The first version that supports automatic recording, and the last that does not."""
MORE_VERSIONS: tuple[str | None, ...] = (
    None, "WeMeet/3.1", "3.9", "3.100", "3.17.0", "4",
    "v3.16", "V. 2", " 3.16", "3,16,", "3_16-beta", "version 3.16 (build 4)", "3.17beta",
)  # fmt: skip
"""No version, an unreadable one, versions that compare correctly only as numbers, and versions with
text before or after the numbers."""
_JoinKind = tuple[Role, Platform, str | None]
CLASSES: tuple[Platform, ...] = tuple(dict.fromkeys(CLASS_OF.values()))
JOINS: tuple[_JoinKind, ...] = tuple(product(ROLES, CLASSES, VERSIONS))
"""The kinds of joins that the rules distinguish: role, platform, version."""
MORE_JOINS: tuple[_JoinKind, ...] = (
    *product(ROLES, [platform for platform in CLASS_OF if platform not in CLASSES], VERSIONS[:1]),
    *product(ROLES, CLASSES[:1], MORE_VERSIONS),
)
"""The kinds of joins that should be like one of :data:`JOINS`."""
_ALL_JOINS = *JOINS, *MORE_JOINS
_NO_JOINS: tuple[_JoinKind, ...] = ()
MAX_PARTICIPANTS = 6
"""The maximum number of participants that can be explored."""
NAMES = ("alice", "bob", "carol", "dave", "erin", "frank", "grace")
"""One name more than the maximum, for a participant who is absent."""


def meeting_events(
    model: RecordingModel, _: ReferenceModel, participants: int
) -> Iterator[tuple[str, Event]]:
    """Returns every event to try next, including those that should be refused.

    Args:
        model: the meeting's model.
        participants: the maximum number of participants.
    """
    # Few combinations occur and they recur often, so their events are created once.
    present = tuple(model.present)
    if len(present) >= participants:
        joins = _NO_JOINS
    elif model.ended:
        joins = JOINS[:1]
    else:
        joins = JOINS if len(present) > 1 else _ALL_JOINS
    return chain(_events(present, joins), _firings(tuple(model.timers.items()), _is_small(model)))


@cache
def _firings(
    timers: tuple[tuple[Timer, TimerState], ...], is_small: bool
) -> tuple[tuple[str, Event], ...]:
    """Returns firings of every timer: of a setting to come, the running one, and an earlier one.

    Args:
        timers: the timers that were ever set.
        is_small: whether earlier settings are part of the situation.
    """
    states = dict(timers)
    firings = []
    for timer in TIMERS:
        state = states.get(timer, TimerState())
        earlier = state.set - state.running
        numbers = [state.set + 1]
        numbers += [state.set] if state.running else []
        numbers += [earlier] if is_small and earlier else []
        firings += [(TimeUp.trigger, TimeUp(timer, number)) for number in numbers]
    return tuple(firings)


def _is_small(model: RecordingModel) -> bool:
    """Returns whether earlier settings of timers are part of the situation."""
    return len(model.present) <= 1 and not model.ended


@cache
def _events(
    present: tuple[str, ...], joins: tuple[_JoinKind, ...]
) -> tuple[tuple[str, Event], ...]:
    absent = next((name for name in NAMES if name not in present), "nobody")
    events: list[Event] = [End(), *(Join(absent, *kind) for kind in joins)]
    if present:
        events.append(Join(present[0], "host", "windows", VERSIONS[0]))
    names = absent, *present
    for kind in EVENTS:
        if kind not in (Join, TimeUp):
            events += events_with(kind, id=names, by=names, role=ROLES, kind=KINDS, detail=(None,))
    return tuple((event.trigger, event) for event in events)


check_complete(
    {"id", "by", "role", "kind", "detail"},
    (f.name for kind in EVENTS if kind not in (Join, TimeUp) for f in attrs.fields(kind)),
    "_events in fsm/verify/meeting_space.py", "the values of the field",
)  # fmt: skip


def copy_model(model: RecordingModel) -> RecordingModel:
    """Copies a model."""
    return RecordingModel(*_field_values_of(model))


def _field_values_of(model: RecordingModel) -> tuple[Any, ...]:
    return (
        model.plan, model.state, model.present, model.hosts, model.kind, model.client,
        model.ended, model.timers,
    )  # fmt: skip


def situation_key(model: RecordingModel, reference: ReferenceModel) -> Hashable:
    """Returns the identity of a situation, independent of the participants' names."""
    observed = {person.id: person for person in reference.present}
    few = len(model.present) <= 2 and not model.ended
    people = sorted(
        (
            person.role,
            person.platform if few and person.role == "host" else CLASS_OF[person.platform],
            name == model.client,
            name == reference.client,
            name in observed and _agree(person, observed[name]),
        )
        for name, person in model.present.items()
    )
    # The explorer itself tells the variants of a shared plan apart.
    plan = model.plan if type(model.plan) is Plan else None
    return (
        plan,
        model.state,
        model.hosts,
        model.kind,
        model.client is None,
        model.ended,
        len(reference.present),
        reference.runs,
        reference.client is None,
        reference.paused,
        reference.automatic,
        reference.started,
        reference.ended,
        tuple(people),
        _timers_key(model, reference),
    )


def _timers_key(model: RecordingModel, reference: ReferenceModel) -> Hashable:
    """Returns the identity of the timers of a situation.

    The number of settings is left out, since it grows without end.
    """
    if not model.timers and not reference.has_set_timers:
        return _NEVER_SET_KEY
    is_small = _is_small(model)
    return tuple(
        _timer_key(model.timers.get(name, TimerState()), reference.timer(name), is_small)
        for name in TIMERS
    )


def _timer_key(state: TimerState, timer: ReferenceTimer, is_small: bool) -> tuple[bool, ...]:
    has_earlier_setting = is_small and state.set > state.running
    return state.running, timer.running, state.set == timer.settings, has_earlier_setting


_NEVER_SET_KEY = tuple(_timer_key(TimerState(), NEVER_SET, True) for _ in TIMERS)


def _agree(person: Participant, observed: ReferenceParticipant) -> bool:
    return (person.role, person.platform) == (observed.role, observed.platform)


@attrs.frozen
class _BoundCell:
    """The cell by which a meeting decides; two are equal if every decision is.

    Args:
        content: all that deciding and taking a row reads.
        plan: a plan whose bound table has this cell.
    """

    content: Hashable
    plan: Plan = attrs.field(eq=False)


@cache
def _bound_cell(trigger: str, state: str) -> Callable[[Plan], _BoundCell]:
    """Returns the function that finds the cell of a trigger and a state under a plan."""

    def find(plan: Plan) -> _BoundCell:
        table: Table = Meeting(plan)._decide.__self__  # type: ignore[attr-defined]
        cell = table.cells[trigger][state]
        rows = tuple(
            (row.compiled_guards, row.before, row.target, row.value, row.after, row.info)
            for row in cell.rows
        )
        return _BoundCell((cell.compiled_preconditions, rows, cell.default_refusal), plan)

    return find


def _meeting_like(model: RecordingModel, event: Event) -> Meeting:
    """Returns a meeting in the situation of a model, to be asked about one event.

    It decides by the bound table of its plan. If the plan is shared, only plans whose bound tables
    have the same cell for the event stay in the group, and the guards ask the shared plan.
    """
    cell: _BoundCell = ask(model.plan, _bound_cell(event.trigger, model.state))
    meeting = Meeting(cell.plan, *_field_values_of(model)[1:])
    meeting.plan = model.plan
    return meeting


def observe_step(step: ExploredStep[RecordingModel]) -> ObservedStep:
    """Returns an explored step as the invariants see it."""
    before, event = step.before, step.event
    outcome = outcome_of(step.decision, step.after, event, before.timers)
    reference: ReferenceModel = step.memory
    after = reference.after(event, outcome)
    meeting_outcome: Outcome | Exception
    meeting = before
    try:
        meeting = _meeting_like(before, event)
        meeting_outcome = meeting.handle(event)
    except Exception as error:  # the complete table did answer
        meeting_outcome = error
    return ObservedStep(
        before.plan, reference, event, outcome, after, step.after, meeting_outcome, meeting
    )


def meeting_space(participants: int) -> StateSpace[RecordingModel]:
    """Returns the state space of the recording machine.

    Args:
        participants: the maximum number of participants.
    """
    events: Callable[[RecordingModel, Any], Iterator[tuple[str, Event]]] = partial(
        meeting_events, participants=participants
    )
    return StateSpace(
        events, copy_model, situation_key, observe_step, attrgetter("after"), tuple(INVARIANTS),
        _ending, _declared,
    )  # fmt: skip


def max_situations(participants: int) -> int:
    """Returns the limit of an exploration: about nine times the situations of all plans together.

    Args:
        participants: the maximum number of participants.
    """
    return int(1_000 * 3**participants)


def _ending(step: ObservedStep) -> Ending | None:
    """Returns the ending of an automatically started cloud recording, for the stop table."""
    if not step.before.automatic or step.before.runs not in KINDS_WITH_SUB_OPTIONS:
        return None
    if not isinstance(step.command, StopRecorder):
        return None
    return needs_hosts(step.plan), step.plan.host_may_pause, step.command.reason


def _declared(row: Row) -> Hashable:
    info: RowOutcome = row.info
    return info.row
