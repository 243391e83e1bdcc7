"""Directory targets: delivery, drift, forgetting; and publishing to several."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.disk import hold
from catalog.publish import Order, Place, deliver, publish
from catalog.release import read_current
from catalog.rollback import rollback
from catalog.store import Decision
from catalog.targets import DirectoryTarget, Problem
from catalog.upkeep import mend, prune, verify
from schemas.errors import CannotRun, LockHeld, Refused, StalePlan, TargetUnavailable, WrongUse
from tests.publishing import Unhurried, entries, noon, order_of, place_at, publish_these

SHOWN = [entries("A", "B"), entries("A", "B", "C"), entries("B", "C"), entries("C")]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return place_at(tmp_path)


def root(place: Place) -> Path:
    target = place.targets[0]
    assert isinstance(target, DirectoryTarget)
    return target.path


def current(place: Place) -> int:
    return read_current(root(place)).number


def test_each_content_lies_once_and_the_tree_is_browsable(place: Place) -> None:
    """`releases/<n>/` has every path as a hard link to `files/<sha256>`, read-only."""
    publish_these(place, SHOWN[0])
    publish_these(place, SHOWN[1])
    page = root(place) / "releases" / "2" / "a.html"
    ref = read_current(root(place)).files["a.html"]
    assert page.stat().st_ino == (root(place) / "files" / ref.sha256).stat().st_ino
    assert page.stat().st_ino == (root(place) / "releases" / "1" / "a.html").stat().st_ino
    assert page.stat().st_mode & 0o222 == 0
    assert (root(place) / "releases" / "2" / "assets" / "style.css").read_bytes() == b"h1{}"


def test_the_same_content_mints_nothing_and_touches_nothing(place: Place) -> None:
    """No new release, no new byte, not even a new time on the pointer."""
    publish_these(place, SHOWN[0])
    before = {path: path.stat().st_mtime_ns for path in root(place).rglob("*")}
    outcome = publish_these(place, SHOWN[0])
    assert not outcome.minted
    assert {path: path.stat().st_mtime_ns for path in root(place).rglob("*")} == before


def test_two_homes_publishing_the_same_give_the_same_tree(tmp_path: Path) -> None:
    """Manifest and pointer included: nothing depends on the machine."""
    trees = []
    for name in ("one", "two"):
        publish_these(place_at(tmp_path / name), SHOWN[0])
        folder = tmp_path / name / "published"
        trees.append({p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()})
    assert trees[0] == trees[1]


def test_rollback_mints_a_new_release_with_the_old_content(place: Place) -> None:
    """Even when the target lost its old files; the decision is on record."""
    publish_these(place, SHOWN[0])
    publish_these(place, SHOWN[1])
    old = root(place) / "files" / place.store.releases.files(1)["index.html"].sha256
    old.unlink()
    outcome = rollback(place, by="luis", comment="tasa equivocada")
    assert outcome.release is not None
    assert (outcome.release.number, outcome.release.kind, outcome.release.restores) == (3, "rollback", 1)
    assert outcome.release.content == place.store.releases.get(1).content
    assert set(read_current(root(place)).products) == {"A", "B"}
    assert place.store.decisions.list()[-1].comment == "tasa equivocada"


def test_rollback_is_refused_where_there_is_nothing_to_go_back_to(place: Place) -> None:
    """Nothing published, only one release, the same content, no such number."""
    with pytest.raises(Refused):
        rollback(place, by="luis")
    publish_these(place, SHOWN[0])
    for number in (None, 1):
        with pytest.raises(Refused):
            rollback(place, number, by="luis")
    with pytest.raises(WrongUse):
        rollback(place, 9, by="luis")


def test_rollback_does_not_bring_back_what_was_withdrawn(place: Place) -> None:
    """Reinstating comes first."""
    publish_these(place, SHOWN[1])
    publish(place, order_of(place, SHOWN[2], kind="withdraw", products=("A",)))
    assert place.store.decisions.withdrawn() == {"A"}
    with pytest.raises(Refused, match="withdrawn"):
        rollback(place, by="luis")
    place.store.decisions.reinstate("A", by="luis")
    assert rollback(place, by="luis").minted


def test_an_order_built_on_an_older_release_is_stale(place: Place) -> None:
    """Two people, one plan: the second looks again."""
    late = order_of(place, SHOWN[0])
    publish_these(place, SHOWN[1])
    with pytest.raises(StalePlan):
        publish(place, late)


def test_a_target_in_trouble_stops_no_other_and_gets_it_later(place: Place, tmp_path: Path) -> None:
    """The fault is in the outcome; the next run delivers what is owed."""
    (tmp_path / "blocked").write_text("a file where the folder should be")
    blocked = DirectoryTarget("espejo", tmp_path / "blocked", Unhurried())
    both = replace(place, targets=(blocked, *place.targets))
    outcome = publish_these(both, SHOWN[0])
    assert [(line.target, line.fault is None) for line in outcome.deliveries] == [
        ("espejo", False),
        ("published", True),
    ]
    assert current(place) == 1
    (tmp_path / "blocked").unlink()
    assert deliver(both).deliveries[0].fault is None
    assert read_current(tmp_path / "blocked").number == 1
    assert {d.state for d in place.store.releases.deliveries(1)} == {"delivered"}


def test_what_was_owed_of_older_releases_is_superseded(place: Place, tmp_path: Path) -> None:
    """A target that comes back gets the newest, not the whole past."""
    (tmp_path / "blocked").write_text("")
    both = replace(place, targets=(DirectoryTarget("espejo", tmp_path / "blocked", Unhurried()),))
    publish_these(both, SHOWN[0])
    (tmp_path / "blocked").unlink()
    publish_these(both, SHOWN[1])
    states = [(line.release, line.state) for line in place.store.releases.deliveries()]
    assert states == [(1, "superseded"), (2, "delivered")]


class Full(Unhurried):
    """A disk with room for so many writes."""

    def __init__(self, room: int) -> None:
        self.room = room

    def write(self, path: Path, body: bytes) -> None:
        self.room -= 1
        if self.room < 0:
            super().write(path, body[:3])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        super().write(path, body)


@pytest.mark.parametrize("room", range(7))
def test_a_disk_that_fills_up_leaves_the_previous_release(tmp_path: Path, room: int) -> None:
    """Home or target, at any file: a sentence, the old release live, and room again makes it good."""
    place = place_at(tmp_path)
    publish_these(place, SHOWN[0])
    order = order_of(place, SHOWN[1])
    full = Full(room)
    target = DirectoryTarget("published", root(place), Full(max(0, room - 3)))
    try:
        outcome = publish(replace(place, targets=(target,), disk=full), order)
        faults = [line.fault for line in outcome.deliveries]
    except CannotRun as fault:
        faults = [fault]
    if any(faults):
        assert str(tmp_path) not in str(faults[0])
        assert current(place) == 1
    publish_these(place, SHOWN[1])
    assert (current(place), verify(place, 30)) == (2, [])


def test_a_live_lock_is_said_and_a_dead_one_locks_nobody_out(place: Place) -> None:
    """Two publishers never interleave; a lock file left by a killed process is nothing."""
    path = place.home / "publish.lock"
    with hold(path), pytest.raises(LockHeld):
        publish_these(place, SHOWN[0])
    code = "import os, pathlib, sys; from catalog.disk import hold; hold(pathlib.Path(sys.argv[1])).__enter__(); "
    subprocess.run([sys.executable, "-c", code + "os.kill(os.getpid(), 9)", str(path)], check=False)
    assert path.exists()
    assert publish_these(place, SHOWN[0]).minted


def test_another_publisher_at_the_target_is_waited_for(place: Place) -> None:
    """The target has a lock of its own, for homes that share it; what is owed goes later."""
    with hold(root(place) / ".lock"):
        assert isinstance(publish_these(place, SHOWN[0]).deliveries[0].fault, LockHeld)
    assert deliver(place).deliveries[0].fault is None


@pytest.mark.parametrize("theirs", [1, 3])
def test_the_target_of_another_catalogue_is_never_overwritten(tmp_path: Path, theirs: int) -> None:
    """A lost store, or a second one pointed at the same folder: refused, whatever the numbers."""
    there = place_at(tmp_path / "theirs")
    for content in SHOWN[:theirs]:
        publish_these(there, content)
    here = replace(place_at(tmp_path / "ours"), targets=there.targets)
    for content in SHOWN[2:]:
        fault = publish_these(here, content).deliveries[0].fault
        assert isinstance(fault, TargetUnavailable)
    assert (current(there), verify(there, 30)) == (theirs, [])


def _replace(path: Path, body: bytes | None) -> None:
    path.unlink()
    if body is not None:
        path.write_bytes(body)


def test_verify_names_all_that_drifted(place: Place) -> None:
    """Altered, missing, extra, in the live release and in older ones, and in the home."""
    publish_these(place, SHOWN[0])
    publish_these(place, SHOWN[1])
    assert verify(place, 30) == []
    trees = root(place) / "releases"
    _replace(trees / "2" / "a.html", b"by hand")
    _replace(trees / "1" / "b.html", None)
    (trees / "2" / "nota.txt").write_text("")
    _replace(trees / "1" / "manifest.json", (trees / "1" / "manifest.json").read_bytes() + b" ")
    lost = place.store.releases.files(2)["index.html"].sha256
    _replace(place.home / "files" / lost, None)
    assert set(verify(place, 30)) == {
        Problem("published", "altered", "manifest.json", 1),
        Problem("published", "missing", "b.html", 1),
        Problem("published", "altered", "a.html", 2),
        Problem("published", "extra", "nota.txt", 2),
        Problem("home", "missing", f"files/{lost}"),
    }


def test_an_edit_in_place_is_found_everywhere_it_shows(place: Place) -> None:
    """Hard links share bytes: the content and each page that links it are named."""
    publish_these(place, SHOWN[0])
    page = root(place) / "releases" / "1" / "index.html"
    page.chmod(0o644)
    page.write_bytes(b"A X")
    found = {(problem.what, problem.path.split("/")[0]) for problem in verify(place, 30)}
    assert found == {("altered", "files"), ("altered", "index.html")}


def test_mending_puts_back_what_drifted(place: Place) -> None:
    """Target from home, home from target; the release number stays."""
    publish_these(place, SHOWN[0])
    files = place.store.releases.files(1)
    _replace(root(place) / "releases" / "1" / "a.html", b"by hand")
    _replace(root(place) / "releases" / "1" / "manifest.json", None)
    _replace(root(place) / "files" / files["b.html"].sha256, b"short")
    _replace(place.home / "files" / files["index.html"].sha256, b"B A")
    assert verify(place, 30)
    assert mend(place).deliveries[0].fault is None
    assert (verify(place, 30), current(place)) == ([], 1)


def test_a_damaged_copy_at_home_never_goes_live(place: Place) -> None:
    """Every content is checked on its way out; the target keeps what it has."""
    publish_these(place, SHOWN[0])
    publish_these(replace(place, targets=()), SHOWN[1])
    for path in (place.home / "files").iterdir():
        _replace(path, bytes(path.stat().st_size))
    assert isinstance(deliver(place).deliveries[0].fault, TargetUnavailable)
    assert (current(place), set(read_current(root(place)).products)) == (1, {"A", "B"})


def test_pruning_keeps_the_live_release_and_those_before_it(place: Place) -> None:
    """Never fewer than two, so that a reader of the previous one can end; nothing those need is forgotten."""
    for content in SHOWN:
        publish_these(place, content)
    before = read_current(root(place))
    publish_these(place, SHOWN[0])
    assert prune(place, 0) == (1, 2, 3)
    assert sorted(p.name for p in (root(place) / "releases").iterdir()) == ["4", "5"]
    assert before.read_file("c.html")
    assert verify(place, 2) == verify(place, 30) == []
    assert len(list((root(place) / "files").iterdir())) == len(list((place.home / "files").iterdir()))


def test_what_was_forgotten_cannot_be_rolled_back_to(place: Place) -> None:
    """Said, rather than published with holes."""
    for content in SHOWN:
        publish_these(place, content)
    prune(place, 2)
    with pytest.raises(Refused, match="no longer kept"):
        rollback(place, 1, by="luis")
    assert rollback(place, 3, by="luis").minted


def test_a_target_wiped_from_outside_is_filled_again(place: Place) -> None:
    """What is live is asked of the target, not assumed from the store."""
    publish_these(place, SHOWN[0])
    for path in sorted(root(place).rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    assert deliver(place).deliveries[0].fault is None
    assert (current(place), verify(place, 30)) == (1, [])


def test_a_pointer_edited_by_hand_is_written_anew(place: Place) -> None:
    """What cannot be understood shows nothing: the next delivery puts it right."""
    publish_these(place, SHOWN[0])
    _replace(root(place) / "current.json", b"{")
    assert [problem.say("en") for problem in verify(place, 30)] == [
        "published: current.json was altered after it was published."
    ]
    assert deliver(place).deliveries[0].fault is None
    assert (current(place), verify(place, 30)) == (1, [])


def test_every_kind_of_drift_has_its_sentence() -> None:
    """In both languages, with the release where there is one."""
    for what in ("missing", "altered", "extra", "not_current"):
        said = {lang: Problem("espejo", what, "a.html", 3).say(lang) for lang in ("es", "en")}
        assert "a.html (versión 3)" in said["es"]
        assert "a.html (release 3)" in said["en"]


def test_the_manifest_carries_the_decisions_it_rests_on(place: Place) -> None:
    """Approvals for a publication, its own decision for a withdrawal; the store knows upload and plan."""
    approval = Decision(action="approve", by="luis", at=noon(), plan="h1", comment="bien")
    publish(place, order_of(place, SHOWN[1], approvals=[approval], plan="h1"))
    publish(place, order_of(place, SHOWN[2], kind="withdraw", by="eva", products=("A",)))
    said = [json.loads((root(place) / "releases" / n / "manifest.json").read_bytes())["approvals"] for n in "12"]
    at = "2026-11-22T12:00:00+00:00"
    assert said[0] == [{"action": "approve", "by": "luis", "at": at, "plan": "h1", "comment": "bien"}]
    assert said[1] == [{"action": "withdraw", "by": "eva", "at": at}]
    assert place.store.releases.get(1).plan == "h1"


def test_readers_never_see_two_releases_mixed(place: Place) -> None:
    """While one release follows another, each reader's products and pages are of one of them."""
    publish_these(place, SHOWN[0])
    done = threading.Event()
    torn: list[object] = []

    def read() -> None:
        while not done.is_set():
            shown = read_current(root(place))
            index = shown.read_file("index.html").decode().split()
            if index != list(shown.products):
                torn.append((shown.number, index))

    reader = threading.Thread(target=read)
    reader.start()
    for content in SHOWN[1:] * 5:
        publish_these(place, content)
    done.set()
    reader.join()
    assert torn == []
    assert current(place) == 16


def test_many_publishers_at_once_mint_one_release_each_or_say_why_not(tmp_path: Path) -> None:
    """Whoever loses the race gets LockHeld or StalePlan; numbers have no gap, nothing is torn."""
    place = place_at(tmp_path)
    publish_these(place, SHOWN[0])
    orders = [order_of(place, entries(code)) for code in "PQRSTU"]
    outcomes: list[object] = []

    def go(order: Order) -> None:
        try:
            outcomes.append(publish(place, order).minted)
        except (LockHeld, StalePlan) as fault:
            outcomes.append(type(fault))

    threads = [threading.Thread(target=go, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(True) == 1
    assert set(outcomes) <= {True, LockHeld, StalePlan}
    assert (current(place), verify(place, 30)) == (2, [])
