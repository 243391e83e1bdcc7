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

_COUNTED = re.compile(r"\d[ -](?:mes|mens|quinc|sema|dia|ano|mon|week|day|year|fort)")
_TWO_DIGITS = re.compile(r"\d\d")


def figures_in(text: Text, country: str) -> Iterator[Said]:
    """Every figure the text claims, in no particular order."""
    if text.has("%", "e.a", "m.v", "vencid"):
        yield from islice(rates_in(text, country), MOST_CLAIMS)
        yield from islice(totals_in(text), MOST_CLAIMS)
    if text.has("$", "pesos", "millon", "million", "cop", "mxn", "mdp", "m.n."):
        yield from islice(amounts_in(text, country), MOST_CLAIMS)
    if _COUNTED.search(text.folded):
        yield from islice(terms_in(text), MOST_CLAIMS)
    if _TWO_DIGITS.search(text.folded) and text.has("edad", "age", "mayor", "old"):
        yield from islice(ages_in(text), MOST_CLAIMS)
