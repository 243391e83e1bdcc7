"""pack, receipt: what goes to the marketplace's Partnerships contact by hand, and what became of it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from catalog import pack as packing
from catalog import publish as publishing
from catalog.disk import replace_file
from catalog.entry import Content
from catalog.ids import attach, ids_in
from catalog.plan import diff
from catalog.receipts import Late, Receipt, Standing, State, late
from catalog.release.read import CATALOG
from catalog.store import ReleaseInfo
from pipeline.report import delivered
from pipeline.run.workshop import Workshop
from schemas.errors import Refused
from schemas.product import Brand
from schemas.requirements import load
from schemas.wording.figures import OFFSETS

PACKS = "packs"
_PACK = re.compile(r"vitrina-v([0-9]+)\.(?:zip|eml)")
_PREVIEW = "vista-previa"
_NO_PAGES = frozenset((CATALOG, "catalog.csv"))
_NO_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')
"""What some system takes in no file name."""
_LOGOS = ("assets/logo.png", "assets/logo.jpg")


@dataclass(frozen=True, slots=True)
class Packed:
    """A delivery pack on the disk. since: the release sent before; to: the contact (None: none is set).

    sent: it was sent before; this is the same pack once more.
    """

    release: ReleaseInfo
    since: int | None
    archive: Path
    letter: Path
    size: int
    to: str | None
    sent: bool


# No slots: cached_property keeps what was read in the instance.
@dataclass(frozen=True)
class _Subject:
    """The release a pack is made of, as it was published. before: the one sent before it."""

    info: ReleaseInfo
    content: Content
    files: Mapping[str, bytes]
    before: Standing | None

    @cached_property
    def brand(self) -> Brand:
        said = json.loads(self.files[CATALOG])
        logo = next((self.files[path] for path in _LOGOS if path in self.files), None)
        return Brand(**said["lender"], market=said["market"], logo=logo)

    @property
    def day(self) -> date:
        """The day it was published, where the lender is."""
        return (self.info.at + timedelta(hours=OFFSETS[self.brand.market])).date()

    @property
    def since(self) -> int | None:
        return self.before.release if self.before else None


def pack(shop: Workshop, number: int | None, *, by: str, out: Path | None = None) -> Packed:
    """The delivery pack of a release (by default the live one) and the draft of its letter, written to `out`.

    Made again, it is the same bytes. The first time, the release is entered as drafted. Refused: nothing is published
    yet, or the contents of that release are no longer kept. WrongUse: there is no such release.
    """
    subject = _subject(shop, number)
    changes = _changes(shop, subject)
    files = _files(subject, changes)
    contents = packing.Contents(subject.info.number, subject.info.content, subject.since, files)
    archive = packing.archive_bytes(contents)
    letter = packing.draft_bytes(_letter(shop, subject, changes, tuple(files), archive))
    folder = out or shop.home / PACKS
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / f"vitrina-v{subject.info.number}"
    for path, body in ((stem.with_suffix(".zip"), archive), (stem.with_suffix(".eml"), letter)):
        replace_file(shop.place.disk, path, body)
    if out is None:
        _forget_packs(shop, folder)
    step = shop.store.receipts.standings()[subject.info.number].step
    if step == 0:
        enter_receipt(shop, subject.info.number, "drafted", by=by)
    return Packed(
        subject.info,
        subject.since,
        stem.with_suffix(".zip"),
        stem.with_suffix(".eml"),
        len(archive),
        shop.settings.delivery.contact,
        sent=step > 1,
    )


def _forget_packs(shop: Workshop, folder: Path) -> None:
    """All but the packs of the newest releases, as many as the home keeps releases, and the one sent last."""
    numbers = sorted({int(found[1]) for path in folder.iterdir() if (found := _PACK.fullmatch(path.name))})
    sent = [one.release for one in shop.store.receipts.standings().values() if one.step > 1]
    for number in {*numbers[: -max(shop.settings.releases.keep, 2)]} - {max(sent, default=0)}:
        for kind in ("zip", "eml"):
            shop.place.disk.remove(folder / f"vitrina-v{number}.{kind}")


def _subject(shop: Workshop, number: int | None) -> _Subject:
    releases = shop.store.releases
    info = releases.current() if number is None else releases.get(number)
    content = releases.content(info.number) if info else None
    if info is None or content is None:
        raise Refused(
            "There is no release yet: «vitrina publish» makes the first.",
            es="Todavía no hay versiones: «vitrina publish» crea la primera.",
        )
    publishing.refuse_forgotten(shop.place, info, refs := releases.files(info.number))
    files = {path: publishing.body(shop.place, ref.sha256) for path, ref in refs.items()}
    sent = (one for one in shop.store.receipts.standings().values() if one.release < info.number and one.step > 1)
    return _Subject(info, content, files, max(sent, key=lambda one: one.release, default=None))


def _changes(shop: Workshop, subject: _Subject) -> delivered.Changes:
    before = subject.before
    base = shop.store.releases.content(before.release) if before else None
    return delivered.Changes(
        lender=subject.brand.name,
        release=subject.info.number,
        day=subject.day,
        review=diff(base and _as_known(base, subject.content), subject.content),
        since=subject.since,
        sent_on=before.receipts[1].day if before else None,
    )


def _as_known(base: Content, now: Content) -> Content:
    """The release before with the ids known by now: no change for those who assigned them."""
    later = {code: ids_in(entry.record) for code, entry in now.entries.items()}
    return replace(base, entries={code: attach(entry, later.get(code, {})) for code, entry in base.entries.items()})


def _files(subject: _Subject, changes: delivered.Changes) -> dict[str, bytes]:
    """Path in the pack -> bytes."""
    brand = subject.brand
    logo = next((path.rpartition("/")[2] for path in _LOGOS if path in subject.files), None)
    products = [entry.product for entry in subject.content.entries.values()]
    made = subject.info.at.replace(tzinfo=None, microsecond=0)
    files = {
        "productos.xlsx": delivered.delivered_workbook(delivered.Delivered(products, brand, made, logo), load()),
        "CAMBIOS.md": delivered.changes_text(changes).encode(),
        **{f"{_PREVIEW}/{path}": body for path, body in subject.files.items() if path not in _NO_PAGES},
    }
    if logo and brand.logo:
        files[logo] = brand.logo
    if brand.description:
        files[f"descripcion-de-marca.{'html' if '<' in brand.description else 'txt'}"] = brand.description.encode()
    return files


def _letter(
    shop: Workshop, subject: _Subject, changes: delivered.Changes, inside: tuple[str, ...], archive: bytes
) -> packing.Letter:
    entries = subject.content.entries
    cover = delivered.Cover(
        changes=changes,
        brand=subject.brand,
        count=len(entries),
        file=f"{_NO_NAME.sub('-', ' '.join(subject.brand.name.split()))}, versión {subject.info.number}.zip",
        inside=inside,
        without_ids=[code for code, entry in entries.items() if "product_id" not in ids_in(entry.record)],
    )
    delivery = shop.settings.delivery
    return packing.Letter(
        to=delivery.contact,
        subject=delivered.letter_subject(cover, delivery.language),
        text=delivered.letter_text(cover, delivery.language),
        file=cover.file,
        body=archive,
    )


def enter_receipt(
    shop: Workshop, number: int, state: State, *, by: str, day: date | None = None, note: str | None = None
) -> Receipt:
    """Enter what became of a release, on a day (by default today).

    Refused: out of order, again, or on a day that cannot be. WrongUse: there is no such release.
    """
    info = shop.store.releases.get(number)
    return shop.store.receipts.enter(info.number, state, day=day or shop.today, by=by, today=shop.today, note=note)


def late_receipts(shop: Workshop) -> tuple[Late, ...]:
    """What the marketplace should have answered by today (`[delivery] ack_days`, `live_days`)."""
    delivery = shop.settings.delivery
    standings = shop.store.receipts.standings().values()
    return late(standings, shop.today, ack_days=delivery.ack_days, live_days=delivery.live_days)
