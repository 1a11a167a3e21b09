"""ServiceLimits have clear answers, and nothing is half taken."""

from fsm.web.buckets import Buckets
from fsm.web.settings import Rate, ServiceLimits
from fsm.web.tokens import new_token

from .serving import JOIN, PRO, problem, served, until

SELDOM = 0.001


def test_a_meeting_whose_events_come_too_often_has_to_wait(tmp_path):
    with served(tmp_path, limits=ServiceLimits(meeting=Rate(SELDOM, 2))) as service:
        service.open("m-1")
        service.open("m-2")
        service.send(JOIN)
        service.send({"pause": {"by": "alice"}})
        answer = service.post("/v1/meetings/m-1/events", {"end": {}})
        assert problem(answer, 429)["type"].endswith(":rate")
        assert int(answer.headers["retry-after"]) > 100
        assert service.get("/v1/meetings/m-1").json()["seq"] == 2
        assert service.send(JOIN, "m-2")["seq"] == 1


def test_a_token_that_asks_for_too_much_has_to_wait(tmp_path):
    file = tmp_path / "tokens.json"
    quick, slow = (
        {"Authorization": f"Bearer {new_token(file, name, ['events', 'read'])}"}
        for name in ("quick", "slow")
    )
    with served(tmp_path, tokens=file, limits=ServiceLimits(token=Rate(SELDOM, 2))) as service:
        service.open("m-1", headers=quick)
        service.open("m-2", headers=quick)
        answer = service.post("/v1/meetings", {"id": "m-3", **PRO}, headers=quick)
        problem(answer, 429)
        assert "retry-after" in answer.headers
        assert service.get("/v1/meetings", headers=quick).status_code == 200
        service.open("m-3", headers=slow)


def test_only_so_many_live_streams_are_open_at_once(tmp_path):
    with served(tmp_path, limits=ServiceLimits(streams=1)) as service:
        service.open()
        path = "/v1/meetings/m-1/stream"
        with service.client.stream("GET", path) as first:
            lines = first.iter_lines()
            assert next(lines) == ": open"
            answer = service.get(path)
            assert problem(answer, 503)["type"].endswith(":streams")
            assert "retry-after" in answer.headers
        until(lambda: service.service.streams == 0)
        with service.client.stream("GET", path) as again:
            assert again.status_code == 200


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_a_bucket_fills_with_time():
    clock = Clock()
    buckets = Buckets(Rate(2, 3), clock=clock)
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.take("b") == 0
    clock.now = 0.25
    assert buckets.take("a") == 0.25
    clock.now = 0.5
    assert buckets.take("a") == 0
    clock.now = 1_000
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_what_is_remembered_of_buckets_has_an_end():
    buckets = Buckets(Rate(0.001, 1), most=2, clock=Clock())
    for key in "abc":
        assert buckets.take(key) == 0
    assert buckets.take("c") > 0
    assert buckets.take("b") > 0
    assert buckets.take("a") == 0
