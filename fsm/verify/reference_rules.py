"""The reference rules of a meeting: the expected outcome of every event.

This is a second implementation of the rules, written from their words. It reads the plan, the
reference model and the event, and never the transition table or the guards.
"""

from __future__ import annotations

from typing import TypeVar, assert_never, get_args

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
    TimeUp,
    Trigger,
)
from fsm.recording.outcome import (
    CancelTimer,
    Command,
    CommandName,
    Outcome,
    PauseRecorder,
    ResumeRecorder,
    SetTimer,
    StartRecorder,
    StopRecorder,
    TimerChange,
)
from fsm.recording.plan import Plan
from fsm.recording.rules import RuleId
from fsm.recording.vocabulary import (
    Kind,
    Reason,
    State,
    StopReason,
    Timer,
    check_complete,
)
from fsm.verify.plan_rules import (
    RULES_OF_JOINS,
    keeps_going,
    needs_hosts,
    qualifies,
    rules_of_start,
)
from fsm.verify.reference_model import ReferenceModel

T = TypeVar("T")


RULES_OF_OUTCOMES: tuple[RuleId, ...] = (
    *RULES_OF_JOINS,
    "R9", "R15", "R16", "R17",
    "D2", "D3", "D4", "D9", "D10", "D11", "D14", "D15",
)  # fmt: skip
"""The rules that this module states, and those of joins."""
PRESENCE_RULES: dict[Trigger, tuple[RuleId, ...]] = {
    "join": ("R15", "D5"),
    "leave": ("R16", "D4"),
    "role": ("D4",),
    **dict.fromkeys(("end", "recorder_failed", "time_up", "start", "pause", "resume", "stop"), ()),
}
"""The rules by which an event that only changes presence has no other effect."""
check_complete(
    PRESENCE_RULES, get_args(Trigger), "PRESENCE_RULES in fsm/verify/reference_rules.py",
    "the rules by which it may only change presence, () if it changes none",
)  # fmt: skip


def _by_kind(kind: Kind, *, cloud: T, local: T) -> T:
    """Returns the value for a kind of recording."""
    match kind:
        case "cloud":
            return cloud
        case "local":
            return local
        case _:
            assert_never(kind)


def expected_refusal(plan: Plan, model: ReferenceModel, event: Event) -> Reason | None:
    """Returns the first reason for refusing an event, in the order of the rules.

    Args:
        plan: the plan of the meeting.
        model: the reference model before the event.
        event: the event.
    """
    if model.ended:
        return "meeting_ended"
    match event:
        case Join():
            return "already_present" if model.find(event.id) else None
        case Leave() | ChangeRole():
            return None if model.find(event.id) else "not_present"
        case RecorderFailed():
            return "wrong_state" if model.runs is None else None
        case TimeUp():
            return _refusal_of_firing(model, event)
        case End(by=None):
            return None
    requester = model.find(event.by)
    if requester is None:
        return "not_present"
    if not requester.host:
        return "not_host"
    match event:
        case End():
            return None
        case Start():
            if model.runs is not None:
                return "wrong_state"
            if event.kind not in plan.kinds:
                return "kind_unavailable"
            possible_there = _by_kind(event.kind, cloud=True, local=requester.desktop)
            return None if possible_there else "not_desktop"
        case Pause():
            possible = model.runs is not None and not model.paused
        case Resume():
            possible = model.paused
        case Stop():
            possible = model.runs is not None
        case _:
            assert_never(event)
    if not possible or model.runs is None:
        return "wrong_state"
    match model.runs:
        case "local":
            return None if requester.id == model.client else "not_recording_client"
        case "cloud":
            # R9 is about pausing and stopping.
            if isinstance(event, Pause | Stop) and not plan.host_may_pause:
                return "host_may_not_pause"
            return None
        case _:
            assert_never(model.runs)


def _refusal_of_firing(model: ReferenceModel, event: TimeUp) -> Reason | None:
    timer = model.timer(event.timer)
    if not timer.running or timer.settings != event.set:
        return "timer_not_set"
    # A grace that runs without a recording is another fault, and found as one.
    return "wrong_state" if event.timer == "grace" and model.runs is None else None


def stop_on_leave(plan: Plan, model: ReferenceModel, event: Leave) -> StopReason | None:
    """Returns the reason for which a leave stops a recording without a grace.

    Args:
        plan: the plan of the meeting.
        model: the reference model before the event.
        event: the leave.

    Returns:
        The reason; ``None`` for a leave that stops nothing.
    """
    match model.runs:
        case None:
            return None
        case "local":
            return "recording_client_left" if event.id == model.client else None
        case "cloud":
            return _stop_of_cloud(plan, model, event)
        case _:
            assert_never(model.runs)


def _stop_of_cloud(plan: Plan, model: ReferenceModel, event: Leave) -> StopReason | None:
    leaver = model.find(event.id)
    remain = [person for person in model.present if person is not leaver]
    if not remain:
        return "everyone_left"
    left = leaver is not None and leaver.host and not any(each.host for each in remain)
    return "hosts_left" if left and needs_hosts(plan) else None


def outlives(plan: Plan, model: ReferenceModel, event: Leave) -> bool:
    """Returns whether a recording goes on for its grace after a leave that would stop it (D14).

    Args:
        plan: the plan of the meeting.
        model: the reference model before the event.
        event: the leave.
    """
    if model.runs is None:
        return False
    stops = stop_on_leave(plan, model, event) is not None
    return stops and _by_kind(model.runs, cloud=plan.grace > 0, local=False)


def expected_command(plan: Plan, model: ReferenceModel, event: Event) -> Command | None:
    """Returns the recorder command of an accepted event; ``None`` if there is none.

    Args:
        plan: the plan of the meeting.
        model: the reference model before the event.
        event: the event.
    """
    match event:
        case Join():
            if plan.kind is None or model.started or not qualifies(plan, event):
                return None
            return StartRecorder(plan.kind, _by_kind(plan.kind, cloud=None, local=event.id))
        case Start():
            return StartRecorder(event.kind, _by_kind(event.kind, cloud=None, local=event.by))
        case Pause():
            return PauseRecorder()
        case Resume():
            return ResumeRecorder()
        case Stop():
            return StopRecorder("host_stopped")
        case Leave():
            reason = stop_on_leave(plan, model, event)
            return StopRecorder(reason) if reason and not outlives(plan, model, event) else None
        case End():
            return StopRecorder("meeting_ended") if model.runs else None
        case TimeUp():
            return _command_of_firing(model, event.timer)
        case RecorderFailed():
            return StopRecorder("recorder_failed")
        case ChangeRole():
            return None
        case _:
            assert_never(event)


def _command_of_firing(model: ReferenceModel, timer: Timer) -> Command | None:
    match timer:
        case "grace":
            return StopRecorder("hosts_left" if model.present else "everyone_left")
        case "empty":
            return StopRecorder("meeting_ended") if model.runs else None
        case _:
            assert_never(timer)


_REFUSED_BY: dict[Reason, RuleId | None] = {
    "meeting_ended": "D10",
    "already_present": "D9",
    "not_present": "D9",
    "not_host": "D1",
    "timer_not_set": None,
    "wrong_state": None,
    "kind_unavailable": "D2",
    "not_desktop": "D2",
    "not_recording_client": "D3",
    "host_may_not_pause": "R9",
}
"""The rule behind each reason; ``None`` for the shape of the table."""
check_complete(
    _REFUSED_BY, get_args(Reason), "_REFUSED_BY in fsm/verify/reference_rules.py", "its rule"
)


def _rules(
    plan: Plan, model: ReferenceModel, event: Event, refused: Reason | None, command: Command | None
) -> tuple[RuleId, ...]:
    """Returns the rules that decide an outcome; none if the event only changes presence.

    Those that only change timers are not among them.
    """
    if refused is not None:
        # One rule covers all refusals of an end.
        rule = "D10" if isinstance(event, End) else _REFUSED_BY[refused]
        return (rule,) if rule else ()
    runs = model.runs
    match event:
        case Join():
            return rules_of_start(plan) if command else ()
        case Start():
            return ("D2",)
        case RecorderFailed():
            return ("D11",)
        case Pause() | Resume():
            return _by_kind(runs, cloud=("R9",), local=("D3",)) if runs else ()
        case Stop():
            return _by_kind(runs, cloud=("R16",), local=("D3",)) if runs else ()
        case End():
            return _by_kind(runs, cloud=("R16",), local=("R17",)) if runs else ("D10",)
        case TimeUp():
            stops: tuple[RuleId, ...] = ("R16",) if command else ()
            return *_BY_FIRING[event.timer], *stops
        case Leave():
            if outlives(plan, model, event):
                return ("D14",)
            return _by_kind(runs, cloud=("R16",), local=("R17",)) if runs and command else ()
        case ChangeRole():
            return ()
        case _:
            assert_never(event)


_BY_FIRING: dict[Timer, tuple[RuleId, ...]] = {"grace": ("D14",), "empty": ("D10", "D15")}
"""The rules by which a timer that is up does something."""
check_complete(
    _BY_FIRING, get_args(Timer), "_BY_FIRING in fsm/verify/reference_rules.py",
    "the rules of its firing",
)  # fmt: skip


# -- timers -------------------------------------------------------------------------------

_SET_BY: dict[Timer, RuleId] = {"grace": "D14", "empty": "D15"}
"""The rule of each timer."""
check_complete(
    _SET_BY, get_args(Timer), "_SET_BY in fsm/verify/reference_rules.py", "the rule of the timer"
)


def expected_timers(
    plan: Plan, model: ReferenceModel, event: Event, command: Command | None
) -> tuple[TimerChange, ...]:
    """Returns the changes of timers by an accepted event, in the order of the rules.

    Args:
        plan: the plan of the meeting.
        model: the reference model before the event.
        event: the event.
        command: the recorder command that it leads to.
    """
    changes: list[TimerChange] = []
    if model.grace.running and _cancels_grace(plan, event, command):
        changes.append(CancelTimer("grace"))
    if model.empty.running and isinstance(event, Join | End):
        changes.append(CancelTimer("empty"))
    if isinstance(event, Leave):
        if not model.grace.running and outlives(plan, model, event):
            changes.append(SetTimer("grace", plan.grace))
        if len(model.present) == 1 and plan.end_when_empty is not None:
            changes.append(SetTimer("empty", plan.end_when_empty))
    return tuple(changes)


def _cancels_grace(plan: Plan, event: Event, command: Command | None) -> bool:
    """Returns whether an event cancels the grace that runs."""
    if isinstance(event, Join | ChangeRole):
        return keeps_going(plan, event)
    # Whatever else stops the recording cancels it; a timer that fires is not cancelled.
    fires = isinstance(event, TimeUp) and event.timer == "grace"
    return isinstance(command, StopRecorder) and not fires


_STATE_AFTER: dict[CommandName, State] = {
    "start": "recording",
    "pause": "paused",
    "resume": "recording",
    "stop": "stopped",
}
"""The state to which each recorder command leads."""
check_complete(
    _STATE_AFTER, get_args(CommandName), "_STATE_AFTER in fsm/verify/reference_rules.py",
    "its state",
)  # fmt: skip


def expected_outcome(plan: Plan, model: ReferenceModel, event: Event) -> Outcome:
    """Returns the outcome of an event by the rules.

    Args:
        plan: the plan of the meeting.
        model: the reference model before the event.
        event: the event.
    """
    refused = expected_refusal(plan, model, event)
    command = None if refused else expected_command(plan, model, event)
    rules = _rules(plan, model, event, refused, command)
    state = _STATE_AFTER[command.command] if command else model.state
    commands = (command,) if command else ()
    timers = () if refused else expected_timers(plan, model, event, command)
    if timers:
        rules = tuple(dict.fromkeys((*rules, *(_SET_BY[change.timer] for change in timers))))
    return Outcome(model.state, state, commands, rules, refused, timers)
