"""Both doctors: what is missing, and what mends it; nothing is changed by looking."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from leads.doctor import KeyFile, Offer, Seen, inspect
from leads.store.operations import Paused
from schemas.checklist import Health, exit_code
from schemas.errors import CannotRun, SettingsError
from schemas.lead_settings import LeadSettings, Secret
from tests.command import vitrina, vitrina_here
from tests.logos import good
from tests.receiver import Said, receiver
from tests.sending import leads_environ, open_at, owe_many, rules, send_all
from tests.serving import CORE, INBOUND, PORTAL, ROOT, loan, publish_products
from tests.warm import call

DONE = {
    "VITRINA_LENDER_NAME": "Crédito Ejemplo",
    "VITRINA_LENDER_LEGAL_NAME": "Crédito Ejemplo S.A.S.",
    "VITRINA_DELIVERY_CONTACT": "alianzas@mercado.example",
}


def points(document: dict[str, Any]) -> dict[str, str]:
    return {point["name"]: point["health"] for point in document["points"]}


def test_a_new_home_hears_what_to_do_first_and_stays_untouched(tmp_path: Path) -> None:
    """Exit 1: something is missing; each gap with the command or setting that mends it."""
    done = vitrina("doctor", "--format", "json", folder=tmp_path)
    found = points(done.document)
    assert done.code == 1
    assert {name for name, health in found.items() if health == "missing"} >= {
        "lender.name", "lender.legal_name", "logo", "contact", "store",
    }  # fmt: skip
    assert all(point["mend"] for point in done.document["points"] if point["health"] not in ("ok", "note"))
    assert list(tmp_path.iterdir()) == []


def test_a_catalogue_that_is_set_up_misses_only_what_nobody_loaded(tmp_path: Path) -> None:
    """Lender, logo, contact, store, target, product and run are fine; a note changes no exit code."""
    (tmp_path / "p.csv").write_text(
        "Código;Nombre;Descripción;Categoría;Monto;Tasa;Plazo\nA;Uno;Dos;INDIVIDUAL;$1.000.000;24,9% E.A.;12 meses\n"
    )
    (tmp_path / "logo.png").write_bytes(good())
    environ = DONE | {"VITRINA_LENDER_LOGO": str(tmp_path / "logo.png")}
    assert vitrina_here("sync", tmp_path / "p.csv", "--no-review", folder=tmp_path, **environ).code == 0
    found = points(vitrina_here("doctor", "--format", "json", folder=tmp_path, **environ).document)
    assert {name for name, health in found.items() if health in ("missing", "wrong", "unreachable")} <= {"reference"}
    assert {"target:published", "products", "sync", "store", "home"} <= {n for n, h in found.items() if h == "ok"}


def test_a_logo_that_is_live_is_not_missing_and_a_trouble_is_named(tmp_path: Path) -> None:
    """The logo came beside the workbook; the upload that waits is told with the command that shows it."""
    (tmp_path / "p.csv").write_text(
        "Código;Nombre;Descripción;Categoría;Monto;Tasa;Plazo\nA;Uno;Dos;INDIVIDUAL;$1.000.000;24,9% E.A.;12 meses\n"
    )
    (tmp_path / "logo.png").write_bytes(good())
    assert vitrina_here("sync", tmp_path / "p.csv", "--no-review", folder=tmp_path, **DONE).code == 0
    (tmp_path / "p.csv").write_text((tmp_path / "p.csv").read_text().replace("24,9%", "23,9%"))
    assert vitrina_here("sync", tmp_path / "p.csv", folder=tmp_path, **DONE).code == 0
    done = vitrina_here("doctor", folder=tmp_path, **DONE)
    assert "✓ Logo: el de la versión 1." in done.out
    assert "«vitrina plan 2»" in done.out
    assert "S.A.." not in done.out


def test_what_is_out_of_reach_exits_3_and_a_wrong_setting_2(tmp_path: Path) -> None:
    """A store that is none; a source that is gone; a market nobody knows."""
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "catalog.db").write_text("no database")
    (tmp_path / "vitrina.toml").write_text('[sources.hoja]\nfrom = "nada.xlsx"\n')
    done = vitrina_here("doctor", "--format", "json", folder=tmp_path)
    found = points(done.document)
    assert (done.code, found["store"], found["source:hoja"]) == (3, "unreachable", "unreachable")
    assert vitrina_here("doctor", folder=tmp_path, VITRINA_MARKET="PE").code == 2


def test_rules_and_addresses_of_the_settings_are_judged(tmp_path: Path) -> None:
    """Unknown codes, documented rules and addresses that are none are wrong, each by itself; the rest is still said."""
    (tmp_path / "vitrina.toml").write_text(
        '[rules]\n"name.x" = "warning"\n"name.too_long" = "warning"\n"valid_from.missing" = "info"\n'
        '[targets.web]\nurl = "ftp://u:canario@x/y?k=1"\n[targets.casa]\npath = "salida"\n'
    )
    for opened in (False, True):
        done = vitrina_here("doctor", "--format", "json", folder=tmp_path, **DONE)
        found = points(done.document)
        assert {name for name, health in found.items() if health == "wrong"} == {
            "rule:name.x", "rule:name.too_long", "target:web",
        }  # fmt: skip
        assert (done.code, found["rules"], "canario" in done.out) == (2, "ok", False)
        assert ("target:casa" in found) == opened
        with_store(tmp_path)


def with_store(folder: Path) -> None:
    """A catalogue in the home, made by a call with other settings."""
    config = folder / "leer.toml"
    config.write_text("")
    assert vitrina_here("ids", "--config", config, folder=folder).code == 0


def test_a_folder_that_cannot_be_written_is_told_before_the_first_release(tmp_path: Path) -> None:
    """The target is out of reach; a logo's faults are told in words, not as codes."""
    (tmp_path / "salida").write_text("")
    (tmp_path / "vitrina.toml").write_text('[targets.web]\npath = "salida/web"\n[lender]\nlogo = "vitrina.toml"\n')
    done = vitrina_here("doctor", folder=tmp_path)
    assert (done.code, f"No se puede escribir en {tmp_path / 'salida' / 'web'}." in done.out) == (3, True)
    assert "Por corregir: " in done.out
    assert "logo." not in done.out.partition("Por corregir: ")[2].partition("\n")[0]


def test_the_first_letter_says_what_the_marketplace_asks_for(tmp_path: Path) -> None:
    """Company, market, technical contact, authentication; in the language of letters; as text or as a draft."""
    words = (
        "onboarding",
        "letter",
        "--technical",
        "Ana Ejemplo, ana@ejemplo.example",
        "--auth",
        "both",
        "--ip",
        "203.0.113.9",
    )
    said = vitrina_here(*words, folder=tmp_path, **DONE).out
    for part in ("Crédito Ejemplo S.A.S.", "Colombia", "Ana Ejemplo", "clave de API y lista", "203.0.113.9"):
        assert part in said
    out = tmp_path / "carta.eml"
    environ = DONE | {"VITRINA_DELIVERY_LANGUAGE": "en", "VITRINA_MARKET": "MX"}
    assert vitrina_here(*words, "--out", out, folder=tmp_path, **environ).code == 0
    message = message_from_bytes(out.read_bytes(), policy=policy.default)
    assert (message["X-Unsent"], message["To"]) == ("1", "alianzas@mercado.example")
    assert message["Subject"] == "Integration of Crédito Ejemplo in Mexico"
    assert "Preferred authentication: API key and IP allowlist" in message.get_content()
    assert vitrina_here("onboarding", "letter", "--ip", "10.0.0.0/8", folder=tmp_path).code == 2


READY = Seen(
    settings=LeadSettings(
        base_url="https://mercado.example",
        api_key=Secret("x" * 20),
        inbound_keys=(Secret("y" * 20),),
        core_keys=(Secret("z" * 20),),
        egress_ips=("203.0.113.1",),
        portal_url="https://portal.example/firma",
    ),
    key_files=(KeyFile("VITRINA_API_KEY_FILE", "/etc/clave", 0o600, True),),
    master=True,
    reached=True,
    offer=Offer(3, 12),
    owed={"delivered": 1},
)


def leads_health(seen: Seen) -> dict[str, Health]:
    return {point.name: point.health for point in inspect(seen)}


def test_a_side_that_is_ready_misses_nothing() -> None:
    """Every point is fine, and no secret is in any sentence."""
    assert exit_code(inspect(READY)) == 0
    assert {point.health for point in inspect(READY)} == {"ok"}
    assert "x" * 20 not in str(inspect(READY))


@pytest.mark.parametrize(
    ("changes", "name", "health"),
    [
        ({"settings": LeadSettings()}, "base_url", "missing"),
        ({"settings": LeadSettings()}, "api_key", "missing"),
        ({"settings": LeadSettings()}, "inbound_keys", "missing"),
        ({"settings": LeadSettings()}, "portal", "missing"),
        ({"settings": LeadSettings()}, "egress_ips", "note"),
        ({"key_files": (KeyFile("VITRINA_API_KEY_FILE", "/x", 0o640, True),)}, "file:VITRINA_API_KEY_FILE", "missing"),
        ({"key_files": (KeyFile("master.key", "/x", 0o600, False),)}, "file:master.key", "missing"),
        ({"master": False}, "master_key", "note"),
        ({"master": False, "settings": LeadSettings(environment="production")}, "master_key", "missing"),
        ({"reached": False}, "reach", "unreachable"),
        ({"offer": None}, "catalogue", "missing"),
        ({"offer": Offer(3, 0)}, "catalogue", "missing"),
        ({"offer": CannotRun("broken")}, "catalogue", "unreachable"),
        ({"owed": None}, "rehearsal", "missing"),
        ({"owed": {"delivered": 0}}, "rehearsal", "missing"),
        ({"owed": {}, "settings": LeadSettings(environment="production")}, "rehearsal", "note"),
        ({"owed": CannotRun("broken")}, "store", "unreachable"),
        ({"owed": {"delivered": 1, "dead": 2}}, "dead", "missing"),
        ({"owed": {"delivered": 1, "unconfirmed": 1}}, "unconfirmed", "missing"),
        ({"paused": (Paused("CO", "http_401", datetime(2026, 11, 22, tzinfo=UTC), None),)}, "paused", "missing"),
        ({"engine": SettingsError("broken")}, "engine", "wrong"),
        ({"settings": LeadSettings()}, "core_keys", "note"),
    ],
)  # fmt: skip
def test_each_gap_is_found(changes: dict[str, Any], name: str, health: Health) -> None:
    """One thing taken away, one point that says so, with what mends it."""
    seen = replace(READY, **changes)
    assert leads_health(seen)[name] == health
    assert all(point.mend for point in inspect(seen) if point.health not in ("ok", "note"))


def leads_doctor(folder: Path, *words: str, **environ: str) -> tuple[int, str]:
    done = call("leads.cli", "doctor", *words, folder=folder, environ=environ)
    assert "Traceback" not in done.err
    return done.code, done.out + done.err


def test_the_command_looks_at_the_real_files_and_the_real_server(tmp_path: Path) -> None:
    """Permissions of the key file, a connection to the base URL; nothing is sent, nothing is made."""
    key = tmp_path / "clave"
    key.write_text("canario-1234567890\n")
    key.chmod(0o644)
    with receiver() as market:
        environ = {"VITRINA_API_KEY_FILE": str(key), "VITRINA_BASE_URL": market.url}
        code, said = leads_doctor(tmp_path, "--format", "json", **environ)
        found = points(json.loads(said))
        assert market.arrived == []
    assert (code, found["reach"], found["file:VITRINA_API_KEY_FILE"], found["api_key"]) == (1, "ok", "missing", "ok")
    assert "canario" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["clave"]
    assert leads_doctor(tmp_path, **environ)[0] == 3
    key.write_text("canario 123\n")
    code, said = leads_doctor(tmp_path, **environ)
    assert (code, "canario" in said) == (2, False)


@pytest.mark.parametrize(
    ("answer", "name"),
    [(Said(401), "paused"), (Said(200, b'{"status":"error"}'), "dead"), (Said(200, b"<html>"), "unconfirmed")],
)
def test_what_is_paused_or_stuck_is_found_in_the_store(tmp_path: Path, answer: Said, name: str) -> None:
    """One answer of the marketplace, one point that tells it, whatever was delivered before."""
    with receiver() as market, closing(open_at(tmp_path / "leads.db")) as store:
        owe_many(store, 1)
        send_all(store, rules(market.url))
        environ = leads_environ(tmp_path, market.url)
        assert stuck(tmp_path, environ) == set()
        market.answer = lambda _: answer
        owe_many(store, 1, prefix="otra")
        send_all(store, rules(market.url))
        assert stuck(tmp_path, environ) == {name}


def stuck(home: Path, environ: dict[str, str]) -> set[str]:
    """Which of the points about sending are missing."""
    found = points(json.loads(leads_doctor(home, "--format", "json", **environ)[1]))
    return {name for name in ("paused", "dead", "unconfirmed", "rehearsal") if found[name] == "missing"}


def test_an_engine_that_serve_would_refuse_is_wrong(tmp_path: Path) -> None:
    """Looked for where `serve` looks, the working folder too; what its module prints is no part of the document."""
    (tmp_path / "motor_propio.py").write_text("print('hola')\nfrom leads.decide import PublishedTerms\n")
    for name, health in (("motor_propio:PublishedTerms", "ok"), ("motor_propio:Otro", "wrong"), ("nada:Nada", "wrong")):
        done = call("leads.cli", "doctor", "--format", "json", folder=tmp_path, environ={"VITRINA_ENGINE": name})
        assert (points(json.loads(done.out))["engine"], done.code == 2) == (health, health == "wrong")
    assert [path.name for path in tmp_path.iterdir()] == ["motor_propio.py"]


@pytest.mark.parametrize("changes", [{"VITRINA_CORE_KEYS": ""}, {"VITRINA_EGRESS_IPS": "203.0.113.9"}])
def test_the_rehearsal_it_names_can_be_followed_literally(tmp_path: Path, changes: dict[str, str]) -> None:
    """In a home where nothing ever happened; only the ports are others. Afterwards the point is fine."""
    home = tmp_path / "home"
    home.mkdir()
    publish_products(home, loan())
    environ = leads_environ(home, "https://mercado.invalid") | {
        "VITRINA_INBOUND_KEYS": INBOUND, "VITRINA_CORE_KEYS": CORE, "VITRINA_PORTAL_URL": PORTAL, **changes,
    }  # fmt: skip
    done = json.loads(leads_doctor(home, "--format", "json", **environ)[1])
    (mend,) = (point["mend"] for point in done["points"] if point["name"] == "rehearsal")
    served, market = free_port(), free_port()
    for shown, own in (("8100", served), ("8200", market)):
        mend = mend.replace(f"http://127.0.0.1:{shown}", f"http://127.0.0.1:{own}")
    mend = mend.replace("serve &", f"serve --port {served} &").replace("sandbox", f"sandbox --port {market}")
    assert follow(mend, home, environ) == 0
    found = points(json.loads(leads_doctor(home, "--format", "json", **environ)[1]))
    assert found["rehearsal"] == "ok"


def follow(line: str, folder: Path, environ: dict[str, str]) -> int:
    """What a person types into a shell; what it left running is ended."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("VITRINA_")}
    program = f"vitrina-leads() {{ '{sys.executable}' -m leads.cli \"$@\"; }}\n"
    program += f"command -v openssl >/dev/null || openssl() {{ echo {CORE}; }}\n"
    command = ["bash", "-c", program + line]
    settings = clean | environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, cwd=folder, env=settings, start_new_session=True)
    try:
        return process.wait(120)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)


def free_port() -> int:
    """One that nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def test_in_production_and_with_postbacks_waiting_nobody_is_sent_to_the_stand_in() -> None:
    """What waits is the marketplace's; in production the first postback is a real one."""
    for environment, owed, mend in (
        ("production", {}, None),
        ("production", {"pending": 1}, "vitrina-leads send --once"),
        ("staging", {"pending": 1}, "vitrina-leads send --once"),
    ):
        seen = replace(READY, settings=replace(READY.settings, environment=environment), owed=owed)
        (point,) = (point for point in inspect(seen) if point.name == "rehearsal")
        assert (point.mend, "ensáyelo" in point.spanish) == (mend, environment != "production")
