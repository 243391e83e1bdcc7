"""Nothing is lost and nothing overtakes, whatever dies: real sender processes, a counting receiver, both databases."""

from __future__ import annotations

import random
import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from leads.store import Tx, touch_lead
from leads.store.database import Sql
from leads.store.operations import count_owed
from tests.postgres import postgres, postgres_server
from tests.receiver import Arrived, Receiver, Said, receiver
from tests.sending import Crew, crew, leads_process, open_at, owe_many

EVENTS = ("application", "approval", "disbursement")
LANES = 4
IN_FLIGHT = 4 * LANES
"""What one sender may have sent and not recorded."""


@contextmanager
def place_of(kind: str, tmp_path: Path) -> Iterator[Path | str]:
    """A database of its own: an SQLite file or a PostgreSQL URL."""
    if kind == "sqlite":
        yield tmp_path / "leads.db"
        return
    with postgres() as url:
        yield url


def slow(_: Arrived) -> Said:
    """A marketplace that takes a little."""
    return Said(after=0.004)


def whole(heard: Receiver, leads: int) -> bool:
    """Every event of every lead has arrived."""
    seen = heard.events()
    return len(seen) == leads and all(len(events) == len(EVENTS) for events in seen.values())


def check(heard: Receiver, leads: int, duplicates: int) -> None:
    """0 lost, 0 out of order, duplicates within what was in flight, one body an event."""
    assert whole(heard, leads), f"{sum(map(len, heard.events().values()))} of {leads * 3}"
    assert all(tuple(events) == EVENTS for events in heard.events().values())
    assert heard.disorder() == 0
    assert heard.duplicates() <= duplicates
    assert len({(one.headers["idempotency-key"], one.body) for one in heard.arrived}) == leads * 3


def kill_at_random(team: Crew, heard: Receiver, kills: int, seed: int) -> None:
    """Kill and replace, again and again, after as many arrivals as chance says."""
    chance = random.Random(seed)
    for _ in range(kills):
        heard.wait_for_more(chance.randint(1, 50))
        team.kill(chance)
        team.hire()


def survive(place: Path | str, *, senders: int, kills: int, leads: int, seed: int) -> None:
    """Owe while senders die; all of it arrives."""
    store = open_at(place)
    with receiver(slow) as heard, crew(place, heard.url, lanes=LANES) as team:
        owe_many(store, leads // 2, *EVENTS, prefix="before")
        team.hire(senders)
        kill_at_random(team, heard, kills // 2, seed)
        owe_many(store, leads - leads // 2, *EVENTS, prefix="during")
        kill_at_random(team, heard, kills - kills // 2, seed + 1)
        assert heard.wait(lambda: whole(heard, leads), 60)
        assert team.end() == [0] * senders
        check(heard, leads, kills * IN_FLIGHT)
        assert store.read(count_owed)["delivered"] == leads * 3
    store.close()


@pytest.mark.parametrize(("kind", "senders"), [("sqlite", 2), ("postgres", 4)])
def test_twenty_kills_lose_nothing(tmp_path: Path, kind: str, senders: int) -> None:
    """SIGKILL at 20 random instants: 0 lost, 0 out of order, duplicates at most what was in flight."""
    with place_of(kind, tmp_path) as place:
        survive(place, senders=senders, kills=20, leads=300, seed=7)


@pytest.mark.full
@pytest.mark.parametrize(("kind", "senders"), [("sqlite", 3), ("postgres", 4)])
def test_two_hundred_kills_lose_nothing(tmp_path: Path, kind: str, senders: int) -> None:
    """The same, 200 times."""
    with place_of(kind, tmp_path) as place:
        survive(place, senders=senders, kills=200, leads=4000, seed=11)


@pytest.mark.parametrize(("kind", "senders"), [("sqlite", 3), ("postgres", 4)])
def test_senders_share_without_a_double_claim(tmp_path: Path, kind: str, senders: int) -> None:
    """Several processes at one store: each postback arrives once."""
    with place_of(kind, tmp_path) as place:
        store = open_at(place)
        owe_many(store, 300, *EVENTS)
        with receiver(slow) as heard, crew(place, heard.url, lease=15.0, lanes=LANES) as team:
            team.hire(senders)
            assert heard.wait(lambda: whole(heard, 300), 30)
            assert team.end() == [0] * senders
            check(heard, 300, 0)
        store.close()


def senders_at(tx: Tx) -> int:
    """How many senders have a place at the store."""
    return int(tx.value(Sql("SELECT count(*) FROM senders")))


def stop_between_transactions(team: Crew, place: Path | str) -> None:
    """SIGSTOP; on SQLite not while it holds the file's lock, which no other process could take from it."""
    while True:
        team.signal(signal.SIGSTOP)
        while not all(map(stands, team.alive)):
            threading.Event().wait(0.001)
        if not isinstance(place, Path) or writable(place):
            return
        team.signal(signal.SIGCONT)
        while not writable(place):  # stopped again at once, it would never come to its commit
            pass


def stands(process: BaseProcess) -> bool:
    """Whether every thread of it has stopped: the others go on until one has seen the signal."""
    threads = Path(f"/proc/{process.pid}/task").glob("*/stat")
    return all(one.read_text().rpartition(") ")[2].startswith("T") for one in threads)


def writable(place: Path) -> bool:
    """Whether the file's lock is free."""
    probe = sqlite3.connect(place, timeout=0.1, isolation_level=None)
    try:
        probe.execute("BEGIN IMMEDIATE").close()
        probe.execute("ROLLBACK").close()
    except sqlite3.OperationalError:
        return False
    finally:
        probe.close()
    return True


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_sender_stopped_past_its_lease_sends_nothing_stale(tmp_path: Path, kind: str) -> None:
    """SIGSTOP longer than the lease: another takes over; continued, the first one writes no old event."""
    with place_of(kind, tmp_path) as place:
        store = open_at(place)
        owe_many(store, 120, *EVENTS)
        with receiver(slow) as heard, crew(place, heard.url, lanes=LANES) as stopped:
            stopped.hire()
            assert heard.wait(lambda: len(heard.arrived) > 30)
            stop_between_transactions(stopped, place)
            with crew(place, heard.url, lanes=LANES) as relief:
                relief.hire()
                assert heard.wait(lambda: whole(heard, 120), 30)
                before = len(heard.arrived)
                stopped.signal(signal.SIGCONT)
                assert heard.wait(lambda: store.read(senders_at) == 2), "it found its place lost and took another"
                assert len(heard.arrived) - before <= LANES
            check(heard, 120, IN_FLIGHT)
            assert stopped.end() == [0]
        store.close()


def test_sigterm_drains(tmp_path: Path) -> None:
    """SIGTERM: what is under way is finished and recorded, the rest is given back; nothing is sent twice."""
    store = open_at(tmp_path / "leads.db")
    owe_many(store, 120, *EVENTS)
    with receiver(lambda _: Said(after=0.02)) as heard:
        first = leads_process("send", home=tmp_path, url=heard.url)
        assert heard.wait(lambda: len(heard.arrived) > 50)
        first.send_signal(signal.SIGTERM)
        _, said = first.communicate(timeout=120)
        assert first.returncode == 0, said
        counts = store.read(count_owed)
        assert counts["delivered"] == len(heard.arrived) < 360
        assert counts["leased"] == 0
        rest = leads_process("send", "--once", home=tmp_path, url=heard.url)
        assert rest.communicate(timeout=120)[0].decode().startswith("Entregados")
        check(heard, 120, 0)
    store.close()


@pytest.mark.full
def test_a_killed_command_is_made_good_by_the_next(tmp_path: Path) -> None:
    """`vitrina-leads send` killed with -9 in the middle: the next run takes over after the lease and finishes."""
    store = open_at(tmp_path / "leads.db")
    owe_many(store, 200, *EVENTS)
    with receiver(slow) as heard:
        first = leads_process("send", home=tmp_path, url=heard.url, VITRINA_LEASE_SECONDS="1.5")
        assert heard.wait(lambda: len(heard.arrived) > 50)
        first.kill()
        first.communicate()
        second = leads_process("send", home=tmp_path, url=heard.url, VITRINA_LEASE_SECONDS="1.5")
        try:
            assert heard.wait(lambda: whole(heard, 200), 30)
        finally:
            second.terminate()
            second.communicate(timeout=120)
        check(heard, 200, 4 * 16)
    store.close()


def test_a_killed_run_from_a_timetable_is_made_good_by_the_next(tmp_path: Path) -> None:
    """`send --once` killed with -9, and only such runs after it: the next waits out its lease and finishes."""
    store = open_at(tmp_path / "leads.db")
    owe_many(store, 60, *EVENTS)
    with receiver(slow) as heard:
        first = leads_process("send", "--once", home=tmp_path, url=heard.url, VITRINA_LEASE_SECONDS="1.5")
        assert heard.wait(lambda: len(heard.arrived) > 20)
        first.kill()
        first.communicate()
        assert store.read(count_owed)["leased"] > 0
        second = leads_process("send", "--once", home=tmp_path, url=heard.url, VITRINA_LEASE_SECONDS="1.5")
        assert second.communicate(timeout=120)[0].startswith(b"Entregados")
        assert whole(heard, 60)
        check(heard, 60, 4 * 16)
    assert store.read(count_owed)["delivered"] == 180
    store.close()


@pytest.mark.full
def test_a_run_from_a_timetable_does_not_wait_for_the_living(tmp_path: Path) -> None:
    """Another sender holds rows and beats: `send --once` ends without waiting for a lease."""
    store = open_at(tmp_path / "leads.db")
    owe_many(store, 400, *EVENTS)
    with receiver(slow) as heard, crew(tmp_path / "leads.db", heard.url, lease=60.0, lanes=LANES) as team:
        team.hire()
        heard.wait_for_more(20)
        done = leads_process("send", "--once", home=tmp_path, url=heard.url, VITRINA_LEASE_SECONDS="60")
        assert done.communicate(timeout=120)[0].startswith(b"Entregados")
        assert heard.wait(lambda: whole(heard, 400), 30)
        assert team.end() == [0]
    store.close()


def made_good(place: Path, heard: Receiver, leads: int, duplicates: int) -> None:
    """Another sender takes over and finishes."""
    with crew(place, heard.url, lanes=LANES) as relief:
        relief.hire()
        assert heard.wait(lambda: whole(heard, leads), 20)
        assert relief.end() == [0]
    check(heard, leads, duplicates)


def test_killed_between_sending_and_the_answer(tmp_path: Path) -> None:
    """Sent, not answered: sent once more each, and nothing overtakes."""
    place = tmp_path / "leads.db"
    store = open_at(place)
    owe_many(store, 30, *EVENTS)
    patience = [0.4]
    with receiver(lambda _: Said(after=patience[0])) as heard, crew(place, heard.url, lanes=LANES) as team:
        team.hire()
        assert heard.wait(lambda: len(heard.arrived) == LANES)
        team.kill(random.Random(1))
        patience[0] = 0.0
        made_good(place, heard, 30, LANES)
        assert heard.duplicates() == LANES
    store.close()


def test_killed_between_the_answer_and_the_commit(tmp_path: Path) -> None:
    """Acknowledged, not recorded: repeated at most for what was in flight."""
    place = tmp_path / "leads.db"
    store = open_at(place)
    owe_many(store, 60, *EVENTS)
    with receiver(slow) as heard, crew(place, heard.url, lanes=LANES) as team:
        team.hire()
        assert heard.wait(lambda: len(heard.arrived) > 20)
        with store.database.write() as tx:  # nobody can commit while this holds the lock
            recorded = count_owed(tx)["delivered"]
            assert heard.wait(lambda: len(heard.arrived) == recorded + IN_FLIGHT), "and no more goes out than that"
            team.kill(random.Random(1))
        made_good(place, heard, 60, IN_FLIGHT)
    store.close()


@pytest.mark.full
def test_cut_connections_are_made_anew() -> None:
    """Every connection cut by the server, again and again: the sender comes back by itself and nothing is lost."""
    import psycopg

    with postgres() as url, receiver(slow) as heard:
        store = open_at(url)
        owe_many(store, 300, *EVENTS)
        with crew(url, heard.url, lanes=LANES) as team, psycopg.connect(url, autocommit=True) as operator:
            team.hire(2)
            assert heard.wait(lambda: len(heard.arrived) > 20)
            for _ in range(5):
                heard.wait_for_more(20)
                operator.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            assert heard.wait(lambda: whole(heard, 300), 30)
            assert team.end() == [0, 0]
        check(heard, 300, 10 * IN_FLIGHT)
        store.close()


def test_a_restarted_database_is_waited_for() -> None:
    """The server is stopped at once and started again, twice, under two senders: they wait, nothing is lost."""
    with postgres_server() as server, receiver(slow) as heard:
        store = open_at(server.url)
        owe_many(store, 200, *EVENTS)
        store.close()
        with crew(server.url, heard.url, lanes=LANES) as team:
            team.hire(2)
            for _ in range(2):
                heard.wait_for_more(40)
                server.stop()
                server.start()
            assert heard.wait(lambda: whole(heard, 200), 40)
            assert team.end() == [0, 0]
        check(heard, 200, 2 * 2 * IN_FLIGHT)


def test_killed_before_its_first_claim(tmp_path: Path) -> None:
    """Killed while it waits for the store: nothing was claimed, the next one sends everything once."""
    place = tmp_path / "leads.db"
    store = open_at(place)
    owe_many(store, 20, *EVENTS)
    with receiver(slow) as heard, crew(place, heard.url, lanes=LANES) as team:
        with store.database.write() as tx:
            team.hire()
            assert heard.wait(lambda: Path(f"/proc/{team.alive[0].pid}/fd").exists() and opened(team, place))
            team.kill(random.Random(1))
            assert senders_at(tx) == 0
        made_good(place, heard, 20, 0)
    store.close()


def opened(team: Crew, place: Path) -> bool:
    """Whether the one sender has the store's file open."""
    folder = Path(f"/proc/{team.alive[0].pid}/fd")
    return str(place) in {str(link.readlink()) for link in folder.iterdir() if link.is_symlink()}


def test_killed_between_the_claim_and_sending(tmp_path: Path) -> None:
    """Claimed and not yet sent: nobody else may have it for a lease, then it goes out once."""
    place = tmp_path / "leads.db"
    store = open_at(place)
    owe_many(store, 60)
    patience = [30.0]
    with receiver(lambda _: Said(after=patience[0])) as heard, crew(place, heard.url, lease=1.5, lanes=1) as team:
        team.hire()
        assert heard.wait(lambda: len(heard.arrived) == 1)
        assert store.read(count_owed)["leased"] > 1, "claimed ahead"
        team.kill(random.Random(1))
        patience[0] = 0.0
        with crew(place, heard.url, lanes=LANES) as relief:
            relief.hire()
            assert heard.wait(lambda: store.read(count_owed)["delivered"] == 60, 20)
        assert heard.duplicates() == 1, "the one that was on its way"
    store.close()


def test_a_status_on_a_full_disk_is_not_recorded_and_said_so(tmp_path: Path) -> None:
    """Exit 3 and a sentence; the same call again, once there is room, records it."""
    store = open_at(tmp_path / "leads.db")
    store.write(lambda tx: touch_lead(tx, "uno", source="handoff"))
    store.close()
    words = ("status", "uno", "application", "--reason", "x" * 400)
    full = leads_process(*words, home=tmp_path, url="http://127.0.0.1:9", largest_file=1024)
    _, said = full.communicate(timeout=120)
    assert (full.returncode, said.count(b"\n")) == (3, 1)
    assert b"No se puede usar la base de datos" in said
    again = leads_process(*words, home=tmp_path, url="http://127.0.0.1:9")
    assert again.communicate(timeout=120)[0].startswith(b"Registrado")


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    """A store that cannot grow is said so; what was owed goes out once there is room."""
    store = open_at(tmp_path / "leads.db")
    owe_many(store, 60, *EVENTS)
    store.close()
    largest = (tmp_path / "leads.db").stat().st_size + 8_192
    with receiver(slow) as heard:
        process = leads_process("send", home=tmp_path, url=heard.url, largest_file=largest)
        assert process.stderr is not None
        assert b'"store"' in process.stderr.readline() + process.stderr.readline()
        process.kill()
        process.communicate()
        done = leads_process("send", home=tmp_path, url=heard.url, VITRINA_LEASE_SECONDS="1.5")
        assert heard.wait(lambda: whole(heard, 60), 20)
        done.terminate()
        assert done.communicate(timeout=120) is not None
        check(heard, 60, 4 * 16)
