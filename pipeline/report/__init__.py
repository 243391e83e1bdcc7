"""Findings for people and programs: text grouped by cause, and the JSON document of the contract."""

from pipeline.report.document import check_document, finding_document, findings_document, product_document
from pipeline.report.ledger import learned_report, ledger_document, ledger_report, mapping_document, remembered_report
from pipeline.report.plans import (
    delivery_document,
    fault_sentences,
    outcome_document,
    outcome_sentence,
    overtaken_sentence,
    plan_document,
    plan_report,
    plan_sentence,
    problem_document,
    release_document,
    release_line,
    state_words,
)
from pipeline.report.text import check_report, held_sentence, ready_sentence

__all__ = [
    "check_document",
    "check_report",
    "delivery_document",
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
    "release_document",
    "release_line",
    "remembered_report",
    "state_words",
]
