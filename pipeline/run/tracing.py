"""Where a published value comes from, and what two releases show differently."""

from __future__ import annotations

import json
from dataclasses import dataclass

from catalog.plan import Review, diff
from catalog.store import Decision, Lifespan, ReleaseInfo, UploadInfo
from pipeline.run.workshop import Workshop
from schemas.errors import Refused, WrongUse
from schemas.product import FIELD_NAMES, Origin, Product
from schemas.requirements import load


@dataclass(frozen=True, slots=True)
class Trace:
    """One published value of a product. origin: its cell, the text there, how it was read (None: not from a cell).

    file, sha256: the workbook; upload: as staged (None: from a time before); approvals: who let it through; since: the
    release that first showed it so, published by somebody at a moment.
    """

    field: str
    value: object
    product: Product
    origin: Origin | None
    file: str
    sha256: str
    upload: UploadInfo | None
    approvals: tuple[Decision, ...]
    since: ReleaseInfo


def trace(shop: Workshop, code: str, field: str | None = None, *, release: int | None = None) -> tuple[Trace, ...]:
    """Every value a release (by default the live one) shows of a product, or that of one field.

    field: its name, that of a pair (`rate`), or a header as sheets have it (`Tasa`). Refused: the release does not
    show the product, or nothing of that field. WrongUse: no such field or release.
    """
    wanted = FIELD_NAMES if field is None else _fields_called(field)
    number = release if release is not None else _live(shop)
    life = _life(shop, code, number)
    since = _origin_of(shop, life)
    upload, approvals = _let_through(shop, code, since)
    said = json.loads(life.entry.lineage)
    file, sha = said.get("file", ""), said.get("sha256", "")
    upload = upload or _upload_of(shop, sha)
    origins, product = life.entry.origins, life.entry.product
    names = [name for name in wanted if getattr(product, name) not in (None, ())]
    if not names:
        raise Refused(f"{code} says nothing of «{field}».", es=f"{code} no dice nada de «{field}».")
    return tuple(
        Trace(name, getattr(product, name), product, origins.get(name), file, sha, upload, approvals, since)
        for name in names
    )


def _fields_called(text: str) -> tuple[str, ...]:
    if text in FIELD_NAMES:
        return (text,)
    word = load().header(text)
    pair = tuple(name for name in FIELD_NAMES if name in (f"{text}_min", f"{text}_max"))
    named = pair or tuple(name for name in FIELD_NAMES if word and name in word.fills)
    if not named:
        near = {lang: load().suggestions(text, lang)[:1] for lang in ("es", "en")}
        raise WrongUse(
            f"There is no field “{text}”."
            + (f" Did you mean “{near['en'][0]}”?" if near["en"] else " “vitrina requirements” lists them."),
            es=f"No existe el campo «{text}»."
            + (f" ¿Quiso decir «{near['es'][0]}»?" if near["es"] else " «vitrina requirements» los muestra."),
        )
    return named


def _live(shop: Workshop) -> int:
    current = shop.store.releases.current()
    if current is None:
        raise Refused("Nothing has been published yet.", es="Todavía no se ha publicado nada.")
    return current.number


def _life(shop: Workshop, code: str, number: int) -> Lifespan:
    shop.store.releases.get(number)
    for life in shop.store.releases.history(code):
        if life.since <= number and (life.until is None or life.until > number):
            return life
    raise Refused(
        f"Release {number} does not show {code}.", es=f"La versión {number} no muestra {code}."
    )  # fmt: skip


def _origin_of(shop: Workshop, life: Lifespan) -> ReleaseInfo:
    """The release that first showed what was read then: a rollback shows it again, ids are added to it later."""
    lives = shop.store.releases.history(life.entry.code)
    first = next((one for one in lives if one.entry.lineage == life.entry.lineage), life)
    return shop.store.releases.get(first.since)


def _let_through(shop: Workshop, code: str, since: ReleaseInfo) -> tuple[UploadInfo | None, tuple[Decision, ...]]:
    """The upload a release took a product from, and the approvals of it."""
    row = next((one for one in shop.store.schedule.lived(code) if one.release == since.number), None)
    number, plan = (row.upload, row.plan) if row else (since.upload, since.plan)
    if number is None:
        return None, ()
    said = shop.store.decisions.list(upload=number)
    counted = (d for d in said if d.action == "approve" and d.plan == plan and (not d.products or code in d.products))
    return shop.store.uploads.info(number), tuple(counted)


def _upload_of(shop: Workshop, sha: str) -> UploadInfo | None:
    return next(iter(shop.store.uploads.list(sha256=sha)), None) if sha else None


def compare(shop: Workshop, before: int, after: int) -> Review:
    """What release `after` shows that `before` does not. WrongUse: there is no such release."""
    content = shop.store.releases.content(after)
    assert content is not None, "content of a number is there or WrongUse"
    return diff(shop.store.releases.content(before), content)
