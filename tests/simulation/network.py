"""A recorder that keeps the rules of the port, and the bad line to it."""

from __future__ import annotations

import asyncio

import attrs

from fsm.recording import StartRecorder
from fsm.runtime import GapError, RecorderError, RecorderStatus, disposition, status_after

MOST_CALLS = 60
"""More than a few clients can bring about in ten seconds."""


class Network:
    """The recorder as the hub sees it; it outlives the hub.

    One thing no hub can find out, and it is left out of what must hold: that a recorder forgot
    all its numbers and is then brought an old order. So with what it knew go the requests under
    way to it.

    Args:
        world: whose time, chance and list of what is wrong it uses.
    """

    def __init__(self, world):
        self._world = world
        self.statuses = {}
        # What is wrong with it, each until a time; by meeting, or of all as "".
        self.dead = {}
        self.lying = {}
        self.stubborn = {}
        self.hung = set()
        # Meetings for which the recorder takes no question, but orders.
        self.mute = set()
        # What it says next of a meeting is this, which is nonsense.
        self.confused = {}
        # Where the recorder did not do what it was told, whether it said so or not.
        self.astray = set()
        self.under_way = 0
        self._life = 0
        self.called = {}
        self.acknowledged = set()
        self._last_called = {}
        self._tries = {}
        self._calls = {}

    # -- what the hub calls -----------------------------------------------------------------

    async def _send(self, message):
        self._check_call(message)
        return await self._call(message.meeting, lambda: self._take(message), message)

    start = pause = resume = stop = _send

    async def status(self, meeting):
        return await self._call(meeting, lambda: self.statuses.get(meeting, RecorderStatus()))

    async def _call(self, meeting, do, message=None):
        world, rng, loop = self._world, self._world.rng, self._world.loop
        world.point("send" if message else "ask")
        world.note("send", meeting, message.sequence if message else "status")
        reply = loop.create_future()
        if world.is_dead or meeting in self.hung or (meeting in self.mute and not message):
            return await reply
        if self._is(self.dead, meeting):
            world.count("recorder dead")
            if rng.random() < 0.5:
                return await reply
            await asyncio.sleep(0.01)
            raise RecorderError("refused")
        faults = world.profile
        if world.faulty and rng.random() < faults.lost:
            world.count("request lost")
            return await reply
        delay = rng.uniform(0.001, 0.05)
        if world.faulty and rng.random() < faults.slow:
            world.count("recorder slow")
            delay = rng.uniform(1, 9)
        self._later(delay, do, reply, meeting)
        if message and world.faulty and rng.random() < faults.twice:
            world.count("request duplicated")
            self._later(rng.uniform(0.001, 2), do, None, meeting)
        if message and world.faulty and rng.random() < faults.late:
            world.count("request late")
            self._later(rng.uniform(5, 200), do, None, meeting)
        result = await reply
        world.point("replied")
        if world.is_dead:
            await loop.create_future()
        if isinstance(result, Exception):
            raise result
        return result

    def _later(self, delay, do, reply, meeting):
        self.under_way += 1
        self._world.loop.call_later(delay, self._arrive, do, reply, self._life, meeting)

    def _arrive(self, do, reply, life, meeting):
        self.under_way -= 1
        if life != self._life:
            return  # the connections of a recorder end with it
        world = self._world
        result = do()
        if meeting in self.confused and reply is not None:
            world.count("recorder talked nonsense")
            result = self.confused.pop(meeting)
        world.point("arrived")
        world.order_arrived()
        if reply is None:
            return
        if world.faulty and world.rng.random() < world.profile.unanswered:
            world.count("reply lost")
            return
        world.loop.call_later(world.rng.uniform(0.001, 0.05), _tell, reply, result)

    def _is(self, what, meeting):
        now = self._world.loop.time()
        return any(what.get(key, 0) > now for key in ("", meeting))

    # -- what the recorder does -------------------------------------------------------------

    def _take(self, message):
        world = self._world
        status = self.statuses.get(message.meeting, RecorderStatus())
        what = disposition(message, status.sequence)
        world.note("recorder", message.meeting, message.sequence, what, status.sequence)
        if what == "gap":
            world.count("gap")
            return GapError(status)
        self.acknowledged.add((message.meeting, message.sequence))
        if what == "duplicate":
            world.count("came again")
            return status
        after = status_after(message, status)
        if self._is(self.lying, message.meeting):
            world.count("recorder lied")
            self.statuses[message.meeting] = attrs.evolve(status, sequence=message.sequence)
            if self.statuses[message.meeting] != after:
                self.astray.add(message.meeting)
            return after
        if self._is(self.stubborn, message.meeting):
            world.count("recorder did nothing")
            self.statuses[message.meeting] = attrs.evolve(status, sequence=message.sequence)
            if self.statuses[message.meeting] != after:
                self.astray.add(message.meeting)
            return self.statuses[message.meeting]
        if isinstance(message.command, StartRecorder) and status.kind is not None:
            same = (status.kind, status.client) == (after.kind, after.client)
            if not same and message.meeting not in self.astray:
                world.wrong(f"{message.meeting}: two recordings at once: {status}, then {message}")
        self.statuses[message.meeting] = after
        if after.kind is None:
            self.astray.discard(message.meeting)
        return after

    def forget(self, meeting):
        """The recorder starts anew: it records nothing and knows nothing."""
        self._world.note("recorder forgets", meeting)
        self._world.count("recorder forgot everything")
        if meeting:
            self.statuses.pop(meeting, None)
            self.astray.discard(meeting)
        else:
            self.statuses.clear()
            self.astray.clear()
        self._life += 1

    def lose(self, meeting):
        """The recorder loses what it records."""
        self._world.note("recorder loses", meeting)
        for each, status in self.statuses.items():
            if meeting in ("", each) and status.kind is not None:
                self._world.count("recorder lost a recording")
                self.statuses[each] = RecorderStatus(status.sequence)
                self.astray.discard(each)

    def heal(self):
        """Nothing is wrong with it any more."""
        self.dead.clear()
        self.lying.clear()
        self.stubborn.clear()
        self.hung.clear()
        self.mute.clear()
        self.confused.clear()

    # -- what must hold wherever an order is sent --------------------------------------------

    def _check_call(self, message):
        world, key = self._world, (message.meeting, message.sequence)
        if world.is_dead:
            return
        if self.called.setdefault(key, message) != message:
            world.wrong(f"one number for two orders: {self.called[key]} and {message}")
        if message.sequence < self._last_called.get(message.meeting, 0):
            world.wrong(
                f"out of order: {message} after number {self._last_called[message.meeting]}"
            )
        self._last_called[message.meeting] = message.sequence
        self._check_rate(message.meeting)
        self._check_gives_up(message)
        world.check_sent(message)

    def _check_rate(self, meeting):
        """A recorder that does not do what it is told is not told it without end."""
        now = self._world.loop.time()
        calls = [each for each in self._calls.get(meeting, ()) if each > now - 10]
        self._calls[meeting] = [*calls, now]
        if len(calls) > MOST_CALLS:
            self._world.wrong(f"{meeting}: {len(calls)} orders in ten seconds")

    def _check_gives_up(self, message):
        """A recorder is not tried for ever while the machine says that it records."""
        world = self._world
        live = world.hub._meetings.live.get(message.meeting)
        pending = live.pending if live is not None else ()
        if any(_is_failure(each) and each.sequence > message.sequence for each in pending):
            world.wrong(f"sent although the recorder had been given up before: {message}")
        if live is None or live.expected_status.kind is None:
            self._tries.pop(message.meeting, None)
            return
        life, number, times = self._tries.get(message.meeting, (0, 0, 0))
        same = (life, number) == (world.life, message.sequence)
        times = times + 1 if same else 1
        self._tries[message.meeting] = (world.life, message.sequence, times)
        if times > 2 * world.retry.max_attempts:
            world.wrong(f"{message.meeting}: tried {times} times, and the machine was not told")


def _is_failure(message):
    return getattr(message.command, "reason", None) == "recorder_failed"


def _tell(reply, result):
    if not reply.done():
        reply.set_result(result)
