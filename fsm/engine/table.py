"""The frozen machine: an immutable lookup from (trigger, state) to rows of functions.

Two ways to drive it share the same rows. :meth:`Table.fire` does everything that
``transitions`` does, callbacks and all, in the same order. :meth:`Table.decide` only
says which row would be taken, or why none is; :meth:`Row.apply` then takes it. The
second way is the one for hot paths and for questions.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import attrs
from transitions import EventData

from fsm.engine.condition import Meaning
from fsm.engine.errors import InvalidTriggerError, UnknownTriggerError

_LOGGER = logging.getLogger(__name__)

Call = Callable[..., Any]
"""A resolved callback or condition: it takes the model first, then the event's arguments."""


@attrs.frozen(eq=False)
class Check:
    """One condition of a row, or of a trigger.

    Args:
        call: the condition, resolved.
        wanted: the answer that lets the row go on; ``False`` for an ``unless``.
        name: how the machine's definition names it.
        meaning: its words, reason code and rules.
    """

    call: Call
    wanted: bool
    name: str
    meaning: Meaning

    @property
    def label(self) -> str:
        """The condition in words, with a "not" before an ``unless``."""
        return self.meaning.label if self.wanted else f"not {self.meaning.label}"


@attrs.frozen(eq=False)
class Refusal:
    """Why no row is taken: the check that said no, or no row in this state at all.

    Args:
        state: the name of the state the model was in.
        trigger: the trigger that was refused.
        check: the condition that said no; ``None`` where the state has no row for the
            trigger, or where every row failed on a condition without a reason code.
    """

    state: str
    trigger: str
    check: Check | None


@attrs.frozen(eq=False)
class Row:
    """One row of the machine, ready to run.

    Args:
        trigger: its trigger.
        source: the name of the state it leads from.
        target: the name of the state it leads to; ``None`` for an internal transition.
        checks: its conditions, in the order in which they are asked.
        info: whatever the definition attached to the transition.
        definition: the ``transitions.Transition`` it was made from.
        prepare: callbacks run before the checks.
        before: callbacks run before the state changes, those of leaving it included.
        after: callbacks run after it, those of entering the new one included.
        attribute: the attribute of the model that holds the state.
        value: what that attribute is set to.
    """

    trigger: str
    source: str
    target: str | None
    checks: tuple[Check, ...]
    info: Any
    definition: Any
    prepare: tuple[Call, ...]
    before: tuple[Call, ...]
    after: tuple[Call, ...]
    attribute: str
    value: Any
    # Each check as a bare triple: what a loop over thousands of events a second wants.
    asks: tuple[tuple[Call, bool, Refusal | None], ...]

    def apply(self, model: Any, event: Any) -> None:
        """Take the row: run its callbacks and move the model.

        Only after :meth:`Table.decide` has answered with it.
        """
        if self.target is not None:
            for call in self.before:
                call(model, event)
            setattr(model, self.attribute, self.value)
        for call in self.after:
            call(model, event)


@attrs.frozen(eq=False)
class Cell:
    """What one trigger does in one state.

    Args:
        state: the name of the state.
        trigger: the trigger.
        requires: conditions of the trigger, asked before any row.
        rows: the rows in the order in which they are tried; the first that holds wins.
    """

    state: str
    trigger: str
    requires: tuple[Check, ...]
    rows: tuple[Row, ...]
    asks: tuple[tuple[Call, bool, Refusal], ...]
    # Answered where there is no row, or where none holds and no condition says why.
    silent: Refusal


@attrs.frozen(eq=False)
class Callbacks:
    """The callbacks that belong to the machine as a whole, resolved."""

    prepare_event: tuple[Call, ...] = ()
    finalize_event: tuple[Call, ...] = ()
    on_exception: tuple[Call, ...] = ()


class Table:
    """The compiled form of a machine. Made by :meth:`fsm.engine.Machine.freeze`."""

    __slots__ = ("_by_value", "_callbacks", "_cells", "_decidable", "_ignored", "_machine")

    def __init__(
        self,
        machine: Any,
        cells: Mapping[str, Mapping[Any, Cell]],
        by_value: Mapping[Any, str],
        callbacks: Callbacks,
        ignored: frozenset[str],
    ) -> None:
        self._machine = machine
        self._cells = {trigger: dict(row) for trigger, row in cells.items()}
        self._by_value = dict(by_value)
        self._callbacks = callbacks
        self._ignored = ignored
        self._decidable = machine.model_attribute == "state" and not (
            machine.send_event
            or callbacks.prepare_event
            or any(row.prepare for cell in self for row in cell.rows)
        )

    def __copy__(self) -> Table:
        return self

    def __deepcopy__(self, memo: object) -> Table:
        return self

    def __iter__(self) -> Iterator[Cell]:
        """Every cell, triggers and states in the order of their declaration."""
        for row in self._cells.values():
            yield from row.values()

    @property
    def cells(self) -> Mapping[str, Mapping[Any, Cell]]:
        """A read-only view: trigger, then the value of the state, then the cell."""
        return MappingProxyType({t: MappingProxyType(row) for t, row in self._cells.items()})

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every row of the machine, in the order of declaration."""
        return tuple(row for cell in self for row in cell.rows)

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """Every refusal that :meth:`decide` can answer with."""
        found = []
        for cell in self:
            found += [refusal for _, _, refusal in cell.asks]
            found += [no for row in cell.rows for _, _, no in row.asks if no is not None]
            found.append(cell.silent)
        return tuple(found)

    def specialise(self, model: Any) -> Table:
        """Return the table with every *fixed* condition settled for a model.

        Rows whose fixed conditions fail are gone; fixed conditions that hold are no
        longer asked. What remains is what can happen to a model that agrees with this
        one in all that never changes.

        Args:
            model: asked for the fixed conditions, and for nothing else.
        """
        cells = {
            trigger: {value: _settled(cell, model) for value, cell in by_state.items()}
            for trigger, by_state in self._cells.items()
        }
        return Table(self._machine, cells, self._by_value, self._callbacks, self._ignored)

    def cell(self, model: Any, trigger: str) -> Cell:
        """Return what a trigger does in the state the model is in.

        Raises:
            UnknownTriggerError: the machine has no such trigger.
            ValueError: the model is in a state the machine does not have.
        """
        by_state = self._cells.get(trigger)
        if by_state is None:
            raise UnknownTriggerError(trigger, tuple(self._cells))
        return by_state[self._value(model)]

    def _value(self, model: Any) -> Any:
        value = getattr(model, self._machine.model_attribute)
        if value not in self._by_value:
            raise ValueError(f"State '{value}' is not a registered state.")
        return value

    def decider(self) -> Callable[[Any, str, Any], Row | Refusal]:
        """Return :meth:`decide`, once it is sure that this machine can be asked that way.

        Raises:
            TypeError: the machine has ``send_event``, callbacks that prepare an event, or a
                state attribute of another name; then only :meth:`fire` can drive it.
        """
        if not self._decidable:
            raise TypeError(
                "a machine with send_event, prepare, prepare_event or a model_attribute other "
                "than 'state' cannot decide without running callbacks (drive it with fire())"
            )
        return self.decide

    def decide(self, model: Any, trigger: str, event: Any) -> Row | Refusal:
        """Say which row the model would take for an event, or why it would take none.

        Nothing is changed and no callback runs; only conditions are asked, each with the
        model and the event. The refusal is the first failed condition that has a reason
        code: those the trigger requires come first, then the rows in their order.

        Args:
            model: its attribute ``state`` holds the state.
            trigger: one of the machine's triggers.
            event: what the conditions are asked about.

        Raises:
            KeyError: the machine has no such trigger, or no such state.
        """
        cell = self._cells[trigger][model.state]
        for call, wanted, refusal in cell.asks:
            # Identity settles the usual case; equality is what `transitions` asks for.
            if (answer := call(model, event)) is not wanted and not (answer == wanted):
                return refusal
        reason = None
        for row in cell.rows:
            for call, wanted, no in row.asks:
                if (answer := call(model, event)) is not wanted and not (answer == wanted):
                    if reason is None:
                        reason = no
                    break
            else:
                return row
        return cell.silent if reason is None else reason

    def fire(self, model: Any, trigger: str, *args: Any, **kwargs: Any) -> bool:
        """Do what ``transitions`` does when a model is triggered, in the same order.

        Returns:
            Whether a row was taken.

        Raises:
            UnknownTriggerError: the machine has no such trigger.
            InvalidTriggerError: the state has no row for it.
            ValueError: the model is in a state the machine does not have.
        """
        name = self._by_value[self._value(model)]
        by_state = self._cells.get(trigger)
        if by_state is None:
            if name in self._ignored:
                return False
            raise UnknownTriggerError(trigger, tuple(self._cells))
        cell = by_state[self._value(model)]
        args, kwargs = self.arguments(model, trigger, args, kwargs)
        data = args[0] if self._machine.send_event else None
        if not _holds(cell.requires, model, args, kwargs):
            return False
        result = False
        try:
            if cell.rows or name not in self._ignored:
                result = self._take_first(cell, model, data, args, kwargs)
        except BaseException as error:
            if data is not None:
                data.error = error
            if not self._callbacks.on_exception:
                raise
            _run(self._callbacks.on_exception, model, args, kwargs)
        finally:
            try:
                _run(self._callbacks.finalize_event, model, args, kwargs)
            except BaseException as error:
                _LOGGER.error("finalize callback raised %s: %s", type(error).__name__, error)
        return result if data is None else bool(data.result)

    def _take_first(
        self, cell: Cell, model: Any, data: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> bool:
        if not cell.rows:
            possible = [
                t for t, by_state in self._cells.items() if self._cell_of(by_state, cell.state).rows
            ]
            raise InvalidTriggerError(cell.state, cell.trigger, possible)
        _run(self._callbacks.prepare_event, model, args, kwargs)
        for row in cell.rows:
            if data is not None:
                data.transition = row.definition
            _run(row.prepare, model, args, kwargs)
            if not _holds(row.checks, model, args, kwargs):
                continue
            _run(row.before, model, args, kwargs)
            if row.target is not None:
                setattr(model, row.attribute, row.value)
                if data is not None:
                    data.update(getattr(model, row.attribute))
            _run(row.after, model, args, kwargs)
            if data is not None:
                data.result = True
            return True
        return False

    @staticmethod
    def _cell_of(by_state: Mapping[Any, Cell], state: str) -> Cell:
        return next(cell for cell in by_state.values() if cell.state == state)

    def may(self, model: Any, trigger: str, *args: Any, **kwargs: Any) -> bool:
        """Say whether :meth:`fire` would take a row, as ``may_<trigger>()`` does.

        Like there, the callbacks that prepare an event run, no others.
        """
        value = self._value(model)
        by_state = self._cells.get(trigger)
        if by_state is None:
            return False
        cell = by_state[value]
        args, kwargs = self.arguments(model, trigger, args, kwargs)
        data = args[0] if self._machine.send_event else None
        if not _holds(cell.requires, model, args, kwargs):
            return False
        for row in cell.rows:
            if data is not None:
                data.transition = row.definition
            try:
                _run(self._callbacks.prepare_event, model, args, kwargs)
                _run(row.prepare, model, args, kwargs)
                if _holds(row.checks, model, args, kwargs):
                    return True
            except BaseException as error:
                if data is not None:
                    data.error = error
                if not self._callbacks.on_exception:
                    raise
                _run(self._callbacks.on_exception, model, args, kwargs)
        return False

    def arguments(
        self, model: Any, trigger: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return what callbacks and conditions are called with: under ``send_event`` an event."""
        machine = self._machine
        if not machine.send_event:
            return args, kwargs
        state = machine.states[self._by_value[self._value(model)]]
        return (EventData(state, machine.events[trigger], machine, model, args, kwargs),), {}


def _settled(cell: Cell, model: Any) -> Cell:
    rows = []
    for row in cell.rows:
        fixed = [check for check in row.checks if check.meaning.fixed]
        if all(check.call(model) == check.wanted for check in fixed):
            kept = [position for position, check in enumerate(row.checks) if check not in fixed]
            rows.append(
                attrs.evolve(
                    row,
                    checks=tuple(row.checks[position] for position in kept),
                    asks=tuple(row.asks[position] for position in kept),
                )
            )
    return attrs.evolve(cell, rows=tuple(rows))


def _holds(
    checks: tuple[Check, ...], model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> bool:
    return all(check.call(model, *args, **kwargs) == check.wanted for check in checks)


def _run(
    calls: tuple[Call, ...], model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    for call in calls:
        call(model, *args, **kwargs)
