"""The policy table: how changes of the console move the policy status (R6, D6).

It reads like the table of the recording machine. Its states are the policy statuses.
"""

from __future__ import annotations

import attrs

from fsm.recording.console_changes import ConsoleTrigger
from fsm.recording.vocabulary import PolicyStatus


@attrs.frozen
class ConsoleRow:
    """One row of the policy table.

    Args:
        when: guards that must hold.
        unless: guards that must not hold.
    """

    trigger: ConsoleTrigger
    source: tuple[PolicyStatus, ...]
    target: PolicyStatus | None
    when: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    rules: tuple[str, ...] = ("R6",)


STATUSES: tuple[PolicyStatus, ...] = ("free", "default_on", "locked_on", "off")

# fmt: off
CONSOLE_ROWS = (
    ConsoleRow("enable", ("free",), "default_on", ("own_kind_is_on",)),
    ConsoleRow("enable", ("off",), "locked_on", ("own_kind_is_on",)),
    ConsoleRow("enable", STATUSES, None),

    ConsoleRow("disable", ("default_on",), "free"),
    ConsoleRow("disable", ("locked_on",), "off"),
    ConsoleRow("disable", ("free", "off"), None),

    ConsoleRow("lock", ("default_on",), "locked_on"),
    ConsoleRow("lock", ("free",), "off"),
    ConsoleRow("lock", ("locked_on", "off"), None),

    ConsoleRow("unlock", ("locked_on",), "default_on"),
    ConsoleRow("unlock", ("off",), "free", ("some_kind_is_on",)),
    ConsoleRow("unlock", ("free", "default_on", "off"), None),

    ConsoleRow("switch_off", ("free", "default_on", "locked_on"), "off",
        ("switches_last_one",), (), ("R6", "D6")),
    ConsoleRow("switch_off", ("default_on",), "free",
        ("switches_own_kind",), ("switches_last_one",), ("D6",)),
    ConsoleRow("switch_off", ("locked_on",), "off",
        ("switches_own_kind",), ("switches_last_one",), ("D6",)),
    ConsoleRow("switch_off", STATUSES, None),

    ConsoleRow("switch_on", ("off",), "locked_on",
        ("brings_enabled_kind", "is_locked"), (), ("D6",)),
    ConsoleRow("switch_on", ("off",), "default_on",
        ("brings_enabled_kind",), ("is_locked",), ("D6",)),
    ConsoleRow("switch_on", ("off",), "free",
        (), ("brings_enabled_kind", "is_locked"), ("R6", "D6")),
    ConsoleRow("switch_on", ("free",), "default_on", ("brings_enabled_kind",), (), ("D6",)),
    ConsoleRow("switch_on", STATUSES, None),

    ConsoleRow("choose_kind", ("free",), "default_on",
        ("is_enabled", "chosen_kind_is_on"), (), ("D6",)),
    ConsoleRow("choose_kind", ("off",), "locked_on",
        ("is_enabled", "chosen_kind_is_on"), (), ("D6",)),
    ConsoleRow("choose_kind", ("default_on",), "free", (), ("chosen_kind_is_on",), ("D6",)),
    ConsoleRow("choose_kind", ("locked_on",), "off", (), ("chosen_kind_is_on",), ("D6",)),
    ConsoleRow("choose_kind", STATUSES, None),

    ConsoleRow("set_options", STATUSES, None, ("own_kind_is_cloud",), (), ("R7",)),
)
# fmt: on
CONSOLE_PRECONDITIONS = ("has_console", "may_change_settings")
"""The preconditions of every change."""
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
