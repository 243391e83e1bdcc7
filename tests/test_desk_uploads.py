"""Files sent to the desk: from a faulty workbook to a mended one, limits, crashes, and the API for programs."""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from catalog.store import NewArrival
from pipeline.desk.incoming import MOST_BYTES, file_name
from pipeline.desk.places import placed
from pipeline.run import people
from pipeline.run.checking import check
from schemas.settings import load_settings
from tests.checking import LOAN
from tests.desks import DAY, PASSWORD, Served, desk_at
from tests.test_desk import heading, sentence
from tests.workbooks import build

FAULTY = {**LOAN, "Código": "LIB-002", "Tasa": "según perfil"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with desk_at(tmp_path_factory.mktemp("desk")) as served:
        yield served


def book(path: Path, *loans: dict[str, Any]) -> Path:
    columns = list(dict.fromkeys(name for loan in loans for name in loan))
    return build(path, {"Productos": [columns, *([loan.get(name) for name in columns] for loan in loans)]})


def text_of(answer: httpx.Response) -> str:
    """What a person reads of a page."""
    return bare(re.sub(r"<(script|style|svg).*?</\1>", "", answer.text, flags=re.DOTALL))


def bare(drawn: str) -> str:
    """The words of a piece of a page."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", drawn)).split())


def as_told(sentence: str, lang: str) -> str:
    """A sentence of the command line as the desk tells it."""
    return bare(placed(sentence, lang, "CO"))


def test_a_faulty_workbook_is_mended_with_its_marked_copy(desk: Served, tmp_path: Path) -> None:
    """Sent, its fault shown in its own cells, the copy downloaded with the fault marked, mended and sent again: the
    page says what was corrected and leads to what would change."""
    ana = desk.client("ulises")
    number = desk.send("ulises", book(tmp_path / "libro.xlsx", LOAN, FAULTY))
    page = ana.get(f"/archivos/{number}")
    assert heading(page) == "libro.xlsx"
    read = text_of(page)
    assert "1 de 2 productos está listo. 1 queda retenido por 1 causa; lo publicado de ese no cambia." in read
    assert "Por corregir: 1 nuevo, 0 abiertos, 0 corregidos (primera carga)." in read
    assert re.search(r'<td class="fault-cell"><mark>según perfil</mark></td>', page.text)
    assert "LIB-001" in page.text, "the row above, as in the workbook"
    copy = ana.get(f"/archivos/{number}/anotado")
    assert "libro-revisado.xlsx" in copy.headers["content-disposition"]
    (tmp_path / "copia.xlsx").write_bytes(copy.content)
    again = check(tmp_path / "copia.xlsx", load_settings(environ={}, home=tmp_path / "other"), as_of=DAY)
    assert [finding.code for finding in again.findings if finding.severity == "error"] == ["rate.unreadable"]
    mended = desk.send("ulises", book(tmp_path / "libro.xlsx", LOAN, {**FAULTY, "Tasa": "24,9% E.A."}))
    read = text_of(ana.get(f"/archivos/{mended}"))
    assert "Los 2 productos están listos." in read
    assert "0 nuevos, 0 abiertos, 1 corregido" in read
    assert "Corregidos desde la vez anterior (1)" in read
    upload = desk.store.arrivals.get(mended).upload
    assert f'href="/cargas/{upload}"' in ana.get(f"/archivos/{mended}").text


def test_the_page_says_what_the_command_line_says(desk: Served, tmp_path: Path) -> None:
    """Counts, messages and mends of a file are the report's own, in both languages."""
    from pipeline import report
    from schemas import wording

    path = book(tmp_path / "iguales.xlsx", FAULTY, {**LOAN, "Plazo": "12"})
    number = desk.send("ulises", path)
    checked = check(path, load_settings(environ={}, home=tmp_path / "home"), as_of=DAY)
    client = desk.client("ulises")
    for lang in ("en", "es"):
        client.post("/idioma", data={"lang": lang})
        read = text_of(client.get(f"/archivos/{number}"))
        assert report.ready_sentence(checked, lang) in read
        for finding in checked.findings:
            assert wording.message(finding, lang, "CO") in read
            assert as_told(wording.fix(finding, lang, "CO"), lang) in read


def test_a_file_that_cannot_be_used_says_why(desk: Served, tmp_path: Path) -> None:
    """It is no upload, and its one finding stands on its page."""
    (tmp_path / "foto.xlsx").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    number = desk.send("ulises", tmp_path / "foto.xlsx")
    assert desk.store.arrivals.get(number).upload is None
    assert "No se pudo usar «foto.xlsx»; no cambia nada de lo publicado." in text_of(
        desk.client("ulises").get(f"/archivos/{number}")
    )
    assert "No se pudo usar" in text_of(desk.client("ulises").get("/cargas"))


def test_several_files_speak_each_of_its_own_products(desk: Served, tmp_path: Path) -> None:
    """None of them proposes to remove what another one holds."""
    first = desk.send("ulises", book(tmp_path / "a.xlsx", LOAN), book(tmp_path / "b.xlsx", {**LOAN, "Código": "B-1"}))
    arrivals = [desk.store.arrivals.get(number) for number in (first, first + 1)]
    assert [one.file for one in arrivals] == ["a.xlsx", "b.xlsx"]
    assert all(one.partial and one.upload and desk.store.uploads.get(one.upload).info.partial for one in arrivals)


def test_a_form_without_script_leads_to_the_page_of_the_file(desk: Served, tmp_path: Path) -> None:
    """The plain form works; without a file it says what is missing."""
    client = desk.client("ulises")
    path = book(tmp_path / "simple.xlsx", LOAN)
    answer = client.post("/cargas", files=[("archivo", (path.name, path.read_bytes()))])
    assert answer.status_code == 303
    number = int(answer.headers["location"].rpartition("/")[2])
    desk.wait(lambda: not desk.store.arrivals.get(number).under_way)
    empty = client.post("/cargas", files=[("archivo", ("", b""))])
    assert (empty.status_code, sentence(empty)) == (400, "Primero elija un archivo.")


def test_a_file_over_the_limit_is_refused_and_nothing_stays(desk: Served) -> None:
    """The limit stands on the page before, and in the refusal after; the disk is as it was."""
    client = desk.client("ulises")
    assert "Hasta 64 MB por archivo y 20 archivos a la vez." in text_of(client.get("/cargas"))
    before = set(desk.desk.incoming.root.iterdir())

    def body() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="archivo"; filename="g.xlsx"\r\n\r\n'
        for _ in range(MOST_BYTES // 1_000_000 + 1):
            yield bytes(1_000_000)
        yield b"\r\n--x--\r\n"

    answer = client.post("/cargas", content=body(), headers={"content-type": "multipart/form-data; boundary=x"})
    assert answer.status_code == 413
    assert sentence(answer) == "El archivo pesa más de 64 MB, que es lo máximo; no se guardó nada."
    assert set(desk.desk.incoming.root.iterdir()) == before


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\nhalf',
        ),
        ("multipart/form-data; boundary=x", b"not a form at all"),
        ("multipart/form-data", b"--x--"),
        ("text/plain", b"x"),
    ],
)
def test_what_does_not_arrive_whole_is_not_kept(desk: Served, kind: str, body: bytes) -> None:
    """Half a form, no form: one sentence, and the disk is as it was."""
    before = set(desk.desk.incoming.root.iterdir())
    answer = desk.client("ulises").post("/cargas", content=body, headers={"content-type": kind})
    assert answer.status_code == 400
    assert sentence(answer) == "El archivo no llegó completo y no se guardó nada. Envíelo otra vez."
    assert set(desk.desk.incoming.root.iterdir()) == before


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Usuarios\\ana\\Crédito.xlsx", "Crédito.xlsx"),
        ("..", "archivo"),
        ("\x00\r\nSet-Cookie: a=b.xlsx", "Set-Cookie a=b.xlsx"),
        ("x" * 5000 + ".xlsx", "x" * 37 + ".xlsx"),
        ("ñ" * 5000, "ñ" * 37),
    ],
)
def test_names_of_files_lead_nowhere(sent: str, kept: str) -> None:
    """The last part alone, without what a path, a header or a file system could trip over."""
    assert file_name(sent) == kept


def test_an_unknown_header_is_explained_once(desk: Served, tmp_path: Path) -> None:
    """The answer is remembered for files of that name and the file is checked again with it; it can be forgotten."""
    client = desk.client("ulises")
    odd = {**{name: value for name, value in LOAN.items() if name != "Tasa"}, "Precio del dinero": "24,9% E.A."}
    number = desk.send("ulises", book(tmp_path / "raro.xlsx", odd))
    assert "Precio del dinero" in text_of(client.get(f"/archivos/{number}"))
    answer = client.post(
        f"/archivos/{number}/encabezados", data={"encabezado": ["Precio del dinero"], "campo": ["rate"]}
    )
    again = int(re.findall(r"/archivos/(\d+)", answer.headers["location"])[0])
    desk.wait(lambda: not desk.store.arrivals.get(again).under_way)
    assert "El único producto está listo." in text_of(client.get(f"/archivos/{again}"))
    assert "raro.xlsx: «Precio del dinero» → «Tasa»" in text_of(client.get("/ajustes/encabezados"))
    (header,) = re.findall(r'name="encabezado" value="([^"]+)"', client.get("/ajustes/encabezados").text)
    gone = client.post("/ajustes/encabezados", data={"encabezado": header, "archivo": "raro.xlsx"})
    assert gone.status_code == 303
    assert "No hay encabezados recordados" in text_of(client.get("/ajustes/encabezados"))


def test_a_warning_is_waived_by_a_reviewer(desk: Served, tmp_path: Path) -> None:
    """With a reason and a last day; it stays visible with who said so; an error cannot be."""
    number = desk.send("ulises", book(tmp_path / "avisos.xlsx", {**LOAN, "Tasa": "24,9%"}, FAULTY))
    rosa = desk.client("rosa")
    page = rosa.get(f"/archivos/{number}").text
    finding = re.findall(r'name="hallazgo" value="(\w{64})"', page)[0]
    wanted = {"hallazgo": finding, "motivo": "Lo confirmó Tesorería", "hasta": "2026-06-30"}
    assert rosa.post(f"/archivos/{number}/exonerar", data={**wanted, "motivo": " "}).status_code == 400
    assert rosa.post(f"/archivos/{number}/exonerar", data={**wanted, "hasta": "mañana"}).status_code == 400
    assert rosa.post(f"/archivos/{number}/exonerar", data=wanted).status_code == 303
    read = text_of(rosa.get(f"/archivos/{number}"))
    assert "Lo aceptó rosa hasta el 30 de junio de 2026: Lo confirmó Tesorería." in read
    assert "exonerado" in read


# Crashes


def test_a_desk_that_was_killed_says_what_it_interrupted(tmp_path: Path) -> None:
    """After a restart the file is whole, its check is interrupted, asking again finishes it; strays are swept out."""
    path = book(tmp_path / "libro.xlsx", LOAN)
    with desk_at(tmp_path) as desk:
        place = desk.desk.incoming.begin(path.name)
        place.take(path.read_bytes())
        number = desk.desk.incoming.keep(place, by="ulises", partial=False)
        desk.store.arrivals.step(number, "checking")
        half = desk.desk.incoming.begin("medio.xlsx")
        half.take(b"half of it")
        half.file.close()
    with desk_at(tmp_path) as desk:
        client = desk.client("ulises")
        assert [one.name for one in desk.desk.incoming.root.iterdir()] == [place.folder]
        page = client.get(f"/archivos/{number}")
        assert sentence(page).startswith("La mesa se detuvo antes de terminar la revisión.")
        assert client.post(f"/archivos/{number}/otra-vez").status_code == 303
        desk.wait(lambda: not desk.store.arrivals.get(number).under_way)
        assert "El único producto está listo." in text_of(client.get(f"/archivos/{number}"))
        assert client.post(f"/archivos/{number}/otra-vez").status_code == 409


def test_a_desk_killed_in_the_middle_of_a_check_takes_the_check_with_it(tmp_path: Path) -> None:
    """SIGKILL to `vitrina serve`: the process that checks ends too, the file is whole, another desk goes on with it.
    Without a proxy in front, nobody chooses the address their sign-ins are counted for."""
    with desk_at(tmp_path):
        pass  # a home with users
    clean = {name: value for name, value in os.environ.items() if not name.startswith("VITRINA_")}
    command = [sys.executable, "-m", "pipeline.cli", "--home", str(tmp_path / "home"), "--format", "json", "serve"]
    with subprocess.Popen([*command, "--port", "0"], env=clean, stdout=subprocess.PIPE) as served:
        assert served.stdout is not None
        address = json.loads(served.stdout.readline())["desk"].rstrip("/")
        path = book(tmp_path / "largo.xlsx", *[{**LOAN, "Código": f"L-{n}"} for n in range(500)])
        with httpx.Client(base_url=address, headers={"origin": address}, trust_env=False) as client:
            elsewhere = {"x-forwarded-for": "203.0.113.9"}
            client.post("/entrar", data={"nombre": "ulises", "clave": PASSWORD}, headers=elsewhere)
            place = client.post("/cargas", files=[("archivo", (path.name, path.read_bytes()))]).headers["location"]
            while client.get(f"{place}/estado").json()["steps"]["waiting"] != "past":
                pass
        children = children_of(served.pid)
        served.kill()
    with desk_at(tmp_path) as desk:
        number = int(place.rpartition("/")[2])
        desk.wait(lambda: not any(Path(f"/proc/{child}").exists() for child in children))
        assert children
        (session,) = desk.store.sessions.list(desk.store.people.get("ulises"))
        assert session.address == "127.0.0.1"
        assert desk.store.arrivals.get(number).state == "interrupted"
        assert desk.store.uploads.list() == ()
        assert desk.client("ulises").post(f"/archivos/{number}/otra-vez").status_code == 303
        desk.wait(lambda: desk.store.arrivals.get(number).state == "done")
        assert len(desk.store.uploads.get(desk.store.uploads.list()[0].id).entries) == 500


def children_of(pid: int) -> list[str]:
    """Whoever one of its threads started."""
    return [child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]


def test_a_check_that_dies_is_told(tmp_path: Path) -> None:
    """Whatever ends the process of a check, its page says so and offers another one."""
    with desk_at(tmp_path) as desk:
        gone = desk.store.arrivals.add(
            NewArrival(folder="0" * 32, file="perdido.xlsx", size=1, sha256="0" * 64, by="ulises", partial=False)
        )
        desk.desk.bench.add(gone)
        desk.wait(lambda: not desk.store.arrivals.get(gone).under_way)
        assert desk.store.arrivals.get(gone).state in ("failed", "done")
        assert heading(desk.client("ulises").get(f"/archivos/{gone}")) == "perdido.xlsx"


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    """A disk that takes nothing ends in a sentence that says so."""
    with desk_at(tmp_path) as desk:
        (desk.desk.shop.home / "incoming").write_text("a file where the folder should be")
        answer = desk.client("ulises").post("/cargas", files=[("archivo", ("a.xlsx", b"x"))])
        assert answer.status_code == 503
        assert sentence(answer).startswith("No se pudo guardar el archivo:")


def test_one_desk_a_home(tmp_path: Path) -> None:
    """A second one would take the first one's checks for interrupted."""
    from schemas.errors import LockHeld

    with desk_at(tmp_path), pytest.raises(LockHeld, match="Another review desk"), desk_at(tmp_path):
        pass


# The API


@pytest.fixture(scope="module")
def program(desk: Served) -> Iterator[httpx.Client]:
    """A program with a token of an uploader; no cookie, no origin."""
    token = people.make_token(desk.store, desk.store.people.get("ulises"), "robot", by="ulises")
    with httpx.Client(
        base_url=f"{desk.address}/api/v1", headers={"authorization": f"Bearer {token}"}, trust_env=False
    ) as client:
        yield client


@pytest.mark.parametrize("bare", [False, True])
def test_a_program_uploads_and_reads_the_result(
    desk: Served, program: httpx.Client, tmp_path: Path, bare: bool
) -> None:
    """As a form or as the bare body; the answer says where it stands, later what was found."""
    path = book(tmp_path / "robot.xlsx", LOAN, FAULTY)
    if bare:
        sent = program.post("/uploads?name=robot.xlsx&partial=true", content=path.read_bytes())
    else:
        sent = program.post("/uploads", files={"archivo": (path.name, path.read_bytes())})
    assert sent.status_code == 202, sent.text
    place = sent.headers["location"]
    desk.wait(lambda: program.get(f"{desk.address}{place}").json()["state"] == "done")
    seen = program.get(f"{desk.address}{place}").json()
    assert seen["file"] == "robot.xlsx"
    assert seen["sent_by"] == "ulises"
    assert seen["sentence"] == "1 of 2 products is ready. 1 is held by 1 cause; what is published of it stays."
    assert seen["counts"] == {"ready": 1, "held": 1, "errors": 1, "warnings": seen["counts"]["warnings"], "infos": 0}
    assert desk.store.uploads.get(seen["upload"]).info.partial is bare
    assert program.get("/releases/current").json()["release"] == 0


def test_a_program_without_a_standing_token_gets_a_problem(desk: Served, program: httpx.Client) -> None:
    """No token, a wrong one, an ended one, one of a user without the role; a session's cookie is no token."""
    rosa = people.make_token(desk.store, desk.store.people.get("rosa"), "otra", by="rosa")
    ended = people.make_token(desk.store, desk.store.people.get("ulises"), "vieja", by="ulises")
    number = next(one.id for one in desk.store.tokens.list(desk.store.people.get("ulises")) if one.label == "vieja")
    assert desk.client("ulises").post(f"/ajustes/claves/{number}/fin").status_code == 303
    assert desk.client("rosa").post(f"/ajustes/claves/{number}/fin").status_code == 400
    for value, status in ((None, 401), ("Bearer no", 401), (f"Bearer {ended}", 401), (f"Bearer {rosa}", 403)):
        headers = {} if value is None else {"authorization": value}
        cookies = {"vitrina": desk.client("ulises").cookies["vitrina"]}
        with httpx.Client(headers=headers, cookies=cookies, trust_env=False) as client:
            answer = client.post(f"{desk.address}/api/v1/uploads", content=b"x")
            assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
            assert answer.json()["status"] == status


@pytest.mark.parametrize(
    ("path", "status"), [("/uploads/999", 404), ("/uploads/0", 404), ("/uploads/x", 422), ("/nothing", 404)]
)
def test_problems_are_documents(program: httpx.Client, path: str, status: int) -> None:
    """Every refusal of the API is an RFC 9457 document."""
    answer = program.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert answer.json().keys() == {"type", "title", "status", "detail"}


def test_an_empty_body_is_no_file(program: httpx.Client) -> None:
    """Nothing is kept of it."""
    assert program.post("/uploads", content=b"").status_code == 400


def test_the_api_describes_itself(desk: Served) -> None:
    """OpenAPI, readable without signing in; the pages are no part of it."""
    with desk.browser() as browser:
        document = browser.get("/api/openapi.json").json()
    assert set(document["paths"]) == {"/api/v1/uploads", "/api/v1/uploads/{id}", "/api/v1/releases/current"}
    assert document["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"


def test_a_token_is_shown_once(desk: Served) -> None:
    """On the answer that makes it, and on no other page."""
    client = desk.client("nadia")
    shown = client.post("/ajustes/claves", data={"para": "carga nocturna"}).text
    (token,) = re.findall(r"vit_[\w-]{43}", shown)
    later = client.get("/ajustes").text
    assert "carga nocturna" in later
    assert token not in later
