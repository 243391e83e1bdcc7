"""submit, plan, publish, sync, rollback: what a checked workbook does to the catalogue.

An upload is staged with everything that was read of it; its plan is made anew against whatever is current, so a plan
that was looked at before somebody else published is stale and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

from catalog import publish as publishing
from catalog.entry import Content, Entry
from catalog.plan import Guard, Plan, make_plan
from catalog.release.build import Draft, build
from catalog.store import NewUpload, Scope, Store, Upload, UploadInfo, open_store
from catalog.targets import DirectoryTarget, Problem
from pipeline.brand import brand_of
from pipeline.mapping import Overrides
from pipeline.run.checking import Checked, check
from schemas.errors import Refused
from schemas.product import Brand
from schemas.requirements import load
from schemas.settings import CatalogSettings


@dataclass(frozen=True, slots=True)
class Workshop:
    """An opened catalogue: its settings, store, targets, brand and the day."""

    settings: CatalogSettings
    store: Store
    place: publishing.Place
    brand: Brand
    today: date

    @property
    def home(self) -> Path:
        """Where state lives."""
        return self.settings.home


@dataclass(frozen=True, slots=True)
class Submitted:
    """A staged upload and what publishing it would change. `upload` None: the file could not be used."""

    checked: Checked
    upload: UploadInfo | None
    plan: Plan | None
    preview: Path | None


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did. `waiting`: nothing of the plan is approved yet."""

    upload: int | None
    plan: Plan | None
    outcome: publishing.Outcome
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Synced:
    """One source's way through a sync."""

    submitted: Submitted
    published: Published | None


@contextmanager
def open_workshop(settings: CatalogSettings, *, now: Callable[[], datetime], today: date) -> Iterator[Workshop]:
    """Open the catalogue of `settings.home`, making it on first use. StoreUnavailable where it cannot be."""
    settings.home.mkdir(parents=True, exist_ok=True)
    store = open_store(settings.home / "catalog.db", now=now)
    targets = [DirectoryTarget(name, target.path) for name, target in settings.all_targets.items()]
    try:
        place = publishing.Place(store, settings.home, targets)
        yield Workshop(settings, store, place, brand_of(settings.lender), today)
    finally:
        store.close()


def preview(path: Path, settings: CatalogSettings, out: Path, *, as_of: date, sheet: str | None = None) -> Checked:
    """Render the valid rows of a file as a static site in `out`, each figure with where it came from."""
    checked = check(path, settings, as_of=as_of, sheet=sheet)
    if checked.products:
        _render_preview([_entry(checked, at) for at in range(len(checked.products))], brand_of(settings.lender), out)
    return checked


def _render_preview(entries: list[Entry], brand: Brand, out: Path) -> None:
    from catalog.render import known_pages, render_site, write_site

    lineage = {entry.code: entry.origins for entry in entries}
    site = render_site([entry.product for entry in entries], brand, lineage=lineage, known=known_pages(out))
    write_site(site, out)


def _entry(checked: Checked, at: int) -> Entry:
    row = checked.products[at]
    lineage = checked.validated.lineage(row) if checked.validated else None
    return Entry.of(row.product, lineage, file=checked.file, sha256=checked.sha256)


def submit(
    shop: Workshop,
    path: Path,
    *,
    by: str,
    source: str,
    partial: bool = False,
    strict: bool = False,
    overrides: Overrides | None = None,
) -> Submitted:
    """Check a file, stage it, render its preview and plan it. The same content again is the same upload.

    With `strict`, a file with any error is not staged.
    """
    checked = check(path, shop.settings, as_of=shop.today, overrides=overrides)
    if checked.rejected or (strict and checked.has_errors):
        return Submitted(checked, None, None, None)
    entries = [_entry(checked, at) for at in range(len(checked.products))]
    upload = _stage(shop, checked, entries, by=by, source=source, partial=partial)
    folder = shop.home / "previews" / str(upload.info.id)
    _render_preview(entries, shop.brand, folder)
    return Submitted(checked, upload.info, plan_of(shop, upload), folder / "index.html")


def _stage(shop: Workshop, checked: Checked, entries: list[Entry], *, by: str, source: str, partial: bool) -> Upload:
    newest = next(iter(shop.store.uploads.list()), None)
    if newest and (newest.sha256, newest.partial, newest.requirements) == (
        checked.sha256,
        partial,
        checked.requirements,
    ):
        staged = shop.store.uploads.get(newest.id)
        if staged.entries == tuple(entries) and dict(staged.held) == dict(checked.held):
            return staged
    number = shop.store.uploads.add(
        NewUpload(
            sha256=checked.sha256,
            file=checked.file,
            source=source,
            by=by,
            requirements=checked.requirements,
            partial=partial,
            entries=entries,
            held=checked.held,
            findings=checked.findings,
        )
    )
    return shop.store.uploads.get(number)


def plan_of(shop: Workshop, upload: Upload) -> Plan:
    """The plan of a staged upload against what is current, and the note in the store that it was shown."""
    base = shop.store.releases.content()
    plan = _make(shop, upload, base, frozenset())
    scope = shop.store.decisions.scope(upload.info.id, plan.hash)
    if scope and scope.named:
        plan = _make(shop, upload, base, scope.named)
    shop.store.decisions.show_plan(
        upload.info.id, plan.hash, base=base.release if base else None, summary=plan_counts(plan)
    )
    return plan


def _make(shop: Workshop, upload: Upload, base: Content | None, removals: frozenset[str]) -> Plan:
    review = shop.settings.review
    return make_plan(
        base,
        upload.entries,
        upload.held,
        partial=upload.info.partial,
        guard=Guard(review.guard_count, Decimal(str(review.guard_share))),
        today=shop.today,
        requirements=upload.info.requirements,
        approved_removals=removals,
        withdrawn=shop.store.decisions.withdrawn(),
    )


def plan_counts(plan: Plan) -> Mapping[str, int]:
    """How many products a plan adds, changes, removes, holds and leaves."""
    return {
        "added": len(plan.added),
        "changed": len(plan.changed),
        "removed": len(plan.removed),
        "held": len(plan.held),
        "held_removals": len(plan.held_removals),
        "unchanged": len(plan.unchanged),
    }


def newest_upload(shop: Workshop, number: int | None) -> Upload:
    """An upload by number, else the newest. Refused where nothing was ever staged."""
    if number is not None:
        return shop.store.uploads.get(number)
    newest = next(iter(shop.store.uploads.list()), None)
    if newest is None:
        raise Refused(
            "Nothing is staged yet: «vitrina submit FILE» comes first.",
            es="Todavía no hay ninguna carga: primero use «vitrina submit ARCHIVO».",
        )
    return shop.store.uploads.get(newest.id)


def decide(
    shop: Workshop,
    action: Literal["approve", "reject"],
    number: int,
    *,
    by: str,
    products: tuple[str, ...] = (),
    comment: str | None = None,
) -> Plan:
    """Approve or reject the plan of an upload, as it stands now; `products` limits an approval to those codes.

    Refused: somebody approves their own upload, or names a product the plan does not touch.
    """
    upload = shop.store.uploads.get(number)
    plan = plan_of(shop, upload)
    strange = sorted(set(products) - plan.codes)
    if strange:
        raise Refused(
            f"The plan does not touch {', '.join(strange)}; «vitrina plan {number}» lists what it does.",
            es=f"El plan no toca {', '.join(strange)}; «vitrina plan {number}» muestra lo que cambia.",
        )
    shop.store.decisions.decide(action, number, plan.hash, by=by, products=products, comment=comment)
    return plan


def publish(shop: Workshop, number: int | None, *, by: str, reviewed: bool) -> Published:
    """Mint the next release from what is approved of an upload (the newest by default) and deliver it.

    `reviewed` False: no approval is asked for (`sync --no-review`, or `[review] required = false`).
    """
    upload = newest_upload(shop, number)
    plan = plan_of(shop, upload)
    scope = shop.store.decisions.scope(upload.info.id, plan.hash)
    if reviewed and scope is None and not plan.is_empty:
        return Published(upload.info.id, plan, publishing.deliver(shop.place), waiting=True)
    order = _order(shop, upload, plan, scope if reviewed else None, by)
    outcome = publishing.publish(shop.place, order)
    if outcome.minted:
        _prune(shop)
    return Published(upload.info.id, plan, outcome)


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


def _prune(shop: Workshop) -> None:
    for target in shop.place.targets:
        target.prune(shop.settings.releases.keep)


def sync(
    shop: Workshop, path: Path, *, by: str, source: str, partial: bool, review: bool, strict: bool = False
) -> Synced:
    """Submit a source and publish whatever needs no (further) review. With `strict`, an upload with errors waits."""
    submitted = submit(shop, path, by=by, source=source, partial=partial, strict=strict)
    if submitted.upload is None:
        return Synced(submitted, None)
    reviewed = review and shop.settings.review.required
    return Synced(submitted, publish(shop, submitted.upload.id, by=by, reviewed=reviewed))


def rollback(shop: Workshop, number: int | None, *, by: str) -> publishing.Outcome:
    """Mint a release with an older one's content (the one before the live one by default)."""
    outcome = publishing.rollback(shop.place, number, by=by)
    _prune(shop)
    return outcome


def verify(shop: Workshop) -> list[Problem]:
    """Re-hash every release in every target; what is not as it was published."""
    manifests = {release.number: release.manifest.sha256 for release in shop.store.releases.list()}
    return [problem for target in shop.place.targets for problem in target.verify(manifests)]
