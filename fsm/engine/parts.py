"""The parts of a machine as declared: a transition with a cargo, a trigger with demands."""

from __future__ import annotations

from typing import Any

import transitions


class Transition(transitions.Transition):  # type: ignore[misc]
    """A transition that can carry something of its owner's.

    Args:
        info: anything; a compiled :class:`~fsm.engine.Row` hands it back as ``row.info``.
    """

    def __init__(self, *args: Any, info: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.info = info


class Event(transitions.Event):  # type: ignore[misc]
    """A trigger that can require conditions of its own, whatever the state."""

    def __init__(self, name: str, machine: transitions.Machine) -> None:
        super().__init__(name, machine)
        self.requires: list[transitions.core.Condition] = []

    def _trigger(self, event_data: Any) -> Any:
        event_data.state = self.machine.get_model_state(event_data.model)
        if not all(check.check(event_data) for check in self.requires):
            return False
        return super()._trigger(event_data)
