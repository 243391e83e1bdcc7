"""Statuses as they come in: one, or a file of them (CSV with a header, or JSON lines)."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TextIO

from pydantic import ValidationError

from leads.states import Facts
from leads.store.leads import Happened
from schemas.errors import WrongUse
from schemas.lead import EventRequest

_NAMES: dict[str, str] = {
    "click_id": "trackingId", "clickid": "trackingId", "trackingid": "trackingId", "tracking_id": "trackingId",
    "event": "event", "amount": "amount", "currency": "currency", "reason": "reason",
    "occurred_at": "occurredAt", "occurredat": "occurredAt", "at": "occurredAt",
}  # fmt: skip


_SPANISH = {
    "money": "un valor se escribe como 5000000 o 5000000.50, mayor que cero y con dos decimales a lo sumo",
    "moment": "un momento lleva su zona, por ejemplo 2026-11-22T10:00:00-05:00",
    "click_id": "no se puede guardar byte por byte (vacío, con NUL, mal codificado o demasiado largo)",
    "enum": "es uno de: application, approval, disbursement, rejected",
    "literal_error": "es una de: COP, MXN",
    "missing": "falta",
    "extra_forbidden": "no existe",
    "string_too_long": "es demasiado largo",
    "text": "lleva letras que ningún texto puede guardar",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a batch: what it says, or why it cannot be followed (English, without the values)."""

    number: int
    happened: Happened | None
    fault: str | None = None


def happened_of(request: EventRequest) -> Happened:
    """What the wire shape says, as the store takes it."""
    facts = Facts(request.amount, request.currency, request.reason, request.occurred_at)
    return Happened(request.tracking_id, request.event, facts)


def read_happened(values: Mapping[str, Any]) -> Happened:
    """One status from its named values, empty ones left out. WrongUse: names the first that is wrong."""
    present = {name: value for name, value in values.items() if value is not None and value != ""}
    try:
        return happened_of(EventRequest.model_validate(present))
    except ValidationError as fault:
        error = fault.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in error["loc"]) or "status"
        said = _SPANISH.get(error["type"], "no sirve así")
        raise WrongUse(f"{where}: {error['msg']}", es=f"{where}: {said}.") from None


def read_batch(stream: TextIO) -> Iterator[Line]:
    """The lines of a batch, JSON lines when the first letter is `{`, else CSV. WrongUse: no usable header."""
    first = stream.readline().removeprefix("\ufeff")
    lines = itertools.chain([first], stream)
    return _json_lines(lines) if first.lstrip().startswith("{") else _csv_lines(lines)


def _line(number: int, values: Mapping[str, Any]) -> Line:
    try:
        return Line(number, read_happened(values))
    except WrongUse as fault:
        return Line(number, None, str(fault))


def _json_lines(lines: Iterable[str]) -> Iterator[Line]:
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            said = json.loads(text, parse_float=Decimal)
        except (ValueError, RecursionError):
            said = None
        if not isinstance(said, dict):
            yield Line(number, None, "the line is no JSON object")
            continue
        yield _line(number, {_NAMES.get(name.lower()) or name: value for name, value in said.items()})


def _csv_lines(lines: Iterable[str]) -> Iterator[Line]:
    rows = csv.reader(lines, strict=True)
    try:
        header = next(rows, [])
    except csv.Error:
        header = []
    names = [_NAMES.get(name.strip().lower()) for name in header]
    if "trackingId" not in names or "event" not in names:
        raise WrongUse(
            "The file has no header with click_id and event.", es="El archivo no tiene encabezado con click_id y event."
        )
    yield from _csv_rows(rows, names)


def _csv_rows(rows: Any, names: list[str | None]) -> Iterator[Line]:
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as fault:
            yield Line(rows.line_num, None, f"the line is no CSV: {fault}")
            continue
        if not row:
            continue
        if len(row) != len(names):
            yield Line(rows.line_num, None, f"the line has {len(row)} cells and the header {len(names)}")
            continue
        named = {name: cell for name, cell in zip(names, row, strict=True) if name is not None}
        yield _line(rows.line_num, named)
