"""approve, reject: a person's word on the plan they looked at, and on no other."""

from __future__ import annotations

from typing import Literal

from catalog.plan import BRAND, Plan, Scheduled, differing
from catalog.stale import not_as_shown, stale_plan
from pipeline.run.planning import Standing, plan_on, refuse_other_requirements, standing
from pipeline.run.workshop import Workshop
from schemas.errors import Refused, StalePlan

Action = Literal["approve", "reject"]


def decide(
    shop: Workshop,
    action: Action,
    number: int,
    *,
    by: str,
    products: tuple[str, ...] = (),
    comment: str | None = None,
    plan: str | None = None,
) -> Plan:
    """Approve or reject the plan of an upload, or the products (or `catalog.plan.BRAND`) named of it.

    plan: the hash of the plan the person looked at, by default the one that was shown last. StalePlan: it is another
    one now, says what was published meanwhile and how many products it treats otherwise. Refused: somebody approves
    what they handed in, or names a product the plan does not touch. Gives the plan as the decision leaves it.
    """
    upload = shop.store.uploads.get(number)
    now = standing(shop, upload)
    _refuse_pointless(now)
    _refuse_stale(shop, now, plan)
    _refuse_strangers(now, products)
    if action == "approve":
        _refuse_without_brand(now, products)
    scheduled = _let_wait(shop, now, products) if action == "approve" else _no_longer(now.plan, products)
    shop.store.decisions.decide(
        action, number, now.plan.hash, by=by, products=products, comment=comment, scheduled=scheduled
    )
    return standing(shop, upload).plan


def _refuse_stale(shop: Workshop, now: Standing, plan: str | None) -> None:
    refuse_other_requirements(shop, now.upload)
    number = now.upload.info.id
    seen = shop.store.decisions.last_shown(number) if plan is None else (plan,)
    if seen is None:
        raise not_as_shown()
    if seen[0] != now.plan.hash:
        raise _other_plan(shop, now, seen[0])


def _other_plan(shop: Workshop, now: Standing, seen: str) -> StalePlan:
    """What became of the plan somebody looked at."""
    number = now.upload.info.id
    found = shop.store.decisions.base_of(number, seen)
    current = shop.store.releases.current()
    if found is None or current is None or found[0] == current.number:
        return not_as_shown()
    base = shop.store.releases.content(found[0]) if found[0] else None
    before = plan_on(shop, now.upload, base)
    changes = len(differing(before, now.plan))
    return stale_plan(found[0], current.number, current.at, current.by, shop.store.database.now(), changes)


def _touched(plan: Plan) -> frozenset[str]:
    """What may be decided on; a row that waits for its day may still be rejected."""
    return plan.codes | {row.code for row in plan.scheduled}


def _refuse_pointless(now: Standing) -> None:
    number = now.upload.info.id
    if not _touched(now.plan):
        raise Refused(
            f"The plan of upload {number} changes nothing; there is nothing to decide.",
            es=f"El plan de la carga {number} no cambia nada; no hay nada que decidir.",
        )


def _refuse_strangers(now: Standing, products: tuple[str, ...]) -> None:
    number = now.upload.info.id
    strange = sorted(set(products) - _touched(now.plan))
    if strange:
        raise Refused(
            f"The plan does not touch {', '.join(strange)}; «vitrina plan {number}» lists what it does.",
            es=f"El plan no toca {', '.join(strange)}; «vitrina plan {number}» muestra lo que cambia.",
        )


def _refuse_without_brand(now: Standing, products: tuple[str, ...]) -> None:
    """The pages were shown in the new brand, and are published as they were shown."""
    chosen = {*products, *now.scope.named}
    along = BRAND in chosen if products and not now.scope.whole else BRAND not in now.scope.refused - {*products}
    if now.plan.brand and not along:
        raise Refused(
            f"The plan changes the brand too, and its pages were shown in it: approve {BRAND} as well.",
            es=f"El plan también cambia la marca y sus páginas se mostraron con ella: apruebe además {BRAND}.",
        )


def _let_wait(shop: Workshop, now: Standing, products: tuple[str, ...]) -> tuple[Scheduled, ...]:
    """The rows an approval lets wait for their day; one whose figures jump only where it is named."""
    named = now.scope.named | frozenset(products)
    after = plan_on(shop, now.upload, now.plan.base, named) if products else now.plan
    chosen = frozenset(products) or frozenset(row.code for row in after.scheduled) - now.scope.refused
    return tuple(row for row in after.scheduled if row.code in chosen and not row.waiting)


def _no_longer(plan: Plan, products: tuple[str, ...]) -> tuple[Scheduled, ...]:
    """The rows a rejection takes their day from."""
    return tuple(row for row in plan.scheduled if row.waiting and (not products or row.code in products))
