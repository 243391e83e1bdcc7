"""An older release once more: its content, minted anew with the ids of today; nothing withdrawn comes back with it."""

from __future__ import annotations

import json
from collections.abc import Set

from catalog.ids import ids_in, renew
from catalog.publish import Order, Outcome, Place, body, publish, refuse_forgotten
from catalog.release.build import Draft, relist
from catalog.release.read import CATALOG
from catalog.stale import no_longer_live
from catalog.store import ReleaseInfo
from schemas.errors import Refused
from schemas.product import Brand


def rollback(
    place: Place, number: int | None = None, *, by: str, comment: str | None = None, live: int | None = None
) -> Outcome:
    """Mint a release with the content of an older one (by default the one before the live one) and deliver it.

    live: the release whoever asks saw live; StalePlan where another one is by now.

    Refused: there is no older one, it shows what is live already or a product withdrawn since, or its
    contents are no longer kept.
    WrongUse: there is no release of that number.
    """
    order = _restoring(place, number, by, comment)
    current = place.store.releases.current()
    if live is not None and current is not None and order.base != live:
        raise no_longer_live(live, current.number, current.by)
    return publish(place, order)


def _restoring(place: Place, number: int | None, by: str, comment: str | None) -> Order:
    releases = place.store.releases
    current = releases.current()
    if current is None or (number is None and current.number == 1):
        raise Refused("There is no earlier release to go back to.", es="No hay una versión anterior a la cual volver.")
    wanted = releases.get(number if number is not None else current.number - 1)
    content = releases.content(wanted.number)
    files = releases.files(wanted.number)
    refuse_forgotten(place, wanted, files)
    entries = content.entries if content else {}
    draft = _with_ids_of_today(place, Draft(entries, files, releases.page_keys(wanted.number), {}, wanted.content))
    if draft.content == current.content:
        raise Refused(
            f"Release {wanted.number} shows exactly what is live; nothing to roll back.",
            es=f"La versión {wanted.number} muestra exactamente lo que está publicado; no hay nada que revertir.",
        )
    _refuse_withdrawn(wanted, place.store.decisions.withdrawn() & entries.keys())
    return Order(
        draft=draft,
        base=current.number,
        requirements=wanted.requirements,
        by=by,
        kind="rollback",
        restores=wanted.number,
        comment=comment,
        brand=wanted.brand,
    )


def _with_ids_of_today(place: Place, draft: Draft) -> Draft:
    """An older release keeps no older ids: leads of today are told under those the marketplace gave since."""
    ids = place.store.ids.known().current
    entries = {code: renew(entry, ids[code]) if code in ids else entry for code, entry in draft.entries.items()}
    if all(ids_in(entry.record) == ids_in(draft.entries[code].record) for code, entry in entries.items()):
        return draft
    said = json.loads(body(place, draft.files[CATALOG].sha256))
    return relist(draft, entries, Brand(**said["lender"], market=said["market"]))


def _refuse_withdrawn(wanted: ReleaseInfo, codes: Set[str]) -> None:
    """A product taken off the shelf does not come back by the way."""
    if codes:
        listed = ", ".join(sorted(codes))
        raise Refused(
            f"Release {wanted.number} shows {listed}, withdrawn since: «vitrina reinstate» first, or choose another.",
            es=f"La versión {wanted.number} muestra {listed}, que se retiró después: use antes «vitrina reinstate» "
            "o elija otra.",
        )
