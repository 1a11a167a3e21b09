"""The texts of a diagram in a language, which all renderers share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import get_args

from fsm.diagrams.build import OTHERWISE
from fsm.diagrams.model import (
    Diagram,
    DiagramTransition,
    Node,
    OrderDiff,
    PreconditionDiff,
    View,
)
from fsm.diagrams.theme import CHANGE_SIGNS
from fsm.recording.vocabulary import check_complete
from fsm.translation import Translator

LEGENDS: dict[View, tuple[str, ...]] = {
    "machine": (),
    "trace": (
        "blue: the trace and its last state, numbers are steps",
        "✓ accepted, the state stays",
        "✗ refused",
    ),
    "coverage": (
        "n× : times taken",
        "grey: never taken",
        "dashed: none of its transitions was taken",
    ),
    "diff": (
        "green, + : added",
        "red, struck out: removed",
        "amber, ~ : changed",
        "grey: unchanged",
    ),
}
"""The legend of each overlay."""
check_complete(LEGENDS, get_args(View), "LEGENDS in fsm/diagrams/texts.py", "its legend")
_MAX_RANGES = 6
_MAX_VERSION_LENGTH = 24
_MAX_TITLE_LENGTH = 200


def subtitle_text(diagram: Diagram, translate: Translator) -> str:
    """Returns the circumstances of a diagram, and those of its overlay."""
    texts = [translate(each) for each in diagram.circumstances]
    if diagram.view == "coverage":
        texts.append(translate.paired(translate("scenarios"), str(diagram.scenarios)))
    if diagram.version:
        is_short = len(diagram.version) <= _MAX_VERSION_LENGTH
        version = diagram.version if is_short else f"…{diagram.version[-_MAX_VERSION_LENGTH:]}"
        texts.append(f"{translate('changes against')} {version}")
    return " · ".join(texts)


def trace_text(diagram: Diagram, translate: Translator) -> str:
    """Returns the title of the scenario and the state in which it ended, in a trace view."""
    final = next((translate(node.name) for node in diagram.nodes if node.final), "")
    title = translate.title(" ".join(diagram.scenario.split()))
    if len(title) > _MAX_TITLE_LENGTH:
        title = f"{title[:_MAX_TITLE_LENGTH]}…"
    return " → ".join(filter(None, (title, final)))


def note_texts(diagram: Diagram, translate: Translator) -> Iterator[list[str]]:
    """Yields the notes below a diagram; each is a list of short texts."""
    omitted = [
        translate.paired(
            translate.listed(triggers) or translate("every event"), translate.listed(guards)
        )
        for triggers, guards in diagram.omitted_guards.items()
    ]
    if omitted:
        yield [f"{translate('guards not shown')} – {omitted[0]}", *omitted[1:]]
    yield list(_legend(diagram, translate))
    if legend := LEGENDS[diagram.view]:
        yield [translate(each) for each in legend]


def _legend(diagram: Diagram, translate: Translator) -> Iterator[str]:
    if any(each.stays and not each.inside for each in diagram.transitions):
        yield translate.paired(translate("stays"), translate("accepted without a change of state"))
    # In a coverage view a dashed edge means something else.
    dashed = any(all(each.manual for each in edge) for edge in diagram.edges().values())
    if dashed and diagram.view != "coverage":
        yield translate("dashed: only on a host's request")
    if any(each.command for each in diagram.transitions):
        yield translate("after / : the recorder command")
    if diagram.machine and any(each.effects for each in diagram.transitions):
        yield translate("set, cancel: a timer, which ends with its recording or its meeting")
    if diagram.frame and any(source == diagram.frame.name for source, _ in diagram.edges()):
        yield translate("from a frame: from each state in it")
    if any(map(diagram.greys, diagram.transitions)):
        yield translate("grey: only in a recording of the other kind, started by hand (D2)")
    if diagram.automatic:
        yield translate("not shown: the automatic transitions to_<state>")
    yield translate("events that a state does not show are refused")


def callback_texts(node: Node, translate: Translator) -> Iterator[list[str]]:
    """Yields the callbacks of entering and of leaving a state as pieces of one line each."""
    for heading, labels in ((translate("entry"), node.entry), (translate("exit"), node.exit)):
        if labels:
            first, *others = map(translate, labels)
            texts = [f"{heading} / {first}", *others]
            yield _with_separators(texts, translate(", "))


def remark_texts(diagram: Diagram, translate: Translator) -> Iterator[str]:
    """Yields the differences that no transition of a diff view shows."""
    for remark in diagram.remarks:
        if isinstance(remark, OrderDiff):
            sign, title = CHANGE_SIGNS["changed"], translate("transitions in another order")
            events = translate.listed((remark.source, remark.trigger))
            text = translate.numbered(order_texts(remark, translate))
        else:
            sign, title = CHANGE_SIGNS[remark.kind], translate("preconditions in every state")
            events = translate.listed(remark.triggers) or translate("every event")
            text = _precondition_text(remark, translate)
        yield f"{sign} {title} – {translate.paired(events, text)}"


def _precondition_text(difference: PreconditionDiff, translate: Translator) -> str:
    if difference.kind != "changed":
        return translate.listed(difference.guards)
    guards = translate.numbered(map(translate, difference.guards))
    return translate.paired(translate("guards in another order"), guards)


def order_texts(order: OrderDiff, translate: Translator) -> Iterator[str]:
    """Yields the target and the guards of each transition whose order changed."""
    for each in order.transitions:
        text = translate("stays") if each.stays else f"→ {translate(each.target)}"
        yield f"{text} {guards_text(each, translate)}".rstrip()


def guards_text(transition: DiagramTransition, translate: Translator) -> str:
    """Returns the guards of a transition in brackets, or nothing if it has none."""
    return f"[{translate.listed(transition.guards)}]" if transition.guards else ""


def command_text(transition: DiagramTransition, translate: Translator) -> str:
    """Returns the recorder command of a transition, with the reason of a stop."""
    return translate(": ").join(map(translate, transition.command))


def effects_text(transition: DiagramTransition, translate: Translator) -> str:
    """Returns what a transition does to timers, or nothing."""
    return translate.listed(transition.effects)


def outcome_text(transition: DiagramTransition, translate: Translator) -> str:
    """Returns the recorder command of a transition and what it does to timers, or nothing."""
    texts = (command_text(transition, translate), effects_text(transition, translate))
    return translate(", ").join(filter(None, texts))


def inside_texts(transition: DiagramTransition, translate: Translator) -> list[str]:
    """Returns a transition that does not leave its state as pieces of one line, with its marks."""
    marks = ""
    if transition.steps:
        marks = f"✓ {step_ranges(transition.steps)} "
    elif transition.count is not None:
        marks = f"{'✓ ' if transition.count else ''}{transition.count}× "
    texts = [f"{marks}{translate(transition.trigger)}"]
    # Beside other guards there is no need for "otherwise".
    guards = [each for each in transition.guards if each != OTHERWISE] or transition.guards
    command = command_text(transition, translate)
    outcome = [*filter(None, [command]), *map(translate, transition.effects)]
    comma = translate(", ")
    if guards:
        first, *others = map(translate, guards)
        texts += _with_separators([f" [{first}", *others], comma)
        texts[-1] += "]"
    if outcome:
        first, *others = outcome
        texts += _with_separators([f" / {first}", *others], comma)
    texts[-1] += "".join(f" {rule}" for rule in transition.rules)
    return texts


def _with_separators(texts: Sequence[str], separator: str) -> list[str]:
    return [*(f"{each}{separator}" for each in texts[:-1]), texts[-1]]


def actions_text(transition: DiagramTransition, translate: Translator) -> str:
    """Returns the names of the actions of a transition, which are not translated."""
    return translate(", ").join(transition.actions).replace("_", " ")


def redirection_text(transition: DiagramTransition, translate: Translator) -> str:
    """Returns the target in the other version, in a diff view, where that is another one."""
    other = transition.change and transition.change.other
    if not other or other.target == transition.target:
        return ""
    if other.stays:
        return translate("now stays" if transition.removed else "stayed before")
    return f"{translate('now' if transition.removed else 'before')} → {translate(other.target)}"


def mark_texts(diagram: Diagram, state: str, translate: Translator) -> Iterator[str]:
    """Yields the events that scenarios took inside a state, with their steps or their count."""
    for trigger, (steps, count) in diagram.marked_triggers(state).items():
        yield f"✓ {step_ranges(steps) if steps else f'{count}×'} {translate(trigger)}"


def refusal_texts(diagram: Diagram, state: str, translate: Translator) -> Iterator[str]:
    """Yields the events that a state refused, with their steps."""
    for refused in diagram.node(state).refused:
        parts = [translate(each) for each in (refused.trigger, refused.reason) if each]
        yield f"✗ {step_ranges(refused.steps)} {translate(': ').join(parts)}"


def step_ranges(steps: Sequence[int]) -> str:
    """Returns step numbers as short text, with ranges and without the middle of a long list.

    >>> step_ranges((1, 2, 4, 5, 6))
    '1 2 4–6'
    >>> step_ranges((1, 3, 5, 7, 9, 11, 13, 15))
    '1 3 5 7 … 15'
    """
    runs: list[list[int]] = []
    for step in sorted(steps):
        if runs and step == runs[-1][-1] + 1:
            runs[-1].append(step)
        else:
            runs.append([step])
    ranges: list[str] = []
    for run in runs:
        ranges += [f"{run[0]}–{run[-1]}"] if len(run) > 2 else [str(step) for step in run]
    if len(ranges) > _MAX_RANGES:
        ranges = [*ranges[: _MAX_RANGES - 2], "…", ranges[-1]]
    return " ".join(ranges)
