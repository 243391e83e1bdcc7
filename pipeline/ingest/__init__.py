"""A file to sheets of cells with their evidence, read in a guarded child process.

    pending = start(Path("productos.xlsx"))   # the child is already reading
    import pandas                             # whatever else start-up needs meanwhile
    workbook = pending.workbook()

Nothing is interpreted: a cell keeps the value, the kind, the number format and the address its file gives it. A file
that cannot be read is a Workbook without sheets and with exactly one `file.*` finding.
"""

from __future__ import annotations

from pipeline.ingest.pending import Pending, start

__all__ = ["Pending", "start"]
