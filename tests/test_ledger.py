"""The pure ledger: how findings are recognised again, and what became of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.ledger import Known, Waiver, check_waiver, compare, identify, one_of, waived_among
from schemas.errors import Refused, WrongUse
from schemas.findings import Finding
from schemas.requirements import finding

DAY = date(2026, 11, 22)
RATE = finding(
    "rate.basis_missing", sheet="Productos", row=6, column="E", field="rate_min", product="LIB-001", value="24,5%"
)
ABSENT = finding("header.absent", sheet="Productos", row=1, field="legal_text", facts={"fields": ("legal_text",)})
NAMELESS = finding("name.missing", sheet="Productos", row=4, column="B", field="name")


def ids(*findings: Finding) -> list[str]:
    return [known.id for known in identify(findings)]


def waiver(known: Known, until: date = DAY) -> dict[str, Waiver]:
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    return {known.id: Waiver(finding=known.id, by="ana", at=at, reason="promoción", until=until)}


@given(rows=st.integers(1, 10_000), column=st.sampled_from("ABZ"), sheet=st.text(max_size=20))
def test_where_a_finding_stands_is_no_part_of_what_it_is(rows: int, column: str, sheet: str) -> None:
    """Rows inserted, columns moved, a sheet renamed: the same finding."""
    moved = replace(RATE, row=6 + rows, column=column, sheet=sheet)
    assert ids(moved) == ids(RATE)


@pytest.mark.parametrize(
    "change",
    [{"product": "LIB-002"}, {"code": "rate.filler"}, {"field": "rate_max"}, {"value": "25%"}, {"value": None}],
)
def test_what_it_is_about_tells_findings_apart(change: dict[str, str]) -> None:
    """Product, rule, field and value; equal findings of one product on two fields stay two."""
    assert ids(replace(RATE, **change)) != ids(RATE)
    assert len(set(ids(RATE, replace(RATE, field="rate_max")))) == 2


def test_a_value_written_alike_is_the_same_value() -> None:
    """Spaces, capitals and the way an accent is stored make no new finding."""
    written = [replace(RATE, value=text) for text in ("Crédito  Fácil", " crédito fácil ", "Cre\u0301dito FA\u0301CIL")]
    assert len({ids(each)[0] for each in written}) == 1


def test_equal_findings_without_a_product_are_numbered() -> None:
    """Two rows without code and name are two findings, wherever they stand."""
    two = ids(NAMELESS, replace(NAMELESS, row=9))
    assert len(set(two)) == 2
    assert ids(replace(NAMELESS, row=14), replace(NAMELESS, row=19)) == two


def test_without_a_value_the_facts_that_matter_tell() -> None:
    """Which columns are absent matters; in which row something stands, and how old it is by today, does not."""
    assert ids(ABSENT) != ids(replace(ABSENT, facts=(("fields", ("insurer",)),)))
    merged = finding("cell.merged", sheet="Productos", field="name", product="A", facts={"where": "B2:B3"})
    assert ids(merged) == ids(replace(merged, facts=(("where", "B12:B13"),)))
    old = finding("data_as_of.old", field="data_as_of", product="A", facts={"n": 91, "limit": 90})
    assert ids(old) == ids(replace(old, facts=(("n", 92), ("limit", 90))))


def test_two_contradictions_in_one_text_are_two() -> None:
    """One description may contradict two fields."""
    facts = {"said": "30 %", "column": ("rate_min",), "stated": "24,9 %"}
    one = finding("description.contradicts", field="description_short", product="A", value="Texto", facts=facts)
    other = replace(one, facts=(("said", "72 meses"), ("column", ("term_max",)), ("stated", "60")))
    assert ids(one, other) == list(reversed(ids(other, one)))


def test_new_open_and_fixed() -> None:
    """Of now: new or open; gone since the last look: fixed."""
    ledger = compare([RATE, NAMELESS], [replace(RATE, row=16), ABSENT], {})
    assert [(line.known.finding.code, line.state) for line in ledger.lines] == [
        ("rate.basis_missing", "open"), ("header.absent", "new"), ("name.missing", "fixed"),
    ]  # fmt: skip
    assert (ledger.count("open", "warning"), ledger.count("fixed", "error"), ledger.count("fixed", "warning")) == (
        1,
        1,
        0,
    )


def test_a_file_that_cannot_be_read_fixes_nothing() -> None:
    """What was open before is still open: nobody knows better."""
    broken = finding("file.unreadable")
    ledger = compare([RATE], [broken], {}, readable=False)
    assert [line.state for line in ledger.lines] == ["new", "open"]
    assert ledger.unsettled == (broken, RATE)


def test_a_waiver_stands_up_to_and_including_its_day() -> None:
    """Then the finding is back, as open."""
    (known,) = identify([RATE])
    assert waived_among([known], waiver(known), DAY)
    assert [line.state for line in compare([RATE], [RATE], waiver(known)).lines] == ["waived"]
    assert waived_among([known], waiver(known), date(2026, 11, 23)) == {}
    assert [line.state for line in compare([RATE], [RATE], {}).lines] == ["open"]


def test_an_error_is_never_waived() -> None:
    """Not even one that was a warning when somebody accepted it."""
    (known,) = identify([replace(RATE, severity="error")])
    assert waived_among([known], waiver(known), DAY) == {}


def test_any_beginning_that_names_one_finding_will_do() -> None:
    """Brackets as shown, and capitals, are forgiven."""
    known = identify([RATE, NAMELESS])
    assert one_of(f" [{known[1].short.upper()}] ", known).finding == NAMELESS
    assert one_of(known[0].id, known * 2).finding == RATE


def test_a_beginning_that_names_none_or_several_is_said_with_those_near() -> None:
    """In both languages."""
    known = identify([RATE, NAMELESS])
    wrong = known[0].short[:-1] + ("0" if known[0].short[-1] != "0" else "1")
    with pytest.raises(WrongUse, match=known[0].short) as caught:
        one_of(wrong, known)
    assert "Se parecen" in caught.value.say("es")
    twins = (Known("ab" * 32, RATE), Known("ab" * 31 + "cd", NAMELESS))
    with pytest.raises(WrongUse, match="more than one"):
        one_of("ab", twins)
    with pytest.raises(WrongUse, match="vitrina submit"):
        one_of("", ())


def test_only_warnings_and_readings_are_waived() -> None:
    """An error is refused: a documented one is mended, an assumed one may be made a warning by settings."""
    check_waiver(RATE, reason="x", until=DAY, today=DAY)
    with pytest.raises(Refused, match="documents"):
        check_waiver(NAMELESS, reason="x", until=DAY, today=DAY)
    assumed = finding("valid_to.expired", facts={"end": DAY, "today": DAY})
    with pytest.raises(Refused, match=r'"valid_to.expired" = "warning"'):
        check_waiver(assumed, reason="x", until=DAY, today=DAY)


@pytest.mark.parametrize(
    ("until", "reason"), [(date(2026, 11, 21), "x"), (date(2027, 11, 23), "x"), (date(2026, 12, 1), "  ")]
)
def test_a_waiver_has_a_reason_and_a_near_end(until: date, reason: str) -> None:
    """Not yesterday, not more than a year off, not for nothing."""
    with pytest.raises(WrongUse):
        check_waiver(RATE, reason=reason, until=until, today=DAY)


def test_a_year_from_a_leap_day() -> None:
    """29 February has no anniversary every year."""
    leap = date(2028, 2, 29)
    check_waiver(RATE, reason="x", until=date(2029, 2, 28), today=leap)
    with pytest.raises(WrongUse):
        check_waiver(RATE, reason="x", until=date(2029, 3, 1), today=leap)
