"""sync: the scheduled job. Submit, publish what needs no review, and hold what is live against the day."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from catalog import publish as publishing
from pipeline.mapping import Overrides
from pipeline.run.checking import Checked, requirements_of
from pipeline.run.publishing import Published, publish, withdraw
from pipeline.run.submitting import Submitted, submit
from pipeline.run.workshop import Workshop
from pipeline.validate.products import CheckedProduct
from schemas.settings import CatalogSettings

UNLAWFUL = frozenset(("rate.above_usury", "default_rate.above_usury"))
"""Findings of a live listing that the setting `[reference] unlawful = "withdraw"` acts on."""


@dataclass(frozen=True, slots=True)
class Synced:
    """One source's way through a sync."""

    submitted: Submitted
    published: Published | None
    live: Checked
    withdrawn: publishing.Outcome | None


def sync(
    shop: Workshop,
    path: Path,
    *,
    by: str,
    source: str,
    partial: bool,
    review: bool,
    strict: bool = False,
    overrides: Overrides | None = None,
) -> Synced:
    """Submit a source and publish whatever needs no (further) review. With `strict`, an upload with errors waits.

    What is live is held against the caps and dates of today in the same run.
    """
    submitted = submit(shop, path, by=by, source=source, partial=partial, strict=strict, overrides=overrides)
    published = None
    if submitted.upload is not None:
        reviewed = review and shop.settings.review.required
        published = publish(shop, submitted.upload.id, by=by, reviewed=reviewed)
    live = recheck(shop)
    return Synced(submitted, published, live, _withdraw_unlawful(shop, live, by))


def nothing_live(settings: CatalogSettings) -> Checked:
    """The re-check of a catalogue that has published nothing yet."""
    version = requirements_of(settings).version
    return Checked("releases/0", "", version, None, 0, (), (), {}, settings.lender.market)


def recheck(shop: Workshop) -> Checked:
    """What is live, held against the caps and dates of today. Touches nothing."""
    from catalog import reference
    from pipeline.validate import Circumstances
    from pipeline.validate.published import check_published

    content = shop.store.releases.content()
    entries = tuple(content.entries.values()) if content else ()
    requirements = requirements_of(shop.settings)
    around = Circumstances(shop.today, reference.load(shop.home))
    findings = check_published(entries, requirements, around)
    wrong = {finding.product for finding in findings if finding.severity == "error"}
    lawful = (CheckedProduct(e.product, 0, at) for at, e in enumerate(entries) if e.code not in wrong)
    return Checked(
        file=f"releases/{content.release if content else 0}",
        sha256=content.digest if content else "",
        requirements=requirements.version,
        sheet=None,
        rows=len(entries),
        products=tuple(lawful),
        findings=findings,
        held={},
        market=shop.settings.lender.market,
    )


def _withdraw_unlawful(shop: Workshop, live: Checked, by: str) -> publishing.Outcome | None:
    codes = frozenset(f.product for f in live.findings if f.code in UNLAWFUL and f.severity == "error" and f.product)
    if not codes or shop.settings.reference.unlawful != "withdraw":
        return None
    return withdraw(shop, codes, by=by, comment="usury cap of the day")
