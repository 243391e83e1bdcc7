"""The figures of an amount, each with the power of ten its words give it, and what the cell says of money.

`mm` is millones here (mil miles), as bank sheets use it. A lone `M` is mil or millones: the size decides, or nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from pipeline.reading.bounds import Figure
from pipeline.reading.numerals import Numeral, numeral
from pipeline.reading.scan import Item
from pipeline.reading.values import Note, ambiguous, plain, shown

MILLION = Decimal(1000000)
THOUSAND = Decimal(1000)
BEYOND = Decimal(10**16)
"""No amount is that large; below it, arithmetic with the largest word (billones) stays exact."""
COUNTED: Final = ("SMMLV", "UVT", "UDI", "UMA")
# The warning band of loan amounts (assumed): what a lone "M" must fall into to be decided.
_BAND: Final = {"CO": (Decimal(50000), Decimal(2000000000)), "MX": (Decimal(500), Decimal(50000000))}


@dataclass(slots=True)
class Money:
    """One figure on its way: its readings before and the power of ten its words give it."""

    figure: Figure
    numeral: Numeral
    readings: tuple[Decimal, ...]
    times: Decimal | None
    lone_m: bool

    @property
    def values(self) -> tuple[Decimal, ...]:
        return tuple(plain(r * self.times) if self.times is not None else plain(r) for r in self.readings)


@dataclass(frozen=True, slots=True)
class Said:
    """What the cell says beside its figures."""

    sign: bool
    currency: str | None
    unit: str | None
    tax: str | None
    period: str | None = None


def said_of(stream: Sequence[Item], unit: str | None) -> Said | None:
    """Sign, currency, unit and tax of the whole cell; None when it names two currencies or mixes units."""
    codes = {item.text for item in stream if item.kind == "cur" and item.text not in ("$", "pesos")}
    units = {item.text for item in stream if item.kind in ("unit", "per_million")}
    taxes = {item.text for item in stream if item.kind == "tax"}
    if len(codes) > 1 or len(units) > 1 or len(taxes) > 1:
        return None
    sign = any(item.kind == "cur" for item in stream)
    column = None if sign and unit_of(unit) in COUNTED else unit
    stated = units.pop() if units else unit_of(column)
    periods = {item.text for item in stream if item.kind == "period"}
    period = periods.pop() if len(periods) == 1 else None
    return Said(sign, codes.pop() if codes else None, stated, taxes.pop() if taxes else None, period)


def money_of(found: Sequence[Figure], said: Said | None, country: str | None) -> list[Money] | None:
    """Each figure with its readings; None if a numeral is malformed."""
    parsed = [numeral(figure.text) for figure in found]
    if not all(n.choices and max(map(abs, n.choices)) < BEYOND for n in parsed):
        return None
    currency = said.currency if said else None
    home = {"COP": "CO", "MXN": "MX"}.get(currency or "", country)
    sure = {n.groups_by for n in parsed if n.groups_by}
    result = []
    for figure, parsed_one in zip(found, parsed, strict=True):
        times = _times(figure.after)
        if times is not None and times > MILLION * MILLION:
            return None
        groups = parsed_one.separator in sure or _groups(
            parsed_one.separator, home, said is None or said.sign, times is not None
        )
        readings = parsed_one.choices[:1] if parsed_one.separator and groups else parsed_one.choices
        if times is not None and abs(readings[0]) >= 100 * THOUSAND:
            readings, times = (readings[0], readings[0] * times), None  # "5.000.000 millones": one word too many?
        lone_m = any(item.kind == "m" for item in figure.after)
        result.append(Money(figure, parsed_one, readings, times, lone_m))
    return result


def _groups(separator: str | None, home: str | None, sign: bool, multiplied: bool) -> bool:
    """Does one separator before three digits group thousands? No peso has three decimals; Mexico groups by comma."""
    if home == "CO":
        return separator == "." or not multiplied
    if home == "MX":
        return separator == ","
    return sign and not multiplied


def _times(after: Sequence[Item]) -> Decimal | None:
    """What `mil`, `millones`, `mil millones` multiply by; `y medio` is half of it more and is settled by the figure."""
    times: Decimal | None = None
    for item in after:
        if item.kind == "mult":
            times = Decimal(item.text) * (times if times is not None else 1)
    return times


def summed(money: list[Money]) -> list[Money]:
    """`1 millon 500 mil` is one amount; so is `2 millones y medio`."""
    result: list[Money] = []
    for one in money:
        if any(item.kind == "half" for item in one.figure.after) and one.times is not None:
            one.readings = tuple(r + Decimal("0.5") for r in one.readings)
        last = result[-1] if result else None
        joined = last is not None and one.figure.link is None and one.figure.mark is None
        if last is not None and joined and last.times == MILLION and one.times == THOUSAND and one.values[0] < MILLION:
            last.readings = (last.values[0] + one.values[0],)
            last.times = Decimal(1)
        else:
            result.append(one)
    return result


def mixed(money: Sequence[Money]) -> bool:
    """`$1 a 500 SMMLV`: pesos on one side, a counted unit on the other."""
    signed = [one.figure.has("cur") for one in money]
    units = [one.figure.has("unit") for one in money]
    return len(money) == 2 and any(signed) and signed != units and not all(signed)


def share_words(money: list[Money], country: str | None) -> Note | None:
    """`entre 1 y 5 millones`: the first figure shares the second one's word, if that makes it the smaller one."""
    if len(money) != 2:
        return None
    first, second = money
    if first.lone_m or second.lone_m:
        return None
    if first.times is None and second.times is not None and 0 < abs(first.values[0]) < THOUSAND:
        whole = plain(first.values[0] * second.times)
        if whole > second.values[0]:
            return ambiguous(shown(first.values[0], country), shown(whole, country))
        first.times = second.times
    elif second.times is None and first.times is not None and 0 < abs(second.values[0]) < THOUSAND:
        return ambiguous(shown(second.values[0], country), shown(plain(second.values[0] * first.times), country))
    return None


def decide_m(money: list[Money], country: str | None) -> Note | None:
    """A lone `M`: mil or millones, whichever alone lies where loans are made; else both are shown."""
    lone = [one for one in money if one.lone_m]
    if not lone:
        return None
    low, high = _BAND.get(country or "CO", _BAND["CO"])
    if len(money) == 2 and money[-1].lone_m and not money[0].lone_m and money[0].times is None:
        lone = money
    fitting = [p for p in (THOUSAND, MILLION) if all(low <= one.readings[0] * p <= high for one in lone)]
    if len(fitting) != 1:
        first = lone[-1].readings[0]
        return ambiguous(shown(plain(first * THOUSAND), country), shown(plain(first * MILLION), country))
    for one in lone:
        one.times = fitting[0]
    return None


def unit_of(unit: str | None) -> str:
    known = unit.upper() if unit else ""
    return known if known in COUNTED else "per_million" if unit == "per_million" else "currency"
