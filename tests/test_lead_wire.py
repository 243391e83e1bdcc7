"""The wire shapes of leads: exact money, opaque click_ids, camelCase, nothing personal in a repr or an error."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from schemas.lead import (
    CLICK_ID_LETTERS,
    Applicant,
    ApplicationRequest,
    ClickId,
    DecisionRequest,
    EventName,
    EventRequest,
    Money,
    Postback,
)

MONEY: TypeAdapter[Decimal] = TypeAdapter(Money)
CLICK: TypeAdapter[str] = TypeAdapter(ClickId)
ASKED: dict[str, Any] = {
    "trackingId": "claro_1",
    "productId": "ln_01",
    "requested": {"amount": "5000000", "termMonths": 36},
    "applicant": {"firstName": "Ana", "monthlyIncome": Decimal("3200000.50"), "estrato": 3, "birthDate": "1990-02-28"},
}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("5000000", "5000000"),
        ("0.01", "0.01"),
        (5_000_000, "5000000"),
        (Decimal("1E+6"), "1000000"),
        (Decimal("5.10"), "5.10"),
    ],
)
def test_money_is_exact(given: object, kept: str) -> None:
    """A decimal string or an exact JSON number, digit for digit."""
    assert str(MONEY.validate_python(given)) == kept


WRONG_MONEY = ["", "0", 0, "-1", -1, "1e6", "1.234", "01", "1,5", " 1", "1 ", "٣", "NaN", "Infinity", 1.5, True, None,
               Decimal("NaN"), Decimal("-0"), Decimal("1e30"), 10**15, "1" * 400, Decimal("1e999999")]  # fmt: skip


@pytest.mark.parametrize("given", WRONG_MONEY)
def test_what_is_no_exact_sum_is_refused(given: object) -> None:
    """Zero, signs, exponents in text, floats, more decimals or digits: refused, never rounded."""
    with pytest.raises(ValidationError):
        MONEY.validate_python(given)


@pytest.mark.parametrize("click_id", [" ", "A", "a", "é", "e\u0301", "a+b", "%2B", "x" * CLICK_ID_LETTERS, "😀" * 4096])
def test_a_click_id_is_never_touched(click_id: str) -> None:
    """Whatever can be kept is kept as it is."""
    assert CLICK.validate_python(click_id) == click_id
    body = Postback(click_id=click_id, event=EventName.APPLICATION).body()
    assert json.loads(body)["click_id"] == click_id


@pytest.mark.parametrize("click_id", ["", "a\0", "\udc80", "x" * (CLICK_ID_LETTERS + 1), 5, None, b"x"])
def test_a_click_id_that_cannot_be_kept_is_refused(click_id: object) -> None:
    """NUL, lone surrogates, nothing, too long, no text: at the door."""
    with pytest.raises(ValidationError) as refused:
        EventRequest.model_validate({"trackingId": click_id, "event": "approval"})
    assert repr(click_id) not in str(refused.value) or not click_id


def test_a_decision_request_keeps_what_it_does_not_know_of_the_applicant() -> None:
    """camelCase in, exact decimals, unknown members of the applicant kept, unknown members elsewhere refused."""
    asked = DecisionRequest.model_validate(ASKED)
    assert (asked.tracking_id, asked.requested.amount, asked.requested.term_months) == ("claro_1", 5_000_000, 36)
    assert asked.applicant.wire()["estrato"] == 3
    assert asked.applicant.monthly_income == Decimal("3200000.50")
    with pytest.raises(ValidationError, match="Extra inputs"):
        DecisionRequest.model_validate({**ASKED, "listingid": "x"})


@pytest.mark.parametrize("term", [0, -1, 601, "36", 36.0, True, None])
def test_a_term_is_whole_months(term: object) -> None:
    """No text, no float, nothing outside 1 to 600."""
    with pytest.raises(ValidationError):
        DecisionRequest.model_validate({**ASKED, "requested": {"amount": "1", "termMonths": term}})


def test_nothing_personal_in_reprs_and_errors() -> None:
    """Canary values show neither in a repr nor in what validation says."""
    applicant = Applicant.model_validate({"firstName": "Canaria", "documentNumber": "5150", "zz": "Canaria"})
    assert "Canaria" not in f"{applicant!r} {applicant} {DecisionRequest.model_validate(ASKED)!r}"
    with pytest.raises(ValidationError) as refused:
        Applicant.model_validate({"birthDate": "Canaria", "monthlyIncome": "Canaria", "email": ["Canaria"]})
    assert "Canaria" not in str(refused.value)


@pytest.mark.parametrize(
    "moment", ["2026-11-22T10:00:00", "22/11/2026", 1_700_000_000, "", "0001-01-01T00:00:00+14:00"]
)
def test_a_moment_has_its_zone(moment: object) -> None:
    """Naive, local, numeric and impossible moments are refused."""
    with pytest.raises(ValidationError):
        EventRequest.model_validate({"trackingId": "a", "event": "approval", "occurredAt": moment})


def test_consents_carry_their_proof() -> None:
    """type, version, when, channel: all of them."""
    taken = ApplicationRequest.model_validate(
        {
            "trackingId": "a",
            "offerId": "o",
            "applicant": {},
            "consents": [
                {"type": "habeas_data", "version": "3", "acceptedAt": "2026-11-22T10:00:00-05:00", "channel": "app"}
            ],
        }
    )
    assert taken.consents[0].wire()["acceptedAt"] == "2026-11-22T15:00:00Z"
    with pytest.raises(ValidationError):
        ApplicationRequest.model_validate({**taken.wire(), "consents": [{"type": "habeas_data"}]})


def test_a_postback_leaves_out_what_is_not_known() -> None:
    """snake_case; documented fields always, assumed ones when there is something to say; money as text."""
    body = Postback(click_id="a", event=EventName.DISBURSEMENT, amount=Decimal("5.10"), currency="COP").body()
    assert body == b'{"click_id":"a","event":"disbursement","amount":"5.10","currency":"COP"}'
