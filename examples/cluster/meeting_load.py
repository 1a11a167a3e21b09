"""A load of meetings for services: the events of a scenario, over HTTP, in many meetings at once.

Every event is sent until it is answered, to another service if the first does not answer, and
always with the same id. The answers are compared with those of the rules, and at the end of each
meeting with its history.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from itertools import count
from pathlib import Path
from typing import Any

import attrs
import httpx

from fsm.recording.plan import MeetingSettings
from fsm.runtime.codec import event_data
from fsm.scenario import load_file, open_meeting, play

SCENARIO = Path(__file__).resolve().parents[1] / "scenarios" / "a-working-day.yaml"
PERIOD = 10.0
"""The last seconds, of which the present figures are."""
_BETWEEN_ATTEMPTS = 0.1
"""Seconds before an event is sent again."""


@attrs.frozen
class Step:
    """An event of the meetings, and its answer by the rules.

    Args:
        event: the event as JSON.
        state: the state after it.
        refused: the reason of a refusal.
    """

    event: dict[str, Any]
    state: str
    refused: str | None


@attrs.frozen
class Script:
    """The meetings of a load.

    Args:
        meeting_settings: the settings of each meeting.
        settings: the same as the body of the request that opens it.
        steps: its events.
    """

    meeting_settings: MeetingSettings
    settings: dict[str, Any]
    steps: tuple[Step, ...]


def script_of(file: Path = SCENARIO) -> Script:
    """Returns the meeting of a scenario file without waits."""
    [scenario] = load_file(str(file))
    settings = attrs.asdict(scenario.settings)
    if scenario.settings.account.edition in ("free", "pro"):  # they have no console (R4)
        settings["account"] = {"edition": scenario.settings.account.edition}
    steps = [
        Step(event_data(played.decided[0].event), played.outcome.state, played.outcome.refused)
        for played in play(scenario, open_meeting(scenario))
    ]
    return Script(scenario.settings, settings, tuple(steps))


@attrs.define
class Figures:
    """The figures of a load.

    Args:
        answered: the number of answered events.
        finished: the number of meetings that ended and whose histories were as answered.
        open: the number of meetings that go on.
        faults: answers and histories that differ, as text.
        attempts: the number of attempts without an answer, by their cause.
        by_service: the number of answers, by the address of the service.
        recent: the moment of each answer in the last seconds, and the seconds it took.
        by_second: the number of answers of each second.
    """

    answered: int = 0
    finished: int = 0
    open: int = 0
    faults: list[str] = attrs.field(factory=list)
    attempts: Counter[str] = attrs.field(factory=Counter)
    by_service: Counter[str] = attrs.field(factory=Counter)
    recent: deque[tuple[float, float]] = attrs.field(factory=deque)
    by_second: Counter[int] = attrs.field(factory=Counter)

    def add(self, service: str, began: float, now: float) -> None:
        """Counts an answer."""
        self.answered += 1
        self.by_service[service] += 1
        self.recent.append((now, now - began))
        self.by_second[int(now)] += 1
        self._forget(now)

    def _forget(self, now: float) -> None:
        while self.recent and self.recent[0][0] < now - PERIOD:
            self.recent.popleft()

    def percentile(self, share: float) -> float:
        """Returns the seconds within which a share of the last answers came; 0 without answers."""
        self._forget(time.monotonic())
        times = sorted(seconds for _, seconds in self.recent)
        return times[min(int(len(times) * share), len(times) - 1)] if times else 0.0

    def per_second(self, number: int) -> list[int]:
        """Returns the answers of each of the last whole seconds, the oldest first."""
        now = int(time.monotonic())
        return [self.by_second[second] for second in range(now - number, now)]


class RequestError(Exception):
    """A request that a service refuses, and would refuse again."""


class MeetingLoad:
    """Clients that hold one meeting after another.

    Args:
        urls: the addresses of the services.
        clients: the number of meetings at once.
        pause: the seconds between an answer and the next event of a meeting.
        script: the meetings.
    """

    def __init__(
        self, urls: list[str], clients: int, pause: float, script: Script | None = None
    ) -> None:
        self.figures = Figures()
        self._urls = urls
        self._clients = clients
        self._pause = pause
        self._script = script or script_of()
        self._ending = False

    async def run(self) -> None:
        """Holds meetings until :meth:`end`, and completes those that are open then."""
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        async with httpx.AsyncClient(timeout=20, limits=limits, verify=False) as http:
            await asyncio.gather(*(self._hold(http, number) for number in range(self._clients)))

    def end(self) -> None:
        """Begins no further meeting, and waits no more between events."""
        self._ending = True

    async def _hold(self, http: httpx.AsyncClient, client: int) -> None:
        for number in count():
            if self._ending:
                return
            self.figures.open += 1
            try:
                await self._meeting(http, f"m-{client}-{number}", client + number)
            except RequestError as error:
                self.figures.faults.append(str(error))
            self.figures.open -= 1

    async def _meeting(self, http: httpx.AsyncClient, meeting: str, first: int) -> None:
        path = f"/v1/meetings/{meeting}"
        await self._request(http, first, "PUT", path, self._script.settings)
        answers = []
        for number, step in enumerate(self._script.steps):
            if not self._ending:
                await asyncio.sleep(self._pause)
            body = {**step.event, "id": f"{meeting}/{number}"}
            began = time.monotonic()
            service, answer = await self._request(http, first, "POST", f"{path}/events", body)
            self.figures.add(service, began, time.monotonic())
            answers.append(answer)
            got = answer.get("state"), answer.get("refused")
            if got != (step.state, step.refused):
                wanted = step.state, step.refused
                self.figures.faults.append(f"{meeting}: {step.event} has {got}, not {wanted}")
        _, history = await self._request(http, first, "GET", f"{path}/events?limit=1000", None)
        if history["entries"] == answers:
            self.figures.finished += 1
        else:
            self.figures.faults.append(f"{meeting}: its history is not what was answered")

    async def _request(
        self, http: httpx.AsyncClient, first: int, method: str, path: str, body: Any
    ) -> tuple[str, Any]:
        """Sends a request until a service answers it; returns the address and the answer.

        Raises:
            RequestError: a service refuses the request.
        """
        for attempt in count(first):
            url = self._urls[attempt % len(self._urls)]
            try:
                response = await http.request(method, url + path, json=body)
            except httpx.HTTPError as error:
                self.figures.attempts[type(error).__name__] += 1
            else:
                if response.status_code == 200:
                    return url, response.json()
                if response.status_code not in (429, 502, 503, 504):
                    raise RequestError(f"{method} {path}: {response.status_code} {response.text}")
                self.figures.attempts[str(response.status_code)] += 1
            await asyncio.sleep(_BETWEEN_ATTEMPTS)
        raise AssertionError("attempts do not end")
