"""The routes of the simulator, and the process behind them."""

import os
import signal
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from fsm.recording.rules import CHINESE_TITLES, RULES
from fsm.simulator.documents import MAX_STEPS
from fsm.web.simulator import PAGE_HEADERS
from fsm.web.simulator_process import MAX_WAITING_TASKS

from .serving import PRO, problem, served

ALICE = {"join": {"id": "alice", "role": "host", "platform": "windows"}}


@pytest.fixture(scope="module")
def simulator(tmp_path_factory):
    with served(tmp_path_factory.mktemp("simulator")) as service:
        yield service


def simulated(service, *events, after=0, **head):
    body = {**PRO, **head, "events": list(events), "after": after}
    answer = service.post("/v1/simulation", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_simulation_has_the_plan_the_steps_and_the_situation(simulator):
    answer = simulated(simulator, ALICE, {"leave": {"id": "alice"}}, meeting={"grace": 10})
    assert answer["resolution"]["plan"]["kind"] == "cloud"
    assert [step["state"] for step in answer["steps"]] == ["recording", "recording"]
    assert answer["steps"][0]["event"] == ALICE
    [grace] = answer["situation"]["timers"]
    assert (grace["timer"], grace["remaining"]) == ("grace", 10_000)


def test_a_simulation_stores_nothing(simulator):
    before = simulator.get("/v1/meetings").json()
    simulated(simulator, ALICE)
    assert simulator.get("/v1/meetings").json() == before


def test_an_expectation_that_does_not_hold_is_marked_at_its_step(simulator):
    answer = simulated(simulator, {**ALICE, "expect": {"state": "idle"}})
    assert answer["steps"][0]["unexpected"] == ["state is recording, expected idle"]


def test_reasons_and_labels_come_in_chinese(simulator):
    body = {**PRO, "events": [ALICE, {"resume": {"by": "alice"}}], "meeting": {"grace": 7}}
    answer = simulator.post("/v1/simulation?lang=zh", body).json()
    assert answer["resolution"]["why"][0].startswith("管理状态为“可自由选择”：专业版没有管理后台")
    assert answer["steps"][1]["why"] == "“录制中”时拒绝“继续录制”：该状态没有相应的变化"
    # Names are for programs, and stay as they are.
    assert answer["steps"][1]["refused"] == "wrong_state"
    allowed = answer["situation"]["participants"][0]["allowed"]
    assert allowed["start_cloud"]["why"].startswith("“录制中”时拒绝“开始录制”")
    assert "录制中" in simulator.post("/v1/simulation/diagram?lang=zh", body).text
    rules = simulator.get("/v1/vocabulary?lang=zh").json()["rules"]
    assert rules == {**RULES, **CHINESE_TITLES}


def test_an_unknown_language_is_a_problem(simulator):
    answer = simulator.post("/v1/simulation?lang=fr", {**PRO, "events": []})
    assert answer.status_code == 400
    assert "lang" in answer.json()["detail"]


def test_the_diagram_is_that_of_the_plan(simulator):
    answer = simulator.post("/v1/simulation/diagram", {**PRO, "meeting": {"grace": 7}})
    assert answer.headers["content-type"].startswith("image/svg+xml")
    texts = [each.text for each in ElementTree.fromstring(answer.content).iter()]
    assert any("after 7 s" in (text or "") for text in texts)


def test_a_scenario_is_saved_and_opened_again(simulator):
    body = {**PRO, "title": "Saved", "events": [ALICE, {"wait": 2}]}
    saved = simulator.post("/v1/simulation/scenario", body).json()
    [opened] = simulator.post("/v1/scenarios", saved).json()["scenarios"]
    assert opened["title"] == "Saved"
    assert opened["events"][0]["join"] == ALICE["join"]
    assert opened["events"][0]["expect"]["state"] == "recording"
    steps = simulated(simulator, *opened["events"])["steps"]
    assert [step["unexpected"] for step in steps] == [[], []]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"account": {"edition": "pr"}}, "did you mean 'pro'"),
        ({**PRO, "events": [{"jion": {}}]}, "did you mean 'join'"),
        ({**PRO, "events": [{"wait": -1}]}, "a wait must be 0 to"),
        ({**PRO, "after": -1}, "must be >= 0"),
        ({**PRO, "booking": {"auto_record": True}, "meeting": {"type": "quick"}}, "quick"),
        ({**PRO, "events": [{"end": {}}] * (MAX_STEPS + 1)}, f"at most {MAX_STEPS} items"),
    ],
)
def test_a_wrong_simulation_is_refused_with_what_is_wrong(simulator, body, words):
    for path in ("/v1/simulation", "/v1/simulation/diagram", "/v1/simulation/scenario"):
        assert words in problem(simulator.post(path, body), 422)["detail"]


def test_a_file_that_is_no_scenario_is_refused_with_its_line(simulator):
    answer = problem(simulator.post("/v1/scenarios", {"text": "\nacount: 3"}), 422)
    assert answer["detail"].startswith(
        "line 2: a scenario has no key 'acount' (did you mean 'account'?)"
    )


def test_the_vocabulary_has_the_rules_with_their_titles(simulator):
    vocabulary = simulator.get("/v1/vocabulary").json()
    assert vocabulary["rules"] == dict(RULES)
    assert "business" in vocabulary["editions_with_console"]
    assert vocabulary["max_steps"] == MAX_STEPS


def test_every_page_has_a_strict_security_policy(simulator):
    for path in ("/", "/page/index.html"):
        answer = simulator.get(path)
        assert answer.status_code == 200
        for name, value in PAGE_HEADERS.items():
            assert answer.headers[name] == value
    assert "unsafe" not in PAGE_HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["x.js", "..%2F__init__.py", "__init__.py", "index.html%00"])
def test_no_other_file_is_served(simulator, name):
    assert simulator.get(f"/page/{name}").status_code in (400, 404)


# -- the process --------------------------------------------------------------------------------


def worker_of(service):
    [process] = service.service.simulator._pool._processes.values()
    return process


def test_the_process_starts_with_the_first_request(tmp_path):
    with served(tmp_path) as service:
        assert service.service.simulator._pool is None
        simulated(service, ALICE)
        process = worker_of(service)
        assert process.is_alive()
    assert not process.is_alive()


def test_a_process_that_was_killed_is_replaced(tmp_path):
    with served(tmp_path) as service:
        simulated(service, ALICE)
        os.kill(worker_of(service).pid, signal.SIGKILL)
        answers = [service.post("/v1/simulation", PRO) for _ in range(2)]
        # The first may not know yet.
        assert answers[0].status_code in (200, 503)
        if answers[0].status_code == 503:
            assert problem(answers[0], 503)["type"].endswith(":simulator-ended")
        assert answers[1].status_code == 200


def test_too_many_requests_at_once_are_refused(tmp_path):
    with served(tmp_path) as service:
        service.service.simulator._waiting = MAX_WAITING_TASKS
        answer = service.post("/v1/simulation", PRO)
        assert problem(answer, 503)["type"].endswith(":simulator-busy")
        assert answer.headers["retry-after"] == "1"
        service.service.simulator._waiting = 0
        simulated(service, ALICE)


def test_the_process_ends_with_a_service_that_is_killed():
    # The child of a child: its parent is killed, and nobody closes it.
    import subprocess
    import sys

    code = (
        "import asyncio, os\n"
        "from fsm.web.simulator_process import SimulatorProcess\n"
        "if __name__ == '__main__':\n"
        "    print(asyncio.run(SimulatorProcess().run(os.getpid)), flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    pid = int(done.stdout)
    until = time.monotonic() + 60
    while Path(f"/proc/{pid}").exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert not Path(f"/proc/{pid}").exists()
