"""The report a person reads in the terminal: how many are ready, then each cause once with its cells and its mend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pipeline.report.ledger import remembered_report, waived_report
from schemas import wording
from schemas.findings import Finding

if TYPE_CHECKING:
    from catalog.ledger import Known
    from pipeline.run.checking import Checked

MOST_CELLS = 8
MOST_MESSAGES = 4
_REJECTED = {"es": "Por qué no se pudo usar", "en": "Why it could not be used"}
_HEADS = {
    "holds": {"es": "Por corregir (retienen su producto)", "en": "To mend (each holds its product)"},
    "error": {
        "es": "Por corregir (no retienen productos)",
        "en": "To mend (no product is held)",
    },
    "warning": {"es": "Avisos (no retienen nada)", "en": "Warnings (nothing is held)"},
    "info": {"es": "Leído con un arreglo", "en": "Read with a repair"},
}


def check_report(checked: Checked, lang: str, *, quiet: bool = False) -> str:
    """The whole report; with quiet, only the first line and the errors."""
    lines = [ready_sentence(checked, lang), *remembered_report(checked.remembered, lang)]
    known = [item for item in checked.known if item.id not in checked.waived]
    for group in ("holds", "error") if quiet else GROUPS:
        found = [item for item in known if group_of(item.finding) == group]
        if found:
            lines += ["", (_REJECTED if checked.rejected else _HEADS[group])[lang]]
            lines += _causes(found, checked, lang)
    return "\n".join(lines if quiet else [*lines, *waived_report(checked, lang)])


GROUPS = ("holds", "error", "warning", "info")


def group_of(finding: Finding) -> str:
    """Under which head a finding stands: an error that holds its product, one of the brand, a warning, a reading."""
    return "holds" if finding.severity == "error" and finding.holds else finding.severity


def ready_sentence(checked: Checked, lang: str) -> str:
    """The first line: how many products are ready, how many are held and by how many causes, what happens to them.

    Errors that hold nothing are those of the brand and of campaigns nobody can place; they are said here too, since
    they make the exit code 1.
    """
    if checked.rejected:
        words = {
            "es": "No se pudo usar «{file}»; no cambia nada de lo publicado.",
            "en": "“{file}” could not be used; nothing published changes.",
        }
        return words[lang].format(file=checked.file)
    total, ready = checked.rows, len(checked.products)
    if checked.file.startswith("releases/"):
        return _live_sentence(ready, total, lang, checked.market)
    if total == 0:
        words = {"es": "«{file}» no tiene productos todavía.", "en": "“{file}” has no products yet."}
        return words[lang].format(file=checked.file)
    causes = len({finding.code for finding in checked.findings if finding.holds})
    loose = [finding for finding in checked.findings if finding.severity == "error" and not finding.holds]
    about = _BRAND if all((finding.field or "").startswith("lender.") for finding in loose) else _LOOSE
    said = [_ready(ready, total, lang, checked.market)]
    said += [held_sentence(total - ready, causes, lang, checked.market)] if ready < total else []
    return " ".join([*said, about[lang][len(loose) > 1].format(n=len(loose))] if loose else said)


_BRAND = {
    "es": ("Además hay 1 error en la marca, que no retiene productos.",
           "Además hay {n} errores en la marca, que no retienen productos."),
    "en": ("There is also 1 error in the brand; it holds no product.",
           "There are also {n} errors in the brand; they hold no product."),
}  # fmt: skip
_LOOSE = {
    "es": ("Además hay 1 error que no retiene productos.", "Además hay {n} errores que no retienen productos."),
    "en": ("There is also 1 error that holds no product.", "There are also {n} errors that hold no product."),
}


def _live_sentence(lawful: int, total: int, lang: str, country: str) -> str:
    """The first line of a re-check of what is live."""
    if total == 0:
        return "Todavía no hay productos publicados." if lang == "es" else "No products are published yet."
    good, every, bad = (wording.number(n, lang, country) for n in (lawful, total, total - lawful))
    if lang == "es":
        if lawful == total:
            return "El único producto publicado cumple." if total == 1 else f"Los {every} productos publicados cumplen."
        verb = "cumple" if lawful == 1 else "cumplen"
        return f"{good} de {every} productos publicados {verb}; por corregir o retirar: {bad}."
    if lawful == total:
        return "The only published product complies." if total == 1 else f"All {every} published products comply."
    verb = "complies" if lawful == 1 else "comply"
    return f"{good} of {every} published products {verb}; to be mended or withdrawn: {bad}."


def _ready(ready: int, total: int, lang: str, country: str) -> str:
    some, all_of_them = (wording.number(n, lang, country) for n in (ready, total))
    if ready == total:
        if lang == "es":
            return "El único producto está listo." if total == 1 else f"Los {all_of_them} productos están listos."
        return "The only product is ready." if total == 1 else f"All {all_of_them} products are ready."
    if lang == "es":
        return f"{some} de {all_of_them} productos {'está listo' if ready == 1 else 'están listos'}."
    return f"{some} of {all_of_them} products {'is' if ready == 1 else 'are'} ready."


def held_sentence(held: int, causes: int, lang: str, country: str | None = None) -> str:
    """How many are held, by how many causes; what is published of them stays."""
    n = wording.number(held, lang, country)
    if lang == "es":
        how = "queda retenido" if held == 1 else "quedan retenidos"
        why = "1 causa" if causes == 1 else f"{causes} causas"
        rest = "lo publicado de ese no cambia" if held == 1 else f"lo publicado de esos {n} no cambia"
        return f"{n} {how} por {why}; {rest}."
    why = "1 cause" if causes == 1 else f"{causes} causes"
    rest = "what is published of it stays" if held == 1 else f"what is published of those {n} stays"
    return f"{n} {'is' if held == 1 else 'are'} held by {why}; {rest}."


def _causes(findings: Iterable[Known], checked: Checked, lang: str) -> Iterator[str]:
    by_code: dict[str, list[Known]] = {}
    for item in findings:
        by_code.setdefault(item.finding.code, []).append(item)
    for code, group in by_code.items():
        yield f"  {wording.title(code, lang)} ({len(group)})  [{code}]"
        yield from _cause(group, checked, lang)


def _cause(group: list[Known], checked: Checked, lang: str) -> Iterator[str]:
    """Each message once with its cells; the mend once, where it is the same for all."""
    said: dict[str, list[Known]] = {}
    fixes: dict[str, None] = {}
    for item in group:
        country = checked.country_of(item.finding)
        said.setdefault(wording.message(item.finding, lang, country), []).append(item)
        fixes[wording.fix(item.finding, lang, country)] = None
    own = len(fixes) > 1
    for message, items in list(said.items())[:MOST_MESSAGES]:
        yield from _message(message, items, lang)
        if own:
            yield f"      → {wording.fix(items[0].finding, lang, checked.country_of(items[0].finding))}"
    if len(said) > MOST_MESSAGES:
        rest = [item for items in list(said.values())[MOST_MESSAGES:] for item in items]
        yield from _message("", rest, lang)
    if not own:
        yield from (f"      → {fix}" for fix in fixes)


def _message(message: str, items: list[Known], lang: str) -> Iterator[str]:
    """A message with its cells and the short identity of each finding: what `vitrina waive` takes."""
    where = cells_listed([cell for item in items if (cell := place(item.finding, lang))], lang)
    text = f"{where} · {message}" if where and message else where or message
    also = "" if message else f"{'También' if lang == 'es' else 'Also'}: "
    ids = [f"[{item.short}]" for item in items[:MOST_CELLS]]
    if len(items) == 1:
        yield f"    {also}{text}  {ids[0]}"
    else:
        yield f"    {also}{text}"
        yield f"      {' '.join(ids)}{' …' if len(items) > MOST_CELLS else ''}"


def place(finding: Finding, lang: str = "es") -> str:
    """`Productos!E6`; the sheet alone for a finding about a row or the whole sheet; empty for one about the file.

    Of the brand, what no sheet says comes from a file of its own (a logo) or from the settings.
    """
    if not finding.sheet:
        return _beside_the_book(finding)
    if finding.cell:
        return f"{finding.sheet}!{finding.cell}"
    row = f" ({'fila' if lang == 'es' else 'row'} {finding.row})" if finding.row else ""
    return f"{finding.sheet}{row}"


def _beside_the_book(finding: Finding) -> str:
    stem, _, datum = (finding.field or "").partition(".")
    if stem != "lender" or finding.code.endswith(".missing"):
        return ""
    return (finding.value or "") if datum == "logo" else f"vitrina.toml, [lender] {datum}"


def cells_listed(cells: list[str], lang: str) -> str:
    """The first cells in full, the others by address alone, and how many more there are."""
    shown = [cell if i == 0 else cell.partition("!")[2] or cell for i, cell in enumerate(cells[:MOST_CELLS])]
    more = len(cells) - len(shown)
    tail = f" {'y' if lang == 'es' else 'and'} {more} {'más' if lang == 'es' else 'more'}" if more else ""
    return ", ".join(shown) + tail
