"""The voice: every finding reads as a careful colleague would say it, in the reader's language and figures."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import wording
from schemas.findings import Fact, Finding
from schemas.requirements import codes, finding, load
from schemas.wording.facts import as_seen

D = Decimal
FACTS: dict[str, Fact] = {
    "text": "Crédito",
    "number": 37,
    "percent": D("24.90"),
    "points": D("0.30"),
    "money": D("5000000"),
    "figure": D("41"),
    "day": date(2026, 11, 1),
    "month": date(2026, 1, 1),
    "list": ("12,5", "12.500"),
    "basis": "MV",
    "unit": "month",
    "modality": "productivo_mayor_monto",
    "fields": ("rate_min", "term_max"),
    "row": 4,
    "letters": ("B", "F"),
    "names": ("Hoja 1", "Hoja 2"),
    "place": "D",
    "what": "rows",
    "why": "truncated",
    "found": "HTML",
    "size": 200000,
}
INTERNAL = re.compile(r"[{}\[\]]|None|Decimal|tuple|regex|NaN|rate_min|term_max|consumo_|_month|\bNAMV\b|\bMV\b")


def example_of(code: str, *, bare: bool = False) -> Finding:
    """A finding of this code with every fact it may have, or only those it needs and no value."""
    rule = load().rule(code)
    facts = {name: FACTS[style] for name, style in rule.facts.items() if name != "allowed"}
    field = next((f.name for f in load().fields.values() if f.prefix == code.partition(".")[0]), "name")
    if bare:
        return finding(code, field=field, facts={name: facts[name] for name in rule.needs})
    return finding(code, sheet="Productos", row=6, column="E", field=field, value="24,5", facts=facts)


@pytest.mark.parametrize("lang", ["es", "en"])
@pytest.mark.parametrize("country", ["CO", "MX", None])
@pytest.mark.parametrize("bare", [False, True])
def test_every_code_reads_as_a_sentence(lang: str, country: str | None, bare: bool) -> None:
    """Message and fix of every code: whole sentences, no blank left, nothing internal, never long-winded."""
    for code in codes():
        made = example_of(code, bare=bare)
        for text in (wording.message(made, lang, country), wording.fix(made, lang, country)):
            assert not INTERNAL.search(text), (code, text)
            assert text[0] == text[0].upper(), (code, text)
            assert text.endswith((".", "?", ".».")), (code, text)
            assert ".." not in text, (code, text)
            assert "  " not in text, (code, text)
            assert " ," not in text, (code, text)
            assert len(text) < 330, (code, text)


def test_spanish_keeps_to_usted() -> None:
    """No message slips into tú, and none blames."""
    familiar = re.compile(
        r"\b(tu|tus|tienes|puedes|debes|escribe|revisa|agrega|usa|indica|pon|error tuyo|inválido)\b", re.I
    )
    for code in codes():
        made = example_of(code)
        text = f"{wording.message(made)} {wording.fix(made)}"
        assert not familiar.search(text), (code, text)


def test_titles_name_every_cause() -> None:
    """Each code has a short title in both languages for lists of causes."""
    for code in codes():
        for lang in ("es", "en"):
            assert 4 < len(wording.title(code, lang)) < 100, code


def test_the_example_of_the_voice_is_what_we_say() -> None:
    """A rate without its basis: what was found and how to mend it."""
    made = finding("rate.basis_missing", sheet="Productos", row=6, column="E", field="rate_min", value="24,5")
    assert wording.message(made) == "Tasa «24,5»: no dice si es efectiva anual o mensual."
    assert wording.fix(made) == "Escriba «24,5% E.A.» o «24,5% N.A.M.V.», o agregue la columna «Base de la tasa»."
    assert wording.fix(made, "es", "MX").startswith("Escriba «24.5% E.A.» o «24.5% N.A.M.V.»")
    assert wording.message(made, "en") == "Rate “24,5”: does not say whether it is effective annual or monthly."


@pytest.mark.parametrize(
    ("code", "field", "value", "facts", "said"),
    [
        ("name.missing", "name", None, {}, "Falta el nombre."),
        ("coverages.missing", "coverages", None, {}, "Faltan las coberturas."),
        ("amount.missing", "amount_max", None, {}, "Falta el monto máximo."),
        ("name.too_long", "name", "x", {"n": 118}, "Nombre: tiene 118 caracteres y se admiten hasta 100."),
        ("description_short.too_long", "description_short", "x", {"n": 512, "visible": 480},
         "Descripción: tiene 512 caracteres (480 a la vista) y se admiten hasta 500."),
        ("rate.ambiguous", "rate_min", "0.249", {"readings": ("0,249 %", "24,9 %")},
         "Tasa «0.249»: puede ser «0,249 %» o «24,9 %», y no se tomó ningún valor."),
        ("code.duplicate", "code", "LIB-001", {"row": 4, "name": "Libre Inversión"},
         "Código «LIB-001»: ya está en la fila 4 («Libre Inversión»)."),
        ("age.out_of_range", "age_min", "15", {}, "Edad «15»: está fuera de lo admitido (de 18 a 75 años)."),
        ("rate.bases_disagree", "rate_min", "x",
         {"a": D("1.87"), "a_basis": "MV", "b": D("22.00"), "b_basis": "EA", "expected": D("24.90")},
         "1,87 % M.V. no equivale a 22,00 % E.A.: serían 24,90 %."),
        ("rate.above_usury", "rate_max", "x",
         {"rate": D("41.49"), "cap": D("40.20"), "month": date(2026, 1, 1), "modality": "productivo_mayor_monto"},
         "La tasa, 41,49 % E.A., supera la usura de enero de 2026 para productivo de mayor monto, que es 40,20 % E.A."),
        ("header.unknown", None, None, {"header": "Tope"}, "La columna «Tope» no se reconoce y no se leyó."),
        ("cell.hidden", None, None, {"where": "7"}, "Hay datos ocultos en la fila 7, y nadie los vería al revisar."),
        ("file.too_large", None, None, {"file": "p.xlsx", "what": "bytes", "found": 300000000, "limit": 268435456},
         "El archivo «p.xlsx» es demasiado grande: pesa 287 MB. El límite es 256 MB."),
    ],
)  # fmt: skip
def test_messages_word_by_word(
    code: str, field: str | None, value: str | None, facts: dict[str, Fact], said: str
) -> None:
    """What was found and what is allowed, in the reader's own numbers."""
    assert wording.message(finding(code, field=field, value=value, facts=facts)) == said


@pytest.mark.parametrize(
    ("value", "found", "country", "said"),
    [
        ("0,249", ("0,249 %", "24,9 %"), "CO", "“0,249”: it may be “0.249%” or “24.9%”"),
        ("1.234", ("1,234", "1.234"), "CO", "“1.234”: it may be “1.234” or “1,234”"),
        ("0.249", ("0.249 %", "24.9 %"), "MX", "“0.249”: it may be “0.249%” or “24.9%”"),
        ("24,9 N.M.V.", ("24,9 % M.V.", "24,9 % N.A.M.V."), "CO", "it may be “24.9% M.V.” or “24.9% N.A.M.V.”"),
    ],
)
def test_readings_are_in_the_figures_of_the_language(
    value: str, found: tuple[str, ...], country: str, said: str
) -> None:
    """In English, both halves of the sentence write figures the English way; what the cell holds stays as it is."""
    made = finding("rate.ambiguous", field="rate_min", value=value, facts={"readings": found})
    assert said in wording.message(made, "en", country)


def test_a_date_cell_is_shown_with_its_day_first() -> None:
    """In Spanish; a text that only holds a date stays as it was written."""
    made = finding("term.is_a_date", field="term_min", value="2026-05-12")
    assert wording.message(made).startswith("Plazo «12/05/2026»: la celda contiene una fecha")
    assert "2026-05-12" in wording.message(made, "en")
    assert "«desde 2026-05-12»" in wording.message(finding("name.is_a_date", field="name", value="desde 2026-05-12"))


def test_only_a_text_that_may_have_tags_is_advised_to_use_them() -> None:
    """A name is plain; a description may have simple HTML."""
    advice = {code: wording.fix(finding(f"{code}.html_not_allowed")) for code in ("name", "insurer", "legal_text")}
    assert advice["name"] == advice["insurer"] == "Quite las etiquetas y deje solo el texto."
    assert "ul, ol y li" in advice["legal_text"]


def test_figures_follow_the_country() -> None:
    """The same finding shows pesos of the reader's country, with that country's separators."""
    made = finding("amount.min_above_max", facts={"low": D(5000000), "high": D(1000000)})
    assert wording.message(made, "es", "CO") == "El monto mínimo, $5.000.000, supera al máximo, $1.000.000."
    assert wording.message(made, "es", "MX") == "El monto mínimo, $5,000,000.00, supera al máximo, $1,000,000.00."
    assert "COP 5,000,000" in wording.message(made, "en", "CO")


def test_long_values_are_shortened() -> None:
    """A long cell is recognisable by its start, on one line."""
    made = finding("amount.unreadable", field="amount_max", value="palabra\n" * 100)
    assert len(wording.message(made)) < 140
    assert "palabra palabra" in wording.message(made)
    assert "…»" in wording.message(made)


def test_hostile_values_pass_untouched() -> None:
    """What looks like a blank or an optional part in somebody's data stays what it is."""
    made = finding("amount.unreadable", field="amount_max", value="{limit} [x] {value}")
    assert "«{limit} [x] {value}»" in wording.message(made)


def test_a_missing_fact_is_a_bug() -> None:
    """A finding made without the facts of its words raises instead of showing a gap."""
    bare = Finding("rate.ambiguous", "error", "holds_listing", "assumed", value="0.249")
    with pytest.raises(KeyError, match="readings"):
        wording.message(bare)


@pytest.mark.parametrize(
    ("value", "lang", "country", "text"),
    [
        (D("1000000.5"), "es", "CO", "1.000.000,5"),
        (D("1000000.5"), "es", "MX", "1,000,000.5"),
        (D("1000000.5"), "en", "CO", "1,000,000.5"),
        (D("24.90"), "es", None, "24,90"),
        (D("1E+6"), "es", "CO", "1.000.000"),
        (1500, "es", "CO", "1.500"),
        (D("-0.5"), "es", "CO", "-0,5"),
    ],
)
def test_numbers(value: D | int, lang: str, country: str | None, text: str) -> None:
    """Thousands and decimals the way of the country, printed decimals kept."""
    assert wording.number(value, lang, country) == text


@pytest.mark.parametrize(
    ("value", "currency", "lang", "country", "text"),
    [
        (D("1000000"), "COP", "es", "CO", "$1.000.000"),
        (D("1000000.50"), "COP", "es", "CO", "$1.000.001"),
        (D("5000"), "MXN", "es", "MX", "$5,000.00"),
        (D("5000"), "MXN", "en", "MX", "MXN 5,000.00"),
        (D("1000000"), "COP", "en", "CO", "COP 1,000,000"),
        (D("-5000"), "COP", "es", "CO", "−$5.000"),
        (D("5000"), None, "es", None, "$5.000"),
    ],
)
def test_money(value: D, currency: str | None, lang: str, country: str | None, text: str) -> None:
    """COP without cents, MXN with two."""
    assert wording.money(value, currency, lang, country) == text


def test_percents_days_and_lists() -> None:
    """Rates keep their printed decimals, days are written out, lists end as people end them."""
    assert wording.percent(D("24.90")) == "24,90 %"
    assert wording.percent(D("24.90"), "en") == "24.90%"
    assert wording.day(date(2026, 11, 22)) == "22 de noviembre de 2026"
    assert wording.day(date(2026, 11, 22), "en") == "22 November 2026"
    assert wording.month(date(2026, 1, 1)) == "enero de 2026"
    assert wording.listed(["A", "B", "C"]) == "A, B y C"
    assert wording.listed(["CO", "Índice"]) == "CO e Índice"
    assert wording.listed(["una", "otra"], either=True) == "una u otra"
    assert wording.listed(["A", "B"], "en", either=True) == "A or B"
    assert wording.listed([]) == ""


@pytest.mark.parametrize(
    ("lang", "country", "said"),
    [
        ("es", "CO", "Aprobó ana (21/11/2026 21:30); 07:00, y no 2026-13-99 00:00 UTC"),
        ("es", "MX", "Aprobó ana (21/11/2026 20:30); 06:00, y no 2026-13-99 00:00 UTC"),
        ("en", "CO", "Aprobó ana (2026-11-21 21:30); 07:00, y no 2026-13-99 00:00 UTC"),
    ],
)
def test_moments_in_a_sentence_are_told_by_the_clock_of_the_market(lang: str, country: str, said: str) -> None:
    """On the day it is there; what is no moment stays as it is."""
    text = "Aprobó ana (2026-11-22 02:30 UTC); 12:00 UTC, y no 2026-13-99 00:00 UTC"
    assert wording.in_local_time(text, lang, country) == said


@given(st.decimals(min_value=-(10**15), max_value=10**15, allow_nan=False, places=4), st.sampled_from(["CO", "MX"]))
@settings(max_examples=60, deadline=None)
def test_numbers_can_be_read_back(value: D, country: str) -> None:
    """What we print gives the value back when its separators are undone."""
    text = wording.number(value, "es", country)
    plain = text.replace(".", "").replace(",", ".") if country == "CO" else text.replace(",", "")
    assert D(plain) == value


@given(st.text(max_size=80), st.sampled_from(["amount.unreadable", "header.unknown", "text.damaged", "file.no_table"]))
@settings(max_examples=80, deadline=None)
def test_no_text_breaks_a_message(text: str, code: str) -> None:
    """Whatever stands in a cell, a header or a file name, there is a message."""
    facts = dict.fromkeys(load().rule(code).facts, text or "x")
    made = finding(code, field="amount_max", value=text, facts=facts)
    assert wording.message(made)
    assert wording.fix(made, "en", "MX")


def test_a_text_that_only_looks_like_a_date_is_quoted_as_it_stands() -> None:
    """Nobody finds `01/13/2026` in a sheet that says 2026-13-01."""
    assert [as_seen(text, "es") for text in ("2026-11-22", "2026-13-01", "2026-11", None)] == [
        "22/11/2026", "2026-13-01", "2026-11", None,
    ]  # fmt: skip
    assert as_seen("2026-11-22", "en") == "2026-11-22"
