"""Works done together in one transaction: who waits gets an answer of its own, and faults stay with their own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from leads.endpoint.together import Together
from leads.store import LeadStore, Tx, find_lead, touch_lead
from schemas.errors import StoreUnavailable
from tests.postgres import postgres
from tests.sending import open_at


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


def do(store: LeadStore, *names: str) -> list[str | BaseException]:
    """What comes of works asked for at the same moment."""

    async def main() -> list[str | BaseException]:
        together = Together(store.writer, touch_all)
        return await asyncio.gather(*(together.do(name) for name in names), return_exceptions=True)

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
        gone = asyncio.ensure_future(together.do("gone-away"))
        await asyncio.sleep(0)
        gone.cancel()
        return await together.do("stays")

    assert asyncio.run(main()) == "stays of 1"
    assert store.read(lambda tx: find_lead(tx, "gone-away")) is None
