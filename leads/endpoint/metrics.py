"""Prometheus figures: requests as they are answered, and what the store says is owed, at most every few seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from leads.store import LeadStore, Tx
from leads.store.operations import count_attempts, count_owed, oldest_owed
from schemas.errors import StoreUnavailable

MEDIA = b"text/plain; version=0.0.4; charset=utf-8"
_FRESH = 5.0
_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Metrics:
    """The figures of one endpoint, in a registry of their own."""

    def __init__(self, store: LeadStore) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry(auto_describe=False)
        self._answered = Counter("vitrina_requests", "Requests answered.", ["route", "status"], registry=self._registry)
        self._took = Histogram(
            "vitrina_request_seconds", "How long an answer took.", ["route"], buckets=_BUCKETS, registry=self._registry
        )
        self._children: dict[tuple[str, int], tuple[Callable[[], None], Callable[[float], None]]] = {}
        self._registry.register(_Owed(store))

    def note(self, route: str, status: int, seconds: float) -> None:
        """One request answered."""
        found = self._children.get((route, status))
        if found is None:
            found = self._answered.labels(route, str(status)).inc, self._took.labels(route).observe
            self._children[route, status] = found
        found[0]()
        found[1](seconds)

    def page(self) -> bytes:
        """The text Prometheus reads. Looks into the store: not for the event loop."""
        return generate_latest(self._registry)


class _Owed(Collector):
    """What the store says, remembered for a few seconds so that nobody can make it count all day."""

    def __init__(self, store: LeadStore) -> None:
        self._store = store
        self._said: list[Metric] = []
        self._at = -_FRESH

    def describe(self) -> list[Metric]:
        """Nothing: registering must not look into the store."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Owed rows by state, the age of the oldest undelivered one, attempts by class."""
        if time.monotonic() - self._at >= _FRESH:
            self._at = time.monotonic()
            try:
                self._said = self._store.read(_look)
            except StoreUnavailable:
                self._said = []
        yield from self._said


def _look(tx: Tx) -> list[Metric]:
    owed = GaugeMetricFamily("vitrina_owed", "Owed postbacks by state.", labels=["state"])
    for state, count in count_owed(tx).items():
        owed.add_metric([state], count)
    oldest = oldest_owed(tx)
    age = 0.0 if oldest is None else max(0.0, tx.now_ms / 1000 - oldest.timestamp())
    attempts = CounterMetricFamily("vitrina_attempts", "Attempts to deliver by what came of them.", labels=["class"])
    for kind, count in count_attempts(tx).items():
        attempts.add_metric([kind], count)
    return [
        owed,
        GaugeMetricFamily("vitrina_oldest_owed_seconds", "Age of the oldest undelivered postback.", age),
        attempts,
    ]
