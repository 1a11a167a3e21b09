"""A journal with its threads: one that writes, and one that reads while the first one writes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from fsm.runtime.journal import Journal
from fsm.runtime.worker import Worker

T = TypeVar("T")


class JournalThreads:
    """Carries out calls of a journal in threads, so that the event loop does not wait for the disk.

    Args:
        open_journal: opens the journal.
        worker: creates a thread with a name.

    Attributes:
        journal: the journal. Its SQL is executed by the writer's thread alone.
    """

    journal: Journal

    def __init__(
        self, open_journal: Callable[[], Journal], worker: Callable[[str], Worker] = Worker
    ) -> None:
        self._open_journal = open_journal
        self._new_worker = worker

    async def open(self, load: Callable[[Journal], T]) -> T:
        """Opens the journal, and returns what a function loads from it.

        Args:
            load: the function; it runs in the writer's thread.

        Raises:
            JournalFileError: the file cannot be used as a journal.
            JournalError: the journal cannot be read.
        """
        self._writer = self._new_worker("journal")
        loading: asyncio.Future[T] = self._writer.do(self._load, load)
        try:
            loaded = await completed(loading)
            # With a connection of its own, a reader does not wait for commits.
            shared = self._reader is self.journal
            self._readers = self._writer if shared else self._new_worker("reader")
        except BaseException:
            if not loading.cancelled() and loading.exception() is None:
                # Otherwise the file would stay locked for as long as this process runs.
                await completed(self._writer.do(self._close_files))
            self._writer.close()
            raise
        return loaded

    def _load(self, load: Callable[[Journal], T]) -> T:
        self.journal = self._open_journal()
        try:
            loaded = load(self.journal)
            self._reader = self.journal.reader()
        except BaseException:
            self.journal.close()
            raise
        return loaded

    def _close_files(self) -> None:
        if self._reader is not self.journal:
            self._reader.close()
        self.journal.close()

    def write(self, call: Callable[..., T], *args: Any) -> asyncio.Future[T]:
        """Carries out a call in the writer's thread, after all earlier ones."""
        return self._writer.do(call, *args)

    def read(self, call: Callable[[Journal], T]) -> asyncio.Future[T]:
        """Carries out a call that reads from the journal, beside those that write."""
        return self._readers.do(call, self._reader)

    async def close(self) -> None:
        """Closes the journal once all calls are carried out, and ends the threads.

        It must not be cancelled.
        """
        try:
            if self._reader is not self.journal:
                await self._readers.do(self._reader.close)
                self._readers.close()
        finally:
            await self._writer.do(self.journal.close)
            self._writer.close()


async def completed(future: asyncio.Future[T]) -> T:
    """Waits for work that must not stop half-way.

    If the caller is cancelled, the work completes first; then the cancellation is raised.
    """
    cancelled: asyncio.CancelledError | None = None
    while not future.done():
        try:
            await asyncio.wait([future])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    return future.result()
