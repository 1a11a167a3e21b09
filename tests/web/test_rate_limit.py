"""Rate limits of meetings and tokens, and the rate limiter."""

from fsm.web.rate_limit import Rate, RateLimiter
from fsm.web.service import ServiceLimits
from fsm.web.token_file import create_token

from .serving import JOIN, PRO, problem, served

SELDOM = 0.001


def test_the_events_of_one_meeting_are_rate_limited(tmp_path):
    with served(tmp_path, limits=ServiceLimits(meeting_rate=Rate(SELDOM, 2))) as service:
        service.open("m-1")
        service.open("m-2")
        service.send(JOIN)
        service.send({"pause": {"by": "alice"}})
        answer = service.post("/v1/meetings/m-1/events", {"end": {}})
        assert problem(answer, 429)["type"].endswith(":rate")
        assert int(answer.headers["retry-after"]) > 100
        assert service.get("/v1/meetings/m-1").json()["seq"] == 2
        assert service.send(JOIN, "m-2")["seq"] == 1


def test_the_changes_of_one_token_are_rate_limited(tmp_path):
    file = tmp_path / "tokens.json"
    quick, slow = (
        {"Authorization": f"Bearer {create_token(file, name, ['events', 'read'])}"}
        for name in ("quick", "slow")
    )
    with served(
        tmp_path, tokens=file, limits=ServiceLimits(caller_rate=Rate(SELDOM, 2))
    ) as service:
        service.open("m-1", headers=quick)
        service.open("m-2", headers=quick)
        answer = service.put("/v1/meetings/m-3", PRO, headers=quick)
        problem(answer, 429)
        assert "retry-after" in answer.headers
        assert service.get("/v1/meetings", headers=quick).status_code == 200
        service.open("m-3", headers=slow)


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_permits_come_back_at_the_rate():
    clock = Clock()
    limiter = RateLimiter(Rate(2, 3), clock=clock)
    assert [limiter.acquire_or_retry_after("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert limiter.acquire_or_retry_after("b") == 0
    clock.now = 0.25
    assert limiter.acquire_or_retry_after("a") == 0.25
    clock.now = 0.5
    assert limiter.acquire_or_retry_after("a") == 0
    clock.now = 1_000
    assert [limiter.acquire_or_retry_after("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_the_least_recently_used_keys_are_forgotten():
    limiter = RateLimiter(Rate(0.001, 1), max_keys=2, clock=Clock())
    for key in "abc":
        assert limiter.acquire_or_retry_after(key) == 0
    assert limiter.acquire_or_retry_after("c") > 0
    assert limiter.acquire_or_retry_after("b") > 0
    assert limiter.acquire_or_retry_after("a") == 0
