"""Single faults of the runtime, each a method that is replaced by a wrong one.

A replacement is called with the right method first, and then with the arguments. Nothing but the
classes in memory is changed.
"""

import asyncio
import inspect

import attrs

from fsm.recording import Meeting, PauseRecorder, ResumeRecorder
from fsm.runtime import GapError, RecorderError, RecorderStatus, hub, reconcile
from fsm.runtime.batch import Batch
from fsm.runtime.committer import Committer
from fsm.runtime.delivery import Delivery, _MeetingDelivery
from fsm.runtime.entry import JournalEntry
from fsm.runtime.hub import Hub
from fsm.runtime.journal import Journal
from fsm.runtime.live import LiveMeeting
from fsm.runtime.meetings import Meetings
from fsm.runtime.reconcile import Reconciler
from fsm.runtime.schema import COLUMNS

FAULTS = {}


def fault(name, owner, method):
    """Registers a replacement for a method of a class, or for a function of a module."""

    def register(replacement):
        assert name not in FAULTS
        FAULTS[name] = owner, method, replacement
        return replacement

    return register


def put_in(monkeypatch, name):
    """Puts a fault into the classes in memory."""
    owner, method, replacement = FAULTS[name]
    right = getattr(owner, method)

    if inspect.iscoroutinefunction(right):

        async def wrong(*args, **options):
            return await replacement(right, *args, **options)

    else:

        def wrong(*args, **options):
            return replacement(right, *args, **options)

    monkeypatch.setattr(owner, method, wrong)


# -- answers and the disk -----------------------------------------------------------------------


@fault("answers before the commit", Committer, "_commit")
async def _(right, self, batch):
    self._answer()
    await right(self, batch)


@fault("a failed commit is answered as good", Committer, "_refuse")
def _(right, self, batch, failure):
    self._roll_back(batch)
    self._answer()
    self._group = []


@fault("a failed commit stays in memory", Committer, "_roll_back")
def _(right, self, batch):
    pass


@fault("an account of a failed commit stays in memory", Committer, "_roll_back")
def _(right, self, batch):
    batch.replaced_accounts.clear()
    right(self, batch)


@fault("what was read in a failed commit is answered", Committer, "_refuse")
def _(right, self, batch, failure):
    self._roll_back(batch)
    for request in self._group:
        if request.wrote:
            request.error = failure
    self._answer()
    self._group = []


@fault("a reader does not wait for the commit", Hub, "read")
async def _(right, self, meeting):
    if meeting in self._meetings.live:
        return self._meetings.snapshot(None, meeting)
    return await right(self, meeting)


@fault("commits are not synced", Journal, "_prepare_writing")
def _(right, self):
    right(self)
    self._db.execute("PRAGMA synchronous = OFF")


@fault("commits are synced with a checkpoint only", Journal, "_prepare_writing")
def _(right, self):
    right(self)
    self._db.execute("PRAGMA synchronous = NORMAL")


@fault("what a killed process left is not synced", Journal, "_migrate")
def _(right, self):
    if self._checked_version() == 0:
        right(self)
    else:
        # Nor is it synced by a checkpoint.
        self._checkpoint_at = 1


@fault("an event is not written", Batch, "add_entry")
def _(right, self, live, entry, text):
    if entry.seq != 4:
        right(self, live, entry, text)


# -- the journal --------------------------------------------------------------------------------


@fault("messages are committed after their events", Journal, "commit")
def _(right, self, batch):
    rows = [batch.values[at : at + COLUMNS] for at in range(0, len(batch.values), COLUMNS)]
    for messages in (False, True):
        part = Batch()
        part.values = [value for row in rows if (row[0] == "message") is messages for value in row]
        if part:
            right(self, part)


@fault("a message counts as delivered before it is sent", Batch, "add_message")
def _(right, self, live, message):
    right(self, live, message)
    self.mark_delivered(live, message)


@fault("pending messages are forgotten at the start", Journal, "_live")
def _(right, self, row):
    live = right(self, row)
    live.pending = ()
    return live


@fault("messages are counted from the start again", Journal, "_live")
def _(right, self, row):
    live = right(self, row)
    live.last_sequence = 0
    return live


@fault("events are counted from the start again", Journal, "_live")
def _(right, self, row):
    live = right(self, row)
    live.seq = 0
    return live


@fault("a key stands for two meetings", Journal, "next_key")
def _(right, self):
    return max(1, right(self) - 1)


@fault("the last event is not replayed", Meeting, "replay")
def _(right, self, events):
    return right(self, events[:-1])


# -- event ids ----------------------------------------------------------------------------------


@fault("an id that comes again is not known", LiveMeeting, "entry_of")
def _(right, self, event_id):
    return None


@fault("ids are forgotten by a restart", Journal, "load_ids")
def _(right, self, live):
    live.by_id = {}


@fault("an id is known only a little later", Meetings, "handle")
def _(right, self, batch, live, event, text, id):  # noqa: A002
    entry = right(self, batch, live, event, text, id)
    if entry.seq is not None and id is not None:
        known = live.by_id.pop(id)
        asyncio.get_running_loop().call_later(0.01, live.by_id.__setitem__, id, known)
    return entry


@fault("an id is known for a few events only", LiveMeeting, "entry_of")
def _(right, self, event_id):
    entry = right(self, event_id)
    return entry if entry is not None and self.seq - entry.seq < 3 else None


@fault("an id is good for any event", Meetings, "dispatch")
def _(right, self, batch, meeting, event, text, id):  # noqa: A002
    known = self.get(meeting).entry_of(id) if id is not None else None
    return known or right(self, batch, meeting, event, text, id)


# -- delivery -----------------------------------------------------------------------------------


@fault("messages are sent before the commit", Batch, "deliver")
def _(right, self, meeting, messages, *, new=False):
    right(self, meeting, messages, new=new)
    if new:
        self.delivering.pending(meeting, messages, new=True)


@fault("the last message is sent first", Delivery, "pending")
def _(right, self, meeting, messages, *, new=False):
    right(self, meeting, messages[::-1], new=new)


@fault("a message that is sent again has another sequence", Delivery, "_retrying")
async def _(right, self, attempts, meeting, message):
    if message is not None:
        message = attrs.evolve(message, sequence=message.sequence + 1)
    return await right(self, attempts, meeting, message)


@fault("no answer counts as an acknowledgement", Delivery, "_try_once")
async def _(right, self, meeting, message):
    try:
        return await right(self, meeting, message)
    except RecorderError as error:
        if not str(error).startswith("no answer"):
            raise
        return RecorderStatus(message.sequence if message else 0)


@fault("a gap counts as an acknowledgement", Delivery, "_try_once")
async def _(right, self, meeting, message):
    try:
        return await right(self, meeting, message)
    except GapError as gap:
        return gap.status


@fault("a recorder that is dead for one meeting delays the others", Delivery, "_send_message")
async def _(right, self, meeting, message):
    while next(iter(self._deliveries)) != meeting:
        await asyncio.sleep(0.1)
    return await right(self, meeting, message)


@fault("a check cannot be broken off", _MeetingDelivery, "wake")
def _(right, self):
    self.new = True


@fault("messages wait while a recorder is left alone", _MeetingDelivery, "rest")
async def _(right, self, seconds):
    await asyncio.sleep(seconds)


@fault("an impossible sequence is believed", LiveMeeting, "can_have_applied")
def _(right, self, sequence):
    return True


@fault("the machine does not learn that its recorder failed", Reconciler, "_fail")
def _(right, self, live, error, batch):
    pass


@fault("messages are sent after their recorder was given up", Reconciler, "_fail")
def _(right, self, live, error, batch):
    self._cancel_pending = lambda live, batch: None
    right(self, live, error, batch)
    del self._cancel_pending


@fault("a correction has an old sequence", LiveMeeting, "enqueue")
def _(right, self, command, *, again=False, expected_sequence=None):
    if again:
        self.last_sequence -= 1
    return right(self, command, again=again, expected_sequence=expected_sequence)


@fault("a correction counts as a recording", LiveMeeting, "enqueue")
def _(right, self, command, *, again=False, expected_sequence=None):
    return right(self, command, expected_sequence=expected_sequence)


@fault("a correction expects what is lost", LiveMeeting, "enqueue")
def _(right, self, command, *, again=False, expected_sequence=None):
    return right(self, command, again=again)


@fault("nothing is compared at the start", Meetings, "to_check")
def _(right, self):
    return []


@fault("nothing is compared when all is delivered", Reconciler, "_reconcile")
def _(right, self, live, status, batch, *, was_check):
    return was_check and right(self, live, status, batch, was_check=was_check)


@fault("only sequences are compared", reconcile, "reconciliation_commands")
def _(right, live, status):
    return () if status.sequence == live.expected_status.sequence else right(live, status)


@fault("a paused recording is started as a running one", reconcile, "reconciliation_commands")
def _(right, live, status):
    commands = right(live, status)
    without = tuple(command for command in commands if command != PauseRecorder())
    return without or ((ResumeRecorder(),) if commands else ())


@fault("all messages count as delivered with the first", Batch, "mark_delivered")
def _(right, self, live, message):
    right(self, live, message)
    live.pending = ()


# -- the end of a meeting -----------------------------------------------------------------------


@fault("a meeting is closed before its messages are delivered", Meetings, "handle")
def _(right, self, batch, live, event, text, id):  # noqa: A002
    entry = right(self, batch, live, event, text, id)
    if live.meeting.ended and live.pending:
        self.close(batch, live)
    return entry


@fault("a meeting is closed before its recorder is was_check", Meetings, "handle")
def _(right, self, batch, live, event, text, id):  # noqa: A002
    entry = right(self, batch, live, event, text, id)
    if live.meeting.ended and not live.pending and batch.checks.pop(live.id, 0) is None:
        self.close(batch, live)
    return entry


@fault("a meeting is closed because its recorder says that it stopped", Reconciler, "_reconcile")
def _(right, self, live, status, batch, *, was_check):
    return right(self, live, status, batch, was_check=True)


@fault("a meeting that is over is never closed", Meetings, "close")
def _(right, self, batch, live):
    pass


@fault("an event after the end is written", LiveMeeting, "handle")
def _(right, self, event, event_id, at):
    if not self.meeting.ended:
        return right(self, event, event_id, at)
    self.seq += 1
    entry = JournalEntry(self.id, self.seq, event_id, at, event, self.meeting.handle(event))
    if event_id is not None:
        self.by_id[event_id] = entry
    return entry, ()


@fault("a closed meeting that is was_check for stays in memory", Meetings, "keep")
def _(right, self, loaded):
    self.live.update((live.id, live) for live in loaded)


@fault("a hub whose closing is cancelled stops half-way", hub, "_completed")
async def _(right, future):
    return await future


@fault("watchers are not woken", Meetings, "wake_watchers")
def _(right, self, meetings=None):
    pass
