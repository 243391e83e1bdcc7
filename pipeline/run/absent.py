"""Why a product that is to be taken off the shelf is not on it."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from catalog.store import Decision
from pipeline.run.workshop import Workshop
from schemas import wording
from schemas.errors import Refused


def not_there(shop: Workshop, code: str, live: Collection[str]) -> Refused:
    """The refusal: it was withdrawn already (since when, by whom, what brings it back), or was never published."""
    if code in shop.store.decisions.withdrawn():
        return _withdrawn_already(shop, code, _withdrawal(shop, code))
    return _never(code, live)


def _withdrawal(shop: Workshop, code: str) -> Decision:
    said = shop.store.decisions.list()
    return next(one for one in reversed(said) if one.action == "withdraw" and code in one.products)


def _withdrawn_already(shop: Workshop, code: str, done: Decision) -> Refused:
    market = shop.settings.lender.market
    at_es, at_en = (wording.moment(done.at, lang, market) for lang in ("es", "en"))
    why_es = f" (motivo: «{done.comment}»)" if done.comment else ""
    why_en = f" (“{done.comment}”)" if done.comment else ""
    return Refused(
        f"{code} is withdrawn already, by {done.by} on {at_en}{why_en}. To let it come back: "
        f"“vitrina reinstate {code}”, then publish an upload that has it.",
        es=f"{code} ya está retirado: lo retiró {done.by} el {at_es}{why_es}. Para que vuelva: «vitrina reinstate "
        f"{code}» y publique una carga que lo traiga.",
    )


def _never(code: str, live: Collection[str]) -> Refused:
    near = difflib.get_close_matches(code, live, n=1)
    return Refused(
        f"{code} is not published." + (f" Did you mean {near[0]}?" if near else " “vitrina ids” lists what is."),
        es=f"{code} no está publicado."
        + (f" ¿Quiso decir {near[0]}?" if near else " «vitrina ids» muestra lo que está en vivo."),
    )
