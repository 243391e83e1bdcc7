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
    "event": "event", "evento": "event", "amount": "amount", "monto": "amount", "currency": "currency",
    "moneda": "currency", "reason": "reason", "motivo": "reason",
    "occurred_at": "occurredAt", "occurredat": "occurredAt", "at": "occurredAt", "fecha": "occurredAt",
}  # fmt: skip
_SHOWN = {"trackingId": "click_id", "occurredAt": "occurred_at"}
_COLUMNS = "click_id, event, amount, currency, reason, occurred_at"

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
    "string_unicode": "lleva letras que ningún texto puede guardar",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a batch: what it says, or why it cannot be followed (without the values)."""

    number: int
    happened: Happened | None
    fault: WrongUse | None = None


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
        where = ".".join(_SHOWN.get(str(part), str(part)) for part in error["loc"]) or "status"
        said = _SPANISH.get(error["type"], "no sirve así")
        raise WrongUse(f"{where}: {error['msg']}", es=f"{where}: {said}.") from None


def read_batch(stream: TextIO) -> Iterator[Line]:
    """The lines of a batch, JSON lines when the first letter is `{`, else CSV (`,`, `;` or tab). WrongUse: the header.

    A column or a name that we do not know is refused: a sum lost by a misspelt title would be a wrong status.
    """
    first = stream.readline().removeprefix("\ufeff")
    lines = itertools.chain([first], stream)
    return _json_lines(lines) if first.lstrip().startswith("{") else _csv_lines(lines, max(",;\t", key=first.count))


def _line(number: int, values: Mapping[str, Any]) -> Line:
    try:
        return Line(number, read_happened(values))
    except WrongUse as fault:
        return Line(number, None, fault)


def _json_lines(lines: Iterable[str]) -> Iterator[Line]:
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            said = json.loads(text, parse_float=Decimal, object_pairs_hook=_named)
        except WrongUse as fault:
            yield Line(number, None, fault)
            continue
        except (ValueError, RecursionError):
            said = None
        if isinstance(said, dict):
            yield _line(number, said)
        else:
            yield Line(number, None, WrongUse("The line is no JSON object.", es="La línea no es un objeto JSON."))


def _named(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Values under the names of the wire. WrongUse: two of them say the same thing, so that one would be lost."""
    named: dict[str, Any] = {}
    for title, value in pairs:
        name = _NAMES.get(title.lower(), title)
        if name in named:
            shown = _SHOWN.get(name, name)
            raise WrongUse(f"{shown} is there twice.", es=f"{shown} está dos veces.")
        named[name] = value
    return named


def _csv_lines(lines: Iterable[str], separator: str) -> Iterator[Line]:
    rows = csv.reader(lines, strict=True, delimiter=separator)
    try:
        header = [title.strip() for title in next(rows, [])]
    except csv.Error:
        header = []
    named = _named((title, title) for title in header if title)
    if "trackingId" not in named or "event" not in named:
        raise WrongUse(
            "The file has no header with click_id and event.", es="El archivo no tiene encabezado con click_id y event."
        )
    unknown = sorted(set(named) - set(_NAMES.values()))
    if unknown:
        raise WrongUse(
            f"The column {unknown[0]} is not known; rename it or take it out. Known: {_COLUMNS}.",
            es=f"La columna {unknown[0]} no se conoce; cámbiele el nombre o quítela. Se conocen: {_COLUMNS}.",
        )
    yield from _csv_rows(rows, [_NAMES.get(title.lower()) for title in header])


def _csv_rows(rows: Any, names: list[str | None]) -> Iterator[Line]:
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as fault:
            said = WrongUse(f"The line is no CSV: {fault}.", es="La línea no se puede leer como CSV: revise comillas.")
            yield Line(rows.line_num, None, said)
            continue
        if not row:
            continue
        if len(row) != len(names):
            said = WrongUse(
                f"The line has {len(row)} cells and the header {len(names)}.",
                es=f"La línea tiene {len(row)} celdas y el encabezado {len(names)}.",
            )
            yield Line(rows.line_num, None, said)
            continue
        named = {name: cell for name, cell in zip(names, row, strict=True) if name is not None}
        yield _line(rows.line_num, named)
