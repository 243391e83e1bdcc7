"""What `submit` and `sync` say of a submitted file, to a person and to a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.cli.session import Session

if TYPE_CHECKING:
    from pipeline.run.submitting import Submitted


def say_submitted(own: Session, done: Submitted) -> None:
    """The check, what is remembered from now on, and what became of each finding since the last look."""
    from pipeline import report

    own.say(report.check_report(done.checked, own.lang))
    for line in report.learned_report(done.entered.learned, own.lang):
        own.say(line)
    own.say(f"\n{report.ledger_report(done.entered, own.lang)}")


def upload_line(done: Submitted, lang: str) -> str:
    """The number of the upload and where its preview lies."""
    number = done.upload.id if done.upload else 0
    return (
        f"Carga {number} · vista previa: {done.preview}"
        if lang == "es"
        else f"Upload {number} · preview: {done.preview}"
    )


def submitted_document(done: Submitted, lang: str) -> dict[str, Any]:
    """The same as JSON; `upload`, `preview` and `plan` are null where nothing was staged."""
    from pipeline import report

    return {
        "upload": done.upload.id if done.upload else None,
        "preview": str(done.preview) if done.preview else None,
        "check": report.check_document(done.checked, lang),
        "ledger": report.ledger_document(done.entered, done.checked, lang),
        "mappings": [report.mapping_document(said) for said in (*done.checked.remembered, *done.entered.learned)],
        "plan": report.plan_document(done.plan, lang, upload=done.upload.id) if done.plan and done.upload else None,
    }
