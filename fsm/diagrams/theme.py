"""The theme: colours and signs."""

from __future__ import annotations

from fsm.diagrams.model import CommandTone, Mark, StateTone

TEXT_COLOUR = "#0f172a"
SECONDARY_COLOUR = "#475569"
RULES_COLOUR = "#5b7083"
EDGE_COLOUR = "#475569"
PALE_COLOUR = "#b6c2d1"
FAINT_COLOUR = "#8493a6"
"""The colour of text about transitions that were not taken."""
TRACE_COLOUR = "#1d4ed8"
TRACE_FILL = "#eff6ff"
REFUSED_COLOUR = "#b91c1c"
LABEL_BORDER = "#d5dde8"
COMMAND_COLOURS: dict[CommandTone, str] = {"stop-go": "#b91c1c", "hold": "#92610a"}
STATE_COLOURS: dict[StateTone, tuple[str, str]] = {
    "waiting": ("#f8fafc", "#334155"),
    "on": ("#fee2e2", "#b91c1c"),
    "held": ("#fef3c7", "#a16207"),
    "ready": ("#dcfce7", "#15803d"),
    "off": ("#e2e8f0", "#475569"),
}
"""The fill and border colours of a state."""
MARK_COLOURS: dict[Mark, str] = {"added": "#15803d", "removed": "#b91c1c", "changed": "#b45309"}
MARK_FILLS: dict[Mark, str] = {"added": "#dcfce7", "removed": "#fee2e2", "changed": "#fef3c7"}
MARK_SIGNS: dict[Mark, str] = {"added": "+", "removed": "−", "changed": "~"}
"""The sign before a difference, for readers who do not see its colour."""
