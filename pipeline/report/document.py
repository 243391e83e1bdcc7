"""The `check --format json` document, exactly as CONTRACT.md fixes it. Money and rates are decimal strings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from schemas import wording
from schemas.findings import Finding
from schemas.product import Product, to_record

if TYPE_CHECKING:
    from pipeline.run.checking import Checked

_LONG = frozenset(("description_short", "description_long", "legal_text"))


def finding_document(finding: Finding, lang: str, country: str | None) -> dict[str, Any]:
    """One finding with its words in `lang`, figures as `country` writes them."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "effect": finding.effect,
        "sheet": finding.sheet,
        "cell": finding.cell,
        "row": finding.row,
        "column": finding.column,
        "field": finding.field,
        "product": finding.product,
        "value": finding.value,
        "message": wording.message(finding, lang, country),
        "fix": wording.fix(finding, lang, country),
        "source": finding.source,
    }


def product_document(product: Product) -> dict[str, Any]:
    """A product in canonical fields. The fields of an offer are always there, null where the Lender did not say."""
    record = to_record(product)
    if product.category != "INSURANCE":
        for name in _OFFER:
            record.setdefault(name, None)
    return record


_OFFER = (
    "amount_min", "amount_max", "rate_min", "rate_max", "rate_basis", "rate_ea_min", "rate_ea_max",
    "term_min", "term_max", "term_unit",
)  # fmt: skip


def _counts(checked: Checked) -> dict[str, int]:
    """Findings by severity; what somebody waived for a time is among the findings and not counted."""
    if checked.waived:
        counts = Counter(item.finding.severity for item in checked.known if item.id not in checked.waived)
    else:
        counts = Counter(finding.severity for finding in checked.findings)
    return {name: counts[name] for name in ("error", "warning", "info")}


def findings_document(checked: Checked, lang: str) -> dict[str, Any]:
    """Counts and findings alone, for a report inside another."""
    return {
        "counts": _counts(checked),
        "findings": [finding_document(f, lang, checked.country_of(f)) for f in checked.findings],
    }


def check_document(checked: Checked, lang: str) -> dict[str, Any]:
    """The whole document of one check."""
    return {
        "file": checked.file,
        "sha256": checked.sha256,
        "requirements": checked.requirements,
        "sheet": checked.sheet,
        "rows": checked.rows,
        "valid": len(checked.products),
        "counts": _counts(checked),
        "findings": [finding_document(f, lang, checked.country_of(f)) for f in checked.findings],
        "products": [product_document(row.product) for row in checked.products],
    }
