"""Which target has what, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from catalog.store import Delivery

_WORDS = {
    "es": ("tiene la versión {}", "todavía no tiene ninguna", "la {} está {}"),
    "en": ("has release {}", "has none yet", "release {} is {}"),
}
_OWED = {
    "es": {"pending": "por entregar", "failed": "pendiente: no se pudo entregar"},
    "en": {"pending": "to be delivered", "failed": "owed: it could not be delivered"},
}


def target_lines(deliveries: Iterable[Delivery], lang: str) -> Iterator[str]:
    """One line a target: the newest release it has, and what it is still owed."""
    by_target: dict[str, list[Delivery]] = {}
    for delivery in deliveries:
        by_target.setdefault(delivery.target, []).append(delivery)
    has, none, owed = _WORDS[lang]
    for target, known in sorted(by_target.items()):
        newest = max(known, key=lambda one: one.release)
        delivered = max((one.release for one in known if one.state == "delivered"), default=None)
        said = none if delivered is None else has.format(delivered)
        due = _OWED[lang].get(newest.state)
        yield f"  {target}: {said}{f'; {owed.format(newest.release, due)}' if due else ''}"


def verified_sentence(problems: int, lang: str) -> str:
    """Whether what was published is still there, as it was published."""
    if not problems:
        return "Todo está como se publicó." if lang == "es" else "Everything is as it was published."
    return (
        f"{problems} archivos no están como se publicaron; «vitrina publish» los repone."
        if lang == "es"
        else f"{problems} files are not as they were published; “vitrina publish” mends them."
    )
