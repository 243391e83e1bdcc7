"""Plans, publications and releases in words and as JSON documents."""

from __future__ import annotations

from catalog.plan import Plan, review_of
from pipeline.report.plans.document import (
    delivery_document,
    due_document,
    outcome_document,
    plan_document,
    problem_document,
    release_document,
    review_document,
    upcoming_document,
)
from pipeline.report.plans.outcomes import (
    decision_sentences,
    due_sentence,
    fault_sentences,
    kind_words,
    outcome_sentence,
    overtaken_sentence,
    rejected_sentence,
    release_line,
    superseded_sentence,
    upcoming_line,
)
from pipeline.report.plans.review import (
    Group,
    ItemWords,
    LineWords,
    Words,
    groups_of,
    headline,
    item_words,
    plan_words,
    review_text,
    review_words,
    title_of,
)
from pipeline.report.plans.traces import approvals_words, shared_lines, trace_document, trace_lines, trace_text
from pipeline.report.plans.values import label_of, value_words


def plan_sentence(plan: Plan, lang: str) -> str:
    """The first line of a plan."""
    return headline(review_of(plan), lang)


def plan_report(plan: Plan, lang: str, *, upload: int | None = None, whole: bool = False) -> str:
    """The plan line by line: dangerous changes first, then what is held back, then the rest; long lists cut."""
    return review_text(plan_words(plan, lang, upload=upload), lang, whole=whole)


__all__ = [
    "Group",
    "ItemWords",
    "LineWords",
    "Words",
    "approvals_words",
    "decision_sentences",
    "delivery_document",
    "due_document",
    "due_sentence",
    "fault_sentences",
    "groups_of",
    "headline",
    "item_words",
    "kind_words",
    "label_of",
    "outcome_document",
    "outcome_sentence",
    "overtaken_sentence",
    "plan_document",
    "plan_report",
    "plan_sentence",
    "plan_words",
    "problem_document",
    "rejected_sentence",
    "release_document",
    "release_line",
    "review_document",
    "review_text",
    "review_words",
    "shared_lines",
    "superseded_sentence",
    "title_of",
    "trace_document",
    "trace_lines",
    "trace_text",
    "upcoming_document",
    "upcoming_line",
    "value_words",
]
