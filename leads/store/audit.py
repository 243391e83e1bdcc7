"""The append-only record of what people did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from leads.store.database import Sql, Tx, from_ms

_WRITE = Sql(
    "INSERT INTO audit (at_ms, who, action, lead_id, owed_id, detail)"
    " VALUES (:now, :who, :action, :lead, :owed, :detail)"
)
_OF_LEAD = Sql("SELECT at_ms, who, action, detail FROM audit WHERE lead_id = :lead ORDER BY id")


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did. `action`: override | fill_implied | replay | resolve; `detail`: which, or the note."""

    at: datetime
    who: str
    action: str
    detail: str


def write_audit(
    tx: Tx, who: str, action: str, *, lead: int | None = None, owed: int | None = None, detail: str = ""
) -> None:
    """One line: who did what to which lead or owed row."""
    tx.run(_WRITE, now=tx.now_ms, who=who, action=action, lead=lead, owed=owed, detail=detail)


def acts_on(tx: Tx, lead: int) -> tuple[Act, ...]:
    """What people did to a lead, oldest first."""
    return tuple(Act(from_ms(row[0]), row[1], row[2], row[3]) for row in tx.rows(_OF_LEAD, lead=lead))
