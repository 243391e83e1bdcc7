"""The parent's side: starts the reading child, drains its pipe in a thread, puts the workbook together.

The parent never opens the file. Whatever becomes of the child (a crash, a kill, a limit) ends in one finding.
"""

from __future__ import annotations

import os
import pickle
import select
import signal
import threading
import time
from pathlib import Path
from queue import SimpleQueue

from pipeline.ingest import wire
from pipeline.ingest.assemble import Assembly
from pipeline.ingest.limits import MAX_SENT, seconds_for
from pipeline.ingest.process import Child, spawn
from pipeline.workbook import Workbook
from schemas.errors import ReaderFailed

_CHUNK = 1 << 20
_GRACE_SECONDS = 1.0


class Pending:
    """A file being read."""

    def __init__(self, path: Path, process: Child, seconds: float) -> None:
        self._path = path
        self._process = process
        self._deadline = time.monotonic() + seconds
        self._seconds = seconds
        self._frames: SimpleQueue[bytes | None] = SimpleQueue()
        self._ending: tuple[str, tuple[tuple[str, str | int], ...]] | None = None
        self._result: Workbook | None = None
        self._drain = threading.Thread(target=self._drain_pipe, name="ingest", daemon=True)
        self._drain.start()

    def workbook(self) -> Workbook:
        """Waits for the child and gives the file as read. A bad file has no sheets and one `file.*` finding."""
        if self._result is None:
            self._result = self._assemble()
        return self._result

    def _assemble(self) -> Workbook:
        assembly = Assembly(self._path)
        while (body := self._frames.get()) is not None:
            if self._ending is None:
                try:
                    assembly.take(wire.decode(body))
                except (pickle.UnpicklingError, TypeError, ValueError, IndexError):
                    self._ending = ("file.unreadable", (("why", "crashed"),))
                    self._process.kill()
        self._drain.join()
        if self._ending:
            assembly.fail(*self._ending)
        return assembly.workbook()

    def _drain_pipe(self) -> None:
        try:
            self._read_until_closed(self._process.pipe)
        finally:
            os.close(self._process.pipe)
            self._process.kill()
            self._process.wait()
            self._frames.put(None)

    def _read_until_closed(self, descriptor: int) -> None:
        buffer = bytearray()
        taken = 0
        poll = select.poll()
        poll.register(descriptor, select.POLLIN | select.POLLHUP)
        while True:
            left = self._deadline - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                self._ending = ("file.too_large", self._over("seconds", int(self._seconds)))
                return
            chunk = os.read(descriptor, _CHUNK)
            if not chunk:
                self._ending = self._ending or self._end_of_child()
                return
            taken += len(chunk)
            buffer += chunk
            if taken > MAX_SENT:
                self._ending = ("file.too_large", self._over("memory", MAX_SENT))
                return
            try:
                for body in wire.whole_frames(buffer):
                    self._frames.put(body)
            except OverflowError:
                self._ending = ("file.unreadable", (("why", "crashed"),))
                return

    def _end_of_child(self) -> tuple[str, tuple[tuple[str, str | int], ...]] | None:
        """How the child ended: None when it said all it had to say."""
        code = self._process.wait(_GRACE_SECONDS)
        if code == -signal.SIGXCPU:
            return ("file.too_large", self._over("seconds", int(self._seconds)))
        return ("file.unreadable", (("why", "crashed"),)) if code else None

    @staticmethod
    def _over(what: str, limit: int) -> tuple[tuple[str, str | int], ...]:
        return (("what", what), ("limit", limit), ("found", limit))


def start(path: Path, *, only_sheet: str | None = None, ahead: Child | None = None) -> Pending:
    """Starts reading `path` in a child process and returns at once.

    only_sheet: read the values of this sheet alone; the others are named in the workbook, without columns.
    ahead: a child started earlier; another one takes its place where it reads something else.
    Raises ReaderFailed when the child cannot be started (which says nothing about the file).
    """
    try:
        size = path.stat().st_size
    except (OSError, ValueError):
        size = 0  # the child says what is wrong with it
    if ahead is not None and (Path(ahead.path), ahead.only_sheet) == (path, only_sheet):
        return Pending(path, ahead, seconds_for(size))
    if ahead is not None:
        ahead.kill()
    try:
        return Pending(path, spawn(os.fspath(path), only_sheet), seconds_for(size))
    except (OSError, ValueError) as error:
        raise ReaderFailed(
            f"The process that reads spreadsheets could not be started: {error}.",
            es=f"No se pudo iniciar el proceso que lee las hojas de cálculo: {error}.",
        ) from error
