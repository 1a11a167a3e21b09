"""New rules over the journal of old ones: what was answered stands (D16)."""

import asyncio
import itertools
from contextlib import ExitStack, nullcontext

import pytest

from fsm.recording import (
    ChangeRole,
    Choice,
    End,
    Join,
    Leave,
    Meeting,
    Pause,
    RecorderFailed,
    Resume,
    Start,
    Stop,
    client_version,
)  # fmt: skip
from fsm.runtime import Hub, Journal, MemoryRecorder
from fsm.runtime.journal_check import check_journal

from ..rule_sets import (
    OTHERS,
    TABLES,
    TODAY,
    WITHOUT_GRACE,
    WITHOUT_GRACE_IF_EMPTY,
    Release,
)
from .hubs import ALICE, BOB, BUSINESS, PRO, run, wait_until

CAROL = Join("carol", "cohost", "macos", "3.18")
LOCAL = Choice(True, "local")
PARTS = [
    (), (ALICE,), (BOB,), (BOB, ALICE), (ALICE, BOB, CAROL), (BOB, CAROL),
]  # fmt: skip
COURSES = [
    (), (Pause("alice"),), (Pause("alice"), Resume("alice")), (Stop("alice"),), (Leave("alice"),),
    (Pause("carol"), ChangeRole("bob", "host"), Leave("carol")), (Leave("bob"), Leave("carol")),
    (Start("alice", "cloud"),), (Stop("carol"), Start("carol", "local"), Pause("carol")),
    (RecorderFailed("full"),), (End("alice"),), (End(),), (End(), Pause("alice")),
    (Pause("nobody"), Leave("nobody"), ALICE),
]  # fmt: skip
SETTINGS = [(PRO, Choice(True)), (PRO, None), (BUSINESS, None), (BUSINESS, LOCAL)]
# Each once: a short course repeated in part is often the same as another one.
SITUATIONS = list(
    dict.fromkeys(
        (account, user, (*part, *course, *course[:more]))
        for (account, user), part, course, more in itertools.product(
            SETTINGS, PARTS, COURSES, range(3)
        )
    )
)
STARTED = next(number for number, (_, _, events) in enumerate(SITUATIONS) if events[:1] == (ALICE,))
"""The first meeting that begins with the join of Alice."""
CHANGED = [name for name in TABLES if name != TODAY] + list(OTHERS)


class CountingRecorder(MemoryRecorder):
    """A recorder that keeps the messages it receives."""

    def __init__(self, statuses=None):
        super().__init__()
        self.statuses.update(statuses or {})
        self.received = []

    async def start(self, message):
        self.received.append(message)
        return await super().start(message)

    async def pause(self, message):
        self.received.append(message)
        return await super().pause(message)

    async def resume(self, message):
        self.received.append(message)
        return await super().resume(message)

    async def stop(self, message):
        self.received.append(message)
        return await super().stop(message)


async def at_rest(hub):
    await wait_until(lambda: not hub.health.delivering)


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """A journal of meetings in every kind of situation, as today's rules answered them."""
    file = tmp_path_factory.mktemp("rules") / "meetings.db"
    recorder = CountingRecorder()

    async def play(hub, number, account, user, events):
        id_ = f"m-{number}"
        await hub.open(id_, account, user)
        for position, event in enumerate(events):
            await hub.dispatch(id_, event, f"{id_}-{position}")
        return id_

    async def fill():
        async with Hub(file, recorder) as hub:
            # Side by side, so that the meetings share their commits.
            ids = await asyncio.gather(
                *(play(hub, number, *situation) for number, situation in enumerate(SITUATIONS))
            )
            await at_rest(hub)
            return {id_: await hub.read(id_) for id_ in ids}

    return file, run(fill()), recorder


@pytest.fixture
def reopened(answered, tmp_path):
    """A copy of the journal, what was answered, and a recorder as it was left."""
    file, snapshots, recorder = answered
    copy = tmp_path / "meetings.db"
    copy.write_bytes(file.read_bytes())
    return copy, snapshots, CountingRecorder(recorder.statuses)


def other_rules(name):
    """Returns the context in which a changed rule set decides."""
    stack = ExitStack()
    stack.enter_context(Release(name).installed())
    stack.enter_context(OTHERS[name]() if name in OTHERS else nullcontext())
    stack.callback(client_version.is_new_enough.cache_clear)
    client_version.is_new_enough.cache_clear()
    return stack


@pytest.mark.parametrize("name", CHANGED)
def test_under_new_rules_no_meeting_differs_from_its_last_answer_and_no_command_is_sent(
    reopened, name
):
    file, snapshots, recorder = reopened

    async def reopen():
        async with Hub(file, recorder) as hub:
            await hub.reconcile()
            await at_rest(hub)
            found = {id_: await hub.read(id_) for id_ in snapshots}
            id_ = f"m-{STARTED}"
            again = [await hub.dispatch(id_, ALICE, f"{id_}-0"), (await hub.history(id_))[0]]
        return found, again

    assert len(snapshots) == len(SITUATIONS) > 700
    with other_rules(name):
        found, (sent_again, recorded) = run(reopen())
        with Journal(file, readonly=True) as journal:
            assert [finding for finding in check_journal(journal) if finding.fault] == []
    assert found == snapshots
    assert recorder.received == []
    assert sent_again == recorded


def test_the_resolution_of_a_meeting_keeps_its_plan_and_says_so(reopened):
    file, snapshots, recorder = reopened

    async def read():
        async with Hub(file, recorder) as hub:
            return await hub.resolution("m-0")

    resolved_before = run(read())
    with other_rules("plan code changed: nothing is recorded"):
        resolution = run(read())
    assert resolution.plan == resolved_before.plan == snapshots["m-0"].plan
    assert resolution.why != resolved_before.why
    assert "earlier rules" in resolution.why[0]


NEXT = [
    CAROL, Pause("alice"), Pause("bob"), Resume("alice"), ChangeRole("bob", "host"),
    Leave("alice"), Join("dora", "host", "linux", "3.19"), End(),
]  # fmt: skip


def after(snapshot, event):
    """Returns the outcome of an event, and what is read of the meeting then."""
    meeting = Meeting.restore(
        snapshot.plan, snapshot.state, snapshot.present, snapshot.kind, snapshot.client,
        snapshot.ended,
    )  # fmt: skip
    outcome = meeting.handle(event)
    return outcome, (meeting.state, meeting.present, meeting.kind, meeting.client, meeting.ended)


@pytest.mark.parametrize("name", CHANGED)
def test_the_next_event_is_decided_by_the_new_rules(reopened, name):
    file, snapshots, recorder = reopened
    numbers = range(0, len(snapshots), 2)
    events = {f"m-{number}": NEXT[number // 2 % len(NEXT)] for number in numbers}

    async def go_on():
        async with Hub(file, recorder) as hub:
            # Side by side, so that they share their commits.
            entries = await asyncio.gather(*(hub.dispatch(*each) for each in events.items()))
            answers = {id_: entry.outcome for id_, entry in zip(events, entries, strict=True)}
            return answers, {id_: await hub.read(id_) for id_ in events}

    with other_rules(name):
        answers, read = run(go_on())
        expected = {id_: after(snapshots[id_], event) for id_, event in events.items()}
    for id_, snapshot in read.items():
        now = snapshot.state, snapshot.present, snapshot.kind, snapshot.client, snapshot.ended
        assert (answers[id_], now) == expected[id_]
    before = {id_: after(snapshots[id_], event) for id_, event in events.items()}
    # The plan of a meeting that is open stays as it is (D8), and no timer is set.
    only_timers = name in (WITHOUT_GRACE, WITHOUT_GRACE_IF_EMPTY)
    assert (before == expected) is (name.startswith("plan code") or only_timers)
