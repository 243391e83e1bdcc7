"""What an unknown header may be said to mean: a field by its canonical name, or amount, rate and term as a range."""

from __future__ import annotations

from schemas.errors import WrongUse
from schemas.requirements import load

PAIRS = {
    "amount": ("amount_min", "amount_max"),
    "rate": ("rate_min", "rate_max"),
    "term": ("term_min", "term_max"),
}
"""Names for a column that holds one value or a range."""


def fields_called(name: str) -> tuple[str, ...]:
    """The fields a name stands for. WrongUse: there is no such field."""
    if name in PAIRS:
        return PAIRS[name]
    if name not in load().fields:
        raise WrongUse(
            f"There is no field «{name}»; `vitrina requirements` lists them.",
            es=f"No existe el campo «{name}»; `vitrina requirements` los muestra.",
        )
    return (name,)


def choices(lang: str) -> list[tuple[str, str]]:
    """(name, label) of everything a header of the product sheet may be said to mean, by label."""
    known = load()
    single = [(name, field.label[lang]) for name, field in known.fields.items() if "." not in name]
    pairs = [(name, known.spoken(known.fields[ends[0]])[lang]) for name, ends in PAIRS.items()]
    return sorted((*pairs, *single), key=lambda choice: choice[1].casefold())
