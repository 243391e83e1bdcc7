"""Rule X20: what a product's texts claim against what its fields say. A warning; never a guess.

One finding a product and field: where the name, the short and the long description say the same wrong thing, the first
of them is shown. Texts that claim nothing cost a few microseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from itertools import compress
from typing import Any

from pipeline.reading import shown as figure_shown
from pipeline.validate.claims.against import CLAIM_FIELDS, Contradiction, contradicted
from pipeline.validate.claims.figures import STEMS as FIGURE_STEMS
from pipeline.validate.claims.figures import figures_in
from pipeline.validate.claims.glance import having, worth_looking
from pipeline.validate.claims.promises import STEMS as PROMISE_STEMS
from pipeline.validate.claims.promises import promises_in
from pipeline.validate.claims.said import Said, text_of, worth_a_look
from pipeline.validate.table import Table, shown
from schemas.findings import Finding

__all__ = ["TEXT_FIELDS", "Contradiction", "Said", "claims_in", "contradicted", "contradictions"]

TEXT_FIELDS = ("name", "description_short", "description_long")


@lru_cache(maxsize=2_048)
def claims_in(raw: str, country: str) -> tuple[Said, ...]:
    """What a text (plain or simple HTML) claims about rate, amount, term, age, fees. Never raises."""
    return _claims(raw, country) if worth_a_look(raw) else ()


def _claims(raw: str, country: str) -> tuple[Said, ...]:
    text = text_of(raw)
    return (*figures_in(text, country), *promises_in(text))


def contradictions(table: Table, countries: Sequence[str]) -> list[Finding]:
    """`description.contradicts` for every row; a field that is absent or could not be read contradicts nothing."""
    texts = {
        (name, i): value
        for name in TEXT_FIELDS
        for i, value in enumerate(table.values.get(name, ()))
        if isinstance(value, str)
    }
    rows: dict[int, list[tuple[str, tuple[Said, ...]]]] = {}
    read = cache(_claims)
    for name, i in _claiming(texts):
        if claims := read(texts[name, i], countries[i]):
            rows.setdefault(i, []).append((name, claims))
    return [finding for i in sorted(rows) for finding in _of_row(table, i, rows[i], countries[i])]


Place = tuple[str, int]
"""Field and position of the row."""


_STEMS = (*FIGURE_STEMS, *PROMISE_STEMS)


def _claiming(texts: Mapping[Place, str]) -> list[Place]:
    """Where the texts stand that may claim something: of ten thousand, nearly none."""
    places = list(compress(texts, worth_looking(list(texts.values()))))
    plain = [place for place in places if "<" not in texts[place] and "&" not in texts[place]]
    silent = {
        place for place, has in zip(plain, having([texts[place] for place in plain], _STEMS), strict=True) if not has
    }
    return [place for place in places if place not in silent]


def _of_row(table: Table, i: int, claimed: Sequence[tuple[str, tuple[Said, ...]]], country: str) -> list[Finding]:
    row = {name: table.given(name, i) for name in CLAIM_FIELDS}
    if row["category"] == "INSURANCE":
        row = {name: row[name] for name in ("age_min", "age_max")}
    place = {id(claim): name for name, claims in reversed(claimed) for claim in claims}  # the first text wins
    every = [claim for _, claims in claimed for claim in claims]
    return [_finding(table, i, place[id(one.said)], one, country) for one in contradicted(every, row)]


def _finding(table: Table, i: int, name: str, one: Contradiction, country: str) -> Finding:
    facts: dict[str, Any] = {
        "said": one.said.words,
        "column": (one.field,),
        "stated": stated(table, i, one.field, country),
    }
    return table.finding("description.contradicts", i, name, None, facts)


def stated(table: Table, i: int, name: str, country: str) -> str:
    """A field's value as a person reads it: the cell's own words, a bare figure with its sign, basis or unit."""
    column = table.at[name][i]
    cell = None if column is None else table.cell(column, i)
    if cell is not None and isinstance(cell.value, str) and not cell.value.strip().replace(".", "").isdigit():
        return shown(cell) or ""
    return _written(name, table.given(name, i), table, i, country)


_MARKS = {
    "EA": "E.A.", "MV": "M.V.", "NAMV": "N.A.M.V.", "NA_SIMPLE": "anual", "MA": "M.A.", "NATV": "N.A.T.V.",
    "TA": "T.A.", "SV": "N.A.S.V.", "DAILY": "E.D.",
}  # fmt: skip
_UNITS = {"month": "meses", "fortnight": "quincenas", "week": "semanas", "day": "días", "year": "años"}


def _written(name: str, value: Any, table: Table, i: int, country: str) -> str:
    if isinstance(value, bool):
        return "Sí" if value else "No"
    if isinstance(value, int):
        unit = _UNITS.get(table.given("term_unit", i) or "", "") if name.startswith("term_") else "años"
        return f"{value} {unit}".rstrip()
    if not isinstance(value, Decimal):
        return str(value)
    figure = figure_shown(value, country)
    if name.startswith("rate_") or name == "default_rate":
        return f"{figure} % {_MARKS.get(table.given('rate_basis', i) or '', '')}".rstrip()
    return f"{figure} %" if name.endswith("_pct") else f"${figure}"
