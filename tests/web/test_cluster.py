"""The service on a cluster: every route as with a journal, and the process from start to end."""

import json
import signal
import socket

import pytest

from fsm.recording import Join
from fsm.runtime import ClusterError, MemoryRecorder, RetryPolicy
from fsm.web.cluster import CannotJoinError
from fsm.web.problems import report_error
from fsm.web.service import ClusterSettings

from ..cluster.runtimes import restate_runtime, unique
from ..examples import example
from .serving import JOIN, PRO, served, until
from .test_fuzz import ROUTES
from .test_http_recorder import SECRET, create_recorder_app, serving
from .test_serve import client_of, refused, running


@pytest.fixture(scope="module")
def on_cluster(restate, tmp_path_factory):
    """A service on a cluster, whose endpoint is in its thread."""

    def runtime(settings):
        return restate_runtime(restate, defaults=settings.defaults)

    with served(tmp_path_factory.mktemp("cluster"), make=runtime) as service:
        yield service


@pytest.fixture(scope="module")
def with_journal(tmp_path_factory):
    """A service with a journal."""
    with served(tmp_path_factory.mktemp("journal")) as service:
        yield service


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [*ROUTES, ("GET", "/v1/overview?search=m-", None), ("GET", "/v1/meetings/m-1/moment", None),
     ("GET", "/v1/meetings/m-1/scenario?upto=1", None)],
)  # fmt: skip
def test_every_route_answers_as_with_a_journal(with_journal, on_cluster, method, path, body):
    prefix = unique("route")
    answers = []
    for each in (with_journal, on_cluster):
        each.open(f"{prefix}-m-1")
        each.open(f"{prefix}-m-0")
        each.send(JOIN, f"{prefix}-m-1")
        each.send({"leave": {"id": "alice"}}, f"{prefix}-m-1")
        each.send({"end": {}}, f"{prefix}-m-0")
        account = {"edition": "business", "auto_record": {"enabled": True}}
        each.put(f"/v1/accounts/{prefix}-acme", account)
        address = path.replace("m-", f"{prefix}-m-").replace("acme", f"{prefix}-acme")
        if path == "/v1/meetings":
            address = f"{path}?after={prefix}"
        response = each.client.request(method, address, json=body)
        answers.append((response.status_code, response.headers["content-type"], shape(response)))
    assert answers[0] == answers[1]


def shape(response):
    """Returns the content of a response without the values that differ from run to run."""
    try:
        return without_times(json.loads(response.content))
    except ValueError:
        lines = response.text.splitlines()
        return [line for line in lines if line.startswith("# TYPE") and "journal" not in line]


def without_times(value):
    """Returns data without times; of a description of the service the addresses alone."""
    times = ("opened_at", "closed_at", "at", "request_id", "due", "now", "left", "timers")
    match value:
        case {"meetings": int()}:
            # Of this process, or of the whole cluster.
            return sorted(value)
        case {"openapi": _, "paths": paths}:
            return list(paths)
        case dict():
            return {
                key: None if key in times else without_times(each) for key, each in value.items()
            }
        case list():
            return [without_times(each) for each in value]
        case _:
            return value


def test_a_stream_has_the_entries_of_other_processes(on_cluster, restate, tmp_path):
    m = unique("m")
    on_cluster.open(m)
    with on_cluster.client.stream("GET", f"/v1/meetings/{m}/stream") as response:
        lines = response.iter_lines()
        assert next(lines) == ": open"
        # The endpoint of the first service answers for the second one.
        on_cluster.run(_sent(restate, m))
        data = next(line for line in lines if line.startswith("data: "))
        assert json.loads(data.removeprefix("data: "))["event"]["join"]["id"] == "alice"


async def _sent(restate, m):
    from fsm.runtime.restate import Cluster, RestateRuntime

    async with RestateRuntime(Cluster(restate.ingress_url, restate.admin_url)) as other:
        await other.dispatch(m, Join("alice", "host", "windows"))


# -- the process ----------------------------------------------------------------------------------


def cluster_of(restate, port=0, **settings):
    return ClusterSettings(restate.ingress_url, restate.admin_url, endpoint_port=port, **settings)


def free_port():
    [port] = example("cluster.restate_nodes").free_ports(1)
    return port


def test_a_process_serves_a_cluster_until_a_signal_and_another_goes_on(restate, tmp_path):
    m = unique("m")
    recorder = MemoryRecorder()
    with serving(create_recorder_app(recorder, SECRET)) as url:
        known = {
            "recorder_url": url,
            "recorder_secret": SECRET,
            "retry": RetryPolicy(initial_interval=0.05),
            # A call that has begun is continued at the address where it began.
            "cluster": cluster_of(restate, free_port()),
        }
        db = tmp_path / "meetings.db"
        with running(db, **known) as process, client_of(process) as client:
            kept = f"meetings kept by the cluster at {restate.ingress_url}\n"
            assert process.first.endswith(kept)
            assert client.put(f"/v1/meetings/{m}", json=PRO).status_code == 200
            sent = client.post(f"/v1/meetings/{m}/events", json={"id": "e-1", **JOIN}).json()
            until(lambda: recorder.statuses.get(m) and recorder.statuses[m].kind == "cloud")
            assert process.stop(signal.SIGKILL) == -signal.SIGKILL
        with running(db, **known) as process, client_of(process) as client:
            again = client.post(f"/v1/meetings/{m}/events", json={"id": "e-1", **JOIN})
            assert again.json() == sent
            client.post(f"/v1/meetings/{m}/events", json={"end": {}})
            until(lambda: recorder.statuses[m].kind is None)
            assert process.stop() == 0
        assert not db.exists()


def test_a_service_is_not_ready_while_nobody_answers_at_the_address_registered_last(
    restate, tmp_path
):
    settings = {"cluster": cluster_of(restate, free_port())}
    last = free_port()
    with running(tmp_path / "x.db", **settings) as process, client_of(process) as client:
        with running(tmp_path / "y.db", cluster=cluster_of(restate, last)) as other:
            assert client.get("/ready").status_code == 200
            other.stop(signal.SIGKILL)
        until(lambda: client.get("/ready").status_code == 503)
        answer = client.get("/ready").json()
        assert answer["detail"].startswith("the cluster handles no calls")
        log = "".join(process.lines)
        assert f"the address of the handlers, http://127.0.0.1:{last}, does not answer" in log
        with running(tmp_path / "y.db", cluster=cluster_of(restate, last)):
            until(lambda: client.get("/ready").status_code == 200)


def test_a_request_that_a_cluster_has_not_handled_is_no_failure_of_a_journal():
    error = ClusterError("the cluster at http://10.0.0.1:8080 does not answer in time")
    answer = report_error(error)
    assert (answer.status, answer.name) == (503, "journal")
    assert answer.title == "The cluster has not handled the request"
    assert "10.0.0.1" not in answer.detail


def test_a_reason_not_to_join_a_cluster_is_one_line(restate, tmp_path):
    db = tmp_path / "meetings.db"
    away = ClusterSettings("http://127.0.0.1:9", endpoint_port=0)
    assert "the cluster at http://127.0.0.1:9 cannot be reached" in refused(db, cluster=away)
    away = ClusterSettings(restate.ingress_url, "http://127.0.0.1:9", endpoint_port=0)
    assert "the cluster at http://127.0.0.1:9 cannot be reached" in refused(db, cluster=away)
    wrong = ClusterSettings("nowhere", endpoint_port=0)
    assert "is no address over HTTP: 'nowhere' (http://HOST:PORT)" in refused(db, cluster=wrong)
    elsewhere = cluster_of(restate, endpoint_url="http://127.0.0.1:9")
    assert f"the cluster at {restate.admin_url} refuses a call" in refused(db, cluster=elsewhere)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        error = refused(db, cluster=cluster_of(restate, port))
    assert f"the endpoint cannot listen at 127.0.0.1:{port}: Address already in use" in error
    assert "(choose another with --endpoint-port)" in error


def test_a_missing_library_is_one_line(monkeypatch, tmp_path):
    import asyncio
    import sys

    from fsm.web.cluster import runtime_of
    from fsm.web.service import Settings

    monkeypatch.setitem(sys.modules, "fsm.runtime.restate", None)
    settings = ClusterSettings("http://127.0.0.1:9")

    async def join():
        async with runtime_of(Settings(tmp_path / "x.db"), settings, None, lambda: None):
            pass

    with pytest.raises(CannotJoinError, match=r"pip install 'meeting-fsm\[cluster\]'"):
        asyncio.run(join())
