"""The tables of the journal, and how older files are brought up to date."""

from __future__ import annotations

from typing import Final

APPLICATION_ID: Final = 0x66736D31
"""The mark in the head of every journal file: "fsm1"."""

MIGRATIONS: Final = (
    """
    CREATE TABLE meetings (
        key       INTEGER PRIMARY KEY,      -- stands for the id in the other tables
        id        TEXT    NOT NULL UNIQUE,
        opened_at INTEGER NOT NULL,         -- times are milliseconds since 1970, UTC
        opening   TEXT    NOT NULL,         -- account, user's setting, booking, type
        plan      TEXT    NOT NULL,         -- frozen when the meeting opened (D8)
        closed_at INTEGER                   -- over, and the recorder told everything
    ) STRICT;
    CREATE INDEX open_meetings ON meetings (key) WHERE closed_at IS NULL;
    CREATE INDEX closed_meetings ON meetings (closed_at) WHERE closed_at IS NOT NULL;
    CREATE TABLE events (
        meeting INTEGER NOT NULL,
        seq     INTEGER NOT NULL,           -- counts from 1 in each meeting
        id      TEXT,                       -- the sender's own, if it gave one
        at      INTEGER NOT NULL,
        event   TEXT    NOT NULL,
        answer  TEXT    NOT NULL,
        PRIMARY KEY (meeting, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE outbox (                   -- the outbox
        meeting   INTEGER NOT NULL,
        sequence  INTEGER NOT NULL,         -- counts from 1 in each meeting
        recording INTEGER NOT NULL,
        expected_sequence INTEGER NOT NULL,
        command   TEXT    NOT NULL,
        result    TEXT CHECK (result IN ('delivered', 'cancelled')),
        PRIMARY KEY (meeting, sequence)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX pending_orders ON outbox (meeting) WHERE result IS NULL;
    CREATE TABLE accounts (
        id      TEXT PRIMARY KEY,
        account TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE changes (                  -- of consoles, and who asked for them
        account TEXT    NOT NULL,
        seq     INTEGER NOT NULL,
        at      INTEGER NOT NULL,
        change  TEXT    NOT NULL,
        answer  TEXT    NOT NULL,
        PRIMARY KEY (account, seq)
    ) STRICT, WITHOUT ROWID;
    """,
)
"""One script for each version of the schema, which is their number; never edit an old one."""

COLUMNS: Final = 7
"""How many values a row of :data:`WRITING` has: what it is, and what belongs to it."""

WRITING: Final = """
    CREATE TEMP VIEW writing AS SELECT 0 AS what, 0 AS a, 0 AS b, 0 AS c, 0 AS d, 0 AS e, 0 AS f;

    CREATE TEMP TRIGGER write_opened INSTEAD OF INSERT ON writing WHEN NEW.what = 'meeting' BEGIN
        INSERT INTO meetings (key, id, opened_at, opening, plan)
        VALUES (NEW.a, NEW.b, NEW.c, NEW.d, NEW.e);
    END;
    CREATE TEMP TRIGGER write_event INSTEAD OF INSERT ON writing WHEN NEW.what = 'event' BEGIN
        INSERT INTO events (meeting, seq, id, at, event, answer)
        VALUES (NEW.a, NEW.b, NEW.c, NEW.d, NEW.e, NEW.f);
    END;
    CREATE TEMP TRIGGER write_message INSTEAD OF INSERT ON writing WHEN NEW.what = 'message' BEGIN
        INSERT INTO outbox (meeting, sequence, recording, expected_sequence, command)
        VALUES (NEW.a, NEW.b, NEW.c, NEW.d, NEW.e);
    END;
    CREATE TEMP TRIGGER write_result INSTEAD OF INSERT ON writing WHEN NEW.what = 'result' BEGIN
        UPDATE outbox SET result = NEW.c WHERE meeting = NEW.a AND sequence = NEW.b;
    END;
    CREATE TEMP TRIGGER write_closed INSTEAD OF INSERT ON writing WHEN NEW.what = 'closed' BEGIN
        UPDATE meetings SET closed_at = NEW.b WHERE key = NEW.a;
    END;
    CREATE TEMP TRIGGER write_account INSTEAD OF INSERT ON writing WHEN NEW.what = 'account' BEGIN
        INSERT INTO accounts VALUES (NEW.a, NEW.b)
        ON CONFLICT DO UPDATE SET account = excluded.account;
    END;
    CREATE TEMP TRIGGER write_change INSTEAD OF INSERT ON writing WHEN NEW.what = 'change' BEGIN
        INSERT INTO changes (account, seq, at, change, answer)
        VALUES (NEW.a, NEW.b, NEW.c, NEW.d, NEW.e);
    END;
"""
"""What a connection has besides: one view that takes whatever happens.

So a commit is one statement, whatever is in it. A thread gives up Python's lock in each
statement and must wait for it after each, for milliseconds where the loop is busy.
"""
