"""What every command shares: settings, language, format, and how an error becomes a sentence and an exit code."""

from __future__ import annotations

import contextlib
import getpass
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from commands.usage import usage_lines, usage_sentence
from pipeline.cli import stopping
from schemas.errors import VitrinaError, WrongUse

if TYPE_CHECKING:
    from pipeline.cli import Ending
    from pipeline.ingest.process import Child
    from schemas.settings import CatalogSettings

_ENVIRON = "vitrina.environ"
_ENDING = "vitrina.ending"
_MARKET = "vitrina.market"
"""Of the settings, once they are read: an error that ends the call is told by that market's clock too."""


@dataclass(frozen=True, slots=True)
class Session:
    """One call of the command line: settings as read, how to speak, where to. environ: for secrets, by name."""

    settings: CatalogSettings
    lang: str
    format: str
    quiet: bool
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    def say(self, text: str) -> None:
        """A line for a person; silent with --quiet and in json, where stdout carries exactly one document."""
        if not self.quiet and self.format == "text":
            click.echo(by_the_clock(text, self.lang, self.settings.lender.market))

    def document(self, value: Any) -> None:
        """The one JSON document of a --format json call, or a function that makes it, given how a value is encoded."""
        if self.format == "json":
            _dump(value)


def _dump(value: Any) -> None:
    """One JSON document on stdout; a stream that cannot write every letter gets escapes, which mean the same."""
    if sys.stdout is None:  # closed before we began: nobody reads
        return
    plain = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    encode = json.JSONEncoder(ensure_ascii=not plain, separators=(",", ":")).encode
    raw = getattr(sys.stdout, "buffer", None) if plain else None
    for piece in _pieces(value(encode) if callable(value) else value, encode):
        _write(piece, raw)
    sys.stdout.write("\n")
    sys.stdout.flush()


def _write(piece: str | bytes, raw: BinaryIO | None) -> None:
    """A piece of text, or of UTF-8, which goes where it is wanted as it is."""
    if isinstance(piece, str):
        sys.stdout.write(piece)
    elif raw is None:
        sys.stdout.write(piece.decode())
    else:
        sys.stdout.flush()
        raw.write(piece)


_BATCH = 500


def _pieces(value: Any, encode: Callable[[Any], str]) -> Iterator[str | bytes]:
    """The JSON text of a document, long lists a batch at a time; a member that is an iterator is text already.

    `json.dump` walks every value in Python, `encode` does not; all of a large file's text at once would be held twice.
    """
    if not isinstance(value, dict):
        yield encode(value)
        return
    for i, (name, item) in enumerate(value.items()):
        yield f"{',' if i else '{'}{encode(name)}:"
        if isinstance(item, Iterator):
            yield from item
        elif isinstance(item, list) and len(item) > _BATCH:
            yield from _of_list(item, encode)
        else:
            yield encode(item)
    yield "}" if value else "{}"


def _of_list(items: list[Any], encode: Callable[[Any], str]) -> Iterator[str]:
    for start in range(0, len(items), _BATCH):
        yield ("," if start else "[") + encode(items[start : start + _BATCH])[1:-1]
    yield "]"


def _chosen(ctx: click.Context) -> dict[str, Any]:
    found: dict[str, Any] = ctx.find_object(dict) or {}
    return found


def session(ctx: click.Context, formats: Sequence[str] = ("text", "json")) -> Session:
    """The session of this call; raises SettingsError or WrongUse with a sentence."""
    from schemas.settings import load_settings

    chosen = _chosen(ctx)
    form = chosen.get("format", "text")
    if form not in formats:
        allowed = ", ".join(formats)
        raise WrongUse(
            f"--format {form} is not known here; use one of: {allowed}.",
            es=f"--format {form} no existe aquí; use uno de: {allowed}.",
        )
    environ: Mapping[str, str] = ctx.find_root().meta[_ENVIRON]
    config, home = chosen.get("config"), chosen.get("home")
    settings = load_settings(
        environ=environ, config=Path(config) if config else None, home=Path(home) if home else None
    )
    ctx.find_root().meta[_MARKET].append(settings.lender.market)
    return Session(settings, chosen.get("lang", "es"), form, bool(chosen.get("quiet")), environ)


def by_the_clock(text: str, lang: str, market: str) -> str:
    """A text as it is told: moments, which are kept in UTC, by the clock of the market."""
    if " UTC" not in text:
        return text
    from schemas.wording import in_local_time

    return in_local_time(text, lang, market)


def acting_person(by: str | None) -> str:
    """`--by`, else the operating-system user (CONTRACT): who is recorded."""
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


def reading_ahead(ctx: click.Context) -> Child | None:
    """The child that began to read this call's FILE before the command line was loaded, where there is one."""
    ending: Ending | None = ctx.find_root().meta[_ENDING]
    return ending.reading if ending else None


def keep_to_the_end(ctx: click.Context, value: object) -> None:
    """A large value is not taken apart by a process that is about to end at once."""
    ending: Ending | None = ctx.find_root().meta[_ENDING]
    if ending is not None and ending.brief:
        ending.kept = value


def run_command(
    command: click.Command, argv: Sequence[str], environ: Mapping[str, str], ending: Ending | None = None
) -> int:
    """Runs one call and gives its exit code; an error becomes one sentence on stderr (in json: the document)."""
    lang = "en" if _peek(argv, "lang") == "en" else "es"
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without our letters gets escapes, no crash
    market: list[str] = []
    try:
        with stopping.stoppable():
            return _invoke(command, argv, {_ENVIRON: environ, _ENDING: ending, _MARKET: market})
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as fault:
        form = _peek(argv, "format")
        _explain(usage_sentence(fault, lang) if form == "json" else usage_lines(fault, lang), form)
        return 2
    except VitrinaError as fault:
        _explain(by_the_clock(fault.say(lang), lang, market[-1] if market else "CO"), _peek(argv, "format"))
        return fault.exit_code
    except BrokenPipeError:
        return 0
    except (click.Abort, KeyboardInterrupt, stopping.Stopped) as stop:
        _explain(stopping.SENTENCE[lang], _peek(argv, "format"))
        return stopping.CODE if isinstance(stop, stopping.Stopped) else 130
    except OSError as fault:
        _explain(_os_sentence(fault, lang), _peek(argv, "format"))
        return 3


def _invoke(command: click.Command, argv: Sequence[str], around: Mapping[str, Any]) -> int:
    ctx = command.make_context("vitrina", list(argv))
    ctx.meta.update(around)
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


def _explain(sentence: str, form: str | None) -> None:
    if form == "json":
        with contextlib.suppress(OSError):  # a full or closed stdout is often what went wrong
            _dump({"error": sentence})
            return
    click.echo(sentence, err=True)


def _os_sentence(fault: OSError, lang: str) -> str:
    where = f"{fault.filename}: " if fault.filename else ""
    reason = fault.strerror or type(fault).__name__
    if lang == "es":
        from catalog.reasons import in_spanish

        reason = in_spanish(reason)
    return f"No se pudo: {where}{reason}." if lang == "es" else f"Could not: {where}{reason}."
