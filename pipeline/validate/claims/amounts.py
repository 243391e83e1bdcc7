"""Amounts claimed in prose, those that are lent. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from pipeline import reading
from pipeline.reading import Amount
from pipeline.validate.claims.grammar import (
    AND,
    LEAST,
    MONEY,
    MOST,
    START,
    TO,
    UNITS,
    first,
    from_mark,
    inside,
    ordered,
)
from pipeline.validate.claims.said import Said, Text
from pipeline.workbook import Cell

_AMOUNT_RANGE = re.compile(
    rf"\b(?:entre|between) (?:los )?(?P<a>{MONEY}){AND}(?P<b>{MONEY})|{START}(?P<c>{MONEY}){TO}(?P<d>{MONEY})"
    rf"(?! ?(?:%|{UNITS}|cuotas|pagos|payments))"
)
_AMOUNT_END = re.compile(rf"\b(?:(?P<most>{MOST})|(?P<least>{LEAST}))(?P<a>{MONEY})")
_IS_MONEY = re.compile(r"\$|\b(?:millon|millones|million|mdp|pesos|cop|mxn)\b|m\.n\.")
_IS_PESOS = re.compile(r"\$|\b(?:pesos|cop|mxn)\b|m\.n\.")
_NOT_LENT = re.compile(
    r"\b(?:cuotas?|pago|pagos|abon|prima|ingreso|salari|sueldo|ventas?\b|factur|premi|payment|pay\b|pays\b|instal|"
    r"income|salar|sales|revenue|win|gan[ae]\b|ganar)"
)
"""What the whole sentence is about: payments, incomes, prizes."""
_NOT_LENT_HERE = re.compile(
    r"\b(?:comisi|seguro|cobertura|ampar|asegur|devenga|cost|cobr|ahorr|descuent|bono|iva|estudio de|administra|"
    r"plataforma|retir|compras\b|inscrip|matricul|patrimon|activos|deuda|saldo|cashback|regal|devol|cdt|deposit|"
    r"invi[er]|"
    r"anualidad|multa|sancion|fee|premium|cover|insur|reward|gift|save|saving|earn|cada|transfer|envi[ao]|gmf|avance|"
    r"casi|cerca de|alrededor|aproxim|mas de|menos de|about|almost|more than|less than|nearly|around|descubierto|"
    r"recarg|rifa|sorte|vivienda|inmueble|valor del|avaluo)"
)
_SUBLIMIT = re.compile(
    r"\b(?:sin (?:codeudor|garantia|aval|fiador|fianza)|primer|nuev|clientes?|si |cuando|"
    r"con (?:garantia|codeudor|aval)|without|first|new|when|if |para (?:montos|creditos|prestamos|desembolsos)|"
    r"for (?:loans|amounts)|adicional|extra)"
)
_NOT_LENT_AFTER = re.compile(
    r"^ ?(?:[a-z]+ ){0,2}?(?:mensual|al mes|por mes|al dia|diari|por dia|semanal|al ano|anual|quincenal|cada|"
    r"por millon|por cada|de (?:ingreso|cuota|venta|salari|sueldo|descuent|cobertur|ahorr|premi|seguro|comision|prima|"
    r"inicial|"
    r"deuda|renta|nomina)|en (?:premi|venta|compr|bono|descuent|ingreso|salari)|a month|per month|monthly|a year|"
    r"weekly|"
    r"in (?:sales|income|prizes|cover)|of (?:cover|income|salary)|off\b|primer|nuev|la tasa|el plazo|adicional|extra|"
    r"sin (?:codeudor|aval|garantia))"
)


def amounts_in(text: Text, country: str) -> Iterator[Said]:
    """Ranges first, then what is left of `hasta` and `desde`."""
    taken = []
    for match in _AMOUNT_RANGE.finditer(text.folded):
        low, high = first(match, "a", "c") or "", first(match, "b", "d") or ""
        if _IS_MONEY.search(low + " " + high):
            taken.append(match.span())
            if _lends(text, match):
                yield from _amount(text, match, f"{low} a {high}", country)
    for match in _AMOUNT_END.finditer(text.folded):
        if inside(match, taken) or not _IS_MONEY.search(match["a"]) or not _lends(text, match):
            continue
        yield from _amount(text, match, f"{'hasta' if match['most'] else 'desde'} {match['a']}", country)


def _lends(text: Text, match: re.Match[str]) -> bool:
    """Does the sentence speak of what is lent, on no condition? (A payment, an income, a prize are none of it.)"""
    clause, after = text.clause_before(match.start()), text.after(match.end())
    return not (
        _NOT_LENT.search(text.before(match.start()))
        or _NOT_LENT_HERE.search(clause)
        or _SUBLIMIT.search(clause)
        or _NOT_LENT_AFTER.search(after)
        or (after.startswith(" de ") and not _IS_PESOS.search(match[0]))  # 2 millones de clientes
    )


def _amount(text: Text, match: re.Match[str], figure: str, country: str) -> Iterator[Said]:
    amount = _read_amount(figure, country)
    if amount is not None and ordered(amount.low, amount.high):
        yield Said("amount", text.words(*from_mark(text, match)), amount.low, amount.high)


@lru_cache(maxsize=4_096)
def _read_amount(figure: str, country: str) -> Amount | None:
    """The amount, if it is one in the country's pesos that anybody lends."""
    amount = reading.read_amount(Cell(figure), country=country).value
    if amount is None or amount.unit != "currency":
        return None
    if amount.currency not in (None, "MXN" if country == "MX" else "COP"):
        return None
    least = Decimal(100) if country == "MX" else Decimal(10_000)
    return amount if all(end is None or end >= least for end in (amount.low, amount.high)) else None
