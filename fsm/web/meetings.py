"""The addresses of meetings."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter, SkipValidation

from fsm.recording import Account, Event, Resolution, resolve
from fsm.runtime import JournalEntry, Snapshot, UnknownMeetingError
from fsm.runtime.limits import MAX_ID_LENGTH
from fsm.web.guards import take
from fsm.web.problems import OF_BODY, ProblemError, responses, wrong_settings
from fsm.web.service import Service
from fsm.web.shapes import (
    Allowed,
    EntryResponse,
    History,
    MeetingBody,
    MeetingBodyWithId,
    Meetings,
    Reconciling,
    SentEvent,
    check_event_id,
    check_meeting_id,
)
from fsm.web.structure import Fault, WrongDataError

Shared = NamedDependency[SkipValidation[Service]]
Limit = Annotated[int, QueryParameter(ge=1, le=1000, description="How many at most.")]
After = Annotated[
    int,
    QueryParameter(ge=0, le=2**53, description="The number of the last one that is not wanted."),
]
AfterId = Annotated[
    str, QueryParameter(max_length=200, description="The id of the last one that is not wanted.")
]
Key = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="The sender's id of the event, where the body has none.",
    ),
]


class MeetingsController(Controller):
    """Meetings."""

    path = "/v1/meetings"
    tags = ("meetings",)

    @post(status_code=200, opt={"scope": "events"}, responses=responses(404, 409, 429, *OF_BODY))
    async def open_meeting(self, data: JSONBody[MeetingBodyWithId], service: Shared) -> Snapshot:
        """Open a meeting: resolve its plan, and freeze it.

        To open it again with the same settings changes nothing.
        """
        return await _opened(service, data.id, data)

    @put("/{meeting:str}", opt={"scope": "events"}, responses=responses(404, 409, 429, *OF_BODY))
    async def open_by_id(
        self, meeting: FromPath[str], data: JSONBody[MeetingBody], service: Shared
    ) -> Snapshot:
        """Open a meeting: resolve its plan, and freeze it.

        To open it again with the same settings changes nothing.
        """
        return await _opened(service, meeting, data)

    @get(opt={"scope": "read"}, responses=responses())
    async def meetings(self, service: Shared, after: AfterId = "", limit: Limit = 100) -> Meetings:
        """List the meetings there are, in the order of their ids."""
        found = tuple(await service.hub.meetings(after, limit))
        return Meetings(found, found[-1].id if len(found) == limit else None)

    @get("/{meeting:str}", opt={"scope": "read"}, responses=responses(404))
    async def read(self, meeting: FromPath[str], service: Shared) -> Snapshot:
        """Say how a meeting stands."""
        return await service.hub.read(meeting)

    @get("/{meeting:str}/resolution", opt={"scope": "read"}, responses=responses(404))
    async def resolution(self, meeting: FromPath[str], service: Shared) -> Resolution:
        """Say how the plan of a meeting came about, and what its booking form showed."""
        return await service.hub.resolution(meeting)

    @get(
        "/{meeting:str}/allowed/{participant:str}",
        opt={"scope": "read"},
        responses=responses(404),
    )
    async def allowed(
        self, meeting: FromPath[str], participant: FromPath[str], service: Shared
    ) -> dict[str, Allowed]:
        """Say for each command whether a participant may give it now, or why not."""
        found = await service.hub.allowed(meeting, participant)
        return {name: Allowed.of(permission) for name, permission in found.items()}

    @post(
        "/{meeting:str}/events",
        status_code=200,
        opt={"scope": "events"},
        responses=responses(404, 409, 429, *OF_BODY),
    )
    async def send(
        self, meeting: FromPath[str], data: JSONBody[SentEvent], service: Shared, key: Key = None
    ) -> EntryResponse:
        """Let something happen to a meeting; the answer is given when it is on the disk.

        A command that the rules refuse is answered too: ``refused`` says why.
        """
        key = _unquoted(key)
        if None not in (key, data.id) and key != data.id:
            raise ProblemError(
                400, "two-ids", "The event has two ids",
                "the Idempotency-Key header and the body's id differ (send one)",
            )  # fmt: skip
        with_id = data.id if data.id is not None else key
        if with_id is not None:
            with wrong_settings():
                check_event_id(with_id)
        return EntryResponse.of(await dispatched(service, meeting, data.event, with_id))

    @get("/{meeting:str}/events", opt={"scope": "read"}, responses=responses(404))
    async def history(
        self, meeting: FromPath[str], service: Shared, after: After = 0, limit: Limit = 100
    ) -> History:
        """Return what happened to a meeting."""
        found = tuple(map(EntryResponse.of, await service.hub.history(meeting, after, limit)))
        return History(found, found[-1].seq if len(found) == limit else None)

    @post(
        "/{meeting:str}/reconcile",
        status_code=202,
        opt={"scope": "events"},
        responses=responses(404, 429),
    )
    async def reconcile(self, meeting: FromPath[str], service: Shared) -> Reconciling:
        """Ask the recorder of a meeting what it is doing, and have it do what it should."""
        return Reconciling(await service.hub.reconcile(meeting))


async def dispatched(service: Service, meeting: str, event: Event, id: str | None) -> JournalEntry:  # noqa: A002
    """Let something happen to a meeting, unless its events come too often.

    Raises:
        ProblemError: they do.
        HubError: as the hub does.
    """
    if len(meeting) > MAX_ID_LENGTH:
        # Nothing is kept, or told back, of what cannot be the id of a meeting.
        raise UnknownMeetingError(meeting[:MAX_ID_LENGTH])
    take(service.of_meetings, meeting, "this meeting")
    _check_length(event)
    with wrong_settings():
        entry = await service.hub.dispatch(meeting, event, id)
    service.metrics.events.labels(event.trigger, entry.outcome.refused or "").inc()
    return entry


def _check_length(event: Event) -> None:
    # The hub refuses them as well; here the part that is too long is named.
    for name in ("id", "by", "version"):
        if len(getattr(event, name, None) or "") > MAX_ID_LENGTH:
            fault = Fault(
                f"/{event.trigger}/{name}", f"it must have at most {MAX_ID_LENGTH} letters"
            )
            raise WrongDataError([fault])


async def _opened(service: Service, id: str, data: MeetingBodyWithId | MeetingBody) -> Snapshot:  # noqa: A002
    with wrong_settings():
        check_meeting_id(id)
        if isinstance(data.account, Account):
            # Whether the settings go together is found here, not under the hub's lock.
            resolve(data.account, data.user, data.booking, data.type)
        return await service.hub.open(id, data.account, data.user, data.booking, data.type)


def _unquoted(key: str | None) -> str | None:
    # The draft of the header has the key in quotes; most senders leave them out.
    if key is not None and len(key) >= 2 and key[0] == key[-1] == '"':
        return key[1:-1]
    return key


@post("/v1/resolution", status_code=200, opt={"scope": "read"}, tags=["meetings"],
      responses=responses(404, *OF_BODY))  # fmt: skip
async def plan(data: JSONBody[MeetingBody], service: Shared) -> Resolution:
    """Say what would hold for a meeting that opened now, and what its booking form shows."""
    with wrong_settings():
        known = data.account
        account = await service.hub.account(known) if isinstance(known, str) else known
        return resolve(account, data.user, data.booking, data.type)


@post("/v1/reconcile", status_code=202, opt={"scope": "events"}, tags=["meetings"],
      responses=responses(429))  # fmt: skip
async def reconcile_all(service: Shared) -> Reconciling:
    """Ask the recorders of all meetings in memory what they are doing."""
    return Reconciling(await service.hub.reconcile())
