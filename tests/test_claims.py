"""Texts against fields (X20): contradictions are told, everything else stays silent."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.validate.claims import claims_in, contradicted
from tests.checking import check_loan, codes
from tests.timing import takes_under

D = Decimal
LOAN: dict[str, Any] = {
    "category": "INDIVIDUAL", "amount_min": D(1_000_000), "amount_max": D(50_000_000), "term_min": 12, "term_max": 60,
    "term_unit": "month", "rate_basis": "EA", "rate_min": D("16.08"), "rate_max": D("24.34"),
    "rate_ea_min": D("16.08"), "rate_ea_max": D("24.34"), "rate_type": "fixed", "default_rate": D("27.5"),
    "total_cost_pct": D("31.2"), "origination_fee_pct": D(3), "guarantee_fee_pct": D(5), "insurance_cost": D(1500),
    "accepts_negative_report": False, "age_min": 18, "age_max": 70, "payment_frequency": ("monthly",),
}  # fmt: skip
PESOS_MX: dict[str, Any] = {
    "category": "INDIVIDUAL", "amount_min": D(3_000), "amount_max": D(100_000), "term_min": 6, "term_max": 48,
    "term_unit": "fortnight", "rate_basis": "NA_SIMPLE", "rate_min": D(28), "rate_max": D("39.9"),
    "rate_ea_min": D("31.89"), "rate_ea_max": D("48.08"), "rate_type": "variable", "total_cost_pct": D("62.4"),
    "accepts_negative_report": True, "payment_frequency": ("fortnightly",),
}  # fmt: skip


def told(text: str, country: str = "CO", /, **changes: Any) -> list[tuple[str, str]]:
    """(field, words) of each contradiction of a text with the loan of its country."""
    row = (PESOS_MX if country == "MX" else LOAN) | changes
    return [(one.field, one.said.words) for one in contradicted(claims_in(text, country), row)]


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ("Crédito con tasa desde 0,9 % m.v.", "rate_min", "desde 0,9 % m.v."),
        ("Tasa del 29,9% E.A. fija", "rate_max", "29,9% E.A."),
        ("Libre inversión al 28,5 % E.A.", "rate_max", "28,5 % E.A."),
        ("Le prestamos al 2,5 % mes vencido.", "rate_max", "2,5 % mes vencido"),
        ("Tasas entre 18 % y 32 % E.A.", "rate_max", "entre 18 % y 32 % E.A."),
        ("Interés del 3 % mensual", "rate_max", "3 % mensual"),
        ("Con una tasa de 45 % usted paga", "rate_max", "tasa de 45 %"),
        ("Rates from 9.9% effective annual", "rate_min", "from 9.9% effective annual"),
        ("Interest rate: 3.5% per month", "rate_max", "3.5% per month"),
        ("Préstamos hasta $80 millones", "amount_max", "hasta $80 millones"),
        ("Le prestamos hasta 20 millones de pesos.", "amount_max", "hasta 20 millones de pesos"),
        ("Solicite desde $500.000 en minutos", "amount_min", "desde $500.000"),
        ("Créditos de $1.000.000 a $30.000.000", "amount_max", "de $1.000.000 a $30.000.000"),
        ("Entre 1 y 80 millones de pesos", "amount_max", "Entre 1 y 80 millones de pesos"),
        ("Loans up to COP 80,000,000", "amount_max", "up to COP 80,000,000"),
        ("Hasta $80.000.000 a 60 meses", "amount_max", "Hasta $80.000.000"),
        ("Plazo hasta 72 meses", "term_max", "hasta 72 meses"),
        ("Hasta 7 años para pagar", "term_max", "Hasta 7 años"),
        ("Plazos de 6 a 60 meses", "term_min", "de 6 a 60 meses"),
        ("De 12 hasta 84 meses de plazo", "term_max", "De 12 hasta 84 meses"),
        ("Pague en 84 meses", "term_max", "Pague en 84 meses"),
        ("Up to 84 months to repay", "term_max", "Up to 84 months"),
        ("Respuesta en 24 horas, hasta 72 meses", "term_max", "hasta 72 meses"),
        ("Sin comisiones ni filas", "origination_fee_pct", "Sin comisiones"),
        ("Sin comisión por apertura.", "origination_fee_pct", "Sin comisión por apertura"),
        ("No fees at all", "origination_fee_pct", "No fees"),
        ("No origination fee", "origination_fee_pct", "No origination fee"),
        ("Crédito sin aval", "guarantee_fee_pct", "sin aval"),
        ("Sin codeudor y sin fianza", "guarantee_fee_pct", "sin fianza"),
        ("Crédito sin seguro", "insurance_cost", "sin seguro"),
        ("Con tasa variable según el mercado", "rate_type", "tasa variable"),
        ("A variable rate loan", "rate_type", "variable rate"),
        ("Para reportados en centrales", "accepts_negative_report", "Para reportados"),
        ("Le prestamos aunque esté reportado", "accepts_negative_report", "aunque esté reportado"),
        ("Personas de 21 a 65 años de edad", "age_max", "de 21 a 65 años"),
        ("Edad: 18 a 75 años", "age_max", "18 a 75 años"),
        ("Para mayores de 25 años", "age_min", "mayores de 25"),
        ("<p>Hasta <b>$80 millones</b></p><ul><li>Simple</li></ul>", "amount_max", "Hasta $80 millones"),
        ("Hasta&nbsp;$80&nbsp;millones", "amount_max", "Hasta $80 millones"),
    ],
)
def test_a_text_that_says_otherwise_is_told(text: str, field: str, words: str) -> None:
    """The field that is denied and the words that deny it, as written."""
    found = dict(told(text))
    assert found.get(field) == words, found


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("Préstamos de 3,000 a 150,000 pesos", "amount_max"),
        ("Hasta $300,000 en su cuenta el mismo día", "amount_max"),
        ("Desde $1,000 MXN", "amount_min"),
        ("Plazos de 6 a 72 quincenas", "term_max"),
        ("Hasta 36 meses para pagar", "term_max"),
        ("Tasa anual fija de 55%", "rate_max"),
        ("Tasa fija del 55 % anual", "rate_max"),
        ("CAT promedio 45.1% sin IVA", "total_cost_pct"),
        ("Tasa fija anual", "rate_type"),
        ("No aceptamos reportados en buró", "accepts_negative_report"),
        ("Up to 200,000 pesos", "amount_max"),
        ("A fixed-rate loan", "rate_type"),
    ],
)
def test_a_mexican_text_is_read_the_mexican_way(text: str, field: str) -> None:
    """Comma thousands, fortnights, simple annual rates and CAT."""
    assert field in dict(told(text, "MX"))


SILENT = """
Financiamos hasta el 90 % del valor del carro
Respuesta en 24 horas y en 3 pasos
Proceso 100 % digital
Gane 100 puntos por cada compra
Llámenos al 300 123 4567 o al 018000 123 456
Oferta válida hasta 2026, desde 2011 con usted
Sin codeudor
Cuota desde $50.000
Cuotas fijas desde $50.000 al mes
Pague cuotas mensuales de $190.911 hasta terminar
Hasta $50 millones a 60 meses, desde 16,08 % E.A.
De $1.000.000 a $50.000.000
Desde 1,25 % m.v. hasta 1,83 % m.v.
Tasa del 20 % E.A.
Tasa de interés del 1,5 %
Tasa 16,1 % E.A.
Tasa desde 16 % E.A.
Tasa de mora 27,5 % E.A.
Tasa de mora del 29 % E.A.
La tasa de usura es 40 % E.A.
IBR + 3,5 % E.A.
Rentabilidad del 9 % E.A. en su ahorro
10 % de descuento en la primera cuota
Baje su tasa hasta un 60 %
Reduzca su tasa en un 60 %
Comisión de apertura del 3 %
Tasa de aprobación del 95 %
Hasta 12 meses de gracia
Empiece a pagar en 3 meses
Extractos de los últimos 3 meses
Mínimo 6 meses de antigüedad laboral
Antigüedad del negocio desde 24 meses
Desembolso en 2 días, respuesta en hasta 3 días
Su crédito aprobado hasta en 2 días hábiles
Con más de 20 años de experiencia
Desde hace 30 años con usted
De 5 a 7 años de historial
Para jóvenes de 18 a 25 años
Personas de 18 a 70 años de edad
Para mayores de 18 años
Crédito para personas de 20 a 60 años
Ingresos desde $1.300.000
Salario mínimo de $1.750.905
Ventas hasta $500.000.000 al año
Gane hasta $5.000.000 en premios
Prima desde $12.900
Cobertura hasta $100.000.000
Más de 2 millones de clientes
Llegamos a 3 millones de colombianos
Sin codeudor hasta $10.000.000
Hasta $10.000.000 sin codeudor y hasta $50.000.000 con codeudor
Primer crédito hasta $5.000.000
Hasta USD 3,000
Hasta 500 SMMLV
Sin comisiones ocultas
Sin comisión por prepago
Sin comisión por pagos anticipados
No hidden fees
No fees for early repayment
Sin seguros obligatorios
Sin avalúo
Tasa fija
Tasa fija o variable
Sin tasa variable
Cuota fija
No aplica para reportados
No reportados
Si se atrasa será reportado a las centrales
Hasta 60 meses
Hasta 5 años de plazo
De 12 a 60 meses
12, 24, 36, 48 y 60 meses
Plazo de 36 meses
36 cuotas de $190.911
Up to 60 months
From 12 to 60 months
24/7
Compra de cartera: una sola cuota desde $150.000
Aprobamos hasta 3 veces su salario
Retire hasta $2.000.000 diarios en cajeros
Ahorre hasta un 30 % en intereses
Tasa 0 % durante los primeros 3 meses
Hasta 6 meses sin intereses
Su primera cuota a los 60 días
Plazo de respuesta: 2 días
Hipotecario para personas hasta 70 años
El interés moratorio es 2 % mensual
Inflación de 5,1 % anual
De $100.000 hasta $900.000 en su primer crédito
Entre $1.000.000 y $5.000.000 la tasa es 20 % E.A.
Crédito sin seguro de desempleo
Sin comisión si paga a tiempo
Interest-free for up to 3 months
Monthly payments from $50
Save up to 50% on interest
Aplican condiciones 1.2.3
Ley 1328 de 2009
NIT 900.123.456-7
Calle 100 # 8-60
"""


@pytest.mark.parametrize("text", SILENT.strip().splitlines())
def test_what_agrees_or_speaks_of_something_else_stays_silent(text: str) -> None:
    """No false alarm: percents of other things, hours, steps, phones, years, payments, promises with a limit."""
    assert told(text) == []


def test_the_example_in_words_agrees_with_itself() -> None:
    """The card's own line is no contradiction."""
    assert told("$5.000.000 a 36 meses: al 24,34 % E.A., 36 cuotas de $190.911") == []


def test_a_field_is_contradicted_once() -> None:
    """The widest figure of several is the one told."""
    assert told("Hasta $60 millones. Hasta $70 millones. Hasta $80 millones.") == [("amount_max", "Hasta $80 millones")]


def test_unknown_fields_deny_nothing() -> None:
    """What the Lender left empty or nobody could read contradicts no text."""
    claims = claims_in(
        "Desde 0,9 % m.v., hasta $80 millones a 84 meses, sin comisiones, tasa fija, para reportados", "CO"
    )
    assert contradicted(claims, {}) == ()


def test_a_rate_without_a_basis_in_the_row_is_not_judged() -> None:
    """Nothing is compared where the row does not say what its rate is."""
    assert told("Tasa del 45 % E.A.", rate_basis=None, rate_ea_min=None, rate_ea_max=None) == []


@pytest.mark.parametrize(
    ("text", "basis", "low", "high"),
    [("1,2 % m.v.", "EA", "15.39", "15.39"), ("15,4 % E.A.", "MV", "1.2", "1.2"), ("24 % N.A.M.V.", "MV", "2", "2")],
)
def test_rates_are_compared_across_bases(text: str, basis: str, low: str, high: str) -> None:
    """Within the rounding printed, one rate may be said in another basis."""
    changes = {"rate_basis": basis, "rate_min": D(low), "rate_max": D(high), "rate_ea_min": None, "rate_ea_max": None}
    assert told(text, **changes) == []
    assert told(text, **(changes | {"rate_min": D(low) * 2, "rate_max": D(high) * 2})) != []


def test_terms_are_compared_across_units() -> None:
    """A term in years or days against months."""
    assert told("Plazo hasta 1800 días") == []
    assert told("Plazo hasta 260 semanas") == []
    assert dict(told("Plazo hasta 900 días")).keys() == {"term_max"}


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300))
def test_no_text_raises(text: str) -> None:
    """Whatever people write is read or left alone."""
    for country in ("CO", "MX"):
        contradicted(claims_in(text, country), LOAN)


_PIECES = (
    "hasta desde entre de a y - $ % tasa interés E.A. m.v. mensual 50 1.000.000 3,5 0 99999999999 meses años millones "
    "mil pesos sin comisión aval seguro no fija variable reportado edad mayores CAT < > &nbsp; <b> . , ; "
    "\n 1e5 ٣ ½ ² １２"
).split(" ")


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=40).map(" ".join))
def test_no_mixture_of_our_words_raises(text: str) -> None:
    """The grammar's own words in any order."""
    for country in ("CO", "MX"):
        contradicted(claims_in(text, country), LOAN)


@pytest.mark.parametrize(
    "unit",
    [
        "hasta $5 ", "1 ", "1", "1.", "1,", "$", "% ", "hasta ", "tasa de ", "<", "< ", "<a ", "&", "sin ", "12 a 60 ",
        "desde 1,2 % m.v. ", "hasta 60 meses ", "a", " ", "e.a. ", "tasa fija ", "1 a ", "de 18 a 70 años de edad ",
        "no no ", "cat de ",
        "1.000.000.000 ", "mayor de 18 ", "\n", "para reportados ", "sin comision ", "hasta $1 a $2 ",
    ],
)  # fmt: skip
def test_long_texts_stay_cheap(unit: str) -> None:
    """10,000 characters of anything take under 50 ms."""
    text = (unit * 10_000)[:9_990] + "9% fija"
    claims_in.__wrapped__("hasta $5 millones", "CO")
    assert takes_under(0.05, lambda: claims_in.__wrapped__(text, "CO"))


def test_plain_descriptions_cost_next_to_nothing() -> None:
    """10,000 texts that claim nothing take under 0.3 s together."""
    plain = "Dinero para lo que necesite, con atención cercana y sin codeudor. Lo estudiamos pronto y va a su cuenta. "
    texts = [f"{plain * 3}{chr(97 + n % 26)}{'x' * (n % 90)}" for n in range(10_000)]
    assert not any(claims_in.__wrapped__(text, "CO") for text in texts)
    assert takes_under(0.3, lambda: [claims_in.__wrapped__(text, "CO") for text in texts])


def test_the_report_says_what_the_text_and_the_cell_say(tmp_path: Path) -> None:
    """One warning a product and field, at the description's cell, in the words of both; it holds nothing."""
    text = "Hasta $80 millones, a 72 meses. ¡Hasta $80 millones!"
    document = check_loan(
        tmp_path, **{"Descripción": text, "Descripción larga": text, "Monto": "$1.000.000 a $5.000.000"}
    )
    found = [one for one in document["findings"] if one["code"] == "description.contradicts"]
    assert [(one["severity"], one["effect"], one["field"]) for one in found] == [
        ("warning", "none", "description_short")
    ]
    assert "«Hasta $80 millones»" in found[0]["message"]
    assert "«$1.000.000 a $5.000.000»" in found[0]["message"]
    assert document["valid"] == 1


def test_a_cell_nobody_could_read_contradicts_nothing(tmp_path: Path) -> None:
    """Unknown neither passes nor multiplies."""
    document = check_loan(tmp_path, Descripción="Hasta $80 millones", Monto="Capacidad de pago")
    assert codes(document) & {"description.contradicts"} == set()
