"""Rates over an index: its own term (`IBR (M)`, `TIIE a 28 días`), the sign of its spread, how it is told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from pipeline.reading.bases import PAGE_WORD
from pipeline.reading.cells import without_vat_rate
from pipeline.reading.scan import Item, Scan
from pipeline.reading.values import Rate, shown

_INDEX = r"ibr|dtf|uvr|ipc|tiie"
_TENOR = re.compile(rf"\b({_INDEX})\b[ .(]{{0,3}}(?:a |de )?([0-9]{{1,3}}) ?(meses|mes|m|dias|dia|d)\b[ .)]{{0,3}}")
_TIIE_DAYS = re.compile(r"\btiie[ (]{0,2}(28|91|182)\b(?! ?[%.,0-9])\)?")
_MINUS = re.compile(rf"\b((?:{_INDEX})\b[a-z. ()]{{0,20}}?)- ?(?=[0-9])")
# Without an index, the word of an index's term is the period of the rate itself.
_PERIOD_OF: Final = {"3M": "trimestral", "6M": "semestral"}


def prepared(folded: str) -> tuple[str, str | None]:
    """The text with an index's own term, VAT rates and a minus after an index put out of the figures' way."""
    text = without_vat_rate(folded)
    match = _TENOR.search(text)
    tenor = None
    if match:
        tenor = f"{match[2]}{match[3][0].upper()}"
        text = _TENOR.sub(r"\1 ", text)
    elif days := _TIIE_DAYS.search(text):
        tenor = f"{days[1]}D"
        text = _TIIE_DAYS.sub("tiie ", text)
    return _MINUS.sub(r"\1 minus ", text), tenor


def upper_spread(rate: Rate) -> Rate:
    """A product has one spread: of a range, the upper end is what is published, and what is shown."""
    return replace(rate, spread=rate.spread_high, spread_high=None) if rate.spread_high is not None else rate


def periods_named(found: Scan) -> Scan:
    """`5,5% trimestral` without an index: the word is no term of an index but the period of the rate."""
    if any(i.kind == "index" for part in (found.main, *found.asides) for i in part):
        return found
    main, *asides = (
        tuple(
            Item("unsupported", _PERIOD_OF[i.text]) if i.kind == "tenor" and i.text in _PERIOD_OF else i for i in part
        )
        for part in (found.main, *found.asides)
    )
    return replace(found, main=main, asides=tuple(asides))


def monthly_index(stream: Sequence[Item]) -> bool:
    """`IBR mensual + 5`: the word before the figure is the index's own term."""
    before = [i for i in stream[: next((n for n, i in enumerate(stream) if i.kind == "num"), 0)] if i.kind == "basis"]
    return bool(before) and before[0].text == "MV"


def index_told(rate: Rate, country: str | None) -> str:
    tenor = f" ({rate.index_tenor})" if rate.index_tenor else ""
    tail = f" {PAGE_WORD[rate.basis]}" if rate.basis else ""
    if rate.spread is None:
        return f"{rate.index}{tenor}"
    ends = [end for end in (rate.spread, rate.spread_high) if end is not None]
    spread = " a ".join(f"{shown(abs(end), country)} %" for end in ends)
    return f"{rate.index}{tenor} {'-' if rate.spread < 0 else '+'} {spread}{tail}"
