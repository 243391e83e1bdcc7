"""A look at what the store remembers that leaves no trace and loads no database library: `check` starts at once.

The one place outside `catalog.store` that reads its tables; the names are those of `catalog.store.tables`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import quote

from catalog.ledger import Memory, Remembered, Waiver

_WAIVERS = "SELECT finding, waived_by, waived_at, reason, until FROM waivers ORDER BY id"
_MAPPINGS = "SELECT file, header, shown, fields, said_by, said_at FROM mappings ORDER BY id"


def glance(path: Path) -> Memory:
    """What the store at a path remembers; nothing where there is no store, or one that cannot be read just now."""
    if not path.is_file():
        return Memory()
    try:
        with closing(_open(path)) as store:
            return Memory(_waivers(store.execute(_WAIVERS)), _mappings(store.execute(_MAPPINGS)))
    except sqlite3.DatabaseError:
        return Memory()  # no store, an older one, or one in trouble: whoever writes to it says so


def _open(path: Path) -> sqlite3.Connection:
    # A reader of a WAL store leaves its files behind, unless it takes the main file for settled; that holds while
    # no log lies beside it.
    settled = "" if path.with_name(f"{path.name}-wal").exists() else "&immutable=1"
    return sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro{settled}", uri=True, timeout=1)


def _waivers(rows: Iterable[tuple[str, str, str, str, str]]) -> Mapping[str, Waiver]:
    return {
        finding: Waiver(finding=finding, by=by, at=_moment(at), reason=reason, until=date.fromisoformat(until))
        for finding, by, at, reason, until in rows
    }


def _mappings(rows: Iterable[tuple[str, str, str, str, str, str]]) -> tuple[Remembered, ...]:
    last = {
        (file, header): Remembered(
            file=file, header=header, shown=shown, fields=tuple(json.loads(fields)), by=by, at=_moment(at)
        )
        for file, header, shown, fields, by, at in rows
    }
    return tuple(said for said in last.values() if said.fields)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
