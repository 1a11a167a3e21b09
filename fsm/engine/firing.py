"""Driving a model with a compiled table as ``transitions`` does, callbacks in the same order."""

from __future__ import annotations

import logging
from typing import Any

from transitions import EventData

from fsm.engine.errors import InvalidTriggerError, UnknownTriggerError
from fsm.engine.row import Call, Cell, all_pass
from fsm.engine.table import Table

_LOGGER = logging.getLogger(__name__)


def fire(table: Table, model: Any, trigger: str, args: tuple[Any, ...], kwargs: Any) -> bool:
    """Fires a trigger; see :meth:`fsm.engine.Machine.fire`."""
    state = table.state_name(model)
    if not table.has_trigger(trigger):
        if state in table.ignoring:
            return False
        raise UnknownTriggerError(trigger, table.triggers)
    cell = table.cell(model, trigger)
    data = None
    if table.machine.send_event:
        data, args, kwargs = event_arguments(table, model, trigger, args, kwargs)
    if cell.preconditions:
        if not all_pass(cell.preconditions, model, args, kwargs):
            return False
        # Even a guard may have moved the model; `transitions` looks again.
        cell = table.cell(model, trigger)
        if data is not None:
            data.state = table.machine.get_model_state(model)
    taken = False
    try:
        if cell.declared or cell.state not in table.ignoring:
            taken = _take_first(table, cell, model, data, args, kwargs)
    except BaseException as error:
        if data is not None:
            data.error = error
        if not table.callbacks.on_exception:
            raise
        _run(table.callbacks.on_exception, model, args, kwargs)
    finally:
        try:
            _run(table.callbacks.finalize_event, model, args, kwargs)
        except BaseException as error:
            _LOGGER.error("finalize callback raised %s: %s", type(error).__name__, error)
    return taken if data is None else bool(data.result)


def _take_first(
    table: Table,
    cell: Cell,
    model: Any,
    data: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> bool:
    if not cell.declared:
        raise InvalidTriggerError(cell.state, cell.trigger, table.possible_triggers(cell.state))
    _run(table.callbacks.prepare_event, model, args, kwargs)
    for row in cell.rows:
        if data is not None:
            data.transition = row.definition
        _run(row.prepare, model, args, kwargs)
        if not all_pass(row.guards, model, args, kwargs):
            continue
        _run(row.before, model, args, kwargs)
        if row.target is not None:
            setattr(model, row.attribute, row.value)
            # The model may have replaced the value; `transitions` looks as well.
            table.state_name(model)
            if data is not None:
                data.update(getattr(model, row.attribute))
        _run(row.after, model, args, kwargs)
        if data is not None:
            data.result = True
        return True
    return False


def may_fire(table: Table, model: Any, trigger: str, args: tuple[Any, ...], kwargs: Any) -> bool:
    """Returns whether firing would take a row; see :meth:`fsm.engine.Machine.may`."""
    table.state_name(model)
    if not table.has_trigger(trigger):
        return False
    preconditions = table.cell(model, trigger).preconditions
    if preconditions:
        _, positional, named = event_arguments(table, model, trigger, args, kwargs)
        if not all_pass(preconditions, model, positional, named):
            return False
    # Even a guard may have moved the model, so the state is looked up again.
    data, args, kwargs = event_arguments(table, model, trigger, args, kwargs)
    for row in table.cell(model, trigger).rows:
        data.transition = row.definition
        try:
            _run(table.callbacks.prepare_event, model, args, kwargs)
            _run(row.prepare, model, args, kwargs)
            if all_pass(row.guards, model, args, kwargs):
                return True
        except BaseException as error:
            data.error = error
            if not table.callbacks.on_exception:
                raise
            _run(table.callbacks.on_exception, model, args, kwargs)
    return False


def event_arguments(
    table: Table, model: Any, trigger: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """Returns the arguments of callbacks and guards for an event.

    Args:
        table: the table.
        model: the model, whose state is looked up.
        trigger: a trigger of the machine.
        args: the arguments that the trigger was fired with.
        kwargs: the keyword arguments that it was fired with.

    Returns:
        The ``EventData``, the arguments, and the keyword arguments. Under ``send_event`` the
        ``EventData`` is the only argument.

    Raises:
        ValueError: the machine has no such state.
    """
    machine = table.machine
    state = machine.get_model_state(model)
    data = EventData(state, machine.events[trigger], machine, model, args, kwargs)
    return (data, (data,), {}) if machine.send_event else (data, args, kwargs)


def _run(
    calls: tuple[Call, ...], model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    for call in calls:
        call(model, *args, **kwargs)
