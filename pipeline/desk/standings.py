"""Plans and dates as the desk shows them, kept while nothing they depend on is written.

A plan of a thousand products takes a tenth of a second to make. What is shown may be a moment old: every decision
makes the plan anew and refuses one that is not as it was shown.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from catalog.plan import Review, review_of
from catalog.store.bearing import bearing_on_plans
from pipeline.run import dates
from pipeline.run.dates import Upcoming
from pipeline.run.planning import Standing, standing
from pipeline.run.workshop import Workshop

_MOST_KEPT = 500
"""Whoever reads the whole history must not fill the memory: the oldest goes."""


@dataclass(frozen=True, slots=True)
class Looked:
    """An upload's plan, what people said of it, and what a person reads of it."""

    standing: Standing
    review: Review

    @property
    def kept_back(self) -> frozenset[str]:
        """What still waits to be approved by name."""
        plan = self.standing.plan
        held = {item.code for item in plan.held_removals} | {item.code for item in plan.held_changes}
        return frozenset(held) - self.standing.scope.named

    def publishable(self, *, reviewed: bool) -> frozenset[str]:
        """What publishing would bring today; `reviewed`: only what is approved goes out."""
        plan, scope = self.standing.plan, self.standing.scope
        through = scope.allowed(plan.codes) if reviewed else scope.unreviewed(plan.codes)
        return through - self.kept_back - {item.code for item in plan.scheduled}


@dataclass(slots=True)
class Standings:
    """What was looked at since anything was written last."""

    _mark: tuple[object, ...] = ()
    _kept: dict[Hashable, Any] = field(default_factory=dict)
    _making: dict[Hashable, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, shop: Workshop, upload: int) -> Looked:
        """The plan of an upload as it is now. WrongUse: there is no such upload."""
        looked: Looked = self.once(shop, ("plan", upload), lambda: _look(shop, upload))
        return looked

    def upcoming(self, shop: Workshop) -> tuple[Upcoming, ...]:
        """What begins and what ends by its date."""
        coming: tuple[Upcoming, ...] = self.once(shop, "upcoming", lambda: dates.upcoming(shop))
        return coming

    def once(self, shop: Workshop, what: Hashable, make: Callable[[], Any]) -> Any:
        """What was made of the catalogue as it is now, under a name; made again when something was written.

        Of those who ask at the same time one makes it and the others wait. `make` may ask for other names, not for
        those that ask for it.
        """
        mark = (shop.today, *bearing_on_plans(shop.store.database))
        with self._lock:
            if mark == self._mark and what in self._kept:
                return self._kept[what]
            turn = self._making.setdefault((mark, what), threading.Lock())
        with turn:
            return self._made(mark, what, make)

    def _made(self, mark: tuple[object, ...], what: Hashable, make: Callable[[], Any]) -> Any:
        with self._lock:
            if mark == self._mark and what in self._kept:
                return self._kept[what]
        try:
            made = make()
            with self._lock:
                self._keep(mark, what, made)
        finally:
            with self._lock:
                self._making.pop((mark, what), None)
        return made

    def _keep(self, mark: tuple[object, ...], what: Hashable, made: Any) -> None:
        if mark != self._mark:
            self._mark, self._kept = mark, {}
        while len(self._kept) >= _MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[what] = made


def _look(shop: Workshop, upload: int) -> Looked:
    now = standing(shop, shop.store.uploads.get(upload))
    return Looked(now, review_of(now.plan))
