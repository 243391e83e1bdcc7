"""The fix loop between uploads: what is new, still open, fixed or waived since the last look at a source, and what
people said that is remembered for the next.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from catalog.ledger import Known, Ledger, Memory, Remembered, Waiver, check_waiver, compare, one_of
from catalog.store import Look, Upload
from pipeline.mapping import Overrides
from pipeline.run.checking import Checked, headers_of, knows, requirements_of
from pipeline.run.workshop import Workshop
from schemas.errors import Refused
from schemas.requirements import normalise


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLook:
    """A check of a source about to be entered. source: the path as given; partial: it speaks of its own rows only."""

    checked: Checked = field(kw_only=False)
    source: str
    by: str
    partial: bool


@dataclass(frozen=True, slots=True)
class Entered:
    """A look at a source as entered in the ledger. since: the look it was compared with; learned: new answers kept."""

    ledger: Ledger
    since: Look | None
    learned: tuple[Remembered, ...] = ()


def memory_of(shop: Workshop) -> Memory:
    """What the opened catalogue remembers that bears on a check."""
    return Memory(shop.store.waivers.list(), shop.store.mappings.list())


def previous_look(shop: Workshop, look: NewLook) -> Look | None:
    """The look this one is compared with; to be asked before the upload is staged, which enters a look of its own."""
    codes = {*(row.product.code for row in look.checked.products), *look.checked.held}
    return shop.store.looks.previous(look.source, codes=codes, partial=look.partial)


def enter(
    shop: Workshop,
    look: NewLook,
    since: Look | None,
    *,
    upload: Upload | None,
    learned: tuple[Remembered, ...] = (),
) -> Entered:
    """Compare a check with the look before it and enter it. Looking again at what has not changed enters nothing."""
    before = since.findings if since else ()
    checked = look.checked
    ledger = compare(before, checked.findings, checked.waived, readable=checked.validated is not None)
    number = upload.info.id if upload else None
    last = shop.store.looks.previous(look.source, codes=(), partial=True)
    if last is None or (last.upload, last.findings) != (number, ledger.unsettled):
        staged = upload is not None and upload.findings == ledger.unsettled
        findings = None if staged else ledger.unsettled
        shop.store.looks.add(look.source, by=look.by, partial=look.partial, upload=number, findings=findings)
    return Entered(ledger, since, learned)


def learn(shop: Workshop, checked: Checked, overrides: Overrides, *, by: str) -> tuple[Remembered, ...]:
    """Remember what was just said of headers that the file has and nobody knew, for files of the same name."""
    requirements, headers = requirements_of(shop.settings), headers_of(checked)
    unknown = {
        header: (headers[header], fields)
        for header, fields in overrides.items()
        if header in headers and not knows(requirements, headers[header])
    }
    if not unknown:
        return ()
    before = set(shop.store.mappings.list())
    shop.store.mappings.remember(checked.file, unknown, by=by)
    return tuple(said for said in shop.store.mappings.list() if said not in before)


def waive(shop: Workshop, prefix: str, *, reason: str, until: date, by: str) -> tuple[Known, Waiver]:
    """Accept an open warning up to and including a day.

    WrongUse: no finding or several begin so, no reason, a day gone by or more than a year off. Refused: it is an error.
    """
    known = one_of(prefix, shop.store.looks.open_findings())
    check_waiver(known.finding, reason=reason, until=until, today=shop.today)
    return known, shop.store.waivers.add(known, by=by, reason=reason.strip(), until=until)


def add_mappings(
    shop: Workshop, file: str, written: Iterable[str], said: Overrides, *, by: str
) -> tuple[Remembered, ...]:
    """Remember what headers, as written, mean in files of a name. Refused: the requirements know one of them."""
    requirements = requirements_of(shop.settings)
    headers = {normalise(header): header for header in written}
    known = [header for header in headers.values() if knows(requirements, header)]
    if known:
        listed = ", ".join(f"«{header}»" for header in known)
        raise Refused(
            f"Vitrina knows the header {listed} by itself; an answer that is remembered never overrides it.",
            es=f"Vitrina ya conoce el encabezado {listed}; lo que se recuerda nunca lo reemplaza.",
        )
    shop.store.mappings.remember(file, {h: (headers[h], fields) for h, fields in said.items()}, by=by)
    return tuple(answer for answer in shop.store.mappings.list() if answer.file == file and answer.header in said)
