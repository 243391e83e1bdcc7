"""One answer -> what becomes of its row, its channel and the breaker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from leads.retry import (
    Answer,
    Class,
    Judged,
    Policy,
    forbidden_delay,
    judge_answer,
    next_delay,
    pauses_on_403,
    read_retry_after,
    redact,
)
from leads.store.channels import Channel
from leads.store.outbox import Finished, Outcome, Owed


@dataclass(frozen=True, slots=True)
class Sent:
    """One attempt as it ended. `at_ms`: when it began; `took`: seconds."""

    owed: Owed
    answer: Answer
    judged: Judged
    at_ms: int
    took: float


def judge(owed: Owed, answer: Answer, *, at_ms: int, took: float, already_have: str | None) -> Sent:
    """The attempt with the class of its answer."""
    return Sent(owed, answer, judge_answer(answer, owed.click_id, already_have=already_have), at_ms, took)


def breaker_hears(sent: Sent) -> bool | None:
    """Whether the base URL is well: False for a network fault or a 5xx, None where the answer says neither."""
    status = sent.answer.status
    if status is None or status >= 500:
        return False
    return None if sent.judged.kind is Class.TRANSIENT else True


_PAUSING = (Class.CONFIGURATION, Class.CREDENTIAL)


def pauses(sent: Sent, channel: Channel) -> str | None:
    """Why this answer pauses the market; None: it does not. `channel` knows of this refusal already."""
    if sent.judged.kind in _PAUSING:
        return sent.judged.why
    if sent.judged.kind is not Class.FORBIDDEN:
        return None
    return "http_403" if pauses_on_403(passed=channel.passed, refused_leads=len(channel.refused)) else None


def what_to_check(why: str) -> str:
    """What a person should look at when this paused the market."""
    return _CHECK.get(why, "is VITRINA_BASE_URL right for this market and environment?")


_CHECK = {
    "http_403": "whitespace in the key? a staging key? another market's? is our egress IP registered?",
    "http_401": "is the key right for this base URL?",
}


def settle(sent: Sent, *, paused: bool, policy: Policy, now: datetime, key: str, chance: float) -> Finished:
    """What becomes of the row. `paused`: the market is, so that a refusal says nothing of the row itself.

    `chance` in 0..1 spreads the wait to the next attempt.
    """
    kind = sent.judged.kind
    if kind is Class.DELIVERED:
        return _finish(sent, "delivered", key)
    if kind is Class.UNCONFIRMED:
        return _finish(sent, "unconfirmed", key)
    if kind in _PAUSING or (kind is Class.FORBIDDEN and paused):
        # Later than the next probe, so that the probe is another lead's: one bad lead must not hold the key's.
        return _finish(sent, "unspent", key, why=f"paused:{sent.judged.why}", wait=policy.probe_every * 1.5)
    if kind is Class.FORBIDDEN:
        wait = forbidden_delay(policy, refusals=sent.owed.refusals + 1, chance=chance)
        return _or_dead(sent, key, "lead_unknown", wait)
    if kind is Class.TRANSIENT:
        return _or_dead(sent, key, f"gave_up_{sent.judged.why}", _transient_delay(sent, policy, now, chance))
    return _finish(sent, "dead", key)


def _transient_delay(sent: Sent, policy: Policy, now: datetime, chance: float) -> float | None:
    first = sent.owed.first_try_ms
    age = 0.0 if first is None else now.timestamp() - first / 1000
    return next_delay(
        policy,
        tries=sent.owed.tries + 1,
        age=age,
        chance=chance,
        retry_after=read_retry_after(sent.answer.retry_after, now),
    )


def _or_dead(sent: Sent, key: str, why: str, wait: float | None) -> Finished:
    return _finish(sent, "dead", key, why=why) if wait is None else _finish(sent, "retry", key, wait=wait)


def _finish(sent: Sent, outcome: Outcome, key: str, *, why: str | None = None, wait: float = 0.0) -> Finished:
    return Finished(
        owed=sent.owed,
        outcome=outcome,
        kind=sent.judged.kind.value,
        why=why or sent.judged.why,
        status=sent.answer.status,
        at_ms=sent.at_ms,
        took_ms=int(sent.took * 1000),
        said=sent.answer.fault if sent.answer.status is None else redact(sent.answer.body, key),
        wait_ms=int(wait * 1000),
        refused=sent.judged.kind is Class.FORBIDDEN,
    )
