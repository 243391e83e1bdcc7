"""A desk opened over a home, and closed again: one desk a home, what was under way before is said to be interrupted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from catalog.disk import hold
from catalog.targets import Keys
from pipeline.desk.assets import assets_for
from pipeline.desk.bench import Bench
from pipeline.desk.home import draw_ahead, get_ready
from pipeline.desk.incoming import Incoming
from pipeline.desk.origin import Origin
from pipeline.desk.standings import Standings
from pipeline.desk.visit import Desk
from pipeline.run.workshop import open_workshop
from schemas.errors import LockHeld
from schemas.settings import CatalogSettings


@dataclass(frozen=True, slots=True)
class Clocks:
    """The moment, aware, and the calendar day where people are."""

    now: Callable[[], datetime]
    today: Callable[[], date]


@contextmanager
def open_desk(settings: CatalogSettings, origin: Origin, clocks: Clocks, keys: Keys | None = None) -> Iterator[Desk]:
    """A desk over the home of `settings`; `keys`: to the buckets among its targets.

    LockHeld: another one is open there. StoreUnavailable.
    """
    with _alone(settings), open_workshop(settings, now=clocks.now, today=clocks.today(), keys=keys) as shop:
        incoming = Incoming(shop.home, shop.store)
        incoming.sweep()
        shop.store.arrivals.interrupt()
        bench = Bench(settings, incoming, clocks.today)
        assets = assets_for(settings.lender.accent)
        desk = Desk(shop, clocks.today, origin, assets, incoming, bench, Standings())
        bench.afterwards = partial(_afterwards, desk)
        bench.open()
        try:
            yield desk
        finally:
            bench.close()


def _afterwards(desk: Desk) -> None:
    get_ready(desk)
    draw_ahead(desk)


@contextmanager
def _alone(settings: CatalogSettings) -> Iterator[None]:
    try:
        with hold(settings.home / "desk.lock"):
            yield
    except LockHeld:
        raise LockHeld(
            f"Another review desk is open over {settings.home}.",
            es=f"Ya hay otra mesa de revisión abierta sobre {settings.home}.",
        ) from None
