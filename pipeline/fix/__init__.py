"""Unambiguous repairs: what to write instead of a cell, proof that it says the same, and a copy that holds it.

    fixes, after = settled(proposals(validated, numbers=True), validated, judge)
    content = write(data, kind, sheet, fixes)

Nothing that is ambiguous, swapped or a code is ever touched: a fix stands only where the sheet, read again with it,
gives the same values and no finding it did not have.
"""

from pipeline.fix.proposals import NewCell, Proposal, proposals
from pipeline.fix.settle import Fix, settled, with_changes
from pipeline.fix.writing import CannotPatch, holds_numbers, write

__all__ = [
    "CannotPatch",
    "Fix",
    "NewCell",
    "Proposal",
    "holds_numbers",
    "proposals",
    "settled",
    "with_changes",
    "write",
]
