"""Thousands of texts looked through at once for those that may claim something: what `worth_a_look` says of each.

Texts are laid end to end, one byte a character, and every stem is looked for in all of them together: a search through
numbers in memory, where one text after the other would take ten times as long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, reduce
from typing import TYPE_CHECKING

from pipeline.validate.claims.said import ALONE, LOOKS, PROMISING, RATE_KINDS, names_rate_kind, worth_a_look

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Marks = NDArray[np.bool_]
    Places = NDArray[np.intp]

_TOGETHER = 80_000
"""Characters: what is compared stays in the nearest memory of a processor, and is never asked of the system anew."""
_BETWEEN = "\n\n\n"
"""Longer than what is compared at once, and no part of any stem: none is found across two texts."""


def worth_looking(texts: Sequence[str]) -> list[bool]:
    """`worth_a_look` of each text."""
    return [one for run in _runs(texts) for one in _each(run, _promising, worth_a_look)]


def having(texts: Sequence[str], stems: Sequence[str]) -> list[bool]:
    """Of each text, folded and any digit a zero: does one of the stems occur? True also where nobody looked."""
    return [one for run in _runs(texts) for one in _each(run, lambda page: page.having(stems), lambda _: True)]


def _runs(texts: Sequence[str]) -> Iterator[list[str]]:
    run, size = list[str](), 0
    for text in texts:
        run.append(text)
        size += len(text)
        if size > _TOGETHER:
            yield run
            run, size = [], 0
    if run:
        yield run


def _each(run: list[str], together: Callable[[_Page], Marks], alone: Callable[[str], bool]) -> Iterable[bool]:
    """Together where every character of the run has a byte, else each text by itself."""
    joined = _BETWEEN.join(run)
    for encoding, table in LOOKS:
        try:
            page = _Page(joined.encode(encoding).translate(table), run)
        except UnicodeEncodeError:
            continue
        found: list[bool] = together(page).tolist()
        return found
    return map(alone, run)


class _Page:
    """Texts end to end. `starts` are the places where each begins."""

    def __init__(self, folded: bytes, texts: Sequence[str]) -> None:
        import numpy as np

        self.folded = folded
        self.letters = np.frombuffer(folded + _BETWEEN.encode(), dtype=np.uint8)
        self.starts = np.cumsum([0, *(len(text) + len(_BETWEEN) for text in texts[:-1])])
        self._where: dict[int, Marks] = {}

    @cached_property
    def text(self) -> str:
        """The same as text: a character a byte, which is enough for stems of plain letters."""
        return self.folded.decode("latin-1")

    def having(self, stems: Sequence[str]) -> Marks:
        """Which texts have any of the stems?"""
        import numpy as np

        marks = np.zeros(len(self.starts), dtype=np.bool_)
        for stem in stems:
            marks[self.owners(self.places(stem))] = True
        return marks

    def owners(self, places: Places) -> Places:
        """The text that each place lies in."""
        return self.starts.searchsorted(places, side="right") - 1

    def places(self, stem: str) -> Places:
        """Where a stem begins: three letters are compared everywhere, the others only where these are."""
        import numpy as np

        end = len(self.letters) - len(_BETWEEN) + 1
        first, *others = (self._is(letter)[k : end + k] for k, letter in enumerate(stem[:3].encode()))
        places = np.flatnonzero(reduce(np.logical_and, others, first))
        for k, letter in enumerate(stem[3:].encode(), 3):
            places = places[places + k < len(self.letters)]
            places = places[self.letters[places + k] == letter]
        return places

    def _is(self, letter: int) -> Marks:
        if letter not in self._where:
            self._where[letter] = self.letters == letter
        return self._where[letter]


def _promising(page: _Page) -> Marks:
    """The same questions as in `worth_a_look`, each asked of all texts before the next."""
    marks = page.having(("0", *ALONE))
    for first, following in PROMISING.items():
        places = page.places(first)
        begun = [page.text.startswith(following, at) for at in (places + len(first)).tolist()]
        marks[page.owners(places[begun])] = True
    for stem in RATE_KINDS:
        places = page.places(stem)
        owners = page.owners(places)
        for at, owner, start in zip(places.tolist(), owners.tolist(), page.starts[owners].tolist(), strict=True):
            if not marks[owner]:
                marks[owner] = names_rate_kind(page.text, at, at + len(stem), start=start)
    return marks
