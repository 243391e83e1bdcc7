"""Two people, two uploads, two publishers at once, each in a process: no lost decision, no torn release."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from catalog.release import read_current
from catalog.upkeep import verify
from pipeline.run import planning
from pipeline.run.deciding import decide
from pipeline.run.publishing import publish, withdraw
from pipeline.run.workshop import Workshop
from schemas.errors import LockHeld, Refused, StalePlan
from tests.killing import child, in_memory
from tests.publishing import entry
from tests.shops import shop_at, shown, stage

Job = Callable[[Workshop], object]
REFUSED = (StalePlan, LockHeld, Refused)
ROUNDS = [pytest.param(3, id="some"), pytest.param(60, id="many", marks=pytest.mark.full)]


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield from in_memory(lambda: tmp_path_factory.mktemp("races"))


@pytest.fixture(scope="module")
def start(memory: Path) -> Path:
    """Release 1 with A and B; upload 2 changes A and adds C, upload 3 changes B. Both plans were looked at."""
    folder = memory / "start"
    shop = shop_at(folder)
    publish(shop, shown(shop, [entry("A"), entry("B")]).upload.info.id, by="pat", reviewed=False)
    shown(shop, [entry("A", term_max=12), entry("C")], partial=True)
    shown(shop, [entry("B", term_max=12)], by="eva", partial=True)
    shop.store.close()
    return folder


def at_once(folder: Path, jobs: Sequence[Job]) -> list[str]:
    """Each job in a process of its own, all let go in one instant; how each ended: done, refused, or broken."""
    gate, opener = os.pipe()
    numbers = [child(_waits(gate, opener, folder, job, n)) for n, job in enumerate(jobs)]
    os.close(gate)
    os.close(opener)
    for number in numbers:
        _, status = os.waitpid(number, 0)
        assert status == 0, "one of them broke"
    ends = [(folder / f"end-{n}").read_text() for n in range(len(jobs))]
    for n in range(len(jobs)):
        (folder / f"end-{n}").unlink()
    return ends


def _waits(gate: int, opener: int, folder: Path, job: Job, n: int) -> Callable[[], None]:
    def work() -> None:
        shop = shop_at(folder)
        os.close(opener)
        os.read(gate, 1)  # comes to its end when the last of the others has closed it
        try:
            job(shop)
            end = "done"
        except REFUSED as fault:
            end = type(fault).__name__
        (folder / f"end-{n}").write_text(end)
        shop.store.close()

    return work


def rounds(start: Path, memory: Path, count: int, jobs: Sequence[Job]) -> Iterator[tuple[Workshop, list[str]]]:
    """The race run so many times, from the same start; the catalogue after each, and how each job ended."""
    for _ in range(count):
        folder = Path(tempfile.mkdtemp(dir=memory)) / "shop"
        shutil.copytree(start, folder)
        ends = at_once(folder, jobs)
        shop = shop_at(folder)
        yield shop, ends
        whole(shop, folder)
        shop.store.close()
        shutil.rmtree(folder.parent)


def whole(shop: Workshop, folder: Path) -> None:
    """What is live is a release of the store, entire, in home and target."""
    current = read_current(folder / "published")
    newest = shop.store.releases.current()
    assert newest is not None
    assert current.number == newest.number
    assert verify(shop.place, 30) == []


def live(shop: Workshop) -> dict[str, int | None]:
    content = shop.store.releases.content()
    assert content is not None
    return {code: item.product.term_max for code, item in content.entries.items()}


def approves(number: int, by: str, *products: str) -> Job:
    return lambda shop: decide(shop, "approve", number, by=by, products=products)


def publishes(number: int) -> Job:
    return lambda shop: publish(shop, number, by="pat", reviewed=True)


@pytest.mark.parametrize("count", ROUNDS)
def test_two_approvals_at_once_both_count(start: Path, memory: Path, count: int) -> None:
    """Each of its own product."""
    for shop, ends in rounds(start, memory, count, [approves(2, "luis", "A"), approves(2, "nora", "C")]):
        assert ends == ["done", "done"]
        publish(shop, 2, by="pat", reviewed=True)
        assert live(shop) == {"A": 12, "B": None, "C": None}


@pytest.mark.parametrize("count", ROUNDS)
def test_an_approval_beside_a_publication_is_in_it_or_in_the_next(start: Path, memory: Path, count: int) -> None:
    """Approved, never forgotten: publishing once more leaves nothing of it behind."""
    for shop, ends in rounds(start, memory, count, [approves(2, "luis"), publishes(2)]):
        assert ends[0] == "done"
        publish(shop, 2, by="pat", reviewed=True)
        assert live(shop) == {"A": 12, "B": None, "C": None}


@pytest.mark.parametrize("count", ROUNDS)
def test_a_rejection_beside_a_publication_is_heeded_or_came_after(start: Path, memory: Path, count: int) -> None:
    """C is live only if the release was minted before the rejection."""
    base = Path(tempfile.mkdtemp(dir=memory)) / "approved"
    shutil.copytree(start, base)
    shop = shop_at(base)
    decide(shop, "approve", 2, by="luis")
    shop.store.close()
    jobs = [lambda shop: decide(shop, "reject", 2, by="nora", products=("C",)), publishes(2)]
    for after, _ in rounds(base, memory, count, jobs):
        rejected = any(d.action == "reject" for d in after.store.decisions.list())
        assert rejected != ("C" in live(after))


@pytest.mark.parametrize("count", ROUNDS)
def test_a_plan_that_became_stale_is_not_approved_through_any_door(start: Path, memory: Path, count: int) -> None:
    """Another release in the same instant: the approval is refused, or was given before and no longer counts."""
    jobs = [approves(2, "luis"), lambda shop: withdraw(shop, frozenset("B"), by="pat")]
    for shop, ends in rounds(start, memory, count, jobs):
        assert ends[0] in ("done", "StalePlan")
        assert ends[1] == "done"
        assert publish(shop, 2, by="pat", reviewed=True).waiting
        assert live(shop) == {"A": None}
        with pytest.raises(StalePlan):
            decide(shop, "approve", 2, by="luis")


@pytest.mark.parametrize("count", ROUNDS)
def test_two_publications_at_once_make_one_release(start: Path, memory: Path, count: int) -> None:
    """The other finds it done, or the first at work."""
    base = Path(tempfile.mkdtemp(dir=memory)) / "approved"
    shutil.copytree(start, base)
    shop = shop_at(base)
    decide(shop, "approve", 2, by="luis")
    shop.store.close()
    for after, ends in rounds(base, memory, count, [publishes(2), publishes(2)]):
        assert "done" in ends
        assert [release.number for release in after.store.releases.list()] == [2, 1]
        assert live(after) == {"A": 12, "B": None, "C": None}


@pytest.mark.parametrize("count", ROUNDS)
def test_two_uploads_at_once_are_both_staged_and_the_same_one_once(start: Path, memory: Path, count: int) -> None:
    """Different content: two numbers, each with its preview; the same content: one, and both people are known."""
    different: list[Job] = [
        lambda shop: planning.show_plan(shop, stage(shop, [entry("X")], partial=True), by="ana"),
        lambda shop: planning.show_plan(shop, stage(shop, [entry("Y")], partial=True), by="eva"),
    ]
    for shop, ends in rounds(start, memory, count, different):
        assert ends == ["done", "done"]
        assert [info.id for info in shop.store.uploads.list()] == [5, 4, 3, 2, 1]
        assert all(shop.store.previews.get(number) for number in (4, 5))
    alike: list[Job] = [
        lambda shop: planning.show_plan(shop, stage(shop, [entry("X")], by="ana", partial=True), by="ana"),
        lambda shop: planning.show_plan(shop, stage(shop, [entry("X")], by="eva", partial=True), by="eva"),
    ]
    for shop, ends in rounds(start, memory, count, alike):
        assert ends == ["done", "done"]
        assert [info.id for info in shop.store.uploads.list()] == [4, 3, 2, 1]
        assert set(shop.store.decisions.handed_in_by(4)) == {"ana", "eva"}


@pytest.mark.parametrize("count", ROUNDS)
def test_two_approved_uploads_published_at_once_do_not_tear_each_other(start: Path, memory: Path, count: int) -> None:
    """One is live; the other's approval was of another plan, and it waits to be looked at again."""
    base = Path(tempfile.mkdtemp(dir=memory)) / "approved"
    shutil.copytree(start, base)
    shop = shop_at(base)
    decide(shop, "approve", 2, by="luis")
    decide(shop, "approve", 3, by="luis")
    shop.store.close()
    for after, ends in rounds(base, memory, count, [publishes(2), publishes(3)]):
        assert "done" in ends
        assert live(after) in ({"A": 12, "B": None, "C": None}, {"A": None, "B": 12})
        assert after.store.releases.list()[0].number == 2
