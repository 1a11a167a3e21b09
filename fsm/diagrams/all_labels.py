"""All labels that a diagram can show."""

from __future__ import annotations

from fsm.diagrams import coverage_view, diff_report, diff_view, trace_view
from fsm.diagrams.catalogue import DIAGRAM_NAMES, build_diagram
from fsm.recording.console import POLICY
from fsm.recording.machine import RECORDING


def all_labels() -> tuple[str, ...]:
    """Returns every English label that a diagram can show, including reasons of refusals."""
    labels: dict[str, None] = {}

    def note(label: str) -> str:
        labels[label] = None
        return label

    for label in ("otherwise", "otherwise stays", *_VIEW_LABELS):
        note(label)
    for name in DIAGRAM_NAMES:
        build_diagram(name, "en", note)
    for machine in (RECORDING, POLICY):
        for refusal in machine.table.refusals:
            reason = refusal.guard.description.reason if refusal.guard else None
            note(reason or "wrong_state")
    return tuple(labels)


_VIEW_LABELS = (
    *trace_view.TRACE_LEGEND,
    *diff_view.DIFF_LEGEND,
    *diff_view.DIFF_VIEW_WORDS,
    *diff_report.DIFF_REPORT_WORDS,
    *coverage_view.COVERAGE_LEGEND,
    coverage_view.SCENARIOS_WORD,
)
