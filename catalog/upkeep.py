"""Looking after what was published: say what drifted, mend it, forget what is old."""

from __future__ import annotations

from catalog.publish import Outcome, Place, at_work, deliver_current, shipment
from catalog.release.read import CURRENT, FILES, Pointer
from catalog.store import ReleaseInfo
from catalog.targets import Problem, Target, put_bodies
from catalog.targets.drift import digest_of_file, names_in
from schemas.errors import TargetUnavailable

_KEEP_AT_LEAST = 2


def verify(place: Place) -> list[Problem]:
    """Every file of every target against its manifest and the store, and the home's own copies. Changes nothing."""
    history = place.store.releases.list()
    manifests = {release.number: release.manifest.sha256 for release in history}
    problems = [problem for target in place.targets for problem in target.verify(manifests)]
    if history:
        problems += [p for target in place.targets for p in _behind(target, history[0])]
        problems += _home_drift(place, history[0])
    return problems


def _behind(target: Target, newest: ReleaseInfo) -> list[Problem]:
    try:
        shown = target.current()
    except TargetUnavailable:
        return []  # its own verify says so
    current = shown == Pointer(newest.number, newest.manifest.sha256)
    return [] if current or shown is None else [Problem(target.name, "not_current", CURRENT, newest.number)]


def _home_drift(place: Place, newest: ReleaseInfo) -> list[Problem]:
    problems = []
    for sha in sorted(shipment(place, newest).digests):
        found = digest_of_file(place.files / sha)
        if found != sha:
            problems.append(Problem("home", "missing" if found is None else "altered", f"{FILES}/{sha}"))
    return problems


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
        gone = {number for target in place.targets for number in target.prune(keep)}
        kept = place.store.releases.list()[: max(keep, _KEEP_AT_LEAST)]
        needed = {sha for release in kept for sha in shipment(place, release).digests}
        for name in sorted(names_in(place.files) - needed):
            place.disk.remove(place.files / name)
        return tuple(sorted(gone))
