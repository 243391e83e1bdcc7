"""The bench where files are checked: one at a time, each in a process of its own, so that pages stay quick.

A process gets what it needs to know on its standard input, which we keep open: where the desk is killed, it ends too.
"""

from __future__ import annotations

import contextlib
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from queue import SimpleQueue

from pipeline.desk.incoming import Incoming
from schemas.errors import CannotRun, VitrinaError
from schemas.settings import CatalogSettings

_BOOT = "import sys; sys.path.insert(0, sys.argv.pop(1)); from pipeline.desk.work import main; main()"
_ROOT = Path(__file__).resolve().parents[2]
_BROKEN = {
    "es": "La revisión se detuvo sin terminar; no cambió nada. Pídala otra vez.",
    "en": "The check stopped before its end; nothing changed. Ask for it again.",
}


@dataclass(slots=True)
class Bench:
    """A queue of arrivals and the thread that sees to them. afterwards: what to do after each."""

    settings: CatalogSettings
    incoming: Incoming
    today: Callable[[], date]
    afterwards: Callable[[], None] = lambda: None
    _queue: SimpleQueue[int | None] = field(default_factory=SimpleQueue)
    _process: subprocess.Popen[bytes] | None = None
    _thread: threading.Thread | None = None
    _closing: bool = False

    def open(self) -> None:
        """Begin to work."""
        self._thread = threading.Thread(target=self._work, name="bench", daemon=True)
        self._thread.start()

    def add(self, number: int) -> None:
        """One more arrival to check."""
        self._queue.put(number)

    def close(self) -> None:
        """End; what is under way is left to be asked for again."""
        self._closing = True
        self._queue.put(None)
        if self._process is not None:
            with contextlib.suppress(OSError):
                self._process.kill()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        while (number := self._queue.get()) is not None and not self._closing:
            with contextlib.suppress(CannotRun):  # the store is away: the file waits to be asked for again
                with contextlib.suppress(OSError):  # no process to be had; told below, and the next file gets its turn
                    self._check(number)
                if not self._closing and self.incoming.store.arrivals.get(number).under_way:
                    self.incoming.store.arrivals.fail(number, _BROKEN)
                self.incoming.prune()
            if not self._closing:
                self._get_ready()

    def _get_ready(self) -> None:
        """What is made ahead of its readers must never keep the next file from its check."""
        try:
            self.afterwards()
        except VitrinaError:
            pass  # whoever reads next is told
        except Exception:  # a bug, told where those of pages are
            logging.getLogger("uvicorn.error").exception("after a check")

    def _check(self, number: int) -> None:
        # -I: neither the environment nor the working folder may decide which code the child runs
        command = [sys.executable, "-I", "-c", _BOOT, str(_ROOT)]
        settings = self.settings.model_dump(mode="json", by_alias=True)
        task = {"arrival": number, "today": self.today().isoformat(), "settings": settings}
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as self._process:  # noqa: S603
            assert self._process.stdin is not None
            with contextlib.suppress(OSError):  # it ended at once; what its arrival says is told by its state
                self._process.stdin.write(json.dumps(task).encode() + b"\n")
                self._process.stdin.flush()
            self._process.wait()
