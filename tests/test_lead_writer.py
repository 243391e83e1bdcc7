"""Who brings a work while the writer is free does it; nobody who must not be held up is."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from leads.store import LeadStore, Tx, find_lead, touch_lead
from leads.store.writer import GroupWriter
from schemas.errors import StoreUnavailable
from tests.postgres import postgres
from tests.sending import open_at


class Seconds:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    """At zero."""
    return Seconds()


@pytest.fixture
def writer(tmp_path: Path, seconds: Seconds) -> Iterator[GroupWriter]:
    """The writer of a SQLite store, which has found the disk quick."""
    store = open_at(tmp_path / "leads.db")
    made = GroupWriter(store.database, seconds)
    made.submit(lambda tx: tx.now_ms).result(60)
    yield made
    made.close()
    store.close()


def touching(name: str, *, seconds: Seconds | None = None, takes: float = 0.0) -> Callable[[Tx], int]:
    """A work that makes a lead, and gives the thread it was done in."""

    def work(tx: Tx) -> int:
        touch_lead(tx, name, source="decision")
        if seconds is not None:
            seconds.now += takes
        return threading.get_ident()

    return work


def test_a_free_writer_is_not_called(writer: GroupWriter, tmp_path: Path) -> None:
    """The work is done, and durable, before `do` comes back."""
    future = writer.do(touching("uno"))
    assert future.done()
    assert future.result() == threading.get_ident()
    other = open_at(tmp_path / "leads.db")
    assert other.read(lambda tx: find_lead(tx, "uno")) is not None
    other.close()


def test_what_is_raised_is_undone_and_told(writer: GroupWriter) -> None:
    """As of a work that was handed over."""

    def breaks(tx: Tx) -> None:
        touch_lead(tx, "roto", source="decision")
        raise KeyError("roto")

    assert isinstance(writer.do(breaks).exception(), KeyError)
    assert writer.do(lambda tx: find_lead(tx, "roto")).result() is None


def test_a_busy_writer_takes_it_along(writer: GroupWriter) -> None:
    """While it is at work, and while others wait for it, `do` hands over."""
    begun, go_on = threading.Event(), threading.Event()

    def slow(_tx: Tx) -> None:
        begun.set()
        assert go_on.wait(60)

    first = writer.submit(slow)
    assert begun.wait(60)
    handed = [writer.do(touching(f"dos-{number}")) for number in range(3)]
    assert not any(one.done() for one in handed)
    go_on.set()
    assert all(one.result(60) != threading.get_ident() for one in handed)
    first.result(60)


def test_nobody_waits_for_another_process(writer: GroupWriter, tmp_path: Path) -> None:
    """The file is locked: the caller goes on at once, the writer waits; then it is as before."""
    with closing(sqlite3.connect(tmp_path / "leads.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(1) as caller:
            future = caller.submit(writer.do, touching("tres")).result(10)  # the writer would wait for longer
        assert not future.done()
        other.execute("COMMIT")
        assert future.result(60) != threading.get_ident()
    assert writer.do(touching("cuatro")).result(60) == threading.get_ident()


def test_the_writer_itself_is_patient_again(writer: GroupWriter, tmp_path: Path) -> None:
    """A work done at once leaves nothing of its haste behind on the connection they share."""
    assert writer.do(touching("antes")).done()
    with closing(sqlite3.connect(tmp_path / "leads.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        future = writer.submit(touching("espera"))
        with pytest.raises(TimeoutError):
            future.result(0.2)
        other.execute("COMMIT")
        assert future.result(60)


def test_a_slow_disk_holds_a_caller_up_once(writer: GroupWriter, seconds: Seconds) -> None:
    """What comes behind a slow transaction is handed over, for as long as they are slow."""
    slow = touching("seis", seconds=seconds, takes=0.02)
    assert writer.do(slow).result() == threading.get_ident()
    assert all(writer.do(slow).result(60) != threading.get_ident() for _ in range(3))
    assert writer.do(touching("siete")).result(60) != threading.get_ident()
    assert writer.do(touching("ocho")).result(60) == threading.get_ident()


def test_a_new_writer_learns_first_what_the_disk_is_like(tmp_path: Path) -> None:
    """Opening a file may take long, too: no caller does it."""
    store = open_at(tmp_path / "leads.db")
    assert store.writer.do(touching("primero")).result(60) != threading.get_ident()
    store.close()


def test_one_work_at_a_time(writer: GroupWriter) -> None:
    """What is handed over while a caller is at work begins when that has ended."""
    inside, go_on, story = threading.Event(), threading.Event(), []

    def first(_tx: Tx) -> None:
        inside.set()
        assert go_on.wait(60)
        story.append("first")

    with ThreadPoolExecutor(1) as caller:
        doing = caller.submit(writer.do, first)
        assert inside.wait(60)
        second = writer.submit(lambda _tx: story.append("second"))
        with pytest.raises(TimeoutError):
            second.result(0.2)
        go_on.set()
        assert doing.result(60).done()
    second.result(60)
    assert story == ["first", "second"]


def test_a_store_that_is_gone_is_tried_once_more_and_told(writer: GroupWriter) -> None:
    """By the writer, who waits where the caller would not."""
    tries = []

    def gone(_tx: Tx) -> None:
        tries.append(threading.get_ident())
        raise StoreUnavailable("gone", es="se fue")

    assert isinstance(writer.do(gone).exception(60), StoreUnavailable)
    assert len(tries) == 2
    assert tries[0] == threading.get_ident() != tries[1]


def test_a_closed_writer_takes_nothing(writer: GroupWriter) -> None:
    """A later work is a bug, whoever would do it."""
    writer.close()
    with pytest.raises(RuntimeError):
        writer.do(touching("nueve"))


def test_a_database_behind_a_network_is_never_waited_for() -> None:
    """On PostgreSQL every work is handed over."""
    with postgres() as url:
        store: LeadStore = open_at(url)
        assert store.writer.do(touching("diez")).result(60) != threading.get_ident()
        store.close()
