"""The compiled table: immutable, looked up by trigger and state.

The path of an event is :meth:`Table.decide`, which selects a row or a refusal, and ``row.apply``,
made by :func:`applier`, which takes the row. Driving a model with all callbacks in the order of
``transitions`` is the subject of :mod:`fsm.engine.firing`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any

import attrs
from transitions import Machine

from fsm.engine.action import bound_actions
from fsm.engine.errors import UnknownTriggerError
from fsm.engine.row import Call, Cell, Immutable, MachineCallbacks, Refusal, Row, all_pass


class Table(Immutable):
    """The compiled form of a machine, created by :meth:`fsm.engine.Machine.freeze`.

    Args:
        machine: the machine it was compiled from.
        cells: the cells by trigger and by the value of the state.
        callbacks: the callbacks of the machine as a whole.
        ignoring: names of the states that ignore triggers without a row.

    ``undecidable`` has the features of the machine that :meth:`decide` cannot honour.
    """

    __slots__ = (
        "_cells",
        "_cells_by_name",
        "_state_names",
        "callbacks",
        "ignoring",
        "machine",
        "undecidable",
    )

    def __init__(
        self,
        machine: Machine,
        cells: Mapping[str, Mapping[Any, Cell]],
        callbacks: MachineCallbacks,
        ignoring: frozenset[str],
    ) -> None:
        self.machine = machine
        self.callbacks = callbacks
        self.ignoring = ignoring
        self._state_names = frozenset(machine.states)
        self._cells: dict[str, dict[Any, Cell]] = {
            trigger: dict(by_state) for trigger, by_state in cells.items()
        }
        self._cells_by_name = {
            trigger: {cell.state: cell for cell in by_state.values()}
            for trigger, by_state in cells.items()
        }
        self.undecidable = tuple(_undecidable(machine, callbacks, self.rows))

    # -- the path of an event -------------------------------------------------------------

    def decide(self, model: Any, trigger: str, event: Any) -> Row | Refusal:
        """Returns the decision for an event, without changing anything.

        Preconditions of the trigger are evaluated first, then the guards of each row in turn;
        each is called with the model and the event. The first row whose guards all pass is the
        decision. Otherwise it is the refusal of the first failed guard that has a reason code.

        Args:
            model: an object whose attribute ``state`` holds the state.
            trigger: a trigger of the machine.
            event: the argument of the guards.

        Raises:
            KeyError: the machine has no such trigger or state.
        """
        try:
            cell = self._cells[trigger][model.state]
        except KeyError:
            # The usual state is found at once; `transitions` also finds one by its name.
            cell = self._cells_by_name[trigger][_name_in(model.state)]
        for call, wanted, refusal in cell.compiled_preconditions:
            # Identity decides the usual case; `transitions` compares with ==.
            if (answer := call(model, event)) is wanted or answer == wanted:
                continue
            return refusal
        first_refusal = None
        for row in cell.rows:
            for call, wanted, row_refusal in row.compiled_guards:
                if (answer := call(model, event)) is wanted or answer == wanted:
                    continue
                if first_refusal is None:
                    first_refusal = row_refusal
                break
            else:
                return row
        return cell.default_refusal if first_refusal is None else first_refusal

    def decider(self) -> Callable[[Any, str, Any], Row | Refusal]:
        """Returns the bound method :meth:`decide`, for a hot path to keep.

        Raises:
            TypeError: the machine runs callbacks before its guards or beside its rows, wraps
                arguments in an event, names its state attribute differently, or has a state whose
                value equals the name of another. Only :meth:`fsm.engine.Machine.fire` can drive
                such a machine.
        """
        if self.undecidable:
            raise TypeError(
                f"a machine with {' and '.join(self.undecidable)} cannot decide without running "
                "callbacks (drive it with fire())"
            )
        return self.decide

    # -- partial evaluation -----------------------------------------------------------------

    def bind(self, model: Any, *, keep_refusals: bool = False) -> Table:
        """Returns a table in which static guards are evaluated for a model.

        Rows that cannot be taken are removed, and so are static guards that pass, and actions
        whose static guard fails (:func:`fsm.engine.action`). The result describes any model that
        has the same values where this one never changes.

        Args:
            model: the model that static guards are evaluated for.
            keep_refusals: keep guards with a reason code of rows that cannot be taken, so that
                every decision equals that of the complete table.

        Returns:
            A new table.
        """
        cells = {
            trigger: {
                value: _bound_cell(cell, model, keep_refusals) for value, cell in by_state.items()
            }
            for trigger, by_state in self._cells.items()
        }
        return Table(self.machine, cells, self.callbacks, self.ignoring)

    # -- look-up ------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Cell]:
        """Iterates over the cells, by trigger and state in the order of their declaration."""
        for by_state in self._cells.values():
            yield from by_state.values()

    @property
    def triggers(self) -> tuple[str, ...]:
        """The triggers of the machine."""
        return tuple(self._cells)

    def has_trigger(self, trigger: str) -> bool:
        """Returns whether the machine has a trigger."""
        return trigger in self._cells

    def possible_triggers(self, state: str) -> tuple[str, ...]:
        """Returns the triggers that have a row in a state.

        Args:
            state: the name of the state.
        """
        return tuple(
            trigger for trigger, by_name in self._cells_by_name.items() if by_name[state].rows
        )

    @property
    def cells(self) -> Mapping[str, Mapping[Any, Cell]]:
        """A read-only view of the cells by trigger and by the value of the state."""
        return MappingProxyType({t: MappingProxyType(row) for t, row in self._cells.items()})

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every row, in the order of declaration."""
        return tuple(row for cell in self for row in cell.rows)

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """Every refusal that :meth:`decide` can return."""
        refusals: list[Refusal] = []
        for cell in self:
            refusals += [refusal for _, _, refusal in cell.compiled_preconditions]
            refusals += [
                refusal
                for row in cell.rows
                for _, _, refusal in row.compiled_guards
                if refusal is not None
            ]
            refusals.append(cell.default_refusal)
        return tuple(refusals)

    def cell(self, model: Any, trigger: str) -> Cell:
        """Returns the cell of a trigger in the model's state.

        Args:
            model: any object with the state attribute.
            trigger: a trigger of the machine.

        Raises:
            UnknownTriggerError: the machine has no such trigger.
            ValueError: the machine has no such state.
        """
        by_state = self._cells_by_name.get(trigger)
        if by_state is None:
            raise UnknownTriggerError(trigger, self.triggers)
        return by_state[self.state_name(model)]

    def state_name(self, model: Any) -> str:
        """Returns the name of the model's state.

        Raises:
            AttributeError: the model has no state, or ``None``.
            ValueError: the machine has no such state.
        """
        attribute = self.machine.model_attribute
        value = getattr(model, attribute, None)
        if value is None:
            raise AttributeError(
                f"this {type(model).__name__} has no state in its attribute '{attribute}': set it "
                f"to the state in which the model starts, such as {self.machine.initial!r}"
            )
        name = _name_in(value)
        # Only an unknown state takes the slow way, to the error that `transitions` raises.
        return name if name in self._state_names else self.machine.get_state(value).name


def _undecidable(
    machine: Machine, callbacks: MachineCallbacks, rows: Iterable[Row]
) -> Iterator[str]:
    if machine.send_event:
        yield "send_event"
    for kind in ("prepare_event", "finalize_event", "on_exception"):
        if getattr(callbacks, kind):
            yield kind
    if any(row.prepare for row in rows):
        yield "prepare"
    if machine.model_attribute != "state":
        yield f"the model_attribute '{machine.model_attribute}'"
    if _ambiguous(machine):
        yield "a state whose value is the name of another"


def _ambiguous(machine: Machine) -> bool:
    """Returns whether a state equals the name of another: members of an enum of strings may."""
    name_of = {state.value: state.name for state in machine.states.values()}
    return any(name_of.get(name, name) != name for name in machine.states)


def _name_in(value: Any) -> str:
    """Returns the name of a state that a model holds: a name, or a member of an enum."""
    name: str = value.name if isinstance(value, Enum) else value
    return name


def applier(before: tuple[Call, ...], after: tuple[Call, ...], *, moves: bool, value: Any) -> Call:
    """Returns the function that takes a row: the second half of the path of an event.

    Args:
        before: callbacks that run before the state changes.
        after: callbacks that run after it.
        moves: whether the state changes.
        value: the new value of the state attribute.
    """

    def stay(model: Any, event: Any) -> None:
        for call in after:
            call(model, event)

    def move(model: Any, event: Any) -> None:
        for call in before:
            call(model, event)
        model.state = value
        for call in after:
            call(model, event)

    if moves:
        return move
    return after[0] if len(after) == 1 else stay


def _bound_cell(cell: Cell, model: Any, keep_refusals: bool) -> Cell:
    preconditions, compiled = [], []
    for guard, entry in zip(cell.preconditions, cell.compiled_preconditions, strict=True):
        if not guard.description.static:
            preconditions.append(guard)
            compiled.append(entry)
        elif not all_pass((guard,), model, (), {}):
            # It stays, so that it still gives the reason.
            return attrs.evolve(cell, rows=())
    rows: list[Row] = []
    for row in cell.rows:
        failing = _failing_static_guard(row, model)
        bound = _bound_row(row, model, failing)
        if failing is None:
            rows.append(bound)
            if not bound.guards:
                break  # rows after one that always passes are never reached
        elif keep_refusals and any(refusal for _, _, refusal in bound.compiled_guards):
            rows.append(bound)
    return attrs.evolve(
        cell,
        preconditions=tuple(preconditions),
        compiled_preconditions=tuple(compiled),
        rows=tuple(rows),
    )


def _failing_static_guard(row: Row, model: Any) -> int | None:
    for position, guard in enumerate(row.guards):
        if guard.description.static and not all_pass((guard,), model, (), {}):
            return position
    return None


def _bound_row(row: Row, model: Any, failing: int | None) -> Row:
    """Returns a row with its non-static guards, up to a static guard that fails."""
    before, after = bound_actions(row.before, model), bound_actions(row.after, model)
    if (before, after) != (row.before, row.after):
        apply = applier(before, after, moves=row.target is not None, value=row.value)
        row = attrs.evolve(row, before=before, after=after, apply=apply)
    kept = [
        position
        for position, guard in enumerate(row.guards[:failing])
        if not guard.description.static
    ]
    if failing is not None:
        kept.append(failing)
    return attrs.evolve(
        row,
        guards=tuple(row.guards[position] for position in kept),
        compiled_guards=tuple(row.compiled_guards[position] for position in kept),
    )
