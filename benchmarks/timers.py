"""The costs of timers: setting and cancelling, memory, the start of a hub, meetings without any.

    python benchmarks/timers.py [--meetings 100000] [--settings 1000000] [--rounds 5]
                                [--against CHECKOUT]

The start of a hub with a timer pending in every meeting is compared with a start with the same
meetings and none. Meetings without timers are compared with those of another checkout, each
checkout in a process of its own, in turns; the median ratio counts.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def seconds_of_setting(pending: int, settings: int) -> tuple[float, int, int]:
    """Sets and cancels the alarms of a thousand meetings many times while others are pending.

    Returns:
        The seconds of one setting with its cancellation, the KiB by which the process has grown,
        and the entries that the event loop keeps.
    """
    from fsm.runtime.alarms import Alarms

    async def run() -> tuple[float, int, int]:
        loop: Any = asyncio.get_running_loop()
        alarms = Alarms(lambda meeting: None)
        due = int(loop.time() * 1000) + 86_400_000
        for number in range(pending):
            alarms.set(f"pending-{number}", {"empty": due + number})
        meetings = [f"m-{number}" for number in range(1000)]
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.process_time()
        for number in range(settings):
            meeting = meetings[number % len(meetings)]
            alarms.set(meeting, {"empty": due + number})
            alarms.set(meeting, {})
            if number % 1000 == 0:
                await asyncio.sleep(0)
        took = time.process_time() - began
        await asyncio.sleep(0)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        kept = len(loop._scheduled)
        alarms.close()
        return took / settings, grown, kept

    return asyncio.run(run())


def write_journal(file: Path, meetings: int, end_when_empty: int | None) -> None:
    """Writes a journal of meetings that everybody has left."""
    from fsm.recording import Account, Choice, Join, Leave, Meeting, MeetingSettings
    from fsm.runtime import Journal, codec
    from fsm.runtime.batch import Batch
    from fsm.runtime.live import LiveMeeting

    settings = MeetingSettings(Account("pro"), Choice(True), end_when_empty=end_when_empty)
    plan = settings.resolve().plan
    events = Join("alice", "host", "windows"), Leave("alice")
    at = time.time_ns() // 1_000_000
    with Journal(file) as journal:
        for first in range(0, meetings, 1000):
            batch = Batch()
            for key in range(first + 1, min(first + 1000, meetings) + 1):
                live = LiveMeeting(f"m-{key}", key, at, settings, Meeting(plan), by_id={})
                batch.open_meeting(live)
                for event in events:
                    entry, messages = live.handle(event, None, at, at)
                    batch.add_entry(live, entry, codec.dump_event(event))
                    for message in messages:
                        batch.add_message(live, message)
                        batch.mark_delivered(live, message)
            journal.commit(batch)


def seconds_of_start(file: Path, timers: int) -> float:
    """Returns the seconds in which a hub opens, and checks the number of its timers."""
    from fsm.runtime import Hub, HubLimits, process

    async def run() -> float:
        hub = Hub(file, limits=HubLimits(meetings=1_000_000), reconcile_every=None)
        began = time.process_time()
        async with hub:
            took = time.process_time() - began
            assert hub.health.timers == timers
        return took

    return process.run(run())


def seconds_of_events(rounds: int) -> float:
    """Returns the seconds of one event of a meeting without timers."""
    from fsm.recording import (
        Account,
        Choice,
        Event,
        Join,
        Leave,
        Meeting,
        MeetingSettings,
        Pause,
        Resume,
    )  # fmt: skip

    plan = MeetingSettings(Account("pro"), Choice(True)).resolve().plan
    events: list[Event] = [
        Join("alice", "host", "windows"), Join("bob", "member", "web"), Pause("alice"),
        Resume("alice"), Leave("bob"), Leave("alice"),
    ]  # fmt: skip
    best = 1.0
    for _ in range(5):
        began = time.process_time()
        for _ in range(rounds):
            meeting = Meeting(plan)
            for event in events:
                meeting.handle(event)
        best = min(best, (time.process_time() - began) / (rounds * len(events)))
    return best


def in_checkout(checkout: Path, *arguments: str) -> list[float]:
    """Runs this program with the packages of a checkout, and returns the numbers it prints."""
    environment = {**os.environ, "PYTHONPATH": str(checkout.resolve())}
    command = [sys.executable, __file__, *arguments]
    printed = subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True
    ).stdout
    return [float(each) for each in printed.split()]


def compare_starts(meetings: int, rounds: int) -> None:
    """Measures starts with and without timers, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        files = {timers: Path(folder) / f"{timers}.db" for timers in (0, meetings)}
        for timers, file in files.items():
            write_journal(file, meetings, 600_000 if timers else None)
        taken: dict[int, list[float]] = {timers: [] for timers in files}
        for _ in range(rounds):
            for timers, file in files.items():
                taken[timers] += in_checkout(ROOT, "--start", str(file), str(timers))
    ratios = [timed / plain for plain, timed in zip(*taken.values(), strict=True)]
    plain, timed = (statistics.median(each) for each in taken.values())
    print(f"start with {meetings:,} meetings: {plain:.2f} s without timers, {timed:.2f} s with one")
    print(f"pending in each; ratio {statistics.median(ratios):.2f} (wanted at most 1.2)")


def compare_events(other: Path, rounds: int) -> None:
    """Measures meetings without timers in two checkouts, in turns."""
    pairs = [
        [in_checkout(checkout, "--events", "20000")[0] for checkout in (other, ROOT)]
        for _ in range(rounds)
    ]
    before, now = (statistics.median(each) * 1e6 for each in zip(*pairs, strict=True))
    ratio = statistics.median(now / before for before, now in pairs)
    print(f"an event without timers: {before:.2f} us in {other}, {now:.2f} us here;")
    print(f"ratio {ratio:.2f} (wanted at most 1)")


def main() -> None:
    """Runs the benchmark."""
    parser = argparse.ArgumentParser(description="The costs of timers.")
    parser.add_argument("--meetings", type=int, default=100_000)
    parser.add_argument("--settings", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--against", type=Path, metavar="CHECKOUT")
    parser.add_argument("--start", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--events", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--set", nargs=2, type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.start:
        print(seconds_of_start(Path(options.start[0]), int(options.start[1])))
    elif options.events:
        print(seconds_of_events(options.events))
    elif options.set:
        print(*seconds_of_setting(*options.set))
    else:
        for pending in (10, options.meetings):
            taken, grown, kept = in_checkout(ROOT, "--set", str(pending), str(options.settings))
            print(f"setting and cancelling with {pending:,} pending: {taken * 1e6:.2f} us;")
            print(f"after {options.settings:,}: {grown:,.0f} KiB more, {kept:,.0f} in the loop")
        compare_starts(options.meetings, options.rounds)
        if options.against:
            compare_events(options.against, options.rounds)


if __name__ == "__main__":
    main()
