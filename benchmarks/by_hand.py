"""What a person would write by hand: read the workbook into pandas, thirty pandera rules, findings as JSON lines.

usage: python -m benchmarks.by_hand openpyxl|calamine WORKBOOK FINDINGS

It does less than `check` (no evidence, no money mathematics, no words, no products) and is written to be quick: figures
converted once a column, whole-column checks only, no frame-level check a row at a time.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa

CODE = r"^(CO|MX)-\d{6}$"
UNSAFE = r"(?i)<(script|iframe|object|embed)|\son\w+=|javascript:"
ADDRESS = r"^https://[A-Za-z0-9.-]+/\S*$"
DAY = r"^\d{4}-\d{2}-\d{2}$"


def read(path: str, engine: str) -> pd.DataFrame:
    """The first sheet as text, figures converted where they are figures (others become NaN)."""
    import pandas as pd

    from benchmarks.workbooks import FIGURES

    frame: pd.DataFrame = pd.read_excel(path, engine=engine, dtype=str)  # type: ignore[call-overload]
    for name in FIGURES & set(frame.columns):
        frame[name] = pd.to_numeric(frame[name], errors="coerce")
    return frame


def schema(headers: set[str]) -> pa.DataFrameSchema:
    """Thirty rules over the columns that are there, each with its number."""
    import pandera.pandas as pa

    columns = {name: pa.Column(None, checks, nullable=True) for name, checks in _cells().items() if name in headers}
    return pa.DataFrameSchema(columns, checks=_rows(headers))


def _cells() -> dict[str, list[pa.Check]]:
    import pandera.pandas as pa

    def filled(rule: str) -> pa.Check:
        return pa.Check(lambda s: s.notna(), error=rule, ignore_na=False)

    def one_of(rule: str, *values: str) -> pa.Check:
        return pa.Check.isin(values, error=rule)

    return {
        "Código": [
            filled("R01"),
            pa.Check.str_matches(CODE, error="R02"),
            pa.Check(lambda s: ~s.duplicated(keep=False) | s.isna(), error="R03"),
        ],
        "Nombre": [filled("R04"), pa.Check.str_length(max_value=100, error="R05")],
        "Descripción corta": [filled("R06"), pa.Check.str_length(max_value=500, error="R07")],
        "Descripción larga": [
            filled("R08"),
            pa.Check.str_length(max_value=3000, error="R09"),
            pa.Check(lambda s: ~s.str.contains(UNSAFE, regex=True), error="R10"),
        ],
        "Categoría": [filled("R11"), one_of("R12", "INDIVIDUAL", "BUSINESS", "INSURANCE")],
        "Moneda": [one_of("R13", "COP", "MXN")],
        "País": [one_of("R14", "CO", "MX")],
        "Monto mínimo": [filled("R16"), pa.Check.gt(0, error="R17")],
        "Monto máximo": [filled("R18")],
        "Tasa": [pa.Check.in_range(0, 200, error="R21")],
        "Tasa E.A.": [pa.Check.in_range(0, 200, error="R21")],
        "Base de la tasa": [one_of("R22", "E.A.", "M.V.", "N.A.M.V.", "anual simple")],
        "Plazo mínimo": [pa.Check.ge(1, error="R23")],
        "Plazo máximo": [pa.Check.le(360, error="R24")],
        "URL": [filled("R26"), pa.Check.str_matches(ADDRESS, error="R26b")],
        "Requisitos": [filled("R27")],
        "Edad mínima": [pa.Check.ge(18, error="R28")],
        "Estado": [one_of("R29", "activo", "en pausa")],
        "Vigencia desde": [filled("R30"), pa.Check.str_matches(DAY, error="R30b")],
    }


def _rows(headers: set[str]) -> list[pa.Check]:
    import pandera.pandas as pa

    rate = "Tasa" if "Tasa" in headers else "Tasa E.A."

    def money_of_country(f: pd.DataFrame) -> pd.Series[bool]:
        foreign = ((f["País"] == "CO") & (f["Moneda"] == "MXN")) | ((f["País"] == "MX") & (f["Moneda"] == "COP"))
        return ~foreign.fillna(False).astype(bool)

    return [
        pa.Check(money_of_country, error="R15"),
        pa.Check(lambda f: ~(f["Monto máximo"] < f["Monto mínimo"]), error="R19"),
        pa.Check(lambda f: f[rate].notna() | (f["Categoría"] == "INSURANCE"), error="R20"),
        pa.Check(lambda f: ~(f["Plazo máximo"] < f["Plazo mínimo"]), error="R25"),
    ]


def findings(frame: pd.DataFrame) -> list[tuple[int, str]]:
    """(spreadsheet row, rule) of every failing cell and row, from pandera's own report."""
    import pandera.pandas as pa

    try:
        schema(set(frame.columns)).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as found:
        cases = found.failure_cases.dropna(subset=["index"])
        return sorted(set(zip((cases["index"].astype(int) + 2).tolist(), cases["check"].tolist(), strict=True)))
    return []


def main() -> None:
    """Reads, judges, writes."""
    import warnings

    warnings.filterwarnings("ignore")
    engine, path, out = sys.argv[1:]
    found = findings(read(path, engine))
    with open(out, "w", encoding="utf-8") as file:  # noqa: PTH123 - as a script is written
        file.writelines(f"{json.dumps({'row': row, 'rule': rule})}\n" for row, rule in found)


if __name__ == "__main__":
    main()
