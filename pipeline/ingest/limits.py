"""How much of a file we are willing to read, and the one exception that stops reading it.

The limits are ours (assumed): a product workbook of 100,000 rows with long descriptions stays inside all of them.
"""

from __future__ import annotations

MIB = 1024 * 1024

MAX_FILE = 256 * MIB
"""Bytes of the file as it lies on disk."""
MAX_INFLATED = 640 * MIB
"""Bytes of all parts of a ZIP once inflated, counted while inflating and never taken from its headers."""
MAX_PARTS = 5_000
MAX_SMALL_PART = 16 * MIB
"""Bytes of a part that is held whole (the list of sheets, the styles), or of one row of a sheet."""
MAX_SHEETS = 255
MAX_ROWS = 200_000
MAX_COLUMNS = 1_000
MAX_AREA = 8_000_000
"""Rows x columns of one sheet from A1 to its last cell; the fast reader lays the whole area out in memory."""
MAX_MEMORY = 1024 * MIB
"""Address space of the reading child."""
MAX_SENT = 1024 * MIB
"""Bytes the parent takes from the child before it calls the file too large."""
BASE_SECONDS = 15.0
"""Clock and CPU seconds of the child, for any file."""
SECONDS_PER_MIB = 0.5
"""More of them for each MiB of the file: the largest honest files need it."""


def seconds_for(size: int) -> float:
    """Clock seconds we give the child for a file of `size` bytes."""
    return BASE_SECONDS + SECONDS_PER_MIB * (min(size, MAX_FILE) / MIB)


class BadFile(Exception):
    """The file cannot be read. Never leaves the reading child: it becomes the file's one finding."""

    def __init__(self, code: str, **facts: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.facts = tuple(facts.items())


def too_large(what: str, limit: int, found: str | int) -> BadFile:
    """`what` is over its limit: bytes, inflated, parts, part, sheets, rows, columns, cells, line, memory, seconds."""
    return BadFile("file.too_large", what=what, limit=limit, found=found)


def unreadable(why: str) -> BadFile:
    """Damaged. `why` is one of: missing, denied, truncated, damaged, names, entities, encoding, quotes, crashed."""
    return BadFile("file.unreadable", why=why)


def check_extent(last_row: int, last_column: int, cell: str) -> None:
    """Stops a sheet whose last row (from 1) or column (from 0) is too far away; `cell` names its farthest cell."""
    if last_row > MAX_ROWS:
        raise too_large("rows", MAX_ROWS, cell)
    if last_column >= MAX_COLUMNS:
        raise too_large("columns", MAX_COLUMNS, cell)
    if last_row * (last_column + 1) > MAX_AREA:
        raise too_large("cells", MAX_AREA, cell)
