"""Ajustes: one's own account, what is remembered, the dated tables, where things come from and go to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from starlette.responses import Response

from catalog import reference
from catalog.people import Person
from pipeline.desk.draw import draw, go
from pipeline.desk.paging import cut, part_of
from pipeline.desk.signing import throttled, wait_sentence, with_session
from pipeline.desk.visit import Visit, act, page
from pipeline.desk.words import words
from pipeline.report.ledger import mapping_line
from pipeline.run import people
from schemas import wording
from schemas.errors import VitrinaError, WrongUse
from schemas.requirements import load
from schemas.settings import TargetSettings

_AT_A_TIME = 100


def settings(visit: Visit) -> Response:
    """The way to every section, and one's own account."""
    return _settings(visit)


def _settings(visit: Visit, *, fault: str | None = None, status: int = 200, token: str | None = None) -> Response:
    store, person = visit.shop.store, visit.person
    said = words(visit.lang)
    roles = wording.listed((getattr(said.roles, role) for role in sorted(person.roles)), visit.lang)
    return draw(
        visit, "settings.j2", title=said.settings.title, status=status, fault=fault, token=token,
        you=said.settings.you.format(name=person.name, roles=roles), sections=_sections(visit),
        sessions=store.sessions.list(person), tokens=store.tokens.list(person),
    )  # fmt: skip


def _sections(visit: Visit) -> list[tuple[str, str]]:
    """(path, name) of the sections the reader may see."""
    admin = visit.person.may({"admin"})
    return [(path, name) for path, name, everybody in _SECTIONS if everybody or admin]


_SECTIONS = (
    ("/ajustes/usuarios", "users", False),
    ("/ajustes/encabezados", "remembered", True),
    ("/ajustes/referencia", "reference", True),
    ("/ajustes/fuentes", "sources", True),
    ("/ajustes/auditoria", "audit", False),
)


def change_password(visit: Visit) -> Response:
    """Another password, in exchange for the old one; this browser stays in under a new id. Tokens end if ticked."""
    store, form = visit.shop.store, visit.form
    try:
        wait = people.change_password(store, visit.person, form.raw("actual"), form.raw("nueva"), visit.caller)
    except VitrinaError as fault:
        return _settings(visit, fault=fault.say(visit.lang), status=400)
    if wait:
        return throttled(_settings(visit, fault=wait_sentence(visit, wait)), wait)
    said = f"password{tokens_after(visit, visit.person)}"
    return with_session(visit, go("/ajustes", said=said), people.begin_session(store, visit.person, visit.caller))


def tokens_after(visit: Visit, owner: Person) -> str:
    """What becomes of somebody's tokens with another password: ended where the form says so; which sentence tells."""
    tokens = visit.shop.store.tokens
    if not tokens.list(owner):
        return ""
    if not visit.form.text("claves"):
        return "_tokens_stay"
    tokens.end_all(owner, by=visit.person.name)
    return "_tokens_ended"


def end_other_sessions(visit: Visit) -> Response:
    """Out everywhere else."""
    assert visit.session is not None
    people.sign_out_elsewhere(visit.shop.store, visit.session, visit.request.cookies[visit.desk.cookie])
    return go("/ajustes", said="ended_elsewhere")


def make_token(visit: Visit) -> Response:
    """A new token, shown on this answer and never again."""
    try:
        token = people.make_token(visit.shop.store, visit.person, visit.form.text("para"), by=visit.person.name)
    except WrongUse as fault:
        return _settings(visit, fault=fault.say(visit.lang), status=400)
    return _settings(visit, token=token)


def end_token(visit: Visit) -> Response:
    """One of one's own tokens stops working."""
    visit.shop.store.tokens.revoke(visit.number("id"), owner=visit.person, by=visit.person.name)
    return go("/ajustes", said="token_ended")


def remembered(visit: Visit) -> Response:
    """What was said of unknown headers."""
    answers = visit.shop.store.mappings.list()
    part = part_of(len(answers), _AT_A_TIME, visit.asked("desde"), "/ajustes/encabezados")
    lines = [(answer, mapping_line(answer, visit.lang)) for answer in cut(answers, part)]
    return draw(
        visit, "remembered.j2", title=words(visit.lang).remembered.title, lines=lines, part=part,
        may_forget=visit.person.may({"uploader"}),
    )  # fmt: skip


def forget(visit: Visit) -> Response:
    """Forget one header in files of one name."""
    header, file = visit.form.text("encabezado"), visit.form.raw("archivo")
    visit.shop.store.mappings.forget(header, file=file, by=visit.person.name)
    return go("/ajustes/encabezados", said="forgotten")


@dataclass(frozen=True, slots=True)
class Dated:
    """One reference table: its value today, None where there is none, and the last day it is known for."""

    name: str
    now: str | None
    last: date | None


def reference_tables(visit: Visit) -> Response:
    """The value of each table today and how far it reaches."""
    tables, day = reference.load(visit.shop.home), visit.shop.today
    kinds = sorted({entry.key for entry in tables.entries()}, key=lambda key: (key[0], key[1] or ""))
    rows = [_dated(tables, kind, modality, day, visit) for kind, modality in kinds]
    return draw(visit, "reference.j2", title=words(visit.lang).reference.title, rows=rows)


def _dated(tables: reference.Tables, kind: str, modality: str | None, day: date, visit: Visit) -> Dated:
    """A usury cap is shown as the cap, which is what rates are held against; everything else as its source gives it."""
    value = tables.cap_on(modality, day) if modality else tables.value_for(kind, day)
    written = None
    if value is not None:
        percent = modality is not None or kind in _PERCENT
        write = wording.percent if percent else wording.number
        written = write(value, visit.lang, visit.market)
    name = words(visit.lang).reference.cap.format(modality=_label(modality, visit.lang)) if modality else kind
    return Dated(name, written, tables.last_day(kind, modality))


def _label(modality: str, lang: str) -> str:
    """A credit modality as the workbook names it."""
    choices = load().fields["usury_modality"].choices
    return next((choice.label[lang] for choice in choices if choice.value == modality), modality)


_PERCENT = frozenset(("IBR", "DTF", "TIIE"))


def sources(visit: Visit) -> Response:
    """Where workbooks come from and releases go."""
    own = visit.shop.settings
    named = [(name, source.place) for name, source in own.sources.named.items()]
    targets = [(name, _place(target)) for name, target in own.all_targets.items()]
    return draw(visit, "sources.j2", title=words(visit.lang).sources.title, named=named, targets=targets)


def _place(target: TargetSettings) -> str:
    return str(target.path or target.url)


PAGES = (
    page("/ajustes", settings),
    act("/ajustes/contrasena", change_password),
    act("/ajustes/sesiones", end_other_sessions),
    act("/ajustes/claves", make_token),
    act("/ajustes/claves/{id}/fin", end_token),
    page("/ajustes/encabezados", remembered),
    act("/ajustes/encabezados", forget, "uploader"),
    page("/ajustes/referencia", reference_tables),
    page("/ajustes/fuentes", sources),
)
