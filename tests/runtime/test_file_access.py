"""The files of a journal before SQLite opens them: kinds, modes, locks, limits."""

import os
import resource
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from fsm.recording import End
from fsm.runtime import Journal, JournalError, JournalFileError
from fsm.runtime.file_access import call_with_timeout

from .hubs import ALICE, BOB, open_hub, run, start_recording, wait_until
from .journals import live_meeting, write

BESIDE = ["-wal", "-shm", "-journal", ".lock"]
WAYS = [{}, {"lock": True}, {"readonly": True}]


@pytest.fixture
def file(tmp_path):
    return tmp_path / "meetings.db"


def refusal(file, **options):
    """Returns the error of a file that is refused, which is one line with the file's name."""
    with pytest.raises(JournalFileError) as raised:
        Journal(file, **options)
    message = str(raised.value)
    assert message.startswith(f"{file}: ")
    assert "\n" not in message
    return message.removeprefix(f"{file}: ")


@contextmanager
def held(file, code):
    """Has another process carry out code, which holds a lock of some kind, during a block."""
    script = f"import apsw, fcntl, os, signal, sys\nfile = sys.argv[1]\n{code}\n"
    script += "print('held', flush=True)\nsys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout.readline() == b"held\n"
            yield
        finally:
            process.kill()


# -- kinds of files -------------------------------------------------------------------------------


@pytest.mark.parametrize("options", WAYS, ids=str)
def test_a_pipe_is_refused_without_waiting_for_its_other_end(file, options):
    os.mkfifo(file)
    assert refusal(file, **options) == "it is not a regular file (name another file)"


@pytest.mark.parametrize("options", WAYS, ids=str)
@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero", "/dev/tty"])
def test_a_device_is_refused(device, options):
    assert refusal(device, **options) == "it is not a regular file (name another file)"


@pytest.mark.parametrize("options", WAYS, ids=str)
def test_links_that_lead_back_to_themselves_are_refused(file, options):
    file.symlink_to(file)
    assert refusal(file, **options) == "cannot be opened: Too many levels of symbolic links"


@pytest.mark.parametrize("options", WAYS, ids=str)
@pytest.mark.parametrize("suffix", BESIDE)
def test_what_is_beside_a_journal_must_be_a_regular_file(file, suffix, options):
    Journal(file).close()
    beside = Path(f"{file}{suffix}")
    os.mkfifo(beside)
    assert refusal(file, **options) == f"{beside} is not a regular file (move it away)"
    beside.unlink()
    beside.mkdir()
    assert refusal(file, **options) == f"{beside} is not a regular file (move it away)"
    beside.rmdir()
    beside.symlink_to(beside)
    assert refusal(file, **options) == (
        f"{beside}: cannot be opened: Too many levels of symbolic links"
    )
    beside.unlink()
    Journal(file, lock=True).close()


def test_a_link_to_a_journal_is_that_journal(file, tmp_path):
    link = tmp_path / "link.db"
    link.symlink_to(file)
    with Journal(link, lock=True) as journal:
        write(journal, live_meeting())
        assert refusal(file, lock=True).startswith("another service has it open")
    with Journal(file, readonly=True) as journal:
        assert len(journal.meetings()) == 1


def test_a_file_that_is_itself_a_mount_is_refused(tmp_path, monkeypatch):
    """Its log and its lock are beside it, and so not those of the same file elsewhere."""
    file = tmp_path / "my meetings.db"
    Journal(file).close()
    mounts = tmp_path / "mountinfo"
    point = str(file).replace(" ", r"\040")
    mounts.write_text(
        "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
        f"97 22 8:1 /srv/meetings.db {point} rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
    )
    monkeypatch.setattr("fsm.runtime.file_access.MOUNTS", mounts)
    assert refusal(file, lock=True).startswith("the file itself is mounted")
    Journal(file, readonly=True).close()
    monkeypatch.setattr("fsm.runtime.file_access.MOUNTS", tmp_path / "none")
    Journal(file, lock=True).close()


# -- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "a?mode=ro",
        "50%20#.db",
        "file:x.db?mode=memory",
        "'\";--.db",
        "two\nlines",
        " ",
        "会议",
        "-",
    ],
)
def test_any_name_in_utf_8_is_the_name_of_a_file(tmp_path, name):
    file = tmp_path / name
    for options in ({"lock": True}, {"readonly": True}):
        with Journal(file, **options) as journal:
            if not journal.meetings():
                write(journal, live_meeting(), ALICE)
            assert len(journal.history("m-1")) == 1
    names = {each.name for each in tmp_path.iterdir()}
    assert {name, f"{name}.lock"} <= names <= {name, *[name + suffix for suffix in BESIDE]}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (os.fsdecode(b"\xff.db"), "its name is not valid UTF-8 (name another file)"),
        ("a\0b", "embedded null byte"),
        ("x" * 300, "File name too long"),
        ("x" * 252, "File name too long"),
    ],
    ids=ascii,
)
@pytest.mark.parametrize("lock", [True, False])
def test_a_name_that_no_journal_can_have_is_refused(tmp_path, name, why, lock):
    assert refusal(f"{tmp_path}/{name}", lock=lock).endswith(f"cannot be opened: {why}")
    assert list(tmp_path.iterdir()) == []


# -- modes ----------------------------------------------------------------------------------------


@pytest.fixture
def _no_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder):
    return {each.name: each.stat().st_mode & 0o777 for each in folder.iterdir()}


@pytest.mark.usefixtures("_no_umask")
def test_only_the_owner_may_access_the_files_of_a_new_journal(file, tmp_path):
    with Journal(file, lock=True) as journal, journal.reader():
        write(journal, live_meeting())
        names = ["meetings.db", *[f"meetings.db{each}" for each in ("-wal", "-shm", ".lock")]]
        assert modes(tmp_path) == dict.fromkeys(names, 0o600)


@pytest.mark.usefixtures("_no_umask")
def test_files_that_exist_keep_their_modes_and_share_them_with_the_log(file, tmp_path):
    Journal(file, lock=True).close()
    file.chmod(0o640)
    Path(f"{file}.lock").chmod(0o664)
    with Journal(file, lock=True) as journal:
        write(journal, live_meeting())
        assert modes(tmp_path) == {
            "meetings.db": 0o640,
            "meetings.db-wal": 0o640,
            "meetings.db-shm": 0o640,
            "meetings.db.lock": 0o664,
        }


@contextmanager
def read_only(folder):
    """Makes a folder read-only for a block, also if the superuser runs the tests."""
    folder.chmod(0o555)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)
        folder.chmod(0o755)


@pytest.mark.parametrize("options", WAYS, ids=str)
def test_a_journal_in_a_folder_that_is_read_only_is_refused(options):
    # Not below `tmp_path`, where only one user may look.
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "meetings.db")
        with Journal(file) as journal:
            write(journal, live_meeting())
        file.chmod(0o644)
        with read_only(file.parent):
            message = refusal(file, **options)
        assert message == (
            "cannot be locked: Permission denied"
            if "lock" in options
            else "cannot be used: it or its directory is read-only (copy it to where you may write)"
        )
        assert [each.name for each in file.parent.iterdir()] == ["meetings.db"]


# -- locks of other programs ----------------------------------------------------------------------

LOCKS = {
    "a transaction": "db = apsw.Connection(file); db.execute('BEGIN EXCLUSIVE')",
    "an exclusive connection": (
        "db = apsw.Connection(file); db.execute('PRAGMA locking_mode = EXCLUSIVE')\n"
        "db.execute('CREATE TABLE other (x); DROP TABLE other')"
    ),
    "a rollback journal": (
        "db = apsw.Connection(file); db.execute('PRAGMA journal_mode = DELETE')\n"
        "db.execute('BEGIN EXCLUSIVE')"
    ),
    "the whole file": "held = open(file, 'r+b'); fcntl.lockf(held, fcntl.LOCK_EX)",
}


@pytest.mark.parametrize("lock", LOCKS.values(), ids=LOCKS.keys())
def test_a_file_that_another_program_has_locked_is_refused(file, lock, monkeypatch):
    monkeypatch.setattr(Journal, "busy_timeout", 0.01)
    with Journal(file) as journal:
        write(journal, live_meeting())
    with held(file, lock):
        assert refusal(file, lock=True) == (
            "cannot be used: another program has locked it (end that one, or name another file)"
        )
    with Journal(file, lock=True) as journal:
        assert len(journal.meetings()) == 1


LEASE = (
    "signal.signal(signal.SIGIO, signal.SIG_IGN)\n"
    "held = os.open(file, os.O_RDWR); fcntl.fcntl(held, fcntl.F_SETLEASE, fcntl.F_WRLCK)"
)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have no leases")
@pytest.mark.parametrize("options", WAYS, ids=str)
def test_a_file_that_blocks_whoever_opens_it_is_refused_in_time(file, options, monkeypatch):
    Journal(file).close()
    # The system call blocks until the other process gives up its lease.
    with held(file, LEASE):
        monkeypatch.setattr(Journal, "open_timeout", 0.05)
        message = refusal(file, **options)
        assert message.startswith("cannot be opened within 0.05 s (")
    monkeypatch.undo()
    # The late opening is undone: nothing stays locked.
    for thread in threading.enumerate():
        if thread.name == "opening":
            thread.join(60)
    Journal(file, lock=True).close()


def test_a_call_that_succeeds_too_late_is_undone():
    released, undone = threading.Event(), threading.Event()
    with pytest.raises(TimeoutError):
        call_with_timeout(0.001, released.wait, undone.set)
    assert not undone.is_set()
    released.set()
    assert undone.wait(60)


def test_the_error_of_a_call_is_raised_and_undoes_nothing():
    def fail():
        raise TimeoutError("of the call")

    with pytest.raises(TimeoutError, match="of the call"):
        call_with_timeout(60, fail, pytest.fail)


def test_events_are_refused_while_another_program_holds_the_lock_and_accepted_later(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(Journal, "busy_timeout", 0.01)

    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            with held(tmp_path / "meetings.db", LOCKS["a transaction"]):
                for _ in range(2):
                    with pytest.raises(JournalError, match=r"cannot be written: .*locked"):
                        await hub.dispatch("m", BOB, "e-1")
                assert "locked" in hub.health.why
                assert (await hub.read("m")).seq == 1
                assert len(await hub.history("m")) == 1
            await wait_until(lambda: hub.health.ok)
            assert (await hub.dispatch("m", BOB, "e-1")).seq == 2

    run(main())


# -- limits of the system -------------------------------------------------------------------------


@contextmanager
def file_size_limit(size):
    """Lets no file of this process grow beyond a size, as if the disk were full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [0, 4000, 5000, 30_000])
def test_a_journal_for_which_there_is_no_room_can_be_created_later(file, size):
    with file_size_limit(size):
        assert refusal(file, lock=True).startswith("cannot be used: ")
    Journal(file, lock=True).close()


def test_a_hub_recovers_from_a_full_disk(tmp_path):
    async def main():
        async with open_hub(tmp_path) as hub:
            await start_recording(hub)
            with file_size_limit(0):
                with pytest.raises(JournalError, match="cannot be written"):
                    await hub.dispatch("m", BOB, "e-1")
                assert not hub.health.ok
            await wait_until(lambda: hub.health.ok)
            assert (await hub.dispatch("m", BOB, "e-1")).seq == 2
            assert (await hub.dispatch("m", End())).seq == 3

    run(main())
