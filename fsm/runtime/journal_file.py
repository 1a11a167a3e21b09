"""The file of a journal: opening, locking, checking and migrating it."""

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
from fsm.runtime.schema import APPLICATION_ID, FIRST_SCHEMA, MIGRATIONS, WRITE_VIEW

_MAX_LINE = 300


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
        # Through links, one file may have many names.
        real = _real(self.file)
        self._lock = FileLock(f"{real}.lock", thread_local=False) if lock else None
        # The file names of another SQLite file system need not exist on this machine.
        self._watched_files = (
            (Path(real), Path(f"{real}-wal")) if vfs is None and not readonly else ()
        )
        self._checkpoint_at = 0
        self._identities: list[tuple[int, int]] = []
        self._lock_is_new = False
        if self._lock is not None:
            # The lock would create missing directories, so that a misspelt path or a disk that
            # is not mounted would go unnoticed.
            folder = Path(real).parent
            if not folder.is_dir():
                raise JournalFileError(
                    f"{self.file}: there is no directory {str(folder)!r} (create it first)"
                )
            self._lock_is_new = not Path(self._lock.lock_file).exists()
            try:
                self._lock.acquire(timeout=0)
            except Timeout:
                if not Path(self._lock.lock_file).exists():
                    raise JournalFileError(
                        f"{self.file}: no file can be created beside it (name another file)"
                    ) from None
                raise JournalFileError(
                    f"{self.file}: another service has it open "
                    "(stop that one, or name another file)"
                ) from None
            except OSError as error:
                raise JournalFileError(f"{self.file}: cannot be locked: {error.strerror}") from None
        if vfs is None:
            self._refuse_lone_wal(real)
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        try:
            self._db = apsw.Connection(
                self.file, apsw.SQLITE_OPEN_READONLY if readonly else flags, vfs
            )
        except (apsw.Error, UnicodeEncodeError) as error:
            self._drop_lock()
            why = one_line(error)
            if Path(real).is_dir():
                why = "it is a directory (name a file)"
            raise JournalFileError(f"{self.file}: cannot be opened: {why}") from None
        try:
            self._prepare(exclusive, readonly)
        except BaseException:
            self._close_database()
            self._drop_lock()
            raise

    def _refuse_lone_wal(self, real: str) -> None:
        # SQLite would begin a new file, and delete the log with the commits of the lost one.
        if _size(real) == 0 and _size(f"{real}-wal") > 0:
            self._drop_lock()
            raise JournalFileError(
                f"{self.file}: the file is missing or empty, but its log {real}-wal has commits "
                "(put the file back, or move the log away to begin a new journal)"
            )

    def _drop_lock(self) -> None:
        """Unlocks a file that is refused, and leaves no lock file beside it."""
        if self._lock is not None and self._lock_is_new:
            # Removed while it is held: afterwards, another service may hold it.
            with suppress(OSError):
                Path(self._lock.lock_file).unlink()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock is not None:
            self._lock.release()

    def reader(self) -> Self:
        """Returns a journal that reads while this one writes; this one, if it is exclusive."""
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
            self._db.execute(WRITE_VIEW)
            self._identities = [_identity(file) for file in self._watched_files]
        except apsw.NotADBError:
            raise JournalFileError(
                f"{self.file}: it is not a journal (name another file)"
            ) from None
        except (apsw.Error, OSError) as error:
            raise JournalFileError(f"{self.file}: cannot be used: {one_line(error)}") from None

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
        return int(version)

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
        self._checkpoint_if_due()

    def _migrate(self) -> None:
        with self._transaction():
            # Read again in the transaction: another process may have migrated meanwhile.
            version = self._checked_version()
            applied = version - FIRST_SCHEMA + 1 if version else 0
            for script in MIGRATIONS[applied:]:
                self._db.execute(script)
            self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._write_version()

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
        self._unlock()

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
        """Checks that the file still has its name.

        SQLite would go on writing to a file that was removed.

        Raises:
            JournalError: the file was removed or replaced.
        """
        try:
            if [_identity(file) for file in self._watched_files] == self._identities:
                return
        except OSError:
            pass
        raise JournalError(
            f"{self.file}: it was removed or replaced while it was open "
            "(stop the service, and put the file back)"
        )


def one_line(error: Exception) -> str:
    """Returns the message of an error as one line of limited length."""
    # About a corrupt file, SQLite may quote whole statements.
    return " ".join(str(error).split())[:_MAX_LINE]


def _real(file: str) -> str:
    try:
        return os.path.realpath(file)
    except ValueError:
        # No file can have this name; opening it raises the right error.
        return file


def _size(file: str) -> int:
    """Returns the size of a file in bytes; 0 if there is none."""
    try:
        return Path(file).stat().st_size
    except (OSError, ValueError):
        return 0


def _identity(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_dev, status.st_ino


def _latest_version() -> int:
    return FIRST_SCHEMA + len(MIGRATIONS) - 1
