"""Metrics for Prometheus, in a registry of their own for each service."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from fsm.runtime import Health

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """What the service counts.

    Args:
        health: says how the hub stands.
        journal: the journal's file.
    """

    def __init__(self, health: Callable[[], Health], journal: Path) -> None:
        self.registry = CollectorRegistry()
        self.events = Counter(
            "fsm_events", "Events that were answered, by trigger and by why they were refused.",
            ("trigger", "refused"), registry=self.registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "fsm_request_seconds", "How long requests took to answer, live streams aside.",
            ("method", "route", "status"), buckets=_SECONDS, registry=self.registry,
        )  # fmt: skip
        self.problems = Counter(
            "fsm_problems", "Requests that were not answered with success, by kind of problem.",
            ("problem",), registry=self.registry,
        )  # fmt: skip
        self.journal_failures = Counter(
            "fsm_journal_failures", "Requests that were refused because the journal failed.",
            registry=self.registry,
        )  # fmt: skip
        self.streams = Gauge("fsm_streams", "Live streams that are open.", registry=self.registry)
        self.registry.register(_Hub(health, journal))

    def text(self) -> bytes:
        """Return everything as Prometheus reads it."""
        return generate_latest(self.registry)


class _Hub(Collector):
    """What is asked of the hub when somebody wants to know."""

    def __init__(self, health: Callable[[], Health], journal: Path) -> None:
        self._health = health
        self._journal = journal

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterator[Metric]:
        health = self._health()
        for name, words, value in (
            ("fsm_healthy", "1 while events are taken, else 0.", float(health.ok)),
            ("fsm_meetings", "Meetings in memory.", health.meetings),
            ("fsm_queue", "Requests that wait to be written.", health.waiting),
            ("fsm_undelivered_meetings", "Meetings whose recorder is still to be told something.",
             health.delivering),
            ("fsm_journal_bytes", "The size of the journal's files.", self._size()),
        ):  # fmt: skip
            yield GaugeMetricFamily(name, words, value=value)

    def _size(self) -> int:
        total = 0
        for ending in ("", "-wal"):
            with contextlib.suppress(FileNotFoundError):
                total += Path(f"{self._journal}{ending}").stat().st_size
        return total
