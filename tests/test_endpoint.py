"""The endpoints over real sockets: who comes in, what is taken, what is answered."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from leads.endpoint.door import Buckets, door_of
from leads.endpoint.problems import Problem
from schemas.lead import ApplicationAnswer, DecisionAnswer, LeadAnswer
from schemas.lead_settings import LeadSettings, Secret
from schemas.product import Campaign
from tests.sending import KEY
from tests.serving import ANA, CONSENT, CORE, INBOUND, PORTAL, SECOND, Served, loan, publish_products, question, serving


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One endpoint for the tests that leave it as it is; each uses click_ids of its own."""
    home = tmp_path_factory.mktemp("endpoint") / "home"
    home.mkdir()
    publish_products(
        home, loan(), loan("00123", product_id="ln_01", listing_id="ls_01"), loan("OFF-1", status="paused")
    )
    with serving(home) as running:
        yield running


def test_a_journey_goes_all_the_way(served: Served) -> None:
    """Decision, application, event, and where the lead stands: one click_id, exact sums, the portal's address."""
    answer = served.decide("viaje_1", listingId="ls_9")
    (offer,) = DecisionAnswer.model_validate(answer.said).offers
    assert (answer.status, offer.payment, offer.total_payment) == (200, Decimal(190_911), Decimal(6_872_777))
    taken = served.submit("viaje_1", offer.offer_id)
    assert taken.status == 201
    said = ApplicationAnswer.model_validate(taken.said)
    assert said.redirect_url == f"{PORTAL}?click_id=viaje_1&product_id=LIB-001"
    event = served.ask("POST", "/v1/events", {"trackingId": "viaje_1", "event": "approval"}, key=CORE)
    assert event.said == {"trackingId": "viaje_1", "event": "approval", "state": "approved", "recorded": True}
    stands = LeadAnswer.model_validate(served.ask("GET", "/v1/leads?trackingId=viaje_1").said)
    assert (stands.state, stands.listing_id, [one.event for one in stands.events]) == (
        "approved", "ls_9", ["application", "approval"],
    )  # fmt: skip
    assert (stands.events[0].amount, stands.events[0].currency) == (Decimal(5_000_000), "COP")
    assert [one.application_id for one in stands.applications] == [said.application_id]


@pytest.mark.parametrize("key", [None, "", "otra", INBOUND + "x", INBOUND[:-1], CORE, f"{INBOUND},{SECOND}"])
def test_a_wrong_key_is_refused_before_the_body_is_read(served: Served, key: str | None) -> None:
    """403, whatever the body: it is never waited for."""
    with socket.create_connection(served.address, timeout=10) as raw:
        said = "" if key is None else f"X-API-KEY: {key}\r\n"
        raw.sendall(f"POST /v1/decisions HTTP/1.1\r\nHost: x\r\n{said}Content-Length: 60000\r\n\r\n".encode())
        assert raw.recv(65_536).startswith(b"HTTP/1.1 403")


def test_both_keys_open_while_one_is_rotated(served: Served) -> None:
    """And they are one client: the same question with the other key is the same question."""
    first = served.ask("POST", "/v1/decisions", question("rota_1"))
    again = served.ask("POST", "/v1/decisions", question("rota_1"), key=SECOND)
    assert (first.body, again.headers["idempotency-replayed"]) == (again.body, "true")


def test_two_keys_in_one_request_are_none(served: Served) -> None:
    """Which of them counts would be anybody's guess."""
    with socket.create_connection(served.address, timeout=10) as raw:
        keys = f"X-API-KEY: {INBOUND}\r\nX-API-KEY: {INBOUND}\r\n"
        raw.sendall(f"GET /v1/leads?trackingId=x HTTP/1.1\r\nHost: x\r\n{keys}\r\n".encode())
        assert raw.recv(65_536).startswith(b"HTTP/1.1 403")


def test_the_keys_open_their_own_doors_only(served: Served) -> None:
    """Theirs reports no events, ours asks for no decisions; both may look; the open pages need none."""
    event = {"trackingId": "x", "event": "approval"}
    assert served.ask("POST", "/v1/events", event).problem == "forbidden"
    assert served.ask("POST", "/v1/decisions", question(), key=CORE).problem == "forbidden"
    assert [served.ask("GET", "/v1/leads?trackingId=x", key=key).status for key in (INBOUND, CORE, None)] == [
        404,
        404,
        403,
    ]
    for path in ("/healthz", "/readyz", "/metrics", "/openapi.json"):
        assert served.ask("GET", path, key=None).status == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "word"),
    [("GET", "/nada", 404, "no-such-page"), ("GET", "/v1/decisions", 405, "method"), ("POST", "/apply", 405, "method"),
     ("HEAD", "/apply", 405, None), ("GET", "/v1/decisions/", 404, "no-such-page")],
)  # fmt: skip
def test_what_is_not_there_is_a_problem_too(
    served: Served, method: str, path: str, status: int, word: str | None
) -> None:
    """Unknown paths and methods."""
    answer = served.ask(method, path)
    assert answer.status == status
    assert word is None or answer.problem == word
    assert status == 404 or answer.headers["allow"] in ("GET", "POST")


def test_problems_speak_the_callers_language(served: Served) -> None:
    """Spanish unless English is liked better; the document says its own status."""
    for liked, lang in (
        ("", "es"),
        ("en", "en"),
        ("en-GB;q=0.8, es;q=0.9", "es"),
        ("fr, en;q=0.5", "en"),
        ("q;=;", "es"),
    ):
        answer = served.ask("GET", "/v1/leads?trackingId=nadie", Accept_Language=liked)
        assert answer.headers["content-language"] == lang
        assert answer.said["status"] == answer.status == 404
    assert answer.said["title"] == "Ninguna solicitud tiene ese trackingId"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "json"), (b"{", "json"), (b"nada", "json"), (b"\xff{}", "utf8"), (b'"\xed\xa0\x80"', "utf8"),
        (b"[]", "object"), (b"1", "object"), (b"\xef\xbb\xbf{}", "json"), (b'{"a":1,"a":1}', "duplicate"),
        (b'{"a":{"b":1,"b":2}}', "duplicate"),
        (b'{"a":NaN}', "number"), (b'{"a":-Infinity}', "number"), (b'{"a":1e999999999}', "number"),
        (b'{"a":1e-999999999}', "number"), (b'{"a":' + b"9" * 5000 + b"}", "number"), (b'{"a":"\\ud800"}', "surrogate"),
        (b'{"\\udc00":1}', "surrogate"), (b'{"a":' * 10_000, "depth"), (b"[" * 60_000, "depth"),
        (b'{"a":' + b"[" * 20 + b"]" * 20 + b"}", "depth"), (b"{'a':1}", "json"), (b'{"a":01}', "json"),
        (b'{"a":1,}', "json"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v1/decisions", "/v1/events"])
def test_json_is_taken_strictly(served: Served, path: str, raw: bytes, code: str) -> None:
    """UTF-8, one object, no name twice, finite numbers, not deep, whole characters: 400 and what it is."""
    answer = served.ask("POST", path, raw, key=CORE if path.endswith("events") else INBOUND)
    assert (answer.status, answer.problem, answer.said["errors"][0]["code"]) == (400, "malformed", code)


def test_depth_twenty_is_still_taken(served: Served) -> None:
    """The applicant may say what we do not know, encrypted."""
    deep: Any = "x"
    for _ in range(17):
        deep = [deep]
    assert served.decide("hondo", applicant={**ANA, "más": deep, "1e30": Decimal("1").__str__()}).status == 200


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"amount": "1e30"}, "/requested/amount", "money"), ({"amount": 1e30}, "/requested/amount", "money"),
        ({"amount": 0}, "/requested/amount", "money"), ({"amount": -5}, "/requested/amount", "money"),
        ({"amount": "5.000"}, "/requested/amount", "money"), ({"amount": True}, "/requested/amount", "money"),
        ({"term": 0}, "/requested/termMonths", "low"), ({"term": 601}, "/requested/termMonths", "high"),
        ({"term": 36.5}, "/requested/termMonths", "no_number"), ({"term": "36"}, "/requested/termMonths", "no_number"),
        ({"productId": ""}, "/productId", "empty"), ({"applicant": []}, "/applicant", "no_object"),
        ({"applicant": {"birthDate": "1990-02-30"}}, "/applicant/birthDate", "day"),
        ({"applicant": {"firstName": "a\0b"}}, "/applicant/firstName", "text"),
        ({"sorpresa": 1}, "/sorpresa", "unknown"),
        ({"maria@example.com": 1}, "", "unknown"), ({"trackingId": "a\0b"}, "/trackingId", "click_id"),
        ({"trackingId": "x" * 4097}, "/trackingId", "click_id"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_pointed_at(served: Served, changes: dict[str, Any], pointer: str, code: str) -> None:
    """422 with a JSON pointer and a stable code; no value, and no name that may be personal."""
    answer = served.ask("POST", "/v1/decisions", question("forma") | question("forma", **changes))
    assert (answer.status, answer.problem) == (422, "invalid")
    assert [(one["pointer"], one["code"]) for one in answer.said["errors"]] == [(pointer, code)]
    assert b"maria" not in answer.body


def test_whole_numbers_and_sums_may_be_written_as_json_numbers(served: Served) -> None:
    """5000000.5 is exact, 36.0 is 36; what is the same in value is the same question."""
    raw = json.dumps(question("suma")).replace('"5000000"', "5000000.50").replace(" 36", " 36.0")
    first = served.ask("POST", "/v1/decisions", raw.encode())
    again = served.ask("POST", "/v1/decisions", raw.replace("5000000.50", "5000000.5").encode())
    assert first.said["offers"][0]["amount"] == "5000000.50"
    assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize(
    "headers",
    [{"Content_Type": "text/plain"}, {"Content_Type": "application/jsonp"}, {"Content_Encoding": "gzip"}],
)
def test_only_json_is_taken(served: Served, headers: dict[str, str]) -> None:
    """415 before the body is read."""
    assert served.ask("POST", "/v1/decisions", question("media"), **headers).problem == "not-json"


def test_large_bodies_are_refused_and_the_answer_arrives(served: Served) -> None:
    """10 MiB announced, or sent in pieces without an end: 413; the connection may be used again."""
    assert served.ask("POST", "/v1/decisions", b" " * (10 << 20)).problem == "too-large"
    chunks = (
        b"POST /v1/decisions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
    )
    with socket.create_connection(served.address, timeout=10) as raw:
        raw.sendall(chunks + f"X-API-KEY: {INBOUND}\r\n\r\n".encode() + (b"8000\r\n" + b" " * 0x8000 + b"\r\n") * 3)
        assert status_of(raw) == 413
        raw.sendall(b"0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert status_of(raw) == 200


def status_of(raw: socket.socket) -> int:
    """One whole answer, read off a connection."""
    with http.client.HTTPResponse(raw) as answer:
        answer.begin()
        answer.read()
        return answer.status


def test_a_body_of_the_limit_itself_is_read(served: Served) -> None:
    """64 KiB to the byte."""
    raw = json.dumps(question("tope")).encode()
    assert served.ask("POST", "/v1/decisions", raw + b" " * (65_536 - len(raw))).status == 200
    assert served.ask("POST", "/v1/decisions", raw + b" " * (65_537 - len(raw))).problem == "too-large"


def test_an_endless_head_is_refused(served: Served) -> None:
    """431, and what is no HTTP is 400: problems like all others."""
    with socket.create_connection(served.address, timeout=10) as raw:
        raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + (b"X-More: " + b"a" * 992 + b"\r\n") * 74)
        assert status_of(raw) == 431
    with socket.create_connection(served.address, timeout=10) as raw:
        raw.sendall(b"BASURA\r\n\r\n")
        assert b"problem+json" in raw.recv(65_536)


def test_a_broken_request_behind_a_good_one_takes_no_answer_away(served: Served) -> None:
    """The first gets its own answer, not the second's 400; then the connection ends."""
    body = json.dumps(question("primera")).encode()
    head = f"POST /v1/decisions HTTP/1.1\r\nHost: x\r\nX-API-KEY: {INBOUND}\r\nContent-Type: application/json\r\n"
    with socket.create_connection(served.address, timeout=10) as raw:
        raw.sendall(head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body + b"BASURA\r\n\r\n")
        assert status_of(raw) == 200
        assert raw.recv(1) == b""


def test_a_request_with_a_fragment_is_refused(served: Served) -> None:
    """No request has one; cut off, it would take the end of a click_id along."""
    with socket.create_connection(served.address, timeout=10) as raw:
        raw.sendall(b"GET /apply?click_id=uno#dos HTTP/1.1\r\nHost: x\r\n\r\n")
        assert status_of(raw) == 400
    assert served.ask("GET", "/v1/leads?trackingId=uno").problem == "unknown-lead"


@pytest.mark.full
def test_empty_lines_and_readers_who_do_not_read_hold_no_connection(served: Served) -> None:
    """What begins no request, and an answer that nobody takes, end the connection within seconds."""
    assert served.ask("GET", "/openapi.json", key=None).status == 200
    before = descriptors(served)
    with (
        socket.create_connection(served.address, timeout=20) as idle,
        socket.create_connection(served.address, timeout=20) as deaf,
    ):
        deaf.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 1_000)
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert status_of(idle) == 200
        idle.sendall(b"\r\n")
        assert idle.recv(1) == b""
        for _ in range(2_000):
            if descriptors(served) <= before:
                break
            threading.Event().wait(0.01)
        assert descriptors(served) <= before


def descriptors(served: Served) -> int:
    """How many files and connections the process holds."""
    return len(list(Path(f"/proc/{served.process.pid}/fd").iterdir()))


def test_a_slow_body_is_not_waited_for(served: Served) -> None:
    """The whole request has five seconds: 408, and the connection ends."""
    with socket.create_connection(served.address, timeout=10) as raw:
        head = f"POST /v1/decisions HTTP/1.1\r\nHost: x\r\nX-API-KEY: {INBOUND}\r\nContent-Type: application/json\r\n"
        raw.sendall(head.encode() + b'Content-Length: 300\r\n\r\n{"tracking')
        assert status_of(raw) == 408
        assert raw.recv(1) == b""


def test_products_go_by_their_assigned_id(served: Served) -> None:
    """By product_id once there is one, else by our code; paused ones and strangers are no products."""
    assert served.decide("prod_1", productId="ln_01").said["offers"][0]["productId"] == "ln_01"
    for name in ("00123", "OFF-1", "lib-001", "nada"):
        assert served.decide("prod_2", productId=name).problem == "unknown-product"
    assert served.ask("GET", "/v1/leads?trackingId=prod_2").status == 404


@pytest.mark.parametrize(("market", "ours", "other"), [("CO", "LIB-CO", "ln_mx"), ("MX", "ln_mx", "LIB-CO")])
def test_only_the_markets_products_are_on_offer(tmp_path: Path, market: str, ours: str, other: str) -> None:
    """One release holds both countries' products: another market's is unknown, one that names no country is offered."""
    home = tmp_path / "home"
    home.mkdir()
    mexican = loan("LIB-MX", country="MX", currency="MXN", product_id="ln_mx")
    publish_products(home, loan("LIB-CO"), mexican, loan("LIB-00", country=None))
    with serving(home, VITRINA_MARKET=market) as served:
        refused = served.decide("ajeno", productId=other)
        assert (refused.status, refused.problem) == (404, "unknown-product")
        for name in (ours, "LIB-00"):
            assert served.decide("propio", productId=name).said["offers"][0]["productId"] == name
        assert served.ask("GET", "/v1/leads?trackingId=ajeno").status == 404


def test_a_decline_is_an_answer(served: Served) -> None:
    """200 with stable codes and a sentence in the caller's language."""
    answer = served.ask("POST", "/v1/decisions", question("no", amount="1"), Accept_Language="en")
    assert (answer.status, answer.said["decision"], answer.said["offers"]) == (200, "rejected", [])
    assert answer.said["reasons"] == [{"code": "amount_too_low", "message": "The least amount is COP 1,000,000."}]


def test_offers_belong_to_their_journey(served: Served) -> None:
    """Another's offer, an invented one, an unknown trackingId: 404 and nothing is written."""
    offer = served.offer("mia_1")
    served.offer("mia_2")
    for tracking, name in (("mia_2", offer), ("mia_1", "nada"), ("nadie", offer)):
        assert served.submit(tracking, name).problem == "unknown-offer"
    assert served.ask("GET", "/v1/leads?trackingId=mia_1").said["applications"] == []


def test_one_application_a_journey(served: Served) -> None:
    """Another offer of the same product is other content; another product of an applied journey is refused."""
    first, second = served.offer("una"), served.offer("una", amount="6000000")
    other = served.offer("una", productId="ln_01")
    assert served.submit("una", first).status == 201
    assert served.submit("una", second).problem == "other-content"
    assert served.submit("una", first, consents=[]).problem == "other-content"
    assert served.submit("una", other).problem == "already-applied"
    assert len(served.ask("GET", "/v1/leads?trackingId=una").said["applications"]) == 1


def test_events_follow_the_state_machine(served: Served) -> None:
    """Unknown leads, skipped steps, other facts, what comes after the end: refused by name; the same again is not."""

    def event(name: str, **facts: str) -> Any:
        answer = served.ask("POST", "/v1/events", {"trackingId": "pasos", "event": name, **facts}, key=CORE)
        return answer.problem if answer.status >= 400 else answer.said["recorded"]

    assert event("approval") == "unknown-lead"
    served.submit("pasos", served.offer("pasos"))
    assert [event("disbursement"), event("approval", amount="1000"), event("approval", amount="1000")] == [
        "skipped", True, False,
    ]  # fmt: skip
    assert [event("approval", amount="2000"), event("rejected", reason="Centrales"), event("approval", amount="1000"),
            event("disbursement")] == ["conflict", True, False, "terminal"]  # fmt: skip


def test_the_hand_off_keeps_the_click_id_and_goes_on(served: Served) -> None:
    """A plus is a plus; nothing is decoded twice; the lead is there, once, with the product it came with."""
    sent = "/apply?utm=x&click_id=a+b%2Bc%20d%252B%C3%B1&product_id=ln_01"
    for _ in range(2):
        answer = served.ask("GET", sent, key=None)
        assert (answer.status, answer.headers["location"]) == (
            302, f"{PORTAL}?click_id=a%2Bb%2Bc%20d%252B%C3%B1&product_id=ln_01",
        )  # fmt: skip
    assert answer.headers["cache-control"] == "no-store"
    stands = served.ask("GET", "/v1/leads?trackingId=a%2Bb%2Bc%20d%252B%C3%B1").said
    assert (stands["trackingId"], stands["state"], stands["productId"]) == ("a+b+c d%2Bñ", "none", "ln_01")


@pytest.mark.parametrize(
    "query",
    ["", "click_id", "click_id=", "product_id=x", "click_id=%", "click_id=%2", "click_id=%zz", "click_id=%ff",
     "click_id=%ED%A0%80", "click_id=a%00b", "click_id=a&click_id=a", "Click_id=a", "click_id=" + "x" * 4097,
     "click_id=a&product_id=%ff", "click_id=a&product_id=" + "x" * 201],
)  # fmt: skip
def test_a_hand_off_that_does_not_decode_is_refused(served: Served, query: str) -> None:
    """Never repaired: 400 says which parameter."""
    answer = served.ask("GET", f"/apply?{query}", key=None)
    assert (answer.status, answer.problem) == (400, "malformed")
    assert answer.said["errors"][0]["pointer"] in ("?click_id", "?product_id")


def test_a_person_with_a_browser_sees_a_page_not_a_document(served: Served) -> None:
    """In their language, with the one thing to do; the address they came with is not on it."""
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    for lang, title in (("es-CO", "No pudimos abrir su solicitud"), ("en-US", "We could not open your application")):
        answer = served.ask("GET", "/apply?click_id=%ff", key=None, Accept_Language=lang, **browser)
        assert (answer.status, answer.headers["content-type"]) == (400, "text/html; charset=utf-8")
        assert f"<h1>{title}</h1>" in answer.body.decode()
        assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("click_id", ["", "\0", "a\0b", "x" * 4097, "\ud800", "a\udfffb"])
def test_a_click_id_that_cannot_be_kept_is_refused_at_both_doors(served: Served, click_id: str) -> None:
    """Empty, NUL, too long, half a character: a clear problem, and no lead."""
    assert served.ask("POST", "/v1/decisions", json.dumps(question(click_id)).encode()).status in (400, 422)
    encoded = quote(click_id, safe="", errors="surrogatepass")
    assert served.ask("GET", f"/apply?click_id={encoded}", key=None).problem == "malformed"


def test_metrics_count_what_was_answered_and_what_is_owed(served: Served) -> None:
    """Requests by route and status, latency, owed by state, the oldest one's age, attempts by class."""
    page = served.ask("GET", "/metrics", key=None).body.decode()
    for line in ('vitrina_requests_total{route="decisions",status="200"}', "vitrina_request_seconds_bucket{",
                 'vitrina_owed{state="pending"}', "vitrina_oldest_owed_seconds ",
                 'vitrina_paused{market="CO"} 0.0'):  # fmt: skip
        assert line in page
    for kind in ("vitrina_attempts_total counter", "vitrina_attempt_seconds histogram"):
        assert f"# TYPE {kind}" in page


def test_readiness_says_what_is_published(tmp_path: Path) -> None:
    """Alive without a release, not ready; ready when one is published, without a restart; decisions likewise."""
    home = tmp_path / "home"
    home.mkdir()
    with serving(home) as served:
        assert (served.ask("GET", "/healthz").status, served.ask("GET", "/readyz").problem) == (200, "catalogue")
        assert served.decide().problem == "catalogue"
        publish_products(home, loan())
        assert served.ask("GET", "/readyz").said == {"status": "ready", "release": 1, "enginesStuck": 0}
        assert served.decide().status == 200
        publish_products(home, loan("OTRO-1"))
        assert served.decide("nueva").problem == "unknown-product"
        assert served.decide().headers["idempotency-replayed"] == "true"
        target = home / "published"
        name = json.loads((target / "releases/2/manifest.json").read_bytes())["files"]["catalog.json"]["sha256"]
        (target / "files" / name).chmod(0o644)
        (target / "files" / name).write_bytes(b"{}")
        (target / "current.json").touch()
        assert served.ask("GET", "/readyz").problem == "catalogue"


def test_campaigns_open_fill_and_close(tmp_path: Path) -> None:
    """Applications of the day fill it; who was offered before may still apply."""
    home = tmp_path / "home"
    home.mkdir()
    open_now = Campaign(product="LIB-001", daily_cap=1)
    past = Campaign(product="OTRO-1", end=date.today() - timedelta(days=3))  # noqa: DTZ011 - any day long past
    publish_products(home, loan(campaigns=(open_now,)), loan("OTRO-1", campaigns=(past,)))
    with serving(home) as served:
        first, second = served.offer("uno"), served.offer("dos")
        assert served.submit("uno", first).status == 201
        full = served.decide("tres").said
        assert (full["decision"], full["reasons"][0]["code"]) == ("rejected", "campaign_full_today")
        assert served.decide("tres", productId="OTRO-1").said["reasons"][0]["code"] == "campaign_closed"
        assert served.submit("dos", second).status == 201


def test_only_the_agreed_address_may_call(tmp_path: Path) -> None:
    """Behind the named proxy its last word counts; our own systems and hand-offs come from anywhere, not too often."""
    home = tmp_path / "home"
    home.mkdir()
    publish_products(home, loan())
    proxied = {"VITRINA_EGRESS_IPS": "203.0.113.7", "VITRINA_TRUSTED_PROXY": "127.0.0.1", "VITRINA_APPLY_RATE": "0.1"}
    with serving(home, **proxied) as served:
        for seen, status in (("", 403), ("203.0.113.7", 200), ("203.0.113.7, 198.51.100.1", 403), ("nada", 403),
                             ("198.51.100.1, 203.0.113.7", 200), ("::ffff:203.0.113.7", 200)):  # fmt: skip
            assert served.ask("POST", "/v1/decisions", question(), X_Forwarded_For=seen).status == status, seen
        assert served.ask("GET", "/v1/leads?trackingId=claro_1", key=CORE).status == 200
        landed = [served.ask("GET", "/apply?click_id=x", key=None, X_Forwarded_For="198.51.100.1") for _ in range(2)]
        assert (landed[0].status, landed[1].problem) == (302, "too-many")
        assert 1 <= int(landed[1].headers["retry-after"]) <= 10
        assert served.ask("GET", "/apply?click_id=x", key=None, X_Forwarded_For="198.51.100.2").status == 302


def test_without_a_named_proxy_the_peer_is_the_caller() -> None:
    """What anybody can write into a header counts for nothing, unless the proxy we named wrote it."""
    door = door_of(LeadSettings(inbound_keys=(Secret("k"),), egress_ips=("203.0.113.7",)))
    assert door.address("198.51.100.1", b"203.0.113.7") == "198.51.100.1"
    with pytest.raises(Problem):
        door.admit("inbound", b"k", door.address("198.51.100.1", b"203.0.113.7"))
    door.admit("inbound", b"k", "203.0.113.7")


def test_an_address_gets_its_tokens_back_and_is_forgotten() -> None:
    """Ten seconds' worth at once, then as they come; ten thousand addresses are remembered, no more."""
    now = [0.0]
    buckets = Buckets(2.0, lambda: now[0])

    def taken() -> int:
        for count in range(100):
            try:
                buckets.take("a")
            except Problem:
                return count
        return 100

    assert taken() == 20
    now[0] += 3
    assert taken() == 6
    now[0] -= 1000  # a clock that steps back gives nothing and takes nothing
    assert taken() == 0
    for number in range(10_000):
        buckets.take(str(number))
    assert taken() == 20


CANARY = {name: f"canario-{name}-Ω" for name in ("firstName", "lastName", "documentNumber", "email", "phone")}


def test_nothing_personal_and_no_secret_leaves_in_logs_or_problems(tmp_path: Path) -> None:
    """Canaries in every member, good requests and bad, an engine that raises with a name in its message."""
    home = tmp_path / "home"
    home.mkdir()
    publish_products(home, loan())
    person = {**ANA, **CANARY, "otro": {"canario-nombre": "canario-valor"}}
    for engine in ({}, {"VITRINA_ENGINE": "tests.engines:Faulty"}):
        with serving(home, **engine) as served:
            answers = [served.decide("canario-click", applicant=person, amount=amount) for amount in ("1000001", "1")]
            answers += [served.decide("canario-click", applicant={**person, "birthDate": "canario-día"})]
            if answers[0].status == 200:
                offer = answers[0].said["offers"][0]["offerId"]
                consent = {**CONSENT, "acceptedAt": "canario-momento"}
                answers += [served.submit("canario-click", offer, applicant=person),
                            served.submit("canario-click", offer, consents=[consent]),
                            served.submit("canario-click", "canario-oferta")]  # fmt: skip
            answers += [
                served.ask("POST", "/v1/events", {"trackingId": "canario-x", "event": "canario-evento"}, key=CORE)
            ]
            answers += [served.ask("GET", "/apply?click_id=canario%00", key=None), served.ask("GET", "/metrics")]
        told = [answer.body for answer in answers if answer.status >= 400 or b"vitrina_" in answer.body]
        for text in (*told, *served.raw):
            assert b"canari" not in text.replace(b"clave-canaria", b"canari" if b"clave-canaria" in text else b""), text
        assert KEY.encode() not in b"".join(served.raw)
    stored = b"".join(path.read_bytes() for path in home.glob("leads.db*"))
    for value in (*CANARY.values(), "canario-nombre", "canario-valor"):
        assert value.encode() not in stored
