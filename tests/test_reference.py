"""Dated reference tables: in force on a day or not at all, imported whole or not at all, never overwritten."""

from __future__ import annotations

import csv
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import reference
from catalog.reference import Entry, ImportReport, tables
from catalog.reference.lines import read_lines
from catalog.reference.tables import contradictions
from schemas.errors import CannotRun, WrongUse

DATA = Path(__file__).parent / "data"
OPEN_DATA = (
    "resolucion,fecha_resolucion,vigencia_desde,vigencia_hasta,modalidad,interes_bancario_corriente,otra\n"
    '0501,2026-03-31T00:00:00.000,2026-04-01T00:00:00.000,2026-04-30T00:00:00.000,CONSUMO Y ORDINARIO,"17,55%",x\n'
    "0501,2026-03-31T00:00:00.000,2026-04-01T00:00:00.000,2026-06-30T00:00:00.000,Crédito productivo rural,20.10,\n"
)


def D(text: str | int) -> Decimal:  # noqa: N802 - reads as the literal it stands for
    return Decimal(text)


def given_file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "entrada.csv"
    path.write_bytes(text.encode(encoding))
    return path


def imported(folder: Path, text: str, encoding: str = "utf-8") -> ImportReport:
    return reference.import_file(given_file(folder, text, encoding), folder / "home")


def faults(report: ImportReport) -> list[tuple[int, str, str | None]]:
    return [(fault.line, fault.what, fault.column) for fault in report.faults]


# What is shipped


def test_shipped_caps_are_the_published_ones() -> None:
    """Every published cap is answered from the shipped tables, by any name its modality goes by."""
    with (DATA / "usury_caps.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    held = reference.load()
    assert [str(held.cap_for(row["modality"], row["month"])) for row in rows] == [row["cap"] for row in rows]


def test_nothing_is_extrapolated() -> None:
    """A month without a certification has no cap, though its neighbours have one; nor has an unknown modality."""
    held = reference.load()
    assert held.cap_for("consumo_ordinario", "2026-01") == D("24.36")
    assert held.cap_for("consumo_ordinario", "2026-02") is None
    assert held.cap_for("consumo_ordinario", date(2026, 3, 31)) == D("25.52")
    assert held.cap_for("vivienda", "2026-03") is None
    assert held.cap_on("consumo_ordinario", date(2026, 2, 28)) is None


@pytest.mark.parametrize(
    ("kind", "day", "value"),
    [
        ("SMMLV", date(2024, 1, 1), "1300000"),
        ("SMMLV", date(2025, 12, 31), "1423500"),
        ("smmlv", date(2026, 7, 1), "1750905"),
        ("UVT", date(2024, 6, 1), "47065"),
        ("UVT", date(2025, 6, 1), "49799"),
        ("UVT", date(2026, 6, 1), "52374"),
        ("SMMLV", date(2023, 12, 31), None),
        ("SMMLV", date(2027, 1, 1), None),
        ("UDI", date(2026, 1, 1), None),
        ("IBC", date(2026, 1, 1), None),
    ],
)
def test_yearly_values_hold_on_their_days(kind: str, day: date, value: str | None) -> None:
    """The minimum wage and the tax unit are those of the day's year, and none outside."""
    assert reference.load().value_for(kind, day) == (None if value is None else D(value))


def test_shipped_values_name_their_source() -> None:
    """Each shipped value says where it comes from, and none contradicts another."""
    assert all(entry.source for entry in reference.shipped())
    assert not contradictions(reference.shipped())


@pytest.mark.parametrize(
    ("text", "modality"),
    [
        ("consumo_y_ordinario", "consumo_ordinario"),
        ("Consumo y Ordinario", "consumo_ordinario"),
        ("CONSUMO Y ORDINARIO", "consumo_ordinario"),
        ("Crédito de consumo y ordinario", "consumo_ordinario"),
        ("consumo de bajo monto", "consumo_bajo_monto"),
        ("Crédito productivo de mayor monto", "productivo_mayor_monto"),
        ("Popular Productivo Urbano", "popular_productivo_urbano"),
        ("consumo", None),
        ("", None),
        (None, None),
    ],
)
def test_modalities_are_known_by_their_names(text: str | None, modality: str | None) -> None:
    """Accents, case, articles and underscores do not matter; half a name is no name."""
    assert reference.modality_of(text) == modality


@pytest.mark.parametrize("month", ["2026-13", "2026", "marzo", "2026-3", "", "9999-01"])
def test_what_is_no_month_is_wrong_use(month: str) -> None:
    """A month is asked for as 2026-03."""
    with pytest.raises(WrongUse):
        reference.load().cap_for("consumo_ordinario", month)


# In force on a day


def ibc(first: date, last: date, value: str) -> Entry:
    return Entry("IBC", "consumo_ordinario", first, last, D(value))


def test_a_month_that_changes_within_has_its_lowest_cap() -> None:
    """Two certifications in one month: the stricter counts for the month, each for its days."""
    held = tables([ibc(date(2007, 1, 1), date(2007, 1, 4), "31.02"), ibc(date(2007, 1, 5), date(2007, 3, 31), "20.75")])
    assert held.cap_for("consumo_ordinario", "2007-01") == D("31.13")
    assert held.cap_on("consumo_ordinario", date(2007, 1, 4)) == D("46.53")
    assert held.cap_on("consumo_ordinario", date(2007, 1, 5)) == D("31.13")


def test_a_month_half_certified_has_no_cap() -> None:
    """A certification that begins on the 5th does not speak for the month, a gap neither."""
    late = [ibc(date(2007, 1, 5), date(2007, 3, 31), "20.75")]
    gap = [ibc(date(2007, 1, 1), date(2007, 1, 4), "20"), ibc(date(2007, 1, 9), date(2007, 1, 31), "20")]
    assert tables(late).cap_for("consumo_ordinario", "2007-01") is None
    assert tables(late).cap_for("consumo_ordinario", "2007-02") == D("31.13")
    assert tables(gap).cap_for("consumo_ordinario", "2007-01") is None


def test_a_longer_validity_is_found_behind_shorter_ones() -> None:
    """A value for a year answers for its days although values for single days begin later."""
    year = Entry("TIIE", None, date(2026, 1, 1), date(2026, 12, 31), D(8))
    days = [Entry("TIIE", None, date(2026, 1, day), date(2026, 1, day), D(8)) for day in range(2, 20)]
    assert tables([year, *days]).value_for("TIIE", date(2026, 6, 1)) == 8
    assert tables([year]).last_day("tiie") == date(2026, 12, 31)


spans = st.tuples(st.integers(0, 60), st.integers(0, 20), st.sampled_from(["10", "11"]))


@given(drawn=st.lists(spans, max_size=12))
@settings(max_examples=150, deadline=None)
def test_contradictions_are_found_exactly_when_a_day_has_two_values(drawn: list[tuple[int, int, str]]) -> None:
    """The single pass over sorted entries agrees with looking at every day."""
    start = date(2026, 1, 1)
    entries = [ibc(start + timedelta(at), start + timedelta(at + more), value) for at, more, value in drawn]
    by_day: dict[int, set[str]] = {}
    for at, more, value in drawn:
        for day in range(at, at + more + 1):
            by_day.setdefault(day, set()).add(value)
    assert bool(contradictions(entries)) == any(len(values) > 1 for values in by_day.values())


def test_a_contradiction_behind_a_shorter_entry_is_found() -> None:
    """A quarter, a day within it, then a month that says otherwise than the quarter."""
    quarter = ibc(date(2026, 1, 1), date(2026, 3, 31), "20")
    day, month = ibc(date(2026, 1, 5), date(2026, 1, 5), "20"), ibc(date(2026, 2, 1), date(2026, 2, 28), "21")
    assert contradictions([month, day, quarter]) == [(quarter, month)]


# Import: what is taken


def test_the_open_data_columns_are_taken(tmp_path: Path) -> None:
    """Certified interest as the open-data portal writes it: text numbers, times in dates, other columns ignored."""
    report = imported(tmp_path, OPEN_DATA)
    held = reference.load(tmp_path / "home")
    assert (report.ok, report.added, report.known) == (True, 2, 0)
    assert held.cap_for("consumo_ordinario", "2026-04") == D("26.33")
    assert [held.cap_for("productivo_rural", month) for month in ("2026-04", "2026-06", "2026-07")] == [
        D("30.15"),
        D("30.15"),
        None,
    ]
    assert sum("Resolución 0501" in one.source for one in held.entries()) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_any_csv_is_taken(tmp_path: Path, encoding: str, mark: str) -> None:
    """The encodings and delimiters spreadsheets write, with titles above and line ends of any system."""
    lines = ["Tasas certificadas", "", mark.join(["Modalidad de crédito", "Mes", "IBC"])]
    lines += [mark.join(["Crédito de consumo y ordinario", "2026-04", "17.55"]), ""]
    report = imported(tmp_path, "\r\n".join(lines), encoding)
    assert (report.added, report.faults) == (1, ())


@pytest.mark.parametrize(
    ("month", "value"),
    [
        ("2026-04", "17.55"),
        ("04/2026", "17,55"),
        ("abril de 2026", "17,55%"),
        ("Abril 2026", "17.550"),
        ("2026-04-01", "17,55 % E.A."),
        ("2026-04-01T00:00:00.000", " 17.55 "),
    ],
)
def test_months_and_rates_may_be_written_as_people_do(tmp_path: Path, month: str, value: str) -> None:
    """Months by number or name, rates with point, comma or percent sign are one value."""
    assert imported(tmp_path, f"modalidad;mes;ibc\nconsumo y ordinario;{month};{value}\n").added == 1
    assert reference.load(tmp_path / "home").cap_for("consumo_ordinario", "2026-04") == D("26.33")


@pytest.mark.parametrize(
    ("first", "last"),
    [("01/04/2026", "30/04/2026"), ("04/01/2026", "04/30/2026"), ("1-4-2026", "30-4-2026"), ("2026/4/1", "2026/4/30")],
)
def test_dates_are_read_in_the_order_that_makes_months(tmp_path: Path, first: str, last: str) -> None:
    """Day first or month first is told by the other date of the line."""
    text = f"modalidad,vigencia_desde,vigencia_hasta,ibc\nconsumo y ordinario,{first},{last},17.55\n"
    assert imported(tmp_path, text).added == 1
    assert reference.load(tmp_path / "home").cap_for("consumo_ordinario", "2026-04") == D("26.33")


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        ("SMMLV", "1.800.000", "1800000"),
        ("SMMLV", "$1,800,000.00", "1800000"),
        ("UVT", "55.123", "55123"),
        ("UDI", "8.543210", "8.543210"),
        ("UVR", "391.234", "391.234"),
        ("TIIE", "7,25", "7.25"),
    ],
)
def test_other_values_are_taken(tmp_path: Path, kind: str, written: str, value: str) -> None:
    """Values of the other kinds, their separators told by what the kind can be."""
    text = f"kind;valid_from;valid_to;value;source\n{kind};2027-01-01;2027-12-31;{written};prueba\n"
    assert imported(tmp_path, text).added == 1
    assert reference.load(tmp_path / "home").value_for(kind, date(2027, 5, 5)) == D(value)


def test_the_same_file_twice_adds_nothing(tmp_path: Path) -> None:
    """An identical line is already known, shipped or imported; the stored bytes stay."""
    imported(tmp_path, OPEN_DATA)
    before = (tmp_path / "home/reference/imported.csv").read_bytes()
    again = imported(tmp_path, OPEN_DATA)
    shipped = imported(tmp_path, "modality,month,ibc\nconsumo_ordinario,2026-03,17.010\n")
    assert (again.added, again.known, shipped.added, shipped.known) == (0, 2, 0, 1)
    assert (tmp_path / "home/reference/imported.csv").read_bytes() == before


def test_modalities_no_longer_certified_are_left_aside(tmp_path: Path) -> None:
    """Lines of microcrédito, certified until 2023, are counted and kept out."""
    report = imported(tmp_path, OPEN_DATA + "1,,2020-01-01,2020-03-31,MICROCRÉDITO,36.53,\n")
    assert (report.ok, report.added, report.unused) == (True, 2, 1)


def test_imports_do_not_lose_each_other(tmp_path: Path) -> None:
    """Ten imports at once leave all ten values."""
    paths = []
    for month in range(1, 11):
        path = tmp_path / f"{month}.csv"
        path.write_text(f"modality,month,ibc\nproductivo_urbano,2030-{month:02},40.5\n", encoding="utf-8")
        paths.append(path)
    with ThreadPoolExecutor(10) as lanes:
        reports = list(lanes.map(lambda path: reference.import_file(path, tmp_path / "home"), paths))
    held = reference.load(tmp_path / "home")
    assert all(report.added == 1 for report in reports)
    assert all(held.cap_for("productivo_urbano", f"2030-{month:02}") == D("60.75") for month in range(1, 11))


# Import: what is refused


@pytest.mark.parametrize(
    ("line", "what", "column"),
    [
        ("consumo y ordinario,2026-04,0", "out_of_range", "value"),
        ("consumo y ordinario,2026-04,-17.55", "unreadable", "value"),
        ("consumo y ordinario,2026-04,1000%", "out_of_range", "value"),
        ("consumo y ordinario,2026-04,0.1755", "out_of_range", "value"),
        ("consumo y ordinario,2026-04,1.000%", "out_of_range", "value"),
        ("consumo y ordinario,2026-04,", "missing", "value"),
        ("consumo y ordinario,2026-04,NaN", "unreadable", "value"),
        ("consumo y ordinario,2026-04,1e1", "unreadable", "value"),
        ("consumo y ordinario,,17.55", "missing", "month"),
        ("consumo y ordinario,2026-13,17.55", "unreadable", "month"),
        ("consumo y ordinario,3026-04,17.55", "unreadable", "month"),
        (",2026-04,17.55", "missing", "modality"),
        ("consumo suntuario,2026-04,17.55", "unknown", "modality"),
        ("consumo y ordinario,2026-03,17.02", "contradicts", "value"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, what: str, column: str) -> None:
    """An absurd, missing, unknown or contradicting value is refused with its line and what is allowed."""
    report = imported(tmp_path, f"modalidad,mes,ibc\nproductivo rural,2026-04,20.10\n\n{line}\n")
    assert faults(report) == [(4, what, column)]
    assert report.faults[0].allowed
    assert reference.load(tmp_path / "home").cap_for("productivo_rural", "2026-04") is None


@pytest.mark.parametrize(
    ("first", "last", "what"),
    [
        ("2026-04-30", "2026-04-01", "reversed"),
        ("2026-02-30", "2026-03-31", "unreadable"),
        ("mañana", "2026-03-31", "unreadable"),
        ("2026-01-01", "9999-12-31", "unreadable"),
        ("2026-01-01", "2029-12-31", "too_long"),
        ("02/03/2026", "04/05/2026", "ambiguous"),
        ("", "2026-04-30", "missing"),
        ("2026-04-01", "", "missing"),
    ],
)
def test_bad_dates_are_named(tmp_path: Path, first: str, last: str, what: str) -> None:
    """Reversed, impossible, endless or ambiguous validities are refused."""
    text = f"kind,valid_from,valid_to,value\nTIIE,{first},{last},8.1\n"
    assert [fault.what for fault in imported(tmp_path, text).faults] == [what]


def test_one_bad_line_keeps_the_whole_file_out(tmp_path: Path) -> None:
    """All or nothing: good lines beside a bad one are not kept, every bad one is named, the store stays as it was."""
    imported(tmp_path, OPEN_DATA)
    before = (tmp_path / "home/reference/imported.csv").read_bytes()
    report = imported(tmp_path, "modality,month,ibc\nproductivo_urbano,2026-04,40\nx,2026-04,1\ny,2026-04,1\n")
    assert (report.ok, [fault.line for fault in report.faults]) == (False, [3, 4])
    assert (tmp_path / "home/reference/imported.csv").read_bytes() == before


def test_a_file_that_contradicts_itself_names_the_later_line(tmp_path: Path) -> None:
    """Two values for one day in one file: the second is blamed, the first is shown."""
    report = imported(tmp_path, "modality,month,ibc\nproductivo_urbano,2026-05,40\nproductivo_urbano,2026-05,41\n")
    assert faults(report) == [(3, "contradicts", "value")]
    assert "40 (2026-05-01 – 2026-05-31" in (report.faults[0].allowed or "")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "not_a_table"),
        (b"  \n\n", "not_a_table"),
        (b"PK\x03\x04\x00\x00", "not_a_table"),
        (b"\xff\xfe\x00", "not_a_table"),
        (b"a,b,c\n1,2,3\n", "columns"),
        (b"modality,ibc\nx,1\n", "columns"),
        (b"modality,month\nx,1\n", "columns"),
        (b"modality,month,ibc,valor\nx,1,2,3\n", "repeated"),
        (b"modality,month,ibc\n", "not_a_table"),
        (b'modality,month,ibc\n"' + b"x" * 200_000, "unreadable"),
    ],
)
def test_files_that_are_no_table_are_refused_whole(tmp_path: Path, content: bytes, what: str) -> None:
    """Empty, binary, without the columns, or broken off: one fault, nothing kept, nothing raised."""
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    report = reference.import_file(path, tmp_path / "home")
    assert report.faults[0].what in {what, "columns" if content.startswith(b"\xff") else what}
    assert not (tmp_path / "home/reference/imported.csv").exists()


def test_a_hundred_thousand_lines_of_junk_end_soon(tmp_path: Path) -> None:
    """Every line is counted, the first hundred are shown, and it takes seconds at most."""
    junk = "modality,month,ibc\n" + "".join(f"basura{n},x{n},y{n}\n" for n in range(100_000))
    began = process_time()
    report = imported(tmp_path, junk)
    assert (report.fault_count, len(report.faults)) == (100_000, 100)
    assert process_time() - began < 10


def test_a_hundred_thousand_good_lines_are_checked_soon(tmp_path: Path) -> None:
    """Overlaps are looked for in one pass, not line against line."""
    lines = ["kind,valid_from,valid_to,value"]
    lines += [f"UDI,{1990 + n % 100}-01-01,{1990 + n % 100}-12-31,8.5" for n in range(100_000)]
    began = process_time()
    report = imported(tmp_path, "\n".join(lines))
    assert (report.added, report.known) == (100, 99_900)
    assert process_time() - began < 10


def test_too_large_a_file_is_refused(tmp_path: Path) -> None:
    """Beyond 20 MB nothing is parsed."""
    path = tmp_path / "x.csv"
    with path.open("wb") as file:
        file.truncate(21_000_000)
    assert reference.import_file(path, tmp_path / "home").faults[0].what == "too_large"


@given(
    content=st.one_of(st.binary(max_size=400), st.text(max_size=400).map(lambda text: text.encode("utf-8", "replace")))
)
@settings(max_examples=150, deadline=None)
def test_no_content_raises(content: bytes) -> None:
    """Whatever bytes follow a sound header, they come back as lines and faults."""
    read_lines(content)
    read_lines(b"modality,month,ibc,valid_from,valid_to\n" + content)
    read_lines(b"kind;value;valid_from;valid_to\nSMMLV;" + content)


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_fault_has_its_sentence(tmp_path: Path, language: str) -> None:
    """Each word has a sentence with line, value and what is allowed, in both languages."""
    report = imported(tmp_path, "modality,month,ibc\nconsumo_ordinario,2026-03,17.02\nconsumo_ordinario,2026-04,0\n")
    sentences = [reference.sentence(fault, language) for fault in report.faults]
    assert sentences[0].startswith(("Línea 2: «17,02»", "Line 2: “17.02”"))
    assert ("17,01 (01/03/2026" if language == "es" else "17.01 (2026-03-01") in sentences[0]
    assert "5 – 150" in sentences[1]


def test_sentences_exist_for_all_words() -> None:
    """No stable word is without words."""
    words = "not_a_table too_large columns repeated missing unreadable ambiguous out_of_range unknown reversed too_long"
    for word in f"{words} contradicts".split():
        for column in (None, "value", "month"):
            fault = reference.LineFault(3, word, column, "x" * 500, "y")
            assert all(len(reference.sentence(fault, language)) < 300 for language in ("es", "en"))


# The store of imported values


def test_an_import_prevails_over_a_shipped_value_that_came_later(tmp_path: Path) -> None:
    """A version that ships another figure than the one a person imported does not stop work; theirs counts."""
    folder = tmp_path / "home/reference"
    folder.mkdir(parents=True)
    head = "kind,modality,valid_from,valid_to,value,source\n"
    (folder / "imported.csv").write_text(
        head + "IBC,consumo_ordinario,2026-03-01,2026-03-31,17.99,yo\n", encoding="utf-8"
    )
    held = reference.load(tmp_path / "home")
    assert held.cap_for("consumo_ordinario", "2026-03") == D("26.99")
    assert held.cap_for("consumo_ordinario", "2026-01") == D("24.36")


def test_a_damaged_store_says_which_line(tmp_path: Path) -> None:
    """A line spoilt by hand stops with a sentence, not with half the values."""
    imported(tmp_path, OPEN_DATA)
    store = tmp_path / "home/reference/imported.csv"
    store.write_text(store.read_text(encoding="utf-8").replace("17.55", "1755"), encoding="utf-8")
    with pytest.raises(WrongUse, match="Line 2"):
        reference.load(tmp_path / "home")


def test_a_store_that_contradicts_itself_stops(tmp_path: Path) -> None:
    """Two values for one month, written in by hand, stop reading and importing with a sentence."""
    imported(tmp_path, OPEN_DATA)
    with (tmp_path / "home/reference/imported.csv").open("a", encoding="utf-8") as store:
        store.write("IBC,consumo_ordinario,2026-04-01,2026-04-30,18.55,a mano\n")
    for question in (lambda: reference.load(tmp_path / "home"), lambda: imported(tmp_path, OPEN_DATA)):
        with pytest.raises(WrongUse, match="two values"):
            question()


def test_a_missing_file_and_a_blocked_home_are_told_apart(tmp_path: Path) -> None:
    """No such file is wrong use; a home that cannot be written could not run."""
    with pytest.raises(WrongUse, match=r"nada\.csv"):
        reference.import_file(tmp_path / "nada.csv", tmp_path / "home")
    (tmp_path / "home").write_text("a file, not a folder", encoding="utf-8")
    with pytest.raises(CannotRun):
        imported(tmp_path, OPEN_DATA)


def test_a_home_without_imports_holds_what_is_shipped(tmp_path: Path) -> None:
    """Reading makes nothing: no folder appears in a home that was only looked at."""
    assert reference.load(tmp_path / "home") == reference.load()
    assert not (tmp_path / "home").exists()
