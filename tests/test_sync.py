"""The scheduled run: only what changed is worked through, what is live is never harmed, each problem is told once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from catalog.disk import hold
from catalog.release import read_current
from pipeline.run.deciding import decide
from pipeline.run.publishing import rollback, withdraw
from pipeline.run.submitting import submit
from pipeline.sources import source_of
from schemas.errors import LockHeld
from schemas.settings import SourceSettings
from tests.checking import LOAN
from tests.command import vitrina
from tests.scheduling import World, csv_of, loans
from tests.web_server import Say, answer, raw, web_server

HOUR = timedelta(hours=1)


def write(world: World, rows: list[dict[str, Any]], name: str = "productos.csv") -> Path:
    path = world.folder / name
    path.write_bytes(csv_of(rows))
    return path


def live(world: World) -> tuple[int, set[str]]:
    """The release a reader finds, whole, and its codes."""
    found = read_current(world.folder / "var" / "published")
    for path in found.files:
        found.read_file(path)
    return found.number, set(found.products)


def texts(world: World) -> set[str]:
    return {
        product.description_short or "" for product in read_current(world.folder / "var/published").products.values()
    }


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_only_what_changed_is_worked_through(world: World) -> None:
    """The same bytes an hour later are neither checked nor published again, and say so."""
    file = write(world, loans(2))
    assert [one.state for one in world.run(file).taken] == ["changed"]
    world.now += HOUR
    again = world.run(file)
    assert [(one.state, one.submitted) for one in again.taken] == [("unchanged", None)]
    assert again.live.checked is None
    write(world, loans(3))
    assert [one.state for one in world.run(file).taken] == ["changed"]
    assert live(world) == (2, {"P-000", "P-001", "P-002"})


def test_an_unchanged_source_still_tells_its_errors(world: World) -> None:
    """The same report, the same exit code: a fault is not mended by waiting."""
    rows = loans(3)
    rows[1]["Tasa"] = "la mejor"
    file = write(world, rows)
    first, second = world.run(file), world.run(file)
    assert (first.code, second.code) == (1, 1)
    one, two = first.taken[0].checked, second.taken[0].checked
    assert one is not None
    assert two is not None
    assert two.findings == one.findings
    assert (two.rows, len(two.products), two.held) == (one.rows, len(one.products), one.held)


@pytest.mark.parametrize("change", ["day", "tables", "settings", "waiver", "mapping"])
def test_what_bears_on_the_check_makes_it_be_made_anew(world: World, change: str) -> None:
    """Another day, other tables or settings, a waiver, an answer about a header: the same file is checked again."""
    file = write(world, loans(2))
    world.run(file)
    if change == "day":
        world.now += timedelta(days=1)
    elif change == "tables":
        (world.folder / "var/reference").mkdir(parents=True)
        text = "kind,modality,valid_from,valid_to,value,source\nUVT,,2031-01-01,2031-12-31,60000,inventada\n"
        (world.folder / "var/reference/imported.csv").write_text(text)
    elif change == "settings":
        world.toml = '[lender]\nlegal_name = "Ejemplo S.A.S."\n'
    else:
        with world.open() as shop:
            if change == "mapping":
                shop.store.mappings.remember("productos.csv", {"otro": ("Otro", ("name",))}, by="ana")
            else:
                known = shop.store.looks.open_findings()[0]
                shop.store.waivers.add(known, by="ana", reason="x", until=world.today)
    assert [one.state for one in world.run(file).taken] == ["rechecked"]
    assert [one.state for one in world.run(file).taken] == ["unchanged"]
    assert live(world)[0] in (1, 2)


def test_a_new_file_beside_the_sheet_counts_as_a_change(world: World) -> None:
    """A logo that comes later is looked at, although the sheet is the same."""
    file = write(world, loans(1))
    world.run(file)
    (world.folder / "logo.png").write_bytes(b"no picture")
    assert world.run(file).taken[0].state == "rechecked"


def test_what_was_approved_meanwhile_goes_live_without_a_new_file(world: World) -> None:
    """The source is unchanged; its plan waited, somebody else approved it."""
    file = write(world, loans(2))
    first = world.run(file, review=True)
    assert first.release is None
    assert ("problem", f"source:{file}:review") in world.mailbox.said
    with world.open() as shop:
        decide(shop, "approve", 1, by="luis")
    done = world.run(file, review=True)
    assert (done.taken[0].state, live(world)[0]) == ("unchanged", 1)
    assert world.mailbox.said[-1] == ("recovered", f"source:{file}:review")


def test_a_rollback_is_not_undone_by_the_next_run(world: World) -> None:
    """Nor by the next day's: the sheet of before the rollback waits for a person, even with --no-review."""
    file = write(world, loans(2))
    world.run(file)
    world.now += HOUR
    write(world, loans(2, Descripción="Otro texto."))
    world.run(file)
    world.now += HOUR
    with world.open() as shop:
        rollback(shop, None, by="ana")
    for pause in (HOUR, timedelta(days=1)):
        world.now += pause
        assert world.run(file).taken[0].published is not None
        assert (live(world)[0], texts(world)) == (3, {LOAN["Descripción"]})
    write(world, loans(2, Descripción="Texto nuevo."))
    world.run(file)
    assert texts(world) == {"Texto nuevo."}


def test_what_a_person_published_by_hand_is_not_undone(world: World) -> None:
    """A newer upload from elsewhere stands until the source itself changes."""
    file = write(world, loans(2))
    world.run(file)
    world.now += HOUR
    other = write(world, loans(2, Descripción="A mano."), "otro.csv")
    with world.open() as shop:
        from pipeline.run.publishing import publish

        submit(shop, other, by="ana", source=str(other))
        publish(shop, None, by="ana", reviewed=False)
    world.now += timedelta(days=1)
    done = world.run(file)
    assert done.taken[0].published is not None
    assert done.taken[0].published.waiting
    assert texts(world) == {"A mano."}


def test_a_withdrawn_product_comes_back_once_it_is_reinstated(world: World) -> None:
    """Without a new file."""
    file = write(world, loans(2))
    world.run(file)
    with world.open() as shop:
        withdraw(shop, frozenset(("P-001",)), by="ana")
    world.run(file)
    assert live(world)[1] == {"P-000"}
    with world.open() as shop:
        shop.store.decisions.reinstate("P-001", by="ana", comment=None)
    world.run(file)
    assert live(world)[1] == {"P-000", "P-001"}


def page() -> Say:
    return answer(b"<!doctype html><title>Mantenimiento</title>", Content_Type="text/csv")


BAD: list[tuple[str, Callable[[], Say], str, int]] = [
    ("page", page, "refused", 1),
    ("gone", lambda: answer(status=404), "unreachable", 3),
    ("broken", lambda: raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"), "unreachable", 3),
    ("compressed", lambda: answer(b"x", Content_Encoding="br"), "refused", 1),
]


@pytest.mark.parametrize(("name", "say", "state", "code"), BAD, ids=[bad[0] for bad in BAD])
def test_a_source_in_trouble_harms_nothing(
    world: World, name: str, say: Callable[[], Say], state: str, code: int
) -> None:
    """What is live stays whole, exit code and message say so, one notice is sent, and one when it is over."""
    good = answer(csv_of(loans(2)), ETag='"uno"')
    now: list[Say] = [good]

    def answer_of_now(connection: Any, asked: Any) -> None:
        now[0](connection, asked)

    with web_server(answer_of_now) as server:
        address = f"{server.url}/productos.csv"
        world.run(address)
        before = live(world)
        now[0] = say()
        for _ in range(3):
            world.now += HOUR
            ran = world.run(address)
            assert [one.state for one in ran.taken] == [state]
            assert (ran.code, ran.all_read, live(world)) == (code, False, before)
        now[0] = good
        world.now += HOUR
        assert world.run(address).code == 0
    key = f"source:{address}:{state}"
    assert world.mailbox.said == [("problem", key), ("recovered", key)]
    assert live(world) == before


@pytest.mark.parametrize("body", [b"", b"hola", csv_of(loans(1))[:40]])
def test_an_empty_or_mangled_file_harms_nothing(world: World, body: bytes) -> None:
    """A finding of the file, exit 1; every product stays as it was."""
    file = write(world, loans(3))
    world.run(file)
    file.write_bytes(body)
    assert world.run(file).code == 1
    assert live(world) == (1, {"P-000", "P-001", "P-002"})


@pytest.mark.parametrize("member", ["/etc/cron.d/x", "../../x", "C:\\\\x", "xl/../../x"])
def test_a_workbook_whose_parts_leave_their_folder_is_refused(world: World, member: str) -> None:
    """One clear line; nothing is unpacked anywhere."""
    file = write(world, loans(1))
    world.run(file)
    with zipfile.ZipFile(file, "w") as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr(member, "x")
    ran = world.run(file)
    (checked,) = (one.checked for one in ran.taken)
    assert checked is not None
    assert ([finding.code for finding in checked.findings], ran.code) == (["file.unreadable"], 1)
    assert live(world) == (1, {"P-000"})


def test_somebody_who_publishes_at_the_same_moment_is_waited_for(world: World) -> None:
    """And where they take too long, the run says so, exit 3, tells nobody, and the next one goes on."""
    file = write(world, loans(1))
    world.run(file)
    write(world, loans(2))
    with hold(world.folder / "var" / "publish.lock"), pytest.raises(LockHeld):
        world.run(file)
    assert world.run(file).code == 0
    assert live(world) == (2, {"P-000", "P-001"})
    assert world.mailbox.said == []


def test_a_shrunken_source_removes_nothing_until_named(world: World) -> None:
    """Eight of ten rows are gone: that waits for a person, and a person is told."""
    file = write(world, loans(10))
    world.run(file)
    write(world, loans(2))
    world.run(file)
    assert len(live(world)[1]) == 10
    assert ("problem", f"source:{file}:review") in world.mailbox.said


def test_not_modified_is_enough_to_be_checked_anew(world: World) -> None:
    """On a new day the kept download is checked without being sent again."""

    def say(connection: Any, asked: Any) -> None:
        known = asked.headers.get("if-none-match") == '"uno"'
        (answer(status=304) if known else answer(csv_of(loans(2)), ETag='"uno"'))(connection, asked)

    with web_server(say) as server:
        states = []
        for pause in (HOUR, HOUR, timedelta(days=1)):
            states.append(world.run(f"{server.url}/p.csv").taken[0].state)
            world.now += pause
        assert states == ["changed", "unchanged", "unchanged"]
        assert world.run(f"{server.url}/p.csv").taken[0].state == "rechecked"


def test_several_sources_go_on_without_the_one_in_trouble(world: World) -> None:
    """And none of them speaks for the whole catalogue."""
    a, b = write(world, loans(1), "a.csv"), write(world, [{**loans(2)[1]}], "b.csv")
    world.run(a, b)
    assert live(world)[1] == {"P-000", "P-001"}
    b.unlink()
    write(world, loans(1, Descripción="Otro texto."), "a.csv")
    ran = world.run(a, b)
    assert [one.state for one in ran.taken] == ["changed", "unreachable"]
    assert (ran.code, live(world)[1]) == (3, {"P-000", "P-001"})
    assert "Otro texto." in texts(world)


def test_files_of_a_folder_that_gives_all_speak_for_themselves_only(world: World) -> None:
    """The first does not remove what the second holds, nor what a third held before."""
    folder = world.folder / "hojas"
    folder.mkdir()
    for n in range(3):
        write(world, [loans(3)[n]], f"hojas/{n}.csv")
    settings = SourceSettings.model_validate({"from": str(folder), "pick": "all"})
    source = source_of(str(folder), name="hojas", settings=settings)
    assert [one.state for one in world.run_sources(source).taken] == ["changed"] * 3
    (folder / "2.csv").unlink()
    assert [one.state for one in world.run_sources(source).taken] == ["unchanged"] * 2
    assert live(world)[1] == {"P-000", "P-001", "P-002"}


def test_a_file_can_be_gone_back_to(world: World) -> None:
    """Two full sheets, one after the other, and the first again: who names it, unchanged as it is, means it."""
    a, b = write(world, loans(2), "a.csv"), write(world, loans(2, Descripción="Otro texto."), "b.csv")
    for file, text in ((a, LOAN["Descripción"]), (b, "Otro texto."), (a, LOAN["Descripción"])):
        world.now += HOUR
        world.run(file)
        assert texts(world) == {text}


def test_a_target_out_of_reach_is_told_and_made_good(world: World) -> None:
    """The release stays owed to it; the next run delivers it without a new file."""
    world.toml = '[targets.web]\npath = "web"\n[targets.otro]\npath = "otro/pub"\n'
    (world.folder / "otro").write_text("in the way")
    file = write(world, loans(1))
    ran = world.run(file)
    assert (ran.code, ran.all_read) == (3, False)
    assert world.mailbox.said == [("problem", "target:otro")]
    (world.folder / "otro").unlink()
    assert world.run(file).code == 0
    assert read_current(world.folder / "otro/pub").number == 1
    assert world.mailbox.said == [("problem", "target:otro"), ("recovered", "target:otro")]


def test_a_target_that_is_given_up_is_no_trouble_any_more(world: World) -> None:
    """Nobody would ever look at it again."""
    world.toml = '[targets.web]\npath = "web"\n[targets.otro]\npath = "otro/pub"\n'
    (world.folder / "otro").write_text("in the way")
    file = write(world, loans(1))
    world.run(file)
    world.toml = '[targets.web]\npath = "web"\n'
    world.run(file)
    assert world.mailbox.said == [("problem", "target:otro"), ("recovered", "target:otro")]


def test_a_target_somebody_changed_is_told(world: World) -> None:
    """By name and size, every run; by content with `releases --verify`."""
    file = write(world, loans(1))
    world.run(file)
    index = world.folder / "var/published/releases/1/index.html"
    index.chmod(0o644)
    index.unlink()
    world.run(file)
    assert world.mailbox.said == [("problem", "drift:published")]


def test_notices_nobody_takes_are_owed_to_the_next_run(world: World) -> None:
    """In order and once; a problem that is over before anybody was told is told neither way."""
    missing = write(world, loans(1))
    world.run(missing)
    missing.unlink()
    world.mailbox.closed = True
    assert world.run(missing).untold == 1
    assert world.run(missing).untold == 1
    world.mailbox.closed = False
    assert world.run(missing).untold == 0
    assert [what for what, _ in world.mailbox.said] == ["problem"]
    world.mailbox.closed = True
    write(world, loans(1))
    assert world.run(missing).untold == 1
    missing.unlink()
    world.run(missing)
    write(world, loans(1))
    world.run(missing)
    world.mailbox.closed = False
    world.run(missing)
    assert [what for what, _ in world.mailbox.said] == ["problem", "recovered"]


def test_a_waiver_that_runs_out_is_told_and_its_finding_counts_again(world: World) -> None:
    """On the day after, in the same run that checks the file anew."""
    file = write(world, loans(1))
    world.run(file)
    with world.open() as shop:
        known = next(one for one in shop.store.looks.open_findings() if one.finding.code == "header.absent")
        shop.store.waivers.add(known, by="ana", reason="en camino", until=world.today)
    assert world.run(file).taken[0].checked.waived  # type: ignore[union-attr]
    world.now += timedelta(days=1)
    ran = world.run(file)
    assert ran.taken[0].checked is not None
    assert not ran.taken[0].checked.waived
    assert world.mailbox.said == [("problem", f"waiver:{known.id}")]
    assert "ana" in world.mailbox.taken[0].spanish


def test_the_signs_of_a_run_are_written_in_one_instant(world: World) -> None:
    """Heartbeat and metrics, for those who watch; a folder that cannot be written stops nothing."""
    world.toml = '[sync]\nheartbeat = "watch/beat.json"\nmetrics = "watch/vitrina.prom"\n'
    rows = loans(3)
    rows[0]["Tasa"] = "la mejor"
    file = write(world, rows)
    world.run(file)
    assert json.loads((world.folder / "watch/beat.json").read_text()) == {
        "at": "2026-03-16T08:00:00+00:00", "code": 1, "release": 1,
    }  # fmt: skip
    said = (world.folder / "watch/vitrina.prom").read_text()
    for line in (
        "vitrina_live_release 1.0", "vitrina_products_live 2.0", "vitrina_products_held 1.0", "vitrina_troubles 1.0",
        f'vitrina_source_up{{source="{file}"}} 1.0', 'vitrina_findings{severity="error"} 1.0',
        f"vitrina_sync_last_success_timestamp_seconds {world.now.timestamp():.9g}"[:50],
    ):  # fmt: skip
        assert line in said, line
    world.toml = '[sync]\nheartbeat = "productos.csv/beat"\n'
    assert world.run(file).code == 1
    assert "signs.unwritten" in world.log.getvalue()


def test_the_log_is_json_and_holds_no_secret(world: World) -> None:
    """One line an event; the secret part of an address is in none, nor in the store, nor in a notice."""
    with web_server(answer(status=403)) as server:
        world.run(f"{server.url}/p.csv?firma=canario-7")
    lines = [json.loads(line) for line in world.log.getvalue().splitlines()]
    assert {"run.begun", "source.taken", "run.ended"} <= {line["event"] for line in lines}
    assert all({"at", "level"} <= line.keys() for line in lines)
    stored = b"".join(path.read_bytes() for path in (world.folder / "var").glob("catalog.db*"))
    assert "canario" not in world.log.getvalue()
    assert b"canario" not in stored
    assert "canario" not in str(world.mailbox.taken)


def test_one_run_at_a_time_and_the_second_says_who(world: World) -> None:
    """It does nothing, exit 3; a dead process keeps no lock, whatever its file says."""
    file = write(world, loans(1))
    world.run(file)
    lock = world.folder / "var" / "sync.lock"
    lock.write_text("ana, 123, 2026-03-16 07:00 UTC")
    with hold(lock), pytest.raises(LockHeld, match=r"ana, 123, 2026-03-16 07:00 UTC"):
        world.run(file)
    assert world.run(file).code == 0


def test_a_killed_run_leaves_the_lock_to_the_next(world: World) -> None:
    """A real process that dies by kill -9 while it holds it."""
    code = (
        "import sys, time, datetime, pathlib\n"
        "from pipeline.run.scheduled import one_at_a_time\n"
        "with one_at_a_time(pathlib.Path(sys.argv[1]), by='otra', now=datetime.datetime.now(datetime.UTC)):\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    home = world.folder / "var"
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == "held\n"
    file = write(world, loans(1))
    done = vitrina("sync", file, folder=world.folder)
    assert (done.code, "otra" in done.err, str(child.pid) in done.err) == (3, True, True)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    child.stdin.close()
    assert world.run(file).code == 0
