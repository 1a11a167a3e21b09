"""The files of a journal before SQLite opens them: their kinds, their mode, and the lock."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import apsw
from filelock import FileLock, Timeout

from fsm.runtime.errors import JournalFileError

MOUNTS = Path("/proc/self/mountinfo")
"""The list of what is mounted; there is none on other systems than Linux."""
_MAX_LINE = 300
_MODE = 0o600


def check_files(file: str, path: str, *, must_exist: bool) -> None:
    """Checks that a journal and the files beside it are regular files, or missing.

    Args:
        file: the journal's file, for the error.
        path: its path without links.
        must_exist: whether the journal must not be missing.

    Raises:
        JournalFileError: one of them is something else.
    """
    with file_errors(file, "opened"):
        path.encode()
        mode = _mode(path)
    if stat.S_ISDIR(mode):
        raise JournalFileError(f"{file}: it is a directory (name a file)")
    if not stat.S_ISREG(mode):
        # To read from a pipe waits for ever, and a device may do anything.
        raise JournalFileError(f"{file}: it is not a regular file (name another file)")
    if not must_exist and _links(path) > 1:
        # The lock and the log belong to a name: through another one, both services would write.
        raise JournalFileError(
            f"{file}: the file has another name as well, a hard link (remove it, or copy the file)"
        )
    if not must_exist and path in _mount_points():
        # As with a link, the lock and the log would be those of another folder.
        raise JournalFileError(
            f"{file}: the file itself is mounted, so another service could have it open elsewhere "
            "(mount its folder instead)"
        )
    for suffix in ("-wal", "-shm", "-journal", ".lock"):
        with file_errors(f"{file}: {path}{suffix}", "opened"):
            mode = _mode(path + suffix)
        if not stat.S_ISREG(mode):
            raise JournalFileError(f"{file}: {path}{suffix} is not a regular file (move it away)")
    if _size(path) == 0 and _size(f"{path}-wal") > 0:
        # SQLite would begin a new file, and delete the log with the commits of the lost one.
        raise JournalFileError(
            f"{file}: the file is missing or empty, but its log {path}-wal has commits "
            "(put the file back, or move the log away to begin a new journal)"
        )
    if must_exist and not Path(path).exists():
        raise JournalFileError(f"{file}: cannot be opened: there is no such file (name a journal)")


def _links(path: str) -> int:
    try:
        return Path(path).stat().st_nlink
    except OSError:
        return 0


def _mount_points() -> set[str]:
    """Returns the paths at which something is mounted; none where the system does not list them."""
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return set()
    # A blank in a path is written as \040.
    paths = (line.split(" ")[4] for line in lines)
    return {re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), path) for path in paths}


def create_file(path: str) -> None:
    """Creates a file that only its owner may read, unless there is one.

    SQLite gives the same mode to the files that it creates beside it.
    """
    # An existing file is not opened: closing it would drop the locks of this whole process.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, _MODE))


class ServiceLock:
    """Lock file beside a journal, which only one service may hold.

    Args:
        file: the journal's file, for errors.
        path: its path without links.
    """

    def __init__(self, file: str, path: str) -> None:
        self._file = file
        self._path = Path(f"{path}.lock")
        self._lock = FileLock(self._path, 0, _MODE, thread_local=False)
        self._is_new = False

    def acquire(self) -> None:
        """Acquires the lock.

        Raises:
            JournalFileError: another service holds it, or the file cannot be locked.
        """
        # The lock would create missing directories, so that a misspelt path or a disk that is not
        # mounted would go unnoticed.
        if not self._path.parent.is_dir():
            raise JournalFileError(
                f"{self._file}: there is no directory {str(self._path.parent)!r} (create it first)"
            )
        self._is_new = not self._path.exists()
        try:
            with file_errors(self._file, "locked"):
                self._lock.acquire()
        except Timeout:
            if not self._path.exists():
                raise JournalFileError(
                    f"{self._file}: no file can be created beside it (name another file)"
                ) from None
            raise JournalFileError(
                f"{self._file}: another service has it open (stop that one, or name another file)"
            ) from None

    def release(self) -> None:
        """Releases the lock, if it is held."""
        self._lock.release()

    def discard(self) -> None:
        """Releases the lock of a file that is refused, and leaves no new lock file beside it."""
        if self._is_new:
            # Removed while it is held: afterwards, another service may hold it.
            with suppress(OSError):
                self._path.unlink()
        self.release()


@contextmanager
def file_errors(file: str, action: str) -> Iterator[None]:
    """Turns errors of the operating system and of SQLite into :class:`JournalFileError`.

    Args:
        file: the file.
        action: what cannot be done, as "opened".
    """
    try:
        yield
    except Timeout:
        raise
    except apsw.NotADBError:
        raise JournalFileError(f"{file}: it is not a journal (name another file)") from None
    except (apsw.Error, OSError, ValueError) as error:
        raise JournalFileError(f"{file}: cannot be {action}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    if isinstance(error, (apsw.BusyError, apsw.ProtocolError)):
        return "another program has locked it (end that one, or name another file)"
    if isinstance(error, apsw.ReadOnlyError):
        return "it or its directory is read-only (copy it to where you may write)"
    if isinstance(error, UnicodeEncodeError):
        return "its name is not valid UTF-8 (name another file)"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno)
    return one_line(error)


def one_line(error: Exception) -> str:
    """Returns the message of an error as one line of limited length."""
    # About a corrupt file, SQLite may quote whole statements.
    return " ".join(str(error).split())[:_MAX_LINE]


def call_with_timeout(seconds: float, call: Callable[[], None], undo: Callable[[], None]) -> None:
    """Carries out a call in a thread of its own, and waits for it for a limited time.

    Args:
        seconds: the time to wait.
        call: the call.
        undo: undoes the call, if it succeeds later.

    Raises:
        TimeoutError: the call took longer.
    """
    outcome: Future[None] = Future()

    def run() -> None:
        error = None
        try:
            call()
        except BaseException as raised:
            error = raised
        if not outcome.set_running_or_notify_cancel():
            if error is None:
                undo()
        elif error is None:
            outcome.set_result(None)
        else:
            outcome.set_exception(error)

    # A daemon, since the process must not wait for it at its end.
    Thread(target=run, name="opening", daemon=True).start()
    try:
        outcome.result(seconds)
    except BaseException:
        if outcome.cancel():
            raise
        outcome.result()


def real_path(file: str) -> str:
    """Returns the path of a file without links, through which one file may have many names."""
    try:
        return os.path.realpath(file)
    except ValueError:
        # No file can have this name; opening it raises the right error.
        return file


def identity(file: Path) -> tuple[int, int]:
    """Returns the numbers of a file's device and inode, which no other file has.

    Raises:
        OSError: there is no such file.
    """
    status = file.stat()
    return status.st_dev, status.st_ino


def _mode(path: str) -> int:
    """Returns the type and the mode of a file; those of a regular file if there is none."""
    try:
        return Path(path).stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return stat.S_IFREG


def _size(path: str) -> int:
    """Returns the size of a file in bytes; 0 if there is none."""
    try:
        return Path(path).stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return 0
