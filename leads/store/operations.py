"""What operators see and do: lists, one lead's story, replay, resolve, the daily export, the purge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from leads.states import StatusRefused
from leads.store.audit import write_audit
from leads.store.database import Row, Sql, Tx, from_ms
from leads.store.leads import Lead, find_lead
from leads.store.outbox import promote, rehead
from schemas.lead import EventName

STATES = ("pending", "leased", "delivered", "unconfirmed", "dead", "resolved")
"""What a row can be listed by; `unconfirmed` is delivered without an acknowledgement in JSON."""


@dataclass(frozen=True, slots=True)
class OwedRow:
    """One owed postback as operators see it. `behind`: an earlier one of its lead is undelivered."""

    number: int
    click_id: str
    event: str
    revision: int
    event_id: str
    state: str
    tries: int
    why: str | None
    amount: str | None
    currency: str | None
    reason: str | None
    occurred_at: str | None
    recorded_at: datetime
    recorded_by: str
    due_at: datetime | None
    finished_at: datetime | None
    behind: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt. `said`: the first of the answer, redacted, or the fault in a word; `took_ms` milliseconds."""

    at: datetime
    kind: str
    status: int | None
    took_ms: int
    said: str


@dataclass(frozen=True, slots=True)
class Paused:
    """A market whose sending is paused, and why."""

    market: str
    why: str
    since: datetime
    probe_at: datetime | None


_ROW = (
    "SELECT owed.id, click_id, event, revision, event_id, owed.state, tries, why, amount, currency, reason,"
    " occurred_at, recorded_ms, recorded_by, due_ms, finished_ms, unconfirmed, head"
    " FROM owed JOIN leads ON leads.id = owed.lead_id"
)
_ALL = Sql(_ROW + " ORDER BY owed.id DESC LIMIT :most")
_OF_STATE = Sql(_ROW + " WHERE owed.state = :state AND unconfirmed = :unconfirmed ORDER BY owed.id DESC LIMIT :most")
_OF_LEAD = Sql(_ROW + " WHERE lead_id = :lead ORDER BY owed.id")
_ATTEMPTS_OF = Sql("SELECT at_ms, class, status, took_ms, said FROM attempts WHERE owed_id = :owed ORDER BY id")
_COUNTS = Sql("SELECT state, unconfirmed, count(*) FROM owed GROUP BY state, unconfirmed")
_NEWEST_KEY = Sql("SELECT wrapped_key, click_key FROM leads WHERE wrapped_key IS NOT NULL ORDER BY id DESC LIMIT 1")
_ALIVE = Sql("SELECT id FROM leads LIMIT 1")
_PAUSED = Sql(
    "SELECT market, paused_why, paused_ms, probe_ms FROM channels WHERE paused_why IS NOT NULL"
    " AND turn = (SELECT max(turn) FROM channels c WHERE c.market = channels.market) ORDER BY id"
)


def _row(row: Row) -> OwedRow:
    recorded, by, due, finished, unconfirmed, head = row[12:]
    state = "unconfirmed" if unconfirmed and row[5] == "delivered" else row[5]
    return OwedRow(
        row[0], row[1], row[2], row[3], row[4], state, row[6], row[7], row[8], row[9], row[10], row[11],
        from_ms(recorded), by, from_ms(due) if row[5] == "pending" else None,
        None if finished is None else from_ms(finished), row[5] == "pending" and not head,
    )  # fmt: skip


def list_owed(tx: Tx, *, state: str | None, most: int) -> tuple[OwedRow, ...]:
    """The newest owed rows, all or of one of STATES."""
    if state is None:
        return tuple(_row(row) for row in tx.rows(_ALL, most=most))
    kept = "delivered" if state == "unconfirmed" else state
    rows = tx.rows(_OF_STATE, state=kept, unconfirmed=int(state == "unconfirmed"), most=most)
    return tuple(_row(row) for row in rows)


def owed_of(tx: Tx, lead: Lead) -> tuple[OwedRow, ...]:
    """Every row of a lead, in order."""
    return tuple(_row(row) for row in tx.rows(_OF_LEAD, lead=lead.number))


def attempts_of(tx: Tx, owed: int) -> tuple[Attempt, ...]:
    """Every attempt of a row, in order."""
    rows = tx.rows(_ATTEMPTS_OF, owed=owed)
    return tuple(Attempt(from_ms(row[0]), row[1], row[2], row[3], row[4]) for row in rows)


def count_owed(tx: Tx) -> dict[str, int]:
    """How many rows there are of each of STATES."""
    counts = dict.fromkeys(STATES, 0)
    for state, unconfirmed, count in tx.rows(_COUNTS):
        counts["unconfirmed" if unconfirmed and state == "delivered" else state] += count
    return counts


def newest_key(tx: Tx) -> tuple[bytes, bytes] | None:
    """The wrapped key of the newest lead that has one, and what it is bound to; None without any."""
    row = tx.row(_NEWEST_KEY)
    return None if row is None else (bytes(row[0]), bytes(row[1]))


def look_alive(tx: Tx) -> None:
    """Nothing but a look, which fails when the store cannot be read."""
    tx.row(_ALIVE)


def paused_markets(tx: Tx) -> tuple[Paused, ...]:
    """Which markets are paused, each with the key and URL that were put to use last."""
    return tuple(
        Paused(row[0], row[1], from_ms(row[2]), None if row[3] is None else from_ms(row[3])) for row in tx.rows(_PAUSED)
    )


_DEAD_LEADS = Sql("SELECT DISTINCT lead_id FROM owed WHERE state = 'dead' AND market = :market ORDER BY lead_id")
_HEAD = "SELECT state FROM owed WHERE lead_id = :lead AND head = 1 AND state IN ('pending', 'leased', 'dead')"
_HEAD_LOCKED = Sql(_HEAD, _HEAD + " FOR UPDATE")
_AGAIN = (
    "UPDATE owed SET state = 'pending', tries = 0, refusals = 0, first_try_ms = NULL, finished_ms = NULL, why = NULL,"
    " unconfirmed = 0, due_ms = :now WHERE lead_id = :lead AND "
)
_AGAIN_DEAD = Sql(_AGAIN + "state = 'dead'")
_KEPT = " AND length(body) > 0"
_AGAIN_DOUBTFUL = Sql(_AGAIN + "(state = 'dead' OR (state = 'delivered' AND unconfirmed = 1))" + _KEPT)
_AGAIN_DELIVERED = Sql(_AGAIN + "state = 'delivered'" + _KEPT)
_RESOLVE = Sql(
    "UPDATE owed SET state = 'resolved', head = 0, why = 'resolved', unconfirmed = 0, finished_ms = :now"
    " WHERE id = (SELECT min(id) FROM owed WHERE lead_id = :lead AND event = :event"
    " AND (state IN ('pending', 'dead') OR unconfirmed = 1)) RETURNING id"
)


def _known(tx: Tx, click_id: str) -> Lead:
    lead = find_lead(tx, click_id, lock=True)
    if lead is None:
        raise StatusRefused(
            "unknown_lead",
            "No lead has this click_id; it must match byte for byte.",
            es="Ninguna solicitud tiene este click_id; debe coincidir byte por byte.",
        )
    if any(row[0] == "leased" for row in tx.rows(_HEAD_LOCKED, lead=lead.number)):
        raise StatusRefused(
            "in_flight",
            "A postback of this lead is under way at this moment; try again in a minute.",
            es="Un aviso de esta solicitud se está enviando en este momento; intente en un minuto.",
        )
    return lead


def replay_lead(tx: Tx, click_id: str, *, by: str, dead_only: bool = False) -> int:
    """Owe again what is dead or unconfirmed; if nothing is, all that was delivered. Same ids, same bytes, in order.

    Gives how many rows. StatusRefused: no such lead, one of its postbacks is under way, or all was purged.
    """
    lead = _known(tx, click_id)
    values = {"lead": lead.number, "now": tx.now_ms}
    rows = tx.run(_AGAIN_DEAD if dead_only else _AGAIN_DOUBTFUL, **values)
    if not rows and not dead_only:
        rows = tx.run(_AGAIN_DELIVERED, **values)
    if not rows and lead.erased_at is not None:
        raise StatusRefused(
            "erased",
            "What was sent of this lead was erased by a purge; it cannot be sent again.",
            es="Lo enviado de esta solicitud se borró al depurar; no se puede volver a enviar.",
        )
    rehead(tx, lead.number)
    write_audit(tx, by, "replay", lead=lead.number, detail=str(rows))
    return rows


def replay_dead(tx: Tx, *, by: str) -> int:
    """Owe every dead row of the market again."""
    leads = [row[0] for row in tx.rows(_DEAD_LEADS, market=tx.market)]
    total = 0
    for lead in leads:
        rows = tx.run(_AGAIN_DEAD, lead=lead, now=tx.now_ms)
        write_audit(tx, by, "replay", lead=lead, detail=str(rows))
        total += rows
    promote(tx, leads)
    return total


def resolve_owed(tx: Tx, click_id: str, event: EventName, *, note: str, by: str) -> int:
    """They were told another way: the earliest undelivered (or unconfirmed) row of the event ends; the next may go.

    Gives the row. StatusRefused: no such lead, under way, or nothing of that event is open.
    """
    lead = _known(tx, click_id)
    row = tx.value(_RESOLVE, lead=lead.number, event=event.value, now=tx.now_ms)
    if row is None:
        raise StatusRefused(
            "nothing_open",
            f"Nothing is open for {event} of this lead.",
            es=f"No hay nada pendiente de {event} en esta solicitud.",
        )
    promote(tx, [lead.number])
    write_audit(tx, by, "resolve", lead=lead.number, owed=int(row), detail=note)
    return int(row)


_EXPORT = Sql(
    "SELECT leads.click_id, leads.state, owed.event, owed.recorded_ms, owed.state, owed.unconfirmed, owed.finished_ms,"
    " (SELECT why FROM owed d WHERE d.lead_id = leads.id AND d.state = 'dead' ORDER BY d.id LIMIT 1)"
    " FROM leads LEFT JOIN owed ON owed.id = (SELECT max(id) FROM owed o WHERE o.lead_id = leads.id) ORDER BY leads.id"
)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One line of the daily reconciliation."""

    click_id: str
    state: str
    last_event: str | None
    recorded_at: datetime | None
    postback: str | None
    acknowledged_at: datetime | None
    dead_why: str | None


def reconcile(tx: Tx) -> Iterator[Reconciled]:
    """Every lead with its last event, oldest first, one after the other."""
    for click_id, state, event, recorded, owed_state, unconfirmed, finished, dead_why in tx.stream(_EXPORT):
        postback = "unconfirmed" if unconfirmed and owed_state == "delivered" else owed_state
        acknowledged = from_ms(finished) if finished is not None and owed_state == "delivered" else None
        yield Reconciled(
            click_id, state, event, None if recorded is None else from_ms(recorded), postback, acknowledged, dead_why
        )


_OLD = (
    "SELECT id FROM leads WHERE changed_ms < :before AND erased_ms IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM owed WHERE lead_id = leads.id AND state IN ('pending', 'leased', 'dead'))"
)
_COUNT_OLD = Sql("SELECT count(*) FROM (" + _OLD + ") AS old")  # noqa: S608 - a constant of ours
_ERASE = (
    Sql("DELETE FROM sealed WHERE lead_id IN (" + _OLD + ")"),  # noqa: S608 - a constant of ours
    Sql("DELETE FROM answers WHERE lead_id IN (" + _OLD + ")"),  # noqa: S608 - a constant of ours
    Sql("DELETE FROM offers WHERE lead_id IN (" + _OLD + ")"),  # noqa: S608 - a constant of ours
    Sql(
        "UPDATE attempts SET said = '' WHERE owed_id IN (SELECT id FROM owed WHERE lead_id IN (" + _OLD + "))"  # noqa: S608
    ),
    Sql("UPDATE owed SET reason = NULL, body = :nothing WHERE lead_id IN (" + _OLD + ")"),  # noqa: S608
    Sql("UPDATE leads SET wrapped_key = NULL, erased_ms = :now WHERE id IN (" + _OLD + ")"),  # noqa: S608
)


def purge(tx: Tx, *, before_ms: int, by: str) -> int:
    """Erase the applicant data of leads that rest since before then, by destroying their keys; gives how many.

    click_id, events, amounts, times and the proof of consent stay for the books; reasons are free text and go, and with
    them the bytes that were sent. A lead with a postback still owed is left alone.
    """
    leads = int(tx.value(_COUNT_OLD, before=before_ms))
    for statement in _ERASE:
        named = {"before": before_ms, "now": tx.now_ms, "nothing": b""}
        tx.run(statement, **{name: value for name, value in named.items() if f":{name}" in statement.lite})
    if leads:
        write_audit(tx, by, "purge", detail=str(leads))
    return leads
