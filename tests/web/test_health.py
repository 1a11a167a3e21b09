"""Routes about the service itself."""


def test_health_and_readiness_are_reported(service):
    assert service.get("/health").json() == {"status": "ok"}
    assert service.get("/ready").json()["ok"] is True


def test_the_openapi_description_is_built_once(service):
    built = service.get("/openapi.json")
    assert built.headers["content-type"] == "application/json"
    assert service.service.openapi == built.content
    service.service.openapi = b"{}"
    assert service.get("/openapi.json").content == b"{}"
