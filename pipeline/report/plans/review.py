"""A plan, or the difference of two releases, in words; command line, JSON and desk all take them from here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from catalog.plan import FieldView, Item, Jump, Plan, Review, review_of
from pipeline.report.plans.values import before_and_after, label_of
from schemas import wording

MOST_LINES = 12
Kind = Literal["dangerous", "to_name", "others", "added", "scheduled", "held"]


@dataclass(frozen=True, slots=True)
class LineWords:
    """One field: its name, before and after, why it deserves a look (None: an ordinary change)."""

    label: str
    before: str
    after: str
    why: str | None


@dataclass(frozen=True, slots=True)
class ItemWords:
    """One product. mark: + − ~ ! ◷ ‖; says: why it leaves, is held, or when it begins; release: what lets it go on."""

    code: str
    name: str
    mark: str
    says: str
    lines: tuple[LineWords, ...]
    release: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """Items of a kind under one heading."""

    kind: Kind
    title: str
    items: tuple[ItemWords, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """A review in words. headline: counts first; unchanged: the codes that stay, to be folded."""

    headline: str
    groups: tuple[Group, ...]
    unchanged: tuple[str, ...]


_COUNTS = {
    "es": ("nuevo", "nuevos", "cambia", "cambian", "sale", "salen", "retenido", "retenidos"),
    "en": ("new", "new", "changes", "change", "leaves", "leave", "held", "held"),
}
_BY_DATE = {
    "es": ("programado", "programados", "cambia la marca", "sin cambios"),
    "en": ("scheduled", "scheduled", "the brand changes", "unchanged"),
}
_TITLES: dict[Kind, tuple[str, str]] = {
    "dangerous": ("Léalo primero", "Read this first"),
    "to_name": ("Retenido hasta que alguien lo apruebe por nombre", "Held until somebody approves it by name"),
    "others": ("Otros cambios", "Other changes"),
    "added": ("Nuevos", "New"),
    "scheduled": ("Por fecha", "By date"),
    "held": ("Retenidos", "Held"),
}
_REASONS = {
    "absent": ("ya no está en la hoja", "no longer in the sheet"),
    "paused": ("su estado es «en pausa»", "its status is “paused”"),
    "retired": ("su estado es «retirado»", "its status is “retired”"),
    "expired": ("terminó su vigencia", "its validity ended"),
    "withdrawn": ("fue retirado a mano", "it was withdrawn by hand"),
}
_DANGERS = {
    "removal": ("deja de publicarse", "it leaves the catalogue"),
    "brand": ("se ve en todos los productos", "every product shows it"),
    "currency": ("cambia la moneda", "another currency"),
    "country": ("cambia el país", "another country"),
    "category": ("cambia la categoría", "another category"),
    "basis": ("cambia la base de la cifra", "the figure has another basis"),
    "rate_up": ("sube la tasa", "the rate goes up"),
    "fee_new": ("cobro nuevo", "a new fee"),
    "fee_up": ("sube el cobro", "the fee goes up"),
    "cost_up": ("sube el costo", "the cost goes up"),
    "limit": ("cambia más de una quinta parte", "it moves by more than a fifth"),
    "term_shorter": ("plazo más corto", "a shorter term"),
    "cover_less": ("cubre menos", "it covers less"),
}
_JUMPS = {
    "times": ("es {n} veces lo publicado", "{n} times what is published"),
    "part": ("es {n} veces menos que lo publicado", "{n} times less than what is published"),
    "digits": ("dos cifras cambiaron de lugar", "two digits changed places"),
}
_MARKS = {"added": "+", "removed": "−", "changed": "~", "scheduled": "◷", "ending": "◷", "brand": "~", "held": "‖"}


def plan_words(plan: Plan, lang: str, *, upload: int | None = None) -> Words:
    """A plan in words; `upload` is named in what releases a hold."""
    return review_words(review_of(plan), lang, upload=upload)


def review_words(review: Review, lang: str, *, upload: int | None = None) -> Words:
    """A review in words, its groups in the order they are to be read; empty ones are left out."""
    groups = (
        Group(kind, title_of(kind, lang), tuple(item_words(item, lang, upload) for item in items))
        for kind, items in groups_of(review)
    )
    return Words(headline(review, lang), tuple(groups), review.unchanged)


def groups_of(review: Review) -> list[tuple[Kind, Sequence[Item]]]:
    """The groups of a review in the order they are to be read, without the empty ones."""
    listed: tuple[tuple[Kind, Sequence[Item]], ...] = (
        ("dangerous", review.dangerous),
        ("to_name", review.to_name),
        ("others", review.others),
        ("added", review.added),
        ("scheduled", review.scheduled),
        ("held", review.held),
    )
    return [(kind, items) for kind, items in listed if items]


def title_of(kind: Kind, lang: str) -> str:
    """The heading of a group."""
    return _TITLES[kind][lang == "en"]


def headline(review: Review, lang: str) -> str:
    """The first line: what would change for the Consumer; zero is said too."""
    parts = [*_counts(review, lang), f"{review.counts['unchanged']} {_BY_DATE[lang][3]}"]
    if len(parts) == 1:
        return _nothing(review, lang)
    return f"{_on(review, lang)}: {', '.join(parts)}."


def _on(review: Review, lang: str) -> str:
    """What is compared: a plan with the release it was made on, or two releases."""
    base, after = review.base, review.after
    if after is not None and base is None:
        return f"Versión {after}" if lang == "es" else f"Release {after}"
    if after is not None:
        return f"De la versión {base} a la {after}" if lang == "es" else f"From release {base} to {after}"
    if base is None:
        return "Plan"
    return f"Plan sobre la versión {base}" if lang == "es" else f"Plan on release {base}"


def _counts(review: Review, lang: str) -> Iterator[str]:
    count, one = review.counts, _COUNTS[lang]
    held = sum(count.get(name, 0) for name in ("held", "held_removals", "held_changes"))
    for at, n in enumerate((count["added"], count["changed"], count["removed"], held)):
        if n:
            yield f"{n} {one[2 * at + (n > 1)]}"
    ahead = count.get("scheduled", 0) + count.get("ending", 0)
    if ahead:
        yield f"{ahead} {_BY_DATE[lang][ahead > 1]}"
    if count.get("brand"):
        yield _BY_DATE[lang][2]


def _nothing(review: Review, lang: str) -> str:
    if review.base is None:
        return "No hay nada que publicar todavía." if lang == "es" else "There is nothing to publish yet."
    number = review.base
    if review.after is not None:
        return (
            f"Las versiones {number} y {review.after} muestran lo mismo."
            if lang == "es"
            else f"Releases {number} and {review.after} show the same."
        )
    return f"Nada cambia desde la versión {number}." if lang == "es" else f"Nothing changes since release {number}."


def item_words(item: Item, lang: str, upload: int | None = None) -> ItemWords:
    """One item in words; `upload` is named in what releases a hold."""
    mark = "!" if item.hold in ("jump", "removals") else _MARKS[item.what]
    lines = tuple(_line(view, item, lang) for view in item.fields)
    name = ("Marca" if lang == "es" else "Brand") if item.what == "brand" else item.name
    return ItemWords(item.code, name, mark, _says(item, lang), lines, release_words(item, lang, upload))


def _line(view: FieldView, item: Item, lang: str) -> LineWords:
    before, after = before_and_after(view, item.product, lang)
    why = [jump_words(view.jump, lang)] if view.jump else []
    if view.danger and not (view.danger == "limit" and view.jump):
        why.append(danger_words(view.danger, lang))
    return LineWords(label_of(view.field, lang), before, after, ", ".join(why) or None)


def danger_words(danger: str, lang: str) -> str:
    """Why a change is to be read first."""
    return _DANGERS[danger][lang == "en"]


def jump_words(jump: Jump, lang: str) -> str:
    """How a figure moved that looks like a typing error."""
    return _JUMPS[jump.kind][lang == "en"].format(n=wording.number(jump.factor, lang))


def reason_words(reason: str, lang: str) -> str:
    """Why a product leaves or is held: a reason of the plan, or a finding code, in words."""
    known = _REASONS.get(reason)
    return known[lang == "en"] if known else wording.title(reason, lang)


def _says(item: Item, lang: str) -> str:
    parts = [_inside(reason_words(reason, lang)) for reason in item.reasons]
    if item.what == "removed" and not parts:
        parts.append(danger_words("removal", lang))
    if item.what == "brand":
        parts.append(danger_words("brand", lang))
    if item.starts:
        day = wording.day(item.starts, lang)
        parts.append(f"desde el {day}" if lang == "es" else f"from {day}")
    if item.waiting:
        parts.append("ya aprobado" if lang == "es" else "approved already")
    return ", ".join(parts)


def _inside(title: str) -> str:
    """A title inside a sentence: without its capital, unless it begins with an abbreviation (`CAT`, `HTML`)."""
    return title if title[:2].isupper() else title[:1].lower() + title[1:]


def release_words(item: Item, lang: str, upload: int | None) -> str | None:
    """What lets a held product go on; None where nothing holds it."""
    if item.hold in ("jump", "removals"):
        number = upload if upload is not None else ("CARGA" if lang == "es" else "UPLOAD")
        call = f"vitrina approve {number} --product {item.code}"
        return f"Si es correcto: «{call}»." if lang == "es" else f"If it is right: “{call}”."
    if item.hold is None:
        return None
    if "withdrawn" in item.reasons:
        call = f"vitrina reinstate {item.code}"
        return f"Para que vuelva: «{call}»." if lang == "es" else f"To let it come back: “{call}”."
    if set(item.reasons) <= _REASONS.keys():
        return "Cambie su estado o su vigencia en la hoja." if lang == "es" else "Change its status or validity there."
    return "Corrija la fila y cargue de nuevo." if lang == "es" else "Mend its row and submit again."


def review_text(words: Words, lang: str, *, whole: bool = False) -> str:
    """A review line by line, long lists cut unless the whole is asked for.

    Groups have titles once one of them does: what stands below «held until named» need not be.
    """
    lines = [words.headline]
    titled = any(group.kind in ("dangerous", "to_name") for group in words.groups)
    for group in words.groups:
        if titled:
            lines.append(f"  {group.title}")
        told = [line for item in group.items for line in _item_lines(item, group.kind)]
        lines += told if whole else _cut(told, lang)
    if words.unchanged and len(words.groups):
        lines.append(f"  = {_BY_DATE[lang][3]}: {_codes(words.unchanged, lang)}")
    return "\n".join(lines)


def _item_lines(item: ItemWords, kind: Kind) -> Iterator[str]:
    head = " · ".join(part for part in (item.code, item.name) if part)
    says = f"{': ' if item.name else ' · '}{item.says}" if item.says else ""
    yield f"  {item.mark} {head}{says}"
    for line in item.lines:
        yield f"      {line.label}: {line.before} → {line.after}" + (f"  ({line.why})" if line.why else "")
    if item.release and kind == "to_name":
        yield f"      {item.release}"


def _cut(lines: list[str], lang: str) -> list[str]:
    if len(lines) <= MOST_LINES:
        return lines
    more = len(lines) - MOST_LINES
    rest = f"… y {more} líneas más («vitrina plan»)" if lang == "es" else f"… and {more} more lines (“vitrina plan”)"
    return [*lines[:MOST_LINES], f"    {rest}"]


def _codes(codes: tuple[str, ...], lang: str) -> str:
    shown = ", ".join(codes[:MOST_LINES])
    more = len(codes) - MOST_LINES
    return shown + ((f" y {more} más" if lang == "es" else f" and {more} more") if more > 0 else "")
