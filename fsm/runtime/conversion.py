"""The conversion of old journals, whose answers do not name all that they changed.

The answers are completed from the journal itself, and no event is decided again: an accepted join,
leave or change of role names its participant, an accepted end ends the meeting, and the commands
for the recorder tell which recording runs.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

import apsw

from fsm.runtime import answers, codec

_LOGGER = logging.getLogger(__name__)


def complete_answers(db: apsw.Connection, file: str) -> None:
    """Completes the rows of every table, within a transaction.

    Args:
        db: the connection.
        file: the name of the file in messages.
    """
    [(count,)] = db.execute("SELECT count(*) FROM events")
    if count:
        _LOGGER.warning("%s is being converted, once: %d events", file, count)
    rows = db.execute(
        "SELECT meeting, seq, id, at, event, answer, rowid FROM events ORDER BY meeting, seq"
    )
    db.executemany(
        "UPDATE events SET answer = ?, present = ?, checksum = ? WHERE rowid = ?",
        (row for _, group in groupby(rows, itemgetter(0)) for row in _completed(group)),
    )
    rows = db.execute(
        "SELECT key, id, opened_at, settings, plan, account, rules, closed_at FROM meetings"
    )
    db.executemany(
        "UPDATE meetings SET checksum = ? WHERE key = ?",
        ((answers.meeting_checksum(*row), row[0]) for row in rows),
    )
    rows = db.execute(
        "SELECT rowid, result, meeting, sequence, recording, expected_sequence, command FROM outbox"
    )
    db.executemany(
        "UPDATE outbox SET checksum = ? WHERE rowid = ?",
        ((answers.message_checksum(*row, result=result), id_) for id_, result, *row in rows),
    )
    rows = db.execute("SELECT id, account FROM accounts")
    db.executemany(
        "UPDATE accounts SET checksum = ? WHERE id = ?",
        ((answers.row_checksum(*row), row[0]) for row in rows),
    )
    rows = db.execute("SELECT account, seq, at, change, answer FROM changes")
    db.executemany(
        "UPDATE changes SET checksum = ? WHERE account = ? AND seq = ?",
        [(answers.row_checksum(*row), row[0], row[1]) for row in rows],
    )


def _completed(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[str, str | None, int, int]]:
    """Yields the new columns of each event of a meeting, and the id of its row."""
    present: dict[str, list[str]] = {}
    kind = client = None
    ended = False
    presence_checksum = 0
    for meeting, seq, id_, at, event, answer, rowid in rows:
        [(trigger, fields)] = json.loads(event).items()
        data = json.loads(answer)
        presence = None
        if data["refused"] is None:
            if trigger == "join":
                present[fields["id"]] = [fields["role"], fields["platform"]]
            elif trigger == "leave":
                present.pop(fields["id"], None)
            elif trigger == "role":
                present[fields["id"]] = [fields["role"], present[fields["id"]][1]]
            ended = ended or trigger == "end"
            if trigger in ("join", "leave", "role"):
                change = {fields["id"]: present.get(fields["id"])}
                presence = codec.dump(change)[1:-1]
                presence_checksum = answers.presence_checksum(presence, presence_checksum)
        for command in data["recorder"]:
            if command["command"] == "start":
                kind, client = command["kind"], command["client"]
            elif command["command"] == "stop":
                kind = client = None
        answer = answers.dump_answer_data(data, kind, client, ended)
        state = answers.state_checksum(presence_checksum, answer)
        row_checksum = answers.entry_checksum(state, meeting, seq, id_, at, event, answer)
        yield answer, presence, row_checksum, rowid
