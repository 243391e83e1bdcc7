"""What people said so far of an upload, and what of it still counts for its plan of today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from catalog.plan import Plan
from catalog.store import Decision, Scope
from pipeline.run.workshop import Workshop

Word = Literal["counts", "published", "gone"]
"""What became of a decision: it counts, it was published, or the plan or a later word overtook it."""


@dataclass(frozen=True, slots=True)
class Said:
    """One decision and what became of it. release: the one it was published with."""

    decision: Decision
    word: Word
    release: int | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """Every decision on an upload, oldest first, and the codes of its plan by what they come to."""

    said: tuple[Said, ...]
    approved: tuple[str, ...]
    rejected: tuple[str, ...]
    open: tuple[str, ...]


def decided(shop: Workshop, upload: int, plan: Plan) -> Decided:
    """What was said of an upload up to now. plan: it as it stands, with what is let through by name."""
    releases = {r.plan: r.number for r in shop.store.releases.list() if r.upload == upload and r.plan}
    return decided_of(
        shop.store.decisions.list(upload=upload), shop.store.decisions.scope(upload, plan.hash), plan, releases
    )


def decided_of(decisions: tuple[Decision, ...], scope: Scope, plan: Plan, releases: Mapping[str, int]) -> Decided:
    """The same, pure. releases: the hash of a plan of the upload -> the release that came of it."""
    held = {change.code for change in plan.held_changes} | {removal.code for removal in plan.held_removals}
    approved = scope.allowed(plan.codes) - held
    rejected = (plan.codes if scope.rejected else scope.refused & plan.codes) - approved
    said = (Said(one, _word(one, scope, releases), releases.get(one.plan or "")) for one in decisions)
    return Decided(
        tuple(said), *(tuple(sorted(codes)) for codes in (approved, rejected, plan.codes - approved - rejected))
    )


def _word(one: Decision, scope: Scope, releases: Mapping[str, int]) -> Word:
    if one.action == "approve":
        return "counts" if one in scope.decisions else "published" if one.plan in releases else "gone"
    stands = scope.refused.intersection(one.products) if one.products else scope.rejected
    return "counts" if stands else "gone"
