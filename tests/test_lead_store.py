"""The lead store on SQLite and on PostgreSQL: click_ids byte for byte, the guarded states, answers, sealed data."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from leads.endpoint.metrics import Attempts
from leads.states import Facts, State, StatusRefused
from leads.store import (
    Begun,
    Conflict,
    Happened,
    InFlight,
    KeptOffer,
    LeadStore,
    Question,
    Stored,
    Tx,
    begin_answer,
    figures,
    find_lead,
    find_offer,
    finish_answer,
    keep_application,
    keep_offers,
    record_status,
    seal_applicant,
    touch_lead,
    unseal_applicant,
)
from leads.store.database import Sql, writing
from leads.store.operations import count_owed, owed_of, purge, reconcile, replay_lead
from leads.store.outbox import Outbox, promote
from leads.store.statements import StatementFailed
from leads.store.writer import GroupWriter
from leads.vault import Sealed, Vault, fresh_master, master_from_text
from schemas.errors import StoreUnavailable
from schemas.lead import EventName, Postback, click_id_fault
from tests.postgres import postgres
from tests.sending import TWINS, now, open_at, owe, owe_many


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LeadStore]:
    """A store of either kind."""
    if request.param == "sqlite":
        opened = open_at(tmp_path / "leads.db")
        yield opened
        opened.close()
        return
    with postgres() as url:
        opened = open_at(url)
        yield opened
        opened.close()


def say(store: LeadStore, click_id: str, event: str, **more: object) -> object:
    """Record a status."""
    facts = Facts(**{k: v for k, v in more.items() if k in ("amount", "currency", "reason")})  # type: ignore[arg-type]
    how = {k: v for k, v in more.items() if k in ("override", "fill_implied")}
    happened = Happened(click_id, EventName(event), facts)
    return store.write(lambda tx: record_status(tx, happened, by="ana", **how))  # type: ignore[arg-type]


def test_click_ids_are_kept_byte_for_byte(store: LeadStore) -> None:
    """Twins by case, form, space, plus and percent, SQL, formulas, 4 KiB: all distinct, all come back as they were."""
    for click_id in TWINS:
        store.write(lambda tx, click_id=click_id: owe(tx, click_id))
    for click_id in TWINS:
        lead = store.read(lambda tx, click_id=click_id: find_lead(tx, click_id))
        assert lead is not None
        assert lead.click_id == click_id
    bodies = store.read(lambda tx: tx.rows(Sql("SELECT body FROM owed ORDER BY id")))
    assert [Postback.model_validate_json(bytes(row[0])).click_id for row in bodies] == list(TWINS)


def test_ten_thousand_random_click_ids(tmp_path: Path) -> None:
    """From every plane of Unicode: distinct in, the same out."""
    chance = random.Random(5)
    planes = [(0x20, 0x7E), (0xA0, 0x2FF), (0x300, 0x36F), (0x4E00, 0x9FFF), (0x1F300, 0x1F6FF), (0xE000, 0xF8FF)]
    made = {
        "".join(chr(chance.randint(*chance.choice(planes))) for _ in range(chance.randint(1, 40)))
        for _ in range(10_000)
    }
    store = open_at(tmp_path / "leads.db")
    store.write(lambda tx: [touch_lead(tx, click_id, source="handoff") for click_id in made])
    assert {line.click_id for line in store.read(lambda tx: list(reconcile(tx)))} == made
    store.close()


@pytest.mark.parametrize("click_id", ["", "a\0b", "\ud800", "x" * 16_385])
def test_what_no_store_can_keep_is_refused_at_the_door(click_id: str) -> None:
    """NUL, lone surrogates, nothing, too much: refused, never altered."""
    assert click_id_fault(click_id)


@pytest.mark.parametrize(
    ("events", "state"),
    [
        (["application"], State.APPLIED),
        (["application", "approval"], State.APPROVED),
        (["application", "approval", "disbursement"], State.DISBURSED),
        (["application", "rejected"], State.REJECTED),
        (["application", "approval", "rejected"], State.REJECTED),
    ],
)
def test_the_way_of_a_lead(tmp_path: Path, events: list[str], state: State) -> None:
    """Every allowed way; each step owes one postback."""
    store = open_at(tmp_path / "leads.db")
    store.write(lambda tx: owe(tx, "uno", *events))
    lead = store.read(lambda tx: find_lead(tx, "uno"))
    assert lead is not None
    assert lead.state is state
    assert store.read(count_owed)["pending"] == len(events)
    store.close()


@pytest.mark.parametrize(
    ("before", "event", "code"),
    [
        ([], "approval", "skipped"),
        (["application"], "disbursement", "skipped"),
        (["application", "rejected"], "approval", "terminal"),
        (["application", "approval", "disbursement"], "rejected", "terminal"),
    ],
)
def test_what_the_state_does_not_allow_is_refused(tmp_path: Path, before: list[str], event: str, code: str) -> None:
    """Skipped steps and anything after a terminal state: refused, nothing written."""
    store = open_at(tmp_path / "leads.db")
    store.write(lambda tx: owe(tx, "uno", *before) if before else touch_lead(tx, "uno", source="handoff"))
    with pytest.raises(StatusRefused) as refused:
        say(store, "uno", event)
    assert refused.value.code == code
    assert store.read(count_owed)["pending"] == len(before)
    store.close()


def test_an_unknown_click_id_is_refused(store: LeadStore) -> None:
    """No lead is ever made by a status."""
    with pytest.raises(StatusRefused) as refused:
        say(store, "nadie", "application")
    assert refused.value.code == "unknown_lead"
    assert store.read(lambda tx: find_lead(tx, "nadie")) is None


def test_the_same_again_other_facts_and_an_override(store: LeadStore) -> None:
    """Same facts: the row that is there. Other facts: a conflict; overridden: an audited new revision."""
    store.write(lambda tx: owe(tx, "uno", "application", "approval"))
    first = say(store, "uno", "disbursement", amount=Decimal("5000000"))
    again = say(store, "uno", "disbursement", amount=Decimal("5000000.00"), currency="COP")
    assert (again.owed, again.fresh) == (first.owed, False)  # type: ignore[attr-defined]
    with pytest.raises(StatusRefused, match="other facts"):
        say(store, "uno", "disbursement", amount=Decimal("4000000"))
    say(store, "uno", "disbursement", amount=Decimal("4000000"), override=True)
    rows = store.read(lambda tx: owed_of(tx, find_lead(tx, "uno")))  # type: ignore[arg-type]
    assert [(row.event, row.revision, row.amount) for row in rows][2:] == [
        ("disbursement", 1, "5000000"),
        ("disbursement", 2, "4000000"),
    ]
    assert store.read(lambda tx: tx.value(Sql("SELECT who FROM audit WHERE action = 'override'"))) == "ana"


def test_fill_implied_owes_the_skipped_steps_in_order(store: LeadStore) -> None:
    """application, approval, disbursement from one status; audited."""
    store.write(lambda tx: touch_lead(tx, "uno", source="handoff"))
    say(store, "uno", "disbursement", fill_implied=True)
    rows = store.read(lambda tx: owed_of(tx, find_lead(tx, "uno")))  # type: ignore[arg-type]
    assert [row.event for row in rows] == ["application", "approval", "disbursement"]


def test_statuses_at_once_owe_one_row(store: LeadStore) -> None:
    """Twenty threads say the same: one row."""
    store.write(lambda tx: touch_lead(tx, "uno", source="handoff"))
    threads = [threading.Thread(target=say, args=(store, "uno", "application")) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.read(count_owed)["pending"] == 1


def test_one_fault_in_a_group_undoes_only_itself(store: LeadStore) -> None:
    """Writes that share a commit are apart: refusals and bugs of one leave the others alone."""
    gate = threading.Event()
    store.writer.submit(lambda _tx: gate.wait(5))
    good = [store.writer.submit(lambda tx, n=n: owe(tx, f"lead_{n}")) for n in range(20)]
    refused = store.writer.submit(lambda tx: record_status(tx, Happened("x", EventName.APPROVAL), by="a"))
    broken = store.writer.submit(lambda tx: tx.run(Sql("INSERT INTO leads (id) VALUES (1)")))
    gate.set()
    assert isinstance(refused.exception(10), StatusRefused)
    assert broken.exception(10) is not None
    assert all(future.result(10) for future in good)
    assert store.read(count_owed)["pending"] == 20


class Clock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment


def with_clock(store: LeadStore, clock: Clock) -> LeadStore:
    """The same store by another clock."""
    database = replace(store.database, clock=clock)
    return LeadStore(database, GroupWriter(database))


def test_a_question_is_answered_once(store: LeadStore) -> None:
    """In flight, stored, expired, another content, a dead process's lease: each is told apart."""
    clock = Clock()
    store = with_clock(store, clock)
    lead = store.write(lambda tx: touch_lead(tx, "uno", source="decision"))
    question = Question("decision", "c", lead.number, "f1", "f1")
    begun = store.write(lambda tx: begin_answer(tx, question, lease_seconds=60))
    assert isinstance(begun, Begun)
    assert isinstance(store.write(lambda tx: begin_answer(tx, question, lease_seconds=60)), InFlight)
    expires = clock() + timedelta(hours=1)
    assert store.write(lambda tx: finish_answer(tx, question, begun, status=200, body="{}", expires_at=expires))
    assert store.write(lambda tx: begin_answer(tx, question, lease_seconds=60)) == Stored(200, "{}")
    other = Question("decision", "c", lead.number, "f1", "f2")
    assert store.write(lambda tx: begin_answer(tx, other, lease_seconds=60)) == Conflict()
    clock.moment = expires
    again = store.write(lambda tx: begin_answer(tx, question, lease_seconds=60))
    assert isinstance(again, Begun)
    clock.moment += timedelta(seconds=61)
    assert isinstance(store.write(lambda tx: begin_answer(tx, question, lease_seconds=60)), Begun)
    assert not store.write(lambda tx: finish_answer(tx, question, again, status=200, body="x", expires_at=None))


def test_offers_and_applications_belong_to_their_lead(store: LeadStore) -> None:
    """Another journey cannot take an offer; a product is applied for once."""
    offer = KeptOffer("of-1", "ln_01", None, "approved", {"amount": "5000000"}, now() + timedelta(hours=1))
    one = store.write(lambda tx: touch_lead(tx, "uno", source="decision"))
    two = store.write(lambda tx: touch_lead(tx, "dos", source="decision"))
    store.write(lambda tx: keep_offers(tx, one, [offer]))
    assert store.read(lambda tx: find_offer(tx, two, "of-1")) is None
    kept = store.read(lambda tx: find_offer(tx, one, "of-1"))
    assert kept is not None
    assert kept.terms == offer.terms

    def apply(tx: Tx, name: str) -> bool:
        return keep_application(
            tx, one, application_id=name, product_id="ln_01", offer_id="of-1", status="received", consents=[{}]
        )

    assert store.write(lambda tx: apply(tx, "ap-1"))
    assert not store.write(lambda tx: apply(tx, "ap-2"))


def test_applicant_data_is_sealed_and_a_purge_destroys_its_key(tmp_path: Path) -> None:
    """Canary values are nowhere in the store's files; after the purge nothing opens, the books stay."""
    store = open_at(tmp_path / "leads.db")
    vault = Vault(master_from_text(fresh_master()))
    lead = store.write(lambda tx: touch_lead(tx, "uno", source="decision"))
    person = {"firstName": "Canaria", "documentNumber": "CANARIO-5150", "extra": ["ñandú-canario"]}
    lead = store.write(lambda tx: seal_applicant(tx, vault, lead, kind="decision", applicant=person))
    ((kind, _, opened),) = store.read(lambda tx: unseal_applicant(tx, vault, lead))
    assert (kind, opened) == ("decision", person)
    with pytest.raises(Sealed):
        store.read(lambda tx: unseal_applicant(tx, Vault(b"x" * 32), lead))
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"Canaria" not in kept
    assert b"5150" not in kept
    assert store.write(lambda tx: purge(tx, before_ms=tx.now_ms + 1, by="ana")) == 1
    erased = store.read(lambda tx: find_lead(tx, "uno"))
    assert erased is not None
    assert erased.wrapped_key is None
    assert erased.erased_at is not None
    store.close()


def test_a_purge_takes_the_reasons_along_and_the_books_stay(store: LeadStore) -> None:
    """Free text may name a person: it goes from the row and from the bytes sent, which are then not sent again."""
    store.write(lambda tx: owe(tx, "uno"))
    say(store, "uno", "rejected", reason="canario-3131")
    store.write(lambda tx: tx.run(Sql("UPDATE owed SET state = 'delivered', head = 0")))
    assert store.write(lambda tx: purge(tx, before_ms=tx.now_ms + 1, by="ana")) == 1
    lead = store.read(lambda tx: find_lead(tx, "uno"))
    assert lead is not None
    rows = store.read(lambda tx: owed_of(tx, lead))
    assert [(row.event, row.state, row.reason) for row in rows] == [
        ("application", "delivered", None), ("rejected", "delivered", None),
    ]  # fmt: skip
    assert {bytes(row[0]) for row in store.read(lambda tx: tx.rows(Sql("SELECT body FROM owed")))} == {b""}
    with pytest.raises(StatusRefused, match="erased"):
        store.write(lambda tx: replay_lead(tx, "uno", by="ana"))
    assert say(store, "uno", "rejected", reason="canario-3131").fresh is False  # type: ignore[attr-defined]


def plan(tx: Tx, sql: Sql, **values: object) -> str:
    """How the database will run a statement."""
    start = "EXPLAIN " if tx.postgres else "EXPLAIN QUERY PLAN "
    explained = Sql(start + sql.lite, start + sql.post)
    explained.post = start + sql.post
    return "\n".join(str(row[-1]) for row in tx.rows(explained, **values))


def test_the_claim_walks_an_index(store: LeadStore) -> None:
    """However many rows are owed, the claim, the next due time and the promotion read their partial indexes."""
    from leads.store import outbox

    owe_many(store, 400, "application", "approval")
    if store.database.postgres:
        store.write(lambda tx: tx.run(Sql("ANALYZE")))

    def plans(tx: Tx) -> list[str]:
        due = {"market": "CO", "now": tx.now_ms}
        return [
            plan(tx, outbox._CLAIM, me=1, most=64, **due),
            plan(tx, outbox._NEXT_DUE, market="CO"),
            plan(tx, outbox._PROMOTE, ids=tx.ids([1, 2])),
        ]

    claim, due, promote = store.read(plans)
    assert "owed_ready" in claim
    assert "owed_ready" in due
    assert "owed_undelivered" in promote


def test_figures_do_not_look_at_what_was_delivered(tmp_path: Path) -> None:
    """Owed rows are counted through partial indexes, attempts from where the last count ended."""
    store = open_at(tmp_path / "leads.db")

    def plans(tx: Tx) -> str:
        counts = plan(tx, figures._UNDELIVERED) + plan(tx, figures._UNCONFIRMED)
        return counts + plan(tx, figures._TALLIES, after=1, last=2)

    said = store.read(plans)
    assert all(word in said for word in ("owed_undelivered", "owed_unconfirmed", "rowid>? AND rowid<?"))
    assert store.read(figures.open_now) == figures.Open({"pending": 0, "leased": 0, "dead": 0, "unconfirmed": 0}, None)
    store.close()


def test_attempts_are_counted_once_whatever_order_they_show_up_in(store: LeadStore) -> None:
    """By class and by how long they took, also one that becomes visible after a later one."""
    owed = store.write(lambda tx: owe(tx, "uno"))[0]
    seconds = iter((0.0, 1.0, 40.0, 80.0))
    attempts = Attempts(lambda: next(seconds))

    def note(number: int, kind: str, took: int) -> None:
        insert = Sql(
            "INSERT INTO attempts (id, owed_id, at_ms, class, took_ms, said) VALUES (:id, :owed, 0, :kind, :took, '')"
        )
        store.write(lambda tx: tx.run(insert, id=number, owed=owed, kind=kind, took=took))

    def counted() -> dict[str, tuple[int, int, int]]:
        return {kind: (one[0], one[1], one[2]) for kind, one in store.read(attempts.all).items()}

    assert counted() == {}
    note(2, "delivered", 40)
    assert counted() == {"delivered": (1, 40, 1)}
    note(1, "delivered", 60)
    note(3, "transient", 30_000)
    assert counted() == {"delivered": (2, 100, 1), "transient": (1, 30_000, 0)}
    note(4, "delivered", 50)
    assert counted() == {"delivered": (3, 150, 2), "transient": (1, 30_000, 0)}


def effort(store: LeadStore, work: Callable[[Tx], object]) -> int:
    """What the database does for some work that is then undone: SQLite's own instructions, PostgreSQL's page reads."""
    with store.database.engine.connect() as connection, writing(connection).begin() as undone:
        tx = store.database.tx(connection)
        raw = connection.connection.dbapi_connection
        if not tx.postgres:
            steps = [0]
            raw.set_progress_handler(lambda: steps.__setitem__(0, steps[0] + 1), 1)  # type: ignore[union-attr]
            work(tx)
            raw.set_progress_handler(None, 1)  # type: ignore[union-attr]
        else:
            steps = [0 - pages(tx)]
            work(tx)
            steps[0] += pages(tx)
        undone.rollback()
        return steps[0]


def pages(tx: Tx) -> int:
    """How many pages of tables and indexes this PostgreSQL transaction has looked at."""
    tables, indexes = (
        tx.value(Sql(f"SELECT sum(pg_stat_get_xact_{kind}(oid)) FROM pg_class WHERE relname LIKE 'owed%%'"))
        for kind in ("blocks_fetched", "tuples_fetched")
    )
    return int(tables) + int(indexes)


def grow(store: LeadStore, times: int) -> None:
    """As many more owed rows, all due a little later."""
    columns = "lead_id, event, revision, recorded_ms, recorded_by, market, event_id, body, state, head, due_ms, tries,"
    copy = (
        f"INSERT INTO owed ({columns} refusals, unconfirmed) SELECT lead_id, event, revision + n, recorded_ms,"
        " recorded_by, market, event_id, body, state, head, due_ms + 1, tries, refusals, unconfirmed FROM owed, "
    )
    numbers = f"(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {times}) SELECT n FROM c) x"
    store.write(lambda tx: tx.run(Sql(copy + numbers)))
    if store.database.postgres:
        store.write(lambda tx: tx.run(Sql("ANALYZE owed")))


def claim_effort(store: LeadStore) -> int:
    """What claiming 50 rows costs."""
    box = Outbox()
    store.write(lambda tx: box.register(tx, "prueba"))
    return effort(store, lambda tx: box.claim(tx, 50))


def backlog(store: LeadStore, times: int) -> None:
    """The claim costs with so many times the rows what it costs with a hundred."""
    owe_many(store, 100)
    short = claim_effort(store)
    grow(store, times)
    assert store.read(count_owed)["pending"] == 100 * (times + 1)
    assert claim_effort(store) < short * 2 + 100


def test_a_long_backlog_does_not_slow_the_claim(store: LeadStore) -> None:
    """A hundred times as many owed rows: the database does no more for a claim."""
    backlog(store, 100)


@pytest.mark.full
def test_a_million_owed_rows_do_not_slow_the_claim(store: LeadStore) -> None:
    """The same with 1,000,000."""
    backlog(store, 9_999)


def test_ten_thousand_events_of_one_lead_do_not_slow_its_next(tmp_path: Path) -> None:
    """One lead with 10,000 owed rows behind its first: promoting costs what it costs with ten."""
    from tests.sending import corrections

    store = open_at(tmp_path / "leads.db")
    corrections(store, "poco", 10)
    corrections(store, "mucho", 10_000)
    box = Outbox()
    store.write(lambda tx: box.register(tx, "prueba"))
    assert len(store.write(lambda tx: box.claim(tx, 50))) == 2, "one row a lead, the earliest"
    few, many = (effort(store, lambda tx, number=number: promote(tx, [number])) for number in (1, 2))
    assert many < few * 2
    store.close()


def test_replaying_what_is_claimed_at_this_instant_is_refused() -> None:
    """A claim that is not committed yet counts: a replay beside it would let an old event overtake."""
    with postgres() as url:
        store = open_at(url)
        store.write(lambda tx: owe(tx, "uno", "application", "approval"))
        store.write(lambda tx: tx.run(Sql("UPDATE owed SET state = 'delivered', head = 0 WHERE id = 1")))
        store.write(lambda tx: promote(tx, [1]))
        box = Outbox()
        store.write(lambda tx: box.register(tx, "prueba"))
        with store.database.write() as tx:
            assert len(box.claim(tx, 5)) == 1
            asked = store.writer.submit(lambda tx: replay_lead(tx, "uno", by="ana"))
            while not store.read(lambda tx: tx.value(_WAITS)):
                pass
        refused = asked.exception(10)
        assert isinstance(refused, StatusRefused)
        assert refused.code == "in_flight"
        store.close()


_WAITS = Sql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")


def test_what_is_erased_is_gone_from_the_file(tmp_path: Path) -> None:
    """The destroyed key, the sealed data and the answers are not found in the store's bytes."""
    store = open_at(tmp_path / "leads.db")
    vault = Vault(master_from_text(fresh_master()))
    lead = store.write(lambda tx: touch_lead(tx, "uno", source="decision"))
    lead = store.write(lambda tx: seal_applicant(tx, vault, lead, kind="decision", applicant={"firstName": "Canaria"}))
    question = Question("decision", "c", lead.number, "f1", "f1")
    begun = store.write(lambda tx: begin_answer(tx, question, lease_seconds=60))
    body = '{"answer":"canario-8080"}'
    store.write(lambda tx: finish_answer(tx, question, begun, status=200, body=body, expires_at=None))  # type: ignore[arg-type]
    store.write(lambda tx: purge(tx, before_ms=tx.now_ms + 1, by="ana"))
    store.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert lead.wrapped_key is not None
    assert lead.wrapped_key not in kept
    assert b"canario-8080" not in kept


def test_a_bug_shows_no_values(store: LeadStore) -> None:
    """A statement that fails says what failed, without what was in it."""
    bad = Sql("INSERT INTO leads (id, click_id) VALUES (:id, :click_id)")
    with pytest.raises(StatementFailed) as raised:
        store.write(lambda tx: tx.run(bad, id=1, click_id="canario-5150"))
    assert "canario-5150" not in json.dumps([str(raised.value), repr(raised.value)])


def test_a_database_of_another_kind_is_said_in_a_sentence(tmp_path: Path) -> None:
    """No traceback: a file that is no database, a folder that cannot be, a server that is not there."""
    (tmp_path / "x.db").write_text("esto no es una base de datos, ni de lejos" * 100)
    with pytest.raises(StoreUnavailable, match="cannot be used"):
        open_at(tmp_path / "x.db")
    with pytest.raises(StoreUnavailable, match="cannot be used"):
        open_at(tmp_path / "x.db" / "y" / "leads.db")
    with pytest.raises(StoreUnavailable, match="cannot be used"):
        open_at("postgresql://nadie@127.0.0.1:1/x")
