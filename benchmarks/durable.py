"""Throughput and start of a durable hub, compared with bare SQLite on the same disk.

    python benchmarks/durable.py [--clients 64] [--events 25600] [--meetings 100000]

Two ratios, each measured in turns in one run, and taken from the best rounds, since other work of
the machine only ever slows them down:

* events a second through the hub, each answered only once it is on the disk, compared with bare
  inserts of the same rows, with one commit for as many events as there are clients;
* loading open meetings at a start, compared with only reading their rows.

No limit is asserted, since the figures depend on the disk.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import multiprocessing
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import apsw

from fsm.recording import Account, AutoRecord, Choice, Event, Join, Leave, Pause, Resume
from fsm.runtime import Hub, HubLimits, Journal, codec, process
from fsm.runtime.batch import Batch

T = TypeVar("T")

ACCOUNTS = (
    Account("pro"),
    Account("enterprise", auto_record=AutoRecord(enabled=True, locked=True)),
    Account("business", auto_record=AutoRecord(enabled=True, start_on_any_join=True)),
)


def events_of(number: int, length: int) -> list[Event]:
    """Returns the events of one meeting: participants join and leave, the host pauses."""
    rng = random.Random(number)
    events: list[Event] = [Join(f"host-{number}", "host", "windows", "3.20")]
    while len(events) < length:
        guest = f"guest-{number}-{len(events)}"
        draw = rng.random()
        if draw < 0.1:
            events += [Pause(f"host-{number}"), Resume(f"host-{number}")]
        elif draw < 0.5:
            events += [Join(guest, "member", "ios", "3.20"), Leave(guest)]
        else:
            events.append(Join(guest, "member", "web"))
    return events[:length]


async def send_through_hub(file: Path, clients: int, length: int) -> tuple[float, list[float]]:
    """Returns the seconds for all events, and the seconds until each answer."""
    answered_in: list[float] = []
    async with Hub(file) as hub:
        for number in range(clients):
            await hub.open(f"m-{number}", ACCOUNTS[number % len(ACCOUNTS)], user=Choice(True))

        events = [events_of(number, length) for number in range(clients)]

        async def client(number: int) -> None:
            for position, event in enumerate(events[number]):
                began = time.perf_counter()
                await hub.dispatch(f"m-{number}", event, f"{number}-{position}")
                answered_in.append(time.perf_counter() - began)

        began = time.perf_counter()
        await asyncio.gather(*map(client, range(clients)))
        return time.perf_counter() - began, answered_in


INSERTS = {
    "events": "INSERT INTO events (meeting, seq, id, at, event, answer) VALUES (?, ?, ?, ?, ?, ?)",
    "outbox": "INSERT INTO outbox "
    "(meeting, sequence, recording, expected_sequence, command, result) "
    "VALUES (?, ?, ?, ?, ?, ?)",
}
Rows = list[tuple[str, tuple[Any, ...]]]


def rows_of(file: Path) -> Rows:
    """Returns the rows of events and messages in a journal, of all meetings in turns."""
    db = apsw.Connection(str(file), apsw.SQLITE_OPEN_READONLY)
    rows: Rows = [
        ("events", row)
        for row in db.execute(
            "SELECT meeting, seq, id, at, event, answer FROM events ORDER BY seq, meeting"
        )
    ]
    messages = db.execute(
        "SELECT meeting, sequence, recording, expected_sequence, command, result FROM outbox "
        "ORDER BY sequence, meeting"
    )
    rows += [("outbox", row) for row in messages]
    db.close()
    # Messages stand among the events, as in the commits of the hub.
    return [row for _, row in sorted(enumerate(rows), key=lambda item: (item[1][1][1], item[0]))]


def insert_bare(file: Path, rows: Rows, size: int) -> float:
    """Returns the seconds for inserting the rows, with ``size`` events in each commit."""
    with Journal(file):
        pass  # creates the tables
    db = apsw.Connection(str(file))
    db.execute("PRAGMA synchronous = FULL")
    # Checkpoints are about as frequent as those of the hub.
    db.wal_autocheckpoint(Journal.checkpoint_after)
    commits = sum(1 for table, _ in rows if table == "events") / size
    rows_per_commit = math.ceil(len(rows) / commits)
    began = time.perf_counter()
    for first in range(0, len(rows), rows_per_commit):
        db.execute("BEGIN IMMEDIATE")
        group = rows[first : first + rows_per_commit]
        for table, insert in INSERTS.items():
            db.executemany(insert, [row for name, row in group if name == table])
        db.execute("COMMIT")
    seconds = time.perf_counter() - began
    db.close()
    return seconds


def throughput(folder: Path, clients: int, events: int, rounds: int) -> None:
    """Measures the hub and bare inserts in turns, and prints the ratio."""
    hub, plain, answers = [], [], []
    for number in range(rounds):
        file = folder / f"hub-{number}.db"
        seconds, answered_in = process.run(send_through_hub(file, clients, events // clients))
        hub.append(seconds)
        plain.append(insert_bare(folder / f"bare-{number}.db", rows_of(file), clients))
        answers += answered_in
        print(
            f"  round {number + 1} of {rounds}: {len(answered_in) / seconds:,.0f} events/s, "
            f"{plain[-1] / seconds:.0%}"
        )
    answers.sort()
    ratios = [bare / durable for bare, durable in zip(plain, hub, strict=True)]
    print(
        f"{clients} clients: {min(plain) / min(hub):.0%} of bare inserts in batches of {clients} "
        f"({events // clients * clients / min(hub):,.0f} events/s; the best round of each; "
        f"{statistics.median(ratios):.0%} in the median round); half of the answers within "
        f"{1000 * answers[len(answers) // 2]:.1f} ms, 99 % within "
        f"{1000 * answers[int(len(answers) * 0.99)]:.1f} ms"
    )


def start_up(folder: Path, meetings: int, length: int, rounds: int) -> None:
    """Measures a start with many open meetings, and reading their rows, in turns."""
    file = folder / "start.db"
    in_new_process(fill, file, meetings, length)
    reading, starting = [], []
    for number in range(rounds):
        seconds, count = in_new_process(read_rows, file)
        reading.append(seconds)
        starting.append(in_new_process(start_hub, file, meetings))
        print(f"  round {number + 1} of {rounds}: {starting[-1]:.1f} s")
    print(
        f"{meetings:,} open meetings ({count:,} rows) are loaded after {min(starting):.1f} s; "
        f"reading their rows takes {min(reading):.1f} s: {min(reading) / min(starting):.0%} of "
        "that speed"
    )


def in_new_process(call: Callable[..., T], *args: Any) -> T:
    """Calls a function in a new process, as a start is: objects of earlier work would slow it."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(call, *args).result()


def read_rows(file: Path) -> tuple[float, int]:
    """Returns the seconds for reading all rows, and the number of rows."""
    db = apsw.Connection(str(file), apsw.SQLITE_OPEN_READONLY)
    began = time.perf_counter()
    count = 0
    for table in ("meetings", "events", "outbox"):
        for _ in db.execute(f"SELECT * FROM {table}"):
            count += 1
    seconds = time.perf_counter() - began
    db.close()
    return seconds, count


def start_hub(file: Path, meetings: int) -> float:
    """Returns the seconds until a hub has loaded all meetings."""
    return process.run(open_hub(file, meetings))


async def open_hub(file: Path, meetings: int) -> float:
    began = time.perf_counter()
    async with Hub(file, limits=HubLimits(meetings=meetings)) as hub:
        seconds = time.perf_counter() - began
        assert hub.health.meetings == meetings
    return seconds


def fill(file: Path, meetings: int, length: int) -> None:
    """Writes a journal with open meetings that have some events."""
    from fsm.recording import Meeting
    from fsm.recording.plan import MeetingSettings
    from fsm.runtime.live import LiveMeeting

    with Journal(file) as journal:
        for first in range(1, meetings + 1, 1000):
            batch = Batch()
            for number in range(first, min(first + 1000, meetings + 1)):
                settings = MeetingSettings(ACCOUNTS[number % len(ACCOUNTS)], Choice(True))
                meeting = Meeting(settings.resolve().plan)
                live = LiveMeeting(f"m-{number}", number, 0, settings, meeting, by_id={})
                batch.open_meeting(live)
                for position, event in enumerate(events_of(number, length)):
                    entry, messages = live.handle(event, f"{number}-{position}", position, position)
                    batch.add_entry(live, entry, codec.dump_event(event))
                    for message in messages:
                        batch.add_message(live, message)
                        batch.mark_delivered(live, message)
            journal.commit(batch)


def main() -> None:
    """Measures, and prints the results."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--events", type=int, default=25_600)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--meetings", type=int, default=100_000)
    parser.add_argument("--each", type=int, default=8, help="events per meeting, for the start")
    parser.add_argument("--folder", type=Path, help="on the disk to measure (the current one)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.folder or Path.cwd()) as name:
        throughput(Path(name), args.clients, args.events, args.rounds)
        start_up(Path(name), args.meetings, args.each, math.ceil(args.rounds / 3))


if __name__ == "__main__":
    main()
