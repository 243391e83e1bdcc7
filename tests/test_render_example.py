"""The representative example as shown: stated figures win, ours say so, what is missing is said in words."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import cost
from catalog.render import listing_words, render_site
from catalog.render.structured import structured_data
from catalog.render.view import Example
from catalog.render.worked import MOST_ROWS, all_in_cost, repayment, worked
from schemas.product import Brand, Product

D = Decimal
BRAND = Brand(name="Crédito Alameda")
LOAN = Product(
    code="LIB-001", name="Libre Inversión", description_short="Dinero.", category="INDIVIDUAL", country="CO",
    currency="COP", rate_basis="EA", rate_min=D("16.08"), rate_max=D("24.34"), rate_type="fixed", term_unit="month",
    payment_frequency=("monthly",), example_amount=D(5_000_000), example_term=36, data_as_of=date(2026, 11, 20),
)  # fmt: skip
MEXICAN = dataclasses.replace(
    LOAN, country="MX", currency="MXN", rate_basis="NA_SIMPLE", rate_min=D(28), rate_max=D("39.9"),
    example_amount=D(20_000), example_term=24, term_unit="fortnight", payment_frequency=("fortnightly",),
)  # fmt: skip


def loan(base: Product = LOAN, /, **fields: Any) -> Product:
    return dataclasses.replace(base, **fields)


def shown(product: Product, lang: Any = "es") -> Example:
    example = listing_words(product, BRAND, lang).example
    assert example is not None
    return example


def plain(text: object) -> str:
    return re.sub(r"<[^>]*>", "", str(text)).replace("\u00a0", " ")


def facts(product: Product, lang: Any = "es") -> dict[str, tuple[str, ...]]:
    """Label -> value and notes, as read."""
    return {plain(f.label): (plain(f.value), *map(plain, f.notes)) for f in shown(product, lang).facts}


def document(product: Product) -> dict[str, Any]:
    return dict(json.loads(str(structured_data(product, BRAND))))


def test_a_stated_payment_is_shown_with_the_rate_it_follows_from() -> None:
    """The line of the card and the figures of the page agree with what the Lender stated."""
    product = loan(example_payment=D(190_911), example_total=D(6_872_796))
    assert plain(shown(product).line) == "$5.000.000 a 36 meses: al 24,34 % E.A., 36 cuotas de $190.911"
    assert facts(product) == {
        "Monto": ("$5.000.000",),
        "Plazo": ("36 meses",),
        "Tasa": ("24,34 % E.A.", "La tasa máxima de este producto"),
        "Pagos": ("36 cuotas de $190.911",),
        "Total a pagar": ("$6.872.796",),
        "Costo total": ("El prestamista no informó el costo total con cobros incluidos.",),
    }


def test_a_payment_nobody_stated_is_worked_out_and_said_to_be() -> None:
    """Amount, term and a fixed rate are enough."""
    found = facts(loan())
    assert found["Pagos"] == ("36 cuotas de $190.911", "Calculado por Vitrina con la tasa máxima")
    assert found["Total a pagar"][1:] == ("Calculado por Vitrina",)
    assert plain(shown(loan()).line).endswith("36 cuotas de $190.911 (cuota calculada por Vitrina)")
    assert facts(loan(rate_min=D("24.34")))["Pagos"][1] == "Calculado por Vitrina con la tasa publicada"


@pytest.mark.parametrize(
    "fields",
    [
        {"rate_type": "variable"},
        {"rate_type": None},
        {"rate_basis": None},
        {"rate_min": None, "rate_max": None},
        {"payment_frequency": ("other",)},
        {"example_total": D(9_000_000)},
    ],
)
def test_nothing_is_worked_out_of_too_little(fields: dict[str, Any]) -> None:
    """No fixed rate, no basis, no interval, or a stated total that our payment would deny: said in words."""
    product = loan(**fields)
    assert plain(shown(product).line) == "$5.000.000 a 36 meses: el prestamista no informó la cuota"
    assert facts(product)["Pagos"] == ("El prestamista no informó la cuota",)
    assert facts(product)["Tasa"] == ("El prestamista no informó con qué tasa lo calculó",)
    assert (shown(product).schedule, shown(product).plot) == (None, None)


def test_a_payment_that_follows_from_no_rate_stands_alone() -> None:
    """The Lender's figure is shown; no rate, table or cost of ours contradicts it."""
    product = loan(example_payment=D(250_000), origination_fee_pct=D(3))
    assert plain(shown(product).line) == "$5.000.000 a 36 meses: 36 cuotas de $250.000"
    assert shown(product).schedule is None
    assert facts(product)["Total a pagar"] == ("El prestamista no informó el total a pagar",)
    assert "annualPercentageRate" not in document(product)


def test_the_insurance_is_told_to_be_in_or_out() -> None:
    """A stated payment follows from the terms with the insurance or without."""
    insured = loan(insurance_cost=D(1_500), insurance_unit="per_million_month")
    assert facts(insured)["Pagos"][0::2] == ("36 cuotas de $198.411", "Incluye el seguro asociado")
    assert facts(loan(insured, example_payment=D(198_411)))["Pagos"][1:] == ("Incluye el seguro asociado",)
    assert facts(loan(insured, example_payment=D(190_911)))["Pagos"][1:] == ("No incluye el seguro asociado",)


def test_fees_make_an_all_in_cost() -> None:
    """Colombia: the total cost E.A., ours and dated, where anything is charged beside interest."""
    product = loan(origination_fee_pct=D(3), tax_included=False)
    high = cost.example_loans(product)[1]  # type: ignore[index]
    expected = round(cost.apr(cost.flows(high)), 2)
    assert facts(product)["Costo total"] == (
        f"{expected} % E.A.".replace(".", ",", 1),
        "Calculado por Vitrina para este ejemplo, con datos al 20 de noviembre de 2026",
    )
    assert facts(product)["Total a pagar"][2] == "Incluye $178.500 de otros cobros"
    assert document(product)["annualPercentageRate"] == float(expected) > 24.34


def test_a_stated_cost_wins() -> None:
    """With the date the Lender gave, or words saying that none was given."""
    product = loan(origination_fee_pct=D(3), total_cost_pct=D("31.2"), total_cost_date=date(2026, 10, 31))
    assert facts(product)["Costo total"] == ("31,20 % E.A.", "Calculado al 31 de octubre de 2026")
    undated = facts(loan(product, total_cost_date=None))["Costo total"]
    assert undated == ("31,20 % E.A.", "El prestamista no informó la fecha de cálculo")
    assert document(product)["annualPercentageRate"] == 31.2


def test_mexico_has_a_cat_without_iva() -> None:
    """Worked out even without fees, to one decimal; the bare rate is never the annual percentage rate."""
    value, note = facts(MEXICAN)["CAT"]
    assert re.fullmatch(r"\d\d\.\d% sin IVA", value)
    assert note.startswith("Calculado por Vitrina para este ejemplo")
    assert document(MEXICAN)["annualPercentageRate"] == float(value.split("%")[0]) > 39.9
    assert facts(loan(MEXICAN, total_cost_pct=D("42.6"), total_cost_date=date(2026, 10, 31)))["CAT"] == (
        "42.6% sin IVA",
        "Calculado al 31 de octubre de 2026",
    )


def test_without_fees_the_rate_is_no_all_in_cost() -> None:
    """Colombia: a rate alone does not become an annualPercentageRate."""
    assert "annualPercentageRate" not in document(loan())
    assert all_in_cost(loan(category="INSURANCE")) is None


def test_the_english_page_says_the_same() -> None:
    """Figures the English way, our words in English."""
    product = loan(origination_fee_pct=D(3))
    assert facts(product, "en")["Payments"][0] == "36 payments of COP 190,911"
    assert facts(product, "en")["Payments"][1] == "Worked out by Vitrina at the highest rate"
    said = shown(product, "en")
    assert "190,911" in (said.schedule.rows if said.schedule else "")


def test_the_table_ends_at_zero_and_adds_up() -> None:
    """Every line: payment = interest + principal + insurance; the balance falls to nothing."""
    found = worked(loan(insurance_cost=D(1_500), insurance_unit="per_million_month"))
    assert found is not None
    assert len(found.lines) == 36
    assert found.lines[-1].balance == 0
    assert sum(line.principal for line in found.lines) == 5_000_000
    assert all(line.payment == line.interest + line.principal + 7_500 for line in found.lines)


LOANS = st.builds(
    cost.Loan,
    amount=st.integers(100_000, 900_000_000).map(D),
    rate=st.decimals("0.01", "80", places=2),
    basis=st.sampled_from(["EA", "MV", "NAMV", "NA_SIMPLE"]),
    term=st.integers(2, 120),
    term_unit=st.sampled_from(["month", "fortnight", "week"]),
    currency=st.sampled_from(["COP", "MXN"]),
    insurance_cost=st.integers(0, 3_000).map(D),
    insurance_unit=st.just("per_million_month"),
)


@settings(max_examples=60, deadline=None)
@given(LOANS)
def test_the_table_is_that_of_the_cost_room(one: cost.Loan) -> None:
    """Whole numbers give, to the cent, what `cost.schedule` gives."""
    if one.rate > 10 and one.basis == "MV":
        one = dataclasses.replace(one, rate=one.rate / 10)
    places = 0 if one.currency == "COP" else 2
    lines, insurance = repayment(one)
    rows = cost.schedule(one)
    assert [tuple(D(v).scaleb(-places) for v in line) for line in lines] == [
        (row.payment, row.interest, row.principal, row.balance) for row in rows
    ]
    assert D(insurance).scaleb(-places) == rows[0].insurance


def test_a_rounded_payment_leaves_the_rest_to_the_last_one() -> None:
    """The Lender's own 191.000: the table pays it, the last payment is smaller; far off, the table is ours."""
    found = worked(loan(example_payment=D(191_000)))
    assert found is not None
    assert {line.payment for line in found.lines[:-1]} == {191_000}
    assert 0 < found.lines[-1].payment < 191_000
    assert found.lines[-1].balance == 0


def test_one_payment_needs_no_table() -> None:
    """A bullet loan is one payment; a term beyond all measure is told without a table."""
    bullet = loan(payment_frequency=("bullet",), example_term=90, term_unit="day")
    assert "un solo pago de" in plain(shown(bullet).line)
    assert shown(bullet).schedule is None
    assert shown(loan(example_term=MOST_ROWS + 1)).schedule is None


def test_the_page_folds_the_table_and_draws_the_balance() -> None:
    """A <details> with a row a payment; a plot whose words tell it to those who do not see it."""
    content = render_site([loan()], BRAND).pages["lib-001.html"][1]
    assert content is not None
    html = content.decode()
    folded = html[html.index('<details class="schedule">') : html.index("</details>")]
    assert folded.count('<tr><th scope="row">') == 36
    assert "El saldo baja de $5.000.000 a $0 en 36 pagos." in plain(html.replace("aria-label=", ">"))
    assert re.search(r'<polyline points="0,0 [\d, ]* 640,160"/>', html)


@settings(max_examples=60, deadline=None)
@given(
    st.decimals("0", "1e12", places=2), st.integers(1, 5_000), st.decimals("0", "1000", places=2),
    st.sampled_from(["EA", "MV", "NA_SIMPLE", "DAILY", None]), st.sampled_from(["month", "week", "day", "year", None]),
    st.none() | st.decimals("0", "1e10", places=2), st.sampled_from(["COP", "MXN", None]),
)  # fmt: skip
def test_no_example_raises(
    amount: D, term: int, rate: D, basis: str | None, unit: str | None, payment: D | None, currency: str | None
) -> None:
    """Whatever was accepted is shown."""
    product = loan(
        example_amount=amount, example_term=term, rate_min=rate, rate_max=rate, rate_basis=basis, term_unit=unit,
        example_payment=payment, currency=currency, origination_fee_pct=D(30), platform_fee_amount=D(20_000),
        payment_frequency=(),
    )  # fmt: skip
    assert shown(product).line
    assert document(product)["@type"] == "LoanOrCredit"
