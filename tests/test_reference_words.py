"""What is said of a reference file: its form where it has another, its days and headers in the reader's language."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from catalog import reference
from catalog.reference import ImportReport
from pipeline.cli.figures import reference_import
from tests.command import vitrina_here


def given_file(folder: Path, text: str) -> Path:
    path = folder / "entrada.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def imported(folder: Path, text: str) -> ImportReport:
    return reference.import_file(given_file(folder, text), folder / "home")


@pytest.mark.parametrize("lang", ["es", "en"])
def test_the_form_that_is_shown_is_the_form_that_is_read(lang: str, tmp_path: Path) -> None:
    """Whoever copies the example of a refused file, or of the help, has a file that is taken."""
    shown = [line.strip() for line in reference.looks_like(lang).splitlines()[1:]]
    assert imported(tmp_path, "\n".join(shown)).added == 1
    told = [line.strip() for line in (reference_import.help or "").splitlines()]
    pairs = [(head, line) for head, line in pairwise(told) if head.startswith(("kind,", "indicador,"))]
    assert [imported(tmp_path / f"{n}", "\n".join(pair)).added for n, pair in enumerate(pairs)] == [1, 1]


@pytest.mark.parametrize(
    "content", ["a,b,c\n1,2,3\n", "modality,ibc\nx,1\n", "modality,month\nx,1\n", "mes,valor\nx,1\n"]
)
def test_a_file_of_another_form_is_told_in_the_headers_of_the_language(content: str, tmp_path: Path) -> None:
    """What is missing, in Spanish without our English column names; the command shows the form beside it."""
    report = imported(tmp_path, content)
    said = reference.sentence(report.faults[0])
    assert said.startswith("Faltan columnas: ")
    assert not re.search("kind|valid_|modality|month|ibc", said)
    done = vitrina_here("reference", "import", given_file(tmp_path, content), folder=tmp_path)
    assert (done.code, "\n  indicador,modalidad,desde,hasta,valor,fuente\n" in done.err) == (1, True)
    assert "línea" not in done.err


def test_days_in_spanish_sentences_have_the_day_first(tmp_path: Path) -> None:
    """A contradiction names the days of the value it contradicts."""
    report = imported(tmp_path, "modality,month,ibc\nproductivo_urbano,2026-05,40\nproductivo_urbano,2026-05,41\n")
    assert "40 (01/05/2026 – 31/05/2026" in reference.sentence(report.faults[0])
    assert "40 (2026-05-01 – 2026-05-31" in reference.sentence(report.faults[0], "en")
