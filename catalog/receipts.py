"""What became of a release at the marketplace: drafted -> sent -> acknowledged -> live. Pure.

The marketplace takes product data by hand and documents no receipts: states, order and waiting times are assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from schemas.errors import Refused
from schemas.wording import day as day_words

State = Literal["drafted", "sent", "acknowledged", "live"]
"""drafted: its pack was made; sent: to the contact; acknowledged: they have it; live: it shows in the marketplace."""

STATES: tuple[State, ...] = ("drafted", "sent", "acknowledged", "live")
_IS = {
    "drafted": ("preparada", "drafted"),
    "sent": ("enviada", "sent"),
    "acknowledged": ("recibida", "acknowledged"),
    "live": ("en vivo", "live"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One step of a release, on the day it happened; who entered it and when. Never changed, never taken back."""

    release: int
    state: State
    day: date
    by: str
    at: datetime
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a release stands: its receipts in order, and the release that took its place (None: it still counts)."""

    release: int
    receipts: tuple[Receipt, ...] = ()
    superseded_by: int | None = None

    @property
    def last(self) -> Receipt | None:
        """The step it has reached."""
        return self.receipts[-1] if self.receipts else None

    @property
    def step(self) -> int:
        """How far it got: 0 nothing yet, 1 drafted, 2 sent, 3 acknowledged, 4 live."""
        return len(self.receipts)


@dataclass(frozen=True, slots=True)
class Late:
    """A step that should have been taken: which one, waiting since when, for how many days."""

    release: int
    awaited: State
    since: date
    days: int


def standings(receipts: Iterable[Receipt], numbers: Iterable[int]) -> dict[int, Standing]:
    """Release -> where it stands.

    A release nobody sent is superseded by the newest one; a sent one by the newest that was sent too; a live one by
    the newest that went live.
    """
    taken: dict[int, list[Receipt]] = {number: [] for number in sorted(numbers)}
    for receipt in receipts:
        taken[receipt.release].append(receipt)
    newest = {step: max((n for n, got in taken.items() if len(got) >= step), default=0) for step in (0, 2, 4)}
    return {number: Standing(number, tuple(got), _heir(number, len(got), newest)) for number, got in taken.items()}


def _heir(number: int, step: int, newest: Mapping[int, int]) -> int | None:
    reached = newest[4 if step == 4 else 2 if step >= 2 else 0]
    return reached if reached > number else None


def late(standing: Iterable[Standing], today: date, *, ack_days: int, live_days: int) -> tuple[Late, ...]:
    """What the marketplace owes an answer to: sent and not acknowledged, acknowledged and not live, for too long."""
    patience: dict[State, tuple[State, int]] = {"sent": ("acknowledged", ack_days), "acknowledged": ("live", live_days)}
    last = [one.last for one in standing if one.superseded_by is None and one.last and one.last.state in patience]
    waiting = ((Late(r.release, patience[r.state][0], r.day, (today - r.day).days), patience[r.state][1]) for r in last)
    return tuple(one for one, most in waiting if one.days > most)


def check_step(standing: Standing, step: Receipt, days: Mapping[int, date], today: date) -> None:
    """May this step be entered? days: release -> the day it was minted.

    Refused with the reason: out of order or again, on a day that cannot be, or a release sent after another took its
    place.
    """
    for fault in _faults(standing, step, days, today):
        raise fault


def _faults(standing: Standing, step: Receipt, days: Mapping[int, date], today: date) -> Iterator[Refused]:
    number, wanted, last = step.release, STATES.index(step.state), standing.last
    heir = standing.superseded_by
    if wanted < standing.step:
        yield _again(standing.receipts[wanted])
    if wanted > standing.step:
        yield _missing(number, STATES[standing.step])
    if step.day > today:
        yield Refused(
            f"{day_words(step.day, 'en')} is still to come; give the day it happened.",
            es=f"El {day_words(step.day)} todavía no llega; indique el día en que ocurrió.",
        )
    if last and step.day < last.day:
        yield _earlier(last)
    if step.state == "sent" and heir is not None and step.day > days[heir]:
        yield Refused(
            f"Release {number} was superseded by {heir}: send that one (vitrina pack {heir}).",
            es=f"La versión {number} fue reemplazada por la {heir}: envíe esa (vitrina pack {heir}).",
        )


def _again(done: Receipt) -> Refused:
    is_es, is_en = _IS[done.state]
    return Refused(
        f"Release {done.release} is {is_en} since {day_words(done.day, 'en')} already; that is neither repeated nor "
        "undone.",
        es=f"La versión {done.release} ya figura como {is_es} desde el {day_words(done.day)}; eso no se repite ni se "
        "deshace.",
    )


def _earlier(last: Receipt) -> Refused:
    is_es, is_en = _IS[last.state]
    return Refused(
        f"Release {last.release} is {is_en} since {day_words(last.day, 'en')}; the next step cannot be earlier.",
        es=f"La versión {last.release} figura como {is_es} desde el {day_words(last.day)}; el paso siguiente no pudo "
        "ser antes.",
    )


def _missing(number: int, state: State) -> Refused:
    if state == "drafted":
        return Refused(
            f"The pack of release {number} has not been made yet: «vitrina pack {number}» comes first.",
            es=f"El paquete de la versión {number} todavía no se ha preparado: primero use «vitrina pack {number}».",
        )
    is_es, is_en = _IS[state]
    return Refused(
        f"Release {number} is not {is_en} yet: enter that first with «vitrina receipt {number} --{state}».",
        es=f"La versión {number} todavía no figura como {is_es}: regístrelo antes con «vitrina receipt {number} "
        f"--{state}».",
    )
