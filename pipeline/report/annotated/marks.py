"""Marks on cells: a marked cell's format is its own, cloned, with a fill of ours, and is found again by that fill."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pipeline.copies.styles import Styles
from pipeline.copies.tags import Canon
from pipeline.report.annotated.colours import SHADES, Grade, Ground, is_light, shade, shade_number

_NO_FILL: Canon = ("fill", (), (("patternFill", (("patternType", "none"),), ()),))
_LIGHT_THEME, _LIGHT_INDEXED = ("0", "2"), ("1", "9")


class Marks:
    """The marks of a workbook while it is annotated. `befores` are the fills that cells had, by shade number.

    told: the befores an earlier copy remembered; a shade it never gave is a colour of somebody's own.
    """

    def __init__(self, styles: Styles, told: Sequence[Canon] = ()) -> None:
        self.styles = styles
        self._told = tuple(told)
        self.befores: list[Canon] = [_NO_FILL]
        self._marked: dict[tuple[int, Grade], int] = {}
        self._restored: dict[int, int] = {}

    def given(self) -> frozenset[int]:
        """Numbers of the cell formats that carry a mark of ours."""
        most = len(self._told) or SHADES
        shades = ((n, shade_of(fill)) for n, fill in enumerate(self.styles.fills))
        ours = {n for n, at in shades if at is not None and at < most}
        return frozenset(n for n, xf in enumerate(self.styles.formats) if _number(xf, "fillId") in ours)

    def restored(self, number: int) -> int:
        """The format a marked cell had before; no fill where nobody remembers which it was."""
        if number not in self._restored:
            self._restored[number] = self._before_mark(number)
        return self._restored[number]

    def _before_mark(self, number: int) -> int:
        xf = self.styles.formats[number]
        at = shade_of(self.styles.fills[_number(xf, "fillId")])
        if at is None:
            return number
        fill = self.styles.fill_like(self._told[at] if at < len(self._told) else _NO_FILL)
        like = _without_fill(xf)
        same = (
            n
            for n, other in enumerate(self.styles.formats)
            if _number(other, "fillId") == fill and _without_fill(other) == like
        )
        found = next(same, number if self.styles.is_full else None)
        return self.styles.clone(number, {"fillId": str(fill)}) if found is None else found

    def on(self, number: int, grade: Grade) -> int:
        """The format of a cell once marked: all its own but the fill. Its own where there is no room for more."""
        number = number if 0 <= number < len(self.styles.formats) else 0
        if (number, grade) not in self._marked:
            self._marked[number, grade] = number if self.styles.is_full else self._mark(number, grade)
        return self._marked[number, grade]

    def _mark(self, number: int, grade: Grade) -> int:
        xf, fills = self.styles.formats[number], self.styles.fills
        before = self._before(fills[min(_number(xf, "fillId"), len(fills) - 1)])
        fill = self.styles.fill(shade(grade, self._ground(_number(xf, "fontId")), before))
        return self.styles.clone(number, {"fillId": str(fill), "applyFill": "1"})

    def _before(self, fill: Canon) -> int:
        if fill not in self.befores and len(self.befores) < SHADES:
            self.befores.append(fill)
        return self.befores.index(fill) if fill in self.befores else 0

    def _ground(self, font: int) -> Ground:
        colour = self.styles.font_colour(font)
        light = colour.get("theme") in _LIGHT_THEME or colour.get("indexed") in _LIGHT_INDEXED
        return "dark" if light or is_light(colour.get("rgb", "")) else "light"


def _number(canon: Canon, name: str) -> int:
    text = dict(canon[1]).get(name, "0")
    return int(text) if text.isdigit() else 0


def _without_fill(xf: Canon) -> Canon:
    return (xf[0], tuple(pair for pair in xf[1] if pair[0] not in ("fillId", "applyFill")), xf[2])


def shade_of(fill: Canon) -> int | None:
    """Which fill a marked cell had before; None where this fill is none of ours."""
    pattern = next((child for child in fill[2] if child[0] == "patternFill"), None)
    if pattern is None or dict(pattern[1]).get("patternType") != "solid":
        return None
    colour = next((dict(child[1]) for child in pattern[2] if child[0] == "fgColor"), {})
    return shade_number(colour.get("rgb", ""))


def remembered(befores: Sequence[Canon]) -> str:
    """The fills cells had, as text for a cell of our own sheet."""
    return json.dumps(befores, separators=(",", ":"))


def recalled(text: str) -> tuple[Canon, ...]:
    """What `remembered` wrote; nothing where somebody changed it."""
    try:
        return tuple(_canon(item) for item in json.loads(text))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return ()


def _canon(item: Any) -> Canon:
    name, attributes, children = item
    pairs = tuple((str(key), str(value)) for key, value in attributes)
    if not str(name).isalpha() or not all(key.isalpha() for key, _ in pairs):
        raise ValueError(name)
    return (str(name), pairs, tuple(_canon(child) for child in children))
