"""A command told to stop: what it holds open is closed, one line says so, and nothing is left half-written."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

CODE = 128 + signal.SIGTERM
"""What shells and supervisors expect of a process that SIGTERM ended: 143."""
SENTENCE = {
    "es": "Se detuvo antes de terminar; nada quedó a medias. Repita la orden para completarla.",
    "en": "Stopped before it was done; nothing is half-written. Run it again to complete it.",
}


class Stopped(BaseException):
    """SIGTERM came. No Exception: nothing that goes on after a failure may go on after this."""


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """SIGTERM raises Stopped, unless somebody answers it already or this is not the main thread."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    except Exception:
        if signal.getsignal(signal.SIGTERM) == signal.SIG_IGN:  # Python made another error of it: a class was loading
            raise Stopped from None
        raise
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _stop(_number: int, _frame: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough: what is being closed must not be torn off
    raise Stopped
