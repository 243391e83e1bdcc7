"""A text of the Lender as it is searched: markup removed, letters folded one for one, so that places stay places."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
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
PROMISING = {
    "sin ": ("comisi", "cobro", "costo", "cuota", "ning", "aval", "fianza", "seguro", "report"),
    "ni ": ("comisi", "aval", "fianza", "seguro"),
    "no ": (
        "comisi", "aval", "fianza", "seguro", "cobramos", "se cobra", "tiene", "hay", "pag", "exige", "requiere",
        "necesita", "pedimos", "fee", "commission", "origination", "opening", "upfront", "up-front", "guarantee",
        "insurance", "negative",
    ),
    "libre": (" de ", "s de "),
    "variable": (" rate", "-rate", " interest", "-interest"),
}  # fmt: skip
ALONE = ("fixed", "cero ", "zero ", "without", "free of ", "reportad", "bad credit", "negative ")
"""How a text without any figure may still claim something: the beginnings that `promises` looks for."""
RATE_KINDS = ("fij", "variab")
_RATE_KIND = re.compile(r"(?:tasas?|interes(?:es)?)(?: [^ ]{1,12}){0,4} (?:fij|variab)")
_RATE_KIND_REACH = 80
"""Characters before its last word: four words of twelve letters, and the first one."""
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


def _byte_folding(encoding: str) -> bytes:
    """The same folding for bytes of an encoding; what it has no letter for stays."""
    letters = (bytes((code,)).decode(encoding, "replace").translate(_FOLD) for code in range(256))
    return b"".join(one.encode(encoding, "replace")[:1] if one != "\ufffd" else b"?" for one in letters)


_BYTE_FOLDS = tuple((encoding, _byte_folding(encoding)) for encoding in ("latin-1", "cp1252"))


def folded(text: str) -> str:
    """Lower case without accents, dashes and spaces of one kind, each character in its place.

    Nearly every text fits one byte a character, and bytes are folded twenty times faster than characters.
    """
    for encoding, table in _BYTE_FOLDS:
        try:
            return text.encode(encoding).translate(table).decode(encoding)
        except UnicodeEncodeError:
            continue
    return text.translate(_FOLD)


LOOKS = tuple((encoding, table.translate(bytes.maketrans(b"123456789", b"0" * 9))) for encoding, table in _BYTE_FOLDS)


def _looked_through(text: str) -> str:
    """The text folded, any digit a zero, so that one search finds them all."""
    for encoding, table in LOOKS:
        try:
            return text.encode(encoding).translate(table).decode(encoding)
        except UnicodeEncodeError:
            continue
    return _DIGIT.sub("0", text.translate(_FOLD))


@dataclass(frozen=True, slots=True)
class Text:
    """What a reader sees, and the same letters folded: lower case, without accents, as long as the original."""

    seen: str
    folded: str

    def has(self, *stems: str) -> bool:
        """Does any of these occur? Cheaper than a pattern that finds nothing."""
        return _has(self.folded, stems)

    def places(self, stems: Sequence[str]) -> list[int]:
        """Where any of the stems begins, in order."""
        return sorted(at for stem in stems for at in places(self.folded, stem))

    def around(self, at_places: Iterable[int], reach: int = 64) -> Iterator[tuple[int, int]]:
        """The stretches that reach so far before and after each place, in order, none touching another."""
        low = high = -1
        for at in at_places:
            if at - reach > high >= 0:
                yield low, high
            low, high = (low if 0 <= high >= at - reach else max(0, at - reach)), at + reach
        if high >= 0:
            yield low, high

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


def places(text: str, stem: str) -> Iterator[int]:
    """Where a stem begins."""
    at = text.find(stem)
    while at >= 0:
        yield at
        at = text.find(stem, at + 1)


def _has(text: str, stems: Iterable[str]) -> bool:
    for stem in stems:  # noqa: SIM110 - asked a hundred thousand times; a generator costs more than the search
        if stem in text:
            return True
    return False


def worth_a_look(text: str) -> bool:
    """Quick: could this text claim anything at all? Most texts cost only this."""
    plain = _looked_through(text)
    return "0" in plain or _has(plain, ALONE) or _begins_promise(plain) or _names_any_rate_kind(plain)


def _begins_promise(plain: str) -> bool:
    for first, following in PROMISING.items():
        if first in plain and any(plain.startswith(following, at + len(first)) for at in places(plain, first)):
            return True
    return False


def _names_any_rate_kind(plain: str) -> bool:
    return any(names_rate_kind(plain, at, at + len(stem)) for stem in RATE_KINDS for at in places(plain, stem))


def names_rate_kind(plain: str, at: int, end: int, *, start: int = 0) -> bool:
    """Does the word from `at` to `end` say which kind of rate it is? The text begins at `start`."""
    low = max(start, at - _RATE_KIND_REACH)
    near = plain.find("tasa", low, at) >= 0 or plain.find("interes", low, at) >= 0
    return near and _RATE_KIND.search(plain, low, end) is not None


def text_of(raw: str) -> Text:
    """The visible text of a description. Never raises."""
    text = raw[:LONGEST]
    if "<" in text:
        text = _TAG.sub("", _BLOCK.sub("\n", text))
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return Text(text, folded(text))
