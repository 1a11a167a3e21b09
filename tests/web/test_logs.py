"""Log lines and metrics: one line for each request, and no secrets."""

import io
import json
import logging
import threading

from structlog.testing import capture_logs

from fsm.web import logs
from fsm.web.token_file import create_sender, create_token

from .serving import JOIN, logged, served, until
from .test_webhooks import WEBHOOK, post, signed


def test_each_request_is_one_line_of_json_with_its_id(service, log):
    answer = service.open()
    assert answer
    service.get("/v1/meetings/none")
    until(lambda: len(logged(log)) == 2)  # the line is written after the response
    lines = logged(log)
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("PUT", "/v1/meetings/{meeting}", 200),
        ("GET", "/v1/meetings/{meeting}", 404),
    ]
    assert lines[1]["meeting"] == "none"
    assert lines[1]["problem"] == "unknown-meeting"
    assert len({line["request_id"] for line in lines}) == 2


def test_a_line_has_its_fields_in_the_order_of_every_line(service, log):
    service.open()
    until(lambda: logged(log))
    [line] = logged(log)
    assert list(line) == [
        "method", "route", "meeting", "status", "ms", "caller", "problem", "event", "request_id",
        "level", "logger", "timestamp",
    ]  # fmt: skip
    assert line["timestamp"].endswith("Z")


def test_a_line_is_ascii_whatever_a_client_sends(service, log):
    service.get("/v1/meetings/r%C3%A9union")
    until(lambda: logged(log))
    assert log.getvalue().isascii()
    assert [line["meeting"] for line in logged(log)] == ["réunion"]


def test_above_the_level_info_requests_are_not_logged(service, log):
    logs.configure("warning", log)
    for _ in range(2):  # the line is written after the response
        service.get("/health")
    assert log.getvalue() == ""


def test_a_program_with_logging_of_its_own_gets_the_line_of_a_request(service, log):
    logging.getLogger().handlers[:] = [logging.NullHandler()]
    with capture_logs() as captured:
        service.get("/health")
        until(lambda: captured)
    assert captured[0].items() >= {"event": "request", "route": "/health", "status": 200}.items()
    assert log.getvalue() == ""


def test_a_client_cannot_inject_log_lines(service, log):
    service.get("/v1/meetings/a%0A%7B%22level%22:%22critical%22%7D")
    until(lambda: logged(log))
    assert [line["level"] for line in logged(log)] == ["info"]


def test_log_lines_and_metrics_contain_no_secrets_and_no_bodies(tmp_path, log):
    file = tmp_path / "tokens.json"
    token = create_token(file, "all", ["events", "read", "console"])
    weak = create_token(file, "weak", ["read"])
    secret = create_sender(file, "bbb")
    headers = {"Authorization": f"Bearer {token}"}
    with served(tmp_path, tokens=file, headers=headers) as service:
        service.open()
        service.send({"join": {**JOIN["join"], "id": "a-name-of-a-person"}})
        service.post("/v1/meetings/m-1/events", {"join": {"id": "another-name"}})
        service.get("/v1/meetings", headers={"Authorization": f"Bearer {token}x"})
        service.get("/v1/meetings", headers={"Authorization": token})
        service.get(f"/v1/meetings?token={token}")
        service.get(f"/nowhere/{token}")
        service.post("/v1/reconcile", headers={"Authorization": f"Bearer {weak}"})
        body = json.dumps(WEBHOOK)
        good = signed(secret, body)
        post(service, body, good)
        post(service, body, {**good, "webhook-id": "other"})
        service.service.runtime.read = None
        service.get("/v1/meetings/m-1")
        until(lambda: len(logged(log)) >= 12)
        text = log.getvalue() + service.get("/metrics").text
    signature = good["webhook-signature"].removeprefix("v1,")
    for hidden in (token, weak, secret, signature, "a-name-of-a-person", "another-name"):
        assert hidden not in text
        assert hidden.removeprefix("fsm_").removeprefix("whsec_") not in text


class BlockedStream(io.StringIO):
    """A stream whose reader does not read before a test says so.

    Attributes:
        writing: set once somebody writes.
        read: set by a test.
    """

    def __init__(self):
        super().__init__()
        self.writing, self.read = threading.Event(), threading.Event()

    def write(self, text):
        self.writing.set()
        self.read.wait(60)
        return super().write(text)


def test_lines_that_nobody_reads_are_dropped_and_counted(monkeypatch):
    monkeypatch.setattr(logs, "MAX_WAITING", 5)
    stream = BlockedStream()
    logs.configure("info", stream)
    log = logging.getLogger("a library")
    log.warning("first")
    assert stream.writing.wait(60)
    for number in range(7):
        log.warning("line %s", number)
        logs.log_request("requests", {"event": "request", "number": number})
    stream.read.set()
    logs.flush()
    events = [line["event"] for line in logged(stream)]
    assert events[:6] == ["first", "line 0", "request", "line 1", "request", "line 2"]
    [dropped] = logged(stream)[6:]
    assert (dropped["event"], dropped["count"]) == ("log lines were dropped", 9)
    assert (dropped["level"], dropped["logger"]) == ("warning", "fsm.web.logs")
    log.warning("later")
    logs.flush()
    assert logged(stream)[-1]["event"] == "later"
