import json
import runpy
from pathlib import Path

import apsw
import attrs
import pytest

import fsm
from fsm.recording import Choice, Join, Pause
from fsm.runtime import (
    Hub,
    Journal,
    JournalFileError,
    MemoryRecorder,
    journal_file,
    rules_version,
    schema,
)  # fmt: skip

from .hubs import PRO, run

VERSION = schema.FIRST_SCHEMA + len(schema.MIGRATIONS) - 1


def tables(file):
    db = apsw.Connection(str(file), apsw.SQLITE_OPEN_READONLY)
    names = {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    [(mark,)] = db.execute("PRAGMA application_id")
    [(version,)] = db.execute("PRAGMA user_version")
    db.close()
    return names, mark, version


def with_migration(monkeypatch, *scripts):
    monkeypatch.setattr(journal_file, "MIGRATIONS", (*schema.MIGRATIONS, *scripts))


def test_a_new_file_has_the_tables_the_application_id_and_the_version(tmp_path):
    Journal(tmp_path / "a.db").close()
    names, mark, version = tables(tmp_path / "a.db")
    assert names == {"meetings", "events", "outbox", "accounts", "changes", "rules", "properties"}
    assert mark == schema.APPLICATION_ID
    assert version == VERSION


def test_the_application_id_reads_fsm1():
    assert schema.APPLICATION_ID.to_bytes(4, "big") == b"fsm1"


def test_tables_check_the_types_of_their_columns(tmp_path):
    with Journal(tmp_path / "a.db") as opened, pytest.raises(apsw.ConstraintError):
        opened._db.execute("INSERT INTO accounts VALUES ('a', x'00', 0)")


def test_an_older_file_is_migrated_and_keeps_its_contents(tmp_path, monkeypatch):
    async def fill():
        async with Hub(tmp_path / "a.db") as hub:
            await hub.open("m", PRO, Choice(True))
            await hub.dispatch("m", Join("alice", "host", "windows"), "e-1")

    run(fill())
    with_migration(
        monkeypatch, "CREATE TABLE more (x INTEGER) STRICT;", "ALTER TABLE more ADD y INTEGER;"
    )

    async def go_on():
        async with Hub(tmp_path / "a.db") as hub:
            return (await hub.read("m")).state, await hub.history("m")

    state, entries = run(go_on())
    assert state == "recording"
    assert [each.id for each in entries] == ["e-1"]
    names, _, version = tables(tmp_path / "a.db")
    assert "more" in names
    assert version == VERSION + 2


def write_first_schema(new, old):
    """Writes the contents of a journal to a file as the first schema has them."""
    target = apsw.Connection(str(old))
    target.execute(schema.MIGRATIONS[0])
    target.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
    target.execute(f"PRAGMA user_version = {schema.FIRST_SCHEMA}")
    source = apsw.Connection(str(new), apsw.SQLITE_OPEN_READONLY)
    for table in tables(old)[0]:
        columns = [name for _, name, *_ in target.execute(f"PRAGMA table_info({table})")]
        rows = list(source.execute(f"SELECT {', '.join(columns)} FROM {table}"))
        marks = ", ".join("?" * len(columns))
        target.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
    source.close()
    target.close()


def test_a_file_of_the_first_schema_is_migrated_with_its_events_messages_and_meetings(tmp_path):
    new, old = tmp_path / "new.db", tmp_path / "old.db"

    async def fill():
        async with Hub(new, MemoryRecorder()) as hub:
            for meeting in ("m", "n"):
                await hub.open(meeting, PRO, Choice(True))
            for event in (Join("alice", "host", "windows"), Pause("alice")):
                for meeting in ("m", "n"):
                    await hub.dispatch(meeting, event)

    async def contents(file):
        async with Hub(file, MemoryRecorder()) as hub:
            read = [(await hub.history(id_), await hub.read(id_)) for id_ in ("m", "n")]
            return [(entries, attrs.evolve(state, undelivered=0)) for entries, state in read]

    run(fill())
    write_first_schema(new, old)
    assert run(contents(old)) == run(contents(new))
    assert tables(old)[2] == VERSION
    with Journal(new) as expected, Journal(old) as journal:
        assert journal.outbox("m")[:2] == expected.outbox("m")[:2]
        assert journal.integrity_errors() == []
        with pytest.raises(apsw.ConstraintError):
            journal._db.execute("INSERT INTO events VALUES (1, 1, NULL, 0, '', '', NULL, NULL, 0)")


def test_only_newer_migrations_are_applied(tmp_path, monkeypatch):
    with_migration(monkeypatch, "CREATE TABLE more (x INTEGER) STRICT;")
    Journal(tmp_path / "a.db").close()
    with_migration(
        monkeypatch, "CREATE TABLE more (x INTEGER) STRICT;", "ALTER TABLE more ADD y INTEGER;"
    )
    Journal(tmp_path / "a.db").close()
    assert tables(tmp_path / "a.db")[2] == VERSION + 2


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    Journal(tmp_path / "a.db").close()
    before = tables(tmp_path / "a.db")
    with_migration(monkeypatch, "CREATE TABLE more (x INTEGER) STRICT;", "CREATE NONSENSE;")
    with pytest.raises(JournalFileError, match="cannot be used"):
        Journal(tmp_path / "a.db")
    assert tables(tmp_path / "a.db") == before


def test_an_older_file_cannot_be_opened_for_reading_only(tmp_path, monkeypatch):
    Journal(tmp_path / "a.db").close()
    with_migration(monkeypatch, "CREATE TABLE more (x INTEGER) STRICT;")
    with pytest.raises(JournalFileError, match=r"written by an older version.*start the service"):
        Journal(tmp_path / "a.db", readonly=True)


def test_a_newer_file_is_refused_and_left_as_it_is(tmp_path, monkeypatch):
    with_migration(monkeypatch, "CREATE TABLE more (x INTEGER) STRICT;")
    Journal(tmp_path / "a.db").close()
    before = tables(tmp_path / "a.db")
    monkeypatch.undo()
    for readonly in (True, False):
        with pytest.raises(JournalFileError, match=r"newer version .*\(schema 5; .* up to 4\)"):
            Journal(tmp_path / "a.db", readonly=readonly)
    assert tables(tmp_path / "a.db") == before


def test_a_negative_version_is_refused(tmp_path):
    Journal(tmp_path / "a.db").close()
    db = apsw.Connection(str(tmp_path / "a.db"))
    db.execute("PRAGMA user_version = -5")
    db.close()
    with pytest.raises(JournalFileError, match="schema -5"):
        Journal(tmp_path / "a.db")


@pytest.mark.parametrize("readonly", [True, False])
def test_a_file_with_the_tables_before_the_first_version_is_refused_in_one_line(tmp_path, readonly):
    file = tmp_path / "a.db"
    Journal(file).close()
    db = apsw.Connection(str(file))
    db.execute("PRAGMA user_version = 1")
    db.close()
    before = tables(file)
    with pytest.raises(JournalFileError) as raised:
        Journal(file, readonly=readonly)
    assert str(raised.value) == (
        f"{file}: it was written by an older version of this program and cannot be read by this "
        "one (start with a new file)"
    )
    assert tables(file) == before


# -- releases -------------------------------------------------------------------------------------


def properties(file):
    db = apsw.Connection(str(file), apsw.SQLITE_OPEN_READONLY)
    found = dict(db.execute("SELECT name, value FROM properties"))
    rules = list(db.execute("SELECT release, fingerprint FROM rules ORDER BY key"))
    db.close()
    return found, rules


def test_a_journal_names_the_rules_of_its_answers_and_the_oldest_release_that_can_read_it(
    tmp_path, monkeypatch
):
    file = tmp_path / "a.db"
    Journal(file).close()
    Journal(file).close()
    rules = rules_version.current_rules()
    assert properties(file) == ({"oldest_reader": schema.OLDEST_READER}, [attrs.astuple(rules)])
    monkeypatch.setattr(
        journal_file, "current_rules", lambda: attrs.evolve(rules, fingerprint="abc")
    )
    Journal(file).close()
    assert len(properties(file)[1]) == 2


@pytest.mark.parametrize("readonly", [True, False])
def test_an_older_release_refuses_a_file_with_what_it_cannot_read_in_one_line(
    tmp_path, monkeypatch, readonly
):
    file = tmp_path / "a.db"
    monkeypatch.setattr(journal_file, "OLDEST_READER", "0.10.0")
    Journal(file).close()
    before = properties(file)
    monkeypatch.undo()
    with pytest.raises(JournalFileError) as raised:
        Journal(file, readonly=readonly)
    assert str(raised.value) == (
        f"{file}: a newer release has written what this one, {fsm.__version__}, cannot read "
        "(use release 0.10.0 or later)"
    )
    assert properties(file) == before


def test_the_oldest_reader_is_never_lowered(tmp_path, monkeypatch):
    file = tmp_path / "a.db"
    monkeypatch.setattr(fsm, "__version__", "0.11.0")
    monkeypatch.setattr(journal_file, "OLDEST_READER", "0.10.0")
    Journal(file).close()
    monkeypatch.setattr(journal_file, "OLDEST_READER", "0.9.0")
    Journal(file).close()
    assert properties(file)[0] == {"oldest_reader": "0.10.0"}


TOOL = runpy.run_path(str(Path(__file__).parents[2] / "tools" / "names.py"))


def test_the_names_of_this_release_are_written_down():
    assert TOOL["file"]().read_text(encoding="utf-8") == TOOL["text"](), "run: make names"


def test_a_new_name_raises_the_oldest_reader():
    names = json.loads(TOOL["text"]())
    oldest = rules_version.release_number(schema.OLDEST_READER)
    assert oldest <= rules_version.release_number(fsm.__version__)
    for file in TOOL["FOLDER"].glob("*.json"):
        if rules_version.release_number(file.stem) < oldest:
            continue
        for word, known in json.loads(file.read_text(encoding="utf-8")).items():
            new = sorted({*names[word]} - {*known})
            assert not new, (
                f"release {file.stem} cannot read the new names {new}: raise OLDEST_READER in "
                "fsm/runtime/schema.py to the release that brings them"
            )
