"""Processes that end the way kill -9 ends them, at a step of their work."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlalchemy as sa

from catalog.publish import Place
from tests.publishing import Unhurried, place_at

Work = Callable[[Place], object]


class Deadly(Unhurried):
    """Ends its own process at the n-th step, the way kill -9 does: no handler, no clean-up."""

    def __init__(self, last: int) -> None:
        self.left = last

    def step(self, *_: object, **__: object) -> None:
        """One step nearer to the end."""
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def make_folder(self, path: Path) -> None:
        self.step()
        super().make_folder(path)

    def write(self, path: Path, body: bytes) -> None:
        self.step()
        super().write(path, body[: len(body) // 2])
        self.step()
        super().write(path, body)

    def rename(self, old: Path, new: Path) -> None:
        self.step()
        super().rename(old, new)

    def link(self, old: str, new: str) -> None:
        self.step()
        super().link(old, new)

    def remove(self, path: Path) -> None:
        self.step()
        super().remove(path)

    def remove_tree(self, path: Path) -> None:
        for file in sorted(p for p in path.rglob("*") if p.is_file())[:2]:
            self.step()
            file.unlink()
        self.step()
        super().remove_tree(path)


def child(work: Callable[[], object]) -> int:
    number = os.fork()
    if number == 0:
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return number


def killed_at(folder: Path, last: int, work: Work) -> bool:
    """Do the work in a child that dies at step `last`; False: it came to its end before."""

    def run() -> None:
        disk = Deadly(last)
        place = place_at(folder, disk=disk)
        for moment in ("before_cursor_execute", "commit"):
            sa.event.listen(place.store.database.engine, moment, disk.step)
        work(place)
        place.store.close()

    _, status = os.waitpid(child(run), 0)
    assert os.WIFSIGNALED(status) or status == 0
    return os.WIFSIGNALED(status)


def _take_over(old: str, new: str) -> None:
    """A copy of the store; published files are never written into, so one more name will do."""
    if "catalog.db" in old:
        shutil.copy(old, new)
    else:
        os.link(old, new)


def every_step(base: Path, room: Path, work: Work, *, stride: int = 1) -> Iterator[Path]:
    """One folder for each step, as the kill at that step left it."""
    last = 1
    while True:
        folder = room / f"at-{last}"
        if base.exists():
            shutil.copytree(base, folder, copy_function=_take_over)
        if not killed_at(folder, last, work):
            assert last > 20, "the work has too few steps to be the work"
            return
        yield folder
        shutil.rmtree(folder)
        last += stride


def in_memory(other: Callable[[], Path]) -> Iterator[Path]:
    """A folder in memory where the machine has one: a kill is no matter of the disk, and thousands of files are."""
    if os.access("/dev/shm", os.W_OK):
        with tempfile.TemporaryDirectory(prefix="vitrina-kills-", dir="/dev/shm") as folder:
            yield Path(folder)
    else:
        yield other()
