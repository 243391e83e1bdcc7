"""Plans and dates as the desk shows them, kept while nothing they depend on is written.

A plan of a thousand products takes a tenth of a second to make. What is shown may be a moment old: every decision
makes the plan anew and refuses one that is not as it was shown.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any

from catalog.plan import Review, review_of
from catalog.store.bearing import bearing_on_plans
from pipeline.run import dates
from pipeline.run.dates import Upcoming
from pipeline.run.planning import Standing, standing
from pipeline.run.workshop import Workshop

_MOST_KEPT = 500
"""Whoever reads the whole history must not fill the memory: the oldest goes."""
_MOST_OF_A_KIND = 4
"""Plans and comparisons of ten thousand products are some ten megabytes each."""


@dataclass(frozen=True, slots=True)
class Looked:
    """An upload's plan, what people said of it, and what a person reads of it.

    codes: what the plan touches; through: what the approvals let through, kept back or not.
    """

    standing: Standing
    review: Review
    codes: frozenset[str]
    through: frozenset[str]

    @property
    def kept_back(self) -> frozenset[str]:
        """What still waits to be approved by name."""
        plan = self.standing.plan
        held = {item.code for item in plan.held_removals} | {item.code for item in plan.held_changes}
        return frozenset(held) - self.standing.scope.named

    def publishable(self, *, reviewed: bool) -> frozenset[str]:
        """What publishing would bring today; `reviewed`: only what is approved goes out."""
        plan, scope = self.standing.plan, self.standing.scope
        through = self.through if reviewed else scope.unreviewed(self.codes)
        return through - self.kept_back - {item.code for item in plan.scheduled}


@dataclass(slots=True)
class Standings:
    """What was looked at since anything was written last."""

    _mark: tuple[object, ...] = ()
    _kept: dict[Hashable, Any] = field(default_factory=dict)
    _for_good: dict[str, dict[Hashable, Any]] = field(default_factory=dict)
    _plans: dict[int, tuple[tuple[object, ...], Looked]] = field(default_factory=dict)
    _making: dict[Hashable, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, shop: Workshop, upload: int) -> Looked:
        """The plan of an upload as it is now. WrongUse: there is no such upload."""
        looked: Looked = self.once(shop, ("plan", upload), lambda: self._look(shop, upload))
        return looked

    def _look(self, shop: Workshop, upload: int) -> Looked:
        """The plan; where only a decision was written since the last look, that one with what was said since."""
        basis = basis_of(shop)
        made = self._plans.get(upload)
        looked = _again(shop, made[1]) if made and made[0] == basis else None
        if looked is None:
            now = standing(shop, shop.store.uploads.get(upload))
            looked = _looked(now, review_of(now.plan))
        with self._lock:
            _put(self._plans, upload, (basis, looked), most=_MOST_OF_A_KIND)
        return looked

    def upcoming(self, shop: Workshop) -> tuple[Upcoming, ...]:
        """What begins and what ends by its date."""
        coming: tuple[Upcoming, ...] = self.for_good("upcoming", basis_of(shop), lambda: dates.upcoming(shop))
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

    def for_good(self, kind: str, what: Hashable, make: Callable[[], Any]) -> Any:
        """What is the same whatever is written, for `what` says all that it is made of; the newest few of a kind."""
        with self._lock:
            kept = self._for_good.setdefault(kind, {})
            if what in kept:
                return kept[what]
            turn = self._making.setdefault((kind, what), threading.Lock())
        with turn:
            return self._made_for_good(kept, kind, what, make)

    def _made_for_good(
        self, kept: dict[Hashable, Any], kind: str, what: Hashable, make: Callable[[], Any]
    ) -> Any:  # fmt: skip
        with self._lock:
            if what in kept:
                return kept[what]
        try:
            made = make()
            with self._lock:
                _put(kept, what, made, most=_MOST_OF_A_KIND)
        finally:
            with self._lock:
                self._making.pop((kind, what), None)
        return made

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
        _put(self._kept, what, made, most=_MOST_KEPT)


def _put(kept: dict[Any, Any], what: Hashable, made: Any, *, most: int) -> None:
    """Keep it as the newest; the oldest goes."""
    kept.pop(what, None)
    while len(kept) >= most:
        del kept[next(iter(kept))]
    kept[what] = made


def basis_of(shop: Workshop) -> tuple[object, ...]:
    """Changes with all that plans and lists are made of, but not with what somebody approves or rejects."""
    release, _decision, *others = bearing_on_plans(shop.store.database)
    return (shop.today, release, *others, shop.store.decisions.withdrawn())


def _again(shop: Workshop, before: Looked) -> Looked | None:
    """The same plan with what was said of it since; None where something was named, which makes it another."""
    was = before.standing
    scope = shop.store.decisions.scope(was.upload.info.id, was.plan.hash)
    return _looked(replace(was, scope=scope), before.review) if scope.named == was.scope.named else None


def _looked(now: Standing, review: Review) -> Looked:
    codes = now.plan.codes
    return Looked(now, review, codes, now.scope.allowed(codes))
