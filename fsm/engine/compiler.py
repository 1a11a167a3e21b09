"""Compilation of a machine's definition into a table."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import transitions

from fsm.engine import declaration, name_resolution
from fsm.engine.guard import GuardDescription, description_of
from fsm.engine.row import Call, Cell, Guard, MachineCallbacks, Refusal, Row
from fsm.engine.table import Table, applier


def compile_table(machine: transitions.Machine, model_class: type | None) -> Table:
    """Returns the table of a machine, which is left unchanged.

    Args:
        machine: a machine without problems (:func:`fsm.engine.validation.problems`).
        model_class: the class of its models, if known.
    """
    resolve = Resolver(machine, model_class)
    states = list(machine.states.values())
    return Table(
        machine,
        {
            trigger: {state.value: _cell(machine, event, state, resolve) for state in states}
            for trigger, event in machine.events.items()
        },
        MachineCallbacks(
            resolve.all(machine.prepare_event),
            resolve.all(machine.finalize_event),
            resolve.all(machine.on_exception),
        ),
        frozenset(state.name for state in states if _ignores(machine, state)),
    )


class Resolver:
    """Turns guards and callbacks of a definition into functions of model and event.

    Rows share most names, so each name is looked up once.

    Args:
        machine: the machine.
        model_class: the class of the models, if known.
    """

    def __init__(self, machine: transitions.Machine, model_class: type | None) -> None:
        self.machine = machine
        self.model_class = model_class
        self._calls: dict[str, Call] = {}
        self._descriptions: dict[str, GuardDescription] = {}
        self._state_callbacks: dict[tuple[str, str], list[Any]] = {}

    def __call__(self, callback: Any) -> Call:
        """Resolves a callback; a name that only the model can resolve is looked up per call."""
        if not isinstance(callback, str):
            return _without_model(callback)
        if callback not in self._calls:
            method = name_resolution.method_of(self.model_class, callback)
            self._calls[callback] = method or _looked_up(callback, self.machine)
        return self._calls[callback]

    def all(self, callbacks: Iterable[Any]) -> tuple[Call, ...]:
        """Resolves several callbacks, in order."""
        return tuple(self(callback) for callback in callbacks)

    def guard(self, condition: transitions.core.Condition) -> Guard:
        """Resolves a condition of ``transitions``."""
        return Guard(
            call=self(condition.func),
            wanted=condition.target,
            name=name_resolution.name_of(condition.func),
            description=self._description(condition.func),
        )

    def _description(self, guard: Any) -> GuardDescription:
        if isinstance(guard, str) and guard in self._descriptions:
            return self._descriptions[guard]
        function = name_resolution.function_in(name_resolution.look_up(self.model_class, guard))
        description = description_of(function if callable(function) else guard)
        if isinstance(guard, str):
            self._descriptions[guard] = description
        return description

    def state_callbacks(self, state: transitions.State, kind: str) -> list[Any]:
        """Returns the callbacks of entering or leaving a state."""
        key = (state.name, kind)
        if key not in self._state_callbacks:
            self._state_callbacks[key] = declaration.state_callbacks(state, kind, self.model_class)
        return self._state_callbacks[key]


def _without_model(function: Callable[..., Any]) -> Call:
    def call(_model: Any, /, *args: Any, **kwargs: Any) -> Any:
        answer = function(*args, **kwargs)
        if answer is True or answer is False or answer is None:
            return answer
        return _not_awaitable(answer, function)

    return call


def _looked_up(name: str, machine: transitions.Machine) -> Call:
    def call(model: Any, /, *args: Any, **kwargs: Any) -> Any:
        data = transitions.EventData(None, None, machine, model, args, kwargs)
        answer = machine.resolve_callable(name, data)(*args, **kwargs)
        return _not_awaitable(answer, name)

    return call


def _not_awaitable(answer: Any, callback: Any) -> Any:
    """Returns the answer of a callback that validation could not look into.

    Raises:
        TypeError: the answer is a coroutine or the like. It equals neither ``True`` nor ``False``.
    """
    if not (inspect.isawaitable(answer) or inspect.isasyncgen(answer)):
        return answer
    if inspect.iscoroutine(answer):
        answer.close()  # else Python warns that it was never awaited
    raise TypeError(
        f"'{name_resolution.name_of(callback)}' returned a {type(answer).__name__}, "
        "which nothing would await (make it a plain function)"
    )


def _ignores(machine: transitions.Machine, state: transitions.State) -> bool:
    own: bool | None = state.ignore_invalid_triggers
    return bool(machine.ignore_invalid_triggers if own is None else own)


def _cell(
    machine: transitions.Machine,
    event: transitions.Event,
    state: transitions.State,
    resolve: Resolver,
) -> Cell:
    preconditions = tuple(
        resolve.guard(condition) for condition in declaration.preconditions_of(event)
    )
    definitions = event.transitions.get(state.name, ())
    return Cell(
        state=state.name,
        trigger=event.name,
        preconditions=preconditions,
        rows=tuple(_row(machine, event.name, each, resolve) for each in definitions),
        compiled_preconditions=tuple(
            (guard.call, guard.wanted, Refusal(state.name, event.name, guard))
            for guard in preconditions
        ),
        default_refusal=Refusal(state.name, event.name, None),
        declared=bool(definitions),
    )


def _row(
    machine: transitions.Machine,
    trigger: str,
    definition: transitions.Transition,
    resolve: Resolver,
) -> Row:
    before = [*machine.before_state_change, *definition.before]
    after = [*definition.after, *machine.after_state_change]
    value = None
    if definition.dest is None:
        # No state changes between them, and one list is one loop less on the hot path.
        before, after = [], [*before, *after]
    else:
        source, target = machine.states[definition.source], machine.states[definition.dest]
        before += resolve.state_callbacks(source, "on_exit")
        entering = resolve.state_callbacks(target, "on_enter")
        after = [*entering, *(machine.on_final if target.final else ()), *after]
        value = target.value
    guards = tuple(resolve.guard(condition) for condition in definition.conditions)
    calls_before, calls_after = resolve.all(before), resolve.all(after)
    moves = definition.dest is not None
    return Row(
        trigger=trigger,
        source=definition.source,
        target=definition.dest,
        guards=guards,
        info=definition.info if isinstance(definition, declaration.Transition) else None,
        definition=definition,
        prepare=resolve.all(definition.prepare),
        before=calls_before,
        after=calls_after,
        attribute=machine.model_attribute,
        value=value,
        apply=applier(calls_before, calls_after, moves=moves, value=value),
        compiled_guards=tuple(
            (
                guard.call,
                guard.wanted,
                Refusal(definition.source, trigger, guard) if guard.description.reason else None,
            )
            for guard in guards
        ),
    )
