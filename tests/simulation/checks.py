"""Comparison of a journal with the knowledge of its clients and of the recorder."""

from __future__ import annotations

from collections import Counter
from copy import copy

import attrs

from fsm.cli.journal import exported_scenario
from fsm.recording import Meeting, RecorderFailed, StartRecorder, TimeUp
from fsm.runtime import Journal, OutboxMessage, RecorderStatus, answers, codec, journal_check
from fsm.scenario import parse
from fsm.scenario.play import open_meeting, play

from ..rule_sets import TABLES, TODAY, Release

FILE = "hub.db"


class ViolationError(AssertionError):
    """A promise of the runtime is broken."""


def open_journal(disk):
    """Returns the open journal of a disk, which may change the disk."""
    vfs = disk.mounted()
    journal = Journal(FILE, vfs=vfs.name, exclusive=True)
    journal.vfs = vfs
    return journal


# -- durability of single answers -----------------------------------------------------------------


def check_entry_is_durable(world, disk, entry):
    """Checks that an entry that a client has seen survives a power cut now."""
    with open_journal(disk.cut("none", world.rng)) as journal:
        found = journal.history(entry.meeting, entry.seq - 1, 1)
    if found != [entry]:
        world.report(f"answered before it was durable: {entry}; on the disk: {found}")


def check_snapshot_is_durable(world, disk, snapshot):
    """Checks that the events behind a snapshot survive a power cut now."""
    with open_journal(disk.cut("none", world.rng)) as journal:
        found = [each.events for each in journal.meetings() if each.id == snapshot.id]
    if not found or found[0] < snapshot.seq:
        world.report(f"read before it was durable: {snapshot}; events on the disk: {found}")


def check_message_is_durable(world, disk, message):
    """Checks that a message that is being sent survives a power cut now."""
    with open_journal(disk.cut("none", world.rng)) as journal:
        held = {(each, message.sequence): message for each, message, _ in _outbox(journal)}
    if held.get((message.meeting, message.sequence)) != message:
        world.report(f"sent before it was durable: {message}")


def _outbox(journal):
    rows = journal._db.execute(
        "SELECT m.id, o.recording, o.sequence, o.expected_sequence, o.command, o.result "
        "FROM outbox o JOIN meetings m ON m.key = o.meeting ORDER BY m.id, o.sequence"
    )
    for meeting, recording, sequence, expected, command, result in rows:
        command = codec.load_command(command)
        yield meeting, OutboxMessage(meeting, recording, sequence, expected, command), result


# -- the whole journal ----------------------------------------------------------------------------


def check_journal(world, disk):
    """Compares a whole journal with everything that is known, and may change its disk.

    Returns:
        The meetings in it, by their ids.
    """
    with open_journal(disk) as journal:
        for error in journal.integrity_errors():
            world.report(f"corrupt journal: {error}")
        meetings = {live.id: live for live in journal.load_all()}
        recorded = {id_: list(journal.recorded_answers(id_)) for id_ in meetings}
        accounts = journal.accounts()
        messages = {id_: [] for id_ in meetings}
        for meeting, message, result in _outbox(journal):
            messages[meeting].append((message, result))
    for id_, account in world.knowledge.accounts.items():
        if id_ not in accounts or account not in (None, accounts[id_][0]):
            world.report(f"account {id_} was acknowledged, but it is {accounts.get(id_)}")
    for id_, settings in world.knowledge.opened.items():
        if id_ not in meetings or meetings[id_].settings != settings:
            world.report(f"{id_} was opened, but it is missing or has other settings")
    for (meeting, seq), entry in world.knowledge.entries.items():
        held = recorded.get(meeting, [])
        if len(held) < seq or held[seq - 1].entry != entry:
            world.report(f"lost: {entry}")
    for id_ in sorted(meetings):
        _check_entries(world, meetings[id_], recorded[id_])
        entries = [each.entry for each in recorded[id_]]
        world.timing.check_entries(meetings[id_], entries)
        _check_messages(world, meetings[id_], entries, messages[id_])
    for (meeting, _), message in world.recorder.sent.items():
        if message not in [each for each, _ in messages.get(meeting, ())]:
            world.report(f"the recorder was sent a message that is not in the outbox: {message}")
    world.timing.check_starts()
    return meetings


def check_findings(world, disk):
    """Checks that ``fsm journal verify`` finds nothing, and that every export can be played."""
    with open_journal(disk) as journal:
        for finding in journal_check.check_journal(journal):
            if finding.fault:
                world.report(f"fsm journal verify: {finding.text}")
        if world.has_other_rules:
            return
        for live in list(journal.load_all()):
            # Only of these an export depends on the time.
            if live.meeting.timers:
                world.count("exports played")
                _check_export(world, live.id, exported_scenario(journal, live.id))


def _check_export(world, meeting, text):
    [scenario] = parse(text.encode())
    for step in play(scenario, open_meeting(scenario)):
        if step.unexpected:
            world.report(f"{meeting}: played with {step.unexpected}: {text}")


def _check_entries(world, live, recorded):
    entries = [each.entry for each in recorded]
    if [each.seq for each in entries] != list(range(1, len(entries) + 1)):
        world.report(f"{live.id}: numbered {[each.seq for each in entries]}")
    repeated = [id_ for id_, times in Counter(each.id for each in entries).items() if times > 1]
    if [id_ for id_ in repeated if id_ is not None]:
        world.report(f"{live.id}: event ids that occur several times: {repeated}")
    without_id = Counter()
    meeting = Meeting(live.meeting.plan)
    for each in recorded:
        entry = each.entry
        outcome, decided = _decided(meeting, each)
        answers.apply(meeting, each.answer, each.presence)
        if (outcome, decided) != (entry.outcome, meeting):
            world.report(f"the rules it names give {outcome}, {decided}: {each}")
        world.knowledge.check_restored_state(live.id, entry.seq, meeting)
        request = world.knowledge.by_event_id.get((live.id, entry.id))
        if isinstance(entry.event, TimeUp):
            continue
        if entry.id is not None:
            if request is None or request.event != entry.event:
                world.report(f"no client has sent {entry}")
        elif not isinstance(entry.event, RecorderFailed):
            without_id[entry.event] += 1
        elif world.recorder_is_healthy(live.id, world.timing.applied(entry).seconds):
            world.report(f"a failure of a healthy recorder: {entry}")
    if without_id - world.knowledge.without_id[live.id]:
        world.report(f"no client has sent {without_id - world.knowledge.without_id[live.id]}")
    world.knowledge.check_watched(live.id, entries)
    if meeting != live.meeting:
        world.report(f"{live.id}: its last answer leads to another state than all of them")


def _decided(meeting, recorded):
    """Returns the outcome and the meeting by the rules under which an event was answered."""
    fingerprint = recorded.rules.fingerprint
    name = fingerprint if fingerprint in TABLES else TODAY
    with Release(name).installed():
        decided = copy(meeting)
    return decided.handle(recorded.entry.event), decided


def _check_messages(world, live, entries, messages):
    commands = [each for entry in entries for each in entry.outcome.recorder]
    remaining = iter([message.command for message, _ in messages])
    if not all(command in remaining for command in commands):
        world.report(f"{live.id}: messages are missing for the commands {commands}")
    starts = sum(isinstance(each, StartRecorder) for each in commands)
    if live.recording != starts:
        world.report(f"{live.id}: {live.recording} recordings after {starts} starts")
    sequences = [message.sequence for message, _ in messages]
    if sequences != list(range(1, len(messages) + 1)):
        world.report(f"{live.id}: the sequence numbers of the messages are {sequences}")
    for message, result in messages:
        acknowledged = (live.id, message.sequence) in world.recorder.acknowledged
        if result == "delivered" and not acknowledged:
            world.report(f"marked as delivered without an acknowledgement: {message}")
        if result is None and live.closed:
            world.report(f"pending in a closed meeting: {message}")
    if live.closed and not live.meeting.ended:
        world.report(f"{live.id} is closed, but has not ended")


# -- a hub at rest --------------------------------------------------------------------------------


_DURABLE_FIELDS = (
    "id", "key", "opened_at", "settings", "meeting", "seq", "recording", "start_sequence",
    "acknowledged", "last_sequence", "pending", "last_stop", "closed",
)  # fmt: skip


def check_memory(world, hub, held):
    """Checks that the meetings in the memory of a hub are those of its journal."""
    for id_, live in hub._meetings.live.items():
        if id_ not in held:
            world.report(f"{id_} is only in memory")
            continue
        if live.closed:
            world.report(f"{id_} is closed, but still in memory")
        for name in _DURABLE_FIELDS:
            in_memory, in_journal = getattr(live, name), getattr(held[id_], name)
            if in_memory != in_journal:
                world.report(f"{id_}: {name} is {in_memory} in memory, {in_journal} in the journal")
        world.timing.check_memory(live)


def check_recorder(world, held):
    """Checks that the status of the recorder is the expected one for each meeting."""
    for id_, live in held.items():
        status = world.recorder.statuses.get(id_)
        if live.meeting.ended:
            if not live.closed:
                world.report(f"{id_} has ended, but is not closed")
            if status is not None and status.kind is not None:
                world.report(f"{id_} has ended, but is still recorded: {status}")
        elif live.pending:
            world.report(f"{id_} is at rest with pending messages: {live.pending}")
        elif live.last_sequence and not _is_in_line(
            status, world.hub._meetings.live.get(id_, live)
        ):
            world.report(f"{id_} should have {live.expected_status}, but has {status}")


def _is_in_line(status, live):
    expected = live.expected_status
    if live.stop_repeated and expected.kind is None:
        # After a second stop it may forget the meeting once more.
        return status is None or status.kind is None
    # A paused recording that was lost is started again by the resume, and not before.
    return status == expected or (expected.paused and status == RecorderStatus(expected.sequence))


def visible_state(meeting):
    """Returns the part of a meeting or snapshot that readers see."""
    return (
        meeting.state, meeting.kind, meeting.client, meeting.ended,
        {id_: attrs.astuple(each) for id_, each in meeting.present.items()},
    )  # fmt: skip
