"""The example for LiveKit, with webhooks of the documented shape and a service that is real."""

import base64
import hashlib
import hmac
import json
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from itertools import count
from urllib.parse import quote

import httpx
import pytest
from litestar import Litestar, Request, Response, post
from litestar.params import FromPath

from fsm.runtime import MemoryRecorder, RecorderError, RecorderStatus
from fsm.web.http_recorder import HttpRecorder
from fsm.web.token_file import create_token
from fsm.web.tokens import new_secret

from .examples import EXAMPLES, example
from .runtime.recorder_contract import CLOUD, LOCAL, PAUSE, RESUME, STOP, RecorderContract, messages
from .web.serving import served, until
from .web.test_http_recorder import Loop, serving

pytestmark = pytest.mark.service

LIVEKIT = example("livekit")
EgressRecorder = example("livekit_egress").EgressRecorder
create_recorder_app = example("recorder_service").create_recorder_app
KEY, SECRET = "APIpx6Yhv3", "a secret of LiveKit with 32 bytes or more"
ROOM = {"sid": "RM_yGZiVkjU8sXL", "name": "standup", "emptyTimeout": 300, "departureTimeout": 20}
MEETING = "standup.RM_yGZiVkjU8sXL"
HOST = {"role": "host", "platform": "windows", "version": "3.20"}
_ids = count(1)


def webhook(event, **more):
    """A webhook as LiveKit's JSON has it: camel case, whole numbers of 64 bits as text."""
    return {
        "event": event,
        "room": ROOM,
        "id": f"EV_{next(_ids)}",
        "createdAt": "1795687200",
    } | more


def joined(sid, identity="alice", attributes=HOST, **more):
    person = {"sid": sid, "identity": identity, "state": "ACTIVE", "attributes": attributes} | more
    return webhook("participant_joined", participant=person)


def left(sid, event="participant_left", **more):
    person = {"sid": sid, "identity": "alice", "disconnectReason": "CLIENT_INITIATED"} | more
    return webhook(event, participant=person)


def token(body, key=KEY, secret=SECRET, valid_for=300, **claims):
    """A token as LiveKit's servers make it, by hand: the library under test makes none of it."""

    def part(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    now = int(time.time())
    claims = {"iss": key, "nbf": now, "exp": now + valid_for, "sha256": digest} | claims
    claims = {name: value for name, value in claims.items() if value is not None}
    signed = b".".join(part(json.dumps(each).encode()) for each in ({"alg": "HS256"}, claims))
    return (signed + b"." + part(hmac.digest(secret.encode(), signed, "sha256"))).decode()


class LiveKit:
    """The side of LiveKit: posts webhooks, and answers requests to its Egress."""

    def __init__(self):
        self.url = ""
        self.requests = []
        self.status = 200
        self.active = []
        self._ids = count(1)

    def post(self, data, signature=None):
        body = json.dumps(data).encode()
        headers = {
            "authorization": token(body) if signature is None else signature,
            "content-type": "application/webhook+json",
        }
        return httpx.post(f"{self.url}/livekit", content=body, headers=headers, timeout=60)

    def sends(self, *data):
        for each in data:
            answer = self.post(each)
            assert answer.status_code == 200, answer.text

    def app(self):
        @post("/twirp/livekit.Egress/{method:str}", status_code=200)
        async def egress(method: FromPath[str], request: Request) -> Response:
            assert request.headers["authorization"].startswith("Bearer ey")
            asked = await request.json()
            self.requests.append((method, asked))
            if self.status != 200:
                return Response({"code": "failed", "msg": ""}, status_code=self.status)
            if method == "StopEgress":
                self.active.remove(asked["egress_id"])
                return Response({"status": "EGRESS_ENDING"})
            started = f"EG_{next(self._ids)}"
            self.active.append(started)
            return Response({"egress_id": started, "status": "EGRESS_STARTING"})

        return Litestar([egress], openapi_config=None)


@contextmanager
def bridge(livekit, service, recorder=None):
    """Runs the example between LiveKit and a service."""
    client = httpx.AsyncClient(base_url=service.url)

    @post("/close")
    async def close() -> None:
        """Closes the connections where they belong, in the loop of the application."""
        await client.aclose()

    reporter = LIVEKIT.Reporter(client, recorder)
    route = LIVEKIT.webhook_route(reporter, KEY, SECRET)
    with serving(Litestar([route, close], openapi_config=None)) as livekit.url:
        yield
        httpx.post(f"{livekit.url}/close", timeout=60)


@contextmanager
def calling_recorder(folder, url, secret, **settings):
    """Runs a service that sends its recorder commands to a URL."""
    recorder = HttpRecorder(url, secret)
    with served(folder, recorder, **settings) as service:
        yield service
        service.run(recorder.close())


@pytest.fixture
def recorder():
    return MemoryRecorder()


@pytest.fixture
def service(tmp_path, recorder):
    with served(tmp_path, recorder) as service:
        yield service


@pytest.fixture
def livekit(service):
    livekit = LiveKit()
    with bridge(livekit, service):
        yield livekit


def history(service, meeting=MEETING):
    """The events of a meeting, each with its state after it, or the reason of its refusal."""
    entries = service.get(f"/v1/meetings/{quote(meeting, safe='')}/events").json()["entries"]
    return [(*each["event"], each["refused"] or each["state"]) for each in entries]


def test_a_meeting_is_recorded_from_the_join_of_its_host_until_it_ends(livekit, service):
    livekit.sends(
        webhook("room_started"),
        joined("PA_bob", "bob", {"role": "member", "platform": "ios"}),
        joined("PA_alice"),
        left("PA_bob"),
        webhook("room_finished"),
    )
    assert history(service) == [
        ("join", "idle"), ("join", "recording"), ("leave", "recording"), ("end", "stopped"),
    ]  # fmt: skip


def test_commands_reach_the_recorder_of_the_service(tmp_path, recorder):
    secret = new_secret()
    livekit = LiveKit()
    with (
        serving(create_recorder_app(recorder, secret)) as url,
        calling_recorder(tmp_path, url, secret) as service,
        bridge(livekit, service),
    ):
        livekit.sends(joined("PA_alice"))
        until(lambda: MEETING in recorder.statuses)
        assert recorder.statuses[MEETING].kind == "cloud"
        livekit.sends(webhook("room_finished"))
        until(lambda: recorder.statuses[MEETING].kind is None)


@pytest.mark.parametrize(
    ("attributes", "join"),
    [
        ({}, {"role": "member", "platform": "other"}),
        ({"role": "owner", "platform": "windows"}, {"role": "member", "platform": "windows"}),
        ({"role": "cohost", "platform": "beos"}, {"role": "cohost", "platform": "other"}),
        (HOST, HOST),
    ],
)
def test_role_platform_and_version_come_from_the_attributes(attributes, join):
    event = LIVEKIT.event_of(joined("PA_1", attributes=attributes))
    assert event == {"join": {"id": "PA_1"} | join}


def test_somebody_at_a_telephone_is_a_participant():
    event = LIVEKIT.event_of(joined("PA_1", attributes={}, kind="SIP"))
    assert event == {"join": {"id": "PA_1", "role": "member", "platform": "phone"}}


@pytest.mark.parametrize("kind", ["EGRESS", "INGRESS", "AGENT", "BRIDGE", "A_LATER_KIND"])
def test_what_is_no_person_is_no_participant(livekit, service, kind):
    livekit.sends(joined("PA_alice"), joined("PA_bot", "EG_1", {}, kind=kind))
    livekit.sends(left("PA_bot", kind=kind))
    assert history(service) == [("join", "recording")]


@pytest.mark.parametrize("event", ["track_published", "egress_started", "ingress_ended", "new"])
def test_other_webhooks_report_nothing(livekit, service, event):
    livekit.sends(webhook(event, participant={"sid": "PA_alice", "identity": "alice"}))
    assert service.get("/v1/meetings").json()["meetings"] == []


def test_settings_of_the_metadata_of_the_room_hold(livekit, service):
    account = {"edition": "enterprise", "auto_record": {"enabled": False, "locked": True}}
    metadata = json.dumps({"title": "Stand-up", "recording": {"account": account}})
    livekit.sends(joined("PA_alice") | {"room": ROOM | {"metadata": metadata}})
    assert history(service) == [("join", "idle")]


def test_settings_that_change_after_the_opening_change_nothing(livekit, service):
    livekit.sends(joined("PA_alice"))
    later = ROOM | {"metadata": json.dumps({"recording": {"account": {"edition": "free"}}})}
    livekit.sends(left("PA_alice") | {"room": later})
    assert history(service) == [("join", "recording"), ("leave", "recording")]


def test_a_room_of_the_same_name_is_another_meeting(livekit, service):
    livekit.sends(joined("PA_alice"), webhook("room_finished"))
    livekit.sends(joined("PA_later") | {"room": ROOM | {"sid": "RM_later"}})
    assert history(service, "standup.RM_later") == [("join", "recording")]


def test_a_room_may_have_any_name(livekit, service):
    livekit.sends(joined("PA_alice") | {"room": ROOM | {"name": "../室 1?"}})
    assert history(service, f"../室 1?.{ROOM['sid']}") == [("join", "recording")]


def test_a_repeated_webhook_counts_once(livekit, service):
    first = joined("PA_alice")
    livekit.sends(first, left("PA_alice"), first, first)
    assert history(service) == [("join", "recording"), ("leave", "recording")]


def test_a_recording_outlives_a_reconnect(livekit, service):
    """The new connection has the same identity, and another sid."""
    livekit.sends(joined("PA_1"), left("PA_1", disconnectReason="DUPLICATE_IDENTITY"))
    livekit.sends(joined("PA_2"))
    assert history(service) == [
        ("join", "recording"),
        ("leave", "recording"),
        ("join", "recording"),
    ]


def test_a_late_leave_of_the_old_connection_removes_nobody_else(livekit, service):
    livekit.sends(joined("PA_1"), joined("PA_2"), left("PA_1"))
    present = service.get(f"/v1/meetings/{MEETING}").json()["present"]
    assert list(present) == ["PA_2"]


@pytest.mark.parametrize("event", ["participant_left", "participant_connection_aborted"])
def test_a_leave_before_its_join_leaves_nobody_behind(livekit, service, event):
    livekit.sends(left("PA_alice", event), joined("PA_alice"))
    assert history(service) == [("leave", "not_present")]


def test_an_answer_says_what_became_of_the_webhook(livekit):
    def answer(sent):
        return livekit.post(sent).json()["detail"]

    assert answer(webhook("room_started")) == f"meeting {MEETING} is open"
    assert answer(joined("PA_alice")) == f"join: meeting {MEETING} is recording"
    assert answer(webhook("track_published")) == "ignored: no event of a meeting"
    early = answer(left("PA_bob"))
    assert early == f"leave, refused (not_present): meeting {MEETING} is recording"
    assert answer(joined("PA_bob")) == "ignored: the participant left before this join"
    ended = webhook("egress_ended", egressInfo={"roomName": "x", "roomId": "y", "egressId": "EG_1"})
    assert answer(ended) == "ignored: this egress is not the meeting's recording"


def test_webhooks_after_the_end_are_answered(livekit, service):
    livekit.sends(joined("PA_alice"), webhook("room_finished"), left("PA_alice"), joined("PA_2"))
    assert [last for *_, last in history(service)][2:] == ["meeting_ended"] * 2


SIGNATURES = {
    "no token": lambda body: "",
    "no JWT": lambda body: "Bearer secret",
    "another key": lambda body: token(body, key="APIother"),
    "another secret": lambda body: token(body, secret="another secret with 32 bytes or more"),
    "another body": lambda body: token(body + b" "),
    "no hash": lambda body: token(body, sha256=None),
    "expired": lambda body: token(body, valid_for=-120),
    "for ever": lambda body: token(body, exp=None),
    "not signed": lambda body: "eyJhbGciOiJub25lIn0." + token(body).split(".")[1] + ".",
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_webhook_with_a_wrong_signature_is_refused(livekit, service, name):
    forged = joined("PA_mallory")
    answer = livekit.post(forged, SIGNATURES[name](json.dumps(forged).encode()))
    assert answer.status_code == 401, answer.text
    assert service.get("/v1/meetings").json()["meetings"] == []


def test_a_webhook_is_to_be_sent_again_while_the_service_is_down(tmp_path):
    livekit = LiveKit()
    with served(tmp_path) as service:
        pass
    with bridge(livekit, service):
        assert livekit.post(joined("PA_alice")).status_code == 503


def test_settings_that_are_none_are_answered_with_the_fault(livekit):
    metadata = json.dumps({"recording": {"account": {"edition": "gold"}}})
    answer = livekit.post(joined("PA_alice") | {"room": ROOM | {"metadata": metadata}})
    assert answer.status_code == 422
    assert "gold" in answer.text


class TestEgressRecorder(RecorderContract):
    """The recorder keeps the contract, with Egress on the other side."""

    @pytest.fixture
    def loop(self):
        self.made = Loop()
        yield self.made
        self.made.loop.close()

    @pytest.fixture
    def egress(self):
        livekit = LiveKit()
        with serving(livekit.app()) as livekit.url:
            yield livekit

    @pytest.fixture
    def recorder(self, loop, egress, tmp_path):
        client = httpx.AsyncClient(base_url=egress.url)
        yield EgressRecorder(client, KEY, SECRET, tmp_path / "egress.db")
        self.run(client.aclose())

    def run(self, coroutine):
        return self.made.run(coroutine)

    def test_a_pause_ends_the_file_and_a_resume_begins_the_next(self, call, egress):
        start, pause, resume, stop = messages(CLOUD, PAUSE, RESUME, STOP, meeting=MEETING)
        call(start, start)
        assert egress.active == ["EG_1"]
        call(pause)
        assert egress.active == []
        call(resume)
        assert egress.active == ["EG_2"]
        call(stop)
        assert egress.active == []
        names = [
            request["file_outputs"][0]["filepath"]
            for method, request in egress.requests
            if method == "StartRoomCompositeEgress"
        ]
        assert names == [f"{quote(MEETING).replace('.', '%2E')}-1-{each}.mp4" for each in (1, 3)]
        assert egress.requests[0][1]["room_name"] == "standup"

    def test_a_local_recording_needs_no_egress(self, call, egress):
        call(*messages(LOCAL, STOP))
        assert egress.requests == []

    @pytest.mark.parametrize("status", [404, 412])
    def test_an_egress_that_has_ended_by_itself_counts_as_stopped(self, call, egress, status):
        start, stop = messages(CLOUD, STOP)
        call(start)
        egress.status = status
        assert call(stop) == [RecorderStatus(2)]

    def test_a_start_that_fails_is_tried_again(self, call, egress):
        egress.status = 503
        [start] = messages(CLOUD)
        with pytest.raises(
            RecorderError, match="LiveKit answered StartRoomCompositeEgress with 503"
        ):
            call(start)
        egress.status = 200
        assert call("m-1", start) == [RecorderStatus(), RecorderStatus(1, "cloud")]

    def test_a_server_that_cannot_be_reached_is_an_error_of_the_recorder(self, loop, tmp_path):
        client = httpx.AsyncClient(base_url="http://127.0.0.1:1")
        recorder = EgressRecorder(client, KEY, SECRET, tmp_path / "egress.db")
        with pytest.raises(RecorderError, match="LiveKit: "):
            self.run(recorder.start(*messages(CLOUD)))

    def test_a_restart_keeps_the_egress(self, call, recorder, egress, tmp_path):
        start, stop = messages(CLOUD, STOP)
        call(start)
        client = httpx.AsyncClient(base_url=egress.url)
        restarted = EgressRecorder(client, KEY, SECRET, tmp_path / "egress.db")
        assert restarted.egress("m-1") == "EG_1"
        assert self.run(restarted.stop(stop)) == RecorderStatus(2)
        assert egress.active == []
        self.run(client.aclose())


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@contextmanager
def program(folder, environment, *options):
    """Runs the example as a program, and yields its URL."""
    process = subprocess.Popen(
        [sys.executable, EXAMPLES / "livekit.py", *options],
        cwd=folder, env=os.environ | environment, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        lines = iter(process.stderr.readline, "")
        yield next(filter(None, (re.search(r"running on (http://\S+)", each) for each in lines)))[1]
    finally:
        process.kill()
        process.communicate()


def test_egress_records_what_the_service_commands_and_its_failure_is_reported(tmp_path):
    livekit, secret = LiveKit(), new_secret()
    with ExitStack() as stack:
        livekit_url = stack.enter_context(serving(livekit.app()))
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        file = tmp_path / "tokens.json"
        access = create_token(file, "livekit", ["events", "read"])
        settings = {"tokens": file, "headers": {"authorization": f"Bearer {access}"}}
        service = stack.enter_context(calling_recorder(tmp_path, url, secret, **settings))
        environment = {
            "FSM_TOKEN": access,
            "LIVEKIT_API_KEY": KEY, "LIVEKIT_API_SECRET": SECRET, "LIVEKIT_URL": livekit_url,
            "FSM_RECORDER_SECRET": secret,
        }  # fmt: skip
        options = ("--port", str(port), "--service", service.url)
        livekit.url = stack.enter_context(program(tmp_path, environment, *options))

        def ended(egress, status):
            info = {"egressId": egress, "roomName": "standup", "roomId": ROOM["sid"]}
            return webhook("egress_ended", egressInfo=info | {"status": status}) | {"room": None}

        livekit.sends(joined("PA_alice"))
        until(lambda: livekit.active == ["EG_1"])
        service.send({"pause": {"by": "PA_alice"}}, MEETING)
        until(lambda: livekit.active == [])
        livekit.sends(ended("EG_1", "EGRESS_COMPLETE"))
        service.send({"resume": {"by": "PA_alice"}}, MEETING)
        until(lambda: livekit.active == ["EG_2"])
        livekit.sends(ended("EG_1", "EGRESS_COMPLETE"), ended("EG_2", "EGRESS_FAILED"))
        names = [name for name, _ in history(service)]
        assert names == ["join", "pause", "resume", "recorder_failed"]


@pytest.mark.parametrize("missing", ["LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"])
def test_the_program_names_a_variable_that_is_missing(tmp_path, missing):
    environment = os.environ | {"LIVEKIT_API_KEY": KEY, "LIVEKIT_API_SECRET": SECRET}
    del environment[missing]
    done = subprocess.run(
        [sys.executable, EXAMPLES / "livekit.py"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, f"livekit.py: {missing} is not set\n")


def test_the_program_names_a_secret_that_is_none(tmp_path):
    environment = {"LIVEKIT_API_KEY": KEY, "LIVEKIT_API_SECRET": SECRET, "FSM_RECORDER_SECRET": "x"}
    done = subprocess.run(
        [sys.executable, EXAMPLES / "livekit.py"],
        cwd=tmp_path, env=os.environ | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("livekit.py: FSM_RECORDER_SECRET: ")
    assert done.stderr.count("\n") == 1
