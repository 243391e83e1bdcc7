"""The scheduled run: every source in turn, what is due by date, what is live held against the day, and who is told.

One run at a time. Each step is safe to repeat: a run that died at any point is made good by the next one.
"""

from __future__ import annotations

import contextlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from catalog import upkeep
from catalog.disk import hold
from catalog.entry import canonical, digest_of
from catalog.publish import Delivered, Outcome
from catalog.receipts import Late
from catalog.store import ReleaseInfo, Run
from catalog.watch import Changes, Notice, Trouble
from pipeline.run import rechecking
from pipeline.run.checking import Checked
from pipeline.run.delivering import late_receipts
from pipeline.run.patience import patiently
from pipeline.run.publishing import Published, go_live
from pipeline.run.taking import Job, Taken, circumstances, take
from pipeline.run.telling import tell_owed
from pipeline.run.troubles import (
    Watched,
    forgotten_sources,
    watch_drift,
    watch_gone,
    watch_live,
    watch_receipts,
    watch_sources,
    watch_targets,
    watch_waivers,
)
from pipeline.run.watched import leave_signs
from pipeline.run.workshop import Workshop
from pipeline.sources import Means, forget_downloads, named_sources
from schemas.errors import CannotRun, LockHeld

LOCK = "sync.lock"
_DAYS_TOLD = timedelta(days=7)
"""So long the trouble of a source lasts that no run tries any more (assumed: a weekly run has had its turn by then)."""


class Log(Protocol):
    """A structured log: what happened, and its facts; never a secret."""

    def info(self, event: str, **facts: Any) -> Any:
        """What went as expected."""

    def warning(self, event: str, **facts: Any) -> Any:
        """What a person should look at."""


@dataclass(frozen=True, slots=True)
class Around:
    """The world of a run. post: hands a notice on, CannotRun where nobody takes it; None: nobody is to be told."""

    means: Means
    log: Log
    post: Callable[[Notice], None] | None = None


@dataclass(frozen=True, slots=True)
class Live:
    """What is live, held against the day. checked None: nothing changed since it was last found to be in order."""

    checked: Checked | None
    withdrawn: Outcome | None
    products: int
    warnings: dict[str, int] = field(default_factory=dict)

    @property
    def has_errors(self) -> bool:
        """Is anything live that may not be, today?"""
        return self.checked is not None and self.checked.has_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One scheduled run.

    troubles: all that was found wrong, told before or not; due: what went live or left by its date; changes: troubles
    that began and ended; deliveries: the last to each target; late: receipts; untold: notices owed, because `unheard`
    kept them from being taken.
    """

    begun: datetime
    ended: datetime
    taken: tuple[Taken, ...]
    troubles: tuple[Trouble, ...]
    due: Published
    live: Live
    deliveries: tuple[Delivered, ...]
    release: ReleaseInfo | None
    late: int
    changes: Changes
    untold: int
    unheard: CannotRun | None = None

    @property
    def all_read(self) -> bool:
        """Was every source read and every target served?"""
        return not (any(one.fault for one in self.taken) or any(one.fault for one in self.deliveries))

    @property
    def code(self) -> int:
        """The exit code: 3 something out of reach, 1 errors in the data or in what is live, 0 otherwise."""
        targets = 3 if any(delivery.fault for delivery in self.deliveries) else 0
        return max(targets, 1 if self.live.has_errors else 0, *(one.code for one in self.taken))


@contextlib.contextmanager
def one_at_a_time(home: Path, *, by: str, now: datetime) -> Iterator[None]:
    """Hold the run's lock. LockHeld names who has it and since when; a process that dies loses it."""
    path = home / LOCK
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(hold(path))
        except LockHeld:
            raise _busy(path) from None
        path.write_text(f"{by}, {os.getpid()}, {now:%Y-%m-%d %H:%M} UTC", "utf-8")
        yield


def _busy(path: Path) -> LockHeld:
    who = path.read_text("utf-8", "replace").strip()
    return LockHeld(
        f"Another synchronisation is under way ({who}); this one has done nothing.",
        es=f"Otra sincronización está en curso ({who}); esta no hizo nada.",
    )


def run(shop: Workshop, job: Job, around: Around) -> Ran:
    """All that is to be done now. LockHeld: another run is at work. StoreUnavailable: nothing can be known."""
    begun = shop.store.database.now()
    with one_at_a_time(shop.home, by=job.by, now=begun):
        around.log.info("run.begun", sources=len(job.sources), by=job.by)
        taken = tuple(_taken(shop, job, around))
        due = patiently(lambda: go_live(shop, by=job.by), around.means.pause)
        live = _hold_against_day(shop, job.by, around)
        deliveries = _deliveries(taken, due, live)
        late = late_receipts(shop)
        seen = _watch(shop, taken, live, deliveries, late)
        changes = shop.store.sync.tell(seen.troubles, seen.looked, _forgotten(shop, taken))
        untold, unheard = _tell(shop, around)
        ran = Ran(
            begun=begun,
            ended=shop.store.database.now(),
            taken=taken,
            troubles=tuple(seen.troubles),
            due=due,
            live=live,
            deliveries=deliveries,
            release=shop.store.releases.current(),
            late=len(late),
            changes=changes,
            untold=untold,
            unheard=unheard,
        )
        _leave(shop, ran, around.log)
        _forget_old(shop, taken, around.log)
        forget_downloads(around.means.kept)
    return ran


def _forget_old(shop: Workshop, taken: Sequence[Taken], log: Log) -> None:
    """What was staged again and again without a release must not pile up."""
    if shop.store.releases.current() and any(one.submitted for one in taken):
        try:
            upkeep.forget_staged(shop.place, shop.settings.releases.keep)
        except CannotRun as fault:
            log.warning("upkeep.later", why=str(fault))


def _leave(shop: Workshop, ran: Ran, log: Log) -> None:
    """Enter the run, then the files for those who watch: a disk that takes none of them harms nothing else."""
    shop.store.sync.enter_run(_as_run(ran, live_basis(shop)))
    good = shop.store.sync.last_run(all_read=True)
    try:
        leave_signs(ran, shop.settings.sync, good.ended if good else None, troubles=len(shop.store.sync.troubles()))
    except OSError as fault:
        log.warning("signs.unwritten", path=str(fault.filename), why=str(fault.strerror))
    log.info("run.ended", code=ran.code, release=ran.release.number if ran.release else None)


def _taken(shop: Workshop, job: Job, around: Around) -> Iterator[Taken]:
    for source in job.sources:
        for one in take(shop, source, job, around.means):
            say = around.log.warning if one.code else around.log.info
            say("source.taken", source=one.key, state=one.state, sha256=one.sha256, upload=one.upload, code=one.code)
            yield one


def _hold_against_day(shop: Workshop, by: str, around: Around) -> Live:
    """Re-check what is live, unless it was found in order by the same tables on the same day."""
    basis = live_basis(shop)
    last = shop.store.sync.last_run()
    known = last.facts.get("live") if last else None
    if known and known["basis"] == basis:
        return Live(None, None, known["products"], known["warnings"])
    checked = rechecking.recheck(shop)
    withdrawn = patiently(lambda: rechecking.withdraw_unlawful(shop, checked, by), around.means.pause)
    warnings = Counter(finding.code for finding in checked.findings if finding.severity == "warning")
    return Live(checked, withdrawn, checked.rows, dict(warnings))


def live_basis(shop: Workshop) -> str:
    """A digest of everything that bears on whether what is live is in order."""
    release = shop.store.releases.current()
    said = [release.content if release else "", *circumstances(shop)]
    return digest_of([canonical(said)])


def _deliveries(taken: Sequence[Taken], due: Published, live: Live) -> tuple[Delivered, ...]:
    """How each target fared in the end."""
    outcomes = [*(one.published.outcome for one in taken if one.published), due.outcome]
    outcomes += [live.withdrawn] if live.withdrawn else []
    return tuple({d.target: d for outcome in outcomes for d in outcome.deliveries}.values())


def _watch(
    shop: Workshop, taken: Sequence[Taken], live: Live, deliveries: Sequence[Delivered], late: Sequence[Late]
) -> Watched:
    """Every trouble of a run."""
    seen = Watched()
    watch_sources(seen, taken)
    watch_targets(seen, deliveries)
    watch_live(seen, live.checked, live.warnings, shop.today, withdrawn=live.withdrawn is not None)
    waivers = shop.store.waivers.list()
    run_out = any(waiver.until < shop.today for waiver in waivers.values())
    watch_waivers(seen, waivers, shop.store.looks.open_findings() if run_out else (), shop.today)
    watch_receipts(seen, late)
    watch_drift(seen, [one.target for one in deliveries if not one.fault], upkeep.drift(shop.place))
    watch_gone(seen, shop.store.sync.troubles(), [target.name for target in shop.place.targets])
    return seen


def _forgotten(shop: Workshop, taken: Sequence[Taken]) -> frozenset[str]:
    """Troubles of sources that nobody has tried for `_DAYS_TOLD`."""
    moment = shop.store.database.now() - _DAYS_TOLD
    now = {one.key for one in taken}
    return forgotten_sources(
        shop.store.sync.troubles(),
        (source.key for source in named_sources(shop.settings.sources.named)),
        lambda: shop.store.sync.tried(moment) | now,
        moment,
    )


def _tell(shop: Workshop, around: Around) -> tuple[int, CannotRun | None]:
    """How many notices are still owed after this run told what it could, and why; none where nobody is to be told."""
    if around.post is None:
        return 0, None
    taken, fault = tell_owed(shop.store.sync, around.post)
    around.log.info("notices.told", taken=taken)
    if fault:
        around.log.warning("notices.owed", why=str(fault))
    return len(shop.store.sync.owed()), fault


def _as_run(ran: Ran, basis: str) -> Run:
    live = {"basis": basis, "products": ran.live.products, "warnings": ran.live.warnings}
    facts = {
        "sources": [{"source": one.key, "state": one.state, "upload": one.upload} for one in ran.taken],
        "release": ran.release.number if ran.release else None,
        "live": None if ran.live.has_errors or ran.live.withdrawn else live,
    }
    return Run(begun=ran.begun, ended=ran.ended, code=ran.code, all_read=ran.all_read, facts=facts)
