"""The process of one version, which reads requests and writes answers, each a line of JSON.

    python -m fsm.review.worker

``fsm review`` and ``fsm play --against`` run the worker of each version in a process of its own.
The name of this module, the requests and their answers are an interface between versions. Keys may
be added; any other change needs a new :data:`INTERFACE`. Situations, answers and lists of events
are described once, and then sent as numbers.
"""

from __future__ import annotations

import gc
import json
import re
import sys
from collections.abc import Callable
from functools import cache
from typing import Any, Literal, get_args, get_origin

import attrs

from fsm.decode import decode
from fsm.recording import console_changes, events, rules, vocabulary
from fsm.recording.console_changes import Change
from fsm.recording.events import EVENTS
from fsm.recording.meeting import Meeting
from fsm.recording.outcome import Outcome
from fsm.recording.plan import Form, MeetingSettings, NotOnOfferError, Plan, check_choice
from fsm.recording.settings import Account, AutoRecord, Choice
from fsm.review.machines import (
    ExploredMachine,
    Interned,
    PolicyRules,
    RecordingRules,
    message_of,
    plain,
)
from fsm.review.versions import Data

_SETTINGS_FIELDS = attrs.fields(MeetingSettings)
INTERFACE = 1
"""Raised by one when requests or answers change in a way that other versions cannot read."""


# -- settings -----------------------------------------------------------------------------


def _resolution(data: MeetingSettings | Data) -> tuple[Any, bool | None]:
    """Returns the resolution of settings, or an error as text, and whether the choice can be saved.

    The latter is ``None`` unless the settings have exactly one choice.
    """
    try:
        settings = decode(data, MeetingSettings) if isinstance(data, dict) else data
        resolution = settings.resolve()
    except Exception as error:
        return message_of(error), None
    choices = [choice for choice in (settings.user, settings.booking) if choice is not None]
    if len(choices) != 1:
        return resolution, None
    try:
        check_choice(settings.account, choices[0])
    except NotOnOfferError:
        return resolution, False
    return resolution, True


def _resolution_data(resolved: tuple[Any, bool | None]) -> Data:
    resolution, savable = resolved
    if isinstance(resolution, str):
        return {"error": resolution}
    return attrs.asdict(resolution) | {"savable": savable}


def _settings_text(settings: MeetingSettings) -> str:
    """Returns settings as JSON. Accounts and choices recur, so their texts are cached."""
    parts = (
        f'"{field.name}": {_text(getattr(settings, field.name))}' for field in _SETTINGS_FIELDS
    )
    return f"{{{', '.join(parts)}}}"


@cache
def _text(value: Any) -> str:
    return json.dumps(attrs.asdict(value) if attrs.has(type(value)) else value)


# -- the vocabulary -----------------------------------------------------------------------


def _vocabulary() -> dict[str, list[str]]:
    """Returns the names of each vocabulary, and the fields of settings and events."""
    names = {
        _words(alias): [str(name) for name in get_args(value)]
        for module in (vocabulary, rules, events, console_changes)
        for alias, value in vars(module).items()
        if get_origin(value) is Literal
    }
    for cls in (MeetingSettings, Account, AutoRecord, Choice, Form, Plan, Outcome):
        names[f"key of {_words(cls.__name__)}"] = [field.name for field in attrs.fields(cls)]
    for event in EVENTS:
        names[f"key of {event.trigger}"] = [field.name for field in attrs.fields(event)]
    for change in get_args(Change):
        names[f"key of change {change.trigger}"] = [field.name for field in attrs.fields(change)]
    return names


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _constants() -> dict[str, list[Any]]:
    """Returns the sets of names that the rules use, such as ``DESKTOPS``."""
    return {
        name: list(plain(value))
        for name, value in vars(vocabulary).items()
        if name.isupper() and isinstance(value, frozenset | tuple)
    }


def _table(machine: Any) -> Data:
    return {
        "rows": [attrs.asdict(row, value_serializer=lambda *args: plain(args[2]))
                 for row in machine.rows],
        "preconditions": machine.preconditions,
    }  # fmt: skip


# -- requests -----------------------------------------------------------------------------


class ReviewWorker:
    """The answers to the requests of a review."""

    def __init__(self) -> None:
        self._machines = {
            "recording": ExploredMachine(RecordingRules()),
            "policy": ExploredMachine(PolicyRules()),
        }
        self._resolutions = Interned()
        self._created: dict[str, MeetingSettings] = {}

    def answer(self, request: Data) -> Data:
        """Returns the answer to a request.

        Args:
            request: the name of the request as ``do``, and its arguments.

        Raises:
            KeyError: there is no such request, or an argument is missing.
        """
        answers: dict[str, Callable[[Data], Data]] = {
            "hello": self._hello,
            "diagrams": self._diagrams,
            "settings": self._settings,
            "resolve": self._resolve,
            "events": self._events,
            "start": self._start,
            "try": self._try,
            "explain": self._explain,
            "play": self._play,
            "decide": self._decide,
        }
        return answers[request["do"]](request)

    def _hello(self, _: Data) -> Data:
        return {
            "interface": INTERFACE,
            "file": __file__,
            "vocabulary": _vocabulary(),
            "constants": _constants(),
            "tables": {name: _table(each.machine) for name, each in self._machines.items()},
        }

    def _diagrams(self, _: Data) -> Data:
        from fsm.diagrams.catalogue import DIAGRAM_NAMES, diagram
        from fsm.diagrams.serialise import to_data

        return {"diagrams": [to_data(diagram(name)) for name in DIAGRAM_NAMES]}

    def _settings(self, _: Data) -> Data:
        from fsm.verify.settings_space import all_settings

        self._created = {_settings_text(each): each for each in dict.fromkeys(all_settings())}
        return {"settings": list(self._created)}

    def _resolve(self, request: Data) -> Data:
        created = self._created
        numbers = [
            self._resolutions.number(_resolution(created.get(text) or json.loads(text)))
            for text in request["settings"]
        ]
        return {"numbers": numbers, "resolutions": self._resolutions.new(_resolution_data)}

    def _events(self, request: Data) -> Data:
        explored = self._machines[request["machine"]]
        explored.lists.append([explored.machine.event(each) for each in request["events"]])
        return {"list": len(explored.lists) - 1}

    def _start(self, request: Data) -> Data:
        explored = self._machines[request["machine"]]
        models = [explored.machine.start(each) for each in request["from"]]
        return self._with_new(
            explored, {"situations": [explored.number_of(each) for each in models]}
        )

    def _try(self, request: Data) -> Data:
        explored = self._machines[request["machine"]]
        steps = [list(explored.try_events(*each)) for each in request["of"]]
        return self._with_new(explored, {"steps": steps})

    def _with_new(self, explored: ExploredMachine, data: Data) -> Data:
        """Adds the descriptions of everything that was not sent before."""
        described, explored.described = explored.described, []
        answers, explored.answer_data = explored.answer_data, []
        return data | {
            "described": described,
            "answers": answers,
            "rests": explored.rests.new(lambda rest: dict(rest[1])),
            "people": explored.people.new(
                lambda person: attrs.asdict(person[0]) | dict.fromkeys(person[1], True)
            ),
        }

    def _explain(self, request: Data) -> Data:
        explored = self._machines[request["machine"]]
        event = explored.lists[request["list"]][request["event"]]
        return explored.explain(request["situation"], event)

    def _play(self, request: Data) -> Data:
        """Plays events one after another; an event that is not known here changes nothing."""
        machine = self._machines[request["machine"]].machine
        resolution = None
        if request["machine"] == "recording":
            resolution = _resolution_data(_resolution(request["from"]))
            if "error" in resolution:
                return {"resolution": resolution, "answers": []}
        answers = machine.play(request["from"], request["events"])
        return {"resolution": resolution, "answers": answers}

    def _decide(self, request: Data) -> Data:
        """Decides events in situations of the recording machine, each event on its own."""
        return {"answers": [_decisions(each) for each in request["situations"]]}


def _decisions(situation: Data) -> list[Data]:
    machine = RecordingRules()
    try:
        meeting = machine.situation(situation)
    except Exception as error:
        return [{"error": message_of(error)}] * len(situation["events"])
    return [_decision(machine, meeting, data) for data in situation["events"]]


def _decision(machine: RecordingRules, meeting: Meeting, data: Data) -> Data:
    try:
        outcome, _, _ = machine.step(meeting, machine.event(data))
        return machine.answer(outcome)
    except Exception as error:  # a name or a key that is not known here
        return {"error": message_of(error)}


def answer_requests() -> None:
    """Answers requests until standard input ends."""
    gc.disable()  # nothing here leaves cycles behind
    worker = ReviewWorker()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(worker.answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    answer_requests()
