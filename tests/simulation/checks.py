"""What a journal must hold, compared to what its clients and the recorder were told."""

from __future__ import annotations

from collections import Counter

import attrs

from fsm.recording import Meeting, RecorderFailed, StartRecorder
from fsm.runtime import Journal, OutboxMessage, codec

FILE = "hub.db"


def opened(disk):
    """Open the journal on a disk; it is changed by that."""
    files = disk.mounted()
    journal = Journal(FILE, vfs=files.name, exclusive=True)
    journal.files = files
    return journal


def check_entry(world, disk, entry):
    """An entry that somebody has seen is there even if the power fails now."""
    with opened(disk.cut("none", world.rng)) as journal:
        found = journal.history(entry.meeting, entry.seq - 1, 1)
    if found != [entry]:
        world.wrong(f"answered before it was on the disk: {entry}, there is {found}")


def check_read(world, disk, snapshot):
    """What somebody has read is there even if the power fails now."""
    with opened(disk.cut("none", world.rng)) as journal:
        found = [each.events for each in journal.meetings() if each.id == snapshot.id]
    if not found or found[0] < snapshot.seq:
        world.wrong(f"read before it was on the disk: {snapshot}, there is {found}")


def check_order(world, disk, message):
    """An order that is sent is in the journal even if the power fails now."""
    with opened(disk.cut("none", world.rng)) as journal:
        held = {(each, o.sequence): o for each, o, _ in _orders(journal)}
    if held.get((message.meeting, message.sequence)) != message:
        world.wrong(f"sent before it was on the disk: {message}")


def _orders(journal):
    rows = journal._db.execute(
        "SELECT m.id, o.recording, o.sequence, o.expected_sequence, o.command, o.result "
        "FROM outbox o JOIN meetings m ON m.key = o.meeting ORDER BY m.id, o.sequence"
    )
    for meeting, recording, number, expected_sequence, command, result in rows:
        yield (
            meeting,
            OutboxMessage(
                meeting, recording, number, expected_sequence, codec.load_command(command)
            ),
            result,
        )


def check(world, disk):
    """Compare all of a journal; the disk is changed by that.

    Returns:
        The meetings in it, by their ids.
    """
    with opened(disk) as journal:
        for damage in journal.integrity_errors():
            world.wrong(f"damaged: {damage}")
        meetings = {live.id: live for live in journal.load_all()}
        entries = {id_: journal.history(id_, 0, 100_000) for id_ in meetings}
        accounts = journal.accounts()
        messages = {id_: [] for id_ in meetings}
        for meeting, message, result in _orders(journal):
            messages[meeting].append((message, result))
    for id_, account in world.accounts.items():
        if id_ not in accounts or account not in (None, accounts[id_][0]):
            world.wrong(f"account {id_} was acknowledged, and is {accounts.get(id_)}")
    for id_, opening in world.opened.items():
        if id_ not in meetings or meetings[id_].settings != opening:
            world.wrong(f"{id_} was opened, and is not there as it was")
    for (meeting, seq), entry in world.seen.items():
        held = entries.get(meeting, [])
        if len(held) < seq or held[seq - 1] != entry:
            world.wrong(f"lost: {entry}")
    for id_ in sorted(meetings):
        _check_entries(world, meetings[id_], entries[id_])
        _check_orders(world, meetings[id_], entries[id_], messages[id_])
    for (meeting, _number), message in world.network.called.items():
        if message not in [each for each, _ in messages.get(meeting, ())]:
            world.wrong(f"the recorder was sent what the journal does not hold: {message}")
    return meetings


def _check_entries(world, live, entries):
    if [each.seq for each in entries] != list(range(1, len(entries) + 1)):
        world.wrong(f"{live.id}: numbered {[each.seq for each in entries]}")
    again = [id_ for id_, times in Counter(each.id for each in entries).items() if times > 1]
    if [id_ for id_ in again if id_ is not None]:
        world.wrong(f"{live.id}: more than once in the journal: {again}")
    nameless = Counter()
    replayed = Meeting(live.meeting.plan)
    for entry in entries:
        if replayed.handle(entry.event) != entry.outcome:
            world.wrong(f"replay answers otherwise: {entry}")
        world.check_seen_state(live.id, entry.seq, replayed)
        ask = world.by_id.get((live.id, entry.id))
        if entry.id is not None:
            if ask is None or ask.event != entry.event:
                world.wrong(f"nobody asked for {entry}")
        elif not isinstance(entry.event, RecorderFailed):
            nameless[entry.event] += 1
        elif world.is_healthy(live.id, entry.at):
            world.wrong(f"nothing was wrong with the recorder any more: {entry}")
    if nameless - world.nameless[live.id]:
        world.wrong(f"nobody asked for {nameless - world.nameless[live.id]}")
    world.check_followed(live.id, entries)
    if replayed != live.meeting:
        world.wrong(f"{live.id}: two replays differ")


def _check_orders(world, live, entries, messages):
    asked = [each for entry in entries for each in entry.outcome.recorder]
    rest = iter([message.command for message, _ in messages])
    if not all(command in rest for command in asked):
        world.wrong(f"{live.id}: the orders of an event are missing: {asked}")
    starts = sum(isinstance(each, StartRecorder) for each in asked)
    if live.recording != starts:
        world.wrong(f"{live.id}: {live.recording} recordings, {starts} were started")
    if [message.sequence for message, _ in messages] != list(range(1, len(messages) + 1)):
        world.wrong(f"{live.id}: the orders are numbered {[o.sequence for o, _ in messages]}")
    for message, result in messages:
        if result == "delivered" and (live.id, message.sequence) not in world.network.acknowledged:
            world.wrong(f"done, and the recorder never heard of it: {message}")
        if result is None and live.closed:
            world.wrong(f"closed, and never sent: {message}")
    if live.closed and not live.meeting.ended:
        world.wrong(f"{live.id} is closed and not over")


_SAME = ("id", "key", "opened_at", "settings", "meeting", "seq", "recording", "last_sequence",
         "pending", "last_stop", "closed")  # fmt: skip


def check_memory(world, hub, held):
    """What a hub that rests has in memory is what its journal holds."""
    for id_, live in hub._meetings.live.items():
        if id_ not in held:
            world.wrong(f"{id_} is in memory only")
            continue
        if live.closed:
            world.wrong(f"{id_} is closed, and still in memory")
        for name in _SAME:
            mine, its = getattr(live, name), getattr(held[id_], name)
            if mine != its:
                world.wrong(f"{id_}: {name} is {mine} in memory and {its} in the journal")


def check_recorder(world, held):
    """What the recorder does is what the machines say."""
    for id_, live in held.items():
        status = world.network.statuses.get(id_)
        if live.meeting.ended:
            if not live.closed:
                world.wrong(f"{id_} is over and was never closed")
            if status is not None and status.kind is not None:
                world.wrong(f"{id_} is over, and still being recorded: {status}")
        elif live.pending:
            world.wrong(f"{id_} rests, and has yet to be sent {live.pending}")
        elif live.last_sequence and status != live.expected_status:
            world.wrong(f"{id_} should be {live.expected_status}, and is {status}")


def same_state(meeting):
    """What of a meeting its readers see."""
    return (
        meeting.state, meeting.kind, meeting.client, meeting.ended,
        {id_: attrs.astuple(each) for id_, each in meeting.present.items()},
    )  # fmt: skip
