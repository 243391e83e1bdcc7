"""kill -9 while a workbook is staged, approved, published or goes live by date: nothing lost, nothing by halves."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from catalog import preview as previews
from catalog.publish import Place
from catalog.release import read_current
from catalog.upkeep import verify
from pipeline.brand import brand_of
from pipeline.run import planning
from pipeline.run.deciding import decide
from pipeline.run.publishing import go_live, publish, publish_today
from pipeline.run.workshop import Workshop
from schemas.settings import load_settings
from tests.killing import every_step, in_memory
from tests.publishing import TODAY, entry, place_at
from tests.shops import on_day, stage

DECEMBER = date(2026, 12, 1)
FIRST = [entry("A", term_max=12), entry("B")]
ROWS = [entry("A", term_max=24), entry("B", term_max=36, valid_from=DECEMBER), entry("C")]

Job = Callable[[Workshop], object]


def shop_of(place: Place) -> Workshop:
    settings = load_settings(environ={}, home=place.home, folder=place.home)
    return Workshop(settings, place.store, place, brand_of(settings.lender), TODAY)


def submit(shop: Workshop) -> object:
    """What `vitrina submit` does once the file is read."""
    return planning.show_plan(shop, stage(shop, ROWS), by="ana")


def approve(shop: Workshop) -> object:
    return decide(shop, "approve", 2, by="luis")


def bring(shop: Workshop) -> object:
    return publish_today(shop, 2, by="pat", reviewed=True)


def begin(shop: Workshop) -> object:
    return go_live(on_day(shop, DECEMBER), by="cron")


STEPS: tuple[Job, ...] = (submit, approve, bring, begin)
"""In the order they happen; the same again is harmless but for the approval, which is a decision each time."""


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield from in_memory(lambda: tmp_path_factory.mktemp("kills"))


@pytest.fixture(scope="module")
def stations(memory: Path) -> list[Path]:
    """The catalogue before each of the steps."""
    found = []
    here = memory / "0"
    place = place_at(here)
    shop = shop_of(place)
    planning.show_plan(shop, stage(shop, FIRST), by="ana")
    publish(shop, 1, by="pat", reviewed=False)
    place.store.close()
    for number, job in enumerate(STEPS):
        found.append(here)
        here = memory / str(number + 1)
        shutil.copytree(found[-1], here)
        place = place_at(here)
        job(shop_of(place))
        place.store.close()
    return found


def consistent(folder: Path) -> None:
    """What a restart finds: uploads whole, previews whole, approvals with what they let wait, a live release whole."""
    place = place_at(folder)
    store = place.store
    for info in store.uploads.list():
        store.uploads.get(info.id)
    for upload, plan in store.previews.names():
        kept = store.previews.get(upload, plan)
        assert kept is not None
        assert previews.is_whole(place, kept)
    approved = any(d.action == "approve" for d in store.decisions.list())
    lived = bool(store.schedule.lived("B"))
    assert bool(store.schedule.waiting()) == (approved and not lived)
    current = read_current(folder / "published")
    for path in current.files:
        current.read_file(path)
    newest = store.releases.current()
    assert newest is not None
    assert current.number in (newest.number, newest.number - 1)
    store.close()


def carried_on(folder: Path, station: int) -> None:
    """Doing the step again, and those after it, ends where it would have ended."""
    place = place_at(folder)
    shop = shop_of(place)
    for number, job in enumerate(STEPS):
        done = job is approve and any(d.upload == 2 for d in shop.store.decisions.list())
        if number >= station and not done:
            job(shop)
    content = shop.store.releases.content()
    assert content is not None
    assert {code: item.product.term_max for code, item in content.entries.items()} == {"A": 24, "B": 36, "C": None}
    assert [release.kind for release in shop.store.releases.list()] == ["due", "publish", "publish"]
    assert len([d for d in shop.store.decisions.list() if d.action == "approve"]) == 1
    assert verify(place, 30) == []
    shop.store.close()


def _kill_at_each(stations: list[Path], memory: Path, station: int, stride: int) -> int:
    room = Path(tempfile.mkdtemp(dir=memory))
    count = 0
    for folder in every_step(stations[station], room, lambda p: STEPS[station](shop_of(p)), stride=stride):
        consistent(folder)
        carried_on(folder, station)
        count += 1
    return count


@pytest.mark.parametrize(
    ("station", "stride"), [(0, 13), (1, 7), (2, 17), (3, 17)], ids=["submit", "approve", "publish", "by date"]
)
def test_a_kill_at_any_step_is_carried_on_by_the_next_run(
    stations: list[Path], memory: Path, station: int, stride: int
) -> None:
    """An upload, an approval, a release is there with all that belongs to it, or not at all."""
    assert _kill_at_each(stations, memory, station, stride) > 1


@pytest.mark.full
@pytest.mark.parametrize("station", [0, 1, 2, 3], ids=["submit", "approve", "publish", "by date"])
def test_a_kill_at_every_single_step_is_carried_on(stations: list[Path], memory: Path, station: int) -> None:
    """All steps, where the quick test takes some."""
    assert _kill_at_each(stations, memory, station, 1) > 15
