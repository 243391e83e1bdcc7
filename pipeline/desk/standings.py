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
        """What was made of the catalogue as it is now, under a name; made again when something was written."""
        mark = (shop.today, *bearing_on_plans(shop.store.database))
        with self._lock:
            if mark == self._mark and what in self._kept:
                return self._kept[what]
        made = make()
        with self._lock:
            if mark != self._mark:
                self._mark, self._kept = mark, {}
            self._kept[what] = made
        return made


def _look(shop: Workshop, upload: int) -> Looked:
    now = standing(shop, shop.store.uploads.get(upload))
    return Looked(now, review_of(now.plan))
