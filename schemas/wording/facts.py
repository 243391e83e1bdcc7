"""Facts and field words as text: what fills the blanks of a message, in the reader's language and figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation

from schemas.findings import Fact
from schemas.requirements import Choice, Field, load
from schemas.wording.figures import CURRENCY_OF, day, listed, money, month, number, percent, quoted, shortened


def styled(fact: Fact, style: str, lang: str, country: str | None, field: Field | None = None) -> str:
    """A fact in words. Text is taken as it stands, except canonical values, which become the words people use."""
    if style in _NAMED:
        items = fact if isinstance(fact, tuple) else (str(fact),)
        return listed([_NAMED[style](item, lang) for item in items], lang)
    if isinstance(fact, tuple) or style == "list":
        items = fact if isinstance(fact, tuple) else (str(fact),)
        return listed([quoted(shortened(item), lang) for item in items], lang, either=style == "list")
    if isinstance(fact, date):
        return month(fact, lang) if style == "month" else day(fact, lang)
    if isinstance(fact, Decimal | int):
        return _figure(fact, style, lang, country, field)
    return shortened(fact)


def as_seen(value: str | None, lang: str) -> str | None:
    """What a cell holds as the reader's spreadsheet shows it: a date, kept as ISO, with its day first in Spanish."""
    if lang != "es" or value is None or not _ISO_DAY.fullmatch(value):
        return value
    try:
        return f"{date.fromisoformat(value):%d/%m/%Y}"
    except ValueError:  # a text that only looks like one
        return value


_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def readings(found: Fact, lang: str, country: str | None) -> Fact:
    """What a cell may mean: figures come in those of the row's country, and English has its own."""
    if lang == "es" or not isinstance(found, tuple):
        return found
    figures = (item if country == "MX" else _MARK.sub(lambda at: ",."[at[0] == ","], item) for item in found)
    return tuple(_PERCENT.sub(r"\1%", item) for item in figures)


_MARK = re.compile(r"(?<=\d)[.,](?=\d)")
_PERCENT = re.compile(r"(\d) %")


def _figure(value: Decimal | int, style: str, lang: str, country: str | None, field: Field | None) -> str:
    if style == "figure":
        style = _STYLE_OF.get(field.kind if field else "", "number")
    if style == "money":
        return money(value, CURRENCY_OF.get(country or "CO"), lang, country)
    if style == "points":
        return f"{number(value, lang, country)} {'puntos' if lang == 'es' else 'points'}"
    return percent(value, lang, country) if style == "percent" else number(value, lang, country)


_STYLE_OF = {"money": "money", "rate": "percent", "percent": "percent", "total_cost": "percent"}


def _choice_label(choices: Iterable[Choice], value: str, lang: str) -> str:
    return next((choice.label[lang] for choice in choices if choice.value == value), value)


def _of_field(name: str) -> Callable[[str, str], str]:
    return lambda value, lang: _choice_label(load().fields[name].choices, value, lang)


def _field_label(name: str, lang: str) -> str:
    field = load().subjects.get(name) or load().fields.get(name)
    return quoted(field.label[lang] if field else name, lang)


_UNITS: Mapping[str, tuple[str, str]] = {"hour": ("horas", "hours"), "per_million": ("pesos por millón", "per million")}


def _unit(value: str, lang: str) -> str:
    known = _UNITS.get(value)
    return known[lang == "en"] if known else _of_field("term_unit")(value, lang)


def _row(value: str, lang: str) -> str:
    return f"la fila {value}" if lang == "es" else f"row {value}"


def _place(value: str, lang: str) -> str:
    """`7` is a row, `D` a column, anything else the name of a sheet."""
    if value.isdigit():
        return _row(value, lang)
    if re.fullmatch(r"[A-Z]{1,3}", value):
        return f"la columna {value}" if lang == "es" else f"column {value}"
    return f"la hoja {quoted(value, lang)}" if lang == "es" else f"the sheet {quoted(value, lang)}"


def _told(words: Mapping[str, tuple[str, str]]) -> Callable[[str, str], str]:
    return lambda value, lang: words[value][lang == "en"] if value in words else value


_WHY = {
    "missing": ("ya no está en su lugar", "it is no longer there"),
    "denied": ("no hay permiso para abrirlo", "there is no permission to open it"),
    "truncated": ("está incompleto", "it is incomplete"),
    "damaged": ("está dañado", "it is damaged"),
    "names": ("sus partes internas están repetidas o mal nombradas", "its inner parts are doubled or badly named"),
    "entities": ("trae declaraciones que un libro no lleva", "it has declarations no workbook has"),
    "encoding": ("sus letras no están en una codificación conocida", "its letters are in no known encoding"),
    "quotes": ("unas comillas quedaron abiertas", "a quotation mark was left open"),
    "crashed": ("su contenido detuvo la lectura", "its content stopped the reading"),
}
_FOUND = {
    "folder": ("una carpeta", "a folder"),
    "device": ("un dispositivo", "a device"),
    "binary": ("un archivo binario", "a binary file"),
    "HTML": ("una página HTML", "an HTML page"),
    "XML": ("un documento XML", "an XML document"),
    "ZIP": ("un archivo ZIP", "a ZIP archive"),
    "word": ("un documento de texto", "a text document"),
    "text": ("un documento de texto", "a text document"),
    "ppt": ("una presentación", "a presentation"),
    "presentation": ("una presentación", "a presentation"),
    "image": ("una imagen", "an image"),
}

_NAMED: Mapping[str, Callable[[str, str], str]] = {
    "basis": _of_field("rate_basis"),
    "modality": _of_field("usury_modality"),
    "unit": _unit,
    "fields": _field_label,
    "row": _row,
    "place": _place,
    "letters": lambda value, _: value,
    "names": quoted,
    "why": _told(_WHY),
    "found": _told(_FOUND),
}

_WHAT = {
    "bytes": ("pesa {}", "it is {}", "", ""),
    "inflated": ("descomprimido pesa {}", "decompressed it is {}", "", ""),
    "memory": ("no cabe en la memoria prevista", "it does not fit the memory set aside", "", ""),
    "part": ("una de sus partes ({}) es enorme", "one of its parts ({}) is huge", "", ""),
    "parts": ("tiene {} partes", "it has {} parts", " partes", " parts"),
    "sheets": ("tiene {} hojas", "it has {} sheets", " hojas", " sheets"),
    "rows": ("llega hasta la celda {}", "it reaches cell {}", " filas", " rows"),
    "columns": ("llega hasta la celda {}", "it reaches cell {}", " columnas", " columns"),
    "cells": ("llega hasta la celda {}", "it reaches cell {}", " celdas", " cells"),
    "seconds": ("leerlo toma demasiado tiempo", "reading it takes too long", " segundos", " seconds"),
    "line": ("tiene una línea de {} caracteres", "it has a line of {} characters", " caracteres", " characters"),
}
_IN_BYTES = ("bytes", "inflated", "memory", "part")
_MIB = 1024 * 1024


def file_size(fact: Fact, style: str, facts: Mapping[str, Fact], lang: str, country: str | None) -> str:
    """How a file is too large: `what` is told with what was found, `size` with the unit of what is counted."""
    what = str(facts.get("what", ""))
    told = _WHAT.get(what)
    if style == "what":
        found = _size(facts.get("found", ""), what, lang, country)
        return told[lang == "en"].format(found) if told else str(fact)
    return _size(fact, what, lang, country) + (told[2 + (lang == "en")] if told else "")


def _size(fact: Fact, what: str, lang: str, country: str | None) -> str:
    if not isinstance(fact, int):
        return shortened(str(fact))
    return f"{number(-(-fact // _MIB), lang, country)} MB" if what in _IN_BYTES else number(fact, lang, country)


def _lacks(field: Field, lang: str, _: str | None) -> str:
    if lang == "es":
        return "faltan" if field.plural else "falta"
    return "are missing" if field.plural else "is missing"


def _example(field: Field, lang: str, country: str | None) -> str:
    text = field.example["mx" if lang == "es" and country == "MX" else lang]
    if field.kind != "money":
        return text
    try:
        return number(Decimal(field.example["mx"] if country == "MX" else text), lang, country)
    except InvalidOperation:
        return text


def _allowed(field: Field, lang: str, _: str | None) -> str:
    return listed([quoted(choice.label[lang], lang) for choice in field.choices], lang, either=True)


def range_words(field: Field, lang: str = "es", country: str | None = None) -> str:
    """The hard limits of a field in words: `de 18 a 75 años`, `desde 0 %`, `más de 0`; empty where it has none."""
    unit = _limit_unit(field, lang)
    low, high, above = (_limit(field, end, lang, country) for end in (field.low, field.high, field.above))
    if low and high:
        text = f"de {low} a {high}" if lang == "es" else f"{low} to {high}"
    elif above:
        text = f"más de {above}" if lang == "es" else f"more than {above}"
    elif low:
        text = f"desde {low}" if lang == "es" else f"from {low}"
    else:
        text = (f"hasta {high}" if lang == "es" else f"up to {high}") if high else ""
    return f"{text}{unit}" if text else ""


def _limit(field: Field, end: Decimal | None, lang: str, country: str | None) -> str | None:
    return None if end is None else _figure(end, "figure", lang, country, field)


def _limit_unit(field: Field, lang: str) -> str:
    return f" {field.unit[lang]}" if field.unit and field.kind in ("age", "count") else ""


FROM_FIELD: Mapping[str, Callable[[Field, str, str | None], str]] = {
    "column": lambda field, lang, _: field.label[lang],
    "the": lambda field, lang, _: field.the[lang],
    "The": lambda field, lang, _: field.the[lang][:1].upper() + field.the[lang][1:],
    "lacks": _lacks,
    "example": _example,
    "allowed": _allowed,
    "range": range_words,
    "limit": lambda field, lang, country: number(field.max_length, lang, country) if field.max_length else "",
}
