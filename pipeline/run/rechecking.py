"""What is live, held against the caps and dates of the day; and taken down where a new cap made it unlawful."""

from __future__ import annotations

from catalog import publish as publishing
from pipeline.run.checking import Checked, requirements_of
from pipeline.run.publishing import withdraw
from pipeline.run.workshop import Workshop
from pipeline.validate.products import CheckedProduct
from schemas.settings import CatalogSettings

UNLAWFUL = frozenset(("rate.above_usury", "default_rate.above_usury"))
"""Findings of a live listing that the setting `[reference] unlawful = "withdraw"` acts on."""


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


def withdraw_unlawful(shop: Workshop, live: Checked, by: str) -> publishing.Outcome | None:
    """Take down what a new cap made unlawful, where the settings say so; None where nothing was."""
    codes = frozenset(f.product for f in live.findings if f.code in UNLAWFUL and f.severity == "error" and f.product)
    if not codes or shop.settings.reference.unlawful != "withdraw":
        return None
    return withdraw(shop, codes, by=by, comment="usury cap of the day")
