"""What the page of a file shows of its check, made once by the process that checked it and kept beside the file.

Every sentence comes from `pipeline.report` and `schemas.wording`, as on the command line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from pipeline.desk.surroundings import Surroundings, surroundings_of
from schemas import wording
from schemas.requirements import load, normalise

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from catalog.ledger import Known, State
    from pipeline.run.checking import Checked
    from pipeline.run.ledger import Entered

MOST_SHOWN = 6
"""Messages of one cause shown with their cells; the others are told by address and marked in the annotated copy."""
MOST_CELLS = 60
MOST_FIXED = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One message with the first finding that says it. ids: the identities of all that do; places: of the others.

    state: new or open since the last look; waivable: a warning.
    """

    ids: tuple[str, ...]
    place: str
    message: str
    fix: str
    state: str
    waivable: bool
    around: Surroundings | None
    places: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Cause:
    """One finding code. group: holds, error, warning, info; rest: places of those not shown, `more` than these."""

    code: str
    title: str
    group: str
    count: int
    source: str
    lines: tuple[Line, ...]
    rest: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Header:
    """A header nobody knows, as written, and the letter of its column."""

    shown: str
    column: str


@dataclass(frozen=True, slots=True)
class Tally:
    """One count with what colours it."""

    name: str
    count: int
    kind: str


@dataclass(frozen=True, slots=True)
class Findings:
    """A check in one language."""

    sentence: str
    tallies: tuple[Tally, ...]
    ledger: str
    used: tuple[str, ...]
    causes: tuple[Cause, ...]
    fixed: tuple[str, ...]
    fixed_count: int
    headers: tuple[Header, ...]
    rejected: bool


def findings_of(checked: Checked, entered: Entered, lang: str) -> Findings:
    """Everything the page says of a check."""
    from pipeline import report

    states: Mapping[str, State] = {line.known.id: line.state for line in entered.ledger.lines}
    gone = [line.known for line in entered.ledger.lines if line.state == "fixed"]
    return Findings(
        sentence=report.ready_sentence(checked, lang),
        tallies=_tallies(checked),
        ledger=report.ledger_report(entered, lang),
        used=(*report.remembered_report(checked.remembered, lang), *report.learned_report(entered.learned, lang)),
        causes=tuple(_causes(checked, states, lang)),
        fixed=tuple(_fixed(known, checked, lang) for known in gone[:MOST_FIXED]),
        fixed_count=len(gone),
        headers=_unknown_headers(checked),
        rejected=checked.rejected,
    )


def _tallies(checked: Checked) -> tuple[Tally, ...]:
    counts = Counter(item.finding.severity for item in checked.known if item.id not in checked.waived)
    ready = len(checked.products)
    return (
        Tally("ready", ready, "ok"),
        Tally("held", checked.rows - ready, "holds"),
        Tally("errors", counts["error"], "holds"),
        Tally("warnings", counts["warning"], "warning"),
        Tally("infos", counts["info"], "info"),
    )


def _causes(checked: Checked, states: Mapping[str, State], lang: str) -> Iterable[Cause]:
    from pipeline.report.text import GROUPS, group_of

    by_group: dict[str, dict[str, list[Known]]] = {group: {} for group in GROUPS}
    for known in checked.known:
        by_group[group_of(known.finding)].setdefault(known.finding.code, []).append(known)
    for group, codes in by_group.items():
        for code, found in codes.items():
            yield _cause(code, group, found, checked, states, lang)


def _cause(
    code: str, group: str, found: list[Known], checked: Checked, states: Mapping[str, State], lang: str
) -> Cause:
    said: dict[str, list[Known]] = {}
    for known in found:
        message = wording.message(known.finding, lang, checked.country_of(known.finding))
        said.setdefault(message, []).append(known)
    shown = list(said.items())[:MOST_SHOWN]
    rest = _places([known for some in list(said.values())[MOST_SHOWN:] for known in some], lang)
    return Cause(
        code=code,
        title=wording.title(code, lang),
        group=group,
        count=len(found),
        source=load().rule(code).source,
        lines=tuple(_line(message, some, checked, states, lang) for message, some in shown),
        rest=tuple(rest[:MOST_CELLS]),
        more=max(0, len(rest) - MOST_CELLS),
    )


def _line(message: str, found: list[Known], checked: Checked, states: Mapping[str, State], lang: str) -> Line:
    from pipeline.report.text import place

    first = found[0]
    others = _places(found[1:], lang)
    return Line(
        ids=tuple(known.id for known in found[: MOST_CELLS + 1]),
        place=place(first.finding, lang),
        message=message,
        fix=wording.fix(first.finding, lang, checked.country_of(first.finding)),
        state="new" if states.get(first.id, "new") == "new" else "open",
        waivable=first.finding.severity == "warning",
        around=surroundings_of(first.finding, checked),
        places=tuple(others[:MOST_CELLS]),
        more=max(0, len(others) - MOST_CELLS),
    )


def _places(found: list[Known], lang: str) -> list[str]:
    """Where they stand: the first in full, the others by address alone."""
    from pipeline.report.text import place

    full = [where for known in found if (where := place(known.finding, lang))]
    return [*full[:1], *(where.partition("!")[2] or where for where in full[1:])]


def _fixed(known: Known, checked: Checked, lang: str) -> str:
    about = f"{known.finding.product} · " if known.finding.product else ""
    return about + wording.message(known.finding, lang, checked.market)


def _unknown_headers(checked: Checked) -> tuple[Header, ...]:
    found = [finding for finding in checked.findings if finding.code == "header.unknown" and finding.value]
    seen = {normalise(finding.value or ""): finding for finding in reversed(found)}
    return tuple(Header(finding.value or "", finding.column or "") for finding in reversed(seen.values()))


@cache
def codec() -> TypeAdapter[Findings]:
    """To the bytes kept beside a file, and back."""
    from pydantic import TypeAdapter

    return TypeAdapter(Findings)
