"""The clients of a simulated hub: they open meetings, send and retry events, read and watch."""

from __future__ import annotations

import asyncio

import attrs

from fsm.recording import (
    Account,
    AutoRecord,
    ChangeRole,
    Choice,
    End,
    Join,
    Leave,
    MeetingSettings,
    Pause,
    RecorderFailed,
    Resume,
    Start,
    Stop,
)
from fsm.recording.console_changes import Actor, Disable, Enable, Lock, SetOptions, Unlock
from fsm.runtime import BusyError, ConflictError, JournalError

from .checks import check_entry_is_durable, check_snapshot_is_durable

MEETING_SETTINGS = (
    MeetingSettings(Account("pro"), Choice(True, "cloud", "anyone")),
    MeetingSettings(Account("pro"), Choice(True, "cloud", "anyone"), type="quick"),
    MeetingSettings(Account("pro"), Choice(True, "cloud")),
    MeetingSettings(Account("enterprise", auto_record=AutoRecord(True, kind="local"))),
    MeetingSettings(Account("business"), booking=Choice(False)),
)
PARTICIPANTS = ("ann", "bob", "cid")
ACCOUNT = "acme"


class Clients:
    """The clients of a world, which report each answer that breaks a promise.

    Args:
        world: the world, whose hub they use.
    """

    def __init__(self, world):
        self._world = world
        self._watching = set()

    def new_process(self):
        """Forgets the watchers of the last process."""
        self._watching.clear()

    # -- behaviour ------------------------------------------------------------------------------

    async def run(self):
        """Sends some requests, with pauses."""
        rng = self._world.rng
        for _ in range(rng.randrange(3, 12)):
            await asyncio.sleep(rng.choice((0, 0, 0.001, 0.01, 0.3, 2, 10)))
            if self._world.is_dead:
                return
            await self._act()
            for meeting in self._world.timing.meetings_to_empty():
                await self.leave_all(meeting)
                if self._world.is_dead:
                    return

    async def run_on_account(self):
        """Changes the account a few times."""
        for _ in range(self._world.rng.randrange(3)):
            await asyncio.sleep(self._world.rng.uniform(0, 5))
            if self._world.is_dead:
                return
            await self._change_account()

    async def catch_up(self):
        """Reads all meetings, and retries the last requests without an answer."""
        known = self._world.knowledge
        unanswered = [each for each in known.requests
                      if each.id and each.attempts and each.answer is None]  # fmt: skip
        reads = [(self.read, each) for each in sorted(known.opened)]
        retries = [(self.send, each) for each in unanswered[-2:]]
        retry_last = self._world.rng.random() < 0.5
        for action, each in (*reads, *retries) if retry_last else (*retries, *reads):
            await action(each)

    async def _act(self):
        rng, known = self._world.rng, self._world.knowledge
        opened = sorted(known.opened)
        draw = rng.random()
        if not opened or draw < 0.08:
            meeting = rng.choice(("m1", "m2", "m3", "m4", "m5")) if rng.random() < 0.8 else "m1"
            known.settings.setdefault(meeting, self.draw_settings())
            await self.open(meeting)
            return
        meeting = rng.choice(opened)
        if draw < 0.62:
            await self._send_some(meeting)
        elif draw < 0.76:
            await self._retry()
        elif draw < 0.80:
            await self._send_and_cancel(meeting)
        elif draw < 0.88:
            await self.read(meeting)
        elif draw < 0.94:
            await self._read_history(meeting)
        elif draw < 0.96:
            self._world.loop.create_task(self._watch(meeting))
        elif draw < 0.98:
            await self._reconcile(rng.choice((None, meeting)))
        else:
            await self._send_other_event_with_same_id()

    def draw_settings(self):
        """Returns random settings of a meeting."""
        settings = self._world.rng.choice(MEETING_SETTINGS)
        return self._world.timing.with_timers(settings)

    async def leave_all(self, meeting):
        """Lets all participants leave a meeting."""
        for participant in (*PARTICIPANTS, "zoe"):
            if not self._world.is_dead:
                await self.send(self.new_request(meeting, Leave(participant), with_id=True))

    async def _send_some(self, meeting):
        rng, create_task = self._world.rng, self._world.loop.create_task
        requests = [self.new_request(meeting) for _ in range(rng.choice((1, 1, 1, 2, 4)))]
        if rng.random() < 0.15:
            requests.extend(each for each in list(requests) if each.id is not None)
        sent = [create_task(self.send(each)) for each in requests]
        if rng.random() < 0.3:
            create_task(self.read(meeting))
        await asyncio.gather(*sent)
        if rng.random() < 0.3 or any(each.refused_in for each in requests):
            await self.read(meeting)
            await self._read_history(meeting)

    async def _retry(self):
        rng = self._world.rng
        sent = [each for each in self._world.knowledge.requests if each.id and each.attempts]
        unanswered = [each for each in sent if each.answer is None]
        if sent:
            choices = unanswered if unanswered and rng.random() < 0.6 else sent
            await self.send(rng.choice(choices))

    async def _send_and_cancel(self, meeting):
        request = self.new_request(meeting, with_id=True)
        task = self._world.loop.create_task(self.send(request))
        await asyncio.sleep(self._world.rng.choice((0, 0.0005, 0.003)))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        self._world.count("requests cancelled")

    async def _send_other_event_with_same_id(self):
        world = self._world
        answered = [each for each in world.knowledge.requests
                    if each.answer and each.answer.seq and each.id]  # fmt: skip
        if not answered:
            return
        request = world.rng.choice(answered)
        try:
            entry = await world.hub.dispatch(request.meeting, RecorderFailed("other"), request.id)
        except ConflictError:
            world.count("conflicts")
        except JournalError as error:
            self._journal_failed(error)
        except BusyError:
            world.count("busy")
        else:
            if not world.is_dead:
                world.report(f"an event id was accepted for another event: {entry}")

    # -- events ---------------------------------------------------------------------------------

    def new_request(self, meeting, event=None, with_id=None):
        """Returns a new request with this event, or a random one."""
        known = self._world.knowledge
        with_id = self._world.rng.random() < 0.75 if with_id is None else with_id
        id_ = f"e{len(known.requests)}" if with_id else None
        return known.add_request(meeting, event or self._random_event(), id_)

    def _random_event(self):
        rng = self._world.rng
        participant = rng.choice(PARTICIPANTS)
        draw = rng.random()
        if draw < 0.40:
            role = rng.choice(("host", "host", "cohost", "member"))
            platform = rng.choice(("windows", "macos", "ios", "web"))
            return Join(participant, role, platform, "5.0")
        if draw < 0.52:
            return Leave(participant)
        if draw < 0.57:
            return ChangeRole(participant, rng.choice(("host", "member")))
        if draw < 0.70:
            return Start(participant, rng.choice(("cloud", "cloud", "local")))
        if draw < 0.95:
            return rng.choice((Pause, Resume, Stop))(participant)
        return End(rng.choice((None, participant)))

    async def send(self, request):
        """Sends a request.

        Returns:
            The answer; ``None`` if it was refused, or the process has ended.
        """
        world, known = self._world, self._world.knowledge
        if request.id is None:
            known.without_id[request.meeting][request.event] += 1
        else:
            self._count_retry(request)
        first = not request.attempts
        request.attempts += 1
        request.processes.add(world.process)
        request.waiting += 1
        request.refused_in = None
        submitted, seen_before = known.submit(), known.last_seq[request.meeting]
        try:
            entry = await world.hub.dispatch(request.meeting, request.event, request.id)
        except JournalError as error:
            self._journal_failed(error)
            # After a retry it is unclear, since the other attempt may have succeeded.
            if request.attempts == 1:
                request.refused_in = world.process
            return None
        except BusyError:
            world.count("busy")
            return None
        finally:
            request.waiting -= 1
        if world.is_dead:
            return None
        world.count("answers")
        world.note("answer", request.meeting, request.id, entry.seq, entry.outcome.state)
        known.see_answer(request, entry)
        if entry.outcome.refused == "meeting_ended":
            world.count("answers after the end")
        if entry.seq is not None and self._checks_durability():
            check_entry_is_durable(world, world.disk, entry)
        if first and entry.seq is not None:
            known.answered_first(submitted, entry)
            if entry.seq <= seen_before:
                world.report(f"entry {seen_before} was seen before this was sent: {entry}")
        world.faults.pass_point("answer")
        return entry

    def _count_retry(self, request):
        if request.attempts:
            self._world.count(
                "retries during the request" if request.waiting
                else "retries in the same process" if self._world.process in request.processes
                else "retries after a restart"
            )  # fmt: skip

    # -- meetings and accounts ------------------------------------------------------------------

    async def open(self, meeting):
        """Opens a meeting with its settings."""
        world = self._world
        settings = world.knowledge.settings[meeting]
        args = attrs.astuple(settings, recurse=False)
        try:
            snapshot = await world.hub.open(meeting, *args)
        except JournalError as error:
            return self._journal_failed(error)
        except BusyError:
            return world.count("busy")
        except ConflictError as error:
            if not world.is_dead:
                world.count("openings of meetings that are over")
                world.knowledge.see_over(meeting, error)
            return None
        if not world.is_dead:
            world.count("meetings opened")
            world.knowledge.opened[meeting] = settings
            world.knowledge.see_snapshot(snapshot)
        return None

    async def read(self, meeting):
        """Reads a meeting."""
        world, known = self._world, self._world.knowledge
        seen_before = known.last_seq[meeting]
        try:
            snapshot = await world.hub.read(meeting)
        except JournalError as error:
            return self._journal_failed(error)
        except BusyError:
            return world.count("busy")
        if world.is_dead:
            return None
        world.count("reads")
        known.see_snapshot(snapshot)
        if snapshot.seq < seen_before:
            world.report(f"{meeting}: {seen_before} was seen, and then read as {snapshot.seq}")
        if snapshot.seq > world.last_committed(meeting):
            world.report(f"read before it was committed: {snapshot}")
        if self._checks_durability():
            check_snapshot_is_durable(world, world.disk, snapshot)
        return None

    async def _read_history(self, meeting):
        world, known = self._world, self._world.knowledge
        after = max(0, known.last_seq[meeting] - world.rng.randrange(6))
        try:
            entries = await world.hub.history(meeting, after)
        except JournalError as error:
            return self._journal_failed(error)
        if world.is_dead:
            return None
        world.count("reads")
        if [each.seq for each in entries] != list(range(after + 1, after + 1 + len(entries))):
            world.report(f"{meeting}: the history after {after} is {entries}")
        for entry in entries:
            known.see_entry(entry)
        return None

    async def _watch(self, meeting):
        world, known = self._world, self._world.knowledge
        if meeting in self._watching:
            return
        self._watching.add(meeting)
        after = max(0, known.last_seq[meeting] - 3)
        try:
            async for entry in world.hub.watch(meeting, after):
                if world.is_dead:
                    return
                world.count("entries watched")
                if entry.seq != after + 1:
                    world.report(f"{meeting}: watched {entry.seq} after {after}")
                after = entry.seq
                known.see_entry(entry)
        except JournalError as error:
            self._journal_failed(error)
        except BusyError:
            world.count("busy")
        finally:
            self._watching.discard(meeting)

    async def watch_whole(self, meeting):
        """Watches all entries of a meeting, until the hub closes."""
        entries = self._world.knowledge.watched[meeting] = []
        while True:
            try:
                async for entry in self._world.hub.watch(meeting, len(entries)):
                    entries.append(entry)
            except BusyError:
                await asyncio.sleep(1)
            else:
                return

    async def _reconcile(self, meeting):
        try:
            await self._world.hub.reconcile(meeting)
        except JournalError as error:
            self._journal_failed(error)
        except BusyError:
            self._world.count("busy")

    async def _change_account(self):
        world, accounts = self._world, self._world.knowledge.accounts
        try:
            if ACCOUNT not in accounts:
                await world.hub.put_account(ACCOUNT, Account("business"))
            else:
                by = Actor("super_admin")
                change = world.rng.choice(
                    (Enable(by), Disable(by), Lock(by), Unlock(by), SetOptions(by, True))
                )
                # Until the answer, the change may be effective or not.
                accounts[ACCOUNT] = None
                await world.hub.change(ACCOUNT, change)
            account = await world.hub.account(ACCOUNT)
        except ConflictError:
            account = None
        except JournalError as error:
            return self._journal_failed(error)
        except BusyError:
            return world.count("busy")
        if not world.is_dead:
            world.count("account requests")
            accounts[ACCOUNT] = account
        return None

    # -- failures and checks --------------------------------------------------------------------

    def _journal_failed(self, error):
        world = self._world
        if world.is_dead:
            return
        world.count("journal errors")
        world.note("journal error", type(error).__name__)
        if not world.faults.disk_failed:
            world.report(f"a journal error without a disk fault: {error}")

    def _checks_durability(self):
        """Returns whether to check an answer on the disk; likelier just after a start."""
        world = self._world
        if world.rng.random() >= (0.7 if world.loop.time() < world.started_at + 0.1 else 0.05):
            return False
        world.count("durability checks")
        return True
