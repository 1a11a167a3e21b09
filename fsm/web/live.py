"""The routes of the view of real meetings: their list, their moments, and their pasts."""

from __future__ import annotations

import time
from typing import Annotated, Any

import attrs
from litestar import Request, get
from litestar.params import FromPath, QueryParameter

from fsm.recording import Resolution
from fsm.runtime.past import MeetingOverview
from fsm.scenario.write import settings_data
from fsm.simulator import work
from fsm.simulator.answers import SimulatedStep, Situation, resolution_in
from fsm.simulator.documents import MAX_STEPS
from fsm.simulator.effects import IdleSetting, idle_settings
from fsm.translation import Translator
from fsm.web.auth import bearer_token
from fsm.web.meetings import AfterId, AfterSeq
from fsm.web.problems import ProblemError, error_responses
from fsm.web.service import ServiceDependency
from fsm.web.simulator import Language

MAX_PAGE = 250
"""The maximum number of entries that one request explains."""

SearchText = Annotated[
    str, QueryParameter(max_length=200, description="A part of the ids, in any case.")
]
SearchLimit = Annotated[
    int, QueryParameter(ge=1, le=100, description="The maximum number of results.")
]
UptoSeq = Annotated[
    int | None,
    QueryParameter(
        ge=0, le=2**53, description="The number of the entry to show; without it, the last one."
    ),
]


@attrs.frozen
class OverviewPage:
    """A page of the meetings that a search found.

    Args:
        meetings: the meetings, in the order of their ids.
        next: the parameter ``after`` of the next page; null on the last page. A page that looked
            in many meetings may be empty, with others to follow.
    """

    meetings: tuple[MeetingOverview, ...]
    next: str | None


@attrs.frozen
class MomentResponse:
    """A meeting at a moment, as recorded, with the reasons of its answers.

    Args:
        meeting: the id of the meeting.
        opened_at: the time of its opening, in milliseconds since 1970.
        last: the number of its last entry.
        shown: the number of the entry after which it is shown.
        may_send: whether the token of the request may send events.
        settings: its settings, as in a scenario.
        resolution: its plan, the booking form, and the reasons for both.
        idle_settings: the settings that have no effect beside the others.
        steps: the entries after those that were not asked for, up to the one that is shown.
        situation: the meeting after that entry.
    """

    meeting: str
    opened_at: int
    last: int
    shown: int
    may_send: bool
    settings: dict[str, Any]
    resolution: Resolution
    idle_settings: tuple[IdleSetting, ...]
    steps: tuple[SimulatedStep, ...]
    situation: Situation


@attrs.frozen
class PastScenario:
    """The past of a meeting as a scenario.

    Args:
        scenario: a body of a simulation, whose steps expect the recorded answers.
    """

    scenario: dict[str, Any]


@get(
    "/v1/overview",
    operation_id="searchMeetings",
    opt={"scope": "read"},
    tags=["meetings"],
    responses=error_responses(),
)
async def overview(
    service: ServiceDependency,
    search: SearchText = "",
    after: AfterId = "",
    limit: SearchLimit = 50,
) -> OverviewPage:
    """Lists meetings whose ids contain a text, with their states, in the order of their ids."""
    found, following = await service.runtime.search(search, after, limit)
    return OverviewPage(tuple(found), following)


@get(
    "/v1/meetings/{meeting:str}/moment",
    operation_id="readMoment",
    opt={"scope": "read"},
    tags=["meetings"],
    responses=error_responses(404),
)
async def moment(
    request: Request[Any, Any, Any],
    meeting: FromPath[str],
    service: ServiceDependency,
    after: AfterSeq = 0,
    upto: UptoSeq = None,
    lang: Language = "en",
) -> MomentResponse:
    """Shows a meeting after one of its entries.

    States and refusals are the recorded answers, which stand. The explanations are those of the
    present rules. At most 250 entries are explained at once: further ones follow with ``after``.
    """
    snapshot = await service.runtime.read(meeting)
    resolution = await service.runtime.resolution(meeting)
    shown = min(snapshot.seq, after + MAX_PAGE, snapshot.seq if upto is None else upto)
    past = await service.runtime.past(meeting, after, shown)
    at, due = past.last_at, past.due
    if shown == snapshot.seq and not snapshot.ended:
        # A grace that began anew with the service is due later than recorded.
        at, due = max(at, time.time_ns() // 1_000_000), dict(snapshot.timers)
    steps, situation = await service.simulator.run(work.past_of, past, at, due, lang)
    return MomentResponse(
        meeting, past.opened_at, snapshot.seq, shown,
        service.may(bearer_token(request.headers), "events"),
        settings_data(past.settings), resolution_in(resolution, Translator(lang)),
        idle_settings(past.settings), steps, situation,
    )  # fmt: skip


@get(
    "/v1/meetings/{meeting:str}/scenario",
    operation_id="readScenario",
    opt={"scope": "read"},
    tags=["meetings"],
    responses=error_responses(404, 422),
)
async def meeting_scenario(
    meeting: FromPath[str],
    service: ServiceDependency,
    upto: UptoSeq = None,
    lang: Language = "en",
) -> PastScenario:
    """Returns the past of a meeting, up to an entry, as a scenario to try out."""
    title = Translator(lang).fill("From {meeting}", meeting=meeting)
    past = await service.runtime.past(
        meeting, 0, min(MAX_STEPS + 1, MAX_STEPS + 1 if upto is None else upto)
    )
    scenario = await service.simulator.run(work.tried_from, past, title)
    if len(scenario["events"]) > MAX_STEPS:
        raise ProblemError(
            422, "too-long", "The past is too long to be simulated",
            f"it has more than {MAX_STEPS} steps (choose an earlier moment)",
        )  # fmt: skip
    return PastScenario(scenario)
