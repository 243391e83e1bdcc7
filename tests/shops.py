"""A catalogue to work in without a workbook: rows are staged as if they had been read of one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from catalog.entry import Entry
from catalog.store import NewUpload, Upload
from pipeline.brand import brand_of
from pipeline.run import planning
from pipeline.run.checking import requirements_of
from pipeline.run.planning import Shown
from pipeline.run.workshop import Workshop
from schemas.product import Brand
from schemas.settings import load_settings
from tests.publishing import TODAY, Unhurried, noon, place_at


def shop_at(
    folder: Path, *, today: date = TODAY, brand: Brand | None = None, disk: Any = None, **settings: str
) -> Workshop:
    """A catalogue below a folder, on a day; `settings`: VITRINA_* variables."""
    read = load_settings(environ=settings, home=folder / "home", folder=folder)
    place = place_at(folder, disk=disk or Unhurried())
    return Workshop(read, place.store, place, brand or brand_of(read.lender), today)


def on_day(shop: Workshop, today: date) -> Workshop:
    """The same catalogue on another day; its clock goes along."""
    moment = noon() + timedelta(days=(today - TODAY).days)
    database = replace(shop.store.database, clock=lambda: moment)
    parts = {
        name: replace(getattr(shop.store, name), database=database)
        for name in shop.store.__slots__
        if name != "database"
    }
    store = replace(shop.store, database=database, **parts)
    return replace(shop, store=store, place=replace(shop.place, store=store), today=today)


def stage(
    shop: Workshop,
    rows: Sequence[Entry],
    *,
    by: str = "ana",
    held: Mapping[str, tuple[str, ...]] | None = None,
    **details: Any,
) -> Upload:
    """Stage rows as the upload of a workbook of their own."""
    content = hashlib.sha256("".join(row.record for row in rows).encode()).hexdigest()
    usual: dict[str, Any] = {
        "sha256": content,
        "file": "productos.xlsx",
        "source": "productos.xlsx",
        "requirements": requirements_of(shop.settings).version,
        "partial": False,
        "findings": (),
    }
    read = tuple(Entry(row.code, row.record, row.lineage.replace("ab" * 32, content)) for row in rows)
    new = NewUpload(by=by, entries=read, held=held or {}, **{**usual, **details})
    return shop.store.uploads.get(shop.store.uploads.stage(new).number)


def shown(shop: Workshop, rows: Sequence[Entry], *, by: str = "ana", **details: Any) -> Shown:
    """The same, and its plan looked at by whoever staged it."""
    return planning.show_plan(shop, stage(shop, rows, by=by, **details), by=by)
