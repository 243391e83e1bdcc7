"""The products of a check as JSON text, written column by column: what ten thousand of them cost is their texts.

Gives exactly what encoding `product_document` of each would give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import chain, compress
from json.encoder import encode_basestring, encode_basestring_ascii
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
_BATCH = 250
"""Rows whose texts are held at once."""
_NULLS = tuple(f',"{name}":null' for name in OFFER)


_WORTH_A_TWIN = 2_000
"""Products. Below, starting a second process costs more than it saves."""


def written_beside(table: Table, positions: Sequence[int], encode: Encode, *, findings: int) -> Iterator[str | bytes]:
    """The products as a JSON list, in pieces: of many the last are written by a twin, which begins at once.

    What the twin tells is UTF-8 already: nobody turns it to and fro on the way out.
    findings: how many of them this process writes meanwhile; one is nearly the work of a product, whose text takes a
    little longer from the twin.
    """
    from pipeline.validate.beside import pieces_beside

    if len(positions) < _WORTH_A_TWIN:
        return _listed(product_pieces(table, positions, encode))
    ours = max(0, 11 * len(positions) - 9 * findings) // 22
    told = pieces_beside(
        lambda: (piece.encode("utf-8", "backslashreplace") for piece in product_pieces(table, positions[ours:], encode))
    )
    return _listed(chain(product_pieces(table, positions[:ours], encode), told))


def _listed(pieces: Iterator[str | bytes]) -> Iterator[str | bytes]:
    """The pieces as one JSON list."""
    between = "["
    for piece in pieces:
        yield between
        yield piece
        between = ","
    yield "]" if between == "," else "[]"


def product_pieces(table: Table, positions: Sequence[int], encode: Encode) -> Iterator[str]:
    """One JSON object a row without errors, many in a piece with commas between them.

    Texts, most of what is written, are written a piece at a time: what one takes of the memory serves all.
    """
    there = {*table.values, "country", "currency"}
    columns = {name: list(map(_column(name, table).__getitem__, positions)) for name in FIELD_NAMES if name in there}
    categories = _column("category", table)
    insured = [categories[i] == "INSURANCE" for i in positions]
    ready = {name: _written(name, values, encode) for name, values in columns.items() if not _is_text(values)}
    for start in range(0, len(positions), _BATCH):
        part = slice(start, start + _BATCH)
        written = {
            name: ready[name][part] if name in ready else _texts(name, values[part], encode)
            for name, values in columns.items()
        }
        yield ",".join(_lines(written, insured[part]))


def _column(name: str, table: Table) -> list[Any]:
    """A field of all rows; the settings say country and currency where a row does not."""
    known = table.known(name)
    if name == "country":
        return [own or country for own, country in zip(known, table.countries, strict=True)]
    if name == "currency":
        countries = _column("country", table)
        return [own or CURRENCY_OF[country] for own, country in zip(known, countries, strict=True)]
    return known


def _lines(written: Mapping[str, list[str]], insured: Sequence[bool]) -> Iterator[str]:
    blank = [""] * len(insured)
    offers = zip(*(written.get(name, blank) for name in OFFER), strict=True)
    for members, offer, insurance in zip(zip(*written.values(), strict=True), offers, insured, strict=True):
        nulls = "" if insurance or all(offer) else "".join(compress(_NULLS, (not member for member in offer)))
        yield f"{{{''.join(members)[1:]}{nulls}}}"


def _is_text(values: list[Any]) -> bool:
    return _TEXTS.issuperset(map(type, values))


def _written(name: str, values: list[Any], encode: Encode) -> list[str]:
    """`,"name":value` of each row; nothing where there is none. A figure that comes again is written once."""
    start = f",{encode(name)}:"
    once = dict(zip(map(id, values), values, strict=True))
    texts = {at: "" if value is None or value == () else start + _json(value, encode) for at, value in once.items()}
    return list(map(texts.__getitem__, map(id, values)))


def _texts(name: str, values: list[str | None], encode: Encode) -> list[str]:
    """The same for texts, by what `encode` itself calls for one."""
    start = f",{encode(name)}:"
    one = encode_basestring if encode(_LETTER) == f'"{_LETTER}"' else encode_basestring_ascii
    return ["" if value is None else start + one(value) for value in values]


_LETTER = "é"


def _json(value: Any, encode: Encode) -> str:
    if isinstance(value, Decimal):
        return f'"{as_text(value)}"'
    if isinstance(value, date):
        return f'"{value.isoformat()}"'
    return encode(value)
