"""`vitrina user` and `vitrina serve` as a person runs them: users, passwords, refusals in one sentence."""

from __future__ import annotations

import os
import pty
import socket
import sys
from pathlib import Path

import pytest

from catalog.store import open_store
from pipeline.cli import vitrina
from pipeline.cli.session import run_command
from pipeline.run import people
from tests.desks import PASSWORD
from tests.publishing import noon


def signs_in(home: Path, name: str, password: str) -> bool:
    store = open_store(home / "catalog.db", now=noon)
    try:
        return people.sign_in(store, name, password, people.Caller("127.0.0.1")).id is not None
    finally:
        store.close()


def call(home: Path, *words: str, **environ: str) -> int:
    """One call in this process, which saves a second each."""
    return run_command(vitrina, ["--home", str(home), *words], environ)


def test_users_are_added_changed_and_shut_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first admin comes from the command line; each change is told and takes effect."""
    (tmp_path / "clave").write_text(f"{PASSWORD}\n", "utf-8")
    (tmp_path / "otra").write_text("otra frase bien larga\n", "utf-8")

    def user(*words: str) -> str:
        assert call(tmp_path / "home", "user", *words) == 0
        return capsys.readouterr().out

    assert "el primero: vitrina user add NOMBRE --role admin" in user("list")
    added = user(
        "add", "Ana Ejemplo", "--role", "admin", "--role", "uploader", "--password-file", str(tmp_path / "clave")
    )
    assert added == "Usuario Ana Ejemplo creado.\n"
    user("add", "Beto", "--role", "reviewer", "--password-file", str(tmp_path / "clave"))
    assert user("roles", "beto", "--role", "publisher") == "Beto  publisher\n"
    assert user("list") == "Ana Ejemplo  admin, uploader\nBeto  publisher\n"
    assert (
        user("password", "ana ejemplo", "--password-file", str(tmp_path / "otra"))
        == "Ana Ejemplo: contraseña cambiada.\n"
    )
    assert signs_in(tmp_path / "home", "ana  EJEMPLO", "otra frase bien larga")
    assert user("disable", "Beto").startswith("Beto  publisher  deshabilitado desde ")
    assert not signs_in(tmp_path / "home", "Beto", PASSWORD)
    assert user("token", "Ana Ejemplo", "--label", "nocturna").startswith("vit_")


def test_what_will_not_do_is_told_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Roles that do not exist, passwords too short, names taken, the last admin: exit 2, and nothing is made."""
    (tmp_path / "clave").write_text(f"{PASSWORD}\n", "utf-8")
    (tmp_path / "corta").write_text("corta\n", "utf-8")
    for words, said in (
        (("add", "ana", "--role", "jefa", "--password-file", str(tmp_path / "clave")), "«jefa» no es un rol"),
        (("add", "ana", "--password-file", str(tmp_path / "clave")), "uno o más de estos roles"),
        (("add", "ana", "--role", "admin", "--password-file", str(tmp_path / "corta")), "entre 12 y 256 caracteres"),
        (("add", "ana", "--role", "admin"), "use --password-file ARCHIVO"),
        (("disable", "nadie"), "No existe el usuario nadie"),
    ):
        assert call(tmp_path / "home", "user", *words) == 2, words
        out, err = capsys.readouterr()
        assert (out, said in err) == ("", True), err


def test_a_password_is_asked_for_twice_and_not_shown(tmp_path: Path) -> None:
    """On a terminal; it is never an argument."""
    command = [sys.executable, "-m", "pipeline.cli", "--home", str(tmp_path), "user", "add", "ana", "--role", "admin"]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(command[0], command)
    shown = answered(terminal, ("Contraseña: ", "Otra vez: "))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(terminal)
    assert "Usuario ana creado." in shown
    assert PASSWORD not in shown
    assert signs_in(tmp_path, "ana", PASSWORD)


def answered(terminal: int, questions: tuple[str, ...]) -> str:
    """All that is shown, each question answered with the password."""
    shown, left = "", list(questions)
    while True:
        try:
            chunk = os.read(terminal, 1024)
        except OSError:  # the other side is gone
            return shown
        if not chunk:
            return shown
        shown += chunk.decode("utf-8", "replace")
        if left and shown.endswith(left[0]):
            left.pop(0)
            os.write(terminal, f"{PASSWORD}\n".encode())


def test_a_desk_that_cannot_open_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A port in use is 3; other machines without a public address, or an address that will not do, are 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert call(tmp_path, "serve", "--port", port) == 3
    assert "No se puede escuchar en 127.0.0.1" in capsys.readouterr().err
    assert call(tmp_path, "serve", "--host", "0.0.0.0", "--port", "0") == 2
    assert "póngala detrás de un proxy https" in capsys.readouterr().err
    assert call(tmp_path, "serve", "--port", "0", VITRINA_DESK_URL="mesa.ejemplo.co") == 2
    assert "no sirve" in capsys.readouterr().err
