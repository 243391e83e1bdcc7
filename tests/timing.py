"""How much of the processor a piece of work takes: the least of a few tries, so that a busy machine fails no test."""

from __future__ import annotations

import time
from collections.abc import Callable


def takes_under(budget: float, work: Callable[[], object], tries: int = 5) -> bool:
    """Whether one of the tries needs less than this many seconds of the processor."""
    return any(_seconds(work) < budget for _ in range(tries))


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
