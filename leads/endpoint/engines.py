"""Where engines run: a Lender's own in threads of its own, each question with a deadline, so many and no more."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import traceback
from dataclasses import dataclass

from leads.decide import Decision, Engine, PublishedTerms, Question, defects
from leads.endpoint.problems import Problem
from leads.log import Log
from schemas.product import Product

_AT_ONCE = 32
_MOST_STUCK = 96
"""Late engines whose places are taken by others; a thread cannot be stopped, so there is an end to it."""
MARGIN = 0.5
"""Seconds of the budget that are left when an engine is given up."""


@dataclass(slots=True)
class _Asked:
    """One question with the engine. `late`: nobody waits for it any more."""

    late: bool = False
    ended: bool = False


class EngineRoom:
    """One engine. The default one is pure and quick: it decides `inline`, in the transaction that keeps its answer."""

    def __init__(self, engine: Engine, log: Log) -> None:
        self._engine = engine
        self._log = log
        self._running = 0
        self.stuck = 0  # of those that run, how many are late and keep a thread, some perhaps for ever
        self.inline = isinstance(engine, PublishedTerms)

    def decide(self, question: Question, product: Product) -> Decision:
        """A decision that may be shown. Problem `engine`: the engine raised, or offered what is not published."""
        try:
            decision = self._engine.decide(question, product)
            wrong = defects(decision, product, question.asked_at)
        except Exception as fault:  # a Lender's code may raise anything; its message may hold anything
            told: dict[str, object] = {"kind": type(fault).__name__, "where": _place(fault), "product": product.code}
            self._log("engine_raised", told)
            raise Problem("engine", retry=5) from None
        if wrong:
            self._log("engine_defect", {"defects": wrong, "product": product.code})
            raise Problem("engine", retry=60)
        return decision

    @property
    def worn_out(self) -> bool:
        """So many engines hang that their places are not given to others any more: a restart frees them."""
        return self.stuck >= _MOST_STUCK

    def refuse_if_full(self) -> None:
        """Problem `busy`: as many questions as may be are with the engine."""
        if self._running - min(self.stuck, _MOST_STUCK) >= _AT_ONCE:
            self._log("engine_busy", {})
            raise Problem("busy", retry=1)

    async def ask(self, question: Question, product: Product, deadline: float) -> Decision:
        """The decision. Problem `busy`, or `engine` (late, too).

        A thread cannot be stopped: a late one goes on, its answer is thrown away and its place is another's.
        """
        self.refuse_if_full()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Decision] = loop.create_future()
        asked = _Asked()

        def work() -> None:
            outcome = self._outcome(question, product)
            with contextlib.suppress(RuntimeError):  # the service has ended meanwhile
                loop.call_soon_threadsafe(self._end, asked, answer, outcome)

        threading.Thread(target=work, name="engine", daemon=True).start()
        self._running += 1
        try:
            async with asyncio.timeout_at(deadline - MARGIN):
                return await answer
        except TimeoutError:
            self._give_up(asked, product)
            raise Problem("engine", retry=5) from None

    def _give_up(self, asked: _Asked, product: Product) -> None:
        if not asked.ended:
            asked.late = True
            self.stuck += 1
        self._log("engine_late", {"product": product.code, "stuck": self.stuck})

    def _end(self, asked: _Asked, answer: asyncio.Future[Decision], outcome: Decision | Problem) -> None:
        asked.ended = True
        self._running -= 1
        self.stuck -= asked.late
        if answer.done():
            return
        if isinstance(outcome, Problem):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)

    def _outcome(self, question: Question, product: Product) -> Decision | Problem:
        try:
            return self.decide(question, product)
        except Problem as problem:
            return problem
        except BaseException:  # an engine that ends its thread must not take its place along
            return Problem("engine", retry=5)


def _place(fault: BaseException) -> str:
    """Where in the Lender's module: file and line, of the calls below ours the last in the file of the first."""
    calls = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(fault.__traceback__)]
    theirs = calls[1:] or calls
    file, line = [call for call in theirs if call[0] == theirs[0][0]][-1]
    return f"{file.rpartition('/')[2]}:{line}"
