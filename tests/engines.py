"""Engines that a Lender might plug in, well-behaved and not: `VITRINA_ENGINE=tests.engines:NAME`."""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from leads.decide import Decision, Offered, Question, price
from schemas.product import Product


class Faulty:
    """Breaks, with the applicant's name in its message; for other sums it offers a rate nobody published."""

    def decide(self, question: Question, product: Product, /) -> Decision:
        """An offer that must not be seen."""
        if question.amount == Decimal(1_000_001):
            raise RuntimeError(f"no score for {question.applicant.first_name}")
        until = question.asked_at + timedelta(hours=1)
        return Decision(
            "approved",
            (Offered(amount=question.amount, term_months=36, rate=Decimal(99), rate_basis="EA", valid_until=until),),
        )


class Gated:
    """Counts how often it is asked, a line each, and waits until the file `open` is there, or for ever."""

    def decide(self, question: Question, product: Product, /) -> Decision:
        """An offer at the lowest published rate."""
        place = Path(os.environ["VITRINA_HOME"])
        with (place / "asked").open("a") as asked:
            asked.write("asked\n")
        while not (place / "open").exists():
            threading.Event().wait(0.01)
        until = question.asked_at + timedelta(hours=1)
        offer = price(product, question.amount, question.term_months, valid_until=until, rate=product.rate_min)
        return Decision("pre_approved", () if offer is None else (offer,))
