"""The ledger, waivers and remembered headers in words and as JSON documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from schemas import wording
from schemas.requirements import load

if TYPE_CHECKING:
    from catalog.ledger import Known, Ledger, Line, Remembered, State, Waiver
    from pipeline.run.checking import Checked
    from pipeline.run.ledger import Entered
    from schemas.findings import Severity

_STATES: tuple[State, ...] = ("new", "open", "fixed", "waived")
_COUNTED: tuple[Severity, ...] = ("error", "warning")
"""Readings worth showing (info) ask for nothing, so they are no part of the counts."""
_WORDS = {
    "es": {
        "new": ("nuevo", "nuevos"), "open": ("abierto", "abiertos"), "fixed": ("corregido", "corregidos"),
        "waived": ("exonerado", "exonerados"), "error": "Por corregir", "warning": "Avisos",
        "since": " (frente a la carga {n})", "look": " (frente a la revisión anterior)", "first": " (primera carga)",
    },
    "en": {
        "new": ("new", "new"), "open": ("open", "open"), "fixed": ("fixed", "fixed"),
        "waived": ("waived", "waived"), "error": "To mend", "warning": "Warnings",
        "since": " (against upload {n})", "look": " (against the look before)", "first": " (first upload)",
    },
}  # fmt: skip


def ledger_report(entered: Entered, lang: str) -> str:
    """`Por corregir: 0 nuevos, 0 abiertos, 3 corregidos (frente a la carga 2).` and the same of warnings."""
    errors = f"{_counts(entered.ledger, 'error', ('new', 'open', 'fixed'), lang)}{_since(entered, lang)}."
    return f"{errors}\n{_counts(entered.ledger, 'warning', _STATES, lang)}."


def _counts(ledger: Ledger, severity: Severity, states: Iterable[State], lang: str) -> str:
    words: dict[str, Any] = _WORDS[lang]
    counted = ((state, ledger.count(state, severity)) for state in states)
    return f"{words[severity]}: " + ", ".join(f"{n} {words[state][n != 1]}" for state, n in counted)


def _since(entered: Entered, lang: str) -> str:
    words: dict[str, Any] = _WORDS[lang]
    if entered.since is None:
        return str(words["first"])
    number = entered.since.upload
    return str(words["look"] if number is None else words["since"].format(n=number))


def ledger_document(entered: Entered, checked: Checked, lang: str) -> dict[str, Any]:
    """Counts of errors and warnings together, the same by severity (readings too), and every finding with its state."""
    ledger, since = entered.ledger, entered.since
    severities: tuple[Severity, ...] = ("error", "warning", "info")
    return {
        **{state: ledger.count(state, *_COUNTED) for state in _STATES},
        "by_severity": {each: {state: ledger.count(state, each) for state in _STATES} for each in severities},
        "since": {"upload": since.upload, "at": since.at.isoformat()} if since else None,
        "findings": [_line(line, checked, lang) for line in ledger.lines],
    }


def _line(line: Line, checked: Checked, lang: str) -> dict[str, Any]:
    finding = line.known.finding
    here = line.state != "fixed"
    country = checked.country_of(finding) if here else checked.market
    return {
        "id": line.known.short,
        "state": line.state,
        "code": finding.code,
        "severity": finding.severity,
        "product": finding.product,
        "field": finding.field,
        "cell": finding.cell if here else None,
        "value": finding.value,
        "message": wording.message(finding, lang, country),
        "waiver": waiver_document(line.waiver) if line.waiver else None,
    }


def waiver_document(waiver: Waiver) -> dict[str, Any]:
    """Who accepted a finding, when, why and up to which day."""
    return {"by": waiver.by, "at": waiver.at.isoformat(), "reason": waiver.reason, "until": waiver.until.isoformat()}


def accepted_words(waiver: Waiver, lang: str) -> str:
    """Who accepted a finding, up to which day and why: `Lo aceptó Ana hasta el 1 de diciembre de 2026: motivo.`"""
    until = wording.day(waiver.until, lang)
    said = f"Lo aceptó {waiver.by} hasta el {until}" if lang == "es" else f"Accepted by {waiver.by} until {until}"
    return f"{said}: {waiver.reason.rstrip('.')}."


def waiver_sentence(known: Known, waiver: Waiver, lang: str, country: str | None) -> str:
    """One waived finding: what it is, who accepted it, up to which day and why."""
    message = wording.message(known.finding, lang, country)
    about = f"{known.finding.product} · " if known.finding.product else ""
    return f"{about}{message} {accepted_words(waiver, lang)}  [{known.short}]"


def waived_report(checked: Checked, lang: str) -> list[str]:
    """The lines of a report about what is waived: visible, marked, and counted nowhere else."""
    waived = [item for item in checked.known if item.id in checked.waived]
    if not waived:
        return []
    head = "Exonerados (aceptados por un tiempo; no cuentan)" if lang == "es" else "Waived (accepted for a time)"
    lines = (waiver_sentence(w, checked.waived[w.id], lang, checked.country_of(w.finding)) for w in waived)
    return ["", head, *(f"  {line}" for line in lines)]


def remembered_report(answers: Iterable[Remembered], lang: str) -> list[str]:
    """One line for each answer about a header that was used without asking again."""
    words = "Se usa lo que se respondió el {}: «{}» es {}." if lang == "es" else "Using the answer of {}: “{}” is {}."
    return [words.format(wording.day(a.at.date(), lang), a.shown, _meant(a, lang)) for a in answers]


def learned_report(answers: Iterable[Remembered], lang: str) -> list[str]:
    """One line for each new answer: what will be done from now on, and how to undo it."""
    if lang == "es":
        return [
            f"Se recordará en los archivos «{a.file}»: «{a.shown}» es {_meant(a, lang)} "
            f'(para olvidarlo: vitrina mappings forget "{a.shown}").'
            for a in answers
        ]
    return [
        f"Remembered for files “{a.file}”: “{a.shown}” is {_meant(a, lang)} "
        f'(to forget it: vitrina mappings forget "{a.shown}").'
        for a in answers
    ]


def mapping_line(answer: Remembered, lang: str, country: str | None = None) -> str:
    """One remembered answer of the list: file, header, field, who and when."""
    who = f"{answer.by}, {wording.short_moment(answer.at, lang, country)}"
    return f"{answer.file}: {_quoted(answer.shown, lang)} → {_meant(answer, lang)} ({who})"


def _meant(answer: Remembered, lang: str) -> str:
    """The field in the reader's words; a pair by its shared name."""
    known = load()
    first = known.fields.get(answer.fields[0]) if answer.fields else None
    if first is None:
        return _quoted(", ".join(answer.fields), lang)
    label = known.spoken(first) if len(answer.fields) > 1 else first.label
    return _quoted(label[lang], lang)


def _quoted(text: str, lang: str) -> str:
    return f"«{text}»" if lang == "es" else f"“{text}”"


def mapping_document(answer: Remembered) -> dict[str, Any]:
    """One remembered answer about a header, as JSON."""
    return {
        "file": answer.file,
        "header": answer.shown,
        "fields": list(answer.fields),
        "by": answer.by,
        "at": answer.at.isoformat(),
    }
