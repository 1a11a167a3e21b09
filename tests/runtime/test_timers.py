"""Timers of a hub, on real files in virtual time (D14, D15)."""

import asyncio

import pytest

from fsm.cli.journal import exported_scenario
from fsm.recording import ChangeRole, End, Join, Leave, TimeUp
from fsm.runtime import (
    ConflictError,
    HubLimits,
    Journal,
    JournalError,
    RecorderStatus,
    TimerDefaults,
    journal_check,
)
from fsm.runtime.meeting_timers import MeetingTimers
from fsm.scenario import parse
from fsm.scenario.play import open_meeting, play

from ..rule_sets import TODAY, WITHOUT_GRACE, WITHOUT_GRACE_IF_EMPTY, Release
from .hubs import ALICE, BOB, CLOUD, PRO, FailingJournal, ScriptedRecorder, until_delivered
from .virtual import Clock, run_virtual, virtual_hub


async def open_and_leave(hub, meeting="m", grace=10, empty=60):
    """Opens a meeting whose only host joins and leaves."""
    await hub.open(meeting, PRO, CLOUD, grace=grace, end_when_empty=empty)
    await hub.dispatch(meeting, ALICE)
    return await hub.dispatch(meeting, Leave("alice"))


async def events(hub, meeting="m"):
    return [entry.event for entry in await hub.history(meeting)]


async def firings(hub, meeting="m"):
    return [each for each in await events(hub, meeting) if isinstance(each, TimeUp)]


def now():
    return round(asyncio.get_running_loop().time() * 1000)


class LateJournal(FailingJournal):
    """A journal whose commits fail after they were carried out, while a test wants it."""

    late = False

    def commit(self, batch):
        super().commit(batch)
        if self.late:
            raise JournalError("no answer from the disk")


# -- firing -----------------------------------------------------------------------------------


def test_a_grace_that_is_up_stops_the_recording(tmp_path):
    async def scene():
        async with virtual_hub(tmp_path, clock=Clock()) as hub:
            left = await open_and_leave(hub)
            assert (left.outcome.state, left.outcome.recorder) == ("recording", ())
            await asyncio.sleep(9)
            assert await firings(hub) == []
            await asyncio.sleep(2)
            [*_, entry] = await hub.history("m")
            assert entry.event == TimeUp("grace", 1)
            assert entry.outcome.state == "stopped"
            assert [each.reason for each in entry.outcome.recorder] == ["everyone_left"]
            assert entry.at >= left.at + 10_000

    run_virtual(scene())


def test_a_host_who_returns_cancels_the_grace(tmp_path):
    async def scene():
        async with virtual_hub(tmp_path) as hub:
            await open_and_leave(hub)
            await asyncio.sleep(9)
            await hub.dispatch("m", ALICE)
            await asyncio.sleep(100)
            assert await firings(hub) == []
            assert (await hub.read("m")).state == "recording"
            assert hub.health.timers == 0

    run_virtual(scene())


def test_a_member_who_becomes_host_cancels_the_grace(tmp_path):
    async def scene():
        async with virtual_hub(tmp_path) as hub:
            await open_and_leave(hub)
            await hub.dispatch("m", BOB)
            assert hub.health.timers == 1
            await hub.dispatch("m", ChangeRole("bob", "host"))
            assert hub.health.timers == 0

    run_virtual(scene())


def test_an_empty_meeting_ends_and_is_closed(tmp_path):
    async def scene():
        async with virtual_hub(tmp_path) as hub:
            await open_and_leave(hub)
            await asyncio.sleep(61)
            assert await firings(hub) == [TimeUp("grace", 1), TimeUp("empty", 1)]
            assert (await hub.read("m")).ended
            await asyncio.sleep(10)
            assert hub.health.meetings == 0
            with pytest.raises(ConflictError, match="is over"):
                await hub.open("m", PRO, CLOUD, grace=10, end_when_empty=60)

    run_virtual(scene())


def test_an_end_that_is_due_first_cancels_the_grace(tmp_path):
    async def scene():
        async with virtual_hub(tmp_path) as hub:
            await open_and_leave(hub, grace=20, empty=5)
            await asyncio.sleep(60)
            assert await firings(hub) == [TimeUp("empty", 1)]
            assert hub.health.timers == 0

    run_virtual(scene())


def test_every_setting_of_a_timer_has_the_next_number(tmp_path):
    async def scene():
        async with virtual_hub(tmp_path) as hub:
            await open_and_leave(hub)
            for _ in range(2):
                await hub.dispatch("m", ALICE)
                await hub.dispatch("m", Leave("alice"))
        async with virtual_hub(tmp_path) as hub:
            await asyncio.sleep(100)
            assert await firings(hub) == [TimeUp("grace", 3), TimeUp("empty", 3)]

    run_virtual(scene())


def test_nobody_else_reports_that_a_timer_is_up(tmp_path):
    async def scene():
        async with virtual_hub(tmp_path) as hub:
            await open_and_leave(hub)
            with pytest.raises(TypeError, match="only the hub"):
                await hub.dispatch("m", TimeUp("grace", 1))

    run_virtual(scene())


def test_a_second_wake_up_fires_nothing(tmp_path):
    async def scene():
        async with virtual_hub(tmp_path) as hub:
            await open_and_leave(hub, empty=None)
            await asyncio.sleep(11)
            hub._firings.fire("m")
            await asyncio.sleep(1)
            assert await firings(hub) == [TimeUp("grace", 1)]

    run_virtual(scene())


def test_a_wake_up_that_comes_early_fires_nothing_and_is_followed_by_another(tmp_path):
    async def scene():
        async with virtual_hub(tmp_path) as hub:
            await open_and_leave(hub, empty=None)
            hub._firings.fire("m")
            await asyncio.sleep(1)
            assert await firings(hub) == []
            await asyncio.sleep(10)
            assert await firings(hub) == [TimeUp("grace", 1)]

    run_virtual(scene())


def test_moments_that_are_not_exact_in_seconds_are_waited_for_once(tmp_path):
    # 1024.003 * 1000 is less than 1024003.
    async def scene():
        loop = asyncio.get_running_loop()
        async with virtual_hub(tmp_path) as hub:
            await hub.open("m", PRO, CLOUD, grace=1)
            await hub.dispatch("m", ALICE)
            await asyncio.sleep(1023.0021 - loop.time())
            await hub.dispatch("m", Leave("alice"))
            assert hub._meetings.moments("m") == {"grace": 1_024_003}
            await asyncio.sleep(2)
            assert await firings(hub) == [TimeUp("grace", 1)]

    run_virtual(scene())


class FailingClock(Clock):
    """A clock that fails once, if a test wants it."""

    failing = False

    def __call__(self):
        failing, self.failing = self.failing, False
        if failing:
            raise OSError("no clock")
        return super().__call__()


def test_a_timer_fires_although_the_clock_failed_at_its_moment(tmp_path):
    async def scene():
        async with virtual_hub(tmp_path, clock=(clock := FailingClock())) as hub:
            await open_and_leave(hub, empty=None)
            await asyncio.sleep(9)
            clock.failing = True
            await asyncio.sleep(5)
            assert (await hub.read("m")).state == "stopped"

    run_virtual(scene())


# -- order --------------------------------------------------------------------------------------


def test_an_event_after_the_moment_of_a_timer_is_answered_after_it(tmp_path):
    async def scene():
        async with virtual_hub(tmp_path) as hub:
            await open_and_leave(hub)
            asyncio.get_running_loop().jump(30)
            joined = await hub.dispatch("m", ALICE)
            assert joined.outcome.state == "stopped"
            assert (await events(hub))[-2:] == [TimeUp("grace", 1), ALICE]

    run_virtual(scene())


class SlowJournal(Journal):
    """A journal whose next commit takes some seconds, if a test wants it."""

    seconds = 0

    def commit(self, batch):
        asyncio.get_running_loop().jump(self.seconds)
        self.seconds = 0
        super().commit(batch)


@pytest.mark.parametrize(("seconds", "state"), [(9, "recording"), (11, "stopped")])
def test_a_host_who_came_back_in_time_is_answered_first_after_a_slow_commit(
    tmp_path, seconds, state
):
    async def scene():
        async with virtual_hub(tmp_path, SlowJournal) as hub:
            await open_and_leave(hub, empty=None)
            await hub.open("other", PRO, CLOUD)
            await asyncio.sleep(4)
            asyncio.get_running_loop().jump(seconds - 4)
            hub.journal.seconds = 5
            other = asyncio.ensure_future(hub.dispatch("other", BOB))
            await asyncio.sleep(0)
            while hub.health.waiting:
                await asyncio.sleep(0)
            joined = asyncio.ensure_future(hub.dispatch("m", ALICE))
            await other
            assert (await joined).outcome.state == state
            await asyncio.sleep(60)
            assert (await hub.read("m")).state == state

    run_virtual(scene())


def test_timers_that_are_due_together_fire_in_the_order_of_their_moments(tmp_path):
    async def scene():
        async with virtual_hub(tmp_path) as hub:
            await open_and_leave(hub)
            asyncio.get_running_loop().jump(3_600)
            joined = await hub.dispatch("m", ALICE)
            assert joined.outcome.refused == "meeting_ended"
            assert await firings(hub) == [TimeUp("grace", 1), TimeUp("empty", 1)]

    run_virtual(scene())


def test_of_two_timers_due_at_one_moment_the_grace_is_first(tmp_path):
    async def scene():
        async with virtual_hub(tmp_path) as hub:
            await open_and_leave(hub, grace=10, empty=10)
            await asyncio.sleep(11)
            assert await firings(hub) == [TimeUp("grace", 1), TimeUp("empty", 1)]

    run_virtual(scene())


def test_a_timer_is_not_early_by_a_clock_that_rounds_its_time_down():
    timers = MeetingTimers(Clock(), lambda: 1.5)
    assert (timers.now(), timers.next_millisecond()) == (1500, 1501)


# -- clocks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [-86_400, 86_400])
def test_the_wall_clock_does_not_count_while_the_hub_runs(tmp_path, seconds):
    async def scene():
        clock = Clock()
        async with virtual_hub(tmp_path, clock=clock) as hub:
            await open_and_leave(hub)
            clock.set(seconds)
            await asyncio.sleep(9)
            assert await firings(hub) == []
            await asyncio.sleep(2)
            assert await firings(hub) == [TimeUp("grace", 1)]
            times = [entry.at for entry in await hub.history("m")]
            assert times == sorted(times)

    run_virtual(scene())


def test_an_empty_meeting_goes_on_counting_while_no_hub_runs(tmp_path):
    async def scene():
        clock = Clock()
        async with virtual_hub(tmp_path, clock=clock) as hub:
            await open_and_leave(hub, grace=0)
        await asyncio.sleep(40)
        async with virtual_hub(tmp_path, clock=clock) as hub:
            await asyncio.sleep(19)
            assert await firings(hub) == []
            await asyncio.sleep(2)
            assert await firings(hub) == [TimeUp("empty", 1)]

    run_virtual(scene())


def test_a_start_that_is_pending_is_not_sent_if_a_timer_that_is_due_ends_the_meeting(tmp_path):
    async def scene():
        clock, recorder = Clock(), ScriptedRecorder("hang")
        async with virtual_hub(tmp_path, recorder=recorder, clock=clock) as hub:
            await open_and_leave(hub, grace=600, empty=5)
        await asyncio.sleep(60)
        recorder.messages.clear()
        async with virtual_hub(tmp_path, recorder=recorder, clock=clock) as hub:
            await until_delivered(hub)
            assert await firings(hub) == [TimeUp("empty", 1)]
            assert "start" not in recorder.commands
            assert recorder.statuses.get("m", RecorderStatus()).kind is None
            assert hub.health.meetings == 0

    run_virtual(scene())


def test_a_grace_begins_anew_with_the_hub(tmp_path):
    async def scene():
        clock = Clock()
        async with virtual_hub(tmp_path, clock=clock) as hub:
            await open_and_leave(hub, empty=None)
        await asyncio.sleep(3_600)
        async with virtual_hub(tmp_path, clock=clock) as hub:
            assert (await hub.read("m")).timers == {
                "grace": pytest.approx(clock() + 10_000, abs=50)
            }
            await asyncio.sleep(9)
            assert await firings(hub) == []
            await asyncio.sleep(2)
            assert await firings(hub) == [TimeUp("grace", 1)]

    run_virtual(scene())


@pytest.mark.parametrize("grace", [10, 600])
def test_a_service_that_ends_again_and_again_within_a_grace_stops_the_recording(tmp_path, grace):
    async def scene():
        clock = Clock()
        async with virtual_hub(tmp_path, clock=clock) as hub:
            await open_and_leave(hub, grace=grace, empty=None)
        starts = 0
        while not await fires_in_a_start(starts := starts + 1, clock):
            assert starts < 125, "the timer never fires"

    async def fires_in_a_start(number, clock):
        async with virtual_hub(tmp_path, clock=clock) as hub:
            await asyncio.sleep(5)
            # An answer has the time of a grace that began anew, or counts on.
            await hub.dispatch("m", Leave(f"nobody-{number}"))
            return await firings(hub)

    run_virtual(scene())


async def start_again(tmp_path, clock, times, seconds=1):
    """Starts a hub some times in a row; in none of them a timer of meeting ``m`` fires."""
    for _ in range(times):
        async with virtual_hub(tmp_path, clock=clock) as hub:
            await asyncio.sleep(seconds)
            assert await firings(hub) == []


async def grace_begins_anew(tmp_path, clock, meeting="m"):
    """Returns whether the grace of a meeting begins anew at the next start."""
    async with virtual_hub(tmp_path, clock=clock) as hub:
        timers = (await hub.read(meeting)).timers
        return timers == {"grace": pytest.approx(clock() + 10_000, abs=50)}


def test_at_the_sixth_start_in_a_row_a_grace_counts_on_in_order_with_others_and_the_log_says_so(
    tmp_path, caplog
):
    async def scene():
        clock = Clock()
        async with virtual_hub(tmp_path, clock=clock) as hub:
            await open_and_leave(hub, empty=None)
            await open_and_leave(hub, "later", grace=600, empty=None)
            await open_and_leave(hub, "before", grace=0, empty=9)
            await open_and_leave(hub, "after", grace=0, empty=11)
        await start_again(tmp_path, clock, times=5)
        assert "in a row" not in caplog.text
        await asyncio.sleep(60)
        async with virtual_hub(tmp_path, FailingJournal, clock=clock) as hub:
            joined = await hub.dispatch("later", Join("dora", "member", "windows"))
            rows = hub.journal._db.execute(
                "SELECT m.id FROM events e JOIN meetings m ON m.key = e.meeting "
                "WHERE e.at >= ? ORDER BY e.rowid", (joined.at - 1_000,)
            )  # fmt: skip
            assert [id_ for (id_,) in rows] == ["before", "m", "after", "later"]
            await asyncio.sleep(500)
            assert await firings(hub, "later") == []
            await asyncio.sleep(40)
            assert await firings(hub, "later") == [TimeUp("grace", 1)]
        assert "start 6 in a row" in caplog.text

    run_virtual(scene())


@pytest.mark.parametrize(("seconds", "anew"), [(20.5, False), (21.5, True)])
def test_starts_are_counted_anew_a_second_after_the_longest_grace(tmp_path, seconds, anew):
    async def scene():
        clock = Clock()
        async with virtual_hub(tmp_path, clock=clock) as hub:
            await open_and_leave(hub, grace=10, empty=None)
            await open_and_leave(hub, "longest", grace=20, empty=None)
        await start_again(tmp_path, clock, times=4)
        async with virtual_hub(tmp_path, clock=clock) as hub:
            await asyncio.sleep(seconds)
            await open_and_leave(hub, "new", empty=None)
        await asyncio.sleep(5)
        assert await grace_begins_anew(tmp_path, clock, "new") == anew

    run_virtual(scene())


def test_a_start_without_a_running_grace_is_not_counted(tmp_path):
    async def scene():
        clock = Clock()
        async with virtual_hub(tmp_path, clock=clock) as hub:
            await hub.open("m", PRO, CLOUD, grace=10)
            await open_and_leave(hub, "empty", grace=0, empty=600)
        await start_again(tmp_path, clock, times=9)
        async with virtual_hub(tmp_path, clock=clock) as hub:
            await hub.dispatch("m", ALICE)
            await hub.dispatch("m", Leave("alice"))
        await asyncio.sleep(5)
        assert await grace_begins_anew(tmp_path, clock)

    run_virtual(scene())


def test_a_journal_that_fails_when_starts_are_counted_anew_does_no_harm(tmp_path):
    async def scene():
        clock = Clock()
        async with virtual_hub(tmp_path, clock=clock) as hub:
            await open_and_leave(hub, empty=None)
        async with virtual_hub(tmp_path, UnforgettingJournal, clock=clock) as hub:
            await asyncio.sleep(30)
            assert await firings(hub) == [TimeUp("grace", 1)]
            assert hub.health.ok

    run_virtual(scene())


class UnforgettingJournal(Journal):
    """A journal that fails to forget its starts."""

    def forget_starts(self):
        raise JournalError("the disk is full")


def test_a_grace_that_began_anew_with_a_wrong_clock_counts_on_no_longer_than_it_was_set_for(
    tmp_path,
):
    async def scene():
        clock = Clock()
        async with virtual_hub(tmp_path, clock=clock) as hub:
            await open_and_leave(hub, empty=None)
        clock.set(86_400)
        async with virtual_hub(tmp_path, clock=clock) as hub:
            clock.set(-86_400)
            # The answer has the time of the grace by the wrong clock.
            await hub.dispatch("m", Leave("nobody"))
        await start_again(tmp_path, clock, times=4)
        async with virtual_hub(tmp_path, clock=clock) as hub:
            await asyncio.sleep(11)
            assert await firings(hub) == [TimeUp("grace", 1)]

    run_virtual(scene())


def test_timers_that_are_due_at_the_start_fire_before_any_event_in_the_order_of_their_moments(
    tmp_path,
):
    async def scene():
        clock = Clock()
        async with virtual_hub(tmp_path, clock=clock) as hub:
            for meeting, seconds in (("c", 3), ("a", 9), ("b", 6), ("later", 500)):
                await open_and_leave(hub, meeting, grace=0, empty=seconds)
            await hub.open("other", PRO, CLOUD)
        await asyncio.sleep(100)
        async with virtual_hub(tmp_path, FailingJournal, clock=clock) as hub:
            joined = await hub.dispatch("other", ALICE)
            rows = hub.journal._db.execute(
                "SELECT m.id FROM events e JOIN meetings m ON m.key = e.meeting "
                "WHERE e.at >= ? ORDER BY e.rowid", (joined.at - 50_000,)
            )  # fmt: skip
            assert [id_ for (id_,) in rows] == ["c", "b", "a", "other"]
            assert hub.health.timers == 1

    run_virtual(scene())


def test_many_timers_that_are_due_at_the_start_do_not_make_the_hub_busy(tmp_path):
    async def scene():
        clock = Clock()
        async with virtual_hub(tmp_path, clock=clock) as hub:
            for number in range(5):
                await open_and_leave(hub, f"m-{number}", grace=0)
            await hub.open("other", PRO, CLOUD)
        await asyncio.sleep(100)
        async with virtual_hub(tmp_path, clock=clock, limits=HubLimits(waiting=2)) as hub:
            assert hub.health.fired == 5
            assert (await hub.dispatch("other", ALICE)).outcome.state == "recording"

    run_virtual(scene())


def test_with_a_wall_clock_that_was_set_back_a_timer_waits_no_longer_than_it_was_set_for(tmp_path):
    async def scene():
        clock = Clock()
        async with virtual_hub(tmp_path, clock=clock) as hub:
            await open_and_leave(hub, grace=0)
        clock.set(-86_400)
        async with virtual_hub(tmp_path, clock=clock) as hub:
            await asyncio.sleep(59)
            assert await firings(hub) == []
            await asyncio.sleep(2)
            assert await firings(hub) == [TimeUp("empty", 1)]

    run_virtual(scene())


def test_a_wall_clock_that_was_wrong_for_a_moment_makes_no_timer_fire_early_after_a_start(tmp_path):
    async def scene():
        clock = Clock()
        async with virtual_hub(tmp_path, clock=clock) as hub:
            await open_and_leave(hub, grace=0)
            clock.set(3600)
            late = await hub.dispatch("m", Leave("alice"))
            assert late.outcome.refused == "not_present"
            clock.set(-3600)
        async with virtual_hub(tmp_path, clock=clock) as hub:
            await asyncio.sleep(59)
            assert await firings(hub) == []
            await asyncio.sleep(2)
            assert await firings(hub) == [TimeUp("empty", 1)]

    run_virtual(scene())


# -- commits that fail -------------------------------------------------------------------------


def test_a_firing_whose_commit_fails_comes_again_when_the_journal_is_back(tmp_path):
    async def scene():
        async with virtual_hub(tmp_path, FailingJournal) as hub:
            await open_and_leave(hub, empty=None)
            hub.journal.failing = True
            await asyncio.sleep(30)
            assert (hub.health.ok, hub.health.fired) == (False, 0)
            hub.journal.failing = False
            await asyncio.sleep(3)
            assert await firings(hub) == [TimeUp("grace", 1)]
            assert (hub.health.ok, hub.health.fired, hub.health.timers) == (True, 1, 0)
            assert hub.health.lateness > 10_000

    run_virtual(scene())


def test_a_firing_is_not_repeated_if_its_failed_commit_is_in_the_journal(tmp_path):
    async def scene():
        async with virtual_hub(tmp_path, LateJournal) as hub:
            await open_and_leave(hub, empty=None)
            hub.journal.late = True
            await asyncio.sleep(10.5)
            hub.journal.late = False
            await asyncio.sleep(30)
            assert await firings(hub) == [TimeUp("grace", 1)]

    run_virtual(scene())


def test_a_timer_counts_on_after_a_failed_commit(tmp_path):
    async def scene():
        async with virtual_hub(tmp_path, FailingJournal, clock=Clock()) as hub:
            await open_and_leave(hub, empty=None)
            before = await hub.read("m"), hub._meetings.moments("m")
            await asyncio.sleep(5)
            hub.journal.failing = True
            with pytest.raises(JournalError):
                await hub.dispatch("m", ALICE)
            hub.journal.failing = False
            assert (await hub.read("m"), hub._meetings.moments("m")) == before
            await asyncio.sleep(6)
            assert await firings(hub) == [TimeUp("grace", 1)]

    run_virtual(scene())


@pytest.mark.parametrize("seconds", [-86_400, 86_400])
def test_a_timer_that_a_failed_commit_set_counts_from_its_setting(tmp_path, seconds):
    async def scene():
        clock = Clock()
        async with virtual_hub(tmp_path, LateJournal, clock=clock) as hub:
            await hub.open("m", PRO, CLOUD, grace=10)
            await hub.dispatch("m", ALICE)
            hub.journal.late = True
            set_at = now()
            with pytest.raises(JournalError):
                await hub.dispatch("m", Leave("alice"))
            hub.journal.late = False
            clock.set(seconds)
            assert (await hub.read("m")).present == {}
            assert hub._meetings.moments("m") == {"grace": pytest.approx(set_at + 10_000, abs=1)}

    run_virtual(scene())


def test_the_times_of_a_grace_that_began_anew_survive_a_failed_commit(tmp_path):
    async def scene():
        clock = Clock()
        async with virtual_hub(tmp_path, clock=clock) as hub:
            await open_and_leave(hub, empty=None)
        await asyncio.sleep(3_600)
        async with virtual_hub(tmp_path, FailingJournal, clock=clock) as hub:
            before = (await hub.read("m")).timers
            hub.journal.failing = True
            with pytest.raises(JournalError):
                await hub.dispatch("m", BOB)
            hub.journal.failing = False
            assert (await hub.read("m")).timers == before

    run_virtual(scene())


class UnreadableJournal(Journal):
    """A journal whose earlier event ids cannot be read, while a test wants it."""

    unreadable = False

    def load_ids(self, live):
        if self.unreadable:
            raise JournalError("the disk does not answer")
        super().load_ids(live)


def test_a_firing_is_not_lost_with_a_failed_read_for_another_event(tmp_path):
    async def scene():
        async with virtual_hub(tmp_path, clock=Clock()) as hub:
            await open_and_leave(hub, empty=None)
        async with virtual_hub(tmp_path, UnreadableJournal, clock=Clock()) as hub:
            hub.journal.unreadable = True
            asyncio.get_running_loop().jump(30)
            # The alarm rings now, so the firing and the event are served together.
            await asyncio.sleep(0)
            with pytest.raises(JournalError, match="does not answer"):
                await hub.dispatch("m", Leave("nobody"), "e-1")
            await asyncio.sleep(10)
            assert await firings(hub) == [TimeUp("grace", 1)]

    run_virtual(scene())


class CountedJournal(FailingJournal):
    """A failing journal that counts the commits that were tried."""

    tried = 0

    def commit(self, batch):
        self.tried += 1
        assert self.tried < 100, "commits fail without end"
        super().commit(batch)


def test_a_timer_that_is_due_is_not_tried_again_and_again_while_commits_fail(tmp_path):
    async def scene():
        async with virtual_hub(tmp_path, CountedJournal) as hub:
            await open_and_leave(hub, empty=None)
            await until_delivered(hub)
            hub.journal.failing = True
            await asyncio.sleep(11)
            tried = hub.journal.tried
            # It loads the meeting again, whose timer is due.
            with pytest.raises(JournalError):
                await hub.dispatch("m", ALICE)
            await asyncio.sleep(60)
            assert hub.journal.tried == tried + 1
            hub.journal.failing = False
            await asyncio.sleep(3)
            assert await firings(hub) == [TimeUp("grace", 1)]

    run_virtual(scene())


# -- rules, settings and the end of the hub -------------------------------------------------------


def test_a_firing_that_other_rules_refuse_is_not_kept_and_is_tried_again_after_a_start(
    tmp_path, caplog
):
    async def scene(release):
        async with virtual_hub(tmp_path) as hub:
            await open_and_leave(hub, empty=None)
            release.name = WITHOUT_GRACE
        async with virtual_hub(tmp_path) as hub:
            await asyncio.sleep(30)
            assert await firings(hub) == []
            health = hub.health
            assert (health.ok, health.fired, health.refused, health.timers) == (True, 0, 1, 0)
            entry = await hub.dispatch("m", BOB)
            assert (entry.seq, entry.outcome.state) == (3, "recording")
            await asyncio.sleep(30)
            assert (hub.health.refused, hub.health.timers) == (1, 0)
            release.name = TODAY
        async with virtual_hub(tmp_path) as hub:
            await asyncio.sleep(30)
            assert await firings(hub) == [TimeUp("grace", 1)]

    with Release().installed() as release:
        run_virtual(scene(release))
    [line] = [each.getMessage() for each in caplog.records if "timer" in each.getMessage()]
    assert "meeting m: its timer grace is up, but the rules" in line
    assert "(wrong_state), so it stays recording" in line


def test_a_firing_that_other_rules_refuse_is_tried_again_after_an_event_that_is_accepted(tmp_path):
    async def scene(release):
        async with virtual_hub(tmp_path) as hub:
            await open_and_leave(hub, empty=None)
            release.name = WITHOUT_GRACE_IF_EMPTY
        async with virtual_hub(tmp_path) as hub:
            await asyncio.sleep(30)
            assert (await hub.dispatch("m", Leave("nobody"))).outcome.refused == "not_present"
            await asyncio.sleep(30)
            assert await firings(hub) == []
            await hub.dispatch("m", BOB)
            await asyncio.sleep(1)
            assert (await events(hub))[-2:] == [BOB, TimeUp("grace", 1)]
            assert (await hub.read("m")).state == "stopped"

    with Release().installed() as release:
        run_virtual(scene(release))


def test_a_timer_that_other_rules_refuse_can_be_cancelled_and_set_again(tmp_path):
    async def scene(release):
        async with virtual_hub(tmp_path) as hub:
            await open_and_leave(hub, empty=None)
            release.name = WITHOUT_GRACE
        async with virtual_hub(tmp_path) as hub:
            await asyncio.sleep(30)
            await hub.dispatch("m", ALICE)
            assert (await hub.read("m")).timers == {}
            await hub.dispatch("m", Leave("alice"))
            assert hub.health.timers == 1
            await asyncio.sleep(30)
            assert (hub.health.refused, hub.health.timers) == (2, 0)

    with Release().installed() as release:
        run_virtual(scene(release))


def test_a_meeting_has_the_timers_of_the_hub_unless_it_has_its_own(tmp_path):
    async def scene():
        defaults = TimerDefaults(grace=7, end_when_empty=70)
        async with virtual_hub(tmp_path, defaults=defaults) as hub:
            plan = (await hub.open("m", PRO, CLOUD)).plan
            assert (plan.grace, plan.end_when_empty) == (7, 70)
            plan = (await hub.open("n", PRO, CLOUD, grace=0, end_when_empty=None)).plan
            assert (plan.grace, plan.end_when_empty) == (0, None)
        async with virtual_hub(tmp_path) as hub:
            # It is the same opening, although the defaults are others now.
            plan = (await hub.open("m", PRO, CLOUD)).plan
            assert (plan.grace, plan.end_when_empty) == (7, 70)

    run_virtual(scene())


def test_a_closed_hub_fires_nothing(tmp_path):
    async def scene():
        async with virtual_hub(tmp_path) as hub:
            await open_and_leave(hub)
        await asyncio.sleep(100)
        assert hub.health.timers == 0
        with Journal(tmp_path / "meetings.db", readonly=True) as journal:
            assert len(journal.history("m")) == 2

    run_virtual(scene())


def test_the_end_of_a_meeting_removes_its_alarm(tmp_path):
    async def scene():
        async with virtual_hub(tmp_path) as hub:
            await open_and_leave(hub)
            assert hub.health.timers == 1
            await hub.dispatch("m", End())
            assert (hub.health.timers, (await hub.read("m")).timers) == (0, {})

    run_virtual(scene())


# -- the journal ----------------------------------------------------------------------------------


@pytest.mark.parametrize("years", [0, 30])
def test_an_export_with_late_firings_plays_to_the_same_answers(tmp_path, years):
    async def scene():
        loop, clock = asyncio.get_running_loop(), Clock()
        async with virtual_hub(tmp_path, clock=clock) as hub:
            await open_and_leave(hub, grace=10, empty=60)
            await hub.dispatch("m", ALICE)
            await hub.dispatch("m", Leave("alice"))
            loop.jump(30)
            await hub.dispatch("m", BOB)
            await hub.dispatch("m", Leave("bob"))
        clock.set(years * 365 * 86_400)
        await asyncio.sleep(100)
        async with virtual_hub(tmp_path, clock=clock) as hub:
            await hub.dispatch("m", Join("carol", "host", "macos"), "e-1")
            assert await firings(hub) == [TimeUp("grace", 2), TimeUp("empty", 3)]

    run_virtual(scene())
    with Journal(tmp_path / "meetings.db", readonly=True) as journal:
        assert [each for each in journal_check.check_journal(journal) if each.fault] == []
        [scenario] = parse(exported_scenario(journal, "m").encode())
    played = list(play(scenario, open_meeting(scenario)))
    assert [step.unexpected for step in played] == [()] * len(played)
    assert played[-1].outcome.refused == "meeting_ended"


def test_hubs_do_not_keep_the_alarms_of_timers_that_were_cancelled(tmp_path):
    async def scene():
        loop = asyncio.get_running_loop()
        async with virtual_hub(tmp_path) as hub:
            await open_and_leave(hub, empty=3_600)
            for _ in range(300):
                await hub.dispatch("m", ALICE)
                await hub.dispatch("m", Leave("alice"))
            assert len(hub._firings.alarms) == 1
            assert len(hub._firings.alarms._queue) < 150
            assert len(loop._scheduled) < 250

    run_virtual(scene())
