"""The only place that orders the steps of a workbook's journey: check, preview, submit, publish, sync."""

from pipeline.run.checking import Checked, check
from pipeline.run.publishing import (
    Published,
    Submitted,
    Synced,
    Workshop,
    decide,
    newest_upload,
    open_workshop,
    plan_of,
    preview,
    publish,
    rollback,
    submit,
    sync,
    verify,
)

__all__ = [
    "Checked",
    "Published",
    "Submitted",
    "Synced",
    "Workshop",
    "check",
    "decide",
    "newest_upload",
    "open_workshop",
    "plan_of",
    "preview",
    "publish",
    "rollback",
    "submit",
    "sync",
    "verify",
]
