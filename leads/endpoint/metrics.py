"""Prometheus figures: requests as they are answered, and what the store says is owed, at most every few seconds."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from itertools import accumulate

from prometheus_client import CollectorRegistry, disable_created_metrics, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from leads.store import LeadStore, Tx
from leads.store.figures import BOUNDS, Tally, last_attempt, open_now, pauses_now, tally_attempts
from schemas.errors import StoreUnavailable

MEDIA = b"text/plain; version=0.0.4; charset=utf-8"
_FRESH = 5.0
_REST = 20.0
_SETTLED = 30.0
_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Metrics:
    """The figures of one endpoint, in a registry of their own."""

    def __init__(self, store: LeadStore) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry(auto_describe=False)
        self._answered = _Answered()
        self.note = self._answered.note
        self._registry.register(self._answered)
        self._registry.register(_Owed(store))

    def page(self) -> bytes:
        """The text Prometheus reads. Looks into the store: not for the event loop."""
        return generate_latest(self._registry)


class _Answered(Collector):
    """Requests answered, noted by the event loop alone: the library's own counters lock at every step."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, int], int] = {}
        self._within: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}

    def note(self, route: str, status: int, seconds: float) -> None:
        """One request answered."""
        self._counts[route, status] = self._counts.get((route, status), 0) + 1
        if route not in self._within:
            self._within[route] = [0] * (len(_BUCKETS) + 1)
        self._within[route][bisect_left(_BUCKETS, seconds)] += 1
        self._seconds[route] = self._seconds.get(route, 0.0) + seconds

    def describe(self) -> list[Metric]:
        """Nothing: their names clash with no other's."""
        return []

    def collect(self) -> Iterator[Metric]:
        """By route and status; and how long they took, by route."""
        answered = CounterMetricFamily("vitrina_requests", "Requests answered.", labels=["route", "status"])
        for (route, status), count in list(self._counts.items()):
            answered.add_metric([route, str(status)], count)
        took = HistogramMetricFamily("vitrina_request_seconds", "How long an answer took.", labels=["route"])
        for route, seconds in list(self._seconds.items()):
            up_to = accumulate(self._within[route])
            bounds = [*map(floatToGoString, _BUCKETS), "+Inf"]
            took.add_metric([route], list(zip(bounds, up_to, strict=True)), seconds)
        yield from (answered, took)


class _Owed(Collector):
    """What the store says, remembered so that nobody can make it count all day: looks take a twentieth of the time."""

    def __init__(self, store: LeadStore) -> None:
        self._store = store
        self._attempts = Attempts(time.monotonic)
        self._said: list[Metric] = []
        self._next = 0.0
        self._looking = threading.Lock()

    def describe(self) -> list[Metric]:
        """Nothing: registering must not look into the store."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Owed rows by state, the age of the oldest undelivered one, pauses, attempts by class, how long they took."""
        began = time.monotonic()
        if began >= self._next and self._looking.acquire(blocking=False):
            try:
                self._said = self._store.read(self._look)
            except StoreUnavailable:
                self._said = []
            finally:
                self._next = time.monotonic() + max(_FRESH, _REST * (time.monotonic() - began))
                self._looking.release()
        yield from self._said

    def _look(self, tx: Tx) -> list[Metric]:
        found = open_now(tx)
        owed = GaugeMetricFamily("vitrina_owed", "Postbacks that need sending or a person.", labels=["state"])
        for state, count in found.counts.items():
            owed.add_metric([state], count)
        age = 0.0 if found.oldest is None else max(0.0, tx.now_ms / 1000 - found.oldest.timestamp())
        oldest = GaugeMetricFamily("vitrina_oldest_owed_seconds", "Age of the oldest undelivered postback.", age)
        paused = GaugeMetricFamily("vitrina_paused", "1 while sending to a market is paused.", labels=["market"])
        for market, held in sorted(pauses_now(tx).items()):
            paused.add_metric([market], held)
        return [owed, oldest, paused, *_told(self._attempts.all(tx))]


class Attempts:
    """All attempts there ever were, without counting the old ones again.

    What is counted for good lies behind the newest attempt of half a minute ago: with several senders on PostgreSQL a
    lower identity may become visible after a higher one, but not so late. `clock`: seconds, never stepping.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._counted: dict[str, Tally] = {}
        self._up_to = 0
        self._newest: deque[tuple[float, int]] = deque()

    def all(self, tx: Tx) -> dict[str, Tally]:
        """By class."""
        now = self._clock()
        while self._newest and self._newest[0][0] < now - _SETTLED:
            last = self._newest.popleft()[1]
            self._counted = _added(self._counted, tally_attempts(tx, after=self._up_to, last=last))
            self._up_to = last
        newest = last_attempt(tx)
        self._newest.append((now, newest))
        return _added(self._counted, tally_attempts(tx, after=self._up_to, last=newest))


def _added(one: Mapping[str, Tally], other: Mapping[str, Tally]) -> dict[str, Tally]:
    both = {**one, **other}
    for kind in one.keys() & other.keys():
        both[kind] = tuple(a + b for a, b in zip(one[kind], other[kind], strict=True))
    return both


def _told(tallies: Mapping[str, Tally]) -> list[Metric]:
    attempts = CounterMetricFamily("vitrina_attempts", "Attempts to deliver by what came of them.", labels=["class"])
    took = HistogramMetricFamily("vitrina_attempt_seconds", "How long an attempt to deliver took.", labels=["class"])
    for kind, (count, milliseconds, *within) in sorted(tallies.items()):
        attempts.add_metric([kind], count)
        buckets = [(str(bound / 1000), some) for bound, some in zip(BOUNDS, within, strict=True)]
        took.add_metric([kind], [*buckets, ("+Inf", count)], milliseconds / 1000)
    return [attempts, took]
