"""What every command shares: settings, language, format, the store, and how an error becomes a sentence and a code."""

from __future__ import annotations

import contextlib
import getpass
import io
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.usage import usage_lines, usage_sentence
from schemas.errors import VitrinaError, WrongUse

if TYPE_CHECKING:
    from leads.store import LeadStore
    from schemas.lead_settings import LeadSettings

_ENVIRON = "vitrina.environ"


@dataclass(frozen=True, slots=True)
class Session:
    """One call of the command line."""

    settings: LeadSettings
    lang: str
    format: str
    quiet: bool

    def words(self, spanish: str, english: str) -> str:
        """The one in the person's language."""
        return spanish if self.lang == "es" else english

    def say(self, spanish: str, english: str) -> None:
        """A line for a person; silent with --quiet and in json."""
        if not self.quiet and self.format == "text":
            click.echo(self.words(spanish, english))

    def document(self, value: Any) -> None:
        """The one JSON document of a --format json call."""
        if self.format == "json":
            json.dump(value, sys.stdout, ensure_ascii=False, separators=(",", ":"), default=_text)
            sys.stdout.write("\n")

    @contextlib.contextmanager
    def store(self) -> Iterator[LeadStore]:
        """The lead store, opened for this call."""
        from leads.store import open_leads

        opened = open_leads(
            self.settings.place,
            market=self.settings.market,
            now=lambda: datetime.now(UTC),
            stall_seconds=min(10.0, self.settings.lease_seconds / 2),
        )
        try:
            yield opened
        finally:
            opened.close()


def _text(value: object) -> str:
    """What JSON has no kind for: moments as ISO 8601."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def environment(ctx: click.Context) -> Mapping[str, str]:
    """The variables of this call."""
    found: Mapping[str, str] = ctx.find_root().meta[_ENVIRON]
    return found


def session(ctx: click.Context) -> Session:
    """The session of this call; SettingsError with a sentence."""
    from schemas.lead_settings import load_lead_settings

    chosen: dict[str, Any] = ctx.find_object(dict) or {}
    home = chosen.get("home")
    settings = load_lead_settings(environ=environment(ctx), home=Path(home) if home else None)
    return Session(settings, chosen.get("lang", "es"), chosen.get("format", "text"), bool(chosen.get("quiet")))


def acting_person(by: str | None) -> str:
    """`--by`, else the operating-system user: who is recorded."""
    if by is not None:
        if not by.strip():
            raise WrongUse("--by is empty; say who is acting.", es="--by está vacío; indique quién actúa.")
        return " ".join(by.split())
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise WrongUse(
            "This account has no name; say who is acting with --by.",
            es="Esta cuenta no tiene nombre; indique quién actúa con --by.",
        ) from None


def run_command(command: click.Command, argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Runs one call and gives its exit code; an error becomes one sentence on stderr (in json: the document)."""
    lang, form = "en" if _peek(argv, "lang") == "en" else "es", _peek(argv, "format")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without our letters gets escapes, no crash
    try:
        return _invoke(command, argv, environ)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as fault:
        _explain(usage_sentence(fault, lang) if form == "json" else usage_lines(fault, lang), form)
        return 2
    except VitrinaError as fault:
        _explain(fault.say(lang), form)
        return fault.exit_code
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        return 0
    except OSError as fault:
        _explain(_os_sentence(fault, lang), form)
        return 3


def _invoke(command: click.Command, argv: Sequence[str], environ: Mapping[str, str]) -> int:
    ctx = command.make_context("vitrina-leads", list(argv))
    ctx.meta[_ENVIRON] = environ
    with ctx:
        result = command.invoke(ctx)
    return result if isinstance(result, int) else 0


def _peek(argv: Sequence[str], flag: str) -> str | None:
    """The last value of a global option wherever it stands, for errors raised before or after parsing."""
    found = None
    for position, word in enumerate(argv):
        if word == f"--{flag}" and position + 1 < len(argv):
            found = argv[position + 1]
        elif word.startswith(f"--{flag}="):
            found = word.partition("=")[2]
    return found


def _os_sentence(fault: OSError, lang: str) -> str:
    from catalog.reasons import in_spanish

    where = f"{fault.filename}: " if fault.filename else ""
    reason = fault.strerror or type(fault).__name__
    return f"No se pudo: {where}{in_spanish(reason)}." if lang == "es" else f"Could not: {where}{reason}."


def _explain(sentence: str, form: str | None) -> None:
    if form == "json":
        json.dump({"error": sentence}, sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        click.echo(sentence, err=True)
