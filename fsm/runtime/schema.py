"""The tables of the journal, and how older files are brought up to date."""

from __future__ import annotations

from typing import Final

APPLICATION_ID: Final = 0x66736D31
"""The mark in the head of every journal file: "fsm1"."""

MIGRATIONS: Final = (
    """
    CREATE TABLE meetings (
        number    INTEGER PRIMARY KEY,      -- stands for the id in the other tables
        id        TEXT    NOT NULL UNIQUE,
        opened_at INTEGER NOT NULL,         -- times are milliseconds since 1970, UTC
        opening   TEXT    NOT NULL,         -- account, user's setting, booking, type
        plan      TEXT    NOT NULL,         -- frozen when the meeting opened (D8)
        closed_at INTEGER                   -- over, and the recorder told everything
    ) STRICT;
    CREATE INDEX open_meetings ON meetings (number) WHERE closed_at IS NULL;
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
    CREATE TABLE orders (                   -- the outbox
        meeting   INTEGER NOT NULL,
        number    INTEGER NOT NULL,         -- counts from 1 in each meeting
        recording INTEGER NOT NULL,
        since     INTEGER NOT NULL,
        command   TEXT    NOT NULL,
        result    TEXT CHECK (result IN ('done', 'void')),
        PRIMARY KEY (meeting, number)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX pending_orders ON orders (meeting) WHERE result IS NULL;
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
