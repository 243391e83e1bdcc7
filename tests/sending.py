"""What the tests of leads share: stores of both kinds, owed rows by the hundred, senders in threads and processes."""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from leads.postback import SenderRules, run_sender
from leads.retry import Policy, policy_of
from leads.states import Facts
from leads.store import Happened, LeadStore, Tx, open_leads, record_status, touch_lead
from schemas.lead import EventName

KEY = "clave-canaria-7Qx/+="
QUICK = policy_of((0.0, 0.05, 0.1, 0.2, 0.2, 0.2))
TWINS = (
    "claro_7e1c9f24", "CLARO_7E1C9F24", "claro_7e1c9f24 ", " claro_7e1c9f24", "a+b", "a b", "a%2Bb", "a%20b",
    unicodedata.normalize("NFC", "é"), unicodedata.normalize("NFD", "é"), "😀", "\u200b", "\n", "\t", "a\r\nb",
    "=SUM(A1)", "'; DROP TABLE leads;--", "x" * 4096, "x" * 4095, "😀" * 4096, "\u202e", "NULL", "None", "0", "00",
)  # fmt: skip
"""click_ids that something, somewhere, would like to take for one another."""


def now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


def open_at(place: Path | str, clock: Callable[[], datetime] = now, stall: float = 10.0) -> LeadStore:
    """A store of a Colombian lender."""
    return open_leads(place, market="CO", now=clock, stall_seconds=stall)


def owe(tx: Tx, click_id: str, *events: str) -> list[int]:
    """A lead and its events, owed in order."""
    touch_lead(tx, click_id, source="handoff", product_id="ln_01")
    owed: list[int] = []
    for event in events or ("application",):
        owed += record_status(tx, Happened(click_id, EventName(event), Facts()), by="pruebas").owed
    return owed


def owe_many(store: LeadStore, leads: int, *events: str, prefix: str = "lead") -> None:
    """Many leads with the same events."""
    store.write(lambda tx: [owe(tx, f"{prefix}_{number}", *events) for number in range(leads)])


def corrections(store: LeadStore, click_id: str, count: int) -> None:
    """One lead whose application was corrected again and again."""

    def work(tx: Tx) -> None:
        owe(tx, click_id)
        for number in range(1, count):
            happened = Happened(click_id, EventName.APPLICATION, Facts(reason=f"v{number}"))
            record_status(tx, happened, by="pruebas", override=True)

    store.write(work)


def rules(url: str, *, policy: Policy = QUICK, **more: object) -> SenderRules:
    """A sender's rules against a receiver."""
    usual: dict[str, object] = {"lease": 30.0, "lanes": 8, "deadline": 5.0, "connect": 2.0}
    return SenderRules(base_url=url, key=KEY, policy=policy, **{**usual, **more})  # type: ignore[arg-type]


class Heard:
    """A log that remembers."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, object]]] = []

    def __call__(self, code: str, facts: dict[str, object]) -> None:
        self.lines.append((code, facts))

    @property
    def codes(self) -> list[str]:
        """What was logged, in order."""
        return [code for code, _ in self.lines]


def send_all(store: LeadStore, how: SenderRules, log: Heard | None = None) -> dict[str, int]:
    """One sender, until nothing is due now."""
    return run_sender(store, how, log or Heard(), once=True)


@contextmanager
def sending(store: LeadStore, how: SenderRules, log: Heard | None = None) -> Iterator[Callable[[], None]]:
    """A sender in a thread for the length of a block; gives its wake function."""
    ready = threading.Event()
    calls: list[Callable[[], None]] = []

    def started(stop: Callable[[], None], wake: Callable[[], None]) -> None:
        calls.extend((stop, wake))
        ready.set()

    thread = threading.Thread(target=run_sender, args=(store, how, log or Heard()), kwargs={"started": started})
    thread.start()
    assert ready.wait(60)
    try:
        yield calls[1]
    finally:
        calls[0]()
        thread.join(20)
        assert not thread.is_alive()


def leads_environ(home: Path, url: str) -> dict[str, str]:
    """The settings of a Lender in Colombia who retries at once."""
    return {
        "VITRINA_HOME": str(home), "VITRINA_BASE_URL": url, "VITRINA_API_KEY": KEY, "VITRINA_MARKET": "CO",
        "VITRINA_RETRY_DELAYS": "0,0.05,0.1,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2",
    }  # fmt: skip


def leads_process(
    *words: str, home: Path, url: str, database: str | None = None, largest_file: int | None = None, **environ: str
) -> subprocess.Popen[bytes]:
    """One `vitrina-leads` process with its own settings; the caller ends it. `largest_file`: bytes, a full disk."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("VITRINA_")}
    settings = leads_environ(home, url) | ({"VITRINA_LEADS_DATABASE_URL": database} if database else {})
    return subprocess.Popen(
        [sys.executable, "-m", "leads.cli", *words],
        env=clean | settings | environ,
        cwd=home,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=None if largest_file is None else lambda: _limit(largest_file),  # noqa: PLW1509 - before any thread
    )


def _limit(most: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def sender_child(place: Path | str, url: str, lease: float, lanes: int) -> None:
    """A whole sender in a process of its own, as `vitrina-leads send` runs one."""
    how = rules(url, lease=lease, lanes=lanes, deadline=lease / 3, connect=lease / 3)
    run_sender(open_at(place, stall=lease / 2), how, Heard())


class Crew:
    """Sender processes over one store, forked from a warm server so that starting one costs no second."""

    def __init__(self, place: Path | str, url: str, *, lease: float = 1.5, lanes: int = 4) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.sending", "uvloop", "psycopg", "sqlalchemy.dialects.postgresql"])
        self._how = (place, url, lease, lanes)
        self.alive: list[multiprocessing.process.BaseProcess] = []

    def hire(self, count: int = 1) -> None:
        """Start more of them."""
        for _ in range(count):
            process = self._context.Process(target=sender_child, args=self._how, daemon=True)
            process.start()
            self.alive.append(process)

    def kill(self, chance: random.Random) -> None:
        """SIGKILL one, whatever it is doing."""
        process = self.alive.pop(chance.randrange(len(self.alive)))
        process.kill()
        process.join()

    def signal(self, number: int) -> None:
        """The same signal to all."""
        for process in self.alive:
            assert process.pid is not None
            os.kill(process.pid, number)

    def end(self) -> list[int | None]:
        """SIGTERM all; their exit codes once they have drained."""
        for process in self.alive:
            process.terminate()
        for process in self.alive:
            process.join(20)
            if process.exitcode is None:
                process.kill()
                process.join()
        return [process.exitcode for process in self.alive]


@contextmanager
def crew(place: Path | str, url: str, **how: float) -> Iterator[Crew]:
    """Sender processes for the length of a block; none is left behind."""
    working = Crew(place, url, **how)  # type: ignore[arg-type]
    try:
        yield working
    finally:
        working.end()
