"""`vitrina-leads`: the command line. It reads settings, calls one function, and translates the result.

Only click is imported here. Exit codes: 0 done · 1 the data has errors · 2 wrong use · 3 could not run.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from commands.group import LateGroup, kept

COMMANDS = {
    "serve": "leads.cli.serving",
    "status": "leads.cli.statuses",
    "import": "leads.cli.statuses",
    "send": "leads.cli.sending",
    "list": "leads.cli.watching",
    "show": "leads.cli.watching",
    "replay": "leads.cli.amending",
    "resolve": "leads.cli.amending",
    "export": "leads.cli.watching",
    "purge": "leads.cli.amending",
    "sandbox": "leads.cli.rehearsing",
    "doctor": "leads.cli.checking_up",
}
SUMMARIES = {
    "serve": "The embedded-flow endpoints and, beside them, the sender.",
    "status": "Record what happened to a lead and owe its postback.",
    "import": "The same for a file of statuses; safe to run again.",
    "send": "Deliver owed postbacks; any number of processes may run.",
    "list": "Owed postbacks by state, and what is paused.",
    "show": "One lead: its events, postbacks and attempts.",
    "replay": "Send again: same id, same bytes, in order.",
    "resolve": "Close an owed postback that was told another way.",
    "export": "The daily reconciliation: every lead, one line.",
    "purge": "Erase applicant data of leads that rest since long.",
    "sandbox": "A stand-in marketplace: checks postbacks, fails on demand, plays journeys.",
    "doctor": "Check the set-up and say what mends it.",
}


def global_options(function: Any) -> Any:
    """--home, --lang, --format and --quiet, accepted before and after the subcommand; the last one wins."""
    for option in (
        click.option("--quiet", is_flag=True, expose_value=False, callback=kept("quiet")),
        click.option("--format", type=click.Choice(["text", "json"]), expose_value=False, callback=kept("format")),
        click.option("--lang", type=click.Choice(["es", "en"]), expose_value=False, callback=kept("lang")),
        click.option("--home", metavar="DIR", expose_value=False, callback=kept("home")),
    ):
        function = option(function)
    return function


@click.command(
    cls=LateGroup,
    places=COMMANDS,
    summaries=SUMMARIES,
    suffix="_command",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@global_options
@click.version_option(package_name="vitrina")
def vitrina_leads() -> None:
    """From an embedded-flow request to a delivered postback.

    \b
    vitrina-leads serve                        answers the marketplace, delivers what is owed
    vitrina-leads status CLICK_ID approval     what happened; owes the postback
    vitrina-leads send                         delivers what is owed
    vitrina-leads list --state dead            what needs a person
    """


def main() -> None:
    """Entry point: every error a user can cause ends in one sentence and an exit code, never a traceback."""
    from leads.cli.session import run_command

    sys.exit(run_command(vitrina_leads, sys.argv[1:], os.environ))
