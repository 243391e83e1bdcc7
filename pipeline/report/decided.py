"""What people decided so far on an upload, and what a publication moved, in words and as JSON documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from schemas import wording

if TYPE_CHECKING:
    from pipeline.run.decided import Decided, Said
    from pipeline.run.moved import Moved

_MOST = 12


def decided_lines(decided: Decided, lang: str, country: str | None = None) -> Iterator[str]:
    """Each decision with who, when and what became of it, then what they come to; one line where there is none."""
    if not decided.said:
        if decided.open:
            yield _NOBODY[lang]
        return
    yield _HEAD[lang]
    for one in decided.said:
        yield f"  {_said(one, lang, country)}"
    yield f"  {_SO_FAR[lang]}: {_totals(decided, lang)}."


_NOBODY = {"es": "Nadie ha decidido todavía sobre esta carga.", "en": "Nobody has decided on this upload yet."}
_HEAD = {"es": "Decisiones sobre esta carga", "en": "Decisions on this upload"}
_SO_FAR = {"es": "Para el plan de hoy", "en": "For the plan of today"}
_DID = {
    "es": {"approve": "aprobó", "reject": "rechazó"},
    "en": {"approve": "approved", "reject": "rejected"},
}
_WHOLE = {"es": "el plan completo", "en": "the whole plan"}
_GONE = {
    "es": {"approve": "el plan cambió después; ya no cuenta", "reject": "quedó sin efecto"},
    "en": {"approve": "the plan changed since; it no longer counts", "reject": "it no longer counts"},
}


def _said(one: Said, lang: str, country: str | None) -> str:
    """`22/11/2026 07:40 · ana aprobó LIB-001: «motivo» (publicado en la versión 3)`."""
    made = one.decision
    about = _codes(made.products, lang) or _WHOLE[lang]
    why = f": {wording.quoted(made.comment, lang)}" if made.comment else ""
    when = wording.short_moment(made.at, lang, country)
    return f"{when} · {made.by} {_DID[lang][made.action]} {about}{why}{_became(one, lang)}"


def _became(one: Said, lang: str) -> str:
    if one.word == "published":
        return f" (publicado en la versión {one.release})" if lang == "es" else f" (published in release {one.release})"
    return f" ({_GONE[lang][one.decision.action]})" if one.word == "gone" else ""


def _totals(decided: Decided, lang: str) -> str:
    counted = (
        (("aprobado", "aprobados"), "approved", decided.approved),
        (("rechazado", "rechazados"), "rejected", decided.rejected),
        (("por decidir", "por decidir"), "to be decided", decided.open),
    )
    parts = (
        f"{len(codes)} {es[len(codes) != 1] if lang == 'es' else en}" + (f" ({_codes(codes, lang)})" if codes else "")
        for es, en, codes in counted
    )
    return ", ".join(parts)


def _codes(codes: Sequence[str], lang: str) -> str:
    """The first codes, and how many more there are."""
    more = len(codes) - _MOST
    if more <= 0:
        return wording.listed(codes, lang)
    return ", ".join(codes[:_MOST]) + (f" y {more} más" if lang == "es" else f" and {more} more")


def left_sentence(decided: Decided, upload: int, lang: str) -> str | None:
    """That all an upload still proposes was rejected; None while anything of it may still be decided."""
    if decided.open or decided.approved or not decided.rejected:
        return None
    codes = _codes(decided.rejected, lang)
    if lang == "es":
        return f"De la carga {upload} queda solo lo rechazado ({codes}); lo publicado no cambia."
    return f"What is left of upload {upload} was rejected ({codes}); what is published stays."


def next_step(upload: int, lang: str, *, reviewed: bool) -> str:
    """What makes a staged upload go live. reviewed: somebody has to approve it first."""
    if lang == "es":
        return (
            f"Para publicarla, otra persona la revisa con «vitrina plan {upload}» y la aprueba con «vitrina approve "
            f"{upload}»; después, «vitrina publish {upload}»."
            if reviewed
            else f"Para publicarla: «vitrina publish {upload}»."
        )
    return (
        f"To publish it, somebody else looks at it with “vitrina plan {upload}” and approves it with “vitrina approve "
        f"{upload}”; then “vitrina publish {upload}”."
        if reviewed
        else f"To publish it: “vitrina publish {upload}”."
    )


def decided_document(decided: Decided) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "decisions": [
            {
                "action": one.decision.action,
                "by": one.decision.by,
                "at": one.decision.at.isoformat(),
                "products": list(one.decision.products),
                "comment": one.decision.comment,
                "state": one.word,
                "release": one.release if one.word == "published" else None,
            }
            for one in decided.said
        ],
        "approved": list(decided.approved),
        "rejected": list(decided.rejected),
        "open": list(decided.open),
    }


_MOVED = {
    "es": (("nuevo", "nuevos"), ("cambió", "cambiaron"), ("salió", "salieron")),
    "en": (("new", "new"), ("changed", "changed"), ("gone", "gone")),
}


def moved_sentence(moved: Moved, lang: str, country: str | None = None) -> str:
    """`En vivo: 38 productos (3 nuevos, 1 cambió, 2 salieron).`"""
    counts = (len(moved.added), len(moved.changed), len(moved.removed))
    parts = [
        f"{wording.number(n, lang, country)} {words[n != 1]}"
        for n, words in zip(counts, _MOVED[lang], strict=True)
        if n
    ]
    if moved.brand:
        parts.append("cambió la marca" if lang == "es" else "the brand changed")
    what = f" ({', '.join(parts)})" if parts else ""
    live = wording.number(moved.live, lang, country)
    if lang == "es":
        return f"En vivo: {live} {'producto' if moved.live == 1 else 'productos'}{what}."
    return f"Live: {live} {'product' if moved.live == 1 else 'products'}{what}."


def moved_document(moved: Moved) -> dict[str, Any]:
    """The same as JSON, product by product."""
    codes = {"added": moved.added, "changed": moved.changed, "removed": moved.removed}
    return {**{name: list(found) for name, found in codes.items()}, "brand": moved.brand, "live": moved.live}
