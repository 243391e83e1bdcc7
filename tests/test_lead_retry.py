"""The retry decision as tables: every answer, every Retry-After, the delays, the 403 judgement, the breaker."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from leads.retry import (
    Answer,
    Breaker,
    Class,
    Policy,
    forbidden_delay,
    judge_answer,
    next_delay,
    note_outcome,
    pauses_on_403,
    policy_of,
    read_retry_after,
    redact,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
POLICY = Policy()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b'{"ok":true}', Class.DELIVERED),
        (200, b"{}", Class.DELIVERED),
        (200, b'{"click_id":"c"}', Class.DELIVERED),
        (200, b'{"status":"rejected","event":"rejected"}', Class.DELIVERED),
        (200, b'{"error":null,"errors":[]}', Class.DELIVERED),
        (200, b"", Class.UNCONFIRMED),
        (200, b"OK", Class.UNCONFIRMED),
        (200, b"[]", Class.UNCONFIRMED),
        (200, b"[" * 50_000, Class.UNCONFIRMED),
        (201, b"{}", Class.UNCONFIRMED),
        (200, b'{"success":false}', Class.REFUSED),
        (200, b'{"ok":false}', Class.REFUSED),
        (200, b'{"status":"ERROR"}', Class.REFUSED),
        (200, b'{"error":"unknown lead"}', Class.REFUSED),
        (200, b'{"data":{"trackingId":"C"}}', Class.REFUSED),
        (301, b"", Class.CONFIGURATION),
        (307, b"", Class.CONFIGURATION),
        (400, b"", Class.PERMANENT),
        (418, b"", Class.PERMANENT),
        (401, b"", Class.CREDENTIAL),
        (410, b"", Class.CREDENTIAL),
        (403, b"", Class.FORBIDDEN),
        (408, b"", Class.TRANSIENT),
        (425, b"", Class.TRANSIENT),
        (429, b"", Class.TRANSIENT),
        (500, b"", Class.TRANSIENT),
        (599, b"", Class.TRANSIENT),
        (None, b"", Class.TRANSIENT),
        (409, b"duplicate", Class.CONFLICT),
    ],
)
def test_the_class_of_an_answer(status: int | None, body: bytes, kind: Class) -> None:
    """Each row of the answer table."""
    assert judge_answer(Answer(status, body=body), "c").kind is kind


def test_a_named_conflict_is_delivered() -> None:
    """409 means success only where settings name the text that says so."""
    answer = Answer(409, body=b'{"code":"already_registered"}')
    assert judge_answer(answer, "c", already_have="already_registered").kind is Class.DELIVERED
    assert judge_answer(answer, "c", already_have="other").kind is Class.CONFLICT


def test_an_acknowledgement_cut_short_confirms_nothing() -> None:
    """What was cut at 64 KiB is not read as JSON."""
    assert judge_answer(Answer(200, body=b"{}", whole=False), "c").kind is Class.UNCONFIRMED


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("5", 5.0),
        ("0", 0.0),
        ("-1", None),
        ("1e9", None),
        ("999999999", 86_400.0),
        ("9" * 400, 86_400.0),
        ("٣", None),
        ("soon", None),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", None),
        ("Sun, 22 Nov 2099 12:00:30 GMT", 86_400.0),
        ("Sun, 99 Nov 2026 12:00:30 GMT", None),
    ],
)
def test_retry_after(text: str | None, seconds: float | None) -> None:
    """Both forms, at most a day; junk and the past are ignored."""
    assert read_retry_after(text, NOW) == seconds


@pytest.mark.parametrize(
    ("tries", "low", "high"), [(1, 4, 6), (2, 24, 36), (6, 2880, 4320), (12, 69_120, 103_680), (40, 69_120, 103_680)]
)
def test_delays_are_spread_by_a_fifth(tries: int, low: float, high: float) -> None:
    """±20 % around the delay; past the ladder its last one."""
    assert next_delay(POLICY, tries=tries, age=0, chance=0.0, retry_after=None) == pytest.approx(low)
    assert next_delay(POLICY, tries=tries, age=0, chance=1.0, retry_after=None) == pytest.approx(high)


def test_retry_after_replaces_a_shorter_delay_only() -> None:
    """The larger of the two waits."""
    assert next_delay(POLICY, tries=1, age=0, chance=0.5, retry_after=60) == 60
    assert next_delay(POLICY, tries=2, age=0, chance=0.5, retry_after=1) == 30


def test_given_up_at_eighty_hours_and_not_before() -> None:
    """The last attempt falls on the age at which it is given up."""
    hour = 3600
    assert next_delay(POLICY, tries=13, age=76 * hour, chance=0.5, retry_after=None) == 4 * hour
    assert next_delay(POLICY, tries=14, age=80 * hour, chance=0.5, retry_after=None) is None


def test_own_delays_say_how_many_attempts_there_are() -> None:
    """Rehearsals: as many attempts as delays, and no wait of any kind longer than the longest."""
    own = policy_of((0.0, 1.0, 2.0))
    assert next_delay(own, tries=2, age=0, chance=0.5, retry_after=None) == 2.0
    assert next_delay(own, tries=3, age=0, chance=0.5, retry_after=None) is None
    assert max((*own.forbidden, own.probe_every, own.opens_for, own.opens_at_most)) == 2.0


def test_the_waits_of_a_refused_lead() -> None:
    """1 min, 10 min, 1 h, 6 h, 24 h, then dead."""
    waits = [forbidden_delay(POLICY, refusals=count, chance=0.5) for count in range(1, 7)]
    assert waits == [60, 600, 3600, 21_600, 86_400, None]


@pytest.mark.parametrize(
    ("passed", "leads", "pauses"), [(False, 1, True), (True, 1, False), (True, 2, False), (True, 3, True)]
)
def test_whose_fault_a_403_is(passed: bool, leads: int, pauses: bool) -> None:
    """A key that never passed, or three leads in a row: the key's."""
    assert pauses_on_403(passed=passed, refused_leads=leads) is pauses


def after(*outcomes: tuple[bool, int], start: Breaker | None = None, now: float = 0.0) -> Breaker:
    """A breaker after outcomes one second apart."""
    breaker = start or Breaker()
    for at, (ok, lead) in enumerate(outcomes):
        breaker = note_outcome(breaker, POLICY, ok=ok, lead=lead, now=now + at)
    return breaker


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ([(False, 1)] * 9, "closed"),
        ([(False, 1)] * 4 + [(False, 2)], "open"),
        ([(False, lead) for lead in range(4)], "closed"),
        ([(False, lead) for lead in range(5)], "open"),
        ([(False, 1), (False, 2), (False, 3), (True, 4)] * 2 + [(False, 1)] * 2, "open"),
        ([(False, 1), (True, 2)] * 20, "closed"),
    ],
)
def test_when_the_breaker_opens(outcomes: list[tuple[bool, int]], state: str) -> None:
    """Five in a row over two leads, or 70 % of ten; never one lead alone."""
    assert after(*outcomes).state(len(outcomes)) == state


def test_the_breaker_doubles_to_a_quarter_of_an_hour_and_closes_on_one_pass() -> None:
    """30 s doubling to 15 min; one probe that passes closes it."""
    breaker = after(*[(False, lead) for lead in range(5)])
    waits = []
    for _ in range(7):
        assert breaker.open_until is not None
        assert breaker.state(breaker.open_until - 0.1) == "open"
        waits.append(breaker.open_for)
        now = breaker.open_until
        assert breaker.state(now) == "half"
        breaker = note_outcome(breaker, POLICY, ok=False, lead=1, now=now)
    assert waits == [30, 60, 120, 240, 480, 900, 900]
    assert note_outcome(breaker, POLICY, ok=True, lead=1, now=1e6).state(1e6) == "closed"


def test_redaction_keeps_the_first_of_an_answer_without_the_key() -> None:
    """Raw, JSON-escaped, percent-encoded, base64; at most 2 KiB; fit for every store."""
    key = 'k"/+é'.encode("latin-1").decode("latin-1").replace("é", "9")
    said = f'{key} k\\"/+9 k%22%2F%2B9 ayIvKzk= \0'.encode() + b"\xff" * 9000
    kept = redact(said, key)
    assert kept.startswith("[key] [key] [key] [key]")
    assert "\0" not in kept
    assert len(kept) == 2048
