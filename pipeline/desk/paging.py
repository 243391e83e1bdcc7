"""Long lists a part at a time: which part is shown, and the addresses of the others with all else that was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from pipeline.desk.addresses import with_asked

_T = TypeVar("_T")
START = "desde"
_LONGEST = 8


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a list. start: how many stand before it; size: the most a part has.

    address: the whole page with everything else that was asked; name: how `start` is asked for there.
    """

    start: int
    size: int
    total: int
    address: str
    name: str = START

    @property
    def last(self) -> int:
        """The last that is shown, counted from one; the first is `start + 1`."""
        return min(self.start + self.size, self.total)

    @property
    def ways(self) -> list[tuple[str, str]]:
        """(name, address) of the other parts: first, previous, next, last, those that there are."""
        end = _end(self.total, self.size)
        before = [("first", 0), ("previous", self.start - self.size)] if self.start else []
        after = [("next", self.start + self.size), ("last", end)] if self.start < end else []
        return [(name, self._at(start)) for name, start in (*before, *after)]

    def _at(self, start: int) -> str:
        return with_asked(self.address, {self.name: str(start) if start else ""})


def part_of(total: int, size: int, asked: str, address: str, name: str = START) -> Part:
    """The part that `asked` (a number of the address) begins; one that lies past the end is the last."""
    said = int(asked) if asked.isascii() and asked.isdigit() and len(asked) <= _LONGEST else 0
    return Part(min(said // size * size, _end(total, size)), size, total, address, name)


def _end(total: int, size: int) -> int:
    """Where the last part begins."""
    return max(0, total - 1) // size * size


def cut(values: Sequence[_T], part: Part) -> Sequence[_T]:
    """What is shown of a list."""
    return values[part.start : part.last]
