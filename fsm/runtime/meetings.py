"""The meetings in memory, and what becomes of them; everything here is done at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from fsm.recording import Account, Choice, Event, Join, Meeting, Permission, Resolution
from fsm.recording.plan import MeetingSettings
from fsm.recording.vocabulary import MeetingType
from fsm.runtime.batch import Batch
from fsm.runtime.committer import Request
from fsm.runtime.delivery import Delivery
from fsm.runtime.entry import JournalEntry
from fsm.runtime.errors import BusyError, ConflictError, UnknownMeetingError, UnreadableError
from fsm.runtime.journal import Journal
from fsm.runtime.limits import HubLimits
from fsm.runtime.live import LiveMeeting
from fsm.runtime.snapshot import Snapshot, snapshot_of


class Meetings:
    """The meetings of a hub.

    A method that is given a batch is applied by the committer: it changes memory, and adds to
    the batch what makes that true. It raises before it has changed anything.

    Args:
        live: those in memory, by id.
        next_key: a number that no meeting of the journal has.
        clock: returns the time in milliseconds since 1970, UTC.
        limits: how much is taken.
    """

    def __init__(
        self,
        live: Iterable[LiveMeeting],
        next_key: int,
        clock: Callable[[], int],
        limits: HubLimits,
    ) -> None:
        self.live = {each.id: each for each in live}
        # Closed ones that a request is about; they do not stay.
        self._closed: dict[str, LiveMeeting] = {}
        self._next_key = next_key
        self._clock = clock
        self._limits = limits

    def deliver(self, delivery: Delivery) -> None:
        """Have delivered what is pending, and look what the recorders are doing."""
        self._delivery = delivery
        for live in self.live.values():
            if live.pending:
                delivery.pending(live.id, live.pending)
        delivery.check_all(
            live.id
            for live in self.live.values()
            if not live.pending and (live.last_sequence or live.meeting.ended)
        )

    # -- what is in memory ----------------------------------------------------------------------

    def missing(self, requests: Sequence[Request[Any]]) -> dict[str, bool]:
        """Return the meetings of requests that must be brought to memory first.

        Returns:
            By meeting, whether its answers are wanted as well.
        """
        self._closed.clear()
        missing: dict[str, bool] = {}
        for each in requests:
            live = self.live.get(each.meeting) if each.meeting is not None else None
            if each.meeting is None or (live and (live.by_id is not None or not each.repeatable)):
                continue
            missing[each.meeting] = missing.get(each.meeting, False) or each.repeatable
        return missing

    def load(
        self, journal: Journal, missing: dict[str, bool]
    ) -> tuple[list[LiveMeeting], dict[str, UnreadableError]]:
        """Read what :meth:`missing` returned, and keep nothing yet: a thread may do this.

        Raises:
            JournalError: nothing can be read.
        """
        found = []
        unreadable = {}
        for meeting, repeatable in missing.items():
            try:
                live = self.live.get(meeting) or journal.load(meeting)
                if live is not None:
                    if repeatable:
                        journal.load_ids(live)
                    found.append(live)
            except UnreadableError as error:
                # The others are none the worse for it.
                unreadable[meeting] = error
        return found, unreadable

    def keep(self, found: Iterable[LiveMeeting]) -> None:
        """Keep what :meth:`load` returned; closed ones for the requests of now alone."""
        for live in found:
            (self._closed if live.closed else self.live)[live.id] = live

    def forget(self, meeting: str) -> None:
        """Drop a meeting; it is brought back from the journal when it is next asked for."""
        self.live.pop(meeting, None)

    def get(self, meeting: str) -> LiveMeeting:
        """Return a meeting that was brought to memory.

        Raises:
            UnknownMeetingError: there is no such meeting.
        """
        live = self._find(meeting)
        if live is None:
            raise UnknownMeetingError(meeting)
        return live

    def _find(self, meeting: str) -> LiveMeeting | None:
        return self.live.get(meeting) or self._closed.get(meeting)

    # -- what is asked of them ------------------------------------------------------------------

    def open(
        self,
        batch: Batch,
        id: str,  # noqa: A002
        account: Account,
        user: Choice | None,
        booking: Choice | None,
        type: MeetingType,  # noqa: A002
    ) -> Snapshot:
        """Open a meeting; see :meth:`fsm.runtime.Hub.open`."""
        opening = MeetingSettings(account, user, booking, type)
        live = self._find(id)
        if live is not None:
            if live.opening != opening:
                raise ConflictError(f"there is a meeting {id!r} with other settings")
            return snapshot_of(live)
        if len(self.live) >= self._limits.meetings:
            raise BusyError(f"{len(self.live)} meetings are open already", 10)
        meeting = Meeting(opening.resolve().plan)
        live = LiveMeeting(id, self._next_key, self._clock(), opening, meeting, by_id={})
        self._next_key += 1
        self.live[id] = live
        batch.touched(id)
        batch.opened(live)
        return snapshot_of(live)

    def dispatch(
        self,
        batch: Batch,
        meeting: str,
        event: Event,
        text: str,
        id: str | None,  # noqa: A002
    ) -> JournalEntry:
        """Let an event happen, also given as text; see :meth:`fsm.runtime.Hub.dispatch`."""
        live = self.get(meeting)
        known = live.taken(id) if id is not None else None
        if known is not None:
            if known.event != event:
                raise ConflictError(f"the event id {id!r} was used for another event")
            return known
        if type(event) is Join and self._is_full_for(live.meeting, event):
            raise BusyError(f"{self._limits.participants} participants are in the meeting", 10)
        return self.take(batch, live, event, text, id)

    def _is_full_for(self, meeting: Meeting, join: Join) -> bool:
        present = meeting.present
        return (
            len(present) >= self._limits.participants
            and not meeting.ended
            and join.id not in present
        )

    def snapshot(self, _: Batch, meeting: str) -> Snapshot:
        """Return how a meeting stands."""
        return snapshot_of(self.get(meeting))

    def allowed(self, _: Batch, meeting: str, participant: str) -> dict[str, Permission]:
        """Say for each command whether a participant may give it now, or why not."""
        return self.get(meeting).meeting.allowed(participant)

    def resolution(self, _: Batch, meeting: str) -> Resolution:
        """Return how the plan of a meeting came about."""
        return self.get(meeting).opening.resolve()

    def check(self, _: Batch, meeting: str) -> int:
        """Have the recorder of a meeting asked what it is doing; see :meth:`Hub.reconcile`."""
        if self.get(meeting).closed:
            return 0
        self._delivery.check(meeting)
        return 1

    def check_all(self, _: Batch) -> int:
        """Have the recorders of all meetings asked what they are doing."""
        self._delivery.check_all(self.live)
        return len(self.live)

    # -- what becomes of them -------------------------------------------------------------------

    def take(
        self,
        batch: Batch,
        live: LiveMeeting,
        event: Event,
        text: str,
        id: str | None,  # noqa: A002
    ) -> JournalEntry:
        """Let an event happen that did not happen before."""
        entry, messages = live.take(event, id, self._clock())
        if entry.seq is None:
            return entry
        batch.touched(live.id)
        batch.took(live, entry, text)
        if messages:
            for message in messages:
                batch.add_message(live, message)
            batch.when_written(partial(self._delivery.pending, live.id, live.pending, new=True))
        if live.meeting.ended and not live.pending:
            if live.last_sequence or self._delivery.is_busy(live.id):
                # What it said when it was last asked need not be so any more.
                batch.when_written(partial(self._delivery.check, live.id))
            else:
                self.close(batch, live)
        return entry

    def close(self, batch: Batch, live: LiveMeeting) -> None:
        """Note that a meeting is over and its recorder has been told everything."""
        live.closed = True
        batch.closed(live, self._clock())
        batch.when_written(partial(self.forget, live.id))
