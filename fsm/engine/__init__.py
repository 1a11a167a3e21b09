"""State machines in general: declared as for ``transitions``, then frozen into a table.

This package knows nothing of meetings. It does no I/O, reads no clock and draws no random number.
"""

from fsm.engine.action import ActionDescription, action, action_description
from fsm.engine.errors import (
    DefinitionError,
    FrozenError,
    InvalidTriggerError,
    NotFrozenError,
    NotPicklableError,
    UnknownTriggerError,
)
from fsm.engine.explanation import Attempt, Explanation, FailedGuard
from fsm.engine.guard import GuardDescription, description_of, guard
from fsm.engine.machine import Machine
from fsm.engine.observe import ObservedValue
from fsm.engine.row import Cell, Guard, Refusal, Row
from fsm.engine.table import Table

__all__ = [
    "ActionDescription",
    "Attempt",
    "Cell",
    "DefinitionError",
    "Explanation",
    "FailedGuard",
    "FrozenError",
    "Guard",
    "GuardDescription",
    "InvalidTriggerError",
    "Machine",
    "NotFrozenError",
    "NotPicklableError",
    "ObservedValue",
    "Refusal",
    "Row",
    "Table",
    "UnknownTriggerError",
    "action",
    "action_description",
    "description_of",
    "guard",
]
