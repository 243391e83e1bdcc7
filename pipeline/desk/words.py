"""The desk's words, es and en: `templates/desk_es.toml` and `desk_en.toml`, one table a page, the same keys in both."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

LANGS = ("es", "en")


@cache
def words(lang: str) -> SimpleNamespace:
    """The words of a language: `words("es").home.title`."""
    return SimpleNamespace(**{name: SimpleNamespace(**table) for name, table in table_of(lang).items()})


def table_of(lang: str) -> dict[str, Any]:
    """The same as it is written."""
    return tomllib.loads(files("templates").joinpath(f"desk_{lang}.toml").read_text(encoding="utf-8"))
