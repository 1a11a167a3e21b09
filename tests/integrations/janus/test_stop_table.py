"""The stop table (R16) and grace (D14), with real participants in a real room."""

import asyncio

import pytest

from fsm.recording import End, Stop

from .world import account, until

ROWS = [(True, True), (True, False), (False, True), (False, False)]


@pytest.mark.rule("R13", "R16")
@pytest.mark.parametrize(("anyone", "host_may_pause"), ROWS)
def test_it_stops_when_everyone_or_every_host_has_left(play, anyone, host_may_pause):
    async def story(world):
        await world.open(account(anyone=anyone, host_may_pause=host_may_pause))
        member = await world.joins("bob", "member", publish=True)
        assert await world.state() == ("recording" if anyone else "idle")
        host = await world.joins("alice", publish=True)
        await world.until_state("recording")
        assert await world.records()
        await asyncio.sleep(0.3)
        await host.drop()
        await world.until_names("bob")
        assert await world.state() == ("recording" if anyone else "stopped")
        await member.leave()
        await world.until_state("stopped")
        assert not await world.records()
        assert world.packets() > 10

    play(story)


@pytest.mark.rule("R16", "D10")
@pytest.mark.parametrize(("anyone", "host_may_pause"), ROWS)
def test_it_stops_when_a_host_ends_the_meeting(play, anyone, host_may_pause):
    async def story(world):
        await world.open(account(anyone=anyone, host_may_pause=host_may_pause))
        host = await world.joins("alice")
        await world.joins("bob", "member")
        await world.until_state("recording")
        outcome = await world.send(End, host)
        assert outcome.state == "stopped"
        # The room is gone with the meeting.
        await until(lambda: host_is_out(world))

    async def host_is_out(world):
        return world.rooms.number(world.meeting) not in await world.rooms.listing()

    play(story)


@pytest.mark.rule("R9", "R16")
@pytest.mark.parametrize(("anyone", "host_may_pause"), ROWS)
def test_a_host_stops_it_where_hosts_may(play, anyone, host_may_pause):
    async def story(world):
        await world.open(account(anyone=anyone, host_may_pause=host_may_pause))
        host = await world.joins("alice")
        await world.until_state("recording")
        outcome = await world.send(Stop, host)
        assert outcome.refused == (None if host_may_pause else "host_may_not_pause")
        await world.until_delivered()
        assert await world.records() == (not host_may_pause)

    play(story)


@pytest.mark.rule("D14")
def test_a_host_who_comes_back_within_the_grace_keeps_the_recording_going(play):
    async def story(world):
        await world.open(account(), grace=2)
        host = await world.joins("alice", publish=True)
        await world.until_state("recording")
        await asyncio.sleep(0.5)
        await host.drop()
        await world.until_names()
        await asyncio.sleep(0.5)
        assert await world.records()
        again = await world.joins("alice", publish=True)
        await asyncio.sleep(2.2)
        assert await world.state() == "recording"
        await again.drop()
        await world.until_state("stopped")
        # Both connections are in one segment: sound and pictures of each.
        [segment] = await world.recording()
        assert len(segment.files) == 4

    play(story)
