"""What one would write by hand: FastAPI, SQLAlchemy, one row and one commit a request, `synchronous=FULL`.

`python -m benchmarks.rival_endpoint bare|whole DATABASE` serves on a free port and prints its URL. `bare` answers a
fixed offer; `whole` decides with the same engine as ours. Neither knows idempotency, encryption or limits.
"""

from __future__ import annotations

import json
import socket
import sys
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel

from benchmarks.asking import KEY
from leads.decide import PublishedTerms, Question
from schemas.lead import Applicant
from schemas.product import Product

PRODUCT = Product(
    code="LIB-001", name="Libre Inversión", description_short="Crédito.", category="INDIVIDUAL", country="CO",
    currency="COP", rate_min=Decimal("16.08"), rate_max=Decimal("24.34"), rate_basis="EA",
    amount_min=Decimal(1_000_000), amount_max=Decimal(50_000_000), term_min=12, term_max=60, term_unit="month",
    age_min=18, income_min=Decimal(1_300_000), applicant_type=("natural",), status="active",
)  # fmt: skip


class Requested(BaseModel):
    """What is asked for."""

    amount: Decimal
    termMonths: int  # noqa: N815 - the wire's name


class Asked(BaseModel):
    """A decision request, validated the usual way."""

    trackingId: str  # noqa: N815
    productId: str  # noqa: N815
    requested: Requested
    applicant: dict[str, Any]


class Answer(BaseModel):
    """A decision."""

    trackingId: str  # noqa: N815
    decision: str
    offers: list[dict[str, Any]]


def _decided(asked: Asked) -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    applicant = Applicant.model_validate(asked.applicant)
    question = Question(
        asked.trackingId, asked.requested.amount, asked.requested.termMonths, applicant, now, now.date()
    )
    return [
        {"offerId": str(uuid.uuid4()), "payment": str(one.payment), "totalCostEa": str(one.total_cost_ea)}
        for one in PublishedTerms().decide(question, PRODUCT).offers
    ]


def make(kind: str, database: str) -> FastAPI:
    """The application."""
    engine = sa.create_engine(f"sqlite:///{database}", connect_args={"timeout": 30}, pool_size=40)

    @sa.event.listens_for(engine, "connect")
    def _durable(raw: Any, _record: object) -> None:
        raw.execute("PRAGMA journal_mode=WAL")
        raw.execute("PRAGMA synchronous=FULL")

    columns = [sa.Column(name, sa.String) for name in ("tracking_id", "product_id", "asked", "answer", "made_at")]
    table = sa.Table("decisions", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), *columns)
    table.metadata.create_all(engine)
    statement = sa.insert(table)
    app = FastAPI()

    @app.post("/v1/decisions")
    def decide(asked: Asked, x_api_key: Annotated[str, Header()]) -> Answer:
        if x_api_key != KEY:
            raise HTTPException(403)
        offers = _decided(asked) if kind == "whole" else [{"offerId": str(uuid.uuid4()), "payment": "190911"}]
        answer = Answer(trackingId=asked.trackingId, decision="approved", offers=offers)
        with engine.begin() as connection:
            connection.execute(
                statement,
                {
                    "tracking_id": asked.trackingId, "product_id": asked.productId,
                    "asked": asked.model_dump_json(), "answer": answer.model_dump_json(),
                    "made_at": datetime.now(UTC).isoformat(),
                },
            )  # fmt: skip
        return answer

    return app


def main() -> None:
    """Serve until stopped."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    print(json.dumps({"url": f"http://127.0.0.1:{listener.getsockname()[1]}"}), flush=True)
    config = uvicorn.Config(make(sys.argv[1], sys.argv[2]), loop="uvloop", http="httptools", log_level="warning")
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
