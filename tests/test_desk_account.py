"""Whose keys work, and for how long; what those who guess are told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import get_args

import httpx
import pytest

from catalog.receipts import STATES
from catalog.store.decisions import Action
from catalog.store.people import UserAct
from catalog.store.releases import Kind
from pipeline.desk.words import LANGS, words
from pipeline.run import people
from tests.desks import PASSWORD, Served, desk_at
from tests.test_desk_uploads import text_of

NEW = "otra frase bien larga"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Served]:
    with desk_at(tmp_path) as served:
        yield served


def token_of(desk: Served, name: str, label: str = "nocturno") -> str:
    return people.make_token(desk.store, desk.store.people.get(name), label, by=name)


def works(desk: Served, token: str) -> bool:
    """Does the API know whose token it is?"""
    headers = {"authorization": f"Bearer {token}"}
    return httpx.get(f"{desk.address}/api/v1/releases/current", headers=headers, trust_env=False).status_code == 200


def test_a_disabled_users_tokens_end_at_once_and_for_good(desk: Served) -> None:
    """Letting the user in again wakes none of them; the audit tells each; the others' tokens stand."""
    first, second = token_of(desk, "ulises"), token_of(desk, "ulises", "mensual")
    other = token_of(desk, "rosa")
    assert works(desk, first)
    alba = desk.client("alba")
    alba.post("/ajustes/usuarios/cambio", data={"nombre": "ulises", "cambio": "deshabilitar"})
    assert not works(desk, first)
    alba.post("/ajustes/usuarios/cambio", data={"nombre": "ulises", "cambio": "habilitar"})
    assert (works(desk, first), works(desk, second), works(desk, other)) == (False, False, True)
    ended = [deed.note for deed in desk.store.audit.list(most=10) if deed.act == "user.token_revoked"]
    assert sorted(ended) == ["ulises: mensual", "ulises: nocturno"]


def test_what_began_while_its_owner_was_shut_out_never_wakes(desk: Served) -> None:
    """A request that was let in a moment before makes a token, or a session, a moment after."""
    ulises = desk.store.people.get("ulises")
    desk.store.people.disable("ulises", by="alba")
    late = people.make_token(desk.store, ulises, "tarde", by="ulises")
    session = people.begin_session(desk.store, ulises, people.Caller("127.0.0.1", "tests"))
    assert not works(desk, late)
    desk.store.people.enable("ulises", by="alba")
    assert (works(desk, late), people.session_of(desk.store, session)) == (False, None)


def test_a_file_that_was_on_its_way_when_its_sender_was_shut_out_is_not_kept(desk: Served) -> None:
    """The token was looked at before the body; the last word is that of the moment it has arrived."""
    token = token_of(desk, "ulises")

    def body() -> Iterator[bytes]:
        yield b"Codigo,Nombre\n"
        desk.wait(lambda: desk.store.tokens.list(desk.store.people.get("ulises"))[0].used_at is not None)
        desk.store.people.disable("ulises", by="alba")
        yield b"A-1,Uno\n"

    headers = {"authorization": f"Bearer {token}"}
    answer = httpx.post(f"{desk.address}/api/v1/uploads", headers=headers, content=body(), trust_env=False)
    assert (answer.status_code, "Your access ended" in answer.json()["detail"]) == (400, True)
    assert desk.store.arrivals.list(most=5) == ()


@pytest.mark.parametrize("ticked", [False, True])
def test_another_password_ends_tokens_where_that_is_ticked(desk: Served, ticked: bool) -> None:
    """A program in the night does not stop because of a new password, unless its owner says so; the page says which."""
    token, rosa = token_of(desk, "rosa"), desk.client("rosa")
    assert "Que también deje de servir su clave para programas" in text_of(rosa.get("/ajustes"))
    form = {"actual": PASSWORD, "nueva": NEW, **({"claves": "1"} if ticked else {})}
    answer = rosa.post("/ajustes/contrasena", data=form, follow_redirects=True)
    told = "sus claves para programas dejaron de servir." if ticked else "sus claves para programas siguen sirviendo."
    assert told in text_of(answer)
    assert works(desk, token) is not ticked


@pytest.mark.parametrize("ticked", [False, True])
def test_an_admin_who_gives_a_password_may_end_tokens(desk: Served, ticked: bool) -> None:
    """The same choice where somebody else sets it."""
    token = token_of(desk, "ulises")
    form = {"nombre": "ulises", "cambio": "clave", "clave": NEW, **({"claves": "1"} if ticked else {})}
    answer = desk.client("alba").post("/ajustes/usuarios/cambio", data=form, follow_redirects=True)
    assert ("dejaron de servir" if ticked else "siguen sirviendo") in text_of(answer)
    assert works(desk, token) is not ticked


def test_everything_the_store_enters_has_words_in_both_languages() -> None:
    """The audit and a plan's history show no internal name."""
    entered = {"upload", "plan", "supersede", "map", "unmap", *get_args(Action), *get_args(Kind)}
    entered |= {f"user_{act}" for act in get_args(UserAct)} | {f"receipt_{state}" for state in STATES}
    for lang in LANGS:
        assert entered == vars(words(lang).acts).keys()


def test_the_audit_tells_roles_and_receipts_as_the_desk_names_them(desk: Served) -> None:
    """Nobody has to know what `reviewer` or `receipt.drafted` means."""
    desk.store.people.set_roles("ulises", frozenset({"uploader", "reviewer"}), by="alba")
    shown = text_of(desk.client("alba").get("/ajustes/auditoria"))
    assert "alba · Cambió roles" in shown
    assert "ulises: revisión, carga" in shown


def test_a_wrong_old_password_ends_nothing(desk: Served) -> None:
    """Who only has somebody's open browser takes no program down."""
    token = token_of(desk, "rosa")
    form = {"actual": "no es esta frase", "nueva": NEW, "claves": "1"}
    assert desk.client("rosa").post("/ajustes/contrasena", data=form).status_code == 400
    assert works(desk, token)


def test_whoever_is_throttled_is_told_when_to_try_again(desk: Served) -> None:
    """`Retry-After` in whole seconds: after so many the right password is let in."""
    with desk.browser() as browser:
        for _ in range(5):
            assert "retry-after" not in browser.post("/entrar", data={"nombre": "rosa", "clave": "x"}).headers
        late = browser.post("/entrar", data={"nombre": "rosa", "clave": PASSWORD})
        seconds = int(late.headers["retry-after"])
        assert (late.status_code, 25 <= seconds <= 30) == (429, True)
        desk.hands.ahead = timedelta(seconds=seconds)
        assert browser.post("/entrar", data={"nombre": "rosa", "clave": PASSWORD}).status_code == 303


def test_guessing_ones_old_password_is_throttled_and_says_so(desk: Served) -> None:
    """Not that the right one is wrong: when to try again."""
    rosa = desk.client("rosa")
    for _ in range(5):
        assert rosa.post("/ajustes/contrasena", data={"actual": "x", "nueva": NEW}).status_code == 400
    late = rosa.post("/ajustes/contrasena", data={"actual": PASSWORD, "nueva": NEW})
    assert (late.status_code, "Espere 1 min" in text_of(late)) == (429, True)
    desk.hands.ahead = timedelta(seconds=int(late.headers["retry-after"]))
    assert rosa.post("/ajustes/contrasena", data={"actual": PASSWORD, "nueva": NEW}).status_code == 303
