"""What an answer to a postback means and what to do about it. Pure: no clock, no network, tested by tables.

The classes and delays are assumed (A) but for three facts (D): 200 with a JSON acknowledgement is success, the Lender
retries on 5xx and network errors, and 403 says that the credential matches nothing *or* that no such lead exists.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

from schemas.lead_settings import DEFAULT_DELAYS

ANSWER_BYTES = 65_536
"""How much of an answer is read."""
KEPT_CHARACTERS = 2_048
"""How much of it is kept with the attempt."""
LONGEST_WAIT = 86_400.0
_GIVE_UP_AGE = 80 * 3600.0
_FORBIDDEN_DELAYS = (60.0, 600.0, 3600.0, 21_600.0, 86_400.0)
_PROBE_EVERY = 300.0
_PAUSE_AFTER_LEADS = 3
_JITTER = 0.2
_CLICK_NAMES = ("click_id", "clickId", "tracking_id", "trackingId")
_YES_NAMES = ("success", "ok", "acknowledged", "accepted", "received")
_BAD_WORDS = frozenset({"error", "errors", "failed", "failure", "fail", "ko", "nok", "invalid", "false"})


class Class(StrEnum):
    """What an answer is."""

    DELIVERED = "delivered"
    UNCONFIRMED = "unconfirmed"
    REFUSED = "refused"
    CONFIGURATION = "configuration"
    PERMANENT = "permanent"
    CREDENTIAL = "credential"
    FORBIDDEN = "forbidden"
    TRANSIENT = "transient"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `status` None: nothing did, and `fault` says why in a word (timeout, dns, reset …)."""

    status: int | None
    fault: str = ""
    body: bytes = b""
    whole: bool = True
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """The class of an answer and the word that `why` keeps when the row dies of it."""

    kind: Class
    why: str


def judge_answer(answer: Answer, click_id: str, *, already_have: str | None = None) -> Judged:
    """The class of an answer to the postback of `click_id`. `already_have`: text of a 409 that means success."""
    status = answer.status
    if status is None:
        return Judged(Class.TRANSIENT, answer.fault or "network")
    if 200 <= status < 300:
        return _judge_success(answer, click_id)
    why = f"http_{status}"
    if status == 409:
        known = already_have is not None and already_have.encode() in answer.body
        return Judged(Class.DELIVERED, "already_have") if known else Judged(Class.CONFLICT, "conflict")
    return Judged(_of_status(status), why)


def _of_status(status: int) -> Class:
    if status < 300:
        return Class.TRANSIENT  # no status of HTTP: whatever answered is not the marketplace
    if status < 400:
        return Class.CONFIGURATION
    if status in (408, 425, 429) or status >= 500:
        return Class.TRANSIENT
    if status in (401, 410):
        return Class.CREDENTIAL
    return Class.FORBIDDEN if status == 403 else Class.PERMANENT


def _judge_success(answer: Answer, click_id: str) -> Judged:
    said = _json_object(answer)
    if said is None or answer.status != 200:
        return Judged(Class.UNCONFIRMED, "no_acknowledgement" if answer.status == 200 else f"http_{answer.status}")
    return Judged(Class.REFUSED, "bad_ack") if _says_failure(said, click_id) else Judged(Class.DELIVERED, "ok")


def _json_object(answer: Answer) -> Mapping[str, Any] | None:
    if not answer.whole:
        return None
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None


def _says_failure(said: Mapping[str, Any], click_id: str) -> bool:
    if any(isinstance(said.get(name), str) and said[name] != click_id for name in _CLICK_NAMES):
        return True
    if any(name in said and said[name] in (False, "false", 0) for name in _YES_NAMES):
        return True
    if any(said.get(name) not in (None, False, "", [], {}, 0) for name in ("error", "errors")):
        return True
    words = (said.get(name) for name in ("status", "result", "outcome"))
    if any(word is False or (isinstance(word, str) and word.lower() in _BAD_WORDS) for word in words):
        return True
    inner = said.get("data")
    return isinstance(inner, dict) and _says_failure({k: v for k, v in inner.items() if k != "data"}, click_id)


def read_retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, in either form; None for junk, the past and nothing."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_WAIT) if len(text) < 20 else LONGEST_WAIT
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    seconds = (zoned - now).total_seconds()
    return min(seconds, LONGEST_WAIT) if seconds > 0 else None


@dataclass(frozen=True, slots=True)
class Policy:
    """The delays of one start, in seconds. `most_tries`: given up by count, where own delays say how many there are."""

    delays: tuple[float, ...] = DEFAULT_DELAYS
    most_tries: int | None = None
    give_up_age: float = _GIVE_UP_AGE
    forbidden: tuple[float, ...] = _FORBIDDEN_DELAYS
    probe_every: float = _PROBE_EVERY
    opens_for: float = 30.0
    opens_at_most: float = 900.0

    @property
    def furthest(self) -> float:
        """A next attempt further away than this means that the clock went back."""
        return max(LONGEST_WAIT, *self.delays) * (1 + _JITTER)


def policy_of(delays: tuple[float, ...]) -> Policy:
    """The policy of VITRINA_RETRY_DELAYS: with delays of one's own no wait of any kind is longer than the longest."""
    if delays == DEFAULT_DELAYS:
        return Policy()
    longest = max(delays)
    usual = Policy()
    return Policy(
        delays=delays,
        most_tries=len(delays),
        forbidden=tuple(min(delay, longest) for delay in usual.forbidden),
        probe_every=min(usual.probe_every, longest),
        opens_for=min(usual.opens_for, longest),
        opens_at_most=min(usual.opens_at_most, longest),
    )


def next_delay(policy: Policy, *, tries: int, age: float, chance: float, retry_after: float | None) -> float | None:
    """Seconds to the next attempt after `tries` failed ones; None: give up.

    `age`: seconds since the first attempt; `chance` in 0..1 spreads the delay by ±20 %.
    """
    if age >= policy.give_up_age or (policy.most_tries is not None and tries >= policy.most_tries):
        return None
    delay = policy.delays[min(tries, len(policy.delays) - 1)] * (1 - _JITTER + 2 * _JITTER * chance)
    left = policy.give_up_age - age  # the last attempt falls on the age at which it is given up
    return max(min(delay, left), retry_after or 0.0)


def forbidden_delay(policy: Policy, *, refusals: int, chance: float) -> float | None:
    """Seconds to the next attempt after the `refusals`-th 403 of a lead alone; None: dead, `lead_unknown`."""
    if refusals > len(policy.forbidden):
        return None
    return policy.forbidden[refusals - 1] * (1 - _JITTER + 2 * _JITTER * chance)


def pauses_on_403(*, passed: bool, refused_leads: int) -> bool:
    """Whether a 403 is the key's fault rather than the lead's.

    `passed`: some lead passed with this key and URL; `refused_leads`: different leads refused in a row, this one
    included.
    """
    return not passed or refused_leads >= _PAUSE_AFTER_LEADS


@dataclass(frozen=True, slots=True)
class Breaker:
    """One base URL's health. Moments are seconds of a clock that never steps."""

    straight: int = 0
    straight_leads: frozenset[int] = frozenset()
    recent: tuple[tuple[float, bool, int], ...] = ()
    open_until: float | None = None
    open_for: float = 0.0

    def state(self, now: float) -> str:
        """`closed`: send; `open`: send nothing; `half`: send one probe."""
        if self.open_until is None:
            return "closed"
        return "open" if now < self.open_until else "half"


_STRAIGHT = 5
_FEWEST_LEADS = 2
_WINDOW = 300.0
_WINDOW_LEAST = 10
_WINDOW_SHARE = 0.7
_WINDOW_KEEPS = 200


def note_outcome(breaker: Breaker, policy: Policy, *, ok: bool, lead: int, now: float) -> Breaker:
    """The breaker after one outcome: `ok` False for a network fault or a 5xx.

    It opens at 5 failures in a row over at least two leads, or at 70 % of at least 10 within 5 minutes.
    """
    if ok and breaker.open_until is not None:
        return Breaker()
    recent = (*breaker.recent[1 - _WINDOW_KEEPS :], (now, ok, lead))
    if ok:
        return replace(breaker, straight=0, straight_leads=frozenset(), recent=recent)
    recent = tuple(seen for seen in recent if seen[0] > now - _WINDOW)
    leads = breaker.straight_leads if len(breaker.straight_leads) > 1 else breaker.straight_leads | {lead}
    after = replace(breaker, straight=breaker.straight + 1, straight_leads=leads, recent=recent)
    if breaker.open_until is not None:
        return _opened(after, policy, now) if now >= breaker.open_until else after
    in_a_row = after.straight >= _STRAIGHT and len(leads) >= _FEWEST_LEADS
    return _opened(after, policy, now) if in_a_row or _too_many(recent) else after


def _too_many(recent: tuple[tuple[float, bool, int], ...]) -> bool:
    """One lead alone never opens the breaker, however often it fails."""
    failed = [lead for _, ok, lead in recent if not ok]
    enough = len(recent) >= _WINDOW_LEAST and len(failed) >= _WINDOW_SHARE * len(recent)
    return enough and len(set(failed)) >= _FEWEST_LEADS


def _opened(breaker: Breaker, policy: Policy, now: float) -> Breaker:
    wait = min(breaker.open_for * 2, policy.opens_at_most) if breaker.open_for else policy.opens_for
    return replace(breaker, open_until=now + wait, open_for=wait, recent=())


def redact(body: bytes, key: str) -> str:
    """The first of an answer as text, without the key in any form it may be echoed in, fit for every store."""
    import base64
    from urllib.parse import quote

    text = body[:ANSWER_BYTES].decode("utf-8", "replace").replace("\0", "\ufffd")
    forms = {key, json.dumps(key)[1:-1], quote(key, safe=""), base64.b64encode(key.encode()).decode().rstrip("=")}
    for form in sorted((form for form in forms if form), key=len, reverse=True):
        text = text.replace(form, "[key]")
    return text[:KEPT_CHARACTERS]
