"""``examples/cluster/run_cluster.py`` as a user runs it."""

import os
import re
import signal
import subprocess
import sys
import time

import httpx
import pytest

from tests.examples import EXAMPLES, example

pytestmark = [pytest.mark.service, pytest.mark.usefixtures("restate_server")]


@pytest.fixture
def start():
    started = []

    def start(*arguments):
        command = [sys.executable, EXAMPLES / "cluster" / "run_cluster.py", *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def until(process, pattern):
    """Returns the first match of a pattern in the lines of a process."""
    for line in process.stdout:
        if found := re.search(pattern, line):
            return found
    raise AssertionError(f"the example ended without {pattern!r}")


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_load_goes_on_while_a_node_and_a_service_are_killed_and_started_again(start):
    process = start("--clients", "4", "--pause", "0.02")
    pids = [int(until(process, rf"^{name}, pid (\d+)")[1]) for name in ("node-2", "serve-1")]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    again = {until(process, r"^\S+ (\S+) is started again, pid (\d+)")[1] for _ in pids}
    assert again == {"node-2", "serve-1"}
    process.send_signal(signal.SIGINT)
    last = until(process, r"^([\d,]+) events were answered in ([\d,]+) meetings")
    assert last[2] != "0"
    assert process.wait(60) == 0
    assert not any(map(alive, pids))


def test_the_example_names_the_address_of_each_process(start):
    process = start("--clients", "2", "--pause", "0.05")
    nodes = [until(process, rf"^node-{n}, pid \d+, (http://\S+)$")[1] for n in (1, 2, 3)]
    services = [until(process, rf"^serve-{n}, pid \d+, (http://\S+)$")[1] for n in (1, 2)]
    assert len({*nodes, *services}) == 5
    with httpx.Client(trust_env=False) as client:
        assert client.get(f"{nodes[0]}/restate/health").status_code == 200
        # The addresses are printed before the cluster has begun to answer.
        end = time.monotonic() + 60
        while (answer := client.get(f"{services[0]}/v1/meetings")).status_code == 503:
            assert time.monotonic() < end, answer.text
            time.sleep(0.2)
        assert answer.status_code == 200
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0


def test_a_node_leads_one_partition_or_several():
    leading = example("cluster.run_cluster").leading
    assert [leading(0.0), leading(1.0), leading(2.0)] == [
        "leads 0 partitions", "leads 1 partition", "leads 2 partitions",
    ]  # fmt: skip


def test_the_example_ends_after_its_seconds(start):
    process = start("--seconds", "1", "--clients", "2", "--pause", "0")
    pids = [int(until(process, r"pid (\d+)")[1]) for _ in range(5)]
    until(process, "events were answered")
    assert process.wait(60) == 0
    assert not any(map(alive, pids))
