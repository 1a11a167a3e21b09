"""A meeting server's handler: one machine per meeting, its timers, commands sent to a recorder.

python examples/embed.py
"""

from fsm.recording import (
    Account,
    AutoRecord,
    Choice,
    Command,
    End,
    Event,
    Join,
    Leave,
    Meeting,
    MeetingSettings,
    Pause,
    TimeUp,
)  # fmt: skip
from fsm.recording.timers import NOTHING_DUE, Due, due_after, next_due

meetings: dict[str, Meeting] = {}
due: dict[str, Due] = {}  # the moments of each meeting's timers, in milliseconds


def open_meeting(
    meeting_id: str, account: Account, booking: Choice | None = None, grace: int = 0
) -> None:
    """Resolves the plan of a meeting, and keeps a machine for it."""
    settings = MeetingSettings(account, booking=booking, grace=grace)
    meetings[meeting_id] = Meeting(settings.resolve().plan)
    due[meeting_id] = NOTHING_DUE


def on_event(meeting_id: str, event: Event, now: int) -> None:
    """Handles an event of the signalling server; timers that are due by now come first."""
    on_time(meeting_id, now)
    handle(meeting_id, event, now)


def on_time(meeting_id: str, now: int) -> None:
    """Reports the timers that are due. A server calls it at the moment that next_due names."""
    while (first := next_due(due[meeting_id])) and first[0] <= now:
        moment, timer = first
        handle(meeting_id, TimeUp(timer, meetings[meeting_id].timers[timer].set), moment)


def handle(meeting_id: str, event: Event, now: int) -> None:
    """Handles an event, and prints its outcome."""
    outcome = meetings[meeting_id].handle(event)
    due[meeting_id] = due_after(due[meeting_id], event, outcome, now)
    if outcome.refused:
        print(f"{event.trigger:7} refused: {outcome.refused} {outcome.rules}")
        return
    print(f"{event.trigger:7} {outcome.before} -> {outcome.state} {outcome.rules}")
    for change in outcome.timers:
        print(f"        timer, {meeting_id}: {change}")
    for command in outcome.recorder:
        send_to_recorder(meeting_id, command)


def send_to_recorder(meeting_id: str, command: Command) -> None:
    """Prints a command, in place of the call to a real recorder."""
    print(f"        recorder, {meeting_id}: {command}")


if __name__ == "__main__":
    locked = AutoRecord(enabled=True, locked=True, kind="cloud", host_may_pause=False)
    account = Account("enterprise", auto_record=locked)
    open_meeting("m-1", account, booking=Choice(False))
    on_event("m-1", Join("bob", "member", "ios", "3.20"), now=0)
    on_event("m-1", Join("alice", "host", "windows", "3.20"), now=1_000)
    on_event("m-1", Pause("alice"), now=2_000)
    on_event("m-1", Leave("alice"), now=3_000)
    on_event("m-1", End(), now=4_000)

    # With a grace, the recording outlives a broken connection, but nobody waits for ever.
    open_meeting("m-2", account, grace=10)
    on_event("m-2", Join("alice-1", "host", "windows", "3.20"), now=0)
    on_event("m-2", Leave("alice-1"), now=60_000)
    on_event("m-2", Join("alice-2", "host", "windows", "3.20"), now=63_000)
    on_event("m-2", Leave("alice-2"), now=90_000)
    on_time("m-2", now=100_000)
