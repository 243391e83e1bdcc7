"""A group of commands whose modules are imported when they are asked for, and options kept for the whole call."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from typing import Any

import click

from schemas.errors import WrongUse


class LateGroup(click.Group):
    """places: command -> the module that has it, under its name and `suffix`; summaries: command -> a line of help."""

    def __init__(
        self, *, places: Mapping[str, str], summaries: Mapping[str, str], suffix: str = "", **attributes: Any
    ) -> None:
        super().__init__(**attributes)
        self._places = places
        self._summaries = summaries
        self._suffix = suffix

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._places:
            return None
        module = importlib.import_module(self._places[cmd_name])
        command: click.Command = getattr(module, cmd_name + self._suffix)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self._summaries.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and name not in self._places and not name.startswith("-"):
            raise _no_command(name, self._places, ctx.info_name or "")
        return super().resolve_command(ctx, args)


def _no_command(name: str, known: Mapping[str, str], program: str) -> WrongUse:
    near = difflib.get_close_matches(name, known, n=1)
    return WrongUse(
        f"There is no command “{name}”."
        + (f" Did you mean “{near[0]}”?" if near else f" “{program} --help” lists them."),
        es=f"No existe el comando «{name}»." + (f" ¿Quiso decir «{near[0]}»?" if near else f" Use «{program} --help»."),
    )


def kept(name: str) -> Any:
    """A callback that keeps what an option says for the whole call; the last one said wins."""

    def keep(ctx: click.Context, _param: click.Parameter, value: Any) -> Any:
        if value is not None and value is not False:
            ctx.ensure_object(dict)[name] = value
        return value

    return keep
