"""The sender: claim, send, record. One event loop with lanes to the marketplace, one thread at the store.

In flight is what has been sent and not yet been recorded: at most four times the lanes, so that a fast marketplace does
not wait for our disk. SIGKILL duplicates at most that.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

import httpx

from leads.postback.rules import SenderRules, still_clock
from leads.postback.turns import Desk, Order, Turn
from leads.postback.verdicts import Sent, breaker_hears, judge, what_to_check
from leads.postback.wire import PATH, Lanes, StaleClaim, fault_word, make_request
from leads.retry import Answer, Breaker, note_outcome
from leads.store import LeadStore, Tx
from leads.store.outbox import Fenced, Owed
from schemas.errors import StoreUnavailable

Log = Callable[[str, dict[str, object]], None]
T = TypeVar("T")
_POLL = 0.25
_AHEAD = 8
"""Rows held, a lane."""
_UNRECORDED = 4
"""Rows sent and not recorded, a lane."""


class Sender:
    """Delivers what is owed in one store until it is told to stop. Make and run it in one event loop."""

    def __init__(self, store: LeadStore, rules: SenderRules, log: Log, *, tls: ssl.SSLContext | None = None) -> None:
        self._store = store
        self._rules = rules
        self._log = log
        self._now = store.database.clock
        self._desk = Desk(rules.policy, rules.identity, rules.key, rules.lease, self._now, still_clock)
        self._lanes = Lanes(most=rules.lanes, deadline=rules.deadline, connect=rules.connect, tls=tls)
        self._url = httpx.URL(rules.base_url + PATH)
        self._waiting: deque[Owed] = deque()
        self._flying: dict[int, Owed] = {}
        self._sent: list[Sent] = []
        self._recording: Sequence[Sent] = ()
        self._breaker = Breaker()
        self._renewed = still_clock()
        self._place = 0  # which registration the claims in hand are of
        self._looked = -1e9
        self._work = asyncio.Event()
        self._stir = asyncio.Event()
        self._stopping = False
        self._paused: str | None = None
        self._holding = False  # paused, and no probe in hand
        self._store_gone = False
        self.counts: dict[str, int] = {}

    def stop(self) -> None:
        """Finish what is under way, give the rest back, and end. From the sender's own loop."""
        self._stopping = True
        self._stir.set()

    def wake(self) -> None:
        """Something new is owed. From the sender's own loop."""
        self._stir.set()

    async def run(self, *, once: bool = False) -> None:
        """Deliver until stopped; `once`: until nothing is due now and no dead sender holds any.

        StoreUnavailable only at the start.
        """
        await self._register()
        lanes = [asyncio.create_task(self._lane()) for _ in range(self._rules.lanes)]
        turns = asyncio.create_task(self._turns(once=once))
        try:
            # A lane ends only by a bug, which must not be waited for.
            await asyncio.wait([turns, *lanes], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (turns, *lanes):
                if not task.done():
                    task.cancel()
            ended = await asyncio.gather(turns, *lanes, return_exceptions=True)
            await self._lanes.aclose()
            with contextlib.suppress(StoreUnavailable):
                await self._at_store(self._desk.outbox.leave)
        _raise_bugs(ended)

    # ---- the store's side

    async def _at_store(self, work: Callable[[Tx], T]) -> T:
        return await asyncio.wrap_future(self._store.writer.submit(work))

    async def _register(self) -> None:
        await self._at_store(self._desk.register)
        self._renewed = still_clock()
        if self._desk.channel.paused_before:
            self._say_resumed()

    async def _turns(self, *, once: bool) -> None:
        while True:
            self._stir.clear()
            if not self._must_turn():
                if self._stopping and self._idle:
                    return
                due = await self._due_in()
                if due is None or due > 0:
                    if once and self._idle and not await self._held_elsewhere():
                        return
                    await self._rest(_POLL if due is None else min(_POLL, due))
                    continue
            if not await self._turn():
                if self._stopping and still_clock() - self._renewed > self._rules.lease:
                    return  # the store is gone; whoever finds it again takes over
                await self._rest(_POLL)

    @property
    def _idle(self) -> bool:
        return not (self._waiting or self._flying or self._sent)

    def _must_turn(self) -> bool:
        now = still_clock()
        beat_is_due = now - self._renewed >= self._rules.lease / 6 or now - self._looked >= self._rules.lease / 4
        return bool(self._sent or beat_is_due or (self._waiting and self._gives_back()))

    def _gives_back(self) -> bool:
        """Whether rows that wait here are not ours to send for now."""
        return self._stopping or self._holding or self._breaker.state(still_clock()) == "open"

    async def _due_in(self) -> float | None:
        """Seconds until there is something to claim; None: nothing, or no room for more."""
        if self._stopping or self._room() <= 0:
            return None
        try:
            return await asyncio.to_thread(self._store.read, self._desk.due_in)
        except StoreUnavailable as fault:
            self._miss_store(fault)
            return _POLL

    async def _held_elsewhere(self) -> bool:
        """Whether a sender that may be dead holds rows: to be waited for, since nobody else may come to take over."""
        try:
            return await asyncio.to_thread(self._store.read, self._desk.strangers)
        except StoreUnavailable as fault:
            self._miss_store(fault)
            return False

    def _miss_store(self, fault: StoreUnavailable) -> None:
        """Said once an outage, not four times a second."""
        if not self._store_gone:
            self._log("store", {"error": str(fault)})
        self._store_gone = True

    def _order(self) -> Order:
        now = still_clock()
        back = self._emptied() if self._gives_back() else []
        held = None
        if now - self._looked >= self._rules.lease / 4:
            self._looked = now
            held = [*self._flying, *(owed.number for owed in self._waiting), *(one.owed.number for one in self._sent)]
        self._recording, self._sent = self._sent, []
        return Order(self._recording, back, 0 if self._stopping else self._room(), held)

    def _emptied(self) -> list[int]:
        numbers = [owed.number for owed in self._waiting]
        self._waiting.clear()
        return numbers

    def _room(self) -> int:
        """How many more rows to hold. A breaker that is half open lets one try."""
        held = len(self._waiting) + len(self._flying)
        state = self._breaker.state(still_clock())
        if state == "closed":
            most = self._rules.lanes * _AHEAD - held
            return most if most >= self._rules.lanes else 0
        return 1 if state == "half" and held == 0 else 0

    async def _turn(self) -> bool:
        """One turn at the store; False: it could not be had."""
        order = self._order()
        began = still_clock()
        try:
            turn = await self._at_store(lambda tx: self._desk.turn(tx, order))
        except Fenced:
            await self._start_over()
            return True
        except StoreUnavailable as fault:
            self._miss_store(fault)
            self._sent = [*order.sent, *self._sent]
            self._recording = ()
            self._looked = -1e9  # what became of that turn is not known: compare what we hold
            return False
        self._renewed = began
        self._recording = ()
        self._waiting.extend(turn.claimed)
        self._holding = turn.paused is not None and not turn.claimed
        self._tell(turn)
        self._work.set()
        return True

    def _tell(self, turn: Turn) -> None:
        if self._store_gone:
            self._log("store_back", {})
        self._store_gone = False
        if turn.paused and turn.paused != self._paused:
            market, check = self._store.database.market, what_to_check(turn.paused)
            self._log("paused", {"why": turn.paused, "market": market, "check": check})
        if self._paused and not turn.paused:
            self._say_resumed()
        self._paused = turn.paused
        for done in turn.finished:
            self.counts[done.kind] = self.counts.get(done.kind, 0) + 1
        for code, facts in turn.alerts:
            self._log(code, facts)

    def _say_resumed(self) -> None:
        self._log("resumed", {"market": self._store.database.market})
        self._paused = None

    async def _start_over(self) -> None:
        """The lease was lost: whatever is held is others' now."""
        self._log("lease_lost", {})
        self._waiting.clear()
        self._flying.clear()
        self._sent.clear()
        self._recording = ()
        self._place += 1
        with contextlib.suppress(StoreUnavailable):  # the next turn finds the old place lost again
            await self._register()

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stir.wait()

    # ---- the marketplace's side

    def _may_write(self) -> bool:
        return still_clock() - self._renewed < self._rules.lease / 2

    async def _lane(self) -> None:
        while True:
            if not self._may_take():
                self._work.clear()
                await self._work.wait()
                continue
            owed = self._waiting.popleft()
            self._flying[owed.number] = owed
            place = self._place
            sent = await self._send(owed)
            if place != self._place:
                continue  # the lease was lost meanwhile
            del self._flying[owed.number]
            if sent is None:
                self._waiting.appendleft(owed)
            else:
                self._sent.append(sent)
                self._hear(sent)
            self._stir.set()

    def _may_take(self) -> bool:
        if not self._waiting or self._holding or not self._may_write():
            return False
        state = self._breaker.state(still_clock())
        if state != "closed":
            return state == "half" and not self._flying
        return len(self._flying) + len(self._sent) + len(self._recording) < _UNRECORDED * self._rules.lanes

    async def _send(self, owed: Owed) -> Sent | None:
        """None: the claim had grown too old, nothing was written."""
        began, at_ms = still_clock(), int(self._now().timestamp() * 1000)
        place = self._place
        asked = {"may_write": lambda: place == self._place and self._may_write()}
        request = make_request(self._url, self._rules.key, owed.event_id, owed.body, asked)
        try:
            response = await self._lanes.handle_async_request(request)
        except StaleClaim:
            return None
        except httpx.TransportError as fault:
            answer = Answer(None, fault_word(fault))
        else:
            answer = Answer(
                response.status_code, "", response.content, response.extensions["whole"],
                response.headers.get("retry-after"),
            )  # fmt: skip
        took = still_clock() - began
        return judge(owed, answer, at_ms=at_ms, took=took, already_have=self._rules.already_have)

    def _hear(self, sent: Sent) -> None:
        well = breaker_hears(sent)
        if well is None:
            return
        before = self._breaker.state(still_clock())
        self._breaker = note_outcome(self._breaker, self._rules.policy, ok=well, lead=sent.owed.lead, now=still_clock())
        after = self._breaker.state(still_clock())
        if before != after:
            self._log(f"breaker_{after}", {"base_url": self._rules.base_url, "for": self._breaker.open_for})


def _raise_bugs(ended: Sequence[object]) -> None:
    for result in ended:
        if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
            raise result
