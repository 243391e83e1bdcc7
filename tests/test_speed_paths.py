"""Quick ways give what the slow ways give."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.cost import Flows, NoAnswer, Stream, apr, flows
from catalog.cost.loan import Loan
from pipeline.cli.session import _pieces
from pipeline.reading.plain import _mended, _sound
from pipeline.validate.claims.said import _FOLD, folded

_BITS = [
    "Ã©",
    "A\u0303\xa9",
    "aN/Ab",
    "_x0007_",
    "\u200b",
    "\ud800",
    "e\u0301",
    "\r\n",
    "\t",
    "\xa0",
    "\x85",
    "ñ",
    "€",
    "–",
]
_TEXTS = st.lists(st.sampled_from(_BITS) | st.text(max_size=3), max_size=6).map("".join)
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@given(_TEXTS)
def test_a_sound_text_is_read_as_the_slow_look_reads_it(text: str) -> None:
    """What the quick look lets through has nothing to mend and nothing to tell."""
    assert _sound(text) in (None, _mended(text))


@given(_TEXTS)
def test_bytes_fold_as_characters_do(text: str) -> None:
    """Letter for letter, so that places stay places."""
    assert folded(text) == text.translate(_FOLD)


@given(st.dictionaries(st.text(), st.lists(st.integers(), max_size=3) | st.none(), max_size=3), st.integers(0, 1_700))
def test_a_document_in_pieces_is_the_document(document: dict[str, object], length: int) -> None:
    """Batches of a long list leave no trace in the text."""
    whole = {**document, "long": [{"n": n} for n in range(length)]}
    assert "".join(_pieces(whole, _ENCODE)) == _ENCODE(whole)


@given(st.integers(1, 400), st.integers(1, 360))
def test_a_rough_beginning_leads_to_the_same_cost(rate: int, months: int) -> None:
    """A loan without fees costs its rate to the last of 28 digits, wherever the search began."""
    loan = Loan(amount=Decimal(5_000_000), rate=Decimal(rate), basis="EA", term=months)
    assert abs(apr(flows(loan)) - rate) < Decimal("1E-22")


def test_a_cost_the_rough_steps_do_not_reach_is_refused_as_ever() -> None:
    """A fifth of the loan for one day is beyond the ceiling, and said to be."""
    with pytest.raises(NoAnswer, match="beyond"):
        apr(Flows(Decimal(1), (Stream(Decimal("1.2"), Fraction(1, 365)),)))
