"""Versiones: what is live, since when, by whom? The history, what any two show differently, the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.responses import Response

from catalog.plan import Review, diff
from catalog.receipts import Standing
from catalog.store import ReleaseInfo
from catalog.store.moves import Moves, moves_of
from pipeline import report
from pipeline.desk.changes import Changes, asked, changes_of
from pipeline.desk.draw import draw, go
from pipeline.desk.paging import cut, part_of
from pipeline.desk.visit import Desk, Visit, act, page
from pipeline.desk.words import words
from pipeline.report.plans import approvals_words, headline, kind_words
from pipeline.report.receipts import late_sentence, receipt_lines, standing_words
from pipeline.report.targets import target_lines, verified_sentence
from pipeline.run import publishing, tracing
from pipeline.run.delivering import late_receipts
from schemas.errors import Refused

_AT_A_TIME = 30
MOST_ITEMS = 100
"""Products of one kind of change shown at first; a link leads to the kind alone, a page at a time."""
_SOON = 50


@dataclass(frozen=True, slots=True)
class Line:
    """One release of the history: what made it, what it did, where it stands with the marketplace."""

    info: ReleaseInfo
    kind: str
    about: tuple[str, ...]
    did: str
    receipt: str


def releases_page(visit: Visit) -> Response:
    """The history, newest first; what every target has, looked into when asked."""
    store, lang = visit.shop.store, visit.lang
    history = store.releases.list()
    live = history[0].number if history else 0
    before = visit.asked("antes")
    first = int(before) if before.isascii() and before.isdigit() and len(before) < 10 else live + 1
    shown = [one for one in history if one.number < first][:_AT_A_TIME]
    looked = bool(visit.asked("comprobar"))
    problems = publishing.drift(visit.shop) if looked and history else []
    coming = visit.desk.standings.upcoming(visit.shop)
    soon = part_of(len(coming), _SOON, visit.asked("pronto"), "/versiones", "pronto")
    return draw(
        visit, "releases.j2", title=words(lang).releases.title, live=history[0] if history else None,
        lines=_lines(visit, shown, live), older=shown[-1].number if shown and shown[-1].number > 1 else None,
        numbers=[one.number for one in history[:200]],
        targets=[line.strip() for line in target_lines(store.releases.deliveries(), lang)],
        looked=verified_sentence(len(problems), lang) if looked else None,
        problems=[problem.say(lang) for problem in problems], may_publish=visit.person.may({"publisher"}),
        late=[late_sentence(one, lang) for one in late_receipts(visit.shop)],
        upcoming=[report.upcoming_line(one, lang).strip(" ◷") for one in cut(coming, soon)], soon=soon,
    )  # fmt: skip


def _lines(visit: Visit, shown: list[ReleaseInfo], live: int) -> list[Line]:
    store, lang = visit.shop.store, visit.lang
    said = visit.desk.standings.once(visit.shop, "decisions", store.decisions.list)
    moved = {one.release: one.products for one in said if one.release is not None}
    moves = moves_up_to(visit.desk, live)
    standings = store.receipts.standings()
    return [
        Line(one, kind_words(one, lang), moved.get(one.number, ()), _did(one, moves[one.number], lang),
             standing_words(standings.get(one.number, Standing(one.number)), lang))
        for one in shown
    ]  # fmt: skip


def moves_up_to(desk: Desk, live: int) -> Mapping[int, Moves]:
    """What each release did, counted anew once another one than `live` is."""
    found: Mapping[int, Moves] = desk.standings.for_good("moves", live, lambda: moves_of(desk.shop.store.database))
    return found


def _did(info: ReleaseInfo, moves: Moves, lang: str) -> str:
    """What a release did, in the words of the difference with the one before it."""
    counts = {"added": moves.added, "changed": moves.changed, "removed": moves.removed, "unchanged": moves.unchanged}
    return headline(Review(info.base, info.number, counts=counts), lang)


def release_page(visit: Visit) -> Response:
    """One release: who, when, on whose word, where it is, what it changed, what the marketplace said."""
    return _release(visit, visit.number("id"))


def _release(visit: Visit, number: int, *, fault: str | None = None, status: int = 200) -> Response:
    store, lang = visit.shop.store, visit.lang
    info = store.releases.get(number)
    live = store.releases.current()
    standing = store.receipts.standings()[number]
    return draw(
        visit, "release.j2", title=words(lang).releases.one.format(n=number), status=status, fault=fault, info=info,
        is_live=live is not None and live.number == number, kind=kind_words(info, lang),
        approvals=_approvals(visit, info), deliveries=store.releases.deliveries(number),
        changes=compared(visit, info.base, number, f"/versiones/{number}"),
        receipts=[line.strip() for line in receipt_lines(standing, lang)],
        standing=standing, may_publish=visit.person.may({"publisher"}),
    )  # fmt: skip


def sorry_release(visit: Visit, number: int, sentence: str) -> Response:
    """The same page with why something was refused."""
    return _release(visit, number, fault=sentence, status=409)


def _approvals(visit: Visit, info: ReleaseInfo) -> str | None:
    """On whose word a publication went out; None where it rests on a decision of its own kind."""
    if info.kind != "publish" or info.upload is None:
        return None
    said = visit.shop.store.decisions.list(upload=info.upload)
    return approvals_words([one for one in said if one.action == "approve" and one.plan == info.plan], visit.lang)


def compared(visit: Visit, before: int | None, after: int, address: str) -> Changes:
    """What a release shows that another does not, for the page at an address; it is compared once."""
    found = review_between(visit.desk, before, after)
    return changes_of(found, visit.lang, address, asked(visit), most=MOST_ITEMS)


def review_between(desk: Desk, before: int | None, after: int) -> Review:
    """The same as a review. Neither release ever changes. WrongUse: there is no such release."""

    def compare() -> Review:
        if before is not None:
            return tracing.compare(desk.shop, before, after)
        content = desk.shop.store.releases.content(after)
        assert content is not None, "a release that is listed is there"
        return diff(None, content)

    found: Review = desk.standings.for_good("compared", (before, after), compare)
    return found


def compare_page(visit: Visit) -> Response:
    """What two releases show differently. WrongUse: there is no such release."""
    numbers = [visit.asked_number(name) for name in ("de", "a")]
    return draw(
        visit, "compared.j2", title=words(visit.lang).releases.compared.format(de=numbers[0], a=numbers[1]),
        changes=compared(visit, numbers[0], numbers[1], f"/versiones/comparar?de={numbers[0]}&a={numbers[1]}"),
        before=numbers[0], after=numbers[1],
    )  # fmt: skip


def rollback_page(visit: Visit) -> Response:
    """What going back would change today, before anybody does it."""
    return _rollback(visit, visit.number("id"))


def _rollback(visit: Visit, number: int, *, fault: str | None = None, status: int = 200) -> Response:
    info = visit.shop.store.releases.get(number)
    live = visit.shop.store.releases.current()
    assert live is not None, "there is a release, so one is live"
    return draw(
        visit, "rollback.j2", title=words(visit.lang).releases.back_title.format(n=number), status=status, fault=fault,
        info=info, live=live, changes=compared(visit, live.number, number, f"/versiones/{number}/volver"),
        same=live.content == info.content,
    )  # fmt: skip


def rollback(visit: Visit) -> Response:
    """Back to an older release, if what is live is still what the page showed."""
    number, seen = visit.number("id"), visit.form.text("vigente")
    try:
        if not seen.isascii() or not seen.isdigit() or len(seen) > 9:
            raise Refused("Look at what going back would change first.", es="Primero mire qué cambiaría al volver.")
        outcome = publishing.rollback(
            visit.shop, number, by=visit.person.name, comment=visit.form.text("comentario") or None, live=int(seen)
        )  # fmt: skip
    except Refused as fault:
        return _rollback(visit, number, fault=fault.say(visit.lang), status=409)
    assert outcome.release is not None, "it was minted just now"
    faults = report.fault_sentences(outcome, visit.lang)
    if faults:
        return _release(visit, outcome.release.number, fault=" ".join(faults), status=200)
    return go(f"/versiones/{outcome.release.number}", said="rolled_back")


def mend(visit: Visit) -> Response:
    """Put back what drifted, in every target."""
    outcome = publishing.mend(visit.shop)
    return go("/versiones?comprobar=1", said=None if report.fault_sentences(outcome, visit.lang) else "mended")


PAGES = (
    page("/versiones", releases_page),
    page("/versiones/comparar", compare_page),
    act("/versiones/reponer", mend, "publisher"),
    page("/versiones/{id}", release_page),
    page("/versiones/{id}/volver", rollback_page, "publisher"),
    act("/versiones/{id}/volver", rollback, "publisher"),
)
