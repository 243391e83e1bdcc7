"""A file to sheets of cells with their evidence, read in a guarded child process.

    pending = start(Path("productos.xlsx"))   # the child is already reading
    import pandas                             # whatever else start-up needs meanwhile
    workbook = pending.workbook()

Nothing is interpreted: a cell keeps the value, the kind, the number format and the address its file gives it. A file
that cannot be read is a Workbook without sheets and with exactly one `file.*` finding.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pipeline.ingest.pending import Pending, start

__all__ = ["Pending", "start"]


def __getattr__(name: str) -> Any:
    """The parent's side, loaded when it is asked for: the child needs nothing of it, and reads the sooner."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pipeline.ingest import pending

    return getattr(pending, name)
