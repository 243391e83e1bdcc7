"""Sentences of the command line told as the desk tells them: a command becomes the desk's own place for the same act,
a moment the Lender's own time. The words around them stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from types import SimpleNamespace

from markupsafe import Markup, escape

from pipeline.desk.addresses import path_of
from pipeline.desk.words import words
from schemas import wording

_CALL = re.compile(r"(?<=[«“])vitrina ([a-z]+)((?: [^«»“”]*)?)(?=[»”])")
_MOMENT = re.compile(r"\b(\d{4}-\d\d-\d\d )?(\d\d:\d\d) UTC\b")
_ANY_DAY = "2026-01-02 "
Place = tuple[str, str]
"""An address of the desk, and what its button or page is called there."""


def placed(sentence: str, lang: str, market: str, repeated: Iterable[str] = ()) -> Markup:
    """A sentence with `vitrina approve 3` as a link to the plan of upload 3, called as its button is; what only the
    command line does stays as it is, and so does what people wrote.

    repeated: texts of people that the sentence may repeat (a code, a comment, a name of a file).
    """
    theirs = tuple(repeated)
    told, end, sentence = Markup(), 0, in_local_time(sentence, lang, market, theirs)
    for call in _CALL.finditer(sentence):
        place = None if _stands_in(call[0], theirs) else place_of(call[1], call[2].strip(), lang)
        if place is not None:
            told += escape(sentence[end : call.start()]) + Markup('<a class="place" href="{}">{}</a>').format(*place)
            end = call.end()
    return told + escape(sentence[end:])


def _stands_in(found: str, texts: Iterable[str]) -> bool:
    return any(found in text for text in texts)


def in_local_time(sentence: str, lang: str, market: str, repeated: Iterable[str] = ()) -> str:
    """A sentence with each `2026-11-22 17:40 UTC`, or `17:40 UTC` of today, by the clock of the market."""

    def local(found: re.Match[str]) -> str:
        if _stands_in(found[0], repeated):
            return found[0]
        try:
            at = datetime.fromisoformat(f"{found[1] or _ANY_DAY}{found[2]}").replace(tzinfo=UTC)
        except ValueError:
            return found[0]
        told = wording.moment(at, lang, market)
        return told if found[1] else told.rpartition(", ")[2]

    return _MOMENT.sub(local, sentence)


def place_of(verb: str, said: str, lang: str) -> Place | None:
    """Where the desk does what a command does; None where it does not."""
    find = PLACES.get(verb)
    return find(said, words(lang)) if find else None


def _upload(label: Callable[[SimpleNamespace, str], str]) -> Callable[[str, SimpleNamespace], Place]:
    def find(said: str, w: SimpleNamespace) -> Place:
        number = _number(said)
        return (f"/cargas/{number}", label(w, number)) if number else ("/cargas", w.menu.uploads)

    return find


def _release(label: Callable[[SimpleNamespace, str], str], page: str) -> Callable[[str, SimpleNamespace], Place]:
    def find(said: str, w: SimpleNamespace) -> Place:
        number = _number(said)
        return (f"/versiones/{number}{page}", label(w, said)) if number else ("/versiones", w.menu.releases)

    return find


def _product(label: Callable[[SimpleNamespace], str]) -> Callable[[str, SimpleNamespace], Place]:
    return lambda said, w: (path_of(said) if said else "/productos", label(w))


def _publish(said: str, w: SimpleNamespace) -> Place:
    """An upload where one is named; without one it makes good what targets miss."""
    number = _number(said)
    return (f"/cargas/{number}", w.plan.publish_act) if number else (_DRIFT, w.releases.mend)


def _releases(said: str, w: SimpleNamespace) -> Place:
    return (_DRIFT, w.releases.look) if "--verify" in said else ("/versiones", w.menu.releases)


def _step(w: SimpleNamespace, said: str) -> str:
    label: str = getattr(w.releases, f"enter_{said.rpartition('--')[2].strip()}", w.releases.market)
    return label


def _number(said: str) -> str:
    first = said.partition(" ")[0]
    return first if first.isascii() and first.isdigit() else ""


_DRIFT = "/versiones?comprobar=1#targets"
PLACES: Mapping[str, Callable[[str, SimpleNamespace], Place]] = {
    "submit": lambda _, w: ("/cargas", w.uploads.send),
    "plan": _upload(lambda w, number: w.plan.title.format(n=number)),
    "approve": _upload(lambda w, _: w.plan.approve),
    "reject": _upload(lambda w, _: w.plan.reject),
    "publish": _publish,
    "releases": _releases,
    "rollback": _release(lambda w, _: w.releases.back, "/volver"),
    "pack": _release(lambda w, _: w.releases.pack, "#market"),
    "receipt": _release(_step, "#market"),
    "withdraw": _product(lambda w: w.products.withdraw),
    "reinstate": _product(lambda w: w.products.reinstate),
    "waive": lambda _, w: ("/cargas", w.file.waive),
    "template": lambda _, w: ("/plantilla", w.home.template),
    "user": lambda _, w: ("/ajustes/usuarios", w.settings.users),
}
