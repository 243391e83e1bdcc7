"""The golden rule: a click_id that comes in through JSON or the hand-off goes out in the postback byte for byte."""

from __future__ import annotations

import http.client
import json
import random
import unicodedata
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes, urlsplit

import pytest

from schemas.lead import click_id_fault
from tests.receiver import receiver
from tests.serving import ANA, CONSENT, CORE, INBOUND, PORTAL, Served, loan, publish_products, question, serving

FIXED = (
    "claro_7e1c9f24-3b8a-4d21-9e77-2a0f1c6b5d3e", "CLARO_7E1C9F24", "claro_7e1c9f24", " ", "  a  ", "a b", "a+b",
    "a%2Bb", "a%20b", "%", "%%", "%ff", "+", "++", "&=?#/", "a&click_id=b", "é", "e\u0301", "\u212b", "Å", "ß", "ẞ",
    "İ", "ı", "ﬁ", "\u200b", "\ufeff", "\ufeffa", "\u202e", "\u2028", "\r\n", "\t", "\x7f", "\x1b[31m",
    "'; DROP TABLE leads; --", "=1+1", "@SUM(A1)", "-1", "null", "true", "1e5", "00123", '{"a":1}', "\\", "\\u0000",
    '"', "<script>", "😀", "👩\u200d👩\u200d👧", "\U0010ffff", "\ufffd", "\uffff", "x" * 4096, "😀" * 4096, "é" * 4096,
)  # fmt: skip


def generated(count: int) -> list[str]:
    """So many different ones: every plane, twins by case and by normal form, spaces, signs, long ones."""
    chance = random.Random(20_261_122)
    found = dict.fromkeys(FIXED)
    while len(found) < count:
        found |= dict.fromkeys(twins(one_of(chance)))
    return [one for one in found if not click_id_fault(one)][:count]


def one_of(chance: random.Random) -> str:
    """A text of up to forty characters, now and then of 4,096."""
    length = 4096 if chance.random() < 0.002 else chance.randint(1, 40)
    kinds = ("claro_0123456789abcdef-", " +%&=?#/;,:'\"\\", "áéíóúñÁÉÍÓÚÑüÜ")
    if chance.random() < 0.5:
        return "".join(chance.choice(chance.choice(kinds)) for _ in range(length))
    points = (chance.choice((0x80, 0x800, 0x10000, 0x110000)) for _ in range(length))
    return "".join(chr(chance.randrange(1, most)) for most in points).translate(
        dict.fromkeys(range(0xD800, 0xE000), "x")
    )


def twins(text: str) -> Iterator[str]:
    """What others would take for the same."""
    yield from (text, text.upper(), text.lower(), text.strip(), text + " ", unicodedata.normalize("NFC", text))
    yield unicodedata.normalize("NFD", text)


class Line:
    """One connection for many requests."""

    def __init__(self, served: Served) -> None:
        self._connection = http.client.HTTPConnection(*served.address, timeout=60)

    def ask(self, method: str, path: str, body: object = None, key: str = INBOUND) -> tuple[int, dict[str, str], bytes]:
        """One request on it."""
        raw = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        self._connection.request(method, path, raw, {"X-API-KEY": key, "Content-Type": "application/json"})
        answer = self._connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


def hand_over(served: Served, click_ids: Sequence[str]) -> None:
    """Half of them come through JSON, decision and application, half through the hand-off and a status."""
    line = Line(served)
    try:
        for number, click_id in enumerate(click_ids):
            location = through_json(line, click_id) if number % 2 else through_the_hand_off(line, click_id)
            query = urlsplit(location).query.partition("&")[0].removeprefix("click_id=")
            assert location.startswith(f"{PORTAL}?click_id=")
            assert unquote_to_bytes(query) == click_id.encode(), ascii(click_id)
    finally:
        line.close()


def through_json(line: Line, click_id: str) -> str:
    status, _, body = line.ask("POST", "/v1/decisions", question(click_id))
    assert status == 200, ascii((click_id, body))
    said = json.loads(body)
    assert said["trackingId"] == click_id
    taken = {"trackingId": click_id, "offerId": said["offers"][0]["offerId"], "applicant": ANA, "consents": [CONSENT]}
    status, _, body = line.ask("POST", "/v1/applications", taken)
    assert status == 201, ascii((click_id, body))
    return str(json.loads(body)["redirectUrl"])


def through_the_hand_off(line: Line, click_id: str) -> str:
    status, headers, body = line.ask("GET", f"/apply?click_id={quote(click_id, safe='')}&product_id=LIB-001")
    assert status == 302, ascii((click_id, body))
    status, _, body = line.ask("POST", "/v1/events", {"trackingId": click_id, "event": "application"}, CORE)
    assert status == 200, ascii((click_id, body))
    return headers["location"]


def all_the_way(home: Path, click_ids: list[str], lines: int) -> None:
    """In through both doors, out to a marketplace: each once, none altered."""
    home.mkdir()
    publish_products(home, loan())
    with receiver() as market:
        with serving(home, url=market.url, sender=True) as served:
            with ThreadPoolExecutor(lines) as crowd:
                list(crowd.map(lambda one: hand_over(served, click_ids[one::lines]), range(lines)))
            assert market.wait(lambda: len(market.arrived) >= len(click_ids), 120)
        arrived = [json.loads(one.body)["click_id"].encode() for one in market.arrived]
    assert sorted(arrived) == sorted(one.encode() for one in click_ids)


def test_two_thousand_click_ids_come_out_as_they_went_in(tmp_path: Path) -> None:
    """Fixed hostile ones and generated ones with their twins, and postbacks carry the very bytes."""
    all_the_way(tmp_path / "home", generated(2_000), 4)


@pytest.mark.full
def test_fifty_thousand_click_ids_come_out_as_they_went_in(tmp_path: Path) -> None:
    """The same, all of them."""
    all_the_way(tmp_path / "home", generated(50_000), 8)
