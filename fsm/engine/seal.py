"""Sealing a machine: nothing of its definition can be changed afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import transitions

from fsm.engine import parts
from fsm.engine.sealed import SealedDict, SealedList, seal_part

if TYPE_CHECKING:
    from fsm.engine.machine import Machine


def seal(machine: Machine, model_class: type | None) -> None:
    """Replace every list, dictionary and part of a machine's definition by a sealed one.

    What its owner passed in, such as a list of callbacks or a ``State``, stays as it is.

    Args:
        machine: a sound machine.
        model_class: the class of its models, if it is known.
    """
    title, own = machine.title, vars(machine)
    for event in machine.events.values():
        _seal_event(event, title)
    own["states"] = SealedDict(
        {name: _sealed_state(each, title, model_class) for name, each in machine.states.items()},
        title,
        "states",
    )
    own["events"] = SealedDict(machine.events, title, "events")
    own["models"] = SealedList[object]([], title, "models")
    for kind in parts.MACHINE_CALLBACKS:
        own[f"_{kind}"] = SealedList(getattr(machine, kind), title, f"{kind} callbacks")


def _seal_event(event: transitions.Event, title: str) -> None:
    of = f"of trigger '{event.name}'"
    by_source = {}
    for source, rows in event.transitions.items():
        for row in rows:
            _seal_transition(row, title, of)
        if rows:  # `transitions` keeps an empty list for each state that was merely asked for
            by_source[source] = SealedList(rows, title, f"transitions {of}")
    required = parts.preconditions_of(event)
    vars(event)["preconditions"] = _sealed_conditions(required, title, f"preconditions {of}")
    vars(event)["transitions"] = SealedDict(by_source, title, f"transitions {of}")
    seal_part(event, title)


def _seal_transition(row: transitions.Transition, title: str, of: str) -> None:
    row.conditions = _sealed_conditions(row.conditions, title, f"conditions {of}")
    for kind in parts.TRANSITION_CALLBACKS:
        setattr(row, kind, SealedList(getattr(row, kind), title, f"{kind} callbacks {of}"))
    seal_part(row, title)


def _sealed_conditions(
    conditions: list[transitions.core.Condition], title: str, name: str
) -> list[transitions.core.Condition]:
    for condition in conditions:
        seal_part(condition, title)
    return SealedList(conditions, title, name)


def _sealed_state(
    state: transitions.State, title: str, model_class: type | None
) -> transitions.State:
    sealed = parts.State.__new__(parts.State)
    vars(sealed).update(vars(state))
    for kind in parts.STATE_CALLBACKS:
        callbacks = parts.state_callbacks(state, kind, model_class)
        name = f"{kind} callbacks of state '{state.name}'"
        vars(sealed)[kind] = SealedList(callbacks, title, name)
    seal_part(sealed, title)
    return sealed
