"""Receipts in words and as JSON documents."""

from __future__ import annotations

from datetime import date
from typing import Any

from catalog.receipts import Late, Receipt, Standing, State
from schemas import wording

_STATES: dict[State, tuple[str, str]] = {
    "drafted": ("paquete preparado el {}", "pack made on {}"),
    "sent": ("enviada el {}", "sent on {}"),
    "acknowledged": ("recibida por el mercado el {}", "received by the marketplace on {}"),
    "live": ("en vivo en el mercado desde el {}", "live in the marketplace since {}"),
}
_NEXT: dict[State, tuple[str, str]] = {
    "acknowledged": ("el acuse de recibo", "word of its receipt"),
    "live": ("la publicación en el mercado", "it to go live in the marketplace"),
}


def standing_words(standing: Standing, lang: str) -> str:
    """Where a release stands with the marketplace, in a few words; empty while nothing was done."""
    at = lang == "en"
    said = _step(standing.last, lang) if standing.last else ""
    heir = standing.superseded_by
    if heir is None or not said:
        return said
    return f"{said}, {'superseded by' if at else 'reemplazada por la'} {heir}"


def _step(receipt: Receipt, lang: str) -> str:
    return _STATES[receipt.state][lang == "en"].format(wording.day(receipt.day, lang))


def receipt_lines(standing: Standing, lang: str) -> list[str]:
    """Every step of a release, one a line, with who entered it and the note."""
    return [f"  {_step(one, lang)} ({one.by}{f': {one.note}' if one.note else ''})" for one in standing.receipts]


def late_sentence(late: Late, lang: str) -> str:
    """A reminder: what is awaited, since when, and what to do."""
    awaited = _NEXT[late.awaited][lang == "en"]
    if lang == "es":
        return (
            f"La versión {late.release} espera {awaited} desde el {wording.day(late.since)} ({late.days} días): "
            f"escriba al contacto y registre la respuesta con «vitrina receipt {late.release} --{late.awaited}»."
        )
    return (
        f"Release {late.release} has been waiting for {awaited} since {wording.day(late.since, lang)} ({late.days} "
        f"days): write to the contact, and enter the answer with “vitrina receipt {late.release} --{late.awaited}”."
    )


def standing_document(standing: Standing) -> dict[str, Any]:
    """Where a release stands, as JSON."""
    return {
        "state": standing.last.state if standing.last else None,
        "superseded_by": standing.superseded_by,
        "receipts": [_receipt_document(one) for one in standing.receipts],
    }


def _receipt_document(receipt: Receipt) -> dict[str, Any]:
    entered = {"by": receipt.by, "at": receipt.at.isoformat(), "note": receipt.note}
    return {"state": receipt.state, "day": receipt.day.isoformat(), **entered}


def late_document(late: Late) -> dict[str, Any]:
    """A late answer, as JSON."""
    since: date = late.since
    return {"release": late.release, "awaited": late.awaited, "since": since.isoformat(), "days": late.days}
