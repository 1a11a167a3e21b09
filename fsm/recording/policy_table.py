"""The transition table of the policy machine, whose states are the policy statuses (R6).

It reads like the table of the recording machine: on `trigger`, in one of the `source` statuses, if
all guards in `when` and none in `unless` hold, move to `target`, by `rules`. A target of ``None``
keeps the status. Rows of one status and trigger exclude each other, except for a last row without
guards, which means "otherwise".

Preconditions are the same for every trigger, and the action of a trigger is the same in each of
its rows, so the rows repeat neither.
"""

from __future__ import annotations

from typing import get_args

import attrs

from fsm.recording.console_changes import ConsoleTrigger
from fsm.recording.validators import instance_of
from fsm.recording.vocabulary import PolicyStatus, check_complete


@attrs.frozen
class ConsoleRow:
    """One row of the policy table.

    Args:
        trigger: the trigger of the change.
        source: the statuses in which the row applies.
        target: the status that it leads to; ``None`` keeps the status.
        when: guards that must hold.
        unless: guards that must not hold.
        rules: ids of the rules behind the row.
    """

    trigger: ConsoleTrigger
    source: tuple[PolicyStatus, ...] = attrs.field(validator=instance_of(tuple))
    target: PolicyStatus | None
    when: tuple[str, ...] = attrs.field(default=(), validator=instance_of(tuple))
    unless: tuple[str, ...] = attrs.field(default=(), validator=instance_of(tuple))
    rules: tuple[str, ...] = attrs.field(default=("R6",), validator=instance_of(tuple))


STATUSES: tuple[PolicyStatus, ...] = ("free", "default_on", "locked_on", "off")
check_complete(
    STATUSES, get_args(PolicyStatus), "STATUSES in fsm/recording/policy_table.py", "its place"
)

CONSOLE_PRECONDITIONS = ("has_console", "may_change_settings")
"""The preconditions of every trigger, evaluated before its rows in every status."""

CONSOLE_ACTIONS: dict[ConsoleTrigger, str] = {
    "enable": "enable",
    "disable": "disable",
    "lock": "lock",
    "unlock": "unlock",
    "switch_on": "switch_on",
    "switch_off": "switch_off",
    "choose_kind": "choose_kind",
    "set_options": "set_options",
}
"""The action of every trigger: the method of the console that changes its settings."""
check_complete(
    CONSOLE_ACTIONS, get_args(ConsoleTrigger),
    "CONSOLE_ACTIONS in fsm/recording/policy_table.py", "its method",
)  # fmt: skip

# fmt: off
CONSOLE_ROWS = (
    # Enabling and disabling.
    ConsoleRow("enable", ("free",), "default_on", when=("own_kind_is_on",)),
    ConsoleRow("enable", ("off",), "locked_on", when=("own_kind_is_on",)),
    ConsoleRow("enable", STATUSES, None),

    ConsoleRow("disable", ("default_on",), "free"),
    ConsoleRow("disable", ("locked_on",), "off"),
    ConsoleRow("disable", ("free", "off"), None),

    # Locking and unlocking.
    ConsoleRow("lock", ("default_on",), "locked_on"),
    ConsoleRow("lock", ("free",), "off"),
    ConsoleRow("lock", ("locked_on", "off"), None),

    ConsoleRow("unlock", ("locked_on",), "default_on"),
    ConsoleRow("unlock", ("off",), "free", when=("some_kind_is_on",)),
    ConsoleRow("unlock", ("free", "default_on", "off"), None),

    # Turning a master switch off and on.
    ConsoleRow("switch_off", ("free", "default_on", "locked_on"), "off",
        when=("switches_last_one",), rules=("R6", "D6")),
    ConsoleRow("switch_off", ("default_on",), "free",
        when=("switches_own_kind",), unless=("switches_last_one",), rules=("D6",)),
    ConsoleRow("switch_off", ("locked_on",), "off",
        when=("switches_own_kind",), unless=("switches_last_one",), rules=("D6",)),
    ConsoleRow("switch_off", STATUSES, None),

    ConsoleRow("switch_on", ("off",), "locked_on",
        when=("brings_enabled_kind", "is_locked"), rules=("D6",)),
    ConsoleRow("switch_on", ("off",), "default_on",
        when=("brings_enabled_kind",), unless=("is_locked",), rules=("D6",)),
    ConsoleRow("switch_on", ("off",), "free",
        unless=("brings_enabled_kind", "is_locked"), rules=("R6", "D6")),
    ConsoleRow("switch_on", ("free",), "default_on",
        when=("brings_enabled_kind",), rules=("D6",)),
    ConsoleRow("switch_on", STATUSES, None),

    # Choosing the kind of recording.
    ConsoleRow("choose_kind", ("free",), "default_on",
        when=("is_enabled", "chosen_kind_is_on"), rules=("D6",)),
    ConsoleRow("choose_kind", ("off",), "locked_on",
        when=("is_enabled", "chosen_kind_is_on"), rules=("D6",)),
    ConsoleRow("choose_kind", ("default_on",), "free",
        unless=("chosen_kind_is_on",), rules=("D6",)),
    ConsoleRow("choose_kind", ("locked_on",), "off",
        unless=("chosen_kind_is_on",), rules=("D6",)),
    ConsoleRow("choose_kind", STATUSES, None),

    # Setting the sub-options, which move nothing.
    ConsoleRow("set_options", STATUSES, None, when=("own_kind_is_cloud",), rules=("R7",)),
)
# fmt: on
