"""The append-only record of what people did."""

from __future__ import annotations

from leads.store.database import Sql, Tx

_WRITE = Sql(
    "INSERT INTO audit (at_ms, who, action, lead_id, owed_id, detail)"
    " VALUES (:now, :who, :action, :lead, :owed, :detail)"
)


def write_audit(
    tx: Tx, who: str, action: str, *, lead: int | None = None, owed: int | None = None, detail: str = ""
) -> None:
    """One line: who did what to which lead or owed row."""
    tx.run(_WRITE, now=tx.now_ms, who=who, action=action, lead=lead, owed=owed, detail=detail)
