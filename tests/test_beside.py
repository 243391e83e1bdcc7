"""Work done beside: the twin saves time and never decides whether there is an answer."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.validate.beside import beside, pieces_beside

pytestmark = pytest.mark.alone


def test_a_twin_answers_from_another_process() -> None:
    """The work is done elsewhere, and its plain values come back equal."""
    told = beside(lambda: (os.getpid(), [Decimal("1.50"), "ñ", None]))
    pid, values = told()
    assert pid != os.getpid()
    assert values == [Decimal("1.50"), "ñ", None]


def test_no_twin_where_there_are_threads() -> None:
    """A lock held by another thread would be locked in the twin for ever."""
    leave = threading.Event()
    thread = threading.Thread(target=leave.wait)
    thread.start()
    try:
        assert beside(os.getpid)() == os.getpid()
    finally:
        leave.set()
        thread.join()


@pytest.mark.parametrize("end", ["killed", "raised", "silent", "unwilling"])
def test_a_twin_that_ends_badly_is_replaced(end: str) -> None:
    """Killed, failed, without a word, or with an answer nobody can send: the process answers itself."""
    here = os.getpid()

    def work() -> object:
        if os.getpid() == here:
            return "done here"
        if end == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if end == "silent":
            os._exit(0)
        return 1 / 0 if end == "raised" else (lambda: None)

    assert beside(work)() == "done here"


def test_a_bug_in_the_work_is_seen() -> None:
    """What fails in the twin fails here too, where it is told."""
    with pytest.raises(ZeroDivisionError):
        beside(lambda: 1 // 0)()


def test_a_twin_leaves_nothing_behind() -> None:
    """No process to wait for, no open descriptor."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert beside(lambda: b"x" * 5_000_000)() == b"x" * 5_000_000
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


@pytest.mark.parametrize("told", [0, 1, 40])
def test_what_a_twin_could_not_tell_is_made_here(told: int) -> None:
    """Killed between two pieces, it has told some: each piece comes once, in order, whoever made it."""
    here = os.getpid()

    def work() -> Iterator[bytes]:
        for number in range(50):
            if os.getpid() != here and number == told:
                raise OSError("a full disk, say")
            yield bytes([number]) * 100_000

    pieces = pieces_beside(work)
    assert [piece[:1] for piece in pieces] == [bytes([number]) for number in range(50)]


def test_a_twin_ended_while_it_tells_is_finished_here() -> None:
    """What it told counts, and what it did not tell is done again."""
    pieces = pieces_beside(lambda: (bytes([number]) * 3_000_000 for number in range(5)))
    found = [next(pieces)]
    for child in Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split():
        os.kill(int(child), signal.SIGKILL)
    found += pieces
    assert [(piece[0], len(piece)) for piece in found] == [(number, 3_000_000) for number in range(5)]


def test_a_twin_nobody_listens_to_leaves_nothing_behind() -> None:
    """A command that is stopped half-way through its pieces waits for no process and keeps no descriptor."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    pieces = pieces_beside(lambda: (bytes(3_000_000) for _ in range(5)))
    next(pieces)
    pieces.close()  # type: ignore[attr-defined] # a generator, where there is a twin
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
