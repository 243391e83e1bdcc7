"""One line of JSON an event: codes, numbers and our own words; never a click_id, a body or a secret."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TextIO

Log = Callable[[str, dict[str, object]], None]
"""Takes the code of what happened and its facts."""
ALERTS = frozenset(
    "dead unconfirmed paused breaker_open lease_lost store catalogue engine_raised engine_defect engine_late"
    " engine_busy fault sender_ended".split()
)
"""What a person should look at; the line carries `"alert": true`."""


def json_log(stream: TextIO) -> Log:
    """A log that writes to `stream`, whole lines from any thread."""
    lock = threading.Lock()

    def log(code: str, facts: dict[str, object]) -> None:
        line: dict[str, object] = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": code}
        if code in ALERTS:
            line["alert"] = True
        text = json.dumps(line | facts, ensure_ascii=False, default=str)
        with lock:
            stream.write(text + "\n")
            stream.flush()

    return log
