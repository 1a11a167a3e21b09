"""A release takes over live meetings: docs/scaling.md describes the steps."""

import asyncio

import pytest

from tests.examples import example

pytestmark = [pytest.mark.service, pytest.mark.usefixtures("restate_server")]
UNDER_WAY = (
    "SELECT count(*) AS number FROM sys_invocation "
    "WHERE pinned_deployment_id = '{}' AND status <> 'completed'"
)


def deployments(restate):
    """Returns the id of each deployment by its address."""
    rows = restate.query("SELECT id, endpoint FROM sys_deployment")
    return {row["endpoint"].rstrip("/"): row["id"] for row in rows}


def of_new_calls(restate):
    """Returns the id of the deployment that new calls of meetings go to."""
    [row] = restate.query("SELECT deployment_id FROM sys_service WHERE name = 'Meeting'")
    return row["deployment_id"]


async def upgrade(folder):
    cluster_module = example("cluster.local_cluster")
    nodes = example("cluster.restate_nodes")
    load_module = example("cluster.meeting_load")
    async with cluster_module.LocalCluster(folder, nodes=1, services=1, fsync=False) as cluster:
        [old] = cluster.services
        ports = tuple(nodes.free_ports(2))
        new = example("cluster.fsm_services").FsmService(
            "serve-new", folder, ports,
            ["--cluster", cluster.restate.ingress_url,
             "--cluster-admin", cluster.restate.admin_url],
        )  # fmt: skip
        load = load_module.MeetingLoad([old.url, new.url], 4, 0.05)
        holding = asyncio.create_task(load.run())
        try:
            await answered(load, 20)
            [before] = deployments(cluster.restate).values()
            new.start()
            await asyncio.to_thread(new.wait_until_ready)
            after = deployments(cluster.restate)[new.endpoint_url]
            assert of_new_calls(cluster.restate) == after
            # The release that was started last has the new calls: that is the way back, too.
            for service, deployment in ((old, before), (new, after)):
                service.kill()
                service.start()
                await asyncio.to_thread(service.wait_until_ready)
                assert of_new_calls(cluster.restate) == deployment
            while cluster.restate.query(UNDER_WAY.format(before))[0]["number"]:
                await asyncio.sleep(0.1)
            old.stop()
            url = f"{cluster.restate.admin_url}/deployments/{before}?force=true"
            nodes.request(url, method="DELETE")
            assert deployments(cluster.restate) == {new.endpoint_url: after}
            await answered(load, 40)
            load.end()
            await holding
        finally:
            holding.cancel()
            new.stop()
        return load.figures


async def answered(load, number):
    """Waits for further answers."""
    before = load.figures.answered
    async with asyncio.timeout(120):
        while load.figures.answered < before + number:
            await asyncio.sleep(0.05)


def test_meetings_go_on_while_a_new_release_takes_over_and_the_old_one_is_removed(tmp_path):
    figures = asyncio.run(upgrade(tmp_path))
    assert figures.faults == []
    assert figures.finished > 0
    assert figures.attempts.total() > 0  # the old one is gone
