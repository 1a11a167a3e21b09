"""Routes of meetings."""

from __future__ import annotations

from typing import Annotated, cast

from litestar import Controller, MediaType, Response, get, post, put
from litestar.openapi.spec import Example
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter

from fsm.recording import MeetingSettings, Resolution
from fsm.runtime import Snapshot
from fsm.runtime.limits import with_defaults
from fsm.translation import Translator
from fsm.web.events import (
    IDEMPOTENCY_KEY,
    event_of_parameter,
    faulty_event,
    faulty_parameter,
    send_event,
)
from fsm.web.problems import BODY_STATUSES, error_responses, value_errors_as_faults
from fsm.web.schemas import (
    EntryResponse,
    EventBody,
    ExplanationResponse,
    HistoryPage,
    MeetingBody,
    MeetingsPage,
    PermissionResponse,
    ReconcileResponse,
)
from fsm.web.service import ServiceDependency
from fsm.web.simulator import Language

Limit = Annotated[int, QueryParameter(ge=1, le=1000, description="The maximum number of results.")]
AfterSeq = Annotated[
    int,
    QueryParameter(ge=0, le=2**53, description="The number of the last entry of the page before."),
]
AfterId = Annotated[
    str,
    QueryParameter(max_length=200, description="The id of the last meeting of the page before."),
]
IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name=IDEMPOTENCY_KEY,
        description="The id of the event, chosen by the client, if the body has none.",
    ),
]


EventText = Annotated[
    str,
    QueryParameter(
        min_length=1,
        description="The event in JSON, as the body of POST /v1/meetings/{meeting}/events.",
        examples=[Example(value='{"pause": {"by": "alice"}}')],
    ),
]


class MeetingsController(Controller):
    """Routes of meetings."""

    path = "/v1/meetings"
    tags = ("meetings",)

    @put(
        "/{meeting:str}",
        operation_id="openMeeting",
        opt={"scope": "events"},
        responses=error_responses(404, 409, 429, *BODY_STATUSES),
    )
    async def open_meeting(
        self, meeting: FromPath[str], data: JSONBody[MeetingBody], service: ServiceDependency
    ) -> Snapshot:
        """Opens a meeting: resolves its plan, and freezes it.

        Opening it again with the same settings changes nothing. A setting that is left out and has
        a default of the service is filled in once, and not compared.
        """
        with value_errors_as_faults():
            return await service.runtime.open(
                meeting, data.account, data.user, data.booking, data.type,
                data.grace, data.end_when_empty,
            )  # fmt: skip

    @get(operation_id="listMeetings", opt={"scope": "read"}, responses=error_responses())
    async def meetings(
        self, service: ServiceDependency, after: AfterId = "", limit: Limit = 100
    ) -> MeetingsPage:
        """Lists the meetings in the order of their ids."""
        page = tuple(await service.runtime.meetings(after, limit))
        return MeetingsPage(page, page[-1].id if len(page) == limit else None)

    @get(
        "/{meeting:str}",
        operation_id="readMeeting",
        opt={"scope": "read"},
        responses=error_responses(404),
    )
    async def read(self, meeting: FromPath[str], service: ServiceDependency) -> Response[Snapshot]:
        """Returns the current state of a meeting."""
        body = service.encoded_snapshots.of(await service.runtime.read(meeting))
        # The annotation is for the OpenAPI document.
        return cast(Response[Snapshot], Response(body, media_type=MediaType.JSON))

    @get(
        "/{meeting:str}/resolution",
        operation_id="readResolution",
        opt={"scope": "read"},
        responses=error_responses(404),
    )
    async def resolution(self, meeting: FromPath[str], service: ServiceDependency) -> Resolution:
        """Returns the plan of a meeting, its booking form, and the reasons for both."""
        return await service.runtime.resolution(meeting)

    @get(
        "/{meeting:str}/allowed/{participant:str}",
        operation_id="readPermissions",
        opt={"scope": "read"},
        responses=error_responses(404),
    )
    async def allowed(
        self, meeting: FromPath[str], participant: FromPath[str], service: ServiceDependency
    ) -> dict[str, PermissionResponse]:
        """Returns for each command whether a participant may give it now, or why not."""
        permissions = await service.runtime.allowed(meeting, participant)
        return {name: PermissionResponse.of(item) for name, item in permissions.items()}

    @get(
        "/{meeting:str}/why",
        operation_id="explainEvent",
        opt={"scope": "read"},
        responses=error_responses(404),
    )
    async def why(
        self,
        meeting: FromPath[str],
        event: EventText,
        service: ServiceDependency,
        lang: Language = "en",
    ) -> ExplanationResponse:
        """Explains what an event would do now, and by which rules; nothing is changed or stored."""
        asked = event_of_parameter(event)
        try:
            explanation = await service.runtime.why(meeting, asked)
        except (ValueError, TypeError) as error:
            raise faulty_parameter(faulty_event(asked, error)) from None
        return ExplanationResponse.of(meeting, explanation, Translator(lang))

    @post(
        "/{meeting:str}/events",
        operation_id="sendEvent",
        status_code=200,
        opt={"scope": "events"},
        responses=error_responses(404, 409, 429, *BODY_STATUSES),
    )
    async def post_event(
        self,
        meeting: FromPath[str],
        data: JSONBody[EventBody],
        service: ServiceDependency,
        key: IdempotencyKey = None,
    ) -> EntryResponse:
        """Dispatches an event to a meeting; the response is sent after the event is on disk.

        A refused command is a normal response; ``refused`` is the reason.
        """
        return EntryResponse.of(await send_event(service, meeting, data, key))

    @get(
        "/{meeting:str}/events",
        operation_id="readHistory",
        opt={"scope": "read"},
        responses=error_responses(404),
    )
    async def history(
        self,
        meeting: FromPath[str],
        service: ServiceDependency,
        after: AfterSeq = 0,
        limit: Limit = 100,
    ) -> HistoryPage:
        """Returns the events of a meeting with their outcomes."""
        entries = await service.runtime.history(meeting, after, limit)
        page = tuple(map(EntryResponse.of, entries))
        return HistoryPage(page, page[-1].seq if len(page) == limit else None)

    @post(
        "/{meeting:str}/reconcile",
        operation_id="reconcileMeeting",
        status_code=202,
        opt={"scope": "events"},
        responses=error_responses(404, 429),
    )
    async def reconcile(
        self, meeting: FromPath[str], service: ServiceDependency
    ) -> ReconcileResponse:
        """Starts to reconcile a meeting: compares its recorder with its state, and corrects it."""
        return ReconcileResponse(await service.runtime.reconcile(meeting))


@post(
    "/v1/resolution",
    operation_id="resolveSettings",
    status_code=200,
    opt={"scope": "read"},
    tags=["meetings"],
    responses=error_responses(404, *BODY_STATUSES),
)
async def resolve_settings(data: JSONBody[MeetingBody], service: ServiceDependency) -> Resolution:
    """Returns the plan and the booking form of a meeting that would open with these settings."""
    with value_errors_as_faults():
        account = data.account
        if isinstance(account, str):
            account = await service.runtime.account(account)
        seconds = with_defaults(data.grace, data.end_when_empty, service.settings.defaults)
        settings = MeetingSettings(account, data.user, data.booking, data.type, *seconds)
        return settings.resolve()


@post(
    "/v1/reconcile",
    operation_id="reconcileAll",
    status_code=202,
    opt={"scope": "events"},
    tags=["meetings"],
    responses=error_responses(429),
)
async def reconcile_all(service: ServiceDependency) -> ReconcileResponse:
    """Starts to reconcile all meetings in memory with their recorders."""
    return ReconcileResponse(await service.runtime.reconcile())
