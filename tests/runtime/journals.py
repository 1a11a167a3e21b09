"""Meetings in memory and in a journal, without a hub."""

import attrs

from fsm.recording import Choice, Meeting
from fsm.recording.plan import MeetingSettings
from fsm.runtime import answers, codec
from fsm.runtime.batch import Batch
from fsm.runtime.live import LiveMeeting

from .hubs import PRO

SETTINGS = MeetingSettings(PRO, Choice(True))


def live_meeting(number=1, id_=None):
    meeting = Meeting(SETTINGS.resolve().plan)
    return LiveMeeting(id_ or f"m-{number}", number, 1000, SETTINGS, meeting, by_id={})


def write(journal, live, *events, ids=True, delivered=(), at=None):
    """Writes a meeting with its events, as a hub does, at a time or in steps of a millisecond."""
    batch = Batch()
    if live.seq == 0:
        batch.open_meeting(live)
    for position, event in enumerate(events, 1):
        id_ = f"e-{live.seq + 1}" if ids else None
        entry, messages = live.handle(event, id_, 1000 + position if at is None else at, 0)
        batch.add_entry(live, entry, codec.dump_event(entry.event))
        for message in messages:
            batch.add_message(live, message)
    for message in live.pending:
        if message.sequence in delivered:
            batch.mark_delivered(live, message)
            live.acknowledged = True
    live.pending = tuple(each for each in live.pending if each.sequence not in delivered)
    journal.commit(batch)


def seal(db):
    """Gives all rows the checksums of their values, as if they had been written like that."""
    checksums = {}
    for row in db.execute(
        "SELECT meeting, seq, id, at, event, answer, rules, present, rowid FROM events ORDER BY seq"
    ):
        *values, presence, rowid = row
        before = checksums.get(row[0], 0)
        if presence is not None:
            before = answers.presence_checksum(presence, before)
        checksums[row[0]] = before
        checksum = answers.entry_checksum(answers.state_checksum(before, values[-2]), *values)
        db.execute("UPDATE events SET checksum = ? WHERE rowid = ?", (checksum, rowid))
    columns = "key, id, opened_at, settings, plan, account, rules, closed_at"
    for row in list(db.execute(f"SELECT {columns} FROM meetings")):
        checksum = answers.meeting_checksum(*row)
        db.execute("UPDATE meetings SET checksum = ? WHERE key = ?", (checksum, row[0]))
    columns = "meeting, sequence, recording, expected_sequence, command"
    for *row, result, rowid in list(db.execute(f"SELECT {columns}, result, rowid FROM outbox")):
        checksum = answers.message_checksum(*row, result=result)
        db.execute("UPDATE outbox SET checksum = ? WHERE rowid = ?", (checksum, rowid))
    for table, key, columns in (
        ("accounts", "id", "id, account"),
        ("rules", "key", "key, release, fingerprint"),
    ):
        for row in list(db.execute(f"SELECT {columns} FROM {table}")):
            checksum = answers.row_checksum(*row)
            db.execute(f"UPDATE {table} SET checksum = ? WHERE {key} = ?", (checksum, row[0]))


def assert_same(one, other):
    def parts(live):
        assert live.meeting is live.machine
        return attrs.asdict(live, recurse=False, filter=lambda a, _: a.name not in ("by_id",))

    assert parts(one) == parts(other)
