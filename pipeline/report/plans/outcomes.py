"""What became of a plan: published, waiting, overtaken; releases and their dates, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from schemas import wording

if TYPE_CHECKING:
    from catalog.plan import Plan
    from catalog.publish import Outcome
    from catalog.store import Decision, ReleaseInfo
    from pipeline.run.dates import Due, Upcoming


def decision_sentences(action: str, plan: Plan, products: Sequence[str], lang: str) -> Iterator[str]:
    """What was decided, and what an approval leaves: rows that wait for their day, products still to be named.

    plan: as the decision leaves it; products: those named, none for the whole.
    """
    about = wording.listed(products, lang)
    if action == "reject":
        yield _DECIDED["reject"][lang].format(about or _WHOLE[lang])
        return
    yield _DECIDED["approve"][lang].format(about or _WHOLE[lang])
    for row in plan.scheduled:
        if row.waiting:
            yield _WAITS[lang].format(code=row.code, day=wording.day(row.starts, lang))
    still = [*(change.code for change in plan.held_changes), *(removal.code for removal in plan.held_removals)]
    if still:
        yield _STILL_HELD[lang].format(wording.listed(still, lang))


_WHOLE = {"es": "el plan", "en": "the plan"}
_DECIDED = {
    "approve": {
        "es": "Queda aprobado: {}. Para publicar: «vitrina publish».",
        "en": "Approved: {}. To publish: “vitrina publish”.",
    },
    "reject": {"es": "Queda rechazado: {}. Lo publicado no cambia.", "en": "Rejected: {}. What is published stays."},
}
_WAITS = {
    "es": "{code} entra en vigencia por sí solo el {day}.",
    "en": "{code} goes live by itself on {day}.",
}
_STILL_HELD = {
    "es": "Sigue retenido hasta que alguien lo apruebe por nombre: {}.",
    "en": "Still held until somebody approves it by name: {}.",
}


def overtaken_sentence(outcome: Outcome, lang: str) -> str:
    """An approval that no longer counts, because something else was published meanwhile."""
    release = outcome.release
    now = f"{release.number} ({release.at:%Y-%m-%d %H:%M} UTC, {release.by})" if release else "0"
    if lang == "es":
        return f"El plan que se aprobó ya no es este: hoy está publicada la versión {now}. Vuelva a revisarlo."
    return f"The plan that was approved is no longer this one: release {now} is live. Look at it again."


def rejected_sentence(decision: Decision, lang: str) -> str:
    """Who turned the plan down, when and why."""
    why = f": {wording.quoted(decision.comment, lang)}" if decision.comment else ""
    who = f"{decision.by}, {decision.at:%Y-%m-%d %H:%M} UTC"
    if lang == "es":
        return f"La carga fue rechazada ({who}{why}); lo publicado no cambia."
    return f"The upload was rejected ({who}{why}); what is published stays."


def outcome_sentence(outcome: Outcome, lang: str, *, waiting: int | None, where: str) -> str:
    """What became of a publication: which release is live, and where; or which upload waits for a review."""
    release = outcome.release
    if waiting is not None:
        return (
            f"El plan espera revisión; lo publicado no cambia. Otra persona lo aprueba con «vitrina approve {waiting}»."
            if lang == "es"
            else "The plan waits for review; what is published stays. "
            f"Somebody else approves it with “vitrina approve {waiting}”."
        )
    if release is None:
        return "No hay nada que publicar todavía." if lang == "es" else "There is nothing to publish yet."
    if not outcome.minted:
        return (
            f"Nada cambió desde la versión {release.number}: {where}"
            if lang == "es"
            else f"Nothing changed since release {release.number}: {where}"
        )
    return (
        f"Se publicó la versión {release.number}: {where}"
        if lang == "es"
        else f"Release {release.number} is published: {where}"
    )


def fault_sentences(outcome: Outcome, lang: str) -> list[str]:
    """One sentence for each target that could not be reached; the next run makes it good."""
    return [d.fault.say(lang) for d in outcome.deliveries if d.fault]


def due_sentence(due: Due, lang: str) -> str | None:
    """What began and ended by its date; None where nothing did."""
    begun, ended = wording.listed(due.begun, lang), wording.listed(due.ended, lang)
    if lang == "es":
        parts = [f"entra en vigencia {begun}"] * bool(begun) + [f"termina la de {ended}"] * bool(ended)
        return f"Por fecha: {'; '.join(parts)}." if parts else None
    parts = [f"{begun} begins"] * bool(begun) + [f"{ended} ends"] * bool(ended)
    return f"By date: {'; '.join(parts)}." if parts else None


def superseded_sentence(codes: Sequence[str], lang: str) -> str | None:
    """Approved rows that waited for their day, and that a new upload says otherwise."""
    if not codes:
        return None
    listed = wording.listed(codes, lang)
    if lang == "es":
        return f"Lo que estaba programado de {listed} queda sin efecto: esta carga dice otra cosa."
    return f"What was scheduled of {listed} no longer counts: this upload says otherwise."


def upcoming_line(item: Upcoming, lang: str) -> str:
    """A product that begins or leaves by itself on a day."""
    day = wording.day(item.day, lang)
    if item.what == "ends":
        says = "deja de publicarse" if lang == "es" else "leaves"
    else:
        says = (
            f"entra en vigencia (carga {item.upload}, {item.by})"
            if lang == "es"
            else f"begins (upload {item.upload}, {item.by})"
        )
    return f"   ◷  {day}: {item.code} · {item.name} {says}"


_KINDS = {
    "publish": ("publicación", "publication"),
    "rollback": ("vuelta a la versión {n}", "back to release {n}"),
    "withdraw": ("retiro", "withdrawal"),
    "due": ("por fecha", "by date"),
    "ids": ("identificadores", "ids"),
}


def kind_words(release: ReleaseInfo, lang: str) -> str:
    """What made a release."""
    return _KINDS[release.kind][lang == "en"].format(n=release.restores)


def release_line(release: ReleaseInfo, lang: str, *, live: bool, products: Sequence[str] = ()) -> str:
    """One release of the history: number, moment (UTC), who, what kind, the products a withdrawal or a date moved."""
    kind = kind_words(release, lang)
    about = f": {', '.join(products)}" if products else ""
    mark = ("  ← en vivo" if lang == "es" else "  ← live") if live else ""
    return f"{release.number:>4}  {release.at:%Y-%m-%d %H:%M} UTC  {release.by}  {kind}{about}{mark}"
