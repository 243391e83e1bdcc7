"""Cell text -> items of a vocabulary. The whole text must be understood: one unknown word and nothing is read.

Every pattern is linear and the text is capped, so that no input costs more than a fraction of a millisecond.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

LONGEST_FIGURE = 200
"""Characters: longer text is prose, not a figure."""


class Item(NamedTuple):
    """One thing understood: its kind (`num`, `low`, `basis` ...) and what it says."""

    kind: str
    text: str


Vocabulary = Mapping[str, Sequence[tuple[tuple[str, ...], Item]]]
"""First token -> phrases that begin with it, longest first."""


def vocabulary(*tables: Mapping[str, Mapping[str, str]]) -> Vocabulary:
    """Builds one from tables `{kind: {what it says: "phrase|phrase"}}`; the later table wins on equal phrases."""
    phrases: dict[tuple[str, ...], Item] = {}
    for table in tables:
        for kind, meanings in table.items():
            for text, alternatives in meanings.items():
                phrases.update({tuple(p.split(" ")): Item(kind, text) for p in _phrases(alternatives)})
    found: dict[str, list[tuple[tuple[str, ...], Item]]] = {}
    for phrase in sorted(phrases, key=len, reverse=True):
        found.setdefault(phrase[0], []).append((phrase, phrases[phrase]))
    return found


def _phrases(alternatives: str) -> list[str]:
    return alternatives.split("|") if alternatives != "|" else ["|"]


def _folding() -> dict[int, str | None]:
    table: dict[int, str | None] = {}
    for code in range(0xC0, 0x180):
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base.isascii() and base.isalpha():
            table[code] = base
    table.update({ord(c): "-" for c in "‐‑‒–—―−﹣－"})
    table.update({ord(c): "'" for c in "’‘´`′ʼ＇"})
    table.update({ord(c): " " for c in "\t\n\r\x0b\x0c\u00a0\u1680\u202f\u205f\u3000"})
    table.update(dict.fromkeys(range(8192, 8203), " "))
    table.update({ord(c): None for c in "\u200b\u200c\u200d\u200e\u200f\ufeff\u00ad\u2060"})
    table.update({ord("≥"): ">", ord("≤"): "<", ord("⩾"): ">", ord("⩽"): "<"})
    for code in range(0xFF01, 0xFF5F):
        table.setdefault(code, chr(code - 0xFEE0))
    return table


_FOLD = _folding()


def fold(text: str) -> str:
    """Lower case, without accents, with plain spaces, hyphens and apostrophes: what the vocabularies are written in."""
    if text.isascii():
        return text.translate(_FOLD).lower()
    return unicodedata.normalize("NFC", text).translate(_FOLD).lower()


_NUM = r"[0-9]+(?:[.,'][0-9]+)*|(?<![0-9a-z])[.,][0-9]+"
_SPACED_NUM = r"[0-9]{1,3}(?: [0-9]{3}(?![0-9]))+(?:[.,][0-9]{1,2}(?![0-9]))?(?![.,'][0-9])"
_REST = r"|(?P<word>[a-z]+)\.?|(?P<sign>[^\s])"
_LEX = re.compile(rf"(?P<num>{_NUM}){_REST}")
_LEX_SPACED = re.compile(rf"(?P<num>{_SPACED_NUM}|{_NUM}){_REST}")
_MALFORMED = re.compile(r"[0-9]e[+-]?[0-9]|[0-9][.,'][.,']+[0-9]")
_SIGNED = re.compile(r"\s*(?:[a-z]{0,3}\$ ?|[a-z]{3} )?(-)(?=[0-9])")
_NOT_GIVEN = frozenset(
    "na|nd|sd|no aplica|no disponible|no definido|no definida|no informa|no informado|no registra|no especifica|"
    "no especificado|sin dato|sin datos|sin informacion|sin definir|por definir|por confirmar|pendiente|ninguno|"
    "ninguna|null|none|vacio|not applicable|not available|no hay|tbd|indefinido|indefinida".split("|")
)
_DIGIT = re.compile("[0-9]")
_NON_LETTERS = re.compile(r"[^0-9a-z]+")


def says_nothing(folded: str) -> bool:
    """Punctuation alone, or words for "not given": `N.A.`, `-`, `n/d`, `no aplica`."""
    if _DIGIT.search(folded):
        return False
    words = _NON_LETTERS.sub(" ", folded).strip()
    letters = words.replace(" ", "") if len(words) <= 5 else words
    return (not words and _only_marks(folded)) or words in _NOT_GIVEN or letters in _NOT_GIVEN


def _only_marks(folded: str) -> bool:
    return all(c.isspace() or c in "-_$%.,;:|/\\*'\"()[]{}#~+=?¿!¡·•«»“”" for c in folded)


def tokens(folded: str, *, spaced: bool = False) -> list[str]:
    """Numerals, words (their dots dropped) and single signs. With `spaced`, `400 000` is one numeral."""
    signed = _SIGNED.match(folded)
    found: list[str] = []
    for match in (_LEX_SPACED if spaced else _LEX).finditer(folded):
        if signed and match.start() == signed.start(1):
            continue
        text = match[match.lastgroup] if match.lastgroup else match[0]
        if signed and match.start() == signed.end(1):
            text = "-" + text
        found.append(text)
    return found


def _is_num(token: str) -> bool:
    return "0" <= token[-1] <= "9"


def items(found: Sequence[str], words: Vocabulary) -> list[Item]:
    """Each token by the longest phrase that starts there; `?` is what no phrase knows. Skipped words leave nothing."""
    result: list[Item] = []
    i = 0
    while i < len(found):
        token = found[i]
        if _is_num(token):
            result.append(Item("num", token))
            i += 1
            continue
        for phrase, item in words.get(token, ()):
            if len(phrase) == 1 or tuple(found[i : i + len(phrase)]) == phrase:
                if item.kind != "skip":
                    result.append(item)
                i += len(phrase)
                break
        else:
            result.append(Item("?", token))
            i += 1
    return result


@dataclass(frozen=True, slots=True)
class Scan:
    """What a text says: the main stream, asides in brackets with figures of their own, whether it had slips."""

    main: tuple[Item, ...]
    asides: tuple[tuple[Item, ...], ...] = ()
    slips: bool = False
    bracketed: bool = False

    @property
    def understood(self) -> bool:
        """Was every word known?"""
        return all(item.kind != "?" for part in (self.main, *self.asides) for item in part)


def _has_figure(part: Sequence[Item]) -> bool:
    return any(item.kind in ("num", "count", "one") for item in part)


def _brackets(stream: Sequence[Item]) -> tuple[list[Item], list[list[Item]], bool]:
    """Outside, the groups inside, and whether a bracket stood alone."""
    outside: list[Item] = []
    groups: list[list[Item]] = []
    inside: list[Item] | None = None
    lone = False
    for item in stream:
        if item.kind == "open":
            lone = lone or inside is not None
            inside = [] if inside is None else inside
        elif item.kind == "close":
            lone = lone or inside is None
            if inside is not None:
                groups.append(inside)
                outside.append(Item("group", str(len(groups) - 1)))
            inside = None
        else:
            (outside if inside is None else inside).append(item)
    return outside + (inside or []), groups, lone or inside is not None


def scan(folded: str, words: Vocabulary, *, spaced: bool = False) -> Scan:
    """Reads the whole text by a vocabulary. Stray signs are dropped and reported as slips."""
    if _MALFORMED.search(folded):
        return Scan((Item("?", folded),))
    stream = items(tokens(folded, spaced=spaced), words)
    slips = any(item.kind == "stray" for item in stream)
    stream = [item for item in stream if item.kind != "stray"]
    if not any(item.kind in ("open", "close") for item in stream):
        return Scan(tuple(stream), slips=slips)
    outside, groups, lone = _brackets(stream)
    alone = not _has_figure(outside)
    main: list[Item] = []
    asides: list[tuple[Item, ...]] = []
    for item in outside:
        group = groups[int(item.text)] if item.kind == "group" else [item]
        if item.kind == "group" and _has_figure(group) and not alone:
            asides.append(tuple(group))
            if main and main[-1].kind in ("to", "sep"):
                main.pop()  # "15% E.A. - (1,2% M.V.)"
        elif item.kind == "group" and not _has_figure(group) and any(i.kind == "?" for i in group):
            slips = True  # a remark in words; the figure outside stands
        else:
            main.extend(group)
    return Scan(tuple(main), tuple(asides), slips or lone, bracketed=alone and bool(groups))
