"""One meeting: an event in, an outcome out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, final

import attrs

from fsm.engine import Explanation, Row
from fsm.recording.events import End, Event, Pause, Resume, Start, Stop
from fsm.recording.machine import RECORDING, Decider, RowOutcome, decider, outcome_of
from fsm.recording.model import RecordingModel
from fsm.recording.outcome import Outcome
from fsm.recording.vocabulary import Reason


@attrs.frozen
class Permission:
    """Whether a participant may give a command now.

    Args:
        event: the command.
        refused: why it would be refused; ``None`` where it may be given.
        rules: ids of the rules that decide.
    """

    event: Event
    refused: Reason | None
    rules: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        """Whether the command may be given."""
        return self.refused is None


@final
@attrs.define(on_setattr=attrs.setters.NO_OP)
class Meeting(RecordingModel):
    """One meeting and its recording, from opening to end.

    It performs nothing: the outcome of an event names the commands that the recorder is
    to be sent.

    >>> from fsm.recording import Join, Plan
    >>> meeting = Meeting(Plan(kind="cloud"))
    >>> meeting.handle(Join("alice", "host", "windows")).recorder
    (StartRecorder(kind='cloud', client=None),)
    >>> meeting.handle(Pause("bob")).refused
    'not_present'
    """

    _decide: Decider = attrs.field(init=False, eq=False, repr=False)

    @_decide.default
    def _of_the_plan(self) -> Decider:
        return decider(self.plan)

    # The decider follows from the plan, and a table is nothing to be copied or pickled.
    def __getstate__(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in attrs.fields(RecordingModel)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)
        self._decide = decider(self.plan)

    def handle(self, event: Event) -> Outcome:
        """Take one event and answer it.

        A refused event leaves the meeting as it was.

        Args:
            event: a fact or a command.
        """
        decision = self._decide(self, event.trigger, event)
        if type(decision) is Row:
            decision.apply(self, event)
            answer: RowOutcome = decision.info
            # The usual case, without one more call.
            if not answer.starts:
                return answer.outcome
        return outcome_of(decision, self)

    def replay(self, events: Iterable[Event]) -> None:
        """Take events that were answered before, as :meth:`handle` does, but answer none.

        Args:
            events: what happened, in its order.

        >>> from fsm.recording import Join, Plan
        >>> meeting = Meeting(Plan(kind="cloud"))
        >>> meeting.replay([Join("alice", "host", "windows"), Pause("bob"), Pause("alice")])
        >>> meeting.state
        'paused'
        """
        decide = self._decide
        for event in events:
            decision = decide(self, event.trigger, event)
            if type(decision) is Row:
                decision.apply(self, event)

    def allowed(self, participant: str) -> dict[str, Permission]:
        """Say for each command whether a participant may give it now, or why not.

        A client draws its buttons from this.

        Args:
            participant: the id of a client; it need not be present.

        Returns:
            By the name of the button: ``start_cloud``, ``start_local``, ``pause``,
            ``resume``, ``stop`` and ``end``.
        """
        commands: dict[str, Event] = {
            "start_cloud": Start(participant, "cloud"),
            "start_local": Start(participant, "local"),
            "pause": Pause(participant),
            "resume": Resume(participant),
            "stop": Stop(participant),
            "end": End(participant),
        }
        return {name: self._permission(event) for name, event in commands.items()}

    def _permission(self, event: Event) -> Permission:
        outcome = outcome_of(self._decide(self, event.trigger, event), self)
        return Permission(event, outcome.refused, outcome.rules)

    def why(self, event: Event) -> Explanation:
        """Explain what an event would do: row by row, with the values that were read."""
        return RECORDING.why(self, event.trigger, event)
