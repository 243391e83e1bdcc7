"""A scheduled run in words and as a JSON document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from catalog.watch import Notice
    from pipeline.run.scheduled import Ran
    from pipeline.run.taking import Taken
    from pipeline.sources import Left

_LEFT = {
    "hidden": ("está oculto", "is hidden"),
    "lock": ("alguien tiene abierto su libro", "somebody has its workbook open"),
    "temporary": ("es un archivo temporal", "is a temporary file"),
    "other_kind": ("no es una hoja de cálculo", "is no spreadsheet"),
    "being_written": ("todavía se está escribiendo; se lee en la próxima corrida", "is still being written; next run"),
}
_MOST_LEFT = 5


def left_line(left: tuple[Left, ...], lang: str) -> str | None:
    """The files that were left aside and why; None where there are none."""
    if not left:
        return None
    listed = "; ".join(f"{item.name} ({_LEFT[item.why][lang == 'en']})" for item in left[:_MOST_LEFT])
    more = len(left) - _MOST_LEFT
    rest = (f" y {more} más" if lang == "es" else f" and {more} more") if more > 0 else ""
    return f"Se dejó de lado: {listed}{rest}." if lang == "es" else f"Left aside: {listed}{rest}."


def state_line(one: Taken, lang: str) -> str | None:
    """What kind of turn a source had, where the check does not say it already."""
    words = {
        "unchanged": ("{}: el archivo no cambió.", "{}: the file has not changed."),
        "rechecked": (
            "{}: el archivo es el mismo; se revisó de nuevo con las tablas y ajustes de hoy.",
            "{}: the file is the same; it was checked anew with the tables and settings of today.",
        ),
    }.get(one.state)
    return words[lang == "en"].format(one.source.label) if words else None


_STATES = {
    "changed": ("{} con cambios", "{} changed"),
    "rechecked": ("{} con nueva revisión", "{} checked anew"),
    "unchanged": ("{} sin cambios", "{} unchanged"),
    "waiting": ("{} en espera", "{} still being written"),
    "refused": ("{} por corregir", "{} to be mended"),
    "unreachable": ("{} fuera de alcance", "{} out of reach"),
}


def summary_line(ran: Ran, lang: str, *, where: str = "") -> str:
    """The whole run in one line. where: the live release's place, named last."""
    at = lang == "en"
    states = Counter(one.state for one in ran.taken)
    sources = ", ".join(_STATES[state][at].format(count) for state, count in states.items())
    held = sum(one.checked.rows - len(one.checked.products) for one in ran.taken if one.checked)
    counts = (
        (held, ("productos retenidos", "products held")),
        (len(ran.changes.begun), ("problemas nuevos", "new problems")),
        (len(ran.changes.ended), ("problemas resueltos", "problems solved")),
        (ran.late, ("recibos atrasados", "receipts late")),
        (ran.untold, ("avisos por entregar", "notices owed")),
    )
    parts = [f"{'sources' if at else 'fuentes'}: {sources}"]
    parts += [f"{words[at]}: {count}" for count, words in counts if count]
    parts.append(_live(ran, lang) + (f": {where}" if where and ran.release else ""))
    return f"{'Summary' if at else 'Resumen'}: {' · '.join(parts)}"


def _live(ran: Ran, lang: str) -> str:
    if ran.release is None:
        return "nothing is published" if lang == "en" else "nada publicado"
    number = ran.release.number
    return f"release {number} is live" if lang == "en" else f"en vivo la versión {number}"


_SAID_ALREADY = ("source:", "target:", "live")
"""Troubles whose sentence a source, a target or the re-check has given above."""


def untold_lines(ran: Ran, lang: str) -> Iterator[str]:
    """What began to be wrong in this run and is said nowhere else, a line each."""
    for trouble in ran.changes.begun:
        if not trouble.key.startswith(_SAID_ALREADY):
            yield trouble.spanish if lang == "es" else trouble.english


def fault_line(one: Taken, lang: str) -> str:
    """What stood in the way of a source, under its name where it has one."""
    assert one.fault is not None
    return f"{one.source.name}: {one.fault.say(lang)}" if one.source.name else one.fault.say(lang)


def wrong_lines(ran: Ran, lang: str) -> Iterator[str]:
    """What makes the exit code other than 0, a line each: sources, errors in their data, targets, what is live."""
    yield from (fault_line(one, lang) for one in ran.taken if one.fault)
    for trouble in ran.troubles:
        if trouble.key.endswith(":errors") or trouble.key.startswith(("target:", "live")):
            yield trouble.spanish if lang == "es" else trouble.english


def taken_document(one: Taken, lang: str) -> dict[str, Any]:
    """What became of one source; what it has none of (a check, a plan, a publication) is null."""
    return {
        **dict.fromkeys(("preview", "check", "ledger", "mappings", "plan", "published")),
        "source": one.key,
        "name": one.source.name,
        "state": one.state,
        "sha256": one.sha256,
        "upload": one.upload,
        "left": [{"file": item.name, "why": item.why} for item in one.left],
        "fault": one.fault.say(lang) if one.fault else None,
    }


def run_document(ran: Ran, troubles: dict[str, Notice], lang: str) -> dict[str, Any]:
    """The run as a whole; `problems`: every one that lasts."""
    return {
        "begun": ran.begun.isoformat(),
        "ended": ran.ended.isoformat(),
        "code": ran.code,
        "all_read": ran.all_read,
        "release": ran.release.number if ran.release else None,
        "late_receipts": ran.late,
        "problems": [
            {
                "problem": key,
                "since": notice.since.isoformat(),
                "text": notice.spanish if lang == "es" else notice.english,
            }
            for key, notice in troubles.items()
        ],
        "begun_problems": [trouble.key for trouble in ran.changes.begun],
        "ended_problems": list(ran.changes.ended),
        "notices_owed": ran.untold,
        "summary": summary_line(ran, lang),
    }
