"""The brand put together: brand sheet before files beside the workbook before settings, each value checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.brand.logo import Logo, usable
from pipeline.brand.places import beside, is_plain_name, named, read_logo
from pipeline.brand.sheet import Said, read_sheet
from pipeline.validate import prose
from pipeline.workbook import Workbook
from schemas.findings import Fact, Finding, column_letter
from schemas.product import Brand
from schemas.requirements import Requirements, load, normalise
from schemas.settings import LenderSettings

LONGEST_NAME = 150


@dataclass(frozen=True, slots=True)
class BrandFound:
    """A brand as listings show it, the logo file it came with, where that lies, and every finding about it.

    said: the data that came with the workbook, not from the settings (`logo` only where it may be shown).
    """

    brand: Brand
    logo: Logo | None
    path: Path | None
    findings: tuple[Finding, ...]
    said: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a datum was said; sheet None: in the settings or by a file."""

    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None


def brand_of(lender: LenderSettings) -> Brand:
    """The brand of the settings alone, as it is published; a logo nobody should see is left out."""
    return _brand(lender, {}, read_logo(lender.logo) if lender.logo else None, load())


def find_brand(
    lender: LenderSettings, workbook: Workbook, folder: Path, requirements: Requirements | None = None
) -> BrandFound:
    """The brand of a workbook that lies in `folder`, with what is wrong in it. No finding holds a product."""
    known = requirements or load()
    said = read_sheet(workbook, known)
    path, notes = _logo_path(said, folder, lender, known)
    logo = read_logo(path) if path else None
    notes = [*notes, *_logo_findings(logo, path, said, known, book=workbook.file)]
    texts = said.texts if said else {}
    brand = _brand(lender, texts, logo, known)
    findings = (*(said.findings if said else ()), *notes, *_texts(lender, said, known))
    told = tuple(replace(finding, effect="none") for finding in findings)
    return BrandFound(brand, logo, path, told, frozenset(_said(texts, brand, own_logo=path != lender.logo)))


def _said(texts: Mapping[str, str], brand: Brand, *, own_logo: bool) -> Iterator[str]:
    yield from (name for name in ("name", "legal_name") if texts.get(name))
    if texts.get("brand_description"):
        yield "description"
    if brand.supervisor:
        yield "supervisor"
    if brand.logo and own_logo:
        yield "logo"


def _brand(lender: LenderSettings, texts: Mapping[str, str], logo: Logo | None, known: Requirements) -> Brand:
    content, kind = usable(logo)
    supervisor = texts.get("supervisor")
    return Brand(
        name=texts.get("name", lender.name)[:LONGEST_NAME],
        legal_name=texts.get("legal_name") or lender.legal_name,
        description=texts.get("brand_description") or lender.brand_description,
        supervisor=known.choice("lender.supervisor", supervisor) if supervisor else None,
        market=lender.market,
        accent=lender.accent,
        logo=content,
        logo_type=kind,
    )


def _logo_path(
    said: Said | None, folder: Path, lender: LenderSettings, known: Requirements
) -> tuple[Path | None, list[Finding]]:
    """The file to read, and the findings where the sheet names one that cannot be."""
    name = said.texts.get("logo") if said else None
    if said is None or name is None:
        return beside(folder) or lender.logo, []
    place = _place(said, "logo")
    if not is_plain_name(name):
        return None, [_finding(known, "logo.outside", "logo", place)]
    path = named(folder, name)
    return path, [] if path else [_finding(known, "logo.missing", "logo", place, file=name)]


def _logo_findings(
    logo: Logo | None, path: Path | None, said: Said | None, known: Requirements, *, book: str
) -> Iterator[Finding]:
    named = said is not None and "logo" in said.texts
    if logo is not None:
        place = _place(said, "logo") if named else _Place(value=path.name if path else None)
        yield from (_finding(known, code, "logo", place, **dict(facts)) for code, facts in logo.faults)
    elif not named:
        place = _room(said, "logo") if said and "logo" in said.blank else _Place()
        yield _finding(known, "logo.missing", "logo", place, book=book, **({"file": path.name} if path else {}))


def _texts(lender: LenderSettings, said: Said | None, known: Requirements) -> Iterator[Finding]:
    texts = said.texts if said else {}
    name = texts.get("name", lender.name)
    if len(name) > LONGEST_NAME:
        yield _finding(known, "brand.name_too_long", "name", _place(said, "name"), n=len(name), most=LONGEST_NAME)
    legal = texts.get("legal_name") or lender.legal_name
    if legal is None:
        yield _missing(said, "legal_name", known)
    else:
        yield from _prose("legal_name", legal, _place(said, "legal_name"), known)
    about = texts.get("brand_description") or lender.brand_description
    if about:
        yield from _prose("brand_description", about, _place(said, "brand_description"), known)
    if said is not None:
        yield from _supervisor(said, known)


def _supervisor(said: Said, known: Requirements) -> Iterator[Finding]:
    """Only a brand sheet can say it, so only there can it be missed."""
    text = said.texts.get("supervisor")
    if text is None:
        yield _missing(said, "supervisor", known)
    elif known.choice("lender.supervisor", text) is None:
        yield _finding(known, "supervisor.unknown", "supervisor", _place(said, "supervisor"))


def _prose(name: str, text: str, place: _Place, known: Requirements) -> Iterator[Finding]:
    """The rules of descriptions: length as written, simple HTML only (none in a name), nothing lost by sanitising."""
    field = known.fields[f"lender.{name}"]
    limit, simple = field.max_length or 0, field.kind == "html"
    if len(text) > limit:
        more = {"visible": len(prose.visible(text))} if simple and prose.any_tag(text) else {}
        yield _finding(known, f"{name}.too_long", name, place, n=len(text), limit=limit, **more)
    tag = prose.foreign_tag(text) if simple else prose.any_tag(text)
    if tag:
        yield _finding(known, f"{name}.html_not_allowed", name, place, tag=tag)
    elif simple and not prose.keeps_its_text(text):
        yield _finding(known, f"{name}.text_lost", name, place, lost=prose.lost_text(text))


def _missing(said: Said | None, name: str, known: Requirements) -> Finding:
    """A datum nobody says, at the cell of the brand sheet where it belongs, if there is a sheet."""
    if said is None:
        return _finding(known, f"{name}.missing", name, _Place(), brand_sheet="Marca")
    label = known.fields[f"lender.{name}"].label["es" if normalise(said.sheet) == "marca" else "en"]
    return _finding(known, f"{name}.missing", name, _room(said, name), beside=label)


def _room(said: Said, name: str) -> _Place:
    row, column = said.room(name)
    return _Place(said.sheet, row, column_letter(column))


def _place(said: Said | None, name: str) -> _Place:
    if said is None or name not in said.texts:
        return _Place()
    row, column = said.at[name]
    return _Place(said.sheet, row, column_letter(column), said.texts[name][:120])


def _finding(known: Requirements, code: str, name: str, place: _Place, **facts: Fact) -> Finding:
    return known.finding(
        code,
        sheet=place.sheet,
        row=place.row,
        column=place.column,
        field=None if name == "name" else f"lender.{name}",
        value=place.value,
        facts=facts,
    )
