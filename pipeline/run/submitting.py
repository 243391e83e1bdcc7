"""preview and submit: a checked workbook is drawn, or staged with everything that was read of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from catalog.brand import texts_of
from catalog.entry import Entry
from catalog.plan import Plan
from catalog.preview import folder_of, stage
from catalog.store import NewUpload, Staged, UploadInfo
from pipeline.brand import brand_of
from pipeline.mapping import Overrides
from pipeline.run import ledger, planning
from pipeline.run.checking import Checked, check
from pipeline.run.workshop import Workshop
from schemas.errors import WrongUse
from schemas.product import Brand
from schemas.settings import CatalogSettings


@dataclass(frozen=True, slots=True)
class Submitted:
    """A staged upload and what publishing it would change. `upload` None: the file could not be used.

    entered: what is new, open, fixed and waived since the last look at the source. superseded: codes of approved rows
    that waited for their day and are said otherwise now.
    """

    checked: Checked
    upload: UploadInfo | None
    plan: Plan | None
    preview: Path | None
    entered: ledger.Entered
    superseded: tuple[str, ...] = ()


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
    lineage = dict(checked.validated.lineage(row)) if checked.validated else {}
    if checked.campaigns and row.product.code in checked.campaigns.origins:
        lineage["campaigns"] = checked.campaigns.origins[row.product.code]
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
    shown: bool = True,
) -> Submitted:
    """Check a file, stage it, render its preview and plan it. The same content again is the same upload.

    With `strict`, a file with any error is not staged. shown False: nobody looks, so a plan of an upload that was
    staged before does not count as seen.
    """
    checked = check(path, shop.settings, as_of=shop.today, overrides=overrides, memory=ledger.memory_of(shop))
    learned = ledger.learn(shop, checked, overrides or {}, by=by)
    look = ledger.NewLook(checked, source=source, by=by, partial=partial)
    since = ledger.previous_look(shop, look)
    if checked.rejected or (strict and checked.has_errors):
        return Submitted(checked, None, None, None, ledger.enter(shop, look, since, upload=None, learned=learned))
    entries = [_entry(checked, at) for at in range(len(checked.products))]
    staged = _stage(shop, checked, entries, by=by, source=source, partial=partial)
    upload = shop.store.uploads.get(staged.number)
    entered = ledger.enter(shop, look, since, upload=upload, learned=learned)
    if not (staged.is_new or shown):
        return Submitted(checked, upload.info, planning.plan_of(shop, upload), None, entered)
    seen = planning.show_plan(shop, upload, by=by)
    page = folder_of(shop.place, upload.info.id, seen.plan.hash) / "index.html"
    return Submitted(checked, upload.info, seen.plan, page, entered, staged.superseded)


def _stage(shop: Workshop, checked: Checked, entries: list[Entry], *, by: str, source: str, partial: bool) -> Staged:
    brand = _brand_said(checked)
    logo = checked.brand.brand.logo if checked.brand and "logo" in brand else None
    new = NewUpload(
        sha256=checked.sha256,
        file=checked.file,
        source=source,
        by=by,
        requirements=checked.requirements,
        partial=partial,
        entries=entries,
        held=checked.held,
        findings=checked.findings,
        brand=brand,
    )
    return stage(shop.place, new, logo)


def _brand_said(checked: Checked) -> dict[str, str]:
    """What came with the workbook of the brand, the logo by its digest."""
    found = checked.brand
    return {name: text for name, text in texts_of(found.brand).items() if name in found.said} if found else {}
