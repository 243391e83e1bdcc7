"""Group commit: one connection; the writes that wait together share one commit.

Durability costs a disk's flush a commit, not a write: 50 requests in flight pay for one. A thread of the writer's own
does it, or, while the disk is quick, whoever brings a work that nobody is before: two threads of one interpreter only
take turns, and every turn begins with being woken, perhaps on another processor, whose cache is empty.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import exc

from leads.store.database import Database, Sql, Tx, at_once, in_sentences, writing
from schemas.errors import StoreUnavailable

T = TypeVar("T")
Work = Callable[[Tx], T]
_Task = tuple[Work[Any], Future[Any]]
_MOST = 256
_RETRIES = 3
_QUICK = 0.01
"""Seconds a transaction may take for callers to do the next one themselves: a slow disk holds them up once."""
_SAVEPOINT = Sql("SAVEPOINT one_of_many")
_UNDO = Sql("ROLLBACK TO SAVEPOINT one_of_many")
_RELEASE = Sql("RELEASE SAVEPOINT one_of_many")


class Steady:
    """One connection kept open, of one thread at a time; after any fault the next transaction opens another."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._connection: sa.Connection | None = None

    @contextlib.contextmanager
    def transaction(self, *, patient: bool = True) -> Iterator[Tx]:
        """All or nothing, committed when the block ends. StoreUnavailable: the database cannot be used now.

        Not `patient`: nor when another process is writing to it (SQLite).
        """
        with in_sentences():
            try:
                if self._connection is None:
                    self._connection = writing(self.database.engine.connect())
                with self._connection.begin() if patient else at_once(self._connection):
                    yield self.database.tx(self._connection)
            except exc.DBAPIError:
                self.close()
                raise

    @property
    def opened(self) -> bool:
        """Whether it need not be opened first, which may take long."""
        return self._connection is not None

    def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(exc.SQLAlchemyError):
                connection.invalidate()
                connection.close()


class GroupWriter:
    """Takes writes from any thread; each answer comes after the commit that made it durable.

    `seconds`: a clock that never steps.
    """

    def __init__(self, database: Database, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._steady = Steady(database)
        self._waiting: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._turn = threading.Lock()  # held by whoever uses the connection
        self._owed = 0  # works handed over and not done with
        self._quick = False  # the last transaction was, so that callers need not fear the next
        self._starting = threading.Lock()
        self._closed = False

    @property
    def local(self) -> bool:
        """Whether a caller may ever do a work itself."""
        return not self._steady.database.postgres

    def submit(self, work: Work[T]) -> Future[T]:
        """Run `work(tx)` in the next shared transaction; the future is done once that is committed.

        What `work` raises is the future's exception and undoes that work alone. It may be run again after a fault of
        the group, so it does nothing but use the transaction. StoreUnavailable: not durable; nothing was kept, except
        after a fault in the very commit, when it is not known.
        """
        future: Future[T] = Future()
        with self._starting:
            if self._closed:
                raise RuntimeError("the writer is closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="lead-writer", daemon=True)
                self._thread.start()
            self._owed += 1
            self._waiting.put((work, future))
        return future

    def do(self, work: Work[T]) -> Future[T]:
        """As `submit`, but done here and now where nobody is before it: then the future is done already.

        Handed over where that might hold the caller up: on PostgreSQL, while another process writes to the file, and
        after a transaction that took long, until the writer's own thread finds the disk quick again.
        """
        if not self._quick or self._owed or not self._turn.acquire(blocking=False):
            return self.submit(work)
        try:
            done = None if self._closed else self._done_here(work)
        finally:
            self._turn.release()
        return self.submit(work) if done is None else done

    def _done_here(self, work: Work[T]) -> Future[T] | None:
        """None: the store could not be used at once; what was done is undone, or it is not known."""
        began = self._seconds()
        outcome = self._tried(work, patient=False)
        gone = isinstance(outcome, StoreUnavailable)
        self._quick = not gone and self._seconds() - began < _QUICK
        if gone:
            return None
        future: Future[T] = Future()
        _tell(future, outcome)
        return future

    def close(self) -> None:
        """Finish what waits, then stop. A later submit is a bug."""
        with self._starting:
            self._closed = True
            thread = self._thread
        if thread is not None:
            self._waiting.put(None)
            thread.join()
        with self._turn:
            self._steady.close()

    def _work(self) -> None:
        while True:
            batch, last = self._gather()
            if batch:
                self._in_turn(batch)
            if last:
                return

    def _in_turn(self, batch: list[_Task]) -> None:
        with self._turn:
            began = self._seconds()
            outcomes = self._outcomes(batch)
            opened = self._steady.opened and not self._steady.database.postgres
            self._quick = opened and self._seconds() - began < _QUICK
        self._no_longer_owed(len(batch))
        for (_, future), outcome in zip(batch, outcomes, strict=True):
            _tell(future, outcome)

    def _gather(self) -> tuple[list[_Task], bool]:
        batch = []
        item = self._waiting.get()
        while item is not None:
            if item[1].set_running_or_notify_cancel():
                batch.append(item)
            else:
                self._no_longer_owed(1)
            if len(batch) >= _MOST:
                return batch, False
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _no_longer_owed(self, works: int) -> None:
        with self._starting:
            self._owed -= works

    def _outcomes(self, batch: list[_Task]) -> list[Any]:
        if len(batch) == 1:
            return [self._alone(batch[0][0])]
        try:
            with self._steady.transaction() as tx:
                outcomes: list[Any] = [apart(tx, work) for work, _ in batch]
        except StoreUnavailable:
            return self._one_by_one(batch)
        return outcomes

    def _one_by_one(self, batch: list[_Task]) -> list[Any]:
        """A deadlock or a lost connection undid the group: each has its own chance, until the store is found gone."""
        outcomes: list[Any] = []
        gone: StoreUnavailable | None = None
        for work, _ in batch:
            outcomes.append(gone or self._alone(work))
            gone = outcomes[-1] if isinstance(outcomes[-1], StoreUnavailable) else None
        return outcomes

    def _alone(self, work: Work[Any]) -> Any:
        outcome = self._tried(work)
        # SQLite has no deadlocks and no connection to lose; waiting for its lock again would only hold up the rest.
        for _ in range(_RETRIES if self._steady.database.postgres else 0):
            if not isinstance(outcome, StoreUnavailable):
                break
            outcome = self._tried(work)
        return outcome

    def _tried(self, work: Work[Any], *, patient: bool = True) -> Any:
        try:
            with self._steady.transaction(patient=patient) as tx:
                return work(tx)
        except Exception as fault:  # whoever waits must hear of it, whatever it is
            return fault


def apart(tx: Tx, work: Work[T]) -> T | Exception:
    """One work inside its own savepoint: its result, or what it raised, which undoes it and nothing else.

    Only what shows that the transaction itself is lost is raised.
    """
    tx.run(_SAVEPOINT)
    try:
        result = work(tx)
    except (exc.OperationalError, exc.InterfaceError):
        raise
    except Exception as own:
        tx.run(_UNDO)
        return own
    tx.run(_RELEASE)
    return result


def _tell(future: Future[Any], outcome: Any) -> None:
    if isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
