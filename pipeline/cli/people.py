"""`vitrina user`: who may use the desk."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline.cli import global_options
from pipeline.cli.publishing import BY, opened
from pipeline.cli.session import acting_person, session
from schemas.errors import WrongUse

if TYPE_CHECKING:
    from catalog.people import Person

PASSWORD_FILE = click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Read the password from the first line of FILE; else it is asked for.",
)


@click.group(invoke_without_command=True)
@global_options
@click.pass_context
def user(ctx: click.Context) -> None:
    """The users of the desk: add, list, roles, password, disable, enable, token."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_users)


@user.command("add")
@click.argument("name")
@click.option("--role", "roles", multiple=True, metavar="ROLE", help="uploader, reviewer, publisher, admin; repeat it.")
@PASSWORD_FILE
@BY
@global_options
@click.pass_context
def add_user(ctx: click.Context, name: str, roles: tuple[str, ...], password_file: Path | None, by: str | None) -> None:
    """Add the user NAME; the password is asked for, or read from a file, and never an argument."""
    from catalog.people import checked_name, checked_roles
    from pipeline.run import people

    own = session(ctx)
    checked_roles(roles)
    password = _password(own.lang, password_file, checked_name(name))
    with opened(own) as shop:
        person = people.add_user(shop.store, name, roles, password, by=acting_person(by))
    own.say(f"Usuario {person.name} creado." if own.lang == "es" else f"User {person.name} added.")
    own.document({"user": _document(person)})


@user.command("list")
@global_options
@click.pass_context
def list_users(ctx: click.Context) -> None:
    """Every user with their roles."""
    own = session(ctx)
    with opened(own) as shop:
        everybody = shop.store.people.list()
    for person in everybody:
        own.say(_line(person, own.lang))
    if not everybody:
        own.say(
            "Todavía no hay usuarios; el primero: vitrina user add NOMBRE --role admin"
            if own.lang == "es"
            else "There are no users yet; the first one: vitrina user add NAME --role admin"
        )
    own.document({"users": [_document(person) for person in everybody]})


@user.command("roles")
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, metavar="ROLE", help="All the roles NAME is to have.")
@BY
@global_options
@click.pass_context
def give_roles(ctx: click.Context, name: str, roles: tuple[str, ...], by: str | None) -> None:
    """Give the user NAME these roles and no others; open sessions of NAME end."""
    from pipeline.run import people

    own = session(ctx)
    with opened(own) as shop:
        people.give_roles(shop.store, name, roles, by=acting_person(by))
        person = shop.store.people.get(name)
    own.say(_line(person, own.lang))
    own.document({"user": _document(person)})


@user.command("password")
@click.argument("name")
@PASSWORD_FILE
@BY
@global_options
@click.pass_context
def set_password(ctx: click.Context, name: str, password_file: Path | None, by: str | None) -> None:
    """Give the user NAME another password; open sessions of NAME end."""
    from pipeline.run import people

    own = session(ctx)
    with opened(own) as shop:
        person = shop.store.people.get(name)
        people.set_password(shop.store, name, _password(own.lang, password_file, person.name), by=acting_person(by))
    own.say(f"{person.name}: contraseña cambiada." if own.lang == "es" else f"{person.name}: password changed.")
    own.document({"user": _document(person)})


@user.command("disable")
@click.argument("name")
@BY
@global_options
@click.pass_context
def disable_user(ctx: click.Context, name: str, by: str | None) -> None:
    """Shut the user NAME out at once: sessions end, tokens stop working."""
    own = session(ctx)
    with opened(own) as shop:
        shop.store.people.disable(name, by=acting_person(by))
        person = shop.store.people.get(name)
    own.say(_line(person, own.lang))
    own.document({"user": _document(person)})


@user.command("enable")
@click.argument("name")
@BY
@global_options
@click.pass_context
def enable_user(ctx: click.Context, name: str, by: str | None) -> None:
    """Let the user NAME in again."""
    own = session(ctx)
    with opened(own) as shop:
        shop.store.people.enable(name, by=acting_person(by))
        person = shop.store.people.get(name)
    own.say(_line(person, own.lang))
    own.document({"user": _document(person)})


@user.command("token")
@click.argument("name")
@click.option("--label", required=True, metavar="TEXT", help="What the token is for; shown in lists.")
@BY
@global_options
@click.pass_context
def make_token(ctx: click.Context, name: str, label: str, by: str | None) -> None:
    """Make a token with which a program uploads in the name of the user NAME; it is shown this once."""
    from pipeline.run import people

    own = session(ctx)
    with opened(own) as shop:
        token = people.make_token(shop.store, shop.store.people.get(name), label, by=acting_person(by))
    own.say(token)
    own.document({"token": token})


def _password(lang: str, file: Path | None, name: str) -> str:
    from catalog.people import checked_password

    return checked_password(_from_file(file) if file else _asked(lang), name)


def _from_file(file: Path) -> str:
    try:
        lines = file.read_text("utf-8").splitlines()
    except UnicodeDecodeError:
        lines = []
    if not lines:
        raise WrongUse(f"{file} holds no password.", es=f"{file} no contiene una contraseña.")
    return lines[0]


def _asked(lang: str) -> str:
    if not sys.stdin.isatty():
        raise WrongUse(
            "A password is asked for on a terminal; without one, give --password-file FILE.",
            es="La contraseña se pide en una terminal; sin ella, use --password-file ARCHIVO.",
        )
    words = ("Contraseña", "Otra vez") if lang == "es" else ("Password", "Again")
    first = click.prompt(words[0], hide_input=True, err=True)
    if click.prompt(words[1], hide_input=True, err=True) != first:
        raise WrongUse("The two passwords differ; try again.", es="Las dos contraseñas no coinciden; intente de nuevo.")
    return str(first)


def _line(person: Person, lang: str) -> str:
    roles = ", ".join(sorted(person.roles))
    if person.disabled_at is None:
        return f"{person.name}  {roles}"
    since = f"{person.disabled_at:%Y-%m-%d %H:%M} UTC"
    return f"{person.name}  {roles}  {'deshabilitado desde' if lang == 'es' else 'disabled since'} {since}"


def _document(person: Person) -> dict[str, Any]:
    return {
        "name": person.name,
        "roles": sorted(person.roles),
        "disabled_at": person.disabled_at.isoformat() if person.disabled_at else None,
        "made_by": person.made_by,
        "made_at": person.made_at.isoformat(),
    }
