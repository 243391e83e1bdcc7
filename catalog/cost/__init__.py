"""The cost of credit: rate bases, payments, all-in cost, the usury cap. Decimal, pure: no clock, disk or network.

Percent is percent (24.9 is 24.9 %), money is in the loan's currency, times are in years. What has no answer raises
NoAnswer with a stable `reason`; badly written flows raise WrongUse.
"""

from catalog.cost.apr import apr
from catalog.cost.example import IVA, Judgement, Terms, example_loans, judge_payment, judge_total
from catalog.cost.flows import Flows, Stream, parse_flows
from catalog.cost.loan import Loan, Row, count_of, flows, payment, schedule, total_paid
from catalog.cost.numbers import CEILING, NoAnswer, places_of
from catalog.cost.payment import PER_YEAR, TERM_YEARS, level_payment, payments_in, rounded, usual_frequency
from catalog.cost.quick import (
    Plain,
    all_in_to,
    apr_to,
    plain_example,
    surely_adds_up,
    surely_agrees,
    surely_costs_less,
)
from catalog.cost.rates import BASES, convert, from_ea, period_rate, to_ea
from catalog.cost.rounding import Agreement, Printed, agree
from catalog.cost.usury import cap

__all__ = [
    "BASES",
    "CEILING",
    "IVA",
    "PER_YEAR",
    "TERM_YEARS",
    "Agreement",
    "Flows",
    "Judgement",
    "Loan",
    "NoAnswer",
    "Plain",
    "Printed",
    "Row",
    "Stream",
    "Terms",
    "agree",
    "all_in_to",
    "apr",
    "apr_to",
    "cap",
    "convert",
    "count_of",
    "example_loans",
    "flows",
    "from_ea",
    "judge_payment",
    "judge_total",
    "level_payment",
    "parse_flows",
    "payment",
    "payments_in",
    "period_rate",
    "places_of",
    "plain_example",
    "rounded",
    "schedule",
    "surely_adds_up",
    "surely_agrees",
    "surely_costs_less",
    "to_ea",
    "total_paid",
    "usual_frequency",
]
