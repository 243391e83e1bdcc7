"""A text of the Lender as it is searched: markup removed, letters folded one for one, so that places stay places."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

LONGEST = 10_000
"""Characters looked at. A longer text is a finding of its own, and its tail claims nothing here."""
MOST_CLAIMS = 60
"""Claims read of one kind in one text (assumed): more than that is no description."""
_SHOWN = 60

_BLOCK = re.compile(r"</?(?:p|br|ul|ol|li|div|tr|h[1-6])\b[^<>]*>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--[^<>]*-->")
_DIGIT = re.compile(r"\d")
_PROMISING = {
    "sin ": ("comisi", "cobro", "costo", "cuota", "ning", "aval", "fianza", "seguro", "report"),
    "ni ": ("comisi", "aval", "fianza", "seguro"),
    "no ": (
        "comisi", "aval", "fianza", "seguro", "cobramos", "se cobra", "tiene", "hay", "pag", "exige", "requiere",
        "necesita", "pedimos", "fee", "commission", "origination", "opening", "upfront", "up-front", "guarantee",
        "insurance", "negative",
    ),
    "": ("cero ", "libre de ", "libres de ", "without", "zero ", "free of ", "reportad", "bad credit", "negative "),
    "fixed": ("",),
    "variable": (" rate", "-rate", " interest", "-interest"),
}  # fmt: skip
"""How a text without any figure may still claim something: the beginnings that `promises` looks for."""
_RATE_KIND = re.compile(r"(?:tasas?|inter[eé]s(?:es)?)(?: [^ ]{1,12}){0,4} (?:fij|variab)")
_SENTENCE = re.compile(r"[;\n!?]|(?<=[a-z0-9)%]{2})\.(?= |$)")
_CLAUSE = re.compile(r"[;\n!?,]|(?<=[a-z0-9)%]{2})\.(?= |$)")


@dataclass(frozen=True, slots=True)
class Said:
    """One claim found: its kind, its words as they stand in the text, and the figures it gives.

    low, high: ends said (percent, pesos, or a count of `unit`); both the same where one figure was named alone.
    bases: the rate bases the words allow. places: decimals as printed.
    """

    kind: str
    words: str
    low: Decimal | None = None
    high: Decimal | None = None
    unit: str | None = None
    bases: tuple[str, ...] = ()
    places: int = 0


def _folding() -> dict[int, str]:
    table = {code: chr(code + 32) for code in range(65, 91)}
    for code in range(0xC0, 0x180):
        base = unicodedata.normalize("NFD", chr(code))[0].lower()
        if base.isascii() and base.isalpha():
            table[code] = base
    table.update({ord(c): "-" for c in "‐‑‒–—―−"})
    table.update({ord(c): "'" for c in "’‘´`"})
    table.update({ord(c): " " for c in "\t\u00a0\u2007\u2009\u202f"})
    table.update({ord(c): "\n" for c in "\r•·\u2028\u2029"})
    return table


_FOLD = _folding()


@dataclass(frozen=True, slots=True)
class Text:
    """What a reader sees, and the same letters folded: lower case, without accents, as long as the original."""

    seen: str
    folded: str

    def has(self, *stems: str) -> bool:
        """Does any of these occur? Cheaper than a pattern that finds nothing."""
        return any(stem in self.folded for stem in stems)

    def before(self, start: int, reach: int = 60) -> str:
        """What stands before a place in the same sentence."""
        return _SENTENCE.split(self.folded[max(0, start - reach) : start])[-1]

    def after(self, end: int, reach: int = 30) -> str:
        """What follows a place in the same clause."""
        return _CLAUSE.split(self.folded[end : end + reach], maxsplit=1)[0]

    def clause_before(self, start: int, reach: int = 40) -> str:
        """What stands before a place since the last comma."""
        return _CLAUSE.split(self.folded[max(0, start - reach) : start])[-1]

    def words(self, start: int, end: int) -> str:
        """The claim as written, shortened."""
        piece = " ".join(self.seen[start:end].split()).strip(" ,;:-")
        return piece if len(piece) <= _SHOWN else piece[: _SHOWN - 1] + "…"


def worth_a_look(text: str) -> bool:
    """Quick: could this text claim anything at all? Most texts cost only this."""
    if _DIGIT.search(text):
        return True
    lower = text.lower()
    for first, following in _PROMISING.items():
        if first in lower and any(first + rest in lower for rest in following):
            return True
    return ("fij" in lower or "variab" in lower) and _RATE_KIND.search(lower) is not None


def text_of(raw: str) -> Text:
    """The visible text of a description. Never raises."""
    text = raw[:LONGEST]
    if "<" in text:
        text = _TAG.sub("", _BLOCK.sub("\n", text))
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return Text(text, text.translate(_FOLD))
