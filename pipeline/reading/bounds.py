"""Items -> figures with their place in a range: `desde`, `hasta`, `entre A y B`, `A - B`, `12 meses mín`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.reading.scan import Item

_MARKS = ("low", "high", "between")
_LINKS = ("to", "and", "sep")


@dataclass(slots=True)
class Figure:
    """One numeral while a cell is being read: which end it is, what joins it to the one before, words around it."""

    text: str
    mark: str | None = None
    link: str | None = None
    before: list[Item] = field(default_factory=list)
    after: list[Item] = field(default_factory=list)

    def has(self, kind: str) -> bool:
        """Is there an item of that kind beside it?"""
        return any(item.kind == kind for item in self.before) or any(item.kind == kind for item in self.after)


@dataclass(frozen=True, slots=True)
class Span:
    """Which figure is the low end and which the high end; None: that end was left open."""

    low: int | None
    high: int | None
    slip: bool = False


def figures(stream: Sequence[Item]) -> tuple[list[Figure], bool] | None:
    """The figures of a stream and whether a sign had to be dropped; None if the words do not hang together."""
    walk = _Walk()
    if not all(walk.take(item) for item in stream):
        return None
    return (walk.found, walk.slip) if walk.close(stream) else None


class _Walk:
    """One pass over the items; `take` says whether the item fits where it stands."""

    __slots__ = ("before", "found", "link", "mark", "slip")

    def __init__(self) -> None:
        self.found: list[Figure] = []
        self.mark: str | None = None
        self.link: str | None = None
        self.before: list[Item] = []
        self.slip = False

    def take(self, item: Item) -> bool:
        if item.kind == "num":
            self._figure(item.text)
        elif item.kind in _MARKS:
            return self._mark(item.kind)
        elif item.kind in _LINKS:
            return self._link(item)
        elif self.found and self.mark is None and self.link is None and not self.before:
            self.found[-1].after.append(item)
        else:
            self.before.append(item)
        return True

    def _figure(self, text: str) -> None:
        self.found.append(Figure(text, self.mark, self.link, self.before))
        self.mark, self.link, self.before = None, None, []

    def _mark(self, kind: str) -> bool:
        if self.mark is not None and self.mark != kind:
            if self.mark != "between" and self.found and self.found[-1].mark is None:
                self.found[-1].mark = self.mark  # "12 min - max 60"
            elif self.mark != "between":
                return False
        self.mark = kind
        return True

    def _link(self, item: Item) -> bool:
        if not self.found:
            # a leading "a 36 meses" or separator says nothing; a leading "-" that is no sign is not understood
            self.slip = self.slip or item.kind == "sep" or item.text == "~"
            return item.text != "-" and item.kind != "and"
        if self.link is not None and (self.link != "sep" or item.kind == "sep"):
            return False
        self.link = item.kind
        return True

    def close(self, stream: Sequence[Item]) -> bool:
        """Gives what is left over to the last figure; a connector with nothing after it does not hang together."""
        if not self.found:
            return False
        if self.link == "sep":
            self.slip, self.link = True, None
        if self.link is not None:
            return False
        self.found[-1].after.extend(self.before)
        if self.mark is not None:
            self._trailing(stream)
        return True

    def _trailing(self, stream: Sequence[Item]) -> None:
        """`12 min 60 max`: marks follow their figures; otherwise only the last figure gets the last mark."""
        first = next(item.kind for item in stream if item.kind == "num" or item.kind in _MARKS)
        if first == "num":
            marks = [f.mark for f in self.found[1:]] + [self.mark]
            for figure, mark in zip(self.found, marks, strict=True):
                figure.mark = mark
        elif self.found[-1].mark is None:
            self.found[-1].mark = self.mark


def arrange(found: Sequence[Figure]) -> Span | None:
    """The range the figures form; None: two or more values that no word joins."""
    if len(found) == 1:
        return _one(found[0].mark)
    return _two(found[0], found[1]) if len(found) == 2 else None


def _one(mark: str | None) -> Span:
    if mark == "low":
        return Span(0, None)
    return Span(None, 0) if mark == "high" else Span(0, 0)


def _two(first: Figure, second: Figure) -> Span | None:
    if first.mark == "high" and second.mark == "low":
        return Span(1, 0)
    if second.mark == "high" and first.mark != "high":
        return Span(0, 1)
    if second.mark is None and second.link == "to":
        return Span(0, 1, slip=first.mark == "high")  # "Hasta 361 a 1080 dias": a slip for "De"
    if second.mark is None and second.link == "and" and first.mark == "between":
        return Span(0, 1)
    return None


def is_slip(stream: Sequence[Item]) -> bool:
    """Was a sign dropped or a word taken for another (`Hasta 361 a 1080`) to make the figures hang together?"""
    if not any(item.kind in ("sep", "high") or item.text == "~" for item in stream):
        return False
    walked = figures(stream)
    span = arrange(walked[0]) if walked else None
    return walked is not None and (walked[1] or (span is not None and span.slip))
