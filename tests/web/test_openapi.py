"""The OpenAPI description, and the responses that conform to it."""

from typing import get_args

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
from fsm.recording import vocabulary
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
                schema = content["schema"].get("items", content["schema"])
                yield method, path, schema["$ref"].rpartition("/")[2]


def test_each_body_has_examples_that_are_accepted(described, description):
    seen = 0
    for method, path, name in bodies(description):
        examples = description["components"]["schemas"][name].get("examples", [])
        assert examples, name
        if "webhooks" in path:
            continue
        for number, example in enumerate(examples):
            address = path.format(meeting=f"m-x{number}", account="acme")
            if path == "/v1/events":
                example = [example]
            elif path.endswith("/events"):
                address = path.format(meeting="m-1")
            answer = described.client.request(method, address, json=example)
            assert answer.status_code == 200 or answer.json()["type"].endswith(":conflict")
            seen += 1
    assert seen > 10


def test_every_event_can_be_sent(description):
    [one_of] = [description["components"]["schemas"]["EventBody"]["oneOf"]]
    assert [schema["required"] for schema in one_of] == [
        [event.trigger] for event in union_members(ReportedEvent)
    ]
    assert all(schema["additionalProperties"] is False for schema in one_of)


def schemas_in(data):
    """Yields all schemas in a part of the description, and what else is an object in it."""
    if isinstance(data, dict):
        yield data
        for key, value in data.items():
            if key not in ("example", "examples"):
                yield from schemas_in(value)
    elif isinstance(data, list):
        for item in data:
            yield from schemas_in(item)


def test_no_two_types_of_a_generated_client_have_one_name(description):
    components = description["components"]["schemas"]
    inner = [
        each["title"]
        for schema in components.values()
        for key, part in schema.items()
        for each in schemas_in(part)
        if isinstance(each.get("title"), str)
    ]
    names = [*components, *inner]
    assert {"JoinEventBody", "PauseWebhookBody", "StartCommandData", "LockChangeBody"} <= set(inner)
    assert len(set(map(str.lower, names))) == len(names)
    assert all(name.isidentifier() for name in names)


def test_each_vocabulary_is_a_component_of_its_own(description):
    components = description["components"]["schemas"]
    for name in ("Role", "Kind", "Platform", "State", "Edition", "Reason", "PolicyStatus"):
        assert components[name]["enum"] == [*get_args(vars(vocabulary)[name])], name
    named = [schema["enum"] for schema in components.values() if "enum" in schema]
    enumerations = [each for each in schemas_in(description) if isinstance(each.get("enum"), list)]
    assert [each["enum"] for each in enumerations] == named
    state = components["EntryResponse"]["properties"]["state"]
    assert state["allOf"] == [{"$ref": "#/components/schemas/State"}]
    refused = components["EntryResponse"]["properties"]["refused"]
    assert refused["oneOf"] == [{"$ref": "#/components/schemas/Reason"}, {"type": "null"}]


# A generated client has a function for each: to rename one breaks the programs that call it.
OPERATION_IDS = [
    "checkHealth", "checkReadiness", "readMetrics",
    "openMeeting", "readMeeting", "listMeetings", "sendEvent", "sendEvents",
    "readHistory", "streamMeeting", "readPermissions", "explainEvent",
    "readResolution", "resolveSettings", "reconcileMeeting", "reconcileAll",
    "searchMeetings", "readMoment", "readScenario",
    "storeAccount", "readAccount", "changeConsole", "sendWebhook",
    "readVocabulary", "simulate", "drawSimulation", "writeScenarioFile", "readScenarioFile",
]  # fmt: skip


def test_operations_have_short_ids_that_stay(description):
    ids = [
        operation["operationId"]
        for methods in description["paths"].values()
        for operation in methods.values()
    ]
    assert sorted(ids) == sorted(OPERATION_IDS)


def test_descriptions_are_those_of_json(description):
    texts = [each["description"] for each in schemas_in(description["components"])
             if isinstance(each.get("description"), str)]  # fmt: skip
    assert len(texts) > 100
    assert not [text for text in texts if "None" in text or "`" in text]


def test_the_description_is_the_same_at_both_addresses_and_each_time(described, tmp_path):
    text = described.get("/openapi.json").text
    assert described.get("/schema").text == text
    with served(tmp_path) as another:
        assert another.get("/openapi.json").text == text


def test_a_diagram_is_sent_as_text_to_a_client_that_asks_for_text(described):
    body = {"account": {"edition": "pro"}}
    answers = [
        described.post("/v1/simulation/diagram", body, headers={"Accept": accept})
        for accept in ("*/*", "image/svg+xml", "text/plain")
    ]
    assert [answer.headers["content-type"].partition(";")[0] for answer in answers] == [
        "image/svg+xml", "image/svg+xml", "text/plain"
    ]  # fmt: skip
    assert len({answer.text for answer in answers}) == 1


def test_the_description_of_a_service_with_tokens_has_its_security_scheme(tmp_path):
    file = tmp_path / "tokens.json"
    create_token(file, "a", ["read"])
    with served(tmp_path, tokens=file) as service:
        description = service.get("/openapi.json").json()
    assert description["security"] == [{"token": []}]
    assert description["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    paths = description["paths"]
    assert paths["/health"]["get"]["security"] == [{}]
    assert paths["/v1/webhooks/{sender}"]["post"]["security"] == [{"signature": []}]


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
    "GET /v1/meetings/{meeting}/why",
    "GET /v1/meetings/{meeting}/resolution", "GET /v1/meetings/{meeting}/events",
    "POST /v1/meetings/{meeting}/events", "POST /v1/meetings/{meeting}/reconcile",
    "GET /v1/meetings/{meeting}/stream", "GET /v1/overview",
    "GET /v1/meetings/{meeting}/moment", "GET /v1/meetings/{meeting}/scenario",
    "GET /v1/meetings/{meeting}/allowed/{participant}",
    "POST /v1/reconcile", "POST /v1/resolution", "PUT /v1/accounts/{account}",
    "GET /v1/accounts/{account}", "POST /v1/accounts/{account}/changes",
    "POST /v1/events", "POST /v1/webhooks/{sender}",
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
        # Wrong items have problems in their places, and the request is answered with 200.
        one_by_one = path == "/v1/events" and isinstance(case.body, list)
        excluded = [negative_data_rejection] if one_by_one else []
        case.validate_response(answer, checks=CHECKS, excluded_checks=excluded)

    try:
        tried()
    except (Unsatisfiable, FailedHealthCheck):
        assert mode is GenerationMode.NEGATIVE
    assert bool(statuses) == (mode is GenerationMode.POSITIVE or operation not in ANY_INPUT)
    if mode is GenerationMode.POSITIVE and "webhooks" not in path:
        assert {200, 202, 204} & set(statuses)
