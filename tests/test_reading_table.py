"""Figures as people write them, row by row: the strings seen in real tariff sheets, and more of the same kinds."""

from __future__ import annotations

import csv
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pipeline import reading
from pipeline.reading import Read
from pipeline.workbook import Cell

DATA = Path(__file__).parent / "data"


def _rows(name: str) -> list[tuple[str, str, str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return [(r["reader"], r["country"], r["text"], r["expected"]) for r in csv.DictReader(file)]


def _range(low: object, high: object) -> str:
    ends = ["" if end is None else str(end) for end in (low, high)]
    return ends[0] if ends[0] == ends[1] else "..".join(ends)


def _amount(a: reading.Amount) -> str:
    unit = "" if a.unit == "currency" else a.unit
    return " ".join(filter(None, [_range(a.low, a.high), unit, a.currency, a.tax, a.period]))


def _rate(r: reading.Rate) -> str:
    basis = r.basis or "/".join(r.bases)
    if r.index:
        tenor = f"({r.index_tenor})" if r.index_tenor else ""
        spread = (
            "" if r.spread is None else "+" + _range(r.spread, r.spread if r.spread_high is None else r.spread_high)
        )
        return " ".join(filter(None, [f"{r.index}{tenor}{spread}", basis]))
    told = " ".join(filter(None, [_range(r.low, r.high), basis, r.tax]))
    return f"{told} + {_rate(r.other)}" if r.other else told


def _written(value: Any) -> str:
    writers: dict[type, Callable[[Any], str]] = {
        type(None): lambda _: "none",
        bool: lambda v: "yes" if v else "no",
        tuple: "/".join,
        reading.Amount: _amount,
        reading.Rate: _rate,
        reading.Percent: lambda v: " ".join(filter(None, [_range(v.low, v.high), v.tax])),
        reading.Term: lambda v: f"{_range(v.low, v.high)} {v.unit}",
        reading.Insurance: lambda v: " ".join(filter(None, [str(v.value), v.unit, v.tax, v.period])),
        reading.TotalCost: lambda v: " ".join(filter(None, [str(v.value), str(v.day or ""), v.tax])),
    }
    return writers.get(type(value), str)(value)


def told(read: Read[Any]) -> str:
    """A reading in one line: value, then the faults, then the readings of an ambiguity."""
    faults = ",".join(note.fault for note in read.notes)
    readings = [dict(note.facts)["readings"] for note in read.notes if note.fault == "ambiguous"]
    shown = " ".join(" | ".join(r) for r in readings if isinstance(r, tuple))
    return " ".join(filter(None, [_written(read.value), f"!{faults}" if faults else "", shown]))


def _readers(country: str | None) -> dict[str, Callable[[Cell], Read[Any]]]:
    return {
        "amount": partial(reading.read_amount, country=country),
        "rate": partial(reading.read_rate, country=country),
        "percent": partial(reading.read_percent, country=country),
        "term": reading.read_term,
        "age": reading.read_age_range,
        "hours": partial(reading.read_count, unit="hour"),
        "months": partial(reading.read_count, unit="month"),
        "years": partial(reading.read_count, unit="year"),
        "days": partial(reading.read_count, unit="day"),
        "count": reading.read_count,
        "day": reading.read_day,
        "yes_no": reading.read_yes_no,
        "insurance": partial(reading.read_insurance, country=country),
        "cat": partial(reading.read_total_cost, country=country),
        "decimal": partial(reading.read_decimal, country=country),
        "index": reading.read_index,
        "basis": partial(reading.read_basis, country=country),
        "list": lambda cell: _joined(reading.read_list(cell)),
    }


def _joined(read: Read[tuple[str, ...]]) -> Read[str]:
    return Read("|".join(read.value) if read.value else None, read.notes)


@pytest.mark.parametrize(("reader", "country", "text", "expected"), _rows("figures_observed.csv"))
def test_a_string_seen_in_a_real_sheet_reads_as_it_is_meant(
    reader: str, country: str, text: str, expected: str
) -> None:
    """Every string observed in real tariff sheets gives its expected value, or the finding it deserves."""
    assert told(_readers(country or None)[reader](Cell(text))) == expected


@pytest.mark.parametrize(("reader", "country", "text", "expected"), _rows("figures_more.csv"))
def test_more_of_the_same_kinds_read_by_the_same_rules(reader: str, country: str, text: str, expected: str) -> None:
    """Other figures of the same kinds follow the rules, not the table."""
    assert told(_readers(country or None)[reader](Cell(text))) == expected


def test_values_are_exact_decimals() -> None:
    """Money and rates come out as Decimal, digit for digit as written."""
    rate = reading.read_rate(Cell("24,360% E.A.")).value
    assert rate is not None
    assert rate.low == Decimal("24.360")
    assert (str(rate.low), rate.places_low) == ("24.360", 3)
