"""Faults on demand: each row of the answer table and each trick of the network, by chance or for one click_id."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from schemas.errors import WrongUse

KINDS = ("html", "empty", "bad_ack", "other_id", "redirect", "reset", "truncated", "garbage", "drip", "hang", "slow")
"""200 that confirms nothing (html, empty), 200 that refuses (bad_ack, other_id), 3xx, and what networks do."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to fail: one of KINDS, or `status` with its number."""

    kind: str
    status: int = 0


@dataclass(frozen=True, slots=True)
class Faults:
    """Which fault befalls whom. `shares`: (fault, its share of all answers); `of_lead`: always, for these."""

    shares: tuple[tuple[Fault, float], ...] = ()
    of_lead: Mapping[str, Fault] = field(default_factory=dict)

    def choose(self, click_id: str | None, chance: float) -> Fault | None:
        """The fault of one answer; `chance` in 0..1. None: answer as the contract says."""
        if click_id is not None and click_id in self.of_lead:
            return self.of_lead[click_id]
        for fault, share in self.shares:
            chance -= share
            if chance < 0:
                return fault
        return None


def read_faults(shares: str, of_lead: Sequence[str]) -> Faults:
    """`503=0.2,reset=0.05` and `CLICK_ID=KIND`, the last `=` counts. WrongUse: what cannot be followed."""
    named = [_pair(part) for part in shares.split(",") if part.strip()]
    read = tuple((_fault(kind.strip()), _share(share)) for kind, share in named)
    if sum(share for _, share in read) > 1:
        raise WrongUse("The shares of --fault add up to more than 1.", es="Las partes de --fault suman más de 1.")
    return Faults(read, {click_id: _fault(kind) for click_id, kind in map(_pair, of_lead)})


def _pair(text: str) -> tuple[str, str]:
    left, found, right = text.rpartition("=")
    if not found or not left:
        raise WrongUse(f"A fault is written like 503=0.2, not {text}.", es=f"Una falla se escribe 503=0.2, no {text}.")
    return left, right


def _fault(kind: str) -> Fault:
    if kind in KINDS:
        return Fault(kind)
    if re.fullmatch("[2-5][0-9][0-9]", kind):
        return Fault("status", int(kind))
    known = ", ".join(KINDS)
    raise WrongUse(
        f"The fault {kind} is not known: a status such as 503, or one of {known}.",
        es=f"La falla {kind} no existe: un estado como 503, o una de {known}.",
    )


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise WrongUse(f"A share lies between 0 and 1, not {text}.", es=f"Una parte va de 0 a 1, no {text}.")
    return share
