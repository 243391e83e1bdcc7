"""The representative example in words: its line, its figures, the table of repayment and the plot of its balance. Pure.

Which published rate it was worked out at is not a field: the rate is named only when the payment follows from it.
What Vitrina worked out says so; what nobody told is said in words.
"""

from __future__ import annotations

from decimal import Decimal

from markupsafe import Markup, escape

from catalog.render.facts import basis_mark, cost_label, cost_value
from catalog.render.figures import NBSP, Style, count, day, money, number, percent
from catalog.render.view import Example, Fact, Plot, Schedule
from catalog.render.words import Words
from catalog.render.worked import Line, Worked, worked
from schemas.product import Product

_POINT_GROUPS = str.maketrans(",.", ".,")
_WIDE, _HIGH = 640, 160
"""The plot's own measure; it is drawn as wide as the page allows."""
_MOST_POINTS = 60


def example_of(product: Product, words: Words, style: Style) -> Example | None:
    """None unless the Lender gave at least the amount and the term of one."""
    found = worked(product)
    if found is None or product.example_amount is None or product.example_term is None:
        return None
    amount = money(product.example_amount, style)
    term = count(product.example_term, product.term_unit or "month", words)
    rate = _rate(found, words, style)
    payments = _payments(product, found, words, style)
    facts = (
        Fact(words.page.example_amount, escape(amount)),
        Fact(words.page.example_term, escape(term)),
        _told(words.page.example_rate, rate, "example_rate_missing", words, *_which(found, words)),
        _told(words.page.example_payment, payments, "example_payment_missing", words, *_whose(found, words)),
        _told(
            words.page.example_total, _total(found, style), "example_total_missing", words, *_adds(found, words, style)
        ),
        _cost(product, found, words, style),
    )
    line = _line(words, words.say["example_terms"].format(amount=amount, term=term), rate, payments)
    if found.computed:
        line += Markup(" ") + escape(words.say["example_by_us"])
    return Example(line, facts, _schedule(found, words, style), _plot(found, product.example_amount, words, style))


def _told(label: str, value: Markup | str | None, missing: str, words: Words, *notes: str) -> Fact:
    if value is None:
        return Fact(label, escape(words.say[missing]), missing=True)
    return Fact(label, escape(value), tuple(escape(note) for note in notes))


def _line(words: Words, terms: str, rate: Markup | None, payments: str | None) -> Markup:
    """`$5.000.000 a 36 meses: al 24,34 % E.A., 36 cuotas de $190.911`."""
    parts = [] if rate is None else [Markup(words.say["example_at"].format(rate=rate))]  # noqa: S704 - both are safe
    parts.append(escape(payments or words.say["example_no_payment"]))
    return escape(terms) + ": " + Markup(", ").join(parts)


def _rate(found: Worked, words: Words, style: Style) -> Markup | None:
    return None if found.rate is None else escape(percent(found.rate, style)) + basis_mark(found.basis, words)


def _which(found: Worked, words: Words) -> tuple[str, ...]:
    return (words.say["example_highest_rate"],) if found.highest else ()


def _payments(product: Product, found: Worked, words: Words, style: Style) -> str | None:
    if found.payment is None:
        return None
    payment = money(found.payment, style)
    if product.payment_frequency == ("bullet",):
        return words.say["example_bullet"].format(payment=payment)
    times = found.count or _payment_count(product)
    if times is None:
        return words.say["example_each"].format(payment=payment)
    return words.say["example_one_payment" if times == 1 else "example_payments"].format(count=times, payment=payment)


_PER_MONTH = {"fortnightly": 2, "monthly": 1}


def _payment_count(product: Product) -> int | None:
    """One payment a unit of the term, or what the frequency makes of its months; None where that is uneven."""
    assert product.example_term is not None
    unit, frequency = product.term_unit or "month", product.payment_frequency
    if len(frequency) > 1:
        return None
    paid = frequency[0] if frequency else None
    if paid is None or (unit, paid) in {("week", "weekly"), ("fortnight", "fortnightly")}:
        return product.example_term
    months = {"month": 1, "year": 12}.get(unit)
    return None if months is None or paid not in _PER_MONTH else product.example_term * months * _PER_MONTH[paid]


def _whose(found: Worked, words: Words) -> tuple[str, ...]:
    """Who worked the payment out, and whether the insurance is in it."""
    ours = "example_computed_max" if found.highest else "example_computed_rate"
    insured = {True: "example_insured", False: "example_uninsured", None: ""}[found.insured]
    return tuple(words.say[key] for key in (ours if found.computed else "", insured) if key)


def _total(found: Worked, style: Style) -> str | None:
    return None if found.total is None else money(found.total, style)


def _adds(found: Worked, words: Words, style: Style) -> tuple[str, ...]:
    if not found.total_computed:
        return ()
    fees = words.say["example_with_fees"].format(value=money(found.fees, style)) if found.fees else None
    return tuple(note for note in (words.say["example_by_vitrina"], fees) if note)


def _cost(product: Product, found: Worked, words: Words, style: Style) -> Fact:
    """CAT with its date, without IVA, in Mexico; the total cost in Colombia: as stated, else worked out."""
    market = "MX" if product.currency == "MXN" or product.country == "MX" else "CO"
    label = cost_label(product, words, market)
    if product.total_cost_pct is not None:
        date = product.total_cost_date
        note = (
            words.say["example_cost_undated"]
            if date is None
            else words.say["example_cost_on"].format(date=day(date, words))
        )
        return Fact(label, cost_value(product, words, style, market) or Markup(""), (escape(note),))
    if found.cost is None:
        return Fact(label, escape(words.say[f"cost_missing_{market}"]), missing=True)
    note = words.say["example_cost_ours"]
    if product.data_as_of is not None:
        note = words.say["example_cost_ours_dated"].format(date=day(product.data_as_of, words))
    if market == "MX":
        value = escape(f"{number(found.cost, style, least=1)}{style.percent} {words.say['cost_untaxed']}")
    else:
        value = escape(percent(found.cost, style)) + basis_mark("EA", words)
    return Fact(label, value, (escape(note),))


def _schedule(found: Worked, words: Words, style: Style) -> Schedule | None:
    if not found.lines:
        return None
    rows = _rows(found.lines) if found.places == 0 else _rows_with_cents(found.lines)
    # Tags hold neither commas nor points: the separators of a whole table are exchanged in one go.
    rows = rows.translate(_POINT_GROUPS) if style.comma_decimal else rows
    insurance = money(Decimal(found.insurance).scaleb(-found.places), style) if found.insurance else None
    rate = _rate(found, words, style) or Markup("")
    note = Markup(words.say["schedule_note"].format(rate=rate))  # noqa: S704 - our sentence around a safe value
    return Schedule(Markup(rows), insurance, note)  # noqa: S704 - whole numbers only


def _rows(lines: tuple[Line, ...]) -> str:
    """The rows of the table as HTML, made here: a template escapes each of the hundreds of figures by itself."""
    return "\n".join(
        [
            f'<tr><th scope="row">{number}</th><td>{payment:,}</td><td>{interest:,}</td><td>{principal:,}</td>'
            f"<td>{balance:,}</td></tr>"
            for number, (payment, interest, principal, balance) in enumerate(lines, 1)
        ]
    )


def _rows_with_cents(lines: tuple[Line, ...]) -> str:
    return "\n".join(
        [
            f'<tr><th scope="row">{number}</th><td>{_cents(line.payment)}</td><td>{_cents(line.interest)}</td>'
            f"<td>{_cents(line.principal)}</td><td>{_cents(line.balance)}</td></tr>"
            for number, line in enumerate(lines, 1)
        ]
    )


def _cents(units: int) -> str:
    return f"{units // 100:,}.{units % 100:02}"


def _plot(found: Worked, amount: Decimal, words: Words, style: Style) -> Plot | None:
    """The balance after each payment, the amount lent at the left."""
    if not found.lines:
        return None
    first = int(amount.scaleb(found.places))
    balances = [first, *[line.balance for line in found.lines]]
    last = len(balances) - 1
    step = max(1, -(-last // _MOST_POINTS))
    shown = [*range(0, last, step), last]
    points = " ".join([f"{_WIDE * at // last},{_HIGH - _HIGH * balances[at] // first}" for at in shown])
    start, end = money(amount, style), money(Decimal(0), style)
    said = words.say["plot_says"].format(amount=start, zero=end, count=last)
    return Plot(points, said, start, end, f"{last}{NBSP}{words.say['plot_payments']}")
