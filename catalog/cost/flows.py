"""Cash flows of a loan as the client sees them: what is received at the start, what is paid and when."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, NoReturn

from schemas.errors import WrongUse

MOST_PAYMENTS = 100_000
MOST_ENTRIES = 5_000
_LONGEST = 200
_LARGEST = Decimal("1E+18")


@dataclass(frozen=True, slots=True)
class Stream:
    """Equal payments at equal steps: `count` of `amount`, the first after `first` years, then every `step` years.

    A negative amount is received, not paid.
    """

    amount: Decimal
    first: Fraction
    step: Fraction = Fraction(0)
    count: int = 1

    def times(self) -> Iterator[Fraction]:
        """When each payment falls due, in years."""
        return (self.first + self.step * number for number in range(self.count))


@dataclass(frozen=True, slots=True)
class Flows:
    """`received` at time 0 (net of what is withheld then) against the streams paid; amounts in one currency."""

    received: Decimal
    streams: tuple[Stream, ...]

    @property
    def paid(self) -> Decimal:
        """Everything paid after the start, less what was received later."""
        return sum((stream.amount * stream.count for stream in self.streams), Decimal(0))


def parse_flows(text: str) -> Flows:
    """Flows from their JSON form; decimals and `"1/12"` stay exact. Raises WrongUse with a sentence.

    `{"t0": 196000, "regular": [{"amount", "count", "step_years": "1/12", "first_years"}], "extra": [{"t_years",
    "amount"}]}`: `t0` is the net amount received, amounts paid are positive, times are years.
    """
    document = _members(_loaded(text), "", needed={"t0"}, known={"t0", "regular", "extra"})
    received = _number(document["t0"], "t0")
    regular = [_regular(entry, f"regular[{at}]") for at, entry in enumerate(_listed(document, "regular"))]
    extra = [_extra(entry, f"extra[{at}]") for at, entry in enumerate(_listed(document, "extra"))]
    if sum(stream.count for stream in (*regular, *extra)) > MOST_PAYMENTS:
        raise WrongUse(
            f"The flows hold more than {MOST_PAYMENTS} payments; that is no loan we can price.",
            es=f"Los flujos tienen más de {MOST_PAYMENTS} pagos; no es un crédito que se pueda calcular.",
        )
    return Flows(received, (*regular, *extra))


def _loaded(text: str) -> object:
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_pairs)
    except json.JSONDecodeError as fault:
        raise WrongUse(
            f"The flows are not readable JSON: {fault}.",
            es=f"Los flujos no son JSON legible: algo falla en la línea {fault.lineno}, columna {fault.colno}.",
        ) from None
    except (ValueError, RecursionError):  # an endless number, or lists in lists without end
        raise WrongUse(
            "The flows are no loan's: their JSON is too deep, or has a number without end.",
            es="Los flujos no son los de un crédito: su JSON es demasiado hondo o trae un número sin fin.",
        ) from None


def _no_constant(word: str) -> NoReturn:
    raise WrongUse(f"In the flows, {word} is not a number.", es=f"En los flujos, {word} no es un número.")


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise WrongUse("In the flows, a name is given twice.", es="En los flujos, un nombre está dos veces.")
    return members


def _members(value: object, where: str, *, needed: set[str], known: Iterable[str]) -> dict[str, Any]:
    en, es, takes = where or "the flows", where or "los flujos", ", ".join(sorted(known))
    if not isinstance(value, dict):
        raise WrongUse(f"Write {en} as an object with {takes}.", es=f"Escriba {es} como un objeto con {takes}.")
    if missing := sorted(needed - value.keys()):
        raise WrongUse(f"In {en}, {missing[0]!r} is missing.", es=f"En {es} falta {missing[0]!r}.")
    if strange := sorted(value.keys() - set(known)):
        raise WrongUse(
            f"In {en}, {strange[0]!r} is not known; it takes {takes}.",
            es=f"En {es} no se conoce {strange[0]!r}; se admiten {takes}.",
        )
    return value


def _listed(document: dict[str, Any], name: str) -> list[object]:
    value = document.get(name, [])
    if not isinstance(value, list):
        raise WrongUse(
            f"Write {name!r} as a list, [] where there is none.",
            es=f"Escriba {name!r} como una lista, [] si no hay ninguno.",
        )
    if len(value) > MOST_ENTRIES:
        raise WrongUse(
            f"{name!r} holds more than {MOST_ENTRIES} entries; equal payments belong in one with a count.",
            es=f"{name!r} tiene más de {MOST_ENTRIES} elementos; los pagos iguales van en uno solo, con su «count».",
        )
    return value


def _regular(value: object, where: str) -> Stream:
    names = {"amount", "count", "step_years", "first_years"}
    entry = _members(value, where, needed={"amount", "count", "step_years"}, known=names)
    step = _years(entry["step_years"], f"{where}.step_years")
    first = _years(entry["first_years"], f"{where}.first_years") if "first_years" in entry else step
    count = entry["count"]
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_PAYMENTS:
        raise WrongUse(
            f"{where}.count is a whole number from 1 to {MOST_PAYMENTS}.",
            es=f"{where}.count es un número entero de 1 a {MOST_PAYMENTS}.",
        )
    if step == 0 and count > 1:
        raise WrongUse(
            f"{where}.step_years must be above 0 where there is more than one payment.",
            es=f"{where}.step_years debe ser mayor que 0 si hay más de un pago.",
        )
    _reachable(first + step * (count - 1), where)
    return Stream(_number(entry["amount"], f"{where}.amount"), first, step, count)


def _extra(value: object, where: str) -> Stream:
    entry = _members(value, where, needed={"t_years", "amount"}, known={"t_years", "amount"})
    return Stream(_number(entry["amount"], f"{where}.amount"), _years(entry["t_years"], f"{where}.t_years"))


def _number(value: object, where: str) -> Decimal:
    number = _fraction(value, where)
    if abs(number) > _LARGEST:
        raise WrongUse(f"{where} is larger than any loan.", es=f"{where} es mayor que cualquier crédito.")
    if isinstance(value, str) and "/" in value:
        raise WrongUse(
            f"{where} is an amount of money: write 1432.86, not a fraction.",
            es=f"{where} es una cantidad de dinero: escriba 1432.86, no una fracción.",
        )
    return Decimal(str(value))


def _years(value: object, where: str) -> Fraction:
    years = _fraction(value, where)
    if years < 0:
        raise WrongUse(
            f"{where} is a time in years, 0 or later.", es=f"{where} es un tiempo en años, desde 0 en adelante."
        )
    _reachable(years, where)
    return years


def _reachable(years: Fraction, where: str) -> None:
    if years > _LONGEST:
        raise WrongUse(
            f'{where} reaches beyond {_LONGEST} years; times are in years, so a month is "1/12".',
            es=f'{where} pasa de {_LONGEST} años; los tiempos van en años, así que un mes es "1/12".',
        )


def _fraction(value: object, where: str) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str) or len(str(value)) > 60:
        raise WrongUse(
            f'{where} is a number, such as 1432.86 or "1/12".', es=f'{where} es un número, como 1432.86 o "1/12".'
        )
    try:
        # An exponent is refused before Fraction would write out its digits: 1e999999999 is a memory bomb.
        return _spelled_out(str(value))
    except (ValueError, ZeroDivisionError):
        raise WrongUse(
            f'{where} is a number, such as 1432.86 or "1/12"; it says {str(value)!r}.',
            es=f'{where} es un número, como 1432.86 o "1/12"; dice {str(value)!r}.',
        ) from None


def _spelled_out(text: str) -> Fraction:
    mantissa, _, exponent = text.lower().partition("e")
    if exponent and abs(int(exponent)) > 60:
        raise ValueError(text)
    return Fraction(text) if exponent else Fraction(mantissa)
