"""The file of a journal: opened, locked, checked and brought up to date."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import apsw
from filelock import FileLock, Timeout

from fsm.runtime.errors import JournalError, JournalFileError
from fsm.runtime.schema import APPLICATION_ID, MIGRATIONS, WRITING

_MOST_LETTERS = 300


class JournalFile:
    """An open file; :class:`fsm.runtime.Journal` says what is in it.

    Args:
        file: the path of the file; it is created where there is none.
        vfs: the name of the SQLite file system to use.
        exclusive: keep the file to this one connection, as a file system without shared
            memory needs it.
        readonly: only read, and create nothing.
        lock: keep other services away from the file.

    Raises:
        JournalFileError: the file cannot be used as a journal.
    """

    checkpoint_after = 4096
    """After how many changed rows, or pages in the WAL, they are brought to the file itself.

    A page that changed often meanwhile is brought there once, so it costs less the less often it
    is done; but so much is read when the file is opened after a kill.
    """

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
        self._vfs = vfs
        self._exclusive = exclusive
        # One file may have many names, as links have.
        real = _real(self.file)
        self._lock = FileLock(f"{real}.lock", thread_local=False) if lock else None
        # Where SQLite has its own file system the names need not be those of the machine.
        self._kept = (Path(real), Path(f"{real}-wal")) if vfs is None and not readonly else ()
        self._checkpoint_at = 0
        self._there: list[tuple[int, int]] = []
        if self._lock is not None:
            # The lock would make them, and a slip of the pen or a disk that is not there would
            # go unnoticed.
            folder = Path(real).parent
            if not folder.is_dir():
                raise JournalFileError(f"{self.file}: there is no directory {str(folder)!r}")
            try:
                self._lock.acquire(timeout=0)
            except Timeout:
                if not Path(self._lock.lock_file).exists():
                    raise JournalFileError(
                        f"{self.file}: nothing can be written beside it (name another file)"
                    ) from None
                raise JournalFileError(
                    f"{self.file}: another service has it open "
                    "(stop that one, or name another file)"
                ) from None
            except OSError as error:
                raise JournalFileError(f"{self.file}: cannot be locked: {error.strerror}") from None
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        try:
            self._db = apsw.Connection(
                self.file, apsw.SQLITE_OPEN_READONLY if readonly else flags, vfs
            )
        except (apsw.Error, UnicodeEncodeError) as error:
            self._unlock()
            why = line(error)
            if Path(real).is_dir():
                why = "it is a directory (name a file)"
            raise JournalFileError(f"{self.file}: cannot be opened: {why}") from None
        try:
            self._prepare(exclusive, readonly)
        except BaseException:
            self.close()
            raise

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release()

    def reader(self) -> Self:
        """Return the journal for reading beside a writer; this one, where it is kept exclusive."""
        if self._exclusive:
            return self
        return type(self)(self.file, vfs=self._vfs, readonly=True)

    def _prepare(self, exclusive: bool, readonly: bool) -> None:
        try:
            self._db.set_busy_timeout(5_000)
            if exclusive:
                self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            version = self._checked_version()
            if readonly:
                self._check_current(version)
            else:
                self._prepare_writing()
            self._db.execute("PRAGMA temp_store = MEMORY")
            self._db.execute(WRITING)
            self._there = [_identity(each) for each in self._kept]
        except apsw.NotADBError:
            raise JournalFileError(f"{self.file}: it is no journal (name another file)") from None
        except (apsw.Error, OSError) as error:
            raise JournalFileError(f"{self.file}: cannot be used: {line(error)}") from None

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
        if not 0 <= version <= len(MIGRATIONS):
            raise JournalFileError(
                f"{self.file}: it was written by a newer version "
                f"(schema {version}; this one knows up to {len(MIGRATIONS)})"
            )
        return int(version)

    def _checkpoint_if_due(self) -> None:
        """Bring what was committed from the WAL to the file itself, if that is much."""
        changed = self._db.total_changes()
        if changed < self._checkpoint_at:
            return
        pages = self.checkpoint_after
        # What cannot be done now is done after one of the next commits: this one is on the disk.
        with suppress(Exception):
            pages, _ = self._db.wal_checkpoint()
        # The WAL is begun anew by the next commit, unless somebody is reading just then.
        soon = pages >= self.checkpoint_after
        self._checkpoint_at = changed + self.checkpoint_after // (16 if soon else 1)

    def _check_current(self, version: int) -> None:
        if version == 0:
            raise JournalFileError(f"{self.file}: it is empty (name a journal)")
        if version < len(MIGRATIONS):
            raise JournalFileError(
                f"{self.file}: it was written by an older version (schema {version}; "
                "start the service on it once, and it is brought up to date)"
            )

    def _prepare_writing(self) -> None:
        [(mode,)] = self._db.execute("PRAGMA journal_mode = WAL")
        if mode != "wal":
            raise JournalFileError(
                f"{self.file}: the file system cannot hold it in WAL mode (put it on another)"
            )
        self._db.execute("PRAGMA synchronous = FULL")
        # It would be part of a commit, and what went wrong with it be told of the commit.
        self._db.wal_autocheckpoint(0)
        # Also of a file that is up to date: a process that was killed may have left what is
        # not on the disk yet, and a commit puts it there before anybody reads it.
        self._migrate()
        self._checkpoint_if_due()

    def _migrate(self) -> None:
        # Looked at again under the lock: another process may have been quicker.
        with self._transaction():
            for number in range(self._checked_version(), len(MIGRATIONS)):
                self._db.execute(MIGRATIONS[number])
            self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

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
        """Close the file. Nothing is lost without it."""
        # A disk that fails now leaves more to do for the next opening, and nothing else.
        with suppress(apsw.Error):
            self._db.close(True)
        self._unlock()

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
    def _told(self, doing: str) -> Iterator[None]:
        try:
            yield
        except JournalError:
            raise
        except Exception as error:
            # From a damaged file SQLite may return anything, so anything may come of it.
            raise JournalError(f"{self.file}: cannot be {doing}: {line(error)}") from error

    def check_there(self) -> None:
        """Look whether the file is still where it was when it was opened.

        SQLite goes on writing to a file that has no name any more, which nobody finds again.

        Raises:
            JournalError: it was removed or replaced.
        """
        try:
            if [_identity(each) for each in self._kept] == self._there:
                return
        except OSError:
            pass
        raise JournalError(
            f"{self.file}: it was removed or replaced while it was open "
            "(stop the service, and put the file back)"
        )


def line(error: Exception) -> str:
    """Return what an error says, in one line."""
    # Of a damaged file SQLite tells with whole statements.
    return " ".join(str(error).split())[:_MOST_LETTERS]


def _real(file: str) -> str:
    try:
        return os.path.realpath(file)
    except ValueError:
        # No file can have this name, which is told when it is opened.
        return file


def _identity(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_dev, found.st_ino
