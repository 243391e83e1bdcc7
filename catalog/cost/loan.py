"""One loan with everything the client pays: its payments, its table of repayment, its flows.

What the public documentation leaves open is assumed and said here:
- fees (origination, aval or guarantee, platform) are paid once, at disbursement, out of the amount lent;
- IVA is added to those fees where `tax_pct` says so, never to interest nor to insurance;
- insurance is charged with every payment, on the amount lent unless `insurance_on_balance`; `amount` is per month;
- a bullet loan capitalises at its E.A. (NA_SIMPLE: simple interest over the term).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import lru_cache

from catalog.cost.flows import Flows, Stream
from catalog.cost.numbers import EXACT, HUNDRED, ONE, ZERO, NoAnswer, checked
from catalog.cost.payment import level_payment, payments_in, per_year, rounded, usual_frequency, years_in
from catalog.cost.rates import period_rate, to_ea

MOST_ROWS = 3_660
_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loan:
    """An example to price. Money in `currency`, rates and fees in percent, insurance as `insurance_unit` says."""

    amount: Decimal
    rate: Decimal
    basis: str
    term: int
    term_unit: str = "month"
    frequency: str | None = None
    currency: str | None = "COP"
    origination_fee_pct: Decimal = ZERO
    guarantee_fee_pct: Decimal = ZERO
    platform_fee: Decimal = ZERO
    tax_pct: Decimal = ZERO
    insurance_cost: Decimal = ZERO
    insurance_unit: str | None = None
    insurance_on_balance: bool = False

    @property
    def paid(self) -> str:
        """The payment frequency, the usual one for the term's unit where it is not said."""
        return self.frequency or usual_frequency(self.term_unit)

    @property
    def fees(self) -> Decimal:
        """What is paid at disbursement, IVA included."""
        with localcontext(EXACT):
            shares = (self.origination_fee_pct + self.guarantee_fee_pct) / HUNDRED
            return (self.amount * shares + self.platform_fee) * (ONE + self.tax_pct / HUNDRED)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table of repayment; `payment` = interest + principal + insurance, `balance` is after it."""

    number: int
    payment: Decimal
    interest: Decimal
    principal: Decimal
    insurance: Decimal
    balance: Decimal


def count_of(loan: Loan) -> int:
    """How many payments the loan has. Raises NoAnswer."""
    return payments_in(loan.term, loan.term_unit, loan.paid)


def payment(loan: Loan) -> Decimal:
    """The first payment, insurance included, unrounded. Raises NoAnswer."""
    with localcontext(EXACT):
        return level_payment(loan.amount, _rate(loan), count_of(loan)) + _insurance(loan, loan.amount)


def schedule(loan: Loan) -> tuple[Row, ...]:
    """The table of repayment in money as charged; the last payment takes what rounding left, so it ends at 0.

    Raises NoAnswer, also for more than `MOST_ROWS` payments.
    """
    count, rate = count_of(loan), _rate(loan)
    if count > MOST_ROWS:
        raise NoAnswer("periods", f"more than {MOST_ROWS} payments")
    level = rounded(level_payment(loan.amount, rate, count), loan.currency)
    rows: list[Row] = []
    balance = loan.amount
    with localcontext(EXACT):
        for number in range(1, count + 1):
            rows.append(_row(loan, number, balance, due=None if number == count else level))
            balance = rows[-1].balance
    return tuple(rows)


def _row(loan: Loan, number: int, balance: Decimal, *, due: Decimal | None) -> Row:
    interest = rounded(balance * _rate(loan) / HUNDRED, loan.currency)
    principal = balance if due is None else min(due - interest, balance)
    insurance = rounded(_insurance(loan, balance if loan.insurance_on_balance else loan.amount), loan.currency)
    return Row(number, interest + principal + insurance, interest, principal, insurance, balance - principal)


def total_paid(loan: Loan) -> Decimal:
    """Everything the client pays, as charged: all payments, insurance, and the fees. Raises NoAnswer."""
    with localcontext(EXACT):
        return sum((row.payment for row in schedule(loan)), ZERO) + rounded(loan.fees, loan.currency)


def flows(loan: Loan, *, stated_payment: Decimal | None = None) -> Flows:
    """What the client receives and pays, for `apr`; with the Lender's own payment where one is stated.

    Payments are unrounded, so that a loan without fees or insurance costs exactly its rate. Raises NoAnswer.
    """
    with localcontext(EXACT):
        received = loan.amount - loan.fees
        if loan.insurance_on_balance and stated_payment is None:
            return Flows(received, _falling(loan))
        first, step = _interval(loan)
        each = payment(loan) if stated_payment is None else stated_payment
        return Flows(received, (Stream(each, first, step, count_of(loan)),))


def _falling(loan: Loan) -> tuple[Stream, ...]:
    """Payments that shrink with the insurance on the balance: one stream each."""
    count, rate = count_of(loan), _rate(loan) / HUNDRED
    if count > MOST_ROWS:
        raise NoAnswer("periods", f"more than {MOST_ROWS} payments")
    level = level_payment(loan.amount, _rate(loan), count)
    first, step = _interval(loan)
    streams = []
    balance = loan.amount
    for number in range(count):
        streams.append(Stream(level + _insurance(loan, balance), first + step * number))
        balance = balance * (ONE + rate) - level
    return tuple(streams)


def _interval(loan: Loan) -> tuple[Fraction, Fraction]:
    if loan.paid == "bullet":
        return _years(loan), Fraction(0)
    step = _step(loan.paid)
    return step, step


@lru_cache(maxsize=64)
def _step(frequency: str) -> Fraction:
    """Years between two payments. Raises NoAnswer."""
    return Fraction(1, per_year(frequency))


def _years(loan: Loan) -> Fraction:
    return years_in(loan.term, loan.term_unit)


def _rate(loan: Loan) -> Decimal:
    """Percent per payment period; of a bullet loan, over its whole term."""
    if loan.paid != "bullet":
        return period_rate(loan.rate, loan.basis, per_year(loan.paid))
    years = _years(loan)
    with localcontext(EXACT):
        if loan.basis == "NA_SIMPLE":
            return checked(loan.rate) * years.numerator / years.denominator
        growth = ONE + to_ea(loan.rate, loan.basis) / HUNDRED
        return (growth ** (Decimal(years.numerator) / years.denominator) - ONE) * HUNDRED


def _insurance(loan: Loan, base: Decimal) -> Decimal:
    """What one payment carries: the monthly charge times the months between payments."""
    if not loan.insurance_cost:
        return ZERO
    _, step = _interval(loan)
    months = _months(step or _years(loan))
    return _monthly_insurance(loan, base) * months.numerator / months.denominator


@lru_cache(maxsize=4_096)
def _months(years: Fraction) -> Fraction:
    return 12 * years


def _monthly_insurance(loan: Loan, base: Decimal) -> Decimal:
    if loan.insurance_unit == "pct_month":
        return base * loan.insurance_cost / HUNDRED
    if loan.insurance_unit == "per_million_month":
        return base * loan.insurance_cost / _MILLION
    if loan.insurance_unit == "amount":
        return loan.insurance_cost
    raise NoAnswer("basis", f"{loan.insurance_unit!r} is no unit of insurance")
