"""Figures claimed in prose: rates, amounts, terms, ages. Pure.

A pattern finds where a figure is claimed and in which words; `pipeline.reading` says what the figure is, so that a
description and a cell are read alike. Whatever is doubtful claims nothing: a false alarm costs more than a miss.
All of it is assumed (rule X20 names tasa, monto and plazo only).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from pipeline.validate.claims.amounts import amounts_in
from pipeline.validate.claims.rates import rates_in, totals_in
from pipeline.validate.claims.said import MOST_CLAIMS, Said, Text
from pipeline.validate.claims.terms import ages_in, terms_in

_OF_RATES = ("%", "e.a", "m.v", "vencid")
_OF_AMOUNTS = ("$", "pesos", "millon", "million", "cop", "mxn", "mdp", "m.n.")
_OF_AGES = ("edad", "age", "mayor", "old")
_UNITS = ("mes", "mens", "quinc", "sema", "dia", "ano", "mon", "week", "day", "year", "fort")
_COUNTED = re.compile(rf"\d[ -](?:{'|'.join(_UNITS)})")
_DIGIT = re.compile(r"\d")
_TWO_DIGITS = re.compile(r"\d\d")
STEMS = (*_OF_RATES, *_OF_AMOUNTS, *_OF_AGES, *(f"0{mark}{unit}" for mark in " -" for unit in _UNITS))
"""A text without any of these, its digits written as zeros, claims no figure."""


def figures_in(text: Text, country: str) -> Iterator[Said]:
    """Every figure the text claims, in no particular order."""
    if not _DIGIT.search(text.folded):
        return
    if text.has(*_OF_RATES):
        yield from islice(rates_in(text, country), MOST_CLAIMS)
        yield from islice(totals_in(text), MOST_CLAIMS)
    if text.has(*_OF_AMOUNTS):
        yield from islice(amounts_in(text, country), MOST_CLAIMS)
    if _COUNTED.search(text.folded):
        yield from islice(terms_in(text), MOST_CLAIMS)
    if _TWO_DIGITS.search(text.folded) and text.has(*_OF_AGES):
        yield from islice(ages_in(text), MOST_CLAIMS)
