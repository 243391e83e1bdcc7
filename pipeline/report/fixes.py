"""What `vitrina fix` did: each cell before and after, in words and as the JSON document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pipeline.report.text import cells_listed, check_report, ready_sentence
from schemas import wording
from schemas.requirements import load

if TYPE_CHECKING:
    from pipeline.fix import Fix
    from pipeline.run.fixing import Fixed


def fix_report(done: Fixed, lang: str) -> str:
    """The whole report: how many cells, each repair, the cells that only say the same in another form, what is left."""
    if done.before.rejected:
        return check_report(done.before, lang)
    if not done.fixes:
        nothing = "No había nada que arreglar; no se escribió ninguna copia."
        return "\n".join(
            (nothing if lang == "es" else "There was nothing to mend; no copy was written.", *_left(done, lang))
        )
    lines = [_head(done, lang), *_repairs(done, lang), *_forms(done, lang), *_left(done, lang)]
    return "\n".join([*lines, "", ready_sentence(done.after, lang)])


def _head(done: Fixed, lang: str) -> str:
    n = len(done.fixes)
    if lang == "es":
        what = "Se arregló 1 celda" if n == 1 else f"Se arreglaron {n} celdas"
        return f"{what} en «{done.out}»; «{done.before.file}» no cambió."
    return f"Mended {n} cell{'' if n == 1 else 's'} in “{done.out}”; “{done.before.file}” did not change."


def _fault(fix: Fix) -> str:
    return fix.code.partition(".")[2]


def _repairs(done: Fixed, lang: str) -> Iterator[str]:
    """The same repair once, with every one of its cells, in the order of the sheet."""
    alike: dict[tuple[str, str, str, str], list[Fix]] = {}
    for fix in done.fixes:
        if _fault(fix) not in _FORMS:
            alike.setdefault((fix.sheet, fix.field, fix.before, fix.new.shown), []).append(fix)
    yield from (_line(fixes, lang) for fixes in alike.values())


def _line(fixes: Sequence[Fix], lang: str) -> str:
    fix, known = fixes[0], load()
    label = known.spoken(known.fields[fix.field])[lang]
    was, now = (wording.quoted(wording.shortened(_visible(text)), lang) for text in (fix.before, fix.new.shown))
    place = f"  {fix.sheet}!{', '.join(_ranges(fixes))} · {label} · {was}"
    return f"{place}: {_SAME_TO_THE_EYE[lang]}" if was == now else f"{place} → {now}"


def _ranges(fixes: Sequence[Fix]) -> Iterator[str]:
    """Cells as spreadsheets write them, those below one another as one range: `E2:E20`, `E22`."""
    spans: list[list[Fix]] = []
    for fix in fixes:
        last = spans[-1][-1] if spans else None
        if last and (last.column, last.row) == (fix.column, fix.row - 1):
            spans[-1].append(fix)
        else:
            spans.append([fix])
    for span in spans:
        yield span[0].cell if len(span) == 1 else f"{span[0].cell}:{span[-1].cell}"


def _forms(done: Fixed, lang: str) -> Iterator[str]:
    """One line a form: what these cells say has not changed, only how it is written down."""
    for fault, words in _FORMS.items():
        cells = [f"{fix.sheet}!{fix.cell}" for fix in done.fixes if _fault(fix) == fault]
        if cells:
            yield f"  {words[lang]}: {cells_listed(cells, lang)}."


def _visible(text: str) -> str:
    """Control characters shown as `␦`: what nobody sees cannot be told apart."""
    return "".join(c if c.isprintable() or c.isspace() else "␦" for c in text)


_FORMS = {
    "number_as_text": {
        "es": "Estaban como texto y quedan como número, con el mismo valor",
        "en": "Were text and are numbers now, with the same value",
    },
    "spaces": {"es": "Tenían espacios de más", "en": "Had stray spaces"},
}
_SAME_TO_THE_EYE = {"es": "sin signos de más", "en": "without stray signs"}


def _left(done: Fixed, lang: str) -> Iterator[str]:
    cells = [finding.cell for finding in done.left if finding.cell]
    if cells:
        yield ""
        listed = cells_listed(cells, lang)
        yield (
            f"Por una fórmula u otra causa no se tocó: {listed}."
            if lang == "es"
            else f"Not touched, for a formula or another reason: {listed}."
        )


def fix_document(done: Fixed, lang: str) -> dict[str, Any]:
    """The document: the file, the copy (null where none was needed), and each fix; `error` where it cannot be read."""
    reasons = [wording.message(finding, lang) for finding in done.before.findings if finding.effect == "rejects_file"]
    return {
        **({"error": reasons[0]} if reasons else {}),
        "file": done.before.file,
        "out": str(done.out) if done.out else None,
        "fixes": [
            {
                "cell": fix.cell,
                "field": fix.field,
                "product": fix.product,
                "before": fix.before,
                "after": fix.new.shown,
                "code": fix.code,
            }
            for fix in done.fixes
        ],
    }
