"""What a plan, or a release beside another, changes: group by group, and only what is shown of them put into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from catalog.plan import Item, Review
from pipeline.desk.addresses import with_asked
from pipeline.desk.paging import Part, cut, part_of
from pipeline.desk.visit import Visit
from pipeline.report.plans import ItemWords, groups_of, headline, item_words, title_of

A_PAGE = 200
"""Products of one group shown where that group alone is asked for."""
_SIGNS: Mapping[str, str] = {"dangerous": "warning", "to_name": "warning", "held": "holds", "scheduled": "wait"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for: a group alone (empty: all of them, each from its beginning), and from where on."""

    group: str = ""
    start: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """What is shown of a group. part: which piece it is; whole: the address of the group alone; items, words: alike.

    sign: what marks it.
    """

    kind: str
    title: str
    sign: str
    part: Part
    whole: str
    items: tuple[Item, ...]
    words: tuple[ItemWords, ...]


@dataclass(frozen=True, slots=True)
class Changes:
    """A difference as a page shows it: its first line, its groups, what stays. alone: one group, asked for by itself.

    address: the page that shows them all.
    """

    address: str
    headline: str
    pieces: tuple[Piece, ...]
    unchanged: tuple[str, ...]
    alone: bool


def asked(visit: Visit) -> Asked:
    """What an address, or a form that was sent from there, asks for."""
    return Asked(*(visit.asked(name) or visit.form.text(name) for name in ("grupo", "desde")))


def changes_of(
    review: Review, lang: str, address: str, what: Asked, *, most: int, upload: int | None = None
) -> Changes:
    """The difference for a page: the group that is asked for, or the beginning of each (`most` products)."""
    groups = groups_of(review)
    alone = [one for one in groups if one[0] == what.group]
    pieces = []
    for kind, items in alone or groups:
        whole = with_asked(address, {"grupo": kind})
        part = part_of(len(items), A_PAGE, what.start, whole) if alone else Part(0, most, len(items), whole)
        shown = tuple(cut(items, part))
        words = tuple(item_words(item, lang, upload) for item in shown)
        pieces.append(Piece(kind, title_of(kind, lang), _SIGNS.get(kind, "info"), part, whole, shown, words))
    return Changes(address, headline(review, lang), tuple(pieces), () if alone else review.unchanged, bool(alone))
