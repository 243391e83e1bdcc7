"""Works done together in one transaction: who waits gets an answer of its own, and faults stay with their own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from leads.endpoint.together import Together
from leads.store import Fresh, LeadStore, Tx, find_lead, keep_fresh, touch_lead, unseal_applicant
from leads.store.writer import GroupWriter
from leads.vault import Vault
from schemas.errors import StoreUnavailable
from tests.postgres import postgres
from tests.sending import open_at

LONG = 60.0
"""Seconds: nobody is late by accident."""


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LeadStore]:
    """A store of each kind."""
    if request.param == "sqlite":
        opened = open_at(tmp_path / "leads.db")
        yield opened
        opened.close()
        return
    with postgres() as url:
        opened = open_at(url)
        yield opened
        opened.close()


def touch_all(tx: Tx, names: Sequence[str]) -> list[str | Exception]:
    """A lead for each; a name that asks for it is refused, others break the whole."""
    outcomes: list[str | Exception] = []
    for name in names:
        if name == "breaks":
            raise ValueError(name)
        if name == "gone":
            raise StoreUnavailable("gone", es="se fue")
        if name == "refused":
            outcomes.append(KeyError(name))
            continue
        touch_lead(tx, name, source="decision")
        outcomes.append(f"{name} of {len(names)}")
    return outcomes


@contextlib.contextmanager
def at_work(store: LeadStore) -> Iterator[None]:
    """The writer is at somebody else's work."""
    begun, go_on = threading.Event(), threading.Event()

    def work(_tx: Tx) -> None:
        begun.set()
        assert go_on.wait(LONG)

    store.writer.submit(work)
    assert begun.wait(LONG)
    try:
        yield
    finally:
        go_on.set()


def do(store: LeadStore, *names: str) -> list[str | BaseException]:
    """What comes of works asked for at the same moment."""

    async def main() -> list[str | BaseException]:
        together = Together(store.writer, touch_all)
        until = asyncio.get_running_loop().time() + LONG
        return await asyncio.gather(*(together.do(name, until) for name in names), return_exceptions=True)

    return asyncio.run(main())


def test_what_waits_is_done_at_once(store: LeadStore) -> None:
    """All of them in one call; an outcome that is an exception is its own waiter's alone."""
    outcomes = do(store, "a", "refused", "b")
    assert (outcomes[0], outcomes[2]) == ("a of 3", "b of 3")
    assert isinstance(outcomes[1], KeyError)
    found = [store.read(lambda tx, name=name: find_lead(tx, name)) for name in ("a", "b", "refused")]  # type: ignore[misc]
    assert [lead is not None for lead in found] == [True, True, False]


def test_more_than_one_work_takes_is_done_in_turn(store: LeadStore) -> None:
    """256 at most in one; nobody is forgotten."""
    outcomes = do(store, *(f"n{number}" for number in range(600)))
    assert [str(one).partition(" ")[2] for one in outcomes] == ["of 256"] * 512 + ["of 88"] * 88


def test_one_that_breaks_is_broken_alone(store: LeadStore) -> None:
    """The whole is undone and each asked again by itself."""
    outcomes = do(store, "a", "breaks", "b")
    assert (outcomes[0], outcomes[2]) == ("a of 1", "b of 1")
    assert isinstance(outcomes[1], ValueError)


def test_a_store_that_is_gone_is_gone_for_all(store: LeadStore) -> None:
    """Nobody waits for a second try of each."""
    assert all(isinstance(one, StoreUnavailable) for one in do(store, "a", "gone", "b"))


def test_who_hung_up_is_left_out_and_holds_up_nobody(store: LeadStore) -> None:
    """A waiter that gave up before its turn writes nothing."""

    async def main() -> str:
        together = Together(store.writer, touch_all)
        until = asyncio.get_running_loop().time() + LONG
        with at_work(store):
            gone = asyncio.ensure_future(together.do("gone-away", until))
            await asyncio.sleep(0)
            gone.cancel()
            stays = asyncio.ensure_future(together.do("stays", until))
            await asyncio.sleep(0)
        return await stays

    assert asyncio.run(main()) == "stays of 1"
    assert store.read(lambda tx: find_lead(tx, "gone-away")) is None


def test_who_waits_too_long_hears_it_and_the_others_go_on(store: LeadStore) -> None:
    """TimeoutError at its own time; who waits on gets what it asked for."""

    async def main() -> str:
        together = Together(store.writer, touch_all)
        now = asyncio.get_running_loop().time()
        with at_work(store):
            patient = asyncio.ensure_future(together.do("patient", now + LONG))
            with pytest.raises(TimeoutError):
                await together.do("hurried", now + 0.05)
        return await patient

    assert asyncio.run(main()) == "patient of 1"
    assert store.read(lambda tx: find_lead(tx, "hurried")) is None


def test_what_is_late_may_yet_be_done(store: LeadStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """TimeoutError while it was under way: nobody can call it back."""
    monkeypatch.setattr(store.writer, "do", store.writer.submit)
    go_on = threading.Event()

    def slow(tx: Tx, names: Sequence[str]) -> list[str | Exception]:
        assert go_on.wait(LONG)
        return touch_all(tx, names)

    async def main() -> str:
        together = Together(store.writer, slow)
        now = asyncio.get_running_loop().time()
        patient = asyncio.ensure_future(together.do("patient", now + LONG))
        with pytest.raises(TimeoutError):
            await together.do("hurried", now + 0.05)
        go_on.set()
        return await patient

    assert asyncio.run(main()) == "patient of 2"
    assert store.read(lambda tx: find_lead(tx, "hurried")) is not None


def test_what_comes_while_a_batch_is_away_is_not_sent_after_it(tmp_path: Path) -> None:
    """Under load without a pause, too, the work comes back to who brings it once the disk was found quick."""
    store, begun, go_on = open_at(tmp_path / "leads.db"), threading.Event(), threading.Event()
    writer = GroupWriter(store.database, lambda: 0.0)

    def where(_tx: Tx, names: Sequence[str]) -> list[int | Exception]:
        if "first" in names:  # a new writer's first is handed over
            begun.set()
            assert go_on.wait(LONG)
        return [threading.get_ident()] * len(names)

    async def main() -> tuple[int, int]:
        together = Together(writer, where)
        until = asyncio.get_running_loop().time() + LONG
        first = asyncio.ensure_future(together.do("first", until))
        assert await asyncio.to_thread(begun.wait, LONG)
        second = asyncio.ensure_future(together.do("second", until))
        for _ in range(5):
            await asyncio.sleep(0)
        go_on.set()
        return await first, await second

    first, second = asyncio.run(main())
    assert first != threading.get_ident() == second
    writer.close()
    store.close()


def test_a_store_that_is_gone_before_it_is_asked_is_told_at_once() -> None:
    """Nobody has looked at what waits then; it is told all the same, and who comes later is asked for anew."""

    class Gone:
        """A writer that cannot even begin."""

        def do(self, _work: Callable[[Tx], object]) -> Future[object]:
            """Not durable."""
            future: Future[object] = Future()
            future.set_exception(StoreUnavailable("gone", es="se fue"))
            return future

    async def main() -> None:
        together = Together(cast(GroupWriter, Gone()), touch_all)
        until = asyncio.get_running_loop().time() + LONG
        for name in ("first", "second"):
            with pytest.raises(StoreUnavailable):
                await together.do(name, until)

    asyncio.run(main())


def fresh(click_id: str) -> Fresh:
    """A declined question of this journey, the applicant named after it."""
    until = datetime.now(UTC) + timedelta(hours=1)
    return Fresh(click_id, "LIB-001", None, "marketplace", "f" * 64, "{}", until, (), {"firstName": click_id})


def test_journeys_begun_together_keep_to_their_own(store: LeadStore) -> None:
    """More than one statement takes; one that was there before, and one that is there twice, are left alone."""
    vault, names = Vault(b"k" * 32), [f"j{number}" for number in range(150)]
    store.write(lambda tx: touch_lead(tx, "j7", source="handoff"))
    kept = store.write(lambda tx: keep_fresh(tx, vault, [fresh(name) for name in [*names, "j3"]]))
    assert [name for name, ours in zip([*names, "j3"], kept, strict=True) if not ours] == ["j7", "j3"]
    for name in names:
        assert applicants(store, vault, name) == ([] if name == "j7" else [{"firstName": name}])


def applicants(store: LeadStore, vault: Vault, click_id: str) -> list[dict[str, Any]]:
    """What is sealed of a journey."""

    def look(tx: Tx) -> list[dict[str, Any]]:
        lead = find_lead(tx, click_id)
        assert lead is not None
        return [said for _, _, said in unseal_applicant(tx, vault, lead)]

    return store.read(look)
