"""Files that are whole or not there: write aside, settle, rename. And the lock that keeps two publishers apart.

Every change of the disk goes through one small object, so that tests can end the process before any of them.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import io
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from schemas.errors import LockHeld

_FEW = 16
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_READ_ONLY = 0o444


class Disk:
    """The operations a publication is made of. A crash falls before or after one, or leaves a spare file behind."""

    def make_folder(self, path: Path) -> None:
        """The folder and its parents; there already is fine."""
        path.mkdir(parents=True, exist_ok=True)

    def write(self, path: Path, body: bytes) -> None:
        """A new read-only file; an unfinished one of an earlier run is replaced. Not yet settled."""
        try:
            handle = os.open(path, _NEW, _READ_ONLY)
        except FileExistsError:
            path.unlink()
            handle = os.open(path, _NEW, _READ_ONLY)
        with os.fdopen(handle, "wb", buffering=0) as file:
            _write_all(file, body)

    def settle(self, paths: Sequence[Path]) -> None:
        """Wait until the files are on the disk itself: one by one when few, all at once when many.

        An fsync a file costs milliseconds (two minutes for 20,000 pages); Linux's sync waits for the data as well.
        """
        if len(paths) > _FEW and sys.platform == "linux":
            os.sync()
            return
        for path in paths:
            self._fsync(path, os.O_RDONLY)

    def settle_folder(self, path: Path) -> None:
        """Wait until the names in a folder are on the disk itself."""
        self._fsync(path, os.O_RDONLY | os.O_DIRECTORY)

    def _fsync(self, path: Path, flags: int) -> None:
        handle = os.open(path, flags)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def rename(self, old: Path, new: Path) -> None:
        """Give a file or folder its final name in one instant, over what had it."""
        old.replace(new)

    def link(self, old: str, new: str) -> None:
        """One more name for a file; a copy where the file system knows no hard links or has run out of them."""
        try:
            os.link(old, new)
        except OSError as fault:
            if fault.errno not in (errno.EPERM, errno.EMLINK, errno.EXDEV, errno.ENOTSUP):
                raise
            self.write(Path(new), Path(old).read_bytes())

    def remove(self, path: Path) -> None:
        """Forget a file; gone already is fine."""
        path.unlink(missing_ok=True)

    def remove_tree(self, path: Path) -> None:
        """Forget a folder and all in it."""
        shutil.rmtree(path)


def _write_all(file: io.FileIO, body: bytes) -> None:
    """A write may take less than it was given."""
    left = memoryview(body)
    while left:
        left = left[file.write(left) :]


def replace_file(disk: Disk, path: Path, body: bytes) -> None:
    """The file now reads `body`, or still what it read before: never a part. An OSError names the file itself."""
    spare = path.with_name(f".{path.name}.new")
    try:
        disk.write(spare, body)
        disk.settle([spare])
        disk.rename(spare, path)
        disk.settle_folder(path.parent)
    except OSError as fault:
        with contextlib.suppress(OSError):
            disk.remove(spare)
        fault.filename = str(path)
        raise


@contextlib.contextmanager
def hold(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock file for the length of a block; another process that has it is waited for, or raises LockHeld.

    The kernel frees the lock of a process that dies, so a left-over file locks nobody out.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LockHeld(
                "Another publication is under way; try again when it has ended.",
                es="Otra publicación está en curso; intente de nuevo cuando termine.",
            ) from None
        yield
    finally:
        os.close(handle)
