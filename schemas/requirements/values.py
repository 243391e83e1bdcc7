"""The requirements as frozen values: fields, choices, header words and rules, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from schemas.findings import Effect, Severity, Source

Texts = Mapping[str, str]
"""The same words in both languages: keys `es` and `en`."""

BLANK = re.compile(r"\{([A-Za-z_]+)\}")
_OPTIONAL = re.compile(r"\[[^\[\]]*\]")

FIELD_WORDS = frozenset(
    (
        "label",
        "column",
        "the",
        "The",
        "lacks",
        "example",
        "allowed",
        "range",
        "limit",
        "over",
        "value",
        "cell",
        "product",
    )
)
"""Blanks every message may use without a fact: they are filled from the field, or from the finding itself."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One allowed value of a closed list; `words` are its normalised synonyms in sheets."""

    value: str
    label: Texts
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """What is usual for one country and category (None: any). Outside it a value is kept, with a warning."""

    low: Decimal | None
    high: Decimal | None
    country: str | None = None
    category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One piece of data about a product, or (names starting `lender.`) about the Lender.

    prefix: first word of its finding codes. low/high: hard limits, inclusive; above: hard limit, exclusive.
    required: categories that need it; countries: where (empty: both). source: does the marketplace document the field?
    """

    name: str
    prefix: str
    kind: str
    label: Texts
    the: Texts
    plural: bool
    unit: Texts | None
    max_length: int | None
    low: Decimal | None
    high: Decimal | None
    above: Decimal | None
    usual: tuple[Band, ...]
    required: tuple[str, ...]
    countries: tuple[str, ...]
    source: Source
    headers: Mapping[str, tuple[str, ...]]
    choices: tuple[Choice, ...]
    example: Texts
    note: Texts | None

    def band(self, country: str | None, category: str | None) -> Band | None:
        """The usual band for a product of this country and category; None where nothing is said."""
        fits = (b for b in self.usual if b.country in (None, country) and b.category in (None, category))
        return next(fits, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a finding code means. `facts` names the blanks a finding may fill, with how each is written.

    source says whose rule it is: `documented` by the marketplace, or `assumed` by us (settings may change it).
    """

    code: str
    severity: Severity
    effect: Effect
    source: Source
    title: Texts
    message: Texts
    fix: Texts
    facts: Mapping[str, str]
    reference: str | None = None

    @property
    def needs(self) -> frozenset[str]:
        """The facts a finding must bring: every blank outside optional parts that the field's words cannot fill."""
        return _needs(*self.message.values(), *self.fix.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderWord:
    """What a column header says: the fields it fills and the basis, unit, scale, currency or tax it carries.

    fills holds one field, or the two ends of a range (`Monto` fills amount_min and amount_max). Empty: the word could
    mean any of `between`, so it is nobody's until a unit or the column's values decide.
    """

    text: str
    fills: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    basis: str | None = None
    bases: tuple[str, ...] = ()
    basis_by_country: Mapping[str, str] | None = None
    unit: str | None = None
    scale: int = 1
    currency: str | None = None
    percent: bool = False
    tax: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitWord:
    """Words in a header that say a unit, basis, scale, currency or tax; `kinds` are the field kinds they fit."""

    text: str
    kinds: tuple[str, ...]
    carries: Mapping[str, object]


def blanks(text: str) -> frozenset[str]:
    """Every blank of a template: `{low} a {high}` has low and high."""
    return frozenset(BLANK.findall(text))


def needed_blanks(text: str) -> frozenset[str]:
    """The blanks outside `[optional parts]`, which a finding cannot do without."""
    return blanks(_OPTIONAL.sub("", text))


@cache
def _needs(*texts: str) -> frozenset[str]:
    return frozenset(blank for text in texts for blank in needed_blanks(text)) - FIELD_WORDS


def parts(template: str) -> Iterator[tuple[str, bool]]:
    """The template cut into pieces, each with whether it is optional: dropped when a blank in it has no fact."""
    end = 0
    for found in _OPTIONAL.finditer(template):
        yield template[end : found.start()], False
        yield found.group()[1:-1], True
        end = found.end()
    yield template[end:], False


def words_of(choices: Iterable[Choice]) -> dict[str, str]:
    """Normalised synonym -> canonical value, of a closed list."""
    return {word: choice.value for choice in choices for word in choice.words}
