"""Figures claimed in prose: rates, amounts, terms, ages. Pure.

A pattern finds where a figure is claimed and in which words; `pipeline.reading` says what the figure is, so that a
description and a cell are read alike. Whatever is doubtful claims nothing: a false alarm costs more than a miss.
All of it is assumed (rule X20 names tasa, monto and plazo only).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from itertools import islice

from pipeline import reading
from pipeline.reading import Amount, Rate, Term
from pipeline.validate.claims.said import MOST_CLAIMS, Said, Text
from pipeline.workbook import Cell

_START = r"(?<![\w.,'$+/-])"
_NUMBER = r"(?:\d{1,3}(?:[.,' ]\d{3}){1,4}(?:[.,]\d{1,2})?(?!\d)|\d{1,12}(?:[.,]\d{1,6})?)(?![\d/]|[.,]\d)"
_CURRENCY = r"(?:(?:us\$|usd|cop|mxn|mx\$|\$) ?\$? ?)"
_TIMES = r"(?: ?(?:mil millones|millones|millon|million|thousand|mil|mm|mdp|k|m)\b)?"
_PESOS = r"(?: (?:de )?(?:pesos|dolares|usd|cop|mxn|m\.n\.|smmlv|smlv|smmlv|uvt|udis?|umas?)(?![a-z])){0,2}"
_MONEY = rf"{_CURRENCY}?{_NUMBER}{_TIMES}{_PESOS}"
_TO = r" ?(?:a|hasta|to|-)(?: (?:los|las|el|la))? ?"
_AND = r" (?:y|e|and|a|to|hasta)(?: (?:los|las|el|la))? "
_ARTICLE = r"(?:(?:los|las|el|la|un|una|unos|en|por|con|a|in|of|the)(?: los| el)? )?"
_MOST = rf"(?:hasta|maximo(?: de)?|max\.|up to|maximum(?: of)?|at most|no mas de):? {_ARTICLE}"
_LEAST = (
    rf"(?:desde|a partir de|minimo(?: de)?|from|starting (?:at|from)|as low as|minimum(?: of)?|at least):? {_ARTICLE}"
)

_AMOUNT_RANGE = re.compile(
    rf"\b(?:entre|between) (?:los )?(?P<a>{_MONEY}){_AND}(?P<b>{_MONEY})|{_START}(?P<c>{_MONEY}){_TO}(?P<d>{_MONEY})"
)
_AMOUNT_END = re.compile(rf"\b(?:(?P<most>{_MOST})|(?P<least>{_LEAST}))(?P<a>{_MONEY})")
_IS_MONEY = re.compile(r"\$|\b(?:millon|millones|million|mdp|pesos|cop|mxn)\b|m\.n\.")
_NOT_AN_AMOUNT = re.compile(
    r"\b(?:cuota|pago|abon|prima|comisi|segur|cobertura|ampar|asegur|ingreso|salari|sueldo|gan[ae]|devenga|venta|"
    r"factur|cost|cobr|ahorr|descuent|bono|premi|iva|estudio de|administra|plataforma|retir|compra|inscrip|matricul|"
    r"patrimon|activos|deud|saldo|cashback|regal|devol|cdt|deposit|invier|anualidad|multa|sancion|income|salar|sales|"
    r"revenue|pay(?:ment|ing|s)?\b|instal|fee|premium|cover|insur|reward|gift|save|saving|earn|win|cada|transfer|"
    r"envi[ao]|gmf|avance|casi|cerca de|alrededor|aproxim|mas de|menos de|about|almost|more than|less than|nearly|"
    r"around|tope de|descubierto|recarg|rifa|sorte|vivienda|inmueble|vehiculo de|valor del|avaluo)"
)
_SUBLIMIT = re.compile(
    r"\b(?:sin (?:codeudor|garantia|aval|fiador|fianza)|primer|nuev|clientes?|si |cuando|con (?:garantia|codeudor|aval)|"
    r"without|first|new|when|if |para (?:montos|creditos|prestamos|desembolsos)|for (?:loans|amounts)|adicional|extra)"
)
_NOT_AN_AMOUNT_AFTER = re.compile(
    r"^ ?(?:[a-z]+ ){0,2}?(?:mensual|al mes|por mes|al dia|diari|por dia|semanal|al ano|anual|quincenal|cada|por millon|"
    r"por cada|de (?:ingreso|cuota|venta|salari|sueldo|descuent|cobertur|ahorr|premi|seguro|comision|prima|inicial|deuda|"
    r"renta|nomina)|en (?:premi|venta|compr|bono|descuent|ingreso|salari)|a month|per month|monthly|a year|weekly|"
    r"in (?:sales|income|prizes|cover)|of (?:cover|income|salary)|off\b|adicional|extra|sin (?:codeudor|aval|garantia))"
)

_COUNT = r"\d{1,4}(?![\d%/]|[.,]\d| ?%)"
_UNITS = r"(?:meses|mes|mensualidades|quincenas?|semanas?|dias?|anos?|months?|weeks?|days?|years?|fortnights?)\b"
_TERM_RANGE = re.compile(
    rf"\b(?:entre|between) (?P<a>{_COUNT})(?: {_UNITS})?{_AND}(?P<b>{_COUNT})[ -](?P<u>{_UNITS})|"
    rf"{_START}(?P<c>{_COUNT})(?: {_UNITS})?{_TO}(?P<d>{_COUNT})[ -](?P<v>{_UNITS})"
)
_TERM_END = re.compile(rf"\b(?:(?P<most>{_MOST})|(?P<least>{_LEAST}))(?P<a>{_COUNT})[ -](?P<u>{_UNITS})")
_TERM_ALONE = re.compile(
    rf"\b(?:plazos?|pag(?:ue|a|ar|uelo|alo|arlo|adero)|repay|repaid|term)(?: (?:de|a|en|es de|fijo de|it|in|over|of|is)){{0,2}}:? "
    rf"(?P<a>{_COUNT})[ -](?P<u>{_UNITS})|"
    rf"{_START}(?P<b>{_COUNT})[ -](?P<v>{_UNITS})(?= (?:de plazo|para pagar|to repay|to pay|term)\b)"
)
_NOT_A_TERM = re.compile(
    r"\b(?:edad|antig|experienc|garanti|gracia|ultim|extract|sin interes|respuest|respond|desembols|aprob|vigen|"
    r"cobertur|segur|carenc|labora|trabaj|contrat|histori|nomina de|atras|mora|constitu|operaci|funcion|relacion|cada|"
    r"primer|promo|descuent|congel|estudi|activ|empresa|negocio|mercad|desde hace|hace|age|aged|grace|last|latest|"
    r"approv|answer|disburs|deliver|interest.free|experience|statements|employ|every|old|mayor|menor|jubil|pension|"
    r"entreg|reciba|dinero en|listo en|visit|devol|retract|prueba|trial|casi|mas de|menos de|more than|less than)"
)
_NOT_A_TERM_AFTER = re.compile(
    r"^ ?(?:[a-z]+ ){0,2}?(?:de gracia|de antig|de experien|de edad|habil|sin inter|de vida|de garant|de opera|de nomin|"
    r"de constit|de labor|de trab|de histor|de mora|de atras|de relac|de vigen|de cober|de descu|en el mer|calend|"
    r"old\b|of age|grace|business|working|interest.free|of exper|of hist|antes|despu|before|after|gratis|free|de prueba)"
)
_REPAYING = re.compile(
    r"\b(?:plazo|pag[aou]|pague|term\b|terms\b|repay|repaid|cuotas|difer|financ|loan|credito|prestamo)"
)
_OLDEST_TERM = 30
"""Years: whoever writes `hasta 70 años` without a word of paying means a person."""

_AGE_RANGE = re.compile(
    rf"{_START}(?P<a>\d\d)(?: anos| years)? ?(?:a|y|hasta|to|and|-)(?: los)? ?(?P<b>\d\d)(?![\d.,%])(?: (?:anos|years)\b)?"
)
_AGE_FROM = re.compile(
    r"\bmayor(?:es)? (?:de|a) (?P<a>\d\d)\b(?! ?%| meses)|\bedad minima:? (?:de )?(?P<b>\d\d)\b|"
    r"\b(?:desde|from) (?:los )?(?P<c>\d\d) (?:anos de edad|years old|years of age)|\b(?P<d>\d\d) (?:years )?(?:or|and) older\b"
)
_AGE_TO = re.compile(
    r"\bedad maxima:? (?:de )?(?P<a>\d\d)\b|"
    r"\b(?:hasta|up to) (?:los )?(?P<b>\d\d) (?:anos de edad|years old|years of age)"
)
_AGE_WORD = re.compile(r"\bedad|\bage[ds]?\b|\bmayor")
_AGE_AFTER = re.compile(r"^ ?(?:anos |years )?(?:de edad|old|of age)")

_STRONG = (
    r"e\. ?a\b|ea\b|efectiv[oa] anual|effective annual|m\. ?v\b|mv\b|n\. ?m\. ?v\b|nmv\b|n\. ?a\. ?m\. ?v\b|namv\b|"
    r"(?:nominal )?mes vencido|nominal anual mes vencido|efectiv[oa] mensual|mensual vencid[oa]"
)
_WEAK = r"mensual|anual|al mes|al ano|por mes|monthly|a month|per month|annual|annually|a year|per year|per annum"
_PERCENT = rf"{_NUMBER} ?%"
_BASIS = rf"(?: ?\(?(?P<basis>{_STRONG}|{_WEAK})\b)"
_RATE = re.compile(rf"(?:{_START}(?P<a>{_NUMBER}) ?%?{_TO})?{_START}(?P<b>{_NUMBER})(?P<sign> ?%)?{_BASIS}")
_RATE_BARE = re.compile(
    r"\b(?:tasas?|interes(?:es)?|rates?|interest)"
    r"(?: (?:de interes|interest|rate|fijas?|fixed|variable|corriente|ordinaria|remuneratoria|preferencial|baja|desde|"
    r"hasta|entre|from|up to|of|at|is|as low as|starting|del?|un|una|el|la|es|a partir|a|al)){0,5}:? "
    rf"(?P<a>{_PERCENT})(?:(?:{_TO}|{_AND})(?P<b>{_PERCENT}))?(?!{_BASIS})"
)
_RATE_WORD = re.compile(r"\b(?:tasa|interes|rate|interest)")
_NOT_A_RATE = re.compile(
    r"\b(?:mora|moratori|usura|ahorr|rendim|rentab|cdt|descuent|cashback|devol|comisi|segur|aval|fianza|fondo|iva|"
    r"c\.?a\.?t|vtua|costo|aument|inflac|ipc|dtf|ibr|uvr|tiie|penal|late|default|saving|discount|fee|yield|deposit|"
    r"baj[aeo]|reduc|reduz|disminu|rebaj|lower|save|hasta un|menos|versus|vs|otr[oa]s?|competenc|antes|aprobac|exito|"
    r"desempleo|subsid|exced|maxim[ao] legal|inver(?:si|t)[a-z]* al|gan[ae]|insur|guarantee|approval|success|"
    r"other|instead|mas|plus|puntos|promo|primer|first|cuotas? inicial)|\+"
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
_BARE_BASES = ("EA", "MV", "NAMV", "NA_SIMPLE")
_ANNUAL_BASES = ("EA", "NAMV", "NA_SIMPLE")


def figures_in(text: Text, country: str) -> Iterator[Said]:
    """Every figure the text claims, in no particular order."""
    yield from islice(_rates(text, country), MOST_CLAIMS)
    yield from islice(_totals(text), MOST_CLAIMS)
    yield from islice(_amounts(text, country), MOST_CLAIMS)
    yield from islice(_terms(text), MOST_CLAIMS)
    yield from islice(_ages(text), MOST_CLAIMS)


def _first(match: re.Match[str], *names: str) -> str | None:
    return next((match[name] for name in names if match[name] is not None), None)


def _inside(match: re.Match[str], taken: list[tuple[int, int]]) -> bool:
    return any(match.start() < end and start < match.end() for start, end in taken)


# Amounts.


def _amounts(text: Text, country: str) -> Iterator[Said]:
    taken = []
    for match in _AMOUNT_RANGE.finditer(text.folded):
        low, high = _first(match, "a", "c") or "", _first(match, "b", "d") or ""
        if _IS_MONEY.search(low + " " + high):
            taken.append(match.span())
            if _lends(text, match):
                yield from _amount(text, match, f"{low} a {high}", country)
    for match in _AMOUNT_END.finditer(text.folded):
        if _inside(match, taken) or not _IS_MONEY.search(match["a"]) or not _lends(text, match):
            continue
        yield from _amount(text, match, f"{'hasta' if match['most'] else 'desde'} {match['a']}", country)


def _lends(text: Text, match: re.Match[str]) -> bool:
    """Does the sentence speak of what is lent, on no condition? (A payment, an income, a prize are none of it.)"""
    return not (
        _NOT_AN_AMOUNT.search(text.before(match.start()))
        or _SUBLIMIT.search(text.clause_before(match.start()))
        or _NOT_AN_AMOUNT_AFTER.search(text.after(match.end()))
    )


def _amount(text: Text, match: re.Match[str], figure: str, country: str) -> Iterator[Said]:
    amount = _read_amount(figure, country)
    if amount is not None:
        yield Said("amount", text.words(*_from_mark(text, match)), amount.low, amount.high)


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


def _from_mark(text: Text, match: re.Match[str]) -> tuple[int, int]:
    """The claim with the word that opens it: `de` of `de 12 a 60 meses`."""
    opened = re.search(r"\b(?:de|desde|from) $", text.folded[max(0, match.start() - 6) : match.start()])
    return match.start() - (len(opened[0]) if opened else 0), match.end()


# Terms.


def _terms(text: Text) -> Iterator[Said]:
    taken = []
    for match in _TERM_RANGE.finditer(text.folded):
        taken.append(match.span())
        unit = _first(match, "u", "v") or ""
        yield from _term(text, match, f"{_first(match, 'a', 'c')} a {_first(match, 'b', 'd')} {unit}")
    for match in _TERM_END.finditer(text.folded):
        if not _inside(match, taken):
            taken.append(match.span())
            yield from _term(text, match, f"{'hasta' if match['most'] else 'desde'} {match['a']} {match['u']}")
    for match in _TERM_ALONE.finditer(text.folded):
        if not _inside(match, taken):
            yield from _term(text, match, f"{_first(match, 'a', 'b')} {_first(match, 'u', 'v')}")


def _term(text: Text, match: re.Match[str], figure: str) -> Iterator[Said]:
    term = _read_term(figure.replace("mensualidades", "meses"))
    if term is None or not _is_term(text, match, term):
        return
    low, high = (None if end is None else Decimal(end) for end in (term.low, term.high))
    yield Said("term", text.words(*_from_mark(text, match)), low, high, unit=term.unit)


@lru_cache(maxsize=4_096)
def _read_term(figure: str) -> Term | None:
    term = reading.read_term(Cell(figure)).value
    return term if term is not None and term.unit is not None else None


def _is_term(text: Text, match: re.Match[str], term: Term) -> bool:
    before, after = text.before(match.start()), text.after(match.end())
    if _NOT_A_TERM.search(before) or _NOT_A_TERM_AFTER.search(after):
        return False
    repaying = _REPAYING.search(f"{before}{match[0]}{after}") is not None
    if term.unit == "year":
        return repaying or max(term.low or 0, term.high or 0) <= _OLDEST_TERM and (term.high or 0) < 18
    return repaying or term.unit in ("month", "fortnight")


# Ages.


def _ages(text: Text) -> Iterator[Said]:
    for match in _AGE_RANGE.finditer(text.folded):
        near = _AGE_WORD.search(text.before(match.start(), 25)) or _AGE_AFTER.search(text.after(match.end(), 16))
        if near and match["a"] < match["b"]:
            yield Said("age", text.words(*_from_mark(text, match)), Decimal(match["a"]), Decimal(match["b"]))
    for match in _AGE_FROM.finditer(text.folded):
        value = Decimal(_first(match, "a", "b", "c", "d") or 0)
        if value >= 18 and "negocio" not in text.before(match.start()):
            yield Said("age", text.words(*match.span()), value, None)
    for match in _AGE_TO.finditer(text.folded):
        yield Said("age", text.words(*match.span()), None, Decimal(_first(match, "a", "b") or 0))


# Rates.


def _rates(text: Text, country: str) -> Iterator[Said]:
    for match in _RATE.finditer(text.folded):
        weak = re.fullmatch(_WEAK, match["basis"]) is not None
        if weak and not (match["sign"] and _RATE_WORD.search(text.clause_before(match.start()))):
            continue
        if _prices(text, match):
            yield from _rate(text, match, match["a"], match["b"], match["basis"], country)
    for match in _RATE_BARE.finditer(text.folded):
        if _prices(text, match):
            low, high = (match[name] and match[name].rstrip(" %") for name in "ab")
            yield from _rate(text, match, low if high else None, high or low, "", country)


def _prices(text: Text, match: re.Match[str]) -> bool:
    """Is it the rate of this credit? (A default rate, an index, a discount, a fee are not.)"""
    said = f"{text.before(match.start(), 40)}{match[0]}"
    return not (_NOT_A_RATE.search(said) or _NOT_A_RATE_AFTER.search(text.after(match.end())))


def _rate(
    text: Text, match: re.Match[str], low: str | None, high: str | None, basis: str, country: str
) -> Iterator[Said]:
    figure = f"{low}% a {high}% {basis}" if low else f"{high}% {basis}"
    rate = _read_rate(figure, country)
    if rate is None or rate.low is None or rate.high is None:
        return
    bases = rate.bases or ((rate.basis,) if rate.basis else _ANNUAL_BASES if basis else _BARE_BASES)
    places = min(rate.places_low, rate.places_high)
    start, end = _with_mark(text, match)
    yield Said("rate", text.words(start, end), rate.low, rate.high, bases=bases, places=places)


@lru_cache(maxsize=4_096)
def _read_rate(figure: str, country: str) -> Rate | None:
    return reading.read_rate(Cell(figure), country=country).value


def _with_mark(text: Text, match: re.Match[str]) -> tuple[int, int]:
    opened = re.search(
        r"\b(?:desde|hasta|from|up to|entre|de) (?:el |la )?$", text.folded[max(0, match.start() - 12) : match.start()]
    )
    closing = 1 if text.folded[match.end() : match.end() + 1] in (".", ")") and "." in match[0][-4:] else 0
    return match.start() - (len(opened[0]) if opened else 0), match.end() + closing


def _totals(text: Text) -> Iterator[Said]:
    for match in _TOTAL.finditer(text.folded):
        rate = _read_rate(match["a"], "MX")
        if rate is not None and rate.low is not None:
            yield Said("total_cost", text.words(*match.span()), rate.low, rate.low, places=rate.places_low)
