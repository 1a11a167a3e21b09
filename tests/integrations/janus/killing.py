"""A Janus and a service as processes, killed in the middle of recordings and started again.

`tools/soak.py --janus-kills 20` does so more often than the tests.
"""

import asyncio
import secrets
import subprocess
import sys
from contextlib import suppress
from functools import partial

import httpx

from fsm.integrations.janus import AdminApi, Rooms
from fsm.integrations.janus.launch import JanusSettings, free_ports

from ...examples import EXAMPLES, example
from .world import Participant, until

ALICE = {"participant": "alice", "role": "host", "platform": "windows", "version": "3.20"}
COMPARE_EVERY = 1.0
LONGEST = 8.0
"""Seconds until machine and room agree: the interval, a restart, and a busy machine."""


def settings_in(folder, **changes):
    """Settings of a Janus with free ports and new secrets."""
    http, websocket, admin, backend = free_ports(4)
    settings = {
        "folder": folder,
        "backend": f"http://127.0.0.1:{backend}/events",
        "backend_user": "janus",
        "backend_password": secrets.token_urlsafe(),
        "admin_secret": secrets.token_urlsafe(),
        "admin_key": secrets.token_urlsafe(),
        "port": http,
        "websocket_port": websocket,
        "admin_port": admin,
    }
    return JanusSettings(**{**settings, **changes})


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
        example("janus/meeting_service").Configuration(**values).write(self.configuration)
        self.client = httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=20)
        self.api = AdminApi(settings.admin_url, settings.admin_secret, settings.admin_key)
        self.rooms = Rooms(self.api, bytes.fromhex(keys["room_key"]))
        self._process = None

    async def start(self):
        program = EXAMPLES / "janus" / "meeting_service.py"
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

    async def stops(self, meeting, client, token):
        """Whether a host has stopped the recording, and the room does not record."""
        if (await self.state(meeting))["state"] != "stopped":
            await self.command(meeting, client, token, "stop")
        return not await self.rooms.records(meeting)


async def kill_janus(deployment, number, rng, *, with_service=False):
    """Kills Janus in recordings: then nothing records, and everyone has left."""
    for meeting in new_meetings(number):
        await deployment.open(meeting)
        client, _ = await deployment.joins(meeting)
        await until(partial(deployment.is_recording, meeting))
        await asyncio.sleep(rng.uniform(0, 0.3))
        deployment.janus.kill()
        if with_service:
            deployment.kill()
            await deployment.start()
        deployment.janus.start()
        await until(partial(deployment.is_over, meeting), LONGEST)
        await client.vanish()
        # The room is there again, and who comes back starts nothing (R15).
        client, _ = await deployment.joins(meeting)
        assert (await deployment.state(meeting))["state"] == "stopped"
        assert not await deployment.rooms.records(meeting)
        await client.vanish()


async def kill_service(deployment, number, rng):
    """Kills the service around a command: then room and machine agree, and it goes on."""
    for meeting in new_meetings(number):
        await deployment.open(meeting)
        client, token = await deployment.joins(meeting)
        await until(partial(deployment.is_recording, meeting))
        wanted = rng.choice(["pause", "stop"])
        command = asyncio.create_task(deployment.command(meeting, client, token, wanted))
        await asyncio.sleep(rng.uniform(0, 0.05))
        deployment.kill()
        with suppress(httpx.HTTPError):
            await command
        await deployment.start()
        await until(partial(deployment.agrees, meeting), LONGEST)
        # The participant is known as before.
        found = await deployment.state(meeting)
        assert [each.rpartition("-")[0] for each in found["present"]] == ["alice"]
        await until(partial(deployment.stops, meeting, client, token), LONGEST)
        await client.vanish()


def new_meetings(number):
    return [f"m-{secrets.token_hex(4)}" for _ in range(number)]


def run(janus, folder, story):
    """Runs a coroutine function with a deployment whose service has started."""

    async def main():
        deployment = Deployment(janus, folder)
        try:
            await deployment.start()
            await story(deployment)
        finally:
            await deployment.close()

    asyncio.run(main())
