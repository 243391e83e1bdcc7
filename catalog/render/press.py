"""Draws pages of one language from the templates: the shell around the content once, then only what differs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from catalog.render.accent import Accent
from catalog.render.look import Look
from catalog.render.paths import STYLE, folder, root_from
from catalog.render.view import IndexPage, Listing
from catalog.render.words import LANGS, Lang, Words, words

if TYPE_CHECKING:
    from jinja2 import Environment

_TITLE, _TWIN, _MAIN = "<!--title-->", "<!--twin-->", "<!--main-->"
"""What the shell is split at. Brand texts in it are escaped and cannot hold these."""
_MARKS = {"title": Markup(_TITLE), "twin": Markup(_TWIN), "main": Markup(_MAIN)}  # noqa: S704 - our own text


_WORD = re.compile(r"\{\{ w\.(\w+) \}\}")


@cache
def _environment(lang: Lang) -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    return Environment(
        loader=FunctionLoader(lambda name: _source(name, lang)),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _source(name: str, lang: Lang) -> str:
    """A template with the page words of one language set in: looked up and escaped once, not once a page."""
    page = words(lang).page
    text = files("templates").joinpath(name).read_text(encoding="utf-8")
    return _WORD.sub(lambda match: str(escape(getattr(page, match[1]))), text)


def style_sheet(accent: Accent) -> bytes:
    """`style.css` in the Lender's colour."""
    return _environment(LANGS[0]).get_template("style.css.j2").render(accent=accent).encode()


@dataclass(frozen=True, slots=True)
class Shell:
    """The page around the content, cut where title, link to the other language and content go."""

    before_title: str
    before_twin: str
    before_main: str
    after: str

    def around(self, main: str, *, title: str, twin: str) -> bytes:
        """The whole page. What UTF-8 cannot write (a lone surrogate) becomes `?`."""
        parts = (self.before_title, escape(title), self.before_twin, twin, self.before_main, main, self.after)
        return "".join(parts).encode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Entry:
    """A listing with what its card and its page share drawn: facts, example, chips."""

    listing: Listing
    terms: Markup


@dataclass(frozen=True, slots=True)
class Press:
    """What draws the pages of one language. preview: the banner and the cells behind the figures are shown."""

    words: Words
    look: Look
    shell: Shell
    lender: Markup
    preview: bool

    def entry(self, listing: Listing) -> Entry:
        """What card and page share is drawn here, once."""
        return Entry(listing, _parts(self.words.lang).terms(listing, self.words.page, self.preview))

    def card(self, entry: Entry) -> Markup:
        """One card, for index pages."""
        return Markup(self._draw("card.j2", v=entry.listing, terms=entry.terms))  # noqa: S704 - drawn with autoescape

    def detail(self, entry: Entry, structured: Markup) -> bytes:
        """One product's page with its schema.org data."""
        listing = entry.listing
        main = self._draw("detail.j2", v=listing, terms=entry.terms, structured=structured)
        return self.shell.around(main, title=f"{listing.name} · {self.look.name}", twin=f"{listing.slug}.html")

    def index(self, page: IndexPage) -> bytes:
        """One page of the catalogue."""
        return self.shell.around(self._draw("index.j2", page=page), title=page.title, twin=page.name)

    def _draw(self, name: str, **values: object) -> str:
        template = _environment(self.words.lang).get_template(name)
        return template.render(w=self.words.page, lender=self.lender, **values)


def press_for(lang: Lang, look: Look, *, preview: bool) -> Press:
    """The press of one language, its shell and the lender's name and logo drawn."""
    lender = _parts(lang).lender(look, root_from(lang))
    return Press(words(lang), look, _shell(lang, look, preview=preview), lender, preview)


@cache
def _parts(lang: Lang) -> Any:
    """The macros of `card_parts.j2` as functions."""
    return _environment(lang).get_template("card_parts.j2").module


def _shell(lang: Lang, look: Look, *, preview: bool) -> Shell:
    other = next(one for one in LANGS if one != lang)
    text = (
        _environment(lang)
        .get_template("shell.j2")
        .render(
            w=words(lang).page,
            look=look,
            root=root_from(lang),
            preview=preview,
            style=root_from(lang) + STYLE,
            twin_folder=root_from(lang) + folder(other),
            **_MARKS,
        )
    )
    before_title, rest = text.split(_TITLE)
    before_twin, rest = rest.split(_TWIN)
    before_main, after = rest.split(_MAIN)
    return Shell(before_title, before_twin, before_main, after)
