"""The knowledge of all clients of a world, which the journal must agree with."""

from __future__ import annotations

from collections import Counter, defaultdict

import attrs

from fsm.recording import End
from fsm.runtime import JournalEntry

from .checks import visible_state


@attrs.define(eq=False)
class ClientRequest:
    """An event that clients send, once or several times.

    Args:
        meeting: the meeting's id.
        event: the event.
        id: the event id; ``None`` if it has none, and cannot be retried.
        waiting: the number of callers that wait for an answer.
        attempts: the number of times it was sent.
        processes: the numbers of the processes to which it was sent.
        answer: the last answer.
        refused_in: the number of the process that refused it, if it was sent only this once.
    """

    meeting: str
    event: object
    id: str | None
    waiting: int = 0
    attempts: int = 0
    processes: set[int] = attrs.field(factory=set)
    answer: JournalEntry | None = None
    refused_in: int | None = None


class ClientKnowledge:
    """Everything that clients have sent, and every answer they received.

    Args:
        world: the world, to which contradictions are reported.

    Attributes:
        requests: the requests, in the order in which they were made.
        by_event_id: the requests with an event id, by meeting and id.
        without_id: the events that were sent without an id, counted for each meeting.
        settings: the settings of meetings that clients open, by meeting.
        opened: the settings of meetings whose opening was acknowledged.
        entries: the entries that were answered, read or watched, by meeting and number.
        last_seq: the highest number of an entry that was seen, by meeting.
        accounts: the accounts as acknowledged; ``None`` while a change has no answer.
        watched: the entries of watchers that follow a meeting until the hub closes.
    """

    def __init__(self, world):
        self._world = world
        self.requests = []
        self.by_event_id = {}
        self.without_id = defaultdict(Counter)
        self.settings = {}
        self.opened = {}
        self.entries = {}
        self.last_seq = Counter()
        self.accounts = {}
        self.watched = {}
        self._states = {}
        self._submitted = 0
        self._answered = defaultdict(list)

    def add_request(self, meeting, event, id_):
        """Adds a request that is not sent yet."""
        request = ClientRequest(meeting, event, id_)
        self.requests.append(request)
        if id_ is not None:
            self.by_event_id[meeting, id_] = request
        return request

    # -- answers --------------------------------------------------------------------------------

    def see_entry(self, entry):
        """Notes an entry that was answered, read or watched, and which must never change."""
        key = entry.meeting, entry.seq
        if self.entries.setdefault(key, entry) != entry:
            self._world.report(f"two entries with one number: {self.entries[key]} and {entry}")
        self.last_seq[entry.meeting] = max(self.last_seq[entry.meeting], entry.seq)
        request = self.by_event_id.get((entry.meeting, entry.id))
        refused = request is not None and request.refused_in == self._world.process
        if refused and not request.waiting:
            self._world.report(f"the request was refused, but its entry can be read: {entry}")

    def see_over(self, meeting, error):
        """Notes that a meeting is over, which somebody must have asked for."""
        ended = any(
            request.meeting == meeting and isinstance(request.event, End) and request.attempts
            for request in self.requests
        )
        if not ended and self.settings[meeting].end_when_empty is None:
            self._world.report(f"nobody has ended {meeting}: {error}")

    def see_snapshot(self, snapshot):
        """Notes a state that was read; two reads with one number must be the same."""
        key = snapshot.id, snapshot.seq
        state = visible_state(snapshot)
        if self._states.setdefault(key, state) != state:
            self._world.report(f"{key} was read as {self._states[key]}, and as {state}")
        self.last_seq[snapshot.id] = max(self.last_seq[snapshot.id], snapshot.seq)

    def see_answer(self, request, entry):
        """Notes an answer, which must belong to the request and be the same at each retry."""
        report = self._world.report
        if (entry.meeting, entry.event, entry.id) != (request.meeting, request.event, request.id):
            report(f"{request} was answered with {entry}")
        before = request.answer if request.id is not None else None
        if entry.seq is None:
            if entry.outcome.refused != "meeting_ended" or request.id is not None:
                report(f"answered, but not kept: {entry}")
        else:
            if before is not None and before != entry:
                report(f"two answers for one event id: {before} and {entry}")
            self.see_entry(entry)
        request.answer = entry

    # -- order ----------------------------------------------------------------------------------

    def submit(self):
        """Returns the number of a request among all that are sent."""
        self._submitted += 1
        return self._submitted

    def answered_first(self, submitted, entry):
        """Notes the first answer to a request, with the number from its submission."""
        self._answered[entry.meeting].append((submitted, entry.seq))

    def new_process(self):
        """Forgets the order of the requests to the last process."""
        self._answered.clear()

    def check_order(self):
        """Checks that the entries of a process are in the order of its requests."""
        for meeting, pairs in self._answered.items():
            numbers = [seq for _, seq in sorted(pairs)]
            if numbers != sorted(numbers):
                self._world.report(f"{meeting}: sent in order, but numbered {numbers}")

    # -- comparison with the journal --------------------------------------------------------------

    def check_restored_state(self, meeting, seq, restored):
        """Checks that a state that was read is that of the recorded answers."""
        state = self._states.get((meeting, seq))
        if state is not None and state != visible_state(restored):
            self._world.report(f"{meeting}, {seq}: was read as {state}, but restored: {restored}")

    def check_watched(self, meeting, entries):
        """Checks that a watcher of a whole meeting saw all its entries, up to its end."""
        watched = self.watched.get(meeting)
        entries = [each for each in entries if each.outcome.refused != "meeting_ended"]
        if watched is not None and watched != entries:
            self._world.report(
                f"{meeting}: {len(watched)} of {len(entries)} entries were watched: {watched[-1:]}"
            )
