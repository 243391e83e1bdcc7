"""What a publication would change."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.entry import Content, Entry
from catalog.plan import FieldChange, Guard, Removal
from schemas.product import Origin
from tests.publishing import TODAY, entries, entry, plan_of, product

BASE = Content(14, "c0ffee", entries(*"ABCDEFGHIJ"))


def all_of(base: Content) -> list[Entry]:
    return list(base.entries.values())


def test_the_first_upload_adds_everything() -> None:
    """With nothing published, every row without errors is new."""
    plan = plan_of(None, list(entries("B", "A").values()))
    assert [item.code for item in plan.added] == ["A", "B"]
    assert list(plan.content()) == ["A", "B"]


def test_equal_values_are_no_change_and_keep_the_published_bytes() -> None:
    """24.9 and 24.90 are one rate: the entry published stays, record and lineage."""
    base = Content(1, "d", entries("A", rate_min=Decimal("24.9")))
    plan = plan_of(base, [entry("A", rate_min=Decimal("24.90"))])
    assert plan.is_empty
    assert plan.unchanged == ("A",)
    assert plan.content()["A"] is base.entries["A"]


def test_a_change_names_its_fields_before_and_after() -> None:
    """Only the fields that differ, in field order, as values."""
    base = Content(1, "d", {"A": entry("A", term_max=60)})
    plan = plan_of(base, [entry("A", term_max=48, rate_min=Decimal("23.5"))])
    assert plan.changed[0].fields == (
        FieldChange("rate_min", Decimal("24.9"), Decimal("23.5")),
        FieldChange("term_max", 60, 48),
    )


def test_a_held_product_stays_as_it_was_published() -> None:
    """A row with errors changes nothing: neither new values nor a removal."""
    plan = plan_of(BASE, all_of(BASE)[1:], {"A": ["rate.unreadable"]})
    assert plan.is_empty
    assert plan.held == {"A": ("rate.unreadable",)}
    assert plan.content()["A"] is BASE.entries["A"]


def test_a_row_both_good_and_held_is_held() -> None:
    """Of two rows with one code, one good and one bad, none is believed."""
    plan = plan_of(None, [entry("A")], {"A": ["code.duplicate"]})
    assert not plan.added
    assert plan.held == {"A": ("code.duplicate",)}


def test_a_full_upload_removes_what_it_does_not_name() -> None:
    """Absence within the guard is a removal."""
    plan = plan_of(BASE, all_of(BASE)[3:])
    assert [(removal.code, removal.reason) for removal in plan.removed] == [
        ("A", "absent"),
        ("B", "absent"),
        ("C", "absent"),
    ]
    assert "A" not in plan.content()


def test_a_partial_upload_removes_nothing() -> None:
    """It speaks of its own rows only."""
    plan = plan_of(BASE, [entry("Z")], partial=True)
    assert not plan.removed
    assert not plan.held_removals
    assert len(plan.content()) == 11


@pytest.mark.parametrize(
    ("published", "absent", "kept"),
    [(100, 3, False), (100, 20, False), (100, 21, True), (10, 3, False), (10, 4, True), (5, 4, True), (3, 3, False)],
)
def test_removals_wait_past_count_and_share(published: int, absent: int, kept: bool) -> None:
    """More than three and more than a fifth: every removal waits, additions and changes do not."""
    base = Content(1, "d", entries(*(f"P{number:03}" for number in range(published))))
    plan = plan_of(base, [*all_of(base)[absent:], entry("NEW")])
    assert len(plan.held_removals) == (absent if kept else 0)
    assert len(plan.removed) == (0 if kept else absent)
    assert len(plan.content()) == published + 1 - (0 if kept else absent)


def test_removals_named_by_a_person_go_through() -> None:
    """Approval by name lets those through and keeps the rest; the plan is still the same plan."""
    plan = plan_of(BASE, all_of(BASE)[6:])
    named = plan_of(BASE, all_of(BASE)[6:], named=frozenset("AB"))
    assert [removal.code for removal in named.removed] == ["A", "B"]
    assert [removal.code for removal in named.held_removals] == ["C", "D", "E", "F"]
    assert named.hash == plan.hash


@pytest.mark.parametrize("reason", ["paused", "retired"])
def test_a_row_that_says_so_leaves_unguarded(reason: str) -> None:
    """Paused and retired are explicit: the guard does not count them."""
    rows = [entry(code, status=reason) for code in BASE.entries]
    plan = plan_of(BASE, rows, guard=Guard(0, Decimal(0)))
    assert plan.removed == tuple(Removal(BASE.entries[row.code], reason) for row in rows)  # type: ignore[arg-type]
    assert plan.content() == {}


def test_a_paused_product_that_was_never_listed_is_no_change() -> None:
    """Nothing to take away, nothing to show."""
    assert plan_of(BASE, [*all_of(BASE), entry("Z", status="paused")]).is_empty


def test_validity_decides_by_the_day_given() -> None:
    """Yesterday's end leaves, today's end stays, tomorrow's start waits as scheduled."""
    base = Content(1, "d", entries("A", "B"))
    rows = [
        entry("A", valid_to=date(2026, 11, 21)),
        entry("B", valid_to=TODAY),
        entry("C", valid_from=date(2026, 11, 23)),
    ]
    plan = plan_of(base, rows)
    assert [(removal.code, removal.reason) for removal in plan.removed] == [("A", "expired")]
    assert [(row.code, row.starts, row.waiting) for row in plan.scheduled] == [("C", date(2026, 11, 23), False)]
    assert list(plan.content()) == ["B"]


def test_a_withdrawn_product_stays_out() -> None:
    """The next upload does not bring back what a person took down."""
    plan = plan_of(BASE, [*all_of(BASE), entry("Z")], withdrawn=frozenset("Z"))
    assert plan.held == {"Z": ("withdrawn",)}
    assert plan.is_empty


def test_ids_of_the_marketplace_stay_with_their_product() -> None:
    """The Lender's sheet need not know product_id and listing_id."""
    base = Content(1, "d", {"A": entry("A", product_id="ln_01", listing_id="ls_01")})
    assert plan_of(base, [entry("A")]).is_empty
    changed = plan_of(base, [entry("A", term_max=12)]).content()["A"].product
    assert (changed.product_id, changed.listing_id, changed.term_max) == ("ln_01", "ls_01", 12)


def test_approving_some_products_changes_only_those() -> None:
    """`only` limits additions, changes and removals alike."""
    rows = [*all_of(BASE)[2:], entry("Y"), entry("Z")]
    content = plan_of(BASE, rows).content(only=frozenset("AZ"))
    assert "A" not in content
    assert "B" in content
    assert "Z" in content
    assert "Y" not in content


def test_the_hash_binds_upload_base_and_requirements() -> None:
    """Any of them different is another plan; the same rows in another order are the same."""
    rows = all_of(BASE)
    usual = plan_of(BASE, rows).hash
    others = [
        plan_of(BASE, [*rows[:-1], entry("J", term_max=7)]),
        plan_of(BASE, rows, {"K": ["name.missing"]}),
        plan_of(Content(15, "c0ffee", BASE.entries), rows),
        plan_of(Content(14, "decaf", BASE.entries), rows),
        plan_of(BASE, rows, requirements="2026-07-01+2"),
        plan_of(BASE, rows, partial=True),
        plan_of(None, rows),
    ]
    assert len({usual, *(other.hash for other in others)}) == 8
    assert plan_of(BASE, rows[::-1]).hash == usual


def test_the_hash_is_the_same_on_every_day() -> None:
    """Whoever approves a row approves the dates in it: the calendar alone takes no approval back."""
    rows = [entry("A", valid_from=date(2026, 11, 23), valid_to=date(2026, 11, 24)), entry("B", valid_to=TODAY)]
    base = Content(14, "d", {"C": entry("C", valid_to=TODAY)})
    days = (TODAY, date(2026, 11, 23), date(2026, 12, 1))
    assert len({plan_of(base, rows, today=day).hash for day in days}) == 1


def test_two_candidates_with_one_code_are_a_bug() -> None:
    """Validation holds both; a caller that passes them on is wrong."""
    with pytest.raises(ValueError, match="share one code"):
        plan_of(None, [entry("A"), entry("A")])


def test_an_entry_is_read_back_as_it_was() -> None:
    """Product and lineage survive their text, odd characters included."""
    origin = Origin('Hoja "1"', "C7", "24,9% E.A. \ud800 = \x00", "percent")
    item = Entry.of(product("00123", name="Crédito «ñ» 💳"), {"rate_min": origin}, file="a\n.xlsx", sha256="0")
    again = Entry(item.code, item.record, item.lineage)
    assert again.product == product("00123", name="Crédito «ñ» 💳")
    assert again.origins == {"rate_min": origin}
    assert item.lineage.encode()


@given(
    st.lists(st.sampled_from("ABCDEFGHIJKLM"), unique=True), st.sets(st.sampled_from("ABCDEFGHIJKLM")), st.booleans()
)
def test_every_code_ends_in_exactly_one_place(rows: list[str], held: set[str], partial: bool) -> None:
    """Added, changed, unchanged, held, removed or kept back: never two of them, never none; held ones never move."""
    candidate = [entry(code, term_max=len(code) + (code > "E")) for code in rows]
    plan = plan_of(BASE, candidate, {code: ["x"] for code in held}, partial=partial)
    places = [
        *(item.code for item in (*plan.added, *plan.changed, *plan.removed, *plan.held_removals)),
        *(item.code for item in (*plan.held_changes, *plan.scheduled)),
        *plan.ending,
        *plan.unchanged,
        *plan.held,
    ]
    named = {*rows, *held}
    assert len(places) == len(set(places))
    assert set(places) == (named if partial else named | set(BASE.entries))
    assert all(plan.content().get(code) is BASE.entries.get(code) for code in held)
