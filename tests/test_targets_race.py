"""Two publishers at one target: the later one wins or is refused, and no reader ever meets a torn release."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from catalog.entry import Entry
from catalog.publish import Place, publish
from catalog.release import read_current
from catalog.targets import BucketTarget, DirectoryTarget, Keys, address_of
from catalog.targets.bucket import Patience
from catalog.targets.drift import sizes_in
from catalog.upkeep import prune, verify
from tests.object_store import Proxy, ask, object_server, proxy_to
from tests.publishing import Unhurried, entries, order_of, place_at, publish_these
from tests.test_s3 import read_whole

STEADY = Patience(request=30, tries=2, total=30, first_pause=0.001)
BEFORE, OURS, THEIRS = entries("A"), entries("A", "B"), entries("A", "C")
_WHAT = {"B": "ours", "C": "theirs"}


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    with object_server() as port:
        yield port


@pytest.fixture
def proxy(server: int) -> Iterator[Proxy]:
    """One request at a time, as a real store treats those for one name."""
    with proxy_to(server) as one:
        one.alone = threading.Lock()
        yield one


def in_bucket(place: Place, bucket: str, endpoint: str) -> Place:
    keys = Keys(access="invented", secret="also invented")
    return replace(place, targets=(BucketTarget("s3", address_of(f"s3://{bucket}/web", endpoint), keys, STEADY),))


def in_folder(place: Place, folder: Path) -> Place:
    return replace(place, targets=(DirectoryTarget("web", folder, Unhurried()),))


def two_homes(folder: Path, aim: Callable[[Place], Place], *, copied: bool) -> tuple[Place, Place]:
    """Two catalogues at one target; copied: the second is the first one's home, restored beside it."""
    ours = aim(place_at(folder / "ours"))
    if copied:
        publish_these(ours, BEFORE)
        ours.store.close()
        shutil.copytree(folder / "ours", folder / "theirs")
    return aim(place_at(folder / "ours")), aim(place_at(folder / "theirs"))


def served(place: Place, shown: dict[str, Entry]) -> bool:
    """Publish, and look after the target as every run does; whether the target took it."""
    outcome = publish_these(place, shown)
    prune(place, 2)
    return all(one.fault is None for one in outcome.deliveries)


@pytest.mark.parametrize("copied", [False, True], ids=["two catalogues", "a home and its copy"])
def test_whoever_comes_between_two_requests_tears_nothing(tmp_path: Path, proxy: Proxy, copied: bool) -> None:
    """Before each request of a delivery to a bucket, another publishes wholly: one of the two is live, and whole."""
    for at in range(100):
        bucket = f"race-{'copy' if copied else 'own'}-{at}"
        ask(proxy.upstream, "PUT", f"/{bucket}")
        proxy.before = lambda: None
        aim = f"http://127.0.0.1:{proxy.upstream}"
        ours, theirs = two_homes(tmp_path / str(at), lambda p: in_bucket(p, bucket, aim), copied=copied)  # noqa: B023
        ours = in_bucket(ours, bucket, proxy.endpoint)
        order = order_of(ours, OURS)
        proxy.asked.clear()
        took: list[bool] = []
        proxy.before = lambda: took.append(served(theirs, THEIRS)) if len(proxy.asked) == at and not took else None  # noqa: B023
        mine = publish(ours, order).deliveries[0].fault
        prune(ours, 2)
        _, files = read_whole(proxy, bucket)
        if not took:  # it had no such request
            break
        assert took == [mine is not None], at
        assert ("c.html" in files, "b.html" in files) == (took[0], not took[0]), at
        assert mine is None or "otro catálogo" in mine.say("es")
    assert at > 10


WORKER = """
import json, pathlib, sys
from tests.publishing import place_at
from tests.test_targets_race import OURS, THEIRS, in_bucket, in_folder, served
for line in sys.stdin:
    home, kind, where, endpoint, who = json.loads(line)
    place = place_at(pathlib.Path(home))
    place = in_bucket(place, where, endpoint) if kind == "bucket" else in_folder(place, pathlib.Path(where))
    print(json.dumps("ready"), flush=True)
    sys.stdin.readline()
    print(json.dumps(served(place, OURS if who == "ours" else THEIRS)), flush=True)
    place.store.close()
"""


class Worker:
    """A process that publishes when it is told to."""

    def __init__(self) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def say(self, what: object) -> None:
        assert self.child.stdin
        self.child.stdin.write(json.dumps(what) + "\n")
        self.child.stdin.flush()

    def hear(self) -> object:
        assert self.child.stdout
        return json.loads(self.child.stdout.readline())

    def end(self) -> None:
        self.child.communicate(timeout=30)


@pytest.fixture(scope="module")
def workers() -> Iterator[tuple[Worker, Worker]]:
    pair = Worker(), Worker()
    yield pair
    for worker in pair:
        worker.end()


def race(workers: Sequence[Worker], homes: Sequence[str], where: Sequence[str], chance: random.Random) -> list[object]:
    """Both publish, the second a moment of up to 30 ms after the first; what became of each."""
    for worker, home, who in zip(workers, homes, ("ours", "theirs"), strict=True):
        worker.say([home, *where, who])
        assert worker.hear() == "ready"
    first, second = chance.sample(list(workers), 2)
    first.say("go")
    threading.Event().wait(chance.uniform(0, 0.03))
    second.say("go")
    return [worker.hear() for worker in workers]


@pytest.mark.parametrize("rounds", [10, pytest.param(100, marks=pytest.mark.full)])
@pytest.mark.parametrize("kind", ["bucket", "folder"])
def test_two_processes_at_one_target_at_random_moments(
    tmp_path: Path, proxy: Proxy, workers: tuple[Worker, Worker], kind: str, rounds: int
) -> None:
    """Two catalogues, or a home and its copy: exactly one is live, it is the one that was told so, and it is whole."""
    chance = random.Random(rounds)
    for number in range(rounds):
        folder, copied = tmp_path / str(number), number % 2 == 0
        bucket = f"processes-{rounds}-{number}"
        ask(proxy.upstream, "PUT", f"/{bucket}")
        aim = in_bucket if kind == "bucket" else in_folder
        where = bucket if kind == "bucket" else folder / "web"
        for one in two_homes(folder, lambda p: aim(p, where, *[proxy.endpoint][: kind == "bucket"]), copied=copied):  # noqa: B023
            one.store.close()
        homes = [str(folder / name) for name in ("ours", "theirs")]
        took = race(workers, homes, [kind, str(where), proxy.endpoint], chance)
        files = read_whole(proxy, bucket)[1] if kind == "bucket" else read_current(folder / "web").files
        live = {_WHAT[code] for code in "BC" if f"{code.lower()}.html" in files}
        assert live == {name for name, one in zip(("ours", "theirs"), took, strict=True) if one}, number
        assert len(live) == 1
        if kind == "folder":
            winner = in_folder(place_at(folder / live.pop()), folder / "web")
            assert verify(winner, 30) == []


def test_a_draft_that_gets_its_name_while_a_folder_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not there any more when its size is asked for: the others are told all the same."""
    (tmp_path / "whole").write_bytes(b"1")
    (tmp_path / ".draft").write_bytes(b"22")
    scan = os.scandir

    @contextlib.contextmanager
    def slowly(folder: Path) -> Iterator[list[os.DirEntry[str]]]:
        with scan(folder) as found:
            entries = list(found)
        (tmp_path / ".draft").unlink()
        yield entries

    monkeypatch.setattr(os, "scandir", slowly)
    assert sizes_in(tmp_path) == {"whole": 1}
