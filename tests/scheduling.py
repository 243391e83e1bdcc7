"""Scheduled runs in process: a clock that is told the time, and a mailbox that keeps the notices."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from catalog.disk import Disk
from catalog.targets import DirectoryTarget
from catalog.watch import Notice
from pipeline.log import open_log
from pipeline.run.scheduled import Around, Ran, run
from pipeline.run.taking import Job
from pipeline.run.workshop import Workshop, open_workshop
from pipeline.sources import Means, Source, source_of
from pipeline.sources.reach import Reach
from schemas.errors import CannotRun
from schemas.settings import load_settings
from tests.checking import LOAN
from tests.publishing import Unhurried, unhurried

MORNING = datetime(2026, 3, 16, 8, tzinfo=UTC)
"""A Monday whose usury caps ship with the program."""


def loans(count: int, **changes: object) -> list[dict[str, Any]]:
    """So many loans of an invented lender."""
    return [{**LOAN, "Código": f"P-{n:03}", "Nombre": f"Crédito {n}", **changes} for n in range(count)]


def csv_of(rows: Iterable[Mapping[str, object]]) -> bytes:
    """Rows as the .csv a spreadsheet would write."""
    listed = list(rows)
    lines = [listed[0].keys(), *(row.values() for row in listed)]
    return "\n".join(";".join(str(cell) for cell in line) for line in lines).encode()


@dataclass
class Mailbox:
    """Takes notices, unless it is closed."""

    taken: list[Notice] = field(default_factory=list)
    closed: bool = False

    def post(self, notice: Notice) -> None:
        """A webhook's part."""
        if self.closed:
            raise CannotRun("closed")
        self.taken.append(notice)

    @property
    def said(self) -> list[tuple[str, str]]:
        """(problem | recovered, key) in order."""
        return [(notice.what, notice.key) for notice in self.taken]


@dataclass
class World:
    """One lender's home, and the time."""

    folder: Path
    now: datetime = MORNING
    toml: str = ""
    mailbox: Mailbox = field(default_factory=Mailbox)
    log: io.StringIO = field(default_factory=io.StringIO)
    reach: Reach = field(default_factory=lambda: Reach(allow_private=True))
    disk: Disk = field(default_factory=Unhurried)

    @property
    def today(self) -> date:
        """The day of the clock."""
        return self.now.date()

    @contextmanager
    def open(self) -> Iterator[Workshop]:
        """The catalogue at this moment, on a disk that is not waited for."""
        (self.folder / "vitrina.toml").write_text(self.toml, "utf-8")
        settings = load_settings(environ={}, home=self.folder / "var", folder=self.folder)
        with open_workshop(settings, now=lambda: self.now, today=self.today) as shop:
            sa.event.listen(shop.store.database.engine, "connect", unhurried)
            targets = [DirectoryTarget(t.name, t.path, self.disk) for t in shop.place.targets]  # type: ignore[attr-defined]
            self.prepare(shop)
            yield replace(shop, place=replace(shop.place, targets=targets, disk=self.disk))

    def prepare(self, shop: Workshop) -> None:
        """What a test wants to do to the catalogue before it is used."""

    def run(self, *places: str | Path, **job: Any) -> Ran:
        """One scheduled run of these sources, without review unless told otherwise."""
        return self.run_sources(*(source_of(str(place)) for place in places), **job)

    def run_sources(self, *sources: Source, **job: Any) -> Ran:
        """The same for sources as settings name them."""
        wanted = {"by": "robot", "review": False, **job}
        means = Means(self.folder / "var" / "sources", self.reach, pause=lambda _: None)
        with self.open() as shop:
            around = Around(means, open_log(self.log, "json"), self.mailbox.post)
            return run(shop, Job(sources=sources, partial=len(sources) > 1, **wanted), around)

    def releases(self) -> list[tuple[str, tuple[str, ...]]]:
        """(kind, codes) of every release, oldest first."""
        with self.open() as shop:
            history = reversed(shop.store.releases.list())
            contents = ((release.kind, shop.store.releases.content(release.number)) for release in history)
            return [(kind, tuple(content.entries) if content else ()) for kind, content in contents]
