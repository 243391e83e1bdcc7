"""What changed since the delivery before, for a person at the marketplace: `CAMBIOS.md`, always in Spanish. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from catalog.plan import Item, Review
from pipeline.report.plans.values import before_and_after, label_of
from schemas import wording

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|])")
_COUNTS = {
    "es": (("nuevo", "nuevos"), ("con cambios", "con cambios"), ("que sale", "que salen"), "sin cambios"),
    "en": (("new", "new"), ("changed", "changed"), ("leaving", "leaving"), "unchanged"),
}


@dataclass(frozen=True, slots=True)
class Changes:
    """A release against the one sent before. since: that release (None: nothing was sent yet), sent_on: its day."""

    lender: str
    release: int
    day: date
    review: Review
    since: int | None
    sent_on: date | None = None


def count_words(review: Review, lang: str) -> str:
    """`2 nuevos, 1 con cambios, 0 que salen, 12 sin cambios`; zero is said too."""
    counts, words = review.counts, _COUNTS[lang]
    parts = [
        f"{(n := counts[name])} {word[n != 1]}"
        for name, word in zip(("added", "changed", "removed"), words[:3], strict=True)
    ]
    brand = {"es": ", y cambia la marca", "en": ", and the brand changes"}[lang] if counts.get("brand") else ""
    return f"{', '.join(parts)}, {counts['unchanged']} {words[3]}{brand}"


def changes_text(changes: Changes) -> str:
    """The whole of `CAMBIOS.md`, in simple Markdown that reads well as plain text too."""
    return "\n".join(_lines(changes)) + "\n"


def _lines(changes: Changes) -> Iterator[str]:
    review = changes.review
    yield from (f"# {_plain(changes.lender)}: qué cambió en la versión {changes.release}", "")
    yield f"Versión {changes.release}, del {wording.day(changes.day)}."
    if changes.since is None:
        new = len(review.added)
        yield f"Es la primera entrega: {new} {'producto nuevo' if new == 1 else 'productos, todos nuevos'}."
    else:
        sent = f", enviada el {wording.day(changes.sent_on)}" if changes.sent_on else ""
        yield f"Frente a la versión {changes.since}{sent}: {count_words(review, 'es')}."
    touched = (*review.dangerous, *review.others)
    yield from _section("Salen del catálogo", [item for item in touched if item.what == "removed"])
    yield from _section("Cambia la marca", [item for item in touched if item.what == "brand"])
    yield from _section("Cambian", [item for item in touched if item.what == "changed"])
    yield from _section("Nuevos", review.added)
    if review.unchanged and changes.since is not None:
        yield from ("", "## Sin cambios", "", ", ".join(_plain(code) for code in review.unchanged))


def _section(title: str, items: Sequence[Item]) -> Iterator[str]:
    if items:
        yield from ("", f"## {title}", "")
    for item in sorted(items, key=lambda one: one.code):
        named = f"**{_plain(item.code)}** · {_plain(item.name)}" if item.product else "La marca del prestamista"
        yield f"- {named}"
        for view in item.fields:
            before, after = before_and_after(view, item.product, "es")
            yield f"  - {_plain(label_of(view.field, 'es'))}: {_plain(before)} → {_plain(after)}"


def _plain(text: str) -> str:
    """Text of a sheet as text of the page: on one line, its signs no markup."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
