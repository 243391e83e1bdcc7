"""A body held against its wire shape; what is wrong, place by place, in both languages and without a value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from leads.endpoint.problems import Fault, Problem

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Shape = TypeVar("Shape", bound=BaseModel)
_MOST = 20
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")


def shaped(shape: type[Shape], said: Mapping[str, Any]) -> Shape:
    """The values of a body. Problem `invalid`, with at most twenty places."""
    try:
        found: Shape = shape.__pydantic_validator__.validate_python(said)
        return found
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False, include_input=False)[:_MOST]
    raise Problem("invalid", [_fault(error) for error in errors])


def _fault(error: ErrorDetails) -> Fault:
    code = _code(error["type"])
    es, en = _WORDS[code]
    limits = {**(error.get("ctx") or {})}
    limits["expected"] = str(limits.get("expected", "")).replace(" or ", ", ").replace("'", "")
    return Fault(_pointer(error), code, es.format(**limits), en.format(**limits))


def _code(kind: str) -> str:
    """Our own stable word for one of pydantic's, of which it has many for a day and a moment."""
    if kind.startswith("date_"):
        return "day"
    if kind.startswith("datetime_"):
        return "moment"
    code = _CODES.get(kind, kind)
    return code if code in _WORDS else "other"


_CODES = {"extra_forbidden": "unknown", "literal_error": "choice", "enum": "choice", "string_type": "no_text",
          "string_too_short": "empty", "string_too_long": "long", "too_long": "many", "int_type": "no_number",
          "greater_than_equal": "low", "less_than_equal": "high", "model_type": "no_object",
          "tuple_type": "no_list"}  # fmt: skip


def _pointer(error: ErrorDetails) -> str:
    """Where, as a JSON pointer. A name the caller made up is shown only when it cannot be anything personal."""
    parts = [str(part) for part in error["loc"]]
    if error["type"] == "extra_forbidden" and not _PLAIN_NAME.fullmatch(parts[-1]):
        parts = parts[:-1]
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


_WORDS: Mapping[str, tuple[str, str]] = {
    "money": (
        'Un valor en dinero se escribe como 5000000 o "5000000.50": no negativo, con dos decimales a lo sumo.',
        'A sum of money is written 5000000 or "5000000.50": not negative, with at most two decimals.',
    ),
    "moment": (
        "Un momento lleva su zona, por ejemplo 2026-11-22T10:00:00-05:00.",
        "A moment has its zone, for example 2026-11-22T10:00:00-05:00.",
    ),
    "day": ("Una fecha se escribe como 1990-02-28.", "A day is written 1990-02-28."),
    "click_id": (
        "No se puede guardar byte por byte: está vacío, es demasiado largo o tiene un carácter NUL.",
        "It cannot be kept byte for byte: it is empty, too long, or has a NUL character.",
    ),
    "text": ("El texto no puede llevar caracteres NUL.", "The text may not have NUL characters."),
    "missing": ("Falta.", "It is missing."),
    "unknown": ("Ese nombre no existe en el contrato.", "The contract has no such name."),
    "choice": ("Es uno de: {expected}.", "It is one of: {expected}."),
    "no_text": ("Debe ser un texto.", "It must be a text."),
    "empty": ("No puede estar vacío.", "It may not be empty."),
    "long": ("Se admiten hasta {max_length} caracteres.", "At most {max_length} characters are taken."),
    "many": ("Se admiten hasta {max_length}.", "At most {max_length} are taken."),
    "no_number": ("Debe ser un número entero.", "It must be a whole number."),
    "low": ("Debe ser {ge} o más.", "It must be {ge} or more."),
    "high": ("Debe ser {le} o menos.", "It must be {le} or less."),
    "no_object": ("Debe ser un objeto.", "It must be an object."),
    "no_list": ("Debe ser una lista.", "It must be a list."),
    "other": ("No sirve así.", "It cannot be used like this."),
}
