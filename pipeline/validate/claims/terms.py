"""Terms and ages claimed in prose. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache

from pipeline import reading
from pipeline.reading import Term
from pipeline.validate.claims.grammar import AND, LEAST, MOST, START, TO, UNITS, first, from_mark, inside, ordered
from pipeline.validate.claims.said import Said, Text
from pipeline.workbook import Cell

_COUNT = r"\d{1,4}(?![\d%/]|[.,]\d| ?%)"
_TERM_RANGE = re.compile(
    rf"\b(?:entre|between) (?P<a>{_COUNT})(?: {UNITS})?{AND}(?P<b>{_COUNT})[ -](?P<u>{UNITS})|"
    rf"{START}(?P<c>{_COUNT})(?: {UNITS})?{TO}(?P<d>{_COUNT})[ -](?P<v>{UNITS})"
)
_TERM_END = re.compile(rf"\b(?:(?P<most>{MOST})|(?P<least>{LEAST}))(?P<a>{_COUNT})[ -](?P<u>{UNITS})")
_TERM_ALONE = re.compile(
    rf"\b(?:plazos?|pag(?:ue|a|ar|uelo|alo|arlo|adero)|repay|repaid|term)"
    rf"(?: (?:de|a|en|es de|fijo de|it|in|over|of|is)){{0,2}}:? (?P<a>{_COUNT})[ -](?P<u>{UNITS})|"
    rf"{START}(?P<b>{_COUNT})[ -](?P<v>{UNITS})(?= (?:de plazo|para pagar|to repay|to pay|term)\b)"
)
_NOT_A_TERM = re.compile(
    r"\b(?:edad|antig|experienc|garanti|gracia|ultim|extract|sin interes|respuest|respond|desembols|aprob|vigen|"
    r"cobertur|seguro|carenc|contrat|histori|nomina de|atras|mora\b|relacion|cada|primer|promo|descuent|congel|hace|"
    r"ages?\b|aged|grace|last|latest|approv|answer|disburs|deliver|interest.free|experience|statements|employ|every|"
    r"old|mayor|"
    r"menor|entreg|reciba|dinero en|listo en|visit|devol|retract|prueba|trial|casi|mas de|menos de|more than|less than|"
    r"empiec|empez|comien|start|sin pagar|nada|despues|after|joven|personas de|ninos|hijos)"
)
_NOT_A_SHORTEST_TERM = re.compile(
    r"\b(?:labora|trabaj|constitu|operaci|operand|funcion|estudi|activ|empresa|negocio|mercad|vincula|comprobante)"
)
_NOT_A_TERM_AFTER = re.compile(
    r"^ ?(?:[a-z]+ ){0,2}?(?:de gracia|de antig|de experien|de edad|habil|sin inter|de vida|de garant|de opera|"
    r"de nomin|de constit|de labor|de trab|de histor|de mora|de atras|de relac|de vigen|de cober|de descu|en el mer|"
    r"calend|"
    r"old\b|of age|grace|business|working|interest.free|of exper|of hist|antes|despu|before|after|gratis|free|"
    r"de prueba)"
)
_REPAYING = re.compile(r"\b(?:plazos?|pag[aou]\w*|pague\w*|terms?|repay|repaid)\b")
_REPAID_AFTER = re.compile(r"^ (?:de plazo|para pagar|to repay|to pay|terms?\b)")
_GRACE = re.compile(r"\b(?:gracia|grace|interest.free|sin interes)")
_AGES_BEGIN = 18
"""Years: `de 18 a 25 años` is a person, `hasta 20 años` needs a word of paying to be a term."""

_AGE_RANGE = re.compile(
    rf"{START}(?P<a>\d\d)(?: anos| years)? ?(?:a|y|hasta|to|and|-)(?: los)? ?(?P<b>\d\d)(?![\d.,%])"
    r"(?: (?:anos|years)\b)?"
)
_AGE_FROM = re.compile(
    r"\bmayor(?:es)? (?:de|a) (?P<a>\d\d)\b(?! ?%| meses)|\bedad minima:? (?:de )?(?P<b>\d\d)\b|"
    r"\b(?:desde|from) (?:los )?(?P<c>\d\d) (?:anos de edad|years old|years of age)|"
    r"\b(?P<d>\d\d) (?:years )?(?:or|and) older\b"
)
_AGE_TO = re.compile(
    r"\bedad maxima:? (?:de )?(?P<a>\d\d)\b|"
    r"\b(?:hasta|up to) (?:los )?(?P<b>\d\d) (?:anos de edad|years old|years of age)"
)
_AGE_WORD = re.compile(r"\bedad|\bage[ds]?\b|\bmayor")
_AGE_AFTER = re.compile(r"^ ?(?:anos |years )?(?:de edad|old|of age)")


def terms_in(text: Text) -> Iterator[Said]:
    """Ranges, then open ends, then lone figures that a word of paying goes with."""
    taken = []
    for match in _TERM_RANGE.finditer(text.folded):
        taken.append(match.span())
        unit = first(match, "u", "v") or ""
        yield from _term(text, match, f"{first(match, 'a', 'c')} a {first(match, 'b', 'd')} {unit}")
    for match in _TERM_END.finditer(text.folded):
        if not inside(match, taken):
            taken.append(match.span())
            yield from _term(text, match, f"{'hasta' if match['most'] else 'desde'} {match['a']} {match['u']}")
    for match in _TERM_ALONE.finditer(text.folded):
        if not inside(match, taken):
            yield from _term(text, match, f"{first(match, 'a', 'b')} {first(match, 'u', 'v')}")


def _term(text: Text, match: re.Match[str], figure: str) -> Iterator[Said]:
    term = _read_term(figure.replace("mensualidades", "meses"))
    if term is None or not ordered(term.low, term.high) or not _is_term(text, match, term):
        return
    low, high = (None if end is None else Decimal(end) for end in (term.low, term.high))
    yield Said("term", text.words(*from_mark(text, match)), low, high, unit=term.unit)


@lru_cache(maxsize=4_096)
def _read_term(figure: str) -> Term | None:
    term = reading.read_term(Cell(figure)).value
    return term if term is not None and term.unit is not None else None


def _is_term(text: Text, match: re.Match[str], term: Term) -> bool:
    clause, after = text.clause_before(match.start()), text.after(match.end())
    if _REPAID_AFTER.search(after):
        return not _GRACE.search(clause + match[0] + after)
    if _NOT_A_TERM.search(clause + match[0]) or _NOT_A_TERM_AFTER.search(after):
        return False
    if term.low is not None and _NOT_A_SHORTEST_TERM.search(clause):
        return False
    longest = max(term.low or 0, term.high or 0)
    plain = term.unit in ("month", "fortnight") or (term.unit == "year" and longest < _AGES_BEGIN)
    person = term.unit == "year" and (term.low or 0) >= _AGES_BEGIN
    return plain or (not person and _REPAYING.search(text.clause_before(match.start(), 25) + match[0]) is not None)


def ages_in(text: Text) -> Iterator[Said]:
    """Ages, where the text speaks of age."""
    for match in _AGE_RANGE.finditer(text.folded):
        near = _AGE_WORD.search(text.before(match.start(), 25)) or _AGE_AFTER.search(text.after(match.end(), 16))
        if near and match["a"] < match["b"]:
            yield Said("age", text.words(*from_mark(text, match)), Decimal(match["a"]), Decimal(match["b"]))
    for match in _AGE_FROM.finditer(text.folded):
        value = Decimal(first(match, "a", "b", "c", "d") or 0)
        if value >= 18 and "negocio" not in text.before(match.start()):
            yield Said("age", text.words(*match.span()), value, None)
    for match in _AGE_TO.finditer(text.folded):
        yield Said("age", text.words(*match.span()), None, Decimal(first(match, "a", "b") or 0))
