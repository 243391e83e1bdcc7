"""Channels: one key with one base URL in one market; whether it passed, which leads it was refused for, its pause."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from leads.store.database import Sql, Tx


@dataclass(frozen=True, slots=True)
class Channel:
    """One key with one base URL in one market. `passed`: some lead passed; `refused`: leads answered 403 in a row.

    `paused_before`: why the market was paused until this channel took over; only whoever entered it is told.
    """

    number: int
    passed: bool
    refused: tuple[int, ...]
    paused_why: str | None
    probe_ms: int | None
    paused_before: str | None = None


_CHANNEL = "SELECT id, passed, refused_leads, paused_why, probe_ms FROM channels"
_FIND_CHANNEL = Sql(_CHANNEL + " WHERE market = :market AND identity = :identity")
_LOCK_CHANNEL = Sql(_CHANNEL + " WHERE id = :channel", _CHANNEL + " WHERE id = :channel FOR UPDATE")
_SEE_CHANNEL = Sql(_LOCK_CHANNEL.lite)
_OPEN_CHANNEL = Sql(
    "INSERT INTO channels (market, identity, passed, refused_leads, turn) VALUES (:market, :identity, 0, '[]', 0)"
    " ON CONFLICT (market, identity) DO NOTHING"
)
_LATEST = Sql("SELECT id, turn, paused_why FROM channels WHERE market = :market ORDER BY turn DESC, id DESC LIMIT 1")
_TAKE_TURN = Sql(
    "UPDATE channels SET turn = :turn, passed = 0, refused_leads = '[]', paused_why = NULL, paused_ms = NULL,"
    " probe_ms = NULL WHERE id = :channel"
)
_PASS = Sql(
    "UPDATE channels SET passed = 1, refused_leads = '[]', paused_why = NULL, paused_ms = NULL, probe_ms = NULL"
    " WHERE id = :channel"
)
_REFUSE = Sql("UPDATE channels SET refused_leads = :leads WHERE id = :channel")
_PAUSE = Sql(
    "UPDATE channels SET paused_why = :why, paused_ms = :now, probe_ms = :probe"
    " WHERE id = :channel AND paused_why IS NULL"
)
_PROBE = Sql(
    "UPDATE channels SET probe_ms = :next WHERE id = :channel AND paused_why IS NOT NULL"
    " AND (probe_ms <= :now OR probe_ms > :next)"
)
_UNPARK = Sql(
    "UPDATE owed SET due_ms = :now WHERE state = 'pending' AND market = :market AND due_ms > :now"
    " AND (substr(why, 1, 7) = 'paused:' OR (:forbidden = 1 AND why = 'http_403'))"
)
_HELD = Sql(
    "SELECT owed.id, channels.paused_why FROM owed JOIN channels ON channels.market = owed.market"
    " WHERE owed.id BETWEEN :first AND :last AND owed.state = 'pending' AND owed.head = 1 AND paused_why IS NOT NULL"
    " AND turn = (SELECT max(turn) FROM channels c WHERE c.market = channels.market)"
)
_WAITING = Sql("SELECT id FROM owed WHERE market = :market AND state = 'pending' AND head = 1 LIMIT 1")
_REVIVE = Sql(
    "UPDATE owed SET state = 'pending', tries = 0, refusals = 0, first_try_ms = NULL, finished_ms = NULL, due_ms = :now"
    " WHERE state = 'dead' AND market = :market AND why = 'lead_unknown'"
)


def enter_channel(tx: Tx, identity: str) -> Channel:
    """The channel of a key and URL; a changed one releases what 403 parked and starts without a history."""
    tx.run(_OPEN_CHANNEL, market=tx.market, identity=identity)
    row = tx.row(_FIND_CHANNEL, market=tx.market, identity=identity)
    latest = tx.row(_LATEST, market=tx.market)
    assert row is not None
    assert latest is not None
    if latest[0] == row[0] and latest[1] != 0:
        return see_channel(tx, row[0])
    tx.run(_TAKE_TURN, turn=latest[1] + 1, channel=row[0])
    unpark(tx, forbidden=True)
    tx.run(_REVIVE, market=tx.market, now=tx.now_ms)
    return replace(see_channel(tx, row[0]), paused_before=latest[2])


def unpark(tx: Tx, *, forbidden: bool = False) -> None:
    """What waits because the market was paused may go now; `forbidden`: also what was answered 403 on its own."""
    tx.run(_UNPARK, market=tx.market, now=tx.now_ms, forbidden=int(forbidden))


def see_channel(tx: Tx, channel: int, *, lock: bool = False) -> Channel:
    """The channel as it is now."""
    row = tx.row(_LOCK_CHANNEL if lock else _SEE_CHANNEL, channel=channel)
    assert row is not None
    return Channel(row[0], bool(row[1]), tuple(json.loads(row[2])), row[3], row[4])


def note_pass(tx: Tx, channel: int) -> None:
    """A lead passed: the key is good, a pause is over."""
    tx.run(_PASS, channel=channel)
    unpark(tx)


def note_refused(tx: Tx, channel: Channel, lead: int) -> Channel:
    """Another lead answered 403."""
    refused = channel.refused if lead in channel.refused else (*channel.refused[-9:], lead)
    tx.run(_REFUSE, channel=channel.number, leads=json.dumps(refused))
    return see_channel(tx, channel.number)


def pause_channel(tx: Tx, channel: int, why: str, *, probe_ms: int) -> None:
    """Send nothing through it but probes. Of a channel that is paused the first reason stays."""
    tx.run(_PAUSE, channel=channel, why=why, now=tx.now_ms, probe=tx.now_ms + probe_ms)


def take_probe(tx: Tx, channel: int, *, every_ms: int) -> bool:
    """Whether the next probe is due and ours to send."""
    return tx.run(_PROBE, channel=channel, now=tx.now_ms, next=tx.now_ms + every_ms) == 1


def held_by_pause(tx: Tx, *, first: int, last: int) -> dict[int, str]:
    """Of these owed rows those that would go but for the pause of their market, and why it is paused."""
    return {row[0]: row[1] for row in tx.rows(_HELD, first=first, last=last)}


def holds_back(tx: Tx) -> bool:
    """Whether the market is paused while something of it is owed; what stands behind a dead one waits for a person."""
    latest = tx.row(_LATEST, market=tx.market)
    return latest is not None and latest[2] is not None and tx.row(_WAITING, market=tx.market) is not None
