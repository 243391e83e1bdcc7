"""Each question is answered once: duplicates, crashes in between, engines that are slow, break or hang."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from leads.store import applications_of, find_lead, unseal_applicant
from leads.vault import open_vault
from schemas.lead_settings import LeadSettings
from tests.postgres import postgres
from tests.receiver import receiver
from tests.sending import open_at
from tests.serving import (
    ANA,
    CONSENT,
    INBOUND,
    ROOT,
    Answered,
    Served,
    loan,
    publish_products,
    question,
    serving,
    shown_engine,
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one published loan."""
    home = tmp_path / "home"
    home.mkdir()
    publish_products(home, loan())
    return home


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One endpoint for the tests that need nothing of their own but a click_id."""
    home = tmp_path_factory.mktemp("once") / "home"
    home.mkdir()
    publish_products(home, loan())
    with serving(home) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Where the leads are kept: the home's own file, or PostgreSQL."""
    if request.param == "sqlite":
        yield {}
        return
    with postgres() as url:
        yield {"VITRINA_LEADS_DATABASE_URL": url}


def at_once(count: int, ask: Callable[[], Answered]) -> list[Answered]:
    """The same thing asked by so many at the same moment."""
    ready = threading.Barrier(count)

    def one(_number: int) -> Answered:
        ready.wait(30)
        return ask()

    with ThreadPoolExecutor(count) as crowd:
        return list(crowd.map(one, range(count)))


def test_two_hundred_submissions_are_one(home: Path, database: dict[str, str]) -> None:
    """200 parallel duplicates at two processes: one application, one owed postback delivered once, one answer."""
    with (
        receiver() as market,
        serving(home, url=market.url, sender=True, **database) as served,
        serving(home, **database) as other,
    ):
        decided = at_once(50, served.decide)
        assert len({answer.body for answer in decided}) == 1
        offer = decided[0].said["offers"][0]["offerId"]
        reordered = dict(
            reversed({"trackingId": "claro_1", "offerId": offer, "applicant": ANA, "consents": [CONSENT]}.items())
        )
        turn = iter(range(200))
        answers = at_once(200, lambda: (served, other)[next(turn) % 2].ask("POST", "/v1/applications", reordered))
        assert {answer.status for answer in answers} == {201}
        assert len({answer.body for answer in answers}) == 1
        assert Counter(answer.headers.get("idempotency-replayed") for answer in answers) == {None: 1, "true": 199}
        stands = served.ask("GET", "/v1/leads?trackingId=claro_1").said
        assert (len(stands["applications"]), len(stands["events"])) == (1, 1)
        assert market.wait(lambda: len(market.arrived) == 1)
    assert (market.arrived[0].lead, market.duplicates()) == ("claro_1", 0)


def test_different_questions_of_a_journey_have_their_own_answers(served: Served) -> None:
    """Product and amounts may change; the order of names, and how a number is written, may not."""
    first = served.decide("varias", amount=5_000_000)
    turned = dict(reversed(question("varias", amount=5_000_000).items()))
    again = served.ask("POST", "/v1/decisions", turned)
    other = served.decide("varias", amount=6_000_000)
    assert (again.body, again.headers["idempotency-replayed"]) == (first.body, "true")
    assert "idempotency-replayed" not in other.headers
    assert other.said["offers"][0]["offerId"] != first.said["offers"][0]["offerId"]


def test_an_expired_answer_is_decided_anew_and_its_offer_is_gone(served: Served) -> None:
    """With time moved on in the store, for nobody waits a day."""
    offer = served.offer("vencida")
    store = open_at(served.home / "leads.db")
    try:
        store.write(
            lambda tx: tx.connection.exec_driver_sql("UPDATE answers SET expires_ms = 1 WHERE kind = 'decision'")
        )
        store.write(lambda tx: tx.connection.exec_driver_sql("UPDATE offers SET valid_until_ms = 1"))
    finally:
        store.close()
    assert served.submit("vencida", offer).problem == "offer-expired"
    new = served.offer("vencida")
    assert new != offer
    assert served.submit("vencida", new).status == 201


def test_what_the_applicant_said_is_kept_sealed_and_the_consents_beside_it(served: Served) -> None:
    """Every member, known or not, opens again with the master key; the proof of consent needs none."""
    said = {**ANA, "otro": {"ingresos extra": "1200000.50"}}
    first = served.decide("sellada", applicant=said)
    served.decide("sellada", applicant=said, amount="6000000")
    served.submit("sellada", first.said["offers"][0]["offerId"], applicant=said)
    store, vault = open_at(served.home / "leads.db"), open_vault(LeadSettings(home=served.home))
    try:
        lead = store.read(lambda tx: find_lead(tx, "sellada"))
        assert lead is not None
        opened = store.read(lambda tx: unseal_applicant(tx, vault, lead))
        (taken,) = store.read(lambda tx: applications_of(tx, lead))
    finally:
        store.close()
    assert [(kind, applicant) for kind, _, applicant in opened] == [
        ("decision", said), ("decision", said), ("application", said),
    ]  # fmt: skip
    assert taken.consents == ({**CONSENT, "acceptedAt": "2026-11-22T15:00:00Z"},)


def test_a_reply_that_was_lost_is_there_when_asked_again(served: Served) -> None:
    """The caller hangs up with its request under way: asked again, it gets the answer that was kept."""
    offer = served.offer("perdida")
    body = json.dumps({"trackingId": "perdida", "offerId": offer, "applicant": ANA, "consents": [CONSENT]}).encode()
    head = f"POST /v1/applications HTTP/1.1\r\nHost: x\r\nX-API-KEY: {INBOUND}\r\nContent-Type: application/json\r\n"
    with socket.create_connection(served.address, timeout=10) as raw:
        raw.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    answers = at_once(4, lambda: served.ask("POST", "/v1/applications", body))
    assert {answer.status for answer in answers} == {201}
    assert len(served.ask("GET", "/v1/leads?trackingId=perdida").said["events"]) == 1


def test_a_killed_process_wedges_nothing(home: Path) -> None:
    """SIGKILL while an engine decides: the row it left in flight is taken over when its lease is over."""
    quick = {"VITRINA_LEASE_SECONDS": "1"}
    with serving(home, VITRINA_ENGINE="tests.engines:Gated", **quick) as served:
        connection = http.client.HTTPConnection(*served.address, timeout=30)
        connection.request(
            "POST", "/v1/decisions", json.dumps(question()), {"X-API-KEY": INBOUND, "Content-Type": "application/json"}
        )
        assert asked(home, 1)
        served.process.send_signal(signal.SIGKILL)
        served.process.wait(10)
        connection.close()
    with serving(home, **quick) as served:
        answer = served.decide()
        assert (answer.status, answer.said["decision"]) == (200, "approved")


def asked(home: Path, times: int) -> bool:
    """Whether the gated engine is asked so often within some seconds."""
    for _ in range(2_000):
        if (home / "asked").exists() and len((home / "asked").read_text().splitlines()) >= times:
            return True
        threading.Event().wait(0.01)
    return False


def in_the_end(ask: Callable[[], Answered]) -> Answered:
    """The answer once places are free again: the engines that hung end one by one."""
    for _ in range(500):
        answer = ask()
        if answer.status != 503:
            return answer
        threading.Event().wait(0.01)
    return answer


def test_an_engine_is_asked_once_and_cannot_hold_up_the_service(home: Path) -> None:
    """In flight: waited for, then 409. Late: 503, nothing stored. All places taken: 503 at once,
    until those that are late give theirs to others."""
    with serving(home, VITRINA_ENGINE="tests.engines:Gated") as served, ThreadPoolExecutor(40) as crowd:
        first = crowd.submit(served.decide, "una")
        assert asked(home, 1)
        second = served.decide("una")
        assert (second.problem, second.headers["retry-after"]) == ("in-flight", "1")
        hanging = [crowd.submit(served.decide, f"cuelga_{number}") for number in range(31)]
        assert asked(home, 32)
        assert (served.decide("otra").problem, served.ask("GET", "/healthz").status) == ("busy", 200)
        assert served.ask("GET", "/v1/leads?trackingId=otra").status == 404
        late = [one.result().problem for one in (first, *hanging)]
        assert set(late) == {"engine"}
        assert served.ask("GET", "/readyz").said["enginesStuck"] == 32
        more = crowd.submit(served.decide, "sigue")
        assert asked(home, 33), "a place that hangs is another's"
        (home / "open").touch()
        assert more.result().status == 200
        answer = in_the_end(lambda: served.decide("una"))
        assert (answer.status, answer.said["decision"], answer.said["offers"][0]["rate"]) == (
            200,
            "pre_approved",
            "16.08",
        )
        asked_so_far = len((home / "asked").read_text().splitlines())
        assert {one.body for one in at_once(20, lambda: served.decide("una"))} == {answer.body}
        assert len((home / "asked").read_text().splitlines()) == asked_so_far
        assert served.submit("una", answer.said["offers"][0]["offerId"]).status == 201
    assert {"engine_late", "engine_busy"} <= {line["event"] for line in served.lines}


def test_an_engine_that_breaks_or_offers_what_is_not_published_is_not_believed(home: Path) -> None:
    """503 with Retry-After and nothing stored: asked again it is asked again."""
    with serving(home, VITRINA_ENGINE="tests.engines:Faulty") as served:
        for amount in ("1000001", "5000000"):
            answers = [served.decide(amount=amount) for _ in range(2)]
            assert [(one.problem, int(one.headers["retry-after"]) > 0) for one in answers] == [("engine", True)] * 2
        stands = served.ask("GET", "/v1/leads?trackingId=claro_1").said
        assert (stands["state"], stands["events"]) == ("none", [])
    told = Counter(line["event"] for line in served.lines)
    assert (told["engine_raised"], told["engine_defect"]) == (2, 2)
    raised = [line for line in served.lines if line["event"] == "engine_raised"]
    assert {(line["kind"], line["where"]) for line in raised} == {("RuntimeError", f"engines.py:{raising_line()}")}
    assert all(datetime.fromisoformat(line["at"]) for line in raised)


def raising_line() -> int:
    """Where tests.engines raises."""
    lines = (ROOT / "tests" / "engines.py").read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if "raise RuntimeError" in line)


def test_the_readmes_engine_serves_from_the_working_folder(home: Path) -> None:
    """Copied into a file beside the settings and named by VITRINA_ENGINE, it decides; its offers can be taken."""
    (home / "salaried.py").write_text(shown_engine(), "utf-8")
    with serving(home, VITRINA_ENGINE="salaried:Salaried") as served:
        offer = served.decide("sueldo").said["offers"][0]
        assert (offer["rate"], offer["payment"]) == ("24.34", "190911")
        assert served.submit("sueldo", offer["offerId"]).status == 201
        for amount, code in (("50000000", "capacity"), ("50000000.01", "amount_too_high")):
            modest = {**ANA, "monthlyIncome": "4100000"}
            assert served.decide("sueldo", amount=amount, applicant=modest).said["reasons"][0]["code"] == code


def test_a_store_that_cannot_write_is_said_and_loses_nothing(home: Path) -> None:
    """A full disk: 503 with Retry-After; with room again the same request goes through."""
    with serving(home, largest_file=300_000) as served:
        told = [served.decide("lleno_0")]
        while told[-1].status == 200 and len(told) < 1_000:
            told.append(served.decide(f"lleno_{len(told)}"))
        assert told[-1].problem == "store"
    with serving(home) as served:
        assert served.decide(f"lleno_{len(told) - 1}").status == 200
        assert served.decide("lleno_0").body == told[0].body
