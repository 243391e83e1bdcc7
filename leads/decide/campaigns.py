"""When a product is offered: the windows and lead caps of its campaigns (A: the marketplace names them, no more)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from leads.decide.values import Reason
from schemas.product import Campaign


@dataclass(frozen=True, slots=True)
class Taken:
    """How many applications the product has: of this day, and since the campaign began."""

    today: int
    total: int


_NOT_NOW = Reason(
    "campaign_closed", "Este producto no se ofrece en esta fecha.", "This product is not offered on this date."
)
_FULL = Reason(
    "campaign_full",
    "Este producto ya recibió todas las solicitudes previstas.",
    "This product has received all the applications it takes.",
)
_FULL_TODAY = Reason(
    "campaign_full_today",
    "Este producto ya recibió las solicitudes previstas para hoy; intente mañana.",
    "This product has received the applications it takes today; try tomorrow.",
)


def running(campaigns: Sequence[Campaign], today: date) -> Campaign | None:
    """The campaign whose window holds the day, both ends included."""
    return next(
        (one for one in campaigns if (one.start or date.min) <= today <= (one.end or date.max)),
        None,
    )


def closed(campaigns: Sequence[Campaign], today: date, taken: Taken) -> Reason | None:
    """Why the product is not offered now; None when it is. A product without campaigns always is."""
    if not campaigns:
        return None
    campaign = running(campaigns, today)
    if campaign is None:
        return _NOT_NOW
    if campaign.total_cap is not None and taken.total >= campaign.total_cap:
        return _FULL
    if campaign.daily_cap is not None and taken.today >= campaign.daily_cap:
        return _FULL_TODAY
    return None
