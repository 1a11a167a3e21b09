"""The examples of a review: scenarios on which the versions differ, and diagrams of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import attrs

from fsm import diagrams
from fsm.decode import DecodeError, decode
from fsm.engine import Refusal
from fsm.recording.console import POLICY, Console
from fsm.recording.console_changes import Actor, Change
from fsm.recording.meeting import Meeting
from fsm.recording.plan import MeetingSettings
from fsm.recording.timers import TimerState
from fsm.recording.vocabulary import Timer
from fsm.review.comparison import Walk
from fsm.review.difference import Difference, different_parts
from fsm.review.scope import RUNNING_SETTING, ReviewScope
from fsm.review.versions import Data, Version
from fsm.scenario import PlayedStep, Scenario, open_meeting, parse, play, write
from fsm.scenario.model import StepDocument
from fsm.scenario.play import Player

MARK = "# Written by fsm review, whose next run removes it.\n"
"""The first line of every scenario, by which a later run recognises it."""
_CHANGES: dict[str, Any] = {change.trigger: change for change in Change.__args__}


@attrs.frozen
class Example:
    """The plainest example of a group.

    Args:
        scenario: the text of a scenario that both versions play; ``None`` if there is none.
        diagram: its path as SVG; ``None`` for a scenario without events.
        differs: whether the versions answer an event of the scenario differently.
    """

    scenario: str | None
    diagram: bytes | None
    differs: bool


def example_of(
    differences: Iterable[Difference], title: str, old: Version, new: Version, scope: ReviewScope
) -> Example:
    """Returns the plainest example that can be played, or a diagram of the console without one.

    Args:
        differences: the differences of a group, the plainest first.
        title: the title of the scenario.
        old: the old version.
        new: the new version.
        scope: the events to try.
    """
    differences = list(differences)
    meetings = [each for each in differences if each.machine == "recording"]
    settings = [each for each in differences if not each.machine]
    for each in [*meetings, *settings]:
        start = each.meeting or each.start
        events = each.events or _distinguishing_events(each, old, new, scope)
        text, differs = _scenario(start, events, title, old, new)
        if text is not None and (differs or each is settings[-1]):
            return Example(text, _diagram(text) if events else None, differs)
    consoles = [each for each in differences if each.machine == "policy"]
    if consoles:
        return Example(None, _console_diagram(consoles[0]), False)
    return Example(None, None, False)


def _distinguishing_events(
    difference: Difference, old: Version, new: Version, scope: ReviewScope
) -> tuple[Data, ...]:
    """Returns the events of the shortest meeting that differs under two plans, if there is any."""
    if difference.meeting is None or "error" in difference.old or "error" in difference.new:
        return ()
    walk = Walk(old, new, "recording", scope, lambda situations, events: None)
    walk.run([(difference.meeting, 2)], until_first=True)
    found = [each for each in walk.found.values() if each.kind == "answers"]
    return found[0].events if found else ()


def _scenario(
    start: Data, events: Sequence[Data], title: str, old: Version, new: Version
) -> tuple[str | None, bool]:
    """Returns a scenario that expects the answers of the new version, and whether they differ.

    There is no scenario if a version rejects the settings, or the new one raises an error.
    """
    events = list(_timed(start, events))
    before, after = (
        version.ask("play", machine="recording", **{"from": start, "events": events})
        for version in (old, new)
    )
    rejected = any("error" in played["resolution"] for played in (before, after))
    if rejected or any("error" in answer for answer in after["answers"]):
        return None, False
    try:
        head = write.settings_data(decode(start, MeetingSettings))
    except DecodeError:
        return None, False
    steps: list[Data] = []
    differs = False
    for event, one, other in zip(events, before["answers"], after["answers"], strict=True):
        parts = different_parts(one, other)
        differs = differs or bool(parts)
        steps.append(event | {"expect": _expectation(other, parts, one)})
    return MARK + write.scenario_text({"title": title, **head}, steps), differs


def _timed(start: Data, events: Sequence[Data]) -> Iterator[Data]:
    """Yields the events of an exploration as a scenario has them: a firing becomes a wait.

    The firing of a timer that a wait would not fire alone stays an event.
    """
    try:
        player = Player(Meeting(decode(start, MeetingSettings).resolve().plan))
    except (DecodeError, ValueError):
        yield from events  # the versions reject the settings
        return
    for event in events:
        written = (
            _firing(player, event["time_up"]["timer"], event["time_up"]["set"])
            if "time_up" in event
            else event
        )
        with suppress(DecodeError):  # an event that only the other version knows
            player.play(decode(written, StepDocument).event)
        yield written


def _firing(player: Player, timer: Timer, setting: int) -> Data:
    others = dict(player.remaining())
    if setting == RUNNING_SETTING and timer in others:
        milliseconds = others.pop(timer)
        if all(milliseconds < other for other in others.values()):
            return {"wait": milliseconds // 1000}
    state = player.meeting.timers.get(timer, TimerState())
    return {"time_up": {"timer": timer, "set": max(1, state.set + setting - RUNNING_SETTING)}}


def _expectation(answer: Data, parts: set[str], old: Data) -> Data:
    expect: Data = {"state": answer["state"]}
    if answer["refused"] is not None or "refused" in parts:
        expect["refused"] = answer["refused"]
    if answer["recorder"] or "recorder" in parts:
        expect["recorder"] = answer["recorder"]
    if answer["timers"] or "timers" in parts:
        expect["timers"] = answer["timers"]
    if "rules" in parts:
        rules = [rule for rule in answer["rules"] if rule not in old.get("rules", ())]
        expect |= {"rule": rules[0]} if rules else {}
    return expect


def trace_diagram(
    scenario: Scenario,
    played: Iterable[PlayedStep],
    file_format: str,
    lang: diagrams.Lang = "en",
) -> bytes:
    """Returns the diagram of a played scenario.

    Args:
        scenario: the scenario.
        played: its steps.
        file_format: a file format of :func:`fsm.diagrams.render`.
        lang: the language of its texts.
    """
    shown = diagrams.plan_diagram(scenario.resolve().plan)
    trace = [
        diagrams.TraceStep(
            step.number,
            decided.row,
            decided.outcome.before,
            decided.outcome.refused,
            decided.event.trigger,
        )
        for step in played
        for decided in step.decided
    ]
    return diagrams.render(diagrams.with_trace(shown, trace, scenario.title), file_format, lang)


def _diagram(text: str) -> bytes:
    [scenario] = parse(text.encode())
    return trace_diagram(scenario, play(scenario, open_meeting(scenario)), "svg")


def _console_diagram(difference: Difference) -> bytes:
    console = Console(difference.start)
    trace = []
    for number, event in enumerate(difference.events, start=1):
        [(trigger, fields)] = event.items()
        change = _CHANGES[trigger](**{**fields, "by": Actor(*fields["by"])})
        decision = POLICY.decide(console, trigger, change)
        before, answer = console.state, console.handle(change)
        row = None if isinstance(decision, Refusal) else decision
        trace.append(diagrams.TraceStep(number, row, before, answer.refused, trigger))
    return diagrams.render(diagrams.with_trace(diagrams.diagram("policy"), trace), "svg")
