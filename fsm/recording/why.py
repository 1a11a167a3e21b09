"""Explanations of events: what an event would do now, and by which rules it does no more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy

import attrs

from fsm.engine import Explanation, Guard
from fsm.recording.events import ChangeRole, Event, Join
from fsm.recording.meeting import Meeting
from fsm.recording.outcome import Outcome
from fsm.recording.plan import Plan


@attrs.frozen
class EventExplanation:
    """The explanation of what an event would do now.

    Args:
        event: the event.
        outcome: the outcome that it would have.
        decision: the explanation of the decision.
        rules: the ids of the rules that decide, and then of those for which it does no more.
    """

    event: Event
    outcome: Outcome
    decision: Explanation
    rules: tuple[str, ...]


def explain_event(meeting: Meeting, event: Event) -> EventExplanation:
    """Explains what an event would do now. The meeting is not changed.

    Args:
        meeting: the meeting.
        event: a fact or a command.

    >>> from fsm.recording import Join, Plan
    >>> why = explain_event(Meeting(Plan(kind="cloud")), Join("bob", "member", "web"))
    >>> str(why.decision).partition("; ")[2]
    "to 'recording' it would need 'a host' (event.role = 'member')"
    >>> why.rules
    ('R13',)
    """
    decision = meeting.why(event)
    outcome = copy(meeting).handle(event)
    more = rules_for_no_more(meeting.plan, event, outcome, missed_guards(decision))
    return EventExplanation(event, outcome, decision, (*outcome.rules, *more))


def missed_guards(decision: Explanation) -> Iterator[Guard]:
    """Yields the guards that kept a decision from leaving the state."""
    for attempt in decision.missed:
        assert attempt.failed is not None, "an attempt in vain"
        yield attempt.failed.guard


def rules_for_no_more(
    plan: Plan, event: Event, outcome: Outcome, missed: Iterable[Guard]
) -> tuple[str, ...]:
    """Returns the rules for which an accepted event changes the recording no further.

    Args:
        plan: the plan of the meeting.
        event: the event.
        outcome: its outcome. The rules that it names are left out.
        missed: the guards that kept the event from changing more.
    """
    if outcome.refused or outcome.state != outcome.before:
        return ()
    found = dict.fromkeys(_rules_for_no_more(plan, event, outcome, missed))
    return tuple(rule for rule in found if rule not in outcome.rules)


def _rules_for_no_more(
    plan: Plan, event: Event, outcome: Outcome, missed: Iterable[Guard]
) -> Iterator[str]:
    for guard in missed:
        yield from guard.description.rules
    match event:
        # No row says so: only `idle` has rows in which a join starts a recording.
        case Join() if outcome.before != "idle":
            yield "R15"
        case Join() if plan.kind is None:
            yield "R11"
        case ChangeRole():
            yield "D4"
