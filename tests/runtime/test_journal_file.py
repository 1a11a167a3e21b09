"""Files that cannot be used as a journal, the lock, and corrupt files."""

import itertools
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from fsm.recording import End, Join, Pause, Resume
from fsm.runtime import CorruptMeetingError, Journal, JournalError, JournalFileError, Summary
from fsm.runtime.batch import Batch
from fsm.runtime.journal_check import check_journal

from .hubs import (
    ALICE,
    BOB,
    BUSINESS,
    PRO,
    ScriptedRecorder,
    open_hub,
    run,
    start_recording,
    until_delivered,
)
from .journals import assert_same, live_meeting, seal, write


@pytest.fixture
def file(tmp_path):
    return tmp_path / "meetings.db"


# -- files that are not journals ------------------------------------------------------------------


def test_a_file_of_another_program_is_refused_and_left_alone(file):
    db = apsw.Connection(str(file))
    db.execute("CREATE TABLE theirs (x)")
    db.close()
    before = file.read_bytes()
    for readonly in (True, False):
        with pytest.raises(JournalFileError, match="belongs to another program"):
            Journal(file, readonly=readonly)
    assert file.read_bytes() == before


def test_a_file_that_is_not_a_database_is_refused(file):
    file.write_bytes(b"Dear diary, " * 1000)
    for readonly in (True, False):
        with pytest.raises(JournalFileError, match="it is not a journal"):
            Journal(file, readonly=readonly)


def test_an_empty_file_becomes_a_journal_but_cannot_be_read(file):
    file.touch()
    with pytest.raises(JournalFileError, match="it is empty"):
        Journal(file, readonly=True)
    Journal(file).close()
    Journal(file, readonly=True).close()


def test_a_missing_file_is_created_but_not_by_a_reader(file):
    with pytest.raises(JournalFileError, match="cannot be opened"):
        Journal(file, readonly=True)
    assert not file.exists()
    Journal(file).close()
    assert file.exists()


@pytest.mark.parametrize("lost", ["missing", "empty"])
@pytest.mark.parametrize("options", [{}, {"lock": True}, {"readonly": True}], ids=str)
def test_a_log_without_its_file_is_refused_and_left_alone(file, lost, options):
    wal = Path(f"{file}-wal")
    with Journal(file) as journal:
        write(journal, live_meeting())
        commits = wal.read_bytes()
    file.unlink()
    wal.write_bytes(commits)
    if lost == "empty":
        file.touch()
    with pytest.raises(JournalFileError, match="the file is missing or empty, but its log"):
        Journal(file, **options)
    assert wal.read_bytes() == commits
    assert file.exists() is (lost == "empty")


def test_a_directory_is_refused(tmp_path):
    for lock in (True, False):
        with pytest.raises(JournalFileError, match=r"it is a directory \(name a file\)"):
            Journal(tmp_path, lock=lock)


def test_a_file_in_a_missing_directory_is_refused(tmp_path):
    with pytest.raises(JournalFileError, match="cannot be"):
        Journal(tmp_path / "no" / "meetings.db")


def test_a_file_below_a_plain_file_is_refused_with_a_lock_as_well(tmp_path):
    (tmp_path / "plain").touch()
    with pytest.raises(JournalFileError, match=r"there is no directory .* \(create it first\)"):
        Journal(tmp_path / "plain" / "meetings.db", lock=True)


def test_an_unwritable_directory_is_refused():
    # Even root cannot write there.
    for lock in (True, False):
        with pytest.raises(JournalFileError, match=r"/sys/meetings\.db: cannot be"):
            Journal("/sys/meetings.db", lock=lock)


def test_an_invalid_file_name_is_refused(tmp_path):
    with pytest.raises(JournalFileError, match="cannot be opened"):
        Journal(f"{tmp_path}/\ud800.db")


def test_a_database_in_memory_is_refused():
    with pytest.raises(JournalFileError, match="WAL"):
        Journal(":memory:")


def test_an_unknown_file_system_is_refused(file):
    with pytest.raises(JournalFileError, match="cannot be opened"):
        Journal(file, vfs="nowhere")


# -- the lock -------------------------------------------------------------------------------------


def test_a_second_service_is_refused_until_the_first_has_closed(file):
    with Journal(file, lock=True):
        with pytest.raises(JournalFileError, match="another service has it open"):
            Journal(file, lock=True)
        Journal(file, readonly=True).close()
    Journal(file, lock=True).close()


def test_a_file_that_is_refused_does_not_stay_locked(file):
    file.write_bytes(b"Dear diary, " * 1000)
    for _ in range(2):
        with pytest.raises(JournalFileError, match="it is not a journal"):
            Journal(file, lock=True)


def test_nothing_is_left_beside_a_file_that_is_refused(file, tmp_path):
    folder = tmp_path / "examples"
    folder.mkdir()
    file.write_text("Dear diary")
    lone_log = tmp_path / "lone.db-wal"
    lone_log.write_bytes(b"log")
    before = set(tmp_path.iterdir())
    for refused in (file, folder, tmp_path / "lone.db"):
        with pytest.raises(JournalFileError):
            Journal(refused, lock=True)
    assert set(tmp_path.iterdir()) == before


def test_a_lock_file_that_was_there_before_is_left_there(file):
    lock = file.with_name(f"{file.name}.lock")
    Journal(file, lock=True).close()
    file.write_text("Dear diary")
    with pytest.raises(JournalFileError, match="it is not a journal"):
        Journal(file, lock=True)
    assert lock.exists()


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
        child.wait(60)
        Journal(file, lock=True).close()
    finally:
        child.kill()
        child.wait(60)
        child.stdout.close()


def test_a_journal_may_be_closed_twice(file):
    journal = Journal(file, lock=True)
    journal.close()
    journal.close()
    Journal(file, lock=True).close()


def test_a_closed_journal_cannot_be_read(file):
    journal = Journal(file)
    journal.close()
    with pytest.raises(JournalError, match="cannot be read"):
        journal.meetings()


def test_a_file_with_a_hard_link_is_refused_in_one_line(file):
    Journal(file).close()
    other = file.with_name("other.db")
    other.hardlink_to(file)
    for name in (file, other):
        with pytest.raises(JournalFileError, match=r"another name as well, a hard link \(remove"):
            Journal(name)
    Journal(file, readonly=True).close()
    other.unlink()
    Journal(file).close()


# -- corrupt rows ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE meetings SET plan = 'nonsense'",
        "UPDATE meetings SET settings = '{}'",
        "UPDATE events SET answer = '{}' WHERE seq = 1",
        "UPDATE outbox SET command = 'nonsense'",
        'UPDATE outbox SET command = \'{"command": "explode"}\'',
    ],
)
def test_the_error_of_a_corrupt_row_names_the_file(file, change):
    with Journal(file) as journal:
        write(journal, live_meeting(), ALICE)
        journal._db.execute(change)
        for call in (lambda: journal.load("m-1"), lambda: list(journal.load_open())):
            with pytest.raises(JournalError, match=r"meetings\.db: "):
                call()


def decode_ids(journal, live):
    journal.load_ids(live)
    return [live.entry_of(id_) for id_ in live.by_id]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET answer = '{}'",
        "UPDATE events SET answer = 'nonsense'",
        "UPDATE events SET event = '{}'",
        "UPDATE events SET event = CAST(x'ff' AS TEXT)",
    ],
)
def test_a_corrupt_entry_is_an_error(file, change):
    with Journal(file) as journal:
        write(journal, live_meeting(), ALICE)
        live = journal.load("m-1")
        journal._db.execute(change)
        for call in (lambda: journal.history("m-1"), lambda: decode_ids(journal, live)):
            with pytest.raises(JournalError, match=r"(meeting 'm-1'|meetings\.db:) cannot be read"):
                call()


@pytest.mark.parametrize(
    "change",
    [
        "events SET answer = replace(answer, 'recording', 'paused') WHERE seq = 2",
        "events SET present = replace(present, 'host', 'member')",
        "events SET present = NULL WHERE seq = 1",
        "events SET checksum = checksum + 1 WHERE seq = 2",
        'outbox SET command = \'{"command":"pause"}\'',
        "meetings SET settings = replace(settings, 'pro', 'free') WHERE key = 1",
        "meetings SET plan = replace(plan, 'cloud', 'local') WHERE key = 1",
    ],
)
def test_a_changed_value_that_a_meeting_is_restored_from_is_noticed(file, change):
    with Journal(file) as journal:
        write(journal, live_meeting(), ALICE, BOB)
        write(journal, live_meeting(2), ALICE)
        where = " AND meeting = 1" if "WHERE" in change else " WHERE meeting = 1"
        journal._db.execute(f"UPDATE {change}{'' if 'meetings' in change else where}")
        with pytest.raises(CorruptMeetingError, match=r"meeting 'm-1' cannot be read: .*changed"):
            journal.load("m-1")
        assert journal.load("m-2") is not None


@pytest.mark.parametrize(
    "change",
    [
        "event = replace(event, 'bob', 'zob')",
        "answer = replace(answer, 'recording', 'paused')",
        "at = at + 1",
        "id = 'e'",
        "checksum = checksum + 4294967296",
    ],
)
def test_a_changed_value_of_any_event_is_noticed_when_it_is_read(file, change):
    with Journal(file) as journal:
        write(journal, live_meeting(), ALICE, BOB, Pause("alice"))
        live = journal.load("m-1")
        journal._db.execute(f"UPDATE events SET {change} WHERE seq = 2")
        for call in (
            lambda: journal.history("m-1"),
            lambda: decode_ids(journal, live),
            lambda: list(journal.recorded_answers("m-1")),
        ):
            with pytest.raises(CorruptMeetingError, match=r"event 2 has a wrong"):
                call()


# The first column of each key finds the first row and the last.
KEYS = {
    "meetings": "key", "events": "rowid", "outbox": "rowid",
    "accounts": "id", "changes": "seq", "rules": "key",
}  # fmt: skip


def changed_copies(file):
    """Yields the file with one changed value, for each column of the first and the last rows."""
    copy = file.with_name("copy.db")
    for table, key in KEYS.items():
        columns = apsw.Connection(str(file)).execute(f"PRAGMA table_info({table})").fetchall()
        for (_, name, *_), row in itertools.product(columns, ("min", "max")):
            shutil.copy(file, copy)
            db = apsw.Connection(str(copy))
            db.execute("PRAGMA ignore_check_constraints = ON")
            value = f"iif(typeof({name}) = 'text', {name} || 'x', ifnull({name}, 0) + 9)"
            where = f"WHERE {key} = (SELECT {row}({key}) FROM {table})"
            db.execute(f"UPDATE {table} SET {name} = {value} {where}")
            db.close()
            yield f"{table}.{name} ({row})", copy


def test_a_changed_value_of_any_column_is_a_fault(file):
    with Journal(file) as journal:
        live = live_meeting()
        write(journal, live, ALICE, Pause("alice"), BOB, End(), delivered=[1])
        batch = Batch()
        for message in live.pending:
            batch.cancel_message(live, message)
        batch.close_meeting(live, 5000)
        batch.put_account("a", PRO)
        batch.add_change("a", 1, 0, "{}", "{}")
        journal.commit(batch)
        write(journal, live_meeting(2), ALICE)
        assert list(check_journal(journal)) == []
    unnoticed = []
    for change, copy in changed_copies(file):
        with Journal(copy, readonly=True) as journal:
            if not any(finding.fault for finding in check_journal(journal)):
                unnoticed.append(change)
    assert unnoticed == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET seq = 0 WHERE seq = 1 AND meeting = 1",
        "UPDATE events SET seq = 7 WHERE seq = 2 AND meeting = 1",
        "DELETE FROM events WHERE seq = 1 AND meeting = 1",
        "UPDATE events SET answer = '{}' WHERE seq = 2 AND meeting = 1",
        """UPDATE events SET present = '"bob":["guest","web"]' WHERE seq = 2 AND meeting = 1""",
        "UPDATE outbox SET sequence = 0 WHERE meeting = 1",
        "UPDATE outbox SET sequence = -3, result = 'delivered' WHERE meeting = 1",
        "UPDATE outbox SET command = '{}' WHERE meeting = 1",
        "UPDATE meetings SET plan = 'nonsense' WHERE key = 1",
    ],
)
def test_a_meeting_that_cannot_be_so_is_an_error_that_names_it(file, change):
    with Journal(file) as journal:
        write(journal, live_meeting(), ALICE, BOB)
        write(journal, live_meeting(2), ALICE)
        journal._db.execute(change)
        seal(journal._db)
        with pytest.raises(CorruptMeetingError, match="meeting 'm-1' cannot be read"):
            assert journal.load("m-1").meeting
        assert journal.load("m-2").meeting


@pytest.mark.parametrize(
    ("change", "method"),
    [
        ("UPDATE events SET answer = CAST(x'ff' AS TEXT) WHERE seq = 1", "load_ids"),
        ("UPDATE events SET answer = 'nonsense' WHERE seq = 1", "history"),
        ("UPDATE outbox SET command = 'nonsense' WHERE sequence = 1", "outbox"),
        ("UPDATE outbox SET command = 'nonsense' WHERE sequence = 1", "load"),
    ],
)
def test_after_an_error_others_can_write_and_later_reads_are_current(file, change, method):
    with Journal(file) as journal, Journal(file) as other:
        live = live_meeting()
        write(journal, live, ALICE, Pause("alice"), Resume("alice"))
        journal._db.execute(change)
        # The error keeps its frames alive, and with them any open statement.
        with pytest.raises(CorruptMeetingError) as raised:
            getattr(journal, method)(live if method == "load_ids" else "m-1")
        assert raised.tb is not None
        write(other, live_meeting(2), ALICE)
        assert journal.load("m-2") is not None
        write(journal, live_meeting(3), ALICE)
        assert [each.id for each in journal.meetings()] == ["m-1", "m-2", "m-3"]


def test_fields_that_are_null_may_be_missing_in_an_event(file):
    with Journal(file) as journal:
        live = live_meeting()
        write(journal, live, Join("zoe", "member", "web"), End())
        journal._db.execute(
            "UPDATE events SET event = replace(replace(event, ',\"version\":null', ''), "
            "'\"by\":null', '')"
        )
        seal(journal._db)
        [(first,), (second,)] = journal._db.execute("SELECT event FROM events ORDER BY seq")
        assert '"version"' not in first
        assert second == '{"end":{}}'
        assert_same(journal.load("m-1"), live)
        assert [each.event for each in journal.history("m-1")] == [
            Join("zoe", "member", "web"),
            End(),
        ]


def test_a_corrupt_account_is_an_error(file):
    with Journal(file) as journal:
        journal._db.execute("INSERT INTO accounts VALUES ('a', '{\"edition\": \"gold\"}', 7)")
        with pytest.raises(JournalError, match=r"cannot be read: account 'a' has a wrong checksum"):
            journal.accounts()
        seal(journal._db)
        with pytest.raises(JournalError, match=r"cannot be read: Invalid enum value 'gold'"):
            journal.accounts()


def test_an_id_that_is_not_text_is_an_error(file):
    with Journal(file) as journal:
        write(journal, live_meeting())
        journal._db.execute("UPDATE meetings SET id = CAST(x'ff' AS TEXT)")
        for call in (journal.meetings, lambda: list(journal.load_all())):
            with pytest.raises(JournalError, match="cannot be read"):
                call()


def test_a_summary_checks_its_types():
    with pytest.raises(TypeError):
        Summary(7, 0, None, 0)
    with pytest.raises(TypeError):
        Summary("m", None, None, 0)


def test_the_integrity_check_finds_a_corrupt_page(file):
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
        [error] = journal.integrity_errors()
        assert "Freelist: size is 0 but should be 7" in error
    content[(root - 1) * 4096 : (root - 1) * 4096 + 64] = bytes(64)
    file.write_bytes(content)
    with (
        Journal(file, readonly=True) as journal,
        pytest.raises(JournalError, match="malformed"),
    ):
        list(journal.load_all())


# -- any corruption -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real_files(tmp_path_factory):
    """The files of a journal with rows of every kind: of a closed hub, and of a running one."""
    folder = tmp_path_factory.mktemp("real")

    async def fill():
        async with open_hub(folder, ScriptedRecorder()) as hub:
            await hub.put_account("acme", BUSINESS)
            for number in range(12):
                meeting = f"m-{number}"
                await start_recording(hub, meeting, id="first")
                for guest in range(number % 7):
                    await hub.dispatch(meeting, Join(f"guest-{guest}", "member", "web"))
                if number % 2:
                    await hub.dispatch(meeting, End())
            await until_delivered(hub)
            shutil.copytree(folder, folder / "running")

    run(fill())
    shutil.copytree(folder, folder / "closed", ignore=shutil.ignore_patterns("running", "*.lock"))
    return folder


def test_any_corruption_gives_a_result_or_an_error_of_one_line(real_files, tmp_path):
    rng = random.Random("damage")
    counts = {"clean": 0, "error": 0}
    for number in range(300):
        for source in (real_files / ("closed" if number % 3 else "running")).iterdir():
            shutil.copy(source, tmp_path)
        corrupt(tmp_path, rng)
        error = error_of(tmp_path / "meetings.db", readonly=number % 5 > 0)
        if error is not None:
            assert "\n" not in error
            assert error.startswith(str(tmp_path))
        counts["clean" if error is None else "error"] += 1
        for copy in tmp_path.iterdir():
            copy.unlink()
    assert min(counts.values()) > 20, counts


def error_of(file, readonly):
    """Reads a whole journal; returns the error, if there is one."""
    try:
        with Journal(file, readonly=readonly) as journal:
            read_all(journal)
    except JournalError as error:
        return str(error)


def corrupt(folder, rng):
    """Changes bytes of one of the files, or truncates it."""
    file = rng.choice(sorted(each for each in folder.iterdir() if each.suffix != ".lock"))
    content = bytearray(file.read_bytes())
    if rng.random() < 0.2:
        del content[rng.randrange(len(content)) :]
    else:
        # The header of the file, those of pages and all other bytes are equally likely.
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
        decode_ids(journal, live)


def test_the_files_are_not_corrupt_before_they_are_changed(real_files, tmp_path):
    for name in ("closed", "running"):
        copy = Path(shutil.copytree(real_files / name, tmp_path / name))
        with Journal(copy / "meetings.db") as journal:
            assert journal.integrity_errors() == []
            assert len(journal.meetings()) == 12
            assert sum(1 for _ in journal.load_all()) == 12
            assert journal.accounts() == {"acme": (BUSINESS, 0)}
