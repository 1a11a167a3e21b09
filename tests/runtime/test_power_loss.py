"""The journal on a disk whose power fails, or which fails itself."""

import random

import apsw
import pytest

from fsm.recording import Account
from fsm.runtime import JournalError
from fsm.runtime.batch import Batch

from ..simulation import power
from ..simulation.checks import ViolationError, open_journal
from ..simulation.disk import CUTS, Disk
from .faults import plant

pytestmark = pytest.mark.durable

COMMITS = 400
POWER_CUTS = 300


@pytest.fixture(scope="module")
def recorded():
    return power.record_load(COMMITS)


def batch_with_account(name):
    batch = Batch()
    batch.put_account(name, Account("pro"))
    return batch


def test_the_load_has_commits_checkpoints_and_openings(recorded):
    assert len(set(recorded.digests)) == COMMITS + 1
    assert recorded.count("sync", "-wal") > COMMITS
    assert recorded.count("sync", ".db") > 10, "checkpoints"
    assert recorded.count("delete", "-wal") > 2, "closed and opened again"


def test_after_any_power_cut_the_journal_opens_and_has_every_answered_commit(recorded):
    cases = set()
    for cut, disk, allowed in power.cut_disks(recorded, POWER_CUTS, random.Random(7)):
        power.check_cut_disk(cut, disk, allowed)
        cases.add((cut.rpartition(" ")[2], len(allowed)))
    # Each kind of cut, both between commits and during one.
    assert cases == {(cut, number) for cut in CUTS for number in (1, 2)}


@pytest.mark.parametrize(
    "fault", ["commits are not synced", "commits are only synced by a checkpoint"]
)
def test_power_cuts_reveal_a_journal_that_does_not_sync(fault, monkeypatch):
    plant(monkeypatch, fault)
    short = power.record_load(40)
    found = 0
    for cut, disk, allowed in power.cut_disks(short, 100, random.Random(7)):
        try:
            power.check_cut_disk(cut, disk, allowed)
        except ViolationError as error:
            found += "lacks a commit" in str(error)
    assert found > 10


def test_the_check_of_a_cut_disk_finds_a_torn_page():
    disk = Disk()
    with open_journal(disk) as journal:
        for number in range(100):
            journal.commit(batch_with_account(f"a{number}"))
    disk.files["hub.db"].write(b"\xff" * 2048, 8192)
    with pytest.raises(ViolationError):
        power.check_cut_disk("torn page", disk, [])


def test_rows_of_a_killed_process_are_durable_once_the_file_is_opened_again():
    disk = Disk()
    left = []
    with open_journal(disk) as journal:
        disk.before = lambda operation, *_: operation == "sync" and left.append(disk.killed())
        journal.commit(batch_with_account("acme"))
        # The last sync is that of the commit.
        found = left[-1]
    with open_journal(found) as journal:
        assert list(journal.accounts()) == ["acme"], "written, and not synced"
        with open_journal(found.cut("none", random.Random(0))) as after:
            assert list(after.accounts()) == ["acme"]


def test_a_disk_that_fails_while_the_journal_closes_loses_nothing():
    disk = Disk()
    journal = open_journal(disk)
    journal.commit(batch_with_account("acme"))
    failed = []

    def fail(operation, *_):
        failed.append(operation)
        raise apsw.IOError("injected")

    disk.before = fail
    journal.close()
    assert failed
    disk.before = lambda *_: None
    with open_journal(disk) as again:
        assert list(again.accounts()) == ["acme"]


@pytest.mark.parametrize("failing", ["write", "sync"])
def test_a_commit_that_fails_is_refused_and_the_next_one_succeeds(failing):
    disk = Disk()
    with open_journal(disk) as journal:

        def fail(operation, *_):
            if operation == failing:
                raise apsw.FullError("injected")

        disk.before = fail
        with pytest.raises(JournalError, match="cannot be written"):
            journal.commit(batch_with_account("one"))
        disk.before = lambda *_: None
        assert journal.accounts() == {}
        journal.commit(batch_with_account("two"))
        assert list(journal.accounts()) == ["two"]
    with open_journal(disk.cut("none", random.Random(0))) as after:
        assert list(after.accounts()) == ["two"]
