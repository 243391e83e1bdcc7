"""What is on offer: the published release's products under the marketplace's names, read again when it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from catalog.release import read_current
from catalog.release.read import CURRENT
from schemas.product import Campaign, Product
from schemas.wording.figures import OFFSETS

Seen = tuple[int, int, int]
"""Which file `current.json` is: it is replaced whole, so another one has another inode, time or size."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """One release, read. `products`: by the marketplace's product_id, or by our code while no id has been attached."""

    release: int
    digest: str
    products: Mapping[str, Product]
    campaigns: Mapping[str, tuple[Campaign, ...]]

    def find(self, product_id: str, today: date) -> Product | None:
        """The product on offer that day; None for one that is unknown, withdrawn, paused or not valid."""
        product = self.products.get(product_id)
        if product is None or product.status not in (None, "active"):
            return None
        valid = (product.valid_from or date.min) <= today <= (product.valid_to or date.max)
        return product if valid else None


def read_shelf(folder: Path, market: str | None = None) -> Shelf:
    """The release that is live. TargetUnavailable: nothing is published, or it does not match its digests.

    `market`: only its products, and those that name no country; one of another market would be told to the wrong one.
    """
    release = read_current(folder)
    ours = [one for one in release.products.values() if market is None or one.country in (None, market)]
    products = {product.code: product for product in ours if product.product_id is None}
    products |= {product.product_id: product for product in ours if product.product_id}
    return Shelf(release.number, release.digest, products, release.campaigns)


class ShelfReader:
    """Keeps the shelf that was read last, and knows at the price of one look at the disk whether it is still right."""

    def __init__(self, folder: Path, market: str | None = None) -> None:
        self._folder = folder
        self._market = market
        self._read: tuple[Seen, Shelf] | None = None

    def current(self) -> Shelf | None:
        """What is on offer; None when it has to be read (again)."""
        read = self._read
        return read[1] if read is not None and read[0] == self._look() else None

    def read(self) -> Shelf:
        """Read what is live. TargetUnavailable; then nothing is on offer, whatever was read before."""
        seen, self._read = self._look(), None
        shelf = read_shelf(self._folder, self._market)
        self._read = seen, shelf
        return shelf

    def _look(self) -> Seen:
        try:
            found = (self._folder / CURRENT).stat()
        except OSError:
            return (0, 0, 0)
        return (found.st_ino, found.st_mtime_ns, found.st_size)


def market_day(moment: datetime, market: str) -> date:
    """The day it is in the market."""
    return (moment + timedelta(hours=OFFSETS[market])).date()


def day_began(today: date, market: str) -> datetime:
    """When that day began in the market."""
    return datetime.combine(today, time(), UTC) - timedelta(hours=OFFSETS[market])
