"""Checks whether a cluster handles calls."""

import asyncio
import logging
import socket
from contextlib import asynccontextmanager

import pytest

from fsm.runtime.restate import Cluster, Endpoint, EndpointSettings, health

from ..examples import example
from .runtimes import restate_runtime, run


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(health, "NODE_INTERVAL", 0.1)
    monkeypatch.setattr(health, "CALL_INTERVAL", 0.2)


@asynccontextmanager
async def checking(server):
    async with Cluster(server.ingress_url, server.admin_url) as cluster:
        check = health.HealthCheck(cluster)
        task = asyncio.create_task(check.run())
        try:
            yield check
        finally:
            task.cancel()


async def until(check, holds):
    async with asyncio.timeout(60):
        while not holds(check.failure):
            await asyncio.sleep(0.02)
    return check.failure


def calls(server):
    return server.query(
        "SELECT id FROM sys_invocation WHERE target_service_name = 'Account' "
        "AND target_handler_name = 'read'"
    )


def test_a_dead_address_of_the_handlers_is_named_until_another_is_registered(
    restate, caplog, monkeypatch
):
    monkeypatch.setattr(health, "TIME_LIMIT", 0.5)

    async def scenario():
        listening = socket.create_server(("127.0.0.1", 0))
        async with Endpoint(EndpointSettings(), listening) as endpoint:
            url = endpoint.url
            await asyncio.to_thread(restate.register, url)
        # Other tests have the same server, and may have left calls.
        others = len(await asyncio.to_thread(calls, restate))
        async with checking(restate) as check:
            failure = await until(check, bool)
            assert f"the address of the handlers, {url}, does not answer" in failure
            # The first call waits, and one that knows the address, however long nobody answers.
            await asyncio.sleep(2.5)
            assert len(await asyncio.to_thread(calls, restate)) <= others + 2
            async with restate_runtime(restate):
                await until(check, lambda failure: failure is None)

    run(scenario())
    [failed, *_, again] = [each for each in caplog.records if each.name == health.__name__]
    assert failed.levelno == logging.ERROR
    assert again.getMessage() == "the cluster handles calls again"


def test_a_cluster_without_a_quorum_handles_no_calls_though_its_node_is_healthy(restate_server):
    async def scenario(server):
        first, *others = server.nodes
        async with restate_runtime(server), checking(server) as check:
            for node in others:
                node.kill()
            failure = await until(check, bool)
            assert first.healthy()
            assert "though the handlers at http://127.0.0.1:" in failure
            assert "fewer nodes run than must write each record" in failure
            for node in others:
                node.start()
            await until(check, lambda failure: failure is None)

    with example("cluster.restate_nodes").RestateCluster(nodes=3, fsync=False) as server:
        run(scenario(server))


def test_the_check_goes_on_after_an_answer_that_it_does_not_know(restate, monkeypatch):
    original = Cluster.check

    async def unknown(self):
        raise KeyError("deployment_id")

    async def scenario():
        async with restate_runtime(restate), checking(restate) as check:
            monkeypatch.setattr(Cluster, "check", unknown)
            assert await until(check, bool) == "KeyError: 'deployment_id'"
            monkeypatch.setattr(Cluster, "check", original)
            await until(check, lambda failure: failure is None)

    run(scenario())
