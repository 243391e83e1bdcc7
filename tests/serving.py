"""`vitrina-leads serve` as a process of its own over a real socket, with a catalogue of invented products."""

from __future__ import annotations

import http.client
import json
import queue
import re
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from catalog.entry import Entry
from catalog.targets import DirectoryTarget
from schemas.product import Product
from tests.publishing import place_at, product, publish_these
from tests.sending import leads_process

ROOT = Path(__file__).resolve().parents[1]
INBOUND, SECOND, CORE = "clave-canaria-entrada-1", "clave-canaria-entrada-2", "clave-canaria-central"
PORTAL = "https://portal.example.com/firma"
ANA = {"firstName": "Ana", "birthDate": "1990-02-28", "monthlyIncome": "4500000", "applicantType": "natural"}


def loan(code: str = "LIB-001", **values: Any) -> Product:
    """A personal loan with every limit the default engine looks at."""
    usual: dict[str, Any] = {
        "amount_min": Decimal(1_000_000), "amount_max": Decimal(50_000_000), "rate_min": Decimal("16.08"),
        "rate_max": Decimal("24.34"), "term_min": 12, "term_max": 60, "term_unit": "month", "age_min": 18,
        "age_max": 75, "income_min": Decimal(1_300_000), "applicant_type": ("natural",), "status": "active",
    }  # fmt: skip
    return product(code, **{**usual, **values})


def publish_products(home: Path, *products: Product) -> None:
    """Make these what is published under the home, whatever was before."""
    place = place_at(home.parent / f"{home.name}.shop")
    place = type(place)(
        place.store, place.home, (DirectoryTarget("published", home / "published", place.disk),), place.disk
    )
    shown = {one.code: Entry.of(one, {}, file="productos.xlsx", sha256="ab" * 32) for one in products}
    publish_these(place, shown)
    place.store.close()


@dataclass
class Answered:
    """One answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        """Its JSON."""
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        """The last word of its problem's type."""
        assert self.headers["content-type"] == "application/problem+json", self.body
        return str(self.said["type"]).rpartition(":")[2]


@dataclass
class Served:
    """A running endpoint."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]
    lines: list[dict[str, Any]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        assert parts.hostname
        assert parts.port
        return parts.hostname, parts.port

    def ask(
        self, method: str, path: str, body: object = None, *, key: str | None = INBOUND, **headers: str
    ) -> Answered:
        """One request on a connection of its own. A body that is no bytes is sent as JSON."""
        connection = http.client.HTTPConnection(*self.address, timeout=120)
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body, ensure_ascii=False).encode()
        sent = {} if raw is None else {"Content-Type": "application/json"}
        sent |= {} if key is None else {"X-API-KEY": key}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, raw, sent)
            answer = connection.getresponse()
            return Answered(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def decide(self, tracking_id: str = "claro_1", **changes: Any) -> Answered:
        """A question about the usual product that is approved."""
        return self.ask("POST", "/v1/decisions", question(tracking_id, **changes))

    def submit(self, tracking_id: str, offer_id: str, **more: Any) -> Answered:
        """An offer taken."""
        body = {"trackingId": tracking_id, "offerId": offer_id, "applicant": ANA, "consents": [CONSENT], **more}
        return self.ask("POST", "/v1/applications", body)

    def offer(self, tracking_id: str = "claro_1", **changes: Any) -> str:
        """The id of an offer made for it."""
        answer = self.decide(tracking_id, **changes)
        assert answer.status == 200, answer.body
        return str(answer.said["offers"][0]["offerId"])

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(30)


CONSENT = {"type": "datos", "version": "1", "acceptedAt": "2026-11-22T10:00:00-05:00", "channel": "web"}


def question(tracking_id: str = "claro_1", **changes: Any) -> dict[str, Any]:
    """A decision request; `amount`, `term` and `applicant` replace what is usual, other members go in as they are."""
    amount, term = changes.pop("amount", "5000000"), changes.pop("term", 36)
    asked = {"amount": amount, "termMonths": term}
    return {"trackingId": tracking_id, "productId": "LIB-001", "requested": asked, "applicant": ANA, **changes}


def shown_engine() -> str:
    """The engine that the README shows."""
    (shown,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    return str(shown)


@contextmanager
def serving(
    home: Path,
    *words: str,
    url: str = "http://127.0.0.1:9",
    sender: bool = False,
    largest_file: int | None = None,
    **environ: str,
) -> Iterator[Served]:
    """An endpoint for the length of a block, ended with SIGTERM (SIGKILL when it does not end)."""
    usual = {
        "VITRINA_INBOUND_KEYS": f"{INBOUND},{SECOND}", "VITRINA_CORE_KEYS": CORE, "VITRINA_PORTAL_URL": PORTAL,
        "VITRINA_APPLY_RATE": "10000", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    words = ("serve", "--port", "0", *(() if sender else ("--no-sender",)), *words)
    process = leads_process(*words, home=home, url=url, largest_file=largest_file, **{**usual, **environ})
    served = Served("", home, process)
    began: queue.SimpleQueue[bool] = queue.SimpleQueue()
    reader = threading.Thread(target=_listen, args=(served, began), daemon=True)
    reader.start()
    try:
        assert began.get(timeout=120), b"".join(served.raw).decode()
        yield served
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(10)
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()


def _listen(served: Served, began: queue.SimpleQueue[bool]) -> None:
    assert served.process.stderr is not None
    for line in served.process.stderr:
        served.raw.append(line)
        if line.startswith(b"{"):
            served.lines.append(json.loads(line))
            if served.lines[-1]["event"] == "serving":
                served.url = served.lines[-1]["url"]
                began.put(True)
    began.put(False)
