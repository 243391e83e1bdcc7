"""The fix loop as people go through it: upload after upload, waivers, headers said once."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline import report
from pipeline.cli import vitrina
from pipeline.cli.session import run_command
from pipeline.run import ledger
from pipeline.run.checking import check
from pipeline.run.submitting import Submitted, submit
from pipeline.run.workshop import Workshop, open_workshop
from schemas.errors import Refused, WrongUse
from schemas.settings import CatalogSettings, load_settings
from tests.checking import DAY, LOAN
from tests.workbooks import build

Row = dict[str, object]


def settings_in(folder: Path) -> CatalogSettings:
    return load_settings(environ={}, home=folder / "home", folder=folder)


def loans(*changes: Row) -> list[Row]:
    return [{**LOAN, "Código": f"P-{n}", "Nombre": f"Crédito {n}", **change} for n, change in enumerate(changes)]


def write(folder: Path, rows: Iterable[Row], name: str = "productos.xlsx") -> Path:
    listed = list(rows)
    header = list(dict.fromkeys(key for row in listed for key in row))
    return build(folder / name, {"Productos": [header, *([row.get(key) for key in header] for row in listed)]})


def at_work(folder: Path, do: Callable[[Workshop], Any], day: date = DAY) -> Any:
    moment = datetime.combine(day, time(12), UTC)
    with open_workshop(settings_in(folder), now=lambda: moment, today=day) as shop:
        return do(shop)


def submitted(folder: Path, file: Path, day: date = DAY, **options: Any) -> Submitted:
    usual: dict[str, Any] = {"by": "ana", "source": file.name, **options}
    done: Submitted = at_work(folder, lambda shop: submit(shop, file, **usual), day)
    return done


def counts(done: Submitted, severity: str = "error") -> tuple[int, ...]:
    """New, open, fixed, waived."""
    document = report.ledger_document(done.entered, done.checked, "es")
    return tuple(document["by_severity"][severity].values())


FAULTY = ({"Monto": "nada"}, {"Tasa": "la mejor"}, {})


def test_a_fixed_workbook_says_so(tmp_path: Path) -> None:
    """`0 nuevos, 0 abiertos, N corregidos`, literally; then nothing is left to say."""
    first = submitted(tmp_path, write(tmp_path, loans(*FAULTY)))
    assert counts(first) == (2, 0, 0, 0)
    fixed = submitted(tmp_path, write(tmp_path, loans({}, {}, {})))
    assert report.ledger_report(fixed.entered, "es").startswith(
        "Por corregir: 0 nuevos, 0 abiertos, 2 corregidos (frente a la carga 1)."
    )
    assert counts(submitted(tmp_path, write(tmp_path, loans({}, {}, {})))) == (0, 0, 0, 0)


def test_ten_rows_inserted_at_the_top_change_no_identity(tmp_path: Path) -> None:
    """Rows move, findings stay what they are."""
    rows = loans(*FAULTY)
    before = submitted(tmp_path, write(tmp_path, rows))
    more = [{**LOAN, "Código": f"N-{n}", "Nombre": f"Nuevo {n}"} for n in range(10)]
    after = submitted(tmp_path, write(tmp_path, [*more, *rows]))
    assert counts(after) == (0, 2, 0, 0)
    errors = [[k.id for k in done.checked.known if k.finding.severity == "error"] for done in (before, after)]
    assert errors[0] == errors[1]


def test_a_worse_workbook_says_what_is_new(tmp_path: Path) -> None:
    """One fixed, one open, one new."""
    submitted(tmp_path, write(tmp_path, loans(*FAULTY)))
    done = submitted(tmp_path, write(tmp_path, loans({}, {"Tasa": "la mejor"}, {"Plazo": "mucho"})))
    assert counts(done) == (1, 1, 1, 0)


def test_the_same_file_again_enters_nothing(tmp_path: Path) -> None:
    """A job that runs every five minutes does not fill the ledger."""
    file = write(tmp_path, loans(*FAULTY))
    for _ in range(3):
        done = submitted(tmp_path, file)
    assert counts(done) == (0, 2, 0, 0)
    looks = at_work(tmp_path, lambda shop: shop.store.looks.previous(file.name, codes=(), partial=True))
    assert looks.id == 1


def test_an_unreadable_file_fixes_nothing_and_strict_ones_count_too(tmp_path: Path) -> None:
    """What is not staged is still a look; after a broken file the old findings are open."""
    submitted(tmp_path, write(tmp_path, loans(*FAULTY)), strict=True)
    broken = tmp_path / "productos.xlsx"
    broken.write_bytes(b"PK\x03\x04 cut")
    assert counts(submitted(tmp_path, broken)) == (1, 2, 0, 0)
    assert counts(submitted(tmp_path, write(tmp_path, loans({}, {}, {})))) == (0, 0, 3, 0)


def test_two_sources_are_two_stories(tmp_path: Path) -> None:
    """What one file fixed is not counted in another."""
    one, other = write(tmp_path, loans({"Monto": "nada"}), "a.xlsx"), write(tmp_path, loans({"Tasa": "x"}), "b.xlsx")
    submitted(tmp_path, one, partial=True)
    assert counts(submitted(tmp_path, other, partial=True)) == (1, 0, 0, 0)
    assert counts(submitted(tmp_path, one, partial=True)) == (0, 1, 0, 0)


def warning_id(done: Submitted, code: str) -> str:
    return next(known.short for known in done.checked.known if known.finding.code == code)


def waived(folder: Path, prefix: str, until: date = DAY + timedelta(days=30), **options: Any) -> Any:
    usual: dict[str, Any] = {"reason": "promoción de lanzamiento", "until": until, "by": "luis", **options}
    return at_work(folder, lambda shop: ledger.waive(shop, prefix, **usual))


def test_a_waived_warning_stays_visible_and_leaves_the_counts_until_it_expires(tmp_path: Path) -> None:
    """Marked with who, why and until when; the day after, it is back."""
    file = write(tmp_path, loans({"Tasa": "24,5%"}))
    first = submitted(tmp_path, file)
    before = report.check_document(first.checked, "es")["counts"]["warning"]
    waived(tmp_path, warning_id(first, "rate.basis_missing")[:6])
    done = submitted(tmp_path, file)
    document = report.check_document(done.checked, "es")
    assert counts(done, "warning")[3] == 1
    assert document["counts"]["warning"] == before - 1
    (told,) = (f for f in document["findings"] if f["code"] == "rate.basis_missing")
    assert (told["waiver"]["by"], told["waiver"]["until"]) == ("luis", "2026-04-14")
    assert [f["code"] for f in document["findings"] if "waiver" in f] == ["rate.basis_missing"]
    text = report.check_report(done.checked, "es")
    assert "Lo aceptó luis hasta el 14 de abril de 2026: promoción de lanzamiento." in text
    late = submitted(tmp_path, file, DAY + timedelta(days=31))
    assert (counts(late, "warning")[3], late.checked.waived) == (0, {})
    assert "rate.basis_missing" in {
        line.known.finding.code for line in late.entered.ledger.lines if line.state == "open"
    }


def test_errors_are_refused_and_unknown_ids_explained(tmp_path: Path) -> None:
    """Refused is no state: nothing is written."""
    done = submitted(tmp_path, write(tmp_path, loans(*FAULTY)))
    with pytest.raises(Refused):
        waived(tmp_path, warning_id(done, "amount.unreadable"))
    with pytest.raises(WrongUse):
        waived(tmp_path, "zzzz")
    assert at_work(tmp_path, lambda shop: shop.store.waivers.list()) == {}


SAID = {"precio del dinero": ("rate_min", "rate_max")}
ODD = [{**{k: v for k, v in LOAN.items() if k != "Tasa"}, "Precio del dinero": "24,9% E.A."}]


def test_an_unknown_header_is_answered_once(tmp_path: Path) -> None:
    """Submit remembers it; later submits and checks of that file name use it and say so."""
    file = write(tmp_path, ODD)
    assert len(submitted(tmp_path, file, overrides=SAID).entered.learned) == 1
    again = submitted(tmp_path, write(tmp_path, ODD))
    assert (len(again.checked.products), again.entered.learned) == (1, ())
    seen = check(file, settings_in(tmp_path), as_of=DAY)
    assert "Se usa lo que se respondió el 15 de marzo de 2026: «Precio del dinero» es «Tasa»." in report.check_report(
        seen, "es"
    )
    other = check(write(tmp_path, ODD, "otro.xlsx"), settings_in(tmp_path), as_of=DAY)
    assert (len(other.products), other.remembered) == (0, ())


def test_what_is_forgotten_is_asked_again(tmp_path: Path) -> None:
    """The file is read as before anybody said anything."""
    file = write(tmp_path, ODD)
    submitted(tmp_path, file, overrides=SAID)
    at_work(tmp_path, lambda shop: shop.store.mappings.forget("precio del dinero", file=None, by="ana"))
    assert len(submitted(tmp_path, file).checked.products) == 0


def test_a_header_we_know_is_never_overridden_by_memory(tmp_path: Path) -> None:
    """--map wins for its call and is not remembered; a header learned by the requirements since wins over memory."""
    file = write(tmp_path, loans({}))
    done = submitted(tmp_path, file, overrides={"plazo": ("name",)})
    assert done.entered.learned == ()
    at_work(tmp_path, lambda s: s.store.mappings.remember(file.name, {"plazo": ("Plazo", ("name",))}, by="a"))
    seen = submitted(tmp_path, file)
    assert (seen.checked.remembered, seen.checked.products[0].product.term_max) == ((), 60)
    with pytest.raises(Refused, match="Plazo"):
        at_work(tmp_path, lambda shop: ledger.add_mappings(shop, file.name, ["Plazo"], {"plazo": ("name",)}, by="ana"))


def test_repeating_what_a_known_header_means_keeps_its_basis(tmp_path: Path) -> None:
    """`--map "Tasa E.A.=rate_min"` says which field, and the header still says effective annual."""
    row = {**{k: v for k, v in LOAN.items() if k != "Tasa"}, "Tasa E.A.": "24,9%"}
    seen = check(write(tmp_path, [row]), settings_in(tmp_path), as_of=DAY, overrides={"tasa ea": ("rate_min",)})
    assert (seen.products[0].product.rate_basis, str(seen.products[0].product.rate_min)) == ("EA", "24.9")


def test_a_header_that_is_not_in_the_file_is_not_remembered(tmp_path: Path) -> None:
    """A slip of the pen is no answer."""
    assert submitted(tmp_path, write(tmp_path, loans({})), overrides={"nada": ("name",)}).entered.learned == ()


Call = Callable[..., tuple[int, str]]


@pytest.fixture
def call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """One call of the command line on the home of this test: exit code and stdout."""

    def run(*words: str | Path) -> tuple[int, str]:
        code = run_command(vitrina, [*map(str, words), "--home", str(tmp_path / "home")], {})
        return code, capsys.readouterr().out

    return run


def test_the_commands(tmp_path: Path, call: Call) -> None:
    """submit, waive, mappings, sync: one document each, ids that check shows too, exit codes."""
    file = write(tmp_path, ODD)
    pair = "Precio del dinero=rate"
    first = json.loads(call("submit", file, "--map", pair, "--by", "ana", "--format", "json")[1])
    assert first["mappings"][0]["fields"] == ["rate_min", "rate_max"]
    line = next(f for f in first["ledger"]["findings"] if f["severity"] == "warning")
    assert f"[{line['id']}]" in call("check", file)[1]
    day = (datetime.now(UTC).date() + timedelta(days=90)).isoformat()
    words = ("waive", line["id"], "--reason", "acordado", "--by", "luis", "--until")
    done = json.loads(call(*words, day, "--format", "json")[1])
    assert (done["id"], done["waiver"]["until"]) == (line["id"], day)
    assert [call(*words, bad)[0] for bad in ("2020-01-01", "mañana")] == [2, 2]
    synced = call("sync", file, "--no-review", "--by", "ana")[1]
    assert "0 nuevos, 0 abiertos, 0 corregidos" in synced
    assert "1 exonerado." in synced


def test_the_list_of_headers(tmp_path: Path, call: Call) -> None:
    """Listed, added, forgotten, in text and in json."""
    assert call("mappings", "add", "productos.xlsx", "Precio del dinero=rate", "--by", "ana")[0] == 0
    assert "productos.xlsx: «Precio del dinero» → «Tasa» (ana, " in call("mappings")[1]
    assert call("mappings", "forget", "Precio del dinerito")[0] == 2
    assert call("mappings", "forget", "Precio del dinero", "--file", "otro.xlsx")[0] == 2
    assert call("mappings", "forget", "PRECIO del dinero")[0] == 0
    assert json.loads(call("mappings", "--format", "json")[1]) == {"mappings": []}
    assert call("mappings", "add", "productos.xlsx", "Plazo=name")[0] == 2


@pytest.mark.full
def test_a_submit_killed_at_any_moment_leaves_a_ledger_that_adds_up(tmp_path: Path) -> None:
    """Whatever was entered is whole; the next submit counts from it."""
    rows = [loans(*FAULTY), loans({}, {}, {})]
    for attempt in range(40):
        file = write(tmp_path, rows[attempt % 2])
        child = subprocess.Popen(
            [sys.executable, "-m", "pipeline.cli", "--home", "home", "submit", file.name, "--by", "ana"],
            cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            child.wait(timeout=0.6 + attempt * 0.04)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    submitted(tmp_path, write(tmp_path, rows[0]), date.today())  # noqa: DTZ011
    done = submitted(tmp_path, write(tmp_path, rows[1]), date.today())  # noqa: DTZ011
    assert counts(done) == (0, 0, 2, 0)
    orphans = "SELECT count(*) FROM uploads WHERE id NOT IN (SELECT upload FROM looks WHERE upload IS NOT NULL)"
    with closing(sqlite3.connect(tmp_path / "home/catalog.db")) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert raw.execute(orphans).fetchone() == (0,)
