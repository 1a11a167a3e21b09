"""Plain data turned into a scenario, with a one-line message for the first fault."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, assert_never, get_args, get_origin

import attrs

from fsm.decode import Mismatch, try_decode
from fsm.recording.aliases import name_hint
from fsm.recording.vocabulary import (
    CONSOLE_EDITIONS,
    KINDS,
    KINDS_WITH_OPTIONS,
    UNBOOKED,
    Edition,
    MeetingType,
)
from fsm.scenario.model import (
    Expectation,
    ExpectedTimer,
    MeetingInfo,
    Scenario,
    ScenarioDocument,
    Step,
    StepDocument,
    Wait,
)
from fsm.scenario.source import Document, ScenarioError, short

_KINDS_OF_VALUE = {
    bool: "true or false",
    str: "text",
    int: "a number",
    float: "a decimal number",
    dict: "a mapping",
    list: "a list",
    type(None): "null",
    bytes: "bytes",
    set: "a set",
}
_EXAMPLE_STEP = "join: {id: alice, role: host, platform: windows}"


def build_scenario(document: Document, file: str, number: int, title: str) -> Scenario:
    """Structures a document as a scenario.

    Args:
        document: the document.
        file: the name of its file, as the user gave it.
        number: the number of the document in that file.
        title: the title for a document without one.

    Raises:
        ScenarioError: the first fault, by line.
    """
    decoded, mismatches = try_decode(document.data, ScenarioDocument)
    errors = list(_combination_errors(document))
    if errors:
        # The classes find such a combination as well, but only on the line of the whole account.
        mismatches = [mismatch for mismatch in mismatches if mismatch.kind != "refused"]
    if mismatches:
        errors.append(_first_error(document, mismatches))
    if errors:
        raise min(errors, key=lambda error: error.line)
    assert decoded is not None
    meeting = decoded.meeting or MeetingInfo()
    return Scenario(
        title=decoded.title if decoded.title is not None else title,
        settings=decoded.settings,
        meeting=meeting.id,
        steps=tuple(
            _step(document, position, step) for position, step in enumerate(decoded.events or ())
        ),
        file=file,
        document=number,
    )


def _step(document: Document, position: int, step: StepDocument) -> Step:
    data = document.data["events"][position]
    written = {
        name: {} if value is None else value for name, value in data.items() if name != "expect"
    }
    line = document.line_of("events", position)
    return Step(step.event, written, step.expect or Expectation(), line)


# -- messages -----------------------------------------------------------------------------


def _first_error(document: Document, mismatches: Sequence[Mismatch]) -> ScenarioError:
    # An unknown key may be the missing one, misspelt.
    misspelt = {mismatch.path[:-1] for mismatch in mismatches if mismatch.kind == "key"}
    line, _, first = min(
        (document.line_of(*mismatch.path), position, mismatch)
        for position, mismatch in enumerate(mismatches)
        if mismatch.kind != "missing" or mismatch.path not in misspelt
    )
    problem, remedy = _message(first, document)
    where = first.path[:-1] if first.kind == "key" else first.path
    # Messages say "this"; the name of the value replaces it.
    if not where:
        problem = problem.replace("this ", "a scenario ", 1)
    elif isinstance(where[-1], str):
        problem = problem.replace("this ", f"'{where[-1]}' ", 1)
    return ScenarioError(line, problem, remedy)


def _message(mismatch: Mismatch, document: Document) -> tuple[str, str]:
    """Returns the problem and its remedy."""
    value, expected = mismatch.value, mismatch.expected
    match mismatch.kind:
        case "type" if value is None and "expect" in mismatch.path[:-1]:
            return "this cannot be null", "leave it out"
        case "type":
            written = document.written(*mismatch.path)
            shape, remedy = _shape(expected, value, written)
            kind = _KINDS_OF_VALUE.get(type(value), "a date")
            return f"this must be {shape}, not {kind}", remedy
        case "name":
            return f"this cannot be {short(value)!r}", name_hint(value, expected)
        case "key" if mismatch.path[0] == "events" and len(mismatch.path) == 3:
            return f"there is no event {short(value)!r}", name_hint(value, expected)
        case "key":
            return f"this has no key {short(value)!r}", name_hint(value, expected)
        case "missing":
            return f"this has no '{value}'", f"it needs: {', '.join(expected)}"
        case "triggers":
            events = " and ".join(f"'{name}'" for name in value) or "none"
            problem = f"a step has one event, but here it has {events}"
            return problem, "give each event a step of its own"
        case "refused" if mismatch.path[-1:] == (Wait.trigger,):
            return str(value), "such as: 30"
        case "refused":
            return str(value), "see docs/rules.md"
        case unknown:
            assert_never(unknown)


def _shape(type_: Any, value: Any, written: str) -> tuple[str, str]:
    """Returns the shape of the right value, and a remedy."""
    if type_ is bool:
        return "true or false", "such as: true"
    if type_ is str:
        scalar = not (value is None or isinstance(value, dict | list))
        return "text", f'quote it: "{short(written)}"' if scalar else "give a text"
    if type_ is int:
        return "a whole number", "such as: 10"
    if type_ is float:
        return "a number", "such as: 30"
    if get_origin(type_) is Literal:
        return "a name", f"one of: {', '.join(get_args(type_))}"
    if type_ is StepDocument:
        return "a mapping", f"such as {_EXAMPLE_STEP}"
    if type_ is ExpectedTimer:
        return "a mapping", "such as {set: grace}"
    if attrs.has(type_):
        fields = ", ".join(f"{field.name}: ..." for field in attrs.fields(type_))
        return "a mapping", f"such as {{{fields}}}"
    if get_args(type_)[0] is StepDocument:
        return "a list", "begin each event with a dash"
    item = "set: grace" if get_args(type_)[0] is ExpectedTimer else "command: pause"
    return "a list", f"such as [{{{item}}}]"


# -- combinations -------------------------------------------------------------------------


def _combination_errors(document: Document) -> Iterator[ScenarioError]:
    """Finds combinations of fields that are valid alone and invalid together."""
    account = _part(document.data, "account")
    edition = account.get("edition")
    if edition in get_args(Edition) and edition not in CONSOLE_EDITIONS:
        for key in ("cloud_recording", "local_recording", "auto_record"):
            if key in account:
                yield ScenarioError(
                    document.line_of("account", key),
                    f"a {edition} account has no console to set '{key}' in (R4)",
                    f"leave it out, or take one of: {', '.join(sorted(CONSOLE_EDITIONS))}",
                )
    auto = _part(account, "auto_record")
    kind = auto.get("kind", "cloud")
    for key in ("start_on_any_join", "host_may_pause"):
        if kind in KINDS and kind not in KINDS_WITH_OPTIONS and key in auto:
            yield ScenarioError(
                document.line_of("account", "auto_record", key),
                f"a {kind} recording has no sub-option '{key}' (R7)",
                f"leave it out, or take kind: {' or '.join(sorted(KINDS_WITH_OPTIONS))}",
            )
    type_ = _part(document.data, "meeting").get("type")
    if type_ in get_args(MeetingType) and type_ in UNBOOKED and _part(document.data, "booking"):
        yield ScenarioError(
            document.line_of("booking"),
            f"a {type_} meeting is not booked (D13)",
            "leave 'booking' out, or take another type",
        )


def _part(data: Any, key: str) -> dict[str, Any]:
    part = data.get(key) if isinstance(data, dict) else None
    return part if isinstance(part, dict) else {}
