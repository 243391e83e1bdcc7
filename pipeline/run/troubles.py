"""What a run found wrong, as troubles to be told once: sources, data, reviews, targets, what is live, waivers.

Pure but for what it is given. A scope that was not looked at (a source out of reach tells nothing of its data) is not
among those looked at, so that no trouble there ends by silence.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from catalog.ledger import Known, Waiver
from catalog.watch import Notice, Trouble
from pipeline.report.receipts import late_sentence
from pipeline.report.text import ready_sentence
from schemas import wording
from schemas.errors import LockHeld

if TYPE_CHECKING:
    from catalog.publish import Delivered
    from catalog.receipts import Late
    from catalog.targets import Problem
    from pipeline.run.checking import Checked
    from pipeline.run.taking import Taken


_MOST_NAMED = 10


@dataclass(slots=True)
class Watched:
    """Troubles found and the scopes looked at, while they are gathered."""

    troubles: list[Trouble] = field(default_factory=list)
    looked: set[str] = field(default_factory=set)

    def look(self, scope: str, *found: Trouble) -> None:
        """A scope that was looked at, and what was found there."""
        self.looked.add(scope)
        self.troubles += found


def watch_sources(seen: Watched, taken: Iterable[Taken]) -> None:
    """Sources out of reach or refused, errors in their data, and plans that wait for a person."""
    for one in taken:
        reach, data = f"source:{one.source.key}:reach", f"source:{one.source.key}:data"
        if one.state != "waiting" and not isinstance(one.fault, LockHeld):
            seen.look(reach, *_reach(one, reach))
        if one.checked is not None:
            seen.look(data, *_data(one, data))


def _reach(one: Taken, scope: str) -> Iterator[Trouble]:
    if one.fault:
        label = f"{one.source.name}: " if one.source.name else ""
        yield Trouble(
            key=f"source:{one.key}:{one.state}",
            scope=scope,
            spanish=f"{label}{one.fault.say('es')}",
            english=f"{label}{one.fault.say('en')}",
        )


def _data(one: Taken, scope: str) -> Iterator[Trouble]:
    checked, label = one.checked, one.source.label
    if checked is not None and checked.has_errors:
        yield Trouble(
            key=f"source:{one.key}:errors",
            scope=scope,
            spanish=f"{label}: {_errors(checked, 'es')}",
            english=f"{label}: {_errors(checked, 'en')}",
        )
    plan = one.published.plan if one.published else None
    if (one.published and one.published.waiting) or (plan and (plan.held_removals or plan.held_changes)):
        yield Trouble(
            key=f"source:{one.key}:review",
            scope=scope,
            spanish=f"{label}: la carga {one.upload} espera revisión; lo publicado no cambia. "
            f"«vitrina plan {one.upload}» la muestra.",
            english=f"{label}: upload {one.upload} waits for review; what is published stays. "
            f"“vitrina plan {one.upload}” shows it.",
        )


def _errors(checked: Checked, lang: str) -> str:
    """How many products are held; of a file nobody could use, why."""
    why = next((finding for finding in checked.findings if finding.effect == "rejects_file"), None)
    return ready_sentence(checked, lang) if why is None else f"{wording.message(why, lang)} {_STAYS[lang]}"


_STAYS = {"es": "Lo publicado sigue igual.", "en": "What is published stays."}


def watch_targets(seen: Watched, deliveries: Iterable[Delivered]) -> None:
    """Targets that stay on an older release. deliveries: the last to each."""
    for delivery in deliveries:
        key, said = f"target:{delivery.target}", delivery.fault
        seen.look(key, *([Trouble(key=key, scope=key, spanish=said.say("es"), english=said.say("en"))] if said else []))


def watch_gone(seen: Watched, lasting: Iterable[str], targets: Iterable[str]) -> None:
    """What was wrong with a target that the settings no longer name is over. lasting: keys of troubles."""
    gone = {key for key in lasting if key.startswith(("target:", "drift:"))}
    seen.looked |= gone - {f"{kind}:{name}" for kind in ("target", "drift") for name in targets}


def forgotten_sources(lasting: Mapping[str, Notice], named: Iterable[str], tried: Callable[[], Container[str]],
                      moment: datetime) -> frozenset[str]:  # fmt: skip
    """Keys of old troubles of sources that are neither settings nor read by any run of late: somebody tried them once.

    named: keys of the sources of the settings; tried: keys of those tried since `moment`, which is asked for only
    where there is an old trouble. Nobody can say that such a source is well again, so nobody is told.
    """
    old = {key: _source_of(key) for key, notice in lasting.items() if key.startswith("source:") and notice.at < moment}
    if not old:
        return frozenset()
    kept, lately = frozenset(named), tried()
    return frozenset(key for key, source in old.items() if source not in kept and source not in lately)


def _source_of(key: str) -> str:
    return key.removeprefix("source:").rpartition(":")[0]


def watch_live(
    seen: Watched, live: Checked | None, warnings: Mapping[str, int], today: date, *, withdrawn: bool
) -> None:
    """What is live and may not be today (or may no longer: it was taken down); caps of a month nobody has loaded."""
    found = live.findings if live else ()
    wrong = sorted({f.product for f in found if f.severity == "error" and f.product})
    seen.look("live", *([_taken_down(wrong) if withdrawn else _unlawful(len(wrong))] if wrong else []))
    missing = warnings.get("usury.cap_missing", 0)
    seen.look("caps", *([_no_cap(missing, today)] if missing else []))


def _unlawful(count: int) -> Trouble:
    return Trouble(
        key="live",
        scope="live",
        spanish=f"Hay productos publicados que ya no cumplen hoy ({count}); «vitrina check --published» dice por qué.",
        english=f"Published products no longer comply today ({count}); “vitrina check --published” says why.",
    )


def _taken_down(codes: Sequence[str]) -> Trouble:
    listed = ", ".join(codes[:_MOST_NAMED])
    return Trouble(
        key="live",
        scope="live",
        spanish=f"Lo publicado no cumplía hoy y, según los ajustes, se retiró lo que supera el tope: {listed}.",
        english=f"Published products no longer complied today; by the settings those over the cap left: {listed}.",
    )


def _no_cap(count: int, today: date) -> Trouble:
    return Trouble(
        key="caps",
        scope="caps",
        spanish=f"Falta el tope de usura de {wording.month(today, 'es')} "
        f"(productos publicados que lo necesitan: {count}); cárguelo con «vitrina reference import ARCHIVO».",
        english=f"The usury cap of {wording.month(today, 'en')} is missing "
        f"(published products that need it: {count}); load it with “vitrina reference import FILE”.",
    )


def watch_waivers(seen: Watched, waivers: Mapping[str, Waiver], still: Iterable[Known], today: date) -> None:
    """Waivers that have run out while their finding is still there. still: the open findings."""
    gone = {item.id: item for item in still if item.id in waivers and waivers[item.id].until < today}
    seen.look("waivers", *(_run_out(item, waivers[item.id]) for item in gone.values()))


def _run_out(item: Known, waiver: Waiver) -> Trouble:
    about = item.finding.product or item.finding.sheet or ""
    code, short = item.finding.code, item.short
    return Trouble(
        key=f"waiver:{item.id}",
        scope="waivers",
        spanish=f"Venció el {wording.day(waiver.until, 'es')} la exoneración de {code} ({about}) que dio {waiver.by}; "
        f"el aviso vuelve a contar. «vitrina waive {short}» la renueva.",
        english=f"The waiver of {code} ({about}) by {waiver.by} ran out on {wording.day(waiver.until, 'en')}; "
        f"the warning counts again. “vitrina waive {short}” renews it.",
    )


def watch_receipts(seen: Watched, late: Iterable[Late]) -> None:
    """Releases whose next receipt is late."""
    seen.look("receipts", *(_late(one) for one in late))


def _late(one: Late) -> Trouble:
    return Trouble(
        key=f"receipt:{one.release}:{one.awaited}",
        scope="receipts",
        spanish=late_sentence(one, "es"),
        english=late_sentence(one, "en"),
    )


def watch_drift(seen: Watched, targets: Iterable[str], problems: Iterable[Problem]) -> None:
    """Targets somebody changed since their delivery. targets: those that were served, which alone are looked at."""
    found: dict[str, list[Problem]] = {}
    for problem in problems:
        found.setdefault(problem.where, []).append(problem)
    for target in targets:
        there = found.get(target, [])
        if all(problem.what != "unreachable" for problem in there):
            seen.look(f"drift:{target}", *(_drifted(target, len(there)) for _ in there[:1]))


def _drifted(target: str, count: int) -> Trouble:
    return Trouble(
        key=f"drift:{target}",
        scope=f"drift:{target}",
        spanish=f"El destino «{target}» ya no es igual a lo que se publicó (diferencias: {count}); "
        "«vitrina releases --verify» las muestra y «vitrina publish» las repara.",
        english=f"The target «{target}» is no longer what was published (differences: {count}); "
        "“vitrina releases --verify” shows them and “vitrina publish” mends them.",
    )
