"""Publishing under kill -9: before every file operation, SQL statement and commit, and at random moments."""

from __future__ import annotations

import os
import random
import select
import shutil
import signal
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from catalog.publish import Place, deliver
from catalog.release import read_current
from catalog.rollback import rollback
from catalog.upkeep import mend, prune, verify
from tests.killing import Work, child, every_step, in_memory
from tests.publishing import entries, entry, place_at, publish_these

BEFORE = entries("A", "B", "C")
AFTER = {**entries("A"), "B": entry("B", rate_min=Decimal("23.5")), **entries("D")}


def _is_whole(folder: Path) -> int:
    """What a reader finds: a release, every file of it as its manifest says. Its number."""
    shown = read_current(folder / "published")
    assert {"catalog.json", "catalog.csv", "index.html"} <= shown.files.keys()
    for path in shown.files:
        shown.read_file(path)
    assert len(shown.products) == 3
    return shown.number


def _complete(folder: Path, work: Work) -> None:
    place = place_at(folder)
    work(place)
    assert verify(place, 30) == []
    place.store.close()


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    yield from in_memory(lambda: tmp_path_factory.mktemp("kills"))


@pytest.fixture
def room(memory: Path) -> Path:
    """A folder of the test's own."""
    return Path(tempfile.mkdtemp(dir=memory))


@pytest.fixture(scope="module")
def one_release(memory: Path) -> Path:
    folder = memory / "one"
    _complete(folder, lambda place: publish_these(place, BEFORE))
    return folder


@pytest.fixture(scope="module")
def three_releases(one_release: Path, memory: Path) -> Path:
    folder = memory / "three"
    shutil.copytree(one_release, folder)
    _complete(folder, lambda place: publish_these(place, AFTER))
    _complete(folder, lambda place: publish_these(place, BEFORE))
    return folder


def _publish_after(place: Place) -> object:
    return publish_these(place, AFTER)


def test_a_kill_at_any_step_of_a_publication_leaves_a_whole_release_and_the_next_run_completes(
    one_release: Path, room: Path
) -> None:
    """Whichever operation it dies before, readers find release 1 or 2 entire, and publishing again ends at 2."""
    seen = set()
    for folder in every_step(one_release, room, _publish_after):
        seen.add(_is_whole(folder))
        _complete(folder, _publish_after)
        assert _is_whole(folder) == 2
        assert set(read_current(folder / "published").products) == {"A", "B", "D"}
    assert seen == {1, 2}


def test_a_kill_between_commit_and_delivery_is_made_good_by_delivering_alone(one_release: Path, room: Path) -> None:
    """Once the store has committed release 2, any later `deliver` makes it live without the workbook."""
    owed = 0
    for folder in every_step(one_release, room, _publish_after, stride=5):
        place = place_at(folder)
        minted = place.store.releases.current()
        assert minted is not None
        outcome = deliver(place)
        assert not outcome.minted
        assert _is_whole(folder) == minted.number
        owed += minted.number == 2
        place.store.close()
    assert owed > 3


@pytest.mark.parametrize(
    ("work", "ends_at"),
    [
        pytest.param(lambda place: rollback(place, 2, by="ana"), {3, 4}, id="rollback"),
        pytest.param(lambda place: prune(place, 2), {3}, id="prune"),
    ],
)
def test_a_kill_during_rollback_or_prune_leaves_a_whole_release(
    three_releases: Path, room: Path, work: Work, ends_at: set[int]
) -> None:
    """Rolling back and forgetting old releases are as safe to kill as publishing."""
    for folder in every_step(three_releases, room, work, stride=6):
        assert _is_whole(folder) in ends_at
        _complete(folder, lambda place: (deliver(place), prune(place, 2)))


def test_a_kill_while_mending_never_harms_the_live_release(one_release: Path, room: Path) -> None:
    """Mending the live release replaces file by file: what was whole stays whole, and a second mending ends it."""
    damaged = room / "damaged"
    shutil.copytree(one_release, damaged)
    page = damaged / "published" / "releases" / "1" / "index.html"
    page.unlink()
    page.write_bytes(b"by hand")
    for folder in every_step(damaged, room, mend, stride=2):
        assert _is_whole(folder) == 1
        _complete(folder, mend)


def test_a_kill_while_forgetting_leaves_no_release_half_kept(one_release: Path, room: Path) -> None:
    """Of a release that is being forgotten either all is there or its manifest is gone, whenever the power fails."""
    several = room / "several"
    shutil.copytree(one_release, several)
    _complete(several, lambda place: [publish_these(place, one) for one in (AFTER, BEFORE) * 3])
    for folder in every_step(several, room, lambda place: prune(place, 2), stride=1):
        place = place_at(folder)
        assert verify(place, 30) == []
        place.store.close()


def _publish_for_ever(folder: Path) -> None:
    place = place_at(folder)
    while True:
        publish_these(place, AFTER)
        publish_these(place, BEFORE)
        prune(place, 2)


def _random_kills(folder: Path, times: int) -> None:
    chance = random.Random(7)
    for _ in range(times):
        number = child(lambda: _publish_for_ever(folder))
        # A moment, drawn anew each time, for the child to come somewhere into its work.
        select.select([], [], [], chance.uniform(0.01, 0.25))
        os.kill(number, signal.SIGKILL)
        _, status = os.waitpid(number, 0)
        assert os.WIFSIGNALED(status)
        _is_whole(folder)
        _complete(folder, deliver)


def test_kills_at_random_moments_leave_a_whole_release(one_release: Path, room: Path) -> None:
    """A publisher at work without pause, killed again and again: what is live is always whole."""
    folder = room / "shop"
    shutil.copytree(one_release, folder)
    _random_kills(folder, 6)


@pytest.mark.full
def test_hundreds_of_kills_at_random_moments_leave_a_whole_release(one_release: Path, room: Path) -> None:
    """The same three hundred times over one growing history."""
    folder = room / "shop"
    shutil.copytree(one_release, folder)
    _random_kills(folder, 300)
    place = place_at(folder)
    assert verify(place, 30) == []
    place.store.close()


@pytest.mark.full
@pytest.mark.parametrize("work", [lambda p: rollback(p, 2, by="ana"), lambda p: prune(p, 2)], ids=["rollback", "prune"])
def test_every_step_of_rollback_and_prune_survives_a_kill(three_releases: Path, room: Path, work: Work) -> None:
    """All steps, where the quick test takes every sixth."""
    for folder in every_step(three_releases, room, work):
        assert _is_whole(folder) in {3, 4}
        _complete(folder, deliver)


def test_the_very_first_publication_survives_a_kill_anywhere(room: Path) -> None:
    """From an empty folder, the making of the tables included: no half store, no half release."""
    for folder in every_step(room / "nothing", room, lambda place: publish_these(place, BEFORE), stride=9):
        _complete(folder, lambda place: publish_these(place, BEFORE))
        assert _is_whole(folder) == 1
