"""Who may let what through, bound to what they looked at; and the list of everything people did."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from catalog import upkeep
from catalog.plan import BRAND
from catalog.store import tables
from pipeline import report
from pipeline.run import planning
from pipeline.run.deciding import decide
from pipeline.run.publishing import Published, publish, rollback, withdraw
from pipeline.run.workshop import Workshop
from schemas.errors import LockHeld, Refused, StalePlan
from schemas.product import Brand
from tests.publishing import TODAY, entry
from tests.shops import on_day, shop_at, shown, stage


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return shop_at(tmp_path)


def live(shop: Workshop) -> dict[str, int | None]:
    """Code -> its longest term, which these tests change."""
    content = shop.store.releases.content()
    return {code: item.product.term_max for code, item in content.entries.items()} if content else {}


def go(shop: Workshop, number: int, *, reviewed: bool = True) -> Published:
    return publish(shop, number, by="pat", reviewed=reviewed)


def started(shop: Workshop) -> None:
    """Release 1 with A and B."""
    go(shop, shown(shop, [entry("A", term_max=12), entry("B", term_max=12)]).upload.info.id, reviewed=False)


def test_a_plan_partly_approved_publishes_just_that(shop: Workshop) -> None:
    """By product; the rest waits, and is still there to be approved."""
    number = shown(shop, [entry("A"), entry("B"), entry("C")]).upload.info.id
    assert go(shop, number).waiting
    decide(shop, "approve", number, by="luis", products=("A", "C"))
    assert go(shop, number).outcome.minted
    assert set(live(shop)) == {"A", "C"}
    later = go(shop, number)
    assert (later.waiting, later.overtaken) == (True, False)


def test_a_rejection_by_product_keeps_it_out_of_an_approval_of_the_whole(shop: Workshop) -> None:
    """Until that product is approved by name."""
    number = shown(shop, [entry("A"), entry("B")]).upload.info.id
    decide(shop, "reject", number, by="eva", products=("B",), comment="la tasa no es esa")
    decide(shop, "approve", number, by="luis")
    go(shop, number)
    assert set(live(shop)) == {"A"}
    planning.show_plan(shop, shop.store.uploads.get(number), by="eva")
    decide(shop, "approve", number, by="eva", products=("B",))
    go(shop, number)
    assert set(live(shop)) == {"A", "B"}


def test_nobody_has_to_approve_but_a_rejection_still_holds(shop: Workshop) -> None:
    """Under --no-review, run after run, whatever else is published meanwhile."""
    number = shown(shop, [entry("A"), entry("B")]).upload.info.id
    decide(shop, "reject", number, by="eva", products=("B",))
    for _ in range(3):
        go(shop, number, reviewed=False)
        assert set(live(shop)) == {"A"}
    other = shown(shop, [entry("C")], partial=True).upload.info.id
    decide(shop, "reject", other, by="eva")
    assert not go(shop, other, reviewed=False).outcome.minted
    assert set(live(shop)) == {"A"}


def test_a_rejected_upload_says_so_when_it_is_to_be_published(shop: Workshop) -> None:
    """Who, when and why, not that it waits for review."""
    number = shown(shop, [entry("A")]).upload.info.id
    decide(shop, "reject", number, by="eva", comment="la tasa no es esa")
    done = go(shop, number)
    assert done.rejected is not None
    assert report.rejected_sentence(done.rejected, "es") == (
        "La carga fue rechazada (eva, 2026-11-22 12:00 UTC: «la tasa no es esa»); lo publicado no cambia."
    )


def test_removals_held_stay_held_after_others_of_the_upload_were_named(shop: Workshop) -> None:
    """Four of ten are missing; naming two and publishing them lets the other two go no more than before."""
    everything = [entry(code) for code in "ABCDEFGHIJ"]
    go(shop, shown(shop, everything).upload.info.id, reviewed=False)
    number = shown(shop, everything[4:]).upload.info.id
    decide(shop, "approve", number, by="luis", products=("A", "B"))
    go(shop, number)
    plan = planning.show_plan(shop, shop.store.uploads.get(number), by="luis").plan
    assert ([r.code for r in plan.held_removals], plan.removed) == (["C", "D"], ())
    go(shop, number, reviewed=False)
    assert set(live(shop)) == set("CDEFGHIJ")


def test_a_jump_is_not_published_by_itself_and_the_rest_is(shop: Workshop) -> None:
    """With and without review; approved by name it goes out."""
    started(shop)
    number = shown(shop, [entry("A", term_max=120), entry("B", term_max=24)]).upload.info.id
    go(shop, number, reviewed=False)
    assert live(shop) == {"A": 12, "B": 24}
    planning.show_plan(shop, shop.store.uploads.get(number), by="luis")
    decide(shop, "approve", number, by="luis")
    go(shop, number)
    assert live(shop) == {"A": 12, "B": 24}
    decide(shop, "approve", number, by="luis", products=("A",))
    go(shop, number, reviewed=False)
    assert live(shop) == {"A": 120, "B": 24}


def test_only_the_plan_that_was_shown_can_be_approved(shop: Workshop) -> None:
    """After another release the refusal says which, when, by whom, how many products differ; then one looks again."""
    started(shop)
    number = shown(shop, [entry("A", term_max=24), entry("B", term_max=24)]).upload.info.id
    other = shown(shop, [entry("B", term_max=24)], by="eva", partial=True).upload.info.id
    go(shop, other, reviewed=False)
    with pytest.raises(StalePlan) as stale:
        decide(shop, "approve", number, by="luis")
    assert stale.value.say("es") == (
        "Este plan se hizo sobre la versión 1; ya está publicada la 2 (12:00 UTC, pat). "
        "Vuelva a revisarlo: cambia 1 producto."
    )
    assert "release 2 is live now (12:00 UTC, pat). Look at it again: 1 product differs." in stale.value.say("en")
    planning.show_plan(shop, shop.store.uploads.get(number), by="luis")
    decide(shop, "approve", number, by="luis")
    go(shop, number)
    assert live(shop) == {"A": 24, "B": 24}


def test_a_day_later_the_refusal_gives_the_date(shop: Workshop) -> None:
    """A time alone would be taken for today's."""
    started(shop)
    number = shown(shop, [entry("A", term_max=24), entry("B", term_max=12)]).upload.info.id
    withdraw(shop, frozenset("B"), by="pat")
    with pytest.raises(StalePlan, match=r"2026-11-22 12:00 UTC, pat"):
        decide(on_day(shop, TODAY.replace(day=24)), "approve", number, by="luis")


def test_the_desk_decides_on_the_very_plan_it_showed(shop: Workshop) -> None:
    """The hash the page carried counts, not what somebody else looked at since."""
    started(shop)
    seen = shown(shop, [entry("A", term_max=24)], partial=True)
    number = seen.upload.info.id
    withdraw(shop, frozenset("B"), by="pat")
    planning.show_plan(shop, seen.upload, by="eva")
    with pytest.raises(StalePlan):
        decide(shop, "approve", number, by="luis", plan=seen.plan.hash)
    decide(shop, "approve", number, by="eva")


def test_a_machine_that_submits_again_has_not_looked(shop: Workshop) -> None:
    """Only planning it does not count as seen: the approval of the old plan does not slip over to the new one."""
    started(shop)
    upload = shown(shop, [entry("A", term_max=24)], partial=True).upload
    withdraw(shop, frozenset("B"), by="pat")
    planning.plan_of(shop, upload)
    with pytest.raises(StalePlan):
        decide(shop, "approve", upload.info.id, by="luis")


def test_an_upload_checked_against_other_requirements_cannot_be_approved(shop: Workshop) -> None:
    """It has to be checked anew."""
    upload = shown(shop, [entry("A")], requirements="2020-01-01+1").upload
    number = upload.info.id
    with pytest.raises(StalePlan, match=r"2020-01-01\+1"):
        decide(shop, "approve", number, by="luis")
    plan = planning.plan_of(shop, upload)
    shop.store.decisions.decide("approve", number, plan.hash, by="luis")
    with pytest.raises(StalePlan, match=r"2020-01-01\+1"):
        go(shop, number)


def test_whoever_handed_in_the_bytes_cannot_approve_them_under_any_number(shop: Workshop) -> None:
    """Neither the newest upload of them, nor one a machine made, nor by handing them in a second time."""
    rows, others = [entry("A")], [entry("B")]
    stage(shop, rows, by="ana")
    shown(shop, others, by="eva")
    again = shown(shop, rows, by="robot").upload.info.id
    assert stage(shop, rows, by="Nora").info.id == again
    for person in ("ana", "ANA ", "robot", "nora"):
        with pytest.raises(Refused, match="handed in"):
            decide(shop, "approve", again, by=person)
    assert shop.store.decisions.handed_in_by(again) == ("Nora", "ana", "robot")
    decide(shop, "approve", again, by="eva")


def test_a_product_of_a_plan_with_a_new_brand_is_not_approved_without_it(tmp_path: Path) -> None:
    """Its pages were shown in that brand, and are published as they were shown."""
    shop = shop_at(tmp_path, brand=Brand(name="Antes"))
    started(shop)
    renamed = replace(shop, brand=Brand(name="Después"))
    number = shown(renamed, [entry("A", term_max=24), entry("B", term_max=24)]).upload.info.id
    with pytest.raises(Refused, match=BRAND):
        decide(renamed, "approve", number, by="luis", products=("A",))
    decide(renamed, "approve", number, by="luis", products=("A", BRAND))
    go(renamed, number)
    content = shop.store.releases.content()
    assert content is not None
    assert content.brand is not None
    assert (live(shop), content.brand.shown["name"]) == ({"A": 24, "B": 12}, "Después")


def test_a_decision_taken_while_publishing_is_not_lost(shop: Workshop) -> None:
    """An order drawn up before a rejection is refused by the store, in the same transaction that would have minted."""
    from pipeline.run.publishing import _order

    number = shown(shop, [entry("A"), entry("B")]).upload.info.id
    decide(shop, "approve", number, by="luis")
    now = planning.standing(shop, shop.store.uploads.get(number))
    order = _order(shop, now, now.scope.allowed(now.plan.codes), by="pat", reviewed=True)
    decide(shop, "reject", number, by="eva", products=("B",))
    from catalog.publish import publish as mint

    with pytest.raises(StalePlan):
        mint(shop.place, order)
    assert live(shop) == {}


def test_every_act_is_in_one_list(shop: Workshop) -> None:
    """Who, what, when, about what; newest first, in pages."""
    number = shown(shop, [entry("A"), entry("B")]).upload.info.id
    decide(shop, "reject", number, by="eva", comment="falta algo")
    decide(shop, "approve", number, by="luis")
    go(shop, number)
    withdraw(shop, frozenset("B"), by="pat")
    shop.store.decisions.reinstate("B", by="pat")
    rollback(shop, None, by="pat")
    acts = shop.store.audit.list()
    assert sorted((deed.act, deed.by) for deed in acts) == sorted(
        [
            ("upload", "ana"), ("plan", "ana"), ("reject", "eva"), ("approve", "luis"), ("publish", "pat"),
            ("withdraw", "pat"), ("reinstate", "pat"), ("rollback", "pat"),
        ]
    )  # fmt: skip
    assert {deed.note for deed in acts} >= {"productos.xlsx", "falta algo"}
    assert shop.store.audit.list(before=acts[-1].at) == ()
    assert len(shop.store.audit.list(most=3)) == 3


@pytest.mark.parametrize("table", ["acts", "plans", "decisions", "releases"])
def test_the_database_itself_refuses_to_rewrite_what_was_done(shop: Workshop, table: str) -> None:
    """Neither changed nor deleted, whoever holds the connection."""
    number = shown(shop, [entry("A")]).upload.info.id
    decide(shop, "approve", number, by="luis")
    go(shop, number)
    rows = tables.acts.metadata.tables[table]
    column = next(column for column in rows.c if isinstance(column.type, sa.Text | sa.String))
    for change in (rows.delete(), rows.update().values({column.name: "otra cosa"})):
        with pytest.raises(sa.exc.IntegrityError, match="append-only"), shop.store.database.write() as connection:
            connection.execute(change)


def test_pages_are_published_as_they_were_shown(shop: Workshop, tmp_path: Path) -> None:
    """Digest by digest: the preview of an approved product and its published page are one file."""
    seen = shown(shop, [entry("A"), entry("B", rate_min=Decimal("23.5"))])
    number = seen.upload.info.id
    decide(shop, "approve", number, by="luis", products=("B",))
    go(shop, number)
    files = shop.store.releases.files(1)
    for path in ("b.html", "en/b.html"):
        assert files[path] == seen.preview.files[path]
        published = tmp_path / "published" / "releases" / "1" / path
        laid_out = next((tmp_path / "home" / "previews").iterdir()) / path
        assert published.read_bytes() == laid_out.read_bytes()
    assert "a.html" not in files


def test_a_preview_never_changes_under_its_reader(shop: Workshop) -> None:
    """Another base makes another plan with a preview of its own; the first one stays as it was."""
    started(shop)
    seen = shown(shop, [entry("A", term_max=24), entry("C")], partial=True)
    withdraw(shop, frozenset("B"), by="pat")
    again = planning.show_plan(shop, seen.upload, by="luis")
    assert again.plan.hash != seen.plan.hash
    assert shop.store.previews.get(seen.upload.info.id, seen.plan.hash) == seen.preview
    assert ("b.html" in seen.preview.files, "b.html" in again.preview.files) == (True, False)


def test_pages_that_would_not_be_as_shown_are_not_published(shop: Workshop) -> None:
    """Another look (templates, logo, colour) is another plan: the approval no longer counts, and it is said."""
    number = shown(shop, [entry("A")]).upload.info.id
    decide(shop, "approve", number, by="luis")
    other = replace(shop, brand=replace(shop.brand, accent="#004488"))
    done = publish(other, number, by="pat", reviewed=True)
    assert (done.waiting, done.overtaken, live(shop)) == (True, True, {})


def test_a_release_is_told_though_another_publishes_right_behind_it(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is old is forgotten with the next one: that somebody else is at work by then is no failure of this one."""

    def taken(_place: object, _keep: int) -> None:
        raise LockHeld("taken", es="ocupado")

    monkeypatch.setattr(upkeep, "prune", taken)
    number = shown(shop, [entry("A")]).upload.info.id
    decide(shop, "approve", number, by="luis")
    assert publish(shop, number, by="pat", reviewed=True).outcome.minted
    assert live(shop) == {"A": None}


def test_old_previews_are_forgotten_with_their_files(shop: Workshop, tmp_path: Path) -> None:
    """`[releases] keep` uploads stay; the home holds what releases and previews need, and no more."""
    from catalog.upkeep import prune, verify

    first = shown(shop, [entry("Z")]).upload.info.id
    for term in (12, 24, 36):
        go(shop, shown(shop, [entry("A", term_max=term)]).upload.info.id, reviewed=False)
    prune(shop.place, 2)
    assert shop.store.previews.get(first) is None
    assert len(list((tmp_path / "home" / "previews").iterdir())) == 2
    assert verify(shop.place, 2) == []
    kept = [shop.store.previews.get(*name) for name in shop.store.previews.names()]
    needed = {ref.sha256 for preview in kept if preview for ref in preview.files.values()}
    needed |= {ref.sha256 for number in (2, 3) for ref in shop.store.releases.files(number).values()}
    needed |= {shop.store.releases.get(number).manifest.sha256 for number in (2, 3)}
    assert {path.name for path in (tmp_path / "home" / "files").iterdir()} == needed


def test_verify_looks_into_every_release_and_preview_that_is_kept(shop: Workshop, tmp_path: Path) -> None:
    """A damaged content of an old release, or of a preview, is named."""
    from catalog.upkeep import verify

    for term in (12, 24):
        go(shop, shown(shop, [entry("A", term_max=term)]).upload.info.id, reviewed=False)
    seen = shown(shop, [entry("A", term_max=30)])
    lost = [shop.store.releases.files(1)["a.html"], seen.preview.files["a.html"]]
    for ref in lost:
        (tmp_path / "home" / "files" / ref.sha256).unlink()
    found = {(problem.where, problem.what, problem.path) for problem in verify(shop.place, 30)}
    assert found == {("home", "missing", f"files/{ref.sha256}") for ref in lost}
