"""The plan on the desk: the command line's words, decisions bound to what was looked at, and the publication."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipeline.report.plans import plan_words
from pipeline.run import planning, publishing
from tests.checking import LOAN
from tests.desk_acts import send
from tests.desks import Served, desk_at
from tests.test_desk import sentence
from tests.test_desk_uploads import text_of


def loan(number: int, **cells: Any) -> dict[str, Any]:
    return {**LOAN, "Código": f"LIB-{number:03}", "Nombre": f"Crédito número {number}", **cells}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a desk where twelve loans are live and upload 2 would change three, add one and remove one."""
    folder = tmp_path_factory.mktemp("prepared")
    with desk_at(folder) as desk:
        send(desk, folder, *[loan(n) for n in range(12)])
        publishing.publish(desk.desk.shop, None, by="pablo", reviewed=False)
        changed = [loan(0), loan(1, Tasa="25,4% E.A."), loan(2, Plazo="12 a 48 meses"), loan(3, Descripción="Otra.")]
        new = [loan(20), loan(21, Tasa="según perfil")]
        send(desk, folder, *changed, *[loan(n) for n in range(4, 11)], *new)
    return folder / "home"


@pytest.fixture
def desk(tmp_path: Path, prepared: Path) -> Iterator[Served]:
    shutil.copytree(prepared, tmp_path / "home")
    with desk_at(tmp_path) as served:
        yield served


def shown(desk: Served, name: str, upload: int = 2) -> str:
    """The plan somebody looks at, by what its form would send."""
    page = desk.client(name).get(f"/cargas/{upload}").text
    return str(re.findall(r'name="plan" value="(\w{64})"', page)[0])


def decide(desk: Served, name: str, plan: str, action: str = "aprobar", *codes: str, **more: str) -> httpx.Response:
    data = {"plan": plan, "accion": action, "alcance": "marcados" if codes else "todo", "producto": codes, **more}
    return desk.client(name).post("/cargas/2/decision", data=data)


def test_the_plan_says_what_the_command_line_says(desk: Served) -> None:
    """Headline, groups, every before and after, in both languages."""
    shop = desk.desk.shop
    plan = planning.plan_of(shop, shop.store.uploads.get(2))
    rosa = desk.client("rosa")
    for lang in ("en", "es"):
        rosa.post("/idioma", data={"lang": lang})
        read = text_of(rosa.get("/cargas/2"))
        said = plan_words(plan, lang, upload=2)
        assert said.headline in read
        for group in said.groups:
            assert group.title in read
            for item in group.items:
                assert item.code in read
                for line in item.lines:
                    assert f"{line.label} {line.before} {line.after}" in read
    assert read.index("Léalo primero") < read.index("Otros cambios")


def test_what_was_looked_at_is_approved_and_published_by_others(desk: Served) -> None:
    """A reviewer approves, a publisher publishes; the audit and the page say who and what."""
    assert decide(desk, "rosa", shown(desk, "rosa"), comentario="Revisado con Riesgo").status_code == 303
    pablo = desk.client("pablo")
    assert "5 productos aprobados salen en una versión nueva." in text_of(pablo.get("/cargas/2"))
    done = pablo.post("/cargas/2/publicar")
    assert "Se publicó la versión 2" in text_of(done)
    assert 'href="/versiones/2"' in done.text
    assert "rosa · Aprobó · todo el plan" in text_of(done)
    assert "Revisado con Riesgo" in text_of(done)
    assert [(deed.by, deed.act) for deed in desk.store.audit.list(most=2)] == [
        ("pablo", "publish"),
        ("rosa", "approve"),
    ]


def test_only_what_is_ticked_is_approved(desk: Served) -> None:
    """The others stay as they are; ticking nothing is told."""
    plan = shown(desk, "rosa")
    nothing = desk.client("rosa").post(
        "/cargas/2/decision", data={"plan": plan, "accion": "aprobar", "alcance": "marcados"}
    )
    assert (nothing.status_code, sentence(nothing)) == (409, "Marque al menos un producto.")
    assert decide(desk, "rosa", plan, "aprobar", "LIB-003").status_code == 303
    desk.client("pablo").post("/cargas/2/publicar")
    live = desk.store.releases.content()
    assert live is not None
    assert live.entries["LIB-003"].product.description_short == "Otra."
    assert str(live.entries["LIB-001"].product.rate_min) == "24.9"
    assert "LIB-011" in live.entries


def test_nobody_approves_what_they_handed_in(desk: Served) -> None:
    """Not even with the role: the page says so before, the desk after; it may be rejected."""
    desk.store.people.set_roles("ulises", frozenset({"uploader", "reviewer"}), by="alba")
    page = desk.client("ulises").get("/cargas/2")
    assert "Usted hizo esta carga: la aprueba otra persona." in text_of(page)
    assert 'value="aprobar"' not in page.text
    answer = decide(desk, "ulises", shown(desk, "ulises"))
    assert (answer.status_code, "no puede aprobarla" in answer.text) == (409, True)
    assert decide(desk, "ulises", shown(desk, "ulises"), "rechazar").status_code == 303


def test_a_plan_that_became_stale_is_refused_and_shown_anew(desk: Served) -> None:
    """What was published meanwhile is told; the page below is the plan of now; what was never shown is refused too."""
    plan = shown(desk, "rosa")
    publishing.withdraw(desk.desk.shop, frozenset({"LIB-005"}), by="pablo")
    stale = decide(desk, "rosa", plan)
    assert stale.status_code == 409
    assert "Este plan se hizo sobre la versión 1; ya está publicada la 2" in sentence(stale)
    assert "Plan sobre la versión 2" in text_of(stale)
    assert decide(desk, "rosa", "0" * 64).status_code == 409
    assert desk.store.decisions.list(upload=2) == ()
    assert decide(desk, "rosa", shown(desk, "rosa")).status_code == 303


def test_without_an_approval_nothing_is_published(desk: Served) -> None:
    """A publisher who asks anyway is told what is missing; what is live stays."""
    answer = desk.client("pablo").post("/cargas/2/publicar")
    assert "El plan espera revisión; lo publicado no cambia." in text_of(answer)
    assert "Publicar lo aprobado" not in answer.text
    current = desk.store.releases.current()
    assert current is not None
    assert current.number == 1


def test_the_front_page_leads_to_what_waits(desk: Served) -> None:
    """Inicio names the upload, its plan in one line, and later that it only waits to be published."""
    rosa = desk.client("rosa")
    read = text_of(rosa.get("/"))
    assert (
        "Carga 2 · libro.xlsx Plan sobre la versión 1: 1 nuevo, 3 cambian, 1 sale, 1 retenido, 8 sin cambios." in read
    )
    decide(desk, "rosa", shown(desk, "rosa"))
    assert "Aprobada; falta publicarla." in text_of(rosa.get("/"))
    desk.client("pablo").post("/cargas/2/publicar")
    assert "No hay cargas por revisar." in text_of(rosa.get("/"))
