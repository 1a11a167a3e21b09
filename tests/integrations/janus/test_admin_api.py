import asyncio
import json

import pytest

from fsm.integrations.janus import AdminApi, JanusError
from fsm.integrations.janus.launch import free_ports

from .world import served


def answering(answer):
    """An application that gives one answer to all requests."""

    async def application(scope, receive, send):
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    return application


def failing(answer, request):
    """Sends a request that must fail, and returns the error."""

    async def main():
        [port] = free_ports(1)
        api = AdminApi(f"http://127.0.0.1:{port}/admin", "secret")
        try:
            async with served(answering(answer), port):
                with pytest.raises(JanusError) as raised:
                    await request(api)
        finally:
            await api.close()
        return raised.value

    return asyncio.run(main())


def plugin(response):
    return {"janus": "success", "response": response}


@pytest.mark.parametrize("answer", [b"no JSON", [], 5, {}, {"janus": "error", "error": "no"}])
def test_an_answer_that_janus_does_not_give_is_an_error(answer):
    assert failing(answer, lambda api: api.request("info")).code is None


def test_the_reason_of_a_refusal_is_kept():
    refused = {"janus": "error", "error": {"code": 403, "reason": "Unauthorized"}}
    error = failing(refused, lambda api: api.request("list_sessions"))
    assert (str(error), error.code) == ("Janus refused list_sessions: Unauthorized", 403)


@pytest.mark.parametrize("response", [None, [], {"list": None}, {"list": [{"room": 1}]}])
def test_a_list_of_rooms_that_is_none_is_an_error(response):
    failing(plugin(response), lambda api: api.rooms())


@pytest.mark.parametrize("response", [{"participants": 5}, {"participants": [{}]}, {}])
def test_a_list_of_participants_that_is_none_is_an_error(response):
    failing(plugin(response), lambda api: api.feeds(1))


def test_a_list_of_sessions_that_is_none_is_an_error():
    failing({"janus": "success", "sessions": None}, lambda api: api.sessions())


def test_information_on_a_handle_that_is_none_is_an_error():
    failing({"janus": "success"}, lambda api: api.handle(1, 2))


def test_sessions_and_handles_that_have_ended_are_none(janus):
    settings = janus.settings

    async def main():
        api = AdminApi(settings.admin_url, settings.admin_secret)
        try:
            assert await api.handles(4711) == []
            assert await api.handle(4711, 4712) is None
        finally:
            await api.close()

    asyncio.run(main())


def test_a_wrong_admin_secret_is_refused(janus):
    async def main():
        api = AdminApi(janus.settings.admin_url, "guess")
        try:
            with pytest.raises(JanusError, match="Unauthorized"):
                await api.sessions()
        finally:
            await api.close()

    asyncio.run(main())
