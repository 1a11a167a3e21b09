"""Every word that a picture can show."""

from __future__ import annotations

from fsm.diagrams import changed, coverage, path, review
from fsm.diagrams.catalogue import NAMES, drawn
from fsm.recording.console import POLICY
from fsm.recording.machine import RECORDING


def labels() -> tuple[str, ...]:
    """Return every English label that a picture can show, refusals included."""
    found: dict[str, None] = {}

    def note(label: str) -> str:
        found[label] = None
        return label

    for label in ("otherwise", "otherwise stays", *_MARKS):
        note(label)
    for name in NAMES:
        drawn(name, "en", note)
    for machine in (RECORDING, POLICY):
        for refusal in machine.table.refusals:
            reason = refusal.guard.description.reason if refusal.guard else "wrong_state"
            note(reason or "wrong_state")
    return tuple(found)


_MARKS = (
    *path.LEGEND,
    *changed.LEGEND,
    *changed.WORDS,
    *review.WORDS,
    *coverage.LEGEND,
    coverage.SCENARIOS,
)
