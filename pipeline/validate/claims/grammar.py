"""What the patterns of prose share: numbers, money, marks, and the places of their matches.

Every repetition is bounded, so that a search stays linear in the text. Written for folded text.
"""

from __future__ import annotations

import re
from decimal import Decimal

from pipeline.validate.claims.said import Text

START = r"(?<![\w.,'$+/-])"
NUMBER = r"(?:\d{1,3}(?:[.,' ]\d{3}){1,4}(?:[.,]\d{1,2})?(?!\d)|\d{1,12}(?:[.,]\d{1,6})?)(?![\d/]|[.,]\d)"
CURRENCY = r"(?:(?:us\$|usd|cop|mxn|mx\$|\$) ?\$? ?)"
TIMES = r"(?: ?(?:mil millones|millones|millon|million|thousand|mil|mm|mdp|k|m)\b)?"
PESOS = r"(?: (?:de )?(?:pesos|dolares|usd|cop|mxn|m\.n\.|smmlv|smlv|uvt|udis?|umas?)(?![a-z])){0,2}"
MONEY = rf"{CURRENCY}?{NUMBER}{TIMES}{PESOS}"
TO = r" ?(?:a|hasta|to|-)(?: (?:los|las|el|la))? ?"
AND = r" (?:y|e|and|a|to|hasta)(?: (?:los|las|el|la))? "
UNITS = r"(?:meses|mes|mensualidades|quincenas?|semanas?|dias?|anos?|months?|weeks?|days?|years?|fortnights?)\b"
ARTICLE = r"(?:(?:los|las|el|la|un|una|unos|en|por|con|a|in|of|the)(?: los| el)? )?"
MOST = rf"(?:hasta|maximo(?: de)?|max\.|up to|maximum(?: of)?|at most|no mas de):? {ARTICLE}"
LEAST = (
    rf"(?:desde|a partir de|minimo(?: de)?|from|starting (?:at|from)|as low as|minimum(?: of)?|at least):? {ARTICLE}"
)


def first(match: re.Match[str], *names: str) -> str | None:
    """The first group that took part in the match."""
    return next((match[name] for name in names if match[name] is not None), None)


def inside(match: re.Match[str], taken: list[tuple[int, int]]) -> bool:
    """Does the match overlap a span that is taken?"""
    return any(match.start() < end and start < match.end() for start, end in taken)


def ordered(low: Decimal | int | None, high: Decimal | int | None) -> bool:
    """Are the ends the right way round, as far as both are known?"""
    return low is None or high is None or low <= high


def from_mark(text: Text, match: re.Match[str]) -> tuple[int, int]:
    """The claim with the word that opens it: `de` of `de 12 a 60 meses`."""
    if text.folded[match.start()].isalpha():
        return match.span()
    opened = re.search(r"\b(?:de|desde|from) $", text.folded[max(0, match.start() - 6) : match.start()])
    return match.start() - (len(opened[0]) if opened else 0), match.end()
