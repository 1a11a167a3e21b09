"""From a machine as declared to its frozen table."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import transitions

from fsm.engine import definition
from fsm.engine.condition import meaning_of
from fsm.engine.errors import DefinitionError
from fsm.engine.table import Call, Callbacks, Cell, Check, Refusal, Row, Table

if TYPE_CHECKING:
    from fsm.engine.machine import Machine


def compile_table(machine: Machine, model_class: type | None) -> Table:
    """Compile a machine, or say all that is wrong with it.

    Raises:
        DefinitionError: see :mod:`fsm.engine.definition`.
    """
    problems = definition.problems(machine, model_class)
    if problems:
        raise DefinitionError(machine.title, problems)
    if model_class is not None:
        _bind_dynamic_callbacks(machine, model_class)
    resolve = Resolver(model_class)
    states = list(machine.states.values())
    cells = {
        trigger: {state.value: _cell(machine, event, state, resolve) for state in states}
        for trigger, event in machine.events.items()
    }
    return Table(
        machine,
        cells,
        {state.value: state.name for state in states},
        Callbacks(
            resolve.all(machine.prepare_event),
            resolve.all(machine.finalize_event),
            resolve.all(machine.on_exception),
        ),
        frozenset(state.name for state in states if _ignores(machine, state)),
    )


def seal(machine: Machine) -> None:
    """Turn every list and dictionary of a machine's definition into a read-only one."""
    for event in machine.events.values():
        event.requires = tuple(event.requires)
        for found in event.transitions.values():
            for transition in found:
                for name in ("conditions", "prepare", "before", "after"):
                    setattr(transition, name, tuple(getattr(transition, name)))
        event.transitions = MappingProxyType(
            {source: tuple(found) for source, found in event.transitions.items()}
        )
    for state in machine.states.values():
        state.on_enter, state.on_exit = tuple(state.on_enter), tuple(state.on_exit)
    machine.models = ()
    machine.states = MappingProxyType(dict(machine.states))
    machine.events = MappingProxyType(dict(machine.events))


class Resolver:
    """Turns a condition or callback as given into a function of the model and the event."""

    def __init__(self, model_class: type | None) -> None:
        self._class = model_class

    def method(self, given: Any) -> Call | None:
        """Return the method of the model class that a name stands for, if it is one."""
        if self._class is None or not isinstance(given, str):
            return None
        found = inspect.getattr_static(self._class, given, None)
        return found if inspect.isfunction(found) else None

    def __call__(self, given: Any) -> Call:
        """Resolve one; a name that only the model itself can resolve stays a look-up."""
        if not isinstance(given, str):
            return _without_model(given)
        return self.method(given) or _looked_up(given)

    def all(self, given: Iterable[Any]) -> tuple[Call, ...]:
        """Resolve several, in order."""
        return tuple(self(each) for each in given)

    def check(self, given: Any) -> Check:
        """Resolve a condition of ``transitions``."""
        return Check(
            call=self(given.func),
            wanted=given.target,
            name=name_of(given.func),
            meaning=meaning_of(self.method(given.func) or given.func),
        )


def name_of(given: Any) -> str:
    """Return how a definition names a condition or callback."""
    return given if isinstance(given, str) else getattr(given, "__name__", repr(given))


def _without_model(given: Callable[..., Any]) -> Call:
    def call(_model: Any, *args: Any, **kwargs: Any) -> Any:
        return given(*args, **kwargs)

    return call


def _looked_up(name: str) -> Call:
    def call(model: Any, *args: Any, **kwargs: Any) -> Any:
        found = transitions.Machine.resolve_callable(name, SimpleNamespace(model=model))
        return found(*args, **kwargs)

    return call


def _bind_dynamic_callbacks(machine: Machine, model_class: type) -> None:
    # `transitions` does this for each model it attaches: methods named on_enter_<state> and
    # on_exit_<state> are callbacks without being declared.
    for state in machine.states.values():
        for kind in state.dynamic_methods:
            name = f"{kind}_{state.name}"
            callbacks = getattr(state, kind)
            if inspect.isfunction(getattr(model_class, name, None)) and name not in callbacks:
                state.add_callback(kind.removeprefix("on_"), name)


def _ignores(machine: Machine, state: transitions.State) -> bool:
    own = state.ignore_invalid_triggers
    return bool(machine.ignore_invalid_triggers if own is None else own)


def _cell(machine: Machine, event: Any, state: transitions.State, resolve: Resolver) -> Cell:
    requires = tuple(resolve.check(each) for each in event.requires)
    found = event.transitions.get(state.name, ())
    return Cell(
        state=state.name,
        trigger=event.name,
        requires=requires,
        rows=tuple(_row(machine, event.name, each, resolve) for each in found),
        asks=tuple(
            (check.call, check.wanted, Refusal(state.name, event.name, check)) for check in requires
        ),
        silent=Refusal(state.name, event.name, None),
    )


def _row(machine: Machine, trigger: str, given: Any, resolve: Resolver) -> Row:
    source = machine.states[given.source]
    before = [*machine.before_state_change, *given.before]
    after = [*given.after, *machine.after_state_change]
    value = None
    if given.dest is not None:
        target = machine.states[given.dest]
        before += source.on_exit
        after = [*target.on_enter, *(machine.on_final if target.final else ()), *after]
        value = target.value
    checks = tuple(resolve.check(each) for each in given.conditions)
    return Row(
        trigger=trigger,
        source=given.source,
        target=given.dest,
        checks=checks,
        info=given.info,
        definition=given,
        prepare=resolve.all(given.prepare),
        before=resolve.all(before),
        after=resolve.all(after),
        attribute=machine.model_attribute,
        value=value,
        asks=tuple(
            (
                check.call,
                check.wanted,
                Refusal(given.source, trigger, check) if check.meaning.reason else None,
            )
            for check in checks
        ),
    )
