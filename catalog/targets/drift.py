"""Looking into a target directory: what lies there, and what drifted from what was published. Changes nothing."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from catalog.release.read import CURRENT, FILES, MANIFEST, RELEASES, FileRef, Pointer, read_pointer
from catalog.targets.target import Problem, Shipment
from schemas.errors import TargetUnavailable

Seen = dict[tuple[int, int], str]
"""(device, inode) -> digest: hard links are hashed once."""


def pointer_or_none(folder: Path) -> Pointer | None:
    """What a target shows; None too where its pointer cannot be understood."""
    with contextlib.suppress(TargetUnavailable):
        return read_pointer(folder)
    return None


def names_in(folder: Path) -> set[str]:
    """The names in a folder; none where it is not there."""
    try:
        return set(os.listdir(folder))  # noqa: PTH208 - names only, of folders with tens of thousands of files
    except (FileNotFoundError, NotADirectoryError):
        return set()


def sizes_in(folder: Path) -> dict[str, int]:
    """Name -> size of the files in a folder; not of one that goes while we look (a draft that gets its name)."""
    sizes = {}
    with os.scandir(folder) as found:
        for item in found:
            with contextlib.suppress(FileNotFoundError):
                if item.is_file():
                    sizes[item.name] = item.stat(follow_symlinks=False).st_size
    return sizes


def size_of(path: Path) -> int | None:
    """Bytes of a file; None where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return None


def digest_of_file(path: Path) -> str | None:
    """SHA-256 in hex; None where there is no file to read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def files_in(manifest: Path) -> dict[str, FileRef] | None:
    """Path -> file as a manifest says, itself included; None where it cannot be read."""
    try:
        body = manifest.read_bytes()
        said = {path: FileRef(**ref) for path, ref in json.loads(body)["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return {**said, MANIFEST: FileRef(hashlib.sha256(body).hexdigest(), len(body))}


def drift_of_target(name: str, folder: Path, manifests: Mapping[int, str]) -> Iterator[Problem]:
    """Everything missing, altered or extra in a target directory; manifests: number -> digest, as published."""
    shown = pointer_or_none(folder)
    if shown is None:
        yield Problem(name, "altered" if (folder / CURRENT).exists() else "missing", CURRENT)
    seen: Seen = {}
    for sha in sorted(names_in(folder / FILES)):
        # A name with a dot in front is the spare of a delivery that was cut short: harmless, swept by prune.
        if not sha.startswith(".") and _digest_once(folder / FILES / sha, seen) != sha:
            yield Problem(name, "altered", f"{FILES}/{sha}")
    numbers = {int(n) for n in names_in(folder / RELEASES) if n.isascii() and n.isdigit()}
    for number in sorted(numbers | ({shown.release} if shown else set())):
        pointed = shown.manifest if shown and shown.release == number else None
        manifest = manifests.get(number, pointed)
        yield from _drift_of_release(name, folder, number, manifest, seen)


def drift_seen(name: str, folder: Path, shipment: Shipment) -> Iterator[Problem]:
    """What a look at names and sizes tells of the live release; no content is read."""
    shown = pointer_or_none(folder)
    yield from pointer_drift(name, shown, shipment.pointer, there=(folder / CURRENT).exists())
    present = sizes_in(folder / FILES) if (folder / FILES).is_dir() else {}
    yield from content_drift(name, shipment, present)
    tree = folder / RELEASES / str(shipment.number)
    for path, ref in shipment.files.items():
        size = size_of(tree / path)
        if size != ref.size:
            yield Problem(name, "missing" if size is None else "altered", path, shipment.number)


def pointer_drift(name: str, shown: Pointer | None, wanted: Pointer, *, there: bool) -> Iterator[Problem]:
    """A target that shows nothing, something nobody can read (`there`), or another release."""
    if shown is None:
        yield Problem(name, "altered" if there else "missing", CURRENT)
    elif shown != wanted:
        yield Problem(name, "not_current", CURRENT, wanted.release)


def content_drift(name: str, shipment: Shipment, present: Mapping[str, int]) -> Iterator[Problem]:
    """Contents of the live release that are not there, or not in their size."""
    for sha, size in sorted({ref.sha256: ref.size for ref in shipment.files.values()}.items()):
        if present.get(sha) != size:
            yield Problem(name, "altered" if sha in present else "missing", f"{FILES}/{sha}")


def _drift_of_release(name: str, folder: Path, number: int, manifest: str | None, seen: Seen) -> Iterator[Problem]:
    tree = folder / RELEASES / str(number)
    said = files_in(tree / MANIFEST)
    if said is None:
        yield Problem(name, "altered" if (tree / MANIFEST).exists() else "missing", MANIFEST, number)
        return
    if manifest and said[MANIFEST].sha256 != manifest:
        yield Problem(name, "altered", MANIFEST, number)
        said[MANIFEST] = FileRef(manifest, 0)
    yield from _drift_of_files(name, tree, number, {p: ref for p, ref in said.items() if p != MANIFEST}, seen)
    for ref in said.values():
        if not (folder / FILES / ref.sha256).is_file():
            yield Problem(name, "missing", f"{FILES}/{ref.sha256}")
    for extra in sorted(_paths_below(tree) - said.keys()):
        yield Problem(name, "extra", extra, number)


def _drift_of_files(name: str, tree: Path, number: int, said: Mapping[str, FileRef], seen: Seen) -> Iterator[Problem]:
    for path, ref in sorted(said.items()):
        found = _digest_once(tree / path, seen)
        if found != ref.sha256:
            yield Problem(name, "missing" if found is None else "altered", path, number)


def _digest_once(path: Path, seen: Seen) -> str | None:
    try:
        about = path.stat()
    except OSError:
        return None
    known = (about.st_dev, about.st_ino)
    if known not in seen:
        seen[known] = digest_of_file(path) or ""
    return seen[known]


def _paths_below(tree: Path) -> set[str]:
    return {str((Path(folder) / name).relative_to(tree)) for folder, _, names in os.walk(tree) for name in names}
