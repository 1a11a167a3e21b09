"""The exploration that fills the graph: every edge that ``fsm verify`` would judge, kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from fsm.book.graph import (
    CURRENT,
    Answer,
    Edge,
    Graph,
    GraphNode,
    Person,
    PositionedEvent,
    events_for,
)
from fsm.engine import Guard, Row
from fsm.engine.exploration import Exploration
from fsm.engine.explore import explore
from fsm.engine.state_space import ExploredStep, StateSpace
from fsm.engine.variants import Variants
from fsm.recording.events import EVENTS, Event, TimeUp
from fsm.recording.machine import RECORDING, outcome_of
from fsm.recording.model import RecordingModel
from fsm.recording.outcome import Outcome, timers_data
from fsm.recording.plan import Plan
from fsm.recording.timers import TimerState, running
from fsm.recording.why import rules_for_no_more
from fsm.scenario.play import commands_data
from fsm.verify.meeting_space import CLASS_OF, CLASSES, NAMES, ROLES, copy_model


class GraphError(Exception):
    """The table has a fault that an exploration finds; ``fsm verify`` describes it."""


def explore_meetings(
    plans: Iterable[Plan], watch: Callable[[Exploration[RecordingModel]], None] = lambda found: None
) -> Graph:
    """Explores all meetings under several plans.

    Args:
        plans: the plans.
        watch: called after each situation with the exploration so far.

    Raises:
        GraphError: the exploration found a fault of the table.
    """
    variants = Variants(plans)
    walk = _Walk(variants)
    space: StateSpace[RecordingModel] = StateSpace(walk.events, copy_model, _key, walk.add_edge)
    start = RecordingModel(variants.shared)
    found = explore(RECORDING.table, [(start, None)], space, variants=variants, watch=watch)
    if found.violations:
        raise GraphError(f"{found.violations[0].problem} (fsm verify shows more)")
    return Graph(variants.values, walk.edges, found.steps, _key(start, None))


class _Walk:
    """The edges that an exploration finds.

    Args:
        variants: the plans.
    """

    def __init__(self, variants: Variants[Plan]) -> None:
        self.variants = variants
        self.edges: dict[GraphNode, list[list[Edge]]] = {}
        self._rows = row_numbers()
        # The situation whose events are tried: its node, its names, its events by identity.
        self._node = GraphNode((), "idle", None, None, (), False)
        self._names: list[str] = []
        self._numbers: dict[int, int] = {}

    def events(self, model: RecordingModel, _: None) -> list[tuple[str, Event]]:
        """Returns every event to try in a situation, which becomes the present one."""
        self._node, self._names = node_of(model)
        absent = next(name for name in NAMES if name not in model.present)
        names = [*self._names, absent]
        events = [event_of(data, names, model) for data in events_for(len(self._names))]
        self._numbers = {id(event): number for number, event in enumerate(events)}
        self.edges.setdefault(self._node, [[] for _ in events])
        return [(event.trigger, event) for event in events]

    def add_edge(self, step: ExploredStep[RecordingModel]) -> None:
        """Adds the edge of a step that was tried in the present situation."""
        outcome = outcome_of(step.decision, step.after, step.event, step.before.timers)
        target, after = self._node, self._names
        if step.after is not step.before:
            target, after = node_of(step.after)
        failed, attempts, missed = self._attempts(step)
        no_more = rules_for_no_more(step.before.plan, step.event, outcome, missed)
        positions = {name: position for position, name in enumerate(self._names)}
        newcomer = len(positions)
        row = self._rows[step.decision.definition] if isinstance(step.decision, Row) else None
        answer = Answer(
            outcome.refused, outcome.rules, no_more, _commands(outcome, positions),
            tuple(tuple(change.items()) for change in timers_data(outcome)),
            row, attempts, failed,
            tuple(positions.get(name, newcomer) for name in after),
        )  # fmt: skip
        # To read a value of the plan may split the group of plans; nothing below reads one.
        edge = Edge(self.variants.group, answer, target)
        self.edges[self._node][self._numbers[id(step.event)]].append(edge)

    def _attempts(
        self, step: ExploredStep[RecordingModel]
    ) -> tuple[str, tuple[tuple[int, str], ...], list[Guard]]:
        """Returns the label of the failed precondition, and the rows that were tried in vain.

        The last value has the guards of these rows that kept the event from leaving the state.
        """
        cell = RECORDING.table.cell(step.before, step.trigger)
        failed = _first_failed(cell.preconditions, step)
        if failed is not None:
            leaving = (row for row in cell.rows if row.target not in (None, row.source))
            return (
                failed.label,
                tuple((self._rows[row.definition], failed.label) for row in leaving),
                [],
            )
        attempts, missed = [], []
        for row in cell.rows:
            guard = _first_failed(row.guards, step)
            if guard is None:
                break
            # A row that the plan excludes is in no diagram of the plan.
            if not guard.description.static:
                attempts.append((self._rows[row.definition], guard.label))
                if row.target not in (None, row.source):
                    missed.append(guard)
        return "", tuple(attempts), missed


def _key(model: RecordingModel, _: None) -> GraphNode:
    return node_of(model)[0]


def _first_failed(guards: tuple[Guard, ...], step: ExploredStep[RecordingModel]) -> Guard | None:
    for guard in guards:
        if guard.call(step.before, step.event) != guard.wanted:
            return guard
    return None


def _commands(
    outcome: Outcome, positions: Mapping[str, int]
) -> tuple[tuple[tuple[str, Any], ...], ...]:
    """Returns the recorder commands as data, with positions for the names of clients."""
    commands = commands_data(outcome)
    for command in commands:
        if command.get("client") is not None:
            command["client"] = positions.get(command["client"], len(positions))
    return tuple(tuple(command.items()) for command in commands)


def row_numbers() -> dict[Any, int]:
    """Returns the number of each row of the recording machine, by its definition."""
    return {row.definition: number for number, row in enumerate(RECORDING.table.rows)}


def node_of(model: RecordingModel) -> tuple[GraphNode, list[str]]:
    """Returns the situation of a meeting, and its participants' ids in the order of positions.

    Args:
        model: the meeting.
    """
    names = sorted(model.present, key=lambda name: _rank(model, name))
    people = tuple(
        Person(present.role, CLASS_OF[present.platform])
        for present in map(model.present.__getitem__, names)
    )
    client = None if model.client is None else names.index(model.client)
    node = GraphNode(people, model.state, model.kind, client, running(model.timers), model.ended)
    return node, names


def _rank(model: RecordingModel, name: str) -> tuple[int, int, bool]:
    """Returns the rank of a participant; those of one rank differ in nothing but their names."""
    present = model.present[name]
    platform = CLASS_OF[present.platform]
    return ROLES.index(present.role), CLASSES.index(platform), name == model.client


def event_of(data: PositionedEvent, names: Sequence[str], model: RecordingModel) -> Event:
    """Returns an event with names for positions, for a meeting.

    Args:
        data: the event, as in :func:`events_for`.
        names: the names by position; the last is somebody who is absent.
        model: the meeting.
    """
    [(trigger, fields)] = data.items()
    kind = next(each for each in EVENTS if each.trigger == trigger)
    values = dict(fields)
    for name in {"id", "by"} & {*values}:
        values[name] = None if values[name] is None else names[values[name]]
    if kind is TimeUp:
        state = model.timers.get(values["timer"], TimerState())
        # No setting has the number after the last one yet.
        values["set"] = state.set if values["set"] == CURRENT and state.running else state.set + 1
    return kind(**values)
