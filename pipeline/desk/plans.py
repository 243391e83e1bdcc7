"""Plan: what would change for the Consumer? Decide on it, and publish what is approved."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from markupsafe import Markup
from starlette.responses import Response

from catalog.entry import Content, Entry
from catalog.people import key_of
from catalog.plan import Item
from catalog.render.words import Lang
from catalog.store import Decision
from pipeline import report
from pipeline.desk.draw import draw, go
from pipeline.desk.marks import marked
from pipeline.desk.standings import Looked
from pipeline.desk.visit import Desk, Visit, act, page
from pipeline.desk.words import LANGS, words
from pipeline.report.plans import ItemWords, Words, due_sentence, fault_sentences, overtaken_sentence, review_words
from pipeline.run import deciding, planning
from pipeline.run.publishing import Published, publish_today
from schemas import wording
from schemas.errors import Refused, StalePlan, WrongUse
from schemas.product import Product

MOST_ITEMS = 40
"""Products of one group shown at first; a link shows them all."""
MOST_CARDS = 8
"""Products whose cards stand beside the change; the others are in the preview."""
_DECIDABLE = ("dangerous", "to_name", "others", "added", "scheduled")
_SIGNS: Mapping[str, str] = {"dangerous": "warning", "to_name": "warning", "held": "holds", "scheduled": "wait"}


@dataclass(frozen=True, slots=True)
class Change:
    """One product of the plan. state: what was said of it so far; ticks: may it be named; now, then: its cards."""

    words: ItemWords
    state: Literal["approved", "rejected", "open"]
    ticks: bool
    now: Markup | None = None
    then: Markup | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes of a kind. total: how many there are, shown or not."""

    kind: str
    title: str
    sign: str
    changes: tuple[Change, ...]
    total: int


def plan_page(visit: Visit) -> Response:
    """The plan of an upload as it is now; whoever may decide is noted as having looked at it."""
    return _plan(visit)


def _plan(
    visit: Visit,
    *,
    fault: str | None = None,
    told: Collection[str] = (),
    released: int | None = None,
    status: int = 200,
) -> Response:
    number, store, said = visit.number("n"), visit.shop.store, words(visit.lang).plan
    looked = visit.desk.standings.of(visit.shop, number)
    now = looked.standing
    if visit.person.may({"reviewer"}) and now.plan.needs_decision:
        visit.desk.standings.once(visit.shop, ("shown", number, visit.person.id), lambda: _show(visit, looked))
    said_words, groups = _read(visit, looked)
    approved = looked.publishable(reviewed=visit.shop.settings.review.required)
    arrival = store.arrivals.of_upload(number)
    return draw(
        visit, "plan.j2", title=said.title.format(n=number), status=status, fault=fault, told=told, released=released,
        upload=now.upload.info, plan=now.plan, said_words=said_words, approved=len(approved),
        groups=groups, arrival=arrival, decisions=_decided(visit, number),
        own=key_of(visit.person.name) in {key_of(name) for name in store.decisions.handed_in_by(number)},
        may_decide=visit.person.may({"reviewer"}) and now.plan.needs_decision,
        may_publish=visit.person.may({"publisher"}) and bool(approved),
    )  # fmt: skip


def _show(visit: Visit, looked: Looked) -> bool:
    planning.show_plan(visit.shop, looked.standing.upload, by=visit.person.name, plan=looked.standing.plan)
    return True


def _read(visit: Visit, looked: Looked) -> tuple[Words, list[Changes]]:
    """The plan in words and its groups; the same for everybody."""
    number, lang, everything = looked.standing.upload.info.id, visit.lang, bool(visit.asked("todo"))
    told = _words(visit.desk, looked, lang)
    groups: list[Changes] = visit.desk.standings.once(
        visit.shop, ("groups", number, lang, everything), lambda: _groups(visit, looked, told)
    )
    return told, groups


def make_words(desk: Desk, looked: Looked) -> None:
    """The plan in words, ready for whoever reads it first."""
    for lang in LANGS:
        _words(desk, looked, lang)


def _words(desk: Desk, looked: Looked, lang: str) -> Words:
    number = looked.standing.upload.info.id
    told: Words = desk.standings.once(
        desk.shop, ("words", number, lang), lambda: review_words(looked.review, lang, upload=number)
    )
    return told


def _groups(visit: Visit, looked: Looked, told: Words) -> list[Changes]:
    """The groups with what was said of each product; long ones are cut unless everything is asked for."""
    review, most = looked.review, None if visit.asked("todo") else MOST_ITEMS
    out, cards, proposal = [], MOST_CARDS, looked.standing.plan.proposal()
    for group in told.groups:
        items: tuple[Item, ...] = getattr(review, group.kind)
        changes = []
        for item, said in zip(items[:most], group.items[:most], strict=True):
            change = _change(looked, item, said, group.kind)
            if cards and group.kind in ("dangerous", "to_name", "others") and item.product and item.fields:
                change, cards = _with_cards(visit, change, looked.standing.plan.base, proposal), cards - 1
            changes.append(change)
        sign = _SIGNS.get(group.kind, "info")
        out.append(Changes(group.kind, group.title, sign, tuple(changes), len(items)))
    return out


def _change(looked: Looked, item: Item, said: ItemWords, kind: str) -> Change:
    scope = looked.standing.scope
    may = kind in _DECIDABLE and item.code in looked.standing.plan.codes
    if item.code in scope.refused or (scope.rejected and item.code not in scope.named):
        return Change(said, "rejected", may)
    held = kind == "to_name" and item.code not in scope.named
    through = item.code in scope.allowed(looked.standing.plan.codes) and not held
    return Change(said, "approved" if through else "open", may)


def _with_cards(visit: Visit, change: Change, base: Content | None, proposal: Mapping[str, Entry]) -> Change:
    """The card as it is now and as it would be, drawn as the catalogue draws it but for the logo: initials stand in."""
    before = base.entries.get(change.words.code) if base else None
    after = proposal.get(change.words.code)
    now = _card(visit, before.product) if before else None
    then = _card(visit, after.product) if after else None
    if now is not None and then is not None:
        # S704: texts of two drawings of ours, between their own tags
        now, then = Markup(marked(now, then)), Markup(marked(then, now))  # noqa: S704
    return replace(change, now=now, then=then)


def _card(visit: Visit, product: Product) -> Markup:
    from pipeline.report.page.cards import card, card_press

    brand = replace(visit.shop.brand, logo=None)
    lang: Lang = "en" if visit.lang == "en" else "es"
    press = visit.desk.standings.once(visit.shop, ("press", lang), lambda: card_press(brand, lang))
    return card(press, product, brand, 0)


def _decided(visit: Visit, number: int) -> list[tuple[Decision, str]]:
    """What people decided about the upload, newest first, each in words."""
    acts = words(visit.lang).acts
    found = visit.shop.store.decisions.list(upload=number)
    return [(one, str(getattr(acts, one.action, one.action))) for one in reversed(found)]


def decide(visit: Visit) -> Response:
    """Approve or reject the plan that was shown, or the products ticked of it."""
    number, form = visit.number("n"), visit.form
    named = form.all("producto")
    only = form.text("alcance") == "marcados"
    try:
        if only and not named:
            raise Refused("Tick at least one product.", es="Marque al menos un producto.")
        deciding.decide(
            visit.shop, _action(form.text("accion")), number, by=visit.person.name,
            products=named if only else (), comment=form.text("comentario") or None, plan=form.text("plan"),
        )  # fmt: skip
    except Refused as fault:
        return _plan(visit, fault=fault.say(visit.lang), status=409)
    return go(f"/cargas/{number}", said="approved" if form.text("accion") == "aprobar" else "rejected")


def _action(text: str) -> Literal["approve", "reject"]:
    if text == "aprobar":
        return "approve"
    if text == "rechazar":
        return "reject"
    raise WrongUse("A plan is approved or rejected.", es="Un plan se aprueba o se rechaza.")


def publish(visit: Visit) -> Response:
    """Publish what is approved of the upload, and say what became of it at every target."""
    number, lang = visit.number("n"), visit.lang
    try:
        done = publish_today(
            visit.shop, number, by=visit.person.name, reviewed=visit.shop.settings.review.required
        )  # fmt: skip
    except StalePlan as fault:
        return _plan(visit, fault=fault.say(lang), status=409)
    faults = fault_sentences(done.outcome, lang)
    minted = done.outcome.release.number if done.outcome.minted and done.outcome.release else None
    return _plan(visit, told=_told(visit, done), released=minted, fault=" ".join(faults) or None)


def _told(visit: Visit, done: Published) -> list[str]:
    where = wording.listed([target.name for target in visit.shop.place.targets], visit.lang)
    if done.overtaken:
        first = overtaken_sentence(done.outcome, visit.lang)
    else:
        waiting = done.upload if done.waiting else None
        first = report.outcome_sentence(done.outcome, visit.lang, waiting=waiting, where=where)
    return [first, *filter(None, [due_sentence(done.due, visit.lang)])]


PAGES = (
    page("/cargas/{n}", plan_page),
    act("/cargas/{n}/decision", decide, "reviewer"),
    act("/cargas/{n}/publicar", publish, "publisher"),
)
