"""A large sheet is judged in two halves, one in another process: nobody can tell from the answer."""

from __future__ import annotations

import os
import pickle
import signal
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import reference
from catalog.reference import Tables
from pipeline.mapping import Mapped, map_workbook
from pipeline.validate import Circumstances, Validated, concluded, validate
from pipeline.validate.columns import follow_merges
from pipeline.validate.part import halves, joined, judge_part, packed, unpacked
from pipeline.workbook import Sheet, Workbook
from schemas.requirements import load

pytestmark = pytest.mark.alone

AROUND = Circumstances(date(2026, 3, 15), reference.load(Path("nowhere")))
CELLS: dict[str, tuple[Any, ...]] = {
    "Código": ("A-1", "A-1", "A-2", "b ñ", 7.0, None),
    "Nombre": ("Libre Inversión", "libre inversion", "Nómina", "Ã©xito", None),
    "Descripción corta": ("Sin comisiones.", "Tasa fija al 2% mensual.", "<b>Rápido</b>", "-", None),
    "Categoría": ("INDIVIDUAL", "INSURANCE", "individual", "OTRA", None),
    "País": ("CO", "MX", None),
    "Moneda": ("COP", "MXN", None),
    "Monto": ("$1.000.000 a $5.000.000", 5_000_000.0, "100 UVT", "n/d", None),
    "Tasa": ("24,9% E.A.", "1,9% N.M.V.", "IBR + 5", 0.249, 950.0, None),
    "Tasa E.A.": (24.9, "25,34%", None),
    "Plazo": ("12 a 60 meses", "5 años", 36.0, None),
    "Comisión de apertura (%)": (2.0, "1 a 3%", None),
    "Monto del ejemplo": (5_000_000.0, None),
    "Plazo del ejemplo (meses)": (36.0, None),
    "Cuota mensual": (190_911.0, 1_909_110.0, None),
    "Dato": ("x", None),
}


@st.composite
def sheets(draw: st.DrawFn) -> Mapped:
    """A small sheet with some of the columns, faults, hidden rows and merged cells anywhere in it."""
    others = draw(st.sets(st.sampled_from([name for name in CELLS if name != "Nombre"]), min_size=3))
    headers = [name for name in CELLS if name == "Nombre" or name in others]
    height = draw(st.integers(2, 7))
    columns = [
        [name, *draw(st.lists(st.sampled_from(CELLS[name]), min_size=height, max_size=height))] for name in headers
    ]
    places = st.tuples(st.integers(2, height + 1), st.integers(0, len(headers) - 1))
    merged = [(row, column, min(row + 2, height + 1), column) for row, column in draw(st.sets(places, max_size=2))]
    for top, left, bottom, _ in merged:
        columns[left][top:bottom] = [None] * (bottom - top)
    faults = dict.fromkeys(draw(st.sets(places, max_size=2)), "#N/A")
    for row, column in faults:
        columns[column][row - 1] = None
    hidden = frozenset(draw(st.sets(st.integers(1, height + 1), max_size=2)))
    return _mapped(
        Sheet("Productos", False, 1, tuple(columns), faults=faults, hidden_rows=hidden, merged=tuple(merged))
    )


def _mapped(sheet: Sheet) -> Mapped:
    mapped = map_workbook(Workbook("p.xlsx", "0", "xlsx", (sheet,)), load())
    assert isinstance(mapped, Mapped)
    return mapped


def _told(found: Validated) -> tuple[object, ...]:
    table = found.table
    lists = {name: (table.values[name], table.at[name], table.how[name]) for name in table.values}
    kept = {name: three for name, three in lists.items() if any(value is not None for value in three[0])}
    return found.findings, found.held, [*found.products], [*map(found.lineage, found.products)], kept, table.countries


@given(sheets(), st.sampled_from(("CO", "MX")))
@settings(max_examples=12, deadline=None)
def test_halves_judged_apart_are_the_whole(mapped: Mapped, market: str) -> None:
    """Values, findings in their order, products and where each value came from."""
    whole = follow_merges(mapped)
    upper, lower = halves(whole)
    crossed = pickle.loads(pickle.dumps(packed(judge_part(lower, load(), AROUND, market=market))))
    both = joined(judge_part(upper, load(), AROUND, market=market), unpacked(crossed, lower, load()), whole)
    at_once = judge_part(whole, load(), AROUND, market=market)
    assert _told(concluded(both)) == _told(concluded(at_once))


@dataclass(frozen=True, slots=True)
class _Deadly(Tables):
    """Tables that end any process but ours at the first look."""

    ours: int = 0

    def cap_for(self, modality: str, month: date | str) -> Decimal | None:
        if os.getpid() != self.ours:
            os.kill(os.getpid(), signal.SIGKILL)
        return super(_Deadly, self).cap_for(modality, month)


def test_a_twin_killed_at_its_work_changes_nothing() -> None:
    """The lower half is judged here then, with the same answer."""
    rows = [("Libre", f"L-{i}", "INDIVIDUAL", "24,9% E.A.", "consumo y ordinario") for i in range(2_000)]
    headers = ("Nombre", "Código", "Categoría", "Tasa", "Modalidad de crédito")
    mapped = _mapped(Sheet("Productos", False, 1, tuple(map(list, zip(headers, *rows, strict=True)))))
    deadly = Circumstances(AROUND.as_of, _Deadly(AROUND.tables.by_key, os.getpid()))
    killed, alive = (validate(mapped, load(), around, market="CO") for around in (deadly, AROUND))
    assert _told(killed) == _told(alive)
