"""Timers over HTTP: settings of meetings, defaults of the service, and firings."""

import json

import pytest

from fsm.runtime import TimerDefaults
from fsm.web.token_file import create_sender, create_token

from .serving import JOIN, PRO, problem, served, until
from .test_metrics import samples
from .test_stream import STREAM, Reader
from .test_webhooks import post, signed

LEAVE = {"leave": {"id": "alice"}}
TIME_UP = {"time_up": {"timer": "grace", "set": 1}}
DEFAULTS = TimerDefaults(grace=10, end_when_empty=3600)
ONLY_THE_SERVICE = (
    "only the service itself reports that a timer is up (send no 'time_up': timers fire by "
    "themselves)"
)


def opened(service, meeting="m-1", **settings):
    answer = service.put(f"/v1/meetings/{meeting}", {**PRO, **settings})
    assert answer.status_code == 200, answer.text
    plan = answer.json()["plan"]
    return plan["grace"], plan["end_when_empty"]


@pytest.fixture
def with_defaults(tmp_path):
    with served(tmp_path, defaults=DEFAULTS) as service:
        yield service


@pytest.mark.rule("D14", "D15")
@pytest.mark.parametrize(
    ("grace", "end_when_empty"), [(0, 1), (1, 604_800), (600, None), (600, 604_800)]
)
def test_a_meeting_has_the_settings_it_is_opened_with(with_defaults, grace, end_when_empty):
    settings = {"grace": grace, "end_when_empty": end_when_empty}
    assert opened(with_defaults, **settings) == (grace, end_when_empty)


@pytest.mark.rule("D14", "D15")
def test_a_setting_that_is_left_out_has_the_default_of_the_service(with_defaults):
    assert opened(with_defaults) == (10, 3600)
    assert opened(with_defaults, "m-2", grace=None) == (10, 3600)
    assert opened(with_defaults, "m-3", end_when_empty=None) == (10, None)


def test_a_service_has_no_grace_and_ends_empty_meetings_after_half_a_day(service):
    assert opened(service) == (0, 43_200)
    service.send(JOIN)
    left = service.send(LEAVE)
    assert (left["state"], left["timers"]) == ("stopped", [{"set": "empty", "after": 43_200}])


def test_a_default_is_filled_in_once_and_other_defaults_later_are_no_conflict(tmp_path):
    with served(tmp_path, defaults=DEFAULTS) as service:
        assert opened(service) == (10, 3600)
    with served(tmp_path, defaults=TimerDefaults(grace=20)) as service:
        assert opened(service) == (10, 3600)
        assert opened(service, grace=10, end_when_empty=3600) == (10, 3600)
        assert opened(service, "m-2") == (20, None)


@pytest.mark.parametrize(
    "settings", [{"grace": 11}, {"grace": 0}, {"end_when_empty": 60}, {"end_when_empty": None}]
)
def test_another_explicit_setting_is_a_conflict(with_defaults, settings):
    opened(with_defaults)
    answer = with_defaults.put("/v1/meetings/m-1", {**PRO, **settings})
    assert "with other settings" in problem(answer, 409)["detail"]


@pytest.mark.parametrize(
    ("settings", "pointer", "detail"),
    [
        ({"grace": 601}, "/grace", "grace must be a whole number from 0 to 600, not 601"),
        ({"grace": -1}, "/grace", "grace must be a whole number from 0 to 600, not -1"),
        ({"grace": 1.5}, "/grace", "it must be a whole number, not a decimal number"),
        ({"grace": "10"}, "/grace", "it must be a whole number, not text"),
        ({"grace": True}, "/grace", "it must be a whole number, not true or false"),
        ({"end_when_empty": 0}, "/end_when_empty",
         "end_when_empty must be a whole number from 1 to 604800, not 0"),
        ({"end_when_empty": 604_801}, "/end_when_empty",
         "end_when_empty must be a whole number from 1 to 604800, not 604801"),
        ({"end_when_empty": "never"}, "/end_when_empty", "it must be a whole number, not text"),
        ({"grace_period": 10}, "/grace_period",
         "unknown key 'grace_period' (did you mean 'grace'?)"),
    ],
)  # fmt: skip
def test_a_setting_that_is_not_valid_is_one_clear_fault(service, settings, pointer, detail):
    for answer in (
        service.put("/v1/meetings/m-1", {**PRO, **settings}),
        service.post("/v1/resolution", {**PRO, **settings}),
    ):
        assert problem(answer, 422)["errors"] == [{"pointer": pointer, "detail": detail}]
    assert service.get("/v1/meetings").json()["meetings"] == []


def test_the_resolution_names_the_timers(with_defaults):
    for settings, grace in (({}, 10), ({"grace": 5}, 5)):
        resolution = with_defaults.post("/v1/resolution", {**PRO, **settings}).json()
        assert resolution["plan"]["grace"] == grace
        assert any("D14" in line for line in resolution["why"])
        assert any("D15" in line for line in resolution["why"])


@pytest.mark.parametrize("body", [TIME_UP, {"time_up": {}}, {**TIME_UP, "id": "e-1"}])
def test_a_firing_that_a_client_sends_is_refused(service, body):
    service.open()
    answer = problem(service.post("/v1/meetings/m-1/events", body), 422)
    assert answer["errors"] == [{"pointer": "/time_up", "detail": ONLY_THE_SERVICE}]
    assert service.get("/v1/meetings/m-1").json()["seq"] == 0


def test_a_firing_in_a_webhook_is_refused(tmp_path):
    secret = create_sender(tmp_path / "tokens.json", "bbb")
    token = create_token(tmp_path / "tokens.json", "all", ["events", "read"])
    headers = {"Authorization": f"Bearer {token}"}
    with served(tmp_path, headers=headers, tokens=tmp_path / "tokens.json") as service:
        service.open()
        body = json.dumps({"meeting": "m-1", **TIME_UP})
        answer = problem(post(service, body, signed(secret, body)), 422)
        assert answer["errors"] == [{"pointer": "/time_up", "detail": ONLY_THE_SERVICE}]


@pytest.mark.rule("D14", "D15")
def test_answers_and_the_meeting_name_what_became_of_timers(with_defaults):
    opened(with_defaults)
    assert with_defaults.send(JOIN)["timers"] == []
    left = with_defaults.send(LEAVE)
    assert left["state"] == "recording"
    assert left["timers"] == [{"set": "grace", "after": 10}, {"set": "empty", "after": 3600}]
    assert with_defaults.get("/v1/meetings/m-1").json()["timers"] == {
        "grace": left["at"] + 10_000, "empty": left["at"] + 3_600_000,
    }  # fmt: skip
    assert samples(with_defaults)["fsm_meetings_with_timers", ()] == 1
    back = with_defaults.send({"join": {**JOIN["join"], "id": "alice-2"}})
    assert back["timers"] == [{"cancel": "grace"}, {"cancel": "empty"}]
    assert with_defaults.get("/v1/meetings/m-1").json()["timers"] == {}
    assert samples(with_defaults)["fsm_meetings_with_timers", ()] == 0
    permissions = with_defaults.get("/v1/meetings/m-1/allowed/alice-2").json()
    assert "time_up" not in permissions


@pytest.mark.rule("D14", "D15")
def test_a_firing_is_in_the_history_the_stream_and_the_metrics(service):
    opened(service, grace=1, end_when_empty=2)
    service.send(JOIN)
    with service.client.stream("GET", STREAM) as response:
        reader = Reader(response)
        sent = [reader.entry()[1]]
        service.send(LEAVE)
        sent += [reader.entry()[1] for _ in range(3)]
        assert reader.entry() is None
    assert service.get("/v1/meetings/m-1/events").json()["entries"] == sent
    grace, empty = ({name: entry[name] for name in (
        "seq", "id", "event", "before", "state", "recorder", "refused", "rules", "timers"
    )} for entry in sent[2:])  # fmt: skip
    assert grace == {
        "seq": 3, "id": None, "event": {"time_up": {"timer": "grace", "set": 1}},
        "before": "recording", "state": "stopped",
        "recorder": [{"command": "stop", "reason": "everyone_left"}], "refused": None,
        "rules": ["D14", "R16"], "timers": [],
    }  # fmt: skip
    assert (empty["event"], empty["rules"]) == (
        {"time_up": {"timer": "empty", "set": 1}}, ["D10", "D15"],
    )  # fmt: skip
    until(lambda: service.get("/v1/meetings/m-1").json()["ended"])
    metrics = samples(service)
    assert metrics["fsm_timers_refused_total", ()] == 0
    assert metrics["fsm_timer_lateness_seconds_count", ()] == 2
    assert metrics["fsm_timer_lateness_seconds_sum", ()] >= 0
    assert metrics["fsm_meetings_with_timers", ()] == 0


def test_the_description_has_firings_in_answers_only_and_the_limits_of_settings(service):
    schemas = service.get("/openapi.json").json()["components"]["schemas"]
    for name in ("EventBody", "WebhookBody"):
        assert ["time_up"] not in [each["required"][:1] for each in schemas[name]["oneOf"]]
    assert "time_up" in json.dumps(schemas["EventData"])
    body = schemas["MeetingBody"]["properties"]
    assert (body["grace"]["minimum"], body["grace"]["maximum"]) == (0, 600)
    assert (body["end_when_empty"]["minimum"], body["end_when_empty"]["maximum"]) == (1, 604_800)
    changes = schemas["TimerData"]["oneOf"]
    assert [each["required"] for each in changes] == [["cancel"], ["set", "after"]]
