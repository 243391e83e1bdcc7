"""Decisions: the engine a Lender plugs in, and the one that decides by the published release. Pure.

An engine is asked one question about one published product and gives a decision. What an engine offers is held
against what is published before anybody sees it (`defects`); when a product is offered at all is `closed`.
"""

from leads.decide.campaigns import Taken, closed, running
from leads.decide.defects import defects
from leads.decide.engine import Engine, load_engine
from leads.decide.pricing import price
from leads.decide.published import PublishedTerms
from leads.decide.values import Decision, Offered, Question, Reason

__all__ = [
    "Decision",
    "Engine",
    "Offered",
    "PublishedTerms",
    "Question",
    "Reason",
    "Taken",
    "closed",
    "defects",
    "load_engine",
    "price",
    "running",
]
