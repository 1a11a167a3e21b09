"""Routes about the service itself."""


def test_health_and_readiness_are_reported(service):
    assert service.get("/health").json() == {"status": "ok"}
    assert service.get("/ready").json()["ok"] is True
