"""State machines in general: declared as ``transitions`` declares them, then frozen.

This package knows nothing of meetings. It does no I/O, reads no clock and draws no
random number.
"""

from fsm.engine.condition import Meaning, condition, meaning_of
from fsm.engine.errors import (
    DefinitionError,
    FrozenError,
    InvalidTriggerError,
    NotFrozenError,
    UnknownTriggerError,
)
from fsm.engine.machine import Machine
from fsm.engine.row import Cell, Check, Refusal, Row
from fsm.engine.table import Table
from fsm.engine.watch import Reading
from fsm.engine.why import No, Tried, Why

__all__ = [
    "Cell",
    "Check",
    "DefinitionError",
    "FrozenError",
    "InvalidTriggerError",
    "Machine",
    "Meaning",
    "No",
    "NotFrozenError",
    "Reading",
    "Refusal",
    "Row",
    "Table",
    "Tried",
    "UnknownTriggerError",
    "Why",
    "condition",
    "meaning_of",
]
