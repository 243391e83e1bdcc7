"""Rates and all-in costs claimed in prose. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from pipeline import reading
from pipeline.reading import Rate
from pipeline.validate.claims.grammar import AND, NUMBER, START, TO, inside
from pipeline.validate.claims.said import Said, Text
from pipeline.workbook import Cell

_STRONG = (
    r"e\. ?a\b|ea\b|efectiv[oa] anual|effective annual|m\. ?v\b|mv\b|n\. ?m\. ?v\b|nmv\b|n\. ?a\. ?m\. ?v\b|namv\b|"
    r"(?:nominal )?mes vencido|nominal anual mes vencido|efectiv[oa] mensual|mensual vencid[oa]"
)
_WEAK = r"mensual|anual|al mes|al ano|por mes|monthly|a month|per month|annual|annually|a year|per year|per annum"
_PERCENT = rf"{NUMBER} ?%"
_BASIS = rf"(?: ?\(?(?P<basis>{_STRONG}|{_WEAK})\b)"
_RATE = re.compile(
    rf"(?:\b(?:entre|between) (?:el )?(?P<c>{NUMBER}) ?%? (?:y|e|and) (?:el )?|{START}(?P<a>{NUMBER}) ?%?{TO}|{START})"
    rf"(?P<b>{NUMBER})(?P<sign> ?%)?{_BASIS}"
)
_RATE_BARE = re.compile(
    r"\b(?:tasas?|interes(?:es)?|rates?|interest)"
    r"(?P<how>(?: (?:de interes|interest|rate|fijas?|fixed|variable|corriente|ordinaria|remuneratoria|preferencial|"
    r"baja|"
    r"anual|mensual|efectiva|nominal|simple|e\.a\.|ea|m\.v\.|mv|annual|monthly|effective|desde|hasta|entre|from|up to|"
    r"of|"
    r"at|is|as low as|starting|del?|un|una|el|la|es|a partir|a|al)){0,6}):? "
    rf"(?P<a>{_PERCENT})(?:(?:{TO}|{AND})(?P<b>{_PERCENT}))?(?!{_BASIS})"
)
_SAID_BEFORE = (
    (re.compile(r"efectiva anual|e\.a\.|\bea\b|effective annual|annual effective"), ("EA",)),
    (re.compile(r"mensual|m\.v\.|\bmv\b|month|\bmes\b"), ("MV",)),
    (re.compile(r"anual|annual|\bano\b|year"), ("EA", "NAMV", "NA_SIMPLE")),
)
_RATE_WORD = re.compile(r"\b(?:tasa|interes|rate|interest)")
_NOT_A_RATE = re.compile(
    r"\b(?:mora\b|moratori|usura|ahorr|rendim|rentab|cdt|descuent|cashback|devol|comisi|seguros?\b|aval\b|fianza|fondo|"
    r"iva\b|c\.?a\.?t\b|vtua|costo|aument|inflac|ipc|dtf|ibr|uvr|tiie|penal|late|default|saving|discount|fee|yield|"
    r"deposit|baj[ae] (?:su|tu|la)|bajamos|bajar|reduc|reduz|disminu|rebaj|lower your|save|hasta un|menos|versus|vs|"
    r"otr[oa]s?|competenc|antes|aprobac|exito|desempleo|subsid|exced|maxim[ao] legal|inviert|invertir|su inversion|"
    r"gan[ae]|insur|guarantee|approval|success|other|instead|mas \d|plus|puntos|promo|primer|first|inicial)|\+"
)
_NOT_A_RATE_AFTER = re.compile(
    r"^[ )]*(?:[a-z]+ ){0,2}?(?:descuent|menos|menor|adicional|de mora|morator|del valor|del monto|del cupo|del saldo|"
    r"de comis|de aval|de rebaja|de ahorro|de iva|off\b|discount|less|lower|of the|mas baj|aprob|primer|first|por mora|"
    r"los primeros|durante|en los primer|en caso de)"
)
_TOTAL = re.compile(
    r"\b(?:c\.a\.t\.|cat|vtua)(?: (?:promedio|ponderado|anual|informativo|sin iva|del|de|es|is|of)){0,4}:? "
    rf"(?P<a>{_PERCENT})"
)
_ANY_BASIS = ("EA", "MV", "NAMV", "NA_SIMPLE")


def rates_in(text: Text, country: str) -> Iterator[Said]:
    """Rates with a basis beside them, then bare percents that a rate word announces."""
    taken = []
    for match in _RATE.finditer(text.folded):
        taken.append(match.span())
        weak = re.fullmatch(_WEAK, match["basis"]) is not None
        if weak and not (match["sign"] and _RATE_WORD.search(text.clause_before(match.start()))):
            continue
        if _prices(text, match):
            bases = _bases_of(match["basis"]) if weak else ()
            yield from _rate(text, match, (match["a"] or match["c"], match["b"], match["basis"]), bases, country)
    for match in _RATE_BARE.finditer(text.folded):
        if not inside(match, taken) and _prices(text, match):
            low, high = (match[name] and match[name].rstrip(" %") for name in "ab")
            yield from _rate(text, match, (low if high else None, high or low, ""), _bases_of(match["how"]), country)


def _bases_of(words: str) -> tuple[str, ...]:
    """What `anual` or `mensual` allow in prose: nobody can tell an effective from a nominal year."""
    return next((bases for pattern, bases in _SAID_BEFORE if pattern.search(words)), _ANY_BASIS)


def _prices(text: Text, match: re.Match[str]) -> bool:
    """Is it the rate of this credit? (A default rate, an index, a discount, a fee are not.)"""
    said = f"{text.before(match.start(), 40)}{match[0]}"
    return not (_NOT_A_RATE.search(said) or _NOT_A_RATE_AFTER.search(text.after(match.end())))


def _rate(
    text: Text, match: re.Match[str], said: tuple[str | None, str, str], bases: tuple[str, ...], country: str
) -> Iterator[Said]:
    low, high, basis = said
    rate = _read_rate(f"{low}% a {high}% {basis}" if low else f"{high}% {basis}", country)
    if rate is None or rate.low is None or rate.high is None:
        return
    bases = bases or rate.bases or ((rate.basis,) if rate.basis else _ANY_BASIS)
    places = min(rate.places_low, rate.places_high)
    yield Said("rate", text.words(*_with_mark(text, match)), rate.low, rate.high, bases=bases, places=places)


@lru_cache(maxsize=4_096)
def _read_rate(figure: str, country: str) -> Rate | None:
    return reading.read_rate(Cell(figure), country=country).value


def _with_mark(text: Text, match: re.Match[str]) -> tuple[int, int]:
    opened = re.search(
        r"\b(?:desde|hasta|from|up to|entre|de) (?:el |la )?$", text.folded[max(0, match.start() - 12) : match.start()]
    )
    closing = 1 if text.folded[match.end() : match.end() + 1] in (".", ")") and "." in match[0][-4:] else 0
    return match.start() - (len(opened[0]) if opened else 0), match.end() + closing


def totals_in(text: Text) -> Iterator[Said]:
    """CAT and VTUA, where one figure follows the word."""
    for match in _TOTAL.finditer(text.folded):
        rate = _read_rate(match["a"], "MX")
        if rate is not None and rate.low is not None:
            yield Said("total_cost", text.words(*match.span()), rate.low, rate.low, places=rate.places_low)
