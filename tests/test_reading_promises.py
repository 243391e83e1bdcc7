"""Promises of reading over all inputs: what we print reads back, nothing raises, nothing is slow or a float."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import reading
from pipeline.reading import rate_words, words
from pipeline.workbook import Cell
from tests.timing import takes_under

READERS: tuple[Callable[[Cell], reading.Read[Any]], ...] = (
    partial(reading.read_amount, country="CO"),
    partial(reading.read_amount, country="MX", unit="million"),
    partial(reading.read_rate, country="CO"),
    partial(reading.read_rate, country="MX", basis="MV", formats_known=False),
    reading.read_percent,
    reading.read_term,
    reading.read_age_range,
    reading.read_count,
    partial(reading.read_count, unit="hour"),
    reading.read_day,
    reading.read_yes_no,
    reading.read_insurance,
    partial(reading.read_insurance, unit="pct_month"),
    reading.read_total_cost,
    reading.read_decimal,
    reading.read_index,
    reading.read_basis,
    reading.read_list,
    partial(reading.read_choices, known=lambda word: word.lower() in ("mes", "ea")),
    reading.read_text,
)
BUDGET = 0.05
"""Seconds of CPU any one cell may take."""


def _printed(value: Decimal, country: str) -> str:
    text = format(value, ",f")
    return text if country == "MX" else text.translate(str.maketrans(",.", ".,"))


countries = st.sampled_from(["CO", "MX"])
amounts = st.decimals(min_value=1000, max_value=10**12, places=0).map(lambda d: d.quantize(Decimal(1)))
rates = st.integers(min_value=0, max_value=6).flatmap(lambda p: st.decimals(min_value=1, max_value=999, places=p))


def _phrases() -> Iterator[str]:
    for table in (words.ENDS, words.TAX, words.MONEY, words.COUNTS, words.TERMS, rate_words.BASES, rate_words.RATES):
        for meanings in table.values():
            for phrases in meanings.values():
                yield from phrases.split("|")


FRAGMENTS = (*sorted(set(_phrases())), "1.000.000", "24,9", "1'500.000", "0", "12", ".5", "\ud800", "½", "\x00", "dic")
sentences = st.lists(st.sampled_from(FRAGMENTS), max_size=12).flatmap(
    lambda parts: st.sampled_from([" ", "", "\n"]).map(lambda glue: glue.join(parts))
)
figures = st.text(alphabet="0123456789.,' -%$()aeEmMVA/*", max_size=40)
values = st.one_of(
    sentences,
    figures,
    st.text(max_size=60),
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
)
formats = st.one_of(st.none(), st.text(alphabet='0#.,%;"[]\\$<>=-_*@dmy ', max_size=30), st.just("0.0%"))


def _holds(value: Any, number_format: str | None) -> None:
    cell = Cell(value, number_format)
    for read in READERS:
        result = read(cell)
        assert takes_under(BUDGET, partial(read, cell))
        assert isinstance(result, reading.Read)
        blank = value is None or (isinstance(value, str) and not reading.read_text(cell).value)
        assert result.value is not None or result.notes or blank or str(value).isspace()


@given(value=values, number_format=formats)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_cell_raises_stalls_or_vanishes(value: Any, number_format: str | None) -> None:
    """Whatever a cell holds: an answer within the budget, and no value lost without a note."""
    _holds(value, number_format)


@pytest.mark.full
@given(value=values, number_format=formats)
@settings(max_examples=20_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_cell_raises_stalls_or_vanishes_in_a_long_run(value: Any, number_format: str | None) -> None:
    """The same promise, over many more cells."""
    _holds(value, number_format)


@given(value=amounts, country=countries, sign=st.sampled_from(["", "$", "$ "]))
@settings(max_examples=100, deadline=None)
def test_a_printed_amount_reads_back(value: Decimal, country: str, sign: str) -> None:
    """An amount written the country's way is read as the same amount."""
    read = reading.read_amount(Cell(f"{sign}{_printed(value, country)}"), country=country)
    assert read.value is not None
    assert (read.value.low, read.value.high, read.notes) == (value, value, ())


@given(value=st.decimals(min_value=0, max_value=10**9, places=2), country=countries)
@settings(max_examples=100, deadline=None)
def test_a_printed_amount_with_cents_reads_back(value: Decimal, country: str) -> None:
    """Two decimals are cents in either country's writing, never thousands."""
    read = reading.read_amount(Cell(_printed(value, country)), country=country)
    assert read.value is not None
    assert read.value.low == value


@given(value=rates, country=countries, tail=st.sampled_from(["% E.A.", " % EA", "% M.V.", "%"]))
@settings(max_examples=150, deadline=None)
def test_a_printed_rate_reads_back_with_its_decimals(value: Decimal, country: str, tail: str) -> None:
    """A rate comes back digit for digit, whichever separator printed it."""
    read = reading.read_rate(Cell(_printed(value, country) + tail), country=country)
    assert read.value is not None
    assert str(read.value.low) == str(value)


@given(low=amounts, more=amounts, country=countries)
@settings(max_examples=80, deadline=None)
def test_a_printed_range_reads_back(low: Decimal, more: Decimal, country: str) -> None:
    """`$a a $b`, `de a hasta b`, `entre a y b` give both ends."""
    high = low + more
    one, two = _printed(low, country), _printed(high, country)
    for text in (f"${one} a ${two}", f"De {one} hasta {two}", f"entre {one} y {two}", f"{one} - {two}"):
        read = reading.read_amount(Cell(text), country=country)
        assert read.value is not None
        assert (read.value.low, read.value.high) == (low, high)


@given(value=st.floats(min_value=0.0001, max_value=5, allow_nan=False))
@settings(max_examples=100, deadline=None)
def test_a_percent_cell_is_a_hundred_times_what_it_stores(value: float) -> None:
    """No binary noise: the percentage is the stored number's decimal digits, moved by two places."""
    read = reading.read_rate(Cell(value, "0.0%"))
    assert read.value is not None
    assert read.value.low is not None
    assert abs(read.value.low - Decimal(repr(value)) * 100) <= Decimal("1e-12")
    assert len(read.value.low.normalize().as_tuple().digits) <= 15


@pytest.mark.parametrize(
    "text",
    [
        "1" * 10_000,
        "1." * 5_000,
        "1 000 " * 33,
        " 000" * 50,
        "(" * 200,
        "(1)" * 66,
        "$" * 200,
        "a " * 100,
        "e. a. " * 33,
        "24,9% " * 33,
        "12," * 66,
        "12, " * 50,
        "n a m v " * 25,
        "hasta " * 33,
        "+ " * 100,
        "ibr " * 50,
        "ibr" + " " * 150 + "-1",
        "de " * 66,
        "mil " * 50,
        "1 mil " * 33,
        "veinte y " * 22,
        "31/12/" * 33,
        "Ã" * 10_000,
        "• " * 5_000,
        "x\x00" * 5_000,
        "<b>" * 3_000,
        "mes, " * 40 + "x",
        "mes y " * 3_000,
        "#" * 10_000,
        "\u0301" * 10_000,
        " " * 10_000 + "5",
    ],
    ids=lambda text: text[:8],
)
def test_a_pathological_text_costs_no_time(text: str) -> None:
    """Repeats and great lengths stay within the budget for every reader."""
    _holds(text, None)


def test_plain_figures_are_quick() -> None:
    """The commonest cells cost microseconds: a generous bound that a lost fast path would break."""
    for read, text in (
        (partial(reading.read_amount, country="CO"), "1.000.000"),
        (reading.read_rate, "24,9% E.A."),
        (reading.read_day, "31/12/2026"),
    ):
        cell = Cell(text)
        assert takes_under(2000 * 60e-6, lambda read=read, cell=cell: [read(cell) for _ in range(2000)])  # type: ignore[misc]


def _float_uses(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
        call = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("float", "round")
        imported = isinstance(node, ast.ImportFrom) and node.module == "math"
        divided = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and _plain_numbers(node)
        if literal or call or imported or divided:
            found.append(f"{path.name}:{getattr(node, 'lineno', 0)}")
    return found


def _plain_numbers(node: ast.BinOp) -> bool:
    """Both sides are integer literals: a division that makes a float."""
    return all(isinstance(side, ast.Constant) for side in (node.left, node.right))


def test_no_float_touches_money() -> None:
    """Reading and the cost of credit hold no float literal, no float(), no round(): Decimal only."""
    root = Path(__file__).parent.parent
    cost = root / "catalog" / "cost"
    paths = [*(root / "pipeline" / "reading").glob("*.py"), *cost.glob("*.py"), *(root / "catalog").glob("cost*.py")]
    assert len(paths) > 10
    assert [use for path in paths for use in _float_uses(path)] == []


def test_the_guard_sees_a_float(tmp_path: Path) -> None:
    """The guard itself can fail."""
    bad = tmp_path / "bad.py"
    bad.write_text("x = 0.5\ny = float('1')\nz = 1 / 3\n", encoding="utf-8")
    assert len(_float_uses(bad)) == 3
