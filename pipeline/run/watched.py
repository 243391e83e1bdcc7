"""What a run leaves for those who watch it: a heartbeat and Prometheus textfile metrics, replaced in one instant."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.disk import Disk, replace_file
from schemas.settings import SyncSettings

if TYPE_CHECKING:
    from pipeline.run.scheduled import Ran


def leave_signs(ran: Ran, settings: SyncSettings, last_good: datetime | None, *, troubles: int) -> None:
    """Write both files where the settings name them. last_good: when all was read last; OSError: the disk says no."""
    if settings.heartbeat:
        _replace(settings.heartbeat, heartbeat_bytes(ran))
    if settings.metrics:
        _replace(settings.metrics, metrics_bytes(ran, last_good, troubles))


def _replace(path: Path, body: bytes) -> None:
    disk = Disk()
    disk.make_folder(path.parent)
    replace_file(disk, path, body)


def heartbeat_bytes(ran: Ran) -> bytes:
    """When the run ended, its exit code and the live release, as JSON."""
    release = ran.release.number if ran.release else None
    ended = ran.ended.isoformat(timespec="seconds")
    return json.dumps({"at": ended, "code": ran.code, "release": release}).encode() + b"\n"


def metrics_bytes(ran: Ran, last_good: datetime | None, troubles: int) -> bytes:
    """The run in figures, in the text format of Prometheus."""
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry()

    def gauge(name: str, words: str, value: float) -> None:
        Gauge(f"vitrina_{name}", words, registry=registry).set(value)

    gauge("sync_last_run_timestamp_seconds", "When the last run ended.", ran.ended.timestamp())
    if last_good:
        gauge(
            "sync_last_success_timestamp_seconds",
            "When a run last read every source and served every target.",
            last_good.timestamp(),
        )
    gauge("sync_duration_seconds", "How long the last run took.", (ran.ended - ran.begun).total_seconds())
    gauge("sync_exit_code", "Exit code of the last run.", ran.code)
    gauge("live_release", "Number of the live release; 0 before the first.", ran.release.number if ran.release else 0)
    gauge("products_live", "Products in the live release.", ran.live.products)
    gauge("products_held", "Products held in the sources by errors.", _held(ran))
    gauge("troubles", "Problems that last.", troubles)
    gauge("notices_owed", "Notices nobody has taken yet.", ran.untold)
    gauge("receipts_late", "Releases whose receipt is late.", ran.late)
    by_severity = Gauge("vitrina_findings", "Findings in the sources.", ["severity"], registry=registry)
    for severity, count in _findings(ran).items():
        by_severity.labels(severity).set(count)
    reached = Gauge("vitrina_source_up", "Could the source be read (1) or not (0).", ["source"], registry=registry)
    for one in ran.taken:
        reached.labels(one.source.name or one.source.key).set(0 if one.fault else 1)
    return generate_latest(registry)


def _held(ran: Ran) -> int:
    return sum(one.checked.rows - len(one.checked.products) for one in ran.taken if one.checked)


def _findings(ran: Ran) -> dict[str, int]:
    total: Counter[str] = Counter({"error": 0, "warning": 0, "info": 0})
    for one in ran.taken:
        if one.checked:
            known = (item for item in one.checked.known if item.id not in one.checked.waived)
            total.update(item.finding.severity for item in known)
    return total
