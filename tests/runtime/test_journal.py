import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import apsw
import attrs
import pytest

from fsm.recording import (
    Account,
    Choice,
    End,
    Join,
    Meeting,
    Pause,
    PauseRecorder,
    Resume,
    StartRecorder,
)
from fsm.recording.settings import MeetingSettings
from fsm.runtime import (
    CorruptMeetingError,
    Journal,
    JournalError,
    JournalFileError,
    Summary,
    codec,
)
from fsm.runtime.batch import Batch
from fsm.runtime.live import LiveMeeting
from fsm.runtime.recorder import OutboxMessage

from .hubs import ALICE, BOB, BUSINESS, PRO, Recorder, at_rest, hub_on, recording, run

OPENING = MeetingSettings(PRO, Choice(True))


@pytest.fixture
def file(tmp_path):
    return tmp_path / "meetings.db"


def live_meeting(number=1, id_=None):
    meeting = Meeting(OPENING.resolve().plan)
    return LiveMeeting(id_ or f"m-{number}", number, 1000, OPENING, meeting, by_id={})


def write(journal, live, *events, ids=True, done=()):
    """Write a meeting with its events as a hub does."""
    batch = Batch()
    if live.seq == 0:
        batch.open_meeting(live)
    for position, event in enumerate(events, 1):
        entry, messages = live.take(event, f"e-{live.seq + 1}" if ids else None, 1000 + position)
        batch.add_entry(live, entry, codec.dump_event(entry.event))
        for message in messages:
            batch.add_message(live, message)
    for message in live.pending:
        if message.sequence in done:
            batch.mark_delivered(live, message)
    live.pending = tuple(each for each in live.pending if each.sequence not in done)
    journal.commit(batch)


def same(one, other):
    def parts(live):
        return attrs.asdict(live, recurse=False, filter=lambda a, _: a.name not in ("by_id",))

    assert parts(one) == parts(other)


# -- batches --------------------------------------------------------------------------------


def test_a_batch_says_how_much_it_writes():
    batch = Batch()
    assert not batch
    assert len(batch) == 0
    batch.open_meeting(live_meeting())
    batch.open_meeting(live_meeting(2))
    batch.put_account("a", PRO)
    assert batch
    assert len(batch) == 3


def test_a_batch_delivers_what_is_pending_last_and_at_once_if_anything_is_new():
    batch = Batch()
    one, two = (OutboxMessage("m", 1, number, number - 1, PauseRecorder()) for number in (1, 2))
    batch.deliver("m", (one, two), new=True)
    batch.deliver("m", (two,))
    batch.deliver("m-2", ())
    assert batch.deliveries == {"m": ((two,), True), "m-2": ((), False)}


def test_a_batch_keeps_an_account_as_it_was_before_all_its_changes():
    batch = Batch()
    for before in (None, (PRO, 1)):
        batch.replace_account("new", before)
    for before in ((PRO, 1), (PRO, 2)):
        batch.replace_account("old", before)
    assert batch.replaced_accounts == {"new": None, "old": (PRO, 1)}


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


# -- bringing back ----------------------------------------------------------------------------


def test_a_meeting_comes_back_as_it_was(file):
    live = live_meeting()
    with Journal(file) as journal:
        write(journal, live, ALICE, BOB, Pause("alice"), Pause("nobody"), Resume("alice"), done=[1])
    assert live.meeting.state == "recording"
    with Journal(file) as journal:
        found = journal.load("m-1")
    same(found, live)
    assert [message.sequence for message in found.pending] == [2, 3]
    assert found.by_id is None
    assert (found.seq, found.last_sequence, found.recording, found.last_stop) == (5, 3, 1, None)


def test_why_the_last_recording_was_stopped_comes_back(file):
    live = live_meeting()
    with Journal(file) as journal:
        write(journal, live, ALICE, End("alice"))
        assert live.last_stop == "meeting_ended"
        same(journal.load("m-1"), live)


def test_of_a_meeting_that_is_not_there_nothing_comes_back(file):
    with Journal(file) as journal:
        assert journal.load("m-1") is None
        assert journal.history("m-1") is None
        assert list(journal.load_open()) == []
        assert journal.meetings() == []
        assert journal.next_key() == 1


def test_an_id_that_cannot_be_written_is_that_of_no_meeting(file):
    with Journal(file) as journal:
        write(journal, live_meeting())
        assert journal.load("\udcff") is None
        assert journal.history("\udcff") is None


def test_answers_by_id_come_back_when_they_are_asked_for(file):
    live = live_meeting()
    with Journal(file) as journal:
        write(journal, live, ALICE, BOB)
        write(journal, live, Pause("alice"), ids=False)
        found = journal.load("m-1")
        journal.load_ids(found)
    assert found.by_id == live.by_id
    assert set(found.by_id) == {"e-1", "e-2"}
    assert found.taken("e-1").outcome.recorder == (StartRecorder("cloud"),)
    assert found.taken("e-3") is None


def test_many_meetings_come_back_each_with_its_own(file):
    meetings = [live_meeting(number) for number in range(1, 8)]
    with Journal(file) as journal:
        for live in meetings:
            events = [ALICE, BOB, Pause("alice"), Resume("alice")][: live.key % 5]
            write(journal, live, *events, done=[1] if live.key % 2 else [])
        for live, found in zip(meetings, journal.load_all(), strict=True):
            same(found, live)
        for live, found in zip(meetings, journal.load_open(), strict=True):
            same(found, live)
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


def test_void_orders_do_not_come_back_but_count(file):
    live = live_meeting()
    with Journal(file) as journal:
        write(journal, live, ALICE)
        batch = Batch()
        batch.cancel_message(live, live.pending[0])
        journal.commit(batch)
        found = journal.load("m-1")
    assert found.pending == ()
    assert (found.last_sequence, found.recording) == (1, 1)


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


def test_accounts_come_back_with_the_number_of_their_last_change(file):
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


def test_a_writer_is_read_beside(file):
    with Journal(file) as journal, journal.reader() as reader:
        assert reader is not journal
        write(journal, live_meeting())
        assert [each.id for each in reader.meetings()] == ["m-1"]
        with pytest.raises(JournalError, match="readonly"):
            write(reader, live_meeting(2))


def test_an_exclusive_journal_reads_by_itself(file):
    with Journal(file, exclusive=True) as journal:
        assert journal.reader() is journal
        write(journal, live_meeting())
        assert [each.id for each in journal.meetings()] == ["m-1"]


def test_what_is_committed_is_brought_to_the_file_so_the_wal_stays_small(file):
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


def test_a_checkpoint_that_cannot_be_made_now_is_made_later(file):
    batch = Batch()
    batch.open_meeting(live_meeting())
    with Journal(file) as journal:
        journal.checkpoint_after = 1
        journal._checkpoint_at = 0
        journal._db.execute("BEGIN")
        journal._write(batch.values)
        before = file.read_bytes()
        # In the middle of a transaction there can be none.
        journal._checkpoint_if_due()
        journal._db.execute("COMMIT")
        assert file.read_bytes() == before
        journal._checkpoint_if_due()
        assert file.read_bytes() != before


def test_an_attempt_changes_nothing_and_fails_where_a_commit_fails(file):
    with Journal(file) as journal:
        write(journal, live_meeting())
        journal.probe()
        assert [each.id for each in journal.meetings()] == ["m-1"]
        assert journal.integrity_errors() == []
        with journal.reader() as reader, pytest.raises(JournalError, match="cannot be written"):
            reader.probe()


def test_a_full_disk_refuses_a_batch_and_what_is_there_can_still_be_read(file):
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


def test_another_writer_is_waited_for_and_then_told(file):
    other = apsw.Connection(str(file))
    with Journal(file) as journal:
        journal._db.set_busy_timeout(1)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError, match="locked"):
            write(journal, live_meeting())
        other.execute("COMMIT")
        write(journal, live_meeting(2))
    other.close()


# -- pruning ------------------------------------------------------------------------------------


def closed_at(journal, number, at):
    live = live_meeting(number)
    write(journal, live, ALICE, End(), done=[1, 2])
    batch = Batch()
    batch.close_meeting(live, at)
    journal.commit(batch)


def counts(journal):
    return [
        journal._db.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
        for table in ("meetings", "events", "outbox")
    ]


def test_prune_forgets_old_closed_meetings_with_all_they_had_and_no_others(file):
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


def test_prune_forgets_only_some_at_once(file):
    with Journal(file) as journal:
        for number in range(1, 6):
            closed_at(journal, number, 100)
        assert [journal.prune(1000, limit=2) for _ in range(4)] == [2, 2, 1, 0]


# -- files that are no journals -----------------------------------------------------------------


def test_a_file_of_another_program_is_refused_and_left_alone(file):
    db = apsw.Connection(str(file))
    db.execute("CREATE TABLE theirs (x)")
    db.close()
    before = file.read_bytes()
    for readonly in (True, False):
        with pytest.raises(JournalFileError, match="belongs to another program"):
            Journal(file, readonly=readonly)
    assert file.read_bytes() == before


def test_a_file_that_is_no_database_is_refused(file):
    file.write_bytes(b"Dear diary, " * 1000)
    for readonly in (True, False):
        with pytest.raises(JournalFileError, match="it is not a journal"):
            Journal(file, readonly=readonly)


def test_an_empty_file_becomes_a_journal_but_is_not_read_as_one(file):
    file.touch()
    with pytest.raises(JournalFileError, match="it is empty"):
        Journal(file, readonly=True)
    Journal(file).close()
    Journal(file, readonly=True).close()


def test_a_file_that_is_not_there_is_made_but_not_by_a_reader(file):
    with pytest.raises(JournalFileError, match="cannot be opened"):
        Journal(file, readonly=True)
    assert not file.exists()
    Journal(file).close()
    assert file.exists()


def test_a_folder_is_refused(tmp_path):
    for lock in (True, False):
        with pytest.raises(JournalFileError, match=r"it is a directory \(name a file\)"):
            Journal(tmp_path, lock=lock)


def test_a_file_in_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(JournalFileError, match="cannot be"):
        Journal(tmp_path / "no" / "meetings.db")


def test_a_folder_that_cannot_be_a_folder_is_refused_with_the_lock_as_well(tmp_path):
    (tmp_path / "plain").touch()
    with pytest.raises(JournalFileError, match="there is no directory"):
        Journal(tmp_path / "plain" / "meetings.db", lock=True)


def test_an_unwritable_folder_is_refused():
    # Not even root may write there.
    for lock in (True, False):
        with pytest.raises(JournalFileError, match=r"/sys/meetings\.db: cannot be"):
            Journal("/sys/meetings.db", lock=lock)


def test_a_name_that_cannot_be_one_is_refused(tmp_path):
    with pytest.raises(JournalFileError, match="cannot be opened"):
        Journal(f"{tmp_path}/\ud800.db")


def test_a_file_in_memory_holds_nothing_and_is_refused():
    with pytest.raises(JournalFileError, match="WAL"):
        Journal(":memory:")


def test_a_file_system_nobody_knows_is_refused(file):
    with pytest.raises(JournalFileError, match="cannot be opened"):
        Journal(file, vfs="nowhere")


# -- the lock -----------------------------------------------------------------------------------


def test_a_second_service_is_refused_until_the_first_has_closed(file):
    with Journal(file, lock=True):
        with pytest.raises(JournalFileError, match="another service has it open"):
            Journal(file, lock=True)
        Journal(file, readonly=True).close()
    Journal(file, lock=True).close()


def test_a_file_that_is_refused_is_not_kept_locked(file):
    file.write_bytes(b"Dear diary, " * 1000)
    for _ in range(2):
        with pytest.raises(JournalFileError, match="it is not a journal"):
            Journal(file, lock=True)


def test_the_lock_of_a_service_that_was_killed_is_gone(file):
    script = (
        "import sys, time; from fsm.runtime import Journal\n"
        "held = Journal(sys.argv[1], lock=True); print('open', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", script, file], stdout=subprocess.PIPE)
    try:
        assert child.stdout.readline() == b"open\n"
        with pytest.raises(JournalFileError, match="another service has it open"):
            Journal(file, lock=True)
        child.send_signal(signal.SIGKILL)
        child.wait(10)
        Journal(file, lock=True).close()
    finally:
        child.kill()
        child.wait(10)
        child.stdout.close()


def test_closing_twice_is_no_fault(file):
    journal = Journal(file, lock=True)
    journal.close()
    journal.close()
    Journal(file, lock=True).close()


def test_a_journal_that_was_closed_says_so(file):
    journal = Journal(file)
    journal.close()
    with pytest.raises(JournalError, match="cannot be read"):
        journal.meetings()


# -- rows that are damaged ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE meetings SET plan = 'nonsense'",
        "UPDATE meetings SET settings = '{}'",
        "UPDATE events SET event = '{}' WHERE seq = 1",
        "UPDATE events SET event = '{\"explode\": {}}' WHERE seq = 1",
        "UPDATE outbox SET command = 'nonsense'",
        'UPDATE outbox SET command = \'{"command": "explode"}\'',
    ],
)
def test_a_row_that_cannot_be_read_is_told_with_its_file(file, change):
    with Journal(file) as journal:
        write(journal, live_meeting(), ALICE)
        journal._db.execute(change)
        for call in (lambda: journal.load("m-1"), lambda: list(journal.load_open())):
            with pytest.raises(JournalError, match=r"meetings\.db: "):
                call()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET answer = '{}'",
        "UPDATE events SET answer = 'nonsense'",
        "UPDATE events SET event = '{}'",
        "UPDATE events SET event = CAST(x'ff' AS TEXT)",
    ],
)
def test_an_answer_that_cannot_be_read_is_told(file, change):
    with Journal(file) as journal:
        write(journal, live_meeting(), ALICE)
        live = journal.load("m-1")
        journal._db.execute(change)
        for call in (lambda: journal.history("m-1"), lambda: journal.load_ids(live)):
            with pytest.raises(
                JournalError, match=r"meetings\.db: (meeting 'm-1' )?cannot be read"
            ):
                call()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET seq = 0 WHERE seq = 1 AND meeting = 1",
        "UPDATE events SET seq = 7 WHERE seq = 2 AND meeting = 1",
        "DELETE FROM events WHERE seq = 1 AND meeting = 1",
        "UPDATE events SET event = CAST(x'ff' AS TEXT) WHERE meeting = 1",
        "UPDATE outbox SET sequence = 0 WHERE meeting = 1",
        "UPDATE outbox SET sequence = -3, result = 'delivered' WHERE meeting = 1",
        "UPDATE outbox SET command = CAST(x'ff' AS TEXT) WHERE meeting = 1",
        "UPDATE meetings SET plan = CAST(x'ff' AS TEXT) WHERE key = 1",
    ],
)
def test_of_one_meeting_that_is_spoiled_it_is_said_which_it_is(file, change):
    with Journal(file) as journal:
        write(journal, live_meeting(), ALICE, BOB)
        write(journal, live_meeting(2), ALICE)
        journal._db.execute(change)
        with pytest.raises(CorruptMeetingError, match="meeting 'm-1' cannot be read"):
            journal.load("m-1")
        assert journal.load("m-2") is not None


@pytest.mark.parametrize(
    ("change", "ask"),
    [
        ("UPDATE events SET answer = 'nonsense' WHERE seq = 1", "load_ids"),
        ("UPDATE events SET answer = 'nonsense' WHERE seq = 1", "history"),
        ("UPDATE outbox SET command = 'nonsense' WHERE sequence = 1", "outbox"),
        ("UPDATE outbox SET command = 'nonsense' WHERE sequence = 1", "load"),
    ],
)
def test_what_cannot_be_read_leaves_the_file_to_others_and_later_reads_up_to_date(
    file, change, ask
):
    with Journal(file) as journal, Journal(file) as other:
        live = live_meeting()
        write(journal, live, ALICE, Pause("alice"), Resume("alice"))
        journal._db.execute(change)
        # What it raises keeps the frames it came through, and what they hold.
        with pytest.raises(CorruptMeetingError) as raised:
            getattr(journal, ask)(live if ask == "load_ids" else "m-1")
        assert raised.tb is not None
        write(other, live_meeting(2), ALICE)
        assert journal.load("m-2") is not None
        write(journal, live_meeting(3), ALICE)
        assert [each.id for each in journal.meetings()] == ["m-1", "m-2", "m-3"]


def test_parts_that_are_nothing_may_be_left_out_of_an_event(file):
    with Journal(file) as journal:
        live = live_meeting()
        write(journal, live, Join("zoe", "member", "web"), End())
        journal._db.execute(
            "UPDATE events SET event = replace(replace(event, ',\"version\":null', ''), "
            "'\"by\":null', '')"
        )
        [(first,), (second,)] = journal._db.execute("SELECT event FROM events ORDER BY seq")
        assert '"version"' not in first
        assert second == '{"end":{}}'
        same(journal.load("m-1"), live)
        assert [each.event for each in journal.history("m-1")] == [
            Join("zoe", "member", "web"),
            End(),
        ]


def test_an_account_that_cannot_be_read_is_told(file):
    with Journal(file) as journal:
        journal._db.execute("INSERT INTO accounts VALUES ('a', '{\"edition\": \"gold\"}')")
        with pytest.raises(JournalError, match=r"cannot be read: Invalid enum value 'gold'"):
            journal.accounts()


def test_text_that_is_none_is_told(file):
    with Journal(file) as journal:
        write(journal, live_meeting())
        journal._db.execute("UPDATE meetings SET id = CAST(x'ff' AS TEXT)")
        for call in (journal.meetings, lambda: list(journal.load_all())):
            with pytest.raises(JournalError, match="cannot be read"):
                call()


def test_a_summary_is_made_of_what_it_must_be():
    with pytest.raises(TypeError):
        Summary(7, 0, None, 0)
    with pytest.raises(TypeError):
        Summary("m", None, None, 0)


def test_a_page_that_is_damaged_is_found(file):
    with Journal(file) as journal:
        for number in range(1, 40):
            write(journal, live_meeting(number), ALICE, BOB, End())
    db = apsw.Connection(str(file), apsw.SQLITE_OPEN_READONLY)
    [(root,)] = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'events'")
    db.close()
    content = bytearray(file.read_bytes())
    content[36:40] = b"\0\0\0\7"
    file.write_bytes(content)
    with Journal(file, readonly=True) as journal:
        [found] = journal.integrity_errors()
        assert "Freelist: size is 0 but should be 7" in found
    content[(root - 1) * 4096 : (root - 1) * 4096 + 64] = bytes(64)
    file.write_bytes(content)
    with (
        Journal(file, readonly=True) as journal,
        pytest.raises(JournalError, match="malformed"),
    ):
        list(journal.load_all())


# -- any damage -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real_files(tmp_path_factory):
    """The files of a real journal with everything in it, left by a hub and while it runs."""
    folder = tmp_path_factory.mktemp("real")

    async def fill():
        async with hub_on(folder, Recorder()) as hub:
            await hub.put_account("acme", BUSINESS)
            for number in range(12):
                meeting = f"m-{number}"
                await recording(hub, meeting, id="first")
                for guest in range(number % 7):
                    await hub.dispatch(meeting, Join(f"guest-{guest}", "member", "web"))
                if number % 2:
                    await hub.dispatch(meeting, End())
            await at_rest(hub)
            shutil.copytree(folder, folder / "running")

    run(fill())
    shutil.copytree(folder, folder / "left", ignore=shutil.ignore_patterns("running", "*.lock"))
    return folder


def test_any_damage_gives_a_result_or_one_line(real_files, tmp_path):
    rng = random.Random("damage")
    kinds = {"clean": 0, "told": 0}
    for number in range(300):
        for source in (real_files / ("left" if number % 3 else "running")).iterdir():
            shutil.copy(source, tmp_path)
        damage(tmp_path, rng)
        said = what_is_said(tmp_path / "meetings.db", readonly=number % 5 > 0)
        if said is not None:
            assert "\n" not in said
            assert said.startswith(str(tmp_path))
        kinds["clean" if said is None else "told"] += 1
        for left in tmp_path.iterdir():
            left.unlink()
    assert min(kinds.values()) > 20, kinds


def what_is_said(file, readonly):
    try:
        with Journal(file, readonly=readonly) as journal:
            read_all(journal)
    except JournalError as error:
        return str(error)


def damage(folder, rng):
    """Flip bytes of one of the files, or cut it short."""
    file = rng.choice(sorted(each for each in folder.iterdir() if each.suffix != ".lock"))
    content = bytearray(file.read_bytes())
    if rng.random() < 0.2:
        del content[rng.randrange(len(content)) :]
    else:
        # The head, a page's head and everything else are met equally often.
        near = rng.choice([100, 512, len(content)])
        for _ in range(rng.choice([1, 1, 5, 200])):
            start = rng.randrange(max(1, len(content) // 4096)) * 4096 if near == 512 else 0
            position = min(start + rng.randrange(near), len(content) - 1)
            content[position] = rng.randrange(256)
    file.write_bytes(content)


def read_all(journal):
    journal.next_key()
    journal.accounts()
    journal.integrity_errors()
    for each in journal.meetings():
        journal.history(each.id, limit=5)
    for live in journal.load_all():
        journal.load_ids(live)


def test_the_files_that_are_damaged_are_right_before(real_files, tmp_path):
    for name in ("left", "running"):
        copy = Path(shutil.copytree(real_files / name, tmp_path / name))
        with Journal(copy / "meetings.db") as journal:
            assert journal.integrity_errors() == []
            assert len(journal.meetings()) == 12
            assert sum(1 for _ in journal.load_all()) == 12
            assert journal.accounts() == {"acme": (BUSINESS, 0)}
