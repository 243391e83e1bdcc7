"""From a published value back to its cell and the people it passed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from pipeline import report
from pipeline.report.plans.traces import reading_words
from pipeline.run.deciding import decide
from pipeline.run.publishing import publish, rollback, withdraw
from pipeline.run.tracing import compare, trace
from pipeline.run.workshop import Workshop
from schemas.errors import Refused, WrongUse
from schemas.product import Origin
from tests.command import vitrina
from tests.publishing import entry
from tests.shops import shop_at, shown
from tests.test_journeys import loans, write


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """Release 1 by ana and luis, release 2 by eva and luis, who changed the rate of A."""
    opened = shop_at(tmp_path)
    for by, rate in (("ana", "24.9"), ("eva", "23.5")):
        rows = [entry("A", rate_min=Decimal(rate)), entry("B")]
        number = shown(opened, rows, by=by).upload.info.id
        decide(opened, "approve", number, by="luis", comment=f"tasa {rate}")
        publish(opened, number, by="pat", reviewed=True)
    return opened


def test_a_value_leads_to_its_cell_and_to_everybody_it_passed(shop: Workshop) -> None:
    """The newest version by default: file, cell, text, who uploaded, who approved, who published, since when."""
    (name,) = trace(shop, "A", "name")
    assert (name.value, name.origin, name.file) == (
        "Libre Inversión A",
        Origin("Productos", "B4", "Libre Inversión A"),
        "productos.xlsx",
    )
    assert name.upload is not None
    assert (name.upload.by, [d.comment for d in name.approvals], name.since.number) == ("eva", ["tasa 23.5"], 2)


def test_a_release_of_old_tells_its_own_way(shop: Workshop) -> None:
    """Release 1 was ana's."""
    (rate,) = trace(shop, "A", "rate_min", release=1)
    assert rate.upload is not None
    assert (rate.value, rate.upload.by, rate.since.number) == (Decimal("24.9"), "ana", 1)


def test_what_did_not_change_keeps_its_first_way(shop: Workshop) -> None:
    """B is in both uploads; release 1 still shows it."""
    assert trace(shop, "B", "name")[0].since.number == 1


def test_going_back_leads_to_where_it_was_first_let_through(shop: Workshop) -> None:
    """A rollback is nobody's upload."""
    rollback(shop, 1, by="pat")
    (rate,) = trace(shop, "A", "rate_min")
    assert (rate.value, rate.since.number, [d.comment for d in rate.approvals]) == (Decimal("24.9"), 1, ["tasa 24.9"])


def test_without_a_field_every_value_is_told(shop: Workshop) -> None:
    """In field order; what was not read from a cell says so."""
    traces = trace(shop, "A")
    assert [one.field for one in traces][:3] == ["code", "name", "description_short"]
    text = report.trace_text(traces, "es")
    assert "productos.xlsx (carga 2, eva, 2026-11-22 12:00 UTC)" in text
    assert "Aprobó luis, 2026-11-22 12:00 UTC: «tasa 23.5»" in text
    assert "Productos!B4 · «Libre Inversión A»" in text
    assert "sin celda: se dedujo o se asignó después" in text


def test_how_a_cell_was_read_is_said_in_the_readers_language() -> None:
    """Whatever a reader notes is told in words; what has none yet stays as it is."""
    told = {
        "number cell, percent format": ("leído de una celda con número, con formato de porcentaje", "formatted as a"),
        "text, EA": ("leído de un texto, E.A.", "read from text, E.A."),
        "text, MV (its column says EA)": ("leído de un texto, M.V. (su columna dice E.A.)", "(its column says E.A.)"),
        "IBR plus a spread in points": ("IBR más puntos", "IBR plus points"),
        "text, month": ("leído de un texto, en meses", "in months"),
    }
    for note, (spanish, english) in told.items():
        assert reading_words(note, "es") == spanish
        assert english in reading_words(note, "en")
    assert reading_words("something new", "es") == "something new"


@pytest.mark.parametrize(
    ("code", "field", "release", "fault"),
    [
        ("X", None, None, Refused),
        ("A", "tass", None, WrongUse),
        ("A", "insurer", None, Refused),
        ("A", None, 9, WrongUse),
    ],
)
def test_what_is_not_there_is_a_sentence(
    shop: Workshop, code: str, field: str | None, release: int | None, fault: type[Exception]
) -> None:
    """No such product, field or release, or nothing said of that field."""
    with pytest.raises(fault):
        trace(shop, code, field, release=release)


@pytest.mark.parametrize("said", ["Tasa", "tasa", "rate", "Tasa E.A."])
def test_a_field_is_known_by_its_header_too(shop: Workshop, said: str) -> None:
    """As sheets have it, or by the name of its pair; a slip is asked about."""
    assert [one.field for one in trace(shop, "A", said)] == ["rate_min"]
    with pytest.raises(WrongUse) as slip:
        trace(shop, "A", f"{said}s de interés")
    assert slip.value.say("es").startswith(f"No existe el campo «{said}s de interés».")


def test_nothing_published_is_a_sentence(tmp_path: Path) -> None:
    """Before the first release."""
    with pytest.raises(Refused):
        trace(shop_at(tmp_path), "A")


def test_two_releases_are_compared(shop: Workshop) -> None:
    """Any two, in either direction."""
    withdraw(shop, frozenset("B"), by="pat")
    assert [(item.code, item.what) for item in compare(shop, 1, 3).dangerous] == [("B", "removed")]
    assert [item.code for item in compare(shop, 3, 1).added] == ["B"]
    with pytest.raises(WrongUse):
        compare(shop, 1, 9)


def test_the_command_line_tells_both(tmp_path: Path) -> None:
    """`lineage` and `releases --diff`, from a real workbook."""
    vitrina("sync", write(tmp_path, loans(3)), "--no-review", "--by", "ana", folder=tmp_path)
    vitrina("sync", write(tmp_path, loans(3, Tasa="25,9% E.A.")), "--no-review", "--by", "ana", folder=tmp_path)
    said = vitrina("lineage", "P-001", "rate_min", "--format", "json", folder=tmp_path).document
    (value,) = said["values"]
    assert (value["value"], value["sheet"], value["cell"], value["raw"]) == ("25.9", "Productos", "F3", "25,9% E.A.")
    assert (value["uploaded_by"], value["approvals"], value["since"]) == ("ana", [], 2)
    found = vitrina("releases", "--diff", "1", "2", "--format", "json", folder=tmp_path).document
    assert [item["dangers"] for item in found["dangerous"]] == [["rate_up"]] * 3
