import os
import select
import subprocess
import sys
from contextlib import suppress

import pytest

from tests.examples import EXAMPLES, example

nodes = example("cluster.restate_nodes")
pytestmark = pytest.mark.service


def test_one_new_node_answers_and_knows_no_service(restate_server, tmp_path):
    with nodes.RestateCluster(tmp_path, fsync=False) as cluster:
        assert [node.name for node in cluster.running] == ["node-1"]
        assert nodes.request(f"{cluster.admin_url}/services") == {"services": []}
        assert cluster.query("SELECT * FROM sys_service") == []


def test_a_service_that_does_not_answer_is_not_registered(restate):
    [port] = nodes.free_ports(1)
    with pytest.raises(nodes.RestateError, match=f"{restate.admin_url}/deployments"):
        restate.register(f"http://127.0.0.1:{port}")


def test_three_nodes_go_on_without_the_one_that_founded_the_cluster(restate_cluster):
    first, *others = restate_cluster.nodes
    pids = {node.pid for node in restate_cluster.nodes}
    assert len(pids) == 3
    first.kill()
    assert restate_cluster.running == others
    assert restate_cluster.admin_url == others[0].admin_url
    restate_cluster.start()
    restate_cluster.wait_until_ready()
    assert first.pid not in pids


def test_a_node_that_cannot_start_is_named_with_the_last_error_of_its_log(tmp_path):
    cluster = nodes.RestateCluster(tmp_path)
    [node] = cluster.nodes
    with (node.folder / "restate.toml").open("a") as settings:
        settings.write("nonsense = [")
    with pytest.raises(nodes.RestateError, match=r"node-1 has ended: .*configuration"), cluster:
        pass
    assert not node.running


def test_nodes_end_with_a_process_that_is_killed(tmp_path):
    program = (
        "import sys, time; from pathlib import Path; from restate_nodes import RestateCluster\n"
        "with RestateCluster(Path(sys.argv[1])) as cluster:\n"
        "    print(cluster.nodes[0].pid, flush=True); time.sleep(600)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdout=subprocess.PIPE, text=True, cwd=EXAMPLES / "cluster",
    )  # fmt: skip
    with process:
        pid = int(process.stdout.readline())
        os.kill(pid, 0)
        process.kill()
    with suppress(ProcessLookupError):  # it has ended already
        watched = os.pidfd_open(pid)
        ended, _, _ = select.select([watched], [], [], 60)
        os.close(watched)
        assert ended, "the node goes on"


def test_a_missing_server_is_an_error_that_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setenv("RESTATE_SERVER", str(tmp_path / "nowhere"))
    with pytest.raises(nodes.RestateError, match="RESTATE_SERVER is no program"):
        nodes.server_program()
    monkeypatch.delenv("RESTATE_SERVER")
    monkeypatch.setattr(nodes, "ROOT", tmp_path)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(nodes.RestateError, match="npm ci"):
        nodes.server_program()
