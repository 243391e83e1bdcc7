"""The catalogue's index: which products lie on which page, under which category, and the links between pages. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup

from catalog.render.paths import index_name
from catalog.render.view import Group, IndexPage, Jump
from catalog.render.words import Words
from schemas.product import Product

CARDS_A_PAGE = 200
_CATEGORIES = ("INDIVIDUAL", "BUSINESS", "INSURANCE")


@dataclass(frozen=True, slots=True)
class Contents:
    """All products in the order they are shown: by category, then as given. starts: category -> page it begins on."""

    products: tuple[Product, ...]
    starts: Mapping[str, int]

    @property
    def last(self) -> int:
        """Number of index pages; an empty catalogue has one."""
        return max(1, -(-len(self.products) // CARDS_A_PAGE))

    def on(self, number: int) -> tuple[Product, ...]:
        """The products of index page `number`, from 1."""
        return self.products[(number - 1) * CARDS_A_PAGE : number * CARDS_A_PAGE]


def contents_of(products: Sequence[Product]) -> Contents:
    """Personal credit, business credit, insurance, then anything else by name."""
    place = {category: number for number, category in enumerate(_CATEGORIES)}
    ordered = sorted(products, key=lambda one: (place.get(one.category, len(place)), one.category))
    starts: dict[str, int] = {}
    for number, product in enumerate(ordered):
        starts.setdefault(product.category, number // CARDS_A_PAGE + 1)
    return Contents(tuple(ordered), starts)


def index_page(
    contents: Contents, number: int, words: Words, *, lender: str, card: Callable[[Product], Markup]
) -> IndexPage:
    """Index page `number` with its cards drawn by `card`."""
    title, last = words.page.catalog_of.format(lender=lender), contents.last
    of = words.page.page_of.format(page=number, pages=last)
    return IndexPage(
        name=index_name(number),
        title=title if number == 1 else f"{title} · {of}",
        heading=title,
        intro=_intro(len(contents.products), words),
        groups=tuple(_groups(contents.on(number), words, card)),
        jumps=tuple(_jump(*start, words) for start in contents.starts.items()) if len(contents.starts) > 1 else (),
        page_of=of if last > 1 else None,
        previous=index_name(number - 1) if number > 1 else None,
        next=index_name(number + 1) if number < last else None,
        pages=tuple(_page_link(one, number, words) for one in range(1, last + 1)) if last > 1 else (),
    )


def _groups(products: Sequence[Product], words: Words, card: Callable[[Product], Markup]) -> Iterator[Group]:
    for category, members in groupby(products, key=lambda product: product.category):
        yield Group(category, _title(category, words), tuple(map(card, members)))


def _title(category: str, words: Words) -> str:
    return words.say.get(f"group_{category}", category)


def _jump(category: str, page: int, words: Words) -> Jump:
    return Jump(_title(category, words), f"{index_name(page)}#{category}")


def _page_link(page: int, here: int, words: Words) -> Jump:
    return Jump(words.page.page_number.format(page=page), None if page == here else index_name(page))


def _intro(total: int, words: Words) -> str:
    if total == 0:
        return str(words.page.intro_none)
    return words.say["intro_one" if total == 1 else "intro_many"].format(count=total)
