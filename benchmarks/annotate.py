"""The annotated copy of 10,000 rows with 400 findings, beside openpyxl loading, annotating and saving the same file.

usage: python -m benchmarks.annotate ours|openpyxl WORKBOOK OUT
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path

from benchmarks.workbooks import DATA, workbook

MARKS = 400


def remarks() -> list[tuple[int, int, str]]:
    """(row, column, message) of every mark: spread over the rows and the columns."""
    return [(2 + number * 25, number % 20, f"Hallazgo {number}: revise esta celda.") for number in range(MARKS)]


def ours(path: Path, out: Path) -> None:
    """What `check --annotated` does once the findings are known."""
    from pipeline.report.annotated.patch import annotated
    from pipeline.report.annotated.remarks import Remark
    from schemas.findings import column_letter

    told = [
        Remark("error", "Productos", row, column, f"{column_letter(column)}{row}", "", message, "Corrija la celda.", 1)
        for row, column, message in remarks()
    ]
    out.write_bytes(annotated(path.read_bytes(), told, heading="400 hallazgos", lang="es"))


def by_openpyxl(path: Path, out: Path) -> None:
    """What one would write by hand; charts, images and macros of the user's workbook would be lost on the way."""
    import openpyxl
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    book = openpyxl.load_workbook(path)
    sheet, listed = book["Productos"], book.create_sheet("Hallazgos")
    fill = PatternFill("solid", fgColor="FFF8C8C0")
    for row, column, message in remarks():
        cell = sheet.cell(row, column + 1)
        cell.fill = fill
        cell.comment = Comment(message, "Vitrina")
        listed.append([cell.coordinate, message, "Corrija la celda."])
        listed.cell(listed.max_row, 1).hyperlink = f"#Productos!{cell.coordinate}"
    book.active = len(book.sheetnames) - 1
    book.save(out)


WAYS = {"ours": ours, "openpyxl": by_openpyxl}
LIBRARY = {"ours": "pipeline.report.annotated.patch", "openpyxl": "openpyxl"}


def main() -> None:
    """One run; prints the processor seconds it took once its libraries were there."""
    way, path, out = sys.argv[1:] if len(sys.argv) > 2 else (sys.argv[1], workbook("mixed", 10_000), DATA / "out.xlsx")
    importlib.import_module(LIBRARY[way])  # starting up is not what is compared
    started = time.process_time()
    WAYS[way](Path(path), Path(out))
    print(json.dumps(round(time.process_time() - started, 3)))


if __name__ == "__main__":
    main()
