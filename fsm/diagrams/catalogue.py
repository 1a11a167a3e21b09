"""The catalogue: the diagrams of the project, by name."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import product
from typing import Any, assert_never, get_args

import attrs

from fsm.diagrams.build import (
    BuildOptions,
    Cells,
    build_nodes,
    build_preconditions,
    build_transitions,
    omitted_guards,
)
from fsm.diagrams.model import Diagram, StateTone
from fsm.diagrams.translation import CHINESE
from fsm.engine import Row
from fsm.engine.explore import explore
from fsm.engine.state_space import StateSpace
from fsm.recording.aliases import meant_name
from fsm.recording.console import POLICY
from fsm.recording.events import EVENTS, End, Event, events_with
from fsm.recording.machine import RECORDING
from fsm.recording.model import RecordingModel
from fsm.recording.outcome import (
    Command,
    PauseRecorder,
    ResumeRecorder,
    StartRecorder,
    StopRecorder,
)
from fsm.recording.plan import STARTER_WORDS, Plan
from fsm.recording.policy_table import STATUSES
from fsm.recording.table import STATES
from fsm.recording.vocabulary import (
    AUTO_PLATFORMS,
    DESKTOPS,
    KINDS,
    Kind,
    Platform,
    PolicyStatus,
    Role,
    Starter,
    State,
    check_complete,
)

_RECORDING_TONES: dict[str, StateTone] = {
    "idle": "waiting",
    "recording": "on",
    "paused": "held",
    "stopped": "off",
}
_POLICY_TONES: dict[str, StateTone] = {
    "free": "waiting",
    "default_on": "ready",
    "locked_on": "on",
    "off": "off",
}
check_complete(
    _RECORDING_TONES, get_args(State), "_RECORDING_TONES in fsm/diagrams/catalogue.py", "its tone"
)
check_complete(
    _POLICY_TONES, get_args(PolicyStatus), "_POLICY_TONES in fsm/diagrams/catalogue.py", "its tone"
)
# These preconditions only say that an event makes sense, or that the admin may use the
# console at all. Repeated in every label they would hide the guards that differ.
_IMPLIED = frozenset(
    {"meeting_ended", "already_present", "not_present", "no_console", "not_permitted"}
)


# Two participants reach every row, because no guard counts further than "the last participant".
_PARTICIPANTS = ("a", "b")
_PLATFORMS = tuple(
    {(each in DESKTOPS, each in AUTO_PLATFORMS): each for each in get_args(Platform)}.values()
)
"""One platform of each class."""


def _read_recording(row: Row) -> tuple[tuple[str, ...], tuple[str, ...]]:
    rules = row.info.row.rules
    for command in row.info.outcome.recorder:
        return _command_labels(command), rules
    return (), rules


def _command_labels(command: Command) -> tuple[str, ...]:
    match command:
        case StopRecorder():
            return command.command, command.reason
        case StartRecorder() | PauseRecorder() | ResumeRecorder():
            return (command.command,)
        case _:
            assert_never(command)


def _read_policy(row: Row) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return (), row.info.rules


_RECORDING_OPTIONS = BuildOptions(
    _read_recording, _RECORDING_TONES, _IMPLIED, manual=frozenset({"start"})
)
_POLICY_OPTIONS = BuildOptions(_read_policy, _POLICY_TONES, _IMPLIED)


@attrs.frozen
class DiagramSpec:
    """The specification of one diagram of the catalogue.

    Args:
        circumstances: the labels of the circumstances under which it holds.
        caption: one sentence about it, for the gallery.
        plan: the plan that the machine is bound to; ``None`` shows the whole machine.
        policy: whether it shows the machine of the policy status.
    """

    circumstances: tuple[str, ...]
    caption: str
    plan: Plan | None = None
    policy: bool = False

    @property
    def shows_both_kinds(self) -> bool:
        """True if it shows a kind that starts automatically and one that is started by hand."""
        return self.plan is not None and self.plan.kind is not None


def diagram_name(plan: Plan) -> str:
    """Returns the name of the diagram that shows the machine under a plan.

    >>> diagram_name(Plan("cloud", "anyone", host_may_pause=False))
    'recording-cloud-anyone-no-pause'
    """
    match plan.kind:
        case None:
            return "recording-by-hand"
        case "local":
            return "recording-local"
        case "cloud":
            return f"recording-cloud-{plan.started_by}{'' if plan.host_may_pause else '-no-pause'}"
        case _:
            assert_never(plan.kind)


def _plans(kind: Kind | None) -> tuple[Plan, ...]:
    """Returns the plans of a kind that have diagrams of their own."""
    match kind:
        case None:
            return (Plan(),)
        case "local":
            return (Plan("local"),)
        case "cloud":
            starters: tuple[Starter, ...] = get_args(Starter)
            return tuple(Plan("cloud", *each) for each in product(starters, (True, False)))
        case _:
            assert_never(kind)


def _plan_spec(plan: Plan) -> DiagramSpec:
    """Returns the specification of the diagram that shows the machine under a plan."""
    match plan.kind:
        case None:
            return DiagramSpec(
                ("nothing starts by itself",),
                "No auto-recording: a host starts it by hand, to the cloud or locally.",
                plan,
            )
        case "local":
            return DiagramSpec(
                ("local", "a host's join from a desktop starts it"),
                "Recorded on the desktop of the first host who joins from one.",
                plan,
            )
        case "cloud":
            starter = STARTER_WORDS[plan.started_by]
            permission = "a host may pause" if plan.host_may_pause else "no host may pause"
            conjunction = "and" if plan.host_may_pause else "or"
            return DiagramSpec(
                ("cloud", f"{starter}'s join starts it", permission),
                f"Recorded to the cloud from the first join of {starter}; "
                f"{permission} {conjunction} stop it.",
                plan,
            )
        case _:
            assert_never(plan.kind)


CATALOGUE: dict[str, DiagramSpec] = {
    "policy": DiagramSpec(
        ("what the console lets a booking do",),
        "The policy status of an account, and how an admin's changes in the console move it.",
        policy=True,
    ),
    "recording": DiagramSpec(
        ("every plan",),
        "The whole recording machine, with the guards that depend on the meeting's plan.",
    ),
    **{diagram_name(plan): _plan_spec(plan) for kind in (*KINDS, None) for plan in _plans(kind)},
}
DIAGRAM_NAMES: tuple[str, ...] = tuple(CATALOGUE)
check_complete(
    CHINESE,
    (
        *(
            guard.label
            for machine in (RECORDING, POLICY)
            for cell in machine.table
            for guards in (cell.preconditions, *(row.guards for row in cell.rows))
            for guard in guards
        ),
        *(label for spec in CATALOGUE.values() for label in spec.circumstances),
    ),
    "CHINESE in fsm/diagrams/translation.py",
    "its translation",
)


def diagram(name: str) -> Diagram:
    """Returns a diagram of the catalogue.

    Args:
        name: one of :data:`DIAGRAM_NAMES`.

    Raises:
        ValueError: there is no such diagram.

    >>> [node.name for node in diagram("recording").nodes]
    ['idle', 'recording', 'paused', 'stopped']
    """
    if name not in CATALOGUE:
        near = meant_name(name, DIAGRAM_NAMES)
        hint = f"did you mean '{near}'?" if near else f"there are {', '.join(DIAGRAM_NAMES)}"
        raise ValueError(f"there is no diagram '{name}' ({hint})")
    spec = CATALOGUE[name]
    if spec.policy:
        cells, initial, options = tuple(POLICY.table), str(STATUSES[0]), _POLICY_OPTIONS
    else:
        cells, initial, options = _recording_cells(spec.plan), str(STATES[0]), _RECORDING_OPTIONS
    return Diagram(
        name=name,
        nodes=build_nodes(cells, initial, options),
        transitions=build_transitions(cells, options),
        preconditions=build_preconditions(cells),
        machine=POLICY.title if spec.policy else RECORDING.title,
        title="Policy status" if spec.policy else "Meeting recording",
        circumstances=spec.circumstances,
        omitted_guards=omitted_guards(cells, options),
        shows_both_kinds=spec.shows_both_kinds,
    )


def _recording_cells(plan: Plan | None) -> Cells:
    if plan is None:
        return tuple(RECORDING.table)
    reachable = reachable_rows(plan)
    return tuple(
        attrs.evolve(cell, rows=tuple(row for row in cell.rows if row.definition in reachable))
        for cell in RECORDING.table.bind(RecordingModel(plan))
    )


def reachable_rows(plan: Plan, participants: tuple[str, ...] = _PARTICIPANTS) -> frozenset[Any]:
    """Returns the definitions of all rows that some meeting under a plan takes.

    Binding the guards that depend on the plan is not enough: where a host may not pause, a
    cloud recording is never paused, so no row of a paused cloud recording is reachable
    either. That follows from the machine as a whole, so the machine is explored.

    Args:
        plan: the plan of the meetings.
        participants: the ids of the participants who may join.
    """
    events = [(event.trigger, event) for event in _events(participants)]
    space: StateSpace[RecordingModel] = StateSpace(
        events=lambda model, memory: events,
        copy=lambda model: attrs.evolve(model, present=dict(model.present)),
        key=_identity,
    )
    found = explore(RECORDING.table, [(RecordingModel(plan), None)], space)
    return frozenset(row.definition for row in found.taken)


def _events(participants: tuple[str, ...]) -> Iterator[Event]:
    for event in EVENTS:
        yield from events_with(
            event,
            id=participants,
            by=participants,
            role=get_args(Role),
            platform=_PLATFORMS,
            kind=KINDS,
        )
    yield End()


def _identity(model: RecordingModel, _: None) -> Hashable:
    present = frozenset(model.present.values())
    return model.state, model.kind, model.client, model.ended, present
