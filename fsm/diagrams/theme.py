"""The theme: every colour of a diagram, and the signs of a diff."""

from __future__ import annotations

from fsm.diagrams.model import ChangeKind, CommandTone, StateTone

INK = "#0f172a"
"""The colour of text."""
MUTED = "#475569"
"""The colour of text of less importance."""
FAINT = "#8493a6"
"""The colour of text about a transition that never happened."""
RULE_INK = "#5b7083"
REFUSAL_INK = "#b91c1c"
COMMAND_INKS: dict[CommandTone, str] = {"stop-go": "#b91c1c", "hold": "#92610a"}

EDGE = "#475569"
PALE_EDGE = "#b6c2d1"
"""The colour of an edge that an overlay leaves untouched."""
TRACE = "#1d4ed8"
TRACE_FILL = "#eff6ff"
CARD_BORDER = "#d5dde8"
STATE_COLOURS: dict[StateTone, tuple[str, str]] = {
    "waiting": ("#f8fafc", "#334155"),
    "on": ("#fee2e2", "#b91c1c"),
    "held": ("#fef3c7", "#a16207"),
    "ready": ("#dcfce7", "#15803d"),
    "off": ("#e2e8f0", "#475569"),
}
"""The fill and the border of a state."""

CHANGE_COLOURS: dict[ChangeKind, str] = {
    "added": "#15803d",
    "removed": "#b91c1c",
    "changed": "#b45309",
}
CHANGE_FILLS: dict[ChangeKind, str] = {
    "added": "#dcfce7",
    "removed": "#fee2e2",
    "changed": "#fef3c7",
}
CHANGE_SIGNS: dict[ChangeKind, str] = {"added": "+", "removed": "−", "changed": "~"}
"""The sign in front of a difference, for readers who do not see its colour."""
