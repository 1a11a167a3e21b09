"""Authentication and authorization: tokens, scopes, local clients."""

import pytest

from fsm.web.token_file import create_token, remove_name

from .serving import JOIN, PRO, problem, served

SCOPES = ("events", "console", "read")
ROUTES = [
    ("PUT", "/v1/meetings/m-3", PRO, "events"),
    ("GET", "/v1/meetings", None, "read"),
    ("GET", "/v1/meetings/m-1", None, "read"),
    ("GET", "/v1/meetings/m-1/resolution", None, "read"),
    ("GET", "/v1/meetings/m-1/allowed/alice", None, "read"),
    ("POST", "/v1/meetings/m-1/events", JOIN, "events"),
    ("GET", "/v1/meetings/m-1/why?event=%7B%22end%22:null%7D", None, "read"),
    ("POST", "/v1/events", [{"meeting": "m-1", **JOIN}], "events"),
    ("GET", "/v1/meetings/m-1/events", None, "read"),
    ("GET", "/v1/meetings/m-0/stream", None, "read"),
    ("POST", "/v1/meetings/m-1/reconcile", None, "events"),
    ("POST", "/v1/reconcile", None, "events"),
    ("POST", "/v1/resolution", PRO, "read"),
    ("PUT", "/v1/accounts/acme", {"edition": "business"}, "console"),
    ("GET", "/v1/accounts/acme", None, "read"),
    ("POST", "/v1/accounts/acme/changes", {"lock": {"by": {"role": "user"}}}, "console"),
    ("GET", "/metrics", None, "read"),
    ("GET", "/v1/overview", None, "read"),
    ("GET", "/v1/meetings/m-1/moment", None, "read"),
    ("GET", "/v1/meetings/m-1/scenario", None, "read"),
    ("GET", "/v1/vocabulary", None, "read"),
    ("POST", "/v1/simulation", {"account": {"edition": "pro"}}, "read"),
    ("POST", "/v1/simulation/diagram", {"account": {"edition": "pro"}}, "read"),
    ("POST", "/v1/simulation/scenario", {"account": {"edition": "pro"}}, "read"),
    ("POST", "/v1/scenarios", {"text": "account: {edition: pro}"}, "read"),
]
OPEN_ROUTES = {"/health", "/ready", "/openapi.json", "/v1/webhooks/{sender}", "/schema"}


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    file = tmp_path_factory.mktemp("tokens") / "tokens.json"
    by_scope = {scope: create_token(file, scope, [scope]) for scope in SCOPES}
    by_scope["all"] = create_token(file, "all", SCOPES)
    return file, by_scope


@pytest.fixture(scope="module")
def guarded(tokens, tmp_path_factory):
    file, by_scope = tokens
    with served(tmp_path_factory.mktemp("hub"), tokens=file) as service:
        service.open(headers=bearer(by_scope["all"]))
        service.open("m-0", headers=bearer(by_scope["all"]))
        service.send({"end": {}}, "m-0", headers=bearer(by_scope["all"]))
        service.put("/v1/accounts/acme", {"edition": "business"}, headers=bearer(by_scope["all"]))
        yield service


@pytest.mark.parametrize(("method", "path", "body", "scope"), ROUTES)
def test_each_route_needs_a_token_with_its_scope(guarded, tokens, method, path, body, scope):
    for name, token in tokens[1].items():
        answer = guarded.client.request(method, path, json=body, headers=bearer(token))
        if name in (scope, "all"):
            assert answer.status_code in (200, 202), answer.text
        else:
            assert problem(answer, 403)["type"].endswith(":scope")
            assert scope in answer.headers["www-authenticate"]


@pytest.mark.parametrize(("method", "path", "body", "scope"), ROUTES)
@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer wrong", "wrong", "Basic YTpi"])
def test_a_request_without_a_valid_token_is_refused(guarded, method, path, body, scope, header):
    headers = {"Authorization": header} if header is not None else {}
    answer = guarded.client.request(method, path, json=body, headers=headers)
    kind = "wrong-token" if header == "Bearer wrong" else "no-token"
    assert problem(answer, 401)["type"].endswith(f":{kind}")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_every_route_is_in_the_list_of_this_test(guarded):
    paths = guarded.get("/openapi.json").json()["paths"]
    protected = {
        (method.upper(), path)
        for path, methods in paths.items()
        for method in methods
        if path not in OPEN_ROUTES
    }
    assert len(protected) == len(ROUTES)


def test_an_unauthorised_request_is_refused_before_its_body_is_decoded(guarded):
    problem(guarded.put("/v1/meetings/m-2", {"nonsense": 1}), 401)


def test_the_bearer_scheme_is_case_insensitive(guarded, tokens):
    token = tokens[1]["read"]
    for scheme in ("bearer", "BEARER"):
        headers = {"Authorization": f"{scheme} {token}"}
        assert guarded.get("/v1/meetings", headers=headers).status_code == 200


def test_health_readiness_and_openapi_need_no_token(guarded):
    for path in ("/health", "/ready", "/openapi.json"):
        assert guarded.get(path).status_code == 200


def test_with_tokens_any_host_and_origin_is_accepted(guarded, tokens):
    headers = {**bearer(tokens[1]["read"]), "Host": "meetings.example", "Origin": "http://x.test"}
    assert guarded.get("/v1/meetings", headers=headers).status_code == 200


@pytest.fixture(scope="module")
def unguarded(tmp_path_factory):
    with served(tmp_path_factory.mktemp("open")) as service:
        yield service


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:99", "[::1]:8080", "LOCALHOST"])
def test_without_tokens_the_loopback_names_are_accepted(unguarded, host):
    assert unguarded.get("/v1/meetings", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.test",
        "localhost.evil.test",
        "127.0.0.1.evil.test",
        "x@localhost",
        "[::1",
        "10.0.0.1",
        "[::1].evil.test:80",
        "[::1]evil.test",
    ],
)
def test_without_tokens_other_host_names_are_refused(unguarded, host):
    answer = unguarded.get("/v1/meetings", headers={"Host": host})
    assert problem(answer, 403)["type"].endswith(":foreign-host")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_without_tokens_web_pages_of_other_origins_are_refused(unguarded, headers):
    answer = unguarded.put("/v1/meetings/m-9", PRO, headers=headers)
    assert problem(answer, 403)["type"].endswith(":foreign-origin")
    problem(unguarded.get("/v1/meetings/m-9"), 404)


def test_without_tokens_a_page_of_the_service_itself_is_accepted(unguarded):
    headers = {"Origin": unguarded.url, "Sec-Fetch-Site": "same-origin"}
    assert unguarded.get("/v1/meetings", headers=headers).status_code == 200


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"])
def test_without_tokens_requests_through_a_proxy_are_refused(service, header):
    answer = service.client.get("/v1/meetings", headers={header: "for=192.0.2.1"})
    assert answer.status_code == 403
    assert "behind a proxy it needs tokens" in answer.json()["detail"]


def test_a_stream_ends_when_its_token_is_removed(tmp_path):
    file = tmp_path / "tokens.json"
    both = bearer(create_token(file, "all", SCOPES))
    reader = bearer(create_token(file, "reader", ["read"]))
    with served(tmp_path, tokens=file, stream_heartbeat=0.1) as service:
        service.open(headers=both)
        with service.client.stream("GET", "/v1/meetings/m-1/stream", headers=reader) as response:
            lines = response.iter_lines()
            assert next(lines) == ": open"
            service.service._token_file._interval = 0
            service.service._token_file._next_check = 0
            remove_name(file, "reader")
            assert all(line in ("", ": still here") for line in lines)


def test_a_stream_does_not_live_on_with_another_token_of_the_same_name(tmp_path):
    file = tmp_path / "tokens.json"
    both = bearer(create_token(file, "all", SCOPES))
    reader = bearer(create_token(file, "reader", ["read"]))
    with served(tmp_path, tokens=file) as service:
        service.service._token_file._interval = 0
        service.service._token_file._next_check = 0
        service.open(headers=both)
        path = "/v1/meetings/m-1/stream"
        with service.client.stream("GET", path, headers=reader) as response:
            lines = response.iter_lines()
            assert next(lines) == ": open"
            remove_name(file, "reader")
            again = bearer(create_token(file, "reader", ["read"]))
            service.send(JOIN, headers=both)
            assert [line for line in lines if line] == []
        with service.client.stream("GET", path, headers=again) as response:
            assert response.status_code == 200


def test_a_stream_goes_on_while_other_tokens_change(tmp_path):
    file = tmp_path / "tokens.json"
    both = bearer(create_token(file, "all", SCOPES))
    with served(tmp_path, tokens=file) as service:
        service.service._token_file._interval = 0
        service.service._token_file._next_check = 0
        service.open(headers=both)
        with service.client.stream("GET", "/v1/meetings/m-1/stream", headers=both) as response:
            lines = response.iter_lines()
            assert next(lines) == ": open"
            create_token(file, "other", ["read"])
            service.send(JOIN, headers=both)
            assert next(line for line in lines if line) == "id: 1"
