"""Janus, the service, or both are killed in the middle of a recording, and started again."""

import random

import pytest

from .killing import ALICE, LONGEST, kill_janus, kill_service, run
from .world import Participant, until

pytestmark = pytest.mark.durable
KILLS = 2


@pytest.mark.parametrize("with_service", [False, True], ids=["janus", "both"])
def test_after_a_kill_of_janus_nothing_records_and_everyone_has_left(
    new_janus, tmp_path, with_service
):
    run(
        new_janus(),
        tmp_path,
        lambda each: kill_janus(each, KILLS, random.Random(1), with_service=with_service),
    )


def test_after_a_kill_of_the_service_room_and_machine_agree(new_janus, tmp_path):
    run(new_janus(), tmp_path, lambda each: kill_service(each, KILLS, random.Random(1)))


def test_after_a_kill_of_janus_a_recording_within_its_grace_goes_on_with_who_comes_back(
    new_janus, tmp_path
):
    janus = new_janus()

    async def story(deployment):
        await deployment.open("m-1", grace=30)
        client, _ = await deployment.joins("m-1")
        await until(lambda: deployment.is_recording("m-1"))
        janus.kill()
        janus.start()
        await client.vanish()

        async def has_room():
            return deployment.rooms.number("m-1") in await deployment.rooms.listing()

        await until(has_room, LONGEST)
        client, _ = await deployment.joins("m-1")
        await until(lambda: deployment.is_recording("m-1"), LONGEST)
        recordings = (await deployment.client.get("/meetings/m-1/recordings")).json()
        assert [each["recording"] for each in recordings] == [1]
        assert [each["reason"] for each in recordings[0]["segments"]] == ["interrupted", None]
        await client.vanish()

    run(janus, tmp_path, story)


def test_who_comes_and_goes_while_the_service_is_down_is_noticed(new_janus, tmp_path):
    # The events of that time are lost: Janus repeats a post for three seconds at most.
    janus = new_janus(retransmissions=0)

    async def story(deployment):
        await deployment.open("m-1")
        alice, _ = await deployment.joins("m-1")
        await until(lambda: deployment.is_recording("m-1"))
        bob = {**ALICE, "participant": "bob", "role": "member"}
        answer = (await deployment.client.post("/meetings/m-1/sign-in", json=bob)).json()
        deployment.kill()
        late = Participant(janus.settings.url, answer["room"], answer["pin"], answer["token"])
        await late.join()
        await alice.drop()
        await deployment.start()

        async def is_noticed():
            found = await deployment.state("m-1")
            names = [each.rpartition("-")[0] for each in found["present"]]
            stopped = found["state"] == "stopped" and not await deployment.rooms.records("m-1")
            return names == ["bob"] and stopped

        await until(is_noticed, LONGEST)
        await late.vanish()

    run(janus, tmp_path, story)
