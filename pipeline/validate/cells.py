"""The CELLS pass: the limits of each field, from the requirements, on the known values of its column."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.validate import prose
from pipeline.validate.table import Table
from schemas.findings import Fact
from schemas.requirements import Field
from schemas.sheet import CellCheck, Failure, cells_pass

if TYPE_CHECKING:
    import pandas as pd

_CODE = re.compile(r"[A-Za-z0-9._/-]+\Z")
_HTTPS = re.compile(r"https://[^\s/?#@]+\.[^\s/?#@]+(?:[/?#]\S*)?\Z", re.IGNORECASE)
_TRACKING = re.compile(r"[?&](?:utm_[a-z]+|gclid|fbclid|msclkid)=", re.IGNORECASE)


def check_cells(table: Table, frame: pd.DataFrame) -> None:
    """Add a finding for every value outside the limits of its own field."""
    checks = {name: _checks(table, name) for name in frame.columns if name in table.requirements.fields}
    present = {name: found for name, found in checks.items() if found}
    for failure in cells_pass(present).failures(frame) if present else ():
        _tell(table, failure)


def _checks(table: Table, name: str) -> list[CellCheck]:
    field = table.requirements.fields[name]
    checks = [*_length(field), *_bounds(field), *_form(field)]
    if field.kind in ("html", "text"):
        checks.append(CellCheck(f"{field.prefix}.html_not_allowed", _no_foreign_tag(field)))
        checks.append(CellCheck(f"{field.prefix}.text_lost", prose.keeps_its_text))
    return [check for check in checks if check.code in table.requirements.possible]


def _length(field: Field) -> list[CellCheck]:
    limit = field.max_length
    if limit is None:
        return []
    return [CellCheck(f"{field.prefix}.too_long", lambda v: prose.length(v) <= limit)]


def _bounds(field: Field) -> list[CellCheck]:
    code = f"{field.prefix}.out_of_range"
    checks = []
    if field.low is not None:
        low = field.low
        checks.append(CellCheck(code, lambda v: v >= low))
    if field.above is not None:
        above = field.above
        checks.append(CellCheck(code, lambda v: v > above))
    if field.high is not None:
        high = field.high
        checks.append(CellCheck(code, lambda v: v <= high))
    return checks


def _form(field: Field) -> list[CellCheck]:
    if field.kind == "code":
        return [CellCheck("code.unreadable", lambda v: bool(_CODE.match(v)))]
    if field.kind == "url":
        return [
            CellCheck("terms_url.not_https", lambda v: bool(_HTTPS.match(v))),
            CellCheck("terms_url.tracking", lambda v: not _TRACKING.search(v)),
        ]
    return []


def _no_foreign_tag(field: Field) -> Any:
    if field.kind == "html":
        return lambda text: prose.foreign_tag(text) is None
    return lambda text: prose.any_tag(text) is None


def _tell(table: Table, failure: Failure) -> None:
    field = table.requirements.fields[failure.field]
    for row in failure.rows:
        i = table.positions[row]
        table.note(failure.code, i, field.name, **_facts(failure.code, field, table.values[field.name][i]))


def _facts(code: str, field: Field, value: Any) -> Mapping[str, Fact]:
    fault = code.partition(".")[2]
    if fault == "too_long":
        return _lengths(field, value)
    if fault == "html_not_allowed":
        tag = prose.foreign_tag(value) if field.kind == "html" else prose.any_tag(value)
        return {"tag": tag or ""}
    if fault == "text_lost":
        return {"lost": prose.lost_text(value)}
    return {}


def _lengths(field: Field, value: str | Sequence[str]) -> Mapping[str, Fact]:
    facts: dict[str, Fact] = {"n": prose.length(value), "limit": field.max_length or 0}
    if isinstance(value, str) and field.kind == "html" and prose.any_tag(value):
        facts["visible"] = len(prose.visible(value))
    return facts
