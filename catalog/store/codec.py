"""An upload's rows and findings as bytes in one column, and back. Compressed: a workbook repeats itself a lot."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from catalog.entry import Entry, canonical
from schemas.findings import Fact, Finding

_LEVEL = 1
_FINDING_FIELDS = tuple(f.name for f in fields(Finding))


def pack(entries: Iterable[Entry], held: Mapping[str, tuple[str, ...]], findings: Iterable[Finding]) -> bytes:
    """What was read of a workbook."""
    said = {
        "entries": [[entry.code, entry.record, entry.lineage] for entry in entries],
        "held": {code: list(reasons) for code, reasons in held.items()},
        "findings": [_finding_out(finding) for finding in findings],
    }
    return zlib.compress(canonical(said).encode(), _LEVEL)


def unpack(body: bytes) -> tuple[tuple[Entry, ...], dict[str, tuple[str, ...]], tuple[Finding, ...]]:
    """Entries, held code -> reasons, findings."""
    said = json.loads(zlib.decompress(body))
    return (
        tuple(Entry(*texts) for texts in said["entries"]),
        {code: tuple(reasons) for code, reasons in said["held"].items()},
        tuple(_finding_in(record) for record in said["findings"]),
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
