"""Owed postbacks delivered a second, durably: ours beside what one would pick instead. `python -m benchmarks.send`.

The same backlog, the same receiver (its own process, `benchmarks.sink`) and as many requests at once for all:
procrastinate on PostgreSQL, huey on SQLite (fsync on; it has no acknowledgement and loses what a crash interrupts),
each with httpx as its documentation would have it, and bare httpx in threads, which keeps nothing. Every case runs in
a process of its own, the cases in turn; the receiver's count must equal the backlog. Ratios in one run are what counts.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

AT_ONCE = 16
KEY = "k" * 40
PATH = "/client_app/webhook/lender/loan-status"
SERVER = "host=127.0.0.1 port=5432 user=postgres"
HEADERS = {"X-API-KEY": KEY, "Content-Type": "application/json"}


def body(number: int) -> bytes:
    """A postback as ours is."""
    return json.dumps(
        {"click_id": f"claro_{uuid.UUID(int=number)}", "event": "application", "product_id": "ln_01"}
    ).encode()


@contextlib.contextmanager
def sink(delay_ms: float) -> Iterator[str]:
    """A receiver for one case."""
    command = [sys.executable, "-m", "benchmarks.sink", str(delay_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


def seen(url: str) -> dict[str, int]:
    """What the receiver has counted."""
    with urllib.request.urlopen(f"{url}/stats") as answer:
        counts: dict[str, int] = json.loads(answer.read())
    return counts


@contextlib.contextmanager
def database() -> Iterator[str]:
    """A PostgreSQL database of its own; gives its name."""
    import psycopg

    name = f"bench_{uuid.uuid4().hex[:10]}"
    with psycopg.connect(f"{SERVER} dbname=postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        try:
            yield name
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def ours(place: Path | str, url: str, count: int, lanes: int) -> float:
    """Seconds to deliver the backlog."""
    from leads.postback import SenderRules, run_sender
    from leads.retry import Policy
    from leads.store import Happened, Tx, open_leads, record_status, touch_lead
    from schemas.lead import EventName

    store = open_leads(place, market="CO", now=lambda: datetime.now(UTC))

    def owe(tx: Tx, first: int) -> None:
        for number in range(first, min(first + 500, count)):
            click_id = f"claro_{uuid.UUID(int=number)}"
            touch_lead(tx, click_id, source="handoff", product_id="ln_01")
            record_status(tx, Happened(click_id, EventName.APPLICATION), by="bench")

    for first in range(0, count, 500):
        store.write(lambda tx, first=first: owe(tx, first))
    begin = time.perf_counter()
    run_sender(store, SenderRules(url, KEY, Policy(), lanes=lanes), lambda *_: None, once=True)
    took = time.perf_counter() - begin
    store.close()
    return took


def ours_sqlite(url: str, count: int, at_once: int) -> float:
    """`vitrina-leads send` on SQLite."""
    with tempfile.TemporaryDirectory() as folder:
        return ours(Path(folder) / "leads.db", url, count, at_once)


def ours_postgres(url: str, count: int, at_once: int) -> float:
    """`vitrina-leads send` on PostgreSQL."""
    with database() as name:
        return ours(f"postgresql://postgres@127.0.0.1:5432/{name}", url, count, at_once)


def procrastinate_postgres(url: str, count: int, at_once: int) -> float:
    """One async worker with as many jobs at once, one shared async client: its documented way."""
    import httpx
    import procrastinate

    async def main(name: str) -> float:
        app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=f"{SERVER} dbname={name}"))

        @app.task(name="send")
        async def send(number: int) -> None:
            answer = await client.post(url + PATH, content=body(number), headers=HEADERS)
            assert answer.status_code == 200

        async with app.open_async(), httpx.AsyncClient(trust_env=False) as client:
            await app.schema_manager.apply_schema_async()
            for first in range(0, count, 500):
                jobs = [{"number": number} for number in range(first, min(first + 500, count))]
                await send.batch_defer_async(*jobs)
            begin = time.perf_counter()
            await app.run_worker_async(wait=False, concurrency=at_once, install_signal_handlers=False)
            return time.perf_counter() - begin

    with database() as name:
        return asyncio.run(main(name))


def huey_sqlite(url: str, count: int, at_once: int) -> float:
    """Worker threads with a client each; a message is gone once it is taken."""
    import httpx
    from huey import SqliteHuey

    local = threading.local()
    with tempfile.TemporaryDirectory() as folder:
        queue = SqliteHuey(filename=f"{folder}/queue.db", fsync=True, results=False)

        @queue.task()
        def send(number: int) -> None:
            if not hasattr(local, "client"):
                local.client = httpx.Client(trust_env=False)
            assert local.client.post(url + PATH, content=body(number), headers=HEADERS).status_code == 200

        for number in range(count):
            send(number)
        consumer = queue.create_consumer(workers=at_once, worker_type="thread", periodic=False, initial_delay=0.005)
        begin = time.perf_counter()
        consumer.start()
        while seen(url)["requests"] < count:
            time.sleep(0.01)
        took = time.perf_counter() - begin
        consumer.stop(graceful=True)
        return took


def bare_httpx(url: str, count: int, at_once: int) -> float:
    """Threads with a client each and no memory of anything: what sending alone costs."""
    import httpx

    tls = httpx.create_ssl_context()
    numbers = iter(range(count))
    lock = threading.Lock()

    def work() -> None:
        with httpx.Client(trust_env=False, verify=tls) as client:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                assert client.post(url + PATH, content=body(number), headers=HEADERS).status_code == 200

    threads = [threading.Thread(target=work) for _ in range(at_once)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begin


CASES: dict[str, Callable[[str, int, int], float]] = {
    "ours_sqlite": ours_sqlite,
    "ours_postgres": ours_postgres,
    "procrastinate_postgres": procrastinate_postgres,
    "huey_sqlite": huey_sqlite,
    "bare_httpx": bare_httpx,
}


def one(case: str, count: int, at_once: int, delay_ms: float) -> None:
    """One case, in this process; prints deliveries a second and connections."""
    with sink(delay_ms) as url:
        took = CASES[case](url, count, at_once)
        counts = seen(url)
    assert counts["requests"] == count, counts
    print(json.dumps({"rate": count / took, "connections": counts["connections"] - 1}))


def child(case: str, count: int, at_once: int, delay_ms: float) -> dict[str, float]:
    """The same in a process of its own."""
    words = ["--case", case, "--count", str(count), "--at-once", str(at_once), "--delay", str(delay_ms)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.send", *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{case}: {done.stderr[-2000:]}")
    said: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return said


def side_by_side(count: int, rounds: int) -> dict[str, float]:
    """Median deliveries a second of every case, rounds in turn."""
    rates: dict[str, list[float]] = {case: [] for case in CASES}
    for _ in range(rounds):
        for case in CASES:
            rates[case].append(child(case, count, AT_ONCE, 0)["rate"])
    return {case: statistics.median(found) for case, found in rates.items()}


Promise = tuple[str, str, float, float]
"""What, how it is measured, the figure, and the most it may be."""


def report(count: int = 3000, rounds: int = 3) -> tuple[str, list[Promise]]:
    """The table, and what must hold with its figures."""
    rates = side_by_side(count, rounds)
    slow = [child("ours_sqlite", 6000, 50, 20) for _ in range(rounds)]
    ideal = statistics.median(run["rate"] for run in slow) / (50 / 0.020)
    lines = ["### Delivering owed postbacks", "", f"{count:,} owed, {AT_ONCE} at once, median of {rounds}.", ""]
    lines += ["| case | delivered/s | / bare httpx |", "|---|---|---|"]
    lines += [f"| {case} | {rate:,.0f} | {rate / rates['bare_httpx']:.2f} |" for case, rate in rates.items()]
    lines += ["", f"A receiver that takes 20 ms, 50 in flight: {ideal:.2f} of the ideal.", ""]
    rivals = rates["procrastinate_postgres"] / rates["ours_postgres"], rates["huey_sqlite"] / rates["ours_sqlite"]
    return "\n".join(lines), [
        ("procrastinate against ours, PostgreSQL", "rate", rivals[0], 1 / 4),
        ("huey against ours, SQLite", "rate", rivals[1], 1 / 1.2),
        ("ideal against ours, 20 ms and 50 in flight", "rate", 1 / ideal, 1 / 0.8),
        ("connections, 50 in flight", "most", max(run["connections"] for run in slow), 50),
    ]


def main() -> None:
    """One case (`--case`), or the report."""
    options = argparse.ArgumentParser()
    options.add_argument("--case", choices=CASES)
    options.add_argument("--count", type=int, default=3000)
    options.add_argument("--at-once", type=int, default=AT_ONCE)
    options.add_argument("--delay", type=float, default=0)
    options.add_argument("--rounds", type=int, default=3)
    said = options.parse_args()
    if said.case:
        one(said.case, said.count, said.at_once, said.delay)
    else:
        text, promises = report(said.count, said.rounds)
        print(text, *(f"{what}: {figure:.2f} (at most {most:.2f})" for what, _, figure, most in promises), sep="\n")


if __name__ == "__main__":
    main()
