"""The group of all commands and the options they share."""

from __future__ import annotations

from typing import Any

import click

from commands.group import LateGroup, kept
from pipeline.cli import COMMANDS

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


def global_options(function: Any) -> Any:
    """--home, --config, --lang, --format and --quiet, accepted before and after the subcommand; the last one wins."""
    # --format is validated by each command: `requirements` also knows md.
    for option in (
        click.option("--quiet", is_flag=True, expose_value=False, callback=kept("quiet")),
        click.option("--format", metavar="text|json", expose_value=False, callback=kept("format")),
        click.option("--lang", type=click.Choice(["es", "en"]), expose_value=False, callback=kept("lang")),
        click.option("--config", metavar="FILE", expose_value=False, callback=kept("config")),
        click.option("--home", metavar="DIR", expose_value=False, callback=kept("home")),
    ):
        function = option(function)
    return function


@click.command(
    cls=LateGroup,
    places=COMMANDS,
    summaries=SUMMARIES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@global_options
@click.version_option(package_name="vitrina")
def vitrina() -> None:
    """From product spreadsheet to published catalogue.

    \b
    vitrina check productos.xlsx          what is wrong, cell by cell
    vitrina preview productos.xlsx        how each listing will look
    vitrina sync productos.xlsx           submit and publish what needs no review
    """
