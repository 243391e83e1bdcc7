"""A bucket as target: contents under their digests, a manifest a release, one pointer, written in that order.

    files/<sha256>                 every content once, put before anything names it
    releases/<n>/manifest.json     what release n shows
    current.json                   put last: until then the previous release is current and whole

An object is there whole or not at all, and is read as it was last put: that is all we ask of the server. A put whose
answer is lost is put again, the same bytes under the same name. There is no tree to browse, as in a directory.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from catalog.release.build import pointer_bytes
from catalog.release.read import CURRENT, FILES, MANIFEST, RELEASES, FileRef, Pointer, parse_pointer
from catalog.targets.bucket import Address, Keys, Patience, in_sentences, open_bucket
from catalog.targets.drift import content_drift, pointer_drift
from catalog.targets.target import History, Problem, Shipment, refuse_stranger, too_old
from schemas.errors import TargetUnavailable

if TYPE_CHECKING:
    from obstore import PutMode
    from obstore.store import S3Store

T = TypeVar("T")

_LANES = 16
"""Requests under way at once: at 20 ms each, 20,000 files take 25 s instead of 7 minutes."""
_AT_ONCE = 1_000
"""Names in one request to delete (the protocol's own limit)."""


@dataclass(frozen=True, slots=True)
class _Object:
    """One object as a listing shows it. tag: what the server keeps of its content, often its MD5."""

    size: int
    tag: str


# No slots: cached_property keeps the opened bucket in the instance.
@dataclass(frozen=True)
class BucketTarget:
    """A bucket, or a folder in one. See `Target` for what each method promises."""

    name: str
    address: Address
    keys: Keys = field(default_factory=Keys, repr=False)
    patience: Patience = field(default_factory=Patience)

    @cached_property
    def _bucket(self) -> S3Store:
        return open_bucket(self.address, self.keys, self.patience)

    def current(self) -> Pointer | None:
        """What `current.json` names."""
        said = self._get(CURRENT)
        return None if said is None else parse_pointer(said)

    def deliver(self, shipment: Shipment, *, thorough: bool = False) -> None:
        """Running it again after a failure at any point puts what is missing and nothing else.

        A bucket has no lock. Of two publishers the first to put the manifest of a number has it, and the pointer moves
        only from what we saw: the other is refused, and nothing of either is torn.
        """
        shown, mark = self._look()
        if shown == shipment.pointer and not thorough:
            return
        self._refuse_strangers(shipment, shown)
        self._each(self._put_content(shipment), sorted(self._missing(shipment, thorough)))
        manifest, body = self._manifest(shipment.number), shipment.body(shipment.manifest.sha256)
        pointer = pointer_bytes(shipment.number, shipment.manifest.sha256)
        if self._look()[0] != shown:  # somebody came while we put: leave nothing under a number of theirs
            refuse_stranger(self.name, shipment.number)
        if shown == shipment.pointer:
            self._put(manifest, body)
        elif not self._put_over(manifest, body, None):
            refuse_stranger(self.name, shipment.number)
        if not self._put_over(CURRENT, pointer, mark, fresh=True):
            refuse_stranger(self.name, shipment.number)

    def _look(self) -> tuple[Pointer | None, str | None]:
        """What is live there, and the tag of the pointer: one nobody can read has a tag and shows nothing."""
        said = self._got(CURRENT)
        if said is None:
            return None, None
        with contextlib.suppress(TargetUnavailable):
            return parse_pointer(said[0]), said[1]
        return None, said[1]

    def _refuse_strangers(self, shipment: Shipment, shown: Pointer | None) -> None:
        if shown is not None:
            strange = shown != shipment.pointer and shown.manifest not in shipment.earlier
        else:
            there = self._get(self._manifest(shipment.number))
            strange = there is not None and _digest(there) != shipment.manifest.sha256
        if strange:
            refuse_stranger(self.name, shown.release if shown else shipment.number)

    def _missing(self, shipment: Shipment, thorough: bool) -> set[str]:
        there = {sha: one.size for sha, one in self._contents().items()}
        wanted = {ref.sha256: ref.size for ref in shipment.files.values()}
        missing = {sha for sha, size in wanted.items() if there.get(sha) != size}
        return missing | (self._altered(wanted.keys() - missing) if thorough else set())

    def _altered(self, digests: Collection[str]) -> set[str]:
        """Contents that do not match their digest, each looked into."""
        ordered = sorted(digests)
        found = self._each(self._content, ordered)
        return {sha for sha, body in zip(ordered, found, strict=True) if body is None}

    def _put_content(self, shipment: Shipment) -> Callable[[str], None]:
        return lambda sha: self._put(f"{FILES}/{sha}", shipment.body(sha))

    def verify(self, manifests: Mapping[int, str]) -> list[Problem]:
        """Every release kept there, by content: each object is fetched once."""
        contents = self._contents()
        altered = self._altered(contents.keys())
        problems = [Problem(self.name, "altered", f"{FILES}/{sha}") for sha in sorted(altered)]
        shown, mark = self._look()
        if shown is None:
            problems.append(Problem(self.name, "altered" if mark else "missing", CURRENT))
        numbers = {*self._manifests(), *((shown.release,) if shown else ())}
        pointed = {shown.release: shown.manifest} if shown else {}
        for number in sorted(numbers):
            problems += self._release_drift(number, {**pointed, **manifests}.get(number), contents)
        return problems

    def _release_drift(self, number: int, digest: str | None, contents: Mapping[str, _Object]) -> Iterator[Problem]:
        body = self._get(self._manifest(number))
        said = None if body is None else _files_said(body)
        if body is None or said is None or digest not in (None, _digest(body)):
            yield Problem(self.name, "missing" if body is None else "altered", MANIFEST, number)
        for ref in (said or {}).values():
            if ref.sha256 not in contents:
                yield Problem(self.name, "missing", f"{FILES}/{ref.sha256}")

    def drift(self, shipment: Shipment) -> list[Problem]:
        """By the pointer and one listing: names, sizes, and the server's own tags where they are digests."""
        (shown, mark), contents = self._look(), self._contents()
        problems = [*pointer_drift(self.name, shown, shipment.pointer, there=mark is not None)]
        problems += content_drift(self.name, shipment, {sha: one.size for sha, one in contents.items()})
        told = {problem.path for problem in problems}
        retagged = (f"{FILES}/{sha}" for sha in _retagged(shipment, contents))
        return [*problems, *(Problem(self.name, "altered", path) for path in retagged if path not in told)]

    def body(self, sha256: str) -> bytes | None:
        """A content it holds, checked; None too where it cannot be asked."""
        with contextlib.suppress(TargetUnavailable):
            return self._content(sha256)
        return None

    def _content(self, sha256: str) -> bytes | None:
        found = self._get(f"{FILES}/{sha256}")
        return found if found is not None and _digest(found) == sha256 else None

    def prune(self, keep: int, history: History) -> tuple[int, ...]:
        """Manifests first, then what only they needed."""
        if self._look()[0] != history.live:
            return ()
        sizes = self._manifests()
        gone = tuple(too_old(sizes, history.live.release, keep))
        self._delete(self._manifest(number) for number in gone)
        kept = {number: size for number, size in sizes.items() if number not in gone}
        if history.has(kept):
            needed = history.needed(min(kept))
            self._delete(f"{FILES}/{sha}" for sha in sorted(self._contents().keys() - needed))
        return gone

    def _manifest(self, number: int) -> str:
        return f"{RELEASES}/{number}/{MANIFEST}"

    def _manifests(self) -> dict[int, int]:
        """Release -> bytes of the manifest it has there."""
        found = ((path.split("/"), one.size) for path, one in self._list(RELEASES).items())
        return {
            int(parts[1]): size
            for parts, size in found
            if parts[2:] == [MANIFEST] and parts[1].isdecimal() and parts[1].isascii()
        }

    def _contents(self) -> dict[str, _Object]:
        return {path.removeprefix(f"{FILES}/"): one for path, one in self._list(FILES).items()}

    def _list(self, folder: str) -> dict[str, _Object]:
        with self._asked() as bucket:
            import obstore

            found = [meta for page in obstore.list(bucket, f"{folder}/") for meta in page]
        return {meta["path"]: _Object(meta["size"], (meta["e_tag"] or "").strip('"')) for meta in found}

    def _get(self, path: str) -> bytes | None:
        said = self._got(path)
        return None if said is None else said[0]

    def _got(self, path: str) -> tuple[bytes, str] | None:
        """An object and its tag."""
        with self._asked() as bucket:
            import obstore

            try:
                found = obstore.get(bucket, path)
                return bytes(found.bytes()), found.meta["e_tag"] or ""
            except FileNotFoundError:
                return None

    def _put(self, path: str, body: bytes, *, fresh: bool = False, mode: PutMode | None = None) -> None:
        """fresh: whoever passes it on should ask again each time, for it changes; mode: on which condition."""
        about = {"Content-Type": "application/json", "Cache-Control": "no-cache"} if fresh else None
        with self._asked() as bucket:
            import obstore

            obstore.put(bucket, path, body, attributes=about, mode=mode, use_multipart=False)

    def _put_over(self, path: str, body: bytes, mark: str | None, *, fresh: bool = False) -> bool:
        """Put it over what has this tag (None: where nothing is); whether it is ours that lies there then.

        The library asks but once where a condition is set, so what came of it is looked at before asking again. A
        server that knows no conditions (or gives no tags) is given none: there, two publishers are told apart by that
        look alone.
        """
        mode: PutMode | None = "create" if mark is None else {"e_tag": mark} if mark else None
        for left in reversed(range(self.patience.tries + 1)):
            try:
                self._put(path, body, fresh=fresh, mode=mode)
                return True
            except TargetUnavailable as fault:
                there = self._got(path)
                if (there and there[0]) == body or (there and there[1]) != mark:
                    return there is not None and there[0] == body
                mode = None if "NotImplemented" in str(fault.__context__) else mode
                if not left:
                    raise
        return False  # not reached: there is at least one try

    def _delete(self, paths: Iterable[str]) -> None:
        listed = list(paths)
        with self._asked() as bucket:
            import obstore

            for start in range(0, len(listed), _AT_ONCE):
                obstore.delete(bucket, listed[start : start + _AT_ONCE])

    @contextlib.contextmanager
    def _asked(self) -> Iterator[S3Store]:
        """The bucket, opened, which says so where the extra is not installed; its trouble becomes a sentence."""
        bucket = self._bucket
        with in_sentences(self.name):
            yield bucket

    def _each(self, work: Callable[[str], T], items: list[str]) -> list[T]:
        """The work on every item, several at once; the first trouble stops what has not begun."""
        with ThreadPoolExecutor(_LANES) as lanes:
            under_way = [lanes.submit(work, item) for item in items]
            try:
                return [one.result() for one in under_way]
            except BaseException:
                lanes.shutdown(wait=False, cancel_futures=True)
                raise


def _retagged(shipment: Shipment, there: Mapping[str, _Object]) -> Iterator[str]:
    """Contents whose tag is not their MD5; none where the server's tags are something else altogether."""
    tags = {sha: there[sha].tag for sha in shipment.digests & there.keys()}
    differ = [sha for sha, tag in tags.items() if tag != _md5(shipment, sha, tag)]
    if len(differ) < len(tags):
        yield from sorted(differ)


def _md5(shipment: Shipment, sha: str, otherwise: str) -> str:
    """The MD5 of a content; `otherwise` where the home has lost it, which `verify` tells."""
    with contextlib.suppress(TargetUnavailable):
        return hashlib.md5(shipment.body(sha), usedforsecurity=False).hexdigest()
    return otherwise


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _files_said(manifest: bytes) -> dict[str, FileRef] | None:
    """Path -> file as a manifest says; None where it cannot be read."""
    try:
        return {path: FileRef(**ref) for path, ref in json.loads(manifest)["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
