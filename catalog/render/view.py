"""What the templates draw: frozen values with every figure already written the reader's way. No rule lives here."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Source:
    """Where one value came from: `Productos!F5`, the text there, how it was read (an English note; None: as it is)."""

    field: str
    place: str
    raw: str
    reading: str | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One of the figures a person scans: a label, its value (safe HTML), smaller remarks under it.

    missing: the value is a sentence saying that the Lender did not tell.
    """

    label: str
    value: Markup
    notes: tuple[Markup, ...] = ()
    missing: bool = False
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """The table of repayment: its rows (payment, interest, principal, balance), the insurance in every payment."""

    rows: Markup
    insurance: str | None
    note: Markup


@dataclass(frozen=True, slots=True)
class Plot:
    """The balance over time as the points of a line in a box of 640 x 160, what it says in words, its ends."""

    points: str
    says: str
    start: str
    end: str
    payments: str


@dataclass(frozen=True, slots=True)
class Example:
    """The Lender's representative example. `line` says it whole; facts, table and plot are for the detail page."""

    line: Markup
    facts: tuple[Fact, ...]
    schedule: Schedule | None
    plot: Plot | None


@dataclass(frozen=True, slots=True)
class Fee:
    """One row of the fees table."""

    label: str
    value: str
    tax: str


@dataclass(frozen=True, slots=True)
class Listing:
    """One product in one language: what its card and its detail page say.

    summary and lead are the short description as one line of text and as safe HTML; long and legal are safe HTML;
    sentences and lists hold text in the reader's language, or the Lender's own words.
    """

    code: str
    slug: str
    name: str
    category: str
    category_label: str
    summary: str
    lead: Markup
    long: Markup | None
    facts: tuple[Fact, ...]
    insured: bool
    insurer: str | None
    example: Example | None
    example_missing: str
    chips: tuple[str, ...]
    own_chips: tuple[str, ...]
    as_of: str
    action: str
    rate_sentences: tuple[Markup, ...]
    fees: tuple[Fee, ...]
    who: tuple[str, ...]
    documents: tuple[str, ...]
    covers: tuple[str, ...]
    excludes: tuple[str, ...]
    apply_here: str
    disbursed: str | None
    terms_url: str | None
    legal: Markup | None
    registration: str | None
    validity: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Cards of one category on one index page."""

    category: str
    title: str
    cards: tuple[Markup, ...]


@dataclass(frozen=True, slots=True)
class Jump:
    """A link to a category or to another index page; href None: the page one is on."""

    text: str
    href: str | None


@dataclass(frozen=True, slots=True)
class IndexPage:
    """One page of the catalogue. previous, next: file names; page_of: None where there is one page only."""

    name: str
    title: str
    heading: str
    intro: str
    groups: tuple[Group, ...]
    jumps: tuple[Jump, ...]
    page_of: str | None
    previous: str | None
    next: str | None
    pages: tuple[Jump, ...]
