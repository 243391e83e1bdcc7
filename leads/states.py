"""The states of a lead and what each event does to them: pure, guarded in the transaction that owes the postback.

none --application--> applied --approval--> approved --disbursement--> disbursed
applied | approved --rejected--> rejected          disbursed and rejected are terminal
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from leads.words import LEAD_STATES, word_of
from schemas.errors import Refused
from schemas.lead import EventName


class State(StrEnum):
    """Where a lead stands."""

    NONE = "none"
    APPLIED = "applied"
    APPROVED = "approved"
    DISBURSED = "disbursed"
    REJECTED = "rejected"


TERMINAL = frozenset({State.DISBURSED, State.REJECTED})
NEXT: Mapping[tuple[State, EventName], State] = {
    (State.NONE, EventName.APPLICATION): State.APPLIED,
    (State.APPLIED, EventName.APPROVAL): State.APPROVED,
    (State.APPROVED, EventName.DISBURSEMENT): State.DISBURSED,
    (State.APPLIED, EventName.REJECTED): State.REJECTED,
    (State.APPROVED, EventName.REJECTED): State.REJECTED,
}
_WAY = (EventName.APPLICATION, EventName.APPROVAL, EventName.DISBURSEMENT)


@dataclass(frozen=True, slots=True)
class Facts:
    """What was said of an event; what was not said is None. Money in `currency`."""

    amount: Decimal | None = None
    currency: str | None = None
    reason: str | None = None
    occurred_at: datetime | None = None


NOTHING_SAID = Facts()


@dataclass(frozen=True, slots=True)
class Step:
    """The events to owe, in order (the last is the one asked for), and the state they lead to."""

    events: tuple[EventName, ...]
    state: State


@dataclass(frozen=True, slots=True)
class Known:
    """The event is on record with the same facts: nothing to do."""


@dataclass(frozen=True, slots=True)
class Revision:
    """The event is on record with other facts and a person overrides it: the state stays."""


class StatusRefused(Refused):
    """A status, or a person's wish, that the lead's state does not allow; nothing was written.

    `code`: unknown_lead | conflict | terminal | skipped | in_flight | nothing_open | erased.
    """

    def __init__(self, code: str, english: str, *, es: str) -> None:
        super().__init__(english, es=es)
        self.code = code


def judge(
    state: State,
    event: EventName,
    facts: Facts,
    *,
    recorded: Facts | None,
    override: bool = False,
    fill_implied: bool = False,
) -> Step | Known | Revision:
    """What an event does to a lead. `recorded`: the newest facts on record for this very event.

    StatusRefused: other facts without override, after a terminal state, or a step skipped without `fill_implied`.
    """
    if recorded is not None:
        if recorded == facts:
            return Known()
        if override:
            return Revision()
        raise StatusRefused(
            "conflict",
            "This event is already on record with other facts; --override writes a corrected one.",
            es="Este evento ya está registrado con otros datos; --override registra una corrección.",
        )
    if state in TERMINAL:
        raise StatusRefused(
            "terminal",
            f"The state is “{word_of(LEAD_STATES, state, 'en')}”, which is final; {event} was not recorded.",
            es=f"El estado es «{word_of(LEAD_STATES, state, 'es')}», que es final; no se registró {event}.",
        )
    after = NEXT.get((state, event))
    if after is not None:
        return Step((event,), after)
    if fill_implied:
        return _filled(state, event)
    raise StatusRefused(
        "skipped",
        f"The state is “{word_of(LEAD_STATES, state, 'en')}”; {event} would skip a step."
        " Record the step before, or use --fill-implied.",
        es=f"El estado es «{word_of(LEAD_STATES, state, 'es')}»; {event} se saltaría un paso."
        " Registre el anterior o use --fill-implied.",
    )


def _filled(state: State, event: EventName) -> Step:
    """The steps that the event implies, in order, and itself."""
    events: list[EventName] = []
    for step in _WAY:
        if (state, event) in NEXT:
            break
        if (state, step) in NEXT:
            events.append(step)
            state = NEXT[state, step]
    return Step((*events, event), NEXT[state, event])
