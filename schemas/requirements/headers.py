"""Header texts: how they are normalised, and what one says when its unit is taken apart. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from schemas.requirements.values import Field, HeaderWord, UnitWord

_BRACKETS = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
_LETTERS = re.compile(r"\b(?:[a-z](?:\. ?| )){1,5}[a-z]\b")
_DOTS = re.compile(r"[. ]")
_NO_WORD = re.compile(r"[^\w%$+]|_")
_SIGN = re.compile(r"([%$+])")
_LONGEST = 200
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_MOST_WORDS = 12
"""Words of a header we still take apart; longer texts are descriptions, not headers."""


@dataclass(frozen=True, slots=True)
class HeaderText:
    """A header as compared: `base` without case, accents or punctuation, and what stood in brackets as `unit`."""

    base: str
    unit: str = ""

    @property
    def whole(self) -> str:
        """Base and unit together, as if there had been no brackets."""
        return f"{self.base} {self.unit}".strip()


def _unaccented() -> dict[int, str]:
    """Latin letters with an accent -> the letter; what has no such letter is left to `unicodedata`."""
    pairs = ((code, unicodedata.normalize("NFKD", chr(code))) for code in range(0xE0, 0x180))
    return {code: p[0] for code, p in pairs if "a" <= p[0] <= "z" and all(map(unicodedata.combining, p[1:]))}


_UNACCENTED = _unaccented()


@lru_cache(maxsize=8192)
def normalise(text: str) -> str:
    """`  Tasa  E.A. (%)` is `tasa ea %`: lower case, no accents, single spaces; `%`, `$`, `+` are words."""
    plain = text[:_LONGEST].lower()
    if not plain.isascii():
        plain = plain.translate(_UNACCENTED)
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", _INVISIBLE.sub("", plain)).casefold()
        plain = "".join(c for c in plain if not unicodedata.combining(c))
    words = plain.split(" ")
    if "".join(words).isalnum() and plain.isascii() and list(map(len, words)).count(1) < 2:  # no letters to join
        return " ".join(filter(None, words))
    if plain.isalpha():
        return plain
    plain = _LETTERS.sub(lambda found: _DOTS.sub("", found.group()), plain)
    return " ".join(_NO_WORD.sub(" ", _SIGN.sub(r" \1 ", plain)).split())


@lru_cache(maxsize=4096)
def normalise_header(text: str) -> HeaderText:
    """Base and bracketed unit of a header: `Plazo máximo (meses)` gives `plazo maximo` and `meses`."""
    inside = " ".join(a or b for a, b in _BRACKETS.findall(text[:_LONGEST]))
    return HeaderText(normalise(_BRACKETS.sub(" ", text[:_LONGEST])), normalise(inside))


def _apply(word: HeaderWord, carries: Mapping[str, Any]) -> HeaderWord:
    """`Tasa M.V. / E.A.` has two bases: the cells hold both, so the header decides for neither."""
    basis = carries.get("basis")
    if basis and word.basis not in (None, basis):
        return replace(word, basis=None, bases=())
    return replace(word, **carries)


def _kinds(word: HeaderWord, fields: Mapping[str, Field]) -> Iterable[tuple[str, str]]:
    return [(name, fields[name].kind) for name in word.fills or word.between]


def _take(word: HeaderWord, unit: UnitWord, fields: Mapping[str, Field]) -> HeaderWord | None:
    """The word with the unit's meaning, where it fits the fields; a unit that fits one candidate decides for it."""
    if not unit.kinds:
        return word
    fitting = [name for name, kind in _kinds(word, fields) if kind in unit.kinds]
    if not fitting:
        return None
    if word.fills:
        return _apply(word, unit.carries)
    return _apply(replace(word, fills=tuple(fitting), between=()), unit.carries) if len(fitting) == 1 else None


_JOINTS = frozenset(("en", "por", "de", "del", "la", "el", "in", "per", "y"))


def _splits(tokens: tuple[str, ...], units: Mapping[str, tuple[UnitWord, ...]]) -> Iterator[tuple[str, UnitWord]]:
    """Every way to take one unit phrase out of the tokens, longest phrases first; the rest of the text goes with it."""
    for length in range(min(len(tokens), 6), 0, -1):
        for start in range(len(tokens) - length, -1, -1):
            phrase = " ".join(tokens[start : start + length])
            if phrase in units:
                before = tokens[:start]
                while before and before[-1] in _JOINTS:
                    before = before[:-1]
                rest = " ".join((*before, *tokens[start + length :]))
                yield from ((rest, unit) for unit in units[phrase])


def find_header(
    text: str,
    words: Mapping[str, HeaderWord],
    units: Mapping[str, tuple[UnitWord, ...]],
    fields: Mapping[str, Field],
) -> HeaderWord | None:
    """What a header says, by exact synonym once its unit words are set aside; None where no synonym is left."""
    header = normalise_header(text)
    if header.whole in words:
        return words[header.whole]
    if header.whole.count(" ") >= _MOST_WORDS:
        return None
    found = _peeled(header.whole, words, units, fields)
    if found is None and header.unit and header.base in words:
        return _with_remark(words[header.base], fields)
    return found


_MEASURED = frozenset(("money", "rate", "percent", "term", "insurance", "total_cost", "spread", "age"))


def _with_remark(word: HeaderWord, fields: Mapping[str, Field]) -> HeaderWord | None:
    """A bracket we do not know is a remark (`Nombre (comercial)`), unless it could be the unit of a figure."""
    return None if any(kind in _MEASURED for _, kind in _kinds(word, fields)) else word


def _peeled(
    text: str,
    words: Mapping[str, HeaderWord],
    units: Mapping[str, tuple[UnitWord, ...]],
    fields: Mapping[str, Field],
    depth: int = 3,
) -> HeaderWord | None:
    if text in words:
        return words[text]
    if not depth:
        return None
    for rest, unit in _splits(tuple(text.split()), units):
        word = _peeled(rest, words, units, fields, depth - 1) if rest else None
        taken = _take(word, unit, fields) if word else None
        if taken:
            return replace(taken, text=text)
    return None
