"""The tables of the journal, the migrations of older files, and the releases that can read it."""

from __future__ import annotations

from typing import Final

APPLICATION_ID: Final = 0x66736D31
"""The application id in the header of every journal file: "fsm1"."""

OLDEST_READER: Final = "0.1.0"
"""The oldest release that can read what this one writes.

Each journal that is written to names it, so that an older release refuses the file instead of
failing at the first name it does not know. A new name in a vocabulary raises it to the release that
brings the name.
"""

FIRST_SCHEMA: Final = 2
"""The oldest version of the schema that can be read. Version 1 had other tables and columns."""

SCHEMA_WITH_RULES: Final = 4
"""The first version of the schema whose answers are complete, and name their rules."""

MIGRATIONS: Final = (
    """
    CREATE TABLE meetings (
        key       INTEGER PRIMARY KEY,      -- stands for the id in the other tables
        id        TEXT    NOT NULL UNIQUE,
        opened_at INTEGER NOT NULL,         -- times are milliseconds since 1970, UTC
        settings  TEXT    NOT NULL,         -- account, user's setting, booking, type
        plan      TEXT    NOT NULL,         -- frozen when the meeting opened (D8)
        closed_at INTEGER                   -- over, and nothing left to do for its recorder
    ) STRICT;
    CREATE INDEX open_meetings ON meetings (key) WHERE closed_at IS NULL;
    CREATE INDEX closed_meetings ON meetings (closed_at) WHERE closed_at IS NOT NULL;
    CREATE TABLE events (
        meeting INTEGER NOT NULL,
        seq     INTEGER NOT NULL,           -- counts from 1 in each meeting
        id      TEXT,                       -- the sender's own, if there is one
        at      INTEGER NOT NULL,
        event   TEXT    NOT NULL,
        answer  TEXT    NOT NULL,
        PRIMARY KEY (meeting, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE outbox (                   -- messages to the recorder
        meeting   INTEGER NOT NULL,
        sequence  INTEGER NOT NULL,         -- counts from 1 in each meeting
        recording INTEGER NOT NULL,
        expected_sequence INTEGER NOT NULL,
        command   TEXT    NOT NULL,
        result    TEXT CHECK (result IN ('delivered', 'cancelled')),  -- NULL while pending
        PRIMARY KEY (meeting, sequence)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX pending_messages ON outbox (meeting) WHERE result IS NULL;
    CREATE TABLE accounts (
        id      TEXT PRIMARY KEY,
        account TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE changes (                  -- requested changes of consoles, refused ones too
        account TEXT    NOT NULL,
        seq     INTEGER NOT NULL,
        at      INTEGER NOT NULL,
        change  TEXT    NOT NULL,
        answer  TEXT    NOT NULL,
        PRIMARY KEY (account, seq)
    ) STRICT, WITHOUT ROWID;
    """,
    # Rows in the order in which they were written: those of one commit share a few pages. Sorted by
    # meeting, each row of a commit was on a page of its own, which went to the disk as a whole.
    """
    CREATE TABLE new_events (
        meeting INTEGER NOT NULL,
        seq     INTEGER NOT NULL,
        id      TEXT,
        at      INTEGER NOT NULL,
        event   TEXT    NOT NULL,
        answer  TEXT    NOT NULL,
        UNIQUE (meeting, seq)
    ) STRICT;
    INSERT INTO new_events SELECT * FROM events ORDER BY meeting, seq;
    DROP TABLE events;
    ALTER TABLE new_events RENAME TO events;
    CREATE TABLE new_outbox (
        meeting   INTEGER NOT NULL,
        sequence  INTEGER NOT NULL,
        recording INTEGER NOT NULL,
        expected_sequence INTEGER NOT NULL,
        command   TEXT    NOT NULL,
        result    TEXT CHECK (result IN ('delivered', 'cancelled')),
        UNIQUE (meeting, sequence)
    ) STRICT;
    INSERT INTO new_outbox SELECT * FROM outbox ORDER BY meeting, sequence;
    DROP TABLE outbox;
    ALTER TABLE new_outbox RENAME TO outbox;
    CREATE INDEX pending_messages ON outbox (meeting) WHERE result IS NULL;
    ALTER TABLE meetings ADD account TEXT;  -- its id, if the meeting was opened with one
    """,
    # Answers name all that they changed, and under which rules they were given. Checksums find
    # changed bits. `complete_answers` in conversion.py fills the new columns of older rows.
    """
    CREATE TABLE rules (
        key         INTEGER PRIMARY KEY,
        release     TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        checksum    INTEGER NOT NULL,
        UNIQUE (release, fingerprint)
    ) STRICT;
    CREATE TABLE properties (               -- oldest_reader: the oldest release that can read this
                                            -- recorder: the name of the recorder, if there is one
        name  TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    ALTER TABLE meetings ADD rules INTEGER; -- the key of those it was opened under, if recorded
    ALTER TABLE meetings ADD checksum INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE events ADD present TEXT;    -- the change of the participants, if there was one
    ALTER TABLE events ADD rules INTEGER;   -- the key of those it was answered under, if recorded
    ALTER TABLE events ADD checksum INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE outbox ADD checksum INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE accounts ADD checksum INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE changes ADD checksum INTEGER NOT NULL DEFAULT 0;
    """,
)
"""One script for each version of the schema, from :data:`FIRST_SCHEMA` on.

A script that was released is never edited: files with its tables exist.
"""

MOVED_TO: Final = "moved_to"
"""The property with the address of the cluster to which the meetings were moved, or are on their
way. No service answers for them from this file."""

MOVED_FROM: Final = "moved_from"
"""The property with the address of the cluster from which the meetings are on their way."""

MOVE_NAME: Final = "move_name"
"""The property with the name by which a cluster knows the file."""

STARTS: Final = "starts"
"""The property with the number of starts in a row of services that ended before the timers that had
begun anew were over."""

COLUMNS: Final = 9
"""The number of values in a row of the view: the row's type, and up to eight values of it."""

WRITE_VIEW: Final = """
    CREATE TEMP VIEW write_view AS
        SELECT 0 AS type, 0 AS a, 0 AS b, 0 AS c, 0 AS d, 0 AS e, 0 AS f, 0 AS g, 0 AS h;

    CREATE TEMP TRIGGER write_meeting INSTEAD OF INSERT ON write_view WHEN NEW.type = 'meeting'
    BEGIN
        INSERT INTO meetings (key, id, opened_at, settings, plan, account, checksum, rules)
        VALUES (NEW.a, NEW.b, NEW.c, NEW.d, NEW.e, NEW.f,
            (NEW.g | {meeting_rules}) - (NEW.g & {meeting_rules}), {rules});
    END;
    CREATE TEMP TRIGGER find_meeting INSTEAD OF INSERT ON write_view WHEN NEW.type = 'opened again'
    BEGIN
        SELECT RAISE(ABORT, 'the meeting was pruned')
        WHERE NOT EXISTS (SELECT 1 FROM meetings WHERE key = NEW.a);
    END;
    CREATE TEMP TRIGGER write_event INSTEAD OF INSERT ON write_view WHEN NEW.type = 'event'
    BEGIN
        -- A meeting may have been pruned since it was loaded. If it is over, its event goes with
        -- it; if nobody had joined it, the event is refused with the whole commit.
        INSERT INTO events (meeting, seq, id, at, event, answer, present, checksum, rules)
        SELECT NEW.a, NEW.b, NEW.c, NEW.d, NEW.e, NEW.f, NEW.g,
            (NEW.h | {event_rules}) - (NEW.h & {event_rules}), {rules}
        WHERE CASE
            WHEN EXISTS (SELECT 1 FROM meetings WHERE key = NEW.a) THEN TRUE
            WHEN NEW.f GLOB '*"refused":"meeting_ended"*' THEN FALSE
            ELSE RAISE(ABORT, 'the meeting of an event was pruned')
        END;
    END;
    CREATE TEMP TRIGGER write_message INSTEAD OF INSERT ON write_view WHEN NEW.type = 'message'
    BEGIN
        INSERT INTO outbox (meeting, sequence, recording, expected_sequence, command, checksum)
        SELECT NEW.a, NEW.b, NEW.c, NEW.d, NEW.e, NEW.f
        WHERE CASE
            WHEN EXISTS (SELECT 1 FROM meetings WHERE key = NEW.a) THEN TRUE
            ELSE RAISE(ABORT, 'the meeting of a message was pruned')
        END;
    END;
    CREATE TEMP TRIGGER write_result INSTEAD OF INSERT ON write_view WHEN NEW.type = 'result'
    BEGIN
        UPDATE outbox SET result = NEW.c, checksum = (checksum | NEW.d) - (checksum & NEW.d)
        WHERE meeting = NEW.a AND sequence = NEW.b AND result IS NULL;
    END;
    CREATE TEMP TRIGGER write_closed INSTEAD OF INSERT ON write_view WHEN NEW.type = 'closed'
    BEGIN
        UPDATE meetings SET closed_at = NEW.b, checksum = (checksum | NEW.c) - (checksum & NEW.c)
        WHERE key = NEW.a AND closed_at IS NULL;
    END;
    CREATE TEMP TRIGGER write_account INSTEAD OF INSERT ON write_view WHEN NEW.type = 'account'
    BEGIN
        INSERT INTO accounts (id, account, checksum) VALUES (NEW.a, NEW.b, NEW.c)
        ON CONFLICT DO UPDATE SET account = excluded.account, checksum = excluded.checksum;
    END;
    CREATE TEMP TRIGGER write_change INSTEAD OF INSERT ON write_view WHEN NEW.type = 'change'
    BEGIN
        INSERT INTO changes (account, seq, at, change, answer, checksum)
        VALUES (NEW.a, NEW.b, NEW.c, NEW.d, NEW.e, NEW.f);
    END;
"""
"""A temporary view that takes rows of every table; its triggers sort them into the tables.

``{rules}`` is the key of the rules of this program, and ``{meeting_rules}`` and ``{event_rules}``
are its checksum in rows of these tables. SQLite has no exclusive or: ``(a | b) - (a & b)`` is one.

So a commit is one statement, whatever is in it. A thread releases the GIL during each
statement, and may wait for milliseconds to get it back while the event loop is busy.
"""
