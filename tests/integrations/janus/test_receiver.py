import asyncio
import json

import httpx
import pytest

from fsm.integrations.janus import EventReceiver
from fsm.integrations.janus.events import Started

STARTED = {"type": 256, "timestamp": 9, "event": {"status": "started"}}
AUTH = ("janus", "secret")


def post(content, auth=AUTH, method="POST", headers=None, room=True, **limits):
    """Sends a request to a receiver, and returns its status and the events that it passed on."""
    events = []

    def submit(posted):
        events.extend(posted)
        return room

    async def main():
        receiver = EventReceiver(submit, *AUTH, **limits)
        transport = httpx.ASGITransport(receiver)
        async with httpx.AsyncClient(transport=transport, base_url="http://fsm") as client:
            return await client.request(method, "/", content=content, auth=auth, headers=headers)

    return asyncio.run(main()).status_code, events


def test_events_are_passed_on():
    assert post(json.dumps([STARTED, STARTED])) == (204, [Started(9), Started(9)])
    assert post(json.dumps(STARTED)) == (204, [Started(9)])


@pytest.mark.parametrize("auth", [None, ("janus", "wrong"), ("other", "secret"), ("", "")])
def test_without_user_and_password_nothing_else_is_looked_at(auth):
    assert post(json.dumps(STARTED), auth=auth) == (401, [])
    assert post("no JSON", auth=auth, method="PUT") == (401, [])


@pytest.mark.parametrize("body", ["", "no JSON", "5", '{"type": "x"}', "[" * 100_000, "\udcff"])
def test_a_body_that_is_no_event_is_refused(body):
    content = body.encode("utf-8", "surrogateescape")
    assert post(content) == (400, [])


def test_a_large_body_is_refused_before_it_is_read_to_its_end():
    sent = []

    async def chunks():
        for _ in range(1_000):
            sent.append(None)
            yield b" " * 1_000

    assert post(chunks(), max_body_bytes=10_000) == (413, [])


def test_a_body_that_does_not_arrive_is_refused():
    async def chunks():
        yield b"["
        await asyncio.sleep(60)

    async def main():
        receiver = EventReceiver(lambda events: True, *AUTH, body_timeout=0.05)
        never, answers = asyncio.Event(), []

        async def receive():
            await never.wait()

        async def send(message):
            answers.append(message)

        authorization = b"Basic amFudXM6c2VjcmV0"
        scope = {"type": "http", "method": "POST", "headers": [(b"authorization", authorization)]}
        await receiver(scope, receive, send)
        return answers[0]["status"]

    assert asyncio.run(main()) == 408


def test_other_methods_and_compressed_bodies_are_refused():
    assert post("", method="GET") == (405, [])
    assert post("", headers={"content-encoding": "deflate"}) == (415, [])


def test_too_many_events_are_refused():
    assert post(json.dumps(STARTED), room=False)[0] == 503


def test_a_password_is_needed():
    with pytest.raises(ValueError, match="needs a password"):
        EventReceiver(lambda events: True, "janus", "")
