"""The points of a set-up check, shared by both doctors: what was looked at, how it is, what mends it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from schemas.errors import VitrinaError

Health = Literal["ok", "note", "missing", "wrong", "unreachable"]
"""note: worth knowing, nothing to mend; missing: still to be done; wrong: a setting that cannot be followed."""

_CODES: dict[Health, int] = {"ok": 0, "note": 0, "missing": 1, "wrong": 2, "unreachable": 3}
_MARKS: dict[Health, str] = {"ok": "✓", "note": "·", "missing": "✗", "wrong": "✗", "unreachable": "✗"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One thing that was looked at. name: a stable word for programs; mend: the command or setting that mends it."""

    name: str
    health: Health
    spanish: str
    english: str
    mend: str | None = None


def judged(
    name: str,
    fine: bool,
    *,
    good: tuple[str, str],
    bad: tuple[str, str],
    mend: str | None = None,
    otherwise: Health = "missing",
) -> Point:
    """A point that is fine or not; good, bad: what to say then, Spanish and English."""
    spanish, english = good if fine else bad
    return Point(name=name, health="ok" if fine else otherwise, spanish=spanish, english=english, mend=mend)


def in_trouble(name: str, fault: VitrinaError, mend: str | None = None, health: Health = "unreachable") -> Point:
    """A point that an error tells."""
    return Point(name=name, health=health, spanish=fault.say("es"), english=fault.say("en"), mend=mend)


def exit_code(points: Iterable[Point]) -> int:
    """0 nothing is missing, 1 something is, 2 a setting is wrong, 3 something is out of reach; the highest counts."""
    return max((_CODES[point.health] for point in points), default=0)


def lines_of(points: Iterable[Point], lang: str) -> list[str]:
    """Each point in a line, with what mends it below; how many are left, last."""
    listed = list(points)
    lines = []
    for point in listed:
        lines.append(f"{_MARKS[point.health]} {point.spanish if lang == 'es' else point.english}")
        if point.mend and point.health != "ok":
            lines.append(f"    → {point.mend}")
    return [*lines, "", _last(sum(_CODES[point.health] > 0 for point in listed), lang)]


def _last(left: int, lang: str) -> str:
    if left == 0:
        return "No falta nada." if lang == "es" else "Nothing is missing."
    if lang == "es":
        return "Falta 1 punto." if left == 1 else f"Faltan {left} puntos."
    return "1 point is left." if left == 1 else f"{left} points are left."


def document_of(points: Iterable[Point], lang: str) -> dict[str, Any]:
    """The same as JSON."""
    listed = list(points)
    return {
        "code": exit_code(listed),
        "points": [
            {
                "name": point.name,
                "health": point.health,
                "text": point.spanish if lang == "es" else point.english,
                "mend": point.mend,
            }
            for point in listed
        ],
    }
