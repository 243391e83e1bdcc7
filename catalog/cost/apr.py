"""The all-in annual cost (CAT, VTUA, APRC): the one annual rate at which what is paid is worth what was received.

Source: the equation of CAT and of the European APRC, sum of flows / (1 + i)^t = 0 with t in years; the examples of the
European Commission are reproduced in the tests. What we refuse, and why, is ours (assumed).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from fractions import Fraction
from itertools import groupby, pairwise

from catalog.cost.flows import Flows, Stream
from catalog.cost.numbers import CEILING, EXACT, HUNDRED, ONE, ZERO, NoAnswer, plain

_CLOSE = Decimal("1E-30")
_ROUNDS = 200
_FEW = Context(prec=16, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[InvalidOperation, DivisionByZero, Overflow])
_ROUGH_ROUNDS = 20
_ROUGHLY = Decimal("1E-8")
_NOTHING = Decimal("1E-24")
"""A gain of so small a share is what dividing a loan into unrounded payments leaves, not a cost."""


def apr(flows: Flows) -> Decimal:
    """Percent a year (effective), above zero. Raises NoAnswer.

    Any times, any height up to `numbers.CEILING`. Refused: nothing received or nothing paid, payments before the money,
    no more repaid than received, and money that goes back and forth so that several rates could fit.
    """
    with localcontext(EXACT):
        _refuse_what_is_no_loan(flows)
        gain = flows.paid - flows.received
        if abs(gain) <= _NOTHING * max(abs(flows.paid), abs(flows.received)):
            raise NoAnswer("zero_rate", "exactly what was received is repaid: there is no cost")
        if gain < 0:
            raise NoAnswer("negative_rate", "less is repaid than was received")
        return plain((_solved(_sides(flows)).exp() - ONE) * HUNDRED)


def _refuse_what_is_no_loan(flows: Flows) -> None:
    if not any(stream.amount > 0 and stream.count for stream in flows.streams):
        raise NoAnswer("no_payments", "nothing is paid")
    if all(stream.amount > 0 and stream.first > 0 for stream in flows.streams) and flows.received > 0:
        return
    _refuse_back_and_forth(list(_net(flows)))


def _net(flows: Flows) -> Iterator[Decimal]:
    """What is received (less what is paid) at each moment, in order; moments where nothing remains are left out."""
    dated = [(Fraction(0), flows.received)]
    dated += [(moment, -stream.amount) for stream in flows.streams for moment in stream.times()]
    for _, group in groupby(sorted(dated), key=lambda flow: flow[0]):
        net = sum((amount for _, amount in group), ZERO)
        if net:
            yield net


def _refuse_back_and_forth(net: list[Decimal]) -> None:
    if not net or all(amount <= 0 for amount in net):
        raise NoAnswer("amount", "nothing is received")
    if all(amount >= 0 for amount in net):
        raise NoAnswer("no_payments", "nothing is paid")
    if net[0] < 0:
        raise NoAnswer("not_a_loan", "something is paid before anything is received")
    # One change of sign: one rate (Descartes). More: still one above zero if the running balance changes sign once.
    if _sign_changes(net) > 1 and _sign_changes(_running(net)) > 1:
        raise NoAnswer("several_answers", "money goes back and forth: more than one rate may fit")


def _running(net: list[Decimal]) -> Iterator[Decimal]:
    total = ZERO
    for amount in net:
        total += amount
        yield total


def _sign_changes(amounts: Iterable[Decimal]) -> int:
    signs = [amount > 0 for amount in amounts if amount]
    return sum(before != after for before, after in pairwise(signs))


@dataclass(frozen=True, slots=True)
class _Part:
    """A stream with its times as decimals, amounts positive."""

    amount: Decimal
    first: Decimal
    step: Decimal
    count: int


@dataclass(frozen=True, slots=True)
class _Sides:
    at_start: Decimal
    later: tuple[_Part, ...]
    paid: tuple[_Part, ...]
    paid_at_start: Decimal


def _sides(flows: Flows) -> _Sides:
    """Positive parts received and paid; each side's logarithm is what the solver compares."""
    start = flows.received
    parts = [_part(stream) for stream in flows.streams]
    return _Sides(
        at_start=max(start, ZERO),
        later=tuple(_turned(part) for part in parts if part.amount < 0),
        paid=tuple(part for part in parts if part.amount > 0),
        paid_at_start=max(-start, ZERO),
    )


def _part(stream: Stream) -> _Part:
    return _Part(stream.amount, _decimal(stream.first), _decimal(stream.step), stream.count)


def _turned(part: _Part) -> _Part:
    return _Part(-part.amount, part.first, part.step, part.count)


def _decimal(years: Fraction) -> Decimal:
    return Decimal(years.numerator) / years.denominator


def _worth(parts: tuple[_Part, ...], force: Decimal) -> tuple[Decimal, Decimal]:
    """Present value at a force of interest (the logarithm of 1 + i), and minus its slope."""
    value = slope = ZERO
    for part in parts:
        one, late = _stream_worth(part, force)
        value += one
        slope += late
    return value, slope


def _stream_worth(part: _Part, force: Decimal) -> tuple[Decimal, Decimal]:
    """Closed form of the geometric sum, so that 36 payments cost what one does."""
    start = part.amount * (-force * part.first).exp()
    if part.count == 1:
        return start, start * part.first
    ratio = start / part.amount if part.step == part.first else (-force * part.step).exp()
    gap = ONE - ratio
    if not gap:
        ones, steps = Decimal(part.count), Decimal(part.count * (part.count - 1) // 2)
    else:
        power = ratio**part.count
        ones = (ONE - power) / gap
        steps = (ratio * ones - part.count * power) / gap
    return start * ones, start * (part.first * ones + part.step * steps)


def _apart(sides: _Sides, force: Decimal) -> tuple[Decimal, Decimal]:
    """How far, in logarithms, the payments outweigh what was received, and minus the slope of that."""
    paid, paid_slope = _worth(sides.paid, force)
    got, got_slope = _worth(sides.later, force)
    paid += sides.paid_at_start
    got += sides.at_start
    return (paid / got).ln(), paid_slope / paid - got_slope / got


def _solved(sides: _Sides) -> Decimal:
    """Newton on the logarithms, held between brackets. From zero it climbs to the root without overshooting for any
    plain loan (the logarithm of a sum of exponentials is convex); the brackets are for the others.
    """
    highest = (ONE + CEILING / HUNDRED).ln()
    low, high, force = ZERO, highest, _rough(sides, highest)
    for _ in range(_ROUNDS):
        apart, slope = _apart(sides, force)
        low, high = (force, high) if apart > 0 else (low, force)
        ahead = force + apart / slope if slope > 0 else high
        if abs(ahead - force) <= _CLOSE or high - low <= _CLOSE:
            return ahead if slope > 0 else force
        if ahead >= highest and high == highest:
            _refuse_above(sides, highest)
        force = ahead if low < ahead < high else (low + high) / 2
    return force  # a cost so near zero that rounding moves it more than the last step would


def _rough(sides: _Sides, highest: Decimal) -> Decimal:
    """Where to begin: the root to ten digits, by the same steps with few digits; zero where they do not lead to it."""
    force = ZERO
    with localcontext(_FEW):
        for _ in range(_ROUGH_ROUNDS):
            apart, slope = _apart(sides, force)
            ahead = force + apart / slope if slope > 0 else highest
            if not 0 < ahead < highest:
                break
            if abs(ahead - force) <= _ROUGHLY * ahead:
                return ahead
            force = ahead
    return ZERO


def _refuse_above(sides: _Sides, highest: Decimal) -> None:
    if _apart(sides, highest)[0] > 0:
        raise NoAnswer("too_high", "the cost is beyond anything a loan could cost")
