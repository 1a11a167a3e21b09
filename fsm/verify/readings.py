"""The rules of a meeting read once more: how each event is to be answered.

This is a second reading of the rules, made from their words. It asks the plan, what an
onlooker knows, and the event; never the transition table or the code beside it.
"""

from __future__ import annotations

from itertools import takewhile

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
from fsm.recording.vocabulary import Reason, StopReason
from fsm.verify.ledger import Ledger


def is_too_old(version: str | None) -> bool:
    """Say whether a client is too old for automatic recording (R3, D5).

    It reads the leading numbers with dots between them, after blanks and a v. A text without
    any is an unknown version, which is new enough.

    Args:
        version: the client's version.
    """
    numbers: list[int] = []
    for part in (version or "").lstrip().lower().removeprefix("v").split("."):
        digits = "".join(takewhile(str.isdecimal, part))
        if digits:
            numbers.append(int(digits))
        if not digits or digits != part:
            break
    if not numbers:
        return False
    major, minor = (*numbers, 0)[:2]
    return major < 3 or (major == 3 and minor < 17)


def qualifies(plan: Plan, event: Join) -> bool:
    """Say whether a join is one that starts a recording under the plan (R2, R3, R13, R14).

    Args:
        plan: what holds for the meeting.
        event: the join.
    """
    if is_too_old(event.version):
        return False
    host = event.role in ("host", "cohost")
    if plan.kind == "cloud":
        works = event.platform in ("windows", "macos", "ios", "android")
        return works and (host or plan.started_by == "anyone")
    return plan.kind == "local" and host and event.platform in ("windows", "macos")


def refusal(plan: Plan, known: Ledger, event: Event) -> Reason | None:
    """Return the first reason that holds for refusing an event, in the order of the rules.

    Args:
        plan: what holds for the meeting.
        known: what is known before the event.
        event: the event.
    """
    asked = isinstance(event, Start | Pause | Resume | Stop)
    asker = known.find(getattr(event, "by", None))
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
        if event.kind not in plan.kinds:
            return "kind_unavailable"
        if event.kind == "local" and not (asker and asker.desktop):
            return "not_desktop"
    elif asked and known.runs == "local" and asker and asker.id != known.client:
        return "not_recording_client"
    if isinstance(event, Pause | Stop) and known.runs == "cloud" and not plan.host_may_pause:
        return "host_may_not_pause"
    return None


def stop_on_leave(plan: Plan, known: Ledger, event: Leave) -> StopReason | None:
    """Return the reason for which a leave stops what runs; ``None`` where it does not.

    Args:
        plan: what holds for the meeting.
        known: what is known before the event.
        event: the leave.
    """
    if known.runs is None:
        return None
    if known.runs == "local":
        return "recording_client_left" if event.id == known.client else None
    leaver = known.find(event.id)
    remain = [each for each in known.present if each is not leaver]
    if not remain:
        return "everyone_left"
    hosts_only = plan.kind != "cloud" or plan.started_by == "host"
    left = leaver is not None and leaver.host and not any(each.host for each in remain)
    return "hosts_left" if hosts_only and left else None


def command(plan: Plan, known: Ledger, event: Event) -> Command | None:
    """Return what the recorder is to be told where an event is accepted.

    Args:
        plan: what holds for the meeting.
        known: what is known before the event.
        event: the event.
    """
    match event:
        case Join() if plan.kind and qualifies(plan, event) and not known.started:
            return StartRecorder(plan.kind, event.id if plan.kind == "local" else None)
        case Start():
            return StartRecorder(event.kind, event.by if event.kind == "local" else None)
        case Pause():
            return PauseRecorder()
        case Resume():
            return ResumeRecorder()
        case Stop():
            return StopRecorder("host_stopped")
        case Leave():
            reason = stop_on_leave(plan, known, event)
            return StopRecorder(reason) if reason else None
        case End():
            return StopRecorder("meeting_ended") if known.runs else None
        case RecorderFailed():
            return StopRecorder("recorder_failed")
    return None


_REFUSED_BY: dict[Reason, RuleId] = {
    "meeting_ended": "D10",
    "already_present": "D9",
    "not_present": "D9",
    "not_host": "D1",
    "kind_unavailable": "D2",
    "not_desktop": "D2",
    "not_recording_client": "D3",
    "host_may_not_pause": "R9",
}
"""For each reason the rule that refuses. That the state has no such transition is none's."""


def rules(plan: Plan, known: Ledger, event: Event, refused: Reason | None) -> tuple[RuleId, ...]:
    """Return the rules that decide an answer: one, or none where it only notes what happened.

    Args:
        plan: what holds for the meeting.
        known: what is known before the event.
        event: the event.
        refused: why it is refused, if it is.
    """
    decides = _rule(plan, known, event, refused)
    return () if decides is None else (decides,)


def _rule(plan: Plan, known: Ledger, event: Event, refused: Reason | None) -> RuleId | None:
    if refused is not None:
        if isinstance(event, End):  # who may end a meeting is all in one rule
            return "D10"
        return _REFUSED_BY.get(refused)
    local = known.runs == "local"
    match event:
        case Join() if isinstance(command(plan, known, event), StartRecorder):
            return "R14" if plan.kind == "local" else "R13"
        case Start():
            return "D2"
        case Pause() | Resume():
            return "D3" if local else "R9"
        case Stop():
            return "D3" if local else "R16"
        case Leave() if stop_on_leave(plan, known, event):
            return "R17" if local else "R16"
        case End():
            return "D10" if known.runs is None else "R17" if local else "R16"
        case RecorderFailed():
            return "D11"
    return None


def answer(plan: Plan, known: Ledger, event: Event) -> Outcome:
    """Return how the rules answer an event.

    Args:
        plan: what holds for the meeting.
        known: what is known before the event.
        event: the event.
    """
    refused = refusal(plan, known, event)
    if refused is not None:
        by = rules(plan, known, event, refused)
        return Outcome(known.state, known.state, rules=by, refused=refused)
    told = command(plan, known, event)
    by = rules(plan, known, event, None)
    outcome = Outcome(known.state, known.state, (told,) if told else (), by)
    return attrs.evolve(outcome, state=known.after(event, outcome).state)
