"""Productos, and one product's whole life: versions, values with their cells, findings, waivers, ids, decisions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.responses import Response

from catalog.entry import Content
from catalog.ledger import identify
from catalog.plan import diff
from catalog.store import Decision, Lifespan, ReleaseInfo, Store
from catalog.store.moves import newest_of
from pipeline import report
from pipeline.desk.addresses import path_of, with_asked
from pipeline.desk.draw import draw, go
from pipeline.desk.paging import cut, part_of
from pipeline.desk.plots import rate_plot
from pipeline.desk.standings import basis_of
from pipeline.desk.visit import Desk, Visit, act, page
from pipeline.desk.words import words
from pipeline.report.plans import ItemWords, label_of, shared_lines, trace_lines, value_words
from pipeline.report.plans.values import full_words
from pipeline.run import publishing, tracing
from pipeline.run.tracing import Trace
from schemas import wording
from schemas.errors import Refused, WrongUse
from schemas.requirements import normalise

_AT_A_TIME = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One product of the list. since: the release that last changed it, or the one that no longer shows it."""

    code: str
    name: str
    state: str
    since: int | None
    searched: str


@dataclass(frozen=True, slots=True)
class Step:
    """One version of a product. what: what it changed (None: it came in, or was read of another cell only).

    left: the release that no longer showed it, where no version followed at once.
    """

    since: ReleaseInfo
    came: bool
    what: ItemWords | None
    left: int | None


@dataclass(frozen=True, slots=True)
class Value:
    """One published value: its words, and the way it came: cell, raw text, reading."""

    field: str
    label: str
    shown: str
    way: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """One finding of the newest upload. waived: who accepted it, until when."""

    severity: str
    place: str
    message: str
    fix: str
    waived: str | None


def products_page(visit: Visit) -> Response:
    """Every product there is or was, by code; a search by name or code."""
    rows = rows_of(visit.desk)
    asked = visit.asked("q").strip()[:100]
    wanted = normalise(asked)
    found = [row for row in rows if wanted in row.searched]
    part = part_of(len(found), _AT_A_TIME, visit.asked("desde"), with_asked("/productos", {"q": asked}))
    return draw(
        visit, "products.j2", title=words(visit.lang).products.title, any=bool(rows), q=asked, part=part,
        rows=cut(found, part),
    )  # fmt: skip


def rows_of(desk: Desk) -> Sequence[Row]:
    """Every product there is or was, by code; read once until one of them comes, goes or changes."""
    rows: Sequence[Row] = desk.standings.for_good("rows", basis_of(desk.shop), lambda: _rows(desk.shop.store))
    return rows


def _rows(store: Store) -> tuple[Row, ...]:
    withdrawn, waiting = store.decisions.withdrawn(), store.schedule.waiting()
    known = [
        _row(
            one.code,
            json.loads(one.record)["name"],
            _state(one.code, one.until is None, withdrawn),
            one.until or one.since,
        )
        for one in newest_of(store.database)
    ]
    codes = {row.code for row in known}
    known += [_row(code, row.entry.product.name, "waiting", None) for code, row in waiting.items() if code not in codes]
    return tuple(sorted(known, key=lambda row: row.code))


def _row(code: str, name: str, state: str, since: int | None) -> Row:
    return Row(code, name, state, since, f"{normalise(code)} {normalise(name)}")


def _state(code: str, is_live: bool, withdrawn: frozenset[str]) -> str:
    if is_live:
        return "live"
    return "withdrawn" if code in withdrawn else "gone"


def product_page(visit: Visit) -> Response:
    """One product. WrongUse: nobody ever heard of it."""
    return _product(visit, visit.asked("codigo") or str(visit.request.path_params["code"]))


def _product(visit: Visit, code: str, *, fault: str | None = None, status: int = 200) -> Response:
    store, lang = visit.shop.store, visit.lang
    lives = store.releases.history(code)
    name, state = _known(visit, code, lives)
    traces = _traces(visit, code, lives)
    infos = {one.number: one for one in store.releases.list()}
    return draw(
        visit, "product.j2", title=name, status=status, fault=fault, code=code, state=state,
        live=store.releases.current() if state == "live" else None, steps=_steps(visit, lives, infos),
        plot=rate_plot([(infos[life.since].at, life) for life in lives], store.database.now()),
        values=[_value(one, lang) for one in traces], shared=list(shared_lines(traces[0], lang)) if traces else [],
        asked=visit.asked("campo"), version=visit.asked("version"), found=_found(visit, code),
        ids=sorted(store.ids.current().get(code, {}).items()), decisions=_decided(visit, code),
        arrival=_arrival(visit), path=path_of(code), may_publish=visit.person.may({"publisher"}),
    )  # fmt: skip


def _known(visit: Visit, code: str, lives: Sequence[Lifespan]) -> tuple[str, str]:
    """(name, state) of a product, from what is published, waits or was read last."""
    store = visit.shop.store
    if lives:
        return lives[-1].entry.product.name, _state(code, lives[-1].until is None, store.decisions.withdrawn())
    if waiting := store.schedule.waiting().get(code):
        return waiting.entry.product.name, "waiting"
    newest = next(iter(store.uploads.list(most=1)), None)
    upload = visit.desk.standings.of(visit.shop, newest.id).standing.upload if newest else None
    if upload is not None:
        read = next((entry.product.name for entry in upload.entries if entry.code == code), None)
        if read or code in upload.held:
            return read or code, "held"
    raise WrongUse(f"There is no product «{code}».", es=f"No hay ningún producto «{code}».")


def _traces(visit: Visit, code: str, lives: Sequence[Lifespan]) -> tuple[Trace, ...]:
    """Where each value of the version asked for comes from, by default the newest."""
    if not lives:
        return ()
    asked = visit.asked("version")
    number = visit.asked_number("version") if asked else lives[-1].since
    return tracing.trace(visit.shop, code, release=number)


def _value(one: Trace, lang: str) -> Value:
    whole = full_words(one.field, one.value, one.product, lang)
    shown = value_words(one.field, one.value, one.product, lang)
    way = [line.strip() for line in trace_lines(one, lang)][1:]
    return Value(one.field, label_of(one.field, lang), shown, (*([whole] if whole != shown else ()), *way))


def _steps(visit: Visit, lives: Sequence[Lifespan], infos: Mapping[int, ReleaseInfo]) -> list[Step]:
    """Its versions, newest first."""
    steps = []
    for at, life in enumerate(lives):
        before = lives[at - 1] if at and lives[at - 1].until == life.since else None
        follows = at + 1 < len(lives) and lives[at + 1].since == life.until
        what = _difference(before, life, visit.lang) if before else None
        steps.append(Step(infos[life.since], before is None, what, None if follows else life.until))
    return steps[::-1]


def _difference(before: Lifespan, after: Lifespan, lang: str) -> ItemWords | None:
    old, new = (Content(life.since, "", {life.entry.code: life.entry}) for life in (before, after))
    told = report.review_words(diff(old, new), lang)
    return next((item for group in told.groups for item in group.items), None)


def _found(visit: Visit, code: str) -> list[Found]:
    """What the newest upload found in it."""
    newest = next(iter(visit.shop.store.uploads.list(most=1)), None)
    if newest is None:
        return []
    upload = visit.desk.standings.of(visit.shop, newest.id).standing.upload
    waivers, today, lang = visit.shop.store.waivers.list(), visit.shop.today, visit.lang
    said = words(lang).products.waived
    out = []
    for known in identify(one for one in upload.findings if one.product == code):
        waiver = waivers.get(known.id)
        accepted = waiver and waiver.until >= today
        out.append(
            Found(
                known.finding.severity, f"{known.finding.sheet}!{known.finding.cell}" if known.finding.cell else "",
                wording.message(known.finding, lang, visit.market), wording.fix(known.finding, lang, visit.market),
                said.format(until=wording.day(waiver.until, lang), by=waiver.by, reason=waiver.reason)
                if waiver and accepted else None,
            )
        )  # fmt: skip
    return out


def _arrival(visit: Visit) -> int | None:
    """The file whose page shows the newest upload's findings."""
    newest = next(iter(visit.shop.store.uploads.list(most=1)), None)
    arrival = visit.shop.store.arrivals.of_upload(newest.id) if newest else None
    return arrival.id if arrival else None


def _decided(visit: Visit, code: str) -> list[tuple[Decision, str]]:
    """What people decided about it by name, newest first, in words."""
    acts = words(visit.lang).acts
    every = visit.desk.standings.once(visit.shop, "decisions", visit.shop.store.decisions.list)
    said = [one for one in every if code in one.products]
    return [(one, str(getattr(acts, one.action, one.action))) for one in reversed(said)]


def withdraw(visit: Visit) -> Response:
    """Take a product off the shelf now."""
    code = visit.form.raw("codigo")
    try:
        outcome = publishing.withdraw(
            visit.shop, frozenset((code,)), by=visit.person.name, comment=visit.form.text("motivo") or None
        )
    except Refused as fault:
        return _product(visit, code, fault=fault.say(visit.lang), status=409)
    faults = report.fault_sentences(outcome, visit.lang)
    return _product(visit, code, fault=" ".join(faults)) if faults else go(path_of(code), said="withdrawn")


def reinstate(visit: Visit) -> Response:
    """Let a withdrawn product take part in plans again."""
    code = visit.form.raw("codigo")
    try:
        visit.shop.store.decisions.reinstate(code, by=visit.person.name, comment=visit.form.text("motivo") or None)
    except Refused as fault:
        return _product(visit, code, fault=fault.say(visit.lang), status=409)
    return go(path_of(code), said="reinstated")


PAGES = (
    page("/productos", products_page),
    act("/productos/retirar", withdraw, "publisher"),
    act("/productos/reincorporar", reinstate, "publisher"),
    page("/productos/{code:path}", product_page),
)
