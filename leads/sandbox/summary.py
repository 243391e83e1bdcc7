"""What a rehearsal came to: latencies, duplicates, disorder, losses. Pure; seconds in, milliseconds out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from leads.sandbox.book import Book
from leads.sandbox.journeys import Player


@dataclass(frozen=True, slots=True)
class Step:
    """The calls of one step, in milliseconds."""

    name: str
    calls: int
    repeated: int
    p50: float
    p95: float
    p99: float
    most: float


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures. `held`: owed behind a postback that was refused for good; `lost`: owed and never taken otherwise."""

    heard: int
    taken: int
    repeats: int
    disorder: int
    breaches: Mapping[str, int]
    answers: Mapping[str, int]
    journeys: int = 0
    seconds: float = 0.0
    broken: Mapping[str, int] | None = None
    steps: tuple[Step, ...] = ()
    owed: int = 0
    held: int = 0
    lost: tuple[tuple[str, str], ...] = ()

    @property
    def sound(self) -> bool:
        """Nothing lost, nothing out of order, nothing against the contract, no journey broken."""
        return not (self.lost or self.disorder or self.breaches or self.broken)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self) | {"sound": self.sound}


def summarise(book: Book, player: Player | None) -> Summary:
    """The figures of what was heard and, where journeys were played, of what they saw."""
    heard = Summary(
        book.heard, len(book.taken), book.repeats, book.disorder, dict(book.breaches), dict(book.answers)
    )  # fmt: skip
    return heard if player is None else _with_journeys(heard, book, player)


def _with_journeys(heard: Summary, book: Book, player: Player) -> Summary:
    missing = sorted(player.owed.keys() - book.taken.keys())
    way = [max(0.0, book.taken[one] - began) for one, began in player.owed.items() if one in book.taken]
    steps = [_step(name, seconds, player.repeated[name]) for name, seconds in player.calls.items()]
    return Summary(
        heard.heard, heard.taken, heard.repeats, heard.disorder, heard.breaches, heard.answers,
        journeys=player.play.count,
        seconds=player.ended - player.began,
        broken={f"{step}: {why}": count for (step, why), count in player.broken.items()},
        steps=(*steps, _step("postback", way, book.repeats)),
        owed=len(player.owed),
        held=sum(click_id in book.stopped for click_id, _ in missing),
        lost=tuple(one for one in missing if one[0] not in book.stopped),
    )  # fmt: skip


def _step(name: str, seconds: Sequence[float], repeated: int) -> Step:
    inside = sorted(seconds)
    p50, p95, p99, most = (percentile(inside, share) for share in (0.5, 0.95, 0.99, 1.0))
    return Step(name, len(inside), repeated, p50, p95, p99, most)


def percentile(inside: Sequence[float], share: float) -> float:
    """The nearest rank of sorted seconds, in milliseconds; 0 of none."""
    if not inside:
        return 0.0
    rank = max(1, -(-len(inside) * share // 1))
    return round(inside[int(rank) - 1] * 1000, 1)
