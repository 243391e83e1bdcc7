"""A marked copy may be where somebody mends: a second `check --annotated` writes over no work."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

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


def styled(path: Path, what: str, value: object) -> None:
    opened = openpyxl.load_workbook(path)
    setattr(opened["Productos"]["A2"], what, value)
    opened.save(path)


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


@pytest.mark.parametrize(
    "work",
    [
        mend,
        lambda path: mend(path, "Marca", "A2", "Razón social"),
        lambda path: mend(path, "Productos", "H9", "una nota"),
        lambda path: mend(path, "Productos", "E2", None),
        lambda path: mend(path, "Hallazgos", "I5", "ya lo pregunté a Tesorería"),
        lambda path: mend(path, "Hallazgos", "B5", "resuelto"),
        lambda path: styled(path, "comment", Comment("Lo hablé con Ana", "rosa")),
        lambda path: styled(path, "fill", PatternFill("solid", fgColor="00FF00")),
        lambda path: styled(path, "hyperlink", "https://banco.example/tasas"),
        lambda path: openpyxl.load_workbook(path).save(path),
    ],
)
def test_a_copy_with_somebodys_work_is_kept(source: Path, out: Path, work: Callable[[Path], None]) -> None:
    """Wrong use in one sentence that says what to do, and not one byte of it changes. Whatever was saved may hold some:
    a note, a colour, a word in the list of findings stand in no cell of the source."""
    work(out)
    before = out.read_bytes()
    done = mark(source, out)
    assert (done.code, out.read_bytes() == before) == (2, True)
    assert done.err == (
        f"{out} se guardó después de marcarlo: puede tener su trabajo y no se reemplaza. Elija otro nombre, o revise "
        f"ese libro: vitrina check {out}\n"
    )


@pytest.mark.parametrize(
    "make", [book, lambda path: path.write_bytes(b"trabajo"), lambda path: path.write_bytes(b""), os.mkfifo]
)
def test_what_is_no_marked_copy_is_kept(source: Path, tmp_path: Path, make: Callable[[Path], object]) -> None:
    """Another workbook, no workbook at all, or no file (a pipe would be read for ever), under that name."""
    other = tmp_path / "otro.xlsx"
    make(other)
    before = other.read_bytes() if other.is_file() else None
    done = mark(source, other)
    assert (done.code, other.read_bytes() if other.is_file() else None) == (2, before)
    assert "no es una copia marcada" in done.err
