"""What is live is held against the tables of the day: a listing can become unlawful without any upload."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline.log import open_log
from pipeline.run.planning import newest_upload, plan_of
from pipeline.run.publishing import withdraw
from pipeline.run.rechecking import recheck
from pipeline.run.scheduled import Around, Ran, run
from pipeline.run.taking import Job
from pipeline.run.workshop import Workshop, open_workshop
from pipeline.sources import Means, source_of
from schemas.errors import Refused
from schemas.settings import load_settings
from tests.checking import LOAN
from tests.command import vitrina
from tests.workbooks import build

DECEMBER, JANUARY = date(2025, 12, 10), date(2026, 1, 10)
"""Caps of consumo ordinario: 25,02 in December 2025, 24,36 in January 2026."""


def workbook(folder: Path, **changes: object) -> Path:
    row: dict[str, Any] = {**LOAN, "Modalidad de crédito": "consumo y ordinario", **changes}
    return build(folder / "productos.xlsx", {"Productos": [list(row), list(row.values())]})


@contextmanager
def shop(folder: Path, today: date, **environ: str) -> Iterator[Workshop]:
    settings = load_settings(environ=environ, home=folder / "var", folder=folder)
    with open_workshop(settings, now=lambda: datetime(2026, 1, 1, tzinfo=UTC), today=today) as opened:
        yield opened


def synced(opened: Workshop, file: Path) -> Ran:
    around = Around(Means(opened.home / "sources"), open_log(sys.stderr, None))
    return run(opened, Job(sources=(source_of(str(file)),), by="ana", review=False), around)


def test_a_listing_can_become_unlawful_without_an_upload(tmp_path: Path) -> None:
    """24,9 % was lawful in December; January's cap is 24,36 %: a finding that names the published cell."""
    with shop(tmp_path, DECEMBER) as opened:
        assert not synced(opened, workbook(tmp_path)).live.has_errors
    with shop(tmp_path, JANUARY) as opened:
        (found,) = (f for f in recheck(opened).findings if f.severity == "error")
    assert (found.code, found.severity, found.product, found.cell) == ("rate.above_usury", "error", "LIB-001", "F2")


def test_by_setting_it_is_withdrawn(tmp_path: Path) -> None:
    """`[reference] unlawful = "withdraw"`: the run mints a release without it, and plans keep it out."""
    with shop(tmp_path, DECEMBER) as opened:
        synced(opened, workbook(tmp_path))
    with shop(tmp_path, JANUARY, VITRINA_REFERENCE_UNLAWFUL="withdraw") as opened:
        done = synced(opened, workbook(tmp_path))
        assert done.live.withdrawn is not None
        content = opened.store.releases.content()
        assert content is not None
        assert content.entries == {}
    with shop(tmp_path, DECEMBER) as opened:
        plan = plan_of(opened, newest_upload(opened, None))
        assert plan.is_empty


def test_by_default_it_stays_and_is_said(tmp_path: Path) -> None:
    """Nothing is taken down behind the lender's back."""
    with shop(tmp_path, DECEMBER) as opened:
        synced(opened, workbook(tmp_path))
    with shop(tmp_path, JANUARY) as opened:
        done = synced(opened, workbook(tmp_path))
        assert done.live.withdrawn is None
        assert done.live.has_errors
        content = opened.store.releases.content()
        assert content is not None
        assert "LIB-001" in content.entries


def test_a_missing_cap_can_hold_a_listing(tmp_path: Path) -> None:
    """`[reference] missing_cap = "hold"` makes the warning an error."""
    with shop(tmp_path, date(2026, 11, 22), VITRINA_REFERENCE_MISSING_CAP="hold") as opened:
        done = synced(opened, workbook(tmp_path))
    (checked,) = (one.checked for one in done.taken)
    assert checked is not None
    assert {f.code for f in checked.findings if f.severity == "error"} == {"usury.cap_missing"}
    assert not checked.products


def test_an_expired_listing_is_found(tmp_path: Path) -> None:
    """Its validity ends while nobody uploads anything."""
    with shop(tmp_path, DECEMBER) as opened:
        synced(opened, workbook(tmp_path, **{"Vigente hasta": date(2025, 12, 31)}))
    with shop(tmp_path, JANUARY) as opened:
        assert "valid_to.expired" in {f.code for f in recheck(opened).findings}


def test_only_what_is_live_can_be_withdrawn(tmp_path: Path) -> None:
    """A code with a typo is refused."""
    with shop(tmp_path, DECEMBER) as opened:
        synced(opened, workbook(tmp_path))
        with pytest.raises(Refused, match="LIB-002"):
            withdraw(opened, frozenset(("LIB-002",)), by="ana")


def test_the_command_line_withdraws_and_reinstates(tmp_path: Path) -> None:
    """withdraw takes it down at once; after reinstate the next sync brings it back."""
    file = build(tmp_path / "p.xlsx", {"P": [list(LOAN), list(LOAN.values())]})
    assert vitrina("sync", file, "--no-review", folder=tmp_path).code == 0
    assert vitrina("withdraw", "LIB-001", "--comment", "revisión", folder=tmp_path).code == 0
    assert vitrina("check", "--published", "--format", "json", folder=tmp_path).document["rows"] == 0
    assert vitrina("sync", file, "--no-review", folder=tmp_path).code == 0
    assert vitrina("check", "--published", "--format", "json", folder=tmp_path).document["rows"] == 0
    assert vitrina("reinstate", "LIB-001", folder=tmp_path).code == 0
    assert vitrina("sync", file, "--no-review", folder=tmp_path).code == 0
    assert vitrina("check", "--published", "--format", "json", folder=tmp_path).document["rows"] == 1


def test_checking_what_is_live_makes_no_home(tmp_path: Path) -> None:
    """Nothing was ever published: zero listings, no state."""
    assert vitrina("check", "--published", "--format", "json", folder=tmp_path).document["rows"] == 0
    assert list(tmp_path.iterdir()) == []
    assert vitrina("check", folder=tmp_path).code == 2
