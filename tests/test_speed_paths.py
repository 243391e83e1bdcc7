"""Quick ways give what the slow ways give."""

from __future__ import annotations

import json
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import cost
from catalog.cost import Flows, Loan, NoAnswer, Stream, Terms, apr, apr_to, flows
from catalog.cost.numbers import EXACT
from catalog.cost.rates import _root
from pipeline import report
from pipeline.cli.session import _pieces
from pipeline.reading import read_sound, read_text
from pipeline.reading.plain import _mended, _sound
from pipeline.run.checking import check
from pipeline.validate.claims import _claiming, claims_in
from pipeline.validate.claims.glance import worth_looking
from pipeline.validate.claims.said import _FOLD, folded, worth_a_look
from pipeline.workbook import Cell
from schemas.settings import load_settings
from tests.checking import DAY, LOAN
from tests.workbooks import build

_BITS = [
    "Ã©",
    "A\u0303\xa9",
    "aN/Ab",
    "_x0007_",
    "\u200b",
    "\ud800",
    "e\u0301",
    "\r\n",
    "\t",
    "\xa0",
    "\x85",
    "ñ",
    "€",
    "–",
]
_TEXTS = st.lists(st.sampled_from(_BITS) | st.text(max_size=3), max_size=6).map("".join)
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@given(_TEXTS)
def test_a_sound_text_is_read_as_the_slow_look_reads_it(text: str) -> None:
    """What the quick look lets through has nothing to mend and nothing to tell."""
    assert _sound(text) in (None, _mended(text))


@given(_TEXTS)
def test_bytes_fold_as_characters_do(text: str) -> None:
    """Letter for letter, so that places stay places."""
    assert folded(text) == text.translate(_FOLD)


@given(st.dictionaries(st.text(), st.lists(st.integers(), max_size=3) | st.none(), max_size=3), st.integers(0, 1_700))
def test_a_document_in_pieces_is_the_document(document: dict[str, object], length: int) -> None:
    """Batches of a long list leave no trace in the text."""
    whole = {**document, "long": [{"n": n} for n in range(length)]}
    assert "".join(_pieces(whole, _ENCODE)) == _ENCODE(whole)


@given(st.integers(1, 400), st.integers(1, 360))
def test_a_rough_beginning_leads_to_the_same_cost(rate: int, months: int) -> None:
    """A loan without fees costs its rate to the last of 28 digits, wherever the search began."""
    loan = Loan(amount=Decimal(5_000_000), rate=Decimal(rate), basis="EA", term=months)
    assert abs(apr(flows(loan)) - rate) < Decimal("1E-22")


def test_a_cost_the_rough_steps_do_not_reach_is_refused_as_ever() -> None:
    """A fifth of the loan for one day is beyond the ceiling, and said to be."""
    with pytest.raises(NoAnswer, match="beyond"):
        apr(Flows(Decimal(1), (Stream(Decimal("1.2"), Fraction(1, 365)),)))


_VALUES = st.lists(st.none() | st.floats(0, 99) | st.sampled_from(["#N/A", " a ", "", "Plan"]) | _TEXTS, max_size=8)


@given(_VALUES)
def test_many_texts_are_read_as_one_by_one(values: list[str | float | None]) -> None:
    """Of a run, those that are sound are what `read_text` says; the others are named."""
    found, others = read_sound(values)
    for i, value in enumerate(values):
        if i not in others:
            read = read_text(Cell(value))
            assert (found[i], ()) == (read.value, read.notes)


_CLAIMS = (
    "sin ", "ni ", "no ", "comisiones", "<b>", "</b>", "&#37;", "tasa ", "uno dos ", "fija", "variables ", "hasta ",
    "$5 millones", "12", " meses", "24,9%", " E.A.", "reportados ", "a ", "without ", "fees", "fixed rate", "libre de ",
    "0% ", "aval ", "–", "ж", "\n", "edad ", "18 a 70 años",
)  # fmt: skip
_DESCRIPTIONS = st.lists(st.lists(st.sampled_from(_CLAIMS), max_size=7).map("".join), max_size=9)


@given(_DESCRIPTIONS)
def test_texts_looked_through_at_once_are_those_worth_a_look(texts: list[str]) -> None:
    """No claim is missed, none is found across the end of a text, and those left out claim nothing."""
    assert worth_looking(texts) == [worth_a_look(text) for text in texts]
    places = {("name", i): text for i, text in enumerate(texts)}
    left = places.keys() - set(_claiming(places))
    assert not any(claims_in(places[place], "CO") for place in left)


def test_products_written_by_columns_are_the_document(tmp_path: Path) -> None:
    """Loans and insurance, a country of their own or of the settings, ends left open, texts with quotes."""
    rows = [
        {**LOAN, "Código": "A", "Nombre": 'Plan "ñ"', "Plazo": "hasta 12 meses", "Requisitos": "uno; dos"},
        {**LOAN, "Código": "B", "Tasa": "IBR + 5", "País": "MX", "Monto": None},
        {**LOAN, "Código": "C", "Categoría": "INSURANCE", "Tasa": None, "Monto": None, "Prima": 30_000},
        {**LOAN, "Código": "D", "Plazo": "12 quincenas"},
    ]
    headers = list(dict.fromkeys(name for row in rows for name in row))
    lines: list[list[object]] = [[*headers], *([row.get(name) for name in headers] for row in rows)]
    found = load_settings(environ={}, home=tmp_path, folder=tmp_path)
    checked = check(build(tmp_path / "p.xlsx", {"Productos": lines}), found, as_of=DAY)
    assert len(checked.products) > 1
    assert "".join(_pieces(report.check_writer(checked, "es", _ENCODE), _ENCODE)) == _ENCODE(
        report.check_document(checked, "es")
    )


@given(st.decimals("1.000001", "3.99", places=12), st.sampled_from((2, 4, 12, 24, 26, 52, 365)))
def test_a_root_by_steps_is_the_root(value: Decimal, degree: int) -> None:
    """To the last of the digits that are given out, and some more."""
    with localcontext(EXACT):
        assert abs(_root(value, degree) - value ** (1 / Decimal(degree))) < Decimal("1E-40")


_MONEY = st.integers(1, 10**9).map(Decimal)
_PERCENTS = st.decimals("0", "90", places=2)


@given(_MONEY, st.integers(1, 240), st.decimals("0.9", "3", places=4), st.sampled_from((12, 24, 26, 52)))
def test_a_cost_with_few_digits_is_the_cost_rounded(lent: Decimal, count: int, times: Decimal, year: int) -> None:
    """Whatever is lent and repaid: the same figure, or the same refusal."""
    step = Fraction(1, year)
    paid = Flows(lent, (Stream(lent * times / count, step, step, count),))
    try:
        exact = apr(paid)
    except NoAnswer:
        with pytest.raises(NoAnswer):
            apr_to(paid, 2)
    else:
        assert apr_to(paid, 2) == exact.quantize(Decimal("0.01"), context=EXACT)


_TERMS = st.builds(
    Terms,
    example_amount=_MONEY,
    example_term=st.integers(1, 120),
    rate_min=_PERCENTS,
    rate_max=st.none() | _PERCENTS,
    rate_basis=st.sampled_from(("EA", "MV", "NAMV", None)),
    term_unit=st.sampled_from((None, "month", "week")),
    payment_frequency=st.sampled_from((None, ("monthly",), ("weekly", "monthly"), ("weekly",))),
    currency=st.just("COP"),
    country=st.just("CO"),
    origination_fee_pct=st.none() | _PERCENTS,
    guarantee_fee_pct=st.none() | _PERCENTS,
    platform_fee_amount=st.none() | _MONEY,
    insurance_cost=st.none() | st.integers(0, 2_000).map(Decimal),
    insurance_unit=st.sampled_from((None, "amount", "per_million_month", "pct_month")),
    tax_included=st.sampled_from((None, True, False)),
    rate_ea_min=st.none() | _PERCENTS,
    rate_ea_max=st.none() | _PERCENTS,
)


@given(_TERMS, st.decimals("0.98", "1.02", places=4), st.integers(-400, 400), st.decimals("5", "60", places=2))
@settings(max_examples=100, deadline=None)
def test_a_plain_example_is_judged_as_exactly(terms: Terms, share: Decimal, off: int, cap: Decimal) -> None:
    """What few digits are sure of is what all digits say: payment, total, all-in cost and the cap."""
    plain, loans = cost.plain_example(terms), cost.example_loans(terms)
    if plain is None or loans is None:
        return
    each = round(cost.payment(loans[1]) * share, 2)
    if cost.surely_agrees(each, plain):
        assert cost.judge_payment(each, loans).verdict == "agrees"
    total = each * plain.payments + loans[1].fees + off
    if cost.surely_adds_up(total, each, plain):
        assert cost.judge_total(total, each, loans[1]).verdict == "agrees"
    found = cost.all_in_to(each, plain, 2)
    if found is not None:
        assert found == apr_to(flows(loans[1], stated_payment=each), 2)
        assert found <= cap or not cost.surely_costs_less(cap, each, plain)
