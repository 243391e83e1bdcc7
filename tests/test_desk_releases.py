"""Vista previa, Versiones and Productos: fixed links, proof by digest, differences, the way back, lineage."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from catalog.store import moves
from pipeline import report
from pipeline.desk.addresses import path_of
from pipeline.run import tracing
from tests.checking import LOAN
from tests.desk_acts import CARDS, decide, live, plan_shown, publish, send
from tests.desks import Served, desk_at
from tests.test_desk import heading, sentence
from tests.test_desk_uploads import text_of

DEARER = {**LOAN, "Tasa": "25,5% E.A."}
CHEAPER = {**LOAN, "Tasa": "23,5% E.A."}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A desk with three releases and an upload that waits. Its tests change nothing but what they say."""
    folder = tmp_path_factory.mktemp("desk")
    with desk_at(folder) as served:
        for loans in ((LOAN, CARDS), (DEARER, CARDS), (CHEAPER, CARDS)):
            live(served, folder, *loans)
        send(served, folder, {**LOAN, "Tasa": "23,9%"}, {**CARDS, "Tasa": "21% E.A."})
        yield served


@pytest.fixture
def own_desk(tmp_path: Path) -> Iterator[Served]:
    with desk_at(tmp_path) as served:
        yield served


def frames_of(answer: httpx.Response) -> list[str]:
    """The addresses of a page's frames."""
    return [html.unescape(found) for found in re.findall(r'<iframe [^>]*src="([^"]+)"', answer.text)]


# Vista previa


def test_a_preview_never_changes_under_its_reader_and_is_what_gets_published(own_desk: Served, tmp_path: Path) -> None:
    """The link shows the same bytes before the approval, after the publication and after the next release; the files
    published are those very bytes."""
    upload = send(own_desk, tmp_path, LOAN, CARDS)
    rosa = own_desk.client("rosa")
    link = rosa.get(f"/cargas/{upload}/vista").headers["location"]
    assert re.fullmatch(rf"/cargas/{upload}/vista/[0-9a-f]{{12}}", link)
    pages = ("index.html", "en/index.html", "lib-001.html", "en/lib-001.html", "lib-002.html", "assets/style.css")
    shown = {page: rosa.get(f"{link}/sistema/{page}").content for page in pages}
    decide(own_desk, "rosa", upload)
    publish(own_desk, upload)
    live(own_desk, tmp_path, DEARER, CARDS)
    assert {page: rosa.get(f"{link}/sistema/{page}").content for page in pages} == shown
    manifest = json.loads((tmp_path / "home" / "published" / "releases" / "1" / "manifest.json").read_bytes())
    assert {page: manifest["files"][page]["sha256"] for page in pages} == {
        page: sha256(body).hexdigest() for page, body in shown.items()
    }
    assert {page: rosa.get(f"/versiones/1/vista/sistema/{page}").content for page in pages} == shown
    assert "El plan de esta carga ya es otro" in text_of(rosa.get(link))


def test_a_preview_shows_what_the_reader_asks_for(desk: Served) -> None:
    """Page, language, tone and neighbour are all in the address, so a link shows another person the same."""
    client = desk.client("rosa")
    link = client.get("/cargas/4/vista").headers["location"]
    asked = f"{link}?ver=ficha&codigo=LIB-002&idioma=en&tono=oscuro&junto=1"
    assert frames_of(client.get(asked)) == [
        "/versiones/3/vista/oscuro/en/lib-002.html", f"{link}/oscuro/en/lib-002.html",
    ]  # fmt: skip
    assert frames_of(client.get(link)) == [f"{link}/sistema/index.html"]
    for chosen in re.findall(r'<a href="([^"]+)"(?: aria-current="true")?>(?:Índice|Claro)</a>', client.get(link).text):
        assert "idioma=es" in chosen, "the same for a reader of English"
    assert frames_of(client.get(f"{link}?ver=otra&codigo=NADA&tono=rosa&idioma=fr")) == [f"{link}/sistema/index.html"]


def test_a_tone_is_forced_by_the_style_sheet_alone(desk: Served) -> None:
    """Light and dark are the published sheet with its question about the system answered."""
    client = desk.client("rosa")
    sheets = {
        tone: client.get(f"/versiones/3/vista/{tone}/assets/style.css").text for tone in ("sistema", "claro", "oscuro")
    }
    assert "@media (prefers-color-scheme: dark)" in sheets["sistema"]
    assert sheets["oscuro"].count("@media all") == 1
    assert "color-scheme: dark;" in sheets["oscuro"]
    assert "prefers-color-scheme" not in sheets["claro"]
    assert client.get("/versiones/3/vista/verde/assets/style.css").status_code == 404


def test_a_card_beside_another_marks_what_it_says_otherwise(desk: Served) -> None:
    """The changed figure and nothing else; each side marks its own."""
    client = desk.client("rosa")
    for number, other, figure in ((2, 3, "25,50"), (3, 2, "23,50")):
        card = client.get(f"/versiones/{number}/vista/sistema/lib-001.card.html?contra=v{other}").text
        assert [" ".join(found.split()) for found in re.findall("<mark>(.*?)</mark>", card)] == [f"{figure} %"]
    assert "<mark>" not in client.get("/versiones/3/vista/sistema/lib-002.card.html?contra=v2").text
    assert "<mark>" not in client.get("/versiones/3/vista/sistema/lib-001.card.html?contra=x").text


def test_pages_in_a_frame_are_shut_in(desk: Served) -> None:
    """No script, no form, no window, nothing from outside, framed by the desk alone."""
    client = desk.client("rosa")
    link = client.get("/cargas/4/vista").headers["location"]
    for path in (f"{link}/sistema/lib-001.html", "/versiones/3/vista/claro/en/lib-001.card.html"):
        policy = client.get(path).headers["content-security-policy"]
        assert policy.startswith("sandbox allow-same-origin; default-src 'none';")
        assert "script" not in policy
        assert "frame-ancestors 'self'" in policy


@pytest.mark.parametrize(
    "path",
    [
        "/cargas/4/vista/000000000000", "/cargas/9/vista", "/cargas/4/vista/x/sistema/index.html",
        "/versiones/3/vista/sistema/catalog.json", "/versiones/3/vista/sistema/nada.html", "/versiones/9/vista",
        "/versiones/3/vista/sistema/../../../etc/passwd.html", "/versiones/3/vista/sistema/nada.card.html",
    ],
)  # fmt: skip
def test_what_is_not_there_is_told(desk: Served, path: str) -> None:
    """Not found, in a sentence; only pages, styles and pictures are served."""
    assert desk.client("rosa").get(path).status_code == 404


def test_a_release_whose_contents_are_gone_is_told(tmp_path: Path) -> None:
    """Only so many are kept; an older one says so instead of showing half of it."""
    with desk_at(tmp_path, VITRINA_RELEASES_KEEP="2") as desk:
        for loan in (LOAN, DEARER, CHEAPER, LOAN):
            live(desk, tmp_path, loan)
        answer = desk.client("rosa").get("/versiones/2/vista")
        assert (answer.status_code, "ya no se guardan" in sentence(answer)) == (409, True)
        assert desk.client("rosa").get("/versiones/2").status_code == 200


# Versiones


def test_the_history_says_what_the_command_line_says(desk: Served) -> None:
    """Who, what and the difference with the release before, in both languages."""
    client = desk.client("rosa")
    for lang in ("en", "es"):
        client.post("/idioma", data={"lang": lang})
        read = text_of(client.get("/versiones"))
        for number in (2, 3):
            changes = report.review_words(tracing.compare(desk.desk.shop, number - 1, number), lang)
            assert changes.headline in read
            own = text_of(client.get(f"/versiones/{number}"))
            for item in (item for group in changes.groups for item in group.items):
                for line in item.lines:
                    assert f"{line.label} {line.before} {line.after}" in own
        told = report.review_words(tracing.compare(desk.desk.shop, 3, 1), lang)
        assert told.headline in text_of(client.get("/versiones/comparar?de=3&a=1"))
    assert "Aprobó rosa" in text_of(client.get("/versiones/3"))
    assert "«Revisado con Tesorería»" in text_of(client.get("/versiones/3"))


@pytest.mark.parametrize("query", ["", "?de=1", "?de=1&a=99", "?de=x&a=1", "?de=-1&a=1"])
def test_releases_that_are_not_there_cannot_be_compared(desk: Served, query: str) -> None:
    """One sentence."""
    assert desk.client("rosa").get(f"/versiones/comparar{query}").status_code == 404


def test_going_back_is_shown_first_and_refused_where_something_came_between(own_desk: Served, tmp_path: Path) -> None:
    """The page says what would change today; a page that is no longer true changes nothing and shows the truth; then
    a new release shows the old content, and who went back is in the history."""
    live(own_desk, tmp_path, LOAN)
    live(own_desk, tmp_path, DEARER)
    pablo = own_desk.client("pablo")
    page = pablo.get("/versiones/1/volver")
    assert "De la versión 2 a la 1: 1 cambia, 0 sin cambios." in text_of(page)
    (seen,) = re.findall(r'name="vigente" value="(\d+)"', page.text)
    live(own_desk, tmp_path, CHEAPER)
    late = pablo.post("/versiones/1/volver", data={"vigente": seen})
    assert late.status_code == 409
    assert sentence(late).startswith("Cuando lo miró estaba en vivo la versión 2; pablo publicó después la 3.")
    assert 'name="vigente" value="3"' in late.text
    assert pablo.post("/versiones/1/volver", data={}).status_code == 409
    done = pablo.post("/versiones/1/volver", data={"vigente": "3", "comentario": "La tasa estaba mal"})
    assert done.headers["location"].startswith("/versiones/4?")
    assert own_desk.store.releases.get(4).content == own_desk.store.releases.get(1).content
    assert "vuelta a la versión 1" in text_of(pablo.get("/versiones"))
    again = pablo.post("/versiones/1/volver", data={"vigente": "4"})
    assert "nada que revertir" in sentence(again)


def test_a_target_that_drifted_is_told_and_mended(own_desk: Served, tmp_path: Path) -> None:
    """A file somebody removed is named when asked for, and put back."""
    live(own_desk, tmp_path, LOAN)
    pablo = own_desk.client("pablo")
    assert "Todo está como se publicó." in text_of(pablo.get("/versiones?comprobar=1"))
    target = tmp_path / "home" / "published"
    lost = next(path for path in (target / "releases" / "1").iterdir() if path.name == "lib-001.html")
    (target / "files" / sha256(lost.read_bytes()).hexdigest()).unlink()
    assert "no están como se publicaron" in text_of(pablo.get("/versiones?comprobar=1"))
    assert pablo.post("/versiones/reponer").status_code == 303
    assert "Todo está como se publicó." in text_of(pablo.get("/versiones?comprobar=1"))


def test_the_pack_and_its_receipts(own_desk: Served, tmp_path: Path) -> None:
    """Made, downloaded, sent and acknowledged in order; out of order is refused in a sentence."""
    live(own_desk, tmp_path, LOAN)
    pablo = own_desk.client("pablo")
    assert pablo.get("/versiones/1/archivo/paquete").status_code == 404
    early = pablo.post("/versiones/1/acuse", data={"estado": "sent", "dia": "2026-03-15"})
    assert (early.status_code, "todavía no se ha preparado" in sentence(early)) == (409, True)
    assert pablo.post("/versiones/1/paquete").status_code == 303
    assert pablo.get("/versiones/1/archivo/paquete").content.startswith(b"PK")
    assert b"Subject:" in pablo.get("/versiones/1/archivo/carta").content
    assert pablo.get("/versiones/1/archivo/otra").status_code == 404
    assert pablo.post("/versiones/1/acuse", data={"estado": "sent", "dia": "ayer"}).status_code == 409
    assert pablo.post("/versiones/1/acuse", data={"estado": "drafted", "dia": "2026-03-15"}).status_code == 400
    sent = pablo.post("/versiones/1/acuse", data={"estado": "sent", "dia": "2026-03-15", "nota": "por correo"})
    assert sent.status_code == 303
    read = text_of(pablo.get("/versiones/1"))
    assert "enviada el 15 de marzo de 2026 (pablo: por correo)" in read
    assert "Registrar que la recibieron" in read
    assert "enviada el 15 de marzo de 2026" in text_of(pablo.get("/versiones"))


def test_empty_pages_say_what_to_do_first(own_desk: Served) -> None:
    """Without a release there is a way to the first one; nothing crashes."""
    client = own_desk.client("nadia")
    assert "La primera sale de una carga" in text_of(client.get("/versiones"))
    assert "Todavía no hay productos publicados" in text_of(client.get("/productos"))
    assert client.get("/versiones/1").status_code == 404
    assert client.get("/productos/LIB-001").status_code == 404
    assert client.get("/versiones?comprobar=1&antes=x").status_code == 200


# Productos


def test_products_are_found_by_name_and_code(desk: Served) -> None:
    """Capitals and accents make no difference; nothing found is said."""
    client = desk.client("rosa")
    for asked in ("CARTERA", "lib-002", "compra"):
        read = text_of(client.get("/productos", params={"q": asked}))
        assert "Compra de cartera" in read
        assert "Libre Inversión" not in read
    assert "Ningún producto coincide con «<x>»." in text_of(client.get("/productos", params={"q": "<x>"}))


def test_a_products_page_tells_its_whole_life(desk: Served) -> None:
    """Every value with its cell and who let it through, each version with what it changed, the rates as a plot, what
    the last upload found."""
    client = desk.client("rosa")
    answer = client.get("/productos/LIB-001?campo=rate_min")
    read = text_of(answer)
    for one in tracing.trace(desk.desk.shop, "LIB-001"):
        for line in report.trace_text((one,), "es").splitlines():
            said = line.strip()
            if not said.startswith(f"{one.field}"):
                assert said.partition(": ")[2] in read or said in read
    assert '<details id="origen-rate_min" open>' in answer.text
    assert answer.text.count("<details id=") > 10
    assert answer.text.count(" open>") == 1
    assert "Tasa 25,5 % 23,5 %" in read
    assert "Tasa 24,9 % 25,5 % sube la tasa" in read
    assert "<polyline" in answer.text
    assert "De 23,5 % a 25,5 % entre las versiones 1 y 3." in read
    assert "no dice si es efectiva anual o mensual" in read
    before = text_of(client.get("/productos/LIB-001?version=1"))
    assert "Lo que mostraba la versión 1" in before
    assert "«24,9% E.A.»" in before


def test_a_product_is_withdrawn_and_reinstated_with_a_reason(own_desk: Served, tmp_path: Path) -> None:
    """It leaves at once, plans keep it out, it may come back; every step is on its page with who did it and why."""
    live(own_desk, tmp_path, LOAN, CARDS)
    pablo = own_desk.client("pablo")
    assert pablo.post("/productos/retirar", data={"codigo": "LIB-002", "motivo": "Se agotó"}).status_code == 303
    content = own_desk.store.releases.content()
    assert content is not None
    assert set(content.entries) == {"LIB-001"}
    read = text_of(pablo.get("/productos/LIB-002"))
    assert "Retirado" in read
    assert "pablo · Retiró" in read
    assert "Se agotó" in read
    assert "Dejó de publicarse en la versión 2." in read
    again = pablo.post("/productos/retirar", data={"codigo": "LIB-002"})
    assert again.status_code == 409
    assert sentence(again).startswith("LIB-002 ya está retirado: lo retiró pablo el ")
    assert pablo.post("/productos/reincorporar", data={"codigo": "LIB-002"}).status_code == 303
    twice = pablo.post("/productos/reincorporar", data={"codigo": "LIB-002"})
    assert (twice.status_code, sentence(twice)) == (409, "El producto LIB-002 no está retirado.")
    assert live(own_desk, tmp_path, LOAN, {**CARDS, "Descripción": "Otra vez."}) == 3
    assert "Publicado" in text_of(pablo.get("/productos/LIB-002"))


def test_any_code_has_a_page(own_desk: Served, tmp_path: Path) -> None:
    """Slashes, dots, question marks, quotation marks: linked from the list, and each opens."""
    odd = ["a/b", "..", "./x", "x?y#z", "100%", "a b", '"><b>', "-"]
    live(own_desk, tmp_path, *[{**LOAN, "Código": code} for code in odd])
    content = own_desk.store.releases.content()
    assert content is not None
    codes = list(content.entries)
    assert len(codes) >= 4
    client = own_desk.client("rosa")
    page = client.get("/productos").text
    linked = [html.unescape(found) for found in re.findall(r'<th scope="row"><a href="([^"]+)"', page)]
    assert sorted(linked) == sorted(path_of(code) for code in codes)
    for code in codes:
        answer = client.get(path_of(code))
        assert (answer.status_code, heading(answer)) == (200, LOAN["Nombre"]), code
        assert f"{code} ·" in text_of(answer)


def test_a_link_to_a_plan_of_before_is_not_approved(own_desk: Served, tmp_path: Path) -> None:
    """The fixed link keeps showing an old plan; deciding on it is refused with what happened since."""
    first = send(own_desk, tmp_path, LOAN)
    seen = plan_shown(own_desk, "rosa", first)
    live(own_desk, tmp_path, DEARER)
    late = decide(own_desk, "rosa", first, seen)
    assert late.status_code == 409
    assert own_desk.store.decisions.list(upload=first) == ()


def test_what_a_release_did_is_counted_by_code(own_desk: Served) -> None:
    """Not by going through all that ended for each that began: ten thousand changed at once took 24 s."""
    database = own_desk.store.database
    with database.read() as connection:
        for query in (moves._began(), moves._left()):
            said = str(query.compile(database.engine, compile_kwargs={"literal_binds": True}))
            steps = [row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said}")]
            (joined,) = (step for step in steps if "LEFT-JOIN" in step)
            assert "ix_entries_code" in joined
