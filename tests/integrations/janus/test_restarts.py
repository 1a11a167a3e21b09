"""Janus, the service, or both are killed in the middle of a recording, and started again.

`--kills 20` tries each twenty times.
"""

import asyncio
import random
import secrets
import subprocess
import sys
from contextlib import suppress

import httpx
import pytest

from fsm.integrations.janus import AdminApi, Rooms

from ...examples import EXAMPLES, example
from .world import Participant, until

ALICE = {"participant": "alice", "role": "host", "platform": "windows", "version": "3.20"}
COMPARE_EVERY = 1.0
LONGEST = 8.0
"""Seconds until machine and room agree: the interval, a restart, and a busy machine."""


class Deployment:
    """A Janus and a service, each a process that can be killed."""

    def __init__(self, janus, folder):
        self.janus, self.folder = janus, folder
        settings = janus.settings
        self.url = settings.backend.removesuffix("/events")
        self.configuration = folder / "service.json"
        keys = {name: secrets.token_hex(32) for name in ("room_key", "token_key")}
        values = {
            "folder": str(folder), "port": int(self.url.rpartition(":")[2]),
            "websocket_url": settings.websocket_url, "admin_url": settings.admin_url,
            "admin_secret": settings.admin_secret, "admin_key": settings.admin_key,
            "backend_user": settings.backend_user, "backend_password": settings.backend_password,
            "compare_every": COMPARE_EVERY, "reconcile_every": COMPARE_EVERY, **keys,
        }  # fmt: skip
        example("janus/service").Configuration(**values).write(self.configuration)
        self.client = httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=20)
        self.api = AdminApi(settings.admin_url, settings.admin_secret, settings.admin_key)
        self.rooms = Rooms(self.api, bytes.fromhex(keys["room_key"]))
        self._process = None

    async def start(self):
        program = EXAMPLES / "janus" / "service.py"
        self._process = subprocess.Popen([sys.executable, str(program), str(self.configuration)])
        await until(self._answers, 30)

    async def _answers(self):
        assert self._process.poll() is None
        with suppress(httpx.HTTPError):
            return (await self.client.get("/")).status_code < 500
        return False

    def kill(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    async def close(self):
        self.kill()
        await self.client.aclose()
        await self.api.close()

    async def open(self, meeting, **more):
        auto_record = {"enabled": True, "locked": True, "kind": "cloud"}
        body = {"edition": "business", "auto_record": auto_record, **more}
        response = await self.client.put(f"/meetings/{meeting}", json=body)
        assert response.status_code == 200, response.text

    async def joins(self, meeting, person=ALICE):
        answer = (await self.client.post(f"/meetings/{meeting}/sign-in", json=person)).json()
        client = Participant(
            self.janus.settings.url, answer["room"], answer["pin"], answer["token"]
        )
        await client.join()
        await client.publish()
        return client, answer["token"]

    async def state(self, meeting):
        return (await self.client.get(f"/meetings/{meeting}")).json()

    async def command(self, meeting, client, token, command):
        return await self.client.post(
            f"/meetings/{meeting}/commands",
            json={"feed": client.feed, "command": command},
            headers={"Authorization": f"Bearer {token}"},
        )

    async def is_recording(self, meeting):
        found = await self.state(meeting)
        return found["state"] == "recording" and await self.rooms.records(meeting)

    async def is_over(self, meeting):
        found = await self.state(meeting)
        return (
            found["state"] == "stopped"
            and not found["present"]
            and not await self.rooms.records(meeting)
        )

    async def agrees(self, meeting):
        """Whether the room records exactly if the machine says so."""
        found = await self.state(meeting)
        return await self.rooms.records(meeting) == (found["state"] == "recording")


def run(janus, folder, story):
    async def main():
        deployment = Deployment(janus, folder)
        try:
            await deployment.start()
            await story(deployment)
        finally:
            await deployment.close()

    asyncio.run(main())


@pytest.fixture
def kills(request):
    return request.config.getoption("--kills")


@pytest.mark.durable
@pytest.mark.parametrize("killed", ["janus", "both"])
def test_after_a_kill_of_janus_nothing_records_and_everyone_has_left(
    new_janus, tmp_path, kills, killed
):
    janus = new_janus()

    async def story(deployment):
        for number in range(kills):
            meeting = f"m-{number}"
            await deployment.open(meeting)
            client, _ = await deployment.joins(meeting)
            await until(lambda meeting=meeting: deployment.is_recording(meeting))
            await asyncio.sleep(random.uniform(0, 0.3))
            janus.kill()
            if killed == "both":
                deployment.kill()
                await deployment.start()
            janus.start()
            await until(lambda meeting=meeting: deployment.is_over(meeting), LONGEST)
            await client.vanish()
            # The room is there again, and who comes back starts nothing (R15).
            client, _ = await deployment.joins(meeting)
            assert (await deployment.state(meeting))["state"] == "stopped"
            assert not await deployment.rooms.records(meeting)
            await client.vanish()

    run(janus, tmp_path, story)


@pytest.mark.durable
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


@pytest.mark.durable
def test_after_a_kill_of_the_service_room_and_machine_agree(new_janus, tmp_path, kills):
    janus = new_janus()

    async def story(deployment):
        for number in range(kills):
            meeting = f"m-{number}"
            await deployment.open(meeting)
            client, token = await deployment.joins(meeting)
            await until(lambda meeting=meeting: deployment.is_recording(meeting))
            command = asyncio.create_task(
                deployment.command(meeting, client, token, random.choice(["pause", "stop"]))
            )
            await asyncio.sleep(random.uniform(0, 0.05))
            deployment.kill()
            with suppress(httpx.HTTPError):
                await command
            await deployment.start()
            await until(lambda meeting=meeting: deployment.agrees(meeting), LONGEST)
            # The participant is known as before.
            found = await deployment.state(meeting)
            assert [each.rpartition("-")[0] for each in found["present"]] == ["alice"]
            if found["state"] != "stopped":

                async def is_taken(meeting=meeting, client=client, token=token):
                    response = await deployment.command(meeting, client, token, "stop")
                    return response.status_code == 200

                await until(is_taken, LONGEST)

                async def is_stopped(meeting=meeting):
                    return not await deployment.rooms.records(meeting)

                await until(is_stopped)
            await client.vanish()

    run(janus, tmp_path, story)


@pytest.mark.durable
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
            return names == ["bob"] and found["state"] == "stopped"

        await until(is_noticed, LONGEST)
        assert not await deployment.rooms.records("m-1")
        await late.vanish()

    run(janus, tmp_path, story)
