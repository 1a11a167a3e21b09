"""Meetings: one machine a meeting, which takes events and returns outcomes."""

from __future__ import annotations

from typing import Any, Self, final

import attrs

from fsm.engine import Explanation, Refusal, Row
from fsm.recording.events import REQUESTS, Event, Start, events_with
from fsm.recording.machine import RECORDING, Decider, RowOutcome, decider, outcome_of, started
from fsm.recording.model import Participant, RecordingModel
from fsm.recording.outcome import Outcome
from fsm.recording.plan import Plan
from fsm.recording.timers import NO_TIMERS, Timers
from fsm.recording.vocabulary import HOSTS, KINDS, Kind, Reason, State, check_complete

check_complete(
    {"by", "kind"}, (field.name for event in REQUESTS for field in attrs.fields(event)),
    "Meeting.allowed in fsm/recording/meeting.py", "the values of the field",
)  # fmt: skip


@attrs.frozen
class Permission:
    """The decision on a command that a participant may request.

    Args:
        event: the command.
        refused: the reason for its refusal; ``None`` if it is allowed.
        rules: ids of the rules that decide.
    """

    event: Event
    refused: Reason | None
    rules: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        """True if the command is allowed."""
        return self.refused is None


@final
@attrs.define(on_setattr=attrs.setters.NO_OP)
class Meeting(RecordingModel):
    """A meeting and its recording, from opening to end.

    It does no I/O: the outcome of an event names the commands for the recorder. Copies of any kind
    are independent of their original.

    >>> from fsm.recording import Join, Leave, Plan
    >>> meeting = Meeting(Plan(kind="cloud"))
    >>> meeting.handle(Join("alice", "host", "windows")).recorder
    (StartRecorder(kind='cloud', client=None),)
    >>> meeting.handle(Leave("bob")).refused
    'not_present'
    """

    _decide: Decider = attrs.field(init=False, eq=False, repr=False)

    @_decide.default
    def _decider_of_the_plan(self) -> Decider:
        return decider(self.plan)

    # Copies and pickles leave out the decider: it holds a table, and follows from the plan.
    def __getstate__(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in attrs.fields(RecordingModel)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
        # A shallow copy gets the dictionary of its original.
        self.present = dict(self.present)
        self._decide = decider(self.plan)

    @classmethod
    def restore(
        cls,
        plan: Plan,
        state: State = "idle",
        present: dict[str, Participant] | None = None,
        kind: Kind | None = None,
        client: str | None = None,
        ended: bool = False,
        timers: Timers = NO_TIMERS,
    ) -> Self:
        """Returns a meeting in a recorded situation, which is not checked by any rule (D16).

        Args:
            plan: its plan.
            state: the state of its recording.
            present: the participants, by id.
            kind: the kind of the current recording; ``None`` if there is none.
            client: the client that records locally.
            ended: whether the meeting is over.
            timers: the timers that were ever set.

        >>> from fsm.recording import Plan
        >>> Meeting.restore(Plan(kind="cloud"), "paused", kind="cloud").state
        'paused'
        """
        present = present or {}
        hosts = len([each for each in present.values() if each.role in HOSTS])
        return cls(plan, state, present, hosts, kind, client, ended, timers)

    def handle(self, event: Event) -> Outcome:
        """Handles an event and returns its outcome. A refused event changes nothing.

        Args:
            event: a fact or a command.
        """
        decision = self._decide(self, event.trigger, event)
        timers = self.timers
        if type(decision) is Row:
            decision.apply(self, event)
            # Most rows change no timer; they need no further call.
            if self.timers is timers:
                info: RowOutcome = decision.info
                return started(info.outcome, self) if info.starts else info.outcome
        return outcome_of(decision, self, event, timers)

    def decide(self, event: Event) -> Row | Refusal:
        """Returns the decision for an event, without changing anything.

        Args:
            event: a fact or a command.
        """
        return self._decide(self, event.trigger, event)

    def take(self, decision: Row | Refusal, event: Event) -> Outcome:
        """Takes the decision for an event, and returns its outcome.

        :meth:`handle` is both halves in one call.

        Args:
            decision: the result of :meth:`decide` for the event, with no other event in between.
            event: the event.
        """
        timers = self.timers
        if type(decision) is Row:
            decision.apply(self, event)
        return outcome_of(decision, self, event, timers)

    def allowed(self, participant: str) -> dict[str, Permission]:
        """Returns the decision on each command that a participant may request now.

        A client enables its buttons by it.

        Args:
            participant: the id of a client, present or not.

        Returns:
            The decisions by button: ``start_cloud``, ``start_local``, ``pause``,
            ``resume``, ``stop`` and ``end``.
        """
        return {
            "_".join([event.trigger, *([event.kind] if isinstance(event, Start) else [])]): (
                self._permission(event)
            )
            for kind in REQUESTS
            for event in events_with(kind, by=(participant,), kind=KINDS)
        }

    def _permission(self, event: Event) -> Permission:
        outcome = outcome_of(self.decide(event), self, event, self.timers)
        return Permission(event, outcome.refused, outcome.rules)

    def why(self, event: Event) -> Explanation:
        """Explains the decision for an event, row by row, with the values that guards read."""
        return RECORDING.why(self, event.trigger, event)
