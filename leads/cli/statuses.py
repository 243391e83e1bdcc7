"""`status` and `import`: what happened, one lead or a file of them."""

from __future__ import annotations

import sys
from collections import deque
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from leads.cli import global_options
from leads.cli.session import Session, acting_person, session
from leads.words import LEAD_STATES, word_of
from schemas.errors import WrongUse

if TYPE_CHECKING:
    from leads.intake import Line
    from leads.store import LeadStore, Recorded

_TOGETHER = 512


def _who_and_how(function: Any) -> Any:
    for option in (
        click.option("--by", metavar="USER", help="Who says so; else the operating-system user."),
        click.option("--override", is_flag=True, help="Correct an event already on record; audited."),
        click.option("--fill-implied", is_flag=True, help="Also record the steps that were skipped, in order."),
    ):
        function = option(function)
    return function


def _how(said: dict[str, Any]) -> dict[str, Any]:
    return {
        "by": acting_person(said["by"]),
        "override": said["override"],
        "fill_implied": said["fill_implied"],
    }


@click.command("status")
@click.argument("click_id", required=False)
@click.argument("event", required=False, metavar="[application|approval|disbursement|rejected]")
@click.option("--amount", help="A decimal such as 5000000 or 5000000.50.")
@click.option("--currency", type=click.Choice(["COP", "MXN"]), help="Else the market's.")
@click.option("--reason", help="Free text.")
@click.option("--at", metavar="MOMENT", help="When it happened, such as 2026-11-22T10:00:00-05:00.")
@click.option("--stdin", is_flag=True, help="Read a batch (CSV or JSON lines) from standard input.")
@_who_and_how
@global_options
@click.pass_context
def status_command(ctx: click.Context, /, click_id: str | None, event: str | None, stdin: bool, **said: Any) -> int:
    """Record what happened to a lead and owe its postback."""
    here = session(ctx)
    how = _how(said)
    if stdin:
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape", newline="")  # type: ignore[union-attr]
        return _batch(here, sys.stdin, how)
    if click_id is None or event is None:
        raise WrongUse("Say CLICK_ID and EVENT, or use --stdin.", es="Indique CLICK_ID y EVENT, o use --stdin.")
    from leads.intake import read_happened
    from leads.store import record_status

    facts = {name: said[name] for name in ("amount", "currency", "reason")}
    happened = read_happened({"trackingId": click_id, "event": event, "occurredAt": said["at"], **facts})
    with here.store() as store:
        done = store.write(lambda tx: record_status(tx, happened, **how))
    here.document({"state": done.state, "owed": done.owed, "recorded": done.fresh})
    if done.fresh:
        state = word_of(LEAD_STATES, done.state, here.lang)
        here.say(f"Registrado: {event}. La solicitud queda {state}.", f"Recorded: {event}. The lead is {state}.")
    else:
        here.say("Ya estaba registrado con los mismos datos.", "It was on record already, with the same facts.")
    return 0


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@_who_and_how
@global_options
@click.pass_context
def import_command(ctx: click.Context, /, file: Path, **said: Any) -> int:
    """Record a file of statuses (CSV with click_id and event, or JSON lines); safe to run again after a stop."""
    here = session(ctx)
    if not file.exists():
        raise WrongUse(f"There is no file {file}.", es=f"No existe el archivo {file}.")
    how = _how(said)
    with file.open(encoding="utf-8", errors="surrogateescape", newline="") as stream:
        return _batch(here, stream, how)


def _batch(here: Session, stream: TextIO, how: dict[str, Any]) -> int:
    """Every line gets its own answer; lines that wait together share a commit."""
    from leads.intake import read_batch

    told: list[dict[str, object]] = []
    counts = {"recorded": 0, "known": 0, "refused": 0}
    with here.store() as store:
        waiting: deque[tuple[Line, Future[Recorded] | None]] = deque()
        for line in read_batch(stream):
            waiting.append((line, _submit(store, line, how)))
            if len(waiting) >= _TOGETHER:
                _tell(here, *waiting.popleft(), counts, told)
        while waiting:
            _tell(here, *waiting.popleft(), counts, told)
    here.document({**counts, "lines": told})
    here.say(
        f"Registrados: {counts['recorded']}. Ya estaban: {counts['known']}. Rechazados: {counts['refused']}.",
        f"Recorded: {counts['recorded']}. On record already: {counts['known']}. Refused: {counts['refused']}.",
    )
    return 1 if counts["refused"] else 0


def _submit(store: LeadStore, line: Line, how: dict[str, Any]) -> Future[Recorded] | None:
    from leads.store import record_status

    happened = line.happened
    return None if happened is None else store.writer.submit(lambda tx: record_status(tx, happened, **how))


def _tell(
    here: Session, line: Line, future: Future[Recorded] | None, counts: dict[str, int], told: list[dict[str, object]]
) -> None:
    """The answer to one line. Only refusals are told one by one: the others are counted."""
    from leads.states import StatusRefused

    why, code = line.fault.say(here.lang) if line.fault else "", "unreadable"
    if future is not None:
        try:
            counts["recorded" if future.result().fresh else "known"] += 1
            return
        except StatusRefused as refused:
            why, code = refused.say(here.lang), refused.code
    counts["refused"] += 1
    if here.format == "json":
        told.append({"line": line.number, "code": code, "message": why})
    here.say(f"Línea {line.number}: {why}", f"Line {line.number}: {why}")
