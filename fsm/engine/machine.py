"""The machine: declared as ``transitions`` declares it, and able to freeze."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

import transitions

from fsm.engine import compiler, seal, validation
from fsm.engine.errors import DefinitionError, FrozenError, NotFrozenError
from fsm.engine.explanation import Explanation, explain
from fsm.engine.parts import Condition, Event, State, Transition, preconditions_of
from fsm.engine.row import Refusal, Row
from fsm.engine.table import Table

if TYPE_CHECKING:

    class _Machine(transitions.Machine):
        # The stubs of `transitions` leave it out.
        def _can_trigger(self, model: Any, trigger: str, *args: Any, **kwargs: Any) -> bool: ...

else:
    _Machine = transitions.Machine


class Machine(_Machine):
    """A ``transitions.Machine`` that can be frozen.

    States, transitions, conditions, ``unless``, callbacks and wildcards are given as
    ``transitions`` takes them. Three things differ: no model is attached unless one is
    given; a trigger may *require* conditions, asked before any row and in every state;
    a transition may carry an ``info``.

    Args:
        model: a model to attach, or several; the machine can then not be frozen.
        args: what else ``transitions.Machine`` takes.
        requires: conditions by trigger: a name, a callable, or several of them. When one
            says no, nothing else happens: no callback runs, and it does not matter
            whether the state has a row.
        kwargs: what else ``transitions.Machine`` takes.

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

    state_cls = State
    transition_cls = Transition
    event_cls = Event

    def __init__(
        self,
        model: Any = None,
        *args: Any,
        preconditions: Mapping[Any, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(model, *args, **kwargs)
        for trigger, conditions in (preconditions or {}).items():
            self.add_precondition(trigger, conditions)

    def add_precondition(self, trigger: str, conditions: Any) -> None:
        """Let a trigger require conditions, whatever the state.

        Args:
            trigger: the trigger; a new one is added to the machine, without a row.
            conditions: a name, a callable, or a list of them.

        Raises:
            FrozenError: the machine is frozen.
        """
        self._refuse_when_frozen("add_precondition()")
        if trigger not in self.events:
            self.events[trigger] = self._create_event(trigger, self)
            for model in self.models:
                self._add_trigger_to_model(trigger, model)
        required = preconditions_of(self.events[trigger])
        required += [Condition(each) for each in transitions.core.listify(conditions)]

    # -- freezing ---------------------------------------------------------------------

    def freeze(self, model_class: type | None = None) -> Self:
        """Make the machine an immutable table and return it.

        A frozen machine attaches to no model and decorates none: :meth:`fire`,
        :meth:`decide` and :meth:`may` drive any object that has the state attribute.
        Freezing a frozen machine again changes nothing, and neither does a refusal.

        Args:
            model_class: the class of the models. Conditions and callbacks given by name
                are then looked up once, on exactly that class, and its methods
                ``on_enter_<state>`` and ``on_exit_<state>`` are callbacks, as they are
                for a model that ``transitions`` attaches. Without it names are looked up
                on the model each time, as ``transitions`` does.

        Returns:
            The machine itself.

        Raises:
            DefinitionError: something cannot be frozen, or could never work; every
                offender is named.
            TypeError: ``model_class`` is not a class.
        """
        if model_class is not None and not isinstance(model_class, type):
            raise TypeError(f"freeze() takes the class of the models, not {model_class!r}")
        if not self.frozen:
            problems = validation.problems(self, model_class, Machine)
            if problems:
                raise DefinitionError(self.title, problems)
            table = compiler.compile_table(self, model_class)
            seal.seal(self, model_class)
            self.__dict__["_table"] = table
        return self

    @property
    def frozen(self) -> bool:
        """Whether the machine can no longer be changed."""
        return self.__dict__.get("_table") is not None

    @property
    def table(self) -> Table:
        """The compiled rows.

        Raises:
            NotFrozenError: the machine is not frozen.
        """
        table: Table | None = self.__dict__.get("_table")
        if table is None:
            raise NotFrozenError(self.title, "table")
        return table

    @property
    def title(self) -> str:
        """The name of the machine as it was given; empty where none was."""
        return str(self.name).removesuffix(": ")

    # -- driving ----------------------------------------------------------------------

    def fire(self, model: Any, trigger: str, /, *args: Any, **kwargs: Any) -> bool:
        """Trigger a model and say whether a row was taken.

        Frozen or not, it does the same: what ``transitions`` does for ``model.trigger``.
        Only what is logged on the way differs.

        Args:
            model: any object with the state attribute.
            trigger: the trigger.
            args: what callbacks and conditions are called with.
            kwargs: the same, by name.

        Returns:
            Whether a row was taken.

        Raises:
            AttributeError: the machine has no such trigger.
            transitions.MachineError: the state has no row for it.
            ValueError: the model is in a state the machine does not have.
        """
        if self.frozen:
            return self.table.fire(model, trigger, *args, **kwargs)
        return bool(self._get_trigger(model, trigger, *args, **kwargs))

    def may(self, model: Any, trigger: str, /, *args: Any, **kwargs: Any) -> bool:
        """Say whether :meth:`fire` would take a row, as ``may_<trigger>()`` does.

        The callbacks that prepare an event run, no others.

        Args:
            model: any object with the state attribute.
            trigger: the trigger; one the machine does not have may not be fired.
            args: what callbacks and conditions are called with.
            kwargs: the same, by name.

        Returns:
            Whether a row would be taken.

        Raises:
            ValueError: the model is in a state the machine does not have.
        """
        if self.frozen:
            return self.table.may(model, trigger, *args, **kwargs)
        return self._can_trigger(model, trigger, *args, **kwargs)

    def decide(self, model: Any, trigger: str, event: Any) -> Row | Refusal:
        """Say which row would be taken, or why none: see :meth:`Table.decide`.

        Args:
            model: its attribute ``state`` holds the state.
            trigger: one of the machine's triggers.
            event: what the conditions are asked about.

        Returns:
            The row or the refusal.

        Raises:
            KeyError: the machine has no such trigger, or no such state.
            NotFrozenError: the machine is not frozen.
            TypeError: the machine cannot be asked that way, see :meth:`Table.decider`.
        """
        return self.table.decider()(model, trigger, event)

    def why(self, model: Any, trigger: str, /, *args: Any, **kwargs: Any) -> Explanation:
        """Explain the answer to a trigger: row by row, with the values that were read.

        Conditions are asked, callbacks do not run.

        Args:
            model: any object with the state attribute.
            trigger: one of the machine's triggers.
            args: what conditions are called with.
            kwargs: the same, by name.

        Returns:
            The explanation; as a string it is a sentence.

        Raises:
            NotFrozenError: the machine is not frozen.
            UnknownTriggerError: the machine has no such trigger.
            ValueError: the model is in a state the machine does not have.
        """
        return explain(self.table, model, trigger, args, kwargs)

    def options(
        self, model: Any, arguments: Mapping[str, tuple[Any, ...]] | None = None
    ) -> dict[str, Explanation]:
        """Say for each trigger what it would do to a model now, or why nothing.

        Args:
            model: any object with the state attribute.
            arguments: by trigger, the arguments its conditions are asked with; a
                trigger that is not named is asked with none.

        Returns:
            An explanation for each trigger of the machine.

        Raises:
            NotFrozenError: the machine is not frozen.
            ValueError: the model is in a state the machine does not have.
        """
        given = arguments or {}
        return {
            trigger: explain(self.table, model, trigger, given.get(trigger, ()), {})
            for trigger in self.table.cells
        }

    def _can_trigger(self, model: Any, trigger: str, *args: Any, **kwargs: Any) -> bool:
        event = self.events.get(trigger)
        if event is not None:
            state = self.get_model_state(model)
            data = transitions.EventData(state, event, self, model, args, kwargs)
            if not all(guard.check(data) for guard in preconditions_of(event)):
                return False
        return super()._can_trigger(model, trigger, *args, **kwargs)

    # -- changing, which a frozen machine refuses --------------------------------------

    def _refuse_when_frozen(self, what: str) -> None:
        if self.frozen:
            raise FrozenError(self.title, what)

    def __setattr__(self, name: str, value: Any) -> None:
        self._refuse_when_frozen(f"setting '{name}'")
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        self._refuse_when_frozen(f"deleting '{name}'")
        super().__delattr__(name)

    def add_model(self, model: Any, initial: Any = None) -> None:
        """Attach and decorate a model, as ``transitions`` does; refused when frozen."""
        self._refuse_when_frozen("add_model()")
        super().add_model(model, initial)

    def add_states(self, *args: Any, **kwargs: Any) -> None:
        """Add states, as ``transitions`` does; refused when frozen."""
        self._refuse_when_frozen("add_states()")
        super().add_states(*args, **kwargs)

    def add_transition(self, *args: Any, **kwargs: Any) -> None:
        """Add a transition, as ``transitions`` does; refused when frozen."""
        self._refuse_when_frozen("add_transition()")
        super().add_transition(*args, **kwargs)

    def remove_transition(self, *args: Any, **kwargs: Any) -> None:
        """Remove transitions, as ``transitions`` does; refused when frozen."""
        self._refuse_when_frozen("remove_transition()")
        super().remove_transition(*args, **kwargs)

    def remove_model(self, model: Any) -> None:
        """Detach a model, as ``transitions`` does; a frozen machine has none to detach."""
        self._refuse_when_frozen("remove_model()")
        super().remove_model(model)
