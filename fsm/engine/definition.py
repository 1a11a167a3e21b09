"""What can be wrong with a machine's definition, found before it is frozen."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

import transitions

from fsm.engine.parts import Event, Transition

if TYPE_CHECKING:
    from fsm.engine.machine import Machine

# The frozen table does what these methods of `transitions` do; a subclass that changes
# them would be silently ignored.
_REPLACED = (
    "_get_trigger",
    "_process",
    "callback",
    "callbacks",
    "get_model_state",
    "resolve_callable",
    "set_state",
)


def problems(machine: Machine, model_class: type | None) -> list[str]:
    """Name everything that keeps a machine from being frozen, or could never work.

    Args:
        machine: as declared.
        model_class: the class of its models, if it is known.

    Returns:
        One line for each problem, empty for a sound machine.
    """
    found = [*_unsupported(machine), *_unknown_states(machine)]
    if not found:  # what follows takes the states for granted
        found = [*_unreachable(machine), *_shadowed(machine)]
    return [*found, *_missing(machine, model_class)]


def _unsupported(machine: Machine) -> Iterator[str]:
    if machine.has_queue:
        yield "it is queued (only an unqueued machine answers at once)"
    if machine.models:
        yield f"{len(machine.models)} model(s) are attached (build it with model=None)"
    for state in machine.states.values():
        if type(state) is not transitions.State:
            yield f"state '{state.name}' is a {type(state).__name__} (a plain State is needed)"
    for trigger, event in machine.events.items():
        if type(event) is not Event:
            yield f"trigger '{trigger}' is a {type(event).__name__} (the engine's Event is needed)"
        for each in _all(event):
            if type(each) is not Transition:
                yield (
                    f"trigger '{trigger}' has a {type(each).__name__} "
                    "(the engine's Transition is needed)"
                )
    for name in _REPLACED:
        if getattr(type(machine), name) is not getattr(transitions.Machine, name):
            yield f"{type(machine).__name__} overrides {name}(), which a table cannot honour"


def _unknown_states(machine: Machine) -> Iterator[str]:
    if machine.initial is None:
        yield "it has no initial state"
    known = ", ".join(machine.states)
    for trigger, event in machine.events.items():
        for transition in _all(event):
            for role, name in (("source", transition.source), ("target", transition.dest)):
                if name is not None and name not in machine.states:
                    yield f"trigger '{trigger}' has the unknown {role} state '{name}' (known: {known})"


def _unreachable(machine: Machine) -> Iterator[str]:
    reached = {machine.initial}
    waiting = [machine.initial]
    while waiting:
        for transition in machine.get_transitions(source=waiting.pop()):
            if transition.dest is not None and transition.dest not in reached:
                reached.add(transition.dest)
                waiting.append(transition.dest)
    for name in machine.states:
        if name not in reached:
            yield f"state '{name}' cannot be reached from '{machine.initial}'"


def _shadowed(machine: Machine) -> Iterator[str]:
    for trigger, event in machine.events.items():
        for source, rows in event.transitions.items():
            for position, row in enumerate(rows):
                where = f"row {position + 1} of trigger '{trigger}' in state '{source}'"
                asked = _asked(row)
                if any((func, not target) in asked for func, target in asked):
                    yield f"{where} can never be taken: it wants a condition and its opposite"
                for earlier, other in enumerate(rows[:position]):
                    if _asked(other) <= asked:
                        yield f"{where} can never be taken: row {earlier + 1} always wins"
                        break


def _asked(transition: Any) -> set[tuple[Any, bool]]:
    return {(condition.func, condition.target) for condition in transition.conditions}


def _missing(machine: Machine, model_class: type | None) -> Iterator[str]:
    if model_class is not None and not _can_hold(model_class, machine.model_attribute):
        yield f"{model_class.__name__} has no attribute '{machine.model_attribute}' for the state"
    for where, given in _named(machine):
        if isinstance(given, str):
            if model_class is not None and not _exists(given, model_class):
                yield f"{where} '{given}' is neither on {model_class.__name__} nor importable"
            target = inspect.getattr_static(model_class, given, None) if model_class else None
        else:
            target = given
            if not callable(given):
                yield f"{where} {given!r} can be neither called nor looked up"
        if inspect.iscoroutinefunction(target):
            name = getattr(target, "__name__", given)
            yield f"{where} '{name}' is a coroutine function, which nothing would await"


def _can_hold(model_class: type, attribute: str) -> bool:
    return model_class.__dictoffset__ != 0 or hasattr(model_class, attribute)


def _exists(name: str, model_class: type) -> bool:
    if hasattr(model_class, name):
        return True
    module, _, attribute = name.rpartition(".")
    if not module:
        return False
    try:
        return hasattr(import_module(module), attribute)
    except ImportError:
        return False


def _named(machine: Machine) -> Iterator[tuple[str, Any]]:
    for kind in (
        "prepare_event",
        "before_state_change",
        "after_state_change",
        "finalize_event",
        "on_exception",
        "on_final",
    ):
        for given in getattr(machine, kind):
            yield f"{kind} callback", given
    for state in machine.states.values():
        for kind in ("on_enter", "on_exit"):
            for given in getattr(state, kind):
                yield f"{kind} callback of state '{state.name}'", given
    for trigger, event in machine.events.items():
        for condition in event.requires:
            yield f"requirement of trigger '{trigger}'", condition.func
        for transition in _all(event):
            of = f"of trigger '{trigger}' in state '{transition.source}'"
            for kind in ("prepare", "before", "after"):
                for given in getattr(transition, kind):
                    yield f"{kind} callback {of}", given
            for condition in transition.conditions:
                yield f"condition {of}", condition.func


def _all(event: Any) -> Iterator[Any]:
    for rows in event.transitions.values():
        yield from rows
