"""Checks a small workbook as `vitrina check --format json` would, without a process."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pipeline import report
from pipeline.run.checking import check
from schemas.settings import load_settings
from tests.workbooks import build

DAY = date(2026, 3, 15)
"""A day whose usury caps ship with the program."""
NO_BRAND = {"logo.missing", "legal_name.missing"}
"""What every check says where neither settings, sheet nor files tell of the brand."""
LOAN: dict[str, Any] = {
    "Código": "LIB-001",
    "Nombre": "Crédito de Libre Inversión",
    "Descripción": "Crédito en 24 horas.",
    "Categoría": "INDIVIDUAL",
    "Monto": "$1.000.000 a $50.000.000",
    "Tasa": "24,9% E.A.",
    "Plazo": "12 a 60 meses",
}


def check_file(path: Path, *, market: str = "CO", as_of: date = DAY, **options: Any) -> dict[str, Any]:
    """The JSON document of one file."""
    settings = load_settings(environ={"VITRINA_MARKET": market}, home=path.parent / "home", folder=path.parent)
    return report.check_document(check(path, settings, as_of=as_of, **options), "es")


def check_rows(folder: Path, rows: Sequence[Sequence[object]], *, market: str = "CO", **options: Any) -> dict[str, Any]:
    """The JSON document of a sheet with these rows, the header first."""
    return check_file(build(folder / "productos.xlsx", {"Productos": rows}, **options), market=market)


def check_loan(
    folder: Path, *, market: str = "CO", formats: dict[str, str] | None = None, **cells: Any
) -> dict[str, Any]:
    """The JSON document of one good loan with some cells changed (None: left empty) or columns added."""
    row = {**LOAN, **{name.replace("__", " "): value for name, value in cells.items()}}
    return check_rows(folder, [list(row), list(row.values())], market=market, formats=formats)


def codes(document: dict[str, Any], severity: str | None = None) -> set[str]:
    """The finding codes of a document."""
    return {f["code"] for f in document["findings"] if severity in (None, f["severity"])}


def finding(document: dict[str, Any], code: str) -> dict[str, Any]:
    """The one finding of a code; fails where there is none or more than one."""
    (found,) = (f for f in document["findings"] if f["code"] == code)
    return dict(found)


def product(document: dict[str, Any]) -> dict[str, Any]:
    """The one product of a document; fails where it was held."""
    assert [f for f in document["findings"] if f["severity"] == "error"] == []
    (only,) = document["products"]
    return dict(only)
