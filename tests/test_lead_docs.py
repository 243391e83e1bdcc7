"""docs/leads.md names the test that holds each fault: every name is a test there is."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parent
PAGE = (TESTS.parent / "docs" / "leads.md").read_text("utf-8")


def test_every_test_the_page_names_is_there() -> None:
    """A table that names what is not run is worth nothing."""
    code = "".join(file.read_text("utf-8") for file in TESTS.glob("test_*.py"))
    there = set(re.findall(r"^def (test_\w+)", code, re.MULTILINE))
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 50
    assert named <= there, named - there
