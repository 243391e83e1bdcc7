"""Cells as a spreadsheet stores them: number formats are evidence, floats carry no noise, dates are no terms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial

import pytest

from pipeline import reading
from pipeline.reading.formats import number, section_for
from pipeline.workbook import Cell, Value


@pytest.mark.parametrize(
    ("value", "number_format", "expected"),
    [
        (0.249, "0.0%", "24.9"),
        (0.249, "0.00%", "24.90"),
        (0.2, "0%", "20"),
        (0.16075, "0.000%", "16.075"),
        (0.07 * 3, "0%", "21"),
        (24.9, '0.0"%"', "24.9"),
        (24.9, "0.0\\%", "24.9"),
        (24.9, '0.00"% E.A."', "24.90"),
        (0.5, '0.0"%"', "0.5"),
        (0.249, "[Red]0.0%", "24.9"),
        (0.249, "0.0%;[Red]-0.0%;0%", "24.9"),
        (0, '0.0%;-0.0%;"n/a"', "0"),
        (0.249, "[<1]0.0%;0.0", "24.9"),
        (24.9, "[<1]0.0%;0.0", "24.9"),
        (24.9, None, "24.9"),
        (24.9, "General", "24.9"),
        (24.9, "0.00", "24.90"),
        (24, None, "24"),
        (0, None, "0"),
        (1, None, "1"),
    ],
)
def test_a_rate_cell_means_what_its_format_shows(value: Value, number_format: str | None, expected: str) -> None:
    """The percentage read is the one the person sees, with the decimals the format prints."""
    rate = reading.read_rate(Cell(value, number_format)).value
    assert rate is not None
    assert (str(rate.low), str(rate.high)) == (expected, expected)


@pytest.mark.parametrize("number_format", [None, "General", "0.00", '0.00"x"', '[$%-409]0.0;"%"0', "[>1]0.0%;0.0"])
@pytest.mark.parametrize("formats_known", [True, False])
def test_a_fraction_without_percent_evidence_is_a_doubt(number_format: str | None, formats_known: bool) -> None:
    """X05: 0.249 in a plain cell is a finding with both readings, never a guess."""
    read = reading.read_rate(Cell(0.249, number_format), formats_known=formats_known)
    assert read.value is None
    assert [(n.fault, n.facts) for n in read.notes] == [("ambiguous", (("readings", ("0,249 %", "24,9 %")),))]


def test_a_basis_in_the_format_counts() -> None:
    """`0.00"% E.A."` says the basis of every number under it."""
    assert reading.read_rate(Cell(24.9, '0.00"% E.A."')).notes == ()
    assert [n.fault for n in reading.read_rate(Cell(24.9, '0.00"%"')).notes] == ["basis_missing"]


def test_the_column_gives_the_basis_and_the_cell_overrules_it() -> None:
    """A bare figure takes its column's basis; a figure with its own word keeps it."""
    plain = reading.read_rate(Cell("24,9%"), basis="EA")
    own = reading.read_rate(Cell("1,87% M.V."), basis="EA")
    doubt = reading.read_rate(Cell("1,87% N.M.V."), basis="MV")
    assert [r.value.basis for r in (plain, own, doubt) if r.value] == ["EA", "MV", "MV"]
    assert [r.notes for r in (plain, own, doubt)] == [(), (), ()]


@pytest.mark.parametrize(
    ("text", "main", "other"),
    [
        ("24,9% E.A. - 1,87% N.M.V.", "EA", "MV"),
        ("24,9% E.A. - 22,45% N.M.V.", "EA", "NAMV"),
        ("1,87% N.M.V. (24,9% E.A.)", "MV", "EA"),
        ("22,45% N.M.V. (24,9% E.A.)", "NAMV", "EA"),
    ],
)
def test_an_effective_rate_beside_it_tells_what_nmv_means(text: str, main: str, other: str) -> None:
    """The label N.M.V. decides nothing; the size beside the E.A. does."""
    rate = reading.read_rate(Cell(text)).value
    assert rate is not None
    assert rate.other is not None
    assert (rate.basis, rate.other.basis) == (main, other)


@pytest.mark.parametrize(
    ("value", "number_format", "expected"),
    [
        (5000000, None, (Decimal(5000000), None, "currency")),
        (5000000.0, "$#,##0", (Decimal(5000000), None, "currency")),
        (5000000, "[$MXN-80A]#,##0.00", (Decimal(5000000), "MXN", "currency")),
        (5000000, "[$COP] #,##0", (Decimal(5000000), "COP", "currency")),
        (10, '0" SMMLV"', (Decimal(10), None, "SMMLV")),
        (0.1 + 0.2, None, (Decimal("0.3"), None, "currency")),
        (1e15, None, (Decimal(10**15), None, "currency")),
        (-5.5, None, (Decimal("-5.5"), None, "currency")),
    ],
)
def test_an_amount_cell_is_exact(value: Value, number_format: str | None, expected: tuple[object, ...]) -> None:
    """Stored numbers become exact decimals; the format tells currency and unit."""
    amount = reading.read_amount(Cell(value, number_format), country="CO").value
    assert amount is not None
    assert (amount.low, amount.currency, amount.unit) == expected
    assert "E" not in str(amount.low)


def test_a_column_in_millions_speaks_for_bare_figures_only() -> None:
    """Under "Monto (millones)" 5 is five million; a figure that is already in pesos contradicts its header."""
    five = reading.read_amount(Cell(5), country="CO", unit="million").value
    text = reading.read_amount(Cell("1 - 50"), country="CO", unit="million").value
    own = reading.read_amount(Cell("500 mil"), country="CO", unit="million").value
    assert five is not None
    assert five.low == 5000000
    assert text is not None
    assert (text.low, text.high) == (1000000, 50000000)
    assert own is not None
    assert own.low == 500000
    pesos = reading.read_amount(Cell(5000000), country="CO", unit="million")
    assert [n.fault for n in pesos.notes] == ["ambiguous"]


@pytest.mark.parametrize(
    "value", [date(2026, 12, 6), datetime.fromisoformat("2026-12-06"), time(6, 12), timedelta(hours=30)]
)
def test_a_date_is_no_term(value: Value) -> None:
    """What a spreadsheet made of `6-12` is told as a date, whatever figure the column wants."""
    for read in (reading.read_term, reading.read_amount, reading.read_rate, reading.read_percent, reading.read_count):
        result = read(Cell(value))
        assert (result.value, [n.fault for n in result.notes]) == (None, ["is_a_date"])


@pytest.mark.parametrize(
    ("value", "number_format", "unit", "expected"),
    [
        (12, None, "month", (12, 12, "month")),
        (12.0, '0" meses"', None, (12, 12, "month")),
        (5, '0" años"', "month", (5, 5, "year")),
        (1.5, None, "year", (18, 18, "month")),
    ],
)
def test_a_term_cell_takes_its_unit_from_format_or_column(
    value: Value, number_format: str | None, unit: str | None, expected: tuple[int, int, str]
) -> None:
    """Whole numbers with the unit their format or column says."""
    read = reading.read_term(Cell(value, number_format), unit=unit)
    assert read.value is not None
    assert (read.value.low, read.value.high, read.value.unit) == expected
    assert read.notes == ()


def test_a_bare_term_is_taken_as_months_and_said_so() -> None:
    """No unit anywhere: value kept, months assumed, warning."""
    read = reading.read_term(Cell(36))
    assert read.value == reading.Term(36, 36, "month")
    assert [n.fault for n in read.notes] == ["unit_assumed"]


def test_a_serial_is_a_day_only_under_a_date_format() -> None:
    """46387 is a day when the cell shows one, else nothing is guessed."""
    assert reading.read_day(Cell(46387, "dd/mm/yyyy")).value == date(2026, 12, 31)
    assert [n.fault for n in reading.read_day(Cell(46387)).notes] == ["unreadable"]
    assert reading.read_day(Cell(datetime.fromisoformat("2026-12-31T18:30"))).value == date(2026, 12, 31)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e300, 10**40, True, b"x".decode()])
def test_numbers_that_are_no_figure_are_refused(value: Value) -> None:
    """NaN, infinities and absurd sizes are unreadable, never a crash and never a value."""
    for read in (reading.read_amount, reading.read_rate, reading.read_term, reading.read_percent):
        result = read(Cell(value))
        assert (result.value, [n.fault for n in result.notes]) == (None, ["unreadable"])


@pytest.mark.parametrize("value", [None, "", "   ", "\u00a0", "\n"])
def test_an_empty_cell_gives_nothing_and_no_note(value: Value) -> None:
    """Whether something is missing is for the caller to decide."""
    for read in (reading.read_amount, reading.read_rate, reading.read_term, reading.read_day, reading.read_text):
        assert read(Cell(value)) == reading.Read(None)


def test_texts_keep_what_was_written() -> None:
    """Codes keep their zeros, texts their inner spaces; control characters go with a note; damage is named."""
    assert reading.read_text(Cell(123, "00000")).value == "00123"
    assert reading.read_text(Cell(123.0)).value == "123"
    assert reading.read_text(Cell(" 00123 ")).value == "00123"
    assert reading.read_text(Cell("a  b\r\nc")).value == "a  b\nc"
    assert reading.read_text(Cell("Cre\u0301dito")).value == "Crédito"
    assert [n.fault for n in reading.read_text(Cell("Cr\x0bédito")).notes] == ["repaired"]
    assert reading.read_text(Cell("el CrÃ©dito fácil")).notes[0].facts == (("fragments", ("CrÃ©dito",)),)
    assert [n.fault for n in reading.read_text(Cell("fiN/Anciado")).notes] == ["damaged"]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("$1.000.000 a $5.000.000 COP + IVA *", partial(reading.read_amount, country="CO")),
        ("hasta 10 SMMLV*", partial(reading.read_amount, country="CO")),
        ("$1.500 por millón*", partial(reading.read_amount, country="CO")),
        ("Desde 0% E.A hasta 43,13% E.A (3,03% M.V)*", reading.read_rate),
        ("Desde 16,075% E.A.*", reading.read_rate),
        ("1,29% N.M.V.*", reading.read_rate),
        ("IBR (M) + 12,70% E.A.*", reading.read_rate),
        ("24%% + IVA", reading.read_rate),
        ("hasta 5%% + IVA", reading.read_percent),
        ("13 catorcenas", reading.read_term),
        ("hasta 60 meses*", reading.read_term),
        ("24 a 48 horas", partial(reading.read_count, unit="hour")),
        ("12/31/2026", reading.read_day),
        ("CAT 45.3%% sin IVA 31/10/2026", reading.read_total_cost),
        ("0,12%", reading.read_insurance),
        ("$12.900/mes + IVA*", partial(reading.read_amount, country="CO")),
        ("4,5% quincenal (24% E.A.)", reading.read_rate),
    ],
)
def test_a_repair_can_be_written_into_the_cell(text: str, read: Callable[[Cell], reading.Read[object]]) -> None:
    """What a repair shows as understood reads back as the same value, with no repair left."""
    first = read(Cell(text))
    after = next(dict(note.facts)["after"] for note in first.notes if note.fault == "repaired")
    again = read(Cell(str(after)))
    assert again.value == first.value
    assert "repaired" not in [note.fault for note in again.notes]


def test_lists_split_at_semicolons_lines_and_bullets() -> None:
    """Commas stay inside an entry; bullets and numbering go."""
    assert reading.read_list(Cell("Cédula; extractos, 3 meses;")).value == ("Cédula", "extractos, 3 meses")
    assert reading.read_list(Cell("• Muerte\n• ITP\n- Exequias")).value == ("Muerte", "ITP", "Exequias")
    assert reading.read_list(Cell("1. Muerte\n2. ITP")).value == ("Muerte", "ITP")
    assert [n.fault for n in reading.read_list(Cell(" ; ")).notes] == ["missing"]


def test_format_sections_are_chosen_by_value() -> None:
    """Negative, zero and conditional sections each speak for their own numbers."""
    text = '0.0%;-0.0;"nada"'
    assert [section_for(text, Decimal(v)).scales_percent for v in ("1", "-1", "0")] == [True, False, False]
    assert section_for("[>=100]0;0.0%", Decimal(5)).scales_percent
    assert not section_for("[>=100]0;0.0%", Decimal(500)).scales_percent


def test_binary_noise_is_no_digit() -> None:
    """0.1+0.2 is 0.3; fifteen significant digits are kept, not seventeen."""
    assert number(0.1 + 0.2) == Decimal("0.3")
    assert number(1234567.89) == Decimal("1234567.89")
    assert str(number(1e7)) == "10000000"


@pytest.mark.parametrize(
    ("value", "number_format", "expected"),
    [
        (50, '"$"#,##0" millones"', "50000000"),
        (2.5, '"$"#,##0.0" millones"', "2500000"),
        (1.234, '0.000" millones"', "1234000"),
        (50000000, '"$"#,##0,," millones"', "50000000"),
        (500, 'General" mil"', "500000"),
        (50000, '#,##0" pesos"', "50000"),
        (0, '#,##0;-#,##0;"sin monto"', "0"),
        (50, '0" clientes"', None),
    ],
)
@pytest.mark.parametrize("country", ["CO", "MX"])
def test_an_amount_format_with_words_is_read_as_shown(
    country: str, value: Value, number_format: str, expected: str | None
) -> None:
    """50 shown as `$50 millones` is fifty million, in either country's figures; words that say no amount are asked."""
    amount = reading.read_amount(Cell(value, number_format), country=country).value
    assert (str(amount.low) if amount else None) == expected


@pytest.mark.parametrize(
    ("read", "value", "number_format", "expected"),
    [
        (reading.read_term, 12, '0" a 60 meses"', reading.Term(12, 60, "month")),
        (reading.read_term, 12, '"Mínimo "0" meses"', reading.Term(12, None, "month")),
        (reading.read_age_range, 18, '0" a 70 años"', reading.Term(18, 70, "year")),
        (partial(reading.read_count, unit="hour"), 2, '0" días"', 48),
        (reading.read_insurance, 18000, '"$"#,##0" anual"', reading.Insurance(Decimal(18000), "amount", None, "year")),
        (reading.read_percent, 0.03, '"hasta "0%', reading.Percent(None, Decimal(3), None, 0, 0)),
        (reading.read_total_cost, 0.453, '"CAT "0.0%" sin IVA"', reading.TotalCost(Decimal("45.3"), None, "plus", 1)),
    ],
)
def test_a_format_that_says_more_than_the_figure_is_read_whole(
    read: Callable[[Cell], reading.Read[object]], value: Value, number_format: str, expected: object
) -> None:
    """12 shown as `12 a 60 meses` is a range; no word the person sees is dropped."""
    assert read(Cell(value, number_format)).value == expected


@pytest.mark.parametrize(
    ("country", "number_format"), [("CO", '0.000%" E.A."'), ("MX", '0.000%" anual"'), ("CO", "0.000%")]
)
def test_a_number_under_a_format_is_never_thousands(country: str, number_format: str) -> None:
    """1.650 % stored as a number is no doubt, whatever separator would print it."""
    rate = reading.read_rate(Cell(0.0165, number_format), country=country).value
    assert rate is not None
    assert str(rate.low) == "1.650"


def test_a_percentage_typed_into_a_percent_cell_reads_as_it_looks() -> None:
    """24.9 under 0.0% is shown as 2490.0% and read so: what to make of it is for the checks."""
    rate = reading.read_rate(Cell(24.9, "0.0%"), country="CO").value
    assert rate is not None
    assert str(rate.low) == "2490.0"


@pytest.mark.parametrize(
    ("value", "number_format", "expected"),
    [
        (7, '"L-"000', "L-007"),
        (123456, "000-000", "123-456"),
        (123456, '000"-"00', "1234-56"),
        (7, '000"-A"', "007-A"),
        (1234567, '"L-"000', "L-1234567"),
        (5, 'General" kg"', "5 kg"),
        (1234, "#,##0", "1234"),
        (1234, "# ##0", "1234"),
        (7.5, "0.00", "7.5"),
    ],
)
def test_a_code_is_the_text_its_format_shows(value: Value, number_format: str, expected: str) -> None:
    """Literal text and zeros of the format belong to a code; grouping does not."""
    assert reading.read_text(Cell(value, number_format)).value == expected


def test_an_upper_spread_of_zero_is_a_figure() -> None:
    """`IBR - 2% a IBR + 0` ends at zero, not at nothing, and the person sees the end that is published."""
    read = reading.read_rate(Cell("IBR - 2% a IBR + 0"), country="CO")
    assert read.value is not None
    assert (read.value.spread, read.value.spread_high) == (Decimal(-2), Decimal(0))
    assert dict(read.notes[0].facts)["after"] == "IBR + 0 %"


def test_a_nominal_column_settles_a_nominal_cell() -> None:
    """`22,5% N.A.` under "Tasa N.A.M.V." has its frequency; under "Tasa E.A." it contradicts and is not taken."""
    nominal = reading.read_rate(Cell("22,5% N.A."), basis="NAMV", country="CO")
    effective = reading.read_rate(Cell("22,5% N.A."), basis="EA", country="CO")
    assert nominal.value is not None
    assert (nominal.value.basis, nominal.notes) == ("NAMV", ())
    assert [(n.fault, n.facts) for n in effective.notes] == [("basis_unsupported", (("basis", "nominal anual"),))]


def test_a_monthly_column_keeps_three_decimals() -> None:
    """`1.034` in a column of monthly rates is no 1,034 % a month."""
    assert reading.read_rate(Cell("1.034"), basis="MV", country="CO").notes == ()
    assert [n.fault for n in reading.read_rate(Cell("1.034"), basis="EA", country="CO").notes] == ["ambiguous"]


def test_an_error_text_is_told_with_its_words() -> None:
    """What a failed formula left in a .csv is no text, no value and no "not given"."""
    for read in (reading.read_text, reading.read_amount, partial(reading.read_choices, known=bool)):
        result = read(Cell(" #¡VALOR! "))
        assert (result.value, result.notes) == (None, (reading.Note("error_value", (("error", "#¡VALOR!"),)),))
    assert reading.read_text(Cell("#1 en créditos")).value == "#1 en créditos"


_WORDS = frozenset(("pf", "pfae", "mensual", "quincenal", "semanal", "natural", "jurídica", "natural y jurídica s.a."))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PF, PFAE", "PF|PFAE"),
        ("Mensual / Quincenal", "Mensual|Quincenal"),
        ("Natural y jurídica", "Natural|jurídica"),
        ("Mensual, quincenal y semanal", "Mensual|quincenal|semanal"),
        ("Mensual, y quincenal; PF", "Mensual|quincenal|PF"),
        ("PF y/o PFAE", "PF|PFAE"),
        ("• Mensual\n• Quincenal & semanal", "Mensual|Quincenal|semanal"),
        ("Mensual - quincenal", "Mensual|quincenal"),
        ("Natural y jurídica S.A., PF", "Natural y jurídica S.A.|PF"),
        ("Mensual, otra", "Mensual, otra"),
        ("PF; PFAE/otro", "PF|PFAE/otro"),
        ("Mensual, mensual", "Mensual|mensual"),
        ("PF,", "PF"),
    ],
)
def test_choices_split_further_only_into_known_words(text: str, expected: str) -> None:
    """A comma, a slash or an "y" parts words of the list, the longest first; anything else stays whole."""
    read = reading.read_choices(Cell(text), lambda word: word.lower() in _WORDS)
    assert "|".join(read.value or ()) == expected
