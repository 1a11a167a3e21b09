"""The service, as a browser sees it."""

import json


def test_the_health_of_the_service_is_shown(service, page):
    answer = page.goto(f"{service}/health")
    assert answer.status == 200
    assert json.loads(page.inner_text("body")) == {"status": "ok"}
