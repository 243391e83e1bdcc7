"""`vitrina doctor`: is everything set up, and if not, which command mends it?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from pipeline.cli import global_options
from pipeline.cli.checking import today
from pipeline.cli.publishing import opened
from pipeline.cli.session import Session, session

if TYPE_CHECKING:
    from schemas.checklist import Point


@click.command()
@global_options
@click.pass_context
def doctor(ctx: click.Context) -> int:
    """Check the set-up: settings, store, targets, logo, reference tables, first product; say what mends each gap.

    Exit codes: 0 nothing is missing, 1 something is, 2 a setting is wrong, 3 something is out of reach.
    """
    from schemas.checklist import document_of, exit_code, lines_of

    own = session(ctx)
    points = _points(own)
    for line in lines_of(points, own.lang):
        own.say(line)
    own.document(document_of(points, own.lang))
    return exit_code(points)


def _points(own: Session) -> list[Point]:
    """A catalogue that is not there is not made by looking for it."""
    from pipeline.run.inspecting import inspect
    from pipeline.run.settled import with_sound_targets
    from schemas.errors import CannotRun

    if not (own.settings.home / "catalog.db").exists():
        return inspect(own.settings, None, None, today())
    try:
        with opened(replace(own, settings=with_sound_targets(own.settings))) as shop:
            return inspect(own.settings, shop, None, today())
    except CannotRun as fault:
        return inspect(own.settings, None, fault, today())
