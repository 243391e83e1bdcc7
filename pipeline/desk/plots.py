"""The rates of a product over time as a line to draw: steps, from release to release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from catalog.store import Lifespan

WIDTH, HEIGHT = 480, 120
_MARGIN = 8


@dataclass(frozen=True, slots=True)
class Plot:
    """Lines (points of an SVG polyline, one for the lowest, one for the highest rate), and what they span.

    low, high: percent E.A.; first, last: the releases at both ends; begins, ends: the first of them and now.
    """

    lines: tuple[str, ...]
    low: Decimal
    high: Decimal
    first: int
    last: int
    begins: datetime
    ends: datetime
    width: int = WIDTH
    height: int = HEIGHT


def rate_plot(lives: Sequence[tuple[datetime, Lifespan]], now: datetime) -> Plot | None:
    """The effective annual rates of a product's versions, oldest first; None where they never changed."""
    told = [(at, life.since, pair) for at, life in lives if (pair := _pair(life))]
    rates = [rate for _, _, pair in told for rate in pair]
    if len({pair for _, _, pair in told}) < 2:
        return None
    begins, ends = told[0][0], max(now, told[-1][0])
    low, high = min(rates), max(rates)

    def line(which: int) -> str:
        points, moments = [], [*(at for at, _, _ in told[1:]), ends]
        for (at, _, pair), until in zip(told, moments, strict=True):
            y = _y(pair[which], low, high)
            points += [f"{_x(at, begins, ends)},{y}", f"{_x(until, begins, ends)},{y}"]
        return " ".join(points)

    lines = tuple(dict.fromkeys((line(0), line(1))))
    return Plot(lines, low, high, told[0][1], told[-1][1], begins, ends)


def _pair(life: Lifespan) -> tuple[Decimal, Decimal] | None:
    product = life.entry.product
    low, high = product.rate_ea_min, product.rate_ea_max
    known = [rate for rate in (low, high) if rate is not None]
    return (known[0], known[-1]) if known else None


def _x(at: datetime, begins: datetime, ends: datetime) -> int:
    return _MARGIN + round((WIDTH - 2 * _MARGIN) * ((at - begins) / (ends - begins) if ends > begins else 0))


def _y(rate: Decimal, low: Decimal, high: Decimal) -> int:
    share = float((rate - low) / (high - low)) if high > low else 0.5
    return HEIGHT - _MARGIN - round((HEIGHT - 2 * _MARGIN) * share)
