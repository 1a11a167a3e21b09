"""Those who may not start, pause or stop anything, and try: each against the real Janus."""

import asyncio
import secrets

import httpx
import pytest

from fsm.integrations.janus import JoinTokens, RosterEntry
from fsm.recording import Account, End, Pause, Start, Stop

from .world import RefusedError, account, until


async def is_out(world, client):
    return client.feed not in await world.api.feeds(world.rooms.number(world.meeting))


@pytest.mark.rule("R16")
def test_a_member_starts_pauses_and_stops_nothing(play):
    async def story(world):
        await world.open(account())
        await world.joins("alice")
        member = await world.joins("mallory", "member")
        await world.until_state("recording")
        for command in (Pause, Stop, End):
            assert (await world.send(command, member)).refused == "not_host"
        assert (await world.send(Start, member, "cloud")).refused == "not_host"
        assert await world.records()

    play(story)


AT_THE_JOIN = {"request": "joinandconfigure", "record": True}
"""A join that asks for a recording; ``lock_record`` does not cover it."""


@pytest.mark.parametrize("more", [{}, {"filename": "stolen"}], ids=["own name", "another name"])
@pytest.mark.parametrize("join", [AT_THE_JOIN, {}], ids=["at the join", "later"])
def test_a_publisher_cannot_have_itself_recorded(play, join, more):
    async def story(world):
        await world.open(Account("pro"))
        member = await world.joins("mallory", "member", **join, **(more if join else {}))
        await member.publish(record=True, **more)
        await member.request("configure", record=True, **more)
        await asyncio.sleep(0.3)
        [handle] = await world.api.handles(member._session)
        answer = await world.api.request("handle_info", f"/{member._session}/{handle}")
        streams = answer["info"]["plugin_specific"]["streams"]
        assert [each["type"] for each in streams] == ["audio", "video"]
        assert not any("recording" in each for each in streams)

    play(story)


def test_a_publisher_who_asked_to_be_recorded_is_recorded_like_the_others(play):
    async def story(world):
        await world.open(account())
        member = await world.joins("mallory", "member", **AT_THE_JOIN)
        await member.publish()
        host = await world.joins("alice", publish=True)
        await world.until_state("recording")
        await asyncio.sleep(0.5)
        await world.send(Stop, host)
        await world.until_delivered()
        [segment] = await world.recording()
        assert len(segment.files) == 4

    play(story)


def test_a_publisher_cannot_stop_its_recording(play):
    async def story(world):
        await world.open(account())
        host = await world.joins("alice", publish=True)
        member = await world.joins("mallory", "member", publish=True)
        await world.until_state("recording")
        await member.request("configure", record=False)
        await asyncio.sleep(0.5)
        await world.send(Stop, host)
        await world.until_delivered()
        [segment] = await world.recording()
        assert [each.duration > 0.3 for each in segment.files] == [True] * 4

    play(story)


def test_the_secret_of_a_room_is_needed_to_change_it(play):
    async def story(world):
        await world.open(account())
        member = await world.joins("mallory", "member")
        number = world.rooms.number(world.meeting)
        for guess in ({}, {"secret": ""}, {"secret": world.rooms.pin(world.meeting)}):
            for request in (
                {"request": "enable_recording", "record": True},
                {"request": "edit", "new_rec_dir": str(world.folder)},
                {"request": "destroy"},
                {"request": "kick", "id": member.feed},
            ):
                with pytest.raises(RefusedError):
                    await member.request(**request, room=number, **guess)
        assert not await world.records()
        assert await world.state() == "idle"

    play(story)


def test_a_room_cannot_be_created_or_joined_without_key_and_pin(play):
    async def story(world):
        await world.open(account())
        member = await world.joins("mallory", "member")
        with pytest.raises(RefusedError):
            await member.request("create", room=4711)
        stranger = world.client(world.token("eve"), pin="guess")
        with pytest.raises(RefusedError):
            await stranger.join()

    play(story)


@pytest.mark.parametrize(
    "token",
    [
        lambda world: None,
        lambda world: "alice",
        lambda world: world.token("mallory", meeting="another"),
        lambda world: world.token("mallory", lifetime=-1),
        lambda world: world.token("mallory")[:-3] + "abc",
        lambda world: JoinTokens(secrets.token_bytes(32)).issue(
            world.meeting, RosterEntry("mallory", "host", "windows")
        ),
    ],
    ids=["none", "no token", "another meeting", "expired", "changed", "another key"],
)
def test_a_client_without_a_good_token_is_removed_and_starts_nothing(play, token):
    async def story(world):
        await world.open(account(anyone=True))
        client = world.client(token(world))
        await client.join()
        await until(lambda: is_out(world, client))
        assert (await world.read()).seq == 0
        assert not await world.records()

    play(story)


def test_a_token_admits_with_the_role_that_was_signed(play):
    async def story(world):
        await world.open(account())
        # The display name and the id in the room are the client's to choose.
        await world.joins("mallory", "member", display="alice, host", id=4711)
        assert await world.state() == "idle"

    play(story)


def test_a_posted_event_needs_the_password(play):
    async def story(world):
        await world.open(account(anyone=True))
        forged = {
            "type": 64, "timestamp": 1, "session_id": 1, "handle_id": 2,
            "opaque_id": world.token("mallory"),
            "event": {
                "plugin": "janus.plugin.videoroom",
                "data": {
                    "event": "joined", "room": world.rooms.number(world.meeting),
                    "id": 3, "private_id": 4,
                },
            },
        }  # fmt: skip
        async with httpx.AsyncClient(trust_env=False) as client:
            url, user = world.janus.backend, world.janus.backend_user
            for auth in (None, (user, "wrong"), ("wrong", world.janus.backend_password)):
                response = await client.post(url, json=[forged], auth=auth)
                assert response.status_code == 401
            assert (await world.read()).seq == 0
            # With the password it is Janus that says so.
            auth = (user, world.janus.backend_password)
            assert (await client.post(url, json=[forged], auth=auth)).status_code == 204
            await world.until_state("recording")

    play(story)


def test_a_client_acts_for_nobody_else(play):
    async def story(world):
        await world.open(account())
        host = await world.joins("alice")
        token = world.token("mallory", "member")
        member = world.client(token)
        await member.join()
        await until(lambda: world.id_of(member))
        with pytest.raises(ValueError, match="not in the meeting"):
            world.adapter.participant(world.meeting, token, host.feed)
        assert world.adapter.participant(world.meeting, token, member.feed).opaque == token

    play(story)
