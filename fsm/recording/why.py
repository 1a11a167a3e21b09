"""Explanations of events: what an event would do now, and by which rules it does no more."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy

import attrs

from fsm.engine import Explanation
from fsm.recording.events import ChangeRole, Event, Join
from fsm.recording.meeting import Meeting
from fsm.recording.outcome import Outcome


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
    rules = dict.fromkeys([*outcome.rules, *_rules_for_no_more(meeting, event, decision, outcome)])
    return EventExplanation(event, outcome, decision, tuple(rules))


def _rules_for_no_more(
    meeting: Meeting, event: Event, decision: Explanation, outcome: Outcome
) -> Iterator[str]:
    """Yields the rules for which an event that is accepted changes the recording no further."""
    if outcome.refused or outcome.state != outcome.before:
        return
    for attempt in decision.missed:
        assert attempt.failed is not None, "an attempt in vain"
        yield from attempt.failed.guard.description.rules
    match event:
        # No row says so: only `idle` has rows in which a join starts a recording.
        case Join() if meeting.state != "idle":
            yield "R15"
        case Join() if meeting.plan.kind is None:
            yield "R11"
        case ChangeRole():
            yield "D4"
