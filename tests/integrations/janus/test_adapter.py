"""The life of an adapter: a new service on open meetings, and a Janus that is not there."""

import asyncio
import logging

import pytest

from fsm.integrations.janus import JanusAdapter, JanusError, JoinTokenError
from fsm.recording import Account, Choice, End, Start, Stop
from fsm.runtime import RecorderError

from .killing import settings_in
from .world import World, account, until


def test_a_new_adapter_takes_up_the_open_meetings(play):
    async def story(world):
        await world.open(account())
        host = await world.joins("alice")
        bob = await world.joins("bob", "member")
        await world.adapter.__aexit__(None, None, None)
        await bob.drop()
        async with JanusAdapter(
            world.hub, world.rooms, world.tokens, world.store, compare_every=30
        ) as adapter:
            await world.until_names("alice")
            # It is the same participant, and nobody has joined again.
            entries = await world.hub.history(world.meeting)
            assert [each.event.trigger for each in entries] == ["join", "join", "leave"]
            known = adapter.participant(world.meeting, host.token, host.feed)
            assert known.participant in (await world.read()).present
            await world.hub.dispatch(world.meeting, End())
            await until(lambda: room_is_gone(world))

    async def room_is_gone(world):
        return world.rooms.number(world.meeting) not in await world.rooms.listing()

    play(story)


def test_a_token_that_has_expired_since_counts_for_those_who_are_there(play):
    async def story(world):
        await world.open(account())
        now = [1_000.0]
        world.tokens._clock = lambda: now[0]
        host = world.client(world.token("alice", lifetime=60))
        await host.join()
        await world.until_names("alice")
        await world.adapter.__aexit__(None, None, None)
        now[0] += 3_600
        async with JanusAdapter(world.hub, world.rooms, world.tokens, world.store) as adapter:
            await adapter.compare()
            assert await world.names() == ["alice"]
            assert adapter.participant(world.meeting, host.token, host.feed)

    play(story)


def test_a_client_of_no_meeting_is_no_participant(play):
    async def story(world):
        token = world.token("alice")
        with pytest.raises(JoinTokenError, match="not in the meeting"):
            world.adapter.participant(world.meeting, token, 1)
        with pytest.raises(JoinTokenError, match="not valid"):
            world.adapter.participant(world.meeting, "forged", 1)

    play(story)


@pytest.mark.rule("D11")
def test_a_client_may_say_that_its_own_recording_has_failed(play):
    async def story(world):
        await world.open(Account("business"), Choice(True, "local"))
        host = await world.joins("alice")
        other = await world.joins("bob", "member")
        assert await world.state() == "recording"
        await world.adapter.local_failed(world.meeting, world.id_of(other))
        assert await world.state() == "recording"
        await world.adapter.local_failed(world.meeting, world.id_of(host), "no disk")
        assert await world.state() == "stopped"

    play(story)


@pytest.mark.rule("D11")
def test_a_late_word_of_a_failed_local_recording_does_not_end_the_next_recording(play):
    async def story(world):
        await world.open(Account("business"))
        alice, bob = await world.joins("alice"), await world.joins("bob", "host")
        await world.send(Start, alice, "local")
        failed = asyncio.create_task(
            world.adapter.local_failed(world.meeting, world.id_of(alice), "no disk")
        )
        stopped = world.hub.dispatch(world.meeting, Stop(world.id_of(alice)))
        started = world.hub.dispatch(world.meeting, Start(world.id_of(bob), "cloud"))
        await asyncio.gather(stopped, started, failed)
        assert await world.state() == "recording"

    play(story)


def test_without_janus_meetings_stay_as_they_are_and_catch_up_when_it_is_back(
    new_janus, tmp_path, caplog
):
    caplog.set_level(logging.WARNING, "fsm.integrations.janus")
    janus = new_janus()

    async def main():
        async with World(janus.settings, tmp_path, compare_every=0.2) as world:
            await world.open(account(), grace=60)
            await world.joins("alice")
            await world.until_state("recording")
            janus.kill()
            with pytest.raises(JanusError, match="does not answer"):
                await world.adapter.compare()
            await asyncio.sleep(0.5)
            assert await world.names() == ["alice"]
            janus.start()
            await world.until_names()
            assert await world.state() == "recording"

    asyncio.run(main())
    lines = [each for each in caplog.messages if "cannot be compared" in each]
    assert len(lines) <= 2  # once for the kill, and perhaps once for the start


def test_a_store_that_fails_keeps_nobody_from_joining(play):
    async def story(world):
        await world.open(Account("pro"))
        world.store._connection.close()
        host = await world.joins("alice")
        assert await world.names() == ["alice"]
        with pytest.raises(RecorderError, match="the store of recordings failed"):
            await world.recorder.status(world.meeting)
        await host.drop()
        await world.until_names()

    play(story)


def test_a_room_that_could_not_be_compared_after_a_restart_does_not_count_as_destroyed(play):
    async def story(world):
        await world.open(account(), grace=60)
        await world.joins("alice")
        await world.adapter.compare()
        number = world.rooms.number(world.meeting)
        presence = world.adapter._meetings[number]
        compare, presence.compare = presence.compare, refused
        # As a restart of Janus leaves it: neither the room nor the marker.
        world.deliver = lambda events: True
        await world.rooms.destroy(number)
        await world.rooms.destroy(world.rooms.number("\0marker"))
        await world.adapter.compare()
        presence.compare = compare
        await world.adapter.compare()
        assert not (await world.read()).ended
        assert number in await world.rooms.listing()

    async def refused(scan):
        raise JanusError("refused", code=1)

    play(story)


def test_a_meeting_can_be_opened_while_janus_is_away(tmp_path):

    async def main():
        async with World(settings_in(tmp_path / "janus"), tmp_path) as world:
            with pytest.raises(JanusError, match="does not answer"):
                await world.open(account())
            assert await world.state() == "idle"

    asyncio.run(main())
