"""Callers go on while their meetings are moved: docs/scaling.md describes the steps."""

import asyncio
import sys

import pytest

from fsm.runtime import Journal
from fsm.runtime.journal_check import check_journal
from tests.examples import example

pytestmark = pytest.mark.service


async def move(restate, *ends):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fsm", "journal", "move", *map(str, ends),
        "--cluster-admin", restate.admin_url,
    )  # fmt: skip
    assert await process.wait() == 0


async def answered(load, number):
    """Waits for further answers."""
    before = load.figures.answered
    async with asyncio.timeout(120):
        while load.figures.answered < before + number:
            await asyncio.sleep(0.05)


async def there_and_back(folder, restate):
    free_ports = example("cluster.restate_nodes").free_ports
    service = example("cluster.fsm_services").FsmService
    ports = free_ports(6)
    cluster = ["--cluster", restate.ingress_url, "--cluster-admin", restate.admin_url]
    first, second = folder / "first.db", folder / "second.db"
    on_first = service("on-first", folder, tuple(ports[:2]), ["--db", str(first)])
    on_cluster = service("on-cluster", folder, tuple(ports[2:4]), cluster)
    on_second = service("on-second", folder, tuple(ports[4:]), ["--db", str(second)])
    urls = [on_first.url]  # the address that the callers have at the time
    load = example("cluster.meeting_load").MeetingLoad(urls, 6, 0.02)
    holding = asyncio.create_task(load.run())
    services = [on_first, on_cluster, on_second]

    async def start(each):
        each.start()
        await asyncio.to_thread(each.wait_until_ready)

    try:
        await start(on_first)
        await answered(load, 50)
        await start(on_cluster)
        await asyncio.to_thread(on_first.stop)
        await move(restate, first, restate.ingress_url)
        urls[:] = [on_cluster.url]
        await answered(load, 50)
        urls[:] = [on_first.url]  # nobody is there
        await move(restate, restate.ingress_url, second)
        await start(on_second)
        urls[:] = [on_second.url]
        await answered(load, 50)
        load.end()
        await holding
    finally:
        holding.cancel()
        for each in services:
            each.stop()
    with Journal(second, readonly=True) as journal:
        assert [each.text for each in check_journal(journal)] == []
    return load.figures


def test_callers_go_on_while_their_meetings_are_moved_to_a_cluster_and_back(
    restate_server, tmp_path
):
    with example("cluster.restate_nodes").RestateCluster(fsync=False) as restate:
        figures = asyncio.run(there_and_back(tmp_path, restate))
    assert figures.faults == []
    assert figures.finished > 0
    assert figures.attempts.total() > 0  # there was no service during the moves
