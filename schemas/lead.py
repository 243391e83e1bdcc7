"""What travels between the marketplace, the Lender's systems and us: decision, application, event, postback.

Names on the wire are camelCase towards the endpoints and snake_case in the postback. All but `click_id` and the event
are assumed (A): the marketplace documents no more. Money is a decimal string or an exact JSON number, never a float:
parse JSON with `parse_float=Decimal` before validating.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from schemas.product import as_text

CLICK_ID_LETTERS = 4_096
"""The longest click_id taken, in characters of any kind (A): at most 16 KiB of UTF-8."""

_MONEY = re.compile(r"(0|[1-9][0-9]{0,14})(\.[0-9]{1,2})?")
_MOST = Decimal(10) ** 15
_WRITTEN_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class EventName(StrEnum):
    """The four events of a postback (D)."""

    APPLICATION = "application"
    APPROVAL = "approval"
    DISBURSEMENT = "disbursement"
    REJECTED = "rejected"


def click_id_fault(text: str) -> str | None:
    """Why a click_id cannot be kept byte for byte (English, without the value); None when it can."""
    if not text:
        return "it is empty"
    if "\0" in text:
        return "it contains a NUL character, which no store keeps"
    if _has_surrogates(text):
        return "it contains a lone surrogate, which no UTF-8 text can carry"
    return f"it is longer than {CLICK_ID_LETTERS} characters" if len(text) > CLICK_ID_LETTERS else None


def _opaque(text: str) -> str:
    why = click_id_fault(text)
    if why:
        raise PydanticCustomError("click_id", "This click_id cannot be kept: {why}.", {"why": why})
    return text


def _storable(text: str) -> str:
    if "\0" in text:  # lone surrogates do not come so far: their length cannot be told
        raise PydanticCustomError("text", "Text may not contain NUL characters.")
    return text


def _has_surrogates(text: str) -> bool:
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _text_schema(most: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "minLength": 1, "maxLength": most, "pattern": "^[^\\u0000]*$"})


ClickId = Annotated[str, StringConstraints(strict=True), AfterValidator(_opaque), _text_schema(CLICK_ID_LETTERS)]
"""trackingId = clickId = click_id (D): opaque, byte for byte; never trimmed, cased, normalised, split or parsed."""


Identifier = Annotated[
    str, StringConstraints(strict=True, min_length=1, max_length=200), AfterValidator(_storable), _text_schema(200)
]
FreeText = Annotated[
    str, StringConstraints(strict=True, min_length=1, max_length=500), AfterValidator(_storable), _text_schema(500)
]


def exact_decimal(value: object) -> Decimal:
    """A sum of money from a decimal string or an exact JSON number; at most 15 digits and 2 decimals.

    ValueError: a float, a sign, an exponent in a string, NaN, more decimals, more digits.
    """
    if isinstance(value, str) and _MONEY.fullmatch(value):
        return Decimal(value)
    if isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite() or not 0 <= value < _MOST or value.is_signed():
        raise ValueError("not an exact sum of money")
    if value.as_tuple().exponent not in range(-2, 16):  # before it is written out: 1e-999999999 is a memory bomb
        raise ValueError("not an exact sum of money")
    plain = as_text(value)
    if not _MONEY.fullmatch(plain):
        raise ValueError("not an exact sum of money")
    return Decimal(plain)


def _sum(value: object) -> Decimal:
    try:
        return exact_decimal(value)
    except ValueError:
        raise PydanticCustomError(
            "money", "Money is a decimal string or an exact JSON number, not negative, with at most 2 decimals."
        ) from None


def _above_zero(value: Decimal) -> Decimal:
    if value == 0:
        raise PydanticCustomError("money", "This sum must be above zero.")
    return value


def _money_schema(pattern: str, **least: int) -> WithJsonSchema:
    number = {"type": "number", "maximum": 999_999_999_999_999, "multipleOf": 0.01, **least}
    return WithJsonSchema({"anyOf": [{"type": "string", "pattern": f"^({pattern})$"}, number], "examples": ["5000000"]})


_ABOVE_ZERO = r"[1-9][0-9]{0,14}(\.[0-9]{1,2})?|0\.(0[1-9]|[1-9][0-9]?)"
Income = Annotated[Decimal, BeforeValidator(_sum), _money_schema(_MONEY.pattern, minimum=0)]
"""Money that may be zero."""
Money = Annotated[
    Decimal, BeforeValidator(_sum), AfterValidator(_above_zero), _money_schema(_ABOVE_ZERO, exclusiveMinimum=0)
]
"""Money above zero, in the currency of the product or named beside it."""


def _whole(value: object) -> object:
    """36.0 is a whole number to JSON, as 36 is."""
    return int(value) if isinstance(value, Decimal) and 0 < value < _MOST and value == int(value) else value


def _instant(value: object) -> object:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise PydanticCustomError("moment", "A moment is an ISO 8601 string with its zone.")
    return value


def _zoned(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise PydanticCustomError("moment", "A moment needs its zone, for example 2026-11-22T10:00:00Z.")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("moment", "This moment lies outside the calendar.") from None


def _day(value: object) -> object:
    if isinstance(value, str) and not _WRITTEN_DAY.fullmatch(value):
        raise PydanticCustomError("day", "A day is written YYYY-MM-DD.")
    if not isinstance(value, str | date) or isinstance(value, datetime):
        raise PydanticCustomError("day", "A day is written YYYY-MM-DD.")
    return value


Moment = Annotated[datetime, BeforeValidator(_instant), AfterValidator(_zoned)]
"""An instant, kept in UTC."""
Day = Annotated[date, BeforeValidator(_day)]


class _Wire(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True, hide_input_in_errors=True
    )

    def wire(self) -> dict[str, Any]:
        """JSON-ready, camelCase, absent members left out, decimals as strings."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class Requested(_Wire):
    """What the Consumer asks for. Money in the product's currency; the term in months."""

    amount: Money
    term_months: Annotated[int, Field(strict=True, ge=1, le=600), BeforeValidator(_whole)]


class Applicant(_Wire):
    """Who asks. Every member may be absent; members we do not know are kept, encrypted."""

    model_config = ConfigDict(extra="allow")

    first_name: FreeText | None = None
    last_name: FreeText | None = None
    document_type: Identifier | None = None
    document_number: Identifier | None = None
    birth_date: Day | None = None
    email: FreeText | None = None
    phone: Identifier | None = None
    monthly_income: Income | None = None
    applicant_type: Literal["natural", "natural_with_business", "legal"] | None = None

    def __repr__(self) -> str:
        """Nothing personal: a log line or a traceback may carry this."""
        return "Applicant(…)"

    __str__ = __repr__


class DecisionRequest(_Wire):
    """`POST /v1/decisions`."""

    tracking_id: ClickId
    product_id: Identifier
    listing_id: Identifier | None = None
    requested: Requested
    applicant: Applicant


class Offer(_Wire):
    """One offer. Rates in percent (24.9 = 24.9 %), `total_cost_ea` all-in in percent EA.

    `payment` is a month's, unless `payment_frequency` names another rhythm.
    """

    offer_id: Identifier
    product_id: Identifier
    amount: Money
    term_months: int
    rate: Decimal
    rate_basis: str
    rate_ea: Decimal | None = None
    payment: Money | None = None
    payment_frequency: str | None = None
    total_payment: Money | None = None
    total_cost_ea: Decimal | None = None
    valid_until: Moment


class Reason(_Wire):
    """Why; `code` is stable, `message` is for people."""

    code: str
    message: str


Verdict = Literal["approved", "pre_approved", "rejected", "review"]


class DecisionAnswer(_Wire):
    """The answer to a decision request. A decline is an answer, never an error."""

    tracking_id: ClickId
    decision: Verdict
    offers: tuple[Offer, ...] = ()
    reasons: tuple[Reason, ...] = ()


class Consent(_Wire):
    """The proof of one consent: what kind, which text version, when and through which channel."""

    type: FreeText
    version: FreeText
    accepted_at: Moment
    channel: FreeText


class ApplicationRequest(_Wire):
    """`POST /v1/applications`: an offer taken."""

    tracking_id: ClickId
    offer_id: Identifier
    applicant: Applicant
    consents: Annotated[tuple[Consent, ...], Field(max_length=50)] = ()


class ApplicationAnswer(_Wire):
    """What was made of it, and where the Consumer goes to sign."""

    tracking_id: ClickId
    application_id: str
    status: str
    redirect_url: str


class EventRequest(_Wire):
    """`POST /v1/events`, `vitrina-leads status`: what happened to a lead. What is not known is left out."""

    tracking_id: ClickId
    event: EventName
    amount: Money | None = None
    currency: Literal["COP", "MXN"] | None = None
    reason: FreeText | None = None
    occurred_at: Moment | None = None


class EventAnswer(_Wire):
    """What became of an event. `recorded` is False when it was on record already."""

    tracking_id: ClickId
    event: EventName
    state: str
    recorded: bool


class ToldEvent(_Wire):
    """One event of a lead and how far its postback is. A correction has the next `revision`."""

    event: EventName
    revision: int
    postback: str
    recorded_at: Moment
    amount: Money | None = None
    currency: str | None = None
    reason: str | None = None


class TakenApplication(_Wire):
    """One application of a lead."""

    application_id: str
    offer_id: str
    product_id: str
    status: str
    received_at: Moment


class LeadAnswer(_Wire):
    """`GET /v1/leads`: where a lead stands; nothing personal."""

    tracking_id: ClickId
    state: str
    product_id: str | None = None
    listing_id: str | None = None
    events: tuple[ToldEvent, ...] = ()
    applications: tuple[TakenApplication, ...] = ()


class FaultAnswer(_Wire):
    """One place of a request: a JSON pointer, or `?name` of a query."""

    pointer: str
    code: str
    detail: str


class ProblemAnswer(_Wire):
    """A problem document (RFC 9457). `type`: `urn:vitrina:problem:` and a stable word; nothing personal."""

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[FaultAnswer, ...] = ()


class Postback(BaseModel):
    """What the marketplace is told (snake_case). `click_id` and `event` are documented, the rest is assumed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    click_id: ClickId
    event: EventName
    product_id: str | None = None
    listing_id: str | None = None
    amount: Money | None = None
    currency: str | None = None
    reason: str | None = None
    occurred_at: Moment | None = None

    def body(self) -> bytes:
        """The bytes that are stored once and sent every time; absent values left out, money as a decimal string."""
        said = {
            "click_id": self.click_id,
            "event": self.event.value,
            "product_id": self.product_id,
            "listing_id": self.listing_id,
            "amount": None if self.amount is None else as_text(self.amount),
            "currency": self.currency,
            "reason": self.reason,
            "occurred_at": None if self.occurred_at is None else moment_text(self.occurred_at),
        }
        present = {name: value for name, value in said.items() if value is not None}
        return json.dumps(present, ensure_ascii=False, separators=(",", ":")).encode()


def moment_text(moment: datetime) -> str:
    """An instant as it is written on the wire: UTC, `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
