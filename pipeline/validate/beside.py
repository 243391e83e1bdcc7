"""Work done beside: a forked twin of this process computes something while the process itself goes on.

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
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from pipeline.ingest import wire
from pipeline.ingest.process import widen

Answer = TypeVar("Answer")

_CHUNK = 1 << 20
_THE_END = b""
_LEAST_PATIENCE = 20.0
_PATIENCE = 10.0
"""Seconds, and times what we took ourselves since the start: a twin silent for longer is given up."""


def beside(work: Callable[[], Answer]) -> Callable[[], Answer]:
    """Starts `work` in a twin where that is possible and gives a function that waits for its answer.

    The answer travels pickled, so it is made of plain values. A process with threads is never forked (a lock held by
    another thread would stay locked in the twin for ever), nor is there a twin on a machine with one processor.
    """
    told = pieces_beside(lambda: [work()])

    def answer() -> Answer:
        (one,) = told
        return one

    return answer


def pieces_beside(work: Callable[[], Iterable[Answer]]) -> Iterator[Answer]:
    """The same for many answers, the same each time `work` is done: they come one after the other when asked for.

    What a twin that ends badly has not told is done here.
    """
    twin = _twin(work)
    return iter(work()) if twin is None else _told_by(twin, work)


def _twin(work: Callable[[], Iterable[Any]]) -> _Twin | None:
    if not hasattr(os, "fork") or threading.active_count() > 1 or (os.cpu_count() or 1) < 2:
        return None
    try:
        return _Twin(work)
    except OSError:  # no process to be had
        return None


def _told_by(twin: _Twin, work: Callable[[], Iterable[Answer]]) -> Iterator[Answer]:
    told = 0
    try:
        for piece in twin.pieces():
            told += 1
            yield piece
    finally:
        ended_well = twin.over()
    if not ended_well:
        yield from islice(work(), told, None)


class _Twin:
    """The other process, and the pipe it answers through."""

    __slots__ = ("_pid", "_pipe", "_said_all", "_started")

    def __init__(self, work: Callable[[], Iterable[Any]]) -> None:
        self._started = time.monotonic()
        self._said_all = False
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

    def pieces(self) -> Iterator[Any]:
        """What it says, as it says it; a twin that is silent for too long is ended."""
        deadline = time.monotonic() + max(_LEAST_PATIENCE, _PATIENCE * (time.monotonic() - self._started))
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN | select.POLLHUP)
        buffer = bytearray()
        while poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            chunk = os.read(self._pipe, _CHUNK)
            if not chunk:
                return
            buffer += chunk
            for body in wire.whole_frames(buffer):
                if body == _THE_END:
                    self._said_all = True
                    return
                yield pickle.loads(body)  # noqa: S301 - our own twin wrote it
        os.kill(self._pid, signal.SIGKILL)

    def over(self) -> bool:
        """No process and no descriptor stays behind; did the twin say all it had to say?"""
        os.close(self._pipe)
        try:
            return os.waitpid(self._pid, 0)[1] == 0 and self._said_all
        except ChildProcessError:  # somebody else waited for it; nobody knows how it ended
            return False


def _be_the_twin(work: Callable[[], Iterable[Any]], answering: int) -> None:
    """Never returns, holds nothing of the process it came from but its memory, and runs none of its endings.

    All is done before any is told: who asks is not ready to listen yet.
    """
    ended = 1
    try:
        os.closerange(0, answering)
        os.closerange(answering + 1, os.sysconf("SC_OPEN_MAX"))
        with open(answering, "wb") as pipe:
            for body in [*(pickle.dumps(piece, protocol=pickle.HIGHEST_PROTOCOL) for piece in work()), _THE_END]:
                pipe.write(wire.HEADER.pack(len(body)))
                pipe.write(body)
        ended = 0
    finally:
        os._exit(ended)
