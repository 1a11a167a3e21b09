"""A disk in memory for SQLite, with simulated power cuts.

Writes are visible at once, but durable only after a sync. A killed process leaves all its writes.
A power cut leaves what was synced and, of the other writes, any part: none, all, the first ones,
some, or single sectors.

The disk guarantees what ``synchronous=FULL`` relies on: a successful sync makes all writes to the
file durable, and its name; a write does not change the bytes beside it.
"""

from __future__ import annotations

import itertools

import apsw

SECTOR = 512
CUTS = ("none", "all", "first", "some", "torn")
_NAMES = itertools.count()


class File:
    """One file: its durable content, the writes since, and the content that readers see."""

    def __init__(self, content=b"", durable=True):
        self.durable = bytearray(content) if durable else None
        self.pending = []
        self.visible = bytearray(content)

    def write(self, data, offset):
        _put(self.visible, offset, data)
        self.pending.append((offset, bytes(data)))

    def truncate(self, size):
        _put(self.visible, size, None)
        self.pending.append((size, None))

    def sync(self):
        if self.durable is None:
            self.durable = bytearray()
        for offset, data in self.pending:
            _put(self.durable, offset, data)
        self.pending.clear()

    def killed(self):
        """Returns the file as the next process finds it."""
        file = File(self.visible)
        file.durable = None if self.durable is None else bytearray(self.durable)
        file.pending = list(self.pending)
        return file

    def cut(self, mode, rng):
        """Returns the file after a power cut; ``None`` if it is gone."""
        if mode == "all":
            return File(self.visible)
        kept = _kept(self.pending, mode, rng)
        if self.durable is None and not kept:
            return None
        content = bytearray(self.durable or b"")
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
        return [write for write in pending if rng.random() < 0.5]
    kept = []
    for offset, data in pending:
        fate = rng.random()
        if fate < 0.4 or (data is None and fate < 0.7):
            kept.append((offset, data))
        elif fate < 0.8 and data is not None:
            kept.extend(sector for sector in _sectors(offset, data) if rng.random() < 0.5)
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
        files: the files by their names.
        deleted: deleted files whose deletion is not durable yet.
    """

    def __init__(self, files=None, deleted=None):
        self.files = files if files is not None else {}
        self.deleted = deleted if deleted is not None else {}
        # Called before and after each operation; an error before it prevents it.
        self.before = lambda operation, name, *args: None
        self.after = lambda operation, name: None

    def killed(self):
        """Returns the disk as the next process finds it."""
        return Disk({name: file.killed() for name, file in self.files.items()}, dict(self.deleted))

    def cut(self, mode, rng):
        """Returns the disk after a power cut; this one stays as it is."""
        files = {}
        for name, file in self.files.items():
            left = file.cut(mode, rng)
            if left is not None:
                files[name] = left
        deletions_lost = mode in ("none", "some") or (mode == "torn" and rng.random() < 0.5)
        for name, file in self.deleted.items():
            if deletions_lost and name not in files:
                files[name] = File(file.durable)
        return Disk(files)

    def sync(self, name):
        """Makes the writes to a file durable, and its name."""
        if self.files[name].durable is None:
            # With a new file, the directory is synced.
            self.deleted.clear()
        self.files[name].sync()

    def delete(self, name, sync):
        """Deletes a file; without a sync it may come back."""
        file = self.files.pop(name, None)
        if file is not None and file.durable is not None and not sync:
            self.deleted[name] = file

    def mounted(self):
        """Returns a file system for SQLite on this disk; it exists as long as the object."""
        return FileSystem(self)


class FileSystem(apsw.VFS):
    """The file system of a disk, as SQLite sees it."""

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
            file = self.disk.files[name] = File(durable=False)
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
        return bytes(self.file.visible[offset : offset + amount])

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
        return len(self.file.visible)

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
