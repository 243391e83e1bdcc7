"""A finding in words: what was found and what is allowed, how to mend it, and every figure the reader's way.

Spanish for Colombia writes `1.000.000,5`; Spanish for Mexico, and English, `1,000,000.5`. `lang` is `es` or `en`,
`country` is `CO`, `MX` or None (then Colombia's figures, the first market).
"""

from __future__ import annotations

import re
from functools import lru_cache

from schemas.findings import Fact, Finding
from schemas.requirements import Requirements, load
from schemas.requirements.values import BLANK, parts
from schemas.wording.facts import FROM_FIELD, as_seen, file_size, range_words, readings, styled
from schemas.wording.figures import (
    day,
    in_local_time,
    listed,
    moment,
    money,
    month,
    number,
    percent,
    quoted,
    short_day,
    short_moment,
    shortened,
    size,
)

__all__ = [
    "day", "fix", "in_local_time", "listed", "message", "moment", "money", "month", "number", "outline", "percent",
    "quoted", "range_words", "short_day", "short_moment", "shortened", "size", "title",
]  # fmt: skip


def message(finding: Finding, lang: str = "es", country: str | None = None) -> str:
    """What was found and what is allowed. KeyError when the finding lacks a fact its words need (a bug)."""
    return _fill(load().rule(finding.code).message[lang], finding, lang, country)


def fix(finding: Finding, lang: str = "es", country: str | None = None) -> str:
    """How to mend it. KeyError when the finding lacks a fact its words need (a bug)."""
    return _fill(load().rule(finding.code).fix[lang], finding, lang, country)


def title(code: str, lang: str = "es") -> str:
    """A finding code's name, for lists of causes: `Monto: no es una cifra`."""
    rule = load().rule(code)
    bare = Finding(code, rule.severity, rule.effect, rule.source)
    return _fill(rule.title[lang], bare, lang, None)


def outline(code: str, template: str, lang: str = "es") -> str:
    """A template with its field's words in place and its facts as `‹low›`, for the printed requirements."""
    rule = load().rule(code)
    words = _Words(Finding(code, rule.severity, rule.effect, rule.source), lang, None)
    return "".join(BLANK.sub(lambda blank: _named(words, blank[1]), piece) for piece, _ in parts(template))


def _named(words: _Words, blank: str) -> str:
    try:
        return words.get(blank)
    except KeyError:
        return f"‹{blank}›"


def _fill(template: str, finding: Finding, lang: str, country: str | None) -> str:
    cut = _cut(template, lang, country)
    if len(cut) == 1 and len(cut[0][0]) == 1:  # nothing to fill in
        return _begun(cut[0][0][0])
    words = _Words(finding, lang, country)
    return _begun("".join([_piece(texts, optional, words) for texts, optional in cut]))


def _begun(text: str) -> str:
    return text[:1].upper() + text[1:]


@lru_cache(maxsize=4096)
def _cut(template: str, lang: str, country: str | None) -> tuple[tuple[tuple[str, ...], bool], ...]:
    """The pieces of a template, each as text and blank by turns, with whether it is optional."""
    pieces = parts(_own_figures(template, lang, country))
    return tuple((tuple(BLANK.split(piece)), optional) for piece, optional in pieces if piece)


def _own_figures(template: str, lang: str, country: str | None) -> str:
    """Figures that stand in the template itself: in Spanish they are written the Colombian way."""
    return (
        _SEPARATOR.sub(lambda sign: "." if sign[0] == "," else ",", template)
        if (lang, country) == ("es", "MX")
        else template
    )


_SEPARATOR = re.compile(r"(?<=\d)[.,](?=\d)")


def _piece(texts: tuple[str, ...], optional: bool, words: _Words) -> str:
    filled = list(texts)
    try:
        filled[1::2] = map(words.get, texts[1::2])
    except KeyError:
        if optional:
            return ""
        raise
    return "".join(filled)


class _Words:
    """What fills the blanks of one finding: its facts first, then the finding's own place, then its field's words."""

    __slots__ = ("_country", "_facts", "_finding", "_lang", "_requirements", "_styles", "_subject")

    def __init__(self, finding: Finding, lang: str, country: str | None) -> None:
        self._requirements: Requirements = load()
        self._finding = finding
        self._lang = lang
        self._country = country
        self._facts: dict[str, Fact] = dict(finding.facts)
        self._styles = self._requirements.rule(finding.code).facts
        self._subject = self._requirements.words_for(finding.code, finding.field)

    def get(self, blank: str) -> str:
        """The text of a blank; KeyError when nothing fills it."""
        fact = self._facts.get(blank)
        if fact is not None and fact not in ("", ()):
            if blank == "readings" and self._finding.code.endswith(".ambiguous"):
                fact = readings(fact, self._lang, self._country)
            return self._fact(fact, self._styles.get(blank, "text"))
        found = self._own(blank)
        if not found:
            raise KeyError(f"{self._finding.code}: nothing fills {{{blank}}}")
        return found

    def _fact(self, fact: Fact, style: str) -> str:
        if style in ("what", "size"):
            return file_size(fact, style, self._facts, self._lang, self._country)
        return styled(fact, style, self._lang, self._country, self._subject)

    def _own(self, blank: str) -> str | None:
        value = as_seen(self._finding.value, self._lang)
        place = {"value": value, "cell": self._finding.cell, "product": self._finding.product}
        if blank in place:
            return shortened(place[blank] or "")
        if blank == "over":
            return self._over()
        if self._subject is None:
            raise KeyError(f"{self._finding.code} has no field whose words fill {{{blank}}}")
        if blank == "label":
            return self._requirements.spoken(self._subject)[self._lang]
        return FROM_FIELD[blank](self._subject, self._lang, self._country)

    def _over(self) -> str | None:
        limit = self._facts.get("limit", self._subject.max_length if self._subject else None)
        n = self._facts.get("n")
        return number(n - limit, self._lang, self._country) if isinstance(n, int) and isinstance(limit, int) else None
