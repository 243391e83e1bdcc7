"""Why a plan can no longer be decided on, in a sentence. Pure."""

from __future__ import annotations

from datetime import datetime

from schemas.errors import StalePlan


def stale_plan(
    base: int | None, current: int, at: datetime, by: str, now: datetime, changes: int | None = None
) -> StalePlan:
    """The plan was made on release `base`, and `current` was published at a moment by somebody.

    changes: how many products the plan treats otherwise now (None: not counted).
    """
    moment = f"{at:%H:%M} UTC" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M} UTC"
    made_en = f"This plan was made on release {base}" if base else "This plan was made before the first release"
    made_es = f"Este plan se hizo sobre la versión {base}" if base else "Este plan se hizo antes de la primera versión"
    return StalePlan(
        f"{made_en}; release {current} is live now ({moment}, {by}). Look at it again{_changes(changes, 'en')}.",
        es=f"{made_es}; ya está publicada la {current} ({moment}, {by}). Vuelva a revisarlo{_changes(changes, 'es')}.",
    )


def _changes(count: int | None, lang: str) -> str:
    if count is None:
        return ""
    if not count:
        return ": propone lo mismo" if lang == "es" else ": it proposes the same"
    if lang == "es":
        return f": {'cambia 1 producto' if count == 1 else f'cambian {count} productos'}"
    return f": {'1 product differs' if count == 1 else f'{count} products differ'}"


def not_as_shown() -> StalePlan:
    """Nobody looked at the plan that is to be decided on."""
    return StalePlan(
        "What would change is no longer what was shown; look at the plan again.",
        es="Lo que cambiaría ya no es lo que se mostró; vuelva a revisar el plan.",
    )


def other_requirements(checked: str, today: str) -> StalePlan:
    """The upload was checked against requirements that are no longer those of today."""
    return StalePlan(
        f"This upload was checked against the requirements {checked}; today's are {today}. Submit the file again.",
        es=f"Esta carga se revisó con los requisitos {checked}; los de hoy son {today}. Cargue de nuevo el archivo.",
    )


def no_longer_live(seen: int, current: int, by: str) -> StalePlan:
    """Whoever asks to go back looked at release `seen`, and `current` was published since by somebody."""
    return StalePlan(
        f"Release {seen} was live when you looked; {by} published {current} since. Look at what would change now.",
        es=f"Cuando lo miró estaba en vivo la versión {seen}; {by} publicó después la {current}. Mire qué cambiaría "
        "ahora.",
    )
