"""The usury cap of Colombia."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext

from catalog.cost.numbers import EXACT, NoAnswer, checked

_CENT = Decimal("0.01")


def cap(ibc: Decimal) -> Decimal:
    """Percent E.A. above which interest is usury: one and a half times the certified IBC, half-up to two decimals.

    Source: the figures the press publishes with each certification (tests hold them); Código Penal, art. 305.
    Raises NoAnswer for an IBC that is not a positive number.
    """
    if checked(ibc) <= 0:
        raise NoAnswer("too_low", "the current bank interest is above zero")
    with localcontext(EXACT):
        return (ibc * Decimal("1.5")).quantize(_CENT, rounding=ROUND_HALF_UP)
