"""The catalogue: the diagrams of the project, by name."""

from __future__ import annotations

from itertools import product
from typing import assert_never, get_args

import attrs

from fsm.diagrams.build import (
    BuildOptions,
    Cells,
    RowLabels,
    build_nodes,
    build_preconditions,
    build_transitions,
    omitted_guards,
)
from fsm.diagrams.model import Diagram, Frame, StateTone
from fsm.diagrams.reachability import RowUse, RowUses, reachable_rows, uses_under
from fsm.engine import Row, action_description
from fsm.recording.aliases import meant_name
from fsm.recording.console import POLICY
from fsm.recording.durations import duration_label
from fsm.recording.events import TimeUp
from fsm.recording.machine import RECORDING
from fsm.recording.model import RecordingModel
from fsm.recording.outcome import (
    Command,
    PauseRecorder,
    ResumeRecorder,
    StartRecorder,
    StopRecorder,
)
from fsm.recording.plan import STARTER_WORDS, Plan
from fsm.recording.policy_table import STATUSES
from fsm.recording.table import ROWS, STATES
from fsm.recording.timers import durations
from fsm.recording.vocabulary import (
    KINDS,
    Kind,
    PolicyStatus,
    Starter,
    State,
    Timer,
    check_complete,
)
from fsm.translation.rule_texts import RULE_LABELS

_RECORDING_TONES: dict[str, StateTone] = {
    "idle": "waiting",
    "recording": "on",
    "paused": "held",
    "stopped": "off",
}
_RUNNING = Frame("running", ("recording", "paused"))
_POLICY_TONES: dict[str, StateTone] = {
    "free": "waiting",
    "default_on": "ready",
    "locked_on": "on",
    "off": "off",
}
check_complete(
    _RECORDING_TONES, get_args(State), "_RECORDING_TONES in fsm/diagrams/catalogue.py", "its tone"
)
check_complete(
    _POLICY_TONES, get_args(PolicyStatus), "_POLICY_TONES in fsm/diagrams/catalogue.py", "its tone"
)
# These preconditions only say that an event makes sense, or that the admin may use the
# console at all. Repeated in every label they would hide the guards that differ.
_IMPLIED = frozenset(
    {
        "meeting_ended", "already_present", "not_present", "timer_not_set", "no_console",
        "not_permitted",
    }
)  # fmt: skip
_AFTER: dict[Timer, str] = {"grace": "after the grace", "empty": "after being empty"}
"""The moment at which a timer fires, where no plan has its seconds."""
check_complete(_AFTER, get_args(Timer), "_AFTER in fsm/diagrams/catalogue.py", "its moment")


def _recording_labels(row: Row, plan: Plan | None, uses: RowUses) -> RowLabels:
    """Returns the labels of a row of the recording machine.

    Args:
        row: the row.
        plan: the plan that it is bound to; ``None`` for every plan.
        uses: what the reachable rows do.
    """
    table_row = row.info.row
    command = next(map(_command_labels, row.info.outcome.recorder), ())
    use = uses.get(row.definition, RowUse())
    shown = [name for name in table_row.timers if name in use.timers]
    after = ""
    if table_row.after is not None:
        seconds = durations(plan) if plan else {}
        after = _AFTER[table_row.after]
        if table_row.after in seconds:
            after = f"after {duration_label(seconds[table_row.after])}"
        if not command:
            shown += table_row.actions
    labels = {name: action_description(getattr(RecordingModel, name)) for name in shown}
    named = {name: described.label for name, described in labels.items() if described}
    # A table that is bound to a plan lacks the actions whose static guard fails.
    removed = {*table_row.timers} - {call.__name__ for call in row.after}
    kind = plan.kind if plan else None
    return RowLabels(
        command,
        table_row.rules,
        tuple(named.values()),
        after,
        other_kind=bool(kind and use.kinds and kind not in use.kinds),
        unlisted=frozenset({*named, *removed}),
    )


def _command_labels(command: Command) -> tuple[str, ...]:
    match command:
        case StopRecorder():
            return command.command, command.reason
        case StartRecorder() | PauseRecorder() | ResumeRecorder():
            return (command.command,)
        case _:
            assert_never(command)


def _policy_labels(row: Row) -> RowLabels:
    return RowLabels(rules=row.info.rules)


_POLICY_OPTIONS = BuildOptions(_policy_labels, _POLICY_TONES, _IMPLIED)


@attrs.frozen
class DiagramSpec:
    """The specification of one diagram of the catalogue.

    Args:
        circumstances: the labels of the circumstances under which it holds.
        caption: one sentence about it, for the gallery.
        plan: the plan that the machine is bound to; ``None`` shows the whole machine.
        policy: whether it shows the machine of the policy status.
    """

    circumstances: tuple[str, ...]
    caption: str
    plan: Plan | None = None
    policy: bool = False

    @property
    def shows_both_kinds(self) -> bool:
        """True if it shows a kind that starts automatically and one that is started by hand."""
        return self.plan is not None and self.plan.kind is not None


def diagram_name(plan: Plan) -> str:
    """Returns the name of the diagram that shows the machine under a plan.

    >>> diagram_name(Plan("cloud", "anyone", host_may_pause=False))
    'recording-cloud-anyone-no-pause'
    """
    match plan.kind:
        case None:
            name = "recording-by-hand"
        case "local":
            name = "recording-local"
        case "cloud":
            name = f"recording-cloud-{plan.started_by}{'' if plan.host_may_pause else '-no-pause'}"
        case _:
            assert_never(plan.kind)
    grace, empty = "-grace" if plan.grace else "", "-empty" if plan.end_when_empty else ""
    return f"{name}{grace}{empty}"


def _plans(kind: Kind | None) -> tuple[Plan, ...]:
    """Returns the plans of a kind that have diagrams of their own."""
    match kind:
        case None:
            return (Plan(),)
        case "local":
            return (Plan("local"),)
        case "cloud":
            starters: tuple[Starter, ...] = get_args(Starter)
            return tuple(Plan("cloud", *each) for each in product(starters, (True, False)))
        case _:
            assert_never(kind)


_TIMED_PLANS = (
    *(Plan("cloud", starter, grace=10) for starter in get_args(Starter)),
    Plan("cloud", end_when_empty=43_200),
)
"""The plans with timers that have diagrams in the gallery; any other can be drawn."""
_EVERY_TIMER = (
    *(
        Plan("cloud", starter, grace=grace, end_when_empty=1)
        for starter in get_args(Starter)
        for grace in (0, 2)
    ),
    Plan("local", end_when_empty=1),
)
"""Plans under which every timer runs, alone and beside the others."""


def _plan_spec(plan: Plan) -> DiagramSpec:
    """Returns the specification of the diagram that shows the machine under a plan."""
    spec = _untimed_spec(plan)
    circumstances, caption = spec.circumstances, spec.caption
    if plan.grace:
        length = duration_label(plan.grace)
        circumstances += (f"grace {length}",)
        caption += f" The recording goes on for {length} after a leave that would stop it (D14)."
    if plan.end_when_empty:
        length = duration_label(plan.end_when_empty)
        circumstances += (f"ends when empty for {length}",)
        caption += f" The meeting ends when it was empty for {length} (D15)."
    return attrs.evolve(spec, circumstances=circumstances, caption=caption)


def _untimed_spec(plan: Plan) -> DiagramSpec:
    """Returns the specification of a diagram as if the plan had no timers."""
    match plan.kind:
        case None:
            return DiagramSpec(
                ("nothing starts by itself",),
                "No auto-recording: a host starts it by hand, to the cloud or locally.",
                plan,
            )
        case "local":
            return DiagramSpec(
                ("local", "a host's join from a desktop starts it"),
                "Recorded on the desktop of the first host who joins from one.",
                plan,
            )
        case "cloud":
            starter = STARTER_WORDS[plan.started_by]
            permission = "a host may pause" if plan.host_may_pause else "no host may pause"
            conjunction = "and" if plan.host_may_pause else "or"
            return DiagramSpec(
                ("cloud", f"{starter}'s join starts it", permission),
                f"Recorded to the cloud from the first join of {starter}; "
                f"{permission} {conjunction} stop it.",
                plan,
            )
        case _:
            assert_never(plan.kind)


CATALOGUE: dict[str, DiagramSpec] = {
    "policy": DiagramSpec(
        ("what the console lets a booking do",),
        "The policy status of an account, and how an admin's changes in the console move it.",
        policy=True,
    ),
    "recording": DiagramSpec(
        ("every plan",),
        "The whole recording machine, with the guards that depend on the meeting's plan.",
    ),
    **{diagram_name(plan): _plan_spec(plan) for kind in (*KINDS, None) for plan in _plans(kind)},
    **{diagram_name(plan): _plan_spec(plan) for plan in _TIMED_PLANS},
}
DIAGRAM_NAMES: tuple[str, ...] = tuple(CATALOGUE)
check_complete(
    RULE_LABELS,
    (
        *(
            guard.label
            for machine in (RECORDING, POLICY)
            for cell in machine.table
            for guards in (cell.preconditions, *(row.guards for row in cell.rows))
            for guard in guards
        ),
        *(
            action.label
            for name in dict.fromkeys(name for row in ROWS for name in (*row.timers, *row.actions))
            if (action := action_description(getattr(RecordingModel, name)))
        ),
        *_AFTER.values(),
        # Those of timers contain numbers, and are complete by their units.
        *(
            label
            for spec in CATALOGUE.values()
            if spec.plan not in _TIMED_PLANS
            for label in spec.circumstances
        ),
    ),
    "RULE_LABELS in fsm/translation/rule_texts.py",
    "its translation",
)


def diagram(name: str) -> Diagram:
    """Returns a diagram of the catalogue.

    Args:
        name: one of :data:`DIAGRAM_NAMES`.

    Raises:
        ValueError: there is no such diagram.

    >>> [node.name for node in diagram("recording").nodes]
    ['idle', 'recording', 'paused', 'stopped']
    """
    if name not in CATALOGUE:
        near = meant_name(name, DIAGRAM_NAMES)
        hint = f"did you mean '{near}'?" if near else f"there are {', '.join(DIAGRAM_NAMES)}"
        raise ValueError(f"there is no diagram '{name}' ({hint})")
    return _diagram(name, CATALOGUE[name])


def plan_diagram(plan: Plan) -> Diagram:
    """Returns the diagram of the machine under a plan, with the seconds of its timers.

    Args:
        plan: the plan. Its source, and the kinds that are on, make no difference.

    >>> plan_diagram(Plan("cloud", grace=30)).circumstances[-1]
    'grace 30 s'
    """
    match plan.kind:
        case None | "local":
            shown = Plan(plan.kind, grace=plan.grace, end_when_empty=plan.end_when_empty)
        case "cloud":
            shown = attrs.evolve(plan, source=Plan().source, kinds=Plan().kinds)
        case _:
            assert_never(plan.kind)
    return _diagram(diagram_name(shown), _plan_spec(shown))


def _diagram(name: str, spec: DiagramSpec) -> Diagram:
    if spec.policy:
        cells, initial, options = tuple(POLICY.table), str(STATUSES[0]), _POLICY_OPTIONS
    else:
        (cells, options), initial = _recording(spec.plan), str(STATES[0])
    return Diagram(
        name=name,
        nodes=build_nodes(cells, initial, options),
        transitions=build_transitions(cells, options),
        preconditions=build_preconditions(cells),
        machine=POLICY.title if spec.policy else RECORDING.title,
        title="Policy status" if spec.policy else "Meeting recording",
        circumstances=spec.circumstances,
        omitted_guards=omitted_guards(cells, options),
        frame=None if spec.policy else _RUNNING,
    )


def _recording(plan: Plan | None) -> tuple[Cells, BuildOptions]:
    """Returns the cells of the recording machine under a plan, and how they are labelled."""
    table = RECORDING.table
    if plan is None:
        uses = uses_under(_EVERY_TIMER)
        cells = tuple(table)
    else:
        uses = reachable_rows(plan)
        cells = tuple(
            attrs.evolve(cell, rows=tuple(row for row in cell.rows if row.definition in uses))
            for cell in table.bind(RecordingModel(plan))
        )
        if not any(cell.rows for cell in cells if cell.trigger == TimeUp.trigger):
            cells = tuple(cell for cell in cells if cell.trigger != TimeUp.trigger)
    options = BuildOptions(
        lambda row: _recording_labels(row, plan, uses),
        _RECORDING_TONES,
        _IMPLIED,
        manual=frozenset({"start"}),
        timed=frozenset({TimeUp.trigger}),
    )
    return cells, options
