"""The journal on a disk whose power fails: what was answered is there."""

import random

import apsw
import pytest

from fsm.recording import Account
from fsm.runtime import JournalError
from fsm.runtime.batch import Batch

from ..simulation import power
from ..simulation.checks import opened
from ..simulation.disk import CUTS, Disk
from ..simulation.world import WrongError
from .faults import put_in

COMMITS = 400
IMAGES = 300


@pytest.fixture(scope="module")
def recording():
    return power.recorded(COMMITS)


def _with_account(name):
    batch = Batch()
    batch.put_account(name, Account("pro"))
    return batch


def test_the_load_has_commits_checkpoints_and_openings(recording):
    assert len(set(recording.contents)) == COMMITS + 1
    assert recording.count("sync", "-wal") > COMMITS
    assert recording.count("sync", ".db") > 10, "checkpoints"
    assert recording.count("delete", "-wal") > 2, "closed and opened again"


def test_after_any_power_cut_the_journal_opens_and_has_all_that_was_answered(recording):
    ways = set()
    for where, disk, allowed in power.images(recording, IMAGES, random.Random(7)):
        power.check(where, disk, allowed)
        ways.add((where.rpartition(" ")[2], len(allowed)))
    # Each kind of cut, both between commits and in one.
    assert ways == {(cut, number) for cut in CUTS for number in (1, 2)}


@pytest.mark.parametrize(
    "fault", ["commits are not synced", "commits are synced with a checkpoint only"]
)
def test_a_journal_that_does_not_sync_is_found(fault, monkeypatch):
    put_in(monkeypatch, fault)
    short = power.recorded(40)
    found = 0
    for where, disk, allowed in power.images(short, 100, random.Random(7)):
        try:
            power.check(where, disk, allowed)
        except WrongError as error:
            found += "does not have what was answered" in str(error)
    assert found > 10


def test_the_check_finds_a_torn_page():
    disk = Disk()
    with opened(disk) as journal:
        for number in range(100):
            journal.commit(_with_account(f"a{number}"))
    disk.files["hub.db"].write(b"\xff" * 2048, 8192)
    with pytest.raises(WrongError):
        power.check("here", disk, [])


def test_rows_of_a_killed_process_are_durable_once_the_file_was_opened_again():
    disk = Disk()
    left = []
    with opened(disk) as journal:
        disk.before = lambda what, *_: what == "sync" and left.append(disk.killed())
        journal.commit(_with_account("acme"))
        # The last of them is for what was committed.
        found = left[-1]
    with opened(found) as journal:
        assert list(journal.accounts()) == ["acme"], "written, and not synced"
        with opened(found.cut("none", random.Random(0))) as after:
            assert list(after.accounts()) == ["acme"]


def test_a_disk_that_fails_while_the_journal_closes_loses_nothing():
    disk = Disk()
    journal = opened(disk)
    journal.commit(_with_account("acme"))
    failed = []

    def fail(what, *_):
        failed.append(what)
        raise apsw.IOError("made up")

    disk.before = fail
    journal.close()
    assert failed
    disk.before = lambda *_: None
    with opened(disk) as again:
        assert list(again.accounts()) == ["acme"]


@pytest.mark.parametrize("what", ["write", "sync"])
def test_a_commit_that_fails_is_refused_and_the_next_one_succeeds(what):
    disk = Disk()
    with opened(disk) as journal:

        def fail(this, *_):
            if this == what:
                raise apsw.FullError("made up")

        disk.before = fail
        with pytest.raises(JournalError, match="cannot be written"):
            journal.commit(_with_account("one"))
        disk.before = lambda *_: None
        assert journal.accounts() == {}
        journal.commit(_with_account("two"))
        assert list(journal.accounts()) == ["two"]
    with opened(disk.cut("none", random.Random(0))) as after:
        assert list(after.accounts()) == ["two"]
