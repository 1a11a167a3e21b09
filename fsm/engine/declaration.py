"""Extensions of the classes that a machine is declared with."""

from __future__ import annotations

import inspect
from enum import Enum
from typing import TYPE_CHECKING, Any

import attrs
import transitions

from fsm.engine.name_resolution import attribute_of

if TYPE_CHECKING:
    from transitions.core import Callback

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


@attrs.frozen
class AutomaticDeclaration:
    """The declaration of the transitions ``to_<state>`` that ``transitions`` adds by itself.

    Args:
        trigger: their trigger.
    """

    trigger: str


class Transition(transitions.Transition):
    """A transition with an attachment of its owner.

    Args:
        args: arguments of ``transitions.Transition``.
        info: any object; a compiled :class:`~fsm.engine.Row` offers it as ``row.info``.
        declaration: identifies the declaration of the transition. A wildcard, or a list of
            sources, declares a transition for each of them.
        kwargs: arguments of ``transitions.Transition``.
    """

    def __init__(
        self, *args: Any, info: Any = None, declaration: object = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.info = info
        self.declaration = object() if declaration is None else declaration


class TriggerEvent(transitions.Event):
    """A trigger that may have preconditions, evaluated in every state."""

    def __init__(self, name: str, machine: transitions.Machine) -> None:
        super().__init__(name, machine)
        self.preconditions: list[transitions.core.Condition] = []

    def _trigger(self, event_data: transitions.EventData) -> bool:
        event_data.state = self.machine.get_model_state(event_data.model)
        return self.passes(event_data) and super()._trigger(event_data)

    def passes(self, event_data: transitions.EventData) -> bool:
        """Returns whether every precondition holds; evaluation stops at the first that fails."""
        # A generator would turn the StopIteration of a guard into a RuntimeError.
        for condition in self.preconditions:  # noqa: SIM110
            if not condition.check(event_data):
                return False
        return True


def preconditions_of(event: transitions.Event) -> list[transitions.core.Condition]:
    """Returns the preconditions of a trigger; a plain ``transitions.Event`` has none."""
    return event.preconditions if isinstance(event, TriggerEvent) else []


def is_automatic(transition: transitions.Transition) -> bool:
    """Returns whether a transition was added by ``transitions``, from any state to its target."""
    return isinstance(getattr(transition, "declaration", None), AutomaticDeclaration)


def state_name(given: Any) -> str:
    """Returns the name of a state.

    Args:
        given: a name, a member of an enum, a ``State``, or a dict with the arguments of one.
    """
    if isinstance(given, dict):
        given = given["name"]
    name: str = given if isinstance(given, str) and not isinstance(given, Enum) else given.name
    return name


def state_callbacks(
    state: transitions.State, kind: str, model_class: type | None
) -> list[Callback]:
    """Returns the callbacks of a state, including methods of the model class with its name.

    A method ``on_enter_<state>`` or ``on_exit_<state>`` is a callback without being declared:
    ``transitions`` adds it when it attaches a model.

    Args:
        state: the state.
        kind: ``on_enter`` or ``on_exit``.
        model_class: the class of the models, if known.
    """
    callbacks: list[Callback] = list(getattr(state, kind))
    name = f"{kind}_{state.name}"
    method = attribute_of(model_class, name)
    if name not in callbacks and (inspect.isfunction(method) or isinstance(method, classmethod)):
        callbacks.append(name)
    return callbacks
