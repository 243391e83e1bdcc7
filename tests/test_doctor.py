"""Both doctors: what is missing, and what mends it; nothing is changed by looking."""

from __future__ import annotations

import json
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from leads.doctor import KeyFile, Offer, Seen, inspect
from schemas.checklist import Health, exit_code
from schemas.errors import CannotRun
from schemas.lead_settings import LeadSettings, Secret
from tests.command import vitrina, vitrina_here
from tests.logos import good
from tests.receiver import receiver
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
        ({"owed": CannotRun("broken")}, "store", "unreachable"),
    ],
)  # fmt: skip
def test_each_gap_is_found(changes: dict[str, Any], name: str, health: Health) -> None:
    """One thing taken away, one point that says so, with what mends it."""
    from dataclasses import replace

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
