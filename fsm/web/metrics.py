"""Prometheus metrics, in a registry of their own for each service."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.registry import Collector

from fsm.runtime import Health

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The metrics of one service.

    Args:
        health: a function that returns the health of the runtime.
        journal: the journal file, if there is one.
    """

    def __init__(self, health: Callable[[], Health], journal: Path | None) -> None:
        self.registry = CollectorRegistry()
        self.events = Counter(
            "fsm_events", "Events that were answered, by trigger and reason of refusal.",
            ("trigger", "refused"), registry=self.registry,
        )  # fmt: skip
        self.request_duration = Histogram(
            "fsm_http_request_duration_seconds", "Duration of requests, without live streams.",
            ("method", "route", "status"), buckets=_BUCKETS, registry=self.registry,
        )  # fmt: skip
        self.problems = Counter(
            "fsm_http_problems", "Requests and events that failed, by problem type.",
            ("problem",), registry=self.registry,
        )  # fmt: skip
        self.journal_failures = Counter(
            "fsm_journal_failures", "Requests that failed because the journal failed.",
            registry=self.registry,
        )  # fmt: skip
        self.connections = Gauge(
            "fsm_open_connections", "Open connections of clients.", registry=self.registry
        )
        self.streams = Gauge("fsm_open_streams", "Open live streams.", registry=self.registry)
        self.registry.register(_HubCollector(health, journal))

    def count_problem(self, name: str | None, status: int) -> None:
        """Counts a request or an event that failed.

        Args:
            name: the problem type, if there is one.
            status: the HTTP status.
        """
        self.problems.labels(name or str(status)).inc()
        if name == "journal":
            self.journal_failures.inc()

    def text(self) -> bytes:
        """Returns all metrics in the text format of Prometheus."""
        return generate_latest(self.registry)


class _HubCollector(Collector):
    """Metrics that are read from the runtime when they are scraped."""

    def __init__(self, health: Callable[[], Health], journal: Path | None) -> None:
        self._health = health
        self._journal = journal

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        health = self._health()
        for name, description, value in (
            ("fsm_healthy", "1 while the runtime accepts events, otherwise 0.", float(health.ok)),
            ("fsm_meetings", "Meetings in memory.", health.meetings),
            ("fsm_pending_requests", "Requests that wait to be committed.", health.waiting),
            ("fsm_meetings_with_undelivered_commands",
             "Meetings with recorder commands to be acknowledged, or a status to be checked.",
             health.delivering),
            ("fsm_meetings_with_timers", "Meetings that wait for a timer.", health.timers),
            *self._journal_size(),
        ):  # fmt: skip
            yield GaugeMetricFamily(name, description, value=value)
        yield CounterMetricFamily(
            "fsm_timers_refused", "Timers whose firing the rules refused.", value=health.refused
        )
        yield SummaryMetricFamily(
            "fsm_timer_lateness_seconds", "The time by which timers fired late.",
            count_value=health.fired, sum_value=health.lateness / 1000,
        )  # fmt: skip

    def _journal_size(self) -> Iterator[tuple[str, str, int]]:
        if self._journal is None:
            return
        size = 0
        for suffix in ("", "-wal"):
            with contextlib.suppress(FileNotFoundError):
                size += Path(f"{self._journal}{suffix}").stat().st_size
        yield "fsm_journal_size_bytes", "Size of the journal's files.", size
