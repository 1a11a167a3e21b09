import asyncio
import socket

import attrs
import pytest

from fsm.web.tokens import new_secret
from tests.examples import example
from tests.kills.killing import Service, serve_recorder

meeting_load = example("cluster.meeting_load")
pytestmark = pytest.mark.service


def run_load(folder, meetings=3, script=None, before=()):
    """Runs a load on one service until some meetings were held, and returns its figures."""

    async def main():
        secret = new_secret()
        async with serve_recorder(secret) as (_, url):
            service = Service(folder, url, secret)
            await service.start()
            load = meeting_load.MeetingLoad([*before, service.url], 2, 0.0, script)
            running = asyncio.create_task(load.run())
            figures = load.figures
            while figures.finished + len(figures.faults) < meetings:
                await asyncio.sleep(0.01)
            load.end()
            await running
            await service.terminate()
            return figures

    return asyncio.run(main())


def test_meetings_are_held_and_their_histories_are_as_answered(tmp_path):
    figures = run_load(tmp_path)
    assert figures.faults == []
    assert figures.finished >= 3
    assert figures.open == 0
    assert figures.answered == figures.finished * len(meeting_load.script_of().steps)
    assert sum(figures.by_service.values()) == figures.answered
    assert sum(figures.by_second.values()) == figures.answered
    assert 0 < figures.percentile(0.5) <= figures.percentile(0.99)


def test_an_event_goes_to_the_next_service_if_the_first_does_not_answer(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
    figures = run_load(tmp_path, meetings=1, before=[nobody])
    assert figures.attempts["ConnectError"] > 0
    assert figures.faults == []
    assert nobody not in figures.by_service


def test_an_answer_that_the_rules_would_not_give_is_a_fault(tmp_path):
    script = meeting_load.script_of()
    first, *others = script.steps
    wrong = attrs.evolve(script, steps=(attrs.evolve(first, state="paused"), *others))
    figures = run_load(tmp_path, meetings=1, script=wrong)
    assert "has ('idle', None), not ('paused', None)" in figures.faults[0]


def test_a_request_that_is_refused_is_a_fault_and_is_not_sent_again(tmp_path):
    script = meeting_load.script_of()
    wrong = attrs.evolve(script, settings={"account": {"edition": "gold"}})
    figures = run_load(tmp_path, meetings=1, script=wrong)
    assert ": 400" in figures.faults[0] or ": 422" in figures.faults[0]
    assert figures.answered == 0
