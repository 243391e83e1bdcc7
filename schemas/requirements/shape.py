"""The shape of product_data.toml. A key nobody knows is refused, so that a typo cannot drop a rule."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=False)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]*$")]
Severity = Literal["error", "warning", "info"]
Source = Literal["documented", "assumed"]
Country = Literal["CO", "MX"]
Category = Literal["INDIVIDUAL", "BUSINESS", "INSURANCE"]
Kind = Literal[
    "text", "html", "code", "choice", "choices", "money", "rate", "percent", "spread", "index", "total_cost", "term",
    "count", "age", "day", "yes_no", "list", "url", "insurance", "file",
]  # fmt: skip
Style = Literal[
    "text", "number", "percent", "points", "money", "figure", "day", "month", "list", "basis", "modality", "unit",
    "fields", "row", "letters", "names", "place", "what", "why", "found", "size",
]  # fmt: skip


class Shape(BaseModel):
    """Base of every table: nothing unknown, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Words(Shape):
    """The same words in both languages; neither may lack."""

    es: Text
    en: Text


class ExampleWords(Words):
    """How a value is written: in Spanish (Colombia's figures), in English, and in Mexico where it differs."""

    mx: Text | None = None


class WordLists(Shape):
    """Header synonyms by language."""

    es: tuple[Text, ...] = ()
    en: tuple[Text, ...] = ()


class ChoiceShape(Shape):
    """One value of a closed list."""

    value: Text
    es: Text
    en: Text
    words: tuple[Text, ...] = ()


class BandShape(Shape):
    """What is usual, by country and category."""

    low: Decimal | None = None
    high: Decimal | None = None
    country: Country | None = None
    category: Category | None = None


class PrefixShape(Shape):
    """Words for a finding that is about a pair of fields, not one of them (`amount`: the amount)."""

    name: Name
    label: Words
    the: Words
    plural: bool = False
    example: ExampleWords


class FieldShape(Shape):
    """One `[[field]]` table."""

    name: Name
    prefix: Name | None = None
    kind: Kind
    label: Words
    the: Words
    plural: bool = False
    unit: Words | None = None
    max_length: int | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    above: Decimal | None = None
    usual: tuple[BandShape, ...] = ()
    required: tuple[Category, ...] = ()
    countries: tuple[Country, ...] = ()
    source: Source
    severities: dict[Name, Severity] = {}
    headers: WordLists = WordLists()
    choices: tuple[ChoiceShape, ...] = ()
    example: ExampleWords
    note: Words | None = None


class HeaderShape(Shape):
    """One `[[header]]` table: headers that fill two fields, carry a basis, or belong to nobody."""

    text: tuple[Text, ...]
    fills: tuple[Name, ...] = ()
    between: tuple[Name, ...] = ()
    basis: Text | None = None
    bases: tuple[Text, ...] = ()
    basis_by_country: dict[Country, Text] | None = None
    unit: Text | None = None


class UnitShape(Shape):
    """One `[[unit]]` table: words in headers that say a unit. Without kinds they say nothing and are set aside."""

    words: tuple[Text, ...]
    kinds: tuple[Kind, ...] = ()
    basis: Text | None = None
    bases: tuple[Text, ...] | None = None
    basis_by_country: dict[Country, Text] | None = None
    unit: Text | None = None
    scale: int | None = None
    currency: Literal["COP", "MXN"] | None = None
    percent: bool | None = None
    tax: Literal["plus", "included"] | None = None


class FaultShape(Shape):
    """One `[[fault]]` table: what may be wrong with a cell of these kinds. source `field`: as the field's own."""

    name: Name
    kinds: tuple[Kind, ...]
    severity: Severity
    source: Literal["field", "assumed"] = "assumed"
    title: Words
    message: Words
    fix: Words
    facts: dict[Name, Style] = {}


class RuleShape(Shape):
    """One `[[rule]]` table: a code of its own, or (what it leaves out) the generic fault of that name made specific."""

    code: Name
    reference: Text | None = None
    severity: Severity | None = None
    effect: Literal["rejects_file", "holds_listing", "none"] | None = None
    source: Source | None = None
    title: Words | None = None
    message: Words | None = None
    fix: Words | None = None
    facts: dict[Name, Style] | None = None


class FileShape(Shape):
    """The whole file."""

    version: Text
    prefix: tuple[PrefixShape, ...]
    field: tuple[FieldShape, ...]
    campaign: tuple[FieldShape, ...]
    header: tuple[HeaderShape, ...]
    unit: tuple[UnitShape, ...]
    fault: tuple[FaultShape, ...]
    rule: tuple[RuleShape, ...]
