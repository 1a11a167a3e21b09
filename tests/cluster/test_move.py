"""``fsm journal move``: meetings from a journal to a cluster, and back."""

import asyncio
import shutil
import sys
import time

import apsw
import attrs
import pytest

from fsm.recording import (
    Account,
    AutoRecord,
    Choice,
    End,
    Join,
    Leave,
    Pause,
    RecorderFailed,
    Resume,
)
from fsm.recording.console_changes import Actor, Lock, Unlock
from fsm.runtime import (
    Hub,
    Journal,
    JournalFileError,
    MemoryRecorder,
    MovedError,
    RecorderError,
    UnknownMeetingError,
)
from fsm.runtime.journal_check import check_journal
from fsm.runtime.restate import lists
from fsm.runtime.restate import move as moving
from fsm.runtime.restate.cluster import Cluster
from fsm.runtime.restate.move_calls import AdoptAnswer, AdoptCall
from fsm.runtime.restate.move_journal import MovingJournal

from ..examples import example
from ..runtime.hubs import QUICK, until_delivered
from .runtimes import restate_runtime, run, unique

ALICE = Join("alice", "host", "windows", "3.20")
BOB = Join("bob", "member", "ios", "3.20")
PRO = Account("pro")
BUSINESS = Account("business", auto_record=AutoRecord(enabled=True, start_on_any_join=True))
CLOUD = Choice(True)
MEETINGS = {
    "never joined": [],
    "recording": [ALICE, BOB],
    "paused": [ALICE, BOB, Pause("alice")],
    "grace": [ALICE, BOB, Leave("alice")],
    "refused": [BOB, Pause("bob"), Leave("carl")],
    "stopped by a failure": [ALICE, RecorderFailed("its disk is full"), BOB],
    "over": [ALICE, Leave("alice"), End()],
    "unreachable": [ALICE, Pause("alice")],
    "over and unreachable": [ALICE, End()],
    "long": [each for n in range(700) for each in (Join(f"p-{n}", "member", "web"), Pause("bob"))]
    + [ALICE, *(Leave(f"p-{n}") for n in range(650))],
}


class Recorder(MemoryRecorder):
    """A recorder that cannot be reached for some meetings, and notes what it applies."""

    def __init__(self):
        super().__init__()
        self.is_back = False
        self.applied = []

    async def _apply(self, message):
        if "unreachable" in message.meeting and not self.is_back:
            raise RecorderError("it cannot be reached")
        before = self.statuses.get(message.meeting)
        status = await super()._apply(message)
        if status != before:
            self.applied.append(message.key)
        return status

    start = pause = resume = stop = _apply

    async def status(self, meeting):
        if "unreachable" in meeting and not self.is_back:
            raise RecorderError("it cannot be reached")
        return await super().status(meeting)


PATIENT = attrs.evolve(QUICK, max_attempts=1000, max_interval=0.1)


@pytest.fixture(scope="module")
def server(restate_server):
    """A Restate server of its own, since a move takes all meetings of a cluster."""
    with example("cluster.restate_nodes").RestateCluster(fsync=False) as server:
        yield server


@pytest.fixture
def recorder():
    return Recorder()


async def start_move(server, source, target, *options):
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fsm", "journal", "move", str(source), str(target),
        "--cluster-admin", server.admin_url, *options,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def move(server, source, target, *options):
    """Runs the command in a process of its own; returns its exit code and its outputs."""
    process = await start_move(server, source, target, *options)
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


def events_of(meetings):
    """The events of meetings, each with an id."""
    return [
        (id_, event, f"{event.trigger}-{number}")
        for id_, events in meetings.items()
        for number, event in enumerate(events)
    ]


async def fill(runtime, meetings, account=PRO):
    """Opens meetings and sends their events."""
    for id_ in meetings:
        await runtime.open(id_, account, CLOUD, grace=600 if "grace" in id_ else 0)
    for answer in await runtime.dispatch_many(events_of(meetings)):
        assert not isinstance(answer, Exception), answer


async def send_again(runtime, meetings):
    return [
        (each.seq, each.at, each.outcome)
        for each in await runtime.dispatch_many(events_of(meetings))
    ]


async def view(runtime, meetings):
    """Returns all that a runtime says about meetings."""

    async def of(id_):
        history = []
        while page := await runtime.history(id_, len(history)):
            history += page
        return (
            await runtime.read(id_), history, await runtime.allowed(id_, "alice"),
            await runtime.resolution(id_), await runtime.past(id_, 0, 50),
        )  # fmt: skip

    return dict(zip(meetings, await asyncio.gather(*map(of, meetings)), strict=True))


async def until_undelivered(runtime, expected):
    """Waits until the messages of these meetings alone are not delivered."""
    deadline = time.monotonic() + 60
    while True:
        waiting = {
            each.id for each in await runtime.meetings()
            if (await runtime.read(each.id)).undelivered
        }  # fmt: skip
        if waiting == expected:
            return
        assert time.monotonic() < deadline, waiting ^ expected
        await asyncio.sleep(0.02)


def findings(file):
    with Journal(file, readonly=True) as journal:
        return [each.text for each in check_journal(journal)]


def without_timers(views):
    return {id_: (attrs.evolve(each[0], timers={}), *each[1:]) for id_, each in views.items()}


def test_meetings_in_every_situation_go_to_a_cluster_and_back(server, recorder, tmp_path):
    meetings = {f"{name} {unique('m')}": events for name, events in MEETINGS.items()}
    unreachable = {id_ for id_ in meetings if "unreachable" in id_}
    acme, first, second = unique("acme"), tmp_path / "first.db", tmp_path / "second.db"
    more = {id_: [RecorderFailed()] for id_, sent in meetings.items() if "paused" in id_}

    async def there():
        async with Hub(first, recorder, retry=PATIENT) as hub:
            await hub.put_account(acme, BUSINESS)
            for actor in (Actor("super_admin"), Actor("admin")):
                await hub.change(acme, Lock(actor))
            await fill(hub, meetings)
            await hub.open(f"of {acme}", acme)
            await until_undelivered(hub, unreachable)
            return (
                await view(hub, meetings),
                await hub.account(acme),
                await send_again(hub, meetings),
            )

    async def within_cluster(before, account, sent):
        async with restate_runtime(server, recorder=recorder, retry=PATIENT) as cluster:
            applied = list(recorder.applied)
            code, out, err = await move(server, first, server.ingress_url)
            assert (code, err) == (0, "")
            assert f"{len(meetings) + 1} meetings and 1 account moved" in out
            assert await view(cluster, meetings) == before
            assert await cluster.account(acme) == account
            assert await send_again(cluster, meetings) == sent
            assert recorder.applied == applied, "the move sends no command"
            assert await move(server, first, server.ingress_url) == (code, out, err)
            recorder.is_back = True
            await until_undelivered(cluster, set())
            # The accounts and their consoles go on, and so do the meetings.
            await cluster.change(acme, Unlock(Actor("super_admin")))
            sent += await send_again(cluster, more)
            await until_undelivered(cluster, set())
            after = await view(cluster, meetings), await cluster.account(acme), sent
            code, out, err = await move(server, server.ingress_url, second)
            assert (code, err) == (0, "")
            assert f"{len(meetings) + 1} meetings and 1 account moved" in out
            for id_ in meetings:
                with pytest.raises(MovedError):
                    await cluster.dispatch(id_, ALICE, "join-0")
                with pytest.raises(MovedError):
                    await cluster.open(id_, PRO, CLOUD)
            with pytest.raises(MovedError):
                await cluster.open(unique("another of acme"), acme)
            return after

    async def back(before, account, sent):
        applied = list(recorder.applied)
        async with Hub(second, recorder, retry=PATIENT) as hub:
            # A grace begins anew when a hub starts: nobody could report a return meanwhile.
            assert without_timers(await view(hub, meetings)) == without_timers(before)
            assert await hub.account(acme) == account
            assert await send_again(hub, meetings) + await send_again(hub, more) == sent
            await until_delivered(hub)
        assert recorder.applied == applied
        assert len(set(applied)) == len(applied)

    before, account, sent = run(there())
    with Journal(first, readonly=True) as journal:
        moments = {id_: journal.load(id_).due for id_ in meetings}
    before, account, sent = run(within_cluster(before, account, sent))
    with pytest.raises(JournalFileError, match="were moved to the cluster"):
        run(view_of_hub(first))
    assert findings(second) == []
    with Journal(second, readonly=True) as journal:
        assert {id_: journal.load(id_).due for id_ in meetings} == moments
        with Journal(first, readonly=True) as old:
            for id_ in meetings:
                new_answers = list(journal.recorded_answers(id_))
                assert new_answers[: len(list(old.recorded_answers(id_)))] == list(
                    old.recorded_answers(id_)
                )
    run(back(before, account, sent))


async def view_of_hub(file):
    async with Hub(file) as hub:
        return await hub.meetings()


async def killed(server, source, target, progress):
    """Starts a move, and kills it once some of its meetings are moved."""
    process = await start_move(server, source, target)
    while process.returncode is None and not await progress():
        await asyncio.sleep(0.05)
    if process.returncode is None:
        process.kill()
    await process.communicate()
    return process.returncode


def test_a_move_that_was_killed_is_repeated(server, recorder, tmp_path):
    first, second = tmp_path / "first.db", tmp_path / "second.db"
    meetings = {unique("k"): [ALICE, BOB, Pause("alice")] for _ in range(96)}
    ids = set(meetings)

    async def there():
        async with Hub(first, recorder, retry=QUICK) as hub:
            await fill(hub, meetings)
            await until_delivered(hub)
            return await view(hub, meetings)

    async def within_cluster(before):
        async with (
            restate_runtime(server, recorder=recorder, retry=QUICK) as cluster,
            Cluster(server.ingress_url, server.admin_url) as client,
        ):

            async def some_are_there():
                found = await lists.live_values(client, "", 10_000, everywhere=True)
                return ids & {id_ for id_, _ in found}

            async def some_are_back():
                found = await lists.live_values(client, "", 10_000, everywhere=True)
                return {id_ for id_, live in found if id_ in ids and live.elsewhere is not None}

            assert await killed(server, first, server.ingress_url, some_are_there) != 0
            with pytest.raises(JournalFileError, match="finishes an interrupted move"):
                await view_of_hub(first)
            assert (await move(server, first, server.ingress_url))[0] == 0
            assert await view(cluster, meetings) == before
            assert await killed(server, server.ingress_url, second, some_are_back) != 0
            with pytest.raises(JournalFileError, match="not all meetings of the cluster"):
                await view_of_hub(second)
            code, out, _ = await move(server, server.ingress_url, second)
            assert (code, "96 meetings" in out) == (0, True)

    async def back(before):
        async with Hub(second, recorder, retry=QUICK) as hub:
            assert await view(hub, meetings) == before
            await until_delivered(hub)

    before = run(there())
    applied = list(recorder.applied)
    run(within_cluster(before))
    assert findings(second) == []
    run(back(before))
    assert recorder.applied == applied


def test_a_meeting_that_came_in_part_takes_no_events_until_it_is_complete(
    server, tmp_path, monkeypatch
):
    monkeypatch.setattr(moving, "PAGE", 40)
    file, id_ = tmp_path / "meetings.db", unique("part")
    meetings = {id_: [each for n in range(50) for each in (Join(f"p-{n}", "member", "web"), ALICE)]}

    async def scenario():
        async with Hub(file) as hub:
            await fill(hub, meetings)
            before = await view(hub, meetings)
        async with (
            restate_runtime(server) as cluster,
            Cluster(server.ingress_url, server.admin_url) as client,
        ):
            with MovingJournal(file, lock=True) as journal:
                journal.begin("moved_to", server.ingress_url)
                meeting = journal.moved_meeting(id_)
                part = AdoptCall(
                    journal.name, meeting.opening, 0, list(meeting.entries[:40]), False, None,
                    meeting.outbox,
                )  # fmt: skip
                await client.call("Meeting", id_, "adopt", part, AdoptAnswer)
                for _ in range(2):
                    with pytest.raises(MovedError):
                        await cluster.dispatch(id_, BOB, "join-0")
                    with pytest.raises(MovedError):
                        await cluster.read(id_)
                result = await moving.move_to_cluster(journal, client, lambda *_: None)
                assert (result.meetings, result.events, result.refused) == (1, 100, [])
            assert await view(cluster, meetings) == before
            assert (await cluster.dispatch(id_, Leave("alice"))).seq == 101

    run(scenario())


async def remove(server, key, *objects):
    """Removes objects of a cluster, as docs/scaling.md says."""
    for name in objects:
        url, body = (
            f"{server.admin_url}/services/{name}/state",
            {"object_key": key, "new_state": {}},
        )
        await asyncio.to_thread(example("cluster.restate_nodes").request, url, body)
    async with (
        asyncio.timeout(60),
        Cluster(server.ingress_url, server.admin_url) as cluster,
    ):
        while any([await lists.stored_values(cluster, name, key) for name in objects]):
            await asyncio.sleep(0.05)


def test_nothing_is_moved_if_an_id_is_in_use_and_everything_once_it_is_removed(server, tmp_path):
    file = tmp_path / "meetings.db"
    used, free, acme = unique("used"), unique("free"), unique("acme")

    async def scenario():
        async with Hub(file) as hub:
            await fill(hub, {used: [ALICE], free: [ALICE]})
            await hub.put_account(acme, BUSINESS)
        async with restate_runtime(server) as cluster:
            await fill(cluster, {used: [BOB]})
            await cluster.put_account(acme, Account("business"))
            before = await view(cluster, [used])
            code, out, err = await move(server, file, server.ingress_url)
            assert (code, "0 meetings and 0 accounts moved, 2 refused" in out) == (1, True)
            assert f"account '{acme}' is in the cluster already" in err
            assert f"meeting '{used}' is in the cluster as another one" in err
            assert "nothing was moved" in err
            assert await view(cluster, [used]) == before
            with pytest.raises(UnknownMeetingError):
                await cluster.read(free)
            # The journal is as it was: a service may go on with it.
            async with Hub(file) as hub:
                await hub.dispatch(used, Pause("alice"))
            await remove(server, used, "Meeting", "MeetingRecorder")
            await remove(server, acme, "Account")
            assert (await move(server, file, server.ingress_url))[0] == 0
            assert (await cluster.read(used)).state == "paused"
            assert await cluster.account(acme) == BUSINESS

    run(scenario())


def test_meetings_are_moved_without_those_whose_ids_are_in_use_and_these_later(
    server, recorder, tmp_path
):
    file = tmp_path / "meetings.db"
    used, free = unique("used"), unique("free")

    async def scenario():
        async with Hub(file, recorder) as hub:
            await fill(hub, {used: [ALICE], free: [ALICE]})
            await until_undelivered(hub, set())
        async with restate_runtime(server, recorder=Recorder()) as cluster:
            await fill(cluster, {used: [ALICE, Pause("alice"), Resume("alice")]})
            await until_undelivered(cluster, set())
            before = await view(cluster, [used])
            for options in (["--skip-conflicts"], []):
                code, out, err = await move(server, file, server.ingress_url, *options)
                assert (code, "1 meeting and 0 accounts moved, 1 refused" in out) == (1, True)
                assert used in err
                assert await view(cluster, [used]) == before
            assert (await cluster.read(free)).state == "recording"
        await remove(server, used, "Meeting", "MeetingRecorder")
        async with restate_runtime(server, recorder=recorder) as cluster:
            assert (await move(server, file, server.ingress_url))[0] == 0
            assert (await cluster.dispatch(used, Pause("alice"))).seq == 2
            await until_undelivered(cluster, set())
            assert recorder.statuses[used].paused

    run(scenario())


def test_a_copy_of_a_journal_that_was_moved_is_refused_as_a_whole(server, tmp_path):
    first, second, copy = (tmp_path / f"{name}.db" for name in ("first", "second", "copy"))
    id_, same = unique("m"), unique("same")

    async def scenario():
        async with Hub(first) as hub:
            await fill(hub, {id_: [ALICE], same: [ALICE]})
        shutil.copy(first, copy)
        async with Hub(first) as hub:
            await hub.dispatch(id_, BOB)
        async with Hub(copy) as hub:
            await hub.dispatch(id_, Pause("alice"))
        async with restate_runtime(server):
            assert (await move(server, first, server.ingress_url))[0] == 0
            code, out, err = await move(server, copy, server.ingress_url)
            assert (code, "0 meetings and 0 accounts moved, 1 refused" in out) == (1, True)
            assert f"meeting '{id_}' is in the cluster with other events" in err
            assert (await move(server, server.ingress_url, second))[0] == 0
            code, out, err = await move(server, copy, server.ingress_url)
            assert (code, "0 meetings and 0 accounts moved, 2 refused" in out) == (1, True)
            assert f"meeting '{same}' was moved to the journal {second}" in err
        async with Hub(copy) as hub:
            assert {each.id for each in await hub.meetings()} == {id_, same}

    run(scenario())


def test_a_refused_move_from_a_cluster_leaves_its_meetings_there(server, tmp_path):
    file, id_ = tmp_path / "meetings.db", unique("m")

    async def scenario():
        async with Hub(file) as hub:
            await fill(hub, {unique("of a journal"): [ALICE]})
        async with restate_runtime(server) as cluster:
            await fill(cluster, {id_: [ALICE]})
            code, _, err = await move(server, server.ingress_url, file)
            assert (code, "it has meetings or accounts already" in err) == (2, True)
            assert (await cluster.dispatch(id_, Pause("alice"))).seq == 2

    run(scenario())


def test_lists_of_a_cluster_are_without_meetings_that_were_moved_away(server, tmp_path):
    before, after = unique("m"), unique("m")

    async def scenario():
        async with restate_runtime(server) as cluster:
            await fill(cluster, {before: [ALICE]})
            # A text in a meeting changes nothing.
            await cluster.dispatch(before, RecorderFailed('"elsewhere":"it"'))
            assert before in {each.id for each in await cluster.meetings()}
            assert (await move(server, server.ingress_url, tmp_path / "new.db"))[0] == 0
            await fill(cluster, {after: []})
            assert [each.id for each in await cluster.meetings()] == [after]
            assert [each.id for each in (await cluster.search())[0]] == [after]

    run(scenario())


def test_an_old_journal_does_not_bring_a_meeting_back_to_a_cluster(server, tmp_path):
    first, second, third = (tmp_path / f"{name}.db" for name in ("first", "second", "third"))
    id_ = unique("twice")

    async def scenario():
        async with Hub(first) as hub:
            await fill(hub, {id_: [ALICE]})
        async with restate_runtime(server) as cluster:
            assert (await move(server, first, server.ingress_url))[0] == 0
            assert (await move(server, server.ingress_url, second))[0] == 0
            code, _, err = await move(server, first, server.ingress_url)
            assert (code, f"{second}" in err) == (1, True)
            with pytest.raises(MovedError):
                await cluster.read(id_)
            # The journal that has it may bring it back, with what was answered there.
            async with Hub(second) as hub:
                await hub.dispatch(id_, Pause("alice"), "later")
            assert (await move(server, second, server.ingress_url))[0] == 0
            assert (await cluster.read(id_)).state == "paused"
            assert (await cluster.dispatch(id_, Pause("alice"), "later")).seq == 2
            assert (await move(server, server.ingress_url, third))[0] == 0
            assert (await move(server, second, server.ingress_url))[0] == 1
        assert findings(third) == []

    run(scenario())


def test_a_timer_fires_at_its_moment_wherever_its_meeting_is(server, tmp_path):
    file, id_ = tmp_path / "meetings.db", unique("empty")

    async def scenario():
        async with Hub(file) as hub:
            await hub.open(id_, PRO, CLOUD, end_when_empty=5)
            await hub.dispatch(id_, ALICE)
            left = await hub.dispatch(id_, Leave("alice"))
        async with restate_runtime(server) as cluster:
            assert (await move(server, file, server.ingress_url))[0] == 0
            async with asyncio.timeout(60):
                while not (await cluster.read(id_)).ended:
                    await asyncio.sleep(0.05)
            *_, last = await cluster.history(id_)
            assert (last.seq, last.event.timer) == (3, "empty")
            assert last.at >= left.at + 5000

    run(scenario())


def one_line(err):
    return err.count("\n") == 1 and "Traceback" not in err


def test_bad_input_gets_one_line_and_moves_nothing(server, restate_server, tmp_path):
    file, other = tmp_path / "meetings.db", tmp_path / "other.db"
    new, text = tmp_path / "new.db", tmp_path / "text"
    text.write_text("no journal")
    url = server.ingress_url

    async def check(source, target, *words):
        code, out, err = await move(server, source, target)
        assert (code, out, one_line(err)) == (2, "", True), err
        for word in words:
            assert word in err

    async def scenario():
        async with Hub(file) as hub:
            await fill(hub, {unique("m"): [ALICE]})
        async with restate_runtime(server):
            await check(file, other, "one of FROM and TO")
            await check(url, url, "one of FROM and TO")
            await check(file, "http://127.0.0.1:9", "cannot be reached")
            await check(tmp_path / "missing.db", url, "there is no such file")
            await check(text, url, "not a journal")
            async with Hub(file):
                await check(file, url, "another service has it open")
            await check(url, file, "it has meetings or accounts already")
            db = apsw.Connection(str(other))
            db.execute("PRAGMA application_id = 0x66736D31; PRAGMA user_version = 99;")
            db.execute("CREATE TABLE meetings (id)")
            db.close()
            await check(other, url, "a newer version")
            await check(url, other, "a newer version")
        assert not new.exists()
        async with Hub(file) as hub:
            assert len(await hub.meetings()) == 1

    run(scenario())


def test_a_cluster_without_a_service_is_refused(restate_server, tmp_path):
    async def scenario(server):
        async with Hub(tmp_path / "meetings.db") as hub:
            await fill(hub, {"m": [ALICE]})
        for ends in (
            (tmp_path / "meetings.db", server.ingress_url),
            (server.ingress_url, tmp_path / "new.db"),
        ):
            code, out, err = await move(server, *ends)
            assert (code, out, one_line(err)) == (2, "", True)
            assert "fsm serve --cluster" in err
        assert not (tmp_path / "new.db").exists()
        async with Hub(tmp_path / "meetings.db") as hub:
            assert (await hub.read("m")).state == "recording"

    with example("cluster.restate_nodes").RestateCluster(fsync=False) as server:
        run(scenario(server))
