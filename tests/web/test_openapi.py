"""The OpenAPI description, and the responses that conform to it."""

import jsonschema
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import FailedHealthCheck, Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from fsm.decode import union_members
from fsm.recording.events import ReportedEvent
from fsm.web.token_file import create_token

from .serving import JOIN, served


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    with served(tmp_path_factory.mktemp("described")) as service:
        service.open()
        service.send(JOIN)
        service.open("m-over")
        service.send({"end": {}}, "m-over")
        service.put("/v1/accounts/acme", {"edition": "business"})
        yield service


@pytest.fixture(scope="module")
def description(described):
    return described.get("/openapi.json").json()


@pytest.fixture(scope="module")
def operations(description):
    """The operations by path and method, as schemathesis reads them."""
    return schemathesis.openapi.from_dict(description)


def test_the_description_is_valid_openapi(description):
    assert description["openapi"].startswith("3.1")
    for name, schema in description["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["description"], name


def bodies(description):
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            if "requestBody" in operation:
                [content] = operation["requestBody"]["content"].values()
                yield method, path, content["schema"]["$ref"].rpartition("/")[2]


def test_each_body_has_examples_that_are_accepted(described, description):
    seen = 0
    for method, path, name in bodies(description):
        examples = description["components"]["schemas"][name].get("examples", [])
        assert examples, name
        if "webhooks" in path:
            continue
        for number, example in enumerate(examples):
            address = path.format(meeting=f"m-x{number}", account="acme")
            if path.endswith("/events"):
                address = path.format(meeting="m-1")
            answer = described.client.request(method, address, json=example)
            assert answer.status_code == 200 or answer.json()["type"].endswith(":conflict")
            seen += 1
    assert seen > 10


def test_every_event_can_be_sent(description):
    [one_of] = [description["components"]["schemas"]["EventBody"]["oneOf"]]
    assert [schema["title"] for schema in one_of] == [
        event.trigger for event in union_members(ReportedEvent)
    ]
    assert all(schema["additionalProperties"] is False for schema in one_of)


def test_the_description_of_a_service_with_tokens_has_its_security_scheme(tmp_path):
    file = tmp_path / "tokens.json"
    create_token(file, "a", ["read"])
    with served(tmp_path, tokens=file) as service:
        description = service.get("/openapi.json").json()
    assert description["security"] == [{"token": []}]
    assert description["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


# A body that fits its schema may still break a rule, such as R7, so its acceptance is not
# checked. A body that does not fit must be refused.
CHECKS = [
    schemathesis.checks.not_a_server_error,
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
]
QUIETLY = settings(
    max_examples=50,
    database=None,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[each for each in HealthCheck if each is not HealthCheck.filter_too_much],
)
KNOWN = {"meeting": "m-1", "participant": "alice", "account": "acme"}
OPERATIONS = [
    "GET /health", "GET /ready", "GET /metrics", "GET /v1/meetings",
    "GET /v1/meetings/{meeting}", "PUT /v1/meetings/{meeting}",
    "GET /v1/meetings/{meeting}/resolution", "GET /v1/meetings/{meeting}/events",
    "POST /v1/meetings/{meeting}/events", "POST /v1/meetings/{meeting}/reconcile",
    "GET /v1/meetings/{meeting}/stream", "GET /v1/overview",
    "GET /v1/meetings/{meeting}/moment", "GET /v1/meetings/{meeting}/scenario",
    "GET /v1/meetings/{meeting}/allowed/{participant}",
    "POST /v1/reconcile", "POST /v1/resolution", "PUT /v1/accounts/{account}",
    "GET /v1/accounts/{account}", "POST /v1/accounts/{account}/changes",
    "POST /v1/webhooks/{sender}",
    "GET /v1/vocabulary", "POST /v1/simulation", "POST /v1/simulation/diagram",
    "POST /v1/simulation/scenario", "POST /v1/scenarios",
]  # fmt: skip


# Operations whose input cannot be wrong: they have none, or a part of the address, which may be any
# text. Soon after the search for a wrong input began, the health check of Hypothesis ends it.
ANY_INPUT = {
    "GET /health", "GET /ready", "GET /metrics", "POST /v1/reconcile",
    "GET /v1/meetings/{meeting}", "GET /v1/meetings/{meeting}/resolution",
    "POST /v1/meetings/{meeting}/reconcile", "GET /v1/meetings/{meeting}/allowed/{participant}",
    "GET /v1/accounts/{account}",
}  # fmt: skip


@pytest.fixture(scope="module")
def session():
    """One session for all requests, because each would make its own."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


def test_every_operation_is_in_the_list_of_this_test(description):
    operations = [
        f"{method.upper()} {path}"
        for path, methods in description["paths"].items()
        for method in methods
    ]
    assert sorted(operations) == sorted(OPERATIONS)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_response_conforms_to_the_description(
    described, operations, session, operation, mode
):
    method, path = operation.split(" ")
    described_operation = operations[path][method]
    statuses = []

    @QUIETLY
    @given(case=described_operation.as_strategy(generation_mode=mode), at_known=st.booleans())
    def tried(case, at_known):
        if path.endswith("/stream"):
            # The stream of a running meeting has no end.
            case.path_parameters = {"meeting": "m-over" if at_known else "none"}
        elif at_known and mode is GenerationMode.POSITIVE and case.path_parameters:
            case.path_parameters |= {n: KNOWN[n] for n in case.path_parameters if n in KNOWN}
        answer = case.call(base_url=described.url, session=session, timeout=60)
        statuses.append(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    try:
        tried()
    except (Unsatisfiable, FailedHealthCheck):
        assert mode is GenerationMode.NEGATIVE
    assert bool(statuses) == (mode is GenerationMode.POSITIVE or operation not in ANY_INPUT)
    if mode is GenerationMode.POSITIVE and "webhooks" not in path:
        assert {200, 202, 204} & set(statuses)
