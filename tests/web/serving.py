"""A real service in a thread, with its hub, its SQLite file and uvicorn, on a free port."""

import asyncio
import json
import threading
import time
from contextlib import contextmanager

import attrs
import httpx
import uvicorn.server

from fsm.runtime import Hub
from fsm.web.serve import listening_socket
from fsm.web.server import create_server
from fsm.web.service import Service, Settings

JOIN = {"join": {"id": "alice", "role": "host", "platform": "windows"}}
PRO = {"account": {"edition": "pro"}, "user": {"auto_record": True}}


class _FasterPolling:
    """The asyncio of uvicorn, whose loops look every 0.1 s whether they should end.

    A test would wait for them longer than it runs.
    """

    def __getattr__(self, name):
        return getattr(asyncio, name)

    def sleep(self, seconds):
        return asyncio.sleep(seconds / 20)


uvicorn.server.asyncio = _FasterPolling()


@attrs.define(eq=False)
class Served:
    url: str
    client: httpx.Client
    service: Service
    loop: asyncio.AbstractEventLoop

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def get(self, path, **more):
        return self.client.get(path, **more)

    def post(self, path, body=None, **more):
        return self.client.post(path, json=body, **more)

    def put(self, path, body=None, **more):
        return self.client.put(path, json=body, **more)

    def open(self, meeting="m-1", **more):
        answer = self.put(f"/v1/meetings/{meeting}", PRO, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, event, meeting="m-1", **more):
        answer = self.post(f"/v1/meetings/{meeting}/events", event, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextmanager
def served(folder, recorder=None, *, make=None, headers=None, **settings):
    """Runs a service until the block ends.

    Args:
        folder: the directory of the journal file.
        recorder: the recorder.
        make: a function that makes the hub from the settings; `Hub` by default.
        headers: the headers of every request of the client.
        settings: the settings that differ from the defaults.
    """
    settings = Settings(folder / "meetings.db", port=0, **settings)
    started: list[Served] = []
    failed: list[BaseException] = []
    ready = threading.Event()
    stop = threading.Event()

    async def main():
        hub = make(settings) if make else Hub(
            settings.db, recorder, limits=settings.hub_limits, retry=settings.retry,
            defaults=settings.defaults,
        )  # fmt: skip
        with listening_socket(settings) as listening:
            async with hub as opened:
                service = Service(opened, settings)
                server = create_server(service)
                running = asyncio.create_task(server.serve([listening]))
                url = f"http://127.0.0.1:{listening.getsockname()[1]}"
                # Without `verify` no certificates are loaded, which would take most of the time.
                client = httpx.Client(
                    base_url=url, timeout=60, trust_env=False, headers=headers, verify=False
                )
                started.append(Served(url, client, service, asyncio.get_running_loop()))
                ready.set()
                await asyncio.to_thread(stop.wait)
                server.should_exit = True
                await running
                service.close()

    def thread():
        try:
            asyncio.run(main())
        except BaseException as error:
            failed.append(error)
        finally:
            ready.set()

    running = threading.Thread(target=thread)
    running.start()
    try:
        ready.wait(60)
        if failed:
            raise failed[0]
        yield started[0]
    finally:
        stop.set()
        if started:
            started[0].client.close()
        running.join(60)
        assert not running.is_alive()
    if failed:
        raise failed[0]


def problem(answer, status):
    """Checks that a response is a problem with this status, and returns it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    details = answer.json()
    assert details["status"] == status
    assert {"type", "title", "detail", "instance", "request_id"} <= set(details)
    assert details["request_id"] == answer.headers["x-request-id"]
    assert "Traceback" not in answer.text
    return details


def logged(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def until(holds, seconds=60):
    """Waits until a condition holds; fails after some seconds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "the condition never held"
        time.sleep(0.01)
