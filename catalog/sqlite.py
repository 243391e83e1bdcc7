"""How both stores open a SQLite file: write-ahead logging, whoever comes first."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

_PAUSE_SECONDS = 0.01


def into_wal(cursor: Any, *, wait_seconds: float) -> None:
    """Switch the file to write-ahead logging.

    The first change of a new file's mode does not wait for others that are opening it, whatever the timeout says: we
    do, and raise sqlite3.OperationalError only after `wait_seconds`.
    """
    last = time.monotonic() + wait_seconds
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as fault:
            if "locked" not in str(fault) or time.monotonic() > last:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return
