"""Findings for people and programs: text grouped by cause, and the JSON document of the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.report.document import check_document, check_writer, finding_document, findings_document, product_document
from pipeline.report.ledger import learned_report, ledger_document, ledger_report, mapping_document, remembered_report
from pipeline.report.text import check_report, held_sentence, ready_sentence

if TYPE_CHECKING:
    from pipeline.report.plans import (
        decision_sentences,
        delivery_document,
        due_document,
        due_sentence,
        fault_sentences,
        outcome_document,
        outcome_sentence,
        overtaken_sentence,
        plan_document,
        plan_report,
        plan_sentence,
        problem_document,
        rejected_sentence,
        release_document,
        release_line,
        review_document,
        review_text,
        review_words,
        superseded_sentence,
        trace_document,
        trace_text,
        upcoming_document,
        upcoming_line,
    )

__all__ = [
    "check_document",
    "check_report",
    "check_writer",
    "decision_sentences",
    "delivery_document",
    "due_document",
    "due_sentence",
    "fault_sentences",
    "finding_document",
    "findings_document",
    "held_sentence",
    "learned_report",
    "ledger_document",
    "ledger_report",
    "mapping_document",
    "outcome_document",
    "outcome_sentence",
    "overtaken_sentence",
    "plan_document",
    "plan_report",
    "plan_sentence",
    "problem_document",
    "product_document",
    "ready_sentence",
    "rejected_sentence",
    "release_document",
    "release_line",
    "remembered_report",
    "review_document",
    "review_text",
    "review_words",
    "superseded_sentence",
    "trace_document",
    "trace_text",
    "upcoming_document",
    "upcoming_line",
]


def __getattr__(name: str) -> Any:
    """The words of plans and releases, loaded by the commands that speak of them: `check` does not."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pipeline.report import plans

    return getattr(plans, name)
