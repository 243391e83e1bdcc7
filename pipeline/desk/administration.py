"""Ajustes, for admins: the users and the audit."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.responses import Response

from catalog.people import ROLES
from catalog.store import Deed
from pipeline.desk.draw import draw, go
from pipeline.desk.paging import cut, part_of
from pipeline.desk.settings import tokens_after
from pipeline.desk.visit import Visit, act, page
from pipeline.desk.words import words
from pipeline.run import people
from schemas.errors import VitrinaError, WrongUse

_AT_A_TIME = 100


def users(visit: Visit) -> Response:
    """Everybody who may come in, and the form for one more."""
    return _users(visit)


def _users(visit: Visit, *, fault: str | None = None, status: int = 200) -> Response:
    everybody = visit.shop.store.people.list()
    part = part_of(len(everybody), _AT_A_TIME, visit.asked("desde"), "/ajustes/usuarios")
    return draw(
        visit, "users.j2", title=words(visit.lang).users.title, status=status, fault=fault,
        everybody=cut(everybody, part), part=part, roles=ROLES, typed=visit.form,
    )  # fmt: skip


def add_user(visit: Visit) -> Response:
    """One more user; what was typed stays where it will not do."""
    form = visit.form
    try:
        people.add_user(
            visit.shop.store, form.text("nombre"), form.all("rol"), form.raw("clave"), by=visit.person.name
        )  # fmt: skip
    except VitrinaError as fault:
        return _users(visit, fault=fault.say(visit.lang), status=400)
    return go("/ajustes/usuarios", said="user_added")


def change_user(visit: Visit) -> Response:
    """Other roles, another password, out or in again."""
    try:
        said = _change(visit, visit.form.text("cambio"), visit.form.text("nombre"))
    except VitrinaError as fault:
        return _users(visit, fault=fault.say(visit.lang), status=400)
    return go("/ajustes/usuarios", said=said)


def _change(visit: Visit, change: str, name: str) -> str:
    """Do it; the name of the sentence that says so. WrongUse: there is no such change."""
    store, by, form = visit.shop.store, visit.person.name, visit.form
    if change == "roles":
        people.give_roles(store, name, form.all("rol"), by=by)
        return "roles_given"
    if change == "clave":
        owner = store.people.get(name)
        people.set_password(store, owner.name, form.raw("clave"), by=by)
        return f"password_given{tokens_after(visit, owner)}"
    if change == "deshabilitar":
        store.people.disable(name, by=by)
        return "disabled"
    if change == "habilitar":
        store.people.enable(name, by=by)
        return "enabled"
    raise WrongUse("That is no change of a user.", es="Ese no es un cambio de un usuario.")


def audit(visit: Visit) -> Response:
    """Everything that was done, newest first."""
    before = _moment(visit.asked("antes"))
    deeds = visit.shop.store.audit.list(most=_AT_A_TIME + 1, before=before)
    older = deeds[_AT_A_TIME - 1].at.isoformat() if len(deeds) > _AT_A_TIME else None
    rows = [(deed, _act_words(deed, visit.lang), _note(deed, visit.lang)) for deed in deeds[:_AT_A_TIME]]
    return draw(visit, "audit.j2", title=words(visit.lang).audit.title, rows=rows, older=older)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _act_words(deed: Deed, lang: str) -> str:
    """What was done in words; an act nobody gave words to is shown by its name."""
    return str(getattr(words(lang).acts, deed.act.replace(".", "_"), deed.act))


def _note(deed: Deed, lang: str) -> str:
    """What was said with it; roles are told as the desk names them."""
    about, colon, given = (deed.note or "").rpartition(": ")
    if deed.act not in ("user.added", "user.roles") or not colon:
        return deed.note or ""
    said = words(lang).roles
    return f"{about}: {', '.join(getattr(said, role, role) for role in given.split(', '))}"


PAGES = (
    page("/ajustes/usuarios", users, "admin"),
    act("/ajustes/usuarios", add_user, "admin"),
    act("/ajustes/usuarios/cambio", change_user, "admin"),
    page("/ajustes/auditoria", audit, "admin"),
)
