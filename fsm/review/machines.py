"""The machines of one version as its worker explores them: situations and answers by number."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Any, cast, get_args

import attrs

from fsm.decode import FLATTEN, DecodeError, decode
from fsm.engine import Refusal, Row, Table
from fsm.recording import console_changes
from fsm.recording.console import POLICY, Console
from fsm.recording.console_changes import Actor, Change
from fsm.recording.events import Event
from fsm.recording.machine import RECORDING
from fsm.recording.meeting import Meeting
from fsm.recording.model import Participant, RecordingModel
from fsm.recording.plan import MeetingSettings, Plan
from fsm.recording.policy_table import CONSOLE_PRECONDITIONS, CONSOLE_ROWS
from fsm.recording.table import PRECONDITIONS, ROWS
from fsm.recording.timers import first_set, running
from fsm.review.versions import Data
from fsm.scenario.model import StepDocument
from fsm.scenario.play import Player
from fsm.scenario.report import outcome_line


@attrs.frozen
class _EventField:
    """An object whose only key is the trigger of an event."""

    event: Event = attrs.field(metadata={FLATTEN: True})


class RecordingRules:
    """The recording machine, as meetings run it."""

    rows: tuple[Any, ...] = ROWS
    preconditions = PRECONDITIONS
    table: Table = RECORDING.table
    _fields = tuple(
        field.name
        for field in attrs.fields(RecordingModel)
        if field.name not in ("plan", "present", "timers")
    )

    def start(self, data: Any) -> Meeting:
        """Returns the model of a new meeting with these settings."""
        return Meeting(decode(data, MeetingSettings).resolve().plan)

    def situation(self, data: Data) -> Meeting:
        """Returns a meeting in a situation that a journal names."""
        present = {id_: Participant(*names) for id_, names in data["present"].items()}
        plan = decode(data["plan"], Plan)
        return Meeting.restore(
            plan, data["state"], present, data["kind"], data["client"],
            timers=first_set(data.get("timers", ())),
        )  # fmt: skip

    def event(self, data: Any) -> Any:
        """Returns the event of plain data."""
        return decode(data, _EventField).event

    def step(self, before: Meeting, event: Any) -> tuple[Data, Row | Refusal, Meeting]:
        """Returns the outcome of an event, its decision, and the model after it.

        The timers that run after it are set for the first time, because the number of settings
        grows without end.
        """
        decision = before.decide(event)
        after = before
        if type(decision) is Row:
            after = Meeting.__new__(Meeting)
            after.__setstate__(before.__getstate__())
        outcome = after.take(decision, event)
        if after.timers is not before.timers:
            after.timers = first_set(running(after.timers))
        return cast(Data, outcome), decision, after

    def play(self, start: Data, events: list[Data]) -> list[Data]:
        """Returns the answer to each event or wait of a scenario, or its error.

        An event that is not known here changes nothing.

        Args:
            start: the settings of the meeting.
            events: the events and waits.
        """
        player = Player(self.start(start))
        answers = []
        for data in events:
            try:
                outcome, timers, _ = player.play(decode(data, StepDocument).event)
                answers.append({**outcome_line(outcome), "timers": list(timers)})
            except Exception as error:  # a name or a key that is not known here
                answers.append({"error": message_of(error)})
        return answers

    def answer(self, outcome: Any) -> Data:
        """Returns an outcome as plain data."""
        return outcome_line(outcome)

    def row(self, row: Row) -> Any:
        """Returns the row of the table that a compiled row was made from."""
        return row.info.row

    def identity(self, model: Meeting) -> Hashable:
        """Returns a key of a situation, names of participants included."""
        values = tuple(getattr(model, name) for name in self._fields)
        return model.plan, values, running(model.timers), frozenset(model.present.items())

    def describe(self, model: Meeting) -> tuple[Hashable, dict[str, Hashable]]:
        """Returns a situation without the names of participants, and a description of each."""
        values = {name: getattr(model, name) for name in self._fields}
        rest = (
            *(
                (name, "a participant" if _is_present(value, model) else value)
                for name, value in values.items()
            ),
            ("timers", running(model.timers)),
        )
        people = {
            person: (participant, tuple(name for name in values if values[name] == person))
            for person, participant in model.present.items()
        }
        return (model.plan, rest), cast(dict[str, Hashable], people)


def message_of(error: Exception) -> str:
    """Returns the message of an error in plain data."""
    return error.faults[0].detail if isinstance(error, DecodeError) else str(error)


def _is_present(value: object, model: Meeting) -> bool:
    return isinstance(value, str) and value in model.present


class PolicyRules:
    """The policy machine, as the console runs it."""

    rows: tuple[Any, ...] = CONSOLE_ROWS
    preconditions = dict.fromkeys(get_args(console_changes.ConsoleTrigger), CONSOLE_PRECONDITIONS)
    table: Table = POLICY.table
    _changes: dict[str, Any] = {each.trigger: each for each in get_args(Change)}  # noqa: RUF012

    def start(self, data: Any) -> Console:
        """Returns the model of a new console of this edition."""
        return Console(data)

    def event(self, data: Any) -> Any:
        """Returns the change of the console of plain data."""
        [(trigger, fields)] = data.items()
        by = Actor(*fields["by"])
        return self._changes[trigger](**{**fields, "by": by})

    def step(self, before: Console, event: Any) -> tuple[Any, Row | Refusal, Console]:
        """Returns the outcome of an event, its decision, and the model after it."""
        decision = POLICY.decide(before, event.trigger, event)
        after = attrs.evolve(before)
        changed = after.handle(event)
        return (changed, after.account), decision, after

    def play(self, start: Any, events: list[Data]) -> list[Data]:
        """Returns the answer to each change, or its error; such a change changes nothing.

        Args:
            start: the edition.
            events: the changes.
        """
        console = self.start(start)
        answers = []
        for data in events:
            try:
                outcome, _, console = self.step(console, self.event(data))
                answers.append(self.answer(outcome))
            except Exception as error:  # a name or a key that is not known here
                answers.append({"error": message_of(error)})
        return answers

    def answer(self, outcome: Any) -> Data:
        """Returns an outcome as plain data."""
        changed, account = outcome
        data = attrs.asdict(changed)
        return {
            "before": data["before"],
            "state": data["status"],
            "refused": data["refused"],
            "rules": list(data["rules"]),
            "account": attrs.asdict(account),
        }

    def row(self, row: Row) -> Any:
        """Returns the row of the table that a compiled row was made from."""
        return row.info

    def identity(self, model: Console) -> Hashable:
        """Returns a key of a situation, names of participants included."""
        return attrs.astuple(model)

    def describe(self, model: Console) -> tuple[Hashable, dict[str, Hashable]]:
        """Returns a situation without the names of participants, and a description of each."""
        values = attrs.asdict(model)
        return (None, tuple((name, plain(value)) for name, value in values.items())), {}


def plain(value: Any) -> Any:
    """Returns a value in a form that JSON has, the items of a set in order."""
    if isinstance(value, frozenset | set):
        return tuple(sorted(value))
    if isinstance(value, type):
        return value.__name__
    return repr(value) if attrs.has(type(value)) else value


class ExploredMachine:
    """A machine with its situations, answers and lists of events, each by its number."""

    def __init__(self, machine: Any) -> None:
        self.machine = machine
        self.row_numbers = {id(row): number for number, row in enumerate(machine.rows)}
        self.situations: list[Any] = []
        self.numbers: dict[Hashable, int] = {}
        self.described: list[Any] = []
        self.rests = Interned()
        self.people = Interned()
        self.answers = Interned()
        self.answer_data: list[Data] = []
        self.lists: list[list[Any]] = []

    def number_of(self, model: Any) -> int:
        """Returns the number of a situation; a new one is described with the next answer."""
        identity = self.machine.identity(model)
        number = self.numbers.get(identity)
        if number is None:
            number = self.numbers[identity] = len(self.situations)
            self.situations.append(model)
            rest, people = self.machine.describe(model)
            self.described.append(
                [
                    self.rests.number(rest),
                    {name: self.people.number(people[name]) for name in people},
                ]
            )
        return number

    def try_events(self, situation: int, list_: int) -> Iterator[int]:
        """Yields two numbers for each event of a list: its answer, and the situation after it."""
        before = self.situations[situation]
        step = self.machine.step
        for event in self.lists[list_]:
            try:
                outcome, decision, after = step(before, event)
                answer = self._answer(outcome, decision)
            except Exception as error:
                answer, after = self._error(error), before
            yield answer
            yield situation if after is before else self.number_of(after)

    def _answer(self, outcome: Any, decision: Row | Refusal) -> int:
        by: tuple[str, Any]
        if type(decision) is Row:
            by = ("row", self.row_numbers[id(self.machine.row(decision))])
        else:
            guard = cast(Refusal, decision).guard
            by = ("guard", guard.name if guard else None)
        known = self.answers.numbers.get((outcome, by))
        if known is None:
            known = self.answers.number((outcome, by))
            self.answer_data.append(self.machine.answer(outcome) | {"by": list(by)})
        return known

    def _error(self, error: Exception) -> int:
        text = f"{type(error).__name__}: {error}"
        known = self.answers.numbers.get(text)
        if known is None:
            known = self.answers.number(text)
            self.answer_data.append({"error": text, "by": ["error", type(error).__name__]})
        return known

    def explain(self, situation: int, event: Any) -> Data:
        """Returns the answer of each guard that may decide an event, and the attempted rows.

        The guards of the trigger in other states are listed apart: an action may ask one of them.
        """
        model = self.situations[situation]
        cells = self.machine.table.cells[event.trigger]
        cell = cells[model.state]
        answers: dict[str, bool] = {}
        attempts = []
        for guard in cell.preconditions:
            _evaluate(guard, model, event, answers)
        for row in cell.rows:
            for guard in row.guards:
                _evaluate(guard, model, event, answers)
            attempts.append(self.row_numbers[id(self.machine.row(row))])
        elsewhere: dict[str, bool] = {}
        for guard in (
            guard for other in cells.values() for row in other.rows for guard in row.guards
        ):
            _evaluate(guard, model, event, elsewhere)
        return {"guards": answers, "rows": attempts, "guards_elsewhere": elsewhere}


def _evaluate(guard: Any, model: Any, event: Any, answers: dict[str, bool]) -> None:
    try:
        answers[guard.name] = bool(guard.call(model, event))
    except Exception:  # an earlier guard fails, so this one is never evaluated
        return


class Interned:
    """Numbered values, each of which is described to the other process once."""

    def __init__(self) -> None:
        self.numbers: dict[Hashable, int] = {}
        self.sent = 0

    def number(self, value: Hashable) -> int:
        """Returns the number of a value."""
        return self.numbers.setdefault(value, len(self.numbers))

    def new(self, describe: Callable[[Any], Any]) -> list[Any]:
        """Returns a description of each value that was not sent before."""
        values = list(self.numbers)[self.sent :]
        self.sent = len(self.numbers)
        return [describe(value) for value in values]
