"""Prometheus metrics."""

from prometheus_client.parser import text_string_to_metric_families

from .serving import JOIN, served


def samples(service, **more):
    answer = service.get("/metrics", **more)
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_events_are_counted_by_trigger_and_refusal(service):
    service.open()
    service.send(JOIN)
    service.send(JOIN)
    service.send({"leave": {"id": "alice"}})
    metrics = samples(service)

    def count(trigger, refused=""):
        return metrics["fsm_events_total", (("refused", refused), ("trigger", trigger))]

    assert count("join") == count("join", "already_present") == count("leave") == 1


def test_requests_are_timed_by_route_and_not_by_path(service):
    for number in range(3):
        service.open(f"m-{number}")
        service.get(f"/v1/meetings/m-{number}")
        service.get(f"/nowhere/{number}")
    metrics = samples(service)

    def count(method, route, status):
        labels = (("method", method), ("route", route), ("status", status))
        return metrics["fsm_http_request_duration_seconds_count", labels]

    assert count("PUT", "/v1/meetings/{meeting}", "200") == 3
    assert count("GET", "/v1/meetings/{meeting}", "200") == 3
    assert count("GET", "none", "404") == 3


def test_the_hub_and_its_journal_are_measured(service):
    service.open()
    metrics = {name: value for (name, labels), value in samples(service).items() if not labels}
    assert metrics["fsm_healthy"] == 1
    assert metrics["fsm_meetings"] == 1
    assert metrics["fsm_pending_requests"] == metrics["fsm_meetings_with_undelivered_commands"] == 0
    assert metrics["fsm_journal_failures_total"] == 0
    assert metrics["fsm_journal_size_bytes"] > 0


def test_an_unknown_method_is_no_label(service):
    service.client.request("PROPFIND", "/v1/meetings")
    assert "PROPFIND" not in service.get("/metrics").text
    assert 'method="other"' in service.get("/metrics").text


def test_two_services_have_separate_metrics(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with served(tmp_path / "a") as first, served(tmp_path / "b") as second:
        first.open()
        assert samples(first)["fsm_meetings", ()] == 1
        assert samples(second)["fsm_meetings", ()] == 0
