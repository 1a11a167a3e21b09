"""Acceptance of what scenarios do now: the text of a file with its expectations brought up to date.

Only values of keys that an expectation already has are replaced, in place. A refusal is the
exception: its reason is added, so that a reviewer sees that the event no longer does anything.
Everything else in the file, comments and formatting included, stays as it is written.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

import attrs
import yaml

from fsm.recording.vocabulary import check_complete
from fsm.scenario.load import parse
from fsm.scenario.model import ANY, Expectation, Scenario, specified
from fsm.scenario.play import (
    PlayedStep,
    commands_data,
    describe_commands,
    describe_timers,
    differences,
    open_meeting,
    play,
)
from fsm.scenario.source import ScenarioError, text_of, yaml_text
from fsm.scenario.write import inline_text


@attrs.frozen
class AcceptedValue:
    """A value of an expectation that was replaced or added.

    Args:
        line: its line in the file.
        step: the number of the step, counted from 1.
        key: the key of the expectation.
        before: the former value, in words.
        now: the value of the outcome, in words.
    """

    line: int
    step: int
    key: str
    before: str
    now: str


@attrs.frozen
class _Edit:
    start: int
    end: int
    text: str


def _actual_commands(played: PlayedStep, expected: Any) -> list[dict[str, Any]]:
    """Returns the recorder commands, with the fields that the file has if the commands agree."""
    commands = commands_data(played.outcome)
    written = [specified(each) for each in expected]
    if [each["command"] for each in written] == [each["command"] for each in commands]:
        return [
            {name: value for name, value in command.items() if name in fields}
            for command, fields in zip(commands, written, strict=True)
        ]
    return [
        {name: value for name, value in command.items() if value is not None}
        for command in commands
    ]


_ACTUAL: Final[dict[str, Callable[[PlayedStep, Any], Any]]] = {
    "state": lambda played, _: played.outcome.state,
    "recorder": _actual_commands,
    "timers": lambda played, _: list(played.timers),
    "refused": lambda played, _: played.outcome.refused,
    # An expectation cannot say that no rule decides, so its key is removed.
    "rule": lambda played, _: played.outcome.rules[0] if played.outcome.rules else ANY,
}
"""The value of a played step for each key of an expectation."""
check_complete(
    _ACTUAL, attrs.fields_dict(Expectation), "_ACTUAL in fsm/scenario/accept.py",
    "its value of the played step",
)  # fmt: skip


def accept(content: bytes, file: str) -> tuple[bytes, list[AcceptedValue]]:
    """Returns the content of a scenario file with its expectations brought up to date.

    Args:
        content: YAML or JSON.
        file: the name of the file.

    Returns:
        The content, and the values that were replaced or added.

    Raises:
        ScenarioError: the content is faulty, or an expectation cannot be replaced in place.
    """
    text = text_of(content)
    composed = yaml_text(text)
    in_json = composed.lstrip().startswith(("{", "["))
    edits: list[_Edit] = []
    accepted: list[AcceptedValue] = []
    scenarios = parse(content, file)
    for scenario, root in zip(scenarios, _roots(composed), strict=True):
        shared = _shared(root)
        steps = _child(root, "events")
        for played in play(scenario, open_meeting(scenario)):
            expect = played.step.expect
            unmet = [key for key, _ in differences(expect, played.outcome, played.timers)]
            if not unmet:
                continue
            if len(composed) != len(text):
                raise ScenarioError(
                    played.step.line,
                    "the file has characters written as \\u or \\/, and cannot be rewritten",
                    "write the characters themselves",
                )
            step = steps.value[played.number - 1]
            path = [steps, step, _child(step, "expect")]
            if shared & {id(node) for node in (*path, *(_child(path[-1], key) for key in unmet))}:
                raise ScenarioError(
                    played.step.line,
                    "an expectation that has an alias cannot be rewritten",
                    "write it out at each step",
                )
            values = _values(played, unmet)
            edits += _edits(text, path[-1], played, values, in_json=in_json)
            accepted += _accepted(path[-1], played, values)
    if not edits:
        return content, []
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    mark = content[: len(content) - len(text_of(content).encode())]  # a byte order mark
    result = mark + text.encode()
    _check(scenarios, result, file)
    return result, accepted


def _roots(text: str) -> list[Any]:
    # The marks of this loader count characters, those of the faster one are less exact.
    nodes = yaml.compose_all(text, Loader=yaml.SafeLoader)
    return [node for node in nodes if node is not None and not node.tag.endswith(":null")]


def _child(node: Any, name: str) -> Any:
    return next(value for key, value in node.value if key.value == name)


def _shared(root: Any) -> set[int]:
    """Returns the nodes that stand in several places, by an alias."""
    uses: Counter[int] = Counter()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        uses[id(node)] += 1
        if uses[id(node)] == 1 and isinstance(node, yaml.CollectionNode):
            for child in node.value:
                waiting += child if isinstance(child, tuple) else [child]
    return {node for node, count in uses.items() if count > 1}


def _values(played: PlayedStep, unmet: list[str]) -> dict[str, Any]:
    """Returns the values of the outcome for an expectation, by their keys.

    Args:
        played: the step.
        unmet: the keys of its expectation that do not hold.
    """
    expected = specified(played.step.expect)
    values = {key: _ACTUAL[key](played, expected[key]) for key in unmet}
    if played.outcome.refused is not None and "refused" not in expected:
        values["refused"] = played.outcome.refused
    return values


def _edits(
    text: str, expect: Any, played: PlayedStep, values: dict[str, Any], *, in_json: bool
) -> Iterator[_Edit]:
    write = _json_text if in_json else inline_text
    expected = specified(played.step.expect)
    if ANY in values.values():
        kept = {key: _plain(value) for key, value in {**expected, **values}.items()}
        data = {key: value for key, value in kept.items() if value is not ANY}
        yield _Edit(expect.start_mark.index, _end(expect), write(data))
        return
    for key_node, value_node in expect.value:
        key = key_node.value
        if key not in values:
            continue
        start = value_node.start_mark.index
        if isinstance(value_node, yaml.CollectionNode) and not value_node.flow_style:
            start = text.index(":", key_node.end_mark.index) + 1
        blank = "" if text[start - 1] in " \t\n" else " "
        yield _Edit(start, _end(value_node), blank + write(values[key]))
    for key in values.keys() - expected.keys():
        yield _addition(text, expect, f"{write(key)}: {write(values[key])}")


def _addition(text: str, expect: Any, entry: str) -> _Edit:
    """Returns the addition of an entry to an expectation, on its own line if the others are."""
    key, value = expect.value[-1]
    end = _end(value)
    own_line = re.search(r"\r?\n[ \t]*$", text[: key.start_mark.index])
    before = own_line[0] if own_line else " "
    if expect.flow_style:
        return _Edit(end, end, f",{before}{entry}")
    # Behind the last value there may be a comment.
    end += len(text[end:].partition("\n")[0].rstrip("\r"))
    return _Edit(end, end, f"{before}{entry}")


def _plain(value: Any) -> Any:
    """Returns the value of an expectation as plain data."""
    return [specified(each) for each in value] if isinstance(value, tuple) else value


def _json_text(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)


def _end(node: Any) -> int:
    """Returns the end of a node; that of a block is the end of its last value."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


def _accepted(expect: Any, played: PlayedStep, values: dict[str, Any]) -> Iterator[AcceptedValue]:
    expected = specified(played.step.expect)
    lines = {key.value: key.start_mark.line + 1 for key, _ in expect.value}
    for key, value in values.items():
        line = lines.get(key, expect.start_mark.line + 1)
        before = _words(_plain(expected.get(key, ANY)))
        yield AcceptedValue(line, played.number, key, before, _words(value))


def _words(value: Any) -> str:
    if value is ANY:
        return "left out"
    if isinstance(value, list):
        timers = any("command" not in item for item in value)
        return describe_timers(value) if timers else describe_commands(value)
    return "null" if value is None else str(value)


def _check(before: list[Scenario], content: bytes, file: str) -> None:
    """Checks that nothing but expectations differs, and that all of them hold.

    Raises:
        ScenarioError: they do not, so the file must not be replaced.
    """
    try:
        after = parse(content, file)
        agree = [*map(_without_expectations, before)] == [*map(_without_expectations, after)]
        holds = not any(
            step.unexpected for each in after for step in play(each, open_meeting(each))
        )
    except ScenarioError:
        agree = holds = False
    if not (agree and holds):
        raise ScenarioError(1, "its expectations cannot be replaced in place", "edit them by hand")


def _without_expectations(scenario: Scenario) -> object:
    events = [(step.event, step.written) for step in scenario.steps]
    return scenario.title, scenario.settings, scenario.meeting, events
