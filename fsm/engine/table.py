"""The frozen machine: an immutable lookup from (trigger, state) to rows of functions.

Two ways to drive it share the same rows. :meth:`Table.fire` does everything that
``transitions`` does, callbacks and all, in the same order. :meth:`Table.decide` only
says which row would be taken, or why none is; :meth:`Row.apply` then takes it. The
second way is the one for hot paths and for questions.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any

from transitions import EventData, Machine

from fsm.engine.errors import InvalidTriggerError, UnknownTriggerError
from fsm.engine.row import Call, Callbacks, Cell, Refusal, Row, holds
from fsm.engine.settle import settled

_LOGGER = logging.getLogger(__name__)


class Table:
    """The compiled form of a machine. Made by :meth:`fsm.engine.Machine.freeze`."""

    __slots__ = (
        "_by_name",
        "_callbacks",
        "_cells",
        "_decidable",
        "_ignored",
        "_machine",
        "_names",
    )

    def __init__(
        self,
        machine: Machine,
        cells: Mapping[str, Mapping[Any, Cell]],
        callbacks: Callbacks,
        ignored: frozenset[str],
    ) -> None:
        self._machine = machine
        self._names = frozenset(machine.states)
        self._cells: dict[str, dict[Any, Cell]] = {
            trigger: dict(row) for trigger, row in cells.items()
        }
        self._by_name = {
            trigger: {cell.state: cell for cell in row.values()} for trigger, row in cells.items()
        }
        self._callbacks = callbacks
        self._ignored = ignored
        self._decidable = machine.model_attribute == "state" and not (
            machine.send_event
            or callbacks.prepare_event
            or callbacks.finalize_event
            or callbacks.on_exception
            or any(row.prepare for row in self.rows)
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
            found.append(cell.default_refusal)
        return tuple(found)

    def bind(self, model: Any, *, refusals: bool = False) -> Table:
        """Return the table with every *fixed* condition settled for a model.

        Rows that can no longer be taken are gone, and with them the refusals they gave
        reasons for; fixed conditions that hold are no longer asked. What remains is what
        can happen to a model that agrees with this one in all that never changes.

        Args:
            model: asked for the fixed conditions, and for nothing else.
            refusals: keep of a row that can no longer be taken what gives a reason, so
                that every event is decided as by the whole table, for less.

        Returns:
            A table of its own; this one stays as it is.
        """
        cells = {
            trigger: {
                value: settled(cell, model, refusals=refusals) for value, cell in by_state.items()
            }
            for trigger, by_state in self._cells.items()
        }
        return Table(self._machine, cells, self._callbacks, self._ignored)

    def cell(self, model: Any, trigger: str) -> Cell:
        """Return what a trigger does in the state the model is in.

        Args:
            model: any object with the state attribute.
            trigger: one of the machine's triggers.

        Returns:
            The cell.

        Raises:
            UnknownTriggerError: the machine has no such trigger.
            ValueError: the model is in a state the machine does not have.
        """
        by_state = self._by_name.get(trigger)
        if by_state is None:
            raise UnknownTriggerError(trigger, tuple(self._cells))
        return by_state[self._state(model)]

    def decider(self) -> Callable[[Any, str, Any], Row | Refusal]:
        """Return :meth:`decide`, once it is sure that this machine can be asked that way.

        Returns:
            The bound method, for hot paths to keep.

        Raises:
            TypeError: the machine has callbacks that run before its conditions or beside
                its rows, wraps arguments in an event, or has a state attribute of
                another name; then only :meth:`fire` can drive it.
        """
        if not self._decidable:
            raise TypeError(
                "a machine with send_event, prepare, prepare_event, finalize_event, on_exception "
                "or a model_attribute other than 'state' cannot decide without running callbacks "
                "(drive it with fire())"
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

        Returns:
            The row, to be taken with :meth:`Row.apply`, or the refusal.

        Raises:
            KeyError: the machine has no such trigger, or no such state.
        """
        cell = self._cells[trigger][model.state]
        for call, wanted, refusal in cell.asks:
            # Identity settles the usual case; equality is what `transitions` asks for.
            if (answer := call(model, event)) is wanted or answer == wanted:
                continue
            return refusal
        reason = None
        for row in cell.rows:
            for call, wanted, no in row.asks:
                if (answer := call(model, event)) is wanted or answer == wanted:
                    continue
                if reason is None:
                    reason = no
                break
            else:
                return row
        return cell.default_refusal if reason is None else reason

    def fire(self, model: Any, trigger: str, /, *args: Any, **kwargs: Any) -> bool:
        """Do what :meth:`fsm.engine.Machine.fire` says, with the callbacks in their order.

        Raises:
            UnknownTriggerError: the machine has no such trigger.
            InvalidTriggerError: the state has no row for it.
            ValueError: the model is in a state the machine does not have.
        """
        state = self._state(model)
        by_state = self._by_name.get(trigger)
        if by_state is None:
            if state in self._ignored:
                return False
            raise UnknownTriggerError(trigger, tuple(self._cells))
        cell = by_state[state]
        data = None
        if self._machine.send_event:
            data, args, kwargs = self.arguments(model, trigger, args, kwargs)
        if cell.preconditions:
            if not holds(cell.preconditions, model, args, kwargs):
                return False
            # Even a condition may have moved the model; `transitions` looks again.
            cell = by_state[self._state(model)]
            if data is not None:
                data.state = self._machine.get_model_state(model)
        taken = False
        try:
            if cell.rows or cell.state not in self._ignored:
                taken = self._take_first(cell, model, data, args, kwargs)
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
        return taken if data is None else bool(data.result)

    def _state(self, model: Any) -> str:
        value = getattr(model, self._machine.model_attribute)
        name: str = value.name if isinstance(value, Enum) else value
        # Only an unknown state takes the long way, to the error that `transitions` raises.
        return name if name in self._names else self._machine.get_state(value).name

    def _take_first(
        self, cell: Cell, model: Any, data: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> bool:
        if not cell.rows:
            possible = [t for t, by_state in self._by_name.items() if by_state[cell.state].rows]
            raise InvalidTriggerError(cell.state, cell.trigger, possible)
        _run(self._callbacks.prepare_event, model, args, kwargs)
        for row in cell.rows:
            if data is not None:
                data.transition = row.definition
            _run(row.prepare, model, args, kwargs)
            if not holds(row.guards, model, args, kwargs):
                continue
            _run(row.before, model, args, kwargs)
            if row.target is not None:
                setattr(model, row.attribute, row.value)
                # The model may have made something else of it; `transitions` looks as well.
                self._state(model)
                if data is not None:
                    data.update(getattr(model, row.attribute))
            _run(row.after, model, args, kwargs)
            if data is not None:
                data.result = True
            return True
        return False

    def may(self, model: Any, trigger: str, /, *args: Any, **kwargs: Any) -> bool:
        """Do what :meth:`fsm.engine.Machine.may` says, as ``may_<trigger>()`` does it."""
        state = self._state(model)
        if trigger not in self._by_name:
            return False
        preconditions = self._by_name[trigger][state].preconditions
        if preconditions:
            _, given, named = self.arguments(model, trigger, args, kwargs)
            if not holds(preconditions, model, given, named):
                return False
        # Even a condition may have moved the model, so the state is looked up again.
        data, args, kwargs = self.arguments(model, trigger, args, kwargs)
        cell = self._by_name[trigger][data.state.name]
        for row in cell.rows:
            data.transition = row.definition
            try:
                _run(self._callbacks.prepare_event, model, args, kwargs)
                _run(row.prepare, model, args, kwargs)
                if holds(row.guards, model, args, kwargs):
                    return True
            except BaseException as error:
                data.error = error
                if not self._callbacks.on_exception:
                    raise
                _run(self._callbacks.on_exception, model, args, kwargs)
        return False

    def arguments(
        self, model: Any, trigger: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
        """Return what callbacks and conditions of an event are called with.

        Args:
            model: the model, whose state is looked up.
            trigger: one of the machine's triggers.
            args: what the event was fired with.
            kwargs: the same, by name.

        Returns:
            The ``EventData`` of the event; then the arguments and the arguments by name,
            which under ``send_event`` are the ``EventData`` and nothing else.

        Raises:
            ValueError: the model is in a state the machine does not have.
        """
        machine = self._machine
        state = machine.get_model_state(model)
        data = EventData(state, machine.events[trigger], machine, model, args, kwargs)
        return (data, (data,), {}) if machine.send_event else (data, args, kwargs)


def _run(
    calls: tuple[Call, ...], model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    for call in calls:
        call(model, *args, **kwargs)
