"""A committer on a real journal file whose commits fail or take long."""

import asyncio
import threading
import time

from fsm.runtime import HubLimits, Journal, MemoryRecorder, TimerDefaults
from fsm.runtime.accounts import Accounts
from fsm.runtime.alarms import Alarms
from fsm.runtime.committer import Committer
from fsm.runtime.delivery import Delivery
from fsm.runtime.journal_threads import JournalThreads
from fsm.runtime.meeting_timers import MeetingTimers
from fsm.runtime.meetings import Meetings
from fsm.runtime.reconcile import Reconciler
from fsm.runtime.requests import Request, RequestQueue

from .hubs import PRO, QUICK, wait_until


class ScriptedJournal(Journal):
    """A journal that fails with the errors of a list, and waits while it is held.

    Attributes:
        begun: the sizes of commits that have begun.
        committed: the sizes of those that succeeded.
        loading: the ids of meetings whose loading has begun.
    """

    def __init__(self, file, **options):
        super().__init__(file, **options)
        self.errors = []
        self.load_errors = []
        self.begun = []
        self.committed = []
        self.loading = []
        self.probes = 0
        self._released = threading.Event()
        self._released.set()

    def hold(self):
        self._released.clear()

    def release(self):
        self._released.set()

    def commit(self, batch):
        self.begun.append(len(batch))
        self._released.wait()
        self._fail(self.errors)
        super().commit(batch)
        self.committed.append(len(batch))

    def probe(self):
        self.probes += 1
        self._fail(self.errors)
        super().probe()

    def load(self, id):  # noqa: A002
        self.loading.append(id)
        self._released.wait()
        self._fail(self.load_errors)
        return super().load(id)

    def accounts(self, ids=None):
        self._fail(self.load_errors)
        return super().accounts(ids)

    def _fail(self, errors):
        if errors:
            raise errors.pop(0)


class ListedDelivery(Delivery):
    """A delivery that only lists what it is to do, or raises an error."""

    def __init__(self, *args):
        super().__init__(*args)
        self.schedule = []
        self.error = None

    def set_pending(self, meeting, messages, *, new=False):
        if self.error is not None:
            raise self.error
        self.schedule.append(("pending", meeting, messages, new))

    def check(self, meeting):
        self.schedule.append(("check", meeting))


class RunningCommitter:
    """A committer that runs for the length of a block, with everything that it uses."""

    def __init__(self, folder, max_waiting=1000, **options):
        self.file = folder / "meetings.db"
        self.max_waiting = max_waiting
        self.options = options

    async def __aenter__(self):
        self.threads = JournalThreads(lambda: ScriptedJournal(self.file))
        self.journal = await self.threads.open(lambda journal: journal)
        self.requests = RequestQueue(self.max_waiting)
        self.meetings = Meetings(
            (), 1, MeetingTimers(lambda: 0, time.monotonic), HubLimits(), TimerDefaults()
        )
        self.accounts = Accounts({})
        results = Reconciler(self.meetings, self.requests, max_corrections=3, retry_interval=1)
        self.delivery = ListedDelivery(MemoryRecorder(), results, QUICK)
        self.committer = Committer(
            self.requests,
            self.threads,
            self.meetings,
            self.accounts,
            self.delivery,
            Alarms(lambda meeting: None),
            **self.options,
        )
        self.task = asyncio.create_task(self.committer.run())
        return self

    async def __aexit__(self, *error):
        self.journal.release()
        self.requests.close()
        await asyncio.wait([self.task])
        await self.threads.close()
        if not error[0] and not self.task.cancelled():
            assert self.task.exception() is None or isinstance(
                self.task.exception(), ZeroDivisionError
            )

    def submit(self, apply, *args, **options):
        return self.requests.submit(Request(apply, *args, **options))

    def write(self, answer, **options):
        def apply(batch):
            batch.put_account(str(answer), PRO)
            return answer

        return self.submit(apply, **options)

    def read(self, answer=None, **options):
        return self.submit(lambda _: answer, **options)

    async def until_commit_begins(self):
        count = len(self.journal.begun)
        await wait_until(lambda: len(self.journal.begun) > count)

    def on_disk(self):
        with Journal(self.file, readonly=True) as reader:
            return set(reader.accounts())


def raises(error):
    """Returns the operation of a request that raises an error."""

    def apply(batch):
        raise error

    return apply
