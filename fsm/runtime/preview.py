"""A preview of new rules over the open meetings of a journal, before they go into service."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import copy
from functools import partial
from itertools import product
from typing import Any, get_args

import attrs

from fsm.recording import (
    ChangeRole,
    End,
    Event,
    Join,
    Leave,
    Meeting,
    Pause,
    Resume,
    Start,
    Stop,
    TimeUp,
)
from fsm.recording.events import EVENTS, events_with
from fsm.recording.timers import first_set, running
from fsm.recording.vocabulary import Kind, Platform, Role
from fsm.runtime import codec
from fsm.runtime.journal import Journal
from fsm.runtime.journal_check import in_words
from fsm.runtime.live import LiveMeeting
from fsm.runtime.rules_version import RulesVersion

_NEW = "a newcomer"
_VERSIONS = (None, "3.16")
"""Versions of newcomers: none, which counts as new enough (D5), and one that is too old (R3)."""

Decide = Callable[[list[dict[str, Any]]], Iterable[list[str]]]
"""The decisions of other rules. Takes situations as data, each with its ``events``, and returns the
answers to the events of each situation, in words."""


@attrs.define
class Group:
    """Meetings in which an event has another answer under other rules.

    Args:
        event: the event.
        before: the answer of the other rules, in words.
        now: the answer of the rules of this program, in words.
        meetings: the number of meetings.
        example: the meeting with the fewest events.
        events: the number of its events.
    """

    event: str
    before: str
    now: str
    meetings: int = 0
    example: str = ""
    events: int = 0

    def add(self, meeting: str, events: int) -> None:
        """Adds a meeting with a number of events."""
        if not self.meetings or events < self.events:
            self.example, self.events = meeting, events
        self.meetings += 1


@attrs.define
class Preview:
    """The effects of the rules of this program on the open meetings of a journal.

    Args:
        meetings: the number of open meetings.
        rules: the rules of the last answers, each with the number of meetings.
        diverged: the number of meetings in a situation that the new rules would not have led to.
        changed_answers: these meetings, by their first recorded answer that would change.
        affected: the number of meetings in which some next event has another answer; ``None``
            without other rules to compare with.
        changed_next: these meetings, by each such event and its two answers.
    """

    meetings: int = 0
    rules: dict[str, int] = attrs.field(factory=dict)
    diverged: int = 0
    changed_answers: list[Group] = attrs.field(factory=list)
    affected: int | None = None
    changed_next: list[Group] = attrs.field(factory=list)


def preview(
    journal: Journal,
    decide: Decide | None = None,
    watch: Callable[[int, int], None] = lambda meetings, situations: None,
) -> Preview:
    """Returns the effects of the rules of this program on the open meetings of a journal.

    Args:
        journal: the journal.
        decide: the decisions of the rules that are in service now, if they are known.
        watch: called with the number of meetings whose events were decided again, and with the
            number of situations whose next answers were compared, so far.

    Raises:
        JournalError: the journal cannot be read.
    """
    result = Preview()
    answered: dict[tuple[str, str, str], Group] = {}
    situations: dict[tuple[Any, ...], list[tuple[str, int]]] = {}
    models: dict[tuple[Any, ...], Meeting] = {}
    with journal.at_one_moment():
        for live in list(journal.load_open()):
            watch(result.meetings, 0)
            result.meetings += 1
            replayed, changed, rules = _replay(journal, live)
            if live.seq:
                result.rules[rules] = result.rules.get(rules, 0) + 1
            if replayed != live.meeting:
                result.diverged += 1
                answered.setdefault(changed, Group(*changed)).add(live.id, live.seq)
            if not live.situation.ended:
                situation = _situation(live.meeting)
                situations.setdefault(situation, []).append((live.id, live.seq))
                models.setdefault(situation, live.meeting)
    result.changed_answers = _largest_first(answered.values())
    if decide is not None:
        result.affected, result.changed_next = _next_answers(
            situations, models, decide, partial(watch, result.meetings)
        )
    return result


def _replay(journal: Journal, live: LiveMeeting) -> tuple[Meeting, tuple[str, str, str], str]:
    """Decides the events of a meeting again, from its opening.

    Returns:
        The meeting, the first event whose answer changes with both answers in words, and the rules
        of the last recorded answer.
    """
    meeting = Meeting(live.plan)
    changed: tuple[str, str, str] | None = None
    rules: RulesVersion | None = None
    for recorded in journal.recorded_answers(live.id):
        entry = recorded.entry
        outcome = meeting.handle(entry.event)
        if changed is None and outcome != entry.outcome:
            changed = entry.event.trigger, in_words(entry.outcome), in_words(outcome)
        rules = recorded.rules
    # Without a changed answer, an action of a row has another effect on the model.
    changed = changed or ("an event with the same answer", "its recorded effect", "another effect")
    return meeting, changed, str(rules or "rules that are not recorded")


def _next_answers(
    situations: dict[tuple[Any, ...], list[tuple[str, int]]],
    models: dict[tuple[Any, ...], Meeting],
    decide: Decide,
    watch: Callable[[int], None],
) -> tuple[int, list[Group]]:
    groups: dict[tuple[str, str, str], Group] = {}
    events = {situation: list(next_events(model)) for situation, model in models.items()}
    requests = [
        situation_data(model) | {"events": [codec.event_data(each) for each in events[situation]]}
        for situation, model in models.items()
    ]
    affected = 0
    decisions = zip(models.items(), decide(requests), strict=True)
    for compared, ((situation, model), answers) in enumerate(decisions):
        watch(compared)
        changed = set()
        for event, before in zip(events[situation], answers, strict=True):
            now = in_words(_like(model).handle(event))
            if now != before:
                changed.add((_describe(event, model), before, now))
        affected += len(situations[situation]) if changed else 0
        for key in sorted(changed):
            for meeting, count in situations[situation]:
                groups.setdefault(key, Group(*key)).add(meeting, count)
    return affected, _largest_first(groups.values())


def _largest_first(groups: Iterable[Group]) -> list[Group]:
    return sorted(groups, key=lambda group: (-group.meetings, group.event, group.before))


def _situation(meeting: Meeting) -> tuple[Any, ...]:
    """Returns the situation of a meeting without the names of its participants."""
    people = sorted(
        (each.role, each.platform, id_ == meeting.client) for id_, each in meeting.present.items()
    )
    return (
        meeting.plan, meeting.state, meeting.kind, meeting.client is None, tuple(people),
        running(meeting.timers),
    )  # fmt: skip


def situation_data(meeting: Meeting) -> dict[str, Any]:
    """Returns the situation of a meeting as plain data.

    What a meeting without timers does not need is left out: an older version may not know it.
    """
    plan = attrs.asdict(meeting.plan, filter=lambda field, value: value != field.default)
    timers = running(meeting.timers)
    return {
        "plan": plan,
        **({"timers": list(timers)} if timers else {}),
        "state": meeting.state,
        "present": {id_: [each.role, each.platform] for id_, each in meeting.present.items()},
        "kind": meeting.kind,
        "client": meeting.client,
        "ended": meeting.ended,
    }


def _like(meeting: Meeting) -> Meeting:
    """Returns a meeting in the same situation, whose running timers are set for the first time."""
    again = copy(meeting)
    again.timers = first_set(running(meeting.timers))
    return again


def next_events(meeting: Meeting) -> Iterator[Event]:
    """Yields the possible next events; one participant stands for all that are alike."""
    for role, platform, version in product(get_args(Role), get_args(Platform), _VERSIONS):
        yield Join(_NEW, role, platform, version)
    alike = {
        (each.role, each.platform, id_ == meeting.client): id_
        for id_, each in meeting.present.items()
    }
    ids = tuple(alike.values())
    yield End()
    for timer in running(meeting.timers):
        # Both versions decide in a situation whose timers are set for the first time.
        yield TimeUp(timer, 1)
    for event in EVENTS:
        if event not in (Join, TimeUp):
            yield from events_with(event, id=ids, by=ids, role=get_args(Role), kind=get_args(Kind))


def _describe(event: Event, meeting: Meeting) -> str:
    """Returns an event in words, with the role and the platform of its participant."""
    id_: str | None
    match event:
        case Join():
            version = "" if event.version is None else f", version {event.version}"
            return f"join of a {event.role} on {event.platform}{version}"
        case Leave():
            action, id_ = "leave of", event.id
        case ChangeRole():
            action, id_ = f"role {event.role} for", event.id
        case Start():
            action, id_ = f"start of a {event.kind} recording by", event.by
        case End() | Pause() | Resume() | Stop():
            action, id_ = f"{event.trigger} by", event.by
        case TimeUp():
            return f"{event.timer} is up"
        case _:
            return event.trigger  # of the recorder or the server
    if id_ is None:
        return f"{action} the server"
    person = meeting.present[id_]
    records = ", who records" if id_ == meeting.client else ""
    return f"{action} a {person.role} on {person.platform}{records}"
