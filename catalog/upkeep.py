"""Looking after what was published: say what drifted, mend it, forget what is old."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

from catalog.disk import hold
from catalog.preview import FILES_LOCK, PREVIEWS, folder_of
from catalog.publish import Outcome, Place, at_work, deliver_current, shipment
from catalog.release.read import CURRENT, FILES, Pointer
from catalog.store import ReleaseInfo
from catalog.targets import History, Problem, Shipment, Target, put_bodies
from catalog.targets.drift import digest_of_file, names_in
from schemas.errors import CannotRun, LockHeld, TargetUnavailable

_KEEP_AT_LEAST = 2
_UPLOADS_AT_LEAST = 50
"""So many newest uploads keep what was read of them: the desk looks through partial ones for those that wait."""


def verify(place: Place, keep: int) -> list[Problem]:
    """Every file of every target against its manifest and the store, and the home's own copies. Changes nothing.

    keep: how many releases the home keeps, as `prune` was told; what was previewed is looked into as well.
    """
    history = place.store.releases.list()
    manifests = {release.number: release.manifest.sha256 for release in history}
    problems = [problem for target in place.targets for problem in _verified(target, manifests)]
    if history:
        problems += [p for target in place.targets for p in _behind(target, history[0])]
        problems += _home_drift(place, history, keep)
    return problems


def _verified(target: Target, manifests: Mapping[int, str]) -> list[Problem]:
    try:
        return target.verify(manifests)
    except CannotRun:
        return [Problem(target.name, "unreachable", CURRENT)]


def drift(place: Place) -> list[Problem]:
    """A quick look at every target: what differs from the live release by pointer, names and sizes. Changes nothing.

    Here and in `verify`, a target that cannot be asked is said to be `unreachable`.
    """
    current = place.store.releases.current()
    if current is None:
        return []
    wanted = shipment(place, current)
    return [problem for target in place.targets for problem in _seen(target, wanted)]


def _seen(target: Target, wanted: Shipment) -> list[Problem]:
    try:
        return target.drift(wanted)
    except CannotRun:
        return [Problem(target.name, "unreachable", CURRENT)]


def _behind(target: Target, newest: ReleaseInfo) -> list[Problem]:
    try:
        shown = target.current()
    except TargetUnavailable:
        return []  # its own verify says so
    current = shown == Pointer(newest.number, newest.manifest.sha256)
    return [] if current or shown is None else [Problem(target.name, "not_current", CURRENT, newest.number)]


def _home_drift(place: Place, history: Sequence[ReleaseInfo], keep: int) -> list[Problem]:
    problems = []
    for sha in sorted(_needed(place, _oldest_there(place, history[: max(keep, _KEEP_AT_LEAST)]))):
        found = digest_of_file(place.files / sha)
        if found != sha:
            problems.append(Problem("home", "missing" if found is None else "altered", f"{FILES}/{sha}"))
    return problems


def _oldest_there(place: Place, kept: Sequence[ReleaseInfo]) -> int:
    """The oldest of these that the home ever kept: fewer are there where the setting was raised since."""
    there = names_in(place.files)
    return min(release.number for release in kept if release is kept[0] or release.manifest.sha256 in there)


def _needed(place: Place, oldest: int) -> frozenset[str]:
    """Every content of the releases from a number on, of the previews kept, and the logos uploads brought."""
    store = place.store
    return store.releases.digests(oldest) | store.previews.digests() | store.uploads.logos()


def mend(place: Place) -> Outcome:
    """Look into every file of the live release, in the home and in the targets, and replace what drifted.

    What the home lost is taken from a target that still has it, and the other way round; what neither has is in the
    outcome as that target's fault.
    """
    with at_work(place):
        current = place.store.releases.current()
        if current:
            _mend_home(place, current)
        return Outcome(current, False, deliver_current(place, thorough=True))


def _mend_home(place: Place, current: ReleaseInfo) -> None:
    place.disk.make_folder(place.files)
    lost = [sha for sha in shipment(place, current).digests if digest_of_file(place.files / sha) != sha]
    found = {sha: body for sha in lost for body in [_from_targets(place, sha)] if body is not None}
    put_bodies(place.disk, place.files, sorted(found), found.__getitem__)


def _from_targets(place: Place, sha: str) -> bytes | None:
    return next((body for target in place.targets if (body := target.body(sha)) is not None), None)


def prune(place: Place, keep: int) -> tuple[int, ...]:
    """Forget all but the newest `keep` releases (never fewer than two) in targets and home; the numbers forgotten.

    The store remembers every release; only those kept can be rolled back to.
    """
    with at_work(place):
        history = _history(place)
        gone = {number for target in place.targets for number in _pruned(target, keep, history)} if history else ()
        _forget_staged(place, keep)
        return tuple(sorted(gone))


def prune_behind(place: Place, keep: int) -> None:
    """`prune` after a publication of one's own; not where another has begun since, which forgets what is old itself."""
    with contextlib.suppress(LockHeld):
        prune(place, keep)


def forget_staged(place: Place, keep: int) -> None:
    """Forget old previews and what was read of old uploads, by upload. Targets are not asked."""
    with at_work(place):
        _forget_staged(place, keep)


def _forget_staged(place: Place, keep: int) -> None:
    with hold(place.home / FILES_LOCK, wait=True):
        place.store.previews.forget(keep)
        place.store.uploads.forget(max(keep, _UPLOADS_AT_LEAST))
        place.store.looks.forget()
        _sweep(place, keep)


def _history(place: Place) -> History | None:
    """Of the releases the home keeps; of any other the store may have forgotten which files it needs."""
    releases, there = place.store.releases.list(), names_in(place.files)
    if not releases:
        return None
    live = Pointer(releases[0].number, releases[0].manifest.sha256)
    sizes = {one.number: one.manifest.size for one in releases if one.manifest.sha256 in there}
    return History(live, sizes, place.store.releases.digests)


def _pruned(target: Target, keep: int, history: History) -> tuple[int, ...]:
    """A target that is out of reach just now is pruned by a later run."""
    try:
        return target.prune(keep, history)
    except CannotRun:
        return ()


def _sweep(place: Place, keep: int) -> None:
    """Contents that neither a release nor a preview needs, and the sites laid out of previews forgotten."""
    current = place.store.releases.current()
    newest = current.number if current else 0
    oldest = newest - max(keep, _KEEP_AT_LEAST) + 1
    gone = names_in(place.files) - _needed(place, oldest)
    manifests = [one.manifest.sha256 for one in reversed(place.store.releases.list()) if one.manifest.sha256 in gone]
    # Manifests first, the oldest before the others: from one that is there on, all is taken to be there.
    for name in (*manifests, *sorted(gone.difference(manifests))):
        place.disk.remove(place.files / name)
    place.store.releases.forget_files(oldest)  # last: their manifests, now gone, say that they are not whole
    laid_out = {folder_of(place, upload, plan).name for upload, plan in place.store.previews.names()}
    for name in sorted(names_in(place.home / PREVIEWS) - laid_out):
        place.disk.remove_tree(place.home / PREVIEWS / name)
