"""How fast a hub is that loses nothing, against what the disk and SQLite allow.

    python benchmarks/durable.py [--clients 64] [--events 25600] [--meetings 100000]

Two ratios, each measured in one run on one file system, in turns, and of the best rounds, since
what else a machine does only ever makes them slower:

* events a second through the hub, each answered only once it is on the disk, against bare
  inserts of the same rows in batches as large as there are clients, committed as durably;
* bringing live meetings back at a start, against only reading their rows.

No bound is asserted: a machine with a slow disk is not a fault.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import apsw

from fsm.recording import Account, AutoRecord, Choice, Event, Join, Leave, Pause, Resume
from fsm.runtime import Hub, HubLimits, Journal, codec, process
from fsm.runtime.batch import Batch

ACCOUNTS = (
    Account("pro"),
    Account("enterprise", auto_record=AutoRecord(enabled=True, locked=True)),
    Account("business", auto_record=AutoRecord(enabled=True, start_on_any_join=True)),
)


def story(number: int, length: int) -> list[Event]:
    """Return what happens in one meeting: people come, the host pauses, people go."""
    chance = random.Random(number)
    events: list[Event] = [Join(f"host-{number}", "host", "windows", "3.20")]
    while len(events) < length:
        who = f"guest-{number}-{len(events)}"
        what = chance.random()
        if what < 0.1:
            events += [Pause(f"host-{number}"), Resume(f"host-{number}")]
        elif what < 0.5:
            events += [Join(who, "member", "ios", "3.20"), Leave(who)]
        else:
            events.append(Join(who, "member", "web"))
    return events[:length]


async def through_the_hub(file: Path, clients: int, each: int) -> tuple[float, list[float]]:
    """Return the seconds that the events took, and the time of each answer."""
    took: list[float] = []
    async with Hub(file) as hub:
        for number in range(clients):
            await hub.open(f"m-{number}", ACCOUNTS[number % len(ACCOUNTS)], user=Choice(True))

        stories = [story(number, each) for number in range(clients)]

        async def client(number: int) -> None:
            for position, event in enumerate(stories[number]):
                began = time.perf_counter()
                await hub.dispatch(f"m-{number}", event, f"{number}-{position}")
                took.append(time.perf_counter() - began)

        began = time.perf_counter()
        await asyncio.gather(*map(client, range(clients)))
        return time.perf_counter() - began, took


INSERTS = {
    "events": "INSERT INTO events (meeting, seq, id, at, event, answer) VALUES (?, ?, ?, ?, ?, ?)",
    "outbox": "INSERT INTO outbox (meeting, sequence, recording, since, command, result) "
    "VALUES (?, ?, ?, ?, ?, ?)",
}
Rows = list[tuple[str, tuple[Any, ...]]]


def rows_of(file: Path) -> Rows:
    """Return the rows of events and orders in a journal, the meetings taking turns."""
    db = apsw.Connection(str(file), apsw.SQLITE_OPEN_READONLY)
    rows: Rows = [
        ("events", row)
        for row in db.execute(
            "SELECT meeting, seq, id, at, event, answer FROM events ORDER BY seq, meeting"
        )
    ]
    messages = db.execute(
        "SELECT meeting, number, recording, since, command, result FROM outbox "
        "ORDER BY sequence, meeting"
    )
    rows += [("outbox", row) for row in messages]
    db.close()
    # Orders stand among the events, as they did when they were written.
    return [row for _, row in sorted(enumerate(rows), key=lambda each: (each[1][1][1], each[0]))]


def bare(file: Path, rows: Rows, size: int) -> float:
    """Return the seconds that inserting the rows takes, so many events in one commit."""
    with Journal(file):
        pass  # for its tables
    db = apsw.Connection(str(file))
    db.execute("PRAGMA synchronous = FULL")
    # The hub does so after as many rows, which have about a page each.
    db.wal_autocheckpoint(Journal.checkpoint_after)
    commits = sum(1 for table, _ in rows if table == "events") / size
    at_once = math.ceil(len(rows) / commits)
    began = time.perf_counter()
    for first in range(0, len(rows), at_once):
        db.execute("BEGIN IMMEDIATE")
        some = rows[first : first + at_once]
        for table, insert in INSERTS.items():
            db.executemany(insert, [row for each, row in some if each == table])
        db.execute("COMMIT")
    took = time.perf_counter() - began
    db.close()
    return took


def throughput(folder: Path, clients: int, events: int, rounds: int) -> None:
    """Measure both in turns, and print the ratio."""
    hub, plain, answers = [], [], []
    for number in range(rounds):
        file = folder / f"hub-{number}.db"
        seconds, took = process.run(through_the_hub(file, clients, events // clients))
        hub.append(seconds)
        plain.append(bare(folder / f"bare-{number}.db", rows_of(file), clients))
        answers += took
        print(
            f"  round {number + 1} of {rounds}: {len(took) / seconds:,.0f} events/s, "
            f"{plain[-1] / seconds:.0%}"
        )
    answers.sort()
    ratios = [one / other for one, other in zip(plain, hub, strict=True)]
    print(
        f"{clients} clients: {min(plain) / min(hub):.0%} of bare inserts in batches of {clients} "
        f"({events // clients * clients / min(hub):,.0f} events/s; the best round of each; "
        f"{statistics.median(ratios):.0%} in the median round); half of the answers within "
        f"{1000 * answers[len(answers) // 2]:.1f} ms, 99 % within "
        f"{1000 * answers[int(len(answers) * 0.99)]:.1f} ms"
    )


def recovery(folder: Path, meetings: int, each: int, rounds: int) -> None:
    """Measure a start with many live meetings against reading their rows."""
    file = folder / "recovery.db"
    fill(file, meetings, each)
    reading, starting = [], []
    for number in range(rounds):
        seconds, count = read(file)
        reading.append(seconds)
        starting.append(process.run(start(file, meetings)))
        print(f"  round {number + 1} of {rounds}: {starting[-1]:.1f} s")
    print(
        f"{meetings:,} live meetings ({count:,} rows) are back after {min(starting):.1f} s; "
        f"reading their rows takes {min(reading):.1f} s: {min(reading) / min(starting):.0%} of "
        "that speed"
    )


def read(file: Path) -> tuple[float, int]:
    """Return the seconds that reading every row takes, and how many there are."""
    db = apsw.Connection(str(file), apsw.SQLITE_OPEN_READONLY)
    began = time.perf_counter()
    count = 0
    for table in ("meetings", "events", "outbox"):
        for _ in db.execute(f"SELECT * FROM {table}"):
            count += 1
    took = time.perf_counter() - began
    db.close()
    return took, count


async def start(file: Path, meetings: int) -> float:
    """Return the seconds until a hub has every meeting back."""
    began = time.perf_counter()
    async with Hub(file, limits=HubLimits(meetings=meetings)) as hub:
        took = time.perf_counter() - began
        assert hub.health.meetings == meetings
    return took


def fill(file: Path, meetings: int, each: int) -> None:
    """Write a journal with live meetings in which something happened."""
    from fsm.recording import Meeting
    from fsm.recording.settings import MeetingSettings
    from fsm.runtime.live import LiveMeeting

    with Journal(file) as journal:
        for first in range(1, meetings + 1, 1000):
            batch = Batch()
            for number in range(first, min(first + 1000, meetings + 1)):
                opening = MeetingSettings(ACCOUNTS[number % len(ACCOUNTS)], Choice(True))
                meeting = Meeting(opening.resolve().plan)
                live = LiveMeeting(f"m-{number}", number, 0, opening, meeting, by_id={})
                batch.open_meeting(live)
                for position, event in enumerate(story(number, each)):
                    entry, messages = live.take(event, f"{number}-{position}", position)
                    batch.add_entry(live, entry, codec.dump_event(event))
                    for message in messages:
                        batch.add_message(live, message)
                        batch.mark_delivered(live, message)
            journal.commit(batch)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--events", type=int, default=25_600)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--meetings", type=int, default=100_000)
    parser.add_argument("--each", type=int, default=8, help="events a meeting, for the recovery")
    parser.add_argument("--folder", type=Path, help="on the disk to measure (the current one)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder or Path.cwd()) as name:
        throughput(Path(name), given.clients, given.events, given.rounds)
        recovery(Path(name), given.meetings, given.each, math.ceil(given.rounds / 3))


if __name__ == "__main__":
    main()
