"""Words, lists, yes and no, bare numbers: what needs no grammar of credit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

from pipeline.reading.cells import date_unread, error_in, opened
from pipeline.reading.formats import number, section_for
from pipeline.reading.numerals import numeral
from pipeline.reading.rendered import digits_shown, in_words
from pipeline.reading.scan import fold
from pipeline.reading.values import MISSING, UNREADABLE, Note, Read, ambiguous, repaired, shown
from pipeline.workbook import Cell, Value

_YES: Final = frozenset(
    "si|s|yes|y|true|verdadero|v|x|1|✓|✔|☑|ok|acepta|aceptamos|si acepta|incluido|incluye|iva incluido|con iva|"
    "aplica|incluye iva|si incluye|si aplica".split("|")
)
_NO: Final = frozenset(
    "no|n|false|falso|f|0|✗|✘|☐|no acepta|no incluido|no incluye|no incluye iva|sin iva|+ iva|+iva|mas iva|"
    "iva no incluido|no se acepta|no aceptamos".split("|")
)
_TURNED = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
"""Marks that turn the direction of writing: with one, a name reads as another."""
_CONTROL = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\u200b\u2060{_TURNED}]|_x00[01][0-9A-Fa-f]_")
_SURROGATE = re.compile("[\ud800-\udfff]")
# What UTF-8 looks like when it was read as Windows-1252 or Latin-1, and characters already lost.
_DAMAGE = re.compile("Ã[\u0080-\u00bf‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|Â[\u00a0-\u00bf]|â€.|ï¿½|\ufffd|[a-zá-ú]N/A[a-zá-ú]")
_SIGNS = ("Ã", "Â", "â", "ï", "\ufffd", "_x00", "N/A")
"""What every text with `_DAMAGE` or an escaped control character has at least one of."""
_RUN = 200
_BEGINS_ERROR = ("#", "E", "e")
_SPLIT = re.compile(r"[;|\n]|(?:^|(?<=\s))[•▪‣◦●·](?=\s|\w)")
_OTHER_ENDS = re.compile(r"[|\n•▪‣◦●·]")
"""Where `_SPLIT` splits, but for the semicolon."""
_JOINT = re.compile(r"[,/&+]|(?<=\s)(?:y/o|y|e|o|u|and|or|[-–—])(?=\s)", re.IGNORECASE)
_MOST_JOINTS: Final = 40
_LEADING = re.compile(r"^(?:[-–—*•▪‣◦●·+]\s+|[0-9]{1,2}[.)]\s+)")
_NUMBER_TEXT = re.compile(r"\+? ?(-?[0-9][0-9.,']{0,30}?) ?(?:%|puntos(?: porcentuales)?|pp|p\.p\.)?")


def read_text(cell: Cell) -> Read[str]:
    """The cell's text: NFC, trimmed, nothing collapsed inside. Numbers are the code the cell shows: `00123` under
    `00000`, `L-007` under `"L-"000`.

    Control characters are dropped and told as repaired; signs of a wrong encoding (`Ã©`) as `damaged`, text unchanged.
    """
    raw = _as_text(cell)
    if raw is None:
        return Read(None)
    return _sound(raw) or _mended(raw)


def read_sound(values: Sequence[Value]) -> tuple[list[str | None], list[int]]:
    """What `read_text` gives for each of many values, and the places of those it must be asked about one by one.

    Nearly every text has nothing to mend and nothing to tell: a run of them is seen to be sound in one look.
    """
    found: list[str | None] = []
    others: list[int] = []
    for start in range(0, len(values), _RUN):
        run = values[start : start + _RUN]
        sound = [value for value in run if isinstance(value, str)]
        whole = len(sound) + run.count(None) == len(run) and _nothing_to_mend("\n".join(sound))
        for i, value in enumerate(run, start):
            text = _trimmed(value, whole) if value is not None else ""
            if text is None:
                others.append(i)
            found.append(text or None)
    return found, others


def _trimmed(value: Value, sound: bool) -> str | None:
    """The text of a value with nothing to mend or tell, empty where it is blank; None: `read_text` must be asked."""
    if not isinstance(value, str) or not (sound or _nothing_to_mend(value)):
        return None
    text = value.strip()
    return None if text[:1] in _BEGINS_ERROR and error_in(text) else text


_PRINTED = bytes(code for code in range(256) if (chr(code).isprintable() or code == 10) and chr(code) not in _SIGNS)
"""Latin letters, all of them composed already, figures and marks: what nearly every text is made of."""


def _nothing_to_mend(text: str) -> bool:
    """`isprintable` refuses all control characters, surrogates and marks of no width in one pass."""
    try:
        printed = not text.encode("latin-1").translate(None, _PRINTED)
    except UnicodeEncodeError:
        printed = unicodedata.is_normalized("NFC", text) and text.replace("\n", " ").isprintable()
    return printed and not any(sign in text for sign in _SIGNS)


def _sound(raw: str) -> Read[str] | None:
    """The reading of a text with nothing to tell, which nearly every text is; None: it needs the slow look."""
    text = raw if raw.isascii() else unicodedata.normalize("NFC", raw)
    if not _nothing_to_mend(text):
        return None
    stripped = text.strip()
    error = error_in(stripped)
    return Read(None, (error,)) if error else Read(stripped or None)


def _mended(raw: str) -> Read[str]:
    text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n"))
    clean = _SURROGATE.sub("\ufffd", _CONTROL.sub("", text)).strip()
    if not clean:
        return Read(None)
    if error := error_in(clean):
        return Read(None, (error,))
    notes: list[Note] = []
    if _CONTROL.search(text.strip()):
        notes.append(repaired(_CONTROL.sub("␦", text.strip())[:80], clean[:80]))
    if damaged := list(dict.fromkeys(_around(clean, m) for m in _DAMAGE.finditer(clean)))[:3]:
        notes.append(Note("damaged", (("fragments", tuple(damaged)),)))
    return Read(clean, tuple(notes))


def _around(text: str, match: re.Match[str]) -> str:
    """The damaged word, at most a line's worth of it."""
    start = max(text.rfind(" ", 0, match.start()), match.start() - 20) + 1
    end = text.find(" ", match.end())
    return text[max(start, 0) : min(end if end >= 0 else len(text), match.end() + 20)]


def _as_text(cell: Cell) -> str | None:
    value = cell.value
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    stored = number(value)
    if stored is not None:
        section = section_for(cell.number_format, stored)
        return digits_shown(stored, section) or in_words(stored, section, None) or format(stored, "f")
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return value.isoformat(sep=" ") if isinstance(value, datetime) else _other_text(value)


def _other_text(value: object) -> str:
    if isinstance(value, int):
        return hex(value)  # beyond any figure; str() refuses thousands of digits
    return value.isoformat() if isinstance(value, (date, time)) else str(value)


def read_list(cell: Cell) -> Read[tuple[str, ...]]:
    """The entries of a cell, split at `;`, `|`, line ends and bullets; commas stay inside an entry."""
    read = read_text(cell)
    if read.value is None:
        return Read(None, read.notes)
    parts = _SPLIT.split(read.value) if _OTHER_ENDS.search(read.value) else read.value.split(";")
    entries = tuple(dict.fromkeys(part for part in map(_entry, parts) if part))
    return Read(entries, read.notes) if entries else Read(None, (*read.notes, MISSING))


def _entry(part: str) -> str:
    text = part.strip()
    return text if text[:1].isalpha() else _LEADING.sub("", text).strip()


def read_choices(cell: Cell, known: Callable[[str], bool]) -> Read[tuple[str, ...]]:
    """The entries of a cell that holds words of a list. `known` says whether a text is one of them.

    As `read_list`; an entry that is no known word is split further (`Mensual, quincenal y semanal`, `PF / PFAE`) where
    every piece then is one, the longest words first; else it stays whole. `known` is asked with trimmed text.
    """
    read = read_list(cell)
    if read.value is None:
        return read
    pieces = tuple(dict.fromkeys(piece for entry in read.value for piece in _known_pieces(entry, known)))
    return Read(pieces, read.notes, read.how)


def _known_pieces(entry: str, known: Callable[[str], bool]) -> tuple[str, ...]:
    found = (entry,) if known(entry) else _pieces_from(entry, _joints(entry), known)
    return found or (entry,)


def _joints(entry: str) -> list[tuple[int, int]]:
    """Where one word may end and the next begin; none for prose."""
    found = [(match.start(), match.end()) for match in _JOINT.finditer(entry)]
    return found if len(found) <= _MOST_JOINTS else []


def _pieces_from(entry: str, joints: list[tuple[int, int]], known: Callable[[str], bool]) -> tuple[str, ...] | None:
    """The known words that make up the whole entry; None if there are none. Works from the end, so that it is quick."""
    ends: list[tuple[int, tuple[str, ...] | None]] = [(len(entry), ())]
    for start in reversed([0, *(end for _, end in joints)]):
        stops = [(stop, rest) for stop, rest in ends if rest is not None]
        words = ((entry[start:stop].strip(" ,;"), rest) for stop, rest in stops)
        pieces = next(((word, *rest) if word else rest for word, rest in words if not word or known(word)), None)
        joint = next((begin for begin, end in joints if end == start), 0)
        ends.append((joint, pieces))
    return ends[-1][1] or None


def read_yes_no(cell: Cell) -> Read[bool]:
    """Sí/No/X/1/0/true/... Anything else is unreadable."""
    value = cell.value
    if isinstance(value, bool):
        return Read(value)
    stored = number(value)
    if stored is not None and stored in (0, 1):
        return Read(stored == 1)
    if isinstance(value, str) and value.strip():
        word = fold(value).strip(" .*'\"!")
        if word in _YES or word in _NO:
            return Read(word in _YES)
    opening = opened(cell)
    return date_unread(opening) if isinstance(opening, Read) else Read(None, (UNREADABLE,))


def read_decimal(cell: Cell, *, country: str | None = None) -> Read[Decimal]:
    """A bare number, or points (`+10,51 puntos`). `1.234` is ambiguous: nothing says what the separator is for."""
    stored = number(cell.value)
    if stored is not None:
        return Read(stored, how="number cell")
    opening = opened(cell)
    if isinstance(opening, Read):
        return date_unread(opening)
    folded = fold(opening).strip()
    match = _NUMBER_TEXT.fullmatch(folded)
    choices = numeral(match[1]).choices if match else ()
    if len(choices) > 1:
        return Read(None, (ambiguous(*(shown(choice, country) for choice in choices)),))
    return Read(choices[0], how="text") if choices else Read(None, (UNREADABLE,))
