"""What the stand-in marketplace remembers: which events it took of each lead, in which order, and what was wrong."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field

from leads.sandbox.contract import BREACHES, Postback, Request, read_postback

_RANK = {"application": 0, "approval": 1, "disbursement": 2, "rejected": 2}
_BEFORE = {"approval": ("application",), "disbursement": ("application", "approval"), "rejected": ("application",)}


@dataclass(frozen=True, slots=True)
class Heard:
    """One postback as it was heard. `repeat`: it had been taken before; `status`: what the contract answers."""

    postback: Postback
    status: int
    breaches: tuple[str, ...]
    repeat: bool


@dataclass(slots=True)
class Book:
    """The memory of one rehearsal. `known`: the leads that exist; None: every click_id does."""

    api_key: str | None
    known: set[str] | None = None
    heard: int = 0
    taken: dict[tuple[str, str], float] = field(default_factory=dict)
    """(click_id, event) -> when it was first taken."""
    repeats: int = 0
    breaches: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    stopped: set[str] = field(default_factory=set)
    """Leads with a postback that was refused for good: what is owed after it is held, not lost."""
    _bodies: dict[str, bytes] = field(default_factory=dict)
    _taken_keys: set[str] = field(default_factory=set)
    _highest: dict[str, int] = field(default_factory=dict)

    def hear(self, request: Request) -> Heard:
        """Judge one request. Nothing is taken yet: that is for `take`, once it is answered so."""
        postback = read_postback(request, api_key=self.api_key)
        breaches = (*postback.breaches, *self._of_memory(postback))
        status = next((BREACHES[code][0] for code in breaches if BREACHES[code][0] != 200), 200)
        self.heard += 1
        self.breaches.update(breaches)
        return Heard(postback, status, breaches, postback.key is not None and postback.key in self._taken_keys)

    def take(self, heard: Heard, *, at: float) -> None:
        """The postback was acknowledged."""
        postback = heard.postback
        if heard.repeat:
            self.repeats += 1
        if postback.key is not None:
            self._taken_keys.add(postback.key)
        if postback.click_id is not None and postback.event is not None:
            self.taken.setdefault((postback.click_id, postback.event), at)

    def stop(self, heard: Heard) -> None:
        """The postback was refused in a way that ends it."""
        if heard.postback.click_id is not None:
            self.stopped.add(heard.postback.click_id)

    @property
    def disorder(self) -> int:
        """How many came after a later event of their lead, or before an earlier one."""
        return self.breaches["order"] + self.breaches["step"]

    def _of_memory(self, postback: Postback) -> list[str]:
        click_id, event = postback.click_id, postback.event
        if click_id is None or event is None:
            return []
        found = []
        if self.known is not None and click_id not in self.known:
            found.append("unknown_lead")
        if postback.key is not None and self._bodies.setdefault(postback.key, _digest(postback)) != _digest(postback):
            found.append("changed_body")
        if postback.key in self._taken_keys:
            return found  # a repeat is no new event
        if _RANK[event] < self._highest.get(click_id, -1):
            found.append("order")
        whole = self.known is not None  # else the lead may have begun before we listened
        if whole and any((click_id, step) not in self.taken for step in _BEFORE.get(event, ())):
            found.append("step")
        self._highest[click_id] = max(_RANK[event], self._highest.get(click_id, -1))
        return found


def _digest(postback: Postback) -> bytes:
    return hashlib.sha256(postback.body).digest()
