"""What the calendar does by itself: approved rows go live on their day, live products leave after theirs."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from catalog.upkeep import verify
from pipeline import report
from pipeline.run import planning
from pipeline.run.dates import upcoming
from pipeline.run.deciding import decide
from pipeline.run.publishing import go_live, publish, publish_today, withdraw
from pipeline.run.tracing import trace
from pipeline.run.workshop import Workshop
from schemas.errors import Refused
from tests.publishing import TODAY, entry
from tests.shops import on_day, shop_at, shown, stage

DECEMBER = date(2026, 12, 1)
EVE = DECEMBER - timedelta(days=1)
LATER = {"valid_from": DECEMBER}


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    """Release 1 shows A."""
    opened = shop_at(tmp_path)
    publish(opened, shown(opened, [entry("A", term_max=12)]).upload.info.id, by="pat", reviewed=False)
    return opened


def live(shop: Workshop) -> dict[str, int | None]:
    content = shop.store.releases.content()
    return {code: item.product.term_max for code, item in content.entries.items()} if content else {}


def scheduled(shop: Workshop, **values: object) -> int:
    """An approved upload that changes A on the first of December; its number."""
    number = shown(shop, [entry("A", term_max=24, **{**LATER, **values})]).upload.info.id
    decide(shop, "approve", number, by="luis", comment="desde diciembre")
    return number


def test_an_approved_row_goes_live_on_its_day_without_upload_or_approval(shop: Workshop) -> None:
    """Not the day before; on the day by itself; once. The old version stays live until then."""
    scheduled(shop)
    for day in (TODAY, EVE):
        assert not go_live(on_day(shop, day), by="cron").due
        assert live(shop) == {"A": 12}
    done = go_live(on_day(shop, DECEMBER), by="cron")
    assert (done.due.begun, done.outcome.minted, live(shop)) == (("A",), True, {"A": 24})
    assert not go_live(on_day(shop, DECEMBER), by="cron").outcome.minted
    assert verify(shop.place, 30) == []


def test_a_run_that_was_missed_is_made_good_by_the_next(shop: Workshop) -> None:
    """Days later is late, not never."""
    scheduled(shop)
    assert go_live(on_day(shop, DECEMBER + timedelta(days=9)), by="cron").due.begun == ("A",)


def test_what_is_not_approved_does_not_go_live_by_date(shop: Workshop) -> None:
    """Its plan waits, on its day as before."""
    number = shown(shop, [entry("A", term_max=24, **LATER)]).upload.info.id
    later = on_day(shop, DECEMBER)
    assert not go_live(later, by="cron").due
    assert publish(later, number, by="cron", reviewed=True).waiting
    assert live(shop) == {"A": 12}


def test_an_approval_of_today_counts_for_the_day_after(shop: Workshop) -> None:
    """A row approved as of now and published past midnight, one with a date in between, one that ended meanwhile."""
    rows = [entry("A", term_max=12), entry("B"), entry("C", **LATER), entry("D", valid_to=EVE)]
    number = shown(shop, rows).upload.info.id
    decide(shop, "approve", number, by="luis")
    done = publish_today(on_day(shop, DECEMBER), number, by="cron", reviewed=True)
    assert not done.waiting
    assert set(live(shop)) == {"A", "B", "C"}


def test_without_review_a_row_of_a_later_day_waits_all_the_same(shop: Workshop) -> None:
    """`sync --no-review` remembers it; the day brings it without the file."""
    number = shown(shop, [entry("A", term_max=24, **LATER)]).upload.info.id
    publish(shop, number, by="cron", reviewed=False)
    assert live(shop) == {"A": 12}
    go_live(on_day(shop, DECEMBER), by="cron")
    assert live(shop) == {"A": 24}


@pytest.mark.parametrize("partial", [True, False])
def test_a_later_upload_that_says_otherwise_ends_the_waiting(shop: Workshop, partial: bool) -> None:
    """Before anybody has looked at it: the Lender no longer wants what was approved."""
    scheduled(shop)
    rows = [entry("A", term_max=36, **LATER)]
    staged = shown(shop, rows, partial=partial)
    assert not shop.store.schedule.waiting()
    assert not go_live(on_day(shop, DECEMBER), by="cron").due
    (act,) = (deed for deed in shop.store.audit.list() if deed.act == "supersede")
    assert (act.upload, act.products, act.by) == (staged.upload.info.id, ("A",), "ana")


@pytest.mark.parametrize(
    ("rows", "held", "partial"),
    [
        ([entry("A", term_max=24, **LATER), entry("B")], {}, False),
        ([entry("B")], {}, True),
        ([entry("B")], {"A": ("rate.unreadable",)}, False),
    ],
    ids=["says the same", "does not speak of it", "has an error in it"],
)
def test_a_later_upload_that_does_not_say_otherwise_leaves_it_waiting(
    shop: Workshop, rows: list[object], held: dict[str, tuple[str, ...]], partial: bool
) -> None:
    """The approval stands."""
    scheduled(shop)
    stage(shop, rows, held=held, partial=partial)  # type: ignore[arg-type]
    assert go_live(on_day(shop, DECEMBER), by="cron").due.begun == ("A",)


def test_a_full_upload_that_drops_a_product_to_come_ends_its_waiting(shop: Workshop) -> None:
    """Nothing live is removed; what never was does not come."""
    number = shown(shop, [entry("A", term_max=12), entry("N", **LATER)]).upload.info.id
    decide(shop, "approve", number, by="luis")
    stage(shop, [entry("A", term_max=12)])
    assert not go_live(on_day(shop, DECEMBER), by="cron").due


def test_a_rejection_ends_the_waiting_whatever_was_published_since(shop: Workshop) -> None:
    """Of the product, or of the whole upload; an approval brings it back."""
    number = shown(shop, [entry("A", term_max=24, **LATER), entry("B")]).upload.info.id
    decide(shop, "approve", number, by="luis")
    publish(shop, number, by="pat", reviewed=True)
    planning.show_plan(shop, shop.store.uploads.get(number), by="eva")
    decide(shop, "reject", number, by="eva", products=("A",))
    assert not go_live(on_day(shop, DECEMBER), by="cron").due
    decide(shop, "approve", number, by="eva", products=("A",))
    decide(shop, "reject", number, by="eva")
    assert not shop.store.schedule.waiting()


def test_a_product_leaves_the_day_after_its_last(shop: Workshop) -> None:
    """Its last day still counts; no upload and no approval is needed, and the guard does not mind."""
    number = shown(shop, [entry("A", term_max=12, valid_to=EVE), entry("B")]).upload.info.id
    publish(shop, number, by="pat", reviewed=False)
    assert not go_live(on_day(shop, EVE), by="cron").due
    done = go_live(on_day(shop, DECEMBER), by="cron")
    assert (done.due.ended, set(live(shop))) == (("A",), {"B"})


def test_an_old_version_ends_and_the_new_one_begins_on_its_own_day(shop: Workshop) -> None:
    """The gap between them is the Lender's."""
    publish(shop, shown(shop, [entry("A", term_max=12, valid_to=EVE)]).upload.info.id, by="pat", reviewed=False)
    scheduled(shop, valid_from=DECEMBER + timedelta(days=2))
    go_live(on_day(shop, DECEMBER), by="cron")
    assert live(shop) == {}
    go_live(on_day(shop, DECEMBER + timedelta(days=2)), by="cron")
    assert live(shop) == {"A": 24}


def test_an_unchanged_upload_on_the_day_waits_for_nobody(shop: Workshop) -> None:
    """The same file, read again on the day and the day after: the row is approved; nothing asks for review."""
    number = scheduled(shop)
    for day in (DECEMBER, DECEMBER + timedelta(days=1)):
        on = on_day(shop, day)
        assert not publish(on, number, by="cron", reviewed=True).waiting
        go_live(on, by="cron")
        assert planning.plan_of(on, shop.store.uploads.get(number)).codes == frozenset()
    assert len(shop.store.releases.list()) == 2


def test_a_product_withdrawn_by_hand_does_not_come_back_by_date(shop: Workshop) -> None:
    """Not before it is reinstated."""
    scheduled(shop)
    withdraw(shop, frozenset("A"), by="pat")
    day = on_day(shop, DECEMBER)
    assert not go_live(day, by="cron").due
    shop.store.decisions.reinstate("A", by="pat")
    assert go_live(day, by="cron").due.begun == ("A",)


def test_what_is_coming_is_listed_and_what_came_is_told(shop: Workshop) -> None:
    """In the plan, in the list of releases, and in the run's own line, in both languages."""
    publish(shop, shown(shop, [entry("Z", valid_to=EVE)], partial=True).upload.info.id, by="pat", reviewed=False)
    number = shown(shop, [entry("A", term_max=24, **LATER)], partial=True).upload.info.id
    decide(shop, "approve", number, by="luis")
    coming = [(item.code, item.day, item.what, item.by) for item in upcoming(shop)]
    assert coming == [("A", DECEMBER, "starts", "luis"), ("Z", DECEMBER, "ends", None)]
    plan = planning.plan_of(shop, shop.store.uploads.get(number))
    assert "◷ A · Libre Inversión A: desde el 1 de diciembre de 2026, ya aprobado" in report.plan_report(plan, "es")
    done = go_live(on_day(shop, DECEMBER), by="cron")
    assert report.due_sentence(done.due, "es") == "Por fecha: entra en vigencia A; termina la de Z."
    assert report.due_sentence(done.due, "en") == "By date: A begins; Z ends."
    release = shop.store.releases.list()[0]
    (said,) = (d for d in shop.store.decisions.list() if d.release == release.number)
    assert report.release_line(release, "es", live=True, products=said.products).endswith("por fecha: A, Z  ← en vivo")


def test_the_manifest_of_a_dated_release_names_the_approval_it_rests_on(shop: Workshop, tmp_path: Path) -> None:
    """And lineage leads back to the upload and the person."""
    number = scheduled(shop)
    go_live(on_day(shop, DECEMBER), by="cron")
    manifest = json.loads((tmp_path / "published" / "releases" / "2" / "manifest.json").read_text("utf-8"))
    assert [(a["action"], a["by"]) for a in manifest["approvals"]] == [("approve", "luis"), ("due", "cron")]
    (found,) = trace(shop, "A", "term_max")
    assert found.upload is not None
    assert (found.value, found.upload.id, [d.by for d in found.approvals]) == (24, number, ["luis"])


def test_ids_assigned_while_a_row_waited_stay_with_it(shop: Workshop) -> None:
    """The marketplace's ids belong to the product, not to the version."""
    scheduled(shop)
    publish(
        shop,
        shown(shop, [entry("A", term_max=12, product_id="ln_01")], partial=True, sha256="e" * 64).upload.info.id,
        by="pat",
        reviewed=False,
    )
    assert not shop.store.schedule.waiting(), "that upload said otherwise"
    number = shown(shop, [entry("A", term_max=24, **LATER)]).upload.info.id
    decide(shop, "approve", number, by="luis")
    go_live(on_day(shop, DECEMBER), by="cron")
    content = shop.store.releases.content()
    assert content is not None
    assert (content.entries["A"].product.product_id, content.entries["A"].product.term_max) == ("ln_01", 24)


def test_the_first_release_may_be_one_by_date(tmp_path: Path) -> None:
    """Nothing live before; it carries the brand of its upload."""
    shop = shop_at(tmp_path)
    number = shown(shop, [entry("A", **LATER)], brand={"name": "Crédito Ejemplo"}).upload.info.id
    decide(shop, "approve", number, by="luis")
    go_live(on_day(shop, DECEMBER), by="cron")
    content = shop.store.releases.content()
    assert content is not None
    assert content.brand is not None
    assert (list(content.entries), content.brand.shown["name"]) == (["A"], "Crédito Ejemplo")


def test_deciding_on_what_changes_nothing_is_refused(shop: Workshop) -> None:
    """Also where the only row that differed has gone live."""
    number = scheduled(shop)
    day = on_day(shop, DECEMBER)
    go_live(day, by="cron")
    with pytest.raises(Refused, match="changes nothing"):
        decide(day, "approve", number, by="luis")


def test_a_dear_scheduled_change_is_seen_before_it_is_approved(shop: Workshop) -> None:
    """Its fields, before and after, and why it matters."""
    plan = shown(shop, [entry("A", term_max=12, rate_min=Decimal("25.9"), **LATER)]).plan
    text = report.plan_report(plan, "es")
    assert "Tasa desde: 24,9 % → 25,9 %  (sube la tasa)" in text
