"""The live OpenAPI document against the live endpoint: no 5xx, no undocumented answer, whatever is sent."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads.endpoint.problems import KINDS
from schemas.lead import ProblemAnswer
from tests.serving import CORE, INBOUND, Served, loan, publish_products, question, serving

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,negative_data_rejection,positive_data_acceptance,missing_required_header,"
    "unsupported_method"
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One endpoint for all of them."""
    home = tmp_path_factory.mktemp("contract") / "home"
    home.mkdir()
    publish_products(home, loan())
    with serving(home) as running:
        yield running
    assert [line for line in running.lines if line["event"] != "serving"] == []


def schemathesis(served: Served, folder: Path, examples: int) -> None:
    """Every operation, with the key that opens it."""
    for key, which in ((INBOUND, "--exclude-path"), (CORE, "--include-path")):
        command = [
            Path(sys.executable).with_name("schemathesis"), "run", f"{served.url}/openapi.json", which, "/v1/events",
            "--checks", CHECKS, "--max-examples", str(examples), "--generation-deterministic", "--no-color",
            "--phases", "examples,coverage,fuzzing", "-H", f"X-API-KEY: {key}",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_the_document_is_kept(served: Served, tmp_path: Path) -> None:
    """Generated requests, good and bad: each answer is documented, in its status, media type, headers and shape."""
    schemathesis(served, tmp_path, 10)


@pytest.mark.full
def test_the_document_is_kept_for_long(served: Served, tmp_path: Path) -> None:
    """The same with many more."""
    schemathesis(served, tmp_path, 1_500)


def test_the_document_describes_every_problem_and_shows_examples(served: Served) -> None:
    """Each kind of problem stands at an operation that gives it; bodies come with invented people."""
    document = served.ask("GET", "/openapi.json", key=None)
    said = document.said
    text = document.body.decode()
    for word in set(KINDS) - {"no-such-page", "method", "head-too-large"}:
        assert f"`{word}`" in text, word
    assert "HTTPValidationError" not in text
    for path in ("/v1/decisions", "/v1/applications", "/v1/events"):
        media = said["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        (example,) = media["examples"].values()
        key = CORE if path.endswith("events") else INBOUND
        assert served.ask("POST", path, example["value"], key=key).status in (200, 404)


def test_every_kind_of_problem_is_said_in_both_languages() -> None:
    """And no two sentences are the same."""
    titles = [words for kind in KINDS.values() for words in (kind.es, kind.en)]
    assert len(set(titles)) == len(titles)
    assert all(text.strip() for words in titles for text in words)


HOSTILE = (
    '{"trackingId":"a\\u0000b"}', '{"trackingId":"\\uD800"}', '{"":""}', '{"a":"\\u0000"}', '{"__proto__":{}}',
    '{"trackingId":{"$ne":null}}', '{"trackingId":["a"]}', '{"trackingId":1e400}', '{"requested":{"amount":"1e309"}}',
    '{"trackingId":"' + "\\\\" * 500 + '"}', '{"requested":{"amount":-0}}', '{"requested":null}',
    '{"requested":{"termMonths":1e2}}', '{"applicant":{"birthDate":"0000-00-00"}}', '{"applicant":{"birthDate":1}}',
    '{"applicant":{"birthDate":"99999-01-01"}}', '{"occurredAt":"2026-11-22T10:00:00"}', '{"occurredAt":253402300800}',
    '{"occurredAt":"0001-01-01T00:00:00+14:00"}', '{"occurredAt":"9999-12-31T23:59:59-12:00"}', "\u2028{}", "{}\u0000",
    "{}{}", "// x\n{}", '{\n\t"a":1\r\n}', "\ufffe", '"' + "a" * 60_000 + '"', "[" + "1," * 30_000 + "1]",
    '{"a":' + '{"b":' * 18 + "1" + "}" * 19,
)  # fmt: skip


@pytest.mark.parametrize("path", ["/v1/decisions", "/v1/applications", "/v1/events"])
def test_torture_is_answered_with_a_problem(served: Served, path: str) -> None:
    """Each by itself and laid over a good request: 4xx (or a decision, where it is harmless), never 5xx."""
    key = CORE if path.endswith("events") else INBOUND
    for text in HOSTILE:
        answer = served.ask("POST", path, text.encode(), key=key)
        assert 400 <= answer.status < 500, text[:80]
        ProblemAnswer.model_validate(answer.said)
        try:
            laid = {**question("tortura"), **json.loads(text)}
        except (ValueError, TypeError):
            continue
        assert served.ask("POST", path, json.dumps(laid).encode(), key=key).status < 500, text[:80]


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def mangled(served: Served, member: str, inner: str, value: object) -> None:
    """A good request with anything at all in one place of it."""
    body = question("azar")
    if inner:
        body[member] = {**body[member], inner: value}
    else:
        body[member] = value
    answer = served.ask("POST", "/v1/decisions", json.dumps(body).encode())
    assert answer.status < 500
    assert answer.status == 200 or ProblemAnswer.model_validate(answer.said).status == answer.status


PLACES = st.sampled_from(
    [("trackingId", ""), ("productId", ""), ("listingId", ""), ("requested", "amount"), ("requested", "termMonths"),
     ("applicant", ""), ("applicant", "birthDate"), ("applicant", "monthlyIncome"), ("applicant", "applicantType"),
     ("applicant", "otro"), ("requested", "")]
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=PLACES, value=ANY)
def test_anything_in_any_place_is_answered(served: Served, place: tuple[str, str], value: object) -> None:
    """A decision or a documented problem."""
    mangled(served, *place, value)


@pytest.mark.full
@settings(max_examples=5_000, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=PLACES, value=ANY)
def test_anything_in_any_place_is_answered_for_long(served: Served, place: tuple[str, str], value: object) -> None:
    """The same, many times more."""
    mangled(served, *place, value)
