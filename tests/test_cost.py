"""The cost of credit: every published figure we hold is reproduced, and what has no answer says why."""

from __future__ import annotations

import ast
import csv
from contextlib import suppress
from decimal import Decimal, getcontext, localcontext
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from catalog import cost
from catalog.cost import Flows, Loan, NoAnswer, Printed, Stream
from schemas.errors import WrongUse
from schemas.product import Product

DATA = Path(__file__).parent / "data"
SOURCES = sorted((Path(cost.__file__).parent).glob("*.py"))


def D(text: str | int) -> Decimal:  # noqa: N802 - reads as the literal it stands for
    return Decimal(text)


def table(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def percents(least: str, most: str) -> st.SearchStrategy[Decimal]:
    return st.decimals(Decimal(least), Decimal(most), places=4, allow_nan=False, allow_infinity=False)


def months(*amounts: str, received: str = "1000") -> Flows:
    streams = (Stream(D(amount), Fraction(at, 12)) for at, amount in enumerate(amounts, start=1))
    return Flows(D(received), tuple(streams))


# Rate bases


@pytest.mark.parametrize("row", table("cost_conversions.csv"), ids=lambda row: f"{row['basis']}-{row['rate']}")
def test_published_conversions_are_reproduced(row: dict[str, str]) -> None:
    """Our E.A. is the one the table computed, and within its tolerance of the published one unless that is wrong."""
    ea = cost.to_ea(D(row["rate"]), row["basis"])
    assert round(ea, 5) == D(row["computed"])
    assert (abs(ea - D(row["ea"])) <= D(row["tolerance"])) == (row["check"] == "pass")


@pytest.mark.parametrize("row", table("cost_conversions.csv"), ids=lambda row: f"{row['basis']}-{row['rate']}")
def test_wrong_published_conversions_disagree(row: dict[str, str]) -> None:
    """A published pair agrees within its rounding, and the negative controls are reported as disagreeing."""
    first, second = Printed(D(row["rate"]), row["basis"]), Printed(D(row["ea"]), "EA")
    assert cost.agree(first, second).ok == (row["check"] == "pass")
    assert cost.agree(second, first).ok == (row["check"] == "pass")


def test_all_published_bank_pairs_agree() -> None:
    """Every E.A. / M.V. pair printed in bank tariff sheets is consistent within the rounding printed."""
    pairs = table("cost_pairs.csv")
    wrong = [pair for pair in pairs if not cost.agree(Printed(D(pair["mv"]), "MV"), Printed(D(pair["ea"]), "EA")).ok]
    assert (len(pairs), wrong) == (93, [])


@pytest.mark.parametrize(
    ("ea", "mv"), [("24.36", "1.87"), ("24.9", "2.08"), ("24.90", "1.90"), ("26.8242", "2.0001"), ("30", "2.5")]
)
def test_pairs_that_cannot_be_one_rate_disagree(ea: str, mv: str) -> None:
    """An E.A. divided by twelve, a slip of a digit or a wrong column is told apart from rounding."""
    assert not cost.agree(Printed(D(ea), "EA"), Printed(D(mv), "MV")).ok


def test_a_disagreement_says_what_would_follow() -> None:
    """The agreement carries the E.A. that follows from the monthly rate, and the interval its print allows."""
    found = cost.agree(Printed(D("1.87"), "MV"), Printed(D("24.36"), "EA"))
    assert round(found.expected, 2) == D("24.90")
    assert found.low < D("24.83") < found.high < D("24.98")


def test_printed_places_may_come_from_the_cell_format() -> None:
    """A number cell 1.2 shown as 1,20 is a rounding to two places; the bare figure 1.2 is exact."""
    ea = Printed(D("15.45"), "EA")
    assert cost.agree(Printed(D("1.2"), "MV", places=2), ea).ok
    assert not cost.agree(Printed(D("1.2"), "MV"), ea).ok


def test_a_whole_ea_is_rounded_as_printed() -> None:
    """2 % M.V. published as 27 % E.A. (26.82) is consistent with the rounding printed, 28 % is not."""
    assert cost.agree(Printed(D(2), "MV"), Printed(D(27), "EA")).ok
    assert not cost.agree(Printed(D(2), "MV"), Printed(D(28), "EA")).ok


def test_monthly_and_nominal_monthly_agree_without_a_power() -> None:
    """22.8 N.A.M.V. is exactly 1.9 M.V., also when neither is printed with decimals to spare."""
    assert cost.convert(D("22.8"), "NAMV", "MV") == D("1.9")
    assert cost.agree(Printed(D("22.8"), "NAMV"), Printed(D("1.9"), "MV")).ok
    assert not cost.agree(Printed(D("22.8"), "NAMV"), Printed(D("1.8"), "MV")).ok


@pytest.mark.parametrize("basis", cost.BASES)
@given(rate=percents("0.0001", "60"))
@settings(max_examples=40, deadline=None)
def test_every_basis_goes_there_and_back(basis: str, rate: Decimal) -> None:
    """A rate said as E.A. and back is the same to twelve digits."""
    back = cost.from_ea(cost.to_ea(rate, basis), basis) if basis != "DAILY" else None
    daily = cost.from_ea(cost.to_ea(rate / 365, basis), basis) * 365 if back is None else back
    assert abs(daily - rate) <= rate * D("1E-12")


@pytest.mark.parametrize("periods", [12, 24, 26, 52])
@given(rate=percents("0.01", "400"))
@settings(max_examples=30, deadline=None)
def test_simple_annual_rates_go_there_and_back(periods: int, rate: Decimal) -> None:
    """A Mexican simple annual rate keeps its value over any number of payments a year."""
    ea = cost.to_ea(rate, "NA_SIMPLE", periods=periods)
    assert ea > rate
    assert abs(cost.from_ea(ea, "NA_SIMPLE", periods=periods) - rate) <= rate * D("1E-12")


@given(rate=percents("0.01", "300"), more=percents("0.01", "20"), basis=st.sampled_from(sorted(cost.BASES)))
@settings(max_examples=80, deadline=None)
def test_a_dearer_rate_is_dearer_in_every_basis(rate: Decimal, more: Decimal, basis: str) -> None:
    """Conversion never reverses two rates."""
    assert cost.from_ea(rate, basis) < cost.from_ea(rate + more, basis)


def test_known_equivalences() -> None:
    """Textbook equivalences between bases hold."""
    assert round(cost.convert(D(24), "NAMV", "EA"), 4) == D("26.8242")
    assert round(cost.convert(D("26.8242"), "EA", "MV"), 4) == D("2.0000")
    assert round(cost.convert(D(2), "MA", "MV"), 4) == D("2.0408")
    assert round(cost.convert(D(20), "SV", "EA"), 4) == D("21.0000")
    assert round(cost.convert(D("0.05"), "DAILY", "EA"), 4) == D("20.0159")
    assert round(cost.convert(D(24), "NATV", "TA"), 4) == D("22.6415")


def test_an_ea_comes_back_as_it_was_written() -> None:
    """24.90 stays 24.90, whatever was asked about 24.9 before."""
    assert str(cost.to_ea(D("24.9"), "EA")) == "24.9"
    assert str(cost.to_ea(D("24.90"), "EA")) == "24.90"
    assert str(cost.convert(D("1.90"), "MV", "MV")) == "1.90"


def test_answers_are_plain_digits() -> None:
    """No answer is ever written with an exponent or a tail of zeros."""
    assert str(cost.convert(cost.convert(D("1.9"), "MV", "EA"), "EA", "MV")) == "1.9"
    assert str(cost.to_ea(D(0), "MV")) == "0"
    assert str(cost.to_ea(D(100), "SV")) == "125"
    assert str(cost.to_ea(D(200), "SV")) == "300"


@pytest.mark.parametrize(
    ("rate", "basis", "reason"),
    [
        ("24", None, "basis"),
        ("24", "APR", "basis"),
        ("NaN", "MV", "not_a_number"),
        ("Infinity", "EA", "not_a_number"),
        ("100", "MA", "too_high"),
        ("400", "TA", "too_high"),
        ("10000000", "MV", "too_high"),
        ("1E+999999", "EA", "too_high"),
        ("-100", "MV", "too_low"),
    ],
)
def test_rates_without_meaning_are_refused(rate: str, basis: str | None, reason: str) -> None:
    """A rate that cannot be converted says why in a stable word."""
    with pytest.raises(NoAnswer) as refused:
        cost.to_ea(D(rate), basis)
    assert refused.value.reason == reason


def test_period_rates_keep_the_ea_but_divide_a_simple_rate() -> None:
    """An E.A. paid by quincenas compounds to itself; a simple annual rate is divided."""
    fortnight = cost.period_rate(D("24.34"), "EA", 24)
    assert abs(((1 + fortnight / 100) ** 24 - 1) * 100 - D("24.34")) < D("1E-20")
    assert cost.period_rate(D(52), "NA_SIMPLE", 26) == 2
    assert cost.period_rate(D("1.9"), "MV", 12) == D("1.9")


# Payments


@pytest.mark.parametrize("row", table("cost_payments.csv"), ids=lambda row: row["payment"])
def test_published_payments_are_reproduced(row: dict[str, str]) -> None:
    """Level payments of the European examples, to the cent."""
    each = cost.level_payment(D(row["principal"]), D(row["period_rate"]), int(row["periods"]))
    assert cost.rounded(each, "MXN") == D(row["payment"])


def test_the_example_of_a_listing_card() -> None:
    """Five million at 24.34 % E.A. over 36 months is 190,911 pesos a month."""
    loan = Loan(amount=D(5_000_000), rate=D("24.34"), basis="EA", term=36)
    assert cost.rounded(cost.payment(loan), "COP") == 190_911


def test_no_interest_divides_evenly() -> None:
    """A loan at 0 % is the amount over the payments, and its table ends at zero."""
    loan = Loan(amount=D(1000), rate=D(0), basis="EA", term=3)
    assert [row.payment for row in cost.schedule(loan)] == [333, 333, 334]
    assert cost.schedule(loan)[-1].balance == 0


loans = st.builds(
    Loan,
    amount=st.integers(100_000, 900_000_000).map(Decimal),
    rate=percents("0", "90"),
    basis=st.sampled_from(["EA", "NAMV", "NA_SIMPLE"]),
    term=st.integers(1, 84),
    term_unit=st.sampled_from(["month", "fortnight", "week"]),
    frequency=st.sampled_from([None, "monthly", "weekly", "biweekly14", "fortnightly", "bullet"]),
    currency=st.sampled_from(["COP", "MXN"]),
)


@given(loan=loans)
@settings(max_examples=120, deadline=None)
def test_a_table_of_repayment_ends_at_zero_and_adds_up(loan: Loan) -> None:
    """Balances fall to exactly 0, principal adds up to the loan, every line adds up, money is whole units."""
    rows = cost.schedule(loan)
    assert rows[-1].balance == 0
    assert sum(row.principal for row in rows) == loan.amount
    assert all(row.payment == row.interest + row.principal + row.insurance for row in rows)
    assert all(row.principal >= 0 and row.balance >= 0 for row in rows)
    assert all(row.payment == cost.rounded(row.payment, loan.currency) for row in rows)
    # a payment rounded up may end a small loan a little early: only payments that leave a balance are all equal
    assert len({row.payment for row in rows[:-1] if row.balance}) <= 1
    assert len(rows) == cost.count_of(loan)


@given(loan=loans)
@settings(max_examples=100, deadline=None)
def test_payments_reproduce_the_rate(loan: Loan) -> None:
    """Without fees or insurance the all-in cost of a loan is its own effective rate."""
    assume((loan.paid, loan.basis) != ("bullet", "NA_SIMPLE") and loan.rate > D("1E-9"))
    found = cost.apr(cost.flows(loan))
    per_year = 12 if loan.paid == "bullet" else cost.PER_YEAR[loan.paid]
    assert abs(found - cost.to_ea(loan.rate, loan.basis, periods=per_year)) < D("1E-15")


@pytest.mark.parametrize(
    ("term", "unit", "frequency", "count"),
    [
        (12, "month", "monthly", 12),
        (12, "month", "fortnightly", 24),
        (12, "month", "biweekly14", 26),
        (6, "month", "biweekly14", 13),
        (5, "month", "biweekly14", 11),
        (12, "month", "weekly", 52),
        (2, "year", "monthly", 24),
        (26, "week", "biweekly14", 13),
        (90, "day", "monthly", 3),
        (30, "day", "bullet", 1),
        (26, "fortnight", "biweekly14", 26),
        (1, "week", "monthly", 1),
    ],
)
def test_how_many_payments_a_term_holds(term: int, unit: str, frequency: str, count: int) -> None:
    """Catorcenas are 26 a year, quincenas 24, weeks 52; what does not divide goes to the nearest count."""
    assert cost.payments_in(term, unit, frequency) == count


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"frequency": "other"}, "frequency"),
        ({"term": 0}, "periods"),
        ({"term_unit": "decade"}, "periods"),
        ({"amount": D(0)}, "amount"),
        ({"term": 40_000}, "periods"),
        ({"insurance_cost": D(5), "insurance_unit": None}, "basis"),
    ],
)
def test_loans_that_cannot_be_priced_say_why(change: dict[str, object], reason: str) -> None:
    """No payment interval, no term, no amount, an absurd term: each has its word."""
    known: dict[str, object] = {"amount": D(1000), "rate": D(20), "basis": "EA", "term": 12}
    with pytest.raises(NoAnswer) as refused:
        cost.schedule(Loan(**known | change))  # type: ignore[arg-type]
    assert refused.value.reason == reason


terms = st.sampled_from(["month", "fortnight", "week", "day", "year", "decade", ""])
paid = st.sampled_from([None, "monthly", "weekly", "biweekly14", "bullet", "other", ""])
numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15)
wild = st.builds(
    Loan,
    amount=numbers,
    rate=st.decimals(),
    basis=st.sampled_from([*cost.BASES, "", "APR"]),
    term=st.integers(-5, 5000) | st.integers(),
    term_unit=terms,
    frequency=paid,
    insurance_cost=numbers,
    insurance_unit=st.sampled_from([None, "amount", "pct_month", "per_million_month"]),
    insurance_on_balance=st.booleans(),
    origination_fee_pct=numbers,
)


@given(loan=wild)
@settings(max_examples=150, deadline=None)
def test_no_loan_raises_anything_but_its_reason(loan: Loan) -> None:
    """Whatever a loan says, it has a payment and a cost, or NoAnswer tells why."""
    for question in (cost.payment, cost.count_of, lambda one: cost.apr(cost.flows(one))):
        with suppress(NoAnswer):
            question(loan)


# Fees, insurance, taxes


def test_fees_are_taken_out_of_what_is_received() -> None:
    """3 % origination, 5 % aval and 15,000 of platform, with 19 % IVA: 886,950 is received."""
    bare = Loan(amount=D(1_000_000), rate=D("24.34"), basis="EA", term=12)
    loan = Loan(
        amount=D(1_000_000),
        rate=D("24.34"),
        basis="EA",
        term=12,
        origination_fee_pct=D(3),
        guarantee_fee_pct=D(5),
        platform_fee=D(15_000),
        tax_pct=D(19),
    )
    assert loan.fees == D("113050")
    assert cost.flows(loan).received == D("886950")
    assert cost.payment(loan) == cost.payment(bare)
    assert cost.total_paid(loan) == cost.total_paid(bare) + 113_050
    assert cost.apr(cost.flows(loan)) > 50


@pytest.mark.parametrize(
    ("unit", "value", "first"),
    [("pct_month", "0.15", "1500"), ("per_million_month", "1500", "1500"), ("amount", "1500", "1500")],
)
def test_insurance_units_say_the_same(unit: str, value: str, first: str) -> None:
    """0.15 % a month, 1,500 per million and 1,500 pesos are one charge on a loan of a million."""
    loan = Loan(amount=D(1_000_000), rate=D(20), basis="EA", term=12, insurance_cost=D(value), insurance_unit=unit)
    assert {row.insurance for row in cost.schedule(loan)} == {D(first)}
    bare = Loan(amount=D(1_000_000), rate=D(20), basis="EA", term=12)
    assert cost.payment(loan) - cost.payment(bare) == D(first)


def test_insurance_on_the_balance_falls_with_it() -> None:
    """On the balance, insurance starts the same, falls, and costs less than on the amount lent."""
    kwargs = {"amount": D(1_000_000), "rate": D(20), "basis": "EA", "term": 12}
    extra = {"insurance_cost": D(1500), "insurance_unit": "per_million_month"}
    level = Loan(**kwargs, **extra)  # type: ignore[arg-type]
    falling = Loan(**kwargs, **extra, insurance_on_balance=True)  # type: ignore[arg-type]
    charges = [row.insurance for row in cost.schedule(falling)]
    assert charges[0] == 1500
    assert charges == sorted(charges, reverse=True)
    assert 20 < cost.apr(cost.flows(falling)) < cost.apr(cost.flows(level))


def test_insurance_follows_the_payment_frequency() -> None:
    """A monthly charge of 2,400 is 1,200 a quincena."""
    loan = Loan(
        amount=D(1_000_000),
        rate=D(20),
        basis="EA",
        term=12,
        frequency="fortnightly",
        insurance_cost=D(2400),
        insurance_unit="amount",
    )
    assert cost.schedule(loan)[0].insurance == 1200


def test_a_stated_payment_prices_the_loan_instead() -> None:
    """The flows of a Lender's own payment cost what that payment implies."""
    loan = Loan(amount=D(1_000_000), rate=D(20), basis="EA", term=12)
    dearer = cost.flows(loan, stated_payment=cost.payment(loan) * 2)
    assert cost.apr(dearer) > 300


# All-in annual cost


@pytest.mark.parametrize("row", table("cost_apr.csv"), ids=lambda row: row["case"][:30])
def test_published_all_in_costs_are_reproduced(row: dict[str, str]) -> None:
    """Published annual rates, within 0.0005 points of six decimals and in their one printed decimal."""
    found = cost.apr(cost.parse_flows(row["flows"]))
    assert abs(found - D(row["six_places"] or row["computed"])) <= D("0.0000015")
    assert round(found, 1) == D(row["one_place"])


@pytest.mark.parametrize("days", [1, 7, 30, 365, 3650])
@pytest.mark.parametrize("factor", ["1.000001", "1.05", "1.02", "1.03"])
def test_one_payment_has_a_closed_form(days: int, factor: str) -> None:
    """A single repayment costs exactly its growth to the power of 365 over its days."""
    found = cost.apr(Flows(D(1000), (Stream(1000 * D(factor), Fraction(days, 365)),)))
    with localcontext() as context:
        context.prec = 60
        exact = (D(factor) ** (D(365) / days) - 1) * 100
    assert abs(found - exact) <= exact * D("1E-20")


@pytest.mark.parametrize("ea", ["0.0001", "1", "50", "1000", "10000", "250000", "5000000", "1000000000"])
def test_any_height_is_found(ea: str) -> None:
    """From a ten-thousandth of a percent to a thousand million percent, the rate put in comes out."""
    loan = Loan(amount=D(1_000_000), rate=D(ea), basis="EA", term=36)
    assert abs(cost.apr(cost.flows(loan)) / D(ea) - 1) < D("1E-15")


@given(
    payments=st.lists(st.integers(1, 10**9), min_size=1, max_size=20),
    days=st.lists(st.integers(1, 20_000), min_size=20, max_size=20, unique=True),
    share=st.integers(1, 999),
)
@settings(max_examples=100, deadline=None)
def test_the_cost_settles_the_flows(payments: list[int], days: list[int], share: int) -> None:
    """Discounted at the answer, payments at any times are worth what was received."""
    streams = tuple(Stream(D(amount), Fraction(day, 365)) for amount, day in zip(payments, days, strict=False))
    received = D(sum(payments)) * share / 1000
    try:
        found = cost.apr(Flows(received, streams))
    except NoAnswer:
        assume(False)
    with localcontext() as context:
        context.prec = 50
        growth = (1 + found / 100).ln()
        worth = sum(one.amount * (-growth * one.first.numerator / one.first.denominator).exp() for one in streams)
    assert abs(worth / received - 1) < D("1E-18")


@given(dearer=st.integers(1, 100_000), at=st.integers(1, 24))
@settings(max_examples=40, deadline=None)
def test_paying_more_costs_more(dearer: int, at: int) -> None:
    """Any further payment raises the all-in cost."""
    base = cost.flows(Loan(amount=D(1_000_000), rate=D(20), basis="EA", term=24))
    more = Flows(base.received, (*base.streams, Stream(D(dearer), Fraction(at, 12))))
    assert cost.apr(more) > cost.apr(base)


@pytest.mark.parametrize(
    ("flows", "reason"),
    [
        (Flows(D(1000), ()), "no_payments"),
        (months("0", "0"), "no_payments"),
        (months("-5"), "no_payments"),
        (months("500", received="0"), "amount"),
        (months("500", received="-10"), "amount"),
        (months("500", "500"), "zero_rate"),
        (months("500", "400"), "negative_rate"),
        (months("-1000", "1200", received="-100"), "not_a_loan"),
        (months("2300", "-1320", received="1000"), "several_answers"),
        (months("1900", "-2000", "1200", received="1000"), "several_answers"),
        (Flows(D(1), (Stream(D(1000), Fraction(1, 365)),)), "too_high"),
    ],
)
def test_flows_without_one_answer_say_why(flows: Flows, reason: str) -> None:
    """Nothing lent, nothing paid, less repaid than lent, money back and forth: each has its word."""
    with pytest.raises(NoAnswer) as refused:
        cost.apr(flows)
    assert refused.value.reason == reason


def test_a_later_disbursement_is_priced() -> None:
    """Two disbursements before the payments have one rate: 1,000 and 1,000 half a year later, 2,300 after a year."""
    found = cost.apr(Flows(D(1000), (Stream(D(-1000), Fraction(1, 2)), Stream(D(2300), Fraction(1)))))
    assert abs(1000 * (1 + found / 100) + 1000 * (1 + found / 100).sqrt() - 2300) < D("1E-20")


def test_a_refund_at_the_end_is_priced() -> None:
    """A small deposit given back after the last payment still leaves one rate above zero."""
    found = cost.apr(months("600", "600", "-50"))
    assert cost.apr(months("600", "550")) < found < cost.apr(months("600", "600"))


def test_a_payment_at_the_start_nets_what_is_received() -> None:
    """An opening fee at time 0 is the same as receiving less."""
    paid = Flows(D(1000), (Stream(D(20), Fraction(0)), Stream(D(90), Fraction(1, 12), Fraction(1, 12), 12)))
    net = Flows(D(980), (Stream(D(90), Fraction(1, 12), Fraction(1, 12), 12),))
    assert abs(cost.apr(paid) - cost.apr(net)) < D("1E-20")


def test_costs_just_above_nothing_are_found() -> None:
    """Payments above the loan by a cent of a thousand million end the search with a rate of a hair."""
    hair = Stream(D("100.00000000001"), Fraction(1, 12), Fraction(1, 12), 10)
    assert 0 < cost.apr(Flows(D(1000), (hair,))) < D("1E-9")


# Flows as JSON


def test_flows_stay_exact() -> None:
    """Amounts keep their digits and a twelfth of a year is a twelfth."""
    parsed = cost.parse_flows(
        '{"t0": 196000.10, "regular": [{"amount": 1432.86, "count": 240, "step_years": "1/12",'
        ' "first_years": "1/12"}], "extra": [{"t_years": 18.5, "amount": "407.70"}]}'
    )
    assert parsed.received == D("196000.10")
    assert parsed.streams[0] == Stream(D("1432.86"), Fraction(1, 12), Fraction(1, 12), 240)
    assert parsed.streams[1] == Stream(D("407.70"), Fraction(37, 2))


def test_the_first_payment_is_one_step_away_unless_said() -> None:
    """Without first_years a regular payment starts after one step; regular and extra may be left out."""
    parsed = cost.parse_flows('{"t0": 100, "regular": [{"amount": 10, "count": 12, "step_years": "1/12"}]}')
    assert parsed.streams[0].first == Fraction(1, 12)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "JSON"),
        ("[1]", "object"),
        ("[" * 100_000, "JSON"),
        ("{}", "t0"),
        ('{"t0": 1, "t0": 2}', "twice"),
        ('{"t0": NaN}', "NaN"),
        ('{"t0": true}', "t0"),
        ('{"t0": "abc"}', "abc"),
        ('{"t0": 1e999999999}', "t0"),
        ('{"t0": ' + "9" * 5000 + "}", "flows"),
        ('{"t0": "1/3"}', "fraction"),
        ('{"t0": 1, "extras": []}', "extras"),
        ('{"t0": 1, "regular": {}}', "list"),
        ('{"t0": 1, "regular": [5]}', "regular[0]"),
        ('{"t0": 1, "regular": [{"amount": 1, "count": 0, "step_years": 1}]}', "count"),
        ('{"t0": 1, "regular": [{"amount": 1, "count": 1000000000, "step_years": 1}]}', "count"),
        ('{"t0": 1, "regular": [{"amount": 1, "count": 2, "step_years": 0}]}', "step_years"),
        ('{"t0": 1, "regular": [{"amount": 1, "count": 2, "step_years": "1/0"}]}', "step_years"),
        ('{"t0": 1, "regular": [{"amount": 1, "count": 240, "step_years": 1}]}', "200 years"),
        ('{"t0": 1, "extra": [{"t_years": -1, "amount": 5}]}', "t_years"),
        ('{"t0": 1, "extra": [{"amount": 5}]}', "t_years"),
    ],
)
def test_badly_written_flows_say_where(text: str, hint: str) -> None:
    """Whatever is wrong with the JSON, the sentence names the place; nothing else is raised."""
    with pytest.raises(WrongUse) as refused:
        cost.parse_flows(text)
    assert hint in str(refused.value)


# The usury cap


def test_published_usury_caps_are_exact() -> None:
    """Every published cap is IBC x 1.5, half-up to two decimals."""
    rows = table("usury_caps.csv")
    assert [str(cost.cap(D(row["ibc"]))) for row in rows] == [row["cap"] for row in rows]
    assert len(rows) == 17


def test_a_cap_needs_a_positive_interest() -> None:
    """No cap follows from an IBC of zero, below zero or none."""
    for ibc in ("0", "-1", "NaN"):
        with pytest.raises(NoAnswer):
            cost.cap(D(ibc))


# The example of a product


def product(**terms: object) -> Product:
    known: dict[str, object] = {
        "code": "LIB-1",
        "name": "Libre",
        "description_short": "x",
        "category": "INDIVIDUAL",
        "country": "CO",
        "currency": "COP",
        "rate_basis": "EA",
        "rate_min": D("16.08"),
        "rate_max": D("24.34"),
        "example_amount": D(5_000_000),
        "example_term": 36,
    }
    return Product(**known | terms)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stated", "verdict", "scale"),
    [
        ("190911", "agrees", None),
        ("191234", "agrees", None),
        ("180000", "agrees", None),
        ("192000", "disagrees", None),
        ("150000", "disagrees", None),
        ("1909110", "wrong_scale", 10),
        ("1909", "wrong_scale", 100),
        ("190.9", "wrong_scale", 1000),
        ("0", "disagrees", None),
    ],
)
def test_a_stated_payment_is_judged(stated: str, verdict: str, scale: int | None) -> None:
    """Any rate of the range may explain a payment within 0.5 %; 10, 100, 1000 times off is a matter of units."""
    loans = cost.example_loans(product())
    assert loans is not None
    judged = cost.judge_payment(D(stated), loans)
    assert (judged.verdict, judged.scale) == (verdict, scale)


def test_a_stated_total_adds_up_with_its_fees() -> None:
    """Payments plus fees within one peso a payment; a total without the fees does not add up."""
    loans = cost.example_loans(product(guarantee_fee_pct=D(5), tax_included=False))
    assert loans is not None
    assert cost.judge_total(D(191_234 * 36 + 297_500 + 36), D(191_234), loans[1]).verdict == "agrees"
    assert cost.judge_total(D(191_234 * 36), D(191_234), loans[1]).verdict == "disagrees"


def test_products_without_an_example_have_no_loan() -> None:
    """Amount, term and a rate with its basis are needed; an open end of the range stands for both."""
    assert cost.example_loans(product(example_amount=None)) is None
    assert cost.example_loans(product(rate_basis=None)) is None
    assert cost.example_loans(product(rate_basis=None, rate_ea_min=D(20))) is not None
    single = cost.example_loans(product(rate_min=None))
    assert single is not None
    assert single[0].rate == single[1].rate == D("24.34")


def test_the_usual_frequency_is_taken_where_several_are_offered() -> None:
    """A term in months is judged by its monthly payment if that is offered, else by the first frequency."""
    both = cost.example_loans(product(payment_frequency=("fortnightly", "monthly")))
    one = cost.example_loans(product(payment_frequency=("biweekly14", "weekly")))
    assert both is not None
    assert one is not None
    assert (both[0].paid, one[0].paid) == ("monthly", "biweekly14")


# Promises of the module


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_float_touches_money(path: Path) -> None:
    """No float literal, no float() and no round() to one stands in the cost of credit."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), node.lineno
        assert not (isinstance(node, ast.Name) and node.id in {"float", "round"}), node.lineno


def test_the_callers_decimal_context_is_neither_used_nor_changed() -> None:
    """A caller with a precision of 3 gets the same digits, and keeps it."""
    loan = Loan(amount=D(5_000_000), rate=D("24.34"), basis="EA", term=36, origination_fee_pct=D("1.25"))
    expected = (cost.apr(cost.flows(loan)), cost.schedule(loan), cost.to_ea(D("1.8762"), "MV"))
    pair = (Printed(D("1.8762"), "MV"), Printed(D("24.9899"), "EA"))
    with localcontext() as context:
        context.prec = 3
        assert (cost.apr(cost.flows(loan)), cost.schedule(loan), cost.to_ea(D("1.8762"), "MV")) == expected
        assert cost.agree(*pair).ok
        assert getcontext().prec == 3
