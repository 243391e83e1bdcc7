"""A directory as target: contents under their digests, a browsable tree of hard links a release, one pointer.

Each content lies once in `files/<sha256>`, read-only; `releases/<n>/` is built aside and named in one instant;
`current.json` is replaced last, in one instant. Until then the previous release is current and untouched, whatever
happens: a kill, a full disk, a lost mount.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from catalog.disk import Disk, hold, replace_file
from catalog.reasons import in_spanish
from catalog.release.build import pointer_bytes
from catalog.release.read import CURRENT, FILES, MANIFEST, RELEASES, Pointer, read_pointer
from catalog.targets.drift import (
    digest_of_file,
    drift_of_target,
    drift_seen,
    names_in,
    pointer_or_none,
    size_of,
    sizes_in,
)
from catalog.targets.target import History, Problem, Shipment, refuse_stranger, too_old
from schemas.errors import TargetUnavailable

_PARTIAL = ".partial-"
_GONE = ".gone-"
_LOCK = ".lock"


@dataclass(frozen=True, slots=True)
class DirectoryTarget:
    """A directory of this machine, or mounted on it. See `Target` for what each method promises."""

    name: str
    path: Path
    disk: Disk = field(default_factory=Disk, repr=False)

    def current(self) -> Pointer | None:
        """What `current.json` names."""
        return read_pointer(self.path)

    def deliver(self, shipment: Shipment, *, thorough: bool = False) -> None:
        """Running it again after a crash at any instant does what is missing and nothing else."""
        with self._reachable(), hold(self.path / _LOCK):
            shown = pointer_or_none(self.path)
            if shown == shipment.pointer and not thorough:
                return
            self._refuse_strangers(shipment, shown)
            self._put_files(shipment, thorough)
            self._lay_out(shipment, live=shown == shipment.pointer)
            replace_file(self.disk, self.path / CURRENT, pointer_bytes(shipment.number, shipment.manifest.sha256))

    @contextlib.contextmanager
    def _reachable(self) -> Iterator[None]:
        try:
            yield
        except OSError as fault:
            raise TargetUnavailable(
                f"The target «{self.name}» could not be used: {fault.strerror}. What was live there still is.",
                es=f"El destino «{self.name}» no se pudo usar: {in_spanish(fault.strerror)}. "
                "Lo que estaba publicado sigue igual.",
            ) from None

    def _refuse_strangers(self, shipment: Shipment, shown: Pointer | None) -> None:
        """What another catalogue published (or this one, before its store was lost) is never overwritten."""
        if shown is not None:
            strange = shown != shipment.pointer and shown.manifest not in shipment.earlier
        else:
            there = digest_of_file(self._tree(shipment.number) / MANIFEST)
            strange = there is not None and there != shipment.manifest.sha256
        if strange:
            refuse_stranger(self.name, shown.release if shown else shipment.number)

    def _tree(self, number: int) -> Path:
        return self.path / RELEASES / str(number)

    def _put_files(self, shipment: Shipment, thorough: bool) -> None:
        folder = self.path / FILES
        self.disk.make_folder(folder)
        present = sizes_in(folder)
        wanted = {ref.sha256: ref.size for ref in shipment.files.values()}
        missing = {sha for sha, size in wanted.items() if present.get(sha) != size}
        if thorough:
            missing.update(sha for sha in wanted if digest_of_file(folder / sha) != sha)
        put_bodies(self.disk, folder, sorted(missing), shipment.body)

    def _lay_out(self, shipment: Shipment, *, live: bool) -> None:
        """The browsable tree; that of the live release is mended file by file, any other is built aside."""
        final = self._tree(shipment.number)
        if live and final.is_dir():
            self._mend(shipment, final)
        elif digest_of_file(final / MANIFEST) != shipment.manifest.sha256:
            partial = final.with_name(f"{_PARTIAL}{final.name}")
            self._clear(partial)
            self._link_tree(shipment, partial)
            self._clear(final)
            self.disk.rename(partial, final)
            self.disk.settle_folder(final.parent)

    def _link_tree(self, shipment: Shipment, tree: Path) -> None:
        folders = [tree / folder for folder in sorted({path.rpartition("/")[0] for path in shipment.files})]
        for folder in folders:
            self.disk.make_folder(folder)
        # Plain text: joining 20,000 Path objects costs more than linking the files.
        contents = str(self.path / FILES)
        for path, ref in shipment.files.items():
            self.disk.link(f"{contents}/{ref.sha256}", f"{tree}/{path}")
        for folder in folders:
            self.disk.settle_folder(folder)

    def _mend(self, shipment: Shipment, tree: Path) -> None:
        for path, ref in shipment.files.items():
            if digest_of_file(tree / path) == ref.sha256:
                continue
            spare = (tree / path).with_name(f".{ref.sha256}.new")
            self.disk.make_folder(spare.parent)
            self.disk.remove(spare)
            self.disk.link(str(self.path / FILES / ref.sha256), str(spare))
            self.disk.rename(spare, tree / path)

    def _clear(self, tree: Path) -> None:
        """Take a tree's name away in one instant, then its files."""
        gone = tree.with_name(f"{_GONE}{tree.name}")
        if gone.exists():
            self.disk.remove_tree(gone)
        if tree.exists():
            self.disk.rename(tree, gone)
            self.disk.remove_tree(gone)

    def verify(self, manifests: Mapping[int, str]) -> list[Problem]:
        """Every release kept there, by content; a file with many names is looked into once."""
        with self._reachable():
            return list(drift_of_target(self.name, self.path, manifests))

    def drift(self, shipment: Shipment) -> list[Problem]:
        """By the pointer, and by the names and sizes of the live release's files."""
        with self._reachable():
            return list(drift_seen(self.name, self.path, shipment))

    def body(self, sha256: str) -> bytes | None:
        """A content it holds, checked."""
        try:
            found = (self.path / FILES / sha256).read_bytes()
        except OSError:
            return None
        return found if hashlib.sha256(found).hexdigest() == sha256 else None

    def prune(self, keep: int, history: History) -> tuple[int, ...]:
        """Trees first, then the contents only they needed."""
        with self._reachable(), hold(self.path / _LOCK):
            if pointer_or_none(self.path) != history.live:
                return ()
            numbers = numbers_in(self.path)
            gone = tuple(too_old(numbers, history.live.release, keep))
            for number in gone:
                self._clear(self._tree(number))
            self._sweep([number for number in numbers if number not in gone], history)
            return gone

    def _sweep(self, kept: Sequence[int], history: History) -> None:
        for left in sorted((self.path / RELEASES).glob(".*")):
            self.disk.remove_tree(left)
        if history.has({number: size_of(self._tree(number) / MANIFEST) for number in kept}):
            for name in sorted(names_in(self.path / FILES) - history.needed(min(kept))):
                self.disk.remove(self.path / FILES / name)


def numbers_in(folder: Path) -> list[int]:
    """The releases laid out in a target directory, oldest first."""
    return sorted(int(name) for name in names_in(folder / RELEASES) if name.isascii() and name.isdigit())


def put_bodies(disk: Disk, folder: Path, digests: Iterable[str], body: Callable[[str], bytes]) -> None:
    """Write contents under their digests: all aside, settled together, then named, and the names settled."""
    spares = {sha: folder / f".{sha}.new" for sha in digests}
    for sha, spare in spares.items():
        disk.write(spare, body(sha))
    disk.settle(list(spares.values()))
    for sha, spare in spares.items():
        disk.rename(spare, folder / sha)
    if spares:
        disk.settle_folder(folder)
