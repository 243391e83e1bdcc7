"""`vitrina`: the command line. It reads settings, calls one function of `pipeline.run`, and translates the result.

Only click is imported here: everything heavier is imported by the command that needs it, so that `--help` answers at
once. Exit codes: 0 done · 1 the data has errors · 2 wrong use · 3 could not run.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import sys
from typing import Any

import click

COMMANDS = {
    "template": "pipeline.cli.mending",
    "check": "pipeline.cli.checking",
    "fix": "pipeline.cli.mending",
    "requirements": "pipeline.cli.checking",
    "preview": "pipeline.cli.checking",
    "cost": "pipeline.cli.figures",
    "reference": "pipeline.cli.figures",
    "submit": "pipeline.cli.publishing",
    "plan": "pipeline.cli.publishing",
    "approve": "pipeline.cli.publishing",
    "reject": "pipeline.cli.publishing",
    "publish": "pipeline.cli.publishing",
    "sync": "pipeline.cli.syncing",
    "releases": "pipeline.cli.history",
    "rollback": "pipeline.cli.history",
    "waive": "pipeline.cli.ledger",
    "mappings": "pipeline.cli.ledger",
    "withdraw": "pipeline.cli.history",
    "reinstate": "pipeline.cli.history",
    "lineage": "pipeline.cli.history",
    "pack": "pipeline.cli.delivering",
    "receipt": "pipeline.cli.delivering",
    "ids": "pipeline.cli.ids",
    "user": "pipeline.cli.people",
    "serve": "pipeline.cli.serving",
    "onboarding": "pipeline.cli.onboarding",
    "doctor": "pipeline.cli.doctor",
}
SUMMARIES = {
    "template": "Write the blank workbook to fill in.",
    "check": "Read and validate a workbook; touches no state.",
    "fix": "Apply the unambiguous repairs to a copy and list them.",
    "requirements": "Print every field and rule with its code and limits.",
    "preview": "Render the valid rows as a static site.",
    "cost": "The calculator behind the checks.",
    "reference": "Dated reference tables (usury caps, SMMLV, UVT, UDI).",
    "submit": "Check, stage an upload and print its plan.",
    "plan": "The plan of a staged upload against the current release.",
    "approve": "Let a plan through, whole or by product.",
    "reject": "Turn a plan down.",
    "publish": "Mint a release from what is approved and deliver it.",
    "sync": "Submit, and publish what needs no review: the scheduled job.",
    "releases": "The history of releases; --verify re-hashes them.",
    "rollback": "Mint a new release with an old one's content.",
    "waive": "Accept a warning for a time.",
    "mappings": "What you said unknown headers mean: list, add, forget.",
    "withdraw": "Take one product off the shelf now.",
    "reinstate": "Let a withdrawn product come back.",
    "onboarding": "Draft the first e-mail to the marketplace.",
    "doctor": "Check the set-up and say what mends it.",
    "lineage": "Where a published value comes from: file, cell, reading, who approved.",
    "pack": "The delivery pack for the Partnerships contact, and its e-mail draft.",
    "receipt": "What became of a release at the marketplace: sent, acknowledged, live.",
    "ids": "The product_id and listing_id the marketplace assigned: list, import.",
    "user": "Who may use the review desk: add, list, disable.",
    "serve": "The review desk, in a browser.",
}


class _Commands(click.Group):
    """Finds a subcommand's module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name])
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(SUMMARIES.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and name not in COMMANDS and not name.startswith("-"):
            raise _no_command(name)
        return super().resolve_command(ctx, args)


def _no_command(name: str) -> Exception:
    import difflib

    from schemas.errors import WrongUse

    near = difflib.get_close_matches(name, COMMANDS, n=1)
    return WrongUse(
        f"There is no command «{name}»." + (f" Did you mean «{near[0]}»?" if near else " «vitrina --help» lists them."),
        es=f"No existe el comando «{name}»." + (f" ¿Quiso decir «{near[0]}»?" if near else " Use «vitrina --help»."),
    )


def _global(name: str) -> Any:
    def keep(ctx: click.Context, _param: click.Parameter, value: Any) -> Any:
        if value is not None and value is not False:
            ctx.ensure_object(dict)[name] = value
        return value

    return keep


def global_options(function: Any) -> Any:
    """--home, --config, --lang, --format and --quiet, accepted before and after the subcommand; the last one wins."""
    # --format is validated by each command: `requirements` also knows md.
    for option in (
        click.option("--quiet", is_flag=True, expose_value=False, callback=_global("quiet")),
        click.option("--format", metavar="text|json", expose_value=False, callback=_global("format")),
        click.option("--lang", type=click.Choice(["es", "en"]), expose_value=False, callback=_global("lang")),
        click.option("--config", metavar="FILE", expose_value=False, callback=_global("config")),
        click.option("--home", metavar="DIR", expose_value=False, callback=_global("home")),
    ):
        function = option(function)
    return function


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@global_options
@click.version_option(package_name="vitrina")
def vitrina() -> None:
    """From product spreadsheet to published catalogue.

    \b
    vitrina check productos.xlsx          what is wrong, cell by cell
    vitrina preview productos.xlsx        how each listing will look
    vitrina sync productos.xlsx           submit and publish what needs no review
    """


def main() -> None:
    """Entry point: every error a user or a file can cause ends in one sentence and an exit code, never a traceback."""
    from pipeline.cli.session import run_command

    ending = _Ending()
    if _is_the_program() and next((word for word in sys.argv[1:] if word in COMMANDS), None) in _BRIEF:
        gc.disable()  # millions of values and no cycles worth the name, and the process ends with them
        atexit.register(ending.at_once)  # the first to be registered is the last to be run
    ending.code = run_command(vitrina, sys.argv[1:], os.environ)
    sys.exit(ending.code)


_BRIEF = frozenset(("check",))
"""Commands that keep no state: their process may end at once, without taking a large file's values apart."""


def _is_the_program() -> bool:
    """Are we what was started? Another program that calls `main` goes on after it."""
    return os.path.basename(sys.argv[0]).partition(".")[0] in ("vitrina", "__main__")  # noqa: PTH119 - no pathlib yet


class _Ending:
    """How the process ends, once the command has said its exit code; a bug that crashes ends as any other."""

    code: int | None = None

    def at_once(self) -> None:
        """Ends the process, all that was printed being out. A stream that cannot be emptied is the interpreter's."""
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (AttributeError, OSError, ValueError):  # no stream, a closed one, or one nobody reads any more
            return
        if self.code is not None:
            os._exit(self.code)
