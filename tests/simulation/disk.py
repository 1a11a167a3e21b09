"""A disk in memory that SQLite writes to, and on which power cuts can be had.

What is written is there for everybody, but lasts only once it is synced. A process that is
killed leaves everything it wrote. A power cut leaves what was synced and, of the rest, as
much as it likes: nothing, all, the first of it, any part, or single sectors.

It keeps what ``synchronous=FULL`` relies on: a sync that succeeds makes everything written
to that file last, and also the name of the file; bytes beside those written do not change.
"""

from __future__ import annotations

import itertools

import apsw

SECTOR = 512
CUTS = ("none", "all", "first", "some", "torn")
_NAMES = itertools.count()


class File:
    """One file: what lasts, what was written since, and what a reader sees."""

    def __init__(self, content=b"", lasts=True):
        self.lasting = bytearray(content) if lasts else None
        self.pending = []
        self.now = bytearray(content)

    def write(self, data, offset):
        _put(self.now, offset, data)
        self.pending.append((offset, bytes(data)))

    def truncate(self, size):
        _put(self.now, size, None)
        self.pending.append((size, None))

    def sync(self):
        if self.lasting is None:
            self.lasting = bytearray()
        for offset, data in self.pending:
            _put(self.lasting, offset, data)
        self.pending.clear()

    def killed(self):
        """The file as the next process finds it."""
        file = File(self.now)
        file.lasting = None if self.lasting is None else bytearray(self.lasting)
        file.pending = list(self.pending)
        return file

    def cut(self, mode, rng):
        """The file as it is after a power cut; ``None`` where it is gone."""
        if mode == "all":
            return File(self.now)
        kept = _kept(self.pending, mode, rng)
        if self.lasting is None and not kept:
            return None
        content = bytearray(self.lasting or b"")
        for offset, data in kept:
            _put(content, offset, data)
        return File(content)


def _put(content, offset, data):
    if data is None:
        del content[offset:]
        return
    if offset > len(content):
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def _kept(pending, mode, rng):
    if mode == "none" or not pending:
        return []
    if mode == "first":
        return pending[: rng.randrange(len(pending) + 1)]
    if mode == "some":
        return [each for each in pending if rng.random() < 0.5]
    kept = []
    for offset, data in pending:
        fate = rng.random()
        if fate < 0.4 or (data is None and fate < 0.7):
            kept.append((offset, data))
        elif fate < 0.8 and data is not None:
            kept.extend(each for each in _sectors(offset, data) if rng.random() < 0.5)
    if mode == "torn" and rng.random() < 0.3:
        rng.shuffle(kept)
    return kept


def _sectors(offset, data):
    end = offset + len(data)
    starts = [offset, *range(offset - offset % SECTOR + SECTOR, end, SECTOR)]
    for start, stop in zip(starts, [*starts[1:], end], strict=True):
        yield start, data[start - offset : stop - offset]


class Disk:
    """All files of one machine.

    Args:
        files: them, by name.
        gone: files that were deleted, until that lasts.
    """

    def __init__(self, files=None, gone=None):
        self.files = files if files is not None else {}
        self.gone = gone if gone is not None else {}
        # Called with what is done to which file; may raise, and then it is not done.
        self.before = lambda what, name, *parts: None
        self.after = lambda what, name: None

    def killed(self):
        """The disk as the next process finds it."""
        return Disk({name: file.killed() for name, file in self.files.items()}, dict(self.gone))

    def cut(self, mode, rng):
        """The disk after a power cut; this one stays as it is."""
        files = {}
        for name, file in self.files.items():
            left = file.cut(mode, rng)
            if left is not None:
                files[name] = left
        back = mode in ("none", "some") or (mode == "torn" and rng.random() < 0.5)
        for name, file in self.gone.items():
            if back and name not in files:
                files[name] = File(file.lasting)
        return Disk(files)

    def sync(self, name):
        """Make what was written to a file last, and its name."""
        if self.files[name].lasting is None:
            # The folder is synced with a new file.
            self.gone.clear()
        self.files[name].sync()

    def delete(self, name, sync):
        """Delete a file; without a sync it may come back."""
        file = self.files.pop(name, None)
        if file is not None and file.lasting is not None and not sync:
            self.gone[name] = file

    def mounted(self):
        """Return a file system for SQLite on this disk; it lasts as long as it is kept."""
        return FileSystem(self)


class FileSystem(apsw.VFS):
    """What SQLite sees of a disk."""

    def __init__(self, disk):
        self.name = f"simulated-{next(_NAMES)}"
        self.disk = disk
        super().__init__(self.name, "")

    def xOpen(self, name, flags):  # noqa: N802
        flags[1] = flags[0]
        if name is None:
            return Handle(Disk(), "temporary", File())
        name = name.filename() if isinstance(name, apsw.URIFilename) else name
        file = self.disk.files.get(name)
        if file is None:
            if not flags[0] & apsw.SQLITE_OPEN_CREATE:
                raise apsw.CantOpenError
            file = self.disk.files[name] = File(lasts=False)
        return Handle(self.disk, name, file)

    def xDelete(self, name, sync):  # noqa: N802
        self.disk.before("delete", name, sync)
        self.disk.delete(name, sync)
        self.disk.after("delete", name)

    def xAccess(self, name, flags):  # noqa: N802
        return name in self.disk.files

    def xFullPathname(self, name):  # noqa: N802
        return name


class Handle:
    """An open file."""

    def __init__(self, disk, name, file):
        self.disk = disk
        self.name = name
        self.file = file

    def xRead(self, amount, offset):  # noqa: N802
        self.disk.before("read", self.name)
        return bytes(self.file.now[offset : offset + amount])

    def xWrite(self, data, offset):  # noqa: N802
        self.disk.before("write", self.name, data, offset)
        self.file.write(data, offset)
        self.disk.after("write", self.name)

    def xTruncate(self, size):  # noqa: N802
        self.disk.before("truncate", self.name, size)
        self.file.truncate(size)
        self.disk.after("truncate", self.name)

    def xSync(self, flags):  # noqa: N802
        self.disk.before("sync", self.name)
        if self.disk.files.get(self.name) is self.file:
            self.disk.sync(self.name)
        self.disk.after("sync", self.name)

    def xFileSize(self):  # noqa: N802
        return len(self.file.now)

    def xClose(self):  # noqa: N802
        pass

    def xLock(self, level):  # noqa: N802
        pass

    def xUnlock(self, level):  # noqa: N802
        pass

    def xCheckReservedLock(self):  # noqa: N802
        return False

    def xFileControl(self, op, pointer):  # noqa: N802
        return False

    def xSectorSize(self):  # noqa: N802
        return 4096

    def xDeviceCharacteristics(self):  # noqa: N802
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE
