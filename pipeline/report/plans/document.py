"""A plan, a publication and a release as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from catalog.plan import Change, Item, Plan, Review, counts_of, review_of
from pipeline.report.plans.review import danger_words, jump_words, reason_words, release_words
from schemas.product import Campaign, to_campaign_record

if TYPE_CHECKING:
    from catalog.publish import Outcome
    from catalog.store import Delivery, ReleaseInfo
    from catalog.targets import Problem
    from pipeline.run.dates import Due, Upcoming


def plan_document(plan: Plan, lang: str = "es", *, upload: int | None = None) -> dict[str, Any]:
    """The plan: counts, codes by what happens to them, changes with both values, every hold with what releases it."""
    review = review_of(plan)
    return {
        "hash": plan.hash,
        "base": plan.base.release if plan.base else None,
        "counts": counts_of(plan),
        "dangerous": [_danger(item, lang) for item in review.dangerous],
        "added": [entry.code for entry in plan.added],
        "changed": [_change(change) for change in plan.changed],
        "removed": [{"code": r.code, "reason": r.reason} for r in plan.removed],
        "held": {code: list(reasons) for code, reasons in plan.held.items()},
        "held_removals": [r.code for r in plan.held_removals],
        "held_changes": [_change(change) for change in plan.held_changes],
        "holds": [_hold(item, lang, upload) for item in (*review.to_name, *review.held)],
        "scheduled": [{"code": s.code, "starts": s.starts.isoformat(), "approved": s.waiting} for s in plan.scheduled],
        "ending": list(plan.ending),
        "brand": [_field(f.field, f.before, f.after) for f in plan.brand.fields] if plan.brand else None,
        "unchanged": list(plan.unchanged),
    }


def review_document(review: Review, lang: str) -> dict[str, Any]:
    """The difference of two releases."""
    changed = [item for item in (*review.dangerous, *review.others) if item.what == "changed"]
    removed = [item for item in review.dangerous if item.what == "removed"]
    return {
        "base": review.base,
        "counts": dict(review.counts),
        "dangerous": [_danger(item, lang) for item in review.dangerous],
        "added": [item.code for item in review.added],
        "changed": [
            {"code": item.code, "fields": [_field(v.field, v.before, v.after) for v in item.fields]}
            for item in sorted(changed, key=lambda item: item.code)
        ],
        "removed": [item.code for item in removed],
        "unchanged": list(review.unchanged),
    }


def _change(change: Change) -> dict[str, Any]:
    return {"code": change.code, "fields": [_field(f.field, f.before, f.after) for f in change.fields]}


def _field(name: str, before: object, after: object) -> dict[str, Any]:
    return {"field": name, "before": json_value(before), "after": json_value(after)}


def _danger(item: Item, lang: str) -> dict[str, Any]:
    return {
        "code": item.code,
        "dangers": list(item.dangers),
        "says": ", ".join(danger_words(danger, lang) for danger in item.dangers),
    }


def _hold(item: Item, lang: str, upload: int | None) -> dict[str, Any]:
    return {
        "code": item.code,
        "why": item.hold,
        "says": ", ".join(_whys(item, lang)),
        "release": release_words(item, lang, upload),
    }


def _whys(item: Item, lang: str) -> Iterator[str]:
    yield from (reason_words(reason, lang) for reason in item.reasons)
    yield from (jump_words(view.jump, lang) for view in item.fields if view.jump)


def json_value(value: object) -> Any:
    """A product's value as JSON carries it: figures and dates as text, never floats."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, tuple):
        return [to_campaign_record(item) if isinstance(item, Campaign) else str(item) for item in value]
    return str(value)


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    """What became of a publication."""
    return {
        "release": outcome.release.number if outcome.release else None,
        "minted": outcome.minted,
        "deliveries": [
            {"target": d.target, "delivered": d.fault is None, "fault": str(d.fault) if d.fault else None}
            for d in outcome.deliveries
        ],
    }


def due_document(due: Due) -> dict[str, Any]:
    """What began and what ended by its date."""
    return {"begun": list(due.begun), "ended": list(due.ended)}


def upcoming_document(item: Upcoming) -> dict[str, Any]:
    """A product that begins or leaves by itself on a day."""
    return {"code": item.code, "day": item.day.isoformat(), "what": item.what, "upload": item.upload, "by": item.by}


def release_document(release: ReleaseInfo) -> dict[str, Any]:
    """A release of the history."""
    return {
        "release": release.number,
        "kind": release.kind,
        "at": release.at.isoformat(),
        "by": release.by,
        "base": release.base,
        "restores": release.restores,
        "upload": release.upload,
        "plan": release.plan,
        "content": release.content,
        "manifest": release.manifest.sha256,
        "requirements": release.requirements,
    }


def delivery_document(delivery: Delivery) -> dict[str, Any]:
    """Where a release stands with a target."""
    return {
        "release": delivery.release,
        "target": delivery.target,
        "state": delivery.state,
        "at": delivery.at.isoformat(),
        "note": delivery.note,
    }


def problem_document(problem: Problem) -> dict[str, Any]:
    """One thing in a target that is not as it was published."""
    return {"where": problem.where, "release": problem.release, "path": problem.path, "what": problem.what}
