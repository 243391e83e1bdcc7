"""What each answer and each fault of the network does to a postback: real sockets, a receiver that misbehaves."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from leads.endpoint.metrics import Metrics
from leads.log import ALERTS
from leads.postback import Lanes, SenderRules
from leads.postback.wire import make_request
from leads.retry import Policy, policy_of
from leads.store import LeadStore, Tx, find_lead, open_leads
from leads.store.operations import (
    OwedRow,
    attempts_of,
    count_owed,
    list_owed,
    owed_of,
    paused_markets,
    replay_lead,
    resolve_owed,
)
from leads.store.writer import GroupWriter
from schemas.errors import StoreUnavailable
from schemas.lead import EventName
from tests.receiver import Arrived, Receiver, Said, receiver
from tests.sending import KEY, TWINS, Heard, now, open_at, owe, owe_many, rules, send_all, sending

T = TypeVar("T")
HTML = (("Content-Type", "text/html"),)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LeadStore]:
    """An SQLite store of its own."""
    opened = open_at(tmp_path / "leads.db")
    yield opened
    opened.close()


def only(store: LeadStore) -> OwedRow:
    """The one owed row."""
    (row,) = store.read(lambda tx: list_owed(tx, state=None, most=2))
    return row


def until_settled(store: LeadStore, heard: Receiver, log: Heard | None = None, **more: object) -> None:
    """Send until nothing more will be sent by itself."""
    with sending(store, rules(heard.url, **more), log):  # type: ignore[arg-type]
        heard.wait(lambda: not store.read(lambda tx: count_owed(tx)["pending"] + count_owed(tx)["leased"]), 10)


def test_what_goes_over_the_wire(store: LeadStore) -> None:
    """The documented path, the key in X-API-KEY, the stored body, a stable event id, nothing compressed asked for."""
    store.write(lambda tx: owe(tx, "claro_Á +%2B😀"))
    with receiver() as heard:
        assert send_all(store, rules(heard.url)) == {"delivered": 1}
    (one,) = heard.arrived
    assert one.path == "/client_app/webhook/lender/loan-status"
    assert one.said == {"click_id": "claro_Á +%2B😀", "event": "application", "product_id": "ln_01"}
    assert one.headers["x-api-key"] == KEY
    assert one.headers["accept-encoding"] == "identity"
    assert one.headers["idempotency-key"] == only(store).event_id


@pytest.mark.parametrize(
    ("said", "state", "why"),
    [
        (Said(200, b'{"status":"ok"}'), "delivered", None),
        (Said(200, b"<html>ok</html>", HTML), "unconfirmed", "no_acknowledgement"),
        (Said(200, b""), "unconfirmed", "no_acknowledgement"),
        (Said(204, b""), "unconfirmed", "http_204"),
        (Said(200, b'{"success":false}'), "dead", "bad_ack"),
        (Said(200, b'{"click_id":"otro"}'), "dead", "bad_ack"),
        (Said(400), "dead", "http_400"),
        (Said(404), "dead", "http_404"),
        (Said(405), "dead", "http_405"),
        (Said(413), "dead", "http_413"),
        (Said(415), "dead", "http_415"),
        (Said(422), "dead", "http_422"),
        (Said(409), "dead", "conflict"),
    ],
)
def test_answers_that_end_a_postback(store: LeadStore, said: Said, state: str, why: str | None) -> None:
    """200 is success, with or without an acknowledgement; a failure in JSON and a permanent answer end it at once."""
    store.write(lambda tx: owe(tx, "uno"))
    log = Heard()
    with receiver(lambda _: said) as heard:
        until_settled(store, heard, log)
        assert len(heard.arrived) == 1
    row = only(store)
    assert (row.state, row.why) == (state, why)
    assert (state in log.codes) == (state != "delivered")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_transient_answers_are_retried(store: LeadStore, status: int) -> None:
    """Two of them, then 200: three attempts with the same id and the same bytes, all kept."""
    store.write(lambda tx: owe(tx, "uno"))
    answers = iter([Said(status), Said(status)])
    with receiver(lambda _: next(answers, Said())) as heard:
        until_settled(store, heard)
    assert only(store).state == "delivered"
    assert len({(one.headers["idempotency-key"], one.body) for one in heard.arrived}) == 1
    attempts = store.read(lambda tx: attempts_of(tx, 1))
    assert [(one.kind, one.status) for one in attempts] == [("transient", status)] * 2 + [("delivered", 200)]


@pytest.mark.parametrize(
    ("said", "word"),
    [
        (Said(then="reset", raw=b""), "reset"),
        (Said(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", then="close"), "protocol"),
        (Said(raw=b"SSH-2.0-OpenSSH_9.2\r\n", then="close"), "protocol"),
        (Said(raw=b"HTTP/1.1 200 OK\r\nX: " + b"y" * 80_000, then="close"), "protocol"),
        (Said(raw=b"", then="close"), "protocol"),
        (Said(then="drip"), "deadline"),
        (Said(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n" + b"{" * 40, then="drip"), "deadline"),
        (Said(after=1.0), "deadline"),
    ],
)
def test_faults_of_the_network_are_retried(store: LeadStore, said: Said, word: str) -> None:
    """Reset, truncated, garbage, endless head, dripping head and body, silence: one attempt, then another."""
    store.write(lambda tx: owe(tx, "uno"))
    answers = iter([said])
    with receiver(lambda _: next(answers, Said())) as heard:
        until_settled(store, heard, deadline=0.5)
    first, second = store.read(lambda tx: attempts_of(tx, 1))
    assert (first.kind, first.status, first.said) == ("transient", None, word)
    assert second.kind == "delivered", "the deadline is total, whatever drips"


def test_a_refused_connection_and_an_unknown_host_are_retried(store: LeadStore) -> None:
    """Nobody listens, or no such name: transient, with the word that says which."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for url, word in ((f"http://127.0.0.1:{port}", "connect"), ("http://no-existe.invalid", "dns")):
        store.write(lambda tx, word=word: owe(tx, word))
        assert send_all(store, rules(url, policy=Policy()))["transient"] >= 1
        assert word in {row.why for row in store.read(lambda tx: list_owed(tx, state="pending", most=9))}


def test_a_flood_is_cut(store: LeadStore) -> None:
    """200 MiB after a 200: reading stops at 64 KiB; delivered, unconfirmed, memory flat."""
    import resource

    store.write(lambda tx: owe(tx, "uno"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    flood = Said(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 209715200\r\n\r\n", then="flood")
    with receiver(lambda _: flood) as heard:
        until_settled(store, heard)
    assert only(store).state == "unconfirmed"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000


def test_a_gzip_bomb_stays_packed(store: LeadStore) -> None:
    """Compressed although identity was asked for: never unpacked, so never an acknowledgement."""
    store.write(lambda tx: owe(tx, "uno"))
    bomb = gzip.compress(b'{"ok":true}' + b" " * 30_000_000)
    with receiver(lambda _: Said(200, bomb, (("Content-Encoding", "gzip"),))) as heard:
        until_settled(store, heard)
    assert only(store).state == "unconfirmed"
    (attempt,) = store.read(lambda tx: attempts_of(tx, 1))
    assert attempt.said.startswith("\x1f"), "the packed bytes, as they came"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "nada"])
def test_an_answer_that_lies_about_its_coding_is_read_as_it_is(store: LeadStore, coding: str) -> None:
    """Plain JSON under a Content-Encoding: an acknowledgement all the same, and the sender lives on."""
    store.write(lambda tx: owe(tx, "uno"))
    with receiver(lambda _: Said(200, b'{"ok":true}', (("Content-Encoding", coding),))) as heard:
        assert send_all(store, rules(heard.url)) == {"delivered": 1}


def test_a_redirect_is_not_followed_and_pauses(store: LeadStore) -> None:
    """3xx would carry the key elsewhere: not followed, the market pauses, no attempt is spent, an alert is raised."""
    owe_many(store, 30)
    log = Heard()
    with (
        receiver() as elsewhere,
        receiver(lambda _: Said(307, b"", (("Location", f"{elsewhere.url}/"),))) as heard,
    ):
        send_all(store, rules(heard.url, policy=Policy()), log)
        assert "paused" in log.codes
        assert not elsewhere.arrived
        assert len(heard.arrived) <= 30
    rows = store.read(lambda tx: list_owed(tx, state="pending", most=99))
    assert len(rows) == 30
    assert {row.tries for row in rows} == {0}


@pytest.mark.parametrize("status", [401, 410, 403])
def test_a_wrong_key_pauses_and_a_changed_one_goes_on(store: LeadStore, status: int) -> None:
    """401, 410, a fresh key's first 403: pause without spending attempts; another key releases everything."""
    owe_many(store, 20)
    log = Heard()

    def answer(one: Arrived) -> Said:
        return Said() if one.headers["x-api-key"] == "otra" else Said(status)

    with receiver(answer) as heard:
        send_all(store, rules(heard.url, policy=Policy()), log)
        assert [facts["why"] for code, facts in log.lines if code == "paused"] == [f"http_{status}"]
        assert store.read(lambda tx: [one.why for one in paused_markets(tx)]) == [f"http_{status}"]
        seen = len(heard.arrived)
        send_all(store, rules(heard.url, policy=Policy()), log)
        assert len(heard.arrived) == seen, "paused: nothing is sent before the probe is due"
        changed = SenderRules(heard.url, "otra", Policy(), lease=30.0, lanes=8)
        assert send_all(store, changed, log)["delivered"] == 20
        send_all(store, changed, log)
    assert store.read(paused_markets) == ()
    assert (log.codes[-1], log.codes.count("resumed")) == ("resumed", 1)


def test_a_probe_ends_the_pause(store: LeadStore) -> None:
    """The key is registered later: the next probe passes and everything goes out, by itself."""
    owe_many(store, 40)
    good = threading.Event()
    log = Heard()
    with receiver(lambda _: Said() if good.is_set() else Said(403)) as heard, sending(store, rules(heard.url), log):
        assert heard.wait(lambda: "paused" in log.codes)
        good.set()
        assert heard.wait(lambda: store.read(count_owed)["delivered"] == 40, 10)
    assert store.read(paused_markets) == ()
    assert [line for line in log.lines if line[0] == "resumed"] == [("resumed", {"market": "CO"})]
    assert "resumed" not in ALERTS


def test_a_pause_is_a_figure(store: LeadStore, tmp_path: Path) -> None:
    """/metrics says 1 for the market that is paused and 0 for the others of the store, before and after too."""

    def paused() -> list[str]:
        page = Metrics(store).page().decode()
        return [line for line in page.splitlines() if line.startswith("vitrina_paused{")]

    assert paused() == ['vitrina_paused{market="CO"} 0.0']
    mexican = open_leads(tmp_path / "leads.db", market="MX", now=now)
    owe_many(store, 2)
    with receiver() as heard:
        send_all(mexican, rules(heard.url))
    mexican.close()
    with receiver(lambda _: Said(401)) as heard:
        send_all(store, rules(heard.url, policy=Policy()))
    assert paused() == ['vitrina_paused{market="CO"} 1.0', 'vitrina_paused{market="MX"} 0.0']
    with receiver() as heard:
        send_all(store, rules(heard.url))
    assert paused() == ['vitrina_paused{market="CO"} 0.0', 'vitrina_paused{market="MX"} 0.0']


def test_403_for_one_lead_alone_is_that_lead(store: LeadStore) -> None:
    """Others pass with the same key: only this lead waits, and dies `lead_unknown`; its later events stay behind it."""
    store.write(lambda tx: [owe(tx, "bueno"), owe(tx, "malo", "application", "approval")])
    with receiver(lambda one: Said(403) if one.lead == "malo" else Said()) as heard, sending(store, rules(heard.url)):
        assert heard.wait(lambda: store.read(count_owed)["dead"] == 1, 10)
    assert store.read(paused_markets) == ()
    dead, behind = store.read(lambda tx: owed_of(tx, find_lead(tx, "malo")))  # type: ignore[arg-type]
    assert (dead.state, dead.why, dead.tries) == ("dead", "lead_unknown", 6)
    assert (behind.state, behind.tries) == ("pending", 0)
    assert heard.events() == {"bueno": ["application"], "malo": ["application"]}
    with receiver() as elsewhere, sending(store, rules(elsewhere.url)):
        assert elsewhere.wait(lambda: store.read(count_owed)["delivered"] == 3), "another URL releases what 403 parked"


def test_three_refused_leads_in_a_row_pause(store: LeadStore) -> None:
    """A key that passed and is refused for three different leads in a row was revoked."""
    store.write(lambda tx: owe(tx, "bueno"))
    log = Heard()
    with receiver(lambda one: Said() if one.lead == "bueno" else Said(403)) as heard:
        send_all(store, rules(heard.url, policy=Policy()), log)
        owe_many(store, 12)
        send_all(store, rules(heard.url, policy=Policy(), lanes=1), log)
        assert len(heard.arrived) <= 4 + 4, "three, and what was in flight"
    assert log.codes == ["paused"]


def test_the_breaker_opens_and_tries_one(store: LeadStore) -> None:
    """A marketplace that is down: five failures open the breaker, attempts are not spent, one probe closes it."""
    owe_many(store, 200)
    down = threading.Event()
    down.set()
    log = Heard()
    policy = policy_of((0.0, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3))
    with (
        receiver(lambda _: Said(503) if down.is_set() else Said()) as heard,
        sending(store, rules(heard.url, policy=policy, lanes=4), log),
    ):
        assert heard.wait(lambda: log.codes.count("breaker_open") == 2), "the first probe failed too"
        assert len(heard.arrived) <= 5 + 4 * 2 + 1
        down.clear()
        assert heard.wait(lambda: store.read(count_owed)["delivered"] == 200, 15)
    assert "breaker_closed" in log.codes


def test_one_failing_lead_among_many_holds_nobody(store: LeadStore) -> None:
    """One lead fails for ever: every other is delivered, the breaker stays closed."""
    among(store, 500)


@pytest.mark.full
def test_one_failing_lead_among_ten_thousand_holds_nobody(store: LeadStore) -> None:
    """The same with 10,000."""
    among(store, 10_000)


def among(store: LeadStore, many: int) -> None:
    """One lead that fails for ever, and many that do not."""
    store.write(lambda tx: owe(tx, "malo"))
    owe_many(store, many)
    log = Heard()
    with (
        receiver(lambda one: Said(500) if one.lead == "malo" else Said()) as heard,
        sending(store, rules(heard.url), log),
    ):
        assert heard.wait(lambda: store.read(count_owed)["delivered"] == many, 120)
    assert "breaker_open" not in log.codes
    assert len(heard.events()) == many + 1


def test_as_many_failing_leads_as_lanes(store: LeadStore) -> None:
    """Every lane has a failing lead: the healthy ones still arrive."""
    store.write(lambda tx: [owe(tx, f"malo_{number}") for number in range(8)])
    owe_many(store, 200)
    with (
        receiver(lambda one: Said(500) if one.lead.startswith("malo") else Said()) as heard,
        sending(store, rules(heard.url)),
    ):
        assert heard.wait(lambda: store.read(count_owed)["delivered"] == 200, 20)


def test_a_thousand_events_of_one_lead(store: LeadStore) -> None:
    """A lead with 1,000 corrections behind it is sent in order and holds nobody up."""
    corrected(store, 1000, look_at=150)


@pytest.mark.full
def test_ten_thousand_events_of_one_lead(store: LeadStore) -> None:
    """All of 10,000, in order."""
    corrected(store, 10_000, look_at=10_050)


def corrected(store: LeadStore, corrections_of_one: int, *, look_at: int) -> None:
    """One lead with a long story beside fifty with none."""
    from tests.sending import corrections

    corrections(store, "mucho", corrections_of_one)
    owe_many(store, 50)
    with receiver() as heard, sending(store, rules(heard.url)):
        assert heard.wait(lambda: len(heard.events()) == 51, 10)
        assert heard.wait(lambda: len(heard.arrived) >= look_at, 300)
    reasons = [one.said.get("reason") for one in heard.arrived if one.lead == "mucho"]
    assert reasons == [None, *(f"v{number}" for number in range(1, len(reasons)))]


def test_a_dead_postback_parks_its_lead_until_it_is_replayed(store: LeadStore) -> None:
    """Dead blocks the later events; replay sends the same id and bytes again, then the rest, in order."""
    store.write(lambda tx: owe(tx, "uno", "application", "approval", "disbursement"))
    bad = threading.Event()
    bad.set()
    with receiver(lambda _: Said(400) if bad.is_set() else Said()) as heard:
        until = rules(heard.url)
        send_all(store, until)
        send_all(store, until)
        assert [one.said["event"] for one in heard.arrived] == ["application"]
        bad.clear()
        assert store.write(lambda tx: replay_lead(tx, "uno", by="ana")) == 1
        with sending(store, until):
            assert heard.wait(lambda: len(heard.arrived) == 4)
    assert [one.said["event"] for one in heard.arrived] == ["application", "application", "approval", "disbursement"]
    assert heard.arrived[0].headers["idempotency-key"] == heard.arrived[1].headers["idempotency-key"]
    assert heard.arrived[0].body == heard.arrived[1].body


def test_resolving_lets_the_next_event_go(store: LeadStore) -> None:
    """They were told by e-mail: the dead row ends with a note, the next one is sent."""
    store.write(lambda tx: owe(tx, "uno", "application", "approval"))
    with receiver(lambda one: Said(400) if one.said["event"] == "application" else Said()) as heard:
        send_all(store, rules(heard.url))
        store.write(lambda tx: resolve_owed(tx, "uno", EventName.APPLICATION, note="por correo", by="ana"))
        assert send_all(store, rules(heard.url)) == {"delivered": 1}
    assert store.read(count_owed)["resolved"] == 1


@pytest.mark.parametrize(
    ("header", "at_least", "at_most"),
    [
        ("5", 4.9, 5.2),
        ("0", 0, 1),
        ("-1", 0, 1),
        ("1e9", 0, 1),
        ("mañana", 0, 1),
        ("1000000000", 86_000, 86_500),
        ("Sun, 22 Nov 2099 12:00:30 GMT", 86_000, 86_500),
        ("Sun, 22 Nov 2020 12:00:30 GMT", 0, 1),
    ],
)
def test_retry_after(store: LeadStore, header: str, at_least: float, at_most: float) -> None:
    """Seconds are followed when they are more than the delay, up to a day; junk is ignored."""
    store.write(lambda tx: owe(tx, "uno"))
    raw = f"HTTP/1.1 503 X\r\nRetry-After: {header}\r\nContent-Length: 0\r\n\r\n".encode()
    with receiver(lambda _: Said(raw=raw)) as heard:
        send_all(store, rules(heard.url, policy=policy_of((0.0, 0.8, 0.8))))
    wait = (only(store).due_at - now()).total_seconds()  # type: ignore[operator]
    assert at_least - 0.8 <= wait <= at_most


def test_a_clock_that_goes_back_holds_nothing(tmp_path: Path) -> None:
    """A next attempt far in the future, because the clock was wrong when it was set, is due now."""
    ahead = open_at(tmp_path / "leads.db", lambda: now() + timedelta(days=400))
    ahead.write(lambda tx: owe(tx, "uno"))
    ahead.close()
    store = open_at(tmp_path / "leads.db")
    with receiver() as heard, sending(store, rules(heard.url)):
        assert heard.wait(lambda: store.read(count_owed)["delivered"] == 1)
    store.close()


def test_a_clock_set_back_an_hour_holds_no_first_attempt(tmp_path: Path) -> None:
    """Owed by a clock an hour ahead, never tried: sent at once by one that is right."""
    ahead = open_at(tmp_path / "leads.db", lambda: now() + timedelta(hours=1))
    ahead.write(lambda tx: owe(tx, "uno", "application", "approval"))
    ahead.close()
    store = open_at(tmp_path / "leads.db")
    with receiver() as heard, sending(store, rules(heard.url, lease=0.4)):
        assert heard.wait(lambda: store.read(count_owed)["delivered"] == 2)
    store.close()


def test_a_clock_that_jumps_forward_takes_no_lease(tmp_path: Path) -> None:
    """Two senders, one of them hours ahead: no double claim, for no wall clock decides who holds a row."""
    store = open_at(tmp_path / "leads.db")
    hurried = open_at(tmp_path / "leads.db", lambda: now() + timedelta(hours=5))
    owe_many(store, 150, "application", "approval")
    with (
        receiver(lambda _: Said(after=0.005)) as heard,
        sending(store, rules(heard.url)),
        sending(hurried, rules(heard.url)),
    ):
        assert heard.wait(lambda: store.read(count_owed)["delivered"] == 300, 15)
    assert (heard.duplicates(), heard.disorder()) == (0, 0)
    hurried.close()
    store.close()


def test_the_key_and_what_is_echoed_stay_out_of_store_and_log(tmp_path: Path) -> None:
    """Canary: an answer that echoes the key in every form leaves no trace of it in the store's file or the log."""
    store = open_at(tmp_path / "leads.db")
    store.write(lambda tx: owe(tx, "uno"))
    log = Heard()
    echo = json.dumps({"error": f"bad key {KEY}", "again": KEY}).encode() + KEY.encode()
    with receiver(lambda _: Said(400, echo)) as heard:
        send_all(store, rules(heard.url), log)
    (attempt,) = store.read(lambda tx: attempts_of(tx, 1))
    assert "[key]" in attempt.said
    store.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert KEY.encode() not in kept
    assert KEY not in repr(log.lines) + repr(rules("http://127.0.0.1:1"))


def test_click_ids_arrive_byte_for_byte(store: LeadStore) -> None:
    """Twins by case, form, space, plus and percent, SQL, formulas, emoji, 16 KiB: in the postback as they were."""
    store.write(lambda tx: [owe(tx, click_id) for click_id in TWINS])
    with receiver() as heard:
        assert send_all(store, rules(heard.url)) == {"delivered": len(TWINS)}
    assert sorted(one.lead for one in heard.arrived) == sorted(TWINS)


def test_a_named_conflict_is_success(store: LeadStore) -> None:
    """409 with the text that settings name: delivered."""
    store.write(lambda tx: owe(tx, "uno"))
    with receiver(lambda _: Said(409, b'{"code":"ya_registrado"}')) as heard:
        assert send_all(store, rules(heard.url, already_have="ya_registrado")) == {"delivered": 1}


def test_a_second_answer_to_one_question_counts_for_nothing(store: LeadStore) -> None:
    """503 and 200 in one packet: the first is the answer, the connection is not used again."""
    store.write(lambda tx: owe(tx, "uno"))
    both = Said(503, b"{}").octets + Said(200).octets
    answers = iter([Said(raw=both)])
    with receiver(lambda _: next(answers, Said())) as heard:
        until_settled(store, heard)
    assert [(one.kind, one.status) for one in store.read(lambda tx: attempts_of(tx, 1))] == [
        ("transient", 503),
        ("delivered", 200),
    ]
    assert heard.connections == 2


def test_an_answer_after_a_provisional_one_is_the_answer(store: LeadStore) -> None:
    """100 Continue, then 200."""
    store.write(lambda tx: owe(tx, "uno"))
    with receiver(lambda _: Said(raw=b"HTTP/1.1 100 Continue\r\n\r\n" + Said(200).octets)) as heard:
        assert send_all(store, rules(heard.url)) == {"delivered": 1}


class Flaky:
    """A writer whose store fails now and then: before the work, or after the commit, whose answer is lost."""

    def __init__(self, real: GroupWriter) -> None:
        self._real = real
        self._calls = 0

    def submit(self, work: Callable[[Tx], T]) -> Future[T]:
        """Fail two of five."""
        self._calls += 1
        turn = self._calls % 5 if self._calls > 1 else 0
        gone: Future[T] = Future()
        if turn == 2:
            gone.set_exception(StoreUnavailable("gone"))
            return gone
        done = self._real.submit(work)
        if turn == 4:
            with contextlib.suppress(Exception):
                done.result(10)
            gone.set_exception(StoreUnavailable("gone"))
            return gone
        return done


@pytest.mark.parametrize("status", [200, 403])
def test_a_store_that_fails_at_any_turn_is_survived(store: LeadStore, status: int) -> None:
    """Before the work or after the commit, also while the market pauses: all arrives, in order, none is forgotten."""
    owe_many(store, 60, "application", "approval")
    flaky = LeadStore(store.database, Flaky(store.writer))  # type: ignore[arg-type]
    log = Heard()
    good = threading.Event()
    good.set() if status == 200 else None
    with receiver(lambda _: Said() if good.is_set() else Said(status)) as heard, sending(flaky, rules(heard.url), log):
        assert heard.wait(lambda: status == 200 or "paused" in log.codes)
        good.set()
        assert heard.wait(lambda: store.read(count_owed)["delivered"] == 120, 20)
    assert heard.disorder() == 0
    assert log.codes.count("store") == log.codes.count("store_back"), "said once an outage, and when it is over"


def test_proxy_variables_are_not_listened_to(store: LeadStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy in the environment would see the key: nothing goes there."""
    store.write(lambda tx: owe(tx, "uno"))
    with receiver() as proxy, receiver() as heard:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert send_all(store, rules(heard.url)) == {"delivered": 1}
        assert not proxy.connections


def test_no_more_connections_than_lanes(store: LeadStore) -> None:
    """Lanes are kept alive and never more than was said."""
    owe_many(store, 200)
    with receiver(lambda _: Said(after=0.005)) as heard:
        send_all(store, rules(heard.url, lanes=5))
        assert heard.most_open <= 5
        assert heard.connections <= 5


def test_a_certificate_nobody_signed_is_refused(tmp_path: Path) -> None:
    """TLS is verified: the key is not shown to whoever answers."""
    import asyncio
    import ssl

    import httpx

    from tests.certificates import self_signed

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    seen: list[bytes] = []

    async def main() -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            seen.append(await reader.read(100))
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        lanes = Lanes(most=1, connect=2, deadline=2)
        request = make_request(httpx.URL(f"https://127.0.0.1:{port}/x"), KEY, "id", b"{}", {})
        with pytest.raises(httpx.ConnectError, match="tls"):
            await lanes.handle_async_request(request)
        await lanes.aclose()
        server.close()

    asyncio.run(main())
    assert not b"".join(seen)


def _age(tx: Tx, hours: float) -> None:
    from leads.store.database import Sql

    tx.run(Sql("UPDATE owed SET first_try_ms = :then, tries = 5"), then=tx.now_ms - int(hours * 3_600_000))


@pytest.mark.parametrize(("hours", "state"), [(79.0, "pending"), (81.0, "dead")])
def test_given_up_by_age(store: LeadStore, hours: float, state: str) -> None:
    """After 80 hours of failing the postback is dead and its lead parked."""
    store.write(lambda tx: owe(tx, "uno"))
    store.write(lambda tx: _age(tx, hours))
    with receiver(lambda _: Said(503)) as heard:
        send_all(store, rules(heard.url, policy=Policy()))
    assert only(store).state == state
    assert isinstance(only(store).recorded_at, datetime)
