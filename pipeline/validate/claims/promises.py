"""Claims in words: "sin comisiones", "tasa fija", "aunque esté reportado". Pure; all of it is assumed (rule X20).

Only fields that exist are claimed about: "sin codeudor" has none. What a promise limits ("sin comisión por prepago",
"sin costos ocultos") promises something else and is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pipeline.validate.claims.said import Said, Text, names_rate_kind, places

_NONE = (
    r"\b(?P<no>(?:sin(?: cobro de| costo de| ningun[ao]?)?|cero|0 ?%? ?(?:de)?|libres? de|"
    r"no (?:cobramos|se cobra|tiene|hay|pague|paga|exige|requiere|necesita|pedimos)|ni|no|without(?: any| a| an)?|"
    r"zero|free of) )"
)
_OTHER = (
    r"(?! ?(?:ocult|adicional|extra|sorpres|obligat|por |de |del |al? |en |for |on |if |when |to |until|"
    r"charged (?:for|on)|"
    r"the first|durante|los primer|hasta|si |cuando|,? ?except|anual|mensual|bancari))"
)
_PROMISES = {
    "origination": (
        ("apertura", "origina", "estudio", "desembols", "opening", "upfront", "up-front"),
        re.compile(
            rf"{_NONE}(?:(?:comision(?:es)?|cuota|cobros?) (?:por|de) (?:apertura|originacion|estudio|desembolso)|"
            r"(?:origination|opening|upfront|up-front) (?:fees?|charges?|commissions?))\b(?! (?:si|cuando|if|when|for))"
        ),
    ),
    "fees": (
        ("comision", "fee", "commission"),
        re.compile(rf"{_NONE}(?:comision(?:es)?|fees?|commissions?)\b{_OTHER}"),
    ),
    "guarantee": (
        ("aval", "fianza", "guarantee"),
        re.compile(rf"{_NONE}(?:aval|avales|fianzas?|guarantee fees?)\b{_OTHER}"),
    ),
    "insurance": (("seguro", "insurance"), re.compile(rf"{_NONE}(?:seguros?|insurance)\b{_OTHER}")),
}
_DENIALS = ("sin ", "ni ", "no ", "cero ", "zero ", "libre", "without", "free of", "0")
_DENIED = re.compile(
    rf"{_NONE}(?:comision|cuota|cobro|aval|fianza|seguro|origin|opening|up-?front|fee|comm|guar|insur)"
)
"""How all of these promises begin."""
_HIDDEN = re.compile(r"\b(?:hidden|ocult|surprise|early|prepay)")
_KIND = re.compile(
    r"\b(?:tasas?|interes(?:es)?)(?: de interes)?(?: (?:mensual|anual|efectiva|nominal|e\.a\.|m\.v\.|100%)){0,2} "
    r"(?P<es>fij[oa]s?|variables?)\b|\b(?P<en>fixed|variable)[ -](?:interest[ -])?rates?\b"
)
_ENGLISH_KINDS = ("fixed", "variable ", "variable-")
_NOT_SO = re.compile(
    r"\b(?:sin|no|ni|not|without|nunca|never|instead of|en (?:lugar|vez) de|o|or|than|que) (?:an? |una? |la )?$"
)
_EITHER = re.compile(r"^ (?:o|u|y|or|and|/) (?:una? )?(?:tasa )?(?:fij|variab|mixt|fixed)")
_REPORTED = re.compile(
    r"\b(?:para|a|incluso|aceptamos|acepta|aunque este[sn]?|asi este[sn]?|si esta[sn]?|estando|aun) "
    r"(?:personas |clientes )?reportad[oa]s?\b|\breportad[oa]s? (?:bienvenid|tambien)|\b(?:even with|accepts?|"
    r"we accept) (?:a )?"
    r"(?:bad credit|negative credit|negative report)"
)
_NOT_REPORTED = re.compile(
    r"\b(?:no (?:estar?|este[sn]?|se aceptan?|aceptamos?|acepta) (?:personas |clientes )?reportad[oa]s?\b|"
    r"sin reportes? negativos?\b|no negative (?:credit )?reports?\b|"
    r"no apt[oa] para reportad[oa]s?|no aplica para reportad[oa]s?)"
)
_REFUSED = re.compile(r"\b(?:no|ni|excepto|salvo|nunca|not)\b(?! importa)")
_REPORTED_TO = re.compile(r"^ (?:a|ante|mensual|oportun|to)\b")


def promises_in(text: Text) -> Iterator[Said]:
    """Every claim in words, each kind at most once a text."""
    for kind, (stems, pattern) in _PROMISES.items() if _denies(text) else ():
        if not text.has(*stems):
            continue
        match = next((m for m in _near(text, text.places(stems), pattern) if not _limited(text, m)), None)
        if match is not None:
            yield Said(kind, text.words(*match.span()))
    if text.has(*_KINDS):
        yield from _rate_type(text)
    if text.has(*_REPORT):
        yield from _reported(text)


def _denies(text: Text) -> bool:
    return any(_DENIED.match(text.folded, at) for first in _DENIALS for at in places(text.folded, first))


_REPORT = ("report", "bad credit", "negative credit")
_KINDS = ("fij", "variable", "fixed")
STEMS = (*dict.fromkeys(stem for stems, _ in _PROMISES.values() for stem in stems), *_KINDS, *_REPORT)
"""A text without any of these promises nothing."""


def _near(text: Text, at_places: Iterable[int], pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """Every match, looked for only where a stem is that it must contain: no pattern here reaches further around one."""
    for low, high in text.around(at_places):
        yield from pattern.finditer(text.folded, low, high)


def _limited(text: Text, match: re.Match[str]) -> bool:
    """`no hidden fees`, `sin comisiones ni costos ocultos` are about other things."""
    return bool(_HIDDEN.search(match[0]) or _HIDDEN.search(text.after(match.end(), 24)))


def _rate_type(text: Text) -> Iterator[Said]:
    near = [at for at in text.places(_KINDS) if _of_a_rate(text.folded, at)]
    found = [match for match in _near(text, near, _KIND) if not _NOT_SO.search(text.before(match.start(), 20))]
    kinds = {"variable" if "variab" in (match["es"] or match["en"]) else "fixed" for match in found}
    offered = any(_EITHER.search(text.folded[match.end() : match.end() + 20]) for match in found)
    if len(kinds) == 1 and not offered:  # who offers both contradicts neither
        yield Said(f"rate_{kinds.pop()}", text.words(*found[0].span()))


def _of_a_rate(plain: str, at: int) -> bool:
    """Could the word that begins here say which kind of rate it is? Quick: most speak of something else."""
    return plain.startswith(_ENGLISH_KINDS, at) or names_rate_kind(plain, at, at + len("variab"))


def _reported(text: Text) -> Iterator[Said]:
    refused = next(_near(text, text.places(_REPORT), _NOT_REPORTED), None)
    if refused is not None:
        yield Said("not_reported", text.words(*refused.span()))
        return
    for match in _near(text, text.places(_REPORT), _REPORTED):
        told = _REPORTED_TO.search(text.folded[match.end() : match.end() + 16])  # "será reportado a centrales"
        if not told and not _REFUSED.search(text.before(match.start(), 30)):
            yield Said("reported", text.words(*match.span()))
            return
