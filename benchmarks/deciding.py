"""Decisions a second, durably, and their latency: ours beside what one would write by hand, in turn.

`python -m benchmarks.deciding [rounds]`. Every request is a new journey; the load runs in a process of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.asking import KEY
from benchmarks.rival_endpoint import PRODUCT
from catalog.disk import Disk
from catalog.entry import Entry
from catalog.publish import Order, Place, publish
from catalog.release import build
from catalog.store import open_store
from catalog.targets import DirectoryTarget
from schemas.product import Brand

CONNECTIONS = 32
OURS, WHOLE, BARE = "vitrina-leads serve", "FastAPI + SQLAlchemy, same engine", "FastAPI + SQLAlchemy, fixed answer"


def measure(rounds: int, seconds: float) -> dict[str, dict[str, float]]:
    """Median figures of each: rate, p50, p99, p999 (milliseconds), cpu (microseconds of the server's a request)."""
    found: dict[str, list[dict[str, float]]] = {OURS: [], WHOLE: [], BARE: []}
    for _ in range(rounds):
        for name, figures in found.items():
            with tempfile.TemporaryDirectory() as folder, serving(name, Path(folder)) as (url, process):
                before = _processor(process)
                said = _load(url, seconds)
                said["cpu"] = (_processor(process) - before) / said.pop("answered") * 1e6
                figures.append(said)
    return {
        name: {key: statistics.median(one[key] for one in figures) for key in figures[0]}
        for name, figures in found.items()
    }


def _processor(process: int) -> float:
    """Seconds of processor a process has used; the load beside it is not in them."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _load(url: str, seconds: float) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.asking", url, str(seconds), str(CONNECTIONS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


@contextlib.contextmanager
def serving(name: str, folder: Path) -> Iterator[tuple[str, int]]:
    """One server for one measurement."""
    if name == OURS:
        publish_product(folder)
        command = [sys.executable, "-m", "leads.cli", "serve", "--port", "0", "--no-sender"]
    else:
        kind = "whole" if name == WHOLE else "bare"
        command = [sys.executable, "-m", "benchmarks.rival_endpoint", kind, str(folder / "rival.db")]
    stream = "stderr" if name == OURS else "stdout"
    with subprocess.Popen(command, env=environment(folder), **{stream: subprocess.PIPE}) as process:
        lines = process.stderr if name == OURS else process.stdout
        assert lines is not None
        try:
            yield json.loads(lines.readline())["url"], process.pid
        finally:
            process.kill()


def environment(folder: Path) -> Mapping[str, str]:
    """What our endpoint is told."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("VITRINA_")}
    return clean | {
        "VITRINA_HOME": str(folder), "VITRINA_INBOUND_KEYS": KEY, "VITRINA_PORTAL_URL": "https://portal.example.com/",
    }  # fmt: skip


def publish_product(folder: Path) -> None:
    """The product the rival knows by heart, published."""
    disk = Disk()
    store = open_store(folder / "catalog.db", now=_now)
    entries = {PRODUCT.code: Entry.of(PRODUCT, {}, file="productos.xlsx", sha256="ab" * 32)}
    draft = build(entries, {"index.html": ("k", b"<h1>Libre</h1>")}, Brand(name="Ejemplo"))
    place = Place(store, folder, (DirectoryTarget("published", folder / "published", disk),), disk)
    publish(place, Order(draft=draft, base=None, requirements="bench", by="bench"))


def _now() -> datetime:
    return datetime.now(UTC)


Promise = tuple[str, str, float, float]


def report(*, rounds: int, seconds: float = 4.0) -> tuple[str, list[Promise]]:
    """The table, and what must hold: a fifth of the rate and ten times the p99 are left to the usual way."""
    found = measure(rounds, seconds)
    lines = [
        f"### Decisions, durable (SQLite, `synchronous=FULL`), {CONNECTIONS} connections",
        "",
        "| case | requests/s (median) | p50 ms | p99 ms | p99.9 ms | server's cpu µs a request |",
        "|---|---|---|---|---|---|",
    ]
    for name, figures in found.items():
        cells = (f"{figures['rate']:,.0f}", *(f"{figures[key]:.1f}" for key in ("p50", "p99", "p999", "cpu")))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    ours = found[OURS]
    promises: list[Promise] = []
    for rival in (WHOLE, BARE):
        share = found[rival]["rate"] / ours["rate"]
        promises.append((f"decisions: rate of {rival} against ours", "median rate", share, 0.2))
        promises.append((f"decisions: p99 against {rival}", "median p99", ours["p99"] / found[rival]["p99"], 0.1))
    return "\n".join(lines) + "\n", promises


def main() -> None:
    """Print the figures."""
    text, promises = report(rounds=int(sys.argv[1]) if len(sys.argv) > 1 else 3)
    print(text)
    for what, how, figure, limit in promises:
        print(f"{what} ({how}): {figure:.3f}, limit {limit:g}")


if __name__ == "__main__":
    main()
