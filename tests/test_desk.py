"""The review desk over real sockets: the door, who may do what, what every answer carries, what is refused."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import httpx
import pytest

from catalog.people import ABSOLUTE, IDLE
from pipeline.desk.origin import is_from_elsewhere, local_path, origin_of
from pipeline.desk.pages import PAGES
from pipeline.desk.receiving import PAGE as SEND
from pipeline.desk.visit import Page
from pipeline.run import people
from schemas.errors import WrongUse
from tests.desks import PASSWORD, USERS, Served, desk_at

EVERY = (*PAGES, SEND)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with desk_at(tmp_path_factory.mktemp("desk")) as served:
        yield served


@pytest.fixture
def own_desk(tmp_path: Path) -> Iterator[Served]:
    """One whose users and clock a test may change."""
    with desk_at(tmp_path) as served:
        yield served


def path_of(page: Page) -> str:
    return re.sub(r"\{[^}]*\}", "1", page.path)


def ask(client: httpx.Client, page: Page, **options: object) -> httpx.Response:
    return client.request(page.method, path_of(page), **options)  # type: ignore[arg-type]


def heading(answer: httpx.Response) -> str:
    found = re.findall(r"<h1>(.*?)</h1>", answer.text, re.DOTALL)
    assert len(found) == 1, answer.text[:200]
    return str(found[0])


def sentence(answer: httpx.Response) -> str:
    (found,) = re.findall(r'class="fault".*?</svg>(.*?)</p>', answer.text, re.DOTALL)
    return str(found)


# The door


def test_who_is_not_signed_in_sees_nothing_but_the_door(desk: Served) -> None:
    """Every page and act of the table that is not public sends to the sign-in page, whatever it is."""
    with desk.browser() as stranger:
        for page in EVERY:
            answer = ask(stranger, page)
            if not page.public:
                assert answer.status_code == 303, page.path
                assert answer.headers["location"].startswith("/entrar"), page.path


def test_a_sign_in_leads_to_the_page_first_asked_for(desk: Served) -> None:
    """The door remembers where somebody wanted to go, in the address."""
    with desk.browser(follow_redirects=True) as browser:
        door = browser.get("/ajustes/referencia")
        (onward,) = re.findall(r'name="seguir" value="([^"]*)">\n?<div', door.text)
        answer = browser.post("/entrar", data={"nombre": "rosa", "clave": PASSWORD, "seguir": onward})
        assert answer.url.path == "/ajustes/referencia"


@pytest.mark.parametrize(
    "onward", ["https://example.com/", "//example.com", "/\\example.com", "javascript:alert(1)", "/\t/example.com", ""]
)
def test_a_sign_in_leads_to_no_other_site(desk: Served, onward: str) -> None:
    """Only a path of this desk is followed."""
    with desk.browser() as browser:
        answer = browser.post("/entrar", data={"nombre": "rosa", "clave": PASSWORD, "seguir": onward})
        assert answer.headers["location"] == "/"
        assert local_path(onward) == "/"


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(own_desk: Served) -> None:
    """Nobody learns who has an account; a disabled user gets that answer too."""
    own_desk.store.people.disable("pablo", by="alba")
    with own_desk.browser() as browser:
        answers = [
            browser.post("/entrar", data={"nombre": name, "clave": clave})
            for name, clave in (("rosa", "no es la clave"), ("nadie", "no es la clave"), ("pablo", PASSWORD))
        ]
    assert {answer.status_code for answer in answers} == {401}
    assert {sentence(answer) for answer in answers} == {"El usuario o la contraseña no son correctos."}


def test_guessing_is_throttled_by_name_and_address(own_desk: Served) -> None:
    """After five failures even the right password has to wait, known name or not; the others are let in meanwhile."""
    with own_desk.browser() as browser:
        for name in ("rosa", "nadie"):
            for _ in range(5):
                assert browser.post("/entrar", data={"nombre": name, "clave": "x"}).status_code == 401
            late = browser.post("/entrar", data={"nombre": name, "clave": PASSWORD})
            assert late.status_code == 429
            assert sentence(late) == "Hubo demasiados intentos. Espere 1 min y vuelva a intentarlo."
        assert browser.post("/entrar", data={"nombre": "ulises", "clave": PASSWORD}).status_code == 303
        own_desk.hands.ahead = timedelta(minutes=1)
        assert browser.post("/entrar", data={"nombre": "rosa", "clave": PASSWORD}).status_code == 303


def test_tries_at_the_same_time_are_counted_one_by_one(own_desk: Served) -> None:
    """Forty guesses at once are not one guess."""

    def guess(_: int) -> int:
        with own_desk.browser() as browser:
            return browser.post("/entrar", data={"nombre": "rosa", "clave": "x"}).status_code

    with ThreadPoolExecutor(20) as guessers:
        assert Counter(guessers.map(guess, range(20))) == {401: 5, 429: 15}


def test_a_store_that_is_away_is_told_in_a_sentence(own_desk: Served) -> None:
    """Pages and API alike; nothing crashes."""
    client = own_desk.client("rosa")
    home = own_desk.desk.shop.home
    for path in home.glob("catalog.db*"):
        path.unlink()
    (home / "catalog.db").mkdir()
    answer = client.get("/")
    assert (answer.status_code, sentence(answer)[:50]) == (503, "No se puede usar la base de datos del catálogo: no")
    asked = httpx.get(f"{own_desk.address}/api/v1/releases/current", headers={"authorization": "Bearer x"})
    assert (asked.status_code, asked.headers["content-type"]) == (503, "application/problem+json")


def test_every_sign_in_has_a_new_session_and_the_old_one_ends(desk: Served) -> None:
    """No session id survives a sign-in, not even one that somebody else put into the browser."""
    with desk.browser() as browser:
        browser.post("/entrar", data={"nombre": "rosa", "clave": PASSWORD})
        first = browser.cookies["vitrina"]
        browser.post("/entrar", data={"nombre": "rosa", "clave": PASSWORD})
        assert browser.cookies["vitrina"] != first
        with desk.browser(cookies={"vitrina": first}) as other:
            assert other.get("/").status_code == 303


@pytest.mark.parametrize("ahead", [IDLE + timedelta(minutes=1), ABSOLUTE + timedelta(minutes=1)])
def test_a_session_ends_idle_and_in_any_case(own_desk: Served, ahead: timedelta) -> None:
    """An hour without use ends it; used all the time, it ends after twelve."""
    client = own_desk.client("rosa")
    step = IDLE - timedelta(minutes=10) if ahead > ABSOLUTE else ahead
    own_desk.hands.ahead = timedelta(0)
    while own_desk.hands.ahead + step < ahead:
        own_desk.hands.ahead += step
        assert client.get("/").status_code == 200
    own_desk.hands.ahead = ahead
    assert client.get("/").status_code == 303


def test_signing_out_ends_the_session_itself(desk: Served) -> None:
    """A cookie somebody kept a copy of no longer works."""
    with desk.browser() as browser:
        browser.post("/entrar", data={"nombre": "rosa", "clave": PASSWORD})
        kept = browser.cookies["vitrina"]
        browser.post("/salir")
        with desk.browser(cookies={"vitrina": kept}) as other:
            assert other.get("/").status_code == 303


def test_other_roles_and_a_shut_out_end_open_sessions(own_desk: Served) -> None:
    """What an admin changes holds at once, and every session after it has a new id."""
    alba = own_desk.client("alba")
    for name, change in (("rosa", {"cambio": "roles", "rol": "uploader"}), ("pablo", {"cambio": "deshabilitar"})):
        victim = own_desk.client(name)
        assert victim.get("/").status_code == 200
        assert alba.post("/ajustes/usuarios/cambio", data={"nombre": name, **change}).status_code == 303
        assert victim.get("/").status_code == 303


def test_the_last_admin_stays(own_desk: Served) -> None:
    """Nobody can lock everybody out."""
    alba = own_desk.client("alba")
    own_desk.store.people.disable("nadia", by="alba")
    for change in ({"cambio": "deshabilitar"}, {"cambio": "roles", "rol": "uploader"}):
        answer = alba.post("/ajustes/usuarios/cambio", data={"nombre": "alba", **change})
        assert answer.status_code == 400
        assert "única persona con rol admin" in sentence(answer)


def test_ones_own_password_takes_the_old_one(own_desk: Served) -> None:
    """This browser stays in under a new id, every other one is out, and the old password no longer works."""
    rosa = own_desk.client("rosa")
    with own_desk.browser() as elsewhere, own_desk.browser() as later:
        elsewhere.post("/entrar", data={"nombre": "rosa", "clave": PASSWORD})
        wrong = rosa.post("/ajustes/contrasena", data={"actual": "no es", "nueva": "otra frase bien larga"})
        assert sentence(wrong) == "Esa no es su contraseña actual."
        short = rosa.post("/ajustes/contrasena", data={"actual": PASSWORD, "nueva": "corta"})
        assert sentence(short) == "La contraseña tiene entre 12 y 256 caracteres."
        before = rosa.cookies["vitrina"]
        rosa.post("/ajustes/contrasena", data={"actual": PASSWORD, "nueva": "otra frase bien larga"})
        assert rosa.cookies["vitrina"] != before
        assert rosa.get("/").status_code == 200
        assert elsewhere.get("/").status_code == 303
        assert later.post("/entrar", data={"nombre": "rosa", "clave": PASSWORD}).status_code == 401


def test_no_secret_is_kept_as_it_is(own_desk: Served) -> None:
    """Passwords, session ids and tokens are in the store as hashes alone; of failed sign-ins not even the name."""
    client = own_desk.client("rosa")
    token = people.make_token(own_desk.store, own_desk.store.people.get("rosa"), "prueba", by="rosa")
    with own_desk.browser() as browser:
        browser.post("/entrar", data={"nombre": "mi clave secreta", "clave": "x"})
    home = own_desk.desk.shop.home
    kept = b"".join(path.read_bytes() for path in home.glob("catalog.db*"))
    for secret in (PASSWORD, client.cookies["vitrina"], token, "mi clave secreta"):
        assert secret.encode() not in kept
    assert b"$argon2id$" in kept


# Who may do what


@pytest.mark.parametrize("name", USERS)
def test_a_role_opens_its_own_pages_and_no_others(desk: Served, name: str) -> None:
    """Every route against every role: 403 with the role that is asked where it is missing, and never otherwise."""
    client = desk.client(name)
    for page in EVERY:
        if page.path == "/salir":
            continue
        answer = ask(client, page)
        may = not page.roles or bool(page.roles & set(USERS[name]))
        assert (answer.status_code == 403) is not may, (name, page.method, page.path)
        if not may:
            assert "hace falta uno de estos roles" in sentence(answer)


# What is refused


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://example.com"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {},
    ],
)
def test_another_sites_forms_are_refused(desk: Served, headers: dict[str, str]) -> None:
    """Every act of the table, before anything is read; so is a request that hides where it comes from."""
    cookies = {"vitrina": desk.client("nadia").cookies["vitrina"]}
    with httpx.Client(base_url=desk.address, cookies=cookies, headers=headers, trust_env=False) as forger:
        for page in EVERY:
            if page.method == "POST":
                assert ask(forger, page).status_code == 403, page.path
    assert desk.client("nadia").get("/").status_code == 200


def test_where_a_request_comes_from_is_read_as_browsers_write_it() -> None:
    """Behind a proxy the public https address counts; the port is part of an origin; looking needs none."""
    origin = origin_of("https://Mesa.Ejemplo.co", "0.0.0.0", 8350)
    assert not is_from_elsewhere("POST", {"origin": "https://mesa.ejemplo.co"}, origin)
    assert not is_from_elsewhere("POST", {"sec-fetch-site": "same-origin"}, origin)
    assert not is_from_elsewhere("GET", {"sec-fetch-site": "cross-site"}, origin)
    for wrong in ("http://mesa.ejemplo.co", "https://mesa.ejemplo.co:8443", "https://mesa.ejemplo.co.example"):
        assert is_from_elsewhere("POST", {"origin": wrong}, origin)


@pytest.mark.parametrize("url", ["http://mesa.ejemplo.co", "https://", "https://a/b", "https://u:p@a", "mesa.ejemplo"])
def test_a_public_address_is_https_and_nothing_more(url: str) -> None:
    """Otherwise one sentence says how it is written."""
    with pytest.raises(WrongUse, match="url"):
        origin_of(url, "127.0.0.1", 8350)


def test_other_machines_need_a_public_address() -> None:
    """Without a TLS proxy in front, the desk serves this machine alone."""
    with pytest.raises(WrongUse, match="https proxy"):
        origin_of(None, "0.0.0.0", 8350)


def test_a_strange_host_is_refused(desk: Served) -> None:
    """A name somebody else points at this machine is not ours."""
    answer = httpx.get(f"{desk.address}/entrar", headers={"host": "example.com"}, trust_env=False)
    assert answer.status_code == 421


def test_an_oversized_form_changes_nothing(desk: Served) -> None:
    """More than any form of ours sends is not read to its end."""
    answer = desk.client("alba").post("/ajustes/claves", data={"para": "x" * 1_100_000})
    assert answer.status_code == 413
    assert desk.store.tokens.list(desk.store.people.get("alba")) == ()


def test_numbers_nobody_gave_are_told_in_a_sentence(desk: Served) -> None:
    """Not found, not crashed."""
    for path in ("/archivos/999", "/archivos/-1", "/archivos/1e3", "/archivos/99999999999999999999", "/nada"):
        answer = desk.client("rosa").get(path)
        assert answer.status_code == 404, path
        assert heading(answer) == "No se pudo"


# What every answer carries


def test_every_answer_carries_the_protecting_headers(desk: Served) -> None:
    """Pages, refusals, redirects, downloads, the API: the same policy, and nothing private is kept by a cache."""
    asked = [ask(desk.client("nadia"), page) for page in PAGES if page.method == "GET"]
    with desk.browser() as stranger:
        asked += [stranger.get(path) for path in ("/", "/entrar", "/nada", "/api/v1/releases/current")]
        asked.append(stranger.get("/entrar", headers={"host": "example.com"}))
    for answer in asked:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';"), answer.url
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["cache-control"] == "no-store", answer.url
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"


def test_style_and_script_are_kept_for_ever_and_told_apart_by_content(desk: Served) -> None:
    """Their names carry their digest; a browser that has them is told so."""
    page = desk.client("rosa").get("/").text
    with desk.browser() as browser:
        for path in re.findall(r'"(/estatico/[^"]+)"', page):
            answer = browser.get(path)
            assert "immutable" in answer.headers["cache-control"]
            again = browser.get(path, headers={"if-none-match": answer.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
        assert browser.get("/estatico/desk.0000.css").status_code == 404


def test_cookies_are_out_of_reach(tmp_path: Path) -> None:
    """HttpOnly, SameSite=Lax, the whole site; behind https `__Host-` and Secure."""
    with desk_at(tmp_path / "plain") as plain, plain.browser() as browser:
        (cookie,) = browser.post("/entrar", data={"nombre": "rosa", "clave": PASSWORD}).headers.get_list("set-cookie")
        assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
        assert "Secure" not in cookie
    public = {"host": "mesa.ejemplo.co", "origin": "https://mesa.ejemplo.co"}
    with desk_at(tmp_path / "tls", VITRINA_DESK_URL="https://mesa.ejemplo.co") as tls:
        answer = httpx.post(
            f"{tls.address}/entrar", data={"nombre": "rosa", "clave": PASSWORD}, headers=public, trust_env=False
        )
        (cookie,) = answer.headers.get_list("set-cookie")
        assert cookie.startswith("__Host-vitrina=")
        assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(cookie.split("; "))
        assert answer.headers["strict-transport-security"]


# What pages say


def test_every_page_has_one_heading_in_both_languages(desk: Served) -> None:
    """One h1, `lang` right, nothing left to fill in."""
    for name, other in (("nadia", "es"), ("nadia", "en")):
        client = desk.client(name)
        client.post("/idioma", data={"lang": other})
        for page in PAGES:
            if page.method == "GET" and "{" not in page.path and page.path not in ("/plantilla", "/entrar"):
                answer = client.get(page.path)
                assert answer.status_code in (200, 404), page.path  # 404: a page that needs to be told what
                assert f'<html lang="{other}">' in answer.text
                assert heading(answer)
                assert not re.search(r"\{\w+\}", re.sub(r'data-[\w-]+="[^"]*"', "", answer.text)), page.path
    desk.client("nadia").post("/idioma", data={"lang": "es"})


def test_both_languages_have_the_same_words() -> None:
    """Same tables, same keys, same blanks to fill."""
    told = {}
    for lang in ("es", "en"):
        table = tomllib.loads(files("templates").joinpath(f"desk_{lang}.toml").read_text("utf-8"))
        told[lang] = {
            (part, key): sorted(re.findall(r"\{\w+\}", text))
            for part, words in table.items()
            for key, text in words.items()
        }
    assert told["es"] == told["en"]


def test_a_desk_without_users_says_how_the_first_one_is_made(tmp_path: Path) -> None:
    """The empty state of the door is a command."""
    with desk_at(tmp_path, users=False) as fresh, fresh.browser() as browser:
        assert "vitrina user add SU_NOMBRE --role admin" in browser.get("/entrar").text


def test_users_are_made_and_changed_by_admins_and_entered_in_the_audit(own_desk: Served) -> None:
    """A new user signs in with what the admin typed; the audit says who did what to whom."""
    alba = own_desk.client("alba")
    bad = alba.post("/ajustes/usuarios", data={"nombre": "Mía", "rol": "uploader", "clave": "corta"})
    assert (bad.status_code, 'value="Mía"' in bad.text) == (400, True)
    alba.post("/ajustes/usuarios", data={"nombre": "Mía", "rol": ["uploader", "reviewer"], "clave": PASSWORD})
    with own_desk.browser() as mia:
        assert mia.post("/entrar", data={"nombre": " mía ", "clave": PASSWORD}).status_code == 303
        assert mia.get("/cargas").status_code == 200
    twice = alba.post("/ajustes/usuarios", data={"nombre": "MÍA", "rol": "uploader", "clave": PASSWORD})
    assert "Ya existe un usuario" in sentence(twice)
    alba.post("/ajustes/usuarios/cambio", data={"nombre": "Mía", "cambio": "clave", "clave": "otra frase bien larga"})
    alba.post("/ajustes/usuarios/cambio", data={"nombre": "Mía", "cambio": "deshabilitar"})
    alba.post("/ajustes/usuarios/cambio", data={"nombre": "Mía", "cambio": "habilitar"})
    deeds = [(deed.by, deed.act) for deed in own_desk.store.audit.list() if (deed.note or "").startswith("Mía")]
    assert deeds == [
        ("alba", "user.enabled"),
        ("alba", "user.disabled"),
        ("alba", "user.password"),
        ("alba", "user.added"),
    ]
    shown = alba.get("/ajustes/auditoria").text
    assert "Deshabilitó un usuario" in shown
    assert PASSWORD not in shown
