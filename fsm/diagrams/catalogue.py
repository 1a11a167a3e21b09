"""The catalogue: the diagrams of the project, by name."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

import attrs

from fsm.diagrams.build import (
    BuildOptions,
    Cells,
    build_edges,
    build_nodes,
    build_preconditions,
    omitted_guards,
)
from fsm.diagrams.model import (
    LANGS,
    CommandLabel,
    CommandTone,
    Diagram,
    Edge,
    Lang,
    StateTone,
)
from fsm.diagrams.reachability import reachable_rows
from fsm.diagrams.translation import translator
from fsm.engine import Row
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
# These preconditions only say that an event makes sense, or that the admin may use the
# console at all. Repeated in every label they would hide the guards that differ.
_IMPLIED = frozenset(
    {"meeting_ended", "already_present", "not_present", "no_console", "not_permitted"}
)


@attrs.frozen
class DiagramSpec:
    """The specification of one diagram of the catalogue.

    Args:
        title: its title.
        circumstances: the labels of the circumstances under which it holds.
        caption: one sentence about it, for the gallery.
        plan: the plan that the machine is bound to; ``None`` shows the whole machine.
        policy: whether it shows the machine of the policy status.
    """

    title: str
    circumstances: tuple[str, ...]
    caption: str
    plan: Plan | None = None
    policy: bool = False

    @property
    def shows_both_kinds(self) -> bool:
        """True if it shows a kind that starts automatically and one that is started by hand."""
        return self.plan is not None and self.plan.kind is not None


_TITLE = "Meeting recording"
CATALOGUE: dict[str, DiagramSpec] = {
    "policy": DiagramSpec(
        "Policy status",
        ("what the console lets a booking do",),
        "The policy status of an account, and how an admin's changes in the console move it.",
        policy=True,
    ),
    "recording": DiagramSpec(
        _TITLE,
        ("every plan",),
        "The whole recording machine, with the guards that depend on the meeting's plan.",
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
        name: one of :data:`DIAGRAM_NAMES`.
        lang: the language of its texts.

    Raises:
        ValueError: there is no such diagram or language.

    >>> [node.name for node in diagram("recording").nodes]
    ['idle', 'recording', 'paused', 'stopped']
    """
    if name not in CATALOGUE:
        near = get_close_matches(name, DIAGRAM_NAMES, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(DIAGRAM_NAMES)}"
        raise ValueError(f"there is no diagram '{name}' ({hint})")
    if lang not in LANGS:
        raise ValueError(f"there is no language '{lang}' (there are {', '.join(LANGS)})")
    spec = CATALOGUE[name]
    translate = translator(lang)
    cells: Cells
    initial: str
    if spec.policy:
        cells, initial = tuple(POLICY.table), STATUSES[0]
        options = _policy_options(translate)
    else:
        cells, initial = _recording_cells(spec.plan), STATES[0]
        options = _recording_options(translate)
    edges = build_edges(cells, options)
    return Diagram(
        name=name,
        machine=POLICY.title if spec.policy else RECORDING.title,
        lang=lang,
        title=translate(spec.title),
        subtitle=" · ".join(map(translate, spec.circumstances)),
        nodes=build_nodes(cells, initial, options),
        edges=edges,
        notes=(
            _omitted_note(cells, options),
            _legend(edges, translate, shows_both_kinds=spec.shows_both_kinds),
        ),
        preconditions=build_preconditions(cells, options),
    )


def diagram_name(plan: Plan) -> str:
    """Returns the name of the diagram that shows the machine under a plan.

    >>> diagram_name(Plan("cloud", "anyone", host_may_pause=False))
    'recording-cloud-anyone-no-pause'
    """
    if plan.kind is None:
        return "recording-by-hand"
    if plan.kind == "local":
        return "recording-local"
    return f"recording-cloud-{plan.started_by}{'' if plan.host_may_pause else '-no-pause'}"


def _recording_cells(plan: Plan | None) -> Cells:
    if plan is None:
        return tuple(RECORDING.table)
    reachable = reachable_rows(plan)
    return tuple(
        attrs.evolve(cell, rows=tuple(row for row in cell.rows if row.definition in reachable))
        for cell in RECORDING.table.bind(RecordingModel(plan))
    )


def _recording_options(translate: Callable[[str], str]) -> BuildOptions:
    def read(row: Row) -> tuple[CommandLabel | None, tuple[str, ...]]:
        for command in row.info.outcome.recorder:
            text = translate(command.command)
            if isinstance(command, StopRecorder):
                text = f"{text}{translate(': ')}{translate(command.reason)}"
            tone: CommandTone = "hold" if command.command in ("pause", "resume") else "stop-go"
            return CommandLabel(text, tone), row.info.row.rules
        return None, row.info.row.rules

    def only_by_hand(rows: tuple[Row, ...]) -> bool:
        return all(row.trigger == "start" for row in rows)

    return BuildOptions(read, _RECORDING_TONES, _IMPLIED, translate, only_by_hand)


def _policy_options(translate: Callable[[str], str]) -> BuildOptions:
    return BuildOptions(lambda row: (None, row.info.rules), _POLICY_TONES, _IMPLIED, translate)


def _omitted_note(cells: Cells, options: BuildOptions) -> tuple[str, ...]:
    translate = options.translate
    comma, colon = translate(", "), translate(": ")
    first, *others = (
        f"{comma.join(triggers) or translate('every event')}{colon}{comma.join(guards)}"
        for triggers, guards in omitted_guards(cells, options).items()
    )
    return f"{translate('guards not shown')} – {first}", *others


def _legend(
    edges: tuple[Edge, ...], translate: Callable[[str], str], *, shows_both_kinds: bool
) -> tuple[str, ...]:
    legend = [
        f"{translate('stays')}{translate(': ')}{translate('accepted without a change of state')}"
    ]
    if any(edge.dashed for edge in edges):
        legend.append(translate("dashed: only on a host's request"))
    if any(label.command for edge in edges for label in edge.labels):
        legend.append(translate("after / : the recorder command"))
    if shows_both_kinds:
        legend.append(
            translate(
                "transitions of the other kind apply if a host starts such a recording by hand (D2)"
            )
        )
    legend.append(translate("events that a state does not show are refused"))
    return tuple(legend)
