"""The theme: the colours of a diagram, the signs of a diff, and the hints for its layout.

Graphviz places the nodes. Which of many equally good layouts it finds depends on the order
of the edges and on a few hints. These were found by trial: they give short edges that do not
cross. A machine or an edge without a hint is drawn as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import get_args

import attrs

from fsm.diagrams.model import ChangeKind, Endpoints, StateTone
from fsm.recording.outcome import CommandName
from fsm.recording.vocabulary import check_complete

INK = "#0f172a"
"""The colour of text."""
MUTED = "#475569"
"""The colour of text of less importance."""
FAINT = "#8493a6"
"""The colour of text about a transition that never happened."""
OTHER_KIND = "#7c8798"
"""The colour of text about a recording of another kind than the plan's."""
RULE_INK = "#5b7083"
TIMER_INK = "#0f766e"
"""The colour of what a transition does to timers."""
REFUSAL_INK = "#b91c1c"
COMMAND_INKS = {"start": "#b91c1c", "stop": "#334155", "pause": "#92610a", "resume": "#92610a"}
"""The colour of each recorder command."""
check_complete(
    COMMAND_INKS, get_args(CommandName), "COMMAND_INKS in fsm/diagrams/theme.py", "its colour"
)

EDGE = "#475569"
FRAME = "#94a3b8"
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
check_complete(
    STATE_COLOURS, get_args(StateTone), "STATE_COLOURS in fsm/diagrams/theme.py",
    "its fill and its border",
)  # fmt: skip

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
for _table, _where, _entry in (
    (CHANGE_COLOURS, "CHANGE_COLOURS", "its colour"),
    (CHANGE_FILLS, "CHANGE_FILLS", "its fill"),
    (CHANGE_SIGNS, "CHANGE_SIGNS", "its sign"),
):
    check_complete(_table, get_args(ChangeKind), f"{_where} in fsm/diagrams/theme.py", _entry)


@attrs.frozen
class Layout:
    """Layout hints for the diagrams of one machine.

    Args:
        order: the edges in the order in which Graphviz gets them.
        lengths: the number of ranks between the upper state of an edge and its label.
        sides: the compass point at which an edge meets its upper state.
        wrap: the width of a line of guards, in Latin characters.
    """

    order: tuple[Endpoints, ...] = ()
    lengths: Mapping[Endpoints, int] = attrs.field(factory=dict)
    sides: Mapping[Endpoints, str] = attrs.field(factory=dict)
    wrap: int = 46

    def sorted(self, edges: Iterable[Endpoints]) -> list[Endpoints]:
        """Returns the edges in the order of the hints, edges without a hint last."""
        positions = {edge: position for position, edge in enumerate(self.order)}
        return sorted(edges, key=lambda edge: positions.get(edge, len(positions)))


LAYOUTS: dict[str, Layout] = {
    "recording": Layout(
        order=(
            ("paused", "recording"),
            ("running", "stopped"),
            ("recording", "stopped"),
            ("recording", "paused"),
            ("stopped", "recording"),
        ),
        lengths={
            ("recording", "paused"): 3,
            ("running", "stopped"): 4,
            ("stopped", "recording"): 3,
        },
        sides={("recording", "paused"): "sw", ("running", "stopped"): "sw"},
        wrap=40,
    ),
    "policy": Layout(
        order=(
            ("default_on", "off"),
            ("free", "off"),
            ("locked_on", "off"),
            ("default_on", "free"),
            ("locked_on", "default_on"),
            ("off", "locked_on"),
            ("default_on", "locked_on"),
            ("off", "default_on"),
            ("off", "free"),
            ("free", "default_on"),
        ),
        lengths={("default_on", "off"): 3, ("off", "default_on"): 2},
        wrap=30,
    ),
}
