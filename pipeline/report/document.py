"""The `check --format json` document, exactly as CONTRACT.md fixes it. Money and rates are decimal strings."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from pipeline.report.ledger import waiver_document
from pipeline.report.lines import OFFER, Encode, written_beside
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
        for name in OFFER:
            record.setdefault(name, None)
    return record


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
        "findings": _findings(checked, lang),
    }


def _findings(checked: Checked, lang: str) -> list[dict[str, Any]]:
    """Each finding in words; one that is waived says by whom, why and until when."""
    found = [finding_document(f, lang, checked.country_of(f)) for f in checked.findings]
    if checked.waived:
        for item, told in zip(checked.known, found, strict=True):
            if waiver := checked.waived.get(item.id):
                told["waiver"] = waiver_document(waiver)
    return found


def check_document(checked: Checked, lang: str) -> dict[str, Any]:
    """The whole document of one check."""
    return {**_all_but_products(checked, lang), "products": [product_document(row.product) for row in checked.products]}


def check_writer(checked: Checked, lang: str, encode: Encode) -> dict[str, Any]:
    """The same document with its products as JSON text in pieces, already being written while the rest is worded."""
    from pipeline.validate.products import Products

    rows = checked.products
    if not isinstance(rows, Products):
        return check_document(checked, lang)
    products = written_beside(rows.table, rows.positions, encode, findings=len(checked.findings))
    return {**_all_but_products(checked, lang), "products": products}


def _all_but_products(checked: Checked, lang: str) -> dict[str, Any]:
    return {
        "file": checked.file,
        "sha256": checked.sha256,
        "requirements": checked.requirements,
        "sheet": checked.sheet,
        "rows": checked.rows,
        "valid": len(checked.products),
        "counts": _counts(checked),
        "findings": _findings(checked, lang),
    }
