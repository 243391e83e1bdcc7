"""What a publication would change: base release + candidate -> plan, and how a person reads it. Pure."""

from catalog.plan.compare import field_changes, has_ended, make_plan, with_assigned
from catalog.plan.dangers import LIMIT_SHARE, Danger
from catalog.plan.review import FieldView, Item, Review, counts_of, diff, differing, review_of
from catalog.plan.values import (
    BRAND,
    BrandChange,
    Change,
    FieldChange,
    Guard,
    Jump,
    Plan,
    Removal,
    Scheduled,
    Terms,
)

__all__ = [
    "BRAND",
    "LIMIT_SHARE",
    "BrandChange",
    "Change",
    "Danger",
    "FieldChange",
    "FieldView",
    "Guard",
    "Item",
    "Jump",
    "Plan",
    "Removal",
    "Review",
    "Scheduled",
    "Terms",
    "counts_of",
    "diff",
    "differing",
    "field_changes",
    "has_ended",
    "make_plan",
    "review_of",
    "with_assigned",
]
