"""From approved to live: mint the next release in one transaction, then deliver it; a crash between is made good later.

Contents are kept under `<home>/files/<sha256>`, apart from every target, so that a rollback works and a damaged target
can be mended. One publisher at a time holds `<home>/publish.lock`.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from catalog.brand import BrandRecord
from catalog.disk import Disk, hold
from catalog.reasons import in_spanish
from catalog.release.build import Approval, Draft, manifest_bytes
from catalog.release.read import FILES, MANIFEST, FileRef, Pointer
from catalog.stale import stale_plan
from catalog.store import Decision, Kind, ReleaseInfo, Store
from catalog.targets import Shipment, Target, put_bodies
from catalog.targets.drift import sizes_in
from schemas.errors import CannotRun, Refused, TargetUnavailable

_LOCK = "publish.lock"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the publisher works: the store, its home folder, the targets it serves."""

    store: Store
    home: Path
    targets: Sequence[Target]
    disk: Disk = field(default_factory=Disk, repr=False)

    @property
    def files(self) -> Path:
        """The home's own copy of every content."""
        return self.home / FILES


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to publish and on whose word. base: the release number the draft was built on (None: the first).

    approvals: the decisions that let a `publish` through; a rollback or withdrawal is a decision of its own, which is
    recorded with its release (`products`: the codes withdrawn), as are the codes whose dates began or ended (`due`).
    seen: how many decisions about the upload there were when the order was drawn up (None: they do not matter);
    begun: codes of waiting rows whose day has come.
    """

    draft: Draft
    base: int | None
    requirements: str
    by: str
    kind: Kind = "publish"
    upload: int | None = None
    plan: str | None = None
    approvals: Sequence[Decision] = ()
    restores: int | None = None
    products: tuple[str, ...] = ()
    comment: str | None = None
    brand: BrandRecord | None = None
    seen: int | None = None
    begun: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivered:
    """How one target fared: `fault` is None where the release is live."""

    target: str
    fault: CannotRun | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """release: what is live by the store (None: nothing yet); minted: was it made by this call; one line a target."""

    release: ReleaseInfo | None
    minted: bool
    deliveries: tuple[Delivered, ...]


def publish(place: Place, order: Order) -> Outcome:
    """Mint release n+1 from a draft and deliver it; content equal to what is live mints nothing.

    Whatever is still owed to a target is delivered in any case. StalePlan: another release came between. LockHeld:
    another publisher is at work. CannotRun: the home's disk. A target's own trouble is in the outcome, not raised.
    """
    with at_work(place):
        minted = _mint(place, order)
        return Outcome(place.store.releases.current(), minted, deliver_current(place))


def deliver(place: Place) -> Outcome:
    """Deliver what is owed: what an interrupted run left, or a target that was out of reach or is new."""
    with at_work(place):
        return Outcome(place.store.releases.current(), False, deliver_current(place))


@contextlib.contextmanager
def at_work(place: Place) -> Iterator[None]:
    """Hold the publisher's lock; trouble with the home's own files becomes a sentence."""
    with in_a_sentence(), hold(place.home / _LOCK):
        yield


@contextlib.contextmanager
def in_a_sentence() -> Iterator[None]:
    """Trouble with the home's own files (a full disk, a folder that is shut) as CannotRun."""
    try:
        yield
    except OSError as fault:
        raise CannotRun(
            f"The folder of the catalogue could not be used: {fault.strerror}. What was live still is.",
            es=f"No se pudo usar la carpeta del catálogo: {in_spanish(fault.strerror)}. Lo publicado sigue igual.",
        ) from None


def _mint(place: Place, order: Order) -> bool:
    """Contents first, then the store: a crash before the commit leaves spare files and nothing else."""
    releases = place.store.releases
    current = releases.current()
    if current and current.number != order.base:
        raise stale_plan(order.base, current.number, current.at, current.by, place.store.database.now())
    if current and current.content == order.draft.content:
        place.store.schedule.settle(order.begun, release=current.number)
        return False
    number = (current.number if current else 0) + 1
    moment = place.store.database.now()
    decision = _decision(order, number, moment)
    manifest = _manifest(order, number, decision)
    ref = FileRef(hashlib.sha256(manifest).hexdigest(), len(manifest))
    keep(place, {**order.draft.bodies, ref.sha256: manifest})
    releases.mint(
        _release(order, number, ref, moment),
        entries=order.draft.entries,
        files=order.draft.files,
        keys=order.draft.keys,
        targets=[target.name for target in place.targets],
        decision=decision,
        begun=order.begun,
        seen=order.seen,
    )
    return True


def _decision(order: Order, number: int, moment: datetime) -> Decision | None:
    """A rollback or withdrawal is a decision; a publication rests on decisions taken before."""
    if order.kind == "publish":
        return None
    return Decision(
        action=order.kind,
        by=order.by,
        at=moment,
        release=number,
        products=order.products,
        comment=order.comment,
    )


def _manifest(order: Order, number: int, decision: Decision | None) -> bytes:
    said = (*order.approvals, decision) if decision else order.approvals
    return manifest_bytes(
        order.draft,
        number=number,
        base=order.base,
        kind=order.kind,
        requirements=order.requirements,
        approvals=[Approval(d.action, d.by, d.at.isoformat(), d.plan, d.comment) for d in said],
    )


def _release(order: Order, number: int, manifest: FileRef, moment: datetime) -> ReleaseInfo:
    return ReleaseInfo(
        number=number,
        kind=order.kind,
        base=order.base,
        content=order.draft.content,
        manifest=manifest,
        requirements=order.requirements,
        by=order.by,
        at=moment,
        upload=order.upload,
        plan=order.plan,
        restores=order.restores,
        brand=order.brand,
    )


def keep(place: Place, bodies: Mapping[str, bytes]) -> None:
    """Put contents into the home's own files, unless they lie there in full size."""
    place.disk.make_folder(place.files)
    present = sizes_in(place.files)
    missing = [sha for sha, body in bodies.items() if present.get(sha) != len(body)]
    put_bodies(place.disk, place.files, missing, bodies.__getitem__)


def deliver_current(place: Place, *, thorough: bool = False) -> tuple[Delivered, ...]:
    """Bring every target to the newest release, under the publisher's lock; a target in trouble stops no other."""
    current = place.store.releases.current()
    if current is None:
        return ()
    states = {d.target: d.state for d in place.store.releases.deliveries(current.number)}
    return tuple(_deliver_to(place, target, current, states.get(target.name), thorough) for target in place.targets)


def _deliver_to(place: Place, target: Target, current: ReleaseInfo, state: str | None, thorough: bool) -> Delivered:
    releases = place.store.releases
    try:
        if thorough or _shown(target) != Pointer(current.number, current.manifest.sha256):
            target.deliver(shipment(place, current), thorough=thorough)
    except CannotRun as fault:
        releases.set_delivery(current.number, target.name, "failed", str(fault))
        return Delivered(target.name, fault)
    if state != "delivered":
        releases.set_delivery(current.number, target.name, "delivered")
    return Delivered(target.name)


def _shown(target: Target) -> Pointer | None:
    """What the target shows; a pointer that cannot be understood shows nothing, and delivery writes it anew."""
    with contextlib.suppress(TargetUnavailable):
        return target.current()
    return None


def shipment(place: Place, release: ReleaseInfo) -> Shipment:
    """A release of the store, ready for a target."""
    files = {**place.store.releases.files(release.number), MANIFEST: release.manifest}
    earlier = frozenset(r.manifest.sha256 for r in place.store.releases.list() if r.number < release.number)
    return Shipment(release.number, release.manifest, files, lambda sha: body(place, sha), earlier)


def body(place: Place, sha256: str) -> bytes:
    """A content from the home's own files, checked; TargetUnavailable where it is gone or damaged."""
    with contextlib.suppress(OSError):
        found = (place.files / sha256).read_bytes()
        if hashlib.sha256(found).hexdigest() == sha256:
            return found
    raise TargetUnavailable(
        "A file of the release is missing or damaged in the catalogue's own folder, so nothing was delivered; "
        "«vitrina releases --verify» says which.",
        es="Un archivo de la versión falta o está dañado en la carpeta del catálogo, por eso no se entregó nada; "
        "«vitrina releases --verify» dice cuál.",
    )


def refuse_forgotten(place: Place, wanted: ReleaseInfo, files: Mapping[str, FileRef]) -> None:
    """Refused: the home no longer keeps the contents of that release ([releases] keep)."""
    present = sizes_in(place.files)
    if any(present.get(ref.sha256) != ref.size for ref in (wanted.manifest, *files.values())):
        raise Refused(
            f"The contents of release {wanted.number} are no longer kept ([releases] keep); choose a newer one.",
            es=f"Los contenidos de la versión {wanted.number} ya no se guardan ([releases] keep); elija una más nueva.",
        )
