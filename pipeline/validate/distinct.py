"""A column read at once: each distinct cell once, and what needs no second thought put down for all rows together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.reading import Read
from pipeline.validate.table import Table
from pipeline.workbook import Cell, Value

_APART = frozenset((str, float, type(None)))
"""Types no value of which equals one of another: `1`, `1.0` and True are one key of a dictionary."""


@dataclass(frozen=True, slots=True)
class Reads:
    """The readings of a column: `keys` one a row (None: nothing there), `of` each distinct key: what it was read as,
    and in which context.
    """

    keys: list[Hashable]
    of: dict[Hashable, tuple[Read[Any], Any]]


def distinct_reads(
    table: Table, column: int, read: Callable[[Cell, Any], Read[Any]], contexts: Sequence[Hashable] | None = None
) -> Reads:
    """Each distinct cell of a column read once; `contexts`, one a row, is what else its reading depends on."""
    values, found = table.stored(column), table.sheet.formats.get(column)
    formats = [found.get(row) for row in table.rows] if found else None
    if contexts is None or len(set(contexts)) == 1:
        context = contexts[0] if contexts else None
        if formats is None and _APART.issuperset(map(type, values)):
            plain = set(values) - {None}
            return Reads(list(values), {value: (read(Cell(value), context), context) for value in plain})
        contexts = [context] * len(values)
    keys = _keys(values, formats or [None] * len(values), contexts)
    distinct = set(keys) - {None}
    return Reads(keys, {key: (read(Cell(key[1], key[2]), key[3]), key[3]) for key in distinct})


def _keys(values: list[Value], formats: Sequence[str | None], contexts: Sequence[Hashable]) -> list[Any]:
    keys = zip(map(type, values), values, formats, contexts, strict=True)
    return [None if key[1] is None else key for key in keys]


def put_down(
    table: Table,
    column: int,
    names: Sequence[str],
    reads: Reads,
    *,
    plain: Callable[[Read[Any], Any], tuple[Any, ...] | None],
    store: Callable[[int, Read[Any]], None],
) -> None:
    """Stores the readings. `plain` gives the values of `names` where a reading in its context says that and no more.

    Every other row, and every row of a field that another column filled before, is left to `store`, in order.
    """
    simple: dict[Hashable, tuple[Any, ...]] = {}
    for key, (read, context) in reads.of.items() if not any(name in table.values for name in names) else ():
        values = None if read.value is None or read.notes else plain(read, context)
        if values is not None:
            simple[key] = (read.how, *values)
    if simple:
        _fill(table, column, names, reads.keys, simple)
    for i, key in enumerate(reads.keys) if len(simple) < len(reads.of) else ():
        if key is not None and key not in simple:
            store(i, reads.of[key][0])


def _fill(
    table: Table, column: int, names: Sequence[str], keys: list[Hashable], simple: dict[Hashable, tuple[Any, ...]]
) -> None:
    nothing = (None,) * (len(names) + 1)
    found = [simple.get(key, nothing) for key in keys]
    for at, name in enumerate(names, 1):
        values = [one[at] for one in found]
        if any(value is not None for value in values):
            table.fill(name, values, column, [None if one[at] is None else one[0] for one in found])
