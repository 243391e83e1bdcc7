"""Pages drawn from `templates/desk`: the shell around them, the reader's language, figures and moments their way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse, RedirectResponse

from pipeline.desk import places
from pipeline.desk.addresses import path_of
from pipeline.desk.visit import Visit
from pipeline.desk.words import LANGS, words
from schemas import wording

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.runtime import Context
    from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class _Place:
    """One entry of the menu."""

    path: str
    name: str


MENU = (
    _Place("/", "home"),
    _Place("/cargas", "uploads"),
    _Place("/versiones", "releases"),
    _Place("/productos", "products"),
    _Place("/ajustes", "settings"),
)


def draw(visit: Visit, template: str, *, title: str, status: int = 200, **values: object) -> HTMLResponse:
    """A page of the desk. `title` is also its heading; in templates `w` is the words, `visit` the request."""
    body = _environment(visit.lang, visit.market).get_template(template).render(
        w=words(visit.lang),
        visit=visit,
        lang=visit.lang,
        other=next(lang for lang in LANGS if lang != visit.lang),
        assets=visit.desk.assets,
        lender=visit.shop.settings.lender.name,
        menu=MENU,
        here=_here(visit.request.url.path),
        again=_again(visit),
        said=_said(visit),
        title=title,
        path_of=path_of,
        wrote=_wrote(visit),
        **values,
    )  # fmt: skip
    return HTMLResponse(body.encode("utf-8", "replace"), status_code=status)


def _wrote(visit: Visit) -> tuple[str, ...]:
    """What came with the request and could pass for words of ours in a sentence that repeats it."""
    sent = (*(value for some in visit.form.values.values() for value in some), *visit.request.query_params.values())
    return tuple(value for value in sent if "vitrina" in value or "UTC" in value)


def _here(path: str) -> str:
    """The entry of the menu a page belongs to."""
    first = "/" + path.split("/")[1]
    return {"/archivos": "/cargas"}.get(first, first)


def _again(visit: Visit) -> str:
    """Where the same page is shown once more; the answer to a form has no address of its own."""
    url = visit.request.url
    if visit.request.method != "GET":
        return _here(url.path)
    asked = "&".join(part for part in url.query.split("&") if part and not part.startswith("hecho="))
    return f"{url.path}?{asked}" if asked else url.path


def _said(visit: Visit) -> str | None:
    """The sentence about what was just done: its name travels in the address, never its words."""
    sentence: str | None = vars(words(visit.lang).said).get(visit.asked("hecho"))
    return sentence


def go(path: str, *, said: str | None = None) -> RedirectResponse:
    """On to a page after something was done; `said`: the name of the sentence to show there, a key of `[said]`."""
    bare, hash_mark, anchor = path.partition("#")
    joint = "&" if "?" in bare else "?"
    return RedirectResponse(f"{bare}{joint}hecho={said}{hash_mark}{anchor}" if said else path, status_code=303)


@cache
def _environment(lang: str, market: str) -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined, pass_context

    environment = Environment(
        loader=FunctionLoader(_source), autoescape=True, auto_reload=False, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip

    def moment(at: datetime) -> str:
        return wording.moment(at, lang, market)

    def day(of: date) -> str:
        return wording.day(of, lang)

    def number(value: int) -> str:
        return wording.number(value, lang, market)

    def size(value: int) -> str:
        return wording.size(value, lang, market)

    def percent(value: Decimal) -> str:
        return wording.percent(value, lang, market)

    def few(values: Sequence[str], most: int) -> str:
        more = len(values) - most
        said = ", ".join(values[:most])
        return f"{said} {words(lang).pages.others.format(n=number(more))}" if more > 0 else said

    @pass_context
    def placed(context: Context, sentence: str, repeated: Iterable[str] = ()) -> Markup:
        return places.placed(sentence, lang, market, (*context["wrote"], *repeated))

    filters: dict[str, Any] = {
        "moment": moment, "day": day, "number": number, "size": size, "percent": percent, "few": few,
        "placed": placed, "timed": lambda sentence: places.in_local_time(sentence, lang, market),
    }  # fmt: skip
    environment.filters.update(filters)
    return environment


def _source(name: str) -> str:
    return files("templates").joinpath("desk", name).read_text(encoding="utf-8")
