"""Nobody gets in who may not."""

import pytest

from fsm.web.tokens import new_token, remove

from .serving import JOIN, PRO, problem, served

SCOPES = ("events", "console", "read")
ADDRESSES = [
    ("POST", "/v1/meetings", {"id": "m-2", **PRO}, "events"),
    ("PUT", "/v1/meetings/m-3", PRO, "events"),
    ("GET", "/v1/meetings", None, "read"),
    ("GET", "/v1/meetings/m-1", None, "read"),
    ("GET", "/v1/meetings/m-1/resolution", None, "read"),
    ("GET", "/v1/meetings/m-1/allowed/alice", None, "read"),
    ("POST", "/v1/meetings/m-1/events", JOIN, "events"),
    ("GET", "/v1/meetings/m-1/events", None, "read"),
    ("GET", "/v1/meetings/m-0/stream", None, "read"),
    ("POST", "/v1/meetings/m-1/reconcile", None, "events"),
    ("POST", "/v1/reconcile", None, "events"),
    ("POST", "/v1/resolution", PRO, "read"),
    ("PUT", "/v1/accounts/acme", {"edition": "business"}, "console"),
    ("GET", "/v1/accounts/acme", None, "read"),
    ("POST", "/v1/accounts/acme/changes", {"lock": {"by": {"role": "user"}}}, "console"),
    ("GET", "/metrics", None, "read"),
]
OPEN = {"/health", "/ready", "/openapi.json", "/v1/webhooks/{sender}", "/schema"}


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    file = tmp_path_factory.mktemp("tokens") / "tokens.json"
    made = {scope: new_token(file, scope, [scope]) for scope in SCOPES}
    made["all"] = new_token(file, "all", SCOPES)
    return file, made


@pytest.fixture(scope="module")
def guarded(tokens, tmp_path_factory):
    file, made = tokens
    with served(tmp_path_factory.mktemp("hub"), tokens=file) as service:
        service.open(headers=bearer(made["all"]))
        service.open("m-0", headers=bearer(made["all"]))
        service.send({"end": {}}, "m-0", headers=bearer(made["all"]))
        service.put("/v1/accounts/acme", {"edition": "business"}, headers=bearer(made["all"]))
        yield service


@pytest.mark.parametrize(("method", "path", "body", "scope"), ADDRESSES)
def test_each_address_needs_a_token_with_its_scope(guarded, tokens, method, path, body, scope):
    for name, token in tokens[1].items():
        answer = guarded.client.request(method, path, json=body, headers=bearer(token))
        if name in (scope, "all"):
            assert answer.status_code in (200, 202), answer.text
        else:
            assert problem(answer, 403)["type"].endswith(":scope")
            assert scope in answer.headers["www-authenticate"]


@pytest.mark.parametrize(("method", "path", "body", "scope"), ADDRESSES)
@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer wrong", "wrong", "Basic YTpi"])
def test_without_a_token_nobody_gets_in(guarded, method, path, body, scope, header):
    headers = {"Authorization": header} if header is not None else {}
    answer = guarded.client.request(method, path, json=body, headers=headers)
    kind = "wrong-token" if header == "Bearer wrong" else "no-token"
    assert problem(answer, 401)["type"].endswith(f":{kind}")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_every_address_is_looked_at_here(guarded):
    found = guarded.get("/openapi.json").json()["paths"]
    told = {
        (method.upper(), path)
        for path, methods in found.items()
        for method in methods
        if path not in OPEN
    }
    assert len(told) == len(ADDRESSES)


def test_who_is_not_let_in_does_not_learn_whether_the_body_was_right(guarded):
    problem(guarded.post("/v1/meetings", {"nonsense": 1}), 401)


def test_a_token_is_taken_however_the_word_before_it_is_written(guarded, tokens):
    token = tokens[1]["read"]
    for word in ("bearer", "BEARER"):
        headers = {"Authorization": f"{word} {token}"}
        assert guarded.get("/v1/meetings", headers=headers).status_code == 200


def test_health_and_the_description_are_open_to_all(guarded):
    for path in ("/health", "/ready", "/openapi.json"):
        assert guarded.get(path).status_code == 200


def test_with_tokens_any_name_of_the_machine_will_do(guarded, tokens):
    headers = {**bearer(tokens[1]["read"]), "Host": "meetings.example", "Origin": "http://x.test"}
    assert guarded.get("/v1/meetings", headers=headers).status_code == 200


@pytest.fixture(scope="module")
def unguarded(tmp_path_factory):
    with served(tmp_path_factory.mktemp("open")) as service:
        yield service


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:99", "[::1]:8080", "LOCALHOST"])
def test_without_tokens_this_machine_may_ask(unguarded, host):
    assert unguarded.get("/v1/meetings", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.test", "localhost.evil.test", "127.0.0.1.evil.test", "x@localhost", "[::1", "10.0.0.1"],
)
def test_without_tokens_a_name_that_leads_here_is_refused(unguarded, host):
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
def test_without_tokens_no_other_web_page_may_ask(unguarded, headers):
    answer = unguarded.post("/v1/meetings", {"id": "m-9", **PRO}, headers=headers)
    assert problem(answer, 403)["type"].endswith(":foreign-origin")
    problem(unguarded.get("/v1/meetings/m-9"), 404)


def test_without_tokens_a_page_of_the_service_itself_may_ask(unguarded):
    headers = {"Origin": unguarded.url, "Sec-Fetch-Site": "same-origin"}
    assert unguarded.get("/v1/meetings", headers=headers).status_code == 200


def test_a_stream_ends_with_the_token_it_was_opened_with(tmp_path):
    file = tmp_path / "tokens.json"
    both = bearer(new_token(file, "all", SCOPES))
    reader = bearer(new_token(file, "reader", ["read"]))
    with served(tmp_path, tokens=file, keep_alive=0.1) as service:
        service.open(headers=both)
        with service.client.stream("GET", "/v1/meetings/m-1/stream", headers=reader) as response:
            lines = response.iter_lines()
            assert next(lines) == ": open"
            remove(file, "reader")
            assert all(line in ("", ": still here") for line in lines)


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"])
def test_without_tokens_nobody_comes_in_through_a_proxy(service, header):
    answer = service.client.get("/v1/meetings", headers={header: "for=192.0.2.1"})
    assert answer.status_code == 403
    assert "behind a proxy it needs tokens" in answer.json()["detail"]


def test_ids_that_webhooks_have_are_kept_for_them(service):
    service.open()
    answer = service.client.post("/v1/meetings/m-1/events", json={**JOIN, "id": "webhook/a/1"})
    assert answer.status_code == 422
    key = {"Idempotency-Key": "webhook/a/1"}
    bare = {"join": JOIN["join"]}
    answer = service.client.post("/v1/meetings/m-1/events", json=bare, headers=key)
    assert answer.status_code == 422


def test_an_id_that_is_too_long_is_neither_kept_nor_logged(service, log):
    answer = service.client.post(f"/v1/meetings/{'x' * 50_000}/events", json=JOIN)
    assert answer.status_code == 404
    assert len(answer.text) < 3_000
    assert len(log.getvalue()) < 3_000
