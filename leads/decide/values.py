"""What an engine is asked and what it answers. Frozen; money and rates are Decimals, never floats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from schemas.lead import Applicant, Verdict


@dataclass(frozen=True, slots=True)
class Question:
    """One question about one product.

    tracking_id: opaque, only to be passed on. amount: in the product's currency. today: the market's day.
    """

    tracking_id: str
    amount: Decimal
    term_months: int
    applicant: Applicant
    asked_at: datetime
    today: date


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a stable code and a sentence for the person who applies, in both languages of our users."""

    code: str
    es: str
    en: str

    def say(self, lang: str) -> str:
        """The sentence in `es` or `en`."""
        return self.es if lang == "es" else self.en


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """One offer. Rates in percent (24.9 = 24.9 %), payment per `frequency`, total_cost_ea all-in in percent EA."""

    amount: Decimal
    term_months: int
    rate: Decimal
    rate_basis: str
    valid_until: datetime
    rate_ea: Decimal | None = None
    payment: Decimal | None = None
    frequency: str = "monthly"
    total_payment: Decimal | None = None
    total_cost_ea: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """approved and pre_approved come with offers, rejected and review without. A decline gives its reasons."""

    verdict: Verdict
    offers: tuple[Offered, ...] = ()
    reasons: tuple[Reason, ...] = ()
