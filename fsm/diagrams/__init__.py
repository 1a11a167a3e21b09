"""Diagrams of the machines, drawn from their tables.

Needs the extra ``draw``: ``graphviz`` builds the graph, ``pygraphviz`` lays it out.
"""

from fsm.diagrams.catalogue import DIAGRAM_NAMES, diagram, diagram_name, plan_diagram
from fsm.diagrams.diff import DiagramDiff, compare, empty_diagram, with_diff
from fsm.diagrams.diff_report import diff_markdown
from fsm.diagrams.files import (
    FORMATS,
    SUFFIXES,
    StaleReason,
    diagram_files,
    file_name,
    foreign_page,
    gallery_files,
    gallery_page,
    render,
    stale_files,
)
from fsm.diagrams.model import Diagram
from fsm.diagrams.own_machine import machine_diagram
from fsm.diagrams.played import TraceStep, uncovered_transitions, with_coverage, with_trace
from fsm.translation import LANGS, Lang

__all__ = [
    "DIAGRAM_NAMES",
    "FORMATS",
    "LANGS",
    "SUFFIXES",
    "Diagram",
    "DiagramDiff",
    "Lang",
    "StaleReason",
    "TraceStep",
    "compare",
    "diagram",
    "diagram_files",
    "diagram_name",
    "diff_markdown",
    "empty_diagram",
    "file_name",
    "foreign_page",
    "gallery_files",
    "gallery_page",
    "machine_diagram",
    "plan_diagram",
    "render",
    "stale_files",
    "uncovered_transitions",
    "with_coverage",
    "with_diff",
    "with_trace",
]
