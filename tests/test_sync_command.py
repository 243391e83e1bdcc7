"""`vitrina sync` as a scheduler calls it: sources of the settings, one document, one summary, notices on a socket."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.command import vitrina, vitrina_here
from tests.scheduling import csv_of, loans
from tests.test_startup import loaded
from tests.web_server import Say, WebServer, answer, redirect, web_server

DOCS = Path(__file__).resolve().parent.parent / "docs"


def settings(folder: Path, more: str = "") -> None:
    (folder / "vitrina.toml").write_text(
        f'[sources]\nallow_private = true\n[sources.hoja]\nfrom = "uno.csv"\n{more}[sync]\nheartbeat = "latido.json"\n'
    )
    (folder / "uno.csv").write_bytes(csv_of(loans(2)))


def test_without_a_source_those_of_the_settings_run(tmp_path: Path) -> None:
    """One by its name too; without any, that is wrong use and no home is made."""
    assert vitrina_here("sync", folder=tmp_path).code == 2
    assert not (tmp_path / "var").exists()
    with web_server(answer(csv_of(loans(3)[2:]))) as server:
        settings(tmp_path, f'[sources.red]\nfrom = "{server.url}/dos.csv"\n')
        done = vitrina("sync", "--no-review", "--format", "json", "--log", "json", folder=tmp_path)
        names = [(source["name"], source["state"]) for source in done.document["sources"]]
        assert names == [("hoja", "changed"), ("red", "changed")]
        assert (done.code, done.document["release"], done.document["all_read"]) == (0, 2, True)
        assert all(json.loads(line)["event"] for line in done.err.splitlines())
        again = vitrina_here("sync", "hoja", "--no-review", folder=tmp_path)
    assert "el archivo no cambió" in again.out
    assert again.out.rstrip().splitlines()[-1].startswith("Resumen: fuentes: 1 sin cambios")
    assert json.loads((tmp_path / "latido.json").read_text())["release"] == 2
    assert vitrina_here("sync", "--quiet", "hoja", folder=tmp_path).out == ""


def test_a_webhook_hears_of_a_problem_once_and_of_its_end(tmp_path: Path) -> None:
    """JSON with Spanish text and a stable key; the address, a secret, shows nowhere."""
    settings(tmp_path)
    with web_server(answer(b"ok")) as hook:
        (tmp_path / "hook").write_text(f"{hook.url}/canario-9\n")
        environ = {"VITRINA_NOTIFY_WEBHOOK_FILE": str(tmp_path / "hook")}
        vitrina_here("sync", "--no-review", folder=tmp_path, **environ)
        (tmp_path / "uno.csv").rename(tmp_path / "otra.csv")
        said = [vitrina_here("sync", "--no-review", "--log", "text", folder=tmp_path, **environ) for _ in range(2)]
        (tmp_path / "otra.csv").rename(tmp_path / "uno.csv")
        vitrina_here("sync", "--no-review", folder=tmp_path, **environ)
        bodies = [json.loads(asked.body) for asked in hook.asked]
        keys = [asked.headers["idempotency-key"] for asked in hook.asked]
    assert [done.code for done in said] == [3, 3]
    assert [body["event"] for body in bodies] == ["problem", "recovered"]
    assert bodies[0]["text"].startswith("Vitrina: hoja: No se pudo usar ")
    assert len(set(keys)) == 2
    stored = b"".join(path.read_bytes() for path in (tmp_path / "var").glob("catalog.db*"))
    assert "canario" not in "".join(done.out + done.err for done in said)
    assert b"canario" not in stored


def test_a_webhook_out_of_reach_is_said_and_stops_nothing(tmp_path: Path) -> None:
    """The notice is owed to the next run; an address without TLS is wrong use."""
    settings(tmp_path)
    (tmp_path / "uno.csv").write_bytes(b"")
    with web_server(answer(status=500)) as hook:
        environ = {"VITRINA_NOTIFY_WEBHOOK": f"{hook.url}/canario-9"}
        done = vitrina_here("sync", "--no-review", folder=tmp_path, **environ)
    assert (done.code, "500" in done.err, "avisos por entregar: 1" in done.out) == (1, True, True)
    assert "canario" not in done.out + done.err
    for address in ("http://hook.example/canario-9", "https://[canario", "https://hook.example:x/canario", "https://"):
        wrong = vitrina_here("sync", folder=tmp_path, VITRINA_NOTIFY_WEBHOOK=address)
        assert (wrong.code, "https" in wrong.err, "canario" in wrong.err) == (2, True, False)


def test_a_path_that_was_read_before_and_is_gone_is_out_of_reach(tmp_path: Path) -> None:
    """A typing error is wrong use; yesterday's file on a lost mount is not."""
    file = tmp_path / "p.csv"
    file.write_bytes(csv_of(loans(1)))
    assert vitrina_here("sync", tmp_path / "q.csv", folder=tmp_path).code == 2
    assert vitrina_here("sync", file, "--no-review", folder=tmp_path).code == 0
    file.unlink()
    assert vitrina_here("sync", file, "--no-review", folder=tmp_path).code == 3


def test_an_unchanged_run_loads_no_frames_no_templates_and_no_http(tmp_path: Path) -> None:
    """Hour after hour it costs what opening the store costs."""
    (tmp_path / "p.csv").write_bytes(csv_of(loans(1)))
    assert "pandera" in loaded(tmp_path, "sync", "p.csv", "--no-review")
    found = loaded(tmp_path, "sync", "p.csv", "--no-review")
    assert found.isdisjoint({"pandas", "pandera", "openpyxl", "jinja2", "httpx", "alembic", "obstore", "xlsxwriter"})


BOMB = gzip.compress(bytes(5_000_000))


def _mail(folder: Path, server: WebServer, paths: Iterable[str], lang: str) -> tuple[int, list[str]]:
    """What cron would mail of one quiet run: both streams, as they come; and the exit code."""
    named = "".join(f'[sources.{path.partition(".")[0]}]\nfrom = "{server.url}/{path}"\n' for path in paths)
    targets = '[targets.web]\npath = "web"\n[targets.espejo]\npath = "espejo/nota/x"\n'
    (folder / "vitrina.toml").write_text(f"[sources]\nallow_private = true\n{named}{targets}")
    (folder / "espejo").write_text("a file where the folder should be")
    done = vitrina("sync", "--no-review", "--quiet", "--lang", lang, folder=folder)
    return done.code, [line.replace(server.url, "WEB") for line in (done.out + done.err).splitlines()]


def test_a_mail_from_cron_has_a_line_for_each_thing_that_is_wrong(tmp_path: Path) -> None:
    """A dozen sources that fail in as many ways, a target that is no folder: each said once, by its name, with why."""
    rows = loans(2)
    rows[1]["Tasa"] = "la mejor"
    served: dict[str, Say] = {
        "falta.xlsx": answer(status=404),
        "roto.xlsx": answer(status=500),
        "nube.xlsx": redirect("https://169.254.169.254/x"),
        "plano.xlsx": redirect("http://10.0.0.8/x"),
        "pagina.xlsx": answer(b"<!doctype html><html>Mantenimiento"),
        "entrar.xlsx": answer(b"<!doctype html><html><input type=password>"),
        "pdf.xlsx": answer(b"%PDF-1.4 x" * 50),
        "comprimido.csv": answer(BOMB, Content_Encoding="gzip"),
        "bomba.csv": answer(BOMB),
        "vacio.xlsx": answer(b""),
        "errores.csv": answer(csv_of(rows)),
        "bien.csv": answer(csv_of(loans(1, Código="Q-1"))),
    }
    with web_server(lambda connection, asked: served[asked.target[1:]](connection, asked)) as server:
        code, lines = _mail(tmp_path, server, served, "es")
        assert (code, lines) == (3, MAILED)
        assert _mail(tmp_path, server, served, "es")[1] == MAILED, "an hour later the same, each still once"
        assert len(_mail(tmp_path, server, served, "en")[1]) == len(MAILED)


MAILED = """\
falta: No se pudo usar WEB/falta.xlsx: no hay nada en esa dirección (404). Lo publicado sigue igual.
roto: No se pudo usar WEB/roto.xlsx: respondió 500. Lo publicado sigue igual.
nube: No se pudo usar WEB/nube.xlsx: 169.254.169.254 es una dirección de enlace local, donde no se leen fuentes. Lo publicado sigue igual.
plano: No se pudo usar WEB/plano.xlsx: solo se usa https://, también al redirigir. Lo publicado sigue igual.
pagina: WEB/pagina.xlsx responde con una página web, no con un libro; abra la dirección y vea qué dice.
entrar: WEB/entrar.xlsx responde con una página para iniciar sesión, no con un libro: comparta la hoja con cualquiera que tenga el enlace.
comprimido: WEB/comprimido.csv responde con un cuerpo comprimido (gzip) que no se pidió; no se lee.
pdf (WEB/pdf.xlsx): El archivo «pdf.xlsx» no es una hoja de cálculo: parece PDF. Lo publicado sigue igual.
bomba (WEB/bomba.csv): El archivo «bomba.csv» no es una hoja de cálculo: parece gzip. Lo publicado sigue igual.
vacio (WEB/vacio.xlsx): El archivo «vacio.xlsx» está vacío. Lo publicado sigue igual.
errores (WEB/errores.csv): 1 de 2 productos está listo. 1 queda retenido por 1 causa; lo publicado de ese no cambia.
El destino «espejo» no se pudo usar: hay un archivo donde debería haber una carpeta. Lo que estaba publicado sigue igual.
""".splitlines()  # noqa: E501 - as they are mailed
"""Sources out of reach or refused in their order, then errors in data, then targets."""


def test_the_units_of_the_documentation_are_sound(tmp_path: Path) -> None:
    """systemd itself reads the service and the timer; the program they start is replaced by one that is here."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd-analyze on this machine: the example units are checked where systemd is")
    for unit in (DOCS / "scheduled").iterdir():
        text = re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", unit.read_text("utf-8"))
        (tmp_path / unit.name).write_text(text)
    names = sorted(str(path) for path in tmp_path.iterdir())
    assert len(names) == 2
    done = subprocess.run(["systemd-analyze", "verify", *names], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_the_documentation_starts_is_a_real_call() -> None:
    """Options of the unit and of the cron line are options of the command."""
    from pipeline.cli.syncing import sync

    known = {name for option in sync.params for name in option.opts}
    page = (DOCS / "scheduled.md").read_text("utf-8") + (DOCS / "scheduled/vitrina-sync.service").read_text("utf-8")
    for call in re.findall(r"bin/vitrina sync([^\n]*)", page):
        assert set(re.findall(r"--[a-z-]+", call)) <= known | {"--quiet"}
