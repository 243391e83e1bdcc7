"""JSON as we take it: UTF-8, one object, no name twice, numbers exact and finite, not deep, text that can be kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from decimal import Context, Decimal, InvalidOperation
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]
from typing import Any, NoReturn

from leads.endpoint.problems import Fault, Problem

DEPTH = 20
_LONG = 18
"""Digits of a whole number that is read as an int; a longer one is an exact Decimal."""
_FAR = 999
_WHOLE = Context(prec=70_000)


def read(raw: bytes) -> tuple[dict[str, Any], str]:
    """The object of a body, and its fingerprint: SHA-256 over the canonical form, names in order, equal numbers alike.

    Numbers with a point are Decimals. Problem `malformed`, which says what without a value.
    """
    try:
        text = raw.decode("utf-8")
        said = _quickly(text)
    except UnicodeDecodeError:
        raise _bad("utf8", "no es UTF-8", "it is not UTF-8") from None
    except RecursionError:
        raise _TOO_DEEP from None
    except (ValueError, InvalidOperation):
        raise _bad("json", "no es JSON válido", "it is not valid JSON") from None
    if not isinstance(said, dict):
        raise _bad("object", "debe ser un objeto JSON", "it must be a JSON object")
    return said, _fingerprint(said, text)


def _fingerprint(said: dict[str, Any], text: str) -> str:
    if text.count("{") + text.count("[") > DEPTH:  # fewer cannot be deeper
        _refuse_deep(said, DEPTH)
    canonical = "".join(_CANONICAL(said, 0))
    if text.count(":") != canonical.count(":") or _COLON in text:
        _refuse_twice(text)
    return _digest(canonical)


def _refuse_twice(text: str) -> None:
    """Problem: a name is given twice, or nothing; what went before is not so deep, and what is dropped may be."""
    try:
        _DECODER.decode(text)
    except RecursionError:
        raise _TOO_DEEP from None


def _quickly(text: str) -> Any:
    """Of a name that is given twice, the last. Such a name's colon is missing from the canonical form."""
    try:
        said, end = _SCAN(text, 0)
    except StopIteration:  # empty, or it begins with a blank
        return _DECODER.decode(text)
    return said if end == len(text) else _DECODER.decode(text)


def _digest(canonical: str) -> str:
    try:
        return hashlib.sha256(canonical.encode()).hexdigest()
    except UnicodeEncodeError:
        raise _bad("surrogate", "un texto tiene caracteres incompletos", "a text has incomplete characters") from None


def _bad(code: str, spanish: str, english: str) -> Problem:
    return Problem("malformed", [Fault("", code, f"El cuerpo: {spanish}.", f"The body: {english}.")])


_TOO_DEEP = _bad("depth", f"tiene más de {DEPTH} niveles", f"it has more than {DEPTH} levels")


def _refuse_deep(value: Any, left: int) -> None:
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return
    if not left:
        raise _TOO_DEEP
    for one in value:
        if one.__class__ is dict or one.__class__ is list:
            _refuse_deep(one, left - 1)


def _named(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _bad("duplicate", "un nombre está dos veces", "a name is given twice")
    return found


def _whole(text: str) -> int | Decimal:
    return int(text) if len(text) <= _LONG else _exact(text)


def _exact(text: str) -> Decimal:
    value = Decimal(text)
    if value and abs(value.adjusted()) > _FAR:
        raise _bad("number", "un número tiene un exponente desmedido", "a number has an excessive exponent")
    return value


def _no_constant(_word: str) -> NoReturn:
    raise _bad("number", "NaN e Infinity no son números", "NaN and Infinity are no numbers")


def _plain(value: Decimal) -> int | str:
    """Equal numbers alike, 5000000.0 as 5000000."""
    short = value.normalize(_WHOLE)
    whole = value == value.to_integral_value() and short.adjusted() < _LONG
    return int(value) if whole else str(short)


_NUMBERS: Any = {"parse_float": _exact, "parse_int": _whole, "parse_constant": _no_constant}
_DECODER = json.JSONDecoder(**_NUMBERS, object_pairs_hook=_named)
_SCAN = json.JSONDecoder(**_NUMBERS).scan_once  # type: ignore[attr-defined]
_COLON = "\\u003"
"""How a colon within a text may be written that is no colon of the body's."""
_CANONICAL = c_make_encoder(None, _plain, encode_basestring, None, ":", ",", True, False, False)
"""What `JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)` makes anew for each text it writes."""
