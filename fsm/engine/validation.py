"""Validation of a machine's definition, before it is frozen."""

from __future__ import annotations

import inspect
from collections.abc import Container, Hashable, Iterable, Iterator
from enum import Enum
from typing import Any

import transitions

from fsm.engine import declaration, name_resolution
from fsm.engine.guard import GuardDescription

# The compiled table replaces these methods of `transitions`; it would silently ignore an
# override.
_REPLACED_METHODS = (
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
_REPLACED_STATE_METHODS = ("enter", "exit", "name", "value")
_MAX_NAMES = 3
_SIMILAR = 0.75
"""The similarity from which a name is proposed for another; a misspelt one mostly has more."""
_EXTENSIONS = {
    "AsyncMachine": "nothing awaits in a table (await before an event or after it)",
    "LockedMachine": "a table has no locks (lock around fire())",
}


def problems(
    machine: transitions.Machine,
    model_class: type | None,
    base: type,
    starts: Iterable[str | Enum] = (),
) -> list[str]:
    """Returns everything that prevents freezing, or could never work.

    Args:
        machine: the machine as declared.
        model_class: the class of its models, if known.
        base: the class whose methods the table replaces.
        starts: the states besides the initial one in which models may start.

    Returns:
        One line per problem; empty for a machine that can be frozen.
    """
    starting = [start.name if isinstance(start, Enum) else start for start in starts]
    extensions = list(_extensions(machine))
    lines = [
        *_unsupported(machine),
        *extensions,
        *([] if extensions else _foreign_classes(machine)),
        *([] if extensions else _overridden_methods(machine, base)),
        *_unknown_states(machine, starting),
    ]
    if not lines:  # the following checks rely on the states
        lines = [
            *_unreachable_states(machine, starting),
            *_triggers_without_rows(machine),
            *_unreachable_rows(machine),
        ]
    lines += [*_state_attribute(machine, model_class), *_callbacks(machine, model_class)]
    # Rows of one cell may share a faulty guard.
    return [*dict.fromkeys(lines)]


def _unsupported(machine: transitions.Machine) -> Iterator[str]:
    if machine.has_queue:
        yield (
            "it is queued (leave queued out; a trigger that a callback fires is processed within "
            "it)"
        )
    if any(model is machine for model in machine.models):
        yield "it is its own model (give models a class of their own, and leave model out)"
    elif machine.models:
        classes = dict.fromkeys(type(model).__name__ for model in machine.models)
        yield (
            f"a {' and a '.join(classes)} is attached as a model (build the machine once, outside "
            "of its models, and leave model out)"
        )
    by_value: dict[Any, str] = {}
    for state in machine.states.values():
        if not state.name:
            yield "a state has an empty name (transitions takes that for no target)"
        other = by_value.setdefault(state.value, state.name)
        if other != state.name:
            yield f"states '{other}' and '{state.name}' have equal values (make them differ)"


def _extensions(machine: transitions.Machine) -> Iterator[str]:
    bases = {base.__name__ for base in type(machine).__mro__ if _is_extension(base)}
    for name, reason in _EXTENSIONS.items():
        if name in bases:
            yield f"it is {'an' if name[0] in 'AEIOU' else 'a'} {name}, and {reason}"


def _is_extension(class_: type) -> bool:
    return class_.__module__.startswith("transitions.extensions.")


def _foreign_classes(machine: transitions.Machine) -> Iterator[str]:
    # One class usually holds for the whole machine, so all of its parts share a line.
    parts: dict[tuple[str, str, str], list[str]] = {}
    for state in machine.states.values():
        for name in _REPLACED_STATE_METHODS:
            if getattr(type(state), name) is not getattr(transitions.State, name):
                fault = (
                    f"has its own {name}, which a table cannot honour "
                    "(use on_enter and on_exit of a plain State, or Tags)"
                )
                parts.setdefault((type(state).__name__, "state", fault), []).append(state.name)
    for trigger, event in machine.events.items():
        rows = list(_transitions(event))
        conditions = [*declaration.preconditions_of(event)]
        conditions += [condition for row in rows for condition in row.conditions]
        classes: list[tuple[str, type, type, str]] = [
            ("trigger", type(event), declaration.TriggerEvent, "leave event_cls out")
        ]
        classes += [
            ("transition of trigger", type(row), declaration.Transition, "leave transition_cls out")
            for row in rows
        ]
        classes += [
            ("condition of trigger", type(condition), transitions.core.Condition, "give a function")
            for condition in conditions
        ]
        for noun, given, known, remedy in dict.fromkeys(classes):
            if given is not known:
                fault = f"is none that a table knows ({remedy})"
                parts.setdefault((given.__name__, noun, fault), []).append(trigger)
    for (given_name, noun, fault), names in parts.items():
        yield f"{given_name}, the class of {_listed(noun, names)}, {fault}"


def _listed(noun: str, names: list[str]) -> str:
    """Returns a noun with the first names in quotes, and the number of the others."""
    shown = names if len(names) <= _MAX_NAMES + 1 else names[:_MAX_NAMES]
    more = f" and {len(names) - len(shown)} more" if len(shown) < len(names) else ""
    quoted = ", ".join(f"'{name}'" for name in shown)
    return f"{noun}{'s' if len(names) > 1 else ''} {quoted}{more}"


def _overridden_methods(machine: transitions.Machine, base: type) -> Iterator[str]:
    for name in _REPLACED_METHODS:
        if name in vars(machine) or getattr(type(machine), name) is not getattr(base, name):
            yield f"{type(machine).__name__} overrides {name}(), which a table cannot honour"


def _unknown_states(machine: transitions.Machine, starting: list[str]) -> Iterator[str]:
    if machine.initial is None:
        yield "it has no initial state (give one of its states as initial)"
    if vars(machine).get("_initial_added"):
        yield (
            f"its initial state is '{machine.initial}', which is none of the states given "
            "(give one of them as initial)"
        )
    for name in vars(machine).get("_repeated_states", ()):
        yield f"state '{name}' is given twice, and the last one replaces the others (give it once)"
    known = ", ".join(machine.states)
    for start in starting:
        if start not in machine.states:
            yield f"starts has the unknown state '{start}' (known: {known})"
    unknown: dict[tuple[str, str], dict[str, None]] = {}
    for trigger, event in machine.events.items():
        for transition in _transitions(event):
            for role, name in (("source", transition.source), ("target", transition.dest)):
                if name is not None and name not in machine.states:
                    unknown.setdefault((role, name), {})[trigger] = None
    for (role, name), triggers in unknown.items():
        remedy = "None without quotes keeps the state" if name == "None" else f"known: {known}"
        verb = "has" if len(triggers) == 1 else "have"
        yield (
            f"{_listed('trigger', [*triggers])} {verb} the unknown {role} state '{name}' ({remedy})"
        )


def _unreachable_states(machine: transitions.Machine, starting: list[str]) -> Iterator[str]:
    targets: dict[str | None, set[str | None]] = {}
    for event in machine.events.values():
        for transition in _transitions(event):
            if transition.dest is not None:
                targets.setdefault(transition.source, set()).add(transition.dest)
    reached: set[str | None] = set()
    waiting: set[str | None] = {machine.initial, *starting}
    while waiting:
        reached |= waiting
        waiting = {name for state in waiting for name in targets.get(state, ())} - reached
    for name in machine.states:
        if name not in reached:
            origins = " or ".join(f"'{origin}'" for origin in (machine.initial, *starting))
            yield (
                f"state '{name}' cannot be reached from {origins} "
                f"(if models may start there, give it: freeze(starts=['{name}']))"
            )


def _triggers_without_rows(machine: transitions.Machine) -> Iterator[str]:
    for trigger, event in machine.events.items():
        if not any(_transitions(event)):
            yield f"trigger '{trigger}' has no row in any state (is its name misspelt?)"


def _unreachable_rows(machine: transitions.Machine) -> Iterator[str]:
    unreachable = dict(unreachable_rows(machine))
    # A wildcard may stand behind another row in some states, as long as not in all.
    reachable = {
        _declaration(row)
        for event in machine.events.values()
        for row in _transitions(event)
        if row not in unreachable
    }
    yield from (line for row, line in unreachable.items() if _declaration(row) not in reachable)


def _declaration(row: transitions.Transition) -> object:
    return row.declaration  # type: ignore[attr-defined]


def unreachable_rows(
    machine: transitions.Machine,
) -> Iterator[tuple[transitions.Transition, str]]:
    """Yields each row that can never be taken, with the reason in words.

    Args:
        machine: a machine whose parts are known to be those of the engine.
    """
    for trigger, event in machine.events.items():
        preconditions = _wanted_answers(declaration.preconditions_of(event))
        for source, rows in event.transitions.items():
            for position, row in enumerate(rows):
                reason = _why_unreachable(machine, preconditions, rows[:position], row)
                if reason:
                    name = f"row {position + 1} of trigger '{trigger}' in state '{source}'"
                    yield row, f"{name} can never be taken: {reason}"


def _why_unreachable(
    machine: transitions.Machine,
    preconditions: set[tuple[Any, bool]],
    earlier: list[transitions.Transition],
    row: transitions.Transition,
) -> str:
    wanted = _wanted_answers(row.conditions)
    if _contradict(wanted, wanted):
        return "it wants a guard and its opposite"
    # Callbacks that prepare may change an answer between two evaluations, and with send_event a
    # guard may ask for the transition.
    steady = not (row.prepare or machine.send_event)
    if steady and not any((machine.prepare_event, *(other.prepare for other in earlier))):
        if _contradict(wanted, preconditions):
            return "it wants the opposite of a precondition of its trigger"
        wanted |= preconditions
    for position in reversed(range(len(earlier))):
        others = _wanted_answers(earlier[position].conditions)
        if not others or (steady and others <= wanted):
            automatic = declaration.is_automatic(earlier[position])
            hint = " (it is automatic: auto_transitions=False leaves it out)" if automatic else ""
            return f"row {position + 1} always wins{hint}"
        steady = steady and not earlier[position].prepare
    return ""


def _wanted_answers(conditions: Iterable[transitions.core.Condition]) -> set[tuple[Any, bool]]:
    return {
        (
            condition.func if isinstance(condition.func, Hashable) else id(condition.func),
            condition.target,
        )
        for condition in conditions
    }


def _contradict(some: set[tuple[Any, bool]], others: set[tuple[Any, bool]]) -> bool:
    return any((func, not wanted) in others for func, wanted in some)


# attrs gives every frozen class the same method.
_FROZEN_SETATTR: Any = vars(GuardDescription)["__setattr__"]


def _state_attribute(machine: transitions.Machine, model_class: type | None) -> Iterator[str]:
    if model_class is None:
        return
    name, attribute = model_class.__name__, machine.model_attribute
    if isinstance(machine, model_class):
        yield (
            f"{name} is the class of the machine, which nothing changes once it is frozen "
            "(give models a class of their own)"
        )
    placeholders = [
        member
        for base in model_class.__mro__
        for member, value in vars(base).items()
        if type(value).__module__.startswith("transitions.experimental.")
    ]
    if placeholders:
        yield (
            f"{name} declares {_listed('trigger', placeholders)} with transitions.experimental, "
            "which only an attached model reads (use add_transition())"
        )
    member = name_resolution.attribute_of(model_class, attribute)
    dataclass = getattr(model_class, "__dataclass_params__", None)
    if model_class.__setattr__ is _FROZEN_SETATTR or getattr(dataclass, "frozen", False):
        yield f"{name} is frozen, so its '{attribute}' cannot be set (make it mutable)"
    elif isinstance(member, property):
        if member.fset is None:
            yield f"{name} cannot set its property '{attribute}' (give it a setter)"
    elif model_class.__dictoffset__ == 0 and not inspect.isdatadescriptor(member):
        yield f"{name} has no attribute '{attribute}' for the state (add it to its __slots__)"


def _callbacks(machine: transitions.Machine, model_class: type | None) -> Iterator[str]:
    # Rows share most names, and a look-up is slow.
    faults: dict[str, str] = {}
    added = {"trigger", *machine.events, *(f"may_{trigger}" for trigger in machine.events)}
    added |= {f"is_{state}" for state in machine.states}
    for where, callback in _declared_callbacks(machine, model_class):
        if not isinstance(callback, str):
            fault = _callback_fault(callback, model_class, added)
        elif callback in faults:
            fault = faults[callback]
        else:
            fault = faults[callback] = _callback_fault(callback, model_class, added)
        if fault:
            yield f"{where} {fault}"


def _callback_fault(callback: Any, model_class: type | None, added: Container[str]) -> str:
    target = name_resolution.look_up(model_class, callback)
    if model_class is not None and target is name_resolution.MISSING:
        if callback in added:
            return (
                f"'{callback}' is a method that transitions adds to models, and a frozen machine "
                f"adds none (define it in {model_class.__name__}, such as with fire())"
            )
        near = _similar_name(model_class, callback)
        hint = f" (did you mean '{near}'?)" if near else ""
        if "," in callback:
            hint = " (several names? give a list of them)"
        if _set_by_init(model_class, callback):
            hint = f" (__init__ sets it: annotate it in the class, '{callback}: bool')"
        return f"'{callback}' is neither on {model_class.__name__} nor importable{hint}"
    if not isinstance(callback, str) and not callable(callback):
        return f"{callback!r} can be neither called nor looked up (give a name)"
    if _is_asynchronous(name_resolution.function_in(target)):
        return (
            f"'{name_resolution.name_of(callback)}' is a coroutine function, "
            "which nothing would await (make it a plain one)"
        )
    return ""


def _set_by_init(model_class: type, name: str) -> bool:
    constructors = (vars(base).get("__init__") for base in model_class.__mro__)
    return any(
        name in constructor.__code__.co_names
        for constructor in constructors
        if inspect.isfunction(constructor)
    )


def _similar_name(model_class: type, name: str) -> str | None:
    from difflib import get_close_matches  # only a misspelt name needs it

    known = [attribute for attribute in dir(model_class) if not attribute.startswith("_")]
    return next(iter(get_close_matches(name, known, 1, _SIMILAR)), None)


def _is_asynchronous(function: Any) -> bool:
    call = name_resolution.attribute_of(type(function), "__call__")
    return any(
        inspect.iscoroutinefunction(candidate) or inspect.isasyncgenfunction(candidate)
        for candidate in (function, call)
    )


def _declared_callbacks(
    machine: transitions.Machine, model_class: type | None
) -> Iterator[tuple[str, Any]]:
    for kind in declaration.MACHINE_CALLBACKS:
        for callback in getattr(machine, kind):
            yield f"{kind} callback", callback
    for state in machine.states.values():
        for kind in declaration.STATE_CALLBACKS:
            for callback in declaration.state_callbacks(state, kind, model_class):
                yield f"{kind} callback of state '{state.name}'", callback
    for trigger, event in machine.events.items():
        for condition in declaration.preconditions_of(event):
            yield f"precondition of trigger '{trigger}'", condition.func
        for transition in _transitions(event):
            of = f"of trigger '{trigger}' in state '{transition.source}'"
            for kind in declaration.TRANSITION_CALLBACKS:
                for callback in getattr(transition, kind):
                    yield f"{kind} callback {of}", callback
            for condition in transition.conditions:
                yield f"guard {of}", condition.func


def _transitions(event: transitions.Event) -> Iterator[transitions.Transition]:
    for rows in event.transitions.values():
        yield from rows
