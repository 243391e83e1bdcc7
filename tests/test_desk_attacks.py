"""The review desk under attack: what people should not send, and what must not follow from it."""

from __future__ import annotations

import logging
import re
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from catalog.people import key_of
from catalog.store import NewArrival, tables
from pipeline.desk.bench import Bench
from pipeline.desk.incoming import MOST_BYTES, Receiving
from pipeline.desk.standings import Standings, basis_of
from pipeline.run import people
from schemas.errors import Refused, WrongUse
from tests.checking import LOAN
from tests.desk_acts import CARDS, decide, live, plan_shown, publish, send
from tests.desks import PASSWORD, Served, desk_at
from tests.test_desk import sentence

FORM = {"content-type": "application/x-www-form-urlencoded"}
PARTS = {"content-type": "multipart/form-data; boundary=x"}
A_FILE = b'--x\r\nContent-Disposition: form-data; name="archivo"; filename="a.csv"\r\n\r\na\r\n'


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One with an upload that waits, and a token of the uploader's."""
    folder = tmp_path_factory.mktemp("desk")
    with desk_at(folder) as served:
        send(served, folder, LOAN, CARDS)
        yield served


@pytest.fixture(scope="module")
def program(desk: Served) -> Iterator[httpx.Client]:
    token = people.make_token(desk.store, desk.store.people.get("ulises"), "robot", by="ulises")
    headers = {"authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{desk.address}/api/v1", headers=headers, trust_env=False) as client:
        yield client


@contextmanager
def logged() -> Iterator[list[str]]:
    """What the server writes to its log meanwhile."""
    told: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger("uvicorn.error")
    log.addHandler(handler)
    try:
        yield told
    finally:
        log.removeHandler(handler)


def raw(desk: Served, text: str, *, breaks_off: bool = False) -> bytes:
    """What the desk answers to these very bytes, until it hangs up."""
    host, _, port = desk.address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as line:
        line.sendall(text.replace("HOST", f"{host}:{port}").encode())
        if breaks_off:
            line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65536), b""))


# Requests


def test_a_request_that_breaks_off_is_no_fault_of_ours(desk: Served) -> None:
    """A form that never comes whole ends without a trace in the log."""
    with logged() as told:
        head = "POST /idioma HTTP/1.1\r\nHost: HOST\r\nOrigin: http://HOST\r\nContent-Length: 500"
        raw(desk, f"{head}\r\n\r\nlang=en", breaks_off=True)
        assert desk.client("rosa").get("/").status_code == 200
    assert told == []


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("GET /entrar HTTP/1.1\r\nHost: HOST\r\nHost: example.com", b"400"),
        ("GET /entrar HTTP/1.0", b"421"),
        ("GET /entrar HTTP/1.1\r\nHost: HOST\r\nX: " + "x" * 200_000, b"400"),
        ("POST /entrar HTTP/1.1\r\nHost: HOST\r\nOrigin: http://HOST\r\nContent-Length: -5", b"400"),
        ("GET http://example.com/entrar HTTP/1.1\r\nHost: HOST\r\nConnection: close", b"404"),
        ("OPTIONS /entrar HTTP/1.1\r\nHost: HOST\r\nConnection: close", b"405"),
        ("TRACE /entrar HTTP/1.1\r\nHost: HOST\r\nConnection: close", b"403"),
    ],
)
def test_a_strange_head_is_refused(desk: Served, head: str, status: bytes) -> None:
    """Two hosts, none, a head without end, a length below nothing, another site's address, other methods."""
    try:
        answer = raw(desk, head + "\r\n\r\n")
    except OSError:  # it hung up while we were still talking
        assert len(head) > 100_000
        return
    assert answer.split(b" ")[1] == status
    assert b"Traceback" not in answer


def test_what_may_be_done_with_a_page_is_said(desk: Served) -> None:
    """HEAD is answered like GET, without the page; another method with what there is instead."""
    client = desk.client("rosa")
    assert (client.head("/cargas").status_code, client.head("/cargas").content) == (200, b"")
    refused = client.request("DELETE", "/ajustes")
    assert (refused.status_code, set(refused.headers["allow"].split(", "))) == (405, {"GET", "HEAD"})


def test_addresses_show_nothing_of_the_inside(desk: Served) -> None:
    """Names of our own machinery are no sentences, and moments beyond the calendar no crash."""
    client = desk.client("nadia")
    for name in ("__class__", "__dict__", "__init__"):
        assert 'class="done"' not in client.get("/", params={"hecho": name}).text
    for moment in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        assert client.get("/ajustes/auditoria", params={"antes": moment}).status_code == 200


def test_forms_have_a_measure(desk: Served) -> None:
    """Strangers send a name and a password; whoever is signed in may tick thousands of products, not any number."""
    with desk.browser() as stranger:
        assert stranger.post("/entrar", content=b"a&" * 10_000, headers=FORM).status_code == 413
    rosa = desk.client("rosa")
    assert rosa.post("/cargas/1/decision", content=b"a&" * 30_000, headers=FORM).status_code == 413
    many = decide(desk, "rosa", 1, None, *[f"PRODUCTO-{n:05}" for n in range(5000)])
    assert (many.status_code, "El plan no toca PRODUCTO-00000" in sentence(many)) == (409, True)


def test_the_language_is_changed_on_the_page_one_is_on(desk: Served) -> None:
    """With what was asked of it; the answer to a form has no address, so its section is shown."""
    client = desk.client("rosa")
    for asked, again in (("/productos?q=a+b&hecho=x", "/productos?q=a+b"), ("/cargas/1", "/cargas/1")):
        assert f'name="seguir" value="{again}"' in client.get(asked).text
    refused = client.post("/cargas/1/decision", data={"accion": "aprobar", "alcance": "todo"})
    assert (refused.status_code, 'name="seguir" value="/cargas"' in refused.text) == (409, True)


# Who is who


@pytest.mark.parametrize("name", ["ULISES", " ulises ", "ｕｌｉｓｅｓ", "ulise\u017f"])
def test_the_same_name_in_other_letters_is_the_same_person(desk: Served, name: str) -> None:
    """Nobody gets a second account, or approves their own upload, by writing themselves differently."""
    with pytest.raises(Refused, match="already a user"):
        people.add_user(desk.store, name, ["reviewer"], PASSWORD, by="alba")
    plan = plan_shown(desk, "rosa", 1)
    with pytest.raises(Refused, match="handed in"):
        desk.store.decisions.decide("approve", 1, plan, by=name)
    assert key_of("Jose\u0301  Núñez") == key_of("josé núñez")


@pytest.mark.parametrize("label", ["", "x" * 61, "a\x1b[31m", "a\u202eb"])
def test_a_token_is_called_something_visible(desk: Served, label: str) -> None:
    """Lists and terminals show it."""
    with pytest.raises(WrongUse, match="visible characters"):
        people.make_token(desk.store, desk.store.people.get("rosa"), label, by="rosa")


def test_a_decision_says_which_plan_it_is_about(desk: Served) -> None:
    """A form without the plan is no decision on whatever somebody else looked at last."""
    assert plan_shown(desk, "nadia", 1)
    for plan in ({}, {"plan": ""}, {"plan": "x"}):
        answer = desk.client("rosa").post("/cargas/1/decision", data={"accion": "aprobar", "alcance": "todo", **plan})
        assert answer.status_code == 409
    assert desk.store.decisions.list(upload=1) == ()


def test_no_value_is_in_the_text_of_a_fault(desk: Served) -> None:
    """What goes wrong in the store is told without what was to be written: logs get those texts."""
    row = {"hash": "huella secreta", "user": 1, "address": "", "agent": ""}
    row |= {"begun_at": desk.hands.now(), "seen_at": desk.hands.now()}
    twice = sa.insert(tables.sessions).values([row, row])
    with desk.store.database.write() as connection, pytest.raises(sa.exc.IntegrityError) as fault:
        connection.execute(twice)
    assert "huella secreta" not in str(fault.value)


# Files


@pytest.mark.parametrize(
    "body",
    [
        [b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\nv\r\n' * 10_000, A_FILE, b"--x--\r\n"],
        [A_FILE, b"--x\r\n", b"X: y\r\n" * 10_000],
        [A_FILE, b"--x\r\nX: ", b"y" * 10_000],
        [b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\n', b"v" * 10_000, b"\r\n--x--\r\n"],
        [A_FILE * 21, b"--x--\r\n"],
    ],
    ids=["10,000 parts", "10,000 headers", "a long header", "a long field", "21 files"],
)
def test_a_tortured_form_is_refused_and_nothing_stays(desk: Served, body: list[bytes]) -> None:
    """One sentence, and the disk is as it was."""
    answer = desk.client("ulises").post("/cargas", content=iter(body), headers=PARTS)
    assert answer.status_code in (400, 413), answer.text
    assert sentence(answer)
    assert {one.name for one in desk.desk.incoming.root.glob("*")} <= desk.store.arrivals.folders()


@pytest.mark.full
def test_a_form_that_never_ends_is_ended(desk: Served, program: httpx.Client) -> None:
    """What follows the end of a form counts as well; a program's form has room for one file."""
    tail = (bytes(1_000_000) for _ in range(MOST_BYTES // 1_000_000 + 3))
    body = (part for some in ((A_FILE, b"--x--\r\n"), tail) for part in some)
    assert program.post("/uploads", content=body, headers=PARTS).status_code == 413


def test_a_program_sends_one_file_and_says_what_it_speaks_of(desk: Served, program: httpx.Client) -> None:
    """Two files would get one answer; `partial` counts in either form, however the content type is written."""
    two = program.post("/uploads", content=A_FILE * 2 + b"--x--\r\n", headers=PARTS)
    assert (two.status_code, two.json()["detail"]) == (413, "Send one file at a time; nothing was kept.")
    kind = {"content-type": "Multipart/Form-Data; boundary=x"}
    one = program.post("/uploads?partial=true", content=A_FILE + b"--x--\r\n", headers=kind)
    assert one.status_code == 202
    arrival = desk.store.arrivals.get(one.json()["id"])
    assert (arrival.file, arrival.partial) == ("a.csv", True)


def test_twenty_files_at_once_are_all_entered(desk: Served, program: httpx.Client) -> None:
    """None takes another's place; each is checked in its turn, though none of them is a workbook."""

    def send_one(number: int) -> int:
        answer = program.post(f"/uploads?name={number}.xlsx", content=b"\x1f\x8b no workbook %d" % number)
        return int(answer.json()["id"])

    with ThreadPoolExecutor(20) as senders:
        numbers = list(senders.map(send_one, range(20)))
    assert len(set(numbers)) == 20
    assert [desk.store.arrivals.get(number).file for number in numbers] == [f"{n}.xlsx" for n in range(20)]
    for folder in (desk.store.arrivals.get(number).folder for number in numbers[1:]):
        assert (desk.desk.incoming.root / folder).is_dir()


def test_a_disk_that_fills_up_meanwhile_takes_nothing_with_it(desk: Served, tmp_path: Path) -> None:
    """What was begun is dropped, though the disk no longer takes the rest of it."""
    (tmp_path / "folder").mkdir()
    with Path("/dev/full").open("wb", buffering=4096) as full:
        half = Receiving("a.xlsx", "folder", tmp_path / "folder" / "a.xlsx", full)
        half.take(b"x")
        desk.desk.incoming.drop(half)
        assert not (tmp_path / "folder").exists()


def test_files_somebody_waits_for_are_never_pruned(tmp_path: Path) -> None:
    """However many come after them."""
    with desk_at(tmp_path) as desk:
        arrivals = desk.store.arrivals
        for number in range(4):
            arrivals.add(NewArrival(folder=str(number), file="a", size=1, sha256="", by="ulises", partial=True))
        for number in (2, 3, 4):
            arrivals.finish(number, None)
        assert arrivals.settled_folders(but=1) == {"1", "2"}


class Exhausted(Bench):
    """A bench on a machine that starts no more processes."""

    def _check(self, number: int) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")


def test_a_machine_that_starts_no_process_costs_one_check_alone(tmp_path: Path) -> None:
    """Its file is said to have failed, and the next one gets its turn."""
    with desk_at(tmp_path) as desk:
        own = desk.desk
        bench = Exhausted(own.bench.settings, own.incoming, own.today)
        bench.open()
        for folder in ("0", "1"):
            new = NewArrival(folder=folder, file="a.xlsx", size=1, sha256="", by="ulises", partial=True)
            number = desk.store.arrivals.add(new)
            bench.add(number)
            desk.wait(lambda number=number: desk.store.arrivals.get(number).state == "failed")  # type: ignore[misc]
        bench.close()


# What is made once


def test_who_asks_at_the_same_time_waits_for_one_answer(desk: Served) -> None:
    """A plan is made once however many look; one that cannot be made is tried again by the next."""
    standings, made, go = Standings(), [], threading.Event()

    def make() -> int:
        go.wait(30)
        made.append(1)
        if len(made) == 1:
            raise WrongUse("not now", es="ahora no")
        return 7

    def ask(_: int) -> int:
        try:
            return int(standings.once(desk.desk.shop, "plan", make))
        except WrongUse:
            return 0

    with ThreadPoolExecutor(8) as readers:
        answers = readers.map(ask, range(8))
        go.set()
        assert sorted(answers) == [0] + [7] * 7
    assert len(made) == 2


def test_a_plan_is_ready_before_anybody_looks(tmp_path: Path) -> None:
    """Made when a file was checked or something was decided, by whoever did it."""

    def never() -> None:
        raise AssertionError("made again")

    with desk_at(tmp_path) as desk:
        standings, shop = desk.desk.standings, desk.desk.shop
        upload = send(desk, tmp_path, LOAN)
        assert decide(desk, "rosa", upload).status_code == 303
        assert standings.once(shop, ("plan", upload), never)


def test_a_plan_is_made_anew_only_where_it_became_another(tmp_path: Path) -> None:
    """What is said of the whole leaves it as it is; a product approved by name, and a release, do not."""
    with desk_at(tmp_path) as desk:
        standings, shop = desk.desk.standings, desk.desk.shop
        live(desk, tmp_path, *[{**LOAN, "Código": f"L-{n}"} for n in range(8)])
        upload = send(desk, tmp_path, {**LOAN, "Código": "L-0", "Nombre": "Otro nombre"})
        before = standings.of(shop, upload)
        assert len(before.kept_back) == 7
        assert decide(desk, "rosa", upload).status_code == 303
        after = standings.of(shop, upload)
        assert after.standing.plan is before.standing.plan
        assert (before.through, after.through - after.kept_back) == (frozenset(), {"L-0"})
        assert decide(desk, "rosa", upload, None, "L-1").status_code == 303
        named = standings.of(shop, upload)
        assert named.kept_back == before.kept_back - {"L-1"}
        assert [removal.code for removal in named.standing.plan.removed] == ["L-1"]
        assert publish(desk, upload).status_code == 200
        assert standings.of(shop, upload).standing.plan.hash != before.standing.plan.hash


def test_what_is_looked_at_next_is_made_without_anybody_asking(tmp_path: Path) -> None:
    """Once the answer to a publication has gone out: the list of products, what the release did, the plan's pages."""

    def never() -> None:
        raise AssertionError("made again")

    with desk_at(tmp_path) as desk:
        upload = send(desk, tmp_path, LOAN)
        decide(desk, "rosa", upload)
        publish(desk, upload)
        kept = desk.desk.standings
        desk.wait(lambda: ("drawn", upload) in kept._kept)
        assert [row.code for row in kept.for_good("rows", basis_of(desk.desk.shop), never)] == ["LIB-001"]
        assert kept.for_good("moves", 1, never)[1].added == 1
        assert kept.for_good("compared", (None, 1), never).counts["added"] == 1


def test_no_error_page_shows_the_inside(desk: Served) -> None:
    """Whatever a form holds, the answer is a page of ours with a sentence."""
    nadia = desk.client("nadia")
    for path in (
        "/archivos/1/exonerar", "/archivos/1/encabezados", "/archivos/1/otra-vez", "/ajustes/usuarios/cambio",
        "/ajustes/claves/999999999/fin", "/ajustes/encabezados", "/versiones/1/volver", "/versiones/1/paquete",
        "/versiones/1/acuse", "/productos/retirar", "/productos/reincorporar", "/cargas/999/publicar",
    ):  # fmt: skip
        for value in ("", "\ufffd\u202e\x00'\"><script>", "9" * 400):
            names = "nombre cambio hallazgo hasta codigo vigente dia estado campo encabezado"
            answer = nadia.post(path, data=dict.fromkeys(names.split(), value))
            assert 400 <= answer.status_code < 500, (path, value, answer.status_code)
            assert not re.search(r"<script>|Traceback|sqlalchemy", answer.text), path
            assert str(Path(__file__).parents[1]) not in answer.text, path
