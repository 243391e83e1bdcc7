"""Plans, decisions and dates as a person meets them on the command line."""

from __future__ import annotations

from pathlib import Path

from tests.command import Done, vitrina
from tests.test_journeys import live, loans, sync, write


def say(folder: Path, *words: str, **environ: str) -> Done:
    return vitrina(*words, folder=folder, **environ)


def test_a_jump_waits_for_a_name_and_the_rest_goes_out(tmp_path: Path) -> None:
    """`sync --no-review` publishes what is ordinary; `approve --product` by somebody else lets the jump go."""
    sync(tmp_path, write(tmp_path, loans(3)), "--by", "ana")
    rows = loans(3, Descripción="Otro texto.")
    rows[1]["Monto"] = "$1.000.000 a $500.000.000"
    done = vitrina("sync", write(tmp_path, rows), "--no-review", "--by", "ana", folder=tmp_path)
    assert done.code == 0
    assert "Monto máximo: $50.000.000 → $500.000.000  (es 10 veces lo publicado)" in done.out
    assert "Si es correcto: «vitrina approve 2 --product P-001»." in done.out
    assert {p["code"]: p["amount_max"] for p in live(tmp_path)["products"]}["P-001"] == "50000000"
    assert sum(p["description_short"] == "Otro texto." for p in live(tmp_path)["products"]) == 2

    refused = say(tmp_path, "approve", "2", "--product", "P-001", "--by", "luis")
    assert refused.code == 2
    assert "Este plan se hizo sobre la versión 1; ya está publicada la 2 (" in refused.err
    assert ", ana). Vuelva a revisarlo: cambian 2 productos." in refused.err
    assert "UTC" not in refused.err

    assert "2 sin cambios" in say(tmp_path, "plan", "2", "--by", "luis").out
    approved = say(tmp_path, "approve", "2", "--product", "P-001", "--by", "luis", "--comment", "tope nuevo")
    assert approved.out == "Queda aprobado: P-001. Para publicar: «vitrina publish».\n"
    assert "Se publicó la versión 3" in say(tmp_path, "publish", "--by", "ana").out
    assert {p["code"]: p["amount_max"] for p in live(tmp_path)["products"]}["P-001"] == "500000000"
    (value,) = say(tmp_path, "lineage", "P-001", "amount_max", "--format", "json").document["values"]
    assert [(one["by"], one["comment"]) for one in value["approvals"]] == [("luis", "tope nuevo")]


def test_approving_says_what_waits_and_what_is_still_held(tmp_path: Path) -> None:
    """A row of a later day by its day, a held one by its name; `releases` lists what is coming; JSON says the same."""
    sync(tmp_path, write(tmp_path, loans(3)), "--by", "ana")
    rows = [{**row, "Vigente desde": None} for row in loans(3)]
    rows[0] |= {"Vigente desde": "01/12/2099", "Plazo": "12 a 48 meses"}
    rows[1]["Tasa"] = "2,49% E.A."
    rows[2]["Tasa"] = "25,9% E.A."
    plan = say(tmp_path, "submit", str(write(tmp_path, rows)), "--by", "ana", "--format", "json").document["plan"]
    assert plan["counts"] | {"changed": 1, "held_changes": 1, "scheduled": 1} == plan["counts"]
    assert [(item["code"], item["says"]) for item in plan["dangerous"]] == [("P-002", "sube la tasa")]
    assert plan["holds"] == [
        {
            "code": "P-001",
            "why": "jump",
            "says": "es 10 veces menos que lo publicado",
            "release": "Si es correcto: «vitrina approve 2 --product P-001».",
        }
    ]
    assert say(tmp_path, "approve", "2", "--by", "luis").out.splitlines() == [
        "Queda aprobado: el plan. Para publicar: «vitrina publish».",
        "P-000 entra en vigencia por sí solo el 1 de diciembre de 2099.",
        "Sigue retenido hasta que alguien lo apruebe por nombre: P-001.",
    ]
    listed = say(tmp_path, "releases").out
    assert "1 de diciembre de 2099: P-000 · Crédito 0 entra en vigencia (carga 2, luis)" in listed
    assert say(tmp_path, "reject", "2", "--product", "P-000", "--by", "eva").code == 0
    assert say(tmp_path, "releases", "--format", "json").document["upcoming"] == []
