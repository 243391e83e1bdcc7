"""The products of a check as JSON text, written column by column: what ten thousand of them cost is their texts.

Gives exactly what encoding `product_document` of each would give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain, compress, islice
from typing import TYPE_CHECKING, Any

from schemas.product import FIELD_NAMES, as_text
from schemas.settings import CURRENCY_OF

if TYPE_CHECKING:
    from pipeline.validate.table import Table

Encode = Callable[[Any], str]
OFFER = (
    "amount_min", "amount_max", "rate_min", "rate_max", "rate_basis", "rate_ea_min", "rate_ea_max",
    "term_min", "term_max", "term_unit",
)  # fmt: skip
"""Fields of an offer are always there, null where the Lender did not say; insurance has none of them."""
_TEXTS = frozenset((str, type(None)))
_FEW = 100
_NULLS = tuple(f',"{name}":null' for name in OFFER)


_WORTH_A_TWIN = 2_000
"""Products. Below, starting a second process costs more than it saves."""


def written_beside(table: Table, positions: Sequence[int], encode: Encode, *, findings: int) -> Iterator[str]:
    """The products as a JSON list, in pieces: of many the last are written by a twin, which begins at once.

    findings: how many of them this process writes meanwhile; one is nearly the work of a product, whose text takes a
    little longer from the twin.
    """
    from pipeline.validate.beside import beside

    if len(positions) < _WORTH_A_TWIN:
        return _listed(product_lines(table, positions, encode), iter(()))
    ours = max(0, 11 * len(positions) - 9 * findings) // 22
    told = beside(lambda: list(in_batches(product_lines(table, positions[ours:], encode))))
    return _listed(product_lines(table, positions[:ours], encode), _later(told))


def _later(told: Callable[[], Iterable[str]]) -> Iterator[str]:
    yield from told()


def _listed(first: Iterable[str], pieces: Iterator[str]) -> Iterator[str]:
    """Lines and then pieces of several lines, as one JSON list."""
    between = "["
    for piece in chain(in_batches(first), pieces):
        yield between + piece
        between = ","
    yield "]" if between == "," else "[]"


def product_lines(table: Table, positions: Sequence[int], encode: Encode) -> Iterator[str]:
    """One JSON object a row, for rows without errors."""
    written = {name: _written(name, table, positions, encode) for name in FIELD_NAMES if name in _names(table)}
    blank = [""] * len(positions)
    offers = zip(*(written.get(name, blank) for name in OFFER), strict=True)
    insured = (table.values["category"][i] == "INSURANCE" for i in positions)
    for members, offer, insurance in zip(zip(*written.values(), strict=True), offers, insured, strict=True):
        nulls = "" if insurance or all(offer) else "".join(compress(_NULLS, (not member for member in offer)))
        yield f"{{{''.join(members)[1:]}{nulls}}}"


def _names(table: Table) -> set[str]:
    return {*table.values, "country", "currency"}


def _written(name: str, table: Table, positions: Sequence[int], encode: Encode) -> list[str]:
    """`,"name":value` of each row; nothing where there is none. A figure that comes again is written once."""
    values = _values(name, table, positions)
    start = f",{encode(name)}:"
    if str in set(map(type, values[:_FEW])) and _TEXTS.issuperset(map(type, values)):
        return ["" if value is None else start + encode(value) for value in values]
    once = {id(value): value for value in values}
    texts = {at: "" if value is None or value == () else start + _json(value, encode) for at, value in once.items()}
    return [texts[id(value)] for value in values]


def _values(name: str, table: Table, positions: Sequence[int]) -> list[Any]:
    """A field of the rows; the settings say country and currency where a row does not."""
    known = table.known(name)
    if name == "country":
        known = [own or country for own, country in zip(known, table.countries, strict=True)]
    elif name == "currency":
        countries = _values("country", table, range(len(known)))
        known = [own or CURRENCY_OF[country] for own, country in zip(known, countries, strict=True)]
    return [known[i] for i in positions]


def _json(value: Any, encode: Encode) -> str:
    if isinstance(value, Decimal):
        return f'"{as_text(value)}"'
    if isinstance(value, date):
        return f'"{value.isoformat()}"'
    return encode(value)


def in_batches(lines: Iterable[str], size: int = 500) -> Iterator[str]:
    """The lines many at a time, with the comma between them."""
    rest = iter(lines)
    while batch := list(islice(rest, size)):
        yield ",".join(batch)
