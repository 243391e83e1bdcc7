"""Numbers in words: `un millon`, `quinientos mil`, `treinta y seis meses`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from pipeline.reading.scan import Item

_BEFORE_ONE = ("mult", "unit")


def with_counts(stream: Sequence[Item]) -> list[Item]:
    """The stream with each run of number words as one numeral. `un` counts only before a unit or a power of ten."""
    if not any(item.kind in ("count", "one") for item in stream):
        return list(stream)
    result: list[Item] = []
    i = 0
    while i < len(stream):
        if stream[i].kind == "one":
            following = stream[i + 1].kind if i + 1 < len(stream) else ""
            if following in _BEFORE_ONE:
                result.append(Item("num", "1"))
            i += 1
        elif stream[i].kind == "count":
            value, i = _run(stream, i)
            result.append(Item("num", format(value, "f")))
        else:
            result.append(stream[i])
            i += 1
    return result


def _run(stream: Sequence[Item], start: int) -> tuple[Decimal, int]:
    """Adds up falling words: 500 + 30 + (y) 6."""
    total = last = Decimal(stream[start].text)
    i = start + 1
    while i < len(stream):
        joined = stream[i].kind == "and" and 30 <= last <= 90 and i + 1 < len(stream)
        word = stream[i + 1] if joined else stream[i]
        limit = 10 if joined else 100 if last >= 100 else 0
        if word.kind != "count" or not Decimal(word.text) < limit:
            break
        last = Decimal(word.text)
        total += last
        i += 2 if joined else 1
    return total, i
