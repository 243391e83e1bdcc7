"""What every target promises."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NoReturn, Protocol

from catalog.release.read import FileRef, Pointer
from schemas.errors import TargetUnavailable

_KEEP_AT_LEAST = 2


@dataclass(frozen=True, slots=True)
class Shipment:
    """A minted release on its way.

    files: path -> file, the manifest among them; body: the bytes of a digest (OSError where they are gone);
    earlier: digests of this catalogue's earlier manifests: a target that shows anything else is somebody else's.
    """

    number: int
    manifest: FileRef
    files: Mapping[str, FileRef]
    body: Callable[[str], bytes]
    earlier: frozenset[str] = frozenset()

    @property
    def pointer(self) -> Pointer:
        """What the target will show."""
        return Pointer(self.number, self.manifest.sha256)

    @property
    def digests(self) -> frozenset[str]:
        """Every content of the release."""
        return frozenset(ref.sha256 for ref in self.files.values())


@dataclass(frozen=True, slots=True)
class History:
    """What the catalogue knows of its releases when a target is to forget old ones.

    live: what the target must show for us to touch anything there; sizes: number -> bytes of the manifest; needed:
    every content of the releases from a number on.
    """

    live: Pointer
    sizes: Mapping[int, int]
    needed: Callable[[int], frozenset[str]]

    def has(self, kept: Mapping[int, int | None]) -> bool:
        """Are these (number -> bytes of the manifest that lies there) ours, the live release among them?"""
        return self.live.release in kept and all(self.sizes.get(number) == size for number, size in kept.items())


_RELEASE = {"es": "versión", "en": "release"}
_WHAT = {
    "es": {
        "missing": "falta.",
        "altered": "cambió después de publicarse.",
        "extra": "no es parte de lo publicado.",
        "not_current": "muestra otra versión: «vitrina publish» entrega la pendiente.",
        "unreachable": "no se pudo consultar.",
    },
    "en": {
        "missing": "is missing.",
        "altered": "was altered after it was published.",
        "extra": "is no part of what was published.",
        "not_current": "shows another release: «vitrina publish» delivers the one owed.",
        "unreachable": "could not be asked.",
    },
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Drift from what was published.

    where: the target's name, or `home` for the store's own copies; what: missing | altered | extra |
    not_current | unreachable;
    path: below that place, or below the release's tree when `release` is given.
    """

    where: str
    what: str
    path: str
    release: int | None = None

    def say(self, lang: str) -> str:
        """One sentence in `es` or `en`."""
        path = self.path if self.release is None else f"{self.path} ({_RELEASE[lang]} {self.release})"
        return f"{self.where}: {path} {_WHAT[lang][self.what]}"


def refuse_stranger(name: str, number: int) -> NoReturn:
    """What another catalogue published (or this one, before its store was lost) is never overwritten."""
    raise TargetUnavailable(
        f"The target «{name}» holds release {number} of another catalogue; give this catalogue a target of its own, or "
        "empty that one.",
        es=f"El destino «{name}» tiene la versión {number} de otro catálogo; dele a este catálogo un destino propio o "
        "vacíe ese.",
    )


def too_old(numbers: Iterable[int], live: int, keep: int) -> list[int]:
    """The releases to forget, oldest first. The one before the live one always stays: a reader may be at it."""
    older = sorted(number for number in numbers if number < live)
    return older[: max(0, len(older) - max(keep, _KEEP_AT_LEAST) + 1)]


class Target(Protocol):
    """A place that serves releases to others."""

    @property
    def name(self) -> str:
        """Its name in the settings."""

    def current(self) -> Pointer | None:
        """What is live there; None before the first delivery. TargetUnavailable: it cannot be asked."""

    def deliver(self, shipment: Shipment, *, thorough: bool = False) -> None:
        """Make the release live there, or raise TargetUnavailable (or LockHeld) and leave the previous one live.

        thorough: trust no file that lies there already; look into each and replace what does not match.
        """

    def verify(self, manifests: Mapping[int, str]) -> list[Problem]:
        """Look into every file and say what drifted since publication; manifests: number -> digest, by the store."""

    def drift(self, shipment: Shipment) -> list[Problem]:
        """A quick look for what differs from the live release: the pointer, names, sizes; no content is read.

        TargetUnavailable: it cannot be asked.
        """

    def body(self, sha256: str) -> bytes | None:
        """A content it holds, checked; None where it has none that matches."""

    def prune(self, keep: int, history: History) -> tuple[int, ...]:
        """Forget all but the newest `keep` releases (at least two stay); the numbers forgotten.

        Nothing where it shows anything but our newest release: another publisher is at work there, or owns it. No
        content goes while a manifest that stays is not the one we published.
        """
