"""doctor: walks what a lender needs before products can go live, and says what is missing. Changes nothing.

The list follows the marketplace's documented order (onboarding, product data) and our own set-up around it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.reference import MODALITIES, load
from pipeline.brand.places import read_logo
from pipeline.run.settled import address_points, rule_points
from pipeline.sources import named_sources
from schemas import wording
from schemas.checklist import Point, in_trouble, judged
from schemas.errors import CannotRun, WrongUse
from schemas.settings import CatalogSettings, LenderSettings
from schemas.wording.facts import styled

if TYPE_CHECKING:
    from pipeline.run.workshop import Workshop


def inspect(settings: CatalogSettings, shop: Workshop | None, fault: CannotRun | None, today: date) -> list[Point]:
    """Every point, in the order of the work. shop None: there is no catalogue yet, or `fault` says why it is shut."""
    found = [
        *_lender(settings.lender),
        _logo(settings.lender.logo, shop),
        _contact(settings.delivery.contact),
        _reference(settings, today),
        *rule_points(settings),
        *_sources(settings),
        _home(settings.home),
        *address_points(settings),
    ]
    if shop is None:
        return [*found, *_folders(settings), in_trouble("store", fault) if fault else _NO_CATALOGUE]
    return [
        *found,
        _STORE,
        *_targets(settings, shop),
        _first_product(shop),
        _users(shop),
        *_template(shop),
        _last_run(shop),
    ]


def _lender(lender: LenderSettings) -> Iterator[Point]:
    yield judged(
        "lender.name",
        lender.name != LenderSettings().name,
        good=(
            f"Prestamista: {lender.name}, mercado {lender.market}.",
            f"Lender: {lender.name}, market {lender.market}.",
        ),
        bad=("Falta el nombre comercial del prestamista.", "The lender's name is missing."),
        mend='vitrina.toml: [lender] name = "…", market = "CO|MX"',
    )
    legal = (lender.legal_name or "").removesuffix(".")  # «S.A.» ends the sentence
    yield judged(
        "lender.legal_name",
        bool(legal),
        good=(f"Razón social: {legal}.", f"Legal name: {legal}."),
        bad=("Falta la razón social.", "The legal name is missing."),
        mend='vitrina.toml: [lender] legal_name = "…"',
    )


def _logo(path: Path | None, shop: Workshop | None) -> Point:
    live = shop.store.releases.current() if shop else None
    if path is None and live and live.brand and live.brand.shown.get("logo"):
        spanish, english = f"Logo: el de la versión {live.number}.", f"Logo: that of release {live.number}."
        return Point(name="logo", health="ok", spanish=spanish, english=english)
    logo = read_logo(path) if path else None
    if logo is None:
        return Point(
            name="logo",
            health="missing",
            spanish="Falta el logo (PNG o JPG, 512 × 512, hasta 500 KB); el mercado lo exige.",
            english="The logo is missing (PNG or JPG, 512 × 512, up to 500 KB); the marketplace requires it.",
            mend='vitrina.toml: [lender] logo = "logo.png"',
        )
    es, en = ("; ".join(wording.title(code, lang) for code, _ in logo.faults) for lang in ("es", "en"))
    return judged(
        "logo",
        not logo.faults,
        good=(f"Logo: {path}.", f"Logo: {path}."),
        bad=(f"Logo: {path}. Por corregir: {es}.", f"Logo: {path}. To be mended: {en}."),
        mend="vitrina check productos.xlsx --fix-logo logo-corregido.png",
    )


def _contact(contact: str | None) -> Point:
    return judged(
        "contact",
        bool(contact),
        good=(f"Contacto de Partnerships: {contact}.", f"Partnerships contact: {contact}."),
        bad=("Falta el contacto de Partnerships.", "The Partnerships contact is missing."),
        mend='vitrina onboarding letter; vitrina.toml: [delivery] contact = "…"',
    )


def _reference(settings: CatalogSettings, today: date) -> Point:
    mend = "vitrina reference import topes.csv"
    try:
        tables = load(settings.home)
    except (WrongUse, CannotRun) as fault:
        return in_trouble("reference", fault, mend, "wrong")
    if settings.lender.market == "MX":
        missing = ["UDI"] if tables.value_for("UDI", today) is None else []
    else:
        missing = [modality for modality in MODALITIES if tables.cap_for(modality, today) is None]
    es, en = wording.month(today, "es"), wording.month(today, "en")
    return judged(
        "reference",
        not missing,
        good=(f"Las tablas de referencia llegan a {es}.", f"The reference tables reach {en}."),
        bad=(
            f"Falta por cargar de {es}: {_reference_names(missing, 'es')}.",
            f"Still to be loaded for {en}: {_reference_names(missing, 'en')}.",
        ),
        mend=mend,
    )


def _reference_names(missing: Sequence[str], lang: str) -> str:
    """The tables that are missing: an index by its name, usury caps by their modality."""
    if "UDI" in missing:
        return "UDI"
    caps = styled(tuple(missing), "modality", lang, None)
    return f"la usura de {caps}" if lang == "es" else f"the usury cap of {caps}"


def _sources(settings: CatalogSettings) -> Iterator[Point]:
    if not settings.sources.named:
        yield Point(
            name="sources",
            health="note",
            spanish="Los ajustes no nombran fuentes; «vitrina sync FUENTE» las nombra cada vez.",
            english="The settings name no source; “vitrina sync SOURCE” names one each time.",
            mend='vitrina.toml: [sources.hoja] from = "…"',
        )
    for source in named_sources(settings.sources.named):
        yield judged(
            f"source:{source.name}",
            source.kind != "path" or source.path.exists(),
            good=(f"Fuente {source.label}.", f"Source {source.label}."),
            bad=(f"La fuente {source.label} no está.", f"The source {source.label} is not there."),
            mend=f'vitrina.toml: [sources.{source.name}] from = "…"',
            otherwise="unreachable",
        )


def _home(home: Path) -> Point:
    return judged(
        "home",
        _writable(home),
        good=(f"Carpeta del catálogo: {home}.", f"Folder of the catalogue: {home}."),
        bad=(f"No se puede escribir en {home}.", f"{home} cannot be written."),
        mend="--home DIR, VITRINA_HOME",
        otherwise="unreachable",
    )


def _writable(place: Path) -> bool:
    """Could files be written there, in a folder that is there or could be made?"""
    there = next(path for path in (place.absolute(), *place.absolute().parents) if path.exists())
    return there.is_dir() and os.access(there, os.W_OK)


_NO_CATALOGUE = Point(
    name="store",
    health="missing",
    spanish="Todavía no hay catálogo: nada se ha cargado.",
    english="There is no catalogue yet: nothing was submitted.",
    mend="vitrina template; vitrina sync productos.xlsx",
)
_STORE = Point(
    name="store", health="ok", spanish="La base de datos del catálogo abre.", english="The catalogue's store opens."
)


def _folders(settings: CatalogSettings) -> Iterator[Point]:
    """The folders among the targets, before there is anything to deliver."""
    for name, target in settings.all_targets.items():
        if target.path is not None and not _writable(target.path):
            yield _shut(name, target.path)


def _shut(target: str, place: Path) -> Point:
    return Point(
        name=f"target:{target}",
        health="unreachable",
        spanish=f"No se puede escribir en {place}.",
        english=f"{place} cannot be written.",
        mend=f"vitrina.toml: [targets.{target}] path",
    )


def _targets(settings: CatalogSettings, shop: Workshop) -> Iterator[Point]:
    """The targets of the settings that have an address; a stand-in for those that have none says nothing."""
    for target in shop.place.targets:
        if target.name not in settings.all_targets:
            continue
        name, place = f"target:{target.name}", settings.all_targets[target.name].path
        mend = f"vitrina.toml: [targets.{target.name}]"
        try:
            shown = target.current()
        except CannotRun as fault:
            yield in_trouble(name, fault, mend)
            continue
        if place is not None and not _writable(place):
            yield _shut(target.name, place)
            continue
        has_es, has_en = (f"versión {shown.release}", f"release {shown.release}") if shown else _NOTHING
        spanish, english = f"Destino «{target.name}»: {has_es}.", f"Target “{target.name}”: {has_en}."
        yield Point(name=name, health="ok", spanish=spanish, english=english)


_NOTHING = ("todavía no tiene ninguna versión", "it has no release yet")


def _first_product(shop: Workshop) -> Point:
    content = shop.store.releases.content()
    number, count = (content.release, len(content.entries)) if content else (0, 0)
    return judged(
        "products",
        count > 0,
        good=(f"Versión {number} en vivo, productos: {count}.", f"Release {number} is live, products: {count}."),
        bad=("Ningún producto está publicado.", "No product is published."),
        mend="vitrina sync productos.xlsx; vitrina plan; vitrina approve; vitrina publish",
    )


def _users(shop: Workshop) -> Point:
    people = [person for person in shop.store.people.list() if person.disabled_at is None]
    roles = frozenset(role for person in people for role in person.roles)
    lacking = sorted({"reviewer", "publisher"} - roles)
    return judged(
        "users",
        not lacking,
        good=(f"Usuarios del escritorio: {len(people)}.", f"Users of the desk: {len(people)}."),
        bad=(
            f"En el escritorio nadie tiene todavía: {wording.listed(lacking, 'es')}.",
            f"At the desk nobody has yet: {wording.listed(lacking, 'en')}.",
        ),
        mend="".join(f"vitrina user add NOMBRE --role {role}; " for role in lacking).removesuffix("; "),
        otherwise="note",
    )


def _template(shop: Workshop) -> Iterator[Point]:
    newest = next(iter(shop.store.uploads.list()), None)
    if newest is None:
        return
    findings = shop.store.uploads.get(newest.id).findings
    yield judged(
        "template",
        all(finding.code != "file.old_template" for finding in findings),
        good=("El último libro no viene de una plantilla anterior.", "The newest workbook is of no older template."),
        bad=(f"«{newest.file}» viene de una plantilla anterior.", f"“{newest.file}” comes from an older template."),
        mend="vitrina template plantilla.xlsx",
    )


def _last_run(shop: Workshop) -> Point:
    last, lasting = shop.store.sync.last_run(), list(shop.store.sync.troubles().values())
    if last is None:
        spanish, english = "«vitrina sync» no ha corrido todavía.", "“vitrina sync” has not run yet."
        return Point(name="sync", health="note", spanish=spanish, english=english, mend="vitrina sync productos.xlsx")
    es, en = (wording.moment(last.ended, lang, shop.settings.lender.market) for lang in ("es", "en"))
    return judged(
        "sync",
        not lasting,
        good=(f"Última corrida: {es}; nada pendiente.", f"Last run: {en}; nothing pending."),
        bad=(
            f"Última corrida: {es}; quedaba pendiente: {' '.join(notice.spanish for notice in lasting)}",
            f"Last run: {en}; still pending: {' '.join(notice.english for notice in lasting)}",
        ),
        mend="vitrina sync" if shop.settings.sources.named else "vitrina sync productos.xlsx",
    )
