"""What people are told of what was decided and published: by whom, when, which products, how many."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from pipeline.report.decided import decided_lines, moved_document, moved_sentence
from pipeline.run.decided import Decided, decided
from pipeline.run.deciding import decide
from pipeline.run.moved import Moved, moved_since, moves_of
from pipeline.run.planning import show_plan
from pipeline.run.publishing import publish, rollback, withdraw
from pipeline.run.workshop import Workshop
from schemas.errors import Refused
from schemas.product import Brand
from tests.command import vitrina_here
from tests.publishing import TODAY, entry
from tests.shops import on_day, shop_at, shown, stage
from tests.test_journeys import loans, write


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return shop_at(tmp_path)


def so_far(shop: Workshop, number: int) -> Decided:
    """What was decided up to now, on the plan of now."""
    return decided(shop, number, show_plan(shop, shop.store.uploads.get(number), by="x").plan)


def lines(shop: Workshop, number: int, lang: str = "es") -> list[str]:
    return list(decided_lines(so_far(shop, number), lang, "CO"))


def three(shop: Workshop) -> int:
    """An upload of A, B and C by ana, shown."""
    return shown(shop, [entry("A"), entry("B"), entry("C")]).upload.info.id


def test_a_plan_says_who_approved_and_rejected_what(shop: Workshop) -> None:
    """With when and why, and what that comes to for each product; at first that nobody has."""
    number = three(shop)
    assert lines(shop, number) == ["Nadie ha decidido todavía sobre esta carga."]
    decide(shop, "approve", number, by="luis", products=("A", "B"))
    decide(shop, "reject", number, by="eva", products=("B",), comment="la tasa no es esa")
    assert lines(shop, number) == [
        "Decisiones sobre esta carga",
        "  22/11/2026 07:00 · luis aprobó A y B",
        "  22/11/2026 07:00 · eva rechazó B: «la tasa no es esa»",
        "  Para el plan de hoy: 1 aprobado (A), 1 rechazado (B), 1 por decidir (C).",
    ]
    assert (
        lines(shop, number, "en")[-1] == "  For the plan of today: 1 approved (A), 1 rejected (B), 1 to be decided (C)."
    )


def test_a_whole_plan_is_approved_or_rejected_as_a_whole(shop: Workshop) -> None:
    """A word that was taken back is told as such."""
    number = three(shop)
    decide(shop, "reject", number, by="eva")
    assert so_far(shop, number).rejected == ("A", "B", "C")
    decide(shop, "approve", number, by="luis")
    said = lines(shop, number)
    assert said[1].endswith("eva rechazó el plan completo (quedó sin efecto)")
    assert said[2].endswith("luis aprobó el plan completo")
    assert so_far(shop, number).approved == ("A", "B", "C")


def test_what_is_held_until_named_is_not_told_as_approved_with_the_whole(shop: Workshop) -> None:
    """It still is to be decided."""
    number = shown(shop, [entry("A", term_max=12), entry("B", term_max=12)]).upload.info.id
    publish(shop, number, by="pat", reviewed=False)
    number = shown(shop, [entry("A", term_max=120), entry("B", term_max=24)]).upload.info.id
    decide(shop, "approve", number, by="luis")
    found = so_far(shop, number)
    assert (found.approved, found.open) == (("B",), ("A",))


def test_what_was_published_and_what_was_overtaken_no_longer_counts(shop: Workshop) -> None:
    """The first says with which release, the second that the plan changed."""
    number, other = three(shop), shown(shop, [entry("D")], by="eva", partial=True).upload.info.id
    show_plan(shop, shop.store.uploads.get(number), by="luis")
    decide(shop, "approve", number, by="luis", products=("A",))
    publish(shop, number, by="pat", reviewed=True)
    assert lines(shop, number)[1].endswith("luis aprobó A (publicado en la versión 1)")
    decide(shop, "approve", number, by="luis", products=("B",))
    show_plan(shop, shop.store.uploads.get(other), by="luis")
    decide(shop, "approve", other, by="luis")
    publish(shop, other, by="pat", reviewed=True)
    assert lines(shop, number)[2].endswith("luis aprobó B (el plan cambió después; ya no cuenta)")
    assert so_far(shop, number).open == ("B", "C", "D")


def test_a_long_list_of_products_is_cut() -> None:
    """The count is whole."""
    codes = tuple(f"P-{n:03d}" for n in range(40))
    said = replace(Decided((), (), (), ()), said=(), open=codes)
    assert list(decided_lines(said, "es")) == ["Nadie ha decidido todavía sobre esta carga."]
    assert list(decided_lines(replace(said, open=()), "es")) == []


def test_a_publication_says_how_many_came_changed_and_left(shop: Workshop) -> None:
    """Against what was live before, products by code; the first one has only new ones."""
    publish(shop, three(shop), by="pat", reviewed=False)
    first = moved_since(shop, None)
    assert first == Moved(("A", "B", "C"), (), (), 3)
    assert moved_sentence(first, "es") == "En vivo: 3 productos (3 nuevos)."
    number = shown(shop, [entry("A"), entry("B", term_max=24), entry("D")]).upload.info.id
    publish(shop, number, by="pat", reviewed=False)
    found = moved_since(shop, 1)
    assert found == Moved(("D",), ("B",), ("C",), 3)
    assert moved_sentence(found, "es") == "En vivo: 3 productos (1 nuevo, 1 cambió, 1 salió)."
    assert moved_sentence(found, "en") == "Live: 3 products (1 new, 1 changed, 1 gone)."
    assert moved_since(shop, 2) is None


def test_a_rollback_and_another_brand_say_what_they_moved(shop: Workshop, tmp_path: Path) -> None:
    """By the number of the release each made; a publication that made none moved nothing."""
    publish(shop, three(shop), by="pat", reviewed=False)
    two = shown(shop, [entry("A"), entry("B")]).upload.info.id
    decide(shop, "approve", two, by="luis", products=("C",))
    outcomes = [publish(shop, two, by="pat", reviewed=True).outcome, rollback(shop, 1, by="pat")]
    assert moves_of(shop, outcomes) == {2: Moved((), (), ("C",), 2), 3: Moved(("C",), (), (), 3)}
    assert moves_of(shop, [publish(shop, two, by="pat", reviewed=True).outcome]) == {}
    renamed = replace(shop, brand=Brand(name="Otro nombre"))
    number = stage(renamed, [entry("A"), entry("B"), entry("C")]).info.id
    publish(renamed, number, by="pat", reviewed=False)
    found = moved_since(renamed, 3)
    assert found is not None
    assert moved_sentence(found, "es") == "En vivo: 3 productos (cambió la marca)."
    assert moved_document(found)["brand"] is True


def test_what_is_withdrawn_already_says_since_when_by_whom_and_what_brings_it_back(shop: Workshop) -> None:
    """Not that it is not published; a code that never was is asked about."""
    publish(shop, three(shop), by="pat", reviewed=False)
    withdraw(shop, frozenset("B"), by="pat", comment="agotado")
    with pytest.raises(Refused) as twice:
        withdraw(on_day(shop, TODAY + timedelta(days=1)), frozenset("B"), by="eva")
    assert twice.value.say("es") == (
        "B ya está retirado: lo retiró pat el 22 de noviembre de 2026, 07:00 (motivo: «agotado»). Para que vuelva: "
        "«vitrina reinstate B» y publique una carga que lo traiga."
    )
    with pytest.raises(Refused, match="is not published"):
        withdraw(shop, frozenset(("LIB-9",)), by="eva")


def test_the_commands_tell_both(tmp_path: Path) -> None:
    """`plan` the decisions, `publish`, `sync` and `withdraw` the counts, in words and as JSON."""
    book = write(tmp_path, loans(3))
    vitrina_here("submit", book, "--by", "ana", folder=tmp_path)
    vitrina_here("approve", "1", "--product", "P-001", "--by", "luis", folder=tmp_path)
    plan = vitrina_here("plan", "--by", "luis", folder=tmp_path)
    assert "luis aprobó P-001" in plan.out
    document = vitrina_here("plan", "--format", "json", "--by", "luis", folder=tmp_path).document
    assert (document["approved"], document["open"]) == (["P-001"], ["P-000", "P-002"])
    assert document["decisions"][0]["state"] == "counts"
    done = vitrina_here("publish", "--by", "pat", folder=tmp_path)
    assert "En vivo: 1 producto (1 nuevo)." in done.out
    ran = vitrina_here("sync", book, "--no-review", "--by", "ana", "--format", "json", folder=tmp_path).document
    assert ran["sources"][0]["published"]["moved"]["added"] == ["P-000", "P-002"]
    gone = vitrina_here("withdraw", "P-002", "--by", "pat", "--format", "json", folder=tmp_path).document
    assert gone["moved"] == {"added": [], "changed": [], "removed": ["P-002"], "brand": False, "live": 2}


def test_an_upload_of_which_only_rejected_rows_are_left_waits_for_nobody(tmp_path: Path) -> None:
    """Publishing it again says so; the upload said at first what makes it go live."""
    said = vitrina_here("submit", write(tmp_path, loans(2)), "--by", "ana", folder=tmp_path).out
    assert said.endswith(
        "Para publicarla, otra persona la revisa con «vitrina plan 1» y la aprueba con «vitrina approve 1»; después, "
        "«vitrina publish 1».\n"
    )
    vitrina_here("reject", "1", "--product", "P-001", "--by", "luis", folder=tmp_path)
    vitrina_here("approve", "1", "--by", "luis", folder=tmp_path)
    assert "En vivo: 1 producto (1 nuevo)." in vitrina_here("publish", "--by", "pat", folder=tmp_path).out
    again = vitrina_here("publish", "--by", "pat", folder=tmp_path)
    assert (again.code, again.out) == (0, "De la carga 1 queda solo lo rechazado (P-001); lo publicado no cambia.\n")


def test_a_run_that_takes_down_what_became_unlawful_says_what_it_took(tmp_path: Path) -> None:
    """A new cap makes a live rate unlawful: the run says so, which release that made and how many left."""
    today, environ = date.today(), {"VITRINA_REFERENCE_UNLAWFUL": "withdraw"}  # noqa: DTZ011 - the command's own day
    rows = [{**row, "Modalidad de crédito": "Consumo y ordinario"} for row in loans(2)]
    book = write(tmp_path, rows)
    assert "2 nuevos" in vitrina_here("sync", book, "--no-review", "--by", "ana", folder=tmp_path, **environ).out
    caps = tmp_path / "topes.csv"
    caps.write_text(f"indicador,modalidad,mes,valor,fuente\nIBC,consumo y ordinario,{today:%Y-%m},10,prueba\n", "utf-8")
    assert vitrina_here("reference", "import", caps, folder=tmp_path).code == 0
    done = vitrina_here("sync", book, "--no-review", "--by", "ana", folder=tmp_path, **environ)
    assert "Lo que ya no cumple se retiró" in done.out
    assert "Se publicó la versión 2: " in done.out
    assert "En vivo: 0 productos (2 salieron)." in done.out
