"""State machines in general: declared as ``transitions`` declares them, then frozen.

This package knows nothing of meetings. It does no I/O, reads no clock and draws no
random number.
"""

from fsm.engine.errors import (
    DefinitionError,
    FrozenError,
    InvalidTriggerError,
    NotFrozenError,
    UnknownTriggerError,
)
from fsm.engine.explanation import Explanation, No, Tried
from fsm.engine.guard import GuardDescription, description_of, guard
from fsm.engine.machine import Machine
from fsm.engine.row import Cell, Guard, Refusal, Row
from fsm.engine.table import Table
from fsm.engine.watch import ObservedValue

__all__ = [
    "Cell",
    "DefinitionError",
    "Explanation",
    "FrozenError",
    "Guard",
    "GuardDescription",
    "InvalidTriggerError",
    "Machine",
    "No",
    "NotFrozenError",
    "ObservedValue",
    "Refusal",
    "Row",
    "Table",
    "Tried",
    "UnknownTriggerError",
    "description_of",
    "guard",
]
