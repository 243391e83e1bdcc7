"""Consumers who apply: decision, application, hand-off, statuses, at a chosen rate, against somebody's endpoints.

A call that finds the Lender busy, down or slow is made again with the same content, as the marketplace would: the
endpoints are idempotent by trackingId. People here are invented.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import httpx

from leads.sandbox.book import Book

_TRIES = 8
_AT_ONCE = 64
_REJECTED_SHARE = 0.2
_APPLICANT = {
    "firstName": "Ana", "lastName": "Ejemplo", "documentType": "CC", "documentNumber": "1000000001",
    "birthDate": "1990-02-28", "email": "ana@example.com", "phone": "3000000000", "monthlyIncome": "8000000",
    "applicantType": "natural",
}  # fmt: skip
_CONSENT = {"type": "habeas_data", "version": "1", "acceptedAt": "2026-07-01T10:00:00-05:00", "channel": "ensayo"}


@dataclass(frozen=True, slots=True)
class Play:
    """What to play. `rate`: journeys begun a second; `core_key`: of the Lender's own systems, for the statuses."""

    count: int
    rate: float
    against: str
    key: str = field(repr=False)
    core_key: str = field(repr=False)
    product_id: str
    amount: str
    term_months: int


class JourneyBroken(Exception):
    """A step did not end as documented; `why` is counted."""

    def __init__(self, step: str, why: str) -> None:
        super().__init__(f"{step}: {why}")
        self.step = step
        self.why = why


@dataclass(slots=True)
class Player:
    """Plays journeys and keeps what it saw. `book`: what the marketplace hears, which learns of each lead played."""

    play: Play
    book: Book
    chance: random.Random
    calls: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """step -> seconds of each call that was answered as documented."""
    repeated: Counter[str] = field(default_factory=Counter)
    broken: Counter[tuple[str, str]] = field(default_factory=Counter)
    owed: dict[tuple[str, str], float] = field(default_factory=dict)
    """(click_id, event) -> when the Lender was asked for what it owes."""
    began: float = 0.0
    ended: float = 0.0

    async def run(self, *, patience: float) -> None:
        """Play them all, then wait for what is owed until `patience` seconds pass without anything new."""
        loop = asyncio.get_running_loop()
        gate = asyncio.Semaphore(_AT_ONCE)
        limits = httpx.Limits(max_connections=_AT_ONCE, max_keepalive_connections=_AT_ONCE)
        self.began = loop.time()
        client = httpx.AsyncClient(trust_env=False, timeout=15, limits=limits)
        async with client, asyncio.TaskGroup() as group:
            for number in range(self.play.count):
                await asyncio.sleep(max(0.0, self.began + number / self.play.rate - loop.time()))
                await gate.acquire()
                group.create_task(self._journey(client)).add_done_callback(lambda _: gate.release())
        self.ended = loop.time()
        await self._wait(patience)

    async def _wait(self, patience: float) -> None:
        loop = asyncio.get_running_loop()
        seen, since = -1, loop.time()
        while self.owed.keys() - self.book.taken.keys() and loop.time() - since < patience:
            if self.book.heard != seen:
                seen, since = self.book.heard, loop.time()
            await asyncio.sleep(0.05)

    async def _journey(self, client: httpx.AsyncClient) -> None:
        """One Consumer, from the question to the last status."""
        origin = self.chance.choice(("", "claro_", "billetera_"))
        click_id = f"{origin}{uuid.UUID(int=self.chance.getrandbits(128), version=4)}"
        end = ("rejected",) if self.chance.random() < _REJECTED_SHARE else ("approval", "disbursement")
        if self.book.known is not None:
            self.book.known.add(click_id)
        try:
            await self._apply(client, click_id)
            for event in end:
                await self._tell(client, click_id, event)
        except JourneyBroken as broken:
            self.broken[broken.step, broken.why] += 1

    async def _apply(self, client: httpx.AsyncClient, click_id: str) -> None:
        play = self.play
        asked = {"amount": play.amount, "termMonths": play.term_months}
        question = {"trackingId": click_id, "productId": play.product_id, "requested": asked, "applicant": _APPLICANT}
        decided = await self._post(client, "decision", "/v1/decisions", play.key, question)
        try:
            offer = decided["offers"][0]["offerId"]
        except (LookupError, TypeError):
            raise JourneyBroken("decision", str(decided.get("decision"))) from None
        taken = {"trackingId": click_id, "offerId": offer, "applicant": _APPLICANT}
        self.owed[click_id, "application"] = asyncio.get_running_loop().time()
        try:
            await self._post(client, "application", "/v1/applications", play.key, {**taken, "consents": [_CONSENT]})
        except JourneyBroken:
            del self.owed[click_id, "application"]
            raise
        await self._hand_off(client, click_id)

    async def _hand_off(self, client: httpx.AsyncClient, click_id: str) -> None:
        """The browser is sent on, and the click_id rides along byte for byte."""
        query = f"click_id={quote(click_id, safe='')}&product_id={quote(self.play.product_id, safe='')}"
        answer = await self._call(client, "hand_off", "GET", f"/apply?{query}", {}, None)
        where = urlsplit(answer.headers.get("location", "")).query
        named = dict(part.partition("=")[::2] for part in where.split("&"))
        if unquote(named.get("click_id", "")) != click_id:
            raise JourneyBroken("hand_off", "another click_id")

    async def _tell(self, client: httpx.AsyncClient, click_id: str, event: str) -> None:
        said = {"trackingId": click_id, "event": event}
        if event == "disbursement":
            said["amount"] = self.play.amount
        began = asyncio.get_running_loop().time()
        await self._post(client, "status", "/v1/events", self.play.core_key, said)
        self.owed[click_id, event] = began

    async def _post(
        self, client: httpx.AsyncClient, step: str, path: str, key: str, body: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        answer = await self._call(client, step, "POST", path, {"X-API-KEY": key}, body)
        try:
            said = answer.json()
        except ValueError:
            raise JourneyBroken(step, "no JSON") from None
        if not isinstance(said, dict) or said.get("trackingId") != body["trackingId"]:
            raise JourneyBroken(step, "another trackingId")
        return said

    async def _call(
        self, client: httpx.AsyncClient, step: str, method: str, path: str, headers: Mapping[str, str],
        body: Mapping[str, Any] | None,
    ) -> httpx.Response:  # fmt: skip
        """One answer under 400; the same call again while the Lender cannot answer now."""
        loop = asyncio.get_running_loop()
        why = ""
        for number in range(_TRIES):
            began = loop.time()
            try:
                answer = await client.request(method, self.play.against + path, headers=headers, json=body)
            except httpx.InvalidURL:
                raise JourneyBroken(step, "no URL") from None
            except httpx.RequestError as fault:
                why, wait = type(fault).__name__, 0.2 * 2**number
            else:
                if answer.status_code < 400:
                    self.calls[step].append(loop.time() - began)
                    return answer
                why, wait = str(answer.status_code), _wait_of(answer, number)
                if answer.status_code < 500 and not answer.headers.get("retry-after"):
                    break
            self.repeated[step] += 1
            await asyncio.sleep(min(wait, 5.0))
        raise JourneyBroken(step, why)


def _wait_of(answer: httpx.Response, number: int) -> float:
    said = answer.headers.get("retry-after", "")
    return float(said) if said.isascii() and said.isdigit() else 0.2 * 2**number
