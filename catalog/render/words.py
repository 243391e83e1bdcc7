"""The words of the published listings, es and en, as `templates/listing_<lang>.toml` keeps them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import SimpleNamespace
from typing import Any, Literal

from markupsafe import Markup

Lang = Literal["es", "en"]
LANGS: tuple[Lang, ...] = ("es", "en")
LENDER_LANG = "es"
"""The language a Lender writes in (assumed: both markets speak Spanish); marked on the pages in another one."""


@dataclass(frozen=True, slots=True, eq=False)  # one value a language: compared and cached by identity
class Words:
    """One language. `page` holds what templates print as it is; the rest is what figures and sentences are made of."""

    lang: Lang
    page: SimpleNamespace
    say: Mapping[str, str]
    basis: Mapping[str, tuple[str, str]]
    unit: Mapping[str, tuple[str, str]]
    frequency: Mapping[str, str]
    premium_period: Mapping[str, str]
    applicant: Mapping[str, Mapping[str, str]]
    collateral: Mapping[str, str]
    subtype: Mapping[str, str]
    supervisor: Mapping[str, str]
    area: Mapping[str, str]
    months: tuple[str, ...]
    date: str


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads(files("templates").joinpath(name).read_text(encoding="utf-8"))


@cache
def _areas() -> Mapping[str, str]:
    """`CO-ANT` -> Antioquia."""
    countries = _table("areas.toml")
    return {f"{country}-{code}": name for country, names in countries.items() for code, name in names.items()}


def _lender_mark(lang: Lang) -> Markup:
    """The attribute that marks the Lender's own words on a page in another language."""
    return Markup("") if lang == LENDER_LANG else Markup(f' lang="{LENDER_LANG}"')  # noqa: S704 - our own text


@cache
def words(lang: Lang) -> Words:
    """The words of `lang`; raises KeyError on a language that has none."""
    table = _table(f"listing_{lang}.toml")
    return Words(
        lang=lang,
        page=SimpleNamespace(**table["page"], lender_lang=_lender_mark(lang)),
        say=table["say"],
        basis={key: (short, long) for key, (short, long) in table["basis"].items()},
        unit={key: (one, many) for key, (one, many) in table["unit"].items()},
        frequency=table["frequency"],
        premium_period=table["premium_period"],
        applicant={"CO": table["applicant"], "MX": table["applicant_MX"]},
        collateral=table["collateral"],
        subtype=table["subtype"],
        supervisor=table["supervisor"],
        area=_areas(),
        months=tuple(table["month"]["names"]),
        date=table["month"]["date"],
    )
