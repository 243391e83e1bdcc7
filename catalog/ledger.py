"""The ledger of findings: which are new since the last look at a source, still open, fixed, or waived. Pure.

A finding is recognised again by what it is about (product, rule, field, what was written), never by where it stands:
rows inserted, sorted or moved change nothing. All of this is assumed; the marketplace knows no ledger.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from catalog.entry import digest_of
from schemas import wording
from schemas.errors import Refused, WrongUse
from schemas.findings import Finding, Severity

State = Literal["new", "open", "fixed", "waived"]

SHOWN = 10
"""Characters of an identity that people see and type; any beginning that names only one finding will do."""
_PLACES = frozenset(("where", "row", "rows", "cell", "columns", "file", "book", "beside", "brand_sheet"))
"""Facts that say where a finding stands: they change when rows and columns move."""
_MOVING = frozenset(("n", "day", "today", "month", "cap", "gap"))
"""Facts that change with the calendar while the fault stays the same."""
_SEVERAL_IN_A_CELL = frozenset(("description.contradicts",))
"""Codes that one cell may earn more than once, told apart by their facts although the cell has a value."""


@dataclass(frozen=True, slots=True)
class Known:
    """A finding under its identity (64 hexadecimal digits)."""

    id: str
    finding: Finding

    @property
    def short(self) -> str:
        """The identity as people see it."""
        return self.id[:SHOWN]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """Somebody's word that a warning is acceptable, up to and including a day."""

    finding: str
    by: str
    at: datetime
    reason: str
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What somebody said a header means in files of one name. header: normalised; shown: as it was written."""

    file: str
    header: str
    shown: str
    fields: tuple[str, ...]
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Memory:
    """What the catalogue remembers that bears on a check: waivers by identity, and the answers about headers."""

    waivers: Mapping[str, Waiver] = field(default_factory=dict)
    mappings: tuple[Remembered, ...] = ()

    def answers(self, file: str) -> Mapping[str, Remembered]:
        """Normalised header -> what it means in files of this name."""
        return {answer.header: answer for answer in self.mappings if answer.file == file}


@dataclass(frozen=True, slots=True)
class Line:
    """One finding of the ledger and what became of it since the last look."""

    known: Known
    state: State
    waiver: Waiver | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is to be mended and what was: findings of now first, in the order given, then those fixed."""

    lines: tuple[Line, ...]

    def count(self, state: State, *severities: Severity) -> int:
        """How many lines of a state; of all severities where none is named."""
        return sum(
            line.state == state and (not severities or line.known.finding.severity in severities) for line in self.lines
        )

    @property
    def unsettled(self) -> tuple[Finding, ...]:
        """What the next look compares with: every finding that is not fixed."""
        return tuple(line.known.finding for line in self.lines if line.state != "fixed")


def identify(findings: Iterable[Finding]) -> tuple[Known, ...]:
    """Each finding with its identity, in the order given; equals (two rows without a code) are numbered."""
    seen: Counter[str] = Counter()
    out = []
    for finding in findings:
        same = digest_of(_said(finding))
        out.append(Known(digest_of((same, str(seen[same]))) if seen[same] else same, finding))
        seen[same] += 1
    return tuple(out)


def _said(finding: Finding) -> tuple[str, ...]:
    """What a finding is about; a sheet counts only where neither product nor value says more (sheets get renamed)."""
    bare = finding.value is None
    sheet = finding.sheet if bare and finding.product is None else None
    about = (finding.product, finding.code, finding.field, _plain(finding.value or ""), sheet)
    facts = _facts(finding) if bare or finding.code in _SEVERAL_IN_A_CELL else ()
    return (*("" if part is None else f"={part}" for part in about), *facts)


def _facts(finding: Finding) -> tuple[str, ...]:
    return tuple(f"{name}={fact}" for name, fact in sorted(finding.facts) if name not in _PLACES | _MOVING)


def _plain(value: str) -> str:
    """Written alike: spaces, capitals and ways to store an accent make no other value."""
    return " ".join(unicodedata.normalize("NFKC", value).casefold().split())


def waived_among(known: Iterable[Known], waivers: Mapping[str, Waiver], day: date) -> dict[str, Waiver]:
    """Identity -> the waiver that stands on this day. An error is never waived, whatever it was before."""
    found = ((item, waivers.get(item.id)) for item in known if item.finding.severity != "error")
    return {item.id: waiver for item, waiver in found if waiver and waiver.until >= day}


def compare(
    before: Iterable[Finding], now: Iterable[Finding], waived: Mapping[str, Waiver], *, readable: bool = True
) -> Ledger:
    """The ledger of one look at a source. `waived`: what `waived_among` gives for `now`.

    readable False: the file could not be read, so what was open before is still open; nobody knows better.
    """
    earlier = {item.id: item for item in identify(before)}
    current = {item.id: item for item in identify(now)}
    lines = [Line(item, _state(item.id, earlier, waived), waived.get(item.id)) for item in current.values()]
    gone: State = "fixed" if readable else "open"
    lines += [Line(item, gone) for item in earlier.values() if item.id not in current]
    return Ledger(tuple(lines))


def _state(identity: str, earlier: Collection[str], waived: Collection[str]) -> State:
    if identity in waived:
        return "waived"
    return "open" if identity in earlier else "new"


def one_of(prefix: str, known: Collection[Known]) -> Known:
    """The one finding a beginning of an identity names. WrongUse: it names none, or more than one."""
    wanted = prefix.strip().strip("[]").lower()
    found = {item.id: item for item in known if wanted and item.id.startswith(wanted)}
    if len(found) == 1:
        return next(iter(found.values()))
    raise _several(prefix, found.values()) if found else _none(prefix, wanted, known)


def _several(prefix: str, found: Iterable[Known]) -> WrongUse:
    listed = ", ".join(f"{item.short} ({item.finding.code})" for item in list(found)[:5])
    return WrongUse(
        f"«{prefix}» begins more than one finding: {listed}. Write more of it.",
        es=f"«{prefix}» es el comienzo de más de un hallazgo: {listed}. Escriba más caracteres.",
    )


def _none(prefix: str, wanted: str, known: Collection[Known]) -> WrongUse:
    shorts = {item.short: item for item in known}
    near = difflib.get_close_matches(wanted[:SHOWN], shorts, n=3, cutoff=0.5)
    listed = ", ".join(f"{short} ({shorts[short].finding.code})" for short in near)
    hint_en = f" Similar: {listed}." if near else " «vitrina submit FILE» enters a file's findings and shows their ids."
    hint_es = (
        f" Se parecen: {listed}."
        if near
        else " «vitrina submit ARCHIVO» registra los hallazgos de un archivo y muestra sus identificadores."
    )
    return WrongUse(
        f"No open finding is called «{prefix}».{hint_en}", es=f"Ningún hallazgo abierto se llama «{prefix}».{hint_es}"
    )


def check_waiver(finding: Finding, *, reason: str, until: date, today: date) -> None:
    """May this be waived so? WrongUse: no reason, a day gone by or too far off. Refused: it is an error."""
    if not reason.strip():
        raise WrongUse("A waiver needs a reason: --reason TEXT.", es="Falta el motivo: escríbalo con --reason TEXTO.")
    if until < today:
        raise WrongUse(
            f"{wording.day(until, 'en')} has gone by; name a day from {wording.day(today, 'en')} on.",
            es=f"El {wording.day(until)} ya pasó; indique un día desde el {wording.day(today)}.",
        )
    last = _a_year_after(today)
    if until > last:
        raise WrongUse(
            f"{wording.day(until, 'en')} is more than a year ahead; the latest day is {wording.day(last, 'en')}.",
            es=f"Falta más de un año para el {wording.day(until)}; el último día posible es el {wording.day(last)}.",
        )
    if finding.severity == "error":
        raise _no_error(finding)


def _a_year_after(day: date) -> date:
    return day.replace(year=day.year + 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def _no_error(finding: Finding) -> Refused:
    code, en, es = finding.code, wording.title(finding.code, "en"), wording.title(finding.code, "es")
    if finding.source == "documented":
        return Refused(
            f"“{en}” is an error by a rule the marketplace documents: it cannot be waived, only mended in the sheet.",
            es=f"«{es}» es un error según una regla que documenta el mercado: no se puede exonerar; corríjalo en la "
            "hoja.",
        )
    return Refused(
        f"“{en}” is an error, and only warnings can be waived. Mend it in the sheet; or, since we assume this rule, "
        f'make it a warning with "{code}" = "warning" under [rules] in vitrina.toml.',
        es=f"«{es}» es un error y solo se exoneran avisos. Corríjalo en la hoja; o, como esta regla es un supuesto "
        f'nuestro, conviértala en aviso con "{code}" = "warning" en [rules], en vitrina.toml.',
    )
