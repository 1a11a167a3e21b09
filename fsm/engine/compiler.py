"""From a machine as declared to its frozen table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import transitions

from fsm.engine import name_resolution, parts
from fsm.engine.guard import description_of
from fsm.engine.row import Call, Callbacks, Cell, Guard, Refusal, Row
from fsm.engine.table import Table

if TYPE_CHECKING:
    from fsm.engine.machine import Machine


def compile_table(machine: Machine, model_class: type | None) -> Table:
    """Compile a sound machine, which stays as it is.

    Args:
        machine: one that :func:`fsm.engine.validation.problems` has nothing to say about.
        model_class: the class of its models, if it is known.

    Returns:
        The table.
    """
    resolve = Resolver(machine, model_class)
    states = list(machine.states.values())
    return Table(
        machine,
        {
            trigger: {state.value: _cell(machine, event, state, resolve) for state in states}
            for trigger, event in machine.events.items()
        },
        Callbacks(
            resolve.all(machine.prepare_event),
            resolve.all(machine.finalize_event),
            resolve.all(machine.on_exception),
        ),
        frozenset(state.name for state in states if _ignores(machine, state)),
    )


class Resolver:
    """Turns a condition or callback as given into a function of the model and the event.

    Args:
        machine: the machine it belongs to.
        model_class: the class of the models, if it is known.
    """

    def __init__(self, machine: Machine, model_class: type | None) -> None:
        self.machine = machine
        self.model_class = model_class

    def __call__(self, given: Any) -> Call:
        """Resolve one; a name that only the model itself can resolve stays a look-up."""
        if not isinstance(given, str):
            return _without_model(given)
        return name_resolution.method_of(self.model_class, given) or _looked_up(given, self.machine)

    def all(self, given: Iterable[Any]) -> tuple[Call, ...]:
        """Resolve several, in order."""
        return tuple(self(each) for each in given)

    def guard(self, given: transitions.core.Condition) -> Guard:
        """Resolve a condition of ``transitions``."""
        found = name_resolution.function_in(name_resolution.look_up(self.model_class, given.func))
        return Guard(
            call=self(given.func),
            wanted=given.target,
            name=name_resolution.name_of(given.func),
            description=description_of(found if callable(found) else given.func),
        )


def _without_model(given: Callable[..., Any]) -> Call:
    def call(_model: Any, /, *args: Any, **kwargs: Any) -> Any:
        return given(*args, **kwargs)

    return call


def _looked_up(name: str, machine: Machine) -> Call:
    def call(model: Any, /, *args: Any, **kwargs: Any) -> Any:
        data = transitions.EventData(None, None, machine, model, args, kwargs)
        return machine.resolve_callable(name, data)(*args, **kwargs)

    return call


def _ignores(machine: Machine, state: transitions.State) -> bool:
    own: bool | None = state.ignore_invalid_triggers
    return bool(machine.ignore_invalid_triggers if own is None else own)


def _cell(
    machine: Machine, event: transitions.Event, state: transitions.State, resolve: Resolver
) -> Cell:
    preconditions = tuple(resolve.guard(each) for each in parts.preconditions_of(event))
    found = event.transitions.get(state.name, ())
    return Cell(
        state=state.name,
        trigger=event.name,
        preconditions=preconditions,
        rows=tuple(_row(machine, event.name, each, resolve) for each in found),
        asks=tuple(
            (guard.call, guard.wanted, Refusal(state.name, event.name, guard))
            for guard in preconditions
        ),
        default_refusal=Refusal(state.name, event.name, None),
    )


def _row(machine: Machine, trigger: str, given: transitions.Transition, resolve: Resolver) -> Row:
    before = [*machine.before_state_change, *given.before]
    after = [*given.after, *machine.after_state_change]
    value = None
    if given.dest is None:
        # No state changes between them; one list is one loop less on the hot path.
        before, after = [], [*before, *after]
    else:
        source, target = machine.states[given.source], machine.states[given.dest]
        before += parts.state_callbacks(source, "on_exit", resolve.model_class)
        entering = parts.state_callbacks(target, "on_enter", resolve.model_class)
        after = [*entering, *(machine.on_final if target.final else ()), *after]
        value = target.value
    guards = tuple(resolve.guard(each) for each in given.conditions)
    callbacks = resolve.all(before), resolve.all(after)
    return Row(
        trigger=trigger,
        source=given.source,
        target=given.dest,
        guards=guards,
        info=given.info if isinstance(given, parts.Transition) else None,
        definition=given,
        prepare=resolve.all(given.prepare),
        before=callbacks[0],
        after=callbacks[1],
        attribute=machine.model_attribute,
        value=value,
        apply=_applier(*callbacks, moves=given.dest is not None, value=value),
        asks=tuple(
            (
                guard.call,
                guard.wanted,
                Refusal(given.source, trigger, guard) if guard.description.reason else None,
            )
            for guard in guards
        ),
    )


def _applier(before: tuple[Call, ...], after: tuple[Call, ...], *, moves: bool, value: Any) -> Call:
    """Return a function that takes a row: the callback itself, where that is all there is."""
    if not moves and len(after) == 1:
        return after[0]

    def apply(model: Any, event: Any) -> None:
        if moves:
            for call in before:
                call(model, event)
            model.state = value
        for call in after:
            call(model, event)

    return apply
