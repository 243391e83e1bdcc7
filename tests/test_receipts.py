"""Receipts: what became of a release at the marketplace, in order, never undone, and a reminder when it is late."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from catalog.receipts import Late, Receipt, State, late, standings
from catalog.store import Store
from schemas.errors import Refused
from tests.command import vitrina, vitrina_here
from tests.publishing import entries, place_at, publish_these

EXAMPLES = Path(__file__).parents[1] / "data" / "examples"
TODAY = date(2026, 11, 22)
DAY = timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Three releases, minted on the day."""
    place = place_at(tmp_path)
    for shown in (entries("A"), entries("A", "B"), entries("B")):
        publish_these(place, shown)
    yield place.store
    place.store.close()


def enter(store: Store, number: int, *steps: State, day: date = TODAY, today: date = TODAY) -> None:
    for state in steps:
        store.receipts.enter(number, state, day=day, by="ana", today=today)


def receipt(number: int, state: State, day: date) -> Receipt:
    return Receipt(release=number, state=state, day=day, by="ana", at=datetime(2026, 11, 22, tzinfo=UTC))


def test_a_release_goes_step_by_step(store: Store) -> None:
    """Each with its day, its person and its note; a release nothing happened to is there too."""
    enter(store, 3, "drafted", "sent")
    store.receipts.enter(3, "acknowledged", day=TODAY, by="eva", today=TODAY, note="por teléfono")
    standing = store.receipts.standings()[3]
    assert [one.state for one in standing.receipts] == ["drafted", "sent", "acknowledged"]
    assert standing.last is not None
    assert (standing.last.by, standing.last.note, standing.last.day) == ("eva", "por teléfono", TODAY)
    assert store.receipts.standings()[1].receipts == ()


@pytest.mark.parametrize(
    ("before", "step", "says"),
    [
        ((), "sent", "primero use «vitrina pack 3»"),
        (("drafted",), "acknowledged", "regístrelo antes con «vitrina receipt 3 --sent»"),
        (("drafted", "sent"), "live", "--acknowledged"),
        (("drafted", "sent"), "sent", "ya figura como enviada desde el 22 de noviembre de 2026"),
        (("drafted", "sent", "acknowledged"), "sent", "no se repite ni se deshace"),
    ],
)
def test_out_of_order_or_backwards_is_refused(store: Store, before: tuple[State, ...], step: State, says: str) -> None:
    """In a sentence that says what comes first; nothing is entered."""
    enter(store, 3, *before)
    with pytest.raises(Refused) as refused:
        enter(store, 3, step)
    assert says in refused.value.say("es")
    assert store.receipts.standings()[3].step == len(before)


def test_a_day_that_cannot_be_is_refused(store: Store) -> None:
    """Neither tomorrow nor before the step that went before."""
    enter(store, 3, "drafted", "sent")
    for day in (TODAY + DAY, TODAY - DAY):
        with pytest.raises(Refused):
            enter(store, 3, "acknowledged", day=day)
    enter(store, 3, "acknowledged", day=TODAY + DAY, today=TODAY + 2 * DAY)


def test_a_new_release_supersedes_what_was_not_sent(store: Store) -> None:
    """What was sent counts until a newer one was sent too; what is live until a newer one is."""
    enter(store, 1, "drafted", "sent", "acknowledged", "live")
    enter(store, 2, "drafted", "sent")
    assert {n: one.superseded_by for n, one in store.receipts.standings().items()} == {1: None, 2: None, 3: None}
    enter(store, 3, "drafted")
    assert store.receipts.standings()[2].superseded_by is None
    enter(store, 3, "sent")
    assert store.receipts.standings()[2].superseded_by == 3
    enter(store, 3, "acknowledged", "live")
    assert store.receipts.standings()[1].superseded_by == 3


def test_an_overtaken_release_is_not_sent_any_more(store: Store) -> None:
    """Unless it was sent before the newer one was there: what happened may be entered late."""
    enter(store, 1, "drafted", day=TODAY - 3 * DAY)
    assert store.receipts.standings()[1].superseded_by == 3
    with pytest.raises(Refused, match="send that one"):
        enter(store, 1, "sent", day=TODAY + DAY, today=TODAY + DAY)
    enter(store, 1, "sent", day=TODAY - DAY)


def test_late_answers_are_told_and_only_those() -> None:
    """After more than the days allowed, of the release that still counts."""
    monday = TODAY - 6 * DAY
    steps = [receipt(1, "drafted", monday), receipt(1, "sent", monday)]
    for days, found in ((3, ()), (4, (Late(1, "acknowledged", monday, 4),))):
        assert late(standings(steps, [1, 2]).values(), monday + days * DAY, ack_days=3, live_days=9) == found
    steps.append(receipt(1, "acknowledged", TODAY))
    assert late(standings(steps, [1, 2]).values(), TODAY + 9 * DAY, ack_days=3, live_days=9) == ()
    waiting = late(standings(steps, [1, 2]).values(), TODAY + 10 * DAY, ack_days=3, live_days=9)
    assert waiting == (Late(1, "live", TODAY, 10),)
    steps += [receipt(2, "drafted", TODAY), receipt(2, "sent", TODAY)]
    assert [
        one.release for one in late(standings(steps, [1, 2]).values(), TODAY + 10 * DAY, ack_days=3, live_days=9)
    ] == [2]


def test_the_commands_show_the_way_of_a_release(tmp_path: Path) -> None:
    """pack, receipt, and what `releases` says of it; late in a reminder with the command that answers it."""
    vitrina("sync", EXAMPLES / "productos.csv", "--no-review", "--by", "ana", folder=tmp_path)
    refused = vitrina("receipt", "1", "--sent", folder=tmp_path)
    assert refused.code == 2
    assert "vitrina pack 1" in refused.err
    packed = vitrina("pack", "--out", "correo", folder=tmp_path)
    assert "Paquete de la versión 1: correo/vitrina-v1.zip" in packed.out
    assert "vitrina receipt 1 --sent" in packed.out
    assert "[delivery] contact" in packed.err, "what is missing in the settings is said"
    assert (tmp_path / "correo" / "vitrina-v1.eml").exists()
    done = vitrina("receipt", "1", "--sent", "--note", "por correo", "--by", "eva", folder=tmp_path)
    assert "(eva: por correo)" in done.out
    document = vitrina("releases", "--format", "json", folder=tmp_path).document
    assert document["releases"][0]["delivery"]["state"] == "sent"


def test_two_steps_in_one_call_are_refused(tmp_path: Path) -> None:
    """Wrong use in one sentence, whichever stands last, and nothing is entered."""
    done = vitrina_here("receipt", "1", "--sent", "--live", folder=tmp_path)
    assert (done.code, done.err) == (2, "Registre un paso a la vez; esta llamada trae --sent, --live.\n")
    done = vitrina_here("receipt", "1", "--live", "--sent", "--lang", "en", folder=tmp_path)
    assert (done.code, done.err) == (2, "Enter one step at a time; this call has --sent, --live.\n")
