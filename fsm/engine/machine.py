"""The machine: declared in the vocabulary of ``transitions``, frozen into a table."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self, SupportsIndex

import transitions

from fsm.engine import compiler, declaration, firing, validation
from fsm.engine.declaration import (
    AutomaticDeclaration,
    Transition,
    TriggerEvent,
    preconditions_of,
)
from fsm.engine.errors import DefinitionError, FrozenError, NotFrozenError, NotPicklableError
from fsm.engine.explanation import Explanation, explain
from fsm.engine.row import Refusal, Row
from fsm.engine.table import Table

if TYPE_CHECKING:

    class _Machine(transitions.Machine):
        # The stubs of `transitions` leave it out.
        def _can_trigger(self, model: Any, trigger: str, *args: Any, **kwargs: Any) -> bool: ...

else:
    _Machine = transitions.Machine


_UNSUPPORTED_EXTENSIONS = {
    "HierarchicalMachine": "nested states have no table: write them as plain ones",
    "GraphMachine": "fsm draw and fsm.diagrams draw a frozen machine",
}

_DEFAULT_INITIAL = "initial"
"""The initial state that ``transitions`` adds if there is none."""


class Machine(_Machine):
    """A ``transitions.Machine`` that can be frozen.

    States, transitions, conditions, ``unless``, callbacks and wildcards are declared as for
    ``transitions``. Three things differ: no model is attached unless one is given; a trigger may
    have preconditions, evaluated in every state before any row; a transition may carry an
    ``info``.

    Args:
        model: a model to attach, or several; such a machine cannot be frozen.
        states: the states, as for ``transitions.Machine``.
        initial: the initial state, as for ``transitions.Machine``.
        args: further arguments of ``transitions.Machine``.
        preconditions: guards by trigger: a name, a callable, or a list of them. If one fails,
            nothing else happens: no callback runs, and it does not matter whether the state has
            a row.
        kwargs: further arguments of ``transitions.Machine``.

    Raises:
        TypeError: the class is a ``HierarchicalMachine`` or a ``GraphMachine`` as well, or a state
            has children.

    >>> class Door:
    ...     __slots__ = ("state", "locked")
    ...     def __init__(self): self.state, self.locked = "shut", True
    ...     def is_locked(self): return self.locked
    >>> machine = Machine(
    ...     states=["shut", "open"], initial="shut", auto_transitions=False,
    ... )
    >>> machine.add_transition("push", "shut", "open", unless="is_locked")
    >>> machine.add_transition("pull", "open", "shut")
    >>> machine.freeze(Door).frozen
    True
    >>> door = Door()
    >>> machine.fire(door, "push")
    False
    >>> print(machine.why(door, "push"))
    'push' is refused in 'shut': to 'open' it needs 'not is locked' (locked = True)
    >>> door.locked = False
    >>> machine.fire(door, "push"), door.state
    (True, 'open')
    """

    transition_cls = Transition
    event_cls = TriggerEvent

    # Mistakes that `transitions` accepts.
    _initial_added = False
    _repeated_states: tuple[str, ...] = ()

    _adds_automatic_transitions = False

    def __init__(
        self,
        model: Any = None,
        states: Any = None,
        initial: Any = _DEFAULT_INITIAL,
        *args: Any,
        preconditions: Mapping[Any, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        for base in type(self).__mro__:
            is_extension = base.__module__.startswith("transitions.extensions.")
            if is_extension and base.__name__ in _UNSUPPORTED_EXTENSIONS:
                reason = _UNSUPPORTED_EXTENSIONS[base.__name__]
                raise TypeError(f"a Machine of the engine is no {base.__name__} ({reason})")
        super().__init__(model, states, initial, *args, **kwargs)
        if initial == _DEFAULT_INITIAL or (initial is not None and states is not None):
            given = set(map(declaration.state_name, transitions.core.listify(states) or ()))
            self._initial_added = self.initial not in given
        for trigger, guards in (preconditions or {}).items():
            self.add_precondition(trigger, guards)

    # -- freezing ---------------------------------------------------------------------

    def freeze(self, model_class: type | None = None, *, starts: Iterable[str | Enum] = ()) -> Self:
        """Compiles the machine into an immutable table.

        A frozen machine attaches to no model and decorates none: :meth:`fire`, :meth:`decide`
        and :meth:`may` drive any object with the state attribute. The table no longer depends
        on the definition, whose public ways of changing it raise :class:`FrozenError`.

        A copy of a frozen machine is the machine itself, and a pickle is refused: models that are
        pickled find their machine in a module, or in an attribute of their class.

        Args:
            model_class: the class of the models. Names of guards and callbacks are then resolved
                once, on exactly that class, and its methods ``on_enter_<state>`` and
                ``on_exit_<state>`` are callbacks, as for a model that ``transitions`` attaches.
                Without it, names are resolved on the model at each call.
            starts: states besides the initial one in which models may start. A state that none
                of these leads to is a fault of the definition.

        Returns:
            The machine itself. Freezing a frozen machine changes nothing.

        Raises:
            DefinitionError: parts of the definition cannot be frozen or could never work.
            TypeError: ``model_class`` is not a class, or ``starts`` is a single state.
        """
        if model_class is not None and not isinstance(model_class, type):
            raise TypeError(f"freeze() takes the class of the models, not {model_class!r}")
        if isinstance(starts, (str, Enum)):
            raise TypeError(
                f"freeze() takes a list of states, not {starts!r} (starts=[{starts!r}])"
            )
        if not self.frozen:
            starts = tuple(starts)
            problems = validation.problems(self, model_class, Machine, starts)
            if problems:
                raise DefinitionError(self.title, problems)
            table = compiler.compile_table(self, model_class)
            own = vars(self)
            own["states"] = MappingProxyType(self.states)
            own["events"] = MappingProxyType(self.events)
            own["models"] = ()
            for kind in declaration.MACHINE_CALLBACKS:
                own[f"_{kind}"] = tuple(getattr(self, kind))
            own["_starts"] = tuple(
                dict.fromkeys([str(self.initial), *map(declaration.state_name, starts)])
            )
            own["_table"] = table
        return self

    def __copy__(self) -> Self:
        return self if self.frozen else self._with(vars(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        if self.frozen:
            return self
        # The parts of the definition refer to their machine.
        copied = memo[id(self)] = self._with({})
        vars(copied).update(copy.deepcopy(vars(self), memo))
        return copied

    def _with(self, attributes: Mapping[str, Any]) -> Self:
        machine = object.__new__(type(self))
        vars(machine).update(attributes)
        return machine

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        if self.frozen:
            name = f" '{self.title}'" if self.title else ""
            raise NotPicklableError(f"the frozen machine{name}")
        return super().__reduce_ex__(protocol)

    @property
    def frozen(self) -> bool:
        """True if the machine is frozen."""
        return vars(self).get("_table") is not None

    @property
    def table(self) -> Table:
        """The compiled table.

        Raises:
            NotFrozenError: the machine is not frozen.
        """
        table: Table | None = vars(self).get("_table")
        if table is None:
            raise NotFrozenError(self.title, "table")
        return table

    @property
    def starts(self) -> tuple[str, ...]:
        """The names of the states in which models of a frozen machine start, the initial first.

        Raises:
            NotFrozenError: the machine is not frozen.
        """
        if not self.frozen:
            raise NotFrozenError(self.title, "starts")
        starts: tuple[str, ...] = vars(self)["_starts"]
        return starts

    @property
    def title(self) -> str:
        """The name of the machine; empty if it has none."""
        return str(self.name).removesuffix(": ")

    # -- driving a model --------------------------------------------------------------

    def fire(self, model: Any, trigger: str, /, *args: Any, **kwargs: Any) -> bool:
        """Fires a trigger, exactly as ``model.trigger()`` of ``transitions`` does.

        A frozen and an unfrozen machine behave alike; only the log messages differ.

        Args:
            model: any object with the state attribute.
            trigger: the trigger.
            args: arguments of guards and callbacks.
            kwargs: keyword arguments of guards and callbacks.

        Returns:
            Whether a row was taken.

        Raises:
            AttributeError: the machine has no such trigger.
            transitions.MachineError: the state has no row for it.
            ValueError: the machine has no such state.
        """
        if self.frozen:
            return firing.fire(self.table, model, trigger, args, kwargs)
        return bool(self._get_trigger(model, trigger, *args, **kwargs))

    def may(self, model: Any, trigger: str, /, *args: Any, **kwargs: Any) -> bool:
        """Returns whether :meth:`fire` would take a row, exactly as ``may_<trigger>()`` does.

        Callbacks that prepare an event run, others do not. The arguments are those of
        :meth:`fire`; an unknown trigger may not be fired.

        Raises:
            ValueError: the machine has no such state.
        """
        if self.frozen:
            return firing.may_fire(self.table, model, trigger, args, kwargs)
        return self._can_trigger(model, trigger, *args, **kwargs)

    def decide(self, model: Any, trigger: str, event: Any) -> Row | Refusal:
        """Returns the decision for an event; see :meth:`Table.decide`.

        Raises:
            KeyError: the machine has no such trigger or state.
            NotFrozenError: the machine is not frozen.
            TypeError: only :meth:`fire` can drive this machine; see :meth:`Table.decider`.
        """
        return self.table.decider()(model, trigger, event)

    def why(self, model: Any, trigger: str, /, *args: Any, **kwargs: Any) -> Explanation:
        """Explains the decision for a trigger, row by row, with the values that guards read.

        Guards are evaluated; callbacks do not run. The arguments are those of :meth:`fire`.

        Raises:
            NotFrozenError: the machine is not frozen.
            UnknownTriggerError: the machine has no such trigger.
            ValueError: the machine has no such state.
        """
        return explain(self.table, model, trigger, args, kwargs)

    def options(
        self, model: Any, arguments: Mapping[str, tuple[Any, ...]] | None = None
    ) -> dict[str, Explanation]:
        """Explains the decision for every trigger of the machine.

        Args:
            model: any object with the state attribute.
            arguments: arguments of the guards, by trigger; none for a trigger left out.

        Raises:
            NotFrozenError: the machine is not frozen.
            ValueError: the machine has no such state.
        """
        by_trigger = arguments or {}
        return {
            trigger: explain(self.table, model, trigger, by_trigger.get(trigger, ()), {})
            for trigger in self.table.triggers
        }

    def _can_trigger(self, model: Any, trigger: str, *args: Any, **kwargs: Any) -> bool:
        event = self.events.get(trigger)
        if isinstance(event, TriggerEvent):
            state = self.get_model_state(model)
            data = transitions.EventData(state, event, self, model, args, kwargs)
            if not event.passes(data):
                return False
        return super()._can_trigger(model, trigger, *args, **kwargs)

    # -- changing the definition, which a frozen machine refuses --------------------------

    def _refuse_when_frozen(self, change: str) -> None:
        if self.frozen:
            raise FrozenError(self.title, change)

    def __setattr__(self, name: str, value: Any) -> None:
        self._refuse_when_frozen(f"setting '{name}'")
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        self._refuse_when_frozen(f"deleting '{name}'")
        super().__delattr__(name)

    def __getattr__(self, name: str) -> Any:
        # `transitions` offers methods such as before_<trigger>() that add callbacks.
        method = super().__getattr__(name)
        self._refuse_when_frozen(f"{name}()")
        return method

    def add_precondition(self, trigger: str, guards: Any) -> None:
        """Adds preconditions to a trigger.

        Args:
            trigger: the trigger; an unknown one is added to the machine, without a row.
            guards: a name, a callable, or a list of them.

        Raises:
            FrozenError: the machine is frozen.
        """
        self._refuse_when_frozen("add_precondition()")
        if trigger not in self.events:
            self.events[trigger] = self._create_event(trigger, self)
            for model in self.models:
                self._add_trigger_to_model(trigger, model)
        preconditions = preconditions_of(self.events[trigger])
        preconditions += [
            transitions.core.Condition(guard) for guard in transitions.core.listify(guards)
        ]

    def add_model(self, model: Any, initial: Any = None) -> None:
        """Attaches and decorates a model, as ``transitions`` does."""
        self._refuse_when_frozen("add_model()")
        super().add_model(model, initial)

    def remove_model(self, model: Any) -> None:
        """Detaches a model, as ``transitions`` does."""
        self._refuse_when_frozen("remove_model()")
        super().remove_model(model)

    def add_states(self, states: Any, *args: Any, **kwargs: Any) -> None:
        """Adds states, as ``transitions`` does."""
        self._refuse_when_frozen("add_states()")
        known = set(self.states)
        for given in transitions.core.listify(states):
            name = declaration.state_name(given)
            if isinstance(given, dict) and "children" in given:
                reason = _UNSUPPORTED_EXTENSIONS["HierarchicalMachine"]
                raise TypeError(f"state '{name}' has children ({reason})")
            if name in known:
                self._repeated_states += (name,)
            known.add(name)
        self._adds_automatic_transitions = True
        try:
            super().add_states(states, *args, **kwargs)
        finally:
            self._adds_automatic_transitions = False

    def add_transition(self, trigger: str, *args: Any, **kwargs: Any) -> None:
        """Adds a transition, as ``transitions`` does."""
        self._refuse_when_frozen("add_transition()")
        if issubclass(self.transition_cls, Transition):
            automatic = self._adds_automatic_transitions
            kwargs.setdefault(
                "declaration", AutomaticDeclaration(trigger) if automatic else object()
            )
        super().add_transition(trigger, *args, **kwargs)

    def remove_transition(self, *args: Any, **kwargs: Any) -> None:
        """Removes transitions, as ``transitions`` does."""
        self._refuse_when_frozen("remove_transition()")
        super().remove_transition(*args, **kwargs)
