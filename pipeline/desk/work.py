"""The process that checks one file that arrived: the same `submit` as the command line's, and what its page shows."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.errors import LockHeld, VitrinaError

if TYPE_CHECKING:
    from catalog.store import Arrival
    from pipeline.desk.incoming import Incoming
    from pipeline.run.submitting import Submitted
    from pipeline.run.workshop import Workshop

LANGS = ("es", "en")
ANNOTATED = "annotated.{lang}"
FINDINGS = "findings.{lang}.json"
_TURNS = 60
_TURN_SECONDS = 1.0


def main() -> None:
    """Entry point: the first line of standard input says which arrival; its end, that the desk is gone."""
    task = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_the_desk, daemon=True).start()
    os.nice(5)  # people wait for pages more than for a check
    from pipeline.run.workshop import open_workshop
    from schemas.settings import CatalogSettings

    settings = CatalogSettings.model_validate(task["settings"])
    day = date.fromisoformat(task["today"])
    with open_workshop(settings, now=lambda: datetime.now(UTC), today=day) as shop:
        work_on(shop, task["arrival"])
    sys.stdout.flush()
    os._exit(0)


def _end_with_the_desk() -> None:
    sys.stdin.buffer.read()
    os._exit(3)


def work_on(shop: Workshop, number: int) -> None:
    """Check an arrival, stage it, and keep what its page shows; how it went is in the store."""
    from pipeline.desk.incoming import Incoming

    arrival = shop.store.arrivals.get(number)
    incoming = Incoming(shop.home, shop.store)
    try:
        submitted = _submit(shop, arrival, incoming.path_of(arrival))
        shop.store.arrivals.step(number, "writing")
        _write(submitted, arrival, incoming)
    except VitrinaError as fault:
        shop.store.arrivals.fail(number, {lang: fault.say(lang) for lang in LANGS})
        return
    shop.store.arrivals.finish(number, submitted.upload.id if submitted.upload else None)


def _submit(shop: Workshop, arrival: Arrival, path: Path) -> Submitted:
    """As the command line does; where a publication is under way it waits, for nobody sits there to try again."""
    from pipeline.run.submitting import submit

    shop.store.arrivals.step(arrival.id, "checking")
    for _ in range(_TURNS):
        try:
            return submit(shop, path, by=arrival.by, source=arrival.file, partial=arrival.partial)
        except LockHeld:
            time.sleep(_TURN_SECONDS)
    return submit(shop, path, by=arrival.by, source=arrival.file, partial=arrival.partial)


def _write(submitted: Submitted, arrival: Arrival, incoming: Incoming) -> None:
    from catalog.disk import Disk, replace_file
    from pipeline.desk.findings import codec, findings_of
    from pipeline.report.annotated import annotated_copy

    disk, checked = Disk(), submitted.checked
    for lang in LANGS:
        found = findings_of(checked, submitted.entered, lang)
        replace_file(disk, incoming.beside(arrival, FINDINGS.format(lang=lang)), codec().dump_json(found))
        if checked.findings:
            body, _ = annotated_copy(checked, incoming.path_of(arrival), lang)
            replace_file(disk, incoming.beside(arrival, ANNOTATED.format(lang=lang)), body)
