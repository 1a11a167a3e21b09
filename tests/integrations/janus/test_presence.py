"""Events of Janus that come twice, late, out of order or never, and the list of a room."""

import asyncio

import attrs
import pytest

from fsm.integrations.janus.events import HandleGone, Joined, Left, SessionGone
from fsm.integrations.janus.presence import participant_id
from fsm.recording import End

from .world import RefusedError, account, until


def kinds(*events):
    """A filter for events of these kinds."""
    return lambda event: isinstance(event, events)


class Lost:
    """Takes the place of the adapter: keeps the events to lose, and passes on the others."""

    def __init__(self, world, is_lost):
        self.events, self._is_lost, self._pass_on = [], is_lost, world.deliver
        world.deliver = self

    def __call__(self, events):
        self.events += filter(self._is_lost, events)
        return self._pass_on([each for each in events if not self._is_lost(each)])


@pytest.mark.rule("D9")
def test_each_handle_is_a_participant_of_its_own(play):
    async def story(world):
        await world.open(account())
        token = world.token("alice")
        clients = [world.client(token), world.client(token)]
        for client in clients:
            await client.join()
        await world.until_names("alice", "alice")
        await clients[0].leave()
        await world.until_names("alice")
        assert await world.state() == "recording"

    play(story)


def test_an_id_in_the_room_that_is_taken_is_refused_by_janus(play):
    async def story(world):
        await world.open(account())
        await world.joins("alice", id=4711)
        second = world.client(world.token("mallory"), id=4711)
        with pytest.raises(RefusedError, match="already exists"):
            await second.join()

    play(story)


def test_role_platform_and_version_come_from_the_token(play):
    async def story(world):
        await world.open(account())
        for name, platform, version in (
            ("old", "windows", "3.16"), ("phone", "phone", "3.20"), ("web", "web", "3.20"),
        ):  # fmt: skip
            client = world.client(world.token(name, "host", platform, version))
            await client.join()
        await world.until_names("old", "phone", "web")
        assert await world.state() == "idle"
        await world.joins("bob", "member")
        assert await world.state() == "idle"
        await world.joins("alice", "cohost", "macos")
        await world.until_state("recording")

    play(story)


def test_events_that_come_twice_count_once(play):
    async def story(world):
        await world.open(account())
        pass_on = world.deliver
        world.deliver = lambda events: pass_on(events) and pass_on(events)
        client = await world.joins("alice")
        await client.leave()
        await world.until_state("stopped")
        await asyncio.sleep(0.2)
        entries = await world.hub.history(world.meeting)
        assert [each.event.trigger for each in entries] == ["join", "leave"]

    play(story)


def test_a_join_that_comes_after_its_leave_counts_for_nothing(play):
    async def story(world):
        await world.open(account())
        lost = Lost(world, kinds(Joined))
        client = world.client(world.token("alice"))
        await client.join()
        await client.leave()
        await until(lambda: lost.events)
        await asyncio.sleep(0.2)
        world.adapter.submit(lost.events)
        await asyncio.sleep(0.2)
        assert (await world.read()).seq == 0

    play(story)


def test_a_late_leave_of_an_id_that_is_used_again_removes_nobody_else(play):
    async def story(world):
        await world.open(account())
        lost = Lost(world, kinds(Left, HandleGone, SessionGone))
        first = await world.joins("alice", id=4711)
        await first.leave()
        await until(lambda: len(lost.events) >= 2)
        second = await world.joins("bob", id=4711)
        # The first has left all the same: its id is that of another now.
        await world.until_names("bob")
        world.adapter.submit(lost.events)
        await asyncio.sleep(0.2)
        assert await world.names() == ["bob"]
        assert world.id_of(second) is not None

    play(story)


def test_a_join_that_was_never_heard_of_is_found_in_the_room(play):
    async def story(world):
        await world.open(account())
        lost = Lost(world, kinds(Joined))
        client = world.client(world.token("alice"))
        await client.join()
        await until(lambda: lost.events)
        assert (await world.read()).seq == 0
        await world.adapter.compare()
        assert await world.names() == ["alice"]
        # If its event comes after all, it is the same participant.
        world.adapter.submit(lost.events)
        await asyncio.sleep(0.2)
        assert (await world.read()).seq == 1

    play(story)


def test_a_leave_that_was_never_heard_of_is_found_in_the_room(play):
    async def story(world):
        await world.open(account())
        client = await world.joins("alice")
        await world.joins("bob", "member")
        lost = Lost(world, kinds(Left, HandleGone, SessionGone))
        await client.drop()
        await until(lambda: len(lost.events) >= 2)
        assert await world.names() == ["alice", "bob"]
        await world.adapter.compare()
        assert await world.names() == ["bob"]
        assert await world.state() == "stopped"

    play(story)


def test_the_end_of_a_session_alone_is_the_leave_of_its_participants(play):
    async def story(world):
        await world.open(account())
        Lost(world, kinds(Left, HandleGone))
        client = await world.joins("alice")
        await client.drop()
        await world.until_state("stopped")

    play(story)


def test_a_client_that_disappears_has_left_when_its_session_times_out(play):
    async def story(world):
        await world.open(account())
        client = await world.joins("alice", publish=True)
        await world.api.request("set_session_timeout", f"/{client._session}", timeout=1)
        await client.vanish()
        await world.until_state("stopped")

    play(story)


def test_a_client_with_a_bad_token_is_removed_even_if_its_join_was_not_heard_of(play):
    async def story(world):
        await world.open(account(anyone=True))
        lost = Lost(world, kinds(Joined))
        client = world.client("forged")
        await client.join()
        await until(lambda: lost.events)
        await world.adapter.compare()
        assert await world.api.feeds(world.rooms.number(world.meeting)) == {}
        assert (await world.read()).seq == 0

    play(story)


@pytest.mark.rule("D10")
def test_a_room_that_is_destroyed_ends_the_meeting(play):
    async def story(world):
        await world.open(account())
        await world.joins("alice")
        await world.rooms.destroy(world.rooms.number(world.meeting))
        await world.until_state("stopped")
        assert (await world.read()).ended
        entries = await world.hub.history(world.meeting)
        assert entries[-1].event == End()

    play(story)


@pytest.mark.rule("D10")
def test_a_room_that_is_missing_while_janus_runs_ends_the_meeting(play):
    async def story(world):
        await world.open(account())
        await world.joins("alice")
        await world.adapter.compare()  # which sets the marker
        world.deliver = lambda events: True
        await world.rooms.destroy(world.rooms.number(world.meeting))
        await world.adapter.compare()
        assert (await world.read()).ended

    play(story)


def test_the_room_of_a_meeting_that_is_over_is_destroyed(play):
    async def story(world):
        await world.open(account())
        number = world.rooms.number(world.meeting)
        await world.hub.dispatch(world.meeting, End())
        await until(lambda: is_gone(world, number))
        # One that remained, since Janus could not be reached then, goes with the next comparison.
        await world.rooms.ensure(world.meeting)
        await world.adapter.compare()
        assert await is_gone(world, number)

    async def is_gone(world, number):
        return number not in await world.rooms.listing()

    play(story)


def test_events_beyond_the_limit_are_lost_and_found_in_the_room(play):
    async def story(world):
        await world.open(account())
        world.adapter._max_events = 0
        client = world.client(world.token("alice"))
        await client.join()
        await world.until_names("alice")

    play(story)


def test_the_id_of_a_participant_follows_from_its_join():
    joined = Joined(1, 2, 3, 4, 5, 6, "token")
    person = type("RosterEntry", (), {"participant": "alice"})()
    assert participant_id(person, joined) == participant_id(person, joined)
    for name in ("session", "handle", "private"):
        other = attrs.evolve(joined, **{name: 7})
        assert participant_id(person, other) != participant_id(person, joined)
