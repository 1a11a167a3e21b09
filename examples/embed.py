"""A meeting server's handler: one machine per meeting, commands sent to a recorder.

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
    Pause,
    resolve,
)  # fmt: skip

meetings: dict[str, Meeting] = {}


def open_meeting(meeting_id: str, account: Account, booking: Choice | None = None) -> None:
    """Resolves the plan of a meeting, and keeps a machine for it."""
    meetings[meeting_id] = Meeting(resolve(account, booking=booking).plan)


def on_event(meeting_id: str, event: Event) -> None:
    """Handles an event of the signalling server."""
    outcome = meetings[meeting_id].handle(event)
    if outcome.refused:
        print(f"{event.trigger:6} refused: {outcome.refused} {outcome.rules}")
        return
    print(f"{event.trigger:6} {outcome.before} -> {outcome.state} {outcome.rules}")
    for command in outcome.recorder:
        send_to_recorder(meeting_id, command)


def send_to_recorder(meeting_id: str, command: Command) -> None:
    """Prints a command, in place of the call to a real recorder."""
    print(f"       recorder, {meeting_id}: {command}")


if __name__ == "__main__":
    locked = AutoRecord(enabled=True, locked=True, kind="cloud", host_may_pause=False)
    open_meeting("m-1", Account("enterprise", auto_record=locked), booking=Choice(False))
    on_event("m-1", Join("bob", "member", "ios", "3.20"))
    on_event("m-1", Join("alice", "host", "windows", "3.20"))
    on_event("m-1", Pause("alice"))
    on_event("m-1", Leave("alice"))
    on_event("m-1", End())
