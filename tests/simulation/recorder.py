"""A recorder behind an unreliable network. It follows the port, unless a fault is injected."""

from __future__ import annotations

import asyncio

import attrs

from fsm.recording import StartRecorder
from fsm.runtime import GapError, RecorderError, RecorderStatus, disposition, status_after

from .checks import check_message_is_durable

MAX_CALLS = 60
"""Messages for one meeting in ten seconds; far more than the clients can cause."""


class SimulatedRecorder:
    """The recorder as the hub sees it. It outlives the hub.

    One case is excluded, since no hub can detect it: a recorder that lost its sequence numbers
    and then receives an old message. So its requests in flight are lost with its state.

    Args:
        world: the world, whose time and random numbers it uses.

    Attributes:
        statuses: the real statuses, by meeting.
        unreachable_until: the times until which it is unreachable, by meeting; ``""`` for all.
        false_until: the same, for commands that it acknowledges but does not carry out.
        ignoring_until: the same, for commands that it does not carry out, and says so.
        hanging: meetings for which no call is ever answered.
        without_status: meetings for which only status checks are never answered.
        impossible_answers: the next answer for a meeting, if it is one that cannot be.
        in_flight: the number of requests on their way.
        sent: the messages that the hub has sent, by meeting and sequence number.
        acknowledged: the messages that the recorder has applied or known already, likewise.
    """

    def __init__(self, world):
        self._world = world
        self.statuses = {}
        self.unreachable_until = {}
        self.false_until = {}
        self.ignoring_until = {}
        self.hanging = set()
        self.without_status = set()
        self.impossible_answers = {}
        self.in_flight = 0
        self.sent = {}
        self.acknowledged = set()
        # Meetings for which a command was not carried out.
        self._diverged = set()
        self._incarnation = 0
        self._last_sequence = {}
        self._attempts = {}
        self._call_times = {}

    # -- the port -----------------------------------------------------------------------------

    async def _send(self, message):
        self._check_message(message)
        return await self._call(message.meeting, lambda: self._apply(message), message)

    start = pause = resume = stop = _send

    async def status(self, meeting):
        return await self._call(meeting, lambda: self.statuses.get(meeting, RecorderStatus()))

    async def _call(self, meeting, execute, message=None):
        world, rng, loop = self._world, self._world.rng, self._world.loop
        world.faults.pass_point("send" if message else "status check")
        world.note("send", meeting, message.sequence if message else "status")
        reply = loop.create_future()
        hangs = meeting in self.hanging or (meeting in self.without_status and not message)
        if world.is_dead or hangs:
            return await reply
        if self._is_due(self.unreachable_until, meeting):
            world.count("recorder unreachable")
            if rng.random() < 0.5:
                return await reply
            await asyncio.sleep(0.01)
            raise RecorderError("connection refused")
        active, faults = world.faults.active, world.faults.network
        if active and rng.random() < faults.request_lost:
            world.count("request lost")
            return await reply
        delay = rng.uniform(0.001, 0.05)
        if active and rng.random() < faults.slow:
            world.count("recorder slow")
            delay = rng.uniform(1, 9)
        self._transmit(delay, execute, reply, meeting)
        if message and active and rng.random() < faults.duplicated:
            world.count("request duplicated")
            self._transmit(rng.uniform(0.001, 2), execute, None, meeting)
        if message and active and rng.random() < faults.delayed:
            world.count("request delayed")
            self._transmit(rng.uniform(5, 200), execute, None, meeting)
        result = await reply
        world.faults.pass_point("recorder answered")
        if world.is_dead:
            await loop.create_future()
        if isinstance(result, Exception):
            raise result
        return result

    def _transmit(self, delay, execute, reply, meeting):
        self.in_flight += 1
        args = execute, reply, self._incarnation, meeting
        self._world.loop.call_later(delay, self._arrive, *args)

    def _arrive(self, execute, reply, incarnation, meeting):
        self.in_flight -= 1
        if incarnation != self._incarnation:
            return  # The connections of a recorder end with it.
        world = self._world
        result = execute()
        if meeting in self.impossible_answers and reply is not None:
            world.count("impossible answer")
            result = self.impossible_answers.pop(meeting)
        world.faults.pass_point("message arrived")
        world.faults.message_arrived()
        if reply is None:
            return
        if world.faults.active and world.rng.random() < world.faults.network.reply_lost:
            world.count("reply lost")
            return
        world.loop.call_later(world.rng.uniform(0.001, 0.05), _resolve, reply, result)

    def _is_due(self, times, meeting):
        now = self._world.loop.time()
        return any(times.get(key, 0) > now for key in ("", meeting))

    # -- its state ------------------------------------------------------------------------------

    def _apply(self, message):
        world, meeting = self._world, message.meeting
        status = self.statuses.get(meeting, RecorderStatus())
        decision = disposition(message, status.sequence)
        world.note("recorder", meeting, message.sequence, decision, status.sequence)
        if decision == "gap":
            world.count("gap")
            return GapError(status)
        self.acknowledged.add((meeting, message.sequence))
        if decision == "duplicate":
            world.count("duplicate message")
            return status
        after = status_after(message, status)
        if self._is_due(self.false_until, meeting):
            world.count("false answer")
            self._ignore(message, status, after)
            return after
        if self._is_due(self.ignoring_until, meeting):
            world.count("command ignored")
            self._ignore(message, status, after)
            return self.statuses[meeting]
        if isinstance(message.command, StartRecorder) and status.kind is not None:
            same = (status.kind, status.client) == (after.kind, after.client)
            if not same and meeting not in self._diverged:
                world.report(f"{meeting}: two recordings at once: {status}, then {message}")
        self.statuses[meeting] = after
        if after.kind is None:
            self._diverged.discard(meeting)
        return after

    def _ignore(self, message, status, after):
        self.statuses[message.meeting] = attrs.evolve(status, sequence=message.sequence)
        if self.statuses[message.meeting] != after:
            self._diverged.add(message.meeting)

    def lose_state(self, meeting):
        """Restarts the recorder without its recordings and sequence numbers."""
        self._world.note("recorder loses its state", meeting)
        self._world.count("recorder lost its state")
        if meeting:
            self.statuses.pop(meeting, None)
            self._diverged.discard(meeting)
        else:
            self.statuses.clear()
            self._diverged.clear()
        self._incarnation += 1

    def lose_recording(self, meeting):
        """Ends the recording of a meeting, or of all, without a command."""
        self._world.note("recorder loses a recording", meeting)
        for each, status in self.statuses.items():
            if meeting in ("", each) and status.kind is not None:
                self._world.count("recorder lost a recording")
                self.statuses[each] = RecorderStatus(status.sequence)
                self._diverged.discard(each)

    def heal(self):
        """Ends all its faults."""
        self.unreachable_until.clear()
        self.false_until.clear()
        self.ignoring_until.clear()
        self.hanging.clear()
        self.without_status.clear()
        self.impossible_answers.clear()

    # -- checks of each message ------------------------------------------------------------------

    def _check_message(self, message):
        world, key = self._world, (message.meeting, message.sequence)
        if world.is_dead:
            return
        if self.sent.setdefault(key, message) != message:
            world.report(f"two messages with one sequence: {self.sent[key]} and {message}")
        last = self._last_sequence.get(message.meeting, 0)
        if message.sequence < last:
            world.report(f"out of order: {message} after sequence {last}")
        self._last_sequence[message.meeting] = message.sequence
        self._check_rate(message.meeting)
        self._check_attempts(message)
        if world.rng.random() < 0.1:
            check_message_is_durable(world, world.disk, message)

    def _check_rate(self, meeting):
        """Checks that a recorder that ignores commands is not corrected without a pause."""
        now = self._world.loop.time()
        calls = [each for each in self._call_times.get(meeting, ()) if each > now - 10]
        self._call_times[meeting] = [*calls, now]
        if len(calls) > MAX_CALLS:
            self._world.report(f"{meeting}: {len(calls)} messages in ten seconds")

    def _check_attempts(self, message):
        """Checks that a recorder that should record is given up after some attempts."""
        world = self._world
        live = world.hub._meetings.live.get(message.meeting)
        pending = live.pending if live is not None else ()
        if any(_is_failure(each) and each.sequence > message.sequence for each in pending):
            world.report(f"sent after the recorder was given up: {message}")
        if live is None or live.expected_status.kind is None:
            self._attempts.pop(message.meeting, None)
            return
        process, sequence, attempts = self._attempts.get(message.meeting, (0, 0, 0))
        same = (process, sequence) == (world.process, message.sequence)
        attempts = attempts + 1 if same else 1
        self._attempts[message.meeting] = (world.process, message.sequence, attempts)
        if attempts > 2 * world.retry.max_attempts:
            world.report(f"{message.meeting}: {attempts} attempts without giving up")


def _is_failure(message):
    return getattr(message.command, "reason", None) == "recorder_failed"


def _resolve(reply, result):
    if not reply.done():
        reply.set_result(result)
