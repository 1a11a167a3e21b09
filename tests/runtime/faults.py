"""Faults that tests plant in the runtime, each a method that is replaced by a faulty one.

A replacement is called with the original method first, and then with the arguments. Only the
classes in memory are changed.
"""

import asyncio
import inspect
from unittest.mock import patch

import attrs

from fsm.recording import TimeUp
from fsm.recording.timers import TimerState
from fsm.recording.vocabulary import TIMERS
from fsm.runtime import (
    GapError,
    RecorderError,
    RecorderStatus,
    answers,
    hub,
    live,
    meeting_timers,
    reconcile,
)
from fsm.runtime.alarms import milliseconds
from fsm.runtime.batch import Batch
from fsm.runtime.committer import Committer
from fsm.runtime.delivery import Delivery, _MeetingDelivery
from fsm.runtime.entries import JournalEntry
from fsm.runtime.hub import Hub
from fsm.runtime.journal import Journal
from fsm.runtime.live import LiveMeeting
from fsm.runtime.meeting_timers import MeetingTimers
from fsm.runtime.meetings import Meetings
from fsm.runtime.operations import MeetingOperations
from fsm.runtime.reconcile import Reconciliation
from fsm.runtime.schema import COLUMNS
from fsm.runtime.timer_firings import TimerFirings
from fsm.runtime.watchers import Feeds, Watcher

FAULTS = {}


def fault(name, owner, method):
    """Registers a replacement for a method of a class, or for a function of a module."""

    def register(replacement):
        assert name not in FAULTS
        FAULTS[name] = owner, method, replacement
        return replacement

    return register


def plant(monkeypatch, name):
    """Plants a fault in the classes in memory."""
    owner, method, replacement = FAULTS[name]
    original = getattr(owner, method)

    if inspect.iscoroutinefunction(original):

        async def faulty(*args, **options):
            return await replacement(original, *args, **options)

    else:

        def faulty(*args, **options):
            return replacement(original, *args, **options)

    monkeypatch.setattr(owner, method, faulty)


# -- answers and commits ------------------------------------------------------------------------


@fault("requests are answered before their commit", Committer, "_commit")
async def _(original, self, batch):
    self._answer()
    await original(self, batch)


@fault("requests of a failed commit are answered as if it had succeeded", Committer, "_fail_group")
def _(original, self, batch, failure):
    self._roll_back(batch)
    self._answer()
    self._group = []


@fault("meetings of a failed commit stay in memory", Committer, "_roll_back")
def _(original, self, batch):
    pass


@fault("accounts of a failed commit stay in memory", Committer, "_roll_back")
def _(original, self, batch):
    batch.dirty_accounts.clear()
    original(self, batch)


@fault("reads are answered with the state of a failed commit", Committer, "_fail_group")
def _(original, self, batch, failure):
    self._roll_back(batch)
    for request in self._group:
        if request.wrote:
            request.error = failure
    self._answer()
    self._group = []


@fault("reads do not wait for the commit", Hub, "read")
async def _(original, self, meeting):
    if meeting in self._meetings.live:
        return self._meetings.snapshot(None, meeting)
    return await original(self, meeting)


@fault("commits are not synced", Journal, "_prepare_writing")
def _(original, self):
    original(self)
    self._db.execute("PRAGMA synchronous = OFF")


@fault("commits are only synced by a checkpoint", Journal, "_prepare_writing")
def _(original, self):
    original(self)
    self._db.execute("PRAGMA synchronous = NORMAL")


@fault("writes of a killed process are not synced at the next start", Journal, "_migrate")
def _(original, self):
    if self._checked_version() == 0:
        original(self)
    else:
        # A checkpoint must not sync them either.
        self._checkpoint_at = 1


@fault("an event is not written", Batch, "add_entry")
def _(original, self, live, entry, text):
    if entry.seq != 4:
        original(self, live, entry, text)


# -- the journal --------------------------------------------------------------------------------


@fault("messages are committed after their events", Journal, "commit")
def _(original, self, batch):
    rows = [batch.values[at : at + COLUMNS] for at in range(0, len(batch.values), COLUMNS)]
    for messages in (False, True):
        part = Batch()
        part.values = [value for row in rows if (row[0] == "message") is messages for value in row]
        if part:
            original(self, part)


@fault("a message counts as delivered before it is sent", Batch, "add_message")
def _(original, self, live, message):
    original(self, live, message)
    self.mark_delivered(live, message)


@fault("pending messages are not loaded", Journal, "_live")
def _(original, self, row):
    live = original(self, row)
    live.pending = ()
    return live


@fault("the sequence of messages begins again after a restart", Journal, "_live")
def _(original, self, row):
    live = original(self, row)
    live.last_sequence = 0
    return live


@fault("the numbers of events begin again after a restart", Journal, "_live")
def _(original, self, row):
    live = original(self, row)
    live.seq = 0
    return live


@fault("two meetings have the same key", Journal, "next_key")
def _(original, self):
    return max(1, original(self) - 1)


@fault("participants are not restored", answers, "restore")
def _(original, plan, answer, presence):
    return original(plan, answer, "")


@fault("the state of a meeting is not restored", answers, "restore")
def _(original, plan, answer, presence):
    return original(plan, None, presence)


# -- event ids ----------------------------------------------------------------------------------


@fault("event ids are not recognised", LiveMeeting, "entry_of")
def _(original, self, event_id):
    return None


@fault("event ids are forgotten by a restart", Journal, "load_ids")
def _(original, self, live):
    live.by_id = {}


@fault("event ids are recognised too late", MeetingOperations, "handle")
def _(original, self, batch, live, event, text, id):  # noqa: A002
    entry = original(self, batch, live, event, text, id)
    if entry.seq is not None and id is not None:
        known = live.by_id.pop(id)
        asyncio.get_running_loop().call_later(0.01, live.by_id.__setitem__, id, known)
    return entry


@fault("event ids are forgotten after a few events", LiveMeeting, "entry_of")
def _(original, self, event_id):
    entry = original(self, event_id)
    return entry if entry is not None and self.seq - entry.seq < 3 else None


@fault("event ids are accepted for another event", Meetings, "dispatch")
def _(original, self, batch, meeting, event, text, id):  # noqa: A002
    known = self.get(meeting).entry_of(id) if id is not None else None
    return known or original(self, batch, meeting, event, text, id)


# -- delivery -----------------------------------------------------------------------------------


@fault("messages are sent before the commit", Batch, "deliver")
def _(original, self, meeting, messages, *, new=False):
    original(self, meeting, messages, new=new)
    if new:
        self.delivering.set_pending(meeting, messages, new=True)


@fault("the last message is sent first", Delivery, "set_pending")
def _(original, self, meeting, messages, *, new=False):
    original(self, meeting, messages[::-1], new=new)


@fault("a retried message has another sequence", Delivery, "_retrying")
async def _(original, self, attempts, meeting, message):
    if message is not None:
        message = attrs.evolve(message, sequence=message.sequence + 1)
    return await original(self, attempts, meeting, message)


@fault("a timeout counts as an acknowledgement", Delivery, "_try_once")
async def _(original, self, meeting, message, **options):
    try:
        return await original(self, meeting, message, **options)
    except RecorderError as error:
        if not str(error).startswith("no answer"):
            raise
        return RecorderStatus(message.sequence if message else 0)


@fault("a gap counts as an acknowledgement", Delivery, "_try_once")
async def _(original, self, meeting, message, **options):
    try:
        return await original(self, meeting, message, **options)
    except GapError as gap:
        return gap.status


@fault("a dead recorder of one meeting delays the others", Delivery, "_send_message")
async def _(original, self, meeting, message):
    while next(iter(self._deliveries)) != meeting:
        await asyncio.sleep(0.1)
    return await original(self, meeting, message)


@fault("new messages do not interrupt a status check", _MeetingDelivery, "wake")
def _(original, self):
    self.new = True


@fault("new messages do not interrupt the pause after a failure", _MeetingDelivery, "rest")
async def _(original, self, seconds):
    await asyncio.sleep(seconds)


@fault("a recorder may report any sequence", LiveMeeting, "can_have_applied")
def _(original, self, sequence):
    return True


@fault("the failure of a recorder is not recorded", Reconciliation, "_fail_recording")
def _(original, self, batch, live, error):
    pass


@fault("a correction has an old sequence", LiveMeeting, "enqueue")
def _(original, self, command, *, again=False, expected_sequence=None):
    if again:
        self.last_sequence -= 1
    return original(self, command, again=again, expected_sequence=expected_sequence)


@fault("a correction counts as a new recording", LiveMeeting, "enqueue")
def _(original, self, command, *, again=False, expected_sequence=None):
    return original(self, command, expected_sequence=expected_sequence)


@fault("a correction expects the sequence of lost messages", LiveMeeting, "enqueue")
def _(original, self, command, *, again=False, expected_sequence=None):
    return original(self, command, again=again)


@fault("recorders are not checked at the start", Meetings, "to_check")
def _(original, self, **_):
    return []


@fault("recorders are not reconciled after a delivery", Reconciliation, "_reconcile")
def _(original, self, batch, live, status, *, was_check):
    return was_check and original(self, batch, live, status, was_check=was_check)


@fault("only the sequence of a status is compared", reconcile, "reconciliation_commands")
def _(original, live, status):
    return () if status.sequence == live.expected_status.sequence else original(live, status)


@fault(
    "a recorder that records nothing may have an old sequence", reconcile, "reconciliation_commands"
)
def _(original, live, status):
    nothing = live.expected_status.kind is None and status.kind is None
    return () if nothing else original(live, status)


@fault("a lost recording is not started again", reconcile, "reconciliation_commands")
def _(original, live, status):
    return () if status.kind is None else original(live, status)


@fault("all pending messages count as delivered with the first", Batch, "mark_delivered")
def _(original, self, live, message):
    original(self, live, message)
    live.pending = ()


# -- the end of a meeting -----------------------------------------------------------------------


@fault("a meeting is closed before its messages are delivered", MeetingOperations, "handle")
def _(original, self, batch, live, event, text, id):  # noqa: A002
    entry = original(self, batch, live, event, text, id)
    if live.meeting.ended and live.pending:
        self.close(batch, live)
    return entry


@fault("a meeting is closed without a last status check", MeetingOperations, "handle")
def _(original, self, batch, live, event, text, id):  # noqa: A002
    entry = original(self, batch, live, event, text, id)
    if live.meeting.ended and not live.pending and batch.checks.pop(live.id, 0) is None:
        self.close(batch, live)
    return entry


@fault("a meeting is closed as soon as its stop is acknowledged", Reconciliation, "_reconcile")
def _(original, self, batch, live, status, *, was_check):
    return original(self, batch, live, status, was_check=True)


@fault("a meeting that has ended is never closed", MeetingOperations, "close")
def _(original, self, batch, live):
    pass


@fault("events with an id are not kept after the end", LiveMeeting, "handle")
def _(original, self, event, event_id, at):
    if not self.meeting.ended:
        return original(self, event, event_id, at)
    return JournalEntry(self.id, None, event_id, at, event, self.meeting.handle(event)), ()


@fault("an event after the end closes the meeting again", MeetingOperations, "handle")
def _(original, self, batch, live, event, text, id):  # noqa: A002
    over = live.meeting.ended
    entry = original(self, batch, live, event, text, id)
    if over and entry.seq is not None:
        self.close(batch, live)
    return entry


@fault("a closed meeting that was loaded stays in memory", Meetings, "keep")
def _(original, self, loaded):
    self.live.update((live.id, live) for live in loaded)


@fault("a hub whose closing is cancelled is not closed", hub, "completed")
async def _(original, future):
    return await future


@fault("watchers are not woken", Feeds, "add")
def _(original, self, committed, is_over):
    pass


@fault("watchers skip what they have not read yet", Watcher, "_read_journal")
async def _(original, self):
    for entry in await original(self):
        self.after = entry.seq
    return []


# -- timers ---------------------------------------------------------------------------------------


@fault("alarms are not set again after a failed commit", Committer, "_load")
async def _(original, self):
    await original(self)
    return []


@fault("the moments of timers are lost by a rollback", Meetings, "roll_back")
def _(original, self, meetings, replaced_firings):
    original(self, meetings, {})
    self._rolled_back = {meeting: {} for meeting in self._rolled_back}


@fault("a grace does not begin anew after a restart", MeetingTimers, "start")
def _(original, self, lives, *, anew):
    return original(self, lives, anew=False)


@fault("a grace begins anew at every start", MeetingTimers, "start")
def _(original, self, lives, *, anew):
    return original(self, lives, anew=True)


@fault("starts are not counted anew", Journal, "forget_starts")
def _(original, self):
    pass


@fault("starts are counted anew at once", TimerFirings, "forget_starts_later")
def _(original, self):
    self._forget_starts()


@fault("every timer begins anew after a restart", MeetingTimers, "start")
def _(original, self, lives, *, anew):
    with patch.object(meeting_timers, "BEGINNING_ANEW", frozenset(TIMERS)):
        return original(self, lives, anew=anew)


@fault("timers that are due at the start wait for their alarms", TimerFirings, "start")
def _(original, self):
    start = self._meetings.timers.start
    later = milliseconds(self._loop.time()) + 1000

    def start_late(lives, *, anew):
        due, waiting = start(lives, anew=anew)
        return [], [(meeting, later) for meeting in due] + waiting

    self._meetings.timers.start = start_late
    return original(self)


@fault("timers due at the start fire in the order of their openings", TimerFirings, "start")
def _(original, self):
    start = self._meetings.timers.start
    self._meetings.timers.start = lambda lives, *, anew: tuple(
        sorted(each) for each in start(lives, anew=anew)
    )
    return original(self)


@fault("timers are not started with the hub", MeetingTimers, "start")
def _(original, self, lives, *, anew):
    original(self, lives, anew=anew)
    return [], []


@fault("a refused firing is never tried again", LiveMeeting, "handle")
def _(original, self, *args):
    answer = original(self, *args)
    if self.refused:
        self.moments = {
            timer: moment for timer, moment in self.moments.items() if timer not in self.refused
        }
    return answer


@fault("an event is answered before a timer that is due", MeetingOperations, "handle")
def _(original, self, batch, live, event, text, id):  # noqa: A002
    return self._take(batch, live, event, text, id)


@fault("an event that came in time is answered after the timer", MeetingOperations, "handle")
def _(original, self, batch, live, event, text, id):  # noqa: A002
    batch.arrived = self.clocks.now()
    return original(self, batch, live, event, text, id)


@fault("a cancelled timer stays due", live, "due_after")
def _(original, due, event, outcome, now):
    return {**due, **original(due, event, outcome, now)}


@fault("answers do not name the timers that run", answers, "with_timers")
def _(original, answer, timers, due):
    return answer


@fault("answers name timers without their times", answers, "with_timers")
def _(original, answer, timers, due):
    return original(answer, timers, dict.fromkeys(due, 0))


@fault("the settings of a timer are counted from 1 after a restart", answers, "recorded_timers")
def _(original, state):
    timers, due = original(state)
    return {timer: TimerState(1, each.running) for timer, each in timers.items()}, due


@fault("a timer counts by the wall clock", MeetingTimers, "next_millisecond")
def _(original, self):
    return self.clock()


@fault("a timer fires early", MeetingTimers, "next_millisecond")
def _(original, self):
    return original(self) - 1000


@fault("of two timers that are due together the wrong one fires", meeting_timers, "next_due")
def _(original, due):
    return min(((moment, timer) for timer, moment in due.items()), default=None)


@fault("a timer that fires is not written", Batch, "add_entry")
def _(original, self, live, entry, text):
    if not isinstance(entry.event, TimeUp):
        original(self, live, entry, text)


@fault("a firing is answered with a time before the last event", MeetingTimers, "time_for")
def _(original, self, live):
    return self.clock()
