"""An upload's rows and findings as bytes in one column, and back. Compressed: a workbook repeats itself a lot."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from typing import Any

from catalog.entry import Entry, canonical
from schemas.findings import Fact, Finding

_LEVEL = 1
_FINDING_FIELDS = tuple(f.name for f in fields(Finding))


@dataclass(frozen=True, slots=True)
class Body:
    """What was read of a workbook: rows, held code -> reasons, findings, what it says of the brand."""

    entries: tuple[Entry, ...] = ()
    held: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    brand: Mapping[str, str] = field(default_factory=dict)


def pack(body: Body) -> bytes:
    """As the store keeps it."""
    said = {
        "entries": [[entry.code, entry.record, entry.lineage] for entry in body.entries],
        "held": {code: list(reasons) for code, reasons in body.held.items()},
        "findings": [_finding_out(finding) for finding in body.findings],
        "brand": dict(body.brand),
    }
    return zlib.compress(canonical(said).encode(), _LEVEL)


def unpack(body: bytes) -> Body:
    """And back; what was stored before brands were says none."""
    said = json.loads(zlib.decompress(body))
    return Body(
        tuple(Entry(*texts) for texts in said["entries"]),
        {code: tuple(reasons) for code, reasons in said["held"].items()},
        tuple(_finding_in(record) for record in said["findings"]),
        said.get("brand", {}),
    )


def _finding_out(finding: Finding) -> dict[str, Any]:
    record = {name: getattr(finding, name) for name in _FINDING_FIELDS if getattr(finding, name) is not None}
    record["facts"] = [[name, *_fact_out(fact)] for name, fact in finding.facts]
    return record


def _finding_in(record: dict[str, Any]) -> Finding:
    facts = tuple((name, _fact_in(kind, value)) for name, kind, value in record["facts"])
    return Finding(**{**record, "facts": facts})


def _fact_out(fact: Fact) -> tuple[str, Any]:
    if isinstance(fact, Decimal):
        return "decimal", str(fact)
    if isinstance(fact, date):
        return "date", fact.isoformat()
    return ("texts", list(fact)) if isinstance(fact, tuple) else ("plain", fact)


def _fact_in(kind: str, value: Any) -> Fact:
    if kind == "decimal":
        return Decimal(value)
    if kind == "date":
        return date.fromisoformat(value)
    fact: Fact = tuple(value) if kind == "texts" else value
    return fact
