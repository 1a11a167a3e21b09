"""What can be wrong with a machine's definition, found before it is frozen."""

from __future__ import annotations

import inspect
from collections.abc import Hashable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import attrs
import transitions

from fsm.engine import name_resolution, parts

if TYPE_CHECKING:
    from fsm.engine.machine import Machine

# The frozen table does what these methods of `transitions` do; a machine that changes
# them would be silently ignored.
_REPLACED = (
    "_can_trigger",
    "_get_trigger",
    "_process",
    "callback",
    "callbacks",
    "get_model_state",
    "get_state",
    "resolve_callable",
    "set_state",
)


def problems(machine: Machine, model_class: type | None, base: type) -> list[str]:
    """Name everything that keeps a machine from being frozen, or could never work.

    Args:
        machine: as declared.
        model_class: the class of its models, if it is known.
        base: the class whose methods the table replaces.

    Returns:
        One line for each problem, empty for a sound machine.
    """
    found = [
        *_unsupported(machine),
        *_foreign(machine),
        *_overridden(machine, base),
        *_unknown_states(machine),
    ]
    if not found:  # what follows takes the states for granted
        found = [*_unreachable(machine), *_useless(machine), *_never_taken(machine)]
    return [*found, *_cannot_hold(machine, model_class), *_missing(machine, model_class)]


def _unsupported(machine: Machine) -> Iterator[str]:
    if machine.has_queue:
        yield "it is queued (only an unqueued machine answers at once)"
    if machine.models:
        yield f"{len(machine.models)} model(s) are attached (build it with model=None)"
    by_value: dict[Any, str] = {}
    for state in machine.states.values():
        if not state.name:
            yield "a state has an empty name (transitions takes that for no target)"
        other = by_value.setdefault(state.value, state.name)
        if other != state.name:
            yield f"states '{other}' and '{state.name}' have equal values (make them differ)"


def _foreign(machine: Machine) -> Iterator[str]:
    for state in machine.states.values():
        if type(state) not in (transitions.State, parts.State):
            yield f"state '{state.name}' is a {type(state).__name__} (a plain State is needed)"
    for trigger, event in machine.events.items():
        of = f"trigger '{trigger}'"
        if type(event) is not parts.Event:
            yield f"{of} is a {type(event).__name__} (the engine's Event is needed)"
        conditions = list(parts.preconditions_of(event))
        for each in _all(event):
            conditions += each.conditions
            if type(each) is not parts.Transition:
                yield f"{of} has a {type(each).__name__} (the engine's Transition is needed)"
        for condition in conditions:
            if type(condition) is not parts.Condition:
                yield f"{of} has a {type(condition).__name__} (the engine's Condition is needed)"


def _overridden(machine: Machine, base: type) -> Iterator[str]:
    for name in _REPLACED:
        if name in vars(machine) or getattr(type(machine), name) is not getattr(base, name):
            yield f"{type(machine).__name__} overrides {name}(), which a table cannot honour"


def _unknown_states(machine: Machine) -> Iterator[str]:
    if machine.initial is None:
        yield "it has no initial state (give one of its states as initial)"
    known = ", ".join(machine.states)
    for trigger, event in machine.events.items():
        for transition in _all(event):
            for role, name in (("source", transition.source), ("target", transition.dest)):
                if name is not None and name not in machine.states:
                    yield (
                        f"trigger '{trigger}' has the unknown {role} state '{name}' "
                        f"(known: {known})"
                    )


def _unreachable(machine: Machine) -> Iterator[str]:
    targets: dict[str | None, set[str | None]] = {}
    for event in machine.events.values():
        for transition in _all(event):
            if transition.dest is not None:
                targets.setdefault(transition.source, set()).add(transition.dest)
    reached: set[str | None] = set()
    waiting: set[str | None] = {machine.initial}
    while waiting:
        reached |= waiting
        waiting = {name for state in waiting for name in targets.get(state, ())} - reached
    for name in machine.states:
        if name not in reached:
            yield f"state '{name}' cannot be reached from '{machine.initial}'"


def _useless(machine: Machine) -> Iterator[str]:
    for trigger, event in machine.events.items():
        if not any(_all(event)):
            yield f"trigger '{trigger}' has no row in any state (is its name misspelt?)"


def _never_taken(machine: Machine) -> Iterator[str]:
    for trigger, event in machine.events.items():
        required = _asked(parts.preconditions_of(event))
        for source, rows in event.transitions.items():
            for position, row in enumerate(rows):
                reason = _never(machine, required, rows[:position], row)
                if reason:
                    yield (
                        f"row {position + 1} of trigger '{trigger}' in state '{source}' "
                        f"can never be taken: {reason}"
                    )


def _never(
    machine: Machine,
    required: set[tuple[Any, bool]],
    earlier: list[transitions.Transition],
    row: transitions.Transition,
) -> str:
    asked = _asked(row.conditions)
    if _contradict(asked, asked):
        return "it wants a condition and its opposite"
    # Callbacks that prepare may turn an answer round between two askings.
    steady = not row.prepare
    if steady and not any((machine.prepare_event, *(each.prepare for each in earlier))):
        if _contradict(asked, required):
            return "it wants the opposite of what its trigger requires"
        asked |= required
    for position in reversed(range(len(earlier))):
        wants = _asked(earlier[position].conditions)
        if not wants or (steady and wants <= asked):
            return f"row {position + 1} always wins"
        steady = steady and not earlier[position].prepare
    return ""


def _asked(conditions: Iterable[transitions.core.Condition]) -> set[tuple[Any, bool]]:
    return {
        (each.func if isinstance(each.func, Hashable) else id(each.func), each.target)
        for each in conditions
    }


def _contradict(some: set[tuple[Any, bool]], others: set[tuple[Any, bool]]) -> bool:
    return any((func, not wanted) in others for func, wanted in some)


@attrs.frozen
class _Frozen:
    pass


_FROZEN: Any = vars(_Frozen)["__setattr__"]


def _cannot_hold(machine: Machine, model_class: type | None) -> Iterator[str]:
    if model_class is None:
        return
    name, attribute = model_class.__name__, machine.model_attribute
    found = inspect.getattr_static(model_class, attribute, None)
    dataclass = getattr(model_class, "__dataclass_params__", None)
    if model_class.__setattr__ is _FROZEN or getattr(dataclass, "frozen", False):
        yield f"{name} is frozen, so its '{attribute}' cannot be set (make it mutable)"
    elif isinstance(found, property):
        if found.fset is None:
            yield f"{name} cannot set its property '{attribute}' (give it a setter)"
    elif model_class.__dictoffset__ == 0 and not inspect.isdatadescriptor(found):
        yield f"{name} has no attribute '{attribute}' for the state (add it to its __slots__)"


def _missing(machine: Machine, model_class: type | None) -> Iterator[str]:
    for where, given in _named(machine, model_class):
        found = name_resolution.look_up(model_class, given)
        if model_class is not None and found is name_resolution.MISSING:
            yield f"{where} '{given}' is neither on {model_class.__name__} nor importable"
        elif not isinstance(given, str) and not callable(given):
            yield f"{where} {given!r} can be neither called nor looked up (give a name)"
        elif _is_asynchronous(name_resolution.function_in(found)):
            yield (
                f"{where} '{name_resolution.name_of(given)}' is a coroutine function, "
                "which nothing would await (make it a plain one)"
            )


def _is_asynchronous(function: Any) -> bool:
    call = inspect.getattr_static(type(function), "__call__")
    return any(
        inspect.iscoroutinefunction(each) or inspect.isasyncgenfunction(each)
        for each in (function, call)
    )


def _named(machine: Machine, model_class: type | None) -> Iterator[tuple[str, Any]]:
    for kind in parts.MACHINE_CALLBACKS:
        for given in getattr(machine, kind):
            yield f"{kind} callback", given
    for state in machine.states.values():
        for kind in parts.STATE_CALLBACKS:
            for given in parts.state_callbacks(state, kind, model_class):
                yield f"{kind} callback of state '{state.name}'", given
    for trigger, event in machine.events.items():
        for condition in parts.preconditions_of(event):
            yield f"requirement of trigger '{trigger}'", condition.func
        for transition in _all(event):
            of = f"of trigger '{trigger}' in state '{transition.source}'"
            for kind in parts.TRANSITION_CALLBACKS:
                for given in getattr(transition, kind):
                    yield f"{kind} callback {of}", given
            for condition in transition.conditions:
                yield f"condition {of}", condition.func


def _all(event: transitions.Event) -> Iterator[transitions.Transition]:
    for rows in event.transitions.values():
        yield from rows
