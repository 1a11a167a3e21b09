"""The file of a journal: opening, locking, checking and migrating it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import apsw
import attrs

import fsm
from fsm.runtime import answers
from fsm.runtime.conversion import complete_answers
from fsm.runtime.errors import JournalError, JournalFileError
from fsm.runtime.file_access import (
    ServiceLock,
    call_with_timeout,
    check_files,
    create_file,
    file_errors,
    identity,
    one_line,
    real_path,
)
from fsm.runtime.rules_version import current_rules, release_number
from fsm.runtime.schema import (
    APPLICATION_ID,
    FIRST_SCHEMA,
    MIGRATIONS,
    MOVED_FROM,
    MOVED_TO,
    OLDEST_READER,
    SCHEMA_WITH_RULES,
    WRITE_VIEW,
)


class JournalFile:
    """An open file; its contents are the subject of :class:`fsm.runtime.Journal`.

    Args:
        file: the path of the file; it is created if it does not exist.
        vfs: the name of the SQLite file system to use.
        exclusive: no other connection may use the file, as file systems without shared memory
            need it.
        readonly: the file is only read, and not created.
        lock: no other service may open the file with a lock.

    Raises:
        JournalFileError: the file cannot be used as a journal.
    """

    checkpoint_after = 4096
    """The number of changed rows, or of pages in the WAL, that makes a checkpoint due.

    Rare checkpoints cost less, since a page that changed often is copied only once; but after a
    kill, the whole WAL is read when the file is opened again.
    """
    open_timeout = 20.0
    """The seconds to wait for a file system that does not answer."""
    busy_timeout = 5.0
    """The seconds to wait for a file that another program has locked."""

    def __init__(
        self,
        file: str | Path,
        *,
        vfs: str | None = None,
        exclusive: bool = False,
        readonly: bool = False,
        lock: bool = False,
    ) -> None:
        self.file = str(file)
        self._path = real_path(self.file)
        self._vfs = vfs
        self._exclusive = exclusive
        self._lock = ServiceLock(self.file, self._path) if lock else None
        # The file names of another SQLite file system need not exist on this machine.
        suffixes = (
            ("", "-wal", *([".lock"] if lock else [])) if vfs is None and not readonly else ()
        )
        self._watched_files = [Path(f"{self._path}{suffix}") for suffix in suffixes]
        self._checkpoint_at = 0
        self._identities: list[tuple[int, int]] = []
        if vfs is not None:
            self._connect(readonly)
        elif self.file == ":memory:":
            raise JournalFileError(f"{self.file}: a database in memory has no WAL (name a file)")
        else:
            try:
                call_with_timeout(
                    self.open_timeout, lambda: self._connect(readonly), undo=self._abandon
                )
            except TimeoutError:
                raise JournalFileError(
                    f"{self.file}: cannot be opened within {self.open_timeout:g} s "
                    "(its file system does not answer, or another program holds the file)"
                ) from None
        try:
            with file_errors(self.file, "used"):
                self._prepare(readonly)
        except BaseException:
            self._abandon()
            raise

    def _connect(self, readonly: bool) -> None:
        if self._vfs is None:
            check_files(self.file, self._path, must_exist=readonly)
        if self._lock is not None:
            self._lock.acquire()
        try:
            with file_errors(self.file, "opened"):
                if self._vfs is None and not readonly:
                    create_file(self._path)
                flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
                self._db = apsw.Connection(
                    self.file, apsw.SQLITE_OPEN_READONLY if readonly else flags, self._vfs
                )
        except BaseException:
            if self._lock is not None:
                self._lock.discard()
            raise

    def _abandon(self) -> None:
        """Closes a file that is refused."""
        self._close_database()
        if self._lock is not None:
            self._lock.discard()

    def reader(self) -> Self:
        """Returns a journal that reads while this one writes; this one, if it is exclusive."""
        if self._exclusive:
            return self
        return type(self)(self.file, vfs=self._vfs, readonly=True)

    def _prepare(self, readonly: bool) -> None:
        self._db.set_busy_timeout(round(self.busy_timeout * 1000))
        self._db.execute("PRAGMA temp_store = MEMORY")
        if self._exclusive:
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        version = self._checked_version()
        if version >= SCHEMA_WITH_RULES:
            self._check_place()
        if readonly:
            self._check_current(version)
        else:
            self._prepare_writing()
        self._identities = [identity(file) for file in self._watched_files]

    def _checked_version(self) -> int:
        [(mark,)] = self._db.execute("PRAGMA application_id")
        [(version,)] = self._db.execute("PRAGMA user_version")
        [(tables,)] = self._db.execute("SELECT count(*) FROM sqlite_schema")
        if (mark, version, tables) == (0, 0, 0):
            return 0
        if mark != APPLICATION_ID:
            raise JournalFileError(
                f"{self.file}: it belongs to another program (name another file)"
            )
        if 0 < version < FIRST_SCHEMA:
            raise JournalFileError(
                f"{self.file}: it was written by an older version of this program and cannot be "
                "read by this one (start with a new file)"
            )
        if not 0 <= version <= _latest_version():
            raise JournalFileError(
                f"{self.file}: it was written by a newer version of this program "
                f"(schema {version}; this one knows up to {_latest_version()})"
            )
        if version >= SCHEMA_WITH_RULES:
            self._check_reader()
        return int(version)

    def _check_reader(self) -> None:
        for oldest in self._oldest_reader():
            if release_number(oldest) > release_number(fsm.__version__):
                raise JournalFileError(
                    f"{self.file}: a newer release has written what this one, {fsm.__version__}, "
                    f"cannot read (use release {oldest} or later)"
                )

    def _check_place(self) -> None:
        """Checks that a service may answer for the meetings in the file.

        Raises:
            JournalFileError: the meetings were moved to a cluster, or not all are here yet.
        """
        if self._lock is None:
            return
        if (url := self._property(MOVED_TO)) is not None:
            raise JournalFileError(
                f"{self.file}: its meetings were moved to the cluster at {url}, or are on their "
                f"way (fsm journal move {self.file} {url} finishes an interrupted move; then serve "
                "the cluster)"
            )
        if (url := self._property(MOVED_FROM)) is not None:
            raise JournalFileError(
                f"{self.file}: not all meetings of the cluster at {url} are in it yet "
                f"(fsm journal move {url} {self.file})"
            )

    def _property(self, name: str) -> str | None:
        value: str | None = self._db.execute(
            "SELECT value FROM properties WHERE name = ?", (name,)
        ).get
        return value

    def _oldest_reader(self) -> list[str]:
        rows = self._db.execute("SELECT value FROM properties WHERE name = 'oldest_reader'")
        return [value for (value,) in rows]

    def _checkpoint_if_due(self) -> None:
        """Copies what was committed from the WAL to the file itself, once it is much."""
        changed = self._db.total_changes()
        if changed < self._checkpoint_at:
            return
        pages = self.checkpoint_after
        # The commit is on the disk already, so a checkpoint that fails is only put off.
        with suppress(Exception):
            pages, _ = self._db.wal_checkpoint()
        # The next commit starts the WAL anew, unless a reader still uses it.
        soon = pages >= self.checkpoint_after
        self._checkpoint_at = changed + self.checkpoint_after // (16 if soon else 1)

    def _check_current(self, version: int) -> None:
        if version == 0:
            raise JournalFileError(f"{self.file}: it is empty, and not a journal (name a journal)")
        if version < _latest_version():
            raise JournalFileError(
                f"{self.file}: it was written by an older version of this program "
                f"(schema {version}; start the service on it once to migrate it)"
            )

    def _prepare_writing(self) -> None:
        [(mode,)] = self._db.execute("PRAGMA journal_mode = WAL")
        if mode != "wal":
            raise JournalFileError(
                f"{self.file}: the file system does not support WAL mode (use another one)"
            )
        self._db.execute("PRAGMA synchronous = FULL")
        # An automatic checkpoint is part of a commit, and its errors would be the commit's.
        self._db.wal_autocheckpoint(0)
        # Also if the schema is current: a killed process may have left rows that are not on the
        # disk yet. This commit puts them there before they are read.
        self._migrate()
        checksum = answers.column_checksum("rules", self._rules_key)
        self._db.execute(
            WRITE_VIEW.format(
                rules=self._rules_key,
                meeting_rules=checksum,
                event_rules=answers.upper_part(checksum),
            )
        )
        self._checkpoint_if_due()

    def _migrate(self) -> None:
        with self._transaction():
            # Read again in the transaction: another process may have migrated meanwhile.
            version = self._checked_version()
            applied = version - FIRST_SCHEMA + 1 if version else 0
            for number, script in enumerate(MIGRATIONS[applied:], FIRST_SCHEMA + applied):
                self._db.execute(script)
                if number == SCHEMA_WITH_RULES and version:
                    complete_answers(self._db, self.file)
            self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._write_version()
            self._write_rules()

    def _write_rules(self) -> None:
        """Names the rules of this program, and the oldest release that can read what it writes."""
        rules = attrs.astuple(current_rules())
        known = self._db.execute(
            "SELECT key FROM rules WHERE release = ? AND fingerprint = ?", rules
        ).get
        if known is not None:
            self._rules_key = known
        else:
            self._rules_key = self._db.execute("SELECT coalesce(max(key), 0) + 1 FROM rules").get
            row = (self._rules_key, *rules)
            checksum = answers.row_checksum(*row)
            self._db.execute("INSERT INTO rules VALUES (?, ?, ?, ?)", (*row, checksum))
        # Another release may have written what only later ones than OLDEST_READER can read.
        oldest = max([OLDEST_READER, *self._oldest_reader()], key=release_number)
        self._db.execute("INSERT OR REPLACE INTO properties VALUES ('oldest_reader', ?)", (oldest,))

    def _write_version(self) -> None:
        self._db.execute(f"PRAGMA user_version = {_latest_version()}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file. Nothing is lost if it is not closed."""
        self._close_database()
        if self._lock is not None:
            self._lock.release()

    def _close_database(self) -> None:
        # If the disk fails now, the next opening has more to do; that is all.
        with suppress(apsw.Error):
            self._db.close(True)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    @contextmanager
    def _errors(self, action: str) -> Iterator[None]:
        try:
            yield
        except JournalError:
            raise
        except Exception as error:
            # A corrupt file may contain any values, so any kind of error may come of it.
            raise JournalError(f"{self.file}: cannot be {action}: {one_line(error)}") from error

    def check_in_place(self) -> None:
        """Checks that the file and those beside it still have their names.

        SQLite would go on writing to a file that was removed; and without the lock file, another
        service could open the journal.

        Raises:
            JournalError: a file was removed or replaced.
        """
        try:
            if [identity(file) for file in self._watched_files] == self._identities:
                return
        except OSError:
            pass
        raise JournalError(
            f"{self.file}: it, its -wal or its .lock was removed or replaced while it was open "
            "(stop the service, and put the file back)"
        )


def _latest_version() -> int:
    return FIRST_SCHEMA + len(MIGRATIONS) - 1
