"""Plans, publications and releases in words and as JSON documents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from catalog.plan import Change, FieldChange, Plan
from schemas import wording
from schemas.product import Product
from schemas.requirements import load

if TYPE_CHECKING:
    from catalog.publish import Outcome
    from catalog.store import Delivery, ReleaseInfo
    from catalog.targets import Problem

MOST_LINES = 12
MOST_TEXT = 80
_COUNTS = {
    "es": ("nuevo", "nuevos", "cambia", "cambian", "sale", "salen", "retenido", "retenidos", "sin cambios"),
    "en": ("new", "new", "changes", "change", "leaves", "leave", "held", "held", "unchanged"),
}


def plan_sentence(plan: Plan, lang: str) -> str:
    """The first line of a plan: what would change for the Consumer; zero is said too."""
    one = _COUNTS[lang]
    sizes = (len(plan.added), len(plan.changed), len(plan.removed), len(plan.held) + len(plan.held_removals))
    parts = [f"{n} {one[2 * i] if n == 1 else one[2 * i + 1]}" for i, n in enumerate(sizes) if n]
    parts.append(f"{len(plan.unchanged)} {one[8]}")
    if plan.is_empty:
        return _nothing(plan, lang)
    on = (
        (f" sobre la versión {plan.base.release}" if lang == "es" else f" on release {plan.base.release}")
        if plan.base
        else ""
    )
    return f"Plan{on}: {', '.join(parts)}."


def _nothing(plan: Plan, lang: str) -> str:
    if plan.base is None:
        return "No hay nada que publicar todavía." if lang == "es" else "There is nothing to publish yet."
    number = plan.base.release
    return f"Nada cambia desde la versión {number}." if lang == "es" else f"Nothing changes since release {number}."


def plan_report(plan: Plan, lang: str) -> str:
    """The plan line by line: what leaves first, then what changes field by field, what is new, what is held."""
    lines = [
        plan_sentence(plan, lang),
        *_removed(plan, lang),
        *_changed(plan, lang),
        *_added(plan, lang),
        *_held(plan, lang),
    ]
    return "\n".join(lines)


def _some(lines: list[str], lang: str) -> Iterator[str]:
    yield from lines[:MOST_LINES]
    if len(lines) > MOST_LINES:
        more = len(lines) - MOST_LINES
        yield f"    … y {more} más" if lang == "es" else f"    … and {more} more"


_REASONS = {
    "absent": ("ya no está en la hoja", "no longer in the sheet"),
    "paused": ("su estado es «en pausa»", "its status is “paused”"),
    "retired": ("su estado es «retirado»", "its status is “retired”"),
    "expired": ("terminó su vigencia", "its validity ended"),
    "scheduled": ("su vigencia empieza después", "its validity begins later"),
    "withdrawn": ("fue retirado a mano", "it was withdrawn by hand"),
}


def _reason(word: str, lang: str) -> str:
    known = _REASONS.get(word)
    if known:
        return known[lang == "en"]
    return wording.title(word, lang)


_MISSING = {
    "es": "{n} productos faltan en la hoja y siguen publicados hasta que alguien apruebe su retiro por nombre:",
    "en": "{n} products are missing from the sheet; they stay published until their removal is approved by name:",
}


def _removed(plan: Plan, lang: str) -> Iterator[str]:
    rows = [f"  − {r.code} · {r.entry.product.name}: {_reason(r.reason, lang)}" for r in plan.removed]
    yield from _some(rows, lang)
    if plan.held_removals:
        yield "  ! " + _MISSING[lang].format(n=len(plan.held_removals))
        yield from _some([f"    {r.code} · {r.entry.product.name}" for r in plan.held_removals], lang)


def _changed(plan: Plan, lang: str) -> Iterator[str]:
    yield from _some([line for change in plan.changed for line in _change(change, lang)], lang)


def _change(change: Change, lang: str) -> Iterator[str]:
    yield f"  ~ {change.code} · {change.after.product.name}"
    for field in change.fields:
        yield f"      {field_words(change, field, lang)}"


def field_words(change: Change, field: FieldChange, lang: str) -> str:
    """One field before and after, in the reader's words: `Monto máximo: $50.000.000 → $60.000.000`."""
    product = change.after.product
    own = load().fields.get(field.field)
    before, after = (value_words(field.field, value, product, lang) for value in (field.before, field.after))
    return f"{own.label[lang] if own else field.field}: {before} → {after}"


def value_words(name: str, value: object, product: Product, lang: str) -> str:
    """A product's value as a person reads it; what the Lender did not say is said so."""
    if value is None or value == ():
        return "no informado" if lang == "es" else "not stated"
    if isinstance(value, bool):
        return ("sí", "no")[not value] if lang == "es" else ("yes", "no")[not value]
    field = load().fields.get(name)
    if isinstance(value, date):
        return wording.day(value, lang)
    if isinstance(value, Decimal):
        return _figure(field.kind if field else "", value, product, lang)
    items = tuple(str(item) for item in value) if isinstance(value, tuple) else (str(value),)
    labels = {choice.value: choice.label[lang] for choice in field.choices} if field else {}
    return _shortened(", ".join(labels.get(item, item) for item in items))


def _figure(kind: str, value: Decimal, product: Product, lang: str) -> str:
    if kind == "money":
        return wording.money(value, product.currency, lang, product.country)
    if kind in ("rate", "percent", "total_cost"):
        return wording.percent(value, lang, product.country)
    return wording.number(value, lang, product.country)


def _shortened(text: str) -> str:
    return text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…"


def _added(plan: Plan, lang: str) -> Iterator[str]:
    yield from _some([f"  + {entry.code} · {entry.product.name}" for entry in plan.added], lang)


def _inside(title: str) -> str:
    """A title inside a sentence: without its capital, unless it begins with an abbreviation (`CAT`, `HTML`)."""
    return title if title[:2].isupper() else title[:1].lower() + title[1:]


def _held(plan: Plan, lang: str) -> Iterator[str]:
    rows = [
        f"  ‖ {code}: {', '.join(_inside(_reason(r, lang)) for r in reasons)}" for code, reasons in plan.held.items()
    ]
    yield from _some(rows, lang)


def plan_document(plan: Plan) -> dict[str, Any]:
    """The plan as JSON: codes by what happens to them, changes with both values."""
    return {
        "hash": plan.hash,
        "base": plan.base.release if plan.base else None,
        "added": [entry.code for entry in plan.added],
        "changed": [
            {
                "code": c.code,
                "fields": [{"field": f.field, "before": _json(f.before), "after": _json(f.after)} for f in c.fields],
            }
            for c in plan.changed
        ],
        "removed": [{"code": r.code, "reason": r.reason} for r in plan.removed],
        "held": {code: list(reasons) for code, reasons in plan.held.items()},
        "held_removals": [r.code for r in plan.held_removals],
        "unchanged": list(plan.unchanged),
    }


def _json(value: object) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    return [str(item) for item in value] if isinstance(value, tuple) else str(value)


def overtaken_sentence(outcome: Outcome, lang: str) -> str:
    """An approval that no longer counts, because something else was published or the day changed the plan."""
    number = outcome.release.number if outcome.release else 0
    if lang == "es":
        return f"El plan que se aprobó ya no es este: hoy está publicada la versión {number}. Vuelva a revisarlo."
    return f"The plan that was approved is no longer this one: release {number} is live now. Look at it again."


def outcome_sentence(outcome: Outcome, lang: str, *, waiting: bool, where: str) -> str:
    """What became of a publication: which release is live, and where."""
    release = outcome.release
    if waiting:
        return (
            "El plan espera revisión; lo publicado no cambia. Apruébelo con «vitrina approve»."
            if lang == "es"
            else "The plan waits for review; what is published stays. Approve it with “vitrina approve”."
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


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    """What became of a publication, as JSON."""
    return {
        "release": outcome.release.number if outcome.release else None,
        "minted": outcome.minted,
        "deliveries": [
            {"target": d.target, "delivered": d.fault is None, "fault": str(d.fault) if d.fault else None}
            for d in outcome.deliveries
        ],
    }


_KINDS = {
    "publish": ("publicación", "publication"),
    "rollback": ("vuelta a la versión {n}", "back to release {n}"),
    "withdraw": ("retiro", "withdrawal"),
}


def release_line(release: ReleaseInfo, lang: str, *, live: bool) -> str:
    """One release of the history: number, moment (UTC), who, what kind."""
    kind = _KINDS[release.kind][lang == "en"].format(n=release.restores)
    mark = ("  ← en vivo" if lang == "es" else "  ← live") if live else ""
    return f"{release.number:>4}  {release.at:%Y-%m-%d %H:%M} UTC  {release.by}  {kind}{mark}"


def release_document(release: ReleaseInfo) -> dict[str, Any]:
    """A release of the history, as JSON."""
    return {
        "release": release.number,
        "kind": release.kind,
        "at": release.at.isoformat(),
        "by": release.by,
        "base": release.base,
        "restores": release.restores,
        "upload": release.upload,
        "plan": release.plan,
        "content": release.content,
        "manifest": release.manifest.sha256,
        "requirements": release.requirements,
    }


_STATES = {
    "pending": ("por entregar", "to be delivered"),
    "delivered": ("entregada", "delivered"),
    "failed": ("no se pudo entregar", "could not be delivered"),
    "superseded": ("reemplazada por otra", "superseded"),
}


def state_words(state: str, lang: str) -> str:
    """Where a release stands with a target, in words."""
    return _STATES[state][lang == "en"]


def delivery_document(delivery: Delivery) -> dict[str, Any]:
    """Where a release stands with a target."""
    return {
        "release": delivery.release,
        "target": delivery.target,
        "state": delivery.state,
        "at": delivery.at.isoformat(),
        "note": delivery.note,
    }


def problem_document(problem: Problem) -> dict[str, Any]:
    """One thing in a target that is not as it was published."""
    return {"where": problem.where, "release": problem.release, "path": problem.path, "what": problem.what}
