"""publish, roll back, withdraw, mend: what makes a release, and what looks after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from catalog import publish as publishing
from catalog import upkeep
from catalog.entry import Content, Entry
from catalog.plan import Plan
from catalog.release.build import Draft, build
from catalog.store import Scope, Upload
from catalog.targets import Problem
from pipeline.run.submitting import newest_upload, plan_of
from pipeline.run.workshop import Workshop
from schemas.errors import Refused
from schemas.requirements import load


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did. `waiting`: nothing of the plan is approved yet; `overtaken`: an earlier form of it was."""

    upload: int | None
    plan: Plan | None
    outcome: publishing.Outcome
    waiting: bool = False
    overtaken: bool = False


def publish(shop: Workshop, number: int | None, *, by: str, reviewed: bool) -> Published:
    """Mint the next release from what is approved of an upload (the newest by default) and deliver it.

    `reviewed` False: no approval is asked for (`sync --no-review`, or `[review] required = false`).
    """
    upload = newest_upload(shop, number)
    plan = plan_of(shop, upload)
    scope = shop.store.decisions.scope(upload.info.id, plan.hash)
    if reviewed and scope is None and not plan.is_empty:
        overtaken = any(d.action == "approve" for d in shop.store.decisions.list(upload=upload.info.id))
        outcome = publishing.deliver(shop.place)
        return Published(upload.info.id, plan, outcome, waiting=True, overtaken=overtaken)
    order = _order(shop, upload, plan, scope if reviewed else None, by)
    outcome = publishing.publish(shop.place, order)
    if outcome.minted:
        upkeep.prune(shop.place, shop.settings.releases.keep)
    return Published(upload.info.id, plan, outcome)


def mend(shop: Workshop) -> publishing.Outcome:
    """Look into every file of the live release, at home and in the targets, and put back what drifted."""
    return upkeep.mend(shop.place)


def _order(shop: Workshop, upload: Upload, plan: Plan, scope: Scope | None, by: str) -> publishing.Order:
    draft = _draft(shop, plan.content(scope.only if scope else None), plan.base)
    return publishing.Order(
        draft=draft,
        base=plan.base.release if plan.base else None,
        requirements=load().version,
        by=by,
        upload=upload.info.id,
        plan=plan.hash,
        approvals=scope.decisions if scope else (),
    )


def _draft(shop: Workshop, entries: Mapping[str, Entry], base: Content | None) -> Draft:
    from catalog.render import render_site

    releases = shop.store.releases
    site = render_site([entry.product for entry in entries.values()], shop.brand, known=releases.page_keys())
    return build(entries, site.pages, shop.brand, base_files=releases.files(base.release) if base else None)


def rollback(shop: Workshop, number: int | None, *, by: str) -> publishing.Outcome:
    """Mint a release with an older one's content (the one before the live one by default)."""
    outcome = publishing.rollback(shop.place, number, by=by)
    upkeep.prune(shop.place, shop.settings.releases.keep)
    return outcome


def withdraw(shop: Workshop, codes: frozenset[str], *, by: str, comment: str | None = None) -> publishing.Outcome:
    """Take products off the shelf now: a new release without them; plans keep them out until they are reinstated.

    Refused: one of them is not live.
    """
    base = shop.store.releases.content()
    strange = sorted(codes - (base.entries.keys() if base else set()))
    if strange or base is None:
        listed = ", ".join(strange)
        raise Refused(f"{listed} is not published.", es=f"{listed} no está publicado.")
    entries = {code: entry for code, entry in base.entries.items() if code not in codes}
    order = publishing.Order(
        draft=_draft(shop, entries, base),
        base=base.release,
        requirements=load().version,
        by=by,
        kind="withdraw",
        products=tuple(sorted(codes)),
        comment=comment,
    )
    outcome = publishing.publish(shop.place, order)
    upkeep.prune(shop.place, shop.settings.releases.keep)
    return outcome


def verify(shop: Workshop) -> list[Problem]:
    """Re-hash every release in every target; what is not as it was published."""
    return upkeep.verify(shop.place)
