"""The plan of a staged upload: made anew against whatever is current, drawn once, and noted when somebody looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256

from catalog import preview as previews
from catalog import publish as publishing
from catalog.brand import BrandRecord, brand_from, record_of, with_said
from catalog.entry import Content, Entry
from catalog.ids import attach, clashing, ids_in
from catalog.plan import Guard, Plan, Terms, counts_of, make_plan
from catalog.release.build import Draft, build
from catalog.stale import other_requirements
from catalog.store import Preview, Scope, Upload
from pipeline.run.checking import requirements_of
from pipeline.run.workshop import Workshop
from schemas.errors import Refused
from schemas.product import Brand


@dataclass(frozen=True, slots=True)
class Standing:
    """An upload's plan as it is now, and what people said of it."""

    upload: Upload
    plan: Plan
    scope: Scope


@dataclass(frozen=True, slots=True)
class Shown:
    """A plan somebody looks at, and its pages as they would be published."""

    upload: Upload
    plan: Plan
    preview: Preview


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


def plan_of(shop: Workshop, upload: Upload) -> Plan:
    """The plan of a staged upload against what is current. Nobody is taken to have looked at it."""
    return standing(shop, upload).plan


def standing(shop: Workshop, upload: Upload) -> Standing:
    """The plan with what is approved of it by name, and the decisions so far."""
    base = shop.store.releases.content()
    plan = plan_on(shop, upload, base)
    scope = shop.store.decisions.scope(upload.info.id, plan.hash)
    if scope.named:
        plan = plan_on(shop, upload, base, scope.named)
    return Standing(upload, plan, scope)


def plan_on(shop: Workshop, upload: Upload, base: Content | None, named: frozenset[str] = frozenset()) -> Plan:
    """The plan of an upload on a release, with what is held back let through where it is named."""
    from catalog.render import look_of

    review = shop.settings.review
    brand = brand_of_upload(shop, upload, base)
    terms = Terms(
        partial=upload.info.partial,
        guard=Guard(review.guard_count, Decimal(str(review.guard_share))),
        today=shop.today,
        requirements=upload.info.requirements,
        look=look_of(brand).digest,
        brand=record_of(brand, _said(upload, base)),
        named=named,
        withdrawn=shop.store.decisions.withdrawn(),
        waiting={code: row.entry for code, row in shop.store.schedule.waiting().items()},
        staged=_live_then(shop, upload, base),
    )
    ids = shop.store.ids.current()
    entries = [attach(entry, ids[entry.code]) if entry.code in ids else entry for entry in upload.entries]
    return make_plan(base, entries, {**_clashing(shop, upload), **upload.held}, terms)


def _live_then(shop: Workshop, upload: Upload, base: Content | None) -> frozenset[str]:
    """What was live when the upload was staged, where that is no longer the release it is compared with."""
    then = upload.info.base
    return frozenset() if then is None or base is None or then == base.release else shop.store.releases.codes(then)


def _clashing(shop: Workshop, upload: Upload) -> Mapping[str, tuple[str, ...]]:
    """Rows whose sheet gives them another product's id are held; few sheets carry ids at all."""
    carrying = [entry for entry in upload.entries if ids_in(entry.record)]
    return clashing(carrying, shop.store.ids.known().owners) if carrying else {}


def brand_of_upload(shop: Workshop, upload: Upload, base: Content | None) -> Brand:
    """The brand an upload would publish: what it says, and the settings' for the rest."""
    said = _said(upload, base)
    return with_said(shop.brand, said, logo_of(shop, said))


def brand_record(shop: Workshop, upload: Upload, base: Content | None) -> BrandRecord:
    """The same as releases record it."""
    return record_of(brand_of_upload(shop, upload, base), _said(upload, base))


def _said(upload: Upload, base: Content | None) -> Mapping[str, str]:
    """A partial upload that says nothing of the brand leaves it to whoever said something last."""
    if upload.brand or not upload.info.partial:
        return upload.brand
    return base.brand.said if base and base.brand else {}


def refuse_other_requirements(shop: Workshop, upload: Upload) -> None:
    """StalePlan: the upload was checked against requirements that are no longer those of today."""
    checked, today = upload.info.requirements, requirements_of(shop.settings).version
    if checked != today:
        raise other_requirements(checked, today)


def brand_shown(shop: Workshop, record: BrandRecord | None) -> Brand:
    """The brand of a release; that of the settings where none was recorded."""
    return brand_from(record.shown, logo_of(shop, record.shown)) if record else shop.brand


def logo_of(shop: Workshop, texts: Mapping[str, str]) -> bytes | None:
    """The bytes of the logo that texts name by its digest. TargetUnavailable: it is gone from the home."""
    digest = texts.get("logo")
    if digest is None:
        return None
    own = shop.brand.logo
    return own if own and sha256(own).hexdigest() == digest else publishing.body(shop.place, digest)


def draft_of(
    shop: Workshop,
    entries: Mapping[str, Entry],
    brand: Brand,
    base: Content | None,
    preview: Preview | None = None,
) -> Draft:
    """The files of a release with these entries; pages that are live or were previewed are not drawn again."""
    from catalog.render import render_site

    releases = shop.store.releases
    files = releases.files(base.release) if base else {}
    keys = releases.page_keys(base.release) if base else {}
    if preview is not None and previews.is_whole(shop.place, preview):
        files, keys = {**files, **preview.files}, {**keys, **preview.keys}
    site = render_site([entry.product for entry in entries.values()], brand, known=keys)
    return build(entries, site.pages, brand, base_files=files)


def show_plan(shop: Workshop, upload: Upload, *, by: str, plan: Plan | None = None) -> Shown:
    """The plan as somebody looks at it now: noted, so that it can be decided on, with its pages drawn once.

    plan: it, where it was made just now.
    """
    plan = plan or plan_of(shop, upload)
    number = upload.info.id
    base = plan.base.release if plan.base else None
    shown = preview_of(shop, upload, plan)
    shop.store.decisions.show_plan(number, plan.hash, base=base, summary=counts_of(plan), by=by)
    return Shown(upload, plan, shown)


def preview_of(shop: Workshop, upload: Upload, plan: Plan) -> Preview:
    """The pages of a plan with everything let through; drawn when first asked for, and the same ever after."""
    kept = shop.store.previews.get(upload.info.id, plan.hash)
    if kept is not None and previews.is_whole(shop.place, kept):
        return kept
    brand = brand_of_upload(shop, upload, plan.base)
    draft = draft_of(shop, plan.proposal(), brand, plan.base)
    base = plan.base.release if plan.base else None
    return previews.keep_preview(shop.place, upload.info.id, plan.hash, draft, base=base)
