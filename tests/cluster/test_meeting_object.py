"""The object of a meeting: its state, its delayed calls, and releases with other rules."""

import asyncio

import msgspec
import pytest

from fsm.recording import End, Join, Leave, TimeUp
from fsm.runtime import ConflictError, JournalError, RecorderStatus
from fsm.runtime.restate import Cluster, ClusterError, settings
from fsm.runtime.restate.calls import MEETING, FireCall
from fsm.runtime.restate.state import CHUNK, Live, StoredEntry, bucket_key, bucket_of

from ..examples import example
from ..rule_sets import TABLES, TODAY, Release
from ..runtime.hubs import ALICE, BOB, CLOUD, PRO, QUICK, ScriptedRecorder, wait_until
from .runtimes import restate_runtime, run, unique

pytestmark = pytest.mark.service


def state_of(server, meeting):
    """Returns the keys and values of the state of a meeting's object."""
    rows = server.query(
        f"SELECT key, value_utf8 FROM state WHERE service_name = 'Meeting' AND "
        f"service_key = '{meeting}'"
    )
    return {row["key"]: row["value_utf8"] for row in rows}


def waiting_calls(server, meeting):
    """Returns the calls of a meeting that wait for their moment or their turn."""
    rows = server.query(
        f"SELECT target_handler_name AS name FROM sys_invocation "
        f"WHERE target_service_name = 'Meeting' AND target_service_key = '{meeting}'"
    )
    return sorted(row["name"] for row in rows)


def test_a_short_meeting_is_one_value_and_what_has_become_of_a_long_one_is_in_chunks(restate):
    async def main():
        async with restate_runtime(restate) as runtime:
            m = unique("m")
            await runtime.open(m, PRO, user=CLOUD)
            await runtime.dispatch(m, ALICE)
            for number in range(CHUNK - 1):
                await runtime.dispatch(m, BOB if number % 2 else Leave("bob"), f"e-{number}")
            before = await runtime.read(m), await runtime.history(m)
            assert list(await asyncio.to_thread(state_of, restate, m)) == ["live"]
            await runtime.dispatch(m, Join("carol", "member", "web"))
            state = await asyncio.to_thread(state_of, restate, m)
            live = msgspec.json.decode(state.pop("live"), type=Live)
            assert (len(live.tail), live.moved) == (1, CHUNK)
            moved = msgspec.json.decode(state.pop("recorded/0"), type=list[StoredEntry])
            assert [row.entry(m) for row in moved] == before[1] == (await runtime.history(m))[:-1]
            ids = {f"sent/e-{number}" for number in range(CHUNK - 1)}
            assert set(state) == ids | {bucket_key(bucket_of("alice"))}
            assert [*before[0].present, "carol"] == [*(await runtime.read(m)).present]

    run(main())


@pytest.mark.parametrize("size", ["0", "8 KiB"])
def test_a_meeting_of_which_only_a_part_comes_with_a_call_loads_the_rest(
    restate_server, tmp_path, size
):
    async def main(server):
        async with restate_runtime(server) as runtime:
            m = unique("m")
            await runtime.open(m, PRO, user=CLOUD)
            await runtime.dispatch(m, ALICE, "first")
            people = [Join(f"p{number}", "member", "web") for number in range(4 * CHUNK)]
            answers = await runtime.dispatch_many([(m, each, each.id) for each in people])
            for each in (people[0], people[-1]):
                refused = await runtime.dispatch(m, each, f"{each.id} again")
                assert refused.outcome.refused == "already_present"
                assert await runtime.dispatch(m, Leave(each.id))
            # The same id has the same answer, wherever its entry is.
            assert [await runtime.dispatch(m, each, each.id) for each in people] == answers
            with pytest.raises(ConflictError):
                await runtime.dispatch(m, BOB, "first")
            history = await runtime.history(m)
            assert [entry.seq for entry in history] == list(range(1, 4 * CHUNK + 6))
            assert await runtime.history(m, CHUNK + 1, CHUNK) == history[CHUNK + 1 : 2 * CHUNK + 1]
            assert len((await runtime.read(m)).present) == 4 * CHUNK - 1

    cluster = example("cluster.restate_nodes").RestateCluster
    with cluster(tmp_path, fsync=False, eager_state=size) as server:
        run(main(server))


def test_one_delayed_call_waits_for_running_timers_and_none_once_they_are_cancelled(restate):
    async def main():
        async with restate_runtime(restate) as runtime:
            m = unique("m")

            async def waiting(*expected):
                async def as_expected():
                    return await asyncio.to_thread(waiting_calls, restate, m) == list(expected)

                return await wait_until(as_expected)

            await runtime.open(m, PRO, user=CLOUD, grace=600, end_when_empty=900)
            await runtime.dispatch(m, ALICE)
            for _ in range(3):
                await runtime.dispatch(m, Leave("alice"))
                await waiting("fire")
                await runtime.dispatch(m, ALICE)
                await waiting()
            # Timers that are set anew before anybody has made a call for them have one, too.
            await runtime.dispatch_many([(m, Leave("alice"), None), (m, ALICE, None)] * 3)
            await waiting()
            await runtime.dispatch(m, Leave("alice"))
            await waiting("fire")
            await runtime.dispatch(m, End())
            await waiting()
            assert (await runtime.read(m)).seq == 15

    run(main())


def test_a_caller_whose_clock_is_behind_sets_a_timer_by_the_time_of_the_meeting(restate):
    clock = Clock()

    async def main():
        async with restate_runtime(restate, clock=clock) as runtime:
            m = unique("m")
            await runtime.open(m, PRO, user=CLOUD, grace=600)
            joined = await runtime.dispatch(m, ALICE)
            clock.now -= 5_000
            left = await runtime.dispatch(m, Leave("alice"))
            assert left.at == joined.at
            assert await alarms(restate, m, 1) == [left.at + 600_000]

    run(main())


def test_a_call_that_comes_while_its_timer_is_cancelled_changes_nothing(restate):
    clock = Clock()

    async def main():
        async with restate_runtime(restate, clock=clock) as runtime:
            m = unique("m")
            await runtime.open(m, PRO, user=CLOUD, grace=600)
            await runtime.dispatch(m, ALICE)
            await runtime.dispatch(m, Leave("alice"))
            due = clock.now + 600_000
            [alarm] = await alarms(restate, m, 1)
            assert alarm == due
            # Both wait for their turn; the join may be the first, or find the timer fired.
            _, back = await asyncio.gather(fire(runtime, m, due), runtime.dispatch(m, ALICE))
            fired = [
                entry for entry in await runtime.history(m) if entry.event == TimeUp("grace", 1)
            ]
            assert len(fired) == (back.outcome.state == "stopped")
            await alarms(restate, m, 0)

    run(main())


def test_a_recorder_that_is_away_for_long_is_asked_by_one_check_at_a_time(restate):
    async def main():
        recorder = ScriptedRecorder()
        checked = {"recorder": recorder, "retry": QUICK, "reconcile_every": 0.1}
        async with restate_runtime(restate, **checked) as runtime:
            m = unique("m")
            await runtime.open(m, PRO, user=CLOUD)
            await runtime.dispatch(m, ALICE)
            await wait_until(lambda: recorder.commands == ["start"])
            recorder.dead.add(m)
            await runtime.reconcile(m)
            await runtime.reconcile(m)
            await wait_until(lambda: recorder.checked.count(m) > 20)
            waiting = await asyncio.to_thread(waiting_calls, restate, m)
            assert waiting.count("reconcile") <= 1
            recorder.statuses.clear()
            recorder.dead.clear()
            await wait_until(lambda: recorder.commands == ["start", "start"])

    run(main())


@pytest.mark.parametrize("without", ["checks", "a recorder"])
def test_checks_go_on_after_a_start_without_them(restate, monkeypatch, without):
    monkeypatch.setattr(settings, "WITHOUT_CHECKS", 0.1)

    async def main():
        recorder = ScriptedRecorder()
        checked = {"recorder": recorder, "retry": QUICK, "reconcile_every": 0.1}
        async with restate_runtime(restate, **checked) as runtime:
            m = unique("m")
            await runtime.open(m, PRO, user=CLOUD)
            await runtime.dispatch(m, ALICE)
            await wait_until(lambda: m in recorder.checked)
        other = (
            {**checked, "reconcile_every": None}
            if without == "checks"
            else {"reconcile_every": 0.1}
        )
        async with restate_runtime(restate, **other):
            # The regular calls of these seconds check nothing.
            await asyncio.sleep(1)
        recorder.checked.clear()
        recorder.statuses.clear()
        async with restate_runtime(restate, **checked) as runtime:
            await wait_until(lambda: recorder.statuses.get(m, RecorderStatus()).kind == "cloud")
            await runtime.dispatch(m, End())
            await wait_until(lambda: recorder.statuses[m].kind is None)

    run(main())


def test_a_call_whose_timer_was_set_anew_waits_for_the_new_moment(restate):
    clock = Clock()

    async def main():
        async with restate_runtime(restate, clock=clock) as runtime:
            m = unique("m")
            await runtime.open(m, PRO, user=CLOUD, grace=600)
            await runtime.dispatch(m, ALICE)
            await runtime.dispatch(m, Leave("alice"))
            first = clock.now + 600_000
            await runtime.dispatch(m, ALICE)
            clock.now += 1_000
            await runtime.dispatch(m, Leave("alice"))
            assert await alarms(restate, m, 1) == [first + 1_000]
            # As if the call for the first setting had been on its way.
            await fire(runtime, m, first)
            assert await alarms(restate, m, 1) == [first + 1_000]
            assert len(await runtime.history(m)) == 4
            await fire(runtime, m, first + 1_000)
            *_, entry = await runtime.history(m)
            assert (entry.event, entry.at) == (TimeUp("grace", 2), first + 1_000)
            assert await alarms(restate, m, 0) == []

    run(main())


async def alarms(server, meeting, number):
    """Waits for a number of delayed calls of a meeting, and returns their moments."""

    async def found():
        live = (await asyncio.to_thread(state_of, server, meeting))["live"]
        moments = [each.moment for each in msgspec.json.decode(live, type=Live).alarms]
        return [moments] if len(moments) == number else None

    return (await wait_until(found))[0]


class Clock:
    """A clock that a test sets."""

    now = 10**12

    def __call__(self):
        return self.now


async def fire(runtime, meeting, moment):
    """Makes the delayed call of a moment, which the server would make when it has come."""
    await runtime._cluster.call(MEETING, meeting, "fire", FireCall(moment), type(None))


def test_a_stale_firing_changes_nothing(restate):
    async def main():
        async with restate_runtime(restate) as runtime:
            m = unique("m")
            await runtime.open(m, PRO, user=CLOUD, grace=600)
            await runtime.dispatch(m, ALICE)
            first = await runtime.dispatch(m, Leave("alice"))
            await runtime.dispatch(m, ALICE)
            await asyncio.sleep(0.01)
            await runtime.dispatch(m, Leave("alice"))
            before = await runtime.history(m), await runtime.read(m)
            due = before[1].timers["grace"]

            # Of no setting, of one that there never was, and of the first one.
            for stale in (0, due + 1, first.at + 600_000):
                await fire(runtime, m, stale)
                assert (await runtime.history(m), await runtime.read(m)) == before
            # The call for the second setting was made in place of the first one. The clock of the
            # server, which says that its moment has come, may be ahead of that of the process.
            await fire(runtime, m, due)
            *_, entry = await runtime.history(m)
            assert (entry.event, entry.at) == (TimeUp("grace", 2), due)
            await fire(runtime, m, due)
            assert len(await runtime.history(m)) == 5

    run(main())


@pytest.mark.rule("D16")
@pytest.mark.parametrize("name", [name for name in TABLES if name != TODAY])
def test_what_was_answered_stands_under_other_rules(restate, name):
    async def main(release):
        async with restate_runtime(restate) as runtime:
            m = unique("m")
            await runtime.open(m, PRO, user=CLOUD, grace=600, end_when_empty=900)
            for event in (BOB, ALICE, Leave("alice"), ALICE, Leave("alice"), Leave("bob")):
                await runtime.dispatch(m, event)
            before = await runtime.read(m), await runtime.history(m)
            release.name = name
            assert (await runtime.read(m), await runtime.history(m)) == before
            again = await runtime.dispatch(m, BOB)
            assert (again.seq, again.outcome.before) == (7, before[0].state)

    with Release().installed() as release:
        run(main(release))


def test_a_firing_that_other_rules_refuse_is_not_kept(restate):
    clock = Clock()

    async def main(release):
        async with restate_runtime(restate, clock=clock) as runtime:
            m = unique("m")
            await runtime.open(m, PRO, user=CLOUD, grace=600)
            await runtime.dispatch(m, ALICE)
            await runtime.dispatch(m, Leave("alice"))
            release.name = "rows removed: no grace fires"
            await fire(runtime, m, clock.now + 600_000)
            clock.now += 600_000
            entry = await runtime.dispatch(m, BOB)
            assert (entry.seq, entry.outcome.state) == (3, "recording")
            release.name = TODAY
            entry = await runtime.dispatch(m, Leave("bob"))
            assert [each.event for each in await runtime.history(m, 3)] == [
                TimeUp("grace", 1),
                Leave("bob"),
            ]

    with Release().installed() as release:
        run(main(release))


def test_state_of_a_later_format_is_refused_with_one_line(restate):
    async def main():
        async with restate_runtime(restate) as runtime:
            m = unique("m")
            await runtime.open(m, PRO, user=CLOUD)
            state = await asyncio.to_thread(state_of, restate, m)
            live = msgspec.json.decode(state["live"]) | {"format": 2}
            state["live"] = msgspec.json.encode(live).decode()
            values = {key: list(value.encode()) for key, value in state.items()}
            url = f"{runtime._cluster.admin_url}/services/Meeting/state"
            body = msgspec.json.encode({"object_key": m, "new_state": values})
            await runtime._cluster._post(url, body)

            async def refuses():
                try:
                    await runtime.dispatch(m, ALICE)
                except JournalError as error:
                    return str(error)
                return None

            error = await wait_until(refuses)
            assert "has the format 2, and this release reads 1" in error
            assert "\n" not in error

    run(main())


def test_an_endpoint_that_is_away_delays_an_event_and_does_not_repeat_it(restate):
    async def main():
        recorder = ScriptedRecorder()
        m = unique("m")
        async with restate_runtime(restate, recorder=recorder) as runtime:
            await runtime.open(m, PRO, user=CLOUD)
        async with Cluster(restate.ingress_url, restate.admin_url, timeout=0.5) as cluster:
            with pytest.raises(ClusterError, match="does not answer in time"):
                await cluster.call(MEETING, m, "fire", FireCall(), type(None))
        async with restate_runtime(restate, recorder=recorder) as runtime:
            entry = await runtime.dispatch(m, ALICE)
            assert entry.seq == 1
            await wait_until(lambda: recorder.commands == ["start"])

    run(main())


def test_a_cluster_that_cannot_be_reached_is_one_line():
    async def main():
        async with Cluster("http://127.0.0.1:9") as cluster:
            for call in (cluster.check(), cluster.query("SELECT 1"), cluster.register("http://x")):
                with pytest.raises(ClusterError) as caught:
                    await call
                assert str(caught.value).count("\n") == 0
                assert "cannot be reached" in str(caught.value)

    run(main())


@pytest.mark.parametrize("url", ["", "nowhere", "ftp://x", "http://", "http://h?q=1"])
def test_an_address_must_be_one_over_http(url):
    with pytest.raises(ValueError, match="is no address over HTTP"):
        Cluster(url)
