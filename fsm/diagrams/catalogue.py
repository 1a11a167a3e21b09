"""The catalogue of diagrams, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

import attrs

from fsm.diagrams.build import (
    Cells,
    MachineStyle,
    assumptions,
    edges_of,
    nodes_of,
    preconditions_of_cells,
)
from fsm.diagrams.model import CommandLabel, CommandTone, Diagram, Edge, Lang, StateTone
from fsm.diagrams.reachability import reachable_rows
from fsm.diagrams.translation import translator
from fsm.engine import Cell, Row
from fsm.recording.console import POLICY
from fsm.recording.machine import RECORDING
from fsm.recording.model import RecordingModel
from fsm.recording.outcome import StopRecorder
from fsm.recording.plan import Plan
from fsm.recording.policy_table import STATUSES
from fsm.recording.table import STATES

_RECORDING_TONES: dict[str, StateTone] = {
    "idle": "waiting",
    "recording": "on",
    "paused": "held",
    "stopped": "off",
}
_POLICY_TONES: dict[str, StateTone] = {
    "free": "waiting",
    "default_on": "ready",
    "locked_on": "on",
    "off": "off",
}
# Nearly every line would repeat these preconditions, and hide what differs.
_ASSUMED = frozenset(
    {"meeting_ended", "already_present", "not_present", "no_console", "not_permitted"}
)


@attrs.frozen
class DiagramSpec:
    """An entry of the catalogue.

    Args:
        title: the title of the diagram.
        circumstances: the circumstances it applies to, each a label.
        shows: a sentence about it, for the gallery.
        plan: the plan it is bound to; ``None`` for the complete machine.
        policy: whether it shows the policy machine.
    """

    title: str
    circumstances: tuple[str, ...]
    shows: str
    plan: Plan | None = None
    policy: bool = False

    @property
    def has_another_kind(self) -> bool:
        """True if it shows automatic recording of one kind, and the other kind as well."""
        return self.plan is not None and self.plan.kind is not None


_TITLE = "Meeting recording"
_OTHER_KIND = "lines of the other kind: a host may start that by hand (D2)"
CATALOGUE: dict[str, DiagramSpec] = {
    "policy": DiagramSpec(
        "Policy status",
        ("what the console lets a booking do",),
        "How an admin's changes in the console move the policy status of the account.",
        policy=True,
    ),
    "recording": DiagramSpec(
        _TITLE,
        ("every plan",),
        "The whole recording machine, with the conditions that depend on the meeting's plan.",
    ),
    "recording-cloud-host": DiagramSpec(
        _TITLE,
        ("cloud", "a host's join starts it", "a host may pause"),
        "Recorded to the cloud from the first join of a host; a host may pause and stop it.",
        Plan("cloud", "host", True),
    ),
    "recording-cloud-host-no-pause": DiagramSpec(
        _TITLE,
        ("cloud", "a host's join starts it", "no host may pause"),
        "Recorded to the cloud from the first join of a host; no host may pause or stop it.",
        Plan("cloud", "host", False),
    ),
    "recording-cloud-anyone": DiagramSpec(
        _TITLE,
        ("cloud", "anyone's join starts it", "a host may pause"),
        "Recorded to the cloud from the first join of anyone; a host may pause and stop it.",
        Plan("cloud", "anyone", True),
    ),
    "recording-cloud-anyone-no-pause": DiagramSpec(
        _TITLE,
        ("cloud", "anyone's join starts it", "no host may pause"),
        "Recorded to the cloud from the first join of anyone; no host may pause or stop it.",
        Plan("cloud", "anyone", False),
    ),
    "recording-local": DiagramSpec(
        _TITLE,
        ("local", "a host's join from a desktop starts it"),
        "Recorded on the desktop of the first host who joins from one.",
        Plan("local"),
    ),
    "recording-by-hand": DiagramSpec(
        _TITLE,
        ("nothing starts by itself",),
        "No auto-recording: a host starts it by hand, to the cloud or locally.",
        Plan(),
    ),
}
DIAGRAM_NAMES: tuple[str, ...] = tuple(CATALOGUE)


def diagram(name: str, lang: Lang = "en") -> Diagram:
    """Returns a diagram of the catalogue.

    Args:
        name: one of :data:`NAMES`.
        lang: the language of its labels.

    Raises:
        ValueError: there is no such diagram, or no such language.

    >>> [node.name for node in diagram("recording").nodes]
    ['idle', 'recording', 'paused', 'stopped']
    """
    if name not in CATALOGUE:
        near = get_close_matches(name, DIAGRAM_NAMES, n=1, cutoff=0.4)
        hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(DIAGRAM_NAMES)}"
        raise ValueError(f"there is no diagram '{name}' ({hint})")
    if lang not in ("en", "zh"):
        raise ValueError(f"there is no language '{lang}' (there are en, zh)")
    return build_diagram(name, lang, translator(lang))


def diagram_name(plan: Plan) -> str:
    """Returns the name of the diagram of a plan.

    >>> name_of(Plan("cloud", "anyone", host_may_pause=False))
    'recording-cloud-anyone-no-pause'
    """
    if plan.kind is None:
        return "recording-by-hand"
    if plan.kind == "local":
        return "recording-local"
    return f"recording-cloud-{plan.started_by}{'' if plan.host_may_pause else '-no-pause'}"


def build_diagram(name: str, lang: Lang, translate: Callable[[str], str]) -> Diagram:
    """Builds a diagram.

    Args:
        name: one of :data:`DIAGRAM_NAMES`.
        lang: the language of its labels.
        translate: translates an English label.
    """
    entry = CATALOGUE[name]
    cells: Cells
    initial: str
    if entry.policy:
        cells, initial, style = tuple(POLICY.table), STATUSES[0], _policy_style(translate)
    else:
        cells, initial, style = _recording(entry.plan), STATES[0], _style(translate)
    edges = edges_of(cells, style)
    return Diagram(
        name=name,
        machine=POLICY.title if entry.policy else RECORDING.title,
        lang=lang,
        title=translate(entry.title),
        subtitle=" · ".join(map(translate, entry.circumstances)),
        nodes=nodes_of(cells, initial, style),
        edges=edges,
        notes=_notes(cells, edges, style, entry.has_another_kind),
        required=preconditions_of_cells(cells, style),
    )


def _recording(plan: Plan | None) -> Cells:
    if plan is None:
        return tuple(RECORDING.table)
    taken = reachable_rows(plan)
    return tuple(_only(cell, taken) for cell in RECORDING.table.bind(RecordingModel(plan)))


def _only(cell: Cell, taken: frozenset[Any]) -> Cell:
    rows = tuple(row for row in cell.rows if row.definition in taken)
    return attrs.evolve(cell, rows=rows)


def _style(translate: Callable[[str], str]) -> MachineStyle:
    def read(row: Row) -> tuple[CommandLabel | None, tuple[str, ...]]:
        for command in row.info.outcome.recorder:
            word = translate(command.command)
            if isinstance(command, StopRecorder):
                word = f"{word}{translate(': ')}{translate(command.reason)}"
            tone: CommandTone = "hold" if command.command in ("pause", "resume") else "stop-go"
            return CommandLabel(word, tone), row.info.row.rules
        return None, row.info.row.rules

    def by_hand(rows: tuple[Row, ...]) -> bool:
        return all(row.trigger == "start" for row in rows)

    return MachineStyle(read, _RECORDING_TONES, _ASSUMED, translate, by_hand)


def _policy_style(translate: Callable[[str], str]) -> MachineStyle:
    return MachineStyle(lambda row: (None, row.info.rules), _POLICY_TONES, _ASSUMED, translate)


def _notes(
    cells: Cells, edges: tuple[Edge, ...], style: MachineStyle, other_kind: bool
) -> tuple[tuple[str, ...], ...]:
    translate = style.translate
    colon = translate(": ")
    left_out = _left_out(assumptions(cells, style), style)
    legend = [f"{translate('stays')}{colon}{translate('accepted without a change of state')}"]
    if any(edge.dashed for edge in edges):
        legend.append(translate("dashed: only on a host's request"))
    if any(line.command for edge in edges for line in edge.lines):
        legend.append(translate("after / : the recorder command"))
    if other_kind:
        legend.append(translate(_OTHER_KIND))
    legend.append(translate("events that a state does not show are refused"))
    left_out = (f"{translate('left out of the lines')} – {left_out[0]}", *left_out[1:])
    return left_out, tuple(legend)


def _left_out(
    found: Mapping[tuple[str, ...], tuple[str, ...]], style: MachineStyle
) -> tuple[str, ...]:
    translate = style.translate
    comma, colon = translate(", "), translate(": ")
    return tuple(
        f"{comma.join(triggers) if triggers else translate('always')}{colon}{comma.join(labels)}"
        for triggers, labels in found.items()
    )
