"""Work done beside: a forked twin of this process computes a value while the process itself goes on.

    told = beside(lambda: contradictions(table, countries))    # the twin is at work
    check_cells(table, frame)                                   # so are we
    findings = told()                                           # the twin's answer, or our own where it has none

Whatever becomes of the twin (a crash, a kill, a hang), the answer is computed here instead: it only ever saves time.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from pipeline.ingest.process import widen

Answer = TypeVar("Answer")

_CHUNK = 1 << 20
_LEAST_PATIENCE = 20.0
_PATIENCE = 10.0
"""Seconds, and times what we took ourselves since the start: a twin silent for longer is given up."""


def beside(work: Callable[[], Answer]) -> Callable[[], Answer]:
    """Starts `work` in a twin where that is possible and gives a function that waits for its answer.

    The answer travels pickled, so it is made of plain values. A process with threads is never forked (a lock held by
    another thread would stay locked in the twin for ever), nor is there a twin on a machine with one processor.
    """
    if not hasattr(os, "fork") or threading.active_count() > 1 or (os.cpu_count() or 1) < 2:
        return work
    try:
        twin = _Twin(work)
    except OSError:  # no process to be had
        return work
    return lambda: twin.answer(work)


class _Twin:
    """The other process, and the pipe it answers through."""

    __slots__ = ("_pid", "_pipe", "_started")

    def __init__(self, work: Callable[[], Any]) -> None:
        self._started = time.monotonic()
        self._pipe, answering = os.pipe()
        widen(answering)
        try:
            self._pid = os.fork()
        except OSError:
            os.close(self._pipe)
            os.close(answering)
            raise
        if self._pid == 0:
            _be_the_twin(work, answering)
        os.close(answering)

    def answer(self, work: Callable[[], Answer]) -> Answer:
        """What the twin found; found here, where the twin did not end well."""
        try:
            told = self._all_it_says()
        finally:
            ended_well = self._over()
        return pickle.loads(told) if ended_well and told else work()  # noqa: S301 - our own twin wrote it

    def _all_it_says(self) -> bytes:
        deadline = time.monotonic() + max(_LEAST_PATIENCE, _PATIENCE * (time.monotonic() - self._started))
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN | select.POLLHUP)
        told = bytearray()
        while poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            chunk = os.read(self._pipe, _CHUNK)
            if not chunk:
                return bytes(told)
            told += chunk
        os.kill(self._pid, signal.SIGKILL)
        return b""

    def _over(self) -> bool:
        """No process and no descriptor stays behind; did the twin say all it had to say?"""
        os.close(self._pipe)
        try:
            return os.waitpid(self._pid, 0)[1] == 0
        except ChildProcessError:  # somebody else waited for it; nobody knows how it ended
            return False


def _be_the_twin(work: Callable[[], Any], answering: int) -> None:
    """Never returns, holds nothing of the process it came from but its memory, and runs none of its endings."""
    ended = 1
    try:
        os.closerange(0, answering)
        os.closerange(answering + 1, os.sysconf("SC_OPEN_MAX"))
        with open(answering, "wb") as pipe:
            pickle.dump(work(), pipe, protocol=pickle.HIGHEST_PROTOCOL)
        ended = 0
    finally:
        os._exit(ended)
