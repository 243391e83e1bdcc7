"""publish, go live by date, roll back, withdraw, mend: what makes a release, and what looks after it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from catalog import publish as publishing
from catalog import rollback as restoring
from catalog import upkeep
from catalog.plan import Plan
from catalog.preview import refuse_otherwise
from catalog.store import Decision
from catalog.targets import Problem
from pipeline.run.absent import not_there
from pipeline.run.dates import Due, due_on
from pipeline.run.planning import (
    Standing,
    brand_record,
    brand_shown,
    draft_of,
    newest_upload,
    refuse_other_requirements,
    standing,
)
from pipeline.run.workshop import Workshop
from schemas.requirements import load


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did. `waiting`: nothing of the plan is approved; `overtaken`: an earlier form of it was;
    `rejected`: the last word on it was a rejection.

    due: what began and what ended by its date.
    """

    upload: int | None
    plan: Plan | None
    outcome: publishing.Outcome
    waiting: bool = False
    overtaken: bool = False
    rejected: Decision | None = None
    due: Due = field(default_factory=Due)


def publish(shop: Workshop, number: int | None, *, by: str, reviewed: bool) -> Published:
    """Mint the next release from what is approved of an upload (the newest by default) and deliver it.

    `reviewed` False: no approval is asked for (`sync --no-review`, or `[review] required = false`); what is held back
    still is, and what somebody rejected stays out. StalePlan: it would not be published as it was shown.
    """
    upload = newest_upload(shop, number)
    now = standing(shop, upload)
    if not reviewed:
        _let_wait(shop, now, by)
    codes = now.scope.allowed(now.plan.codes) if reviewed else now.scope.unreviewed(now.plan.codes)
    waiting = reviewed and not codes and now.plan.needs_decision
    if waiting or (reviewed and now.plan.is_empty):
        outcome = publishing.deliver(shop.place)
        overtaken = waiting and _was_overtaken(shop, now)
        rejected = _rejection(shop, now) if waiting else None
        return Published(upload.info.id, now.plan, outcome, waiting, overtaken, rejected)
    if reviewed:
        refuse_other_requirements(shop, upload)
    return Published(upload.info.id, now.plan, _mint(shop, _order(shop, now, codes, by=by, reviewed=reviewed)))


def _was_overtaken(shop: Workshop, now: Standing) -> bool:
    """Was a plan of the upload approved that neither was published nor is this one?"""
    number = now.upload.info.id
    published = {release.plan for release in shop.store.releases.list() if release.upload == number}
    said = shop.store.decisions.list(upload=number)
    return any(d.action == "approve" and d.plan not in published | {now.plan.hash} for d in said)


def _rejection(shop: Workshop, now: Standing) -> Decision | None:
    """The rejection of the whole upload, where it is the last word."""
    said = shop.store.decisions.list(upload=now.upload.info.id) if now.scope.rejected else ()
    return next((d for d in reversed(said) if d.action == "reject" and not d.products), None)


def publish_today(shop: Workshop, number: int | None, *, by: str, reviewed: bool) -> Published:
    """`publish`, then `go_live`; what was live already is looked into, and mended."""
    done = publish(shop, number, by=by, reviewed=reviewed)
    begun = go_live(shop, by=by)
    outcome = begun.outcome if begun.outcome.minted else done.outcome
    if not outcome.minted:
        outcome = mend(shop)
    return replace(done, outcome=outcome, due=begun.due)


def go_live(shop: Workshop, *, by: str) -> Published:
    """What is due by date, without any upload: approved rows whose day has come, live ones whose validity has ended.

    Also delivers what is still owed to a target.
    """
    base = shop.store.releases.content()
    due = due_on(shop, base.entries if base else {})
    if not due:
        return Published(None, None, publishing.deliver(shop.place))
    record = base.brand if base else brand_record(shop, shop.store.uploads.get(due.rows[0].upload), base)
    draft = draft_of(shop, due.entries, brand_shown(shop, record), base)
    order = publishing.Order(
        draft=draft,
        base=base.release if base else None,
        requirements=load().version,
        by=by,
        kind="due",
        approvals=_approvals(shop, due),
        products=due.codes,
        brand=record,
        begun=due.begun,
    )
    return Published(None, None, _mint(shop, order), due=due)


def mend(shop: Workshop) -> publishing.Outcome:
    """Look into every file of the live release, at home and in the targets, and put back what drifted."""
    return upkeep.mend(shop.place)


def _mint(shop: Workshop, order: publishing.Order) -> publishing.Outcome:
    outcome = publishing.publish(shop.place, order)
    if outcome.minted:
        upkeep.prune_behind(shop.place, shop.settings.releases.keep)
    return outcome


def _let_wait(shop: Workshop, now: Standing, by: str) -> None:
    """Where nobody has to approve, rows of a later day wait for it on the word of the settings."""
    free = now.scope.unreviewed(now.plan.codes)
    rows = [row for row in now.plan.scheduled if not row.waiting and row.code in free]
    shop.store.schedule.add(rows, upload=now.upload.info.id, plan=now.plan.hash, by=by)


def _order(shop: Workshop, now: Standing, codes: frozenset[str], *, by: str, reviewed: bool) -> publishing.Order:
    plan, scope = now.plan, now.scope
    record = plan.brand_after(codes)
    shown = shop.store.previews.get(now.upload.info.id, plan.hash)
    draft = draft_of(shop, plan.content(codes), brand_shown(shop, record), plan.base, shown)
    if reviewed and shown is not None:
        refuse_otherwise(draft, shown, _touched(plan) & codes)
    return publishing.Order(
        draft=draft,
        base=plan.base.release if plan.base else None,
        requirements=load().version,
        by=by,
        upload=now.upload.info.id,
        plan=plan.hash,
        approvals=scope.decisions,
        brand=record,
        seen=scope.seen,
    )


def _touched(plan: Plan) -> frozenset[str]:
    """The codes whose pages a publication brings."""
    changed = (change.code for change in plan.changed)
    return frozenset((*(entry.code for entry in plan.added), *changed))


def _approvals(shop: Workshop, due: Due) -> tuple[Decision, ...]:
    """The decisions that let the rows through whose day has come."""
    rests_on = {(row.upload, row.plan) for row in due.rows}
    found = (d for upload in sorted({number for number, _ in rests_on}) for d in _decisions(shop, upload))
    return tuple(d for d in found if d.action == "approve" and (d.upload, d.plan) in rests_on)


def _decisions(shop: Workshop, upload: int) -> tuple[Decision, ...]:
    return shop.store.decisions.list(upload=upload)


def rollback(
    shop: Workshop, number: int | None, *, by: str, comment: str | None = None, live: int | None = None
) -> publishing.Outcome:
    """Mint a release with an older one's content (the one before the live one by default).

    live: the release whoever asks saw live; StalePlan where another one is by now.
    """
    outcome = restoring.rollback(shop.place, number, by=by, comment=comment, live=live)
    upkeep.prune_behind(shop.place, shop.settings.releases.keep)
    return outcome


def withdraw(shop: Workshop, codes: frozenset[str], *, by: str, comment: str | None = None) -> publishing.Outcome:
    """Take products off the shelf now: a new release without them; plans keep them out until they are reinstated.

    Refused: one of them is not live.
    """
    base = shop.store.releases.content()
    strange = sorted(codes - (base.entries.keys() if base else set()))
    if strange or base is None:
        raise not_there(shop, strange[0], base.entries if base else ())
    entries = {code: entry for code, entry in base.entries.items() if code not in codes}
    order = publishing.Order(
        draft=draft_of(shop, entries, brand_shown(shop, base.brand), base),
        base=base.release,
        requirements=load().version,
        by=by,
        kind="withdraw",
        products=tuple(sorted(codes)),
        comment=comment,
        brand=base.brand,
    )
    return _mint(shop, order)


def verify(shop: Workshop) -> list[Problem]:
    """Re-hash every release and preview that is kept, in every target and in the home; what is not as published."""
    return upkeep.verify(shop.place, shop.settings.releases.keep)


def drift(shop: Workshop) -> list[Problem]:
    """A quick look at every target, without reading contents; what differs from the live release."""
    return upkeep.drift(shop.place)
