"""The sender: claim, send, record. One event loop with lanes to the marketplace, one thread at the store.

In flight is what has been sent and not yet been recorded: at most twice the lanes. SIGKILL duplicates at most that.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from leads.postback.turns import Desk, Order, Turn
from leads.postback.verdicts import Sent, breaker_hears, judge
from leads.postback.wire import PATH, Lanes, StaleClaim, fault_word, make_request
from leads.retry import Answer, Breaker, Policy, note_outcome, policy_of
from leads.store.database import Database
from leads.store.outbox import Fenced, Owed
from leads.store.writer import Steady
from schemas.errors import StoreUnavailable
from schemas.lead_settings import LeadSettings, need_delivery

Log = Callable[[str, dict[str, object]], None]
_POLL = 0.25
_AHEAD = 8


def still_clock() -> float:
    """Seconds of a clock that never steps and counts while the machine sleeps, where there is one."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


@dataclass(frozen=True, slots=True)
class SenderRules:
    """How one sender works. `lanes`: connections, each with one request in flight; seconds."""

    base_url: str
    key: str
    policy: Policy
    lease: float = 60.0
    lanes: int = 16
    deadline: float = 20.0
    connect: float = 5.0
    already_have: str | None = None

    def __repr__(self) -> str:
        return f"SenderRules({self.base_url!r}, lanes={self.lanes})"

    @property
    def identity(self) -> str:
        """Tells this key with this URL from any other, and the key to nobody."""
        slow = hashlib.scrypt(self.key.encode(), salt=self.base_url.encode(), n=2**12, r=8, p=1, dklen=12)
        return slow.hex()


def rules_of(settings: LeadSettings, *, lanes: int = 16) -> SenderRules:
    """The rules of these settings. SettingsError: no base URL or no key.

    A request may take a third of the lease at most, and is not begun when half the lease is over: whoever takes over
    can be sure that nothing of the old claim is still under way.
    """
    base_url, key = need_delivery(settings)
    deadline = min(20.0, settings.lease_seconds / 3)
    return SenderRules(
        base_url=base_url,
        key=key.reveal(),
        policy=policy_of(settings.retry_delays),
        lease=settings.lease_seconds,
        lanes=lanes,
        deadline=deadline,
        connect=min(5.0, deadline),
        already_have=settings.already_have,
    )


class Sender:
    """Delivers what is owed in one store until it is told to stop. Make and run it in one event loop."""

    def __init__(self, database: Database, rules: SenderRules, log: Log, *, tls: Any = None) -> None:
        self._rules = rules
        self._log = log
        self._now: Callable[[], datetime] = database.clock
        self._desk = Desk(
            Steady(database), rules.policy, rules.identity, rules.key, rules.lease, database.clock, still_clock
        )
        self._lanes = Lanes(most=rules.lanes, deadline=rules.deadline, connect=rules.connect, tls=tls)
        self._url = httpx.URL(rules.base_url + PATH)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sender-store")
        self._waiting: deque[Owed] = deque()
        self._sent: list[Sent] = []
        self._in_flight = 0
        self._recording = 0
        self._breaker = Breaker()
        self._renewed = still_clock()
        self._looked = -1e9
        self._work = asyncio.Event()
        self._stir = asyncio.Event()
        self._stopping = False
        self.counts: dict[str, int] = {}

    def stop(self) -> None:
        """Finish what is under way, give the rest back, and end. From the sender's own loop."""
        self._stopping = True
        self._stir.set()

    def wake(self) -> None:
        """Something new is owed. From the sender's own loop."""
        self._stir.set()

    async def run(self, *, once: bool = False) -> None:
        """Deliver until stopped; `once`: until nothing is due now. StoreUnavailable only at the start."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._desk.register)
        self._renewed = still_clock()
        lanes = [asyncio.create_task(self._lane()) for _ in range(self._rules.lanes)]
        try:
            await self._turns(once=once)
        finally:
            for lane in lanes:
                lane.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)
            await self._lanes.aclose()
            with contextlib.suppress(StoreUnavailable):
                await loop.run_in_executor(self._thread, self._desk.outbox.leave)
            await loop.run_in_executor(self._thread, self._desk.steady.close)
            self._thread.shutdown()

    # ---- the store's side

    async def _turns(self, *, once: bool) -> None:
        while True:
            self._stir.clear()
            order = self._order()
            turn = await self._take_turn(order)
            if turn is None:
                await self._rest(_POLL)
                continue
            if self._idle and (self._stopping or (once and self._nothing_due(turn))):
                return
            if not self._sent and not (turn.claimed or (order.most == 0 and self._room() > 0 and not self._stopping)):
                await self._rest(self._pause_length(turn))

    @property
    def _idle(self) -> bool:
        return not (self._waiting or self._in_flight or self._sent)

    def _nothing_due(self, turn: Turn) -> bool:
        if self._breaker.state(still_clock()) != "closed" or turn.paused:
            return True
        return not turn.claimed and (turn.next_due_ms is None or turn.next_due_ms > turn.now_ms)

    def _order(self) -> Order:
        now = still_clock()
        look = now - self._looked >= self._rules.lease / 4
        if look:
            self._looked = now
        sent, self._sent = self._sent, []
        self._recording = len(sent)
        back: list[int] = []
        if self._stopping or self._breaker.state(now) == "open":
            back = [owed.number for owed in self._waiting]
            self._waiting.clear()
        return Order(sent, back, 0 if self._stopping else self._room(), look)

    def _room(self) -> int:
        """How many more rows to hold. A breaker that is half open lets one try."""
        held = len(self._waiting) + self._in_flight
        state = self._breaker.state(still_clock())
        if state == "closed":
            most = self._rules.lanes * _AHEAD - held
            return most if most >= self._rules.lanes or held <= self._rules.lanes else 0
        return 1 if state == "half" and held == 0 else 0

    async def _take_turn(self, order: Order) -> Turn | None:
        loop = asyncio.get_running_loop()
        began = still_clock()
        try:
            turn = await loop.run_in_executor(self._thread, self._desk.turn, order)
        except Fenced:
            await self._start_over()
            return None
        except StoreUnavailable as fault:
            self._log("store", {"error": str(fault)})
            self._sent = [*order.sent, *self._sent]
            self._recording = 0
            return None
        self._renewed = began
        self._recording = 0
        self._waiting.extend(turn.claimed)
        self._work.set()
        for done in turn.finished:
            self.counts[done.kind] = self.counts.get(done.kind, 0) + 1
        for code, facts in turn.alerts:
            self._log(code, facts)
        if turn.paused and not turn.claimed and self._waiting:
            await self._give_back()
        return turn

    async def _give_back(self) -> None:
        """The market was paused: what was claimed and not sent goes back."""
        numbers = [owed.number for owed in self._waiting]
        self._waiting.clear()
        with contextlib.suppress(StoreUnavailable, Fenced):
            await asyncio.get_running_loop().run_in_executor(self._thread, self._desk.turn, Order(back=numbers))

    async def _start_over(self) -> None:
        """The lease was lost: whatever is held is others' now."""
        self._log("lease_lost", {})
        self._waiting.clear()
        self._sent.clear()
        self._recording = 0
        with contextlib.suppress(StoreUnavailable):
            await asyncio.get_running_loop().run_in_executor(self._thread, self._desk.register)
            self._renewed = still_clock()

    def _pause_length(self, turn: Turn) -> float:
        beat = self._rules.lease / 6
        if self._in_flight or self._waiting or turn.next_due_ms is None:
            return min(beat, _POLL)
        return max(0.01, min(beat, _POLL, (turn.next_due_ms - turn.now_ms) / 1000))

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stir.wait()

    # ---- the marketplace's side

    def _may_write(self) -> bool:
        return still_clock() - self._renewed < self._rules.lease / 2

    async def _lane(self) -> None:
        extensions = {"may_write": self._may_write}
        while True:
            if not self._may_take():
                self._work.clear()
                await self._work.wait()
                continue
            owed = self._waiting.popleft()
            self._in_flight += 1
            try:
                sent = await self._send(owed, extensions)
                if sent is not None:
                    self._sent.append(sent)
            finally:
                self._in_flight -= 1
            if sent is not None:
                self._hear(sent)
            self._stir.set()

    def _may_take(self) -> bool:
        if not self._waiting:
            return False
        state = self._breaker.state(still_clock())
        if state != "closed":
            return state == "half" and self._in_flight == 0
        return self._in_flight + len(self._sent) + self._recording < 2 * self._rules.lanes

    async def _send(self, owed: Owed, extensions: dict[str, Any]) -> Sent | None:
        """None: the claim had grown too old, nothing was written."""
        began, at_ms = still_clock(), int(self._now().timestamp() * 1000)
        request = make_request(self._url, self._rules.key, owed.event_id, owed.body, extensions)
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


def run_sender(
    database: Database, rules: SenderRules, log: Log, *, once: bool = False, tls: Any = None,
    started: Callable[[Callable[[], None], Callable[[], None]], None] | None = None,
) -> dict[str, int]:  # fmt: skip
    """Run a sender to its end in this thread; gives how many attempts ended in each class.

    In the main thread SIGTERM and SIGINT drain it. `started` is given two functions that any thread may call: stop
    and wake.
    """
    import signal
    import threading

    async def main() -> dict[str, int]:
        sender = Sender(database, rules, log, tls=tls)
        loop = asyncio.get_running_loop()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, sender.stop)
        if started is not None:
            started(
                lambda: _soon(loop, sender.stop),
                lambda: _soon(loop, sender.wake),
            )
        await sender.run(once=once)
        return sender.counts

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(main())


def _soon(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended already
        loop.call_soon_threadsafe(call)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop
