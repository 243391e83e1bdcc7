"""What a release moved: the products that came, changed and left with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from catalog.publish import Outcome
from pipeline.run.tracing import compare
from pipeline.run.workshop import Workshop


@dataclass(frozen=True, slots=True)
class Moved:
    """Codes of the products that a release brought, showed otherwise and took off; live: how many it shows.

    brand: does it show another brand?
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    live: int
    brand: bool = False


def moved_since(shop: Workshop, before: int | None) -> Moved | None:
    """What was moved since release `before` (None: there was none) was live; None where nothing was published."""
    now = shop.store.releases.current()
    return None if now is None or now.number == before else _moved(shop, before, now.number)


def moves_of(shop: Workshop, outcomes: Iterable[Outcome]) -> dict[int, Moved]:
    """What each release moved that came of these publications, by its number."""
    minted = (one.release for one in outcomes if one.minted and one.release)
    return {release.number: _moved(shop, release.base, release.number) for release in minted}


def _moved(shop: Workshop, before: int | None, after: int) -> Moved:
    if before is None:
        codes = tuple(sorted(shop.store.releases.codes(after)))
        return Moved(codes, (), (), len(codes))
    review = compare(shop, before, after)
    touched = (*review.dangerous, *review.others)
    changed = tuple(sorted(item.code for item in touched if item.what == "changed"))
    removed = tuple(sorted(item.code for item in touched if item.what == "removed"))
    added = tuple(sorted(item.code for item in review.added))
    live = len(added) + len(changed) + len(review.unchanged)
    return Moved(added, changed, removed, live, any(item.what == "brand" for item in touched))
