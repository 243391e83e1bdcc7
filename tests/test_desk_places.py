"""What a sentence of the command line becomes on the desk: its own button for the act, the Lender's own time."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from pipeline.desk.addresses import path_of
from pipeline.desk.places import PLACES, placed
from tests.checking import LOAN
from tests.desk_acts import CARDS, decide, live, plan_shown, send
from tests.desks import desk_at
from tests.test_desk_uploads import bare, book, text_of

ONLY_ON_THE_SERVER = {"check", "doctor", "fix", "ids", "onboarding", "reference", "requirements", "serve", "sync"}
"""What the desk has no page for: the sentence keeps the command."""
ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    ("sentence", "told", "address"),
    [
        ("Si es correcto: «vitrina approve 3 --product A-1».", "Si es correcto: « Aprobar ».", "/cargas/3"),
        ("Para que vuelva: «vitrina reinstate a/../b».", "« Reincorporar »", "/productos/-?codigo=a%2F..%2Fb"),
        ("«vitrina plan 12» la muestra.", "« Plan de la carga 12 » la muestra.", "/cargas/12"),
        ("«vitrina publish» los repone.", "« Reponer lo que falta » los repone.", "/versiones?comprobar=1#targets"),
        ("primero use «vitrina pack 5».", "« Preparar el paquete de entrega »", "/versiones/5#market"),
        ("con «vitrina receipt 5 --sent».", "« Registrar que se envió »", "/versiones/5#market"),
        ("«vitrina user list» los muestra.", "« Usuarios » los muestra.", "/ajustes/usuarios"),
        ("primero use «vitrina submit ARCHIVO».", "« Enviar y revisar »", "/cargas"),
    ],
)
def test_a_command_becomes_the_desks_own_place(sentence: str, told: str, address: str) -> None:
    """The words around it stay; the link is called as the button there."""
    drawn = placed(sentence, "es", "CO")
    assert told in bare(drawn)
    assert [html.unescape(found) for found in re.findall(r'href="([^"]*)"', drawn)] == [address]


@pytest.mark.parametrize("sentence", ["Cárguelo con «vitrina reference import ARCHIVO».", "Nada.", "«vitrina nada 1»"])
def test_what_only_the_command_line_does_stays(sentence: str) -> None:
    """No link to a page that is not there."""
    assert bare(placed(sentence, "es", "CO")) == sentence


def test_nothing_in_a_sentence_becomes_markup() -> None:
    """A name or a code with tags and quotes is shown as it is written, inside a link as well."""
    drawn = placed('<b>x</b> «vitrina reinstate "><script>» y <i>', "es", "CO")
    assert re.findall(r"<[^>]*>", drawn) == ['<a class="place" href="/productos/%22%3E%3Cscript%3E">', "</a>"]


@pytest.mark.parametrize("wrote", ["vitrina approve 3", "x» y «vitrina approve 3", "a las 17:40 UTC"])
def test_what_people_wrote_stays_as_they_wrote_it(wrote: str) -> None:
    """Where a sentence repeats it; the sentence's own command is a link all the same."""
    drawn = placed(f"A-1 («{wrote}»). Para que vuelva: «vitrina reinstate A-1».", "es", "CO", [wrote])
    assert re.findall(r'href="([^"]*)"', drawn) == ["/productos/A-1"]
    assert wrote in bare(drawn)


def test_no_cell_code_comment_or_file_name_becomes_a_link(tmp_path: Path) -> None:
    """A workbook, and people, full of commands: findings, products, plans, refusals and approvals show them as text."""
    said = "vitrina approve 3"
    with desk_at(tmp_path) as desk:
        nadia = desk.client("nadia")
        upload = send(desk, tmp_path, LOAN, CARDS)
        decide(desk, "rosa", upload, comentario=said)
        nadia.post(f"/cargas/{upload}/publicar")
        rows = [{**LOAN, "Tasa": said}, {**CARDS, "Monto": said}, {**LOAN, "Código": said, "Nombre": f"«{said}»"}]
        arrival = desk.send("ulises", book(tmp_path / f"«{said}».xlsx", *rows, {**LOAN, "Código": said}))
        nadia.post("/productos/retirar", data={"codigo": "LIB-002", "comentario": said})
        form = {"accion": "aprobar", "alcance": "marcados", "producto": f"«{said}»", "plan": "x"}
        pages = [nadia.post("/productos/retirar", data={"codigo": code}) for code in ("LIB-002", said, f"«{said}»")]
        pages += [desk.client("rosa").post(f"/cargas/{upload}/decision", data=form)]
        paths = ["/", f"/archivos/{arrival}", "/versiones", "/versiones/1", "/cargas/1", "/productos/LIB-001"]
        pages += [nadia.get(path) for path in (*paths, "/productos/LIB-002", path_of(said))]
        for page in pages:
            assert not re.search(r'class="place" href="/cargas/3"', page.text), page.url
        assert said in text_of(pages[0])
        assert said in text_of(nadia.get(f"/archivos/{arrival}"))


@pytest.mark.parametrize(
    ("market", "lang", "told"),
    [
        ("CO", "es", "Aprobó rosa, 22 de noviembre de 2026, 21:30."),
        ("MX", "es", "Aprobó rosa, 22 de noviembre de 2026, 20:30."),
    ],
)
def test_moments_are_told_by_the_lenders_clock(market: str, lang: str, told: str) -> None:
    """One format everywhere, on the day it is there; what is no moment stays."""
    assert placed("Aprobó rosa, 2026-11-23 02:30 UTC.", lang, market) == told
    assert placed("2026-13-99 02:30 UTC", lang, market) == "2026-13-99 02:30 UTC"
    assert placed("ya está publicada la 15 (17:40 UTC, rosa)", lang, "CO") == "ya está publicada la 15 (12:40, rosa)"


def test_no_page_shows_a_command_or_another_clock(tmp_path: Path) -> None:
    """Over a whole story: a plan that waits, one that became stale, a withdrawal, a pack, an origin."""
    with desk_at(tmp_path) as desk:
        live(desk, tmp_path, LOAN, CARDS)
        upload = send(desk, tmp_path, {**LOAN, "Tasa": "25,4% E.A."}, CARDS)
        seen = plan_shown(desk, "rosa", upload)
        nadia = desk.client("nadia")
        waits = nadia.post(f"/cargas/{upload}/publicar")
        nadia.post("/productos/retirar", data={"codigo": "LIB-002"})
        nadia.post("/versiones/2/paquete")
        pages = [
            waits,
            decide(desk, "rosa", upload, seen),
            nadia.post("/productos/retirar", data={"codigo": "LIB-002"}),
        ]
        paths = (
            "/ /cargas /versiones /versiones/1 /versiones/2 /productos/LIB-001 /productos/LIB-002 /ajustes/auditoria"
        )
        pages += [nadia.get(path) for path in (*paths.split(), f"/cargas/{upload}", "/cargas/99", "/versiones/99")]
        for page in pages:
            read = text_of(page)
            assert "UTC" not in read, page.url
            assert set(re.findall(r"[«“]\s*vitrina ([a-z]+)", read)) <= ONLY_ON_THE_SERVER, page.url
        assert "« Reincorporar »" in text_of(nadia.get(f"/cargas/{upload}"))
        assert "« Aprobar »" in text_of(waits)


def test_every_command_that_a_sentence_names_has_a_place_or_none_on_purpose() -> None:
    """Whoever writes a sentence with another command says whether the desk does the same."""
    named: set[str] = set()
    for folder in ("catalog", "pipeline/run", "pipeline/report", "pipeline/desk", "schemas"):
        for path in [*(ROOT / folder).rglob("*.py"), *(ROOT / folder).rglob("*.toml")]:
            named |= set(re.findall(r"[«“]vitrina ([a-z]+)", path.read_text(encoding="utf-8")))
    assert named
    assert named - ONLY_ON_THE_SERVER - PLACES.keys() == set()
    assert not ONLY_ON_THE_SERVER & PLACES.keys()
