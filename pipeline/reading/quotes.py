"""The figures of a rate cell, each with its basis, gathered into ranges and pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from pipeline.reading.bounds import Figure, Span, arrange, figures
from pipeline.reading.numerals import numeral
from pipeline.reading.scan import Item
from pipeline.reading.values import Rate, places

HUNDRED = Decimal(100)


@dataclass(slots=True)
class Quote:
    """One figure on its way to a rate."""

    figure: Figure
    value: Decimal
    basis: str | None
    other: Decimal | None = None
    """In basis points with a fraction: what the figure is in percentage points, which may be meant."""


def grouped(stream: Sequence[Item]) -> list[list[Quote]] | None:
    """Figures gathered by basis, in order of appearance; None if the stream does not hang together."""
    walked = figures(stream)
    if walked is None:
        return None
    found = walked[0]
    quotes = []
    for figure, basis in zip(found, _bases(found, stream), strict=True):
        found_values = _values(figure)
        if found_values is None or basis == "?":
            return None
        quotes.append(Quote(figure, found_values[0], basis, found_values[1]))
    _fill(quotes)
    names = list(dict.fromkeys(q.basis for q in quotes))
    return [[q for q in quotes if q.basis == name] for name in names]


def _values(figure: Figure) -> tuple[Decimal, Decimal | None] | None:
    """The figure in percent, and what else basis points may mean; a spread after `-` is negative."""
    found = numeral(figure.text)
    if not found.choices or (len(found.choices) > 1 and not found.separator):
        return None
    value, other = found.choices[-1], None
    if any(i.kind == "pts" and i.text == "100" for i in figure.after):
        # basis points are whole numbers: `1.051 pbs` groups thousands, `10,51 pbs` may be 10,51 points (assumed)
        points = found.choices[0]
        value = points / HUNDRED
        other = points if points != points.to_integral_value() and abs(points) < HUNDRED else None
    if any(i.kind == "minus" for i in figure.before):
        return -value, -other if other is not None else None
    return value, other


def _bases(found: Sequence[Figure], stream: Sequence[Item]) -> list[str | None]:
    """Each figure's own basis word, after it (`24% E.A.`) or before it (`E.A.: 24%`); `?` for two that disagree."""
    kinds = [i.kind for i in stream if i.kind in ("basis", "annual", "unsupported", "num")]
    leading = bool(kinds) and kinds[0] != "num" and kinds[-1] == "num" and not found[0].has("index")
    result = []
    for n, figure in enumerate(found):
        if leading:
            near = figure.before + (found[n - 1].after if n else [])
        else:
            index_own = figure.has("index")
            near = figure.after + [i for i in figure.before if not (index_own and i.text == "MV")]
        stated = list(dict.fromkeys(_named(i) for i in near if i.kind in ("basis", "unsupported")))
        vague = [i.text for i in near if i.kind == "annual"]
        result.append("?" if len(stated) > 1 else stated[0] if stated else f"annual/{vague[0]}" if vague else None)
    return result


def _named(item: Item) -> str:
    return item.text if item.kind == "basis" else f"unsupported/{item.text}"


def _fill(quotes: list[Quote]) -> None:
    """`15% a 20% E.A.`: a figure without a basis takes the next one's, else the one before."""
    for after, quote in pairwise(reversed(quotes)):
        quote.basis = quote.basis or after.basis
    for before, quote in pairwise(quotes):
        quote.basis = quote.basis or before.basis


def with_asides(main: list[list[Quote]] | None, asides: list[list[list[Quote]] | None]) -> list[list[Quote]] | None:
    """All groups; the two asides of `15% E.A. (1,2% M.V.) a 20% E.A. (1,5% M.V.)` are one range of their own."""
    if main is None or None in asides:
        return None
    more = [group for groups in asides if groups for group in groups]
    if len(more) == 2 and len(more[0]) == len(more[1]) == 1 and more[0][0].basis == more[1][0].basis:
        more[1][0].figure.link = "to"
        more = [more[0] + more[1]]
    return main + more


def span_of(group: list[Quote], every: list[Quote]) -> Span | None:
    """The group as a range. In `15% E.A. - 1,2% M.V. a 20% E.A. - ...` the joining word may stand further on."""
    figs = [q.figure for q in group]
    if len(group) == 2 and figs[1].mark is None and figs[1].link != "to":
        between = every[every.index(group[0]) + 1 : every.index(group[1]) + 1]
        if len(between) > 1 and any(q.figure.link == "to" for q in between):
            figs[1].link = "to"
    span = arrange(figs)
    if span and len(group) == 2 and figs[1].link == "to" and not figs[1].mark and group[0].value > group[1].value:
        return None if group[0].basis is None and not figs[0].mark else span
    return span


def rate_of(group: list[Quote], span: Span) -> Rate:
    low = group[span.low].value if span.low is not None else None
    high = group[span.high].value if span.high is not None else None
    return Rate(
        low,
        high,
        places_low=places(low) if low is not None else 0,
        places_high=places(high) if high is not None else 0,
    )


def beside(rate: Rate, group: list[Quote], main: Span) -> Rate:
    """A single second figure says again the end it stands beside: the upper one of a range."""
    if len(group) != 1 or main.low == main.high:
        return rate
    only, printed = group[0].value, places(group[0].value)
    if main.high is None:
        return Rate(only, None, places_low=printed)
    return Rate(None, only, places_high=printed)


def as_written(quote: Quote) -> str:
    return quote.figure.text + ("%" if quote.figure.has("pct") else "")
