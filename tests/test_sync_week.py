"""A week of hourly runs with failing sources and crashes: every release that was due, no other; nothing told twice."""

from __future__ import annotations

import json
import os
import random
import select
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from catalog.release import read_current
from catalog.upkeep import verify
from catalog.watch import Notice
from pipeline.run.workshop import Workshop
from tests.checking import LOAN
from tests.publishing import Unhurried
from tests.scheduling import Mailbox, World, csv_of

START = datetime(2025, 12, 29, 8, tzinfo=UTC)
"""A Monday. On 1 January the cap of consumo ordinario falls from 25,02 % to 24,36 %."""
HOURS = 7 * 24
MOST_BAD_HOURS = 3
TOML = '[reference]\nunlawful = "withdraw"\n[releases]\nkeep = 3\n[sync]\nmetrics = "vitrina.prom"\n'

Row = dict[str, Any]


def loan(code: str, text: str, **more: object) -> Row:
    usual = {**LOAN, "Código": code, "Nombre": f"Crédito {code}", "Descripción": text, "Tasa": "20% E.A."}
    return {**usual, "Modalidad de crédito": "consumo y ordinario", "Vigente desde": "", "Vigente hasta": "", **more}


def first_sheet(hour: int) -> list[Row]:
    """A-1 has a new text at hours 30 and 130; A-2 is lawful until the new year."""
    text = "Uno." if hour < 30 else "Dos." if hour < 130 else "Tres."
    return [loan("A-1", text), loan("A-2", "Caro.", Tasa="24,9% E.A.")]


SECOND_SHEET = [
    loan("B-1", "Viene.", **{"Vigente desde": date(2025, 12, 31)}),
    loan("B-2", "Se va.", **{"Vigente hasta": date(2026, 1, 2)}),
]
DUE = [
    {"A-1": "Uno.", "A-2": "Caro."},
    {"A-1": "Uno.", "A-2": "Caro.", "B-2": "Se va."},
    {"A-1": "Dos.", "A-2": "Caro.", "B-2": "Se va."},
    {"A-1": "Dos.", "A-2": "Caro.", "B-1": "Viene.", "B-2": "Se va."},
    {"A-1": "Dos.", "B-1": "Viene.", "B-2": "Se va."},
    {"A-1": "Dos.", "B-1": "Viene."},
    {"A-1": "Tres.", "B-1": "Viene."},
]
"""What the Consumer sees, release by release: two sheets, a text, a first day, the new cap, a last day, a text."""

BAD: list[Callable[[Path, bytes], object]] = [
    lambda path, body: path.unlink(),
    lambda path, body: path.write_bytes(b"<!doctype html><p>Mantenimiento"),
    lambda path, body: path.write_bytes(b""),
    lambda path, body: path.write_bytes(body[: body.index(b"\n") + 1]),
]


class Crash(BaseException):
    """The end of a process, as far as a test in one process can have it."""


@dataclass
class Ledger(Mailbox):
    """Takes notices into a file, which outlives the process."""

    path: Path = Path()

    def post(self, notice: Notice) -> None:
        with self.path.open("a") as file:
            file.write(json.dumps([notice.id, notice.what, notice.key]) + "\n")

    @property
    def lines(self) -> list[tuple[int, str, str]]:
        return [(one[0], one[1], one[2]) for one in map(json.loads, self.path.read_text().splitlines())]


@dataclass
class Fragile(Unhurried):
    """Ends the run at a step of its own choosing, if it was given one."""

    left: int = -1

    def step(self, *_: object, **__: object) -> None:
        self.left -= 1
        if self.left == 0:
            raise Crash

    def write(self, path: Path, body: bytes) -> None:
        self.step()
        super().write(path, body)

    def rename(self, old: Path, new: Path) -> None:
        self.step()
        super().rename(old, new)

    def link(self, old: str, new: str) -> None:
        self.step()
        super().link(old, new)

    def remove(self, path: Path) -> None:
        self.step()
        super().remove(path)


@dataclass
class FragileWorld(World):
    """Its disk and its database may end a run."""

    disk: Fragile = field(default_factory=Fragile)

    def prepare(self, shop: Workshop) -> None:
        sa.event.listen(shop.store.database.engine, "before_cursor_execute", self.disk.step)
        sa.event.listen(shop.store.database.engine, "commit", self.disk.step)


def hours(world: World, chance: random.Random) -> Iterator[tuple[int, bool]]:
    """Each hour, its sheets as they are found then, and whether a crash may come; never many bad hours in a row."""
    bad_in_a_row = 0
    for hour in range(HOURS):
        world.now = START + timedelta(hours=hour)
        bodies = {"uno.csv": csv_of(first_sheet(hour)), "dos.csv": csv_of(SECOND_SHEET)}
        may_fail = hour > 1 and bad_in_a_row < MOST_BAD_HOURS
        bad = False
        for name, body in bodies.items():
            path = world.folder / name
            path.write_bytes(body)
            if may_fail and chance.random() < 0.08:
                chance.choice(BAD)(path, body)
                bad = True
        crash = may_fail and chance.random() < 0.2
        bad_in_a_row = bad_in_a_row + 1 if bad or crash else 0
        yield hour, crash


def run_hour(world: World) -> None:
    world.run(world.folder / "uno.csv", world.folder / "dos.csv")


def check_week(world: World, ledger: Ledger) -> None:
    """Every release that was due and no other; each trouble told once and ended once; nothing piled up."""
    with world.open() as shop:
        history = list(reversed(shop.store.releases.list()))
        shown = [shop.store.releases.content(release.number) for release in history]
        texts = [{c: e.product.description_short for c, e in one.entries.items()} for one in shown if one]
        assert texts == DUE
        assert [release.kind for release in history] == ["publish"] * 3 + ["due", "withdraw", "due", "publish"]
        assert verify(shop.place, 3) == []
        assert shop.store.sync.owed() == ()
    check_notices(ledger)
    check_growth(world)


def check_notices(ledger: Ledger) -> None:
    told = {number: (what, key) for number, what, key in ledger.lines}
    for key in {key for _, key in told.values()}:
        order = [what for what, other in told.values() if other == key]
        assert order == ["problem", "recovered"] * (len(order) // 2) + ["problem"] * (len(order) % 2), key
    assert {"source:" + str(ledger.path.parent / "uno.csv") + ":unreachable", "live"} <= {k for _, k in told.values()}


def check_growth(world: World) -> None:
    live = read_current(world.folder / "var/published")
    kept = sorted(path.name for path in (world.folder / "var/published/releases").iterdir())
    assert (live.number, kept) == (7, ["5", "6", "7"])
    home = world.folder / "var"
    assert len(list((home / "files").iterdir())) < 150
    assert list(home.rglob(".*.new")) == []
    assert (home / "catalog.db").stat().st_size < 3_000_000


def test_a_week_of_hourly_runs(tmp_path: Path) -> None:
    """Sources fail at random, the run ends at random points, a new usury month comes in the middle."""
    ledger = Ledger(path=tmp_path / "told.jsonl")
    world = FragileWorld(tmp_path, toml=TOML, mailbox=ledger)
    chance, crashes = random.Random(20260101), 0
    for _, crash in hours(world, chance):
        world.disk.left = chance.randint(1, 120) if crash else -1
        try:
            run_hour(world)
        except Crash:
            crashes += 1
        assert read_current(tmp_path / "var/published").products
    assert crashes > 20
    world.disk.left = -1
    check_week(world, ledger)
    assert len(ledger.lines) - len({number for number, _, _ in ledger.lines}) <= crashes


@pytest.mark.full
def test_a_week_of_hourly_runs_that_are_killed(tmp_path: Path) -> None:
    """The same with real processes, each fourth ended by kill -9 at a random moment."""
    ledger = Ledger(path=tmp_path / "told.jsonl")
    world = World(tmp_path, toml=TOML, mailbox=ledger)
    chance = random.Random(7)
    for _, crash in hours(world, chance):
        child = os.fork()
        if child == 0:
            try:
                run_hour(world)
            except BaseException:
                os._exit(1)
            os._exit(0)
        if crash:
            # A moment, drawn anew each time, for the child to come somewhere into its work.
            select.select([], [], [], chance.uniform(0.01, 1.2))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or status == 0
    check_week(world, ledger)
