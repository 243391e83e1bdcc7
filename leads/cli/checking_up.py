"""`vitrina-leads doctor`: is everything set up, and if not, what mends it?"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from leads.cli import global_options
from leads.cli.session import Session, environment, session

if TYPE_CHECKING:
    from leads.doctor import KeyFile, Offer
    from leads.store.operations import Paused
    from schemas.errors import VitrinaError
    from schemas.lead_settings import LeadSettings

_SECONDS = 5.0
_SECRETS = ("VITRINA_API_KEY", "VITRINA_INBOUND_KEYS", "VITRINA_CORE_KEYS", "VITRINA_MASTER_KEY")


@click.command("doctor")
@global_options
@click.pass_context
def doctor_command(ctx: click.Context) -> int:
    """Check the set-up: keys and who can read them, base URL, portal, engine, store, catalogue release,
    what is paused or stuck, a first postback.

    No key is sent anywhere. Exit codes: 0 nothing is missing, 1 something is, 2 a setting is wrong, 3 out of reach.
    """
    from leads.doctor import Seen, inspect
    from schemas.checklist import document_of, exit_code, lines_of

    here = session(ctx)
    settings = here.settings
    owed, paused = _books(here)
    points = inspect(
        Seen(
            settings=settings,
            key_files=tuple(_key_files(environment(ctx), settings.home)),
            master=_master(here),
            reached=_reached(settings.base_url) if settings.base_url else None,
            offer=_offer(settings),
            owed=owed,
            paused=paused,
            engine=_engine_fault(settings.engine),
        )
    )
    if here.format == "text" and not here.quiet:
        for line in lines_of(points, here.lang):
            click.echo(line)
    here.document(document_of(points, here.lang))
    return exit_code(points)


def _key_files(environ: Mapping[str, str], home: Path) -> Iterator[KeyFile]:
    from leads.doctor import KeyFile

    named = [(f"{name}_FILE", environ.get(f"{name}_FILE")) for name in _SECRETS]
    for variable, path in [*named, ("master.key", str(home / "master.key"))]:
        if path and Path(path).exists():
            found = Path(path).stat()
            yield KeyFile(variable, path, found.st_mode & 0o777, found.st_uid == os.getuid())


def _reached(base_url: str) -> bool:
    """Does a server with a valid certificate take connections there? Nothing is asked of it."""
    parts = urlsplit(base_url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        with socket.create_connection((host, port), timeout=_SECONDS) as plain:
            if parts.scheme == "https":
                with ssl.create_default_context().wrap_socket(plain, server_hostname=host):
                    pass
    except (OSError, UnicodeError):
        return False
    return True


def _offer(settings: LeadSettings) -> Offer | VitrinaError | None:
    from catalog.release.read import CURRENT
    from leads.doctor import Offer
    from leads.shelf import read_shelf
    from schemas.errors import CannotRun

    if not (settings.shelf / CURRENT).exists():
        return None
    try:
        shelf = read_shelf(settings.shelf, settings.market)
        return Offer(shelf.release, len(shelf.products))
    except CannotRun as fault:
        return fault


def _master(here: Session) -> bool | VitrinaError:
    """Is there a master key, and does it open what the store holds? A store out of reach is told as such."""
    from leads.store.operations import newest_key
    from leads.vault import open_vault
    from schemas.errors import SettingsError, StoreUnavailable

    settings = here.settings
    if settings.master_key is None and not (settings.home / "master.key").exists():
        return False
    try:
        vault = open_vault(settings)
        if _has_store(here):
            with here.store() as store:
                kept = store.read(newest_key)
            if kept is not None:
                vault.prove(*kept)
    except SettingsError as fault:
        return fault
    except StoreUnavailable:
        return True
    return True


def _has_store(here: Session) -> bool:
    """A store that is not there is not made by looking for it."""
    place = here.settings.place
    return not isinstance(place, Path) or place.exists()


def _books(here: Session) -> tuple[Mapping[str, int] | VitrinaError | None, tuple[Paused, ...]]:
    """Postbacks by state, and the markets whose sending is paused."""
    from leads.store.operations import count_owed, paused_markets
    from schemas.errors import StoreUnavailable

    if not _has_store(here):
        return None, ()
    try:
        with here.store() as store:
            return store.read(lambda tx: (count_owed(tx), paused_markets(tx)))
    except StoreUnavailable as fault:
        return fault, ()


def _engine_fault(name: str | None) -> VitrinaError | None:
    """Why `serve` would refuse the engine. What its module prints stays out of our answer, and nothing is compiled."""
    from leads.decide import load_engine
    from schemas.errors import SettingsError

    sys.path.append(str(Path.cwd()))  # as `serve` does
    sys.dont_write_bytecode = True
    try:
        with contextlib.redirect_stdout(sys.stderr):
            load_engine(name)
    except SettingsError as fault:
        return fault
    return None
