"""What a reviewer reads of a plan: dangerous changes first, jumps held, everything in words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.brand import BrandRecord, record_of
from catalog.entry import Content, Entry
from catalog.plan import BRAND, Item, Plan, diff, differing, review_of
from catalog.plan.jumps import swapped
from pipeline import report
from pipeline.report.plans import plan_words
from schemas.product import Brand
from tests.publishing import TODAY, entry, plan_of

USUAL: dict[str, Any] = {
    "amount_min": Decimal(1_000_000),
    "amount_max": Decimal(50_000_000),
    "rate_min": Decimal("24.9"),
    "rate_max": Decimal("24.9"),
    "rate_ea_min": Decimal("24.9"),
    "rate_ea_max": Decimal("24.9"),
    "term_min": 12,
    "term_max": 60,
    "term_unit": "month",
}


def changed(named: frozenset[str] = frozenset(), **values: Any) -> Plan:
    """The plan of one live product whose values become these."""
    base = Content(14, "d", {"A": entry("A", **USUAL)})
    return plan_of(base, [entry("A", **{**USUAL, **values})], named=named)


def item_of(plan: Plan) -> Item:
    review = review_of(plan)
    (found,) = (*review.dangerous, *review.to_name, *review.others)
    return found


def both_rates(text: str) -> dict[str, Any]:
    return dict.fromkeys(("rate_min", "rate_max", "rate_ea_min", "rate_ea_max"), Decimal(text))


@pytest.mark.parametrize(
    ("values", "dangers"),
    [
        (both_rates("25.9"), ["rate_up"]),
        (both_rates("23.9"), []),
        ({"currency": "USD"}, ["currency"]),
        ({"category": "BUSINESS"}, ["category"]),
        ({"rate_basis": "MV"}, ["basis"]),
        ({"amount_max": Decimal(61_000_000)}, ["limit"]),
        ({"amount_max": Decimal(60_000_000)}, []),
        ({"amount_max": None}, ["limit"]),
        ({"term_max": 48}, ["term_shorter"]),
        ({"term_max": 72}, []),
        ({"origination_fee_pct": Decimal(2)}, ["fee_new"]),
        ({"platform_fee_amount": Decimal(9000), "term_max": 24}, ["term_shorter", "fee_new"]),
        ({"insurance_cost": Decimal("0.1")}, []),
        ({"name": "Otro nombre"}, []),
    ],
)
def test_what_hurts_the_consumer_is_marked(values: dict[str, Any], dangers: list[str]) -> None:
    """Rates up, new fees, limits moved by more than a fifth, another currency or basis, a shorter term; no more."""
    assert list(item_of(changed(**values)).dangers) == dangers


def test_a_fee_or_cost_that_rises_is_marked_and_one_that_falls_is_not() -> None:
    """Compared with what is live."""
    base = Content(1, "d", {"A": entry("A", guarantee_fee_pct=Decimal(3), premium=Decimal(9000))})
    rises = plan_of(base, [entry("A", guarantee_fee_pct=Decimal(4), premium=Decimal(9500))])
    falls = plan_of(base, [entry("A", guarantee_fee_pct=Decimal(2), premium=Decimal(8500))])
    assert item_of(rises).dangers == ("fee_up", "cost_up")
    assert item_of(falls).dangers == ()


@pytest.mark.parametrize(
    ("values", "kind", "factor"),
    [
        (both_rates("249"), "times", 10),
        (both_rates("2.49"), "part", 10),
        (both_rates("29.4"), "digits", 0),
        ({"amount_max": Decimal(50_000_000_000)}, "times", 1000),
        ({"amount_min": Decimal(10_000)}, "part", 100),
        ({"term_max": 600}, "times", 10),
        ({"term_min": 21}, "digits", 0),
    ],
)
def test_a_figure_that_moved_like_a_typing_error_is_held_until_named(
    values: dict[str, Any], kind: str, factor: int
) -> None:
    """Ten times, a tenth, or two digits swapped: what is published stays, and naming lets it through."""
    plan = changed(**values)
    assert plan.is_empty
    assert plan.content()["A"].product.amount_max == USUAL["amount_max"]
    assert {(jump.kind, jump.factor) for jump in plan.held_changes[0].jumps} == {(kind, factor)}
    named = changed(frozenset("A"), **values)
    assert [change.code for change in named.changed] == ["A"]
    assert named.hash == plan.hash


@pytest.mark.parametrize(
    "values",
    [
        both_rates("26.4"),
        {"amount_max": Decimal(55_000_000)},
        {"rate_basis": "MV", "rate_min": Decimal("1.87"), "rate_max": Decimal("1.87")},
        {"term_unit": "day", "term_min": 360, "term_max": 1800},
        {"currency": "MXN", "amount_min": Decimal(5000), "amount_max": Decimal(250_000)},
        {"origination_fee_pct": Decimal(20)},
        {"age_min": 81},
    ],
)
def test_an_ordinary_change_and_one_of_unit_are_not_held(values: dict[str, Any]) -> None:
    """Two figures in different units cannot be compared; a fee that was not there did not jump."""
    assert not changed(**values).held_changes


def test_a_jump_changes_the_hash_with_what_is_held() -> None:
    """Another jump is another plan."""
    assert changed(term_max=600).hash != changed(term_max=6).hash


def test_the_rest_of_an_upload_goes_on_while_a_jump_waits() -> None:
    """Held product by product."""
    base = Content(1, "d", {"A": entry("A"), "B": entry("B", term_max=12)})
    plan = plan_of(base, [entry("A", rate_min=Decimal(249)), entry("B", term_max=24), entry("C")])
    assert [change.code for change in plan.held_changes] == ["A"]
    assert (list(plan.content()), plan.content()["B"].product.term_max) == (["A", "B", "C"], 24)


@given(st.integers(1, 10**9), st.integers(0, 4), st.data())
def test_swapping_two_digits_is_seen_wherever_they_stand(figure: int, decimals: int, data: st.DataObject) -> None:
    """Whatever the decimals; a figure is no swap of itself, and the relation is mutual."""
    digits = list(str(figure))
    one, other = (data.draw(st.integers(0, len(digits) - 1)) for _ in range(2))
    digits[one], digits[other] = digits[other], digits[one]
    old, new = (Decimal(int(text)).scaleb(-decimals) for text in (str(figure), "".join(digits)))
    same_length = len(str(int("".join(digits)))) == len(str(figure))
    if same_length:
        assert swapped(old, new) == (old != new) == swapped(new, old)


def test_a_pair_that_moves_as_one_is_told_once_and_a_derived_rate_not_at_all() -> None:
    """One rate in the sheet is one line, not four."""
    assert [view.field for view in item_of(changed(**both_rates("25.9"))).fields] == ["rate"]
    ranged = changed(rate_max=Decimal("26.9"), rate_ea_max=Decimal("26.9"))
    assert [view.field for view in item_of(ranged).fields] == ["rate_max"]


def test_a_plan_is_read_dangerous_first_and_each_code_once() -> None:
    """Removals and rises, then what is to be named, other changes, what is new, what has a date, what is held."""
    live = {code: entry(code, **USUAL) for code in "ABCDEF"}
    rows = [
        entry("A", **{**USUAL, "description_short": "Otro texto."}),
        entry("B", **{**USUAL, **both_rates("25.9")}),
        entry("C", **{**USUAL, "term_max": 600}),
        entry("D", **{**USUAL, "valid_from": date(2026, 12, 1)}),
        entry("E", **USUAL),
        entry("N"),
    ]
    words = plan_words(plan_of(Content(14, "d", live), rows, {"H": ["rate.unreadable"]}), "es", upload=3)
    assert words.headline == (
        "Plan sobre la versión 14: 1 nuevo, 2 cambian, 1 sale, 2 retenidos, 1 programado, 1 sin cambios."
    )
    assert [(group.kind, [item.code for item in group.items]) for group in words.groups] == [
        ("dangerous", ["F", "B"]),
        ("to_name", ["C"]),
        ("others", ["A"]),
        ("added", ["N"]),
        ("scheduled", ["D"]),
        ("held", ["H"]),
    ]
    assert words.unchanged == ("E",)


def test_every_hold_says_why_and_what_releases_it() -> None:
    """In both languages, with the upload and the code to type."""
    for lang, call in (("es", "«vitrina approve 3 --product A»"), ("en", "“vitrina approve 3 --product A”")):
        text = report.plan_report(changed(term_max=600), lang, upload=3)
        assert call in text
        assert {"es": "es 10 veces lo publicado", "en": "10 times what is published"}[lang] in text
    holds = report.plan_document(changed(term_max=600), "es", upload=3)["holds"]
    assert [(hold["code"], hold["why"], hold["says"]) for hold in holds] == [("A", "jump", "es 10 veces lo publicado")]


def test_before_and_after_are_in_the_readers_figures() -> None:
    """Units, currency and separators of the reader; long texts are cut around what differs."""
    text = report.plan_report(changed(term_max=48, amount_max=Decimal(55_000_000)), "es")
    assert "Plazo máximo: 60 meses → 48 meses  (plazo más corto)" in text
    assert "Monto máximo: $50.000.000 → $55.000.000" in text
    long = "Texto que no cambia en su comienzo, y es largo. " * 4
    base = Content(1, "d", {"A": entry("A", description_short=long + "Fin viejo.")})
    told = report.plan_report(plan_of(base, [entry("A", description_short=long + "Fin nuevo.")]), "es")
    assert "viejo" in told
    assert "nuevo" in told


def test_a_change_of_brand_is_read_first() -> None:
    """Each datum before and after; the logo by its digest."""
    before = record_of(Brand(name="Antes", logo=b"\x89PNG\r\n\x1a\n1"))
    after = record_of(Brand(name="Después", logo=b"\x89PNG\r\n\x1a\n2"))
    base = Content(2, "d", {"A": entry("A")}, before)
    plan = plan_of(base, [entry("A")], brand=after)
    item = review_of(plan).dangerous[0]
    assert (item.code, [view.field for view in item.fields]) == (BRAND, ["brand.name", "brand.logo"])
    assert "Nombre comercial: Antes → Después" in report.plan_report(plan, "es")
    assert plan.codes == {BRAND}
    assert plan.brand_after(frozenset()) == before
    assert plan.hash != plan_of(base, [entry("A")], brand=before).hash


def test_another_look_is_another_plan() -> None:
    """An approval given to other templates or another logo does not count."""
    assert plan_of(None, [entry("A")], look="a").hash != plan_of(None, [entry("A")], look="b").hash


def test_the_difference_of_two_releases_is_told_as_a_plan_is() -> None:
    """The same values, dangers and words."""
    brand = BrandRecord({"name": "Antes"})
    one = Content(1, "d", {"A": entry("A", **USUAL), "B": entry("B"), "C": entry("C")}, brand)
    other = Content(
        4, "e", {"A": entry("A", **{**USUAL, **both_rates("25.9")}), "C": entry("C"), "N": entry("N")}, brand
    )
    review = diff(one, other)
    assert [(item.code, item.dangers) for item in review.dangerous] == [("B", ("removal",)), ("A", ("rate_up",))]
    assert ([item.code for item in review.added], review.unchanged) == (["N"], ("C",))
    text = report.review_text(report.review_words(review, "es"), "es")
    assert text.startswith("De la versión 1 a la 4: 1 nuevo, 1 cambia, 1 sale, 1 sin cambios.")
    same = report.review_words(diff(one, Content(9, "d", one.entries, brand)), "es").headline
    assert same == "Las versiones 1 y 9 muestran lo mismo."


def test_what_two_plans_treat_otherwise_is_counted_by_product() -> None:
    """A plan on another base differs where its effect differs."""
    rows = [entry("A", term_max=12), entry("B")]
    old = plan_of(Content(1, "d", {"A": entry("A")}), rows)
    new = plan_of(Content(2, "e", {"A": entry("A"), "B": entry("B")}), rows)
    assert differing(old, new) == ("B",)
    assert differing(old, old) == ()


def test_a_live_product_whose_validity_has_ended_leaves_without_a_decision() -> None:
    """Whether its row is there or not; a row that prolongs it is an ordinary change."""
    ended = entry("A", valid_to=date(2026, 11, 21))
    base = Content(1, "d", {"A": ended, "B": entry("B")})
    for rows in ([ended, entry("B")], [entry("B")]):
        plan = plan_of(base, rows)
        assert (plan.ending, plan.is_empty, plan.codes) == (("A",), True, frozenset())
    prolonged = plan_of(base, [entry("A", valid_to=date(2026, 12, 31)), entry("B")])
    assert [change.code for change in prolonged.changed] == ["A"]


def test_an_approved_row_that_waits_needs_no_decision_even_on_its_day() -> None:
    """It goes live by itself; said otherwise by its row, it is a change again."""
    row = entry("A", valid_from=date(2026, 12, 1), term_max=12)
    base = Content(1, "d", {"A": entry("A")})
    for today in (TODAY, date(2026, 12, 1), date(2026, 12, 9)):
        plan = plan_of(base, [row], waiting={"A": row}, today=today)
        assert ([item.waiting for item in plan.scheduled], plan.codes) == ([True], frozenset())
    other = plan_of(base, [entry("A", valid_from=date(2026, 12, 1), term_max=24)], waiting={"A": row})
    assert other.codes == {"A"}


def test_a_scheduled_jump_is_held_too() -> None:
    """Its day does not make it less of a jump; named, it is scheduled."""
    base = Content(1, "d", {"A": entry("A", **USUAL)})
    row = entry("A", **{**USUAL, "term_max": 600, "valid_from": date(2026, 12, 1)})
    assert [change.starts for change in plan_of(base, [row]).held_changes] == [date(2026, 12, 1)]
    assert [item.code for item in plan_of(base, [row], named=frozenset("A")).scheduled] == ["A"]


def test_every_code_is_read_once() -> None:
    """In no more than one group, in none less."""
    live = {code: entry(code, **USUAL) for code in "ABCDEFGHIJ"}
    rows: list[Entry] = [
        entry("A", **{**USUAL, "term_max": 600}),
        entry("B", **USUAL),
        entry("K"),
        entry("L", status="paused"),
    ]
    review = review_of(plan_of(Content(1, "d", live), rows, {"C": ["name.missing"]}))
    groups = (review.dangerous, review.to_name, review.others, review.added, review.scheduled, review.held)
    codes = [item.code for group in groups for item in group] + list(review.unchanged)
    assert sorted(codes) == sorted({*live, "K", "L"})
