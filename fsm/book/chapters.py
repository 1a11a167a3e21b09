"""The chapters of the book as HTML: what can be read without a script, and printed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, get_args

from fsm.book import markdown
from fsm.book.graph import BOOK_PARTICIPANTS, END_WHEN_EMPTY, GRACE, Graph
from fsm.book.pictures import gallery
from fsm.book.transitions import (
    NumberedRow,
    carriers,
    policy_rows,
    preconditions,
    recording_rows,
)
from fsm.book.words import CLASS_WORDS, word
from fsm.book.writer import NUMBERS, Writer, html_table, plan_text, timer_text
from fsm.diagrams.catalogue import CATALOGUE, diagram
from fsm.diagrams.texts import subtitle_text
from fsm.engine import Guard
from fsm.recording.rules import RuleId
from fsm.recording.timers import durations
from fsm.recording.vocabulary import KINDS, StopReason
from fsm.scenario.write import step_words
from fsm.translation import RULE_TITLES, Translator
from fsm.verify.meeting_space import CLASS_OF, CLASSES
from fsm.verify.traceability import RUNTIME_RULES, Trace, traces

# -- the introduction ----------------------------------------------------------------------


def about(write: Writer, graph: Graph) -> str:
    """Returns the introduction."""
    numbers = {
        "participants": BOOK_PARTICIPANTS,
        "plans": len(graph.plans),
        "situations": f"{sum(graph.situations()):,}",
        "steps": f"{graph.steps:,}",
    }
    texts = [write.word(f"about {number}", **numbers) for number in (1, 2, 3)]
    return "".join(f"<p>{text}</p>" for text in texts)


# -- pictures --------------------------------------------------------------------------------


def pictures(write: Writer) -> str:
    """Returns every picture of the catalogue with its title."""
    translate = Translator(write.lang)
    parts = [
        f"<h3>{write.word('how')}</h3><p>{write.word('how 1')}</p>",
    ]
    for name, svg in gallery(write.lang).items():
        shown = diagram(name)
        title = translate.paired(translate(shown.title), subtitle_text(shown, translate))
        # All of its transitions are in a table below; hundreds of labels would bury the text.
        image = svg.replace("<svg ", '<svg aria-hidden="true" ', 1)
        caption = f"<p>{escape(CATALOGUE[name].caption)}</p>" if write.lang == "en" else ""
        parts.append(
            f"<figure><figcaption><h3>{escape(title, quote=False)}</h3>{caption}</figcaption>"
            f'<div class="picture" tabindex="0" role="img" aria-label="{escape(title)}">'
            f"{image}</div></figure>"
        )
    return "\n".join(parts)


# -- the tables of the rules -------------------------------------------------------------------


def rule_table(write: Writer, rule: RuleId) -> str:
    """Returns the table of a rule, with the title of the rule."""
    found = markdown.table_of(markdown.rules_text(write.lang), rule)
    return f"<p>{write.rule(rule)} {title_of(write, rule)}</p>{markdown.to_html(found)}"


def found_stops(write: Writer, graph: Graph) -> str:
    """Returns the stops of the explored meetings, counted by plan and reason."""
    shown = {
        number: plan
        for number, plan in enumerate(graph.plans)
        if plan.kinds == KINDS and not durations(plan)
    }
    counts = Counter(
        (number, command["reason"])
        for node, events in graph.edges.items()
        for edges in events
        for edge in edges
        for command in map(dict, edge.answer.recorder)
        if "reason" in command
        for number, plan in shown.items()
        if edge.plans >> number & 1 and node.kind == (plan.kind or KINDS[0])
    )
    reasons = get_args(StopReason)
    rows = (
        ("", (plan_text(write, plan), *(f"{counts[number, each] or '–'}" for each in reasons)))
        for number, plan in shown.items()
    )
    headings = (write.word("plan"), *map(write.label, reasons))
    return (
        f"<h3>{write.word('stops found')}</h3><p>{write.word('stops 1')}</p>"
        f"{html_table(headings, rows, NUMBERS)}"
    )


def title_of(write: Writer, rule: RuleId) -> str:
    """Returns the title of a rule as HTML."""
    return escape(RULE_TITLES[write.lang][rule], quote=False)


def rules(write: Writer, examples: Iterable[dict[str, Any]]) -> str:
    """Returns the text of all rules, each with what carries it."""
    by_rule = examples_by_rule(examples)
    known: dict[str, Trace] = {trace.rule: trace for trace in _traces()}

    def decorate(rule: str, html: str) -> str:
        trace = known[rule]
        return (
            f'<section class="rule-text" id="rule-{write.lang}-{rule}" tabindex="-1">'
            f'<h4><span class="rule">{rule}</span> {title_of(write, trace.rule)}</h4>'
            f"{html}{_carriers(write, trace, by_rule.get(rule, []))}</section>"
        )

    chapters = markdown.chapters(markdown.rules_text(write.lang))
    return "\n".join(
        f"<h3>{markdown.inline(heading)}</h3>\n{markdown.to_html(text, decorate)}"
        for heading, text in chapters.items()
    )


@cache
def _traces() -> tuple[Trace, ...]:
    # Without a checkout: the book is the same wherever it is written.
    return tuple(traces(Path(os.devnull)))


def examples_by_rule(examples: Iterable[dict[str, Any]]) -> dict[str, list[int]]:
    """Returns the numbers of the examples that are named after each rule."""
    found: dict[str, list[int]] = {}
    for number, example in enumerate(examples):
        found.setdefault(example["rule"], []).append(number)
    return found


def _carriers(write: Writer, trace: Trace, examples: Sequence[int]) -> str:
    own, by_guard = carriers([*recording_rows(), *policy_rows()], trace.rule)
    if own or by_guard:
        links = " ".join(map(write.row, own))
        if by_guard:
            others = " ".join(map(write.row, by_guard))
            links += f" <span class=muted>{write.word('by guards')}</span> {others}"
        first = f"<strong>{write.word('carried')}</strong> {links}"
    elif trace.rule in RUNTIME_RULES:
        first = write.word("in runtime")
    elif any(
        _names_rule(guard, trace.rule) for guards in preconditions().values() for guard in guards
    ):
        first = ""
    else:
        first = write.word("no transition")
    lines = [f"<p class=carried>{first}</p>"] if first else []
    if checks := _preconditions_of(write, trace.rule):
        lines.append(
            f"<p class=carried><strong>{write.word('by preconditions')}</strong> {checks}</p>"
        )
    if examples:
        links = " ".join(
            f'<a class="to-example" href="#example-{number}">{position}</a>'
            for position, number in enumerate(examples, start=1)
        )
        lines.append(f"<p class=carried><strong>{write.word('by examples')}</strong> {links}</p>")
    more = [
        f"<dt>{write.word(name)}</dt>" + "".join(f'<dd lang="en">{each}</dd>' for each in found)
        for name, found in (
            ("by invariants", [escape(each) for each in trace.invariants]),
            ("by program", [f"<code>{escape(each)}</code>" for each in trace.code]),
        )
        if found
    ]
    if more:
        lines.append(
            f"<details><summary>{write.word('carriers')}</summary><dl>{''.join(more)}</dl></details>"
        )
    return "".join(lines)


def _names_rule(guard: Guard, rule: str) -> bool:
    return rule in guard.description.rules


def _preconditions_of(write: Writer, rule: str) -> str:
    """Returns the preconditions that name a rule, each with the events that it is asked for."""
    triggers: dict[str, list[str]] = {}
    for trigger, guards in preconditions().items():
        for guard in guards:
            if _names_rule(guard, rule):
                triggers.setdefault(guard.label, []).append(trigger)
    return " · ".join(
        f"{write.labels(found)}: “{write.label(label)}”" for label, found in triggers.items()
    )


# -- all transitions ---------------------------------------------------------------------------


def transitions(write: Writer) -> str:
    """Returns the tables of all transitions of both machines."""
    machines = (("the recording", recording_rows()), ("the policy", policy_rows()))
    return f"<p>{write.word('transitions 1')}</p>" + "".join(
        f"<h3>{write.word(title)}</h3>{_before_rows(write, rows)}{_row_table(write, rows)}"
        for title, rows in machines
    )


def _before_rows(write: Writer, rows: Sequence[NumberedRow]) -> str:
    alike: dict[tuple[str, ...], list[str]] = {}
    for trigger in dict.fromkeys(row.trigger for row in rows):
        labels = tuple(guard.label for guard in preconditions()[trigger])
        alike.setdefault(labels, []).append(trigger)
    return html_table(
        (write.word("event"), write.word("preconditions")),
        (("", (write.labels(found), write.labels(labels))) for labels, found in alike.items()),
    )


def _row_table(write: Writer, rows: Sequence[NumberedRow]) -> str:
    names = ("number", "event", "from", "guards", "to", "recorder", "timers", "rule ids")
    marks = (f' id="row-{write.lang}-{row.number}"' for row in rows)
    return html_table(
        map(write.word, names), zip(marks, (_cells(write, row) for row in rows), strict=True)
    )


def _cells(write: Writer, row: NumberedRow) -> tuple[str, ...]:
    colon = Translator(write.lang)(": ")
    return (
        row.number,
        write.label(row.trigger),
        write.labels(row.sources),
        write.labels(guard.label for guard in row.guards),
        write.label(row.target) if row.target else f"<em>{write.label('stays')}</em>",
        colon.join(map(write.label, row.command)),
        write.labels(row.timers),
        " ".join(map(write.rule, row.rules)),
    )


# -- examples and scope ------------------------------------------------------------------------


def examples(write: Writer, listed: Iterable[dict[str, Any]]) -> str:
    """Returns every example as a table of its steps, for a reader without a script or on paper."""
    return "\n".join(_example(write, example) for example in listed)


def _example(write: Writer, example: dict[str, Any]) -> str:
    translate = Translator(write.lang)
    headings = map(write.word, ("number", "event", "answer", "state", "rule ids"))
    rows = [
        (
            "",
            (
                str(step["step"]),
                escape(step_words(step["event"], translate)),
                _answer(write, step),
                write.label(step["state"]),
                " ".join(map(write.rule, step["rules"])),
            ),
        )
        for step in example["steps"]
    ]
    settings = "<br>".join(escape(line) for line in example["settings"][write.lang])
    rule = f"{write.rule(example['rule'])} " if example["rule"] else ""
    return (
        f'<div class="example"><h4>{rule}{escape(example["title"][write.lang])}</h4>'
        f'<p class="settings">{settings}</p>{html_table(headings, rows)}</div>'
    )


def _answer(write: Writer, step: dict[str, Any]) -> str:
    if step["refused"]:
        return f"<strong>{write.word('refused', reason=write.reason(step['refused']))}</strong>"
    commands = [
        Translator(write.lang)(": ").join(
            write.label(str(value)) for value in command.values() if value is not None
        )
        for command in step["recorder"]
    ]
    changes = [timer_text(write, change) for change in step["timers"]]
    return "<br>".join([*commands, *changes]) or write.word("accepted")


def scope(write: Writer, graph: Graph) -> str:
    """Returns the extent of the exploration, with its limits."""
    values = {
        "participants": BOOK_PARTICIPANTS,
        "classes": _classes(write),
        "grace": write.duration(GRACE),
        "empty": write.duration(END_WHEN_EMPTY),
    }
    names = ("1", "participants", "platforms", "versions", "timers", "names")
    texts = [word(f"scope {name}", write.lang, **values) for name in names]
    return (
        "<ul>" + "".join(f"<li>{text}</li>" for text in texts) + "</ul>"
        f"<h3>{write.word('scope table')}</h3>{_scope_table(write, graph)}"
    )


def _classes(write: Writer) -> str:
    translate = Translator(write.lang)
    members = {
        each: [
            translate.name("platform", platform)
            for platform, its in CLASS_OF.items()
            if its == each
        ]
        for each in CLASSES
    }
    comma = translate(", ")
    return translate("; ").join(
        CLASS_WORDS[each][write.lang] + translate.fill(" ({values})", values=comma.join(names))
        for each, names in members.items()
    )


def _scope_table(write: Writer, graph: Graph) -> str:
    counts = list(zip(graph.situations(), *zip(*graph.counts(), strict=True), strict=True))
    total = tuple(sum(column) for column in zip(*counts, strict=True))
    rows = [
        *zip((plan_text(write, plan) for plan in graph.plans), counts, strict=True),
        (write.word("in all"), total),
    ]
    names = ("plan", "reached", "tried", "taken", "turned down")
    return html_table(
        map(write.word, names),
        (
            ("", (text, *(f"{count:,}" for count in (situations, tried, yes, tried - yes))))
            for text, (situations, tried, yes) in rows
        ),
        NUMBERS,
    )
