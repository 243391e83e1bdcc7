"""Cell text -> amount, rate with basis, term, day ...: the best we know, or the doubt. Pure, own grammar, no guess.

A cell that holds nothing gives `Read(None)`; one that says "not given" (`N.A.`, `-`) adds the note `missing`. Whatever
else is None carries a note saying why. Nothing here raises on any cell.
"""

from pipeline.reading.amounts import read_amount
from pipeline.reading.bases import read_basis
from pipeline.reading.counts import read_count
from pipeline.reading.days import read_day
from pipeline.reading.percents import read_insurance, read_percent, read_total_cost
from pipeline.reading.plain import read_choices, read_decimal, read_list, read_sound, read_text, read_yes_no
from pipeline.reading.rates import read_index, read_rate
from pipeline.reading.terms import read_age_range, read_term
from pipeline.reading.values import Amount, Insurance, Note, Percent, Rate, Read, Term, TotalCost, shown

__all__ = [
    "Amount",
    "Insurance",
    "Note",
    "Percent",
    "Rate",
    "Read",
    "Term",
    "TotalCost",
    "read_age_range",
    "read_amount",
    "read_basis",
    "read_choices",
    "read_count",
    "read_day",
    "read_decimal",
    "read_index",
    "read_insurance",
    "read_list",
    "read_percent",
    "read_rate",
    "read_sound",
    "read_term",
    "read_text",
    "read_total_cost",
    "read_yes_no",
    "shown",
]
