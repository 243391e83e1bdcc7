"""The OpenAPI document, written by FastAPI from the wire shapes, with examples of invented people."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import Body, FastAPI, Query, Security
from fastapi.responses import PlainTextResponse, Response
from fastapi.security import APIKeyHeader

from leads.endpoint.problems import KINDS
from schemas.lead import (
    ApplicationAnswer,
    ApplicationRequest,
    ClickId,
    DecisionAnswer,
    DecisionRequest,
    EventAnswer,
    EventRequest,
    LeadAnswer,
    ProblemAnswer,
)

_ALWAYS = ("malformed", "fault", "busy")
_BODY = ("slow-body", "too-large", "not-json", "invalid", "store")
_WHAT = """What the marketplace calls in real time, and what the Lender's own systems report. Money and rates are
decimal strings (money also exact JSON numbers); moments carry their zone. `trackingId` is opaque: kept and returned
byte for byte. All but this golden rule is assumed: the marketplace leaves this contract to the Lender."""
_ANA = {
    "firstName": "Ana", "lastName": "Ejemplo", "documentType": "CC", "documentNumber": "1000000001",
    "birthDate": "1990-02-28", "email": "ana@example.com", "phone": "+573000000000", "monthlyIncome": "4500000",
    "applicantType": "natural",
}  # fmt: skip
_JOURNEY = "claro_7e1c9f24-3b8a-4d21-9e77-2a0f1c6b5d3e"
_DECISION = {
    "trackingId": _JOURNEY, "productId": "LIB-001", "requested": {"amount": "5000000", "termMonths": 36},
    "applicant": _ANA,
}  # fmt: skip
_OFFER = "5f0d8a1e-8f0b-4a58-9d0c-2f6f7a0f3c11"
_APPLICATION = {
    "trackingId": _JOURNEY, "offerId": _OFFER, "applicant": _ANA,
    "consents": [
        {"type": "datos_personales", "version": "2026-01", "acceptedAt": "2026-11-22T10:00:00-05:00", "channel": "web"}
    ],
}  # fmt: skip
_EVENT = {"trackingId": _JOURNEY, "event": "approval", "amount": "5000000", "occurredAt": "2026-11-22T10:00:00-05:00"}
_KEY = APIKeyHeader(name="X-API-KEY", scheme_name="key", description="Theirs to us; events take the Lender's own.")


def openapi_document(version: str) -> bytes:
    """The document as JSON."""
    app = FastAPI(title="Vitrina leads", version=version, description=_WHAT)
    _decisions(app)
    _applications(app)
    _events(app)
    _leads(app)
    _apply(app)
    _others(app)
    said = app.openapi()
    for path, operations in said["paths"].items():
        for operation in operations.values():
            _tidy(operation, page=path == "/apply")
    said["components"]["schemas"] = {
        name: shape for name, shape in said["components"]["schemas"].items() if "ValidationError" not in name
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _tidy(operation: dict[str, Any], *, page: bool) -> None:
    """Problems have a media type of their own, browsers see a page; FastAPI's own 422 is none of ours."""
    responses = operation["responses"]
    if "HTTPValidationError" in json.dumps(responses.get("422", "")):
        del responses["422"]
    for status, answer in responses.items():
        content = answer.get("content", {})
        if int(status) >= 400 and "application/json" in content:
            answer["content"] = {"application/problem+json": content.pop("application/json")}
            if page:
                answer["content"]["text/html"] = {"schema": {"type": "string"}}


def _problems(words: Iterable[str]) -> dict[int | str, dict[str, Any]]:
    """The documented answers other than success: by status, each kind with its words."""
    found: dict[int | str, dict[str, Any]] = {}
    for word in words:
        kind = KINDS[word]
        said = found.get(kind.status, {"description": ""})["description"]
        text = f"{said}; `{word}`: {kind.en[0]}" if said else f"`{word}`: {kind.en[0]}"
        found[kind.status] = {"model": ProblemAnswer, "description": text}
        if kind.status in (409, 429, 503):
            found[kind.status]["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return found


def _decisions(app: FastAPI) -> None:
    words = (*_ALWAYS, *_BODY, "forbidden", "unknown-product", "in-flight", "engine", "catalogue")

    @app.post(
        "/v1/decisions", responses=_problems(words), dependencies=[Security(_KEY)], summary="Offers for a question"
    )
    def decisions(
        _body: Annotated[DecisionRequest, Body(openapi_examples={"loan": {"value": _DECISION}})],
    ) -> DecisionAnswer:
        """Evaluate and answer with offers. The same question gets the same answer until it expires."""
        raise NotImplementedError


def _applications(app: FastAPI) -> None:
    words = (*_ALWAYS, *_BODY, "forbidden", "unknown-offer", "in-flight", "other-content", "already-applied",
             "offer-expired")  # fmt: skip

    @app.post(
        "/v1/applications", status_code=201, responses=_problems(words), dependencies=[Security(_KEY)],
        summary="An offer taken",
    )  # fmt: skip
    def applications(
        _body: Annotated[ApplicationRequest, Body(openapi_examples={"loan": {"value": _APPLICATION}})],
    ) -> ApplicationAnswer:
        """Take an unexpired offer of this very trackingId. The same content again gets the same answer."""
        raise NotImplementedError


def _events(app: FastAPI) -> None:
    words = (*_ALWAYS, *_BODY, "forbidden", "unknown-lead", "conflict", "terminal", "skipped")

    @app.post(
        "/v1/events", responses=_problems(words), dependencies=[Security(_KEY)], summary="What happened to a lead"
    )
    def events(
        _body: Annotated[EventRequest, Body(openapi_examples={"approved": {"value": _EVENT}})],
    ) -> EventAnswer:
        """For the Lender's own systems, with a key of their own. Owes the postback; the same again changes nothing."""
        raise NotImplementedError


def _leads(app: FastAPI) -> None:
    words = (*_ALWAYS, "store", "forbidden", "unknown-lead")

    @app.get("/v1/leads", responses=_problems(words), dependencies=[Security(_KEY)], summary="Where a lead stands")
    def leads(trackingId: Annotated[ClickId, Query(examples=[_JOURNEY])]) -> LeadAnswer:  # noqa: N803 - the wire's name
        """Percent-decoded strictly: `+` is a plus, what does not decode is refused."""
        raise NotImplementedError


def _apply(app: FastAPI) -> None:
    answers: dict[int | str, dict[str, Any]] = {
        302: {"description": "On to the portal", "headers": {"Location": {"schema": {"type": "string"}}}},
        **_problems((*_ALWAYS, "store", "too-many")),
    }

    @app.get("/apply", status_code=302, responses=answers, summary="The hand-off landing", response_class=Response)
    def apply(
        click_id: Annotated[ClickId, Query(examples=[_JOURNEY])],
        product_id: Annotated[str, Query(max_length=200, pattern="^[^\\u0000]*$", examples=["LIB-001"])] = "",
    ) -> None:
        """Browsers come here, without a key. The lead is durable before the Consumer is sent on."""
        raise NotImplementedError


def _others(app: FastAPI) -> None:
    for path, words, summary in (
        ("/healthz", _ALWAYS, "Alive"),
        ("/readyz", (*_ALWAYS, "store", "catalogue", "engine"), "Ready: store, release and engine can be used"),
        ("/openapi.json", _ALWAYS, "This document"),
    ):
        app.add_api_route(path, _anything, summary=summary, responses=_problems(words), operation_id=path.strip("/"))
    app.add_api_route(
        "/metrics", _anything, summary="Prometheus", response_class=PlainTextResponse, responses=_problems(_ALWAYS),
        operation_id="metrics",
    )  # fmt: skip


def _anything() -> dict[str, Any]:
    raise NotImplementedError
