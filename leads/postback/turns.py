"""One turn of a sender at the store, in one transaction: prove the lease, record what came back, claim what is due."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from leads.postback.verdicts import Sent, pauses, settle
from leads.retry import Class, Policy
from leads.store.channels import Channel, note_pass, note_refused, pause_channel, see_channel, take_probe
from leads.store.database import Tx
from leads.store.outbox import Finished, Outbox, Owed

Alert = tuple[str, dict[str, object]]


@dataclass(frozen=True, slots=True)
class Order:
    """What the sender brings and wants. `most`: how many rows it can take; `held`: what it knows of, now and then."""

    sent: Sequence[Sent] = ()
    back: Sequence[int] = ()
    most: int = 0
    held: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What the store gave."""

    claimed: Sequence[Owed] = ()
    finished: Sequence[Finished] = ()
    paused: str | None = None
    alerts: Sequence[Alert] = ()


@dataclass(slots=True)
class Desk:
    """A sender's place at the store; its methods run inside the store's transactions. `steady` never steps."""

    policy: Policy
    identity: str
    key: str
    lease: float
    now: Callable[[], datetime]
    steady: Callable[[], float]
    chance: Callable[[], float] = random.random
    outbox: Outbox = field(default_factory=Outbox)
    channel: Channel = field(init=False)
    _seen: dict[int, tuple[int, float]] = field(default_factory=dict)
    _alive: set[int] = field(default_factory=set)

    def register(self, tx: Tx) -> None:
        """Take a place: at the start, and again after it was lost."""
        self.channel = self.outbox.register(tx, self.identity)
        self._seen.clear()

    def due_in(self, tx: Tx) -> float | None:
        """Seconds until something may be sent, 0 or less for now; None: nothing is owed that may go."""
        channel = see_channel(tx, self.channel.number)
        due = self.outbox.next_due(tx) if channel.paused_why is None else channel.probe_ms
        return None if due is None else (due - tx.now_ms) / 1000

    def strangers(self, tx: Tx) -> bool:
        """Whether rows are held by another sender that has not been seen to live since we came: it may be dead."""
        held = self.outbox.holders(tx)
        return any(one not in self._alive and self._seen.get(one, (beat,))[0] == beat for one, beat in held.items())

    def turn(self, tx: Tx, order: Order) -> Turn:
        """One turn. Fenced: the place was lost and nothing was recorded."""
        alerts: list[Alert] = []
        self.outbox.beat(tx)
        if order.back:
            self.outbox.release(tx, order.back)
        if order.held is not None:
            self._look_around(tx, order.held)
        finished = self._record(tx, order.sent, alerts) if order.sent else ()
        self.channel = see_channel(tx, self.channel.number)
        return Turn(self._claim(tx, order.most), finished, self.channel.paused_why, alerts)

    def _claim(self, tx: Tx, most: int) -> list[Owed]:
        if most <= 0:
            return []
        if self.channel.paused_why is None:
            return self.outbox.claim(tx, most)
        probing = take_probe(tx, self.channel.number, every_ms=int(self.policy.probe_every * 1000))
        return self.outbox.claim(tx, 1) if probing else []

    def _record(self, tx: Tx, sent: Sequence[Sent], alerts: list[Alert]) -> Sequence[Finished]:
        finished = []
        for one in sent:
            paused = self._note(tx, one)
            done = settle(
                one, paused=paused, policy=self.policy, now=self.now(), key=self.key, chance=self.chance()
            )  # fmt: skip
            if done.outcome in ("dead", "unconfirmed"):
                alerts.append((done.outcome, {"owed": one.owed.number, "why": done.why, "status": done.status}))
            finished.append(done)
        self.outbox.record(tx, finished)
        return finished

    def _note(self, tx: Tx, one: Sent) -> bool:
        """Tell the channel of one answer; whether it is paused now."""
        channel = self.channel
        kind = one.judged.kind
        if kind in (Class.DELIVERED, Class.UNCONFIRMED):
            if not channel.passed or channel.refused or channel.paused_why:
                note_pass(tx, channel.number)
                self.channel = see_channel(tx, channel.number)
            return False
        if kind not in (Class.FORBIDDEN, Class.CREDENTIAL, Class.CONFIGURATION):
            return channel.paused_why is not None
        channel = see_channel(tx, channel.number, lock=True)
        if kind is Class.FORBIDDEN:
            channel = note_refused(tx, channel, one.owed.lead)
        why = pauses(one, channel)
        if why:
            pause_channel(tx, channel.number, why, probe_ms=int(self.policy.probe_every * 1000))
        self.channel = see_channel(tx, channel.number)
        return self.channel.paused_why is not None

    def _look_around(self, tx: Tx, held: Sequence[int]) -> None:
        """Mend due times after a clock went back; take over from senders whose beat stood still for a whole lease."""
        self.outbox.keep_only(tx, held)
        self.outbox.mend_clock(tx, furthest_ms=int(self.policy.furthest * 1000))
        now = self.steady()
        beats = self.outbox.others(tx)
        seen = {
            sender: self._seen[sender] if self._seen.get(sender, (-1, 0.0))[0] == beat else (beat, now)
            for sender, beat in beats.items()
        }
        self._alive |= {sender for sender, (beat, _) in self._seen.items() if beats.get(sender, beat) != beat}
        for sender, (beat, since) in list(seen.items()):
            if now - since >= self.lease and self.outbox.take_over(tx, sender, beat):
                del seen[sender]
        self._seen = seen
