"""A stand-in marketplace for rehearsal: hears postbacks, checks them, fails on demand, plays Consumer journeys."""

from __future__ import annotations

from leads.sandbox.book import Book, Heard
from leads.sandbox.faults import Fault, Faults, read_faults
from leads.sandbox.journeys import Play, Player
from leads.sandbox.market import Market, Reply
from leads.sandbox.running import run_sandbox
from leads.sandbox.summary import Summary

__all__ = [
    "Book",
    "Fault",
    "Faults",
    "Heard",
    "Market",
    "Play",
    "Player",
    "Reply",
    "Summary",
    "read_faults",
    "run_sandbox",
]
