"""The stand-in marketplace: what it holds a postback to, how it fails on demand, what it plays and counts."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from leads.retry import Policy
from leads.sandbox.book import Book
from leads.sandbox.contract import PATH, Request, read_postback
from leads.sandbox.faults import KINDS, Fault, Faults, read_faults
from leads.sandbox.summary import percentile
from leads.store.operations import count_owed, list_owed
from schemas.errors import WrongUse
from tests.receiver import Said, receiver
from tests.sending import KEY, TWINS, leads_environ, leads_process, open_at, owe, owe_many, rules, send_all
from tests.serving import CORE, INBOUND, Served, loan, publish_products, serving
from tests.warm import call

ROOT = Path(__file__).resolve().parents[1]
HEADERS = {"x-api-key": KEY, "content-type": "application/json", "idempotency-key": "1"}
GOOD = {"click_id": "uno", "event": "application", "amount": "5000000.50", "currency": "COP", "product_id": "ln_01",
        "occurred_at": "2026-11-22T15:00:00Z"}  # fmt: skip


def request(body: Any = GOOD, *, method: str = "POST", path: str = PATH, **headers: str) -> Request:
    """One request; `body` as bytes or as what JSON holds."""
    octets = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, path, {name: value for name, value in (HEADERS | named).items() if value}, octets, 0.0)


@pytest.mark.parametrize(
    ("asked", "breaches"),
    [
        (request(), ()),
        (request(content_type="application/json; charset=utf-8"), ()),
        (request(method="PUT"), ("method",)),
        (request(path=f"{PATH}/"), ("path",)),
        (request(x_api_key="otra"), ("key",)),
        (request(x_api_key=""), ("key",)),
        (request(content_type="text/plain"), ("content_type",)),
        (request(idempotency_key=""), ("no_idempotency_key",)),
        (request(b"\xff"), ("json",)),
        (request(b'{"click_id":"a","click_id":"b","event":"application"}'), ("json",)),
        (request([]), ("json",)),
        (request({"event": "application"}), ("click_id",)),
        (request({"click_id": "a\ud800", "event": "application"}), ("click_id",)),
        (request({"click_id": 5, "event": ["application"]}), ("click_id", "event")),
        (request({"click_id": "uno", "event": "Approval"}), ("event",)),
        (request({"clickId": "uno", "event": "approval"}), ("click_id", "member")),
        (request(GOOD | {"occurredAt": "x"}), ("member",)),
        (request(GOOD | {"amount": 5}), ("value",)),
        (request(GOOD | {"amount": "1e6"}), ("value",)),
        (request(GOOD | {"currency": "USD"}), ("value",)),
        (request(GOOD | {"occurred_at": "2026-11-22T15:00:00"}), ("value",)),
        (request(GOOD | {"reason": ""}), ("value",)),
    ],
)
def test_what_a_postback_is_held_to(asked: Request, breaches: tuple[str, ...]) -> None:
    """Path, method, key, type, JSON, snake_case, the four events, money and moments as text."""
    assert read_postback(asked, api_key=KEY).breaches == breaches


def hear(book: Book, click_id: str, event: str, key: str, **more: str) -> tuple[int, tuple[str, ...], bool]:
    """One postback, heard and taken if good."""
    heard = book.hear(request({"click_id": click_id, "event": event, **more}, idempotency_key=key))
    if heard.status == 200:
        book.take(heard, at=0.0)
    return heard.status, heard.breaches, heard.repeat


def test_order_repeats_and_unknown_leads_are_told_apart() -> None:
    """A repeat is no disorder, a correction neither; an event after a later one is, and so is a skipped step."""
    book = Book(KEY, known={"uno", "dos"})
    assert hear(book, "uno", "application", "a") == (200, (), False)
    assert hear(book, "uno", "approval", "b") == (200, (), False)
    assert hear(book, "uno", "application", "a") == (200, (), True)
    assert hear(book, "uno", "application", "c") == (200, ("order",), False)
    assert hear(book, "uno", "approval", "b", reason="otro") == (200, ("changed_body",), True)
    assert hear(book, "dos", "disbursement", "d") == (200, ("step",), False)
    assert hear(book, "tres", "application", "e") == (403, ("unknown_lead",), False)
    assert (book.repeats, book.disorder, len(book.taken)) == (2, 2, 3)


def test_faults_are_read_and_fall_as_often_as_asked() -> None:
    """Shares of all answers; a click_id of its own, which may hold `=` and `,`."""
    faults = read_faults("503=0.2, reset=0.05", ["a=b,c=html"])
    chance = random.Random(3)
    fallen = [faults.choose("x", chance.random()) for _ in range(4000)]
    assert 0.15 < fallen.count(Fault("status", 503)) / 4000 < 0.25
    assert 0.03 < fallen.count(Fault("reset")) / 4000 < 0.07
    assert faults.choose("a=b,c", 0.99) == Fault("html")
    assert Faults().choose("x", 0.0) is None


@pytest.mark.parametrize("wrong", ["503", "503=2", "503=x", "600=0.1", "nada=0.1", "503=0.6,reset=0.6", "=0.1"])
def test_a_fault_nobody_can_follow_is_refused(wrong: str) -> None:
    """In a sentence, in both languages."""
    with pytest.raises(WrongUse) as refused:
        read_faults(wrong, [])
    assert refused.value.say("es") != refused.value.say("en")


def test_percentiles_are_of_what_was_seen() -> None:
    """Nearest rank, in milliseconds; nothing seen is 0."""
    seconds = [number / 1000 for number in range(1, 101)]
    assert [percentile(seconds, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert percentile([], 0.5) == 0
    assert percentile([0.25], 0.01) == 250


class Rehearsal:
    """A sandbox process that listens, its lines read as they come."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        assert process.stdout is not None
        self.url = str(json.loads(process.stdout.readline())["sandbox"])
        self._lines: list[bytes] = []
        self._reading = threading.Thread(target=self._lines.extend, args=(process.stdout,))
        self._reading.start()

    def told(self) -> list[Any]:
        """Its lines so far."""
        return [json.loads(line) for line in list(self._lines)]

    def end(self) -> tuple[int, list[Any]]:
        """Its exit code and its lines, the summary last."""
        self.process.terminate()
        return self.finish()

    def finish(self) -> tuple[int, list[Any]]:
        """The same, when it ends by itself."""
        code = self.process.wait(60)
        self._reading.join(20)
        return code, self.told()

    def close(self) -> None:
        """Leave nothing behind."""
        self.process.kill()
        self._reading.join(20)
        self.process.wait(20)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


@contextmanager
def sandbox(home: Path, *words: str, **environ: str) -> Iterator[Rehearsal]:
    """A sandbox for the length of a block."""
    process = leads_process("sandbox", "--port", "0", "--format", "json", *words, home=home, url="", **environ)
    rehearsal = Rehearsal(process)
    try:
        yield rehearsal
    finally:
        rehearsal.close()


def test_our_own_postbacks_keep_the_contract(tmp_path: Path) -> None:
    """Every kind of click_id and event, through the real sender: no breach, each told on a line of JSON."""
    store = open_at(tmp_path / "leads.db")
    store.write(lambda tx: [owe(tx, click_id, "application", "approval") for click_id in TWINS])
    with sandbox(tmp_path) as market:
        send_all(store, rules(market.url))
        send_all(store, rules(market.url))
        code, lines = market.end()
    *told, last = lines
    assert (code, last["summary"]["taken"], last["summary"]["breaches"]) == (0, 2 * len(TWINS), {})
    assert [one["click_id"] for one in told if one["event"] == "approval"] == list(TWINS)
    store.close()


ENDS = {
    "html": ("unconfirmed", "no_acknowledgement"),
    "empty": ("unconfirmed", "no_acknowledgement"),
    "bad_ack": ("dead", "bad_ack"),
    "other_id": ("dead", "bad_ack"),
    "redirect": ("pending", "paused:http_307"),
    "401": ("pending", "paused:http_401"),
    "403": ("pending", "paused:http_403"),
    "422": ("dead", "http_422"),
    "409": ("dead", "conflict"),
    "503": ("pending", "http_503"),
    "429": ("pending", "http_429"),
    "reset": ("pending", "reset"),
    "truncated": ("pending", "protocol"),
    "garbage": ("pending", "protocol"),
    "drip": ("pending", "deadline"),
    "hang": ("pending", "deadline"),
    "slow": ("delivered", None),
}
"""fault -> what becomes of the postback it befalls."""


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """One sandbox that fails in every way, each for a click_id of its own."""
    words = [word for kind in ENDS for word in ("--fault-for", f"malo-{kind}={kind}")]
    with sandbox(tmp_path_factory.mktemp("sandbox"), *words) as market:
        yield market


@pytest.mark.parametrize("kind", ENDS)
def test_each_fault_is_what_it_says(tmp_path: Path, failing: Rehearsal, kind: str) -> None:
    """The sender meets each row of the answer table and each trick of the network, and judges it as documented."""
    store = open_at(tmp_path / "leads.db")
    store.write(lambda tx: owe(tx, f"malo-{kind}"))
    send_all(store, rules(failing.url, policy=Policy(), deadline=0.4 if kind in ("drip", "hang") else 20.0))
    (row,) = store.read(lambda tx: list_owed(tx, state=None, most=2))
    assert (row.state, row.why) == ENDS[kind]
    until(lambda: [one["answer"] for one in failing.told() if one["click_id"] == f"malo-{kind}"] == [kind])
    store.close()


def test_every_kind_of_fault_is_tried() -> None:
    """None is left out above."""
    assert set(KINDS) <= set(ENDS)


def test_a_rehearsal_with_faults_ends_whole(tmp_path: Path) -> None:
    """A third of the answers fail in five ways: in the end all is taken, in order, repeats are counted."""
    store = open_at(tmp_path / "leads.db")
    owe_many(store, 40, "application", "approval", "disbursement")
    shares = "503=0.1,reset=0.1,truncated=0.05,garbage=0.05,429=0.05"
    with sandbox(tmp_path, "--fault", shares, "--seed", "5") as market:
        sender = leads_process("send", home=tmp_path, url=market.url)
        until(lambda: store.read(count_owed)["delivered"] == 120)
        sender.terminate()
        sender.communicate(timeout=120)
        assert sender.returncode == 0
        code, lines = market.end()
    summary = lines[-1]["summary"]
    assert (code, summary["taken"], summary["disorder"], summary["sound"]) == (0, 120, 0, True)
    assert summary["heard"] > 120
    store.close()


def until(enough: Any, seconds: float = 120) -> None:
    """Look again and again until it is so."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not enough():
        assert time.monotonic() < end, "it did not become so in time"
        pause.wait(0.02)


def test_a_breach_of_the_contract_is_exit_one(tmp_path: Path) -> None:
    """A key that is not this environment's: 403 as documented, told in words, exit 1."""
    process = leads_process("sandbox", "--port", "0", home=tmp_path, url="")
    assert process.stdout is not None
    url = process.stdout.readline().decode().split("en ")[1].split(" ")[0]
    answer = httpx.post(url + PATH, json=GOOD, headers={"X-API-KEY": "otra"}, trust_env=False)
    assert (answer.status_code, answer.json()) == (403, {"error": "key no_idempotency_key"})
    process.terminate()
    out = process.communicate(timeout=120)[0].decode()
    assert process.returncode == 1
    assert "X-API-KEY falta o no es la de este ambiente" in out
    assert "2 faltas al contrato" in out


@pytest.mark.parametrize(
    ("words", "environ", "said"),
    [
        (("--host", "0.0.0.0"), {}, "--beyond-this-machine"),
        (("--play", "1", "--against", "https://api.example.com"), {}, "--beyond-this-machine"),
        (("--play", "1"), {}, "--against URL"),
        (("--play", "1", "--against", "http://127.0.0.1:1", "--product", "x"), {}, "publicad"),
        ((), {"VITRINA_ENVIRONMENT": "production", "VITRINA_API_KEY": "k" * 20}, "no es para producción"),
        (("--fault", "nada=1"), {}, "no existe"),
    ],
)
def test_what_a_rehearsal_may_not_do_is_said(
    tmp_path: Path, words: tuple[str, ...], environ: dict[str, str], said: str
) -> None:
    """Not in production, not beyond this machine unless told, nothing it cannot follow: one sentence, no traceback."""
    ended = call(
        "leads.cli", "sandbox", "--port", "0", *words, folder=tmp_path, environ=leads_environ(tmp_path, "") | environ
    )
    assert ended.code in (2, 3)
    assert said in ended.err
    assert ended.err.count("\n") == 1


def play(home: Path, endpoints: Served, *words: str) -> Any:
    """A sandbox that plays against running endpoints."""
    keys = {"VITRINA_INBOUND_KEYS": INBOUND, "VITRINA_CORE_KEYS": CORE}
    return sandbox(home, "--against", endpoints.url, "--rate", "200", "--seed", "5", *words, **keys)


@pytest.fixture
def endpoints(tmp_path: Path) -> Iterator[Served]:
    """The endpoints without a sender, over a published loan."""
    publish_products(tmp_path, loan())
    with serving(tmp_path) as running:
        yield running


def test_played_journeys_arrive_whole_though_the_sender_is_killed(tmp_path: Path, endpoints: Served) -> None:
    """Decision, application, hand-off, statuses; kill -9 in the middle: nothing lost, nothing out of order."""
    with play(tmp_path, endpoints, "--play", "60") as market:
        short = {"home": tmp_path, "url": market.url, "VITRINA_LEASE_SECONDS": "1"}
        first = leads_process("send", **short)
        store = open_at(tmp_path / "leads.db")
        until(lambda: store.read(count_owed)["delivered"] > 20)
        first.kill()
        first.communicate()
        second = leads_process("send", **short)
        code, lines = market.finish()
        second.terminate()
        second.communicate(timeout=120)
        store.close()
    summary = lines[-1]["summary"]
    assert (code, summary["sound"], summary["lost"], summary["broken"]) == (0, True, [], {})
    assert summary["owed"] == summary["taken"] == len({(one["click_id"], one["event"]) for one in lines[:-1]})
    calls = {step["name"]: step["calls"] for step in summary["steps"]}
    assert (calls["decision"], calls["application"], calls["hand_off"]) == (60, 60, 60)
    assert calls["status"] + 60 == summary["owed"] == calls["postback"]


def test_what_never_arrives_is_lost_and_exit_one(tmp_path: Path, endpoints: Served) -> None:
    """Nobody sends: every owed postback is named as lost, and the exit code says so."""
    with play(tmp_path, endpoints, "--play", "2", "--patience", "0.3") as market:
        code, lines = market.finish()
    assert (code, lines[-1]["summary"]["sound"]) == (1, False)
    assert len(lines[-1]["summary"]["lost"]) == lines[-1]["summary"]["owed"] > 2


def test_a_journey_that_is_turned_down_is_told(tmp_path: Path, endpoints: Served) -> None:
    """A wrong key, another product: the step and the answer are counted, exit 1."""
    with play(tmp_path, endpoints, "--play", "2", "--product", "NADA", "--amount", "1", "--term", "12") as market:
        code, lines = market.finish()
    assert (code, lines[-1]["summary"]["broken"]) == (1, {"decision: 404": 2})


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<html>", "no JSON"),
        (b"[1]", "another trackingId"),
        (b'{"trackingId":"otro"}', "another trackingId"),
    ],
)
def test_a_journey_against_something_else_is_told(tmp_path: Path, body: bytes, why: str) -> None:
    """Whatever answers there: the step and the reason, exit 1, no traceback."""
    asked = ("--play", "1", "--product", "x", "--amount", "1", "--term", "12")
    keys = {"VITRINA_INBOUND_KEYS": INBOUND, "VITRINA_CORE_KEYS": CORE}
    with receiver(lambda _: Said(200, body)) as there, sandbox(tmp_path, *asked, "--against", there.url, **keys) as one:
        code, lines = one.finish()
    assert (code, lines[-1]["summary"]["broken"]) == (1, {f"decision: {why}": 1})


def test_the_readme_shows_what_the_demonstration_prints() -> None:
    """`make demo-leads`, figures aside, line by line."""
    done = subprocess.run(
        [sys.executable, "data/examples/demo_leads.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    shown = re.search(r"```text\n(\$ vitrina-leads sandbox.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert shown is not None
    assert plain(done.stdout) == plain(shown[1])


def plain(text: str) -> list[list[str]]:
    """Its words, every figure that time changes as `#`."""
    return [re.sub(r"[0-9]+([.,:-][0-9]+)*", "#", line).split() for line in text.strip().splitlines()]
