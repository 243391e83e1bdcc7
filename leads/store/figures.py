"""What Prometheus is told of the store, at a cost that does not grow with what was delivered long ago."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from leads.store.database import Sql, Tx, from_ms

BOUNDS = (50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 20_000)
"""Milliseconds an attempt took at most, by which attempts are counted."""
Tally = tuple[int, ...]
"""How many attempts, milliseconds in all, and how many took no longer than each of BOUNDS."""

_OPEN = (
    "SELECT state, count(*), min(recorded_ms) FROM owed{} WHERE state IN ('pending', 'leased', 'dead') GROUP BY state"
)
_UNDELIVERED = Sql(_OPEN.format(" INDEXED BY owed_undelivered"), _OPEN.format(""))
_UNCONFIRMED = Sql("SELECT count(*) FROM owed WHERE unconfirmed = 1")
_PAUSES = Sql(
    "SELECT market, max(CASE WHEN paused_why IS NULL THEN 0 ELSE 1 END) FROM channels"
    " WHERE turn = (SELECT max(turn) FROM channels c WHERE c.market = channels.market) GROUP BY market"
)
_LAST = Sql("SELECT max(id) FROM attempts")
_SUMS = "".join(f", sum(CASE WHEN took_ms <= {bound} THEN 1 ELSE 0 END)" for bound in BOUNDS)
_TALLIES = Sql(
    f"SELECT class, count(*), sum(took_ms){_SUMS} FROM attempts"  # noqa: S608 - numbers of ours
    " WHERE id > :after AND id <= :last GROUP BY class"
)


@dataclass(frozen=True, slots=True)
class Open:
    """What needs sending or a person: rows by state (pending, leased, dead, unconfirmed); the oldest undelivered."""

    counts: Mapping[str, int]
    oldest: datetime | None


def open_now(tx: Tx) -> Open:
    """Counted through partial indexes: delivered rows are not looked at."""
    rows = tx.rows(_UNDELIVERED)
    counts = dict.fromkeys(("pending", "leased", "dead"), 0) | {row[0]: int(row[1]) for row in rows}
    oldest = min((int(row[2]) for row in rows), default=None)
    unconfirmed = int(tx.value(_UNCONFIRMED))
    return Open({**counts, "unconfirmed": unconfirmed}, None if oldest is None else from_ms(oldest))


def pauses_now(tx: Tx) -> dict[str, bool]:
    """Whether sending is paused: this market, and each other one that ever sent from this store."""
    return {tx.market: False} | {row[0]: bool(row[1]) for row in tx.rows(_PAUSES)}


def last_attempt(tx: Tx) -> int:
    """The identity of the newest attempt; 0 without any."""
    return int(tx.value(_LAST) or 0)


def tally_attempts(tx: Tx, *, after: int, last: int) -> dict[str, Tally]:
    """The attempts after one identity, up to and with another, by class."""
    return {row[0]: tuple(int(value) for value in row[1:]) for row in tx.rows(_TALLIES, after=after, last=last)}
