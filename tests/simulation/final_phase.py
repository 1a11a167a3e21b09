"""The end of a simulated world, without faults: all requests succeed, and everything agrees."""

from __future__ import annotations

import asyncio

from fsm.recording import End, Join, Pause, Start, Stop

from . import checks
from .checks import ViolationError

MINUTE = 60
RECONCILE_EVERY = 45


class FinalPhase:
    """The final phase of a world.

    Args:
        world: the world.
    """

    def __init__(self, world):
        self._world = world

    async def run(self, still_running):
        """Ends all faults, sends the last requests, and checks the hub at rest.

        Args:
            still_running: whether the last process still runs.
        """
        world = self._world
        world.faults.stop()
        if still_running:
            world.count("faults ended in a running process")
            # Requests that began before the end of the faults may still fail.
            await asyncio.sleep(MINUTE / 2)
            await world.timing.let_timers_fire()
            checks.check_journal(world, world.disk.cut("none", world.rng))
            world.timing.check_nothing_is_due(all_fire=False)
        else:
            await self._start()
        world.healthy_since = world.loop.time()
        opened = sorted(world.knowledge.opened)
        watchers = [world.loop.create_task(world.clients.watch_whole(each)) for each in opened]
        await self._send_last_requests()
        for meeting in world.timing.meetings_to_empty(opened):
            await world.clients.leave_all(meeting)
        self._check_timers()
        if world.rng.random() < 0.6:
            # Without a command, so that only a status check can detect it.
            world.recorder.lose_recording("")
        if world.rng.random() < 0.5:
            world.note("restart at the end")
            await world.close_hub()
            await world.until_done(*watchers)
            watchers = []
            world.knowledge.watched = {}
            await world.bury_process()
            await self._start()
        elif world.rng.random() < 0.5:
            await world.hub.reconcile()
        # Otherwise the regular checks detect it.
        await world.timing.let_timers_fire()
        await self._wait_for_rest()
        world.stop_if_violated()
        await self._check_all()
        await world.close_hub()
        await world.until_done(*watchers)
        checks.check_journal(world, world.disk.killed())
        checks.check_journal(world, world.disk.cut("none", world.rng))
        world.stop_if_violated()

    async def _start(self):
        if not await self._world.start_process():
            raise ViolationError("the start failed without a fault")

    async def _send_last_requests(self):
        """Sends requests, all of which must succeed, while the recorder of one meeting is dead."""
        world, rng, known = self._world, self._world.rng, self._world.knowledge
        if not known.opened:
            known.settings.setdefault("m1", world.clients.draw_settings())
            await world.clients.open("m1")
        meetings = sorted(known.opened)
        world.unreachable_meeting = rng.choice(meetings)
        world.recorder.hanging.add(world.unreachable_meeting)
        world.loop.slow = 0.0
        world.recorder.without_status.update(meetings)
        await world.hub.reconcile()
        # Status checks are now under way, or pausing because they have no answer.
        await asyncio.sleep(rng.uniform(0, 15))
        for request in known.requests:
            if request.id is not None and (request.answer is None or rng.random() < 0.1):
                await self._send(request)
        for meeting in meetings:
            await self._send_to(meeting)
        world.stop_if_violated()
        await self._check_nothing_waits(meetings)
        world.recorder.heal()

    async def _send_to(self, meeting):
        rng, new_request = self._world.rng, self._world.clients.new_request
        host = new_request(meeting, Join("zoe", "host", "windows", "5.0"), with_id=True)
        await self._send(host)
        await self._world.hub.reconcile(meeting)
        await self._send(host)
        if rng.random() < 0.5:
            await self._send(new_request(meeting, Start("zoe", "cloud")))
        if rng.random() < 0.4:
            await self._send(new_request(meeting, Pause("zoe")))
        if rng.random() < 0.4:
            await self._end(meeting)

    async def _end(self, meeting):
        world, new_request = self._world, self._world.clients.new_request
        if world.rng.random() < 0.6:
            world.recorder.false_until[meeting] = world.loop.time() + 2
            if world.rng.random() < 0.5:
                await self._send(new_request(meeting, Stop("zoe")))
                await asyncio.sleep(1)
        await self._send(new_request(meeting, End()))

    async def _send(self, request):
        world, known = self._world, self._world.knowledge
        if request.meeting not in known.opened:
            known.opened[request.meeting] = known.settings[request.meeting]
            await world.clients.open(request.meeting)
        if await world.loop.create_task(world.clients.send(request)) is None:
            world.report(f"refused without a fault: {request}")

    async def _check_nothing_waits(self, meetings):
        """Checks that neither status checks nor the dead recorder delay messages."""
        world = self._world
        for seconds in (1.5, MINUTE):
            await asyncio.sleep(seconds)
            for meeting in meetings:
                live = world.hub._meetings.live.get(meeting)
                if live is not None and live.pending and meeting != world.unreachable_meeting:
                    world.report(
                        f"{meeting}: messages wait while status checks have no answer, "
                        f"and the recorder of {world.unreachable_meeting} is dead"
                    )

    async def _wait_for_rest(self):
        """Waits until nothing is to be delivered or checked; it must not take for ever.

        At least one round of regular checks is among it.
        """
        world, quiet = self._world, 0
        for _ in range(60):
            await asyncio.sleep(RECONCILE_EVERY * 0.7)
            busy = world.hub._delivery.active or len(world.hub._requests)
            quiet = 0 if busy or world.recorder.in_flight else quiet + 1
            if quiet == 2:
                return
        tasks = [each.task for each in world.hub._delivery._deliveries.values()]
        ended = [task.exception() for task in tasks if task.done()]
        world.report(f"deliveries do not end: {world.hub.health} {ended or ''}")

    def _check_timers(self):
        """Checks the timers in memory while some are set."""
        world = self._world
        held = checks.check_journal(world, world.disk.cut("none", world.rng))
        for id_, live in world.hub._meetings.live.items():
            # Events of the others are being committed.
            if id_ in held and live.seq == held[id_].seq:
                world.timing.check_memory(live)

    async def _check_all(self):
        world = self._world
        for meeting in sorted(world.knowledge.opened):
            await world.clients.read(meeting)
        held = checks.check_journal(world, world.disk.cut("none", world.rng))
        checks.check_memory(world, world.hub, held)
        world.timing.check_nothing_is_due(all_fire=True)
        checks.check_recorder(world, held)
        checks.check_findings(world, world.disk.cut("none", world.rng))
        world.stop_if_violated()
        if not world.hub.health.ok:
            world.report(f"the hub is unhealthy: {world.hub.health}")
