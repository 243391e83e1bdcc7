"""Work done beside: the twin saves time and never decides whether there is an answer."""

from __future__ import annotations

import os
import signal
import threading
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.validate.beside import beside

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
