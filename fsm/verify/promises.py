"""What must hold of every event and its answer, in the words of the rules.

Nothing here looks at the transition table or its conditions. A promise judges an event by
the plan, by what an onlooker knew before it, and by the answer; so a fault in the table
cannot hide in the promise that should find it.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

import attrs

from fsm.recording.events import (
    ChangeRole,
    End,
    Event,
    Join,
    Leave,
    Pause,
    RecorderFailed,
    Resume,
    Start,
    Stop,
)
from fsm.recording.model import RecordingModel
from fsm.recording.outcome import Command, Outcome, StartRecorder, StopRecorder
from fsm.recording.plan import Plan
from fsm.recording.rules import RuleId
from fsm.verify import readings
from fsm.verify.ledger import Ledger
from fsm.verify.words import in_words, refusals


@attrs.frozen
class Judged:
    """One event with its answer, and what an onlooker knows.

    Args:
        plan: what holds for the meeting.
        before: what was known before it.
        event: the event.
        outcome: the answer.
        after: what is known after it.
        kept: what the machine itself keeps after it.
        answered: what a meeting in the same situation answers, or what it raises.
        meeting: that meeting after it.
    """

    plan: Plan
    before: Ledger
    event: Event
    outcome: Outcome
    after: Ledger
    kept: RecordingModel
    answered: Outcome | Exception
    meeting: RecordingModel

    @property
    def accepted(self) -> bool:
        """Whether the event was accepted."""
        return self.outcome.refused is None

    @property
    def command(self) -> Command | None:
        """What the recorder was told; the rules never tell it two things at once."""
        return self.outcome.recorder[-1] if self.outcome.recorder else None

    @property
    def wanted(self) -> Command | None:
        """What the rules tell the recorder where the event is accepted."""
        return readings.command(self.plan, self.before, self.event)

    def differs(self) -> str | None:
        """Say what else the recorder should have been told, ``None`` where nothing."""
        if self.command == self.wanted:
            return None
        told, wanted = in_words(self.command), in_words(self.wanted)
        return f"the recorder is told {told}, the rules say {wanted}"


@attrs.frozen
class Promise:
    """Something that must hold of every event of a meeting.

    Args:
        name: what must hold, as a sentence.
        rules: ids of the rules it stands for.
        broken: says what is wrong, ``None`` where nothing is.
    """

    name: str
    rules: tuple[RuleId, ...]
    broken: Callable[[Judged], str | None]


PROMISES: list[Promise] = []


def promise(
    name: str, *rules: RuleId
) -> Callable[[Callable[[Judged], str | None]], Callable[[Judged], str | None]]:
    """Make a function one of the promises."""

    def make(broken: Callable[[Judged], str | None]) -> Callable[[Judged], str | None]:
        PROMISES.append(Promise(name, rules, broken))
        return broken

    return make


# -- starting -----------------------------------------------------------------------------


@promise(
    "The first join that qualifies starts the recording, and no other join does",
    "R2", "R3", "R8", "R13", "R14", "R15", "D5",
)  # fmt: skip
def starts_by_itself(step: Judged) -> str | None:
    """Automatic starts: at most once, on the first join that qualifies, of the plan's kind."""
    if not isinstance(step.event, Join) or not step.accepted:
        return None
    starts = isinstance(step.command, StartRecorder)
    wanted = readings.qualifies(step.plan, step.event) and not step.before.started
    if starts == wanted:
        return None
    return "a join starts it that should not" if starts else "a join that should start it does not"


@promise("What a join starts is what the plan says, on the client that joined", "R13", "R14")
def starts_the_planned_kind(step: Judged) -> str | None:
    """The kind is the plan's; a local recording is on the joining client."""
    if not isinstance(step.event, Join) or not isinstance(step.command, StartRecorder):
        return None
    client = step.event.id if step.plan.kind == "local" else None
    wanted = StartRecorder(step.plan.kind or "cloud", client)
    if step.command == wanted:
        return None
    return f"the recorder is told {in_words(step.command)}, the plan is {in_words(wanted)}"


@promise("What is started by hand is what the host asked for", "D2")
def starts_as_asked(step: Judged) -> str | None:
    """A start by hand starts the kind that was asked for, local on the asking client."""
    return step.differs() if step.accepted and isinstance(step.event, Start) else None


@promise("Nothing records without a cause", "R13", "R14", "D2")
def starts_for_a_cause(step: Judged) -> str | None:
    """Only a join and a host's start ever start the recorder."""
    if isinstance(step.command, StartRecorder) and not isinstance(step.event, Join | Start):
        return f"'{step.event.trigger}' starts the recorder"
    return None


@promise("A local recording runs on the desktop of a host", "R2", "R14", "D2")
def starts_local_on_a_desktop(step: Judged) -> str | None:
    """Whoever records locally was a host at a desktop when it started."""
    if isinstance(step.command, StartRecorder) and step.command.kind == "local":
        client = step.after.find(step.command.client)
        if client is None or not client.host or not client.desktop:
            where = f"on {client.platform}, by a {client.role}" if client else "on nobody's client"
            return f"it starts {where}"
    return None


# -- stopping -----------------------------------------------------------------------------


@promise(
    "A leave stops the recording when the stop table says so, and only then",
    "R16", "R17", "D4", "D12",
)  # fmt: skip
def stops_on_leave(step: Judged) -> str | None:
    """The endings by leaving: everyone, every host, or the client that records."""
    if not isinstance(step.event, Leave) or not step.accepted:
        return None
    reason = readings.stop_on_leave(step.plan, step.before, step.event)
    told = step.command.reason if isinstance(step.command, StopRecorder) else None
    if told == reason:
        return None
    found = f"it stops for {told}" if told else "it does not stop"
    return f"{found}, the rules say {f'it stops for {reason}' if reason else 'it does not'}"


@promise("The end of the meeting stops what runs", "R16", "R17")
def stops_at_the_end(step: Judged) -> str | None:
    """Ending the meeting stops a running or paused recording, for that reason."""
    return step.differs() if step.accepted and isinstance(step.event, End) else None


@promise("A recorder that fails stops the recording", "D11")
def stops_when_the_recorder_fails(step: Judged) -> str | None:
    """A failing recorder stops what runs, for that reason."""
    return step.differs() if step.accepted and isinstance(step.event, RecorderFailed) else None


@promise("A host's pause, resume and stop do what they say", "R9", "R16", "D3")
def does_as_asked(step: Judged) -> str | None:
    """An accepted command of a host is what the recorder is told."""
    asked = isinstance(step.event, Pause | Resume | Stop)
    return step.differs() if step.accepted and asked else None


@promise("A change of role tells the recorder nothing", "D4")
def roles_change_quietly(step: Judged) -> str | None:
    """Making somebody host, or no longer host, neither starts nor stops anything."""
    return step.differs() if step.accepted and isinstance(step.event, ChangeRole) else None


# -- who may, and by which rule ---------------------------------------------------------------


@promise(
    "An event is refused for the first reason that holds, and for no other",
    "R9", "D1", "D2", "D3", "D9", "D10", "D11",
)  # fmt: skip
def refuses_for_the_first_reason(step: Judged) -> str | None:
    """The refusals, in their order."""
    wanted = readings.refusal(step.plan, step.before, step.event)
    return refusals(step.outcome.refused, wanted)


@promise("A refused event leads nowhere and tells the recorder nothing", "D9", "D10")
def refuses_without_a_trace(step: Judged) -> str | None:
    """A refusal leaves the machine as it was."""
    if step.accepted:
        return None
    if step.outcome.recorder:
        return f"it tells the recorder {in_words(step.command)}"
    if step.outcome.state != step.outcome.before:
        return f"it leads from {step.outcome.before} to {step.outcome.state}"
    return None


@promise("An answer names the rule that decides it")
def names_the_rule(step: Judged) -> str | None:
    """The rule of an answer is the one that the rules themselves give for it."""
    # Where it should tell the recorder something else, other promises say so.
    if step.accepted and step.command != step.wanted:
        return None
    wanted = readings.rules(step.plan, step.before, step.event, step.outcome.refused)
    if step.outcome.rules == wanted:
        return None
    return f"it names {in_words(step.outcome.rules)}, what decides is {in_words(wanted)}"


# -- the meeting and the machine ------------------------------------------------------------


_PARTS = tuple(each.name for each in attrs.fields(RecordingModel))
_KEPT: Callable[[RecordingModel], tuple[Any, ...]] = attrgetter(*_PARTS)


@promise("A meeting answers as the whole table does, and keeps the same")
def meets_the_table(step: Judged) -> str | None:
    """A meeting runs on the table of its plan; nothing may tell it from the whole table."""
    if isinstance(step.answered, Exception):
        return f"the meeting raises {type(step.answered).__name__}: {step.answered}"
    if step.answered != step.outcome:
        return f"the meeting says {in_words(step.answered)}; the table {in_words(step.outcome)}"
    if _KEPT(step.meeting) != _KEPT(step.kept):
        return "; ".join(
            f"{name}: the meeting keeps {in_words(found)}, the table {in_words(wanted)}"
            for name, found, wanted in zip(
                _PARTS, _KEPT(step.meeting), _KEPT(step.kept), strict=True
            )
            if found != wanted
        )
    return None


# -- the machine and its recorder -----------------------------------------------------------


@promise("The recorder is told one thing at a time, and never what makes no sense", "R15", "R16")
def commands_make_sense(step: Judged) -> str | None:
    """Start when nothing runs; pause, resume and stop when something does."""
    if len(step.outcome.recorder) > 1:
        return f"{len(step.outcome.recorder)} commands at once"
    runs, paused = step.before.runs is not None, step.before.paused
    sensible = {"start": not runs, "pause": runs and not paused, "resume": paused, "stop": runs}
    if step.command is not None and not sensible[step.command.command]:
        now = "paused" if paused else "running" if runs else "not running"
        return f"'{step.command.command}' comes while it is {now}"
    return None


@promise("The state says what the recorder does", "R15", "R16", "D2")
def state_agrees(step: Judged) -> str | None:
    """The state after an event is the one that the commands so far lead to."""
    wanted = step.after.state
    if step.outcome.state != wanted or step.kept.state != wanted:
        return f"the state is {step.kept.state}, the recorder says {wanted}"
    return None


@promise("After the end nothing runs", "D10")
def nothing_runs_after_the_end(step: Judged) -> str | None:
    """Once a meeting is over its recorder has been told to stop."""
    if step.after.ended and step.after.runs is not None:
        return f"a {step.after.runs} recording runs"
    return None


@promise("The plan with which a meeting opened holds to its end", "D8")
def keeps_the_plan(step: Judged) -> str | None:
    """No event changes what was resolved when the meeting opened."""
    return None if step.kept.plan == step.plan else f"it is another one: {in_words(step.kept.plan)}"


@promise("The machine keeps what an onlooker keeps", "D1", "D9", "D10")
def keeps_what_happened(step: Judged) -> str | None:
    """Who is there, how many hosts, what runs on which client, and whether it is over."""
    # A refused event leaves both as they were when they were compared.
    if not step.accepted or _agrees(step.kept, step.after):
        return None
    kept, known = step.kept, step.after
    compared = (
        ("what is recorded", kept.kind, known.runs),
        ("the recording client", kept.client, known.client),
        ("that it is over", kept.ended, known.ended),
        ("the number of hosts", kept.hosts, sum(each.host for each in known.present)),
        (
            "who is there",
            sorted(f"{name} {in_words(each)}" for name, each in kept.present.items()),
            sorted(f"{e.id} role {e.role}, platform {e.platform}" for e in known.present),
        ),
    )
    return "; ".join(
        f"{name}: it keeps {in_words(found)}, what happened is {in_words(wanted)}"
        for name, found, wanted in compared
        if found != wanted
    )


def _agrees(kept: RecordingModel, known: Ledger) -> bool:
    """Say whether the machine knows what the onlooker knows."""
    people = kept.present
    if (kept.kind, kept.client, kept.ended) != (known.runs, known.client, known.ended):
        return False
    if len(people) != len(known.present):
        return False
    hosts = 0
    for each in known.present:
        there = people.get(each.id)
        if there is None or (there.role, there.platform) != (each.role, each.platform):
            return False
        hosts += each.host
    return kept.hosts == hosts
