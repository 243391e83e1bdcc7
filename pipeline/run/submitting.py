"""submit, plan, approve: a checked workbook is staged with everything that was read of it, and its plan is made anew
against whatever is current, so a plan looked at before somebody else published is stale and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Literal

from catalog.entry import Content, Entry
from catalog.plan import Guard, Plan, make_plan
from catalog.store import NewUpload, Upload, UploadInfo
from pipeline.brand import brand_of
from pipeline.mapping import Overrides
from pipeline.run import ledger
from pipeline.run.checking import Checked, check
from pipeline.run.workshop import Workshop
from schemas.errors import Refused, WrongUse
from schemas.product import Brand
from schemas.settings import CatalogSettings


@dataclass(frozen=True, slots=True)
class Submitted:
    """A staged upload and what publishing it would change. `upload` None: the file could not be used.

    entered: what is new, open, fixed and waived since the last look at the source.
    """

    checked: Checked
    upload: UploadInfo | None
    plan: Plan | None
    preview: Path | None
    entered: ledger.Entered


def preview(path: Path, settings: CatalogSettings, out: Path, *, as_of: date, sheet: str | None = None) -> Checked:
    """Render the valid rows of a file as a static site in `out`, each figure with where it came from."""
    _refuse_strange_folder(out)
    checked = check(path, settings, as_of=as_of, sheet=sheet)
    if checked.products:
        brand = checked.brand.brand if checked.brand else brand_of(settings.lender)
        _render_preview([_entry(checked, at) for at in range(len(checked.products))], brand, out)
    return checked


def _refuse_strange_folder(out: Path) -> None:
    """A preview is drawn into a new or empty folder, or one a preview was drawn into before."""
    from catalog.render.folder import MEMORY

    if out.is_dir() and not (out / MEMORY).exists() and any(out.iterdir()):
        raise WrongUse(
            f"{out} holds other files; give --out a new folder.",
            es=f"{out} tiene otros archivos; indique con --out una carpeta nueva.",
        )


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
    checked = check(path, shop.settings, as_of=shop.today, overrides=overrides, memory=ledger.memory_of(shop))
    learned = ledger.learn(shop, checked, overrides or {}, by=by)
    look = ledger.NewLook(checked, source=source, by=by, partial=partial)
    since = ledger.previous_look(shop, look)
    if checked.rejected or (strict and checked.has_errors):
        return Submitted(checked, None, None, None, ledger.enter(shop, look, since, upload=None, learned=learned))
    entries = [_entry(checked, at) for at in range(len(checked.products))]
    upload = _stage(shop, checked, entries, by=by, source=source, partial=partial)
    entered = ledger.enter(shop, look, since, upload=upload, learned=learned)
    folder = shop.home / "previews" / str(upload.info.id)
    _render_preview(entries, shop.brand, folder)
    return Submitted(checked, upload.info, plan_of(shop, upload), folder / "index.html", entered)


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
    if plan.is_empty and not plan.held_removals:
        raise Refused(
            f"The plan of upload {number} changes nothing; there is nothing to decide.",
            es=f"El plan de la carga {number} no cambia nada; no hay nada que decidir.",
        )
    strange = sorted(set(products) - plan.codes)
    if strange:
        raise Refused(
            f"The plan does not touch {', '.join(strange)}; «vitrina plan {number}» lists what it does.",
            es=f"El plan no toca {', '.join(strange)}; «vitrina plan {number}» muestra lo que cambia.",
        )
    shop.store.decisions.decide(action, number, plan.hash, by=by, products=products, comment=comment)
    return plan
