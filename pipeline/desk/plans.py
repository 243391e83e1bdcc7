"""Plan: what would change for the Consumer? Decide on it, and publish what is approved."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from types import SimpleNamespace
from typing import Literal

from markupsafe import Markup
from starlette.responses import Response

from catalog.entry import Content
from catalog.people import key_of
from catalog.plan import Item
from catalog.plan.values import WITHDRAWN
from catalog.render.words import Lang
from catalog.store import Decision, Preview
from pipeline import report
from pipeline.desk.addresses import with_asked
from pipeline.desk.changes import Changes, Piece, asked, changes_of
from pipeline.desk.draw import draw, go
from pipeline.desk.marks import marked
from pipeline.desk.standings import Looked
from pipeline.desk.visit import Desk, Form, Visit, act, page
from pipeline.desk.words import words
from pipeline.report.plans import ItemWords, due_sentence, fault_sentences, groups_of, item_words, overtaken_sentence
from pipeline.run import deciding, planning
from pipeline.run.publishing import Published, publish_today
from schemas import wording
from schemas.errors import Refused, StalePlan, WrongUse
from schemas.product import Product

MOST_ITEMS = 40
"""Products of one group shown at first; a link leads to the group alone, a page at a time."""
MOST_CARDS = 8
"""Products whose cards stand beside the change; the others are in the preview."""
_DECIDABLE = ("dangerous", "to_name", "others", "added", "scheduled")
_COMPARED = ("dangerous", "to_name", "others")
Pair = tuple[Markup | None, Markup | None]
"""A product's card now and then."""


@dataclass(frozen=True, slots=True)
class Change:
    """One product of the plan. state: what was said of it so far; ticks: may it be named; now, then: its cards."""

    words: ItemWords
    state: Literal["approved", "rejected", "open"]
    ticks: bool
    now: Markup | None = None
    then: Markup | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """What the page shows of the changes of a kind; rows that are held are told once a cause."""

    piece: Piece
    changes: tuple[Change, ...] = ()
    causes: tuple[Cause, ...] = ()


@dataclass(frozen=True, slots=True)
class Cause:
    """Why rows are held, what lets them go on, and their codes."""

    says: str
    release: str | None
    codes: tuple[str, ...]


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
    if visit.person.may({"reviewer"}) and looked.codes:
        visit.desk.standings.once(visit.shop, ("shown", number, visit.person.id), lambda: _show(visit, looked))
    what = asked(visit)
    said_words = changes_of(looked.review, visit.lang, f"/cargas/{number}", what, most=MOST_ITEMS, upload=number)
    groups = _groups(visit, looked, said_words)
    approved = looked.publishable(reviewed=visit.shop.settings.review.required)
    arrival = store.arrivals.of_upload(number)
    return draw(
        visit, "plan.j2", title=said.title.format(n=number), status=status, fault=fault, told=told, released=released,
        upload=now.upload.info, plan=now.plan, said_words=said_words, approved=len(approved), asked=what,
        groups=groups, arrival=arrival, decisions=_decided(visit, number), scope=_scope(looked, said_words, said),
        nameable=sum(change.ticks for group in groups for change in group.changes),
        own=key_of(visit.person.name) in {key_of(name) for name in store.decisions.handed_in_by(number)},
        may_decide=visit.person.may({"reviewer"}) and bool(looked.codes), undecided=not looked.codes,
        held_only=not looked.codes and [group.piece.kind for group in groups] == ["held"],
        may_publish=visit.person.may({"publisher"}) and bool(approved),
    )  # fmt: skip


def drawn(desk: Desk, looked: Looked) -> Preview:
    """The pages of a plan as it is now, drawn once: of those who ask for them at the same time one draws."""
    now = looked.standing
    kept: Preview = desk.standings.once(
        desk.shop, ("drawn", now.upload.info.id), lambda: planning.preview_of(desk.shop, now.upload, now.plan)
    )
    return kept


def _scope(looked: Looked, shown: Changes, said: SimpleNamespace) -> str:
    """What a decision on the whole plan is about: how many changes, seen or not, and what it leaves out."""
    count = len(looked.codes - looked.kept_back)
    seen = sum(len(piece.items) for piece in shown.pieces if piece.kind != "held")
    whole = sum(len(items) for kind, items in groups_of(looked.review) if kind != "held")
    told = said.scope_all_one if count == 1 else said.scope_all.format(n=count)
    unseen = said.scope_unseen if seen < whole else ""
    return f"{told}{unseen}.{said.scope_named if looked.kept_back else ''}"


def _show(visit: Visit, looked: Looked) -> bool:
    drawn(visit.desk, looked)
    planning.show_plan(visit.shop, looked.standing.upload, by=visit.person.name, plan=looked.standing.plan)
    return True


def _groups(visit: Visit, looked: Looked, said: Changes) -> list[Group]:
    """What is shown, with what was said of each product, and both cards of the first that change."""
    cards = _cards(visit, looked, said)
    return [
        Group(piece, causes=_causes(visit, piece.items if said.alone else looked.review.held)) if piece.kind == "held"
        else Group(piece, tuple(_change(looked, one, words, piece.kind, cards) for one, words in _both(piece)))
        for piece in said.pieces
    ]  # fmt: skip


def _causes(visit: Visit, held: Iterable[Item]) -> tuple[Cause, ...]:
    """Why rows are held, each reason once; what was withdrawn comes back one by one."""
    found: dict[tuple[object, ...], list[Item]] = {}
    for item in held:
        found.setdefault((item.reasons, item.code if WITHDRAWN in item.reasons else ""), []).append(item)
    told = ((item_words(items[0], visit.lang), items) for items in found.values())
    return tuple(Cause(one.says, one.release, tuple(item.code for item in items)) for one, items in told)


def _both(piece: Piece) -> Iterable[tuple[Item, ItemWords]]:
    return zip(piece.items, piece.words, strict=True)


def _change(looked: Looked, item: Item, said: ItemWords, kind: str, cards: Mapping[str, Pair]) -> Change:
    scope = looked.standing.scope
    may = kind in _DECIDABLE and item.code in looked.codes
    pair = cards.get(item.code, (None, None))
    if item.code in scope.refused or (scope.rejected and item.code not in scope.named):
        return Change(said, "rejected", may, *pair)
    held = kind == "to_name" and item.code not in scope.named
    return Change(said, "approved" if item.code in looked.through and not held else "open", may, *pair)


def _cards(visit: Visit, looked: Looked, said: Changes) -> Mapping[str, Pair]:
    """Code -> both cards, of the first products shown that change. A plan never changes, so they are drawn once."""
    shown = [item for piece in said.pieces if piece.kind in _COMPARED for item in piece.items]
    changed = {item.code: item.product for item in shown if item.product and item.fields}
    after = dict(islice(changed.items(), MOST_CARDS))
    plan = looked.standing.plan

    def draw_them() -> Mapping[str, Pair]:
        return {code: _pair(visit, plan.base, product) for code, product in after.items()}

    found: Mapping[str, Pair] = (
        visit.desk.standings.for_good("cards", (plan.hash, visit.lang, tuple(after)), draw_them) if after else {}
    )
    return found


def _pair(visit: Visit, base: Content | None, product: Product) -> Pair:
    """The card as it is now and as it would be, drawn as the catalogue draws it but for the logo: initials stand in."""
    before = base.entries.get(product.code) if base else None
    then = _card(visit, product)
    if before is None:
        return None, then
    now = _card(visit, before.product)
    # S704: texts of two drawings of ours, between their own tags
    return Markup(marked(now, then)), Markup(marked(then, now))  # noqa: S704


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
    """Approve or reject the plan that was shown, or the products of it that are ticked, or all that the page shows."""
    number, form = visit.number("n"), visit.form
    try:
        deciding.decide(
            visit.shop, _action(form.text("accion")), number, by=visit.person.name,
            products=_named(form), comment=form.text("comentario") or None, plan=form.text("plan"),
        )  # fmt: skip
    except Refused as fault:
        return _plan(visit, fault=fault.say(visit.lang), status=409)
    what = asked(visit)
    back = with_asked(f"/cargas/{number}", {"grupo": what.group, "desde": what.start})
    return go(back, said="approved" if form.text("accion") == "aprobar" else "rejected")


def _named(form: Form) -> tuple[str, ...]:
    """The products a decision is about; none: the whole plan, which is decided on only where the form says so."""
    scope = form.text("alcance")
    if scope == "todo":
        return ()
    if scope not in _NAMED:
        raise WrongUse("The form does not say what is decided on.", es="El formulario no dice sobre qué se decide.")
    codes = form.all(_NAMED[scope])
    if not codes:
        raise Refused("Tick at least one product.", es="Marque al menos un producto.")
    return codes


_NAMED = {"marcados": "producto", "pagina": "en_pagina"}
"""What a decision on less than the plan is about: the field of the form that names the products."""


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
