"""Commits, loading, reading and pruning of a journal."""

import apsw
import pytest

from fsm.recording import Account, End, Leave, Pause, Resume, StartRecorder, StopRecorder
from fsm.runtime import Journal, JournalError, Summary
from fsm.runtime.batch import Batch

from .hubs import ALICE, BOB, BUSINESS, PRO
from .journals import assert_same, live_meeting, write


@pytest.fixture
def file(tmp_path):
    return tmp_path / "meetings.db"


# -- commits, loading and reading -----------------------------------------------------------------


def test_a_meeting_is_loaded_as_it_was(file):
    live = live_meeting()
    with Journal(file) as journal:
        events = (ALICE, BOB, Pause("alice"), Pause("nobody"), Resume("alice"))
        write(journal, live, *events, delivered=[1])
    assert live.meeting.state == "recording"
    with Journal(file) as journal:
        loaded = journal.load("m-1")
    assert_same(loaded, live)
    assert [message.sequence for message in loaded.pending] == [2, 3]
    assert loaded.by_id is None
    assert (loaded.seq, loaded.last_sequence, loaded.recording, loaded.last_stop) == (5, 3, 1, None)


def test_the_reason_of_the_last_stop_is_loaded(file):
    live = live_meeting()
    with Journal(file) as journal:
        write(journal, live, ALICE, End("alice"))
        assert live.last_stop == "meeting_ended"
        assert_same(journal.load("m-1"), live)


def test_a_meeting_that_does_not_exist_is_not_loaded(file):
    with Journal(file) as journal:
        assert journal.load("m-1") is None
        assert journal.history("m-1") is None
        assert list(journal.load_open()) == []
        assert journal.meetings() == []
        assert journal.next_key() == 1


def test_no_meeting_has_an_id_that_cannot_be_written(file):
    with Journal(file) as journal:
        write(journal, live_meeting())
        assert journal.load("\udcff") is None
        assert journal.history("\udcff") is None


def test_entries_by_event_id_are_loaded_separately(file):
    live = live_meeting()
    with Journal(file) as journal:
        write(journal, live, ALICE, BOB)
        write(journal, live, Pause("alice"), ids=False)
        loaded = journal.load("m-1")
        journal.load_ids(loaded)
    assert {id_: loaded.entry_of(id_) for id_ in loaded.by_id} == live.by_id
    assert set(loaded.by_id) == {"e-1", "e-2"}
    assert loaded.entry_of("e-1").outcome.recorder == (StartRecorder("cloud"),)
    assert loaded.entry_of("e-3") is None


def test_many_meetings_are_loaded_each_with_its_own_events(file):
    meetings = [live_meeting(number) for number in range(1, 8)]
    with Journal(file) as journal:
        for live in meetings:
            events = [ALICE, BOB, Pause("alice"), Resume("alice")][: live.key % 5]
            write(journal, live, *events, delivered=[1] if live.key % 2 else [])
        for live, loaded in zip(meetings, journal.load_all(), strict=True):
            assert_same(loaded, live)
        for live, loaded in zip(meetings, journal.load_open(), strict=True):
            assert_same(loaded, live)
        assert journal.next_key() == 8


def test_closed_meetings_are_not_among_the_open_ones(file):
    closed, still_open = live_meeting(1), live_meeting(2)
    with Journal(file) as journal:
        write(journal, closed, End())
        write(journal, still_open)
        batch = Batch()
        batch.close_meeting(closed, 5000)
        journal.commit(batch)
        assert [each.id for each in journal.load_open()] == ["m-2"]
        assert [each.closed for each in journal.load_all()] == [True, False]
        assert journal.load("m-1").closed
        assert journal.meetings() == [Summary("m-1", 1000, 5000, 1), Summary("m-2", 1000, None, 0)]


def test_cancelled_messages_are_not_pending_but_count(file):
    live = live_meeting()
    with Journal(file) as journal:
        write(journal, live, ALICE)
        batch = Batch()
        batch.cancel_message(live, live.pending[0])
        journal.commit(batch)
        loaded = journal.load("m-1")
    assert loaded.pending == ()
    assert (loaded.last_sequence, loaded.recording) == (1, 1)


def test_history_is_read_in_pages(file):
    with Journal(file) as journal:
        write(journal, live_meeting(), ALICE, BOB, Pause("alice"), Resume("alice"))
        assert [each.seq for each in journal.history("m-1")] == [1, 2, 3, 4]
        assert [each.seq for each in journal.history("m-1", 1, 2)] == [2, 3]
        assert journal.history("m-1", 4) == []
        first = journal.history("m-1", limit=1)[0]
    assert (first.meeting, first.seq, first.id, first.at) == ("m-1", 1, "e-1", 1001)
    assert first.event == ALICE
    assert first.outcome.state == "recording"


def test_meetings_are_listed_in_pages_by_their_ids(file):
    with Journal(file) as journal:
        for number, id_ in enumerate(["b", "a", "会", "c"], 1):
            write(journal, live_meeting(number, id_))
        assert [each.id for each in journal.meetings()] == ["a", "b", "c", "会"]
        assert [each.id for each in journal.meetings("a", 2)] == ["b", "c"]
        assert journal.meetings("会") == []


def test_accounts_are_loaded_with_the_number_of_their_last_change(file):
    with Journal(file) as journal:
        batch = Batch()
        batch.put_account("a", PRO)
        batch.put_account("b", Account("business"))
        journal.commit(batch)
        batch = Batch()
        batch.put_account("b", BUSINESS)
        batch.add_change("b", 1, 0, "{}", "{}")
        batch.add_change("b", 2, 0, "{}", "{}")
        journal.commit(batch)
        assert journal.accounts() == {"a": (PRO, 0), "b": (BUSINESS, 2)}


def test_a_reader_has_a_connection_of_its_own(file):
    with Journal(file) as journal, journal.reader() as reader:
        assert reader is not journal
        write(journal, live_meeting())
        assert [each.id for each in reader.meetings()] == ["m-1"]
        with pytest.raises(JournalError, match="cannot be written"):
            write(reader, live_meeting(2))


def test_an_exclusive_journal_is_its_own_reader(file):
    with Journal(file, exclusive=True) as journal:
        assert journal.reader() is journal
        write(journal, live_meeting())
        assert [each.id for each in journal.meetings()] == ["m-1"]


def test_checkpoints_keep_the_wal_small(file):
    wal = file.with_name("meetings.db-wal")
    most = 0
    with Journal(file) as journal:
        journal.checkpoint_after = 20
        journal._checkpoint_at = 0
        for number in range(1, 200):
            write(journal, live_meeting(number), ALICE, End())
            most = max(most, wal.stat().st_size)
        kept = file.stat().st_size
        while journal.prune(10_000):
            most = max(most, wal.stat().st_size)
    assert most < kept


def test_a_checkpoint_that_fails_is_made_later(file):
    batch = Batch()
    batch.open_meeting(live_meeting())
    with Journal(file) as journal:
        journal.checkpoint_after = 1
        journal._checkpoint_at = 0
        journal._db.execute("BEGIN")
        journal._write(batch.values)
        before = file.read_bytes()
        # During a transaction a checkpoint fails.
        journal._checkpoint_if_due()
        journal._db.execute("COMMIT")
        assert file.read_bytes() == before
        journal._checkpoint_if_due()
        assert file.read_bytes() != before


def test_a_probe_changes_nothing_and_fails_where_a_commit_fails(file):
    with Journal(file) as journal:
        write(journal, live_meeting())
        journal.probe()
        assert [each.id for each in journal.meetings()] == ["m-1"]
        assert journal.integrity_errors() == []
        with journal.reader() as reader, pytest.raises(JournalError, match="cannot be written"):
            reader.probe()


def test_a_full_disk_refuses_a_batch_and_the_journal_can_still_be_read(file):
    with Journal(file) as journal:
        write(journal, live_meeting())
        [(pages,)] = journal._db.execute("PRAGMA page_count")
        journal._db.execute(f"PRAGMA max_page_count = {pages}")
        batch = Batch()
        batch.open_meeting(live_meeting(2, "x" * 100_000))
        with pytest.raises(JournalError, match=r"cannot be written: .*full"):
            journal.commit(batch)
        assert [each.id for each in journal.meetings()] == ["m-1"]
        journal._db.execute("PRAGMA max_page_count = 1000000")
        journal.commit(batch)
        assert len(journal.meetings()) == 2


def test_a_writer_waits_for_another_and_then_gives_up(file):
    other = apsw.Connection(str(file))
    with Journal(file) as journal:
        journal._db.set_busy_timeout(1)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError, match="locked"):
            write(journal, live_meeting())
        other.execute("COMMIT")
        write(journal, live_meeting(2))
    other.close()


def test_a_batch_that_cannot_be_written_whole_is_not_written_at_all(file):
    with Journal(file) as journal:
        write(journal, live_meeting(1))
        batch = Batch()
        batch.put_account("a", PRO)
        batch.open_meeting(live_meeting(1))
        with pytest.raises(JournalError, match=r"meetings.db: cannot be written: UNIQUE"):
            journal.commit(batch)
        assert journal.accounts() == {}
        write(journal, live_meeting(2))
        assert [each.id for each in journal.meetings()] == ["m-1", "m-2"]


# -- pruning --------------------------------------------------------------------------------------


def closed_at(journal, number, at):
    """Writes a meeting that is over, all of it at a time."""
    live = live_meeting(number)
    live.opened_at = at
    write(journal, live, ALICE, End(), delivered=[1, 2], at=at)
    batch = Batch()
    batch.close_meeting(live, at)
    journal.commit(batch)
    return live


def counts(journal):
    return [
        journal._db.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
        for table in ("meetings", "events", "outbox")
    ]


def test_prune_deletes_old_closed_meetings_with_all_their_rows_and_no_others(file):
    with Journal(file) as journal:
        write(journal, live_meeting(1), ALICE)
        closed_at(journal, 2, 100)
        closed_at(journal, 3, 200)
        batch = Batch()
        batch.put_account("a", PRO)
        journal.commit(batch)
        assert journal.prune(100) == 0
        assert journal.prune(101) == 1
        assert journal.prune(101) == 0
        assert [each.id for each in journal.meetings()] == ["m-1", "m-3"]
        assert counts(journal) == [2, 3, 3]
        assert journal.prune(10**15) == 1
        assert [each.id for each in journal.meetings()] == ["m-1"]
        assert journal.accounts() == {"a": (PRO, 0)}
        assert journal.integrity_errors() == []


def test_prune_deletes_only_some_at_once(file):
    with Journal(file) as journal:
        for number in range(1, 6):
            closed_at(journal, number, 100)
        assert [journal.prune(1000, limit=2) for _ in range(4)] == [2, 2, 1, 0]


@pytest.mark.parametrize("wrong", [-1, 0, -(2**40)])
def test_prune_keeps_a_meeting_whose_end_is_stamped_long_ago_by_a_wrong_clock(file, wrong):
    with Journal(file) as journal:
        for number in (1, 2, 3):
            closed_at(journal, number, 1000)
        for statement in (
            # The clock was wrong at the end, at all events, and at all but the first event.
            "UPDATE meetings SET closed_at = ?",
            "UPDATE events SET at = ? WHERE meeting = 2 OR (meeting = 1 AND seq = 2)",
            "UPDATE meetings SET opened_at = ? WHERE key = 3",
        ):
            journal._db.execute(statement, (wrong,))
        assert journal.prune(1000) == 0
        assert journal.prune(1001) == 3


def test_prune_takes_an_old_meeting_although_events_still_come_after_its_end(file):
    with Journal(file) as journal:
        live = closed_at(journal, 1, 1000)
        write(journal, live, ALICE, BOB, at=9000)
        assert [each.at for each in journal.history("m-1")] == [1000, 1000, 9000, 9000]
        assert journal.prune(1001) == 1
        assert counts(journal) == [0, 0, 0]


@pytest.mark.rule("D15")
def test_prune_takes_a_meeting_that_nobody_ever_joined_by_the_age_of_its_opening(file):
    with Journal(file) as journal:
        write(journal, live_meeting(1))
        write(journal, live_meeting(2), Pause("nobody"))
        write(journal, live_meeting(3), ALICE)
        write(journal, live_meeting(4), ALICE, Leave("alice"))
        assert journal.prune(1000) == 0
        assert journal.prune(1001) == 2
        assert [summary.id for summary in journal.meetings()] == ["m-3", "m-4"]


def test_prune_keeps_a_meeting_whose_recorder_is_still_to_be_stopped(file):
    # Nobody joined it, but its recorder was found recording: the file was restored from a copy.
    live = live_meeting()
    message = live.enqueue(StopRecorder("recorder_failed"), expected_sequence=4)
    with Journal(file) as journal:
        write(journal, live)
        pending, delivered = Batch(), Batch()
        pending.add_message(live, message)
        journal.commit(pending)
        assert journal.prune(2**60) == 0
        delivered.mark_delivered(live, message)
        journal.commit(delivered)
        assert journal.prune(2**60) == 1
