"""What must hold of every event and its answer, in the words of the rules.

Nothing here looks at the transition table or its conditions. A promise judges an event by
the plan, by what an onlooker knew before it, and by the answer; so a fault in the table
cannot hide in the promise that should find it.
"""

from __future__ import annotations

from collections.abc import Callable

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
from fsm.recording.outcome import (
    Command,
    Outcome,
    PauseRecorder,
    ResumeRecorder,
    StartRecorder,
    StopRecorder,
)
from fsm.recording.plan import Plan
from fsm.recording.rules import RuleId
from fsm.recording.situation import Situation
from fsm.verify.ledger import Attendee, Ledger


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
    """

    plan: Plan
    before: Ledger
    event: Event
    outcome: Outcome
    after: Ledger
    kept: Situation

    @property
    def accepted(self) -> bool:
        """Whether the event was accepted."""
        return self.outcome.refused is None

    @property
    def command(self) -> Command | None:
        """What the recorder was told; the rules never tell it two things at once."""
        return self.outcome.recorder[-1] if self.outcome.recorder else None

    @property
    def asker(self) -> Attendee | None:
        """Who asks or ends."""
        return self.before.find(getattr(self.event, "by", None))


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
TOO_OLD = "3.16"
"""The version of a client that is too old for automatic recording (R3)."""


def promise(
    name: str, *rules: RuleId
) -> Callable[[Callable[[Judged], str | None]], Callable[[Judged], str | None]]:
    """Make a function one of the promises."""

    def make(broken: Callable[[Judged], str | None]) -> Callable[[Judged], str | None]:
        PROMISES.append(Promise(name, rules, broken))
        return broken

    return make


# -- starting -----------------------------------------------------------------------------


def _qualifies(plan: Plan, event: Join) -> bool:
    """Say whether a join is one that starts a recording under the plan."""
    if event.version == TOO_OLD:
        return False
    host = event.role in ("host", "cohost")
    if plan.kind == "cloud":
        known = event.platform in ("windows", "macos", "ios", "android")
        return known and (host or plan.started_by == "anyone")
    return plan.kind == "local" and host and event.platform in ("windows", "macos")


@promise(
    "The first join that qualifies starts the recording, and no other join does",
    "R2", "R3", "R8", "R13", "R14", "R15", "D5",
)  # fmt: skip
def starts_by_itself(step: Judged) -> str | None:
    """Automatic starts: at most once, on the first join that qualifies, of the plan's kind."""
    if not isinstance(step.event, Join) or not step.accepted:
        return None
    starts = isinstance(step.command, StartRecorder)
    wanted = _qualifies(step.plan, step.event) and not step.before.started
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
    return None if step.command == wanted else f"it starts {step.command}, the plan is {wanted}"


@promise("What is started by hand is what the host asked for", "D2")
def starts_as_asked(step: Judged) -> str | None:
    """A start by hand starts the kind that was asked for, local on the asking client."""
    if not isinstance(step.event, Start) or not step.accepted:
        return None
    wanted = StartRecorder(step.event.kind, step.event.by if step.event.kind == "local" else None)
    return None if step.command == wanted else f"it answers {step.command}, asked was {wanted}"


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
            return f"it starts on {client}"
    return None


# -- stopping -----------------------------------------------------------------------------


def _stop_on_leave(step: Judged, event: Leave) -> str | None:
    """Return the reason for which a leave stops what runs; ``None`` where it does not."""
    if step.before.runs == "local":
        return "recording_client_left" if event.id == step.before.client else None
    leaver = step.before.find(event.id)
    remain = [each for each in step.before.present if each is not leaver]
    if not remain:
        return "everyone_left"
    hosts_only = step.plan.kind != "cloud" or step.plan.started_by == "host"
    left = leaver is not None and leaver.host and not any(each.host for each in remain)
    return "hosts_left" if hosts_only and left else None


@promise(
    "A leave stops the recording when the stop table says so, and only then",
    "R16", "R17", "D4", "D12",
)  # fmt: skip
def stops_on_leave(step: Judged) -> str | None:
    """The endings by leaving: everyone, every host, or the client that records."""
    if not isinstance(step.event, Leave) or not step.accepted:
        return None
    reason = _stop_on_leave(step, step.event) if step.before.runs else None
    told = step.command.reason if isinstance(step.command, StopRecorder) else None
    return None if told == reason else f"it stops for {told}, the rules say {reason}"


@promise("The end of the meeting stops what runs", "R16", "R17")
def stops_at_the_end(step: Judged) -> str | None:
    """Ending the meeting stops a running or paused recording, for that reason."""
    if not isinstance(step.event, End) or not step.accepted:
        return None
    wanted = StopRecorder("meeting_ended") if step.before.runs else None
    return None if step.command == wanted else f"it answers {step.command}"


@promise("A recorder that fails stops the recording", "D11")
def stops_when_the_recorder_fails(step: Judged) -> str | None:
    """A failing recorder stops what runs, for that reason."""
    if not isinstance(step.event, RecorderFailed) or not step.accepted:
        return None
    wanted = StopRecorder("recorder_failed")
    return None if step.command == wanted else f"it answers {step.command}"


@promise("A host's pause, resume and stop do what they say", "R9", "R16", "D3")
def does_as_asked(step: Judged) -> str | None:
    """An accepted command of a host is what the recorder is told."""
    if not step.accepted:
        return None
    wanted: Command
    if isinstance(step.event, Pause):
        wanted = PauseRecorder()
    elif isinstance(step.event, Resume):
        wanted = ResumeRecorder()
    elif isinstance(step.event, Stop):
        wanted = StopRecorder("host_stopped")
    else:
        return None
    return None if step.command == wanted else f"it answers {step.command}"


@promise("A change of role tells the recorder nothing", "D4")
def roles_change_quietly(step: Judged) -> str | None:
    """Making somebody host, or no longer host, neither starts nor stops anything."""
    if isinstance(step.event, ChangeRole) and step.command is not None:
        return f"it answers {step.command}"
    return None


# -- who may -------------------------------------------------------------------------------


def _refusal(step: Judged) -> str | None:
    """Return the first reason that holds, in the order of the rules."""
    event, known = step.event, step.before
    asked = isinstance(event, Start | Pause | Resume | Stop)
    asker = step.asker if asked or isinstance(event, End) else None
    if known.ended:
        return "meeting_ended"
    if isinstance(event, Join) and known.find(event.id):
        return "already_present"
    if isinstance(event, Leave | ChangeRole) and not known.find(event.id):
        return "not_present"
    if asked or (isinstance(event, End) and event.by is not None):
        if asker is None:
            return "not_present"
        if not asker.host:
            return "not_host"
    possible = {
        "start": known.runs is None,
        "pause": known.runs is not None and not known.paused,
        "resume": known.paused,
        "stop": known.runs is not None,
        "recorder_failed": known.runs is not None,
    }
    if not possible.get(event.trigger, True):
        return "wrong_state"
    if isinstance(event, Start):
        if event.kind not in step.plan.kinds:
            return "kind_unavailable"
        if event.kind == "local" and not (asker and asker.desktop):
            return "not_desktop"
    elif asked and known.runs == "local" and asker and asker.id != known.client:
        return "not_recording_client"
    if isinstance(event, Pause | Stop) and known.runs == "cloud" and not step.plan.host_may_pause:
        return "host_may_not_pause"
    return None


@promise(
    "An event is refused for the first reason that holds, and for no other",
    "R9", "D1", "D2", "D3", "D9", "D10", "D11",
)  # fmt: skip
def refuses_for_the_first_reason(step: Judged) -> str | None:
    """The refusals, in their order."""
    wanted = _refusal(step)
    told = step.outcome.refused
    return None if told == wanted else f"it is refused for {told}, the rules say {wanted}"


@promise("A refused event leads nowhere and tells the recorder nothing", "D9", "D10")
def refuses_without_a_trace(step: Judged) -> str | None:
    """A refusal leaves the machine as it was."""
    if step.accepted:
        return None
    if step.outcome.recorder:
        return f"it tells the recorder {step.command}"
    if step.outcome.state != step.outcome.before:
        return f"it leads from {step.outcome.before} to {step.outcome.state}"
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
    known = step.after
    wanted = "idle" if not known.started else "stopped"
    if known.runs is not None:
        wanted = "paused" if known.paused else "recording"
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
    return None if step.kept.plan == step.plan else f"it is {step.kept.plan} after it"


@promise("The machine keeps what an onlooker keeps", "D1", "D9", "D10")
def keeps_what_happened(step: Judged) -> str | None:
    """Who is there, how many hosts, what runs on which client, and whether it is over."""
    if _agrees(step.kept, step.after):
        return None
    return f"it keeps {step.kept}, what happened is {step.after}"


def _agrees(kept: Situation, known: Ledger) -> bool:
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
