"""The sender's side of the store: claim what is owed, record what came of it, take over from the dead.

pending -> leased    claim: the earliest undelivered row of a lead (`head`), when it is due
leased  -> delivered | dead | pending (due later)    record, by the sender that holds the lease
leased  -> pending   release on stopping, or take-over from a sender that stopped beating

A lease is the sender's beat. Every transaction of a sender moves its beat on and so proves (fencing) that nobody has
taken its rows; a beat that another sender has seen stand still for a whole lease, on its own clock that never steps,
is a dead sender's. No wall clock decides who holds a row.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from leads.store.channels import Channel, enter_channel
from leads.store.database import Sql, Tx


class Fenced(Exception):
    """This sender's lease is over and its rows are others': whatever it holds must be forgotten."""


@dataclass(frozen=True, slots=True)
class Owed:
    """One claimed row: the bytes to send and the stable id that rides with them."""

    number: int
    lead: int
    body: bytes
    event_id: str
    tries: int
    refusals: int
    first_try_ms: int | None

    @property
    def click_id(self) -> str:
        """As the body carries it."""
        return str(json.loads(self.body)["click_id"])


Outcome = Literal["delivered", "unconfirmed", "dead", "retry", "unspent"]


@dataclass(frozen=True, slots=True)
class Finished:
    """What came of one attempt. `wait_ms`: to the next one (retry, unspent); `said`: redacted already."""

    owed: Owed
    outcome: Outcome
    kind: str
    why: str
    status: int | None
    at_ms: int
    took_ms: int
    said: str
    wait_ms: int = 0
    refused: bool = False


_REGISTER = Sql("INSERT INTO senders (beat, started_ms) VALUES (0, :now) RETURNING id")
_BEAT = Sql("UPDATE senders SET beat = beat + 1 WHERE id = :me")
_OTHERS = Sql("SELECT id, beat FROM senders WHERE id <> :me")
_HOLDERS = Sql(
    "SELECT id, beat FROM senders WHERE id <> :me"
    " AND id IN (SELECT leased_by FROM owed WHERE state = 'leased' AND leased_by <> :me)"
)
_STRIKE = Sql(
    "DELETE FROM senders WHERE id = :id AND beat = :beat",
    # A locked row is beating at this moment, or its process stopped in the middle of a transaction, which the server
    # ends by itself: either way nobody waits here.
    "DELETE FROM senders WHERE id = (SELECT id FROM senders WHERE id = :id AND beat = :beat FOR UPDATE SKIP LOCKED)",
)
_LEAVE = Sql("DELETE FROM senders WHERE id = :id")
_FREE = Sql("UPDATE owed SET state = 'pending', leased_by = NULL WHERE leased_by = :id AND state = 'leased'")
_RELEASE = Sql(
    "UPDATE owed SET state = 'pending', leased_by = NULL WHERE state = 'leased' AND leased_by = :me"
    " AND id IN (SELECT value FROM json_each(:ids))",
    "UPDATE owed SET state = 'pending', leased_by = NULL WHERE state = 'leased' AND leased_by = :me AND id = ANY(:ids)",
)
_KEEP_ONLY = Sql(
    "UPDATE owed SET state = 'pending', leased_by = NULL WHERE state = 'leased' AND leased_by = :me"
    " AND id NOT IN (SELECT value FROM json_each(:ids))",
    "UPDATE owed SET state = 'pending', leased_by = NULL WHERE state = 'leased' AND leased_by = :me"
    " AND id <> ALL(:ids)",
)
_CLAIM = Sql(
    "UPDATE owed SET state = 'leased', leased_by = :me WHERE id IN (SELECT id FROM owed"
    " WHERE state = 'pending' AND head = 1 AND market = :market AND due_ms <= :now ORDER BY due_ms, id LIMIT :most)"
    " RETURNING id, lead_id, body, event_id, tries, refusals, first_try_ms",
    "WITH due AS MATERIALIZED (SELECT id FROM owed"
    " WHERE state = 'pending' AND head = 1 AND market = :market AND due_ms <= :now ORDER BY due_ms, id LIMIT :most"
    " FOR UPDATE SKIP LOCKED)"
    " UPDATE owed SET state = 'leased', leased_by = :me FROM due WHERE owed.id = due.id"
    " RETURNING owed.id, lead_id, body, event_id, tries, refusals, first_try_ms",
)
_NEXT_DUE = Sql(
    "SELECT due_ms FROM owed WHERE state = 'pending' AND head = 1 AND market = :market ORDER BY due_ms, id LIMIT 1"
)
_CLOCK_WENT_BACK = Sql(
    "UPDATE owed SET due_ms = :now WHERE state = 'pending' AND head = 1 AND market = :market AND due_ms > :now"
    " AND (due_ms > :furthest OR why IS NULL)"
)
_LOCK_LEADS = Sql("SELECT 1", "SELECT 1 FROM leads WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")
_DELIVERED = Sql(
    "UPDATE owed SET state = 'delivered', head = 0, leased_by = NULL, tries = tries + 1, why = NULL,"
    " finished_ms = :now, first_try_ms = COALESCE(first_try_ms, :now) WHERE state = 'leased' AND leased_by = :me"
    " AND id IN (SELECT value FROM json_each(:ids))",
    "UPDATE owed SET state = 'delivered', head = 0, leased_by = NULL, tries = tries + 1, why = NULL,"
    " finished_ms = :now, first_try_ms = COALESCE(first_try_ms, :now) WHERE state = 'leased' AND leased_by = :me"
    " AND id = ANY(:ids)",
)
_SETTLED = Sql(
    "UPDATE owed SET state = :state, head = 0, leased_by = NULL, tries = tries + :spent,"
    " refusals = refusals + :refused, why = :why, unconfirmed = :unconfirmed, finished_ms = :finished, due_ms = :due,"
    " first_try_ms = COALESCE(first_try_ms, :first) WHERE state = 'leased' AND leased_by = :me AND id = :id"
)
_ATTEMPT = Sql(
    "INSERT INTO attempts (owed_id, at_ms, class, status, took_ms, said)"
    " VALUES (:owed_id, :at_ms, :class, :status, :took_ms, :said)"
)
_ATTEMPTS = Sql(
    "",
    "INSERT INTO attempts (owed_id, at_ms, class, status, took_ms, said)"
    " SELECT owed_id, at_ms, class, status, took_ms, said FROM json_to_recordset(CAST(:rows AS json))"
    " AS r(owed_id bigint, at_ms bigint, class text, status int, took_ms int, said text)",
)
_PROMOTE = Sql(
    # One look a lead at the first of its undelivered rows, however many lie behind it.
    "UPDATE owed SET head = 1 WHERE head = 0 AND id IN (SELECT (SELECT o.id FROM owed o INDEXED BY owed_undelivered"
    " WHERE o.lead_id = asked.value AND o.state IN ('pending', 'leased', 'dead') ORDER BY o.id LIMIT 1)"
    " FROM json_each(:ids) AS asked)",
    "UPDATE owed SET head = 1 WHERE head = 0 AND id = ANY(ARRAY(SELECT (SELECT o.id FROM owed o"
    " WHERE o.lead_id = asked.id AND o.state IN ('pending', 'leased', 'dead') ORDER BY o.id LIMIT 1)"
    " FROM unnest(CAST(:ids AS bigint[])) AS asked(id)))",
)
_DEMOTE = Sql("UPDATE owed SET head = 0 WHERE lead_id = :lead AND head = 1 AND state IN ('pending', 'leased', 'dead')")


def promote(tx: Tx, leads: Sequence[int]) -> None:
    """Let the earliest undelivered row of each lead go."""
    tx.run(_PROMOTE, ids=tx.ids(leads))


def rehead(tx: Tx, lead: int) -> None:
    """The same, for a lead whose earliest undelivered row may have changed to an earlier one."""
    tx.run(_DEMOTE, lead=lead)
    promote(tx, [lead])


@dataclass(slots=True)
class Outbox:
    """One sender's claims. `me`: its identity, which is the fencing token and never used twice."""

    me: int = 0

    def register(self, tx: Tx, identity: str) -> Channel:
        """A fresh identity for this sender (also after it was fenced), and its channel."""
        self.me = int(tx.value(_REGISTER, now=tx.now_ms))
        return enter_channel(tx, identity)

    def beat(self, tx: Tx) -> None:
        """Prove that the lease is still ours, and renew it. Fenced: it is not."""
        if tx.run(_BEAT, me=self.me) != 1:
            raise Fenced

    def claim(self, tx: Tx, most: int) -> list[Owed]:
        """Up to `most` due rows, in order."""
        rows = tx.rows(_CLAIM, me=self.me, market=tx.market, now=tx.now_ms, most=most)
        return sorted((Owed(row[0], row[1], bytes(row[2]), *row[3:]) for row in rows), key=lambda owed: owed.number)

    def release(self, tx: Tx, numbers: Sequence[int]) -> None:
        """Give claimed rows back, unsent."""
        tx.run(_RELEASE, me=self.me, ids=tx.ids(numbers))

    def record(self, tx: Tx, finished: Sequence[Finished]) -> None:
        """What came of the attempts; then the next row of each lead may go."""
        leads = sorted({one.owed.lead for one in finished})
        if tx.postgres:
            tx.rows(_LOCK_LEADS, ids=leads)  # so that a row owed at this instant is seen by us or sees us
        plain = [one.owed.number for one in finished if one.outcome == "delivered"]
        if plain:
            tx.run(_DELIVERED, ids=tx.ids(plain), now=tx.now_ms, me=self.me)
        tx.many(_SETTLED, [self._settled(tx, one) for one in finished if one.outcome != "delivered"])
        self._keep_attempts(tx, finished)
        promote(tx, leads)

    def _settled(self, tx: Tx, one: Finished) -> dict[str, object]:
        ended = one.outcome in ("unconfirmed", "dead")
        state = {"unconfirmed": "delivered", "dead": "dead"}.get(one.outcome, "pending")
        spent = one.outcome != "unspent"
        return {
            "state": state, "spent": int(spent), "refused": int(one.refused and spent), "why": one.why,
            "unconfirmed": int(one.outcome == "unconfirmed"), "finished": tx.now_ms if ended else None,
            "due": tx.now_ms + one.wait_ms, "first": one.at_ms if spent else None, "me": self.me,
            "id": one.owed.number,
        }  # fmt: skip

    def _keep_attempts(self, tx: Tx, finished: Sequence[Finished]) -> None:
        rows = [
            {
                "owed_id": one.owed.number, "at_ms": one.at_ms, "class": one.kind, "status": one.status,
                "took_ms": one.took_ms, "said": one.said,
            }
            for one in finished
        ]  # fmt: skip
        if tx.postgres:
            tx.run(_ATTEMPTS, rows=tx.records(rows))
        else:
            tx.many(_ATTEMPT, rows)

    def next_due(self, tx: Tx) -> int | None:
        """When the next row falls due, in milliseconds since 1970; None: nothing is owed that may go."""
        found = tx.value(_NEXT_DUE, market=tx.market)
        return None if found is None else int(found)

    def mend_clock(self, tx: Tx, *, furthest_ms: int) -> None:
        """Due now what lies further ahead than any delay, or was never tried and lies ahead: the clock went back."""
        tx.run(_CLOCK_WENT_BACK, market=tx.market, now=tx.now_ms, furthest=tx.now_ms + furthest_ms)

    def others(self, tx: Tx) -> dict[int, int]:
        """Every other sender's beat."""
        return {row[0]: row[1] for row in tx.rows(_OTHERS, me=self.me)}

    def holders(self, tx: Tx) -> dict[int, int]:
        """The beats of those among them that hold rows."""
        return {row[0]: row[1] for row in tx.rows(_HOLDERS, me=self.me)}

    def take_over(self, tx: Tx, sender: int, beat: int) -> bool:
        """Free the rows of a sender whose beat still stands there; False: it moved on."""
        if tx.run(_STRIKE, id=sender, beat=beat) != 1:
            return False
        tx.run(_FREE, id=sender)
        return True

    def keep_only(self, tx: Tx, held: Sequence[int]) -> None:
        """Free rows that stand in our name and that we know nothing of: a commit whose answer was lost."""
        tx.run(_KEEP_ONLY, me=self.me, ids=tx.ids(held))

    def leave(self, tx: Tx) -> None:
        """Give everything back and be gone."""
        tx.run(_LEAVE, id=self.me)
        tx.run(_FREE, id=self.me)
