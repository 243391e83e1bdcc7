"""One request with all a page needs to answer it, and how a page says who may ask for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from catalog.people import Person, Role, Session
from pipeline.desk.assets import Asset
from pipeline.desk.origin import Origin
from pipeline.run.people import Caller
from pipeline.run.workshop import Workshop
from schemas.errors import WrongUse

if TYPE_CHECKING:
    from pipeline.desk.bench import Bench
    from pipeline.desk.incoming import Incoming
    from pipeline.desk.standings import Standings

LANGUAGE = "vitrina_lang"


@dataclass(frozen=True, slots=True)
class Desk:
    """A running desk: the opened catalogue, the day, where people find it, and what works on files that arrive."""

    workshop: Workshop
    today: Callable[[], date]
    origin: Origin
    assets: Mapping[str, Asset]
    incoming: Incoming
    bench: Bench
    standings: Standings

    @property
    def shop(self) -> Workshop:
        """The catalogue as of today; a desk runs for weeks."""
        return replace(self.workshop, today=self.today())

    @property
    def cookie(self) -> str:
        """The name of the session's cookie; browsers keep `__Host-` ones from being set by anybody but us."""
        return "__Host-vitrina" if self.origin.secure else "vitrina"


@dataclass(frozen=True, slots=True)
class Form:
    """What somebody filled in: name -> what was written, in order."""

    values: Mapping[str, tuple[str, ...]]

    def text(self, name: str) -> str:
        """One field without the spaces around it; empty where it was not sent."""
        return self.values.get(name, ("",))[0].strip()

    def raw(self, name: str) -> str:
        """One field exactly as written, for passwords."""
        return self.values.get(name, ("",))[0]

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field that may be ticked more than once."""
        return self.values.get(name, ())


@dataclass(frozen=True, slots=True)
class Visit:
    """One request. session: None for somebody who is not signed in."""

    desk: Desk
    shop: Workshop
    request: Request
    lang: str
    session: Session | None
    form: Form = Form({})

    @property
    def person(self) -> Person:
        """Who is signed in; pages that are not public have somebody."""
        assert self.session is not None
        return self.session.person

    @property
    def market(self) -> str:
        """Whose way figures are written."""
        return self.shop.settings.lender.market

    def number(self, name: str) -> int:
        """A number of the path. WrongUse: it is none that anything could have."""
        return _number(str(self.request.path_params[name]))

    def asked_number(self, name: str) -> int:
        """A number of the address's query. WrongUse: it is none that anything could have."""
        return _number(self.asked(name))

    def asked(self, name: str) -> str:
        """A value of the address's query; empty where there is none."""
        return self.request.query_params.get(name, "")

    @property
    def caller(self) -> Caller:
        """Where the request comes from."""
        client = self.request.client
        return Caller(client.host if client else "?", self.request.headers.get("user-agent", ""))


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise WrongUse(f"There is nothing numbered «{text}».", es=f"No hay nada con el número «{text}».")
    return int(text)


@dataclass(frozen=True, slots=True)
class Page:
    """A page (GET) or an act (POST). roles: holders of any of them may ask; none named: everybody signed in.

    public: also who is not signed in.
    """

    method: str
    path: str
    answer: Callable[[Visit], Response]
    roles: frozenset[Role] = frozenset()
    public: bool = False


def page(path: str, answer: Callable[[Visit], Response], *roles: Role, public: bool = False) -> Page:
    """Something to look at."""
    return Page("GET", path, answer, frozenset(roles), public)


def act(path: str, answer: Callable[[Visit], Response], *roles: Role, public: bool = False) -> Page:
    """Something that changes: asked by a form of ours."""
    return Page("POST", path, answer, frozenset(roles), public)
