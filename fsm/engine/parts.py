"""The parts of a machine as declared; they can be sealed, and two of them carry more."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import transitions

if TYPE_CHECKING:
    from transitions.core import Callback

from fsm.engine.sealed import Sealable

MACHINE_CALLBACKS = (
    "prepare_event",
    "before_state_change",
    "after_state_change",
    "finalize_event",
    "on_exception",
    "on_final",
)
STATE_CALLBACKS = ("on_enter", "on_exit")
TRANSITION_CALLBACKS = ("prepare", "before", "after")


class State(Sealable, transitions.State):
    """A state that can be sealed."""


class Condition(Sealable, transitions.core.Condition):
    """A condition, with the answer that is wanted of it, that can be sealed."""


class Transition(Sealable, transitions.Transition):
    """A transition that can carry something of its owner's.

    Args:
        args: what ``transitions.Transition`` takes.
        info: anything; a compiled :class:`~fsm.engine.Row` hands it back as ``row.info``.
        kwargs: what ``transitions.Transition`` takes.
    """

    condition_cls = Condition

    def __init__(self, *args: Any, info: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.info = info


class Event(Sealable, transitions.Event):
    """A trigger that can require conditions of its own, whatever the state."""

    def __init__(self, name: str, machine: transitions.Machine) -> None:
        super().__init__(name, machine)
        self.preconditions: list[transitions.core.Condition] = []

    def _trigger(self, event_data: transitions.EventData) -> bool:
        event_data.state = self.machine.get_model_state(event_data.model)
        if not all(guard.check(event_data) for guard in self.preconditions):
            return False
        return super()._trigger(event_data)

    def add_transition(self, transition: transitions.Transition) -> None:
        """Add a transition, as ``transitions`` does; refused when sealed."""
        self.refuse_when_sealed("add_transition()")
        super().add_transition(transition)

    def add_callback(self, trigger: str, func: Callback) -> None:
        """Add a callback to every transition, as ``transitions`` does; refused when sealed."""
        self.refuse_when_sealed("add_callback()")
        super().add_callback(trigger, func)


def preconditions_of(event: transitions.Event) -> list[transitions.core.Condition]:
    """Return what a trigger requires; one that is not the engine's requires nothing."""
    return event.preconditions if isinstance(event, Event) else []


def state_callbacks(
    state: transitions.State, kind: str, model_class: type | None
) -> list[Callback]:
    """Return the callbacks of a state, with those the model class has by their name alone.

    ``transitions`` adds the latter when it attaches a model: a method ``on_enter_<state>``
    or ``on_exit_<state>`` is a callback without being declared.

    Args:
        state: the state.
        kind: ``on_enter`` or ``on_exit``.
        model_class: the class of the models, if it is known.
    """
    declared: list[Callback] = list(getattr(state, kind))
    name = f"{kind}_{state.name}"
    method = inspect.getattr_static(model_class, name, None)
    if name not in declared and (inspect.isfunction(method) or isinstance(method, classmethod)):
        declared.append(name)
    return declared
