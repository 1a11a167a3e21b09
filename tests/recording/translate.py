"""Translation between generated plain data and the classes of the rules."""

from fsm.recording import (
    Account,
    AutoRecord,
    ChangeRole,
    Choice,
    End,
    Join,
    Leave,
    Meeting,
    Pause,
    RecorderFailed,
    Resume,
    Start,
    Stop,
    resolve,
)

EVENTS = {
    "join": Join,
    "leave": Leave,
    "role": ChangeRole,
    "end": End,
    "recorder_failed": RecorderFailed,
    "start": Start,
    "pause": Pause,
    "resume": Resume,
    "stop": Stop,
}


def to_account(plain):
    rest = {**plain}
    edition, cloud, local = (
        rest.pop(key) for key in ("edition", "cloud_recording", "local_recording")
    )
    return Account(edition, cloud, local, AutoRecord(**rest))


def to_choice(plain):
    return None if plain is None else Choice(**plain)


def to_event(name, plain):
    return EVENTS[name](**plain)


def open_meeting(account, user, booking, meeting_type):
    plan = resolve(to_account(account), to_choice(user), to_choice(booking), meeting_type).plan
    return Meeting(plan)
