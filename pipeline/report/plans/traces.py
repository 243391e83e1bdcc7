"""Where a published value comes from, in words and as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.report.plans.document import json_value
from pipeline.report.plans.values import label_of, value_words
from schemas import wording
from schemas.requirements import load

if TYPE_CHECKING:
    from catalog.store import Decision
    from pipeline.run.tracing import Trace


def trace_text(traces: Sequence[Trace], lang: str) -> str:
    """A product's values one by one; what they share (workbook, people, release) once, first."""
    head = "\n".join(shared_lines(traces[0], lang))
    lines = [line for one in traces for line in trace_lines(one, lang)]
    return "\n".join((head, *lines))


def trace_lines(one: Trace, lang: str) -> Iterator[str]:
    """The value, and under it the cell it was read from and how."""
    yield f"{label_of(one.field, lang)}: {value_words(one.field, one.value, one.product, lang)}"
    if one.origin is None:
        yield (
            "    sin celda: se dedujo o se asignó después"
            if lang == "es"
            else "    no cell: derived, or assigned later"
        )
        return
    raw = wording.quoted(wording.shortened(one.origin.raw), lang)
    reading = f" · {reading_words(one.origin.reading, lang)}" if one.origin.reading else ""
    yield f"    {one.origin.sheet}!{one.origin.cell} · {raw}{reading}"


_READINGS = {
    "text": ("leído de un texto", "read from text"),
    "number cell": ("leído de una celda con número", "read from a cell with a number"),
    "date cell": ("leído de una celda con fecha", "read from a cell with a date"),
    "percent format": ("con formato de porcentaje", "formatted as a percentage"),
    "format unknown": ("sin saber su formato", "its format is not known"),
    "said in words": ("dicho con palabras", "said in words"),
    "words multiplied out": ("con sus palabras («millones») hechas cifra", "its words (“million”) made a figure"),
    "serial number under a date format": (
        "leído de un número con formato de fecha",
        "read from a number shown as a date",
    ),
    "years x 12": ("años por 12", "years times 12"),
    "yyyymmdd": ("leído de una fecha como 20261122", "read from a date such as 20261122"),
    "no spread given": ("sin puntos adicionales", "no spread given"),
    "month": ("en meses", "in months"),
    "fortnight": ("en quincenas", "in fortnights"),
    "week": ("en semanas", "in weeks"),
    "day": ("en días", "in days"),
    "year": ("en años", "in years"),
    "amount": ("en pesos", "in pesos"),
    "pct_month": ("en % mensual", "in % a month"),
    "per_million_month": ("en pesos por millón al mes", "in pesos per million a month"),
}
_COLUMN_SAYS = re.compile(r"(\w+) \(its column says (\w+)\)")
_SPREAD = re.compile(r"(.+) plus a spread in points")


def reading_words(note: str, lang: str) -> str:
    """How a cell was read, in words; bases of a rate by their usual names. What has no words yet stays as it is."""
    return ", ".join(_reading(part, lang) for part in note.split(", "))


def _reading(part: str, lang: str) -> str:
    es = lang == "es"
    if part in _READINGS:
        return _READINGS[part][not es]
    if found := _COLUMN_SAYS.fullmatch(part):
        own, column = (_basis(each, lang) for each in found.groups())
        return f"{own} (su columna dice {column})" if es else f"{own} (its column says {column})"
    if found := _SPREAD.fullmatch(part):
        return f"{found[1]} más puntos" if es else f"{found[1]} plus points"
    return _basis(part, lang)


def _basis(value: str, lang: str) -> str:
    bases = {choice.value: choice.label[lang] for choice in load().fields["rate_basis"].choices}
    return bases.get(value, value)


def shared_lines(one: Trace, lang: str) -> Iterator[str]:
    """What all values of a version of a product share: workbook, people, the release that first showed it."""
    staged = one.upload
    at = f"{staged.at:%Y-%m-%d %H:%M} UTC" if staged else ""
    if staged:
        yield (
            f"{one.file} (carga {staged.id}, {staged.by}, {at})"
            if lang == "es"
            else f"{one.file} (upload {staged.id}, {staged.by}, {at})"
        )
    elif one.file:
        yield one.file
    yield approvals_words(one.approvals, lang)
    since = f"{one.since.number} ({one.since.at:%Y-%m-%d %H:%M} UTC, {one.since.by})"
    yield f"Publicado así desde la versión {since}" if lang == "es" else f"Published so since release {since}"


def approvals_words(approvals: Sequence[Decision], lang: str) -> str:
    """Who let it through, when, and what they said."""
    if not approvals:
        return "Publicado sin revisión" if lang == "es" else "Published without a review"
    said = [
        f"{d.by}, {d.at:%Y-%m-%d %H:%M} UTC" + (f": {wording.quoted(d.comment, lang)}" if d.comment else "")
        for d in approvals
    ]
    return f"{'Aprobó' if lang == 'es' else 'Approved by'} {'; '.join(said)}"


def trace_document(one: Trace) -> dict[str, Any]:
    """One value with its way."""
    origin, staged = one.origin, one.upload
    return {
        "field": one.field,
        "value": json_value(one.value),
        "file": one.file,
        "sha256": one.sha256,
        "sheet": origin.sheet if origin else None,
        "cell": origin.cell if origin else None,
        "raw": origin.raw if origin else None,
        "reading": origin.reading if origin else None,
        "upload": staged.id if staged else None,
        "uploaded_by": staged.by if staged else None,
        "uploaded_at": staged.at.isoformat() if staged else None,
        "approvals": [{"by": d.by, "at": d.at.isoformat(), "comment": d.comment} for d in one.approvals],
        "since": one.since.number,
        "published_by": one.since.by,
        "published_at": one.since.at.isoformat(),
    }
