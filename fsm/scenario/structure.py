"""Plain data turned into a scenario, with a one-line message for the first fault."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any, Literal, get_args

import attrs
import cattrs
from cattrs import AttributeValidationNote
from cattrs.errors import ClassValidationError, ForbiddenExtraKeysError, IterableValidationError
from cattrs.gen import make_dict_structure_fn, override

from fsm.recording import Account, Choice, MeetingSettings
from fsm.recording.events import EVENTS
from fsm.recording.vocabulary import CONSOLE_EDITIONS, UNBOOKED, Edition, MeetingType
from fsm.scenario.model import NULLABLE, Expectation, ExpectedCommand, MeetingInfo, Scenario, Step
from fsm.scenario.source import Document, ScenarioError, short

_KINDS_OF_VALUE = {
    bool: "true or false",
    str: "text",
    int: "a number",
    float: "a number",
    dict: "a mapping",
    list: "a list",
    type(None): "null",
    bytes: "bytes",
    set: "a set",
}


_SEE_RULES = "see docs/rules.md"


class _FaultError(Exception):
    """A faulty value: a description, a correction, and the faulty key, if there is one."""

    def __init__(self, problem: str, remedy: str, key: Hashable = None) -> None:
        self.problem = problem
        self.remedy = remedy
        self.key = key
        super().__init__(problem)


@attrs.frozen
class _Header:
    """A scenario as written in the file, with its events as plain data."""

    account: Account
    title: str | None = None
    user: Choice | None = None
    booking: Choice | None = None
    meeting: MeetingInfo | None = None
    events: list[Any] | None = None


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
    header = _checked_header(document)
    steps = []
    for position, written in enumerate(header.events or ()):
        path = ("events", position)
        event, expect = _structured(document, written, Step, path)
        only_event = {name: value or {} for name, value in written.items() if name != "expect"}
        steps.append(Step(event, only_event, expect, document.line_of(*path)))
    meeting = header.meeting or MeetingInfo()
    return Scenario(
        title=header.title if header.title is not None else title,
        settings=MeetingSettings(header.account, header.user, header.booking, meeting.type),
        meeting=meeting.id,
        steps=tuple(steps),
        file=file,
        document=number,
    )


def _checked_header(document: Document) -> _Header:
    # Both checks cover the whole header, and the first fault in the file is reported. The classes
    # find a broken rule as well, but only on the line of the whole account.
    errors = []
    try:
        _check_combinations(document)
    except ScenarioError as error:
        errors.append(error)
    try:
        header: _Header = _structured(document, document.data, _Header, ())
    except ScenarioError as error:
        if not (errors and error.remedy == _SEE_RULES):
            errors.append(error)
    if errors:
        raise min(errors, key=lambda error: error.line)
    return header


def _structured(document: Document, data: Any, into: Any, path: tuple[Hashable, ...]) -> Any:
    try:
        return _CONVERTER.structure(data, into)
    except Exception as error:
        errors = []
        for where, fault in _faults(error, path):
            key = () if fault.key is None else (fault.key,)
            problem = _named(fault.problem, where)
            remedy = fault.remedy.replace("{written}", short(document.written(*where)))
            errors.append(ScenarioError(document.line_of(*where, *key), problem, remedy))
        raise min(errors, key=lambda error: error.line) from None


def _faults(
    error: BaseException, path: tuple[Hashable, ...]
) -> Iterator[tuple[tuple[Hashable, ...], _FaultError]]:
    if isinstance(error, ClassValidationError | IterableValidationError):
        inside, outside = error.group_exceptions()
        for nested in outside:
            yield from _faults(nested, path)
        for nested, note in inside:
            step = note.name if isinstance(note, AttributeValidationNote) else note.index
            if isinstance(nested, KeyError) and nested.args == (step,):
                if not outside:  # an unknown key may be the missing one, misspelt
                    yield path, _FaultError(f"this has no '{step}'", _required_keys(error))
            else:
                yield from _faults(nested, (*path, step))
    elif isinstance(error, ForbiddenExtraKeysError):
        known = [field.name for field in attrs.fields(error.cl) if field.name != "specified"]
        for key in sorted(error.extra_fields):
            yield path, _with_key(_unknown("this has no key", key, known), key)
    elif isinstance(error, _FaultError):
        yield path, error
    elif isinstance(error, ValueError):
        yield path, _FaultError(str(error), _SEE_RULES)
    else:
        raise error


def _required_keys(error: Any) -> str:
    required = [f.name for f in attrs.fields(error.cl) if f.default is attrs.NOTHING]
    return f"it needs: {', '.join(required)}"


def _named(problem: str, path: tuple[Hashable, ...]) -> str:
    # Messages say "this"; the name of the value replaces it.
    if path and isinstance(path[-1], str):
        return problem.replace("this ", f"'{path[-1]}' ", 1)
    return problem if path else problem.replace("this ", "a scenario ", 1)


def _unknown(problem: str, name: object, known: Iterable[str]) -> _FaultError:
    names = sorted(set(known), key=list(known).index)
    close = difflib.get_close_matches(str(name), names, 1, 0.6)
    remedy = f"did you mean '{close[0]}'?" if close else f"one of: {', '.join(names)}"
    return _FaultError(f"{problem} {short(name)!r}", remedy)


def _kind(value: Any) -> str:
    return _KINDS_OF_VALUE.get(type(value), "a date")


_QUOTED = 'quote it: "{written}"'


def _text(value: Any, _: Any) -> str:
    if not isinstance(value, str):
        remedy = "give a text" if value is None or isinstance(value, dict | list) else _QUOTED
        raise _FaultError(f"this must be text, not {_kind(value)}", remedy)
    return value


def _flag(value: Any, _: Any) -> bool:
    if not isinstance(value, bool):
        raise _FaultError(f"this must be true or false, not {_kind(value)}", "such as: true")
    return value


def _one_of(names: tuple[str, ...]) -> Callable[[Any, Any], str]:
    def structure(value: Any, _: Any) -> str:
        if not isinstance(value, str):
            raise _FaultError(
                f"this must be a name, not {_kind(value)}", f"one of: {', '.join(names)}"
            )
        if value not in names:
            raise _unknown("this cannot be", value, names)
        return value

    return structure


def _mapping(value: Any, example: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _FaultError(f"this must be a mapping, not {_kind(value)}", f"such as {example}")
    return value


def _attrs_class(cls: type[Any], converter: cattrs.Converter) -> Callable[[Any, Any], Any]:
    names = [field.name for field in attrs.fields(cls)]
    keeps_specified = "specified" in names
    inner = make_dict_structure_fn(
        cls,
        converter,
        _cattrs_forbid_extra_keys=True,
        specified=override(omit=True),
    )
    example = "{" + ", ".join(f"{name}: ..." for name in names if name != "specified") + "}"

    def structure(value: Any, into: Any) -> Any:
        mapping = _mapping(value, example)
        if not keeps_specified:
            return inner(mapping, into)
        for name in names:
            if name in mapping and mapping[name] is None and name not in NULLABLE:
                raise _with_key(_FaultError(f"'{name}' cannot be null", "leave it out"), name)
        return attrs.evolve(inner(mapping, into), specified=frozenset(mapping))

    return structure


def _tuple_of_commands(value: Any, _: Any) -> tuple[ExpectedCommand, ...]:
    if not isinstance(value, list):
        raise _FaultError(f"this must be a list, not {_kind(value)}", "such as [{command: pause}]")
    return tuple(_CONVERTER.structure(value, list[ExpectedCommand]))


def _step(value: Any, _: Any) -> tuple[Any, Expectation]:
    triggers: dict[str, Any] = {event.trigger: event for event in EVENTS}
    mapping = _mapping(value, "join: {id: alice, role: host, platform: windows}")
    names = [name for name in mapping if name != "expect"]
    for name in names:
        if name not in triggers:
            raise _with_key(_unknown("there is no event", name, [*triggers, "expect"]), name)
    if len(names) != 1:
        events = " and ".join(f"'{name}'" for name in names) or "none"
        raise _FaultError(
            f"a step has one event, but here it has {events}", "give each event a step of its own"
        )
    event_class = triggers[names[0]]
    parts: dict[str, Any] = {names[0]: event_class, "expect": Expectation}
    structured = {}
    errors: list[Exception] = []
    for name, into in parts.items():
        part = mapping.get(name)
        try:
            structured[name] = _CONVERTER.structure({} if part is None else part, into)
        except Exception as error:
            error.add_note(AttributeValidationNote("", name, None))
            errors.append(error)
    if errors:
        raise ClassValidationError("a step", errors, Step)
    return structured[names[0]], structured["expect"]


def _with_key(fault: _FaultError, key: Hashable) -> _FaultError:
    fault.key = key
    return fault


def _list(value: Any, _: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _FaultError(
            f"this must be a list, not {_kind(value)}", "begin each event with a dash"
        )
    return value


def _check_combinations(document: Document) -> None:
    """Checks combinations of fields that are valid alone and invalid together."""
    account = _part(document.data, "account")
    edition = account.get("edition")
    if edition in get_args(Edition) and edition not in CONSOLE_EDITIONS:
        for key in ("cloud_recording", "local_recording", "auto_record"):
            if key in account:
                raise ScenarioError(
                    document.line_of("account", key),
                    f"a {edition} account has no console to set '{key}' in (R4)",
                    f"leave it out, or take one of: {', '.join(sorted(CONSOLE_EDITIONS))}",
                )
    auto = _part(account, "auto_record")
    for key in ("start_on_any_join", "host_may_pause"):
        if auto.get("kind") == "local" and key in auto:
            raise ScenarioError(
                document.line_of("account", "auto_record", key),
                f"a local recording has no sub-option '{key}' (R7)",
                "leave it out, or take kind: cloud",
            )
    kind = _part(document.data, "meeting").get("type")
    if kind in get_args(MeetingType) and kind in UNBOOKED and _part(document.data, "booking"):
        raise ScenarioError(
            document.line_of("booking"),
            f"a {kind} meeting is not booked (D13)",
            "leave 'booking' out, or take another type",
        )


def _part(data: Any, key: str) -> dict[str, Any]:
    part = data.get(key) if isinstance(data, dict) else None
    return part if isinstance(part, dict) else {}


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True)
    converter.register_structure_hook_factory(attrs.has, lambda cls: _attrs_class(cls, converter))
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook(bool, _flag)
    converter.register_structure_hook_func(
        lambda cls: getattr(cls, "__origin__", None) is Literal,
        lambda value, cls: _one_of(get_args(cls))(value, cls),
    )
    converter.register_structure_hook_func(
        lambda cls: cls == tuple[ExpectedCommand, ...], _tuple_of_commands
    )
    converter.register_structure_hook_func(lambda cls: cls == list[Any], _list)
    converter.register_structure_hook(Step, _step)
    return converter


_CONVERTER = _converter()
