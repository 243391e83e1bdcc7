"""What is not there: columns the sheet lacks, cells left blank, codes to be derived.

An absent column is said once. An absent documented field of a product is an error; an absent assumed one at most a
warning (CONTRACT, "absent and present").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence

from pipeline.validate.table import Table
from schemas.findings import Finding
from schemas.requirements import Facts, Field, normalise
from schemas.sheet import UNKNOWN

LOANS = frozenset(("INDIVIDUAL", "BUSINESS"))
EVERY = ("INDIVIDUAL", "BUSINESS", "INSURANCE")
STANDS_IN = {
    "amount_min": ("amount_max",),
    "amount_max": ("amount_min",),
    "rate_min": ("rate_index", "rate_spread", "rate_max"),
    "term_min": ("term_max",),
    "term_max": ("term_min",),
}
"""A field is not missing where one of these says its part; the lone end is told by `open_range`."""
FROM_SETTINGS = frozenset(("country", "currency"))
"""Where a sheet has no such column, the settings answer; nothing is missing."""


def derive_codes(table: Table) -> None:
    """A row without a code of its own gets one from its name, and a warning."""
    codes = table.column("code")
    for i, code in enumerate(codes):
        name = table.given("name", i)
        if code is None and name:
            codes[i] = _code_from(name)
            table.at["code"][i] = None
            table.findings.append(_derived(table, i, codes[i]))


def _derived(table: Table, i: int, code: str) -> Finding:
    return table.finding("code.derived", i, "code", None, {"derived": code})


def _code_from(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().upper()
    return re.sub(r"[^A-Z0-9]+", "-", plain).strip("-")[:40].strip("-") or "PRODUCTO"


def absent_fields(table: Table, countries: Sequence[str]) -> frozenset[str]:
    """Findings for blank cells of required fields; gives those that some row needs and the sheet has no column for."""
    absent: set[str] = set()
    for field in _required(table):
        rows = _lacking(table, field, countries)
        if _has_column(table, field):
            for i in rows:
                table.note(f"{field.prefix}.missing", i, field.name)
        elif field.name not in (*FROM_SETTINGS, *table.mapped.repeated) and next(rows, None) is not None:
            absent.add(field.name)
    return frozenset(absent)


def _required(table: Table) -> Iterator[Field]:
    told: set[str] = set()
    for field in table.requirements.fields.values():
        wanted = field.required or (field.name == "description_long" and LOANS | {"INSURANCE"})
        if wanted and field.prefix not in told and not field.name.startswith("lender."):
            if field.prefix in ("amount", "term"):
                told.add(field.prefix)
            yield field


def _lacking(table: Table, field: Field, countries: Sequence[str]) -> Iterator[int]:
    """Positions of the rows that should say this field and do not, nor anything that stands in for it."""
    values, categories = (table.values.get(name) or [None] * len(table.rows) for name in (field.name, "category"))
    wanted = field.required or EVERY
    of_all = len(wanted) == len(EVERY)
    for i in [i for i, value in enumerate(values) if value is None]:
        category = categories[i]
        applies = of_all if category is UNKNOWN or category is None else category in wanted
        sold_there = not field.countries or countries[i] in field.countries
        if applies and sold_there and not any(table.said(other, i) for other in STANDS_IN.get(field.name, ())):
            yield i


def _has_column(table: Table, field: Field) -> bool:
    own = {field.name, *STANDS_IN.get(field.name, ())}
    return any(own & set(column.word.fills) for column in table.mapped.columns)


def tell_columns(table: Table, names: Collection[str]) -> None:
    """Findings for the columns that are not there at all: one each for what is documented, one for all else."""
    absent = [field for field in _required(table) if field.name in names]
    documented = [field for field in absent if field.source == "documented" and field.required]
    others = [field for field in absent if field not in documented]
    row, sheet = table.mapped.header_row, table.sheet.name
    for field in documented:
        name = field.prefix if field.prefix in ("amount", "term", "rate") else field.name
        facts: Facts = {"fields": (name,)}
        table.findings.append(
            table.requirements.finding("header.missing", sheet=sheet, row=row, field=field.name, facts=facts)
        )
    if others:
        names = tuple(field.name for field in others)
        facts = {"fields": names}
        table.findings.append(table.requirements.finding("header.absent", sheet=sheet, row=row, facts=facts))


def tell_duplicates(table: Table, names: Sequence[str]) -> None:
    """X15: a code used twice is an error at each later row; a name used twice (as `alike` gives them) a warning."""
    _tell_repeated(table, "code", table.known("code"), "code.duplicate")
    _tell_repeated(table, "name", names, "name.duplicate")


def alike(names: Iterable[str | None]) -> list[str]:
    """Names as they are compared; empty where there is none."""
    return [normalise(name) if name else "" for name in names]


def _tell_repeated(table: Table, name: str, keys: Sequence[str | None], code: str) -> None:
    values, seen = table.known(name), dict[str | None, int]()
    for i, key in enumerate(keys):
        if not values[i] or seen.setdefault(key, i) == i:
            continue
        first = seen[key]
        other = table.given("name" if name == "code" else "code", first) or ""
        table.note(code, i, name, row=table.rows[first], name=other)
