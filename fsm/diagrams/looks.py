"""The colours of the pictures, and what each of them means."""

from __future__ import annotations

from fsm.diagrams.model import CommandTone, Mark, StateTone

INK = "#0f172a"
SOFT = "#475569"
RULES = "#5b7083"
LINE = "#475569"
PALE = "#b6c2d1"
FAINT = "#8493a6"
"""Of words that are there to be seen as not having happened."""
PATH = "#1d4ed8"
PATH_FILL = "#eff6ff"
REFUSED = "#b91c1c"
CARD = "#d5dde8"
COMMANDS: dict[CommandTone, str] = {"stop-go": "#b91c1c", "hold": "#92610a"}
STATES: dict[StateTone, tuple[str, str]] = {
    "waiting": ("#f8fafc", "#334155"),
    "on": ("#fee2e2", "#b91c1c"),
    "held": ("#fef3c7", "#a16207"),
    "ready": ("#dcfce7", "#15803d"),
    "off": ("#e2e8f0", "#475569"),
}
"""The fill and the border of a state."""
MARKS: dict[Mark, str] = {"added": "#15803d", "removed": "#b91c1c", "changed": "#b45309"}
FILLS: dict[Mark, str] = {"added": "#dcfce7", "removed": "#fee2e2", "changed": "#fef3c7"}
SIGNS: dict[Mark, str] = {"added": "+", "removed": "−", "changed": "~"}
"""What stands before a change, for those who do not see its colour."""
