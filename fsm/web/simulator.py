"""The simulator: its page, and the routes that the page calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, get_args

import attrs
from litestar import MediaType, Request, Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import OpenAPIResponse, Operation
from litestar.params import FromPath, JSONBody, QueryParameter

from fsm.decode import LIST_LIMIT
from fsm.json_schema import LIMITS
from fsm.recording.plan import MAX_END_WHEN_EMPTY, MAX_GRACE
from fsm.recording.vocabulary import (
    CONSOLE_EDITIONS,
    KINDS,
    KINDS_WITH_OPTIONS,
    UNBOOKED,
    Edition,
    Kind,
    MeetingType,
    Platform,
    Role,
    Starter,
)
from fsm.scenario.model import MAX_WAIT, ScenarioDocument, StepDocument
from fsm.scenario.source import ScenarioError
from fsm.simulator import work
from fsm.simulator.answers import Simulation
from fsm.simulator.documents import (
    MAX_STEPS,
    scenario_from,
    scenarios_in,
    with_expectations,
)
from fsm.simulator.pages import INDEX, page_files
from fsm.translation import RULE_TITLES, Lang
from fsm.web.problems import (
    BODY_STATUSES,
    ProblemError,
    error_responses,
    value_errors_as_faults,
)
from fsm.web.service import ServiceDependency

Language = Annotated[
    Lang,
    QueryParameter(description="The language of sentences and labels; names stay the same."),
]

_SVG = "image/svg+xml"
PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
}


@attrs.frozen
class SimulationBody(ScenarioDocument):
    """A scenario to simulate.

    Args:
        title: its title.
        account: the organiser's account.
        user: the organiser's own setting, if there is one.
        booking: the choice for this meeting, if it was booked.
        meeting: its type, and the seconds of its timers.
        events: the events and waits, as in a scenario file.
        after: the number of steps that the caller knows already; their answers are left out.
    """

    examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "account": {"edition": "pro"},
            "user": {"auto_record": True, "kind": "cloud", "started_by": "host"},
            "meeting": {"grace": 10},
            "events": [
                {"join": {"id": "alice", "role": "host", "platform": "windows"}},
                {"leave": {"id": "alice"}},
                {"wait": 10, "expect": {"state": "stopped"}},
            ],
        },
    )
    events: tuple[StepDocument, ...] | None = attrs.field(
        default=None, metadata={LIST_LIMIT: MAX_STEPS}
    )
    after: int = attrs.field(
        default=0,
        validator=attrs.validators.and_(attrs.validators.ge(0), attrs.validators.le(MAX_STEPS)),
        metadata={LIMITS: {"minimum": 0, "maximum": MAX_STEPS}},
    )


@attrs.frozen
class Vocabulary:
    """The names that the rules know, and their limits.

    Args:
        rules: the title of each rule, by its id.
        editions: the editions.
        editions_with_console: those with an admin console.
        kinds: the kinds of recording.
        kinds_with_options: those with sub-options.
        starters: the participants whose join may start a recording.
        types: the types of meetings.
        unbooked_types: those that are never booked.
        roles: the roles.
        platforms: the platforms.
        max_grace: the maximum seconds of a grace.
        max_end_when_empty: the maximum seconds after which an empty meeting ends.
        max_wait: the maximum seconds of a wait.
        max_steps: the maximum number of steps of a simulation.
    """

    rules: dict[str, str]
    editions: tuple[Edition, ...] = get_args(Edition)
    editions_with_console: tuple[str, ...] = tuple(sorted(CONSOLE_EDITIONS))
    kinds: tuple[Kind, ...] = KINDS
    kinds_with_options: tuple[str, ...] = tuple(sorted(KINDS_WITH_OPTIONS))
    starters: tuple[Starter, ...] = get_args(Starter)
    types: tuple[MeetingType, ...] = get_args(MeetingType)
    unbooked_types: tuple[str, ...] = tuple(sorted(UNBOOKED))
    roles: tuple[Role, ...] = get_args(Role)
    platforms: tuple[Platform, ...] = get_args(Platform)
    max_grace: int = MAX_GRACE
    max_end_when_empty: int = MAX_END_WHEN_EMPTY
    max_wait: int = MAX_WAIT
    max_steps: int = MAX_STEPS


@attrs.frozen
class ScenarioFile:
    """A scenario file.

    Args:
        text: its text, in YAML or JSON.
    """

    examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {"text": "account: {edition: pro}\nevents:\n- end: {}\n"},
    )
    text: str


@attrs.frozen
class ScenariosResponse:
    """The scenarios of a file.

    Args:
        scenarios: each as a body of a simulation, with its expectations.
    """

    scenarios: tuple[dict[str, Any], ...]


@dataclass
class _DiagramOperation(Operation):
    """Description of the diagram, with plain text: generated clients may not know images."""

    def __post_init__(self) -> None:
        response = (self.responses or {})["200"]
        assert isinstance(response, OpenAPIResponse), "its own response, and no reference"
        media_types = response.content or {}
        media_types[MediaType.TEXT] = media_types[_SVG]


@get("/", include_in_schema=False, media_type=MediaType.HTML)
async def index() -> Response[bytes]:
    """Returns the page."""
    return _page_file(INDEX)


@get("/page/{name:str}", include_in_schema=False)
async def page_file(name: FromPath[str]) -> Response[bytes]:
    """Returns a file of the page."""
    return _page_file(name)


def _page_file(name: str) -> Response[bytes]:
    found = page_files().get(name)
    if found is None:
        raise ProblemError(
            404, "unknown-address", "There is nothing at this address",
            f"the page has no file {name!r} (its address is /)",
        )  # fmt: skip
    media_type, content = found
    return Response(content, media_type=media_type, headers=PAGE_HEADERS)


@get(
    "/v1/vocabulary",
    operation_id="readVocabulary",
    opt={"scope": "read"},
    tags=["simulator"],
    responses=error_responses(),
)
async def vocabulary(lang: Language = "en") -> Vocabulary:
    """Returns the names that the rules know, for forms, and the titles of the rules."""
    return Vocabulary(rules={str(rule): title for rule, title in RULE_TITLES[lang].items()})


@post(
    "/v1/simulation",
    operation_id="simulate",
    status_code=200,
    opt={"scope": "read"},
    tags=["simulator"],
    responses=error_responses(*BODY_STATUSES),
)
async def simulation(
    data: JSONBody[SimulationBody], service: ServiceDependency, lang: Language = "en"
) -> Simulation:
    """Plays a scenario on a meeting of its own, and returns each answer with its reasons.

    Nothing is stored, and no recorder is told anything.
    """
    with value_errors_as_faults():
        scenario = scenario_from(data)
    return await service.simulator.run(work.simulation_of, scenario, data.after, lang)


@post(
    "/v1/simulation/diagram",
    operation_id="drawSimulation",
    status_code=200,
    opt={"scope": "read"},
    tags=["simulator"],
    media_type=_SVG,
    responses=error_responses(*BODY_STATUSES)
    | {
        200: ResponseSpec(
            str, generate_examples=False, description="The diagram.", media_type=_SVG
        ),
    },
    operation_class=_DiagramOperation,
)
async def simulation_diagram(
    request: Request[Any, Any, Any],
    data: JSONBody[SimulationBody],
    service: ServiceDependency,
    lang: Language = "en",
) -> Response[bytes]:
    """Returns the diagram of the machine under the plan of a scenario, as SVG.

    A state has the id ``state-NAME``; the texts of a transition are in groups of the class
    ``transition-N``, where N is its number in the steps of a simulation. With ``Accept:
    text/plain`` it is sent as plain text.
    """
    with value_errors_as_faults():
        scenario = scenario_from(data)
    svg = await service.simulator.run(work.draw, scenario, lang)
    return Response(svg, media_type=request.accept.best_match([_SVG, MediaType.TEXT], _SVG))


@post(
    "/v1/simulation/scenario",
    operation_id="writeScenarioFile",
    status_code=200,
    opt={"scope": "read"},
    tags=["simulator"],
    responses=error_responses(*BODY_STATUSES),
)
async def scenario_file(data: JSONBody[SimulationBody], service: ServiceDependency) -> ScenarioFile:
    """Returns a scenario as a file in which each step expects what happens now."""
    with value_errors_as_faults():
        scenario = scenario_from(data)
    return ScenarioFile(await service.simulator.run(with_expectations, scenario))


@post(
    "/v1/scenarios",
    operation_id="readScenarioFile",
    status_code=200,
    opt={"scope": "read"},
    tags=["simulator"],
    responses=error_responses(*BODY_STATUSES),
)
async def scenarios(data: JSONBody[ScenarioFile], service: ServiceDependency) -> ScenariosResponse:
    """Returns the scenarios of a file."""
    try:
        found = await service.simulator.run(scenarios_in, data.text.encode())
    except ScenarioError as error:
        raise ProblemError(
            422, "wrong-scenario", "The file is not a scenario file", f"line {error}"
        ) from None
    return ScenariosResponse(tuple(found))
