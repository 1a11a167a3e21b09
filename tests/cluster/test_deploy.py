"""The files of ``deploy/`` for several machines."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from fsm.cli.serve import serve_command

DEPLOY = Path(__file__).parents[2] / "deploy"


def test_every_setting_of_a_node_is_one_that_the_server_knows(restate_server):
    file = DEPLOY / "restate.toml"
    # The server ignores settings that it does not know, so they are not in what it prints.
    command = [restate_server, "--dump-config", "--config-file", file]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    known = tomllib.loads(done.stdout)
    for name, value in tomllib.loads(file.read_text()).items():
        assert name in known, name
        if isinstance(value, dict):
            assert value.keys() <= known[name].keys(), name
        elif not isinstance(value, str):
            assert known[name] == value, name


def test_the_nodes_of_a_cluster_name_each_other():
    settings = tomllib.loads((DEPLOY / "restate.toml").read_text())
    assert settings["advertised-address"] in settings["metadata-client"]["addresses"]
    assert len(settings["metadata-client"]["addresses"]) > settings["default-replication"]


@pytest.mark.parametrize("name", ["meeting-fsm-cluster@.service", "meeting-fsm.service"])
def test_a_unit_sets_only_variables_of_fsm_serve(name):
    variables = set(re.findall(r"\bFSM_[A-Z_]+", (DEPLOY / name).read_text()))
    known = {f"FSM_{option.name.upper()}" for option in serve_command.params}
    assert variables <= known | {"FSM_RECORDER"}


def test_the_balancer_asks_services_and_handlers_at_the_ports_of_the_unit():
    unit = (DEPLOY / "meeting-fsm-cluster@.service").read_text()
    ports = set(re.findall(r"FSM_(?:ENDPOINT_)?PORT=(\d+)", unit))
    balancer = (DEPLOY / "haproxy.cfg").read_text()
    assert set(re.findall(r"server \S+ \S+:(\d+)", balancer)) == ports
    [url] = re.findall(r"FSM_ENDPOINT_URL=http://(\S+)", unit)
    assert f"bind {url}" in balancer
