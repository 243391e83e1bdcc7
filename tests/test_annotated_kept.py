"""A marked copy may be where somebody mends: a second `check --annotated` writes over no work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from tests.checking import LOAN
from tests.command import Done, vitrina_here
from tests.workbooks import build


def book(path: Path, **changed: object) -> Path:
    row = {**LOAN, "Monto": "nada", **changed}
    return build(path, {"Productos": [list(LOAN), list(row.values())], "Marca": [["Nombre comercial", "Faro"]]})


def mark(source: Path, out: Path) -> Done:
    return vitrina_here("check", source, "--annotated", out, folder=source.parent)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return book(tmp_path / "p.xlsx")


@pytest.fixture
def out(source: Path, tmp_path: Path) -> Path:
    assert mark(source, tmp_path / "marcada.xlsx").code == 1
    return tmp_path / "marcada.xlsx"


def mend(path: Path, sheet: str = "Productos", cell: str = "E2", value: object = "$1.000.000") -> None:
    opened = openpyxl.load_workbook(path)
    opened[sheet][cell] = value
    opened.save(path)


def test_a_copy_nobody_touched_is_replaced(source: Path, out: Path) -> None:
    """Also when its source was mended since: the copy holds no work."""
    first = out.read_bytes()
    assert mark(source, out).code == 1
    assert out.read_bytes() == first
    book(source, Monto="$1.000.000")
    assert mark(source, out).code == 0
    assert openpyxl.load_workbook(out)["Productos"]["E2"].value == "$1.000.000"


def test_a_copy_that_was_only_saved_is_replaced(source: Path, out: Path) -> None:
    """Every byte is another, and no cell."""
    openpyxl.load_workbook(out).save(out)
    assert mark(source, out).code == 1


@pytest.mark.parametrize(
    "work",
    [
        mend,
        lambda path: mend(path, "Marca", "A2", "Razón social"),
        lambda path: mend(path, "Productos", "H9", "una nota"),
        lambda path: mend(path, "Productos", "E2", None),
    ],
)
def test_a_copy_with_somebodys_work_is_kept(source: Path, out: Path, work: Callable[[Path], None]) -> None:
    """Wrong use in one sentence that says what to do, and not one byte of it changes."""
    work(out)
    before = out.read_bytes()
    done = mark(source, out)
    assert (done.code, out.read_bytes() == before) == (2, True)
    assert done.err == (
        f"{out} tiene cambios hechos después de marcarlo y no se reemplaza. Elija otro nombre, o revise ese libro: "
        f"vitrina check {out}\n"
    )


def test_a_number_format_is_work_too(source: Path, out: Path) -> None:
    """`0.249` becomes 24,9 % by nothing else."""
    opened = openpyxl.load_workbook(out)
    opened["Productos"]["F2"] = 0.249
    opened.save(out)
    book(source, Tasa=0.249)
    assert mark(source, out).code == 1
    opened = openpyxl.load_workbook(out)
    opened["Productos"]["F2"].number_format = "0.0%"
    opened.save(out)
    assert mark(source, out).code == 2


@pytest.mark.parametrize("make", [book, lambda path: path.write_bytes(b"trabajo"), lambda path: path.write_bytes(b"")])
def test_what_is_no_marked_copy_is_kept(source: Path, tmp_path: Path, make: Callable[[Path], object]) -> None:
    """Another workbook, or no workbook at all, under that name."""
    other = tmp_path / "otro.xlsx"
    make(other)
    before = other.read_bytes()
    done = mark(source, other)
    assert (done.code, other.read_bytes() == before) == (2, True)
    assert "no es una copia marcada" in done.err
