"""Deliver what is owed: in order per click_id, at least once, each body the same bytes at every attempt."""

from __future__ import annotations

from leads.postback.rules import SenderRules, rules_of
from leads.postback.running import run_sender
from leads.postback.sender import Sender
from leads.postback.wire import PATH, Lanes, StaleClaim

__all__ = ["PATH", "Lanes", "Sender", "SenderRules", "StaleClaim", "rules_of", "run_sender"]
