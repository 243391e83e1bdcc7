"""The API for programs that upload: a token in place of a session, problem documents (RFC 9457) in place of pages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from catalog.people import Person
from catalog.store import Arrival
from pipeline.desk.findings import codec
from pipeline.desk.receiving import body_of, files_of
from pipeline.desk.visit import Desk
from pipeline.desk.work import FINDINGS
from pipeline.run import people
from schemas.errors import CannotRun, Refused, VitrinaError, WrongUse

PREFIX = "/api/v1"
_PROBLEM = "application/problem+json"
_UNKNOWN = "Show a token that stands: Authorization: Bearer …"


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


class Counts(BaseModel):
    """How many products are ready and held, and findings by severity."""

    ready: int
    held: int
    errors: int
    warnings: int
    infos: int


class UploadAnswer(BaseModel):
    """A file that arrived. `upload`: the number that `vitrina plan` and the desk know it by, once it is staged."""

    id: int
    file: str
    sha256: str
    size: Annotated[int, Field(description="bytes")]
    state: Literal["waiting", "checking", "done", "failed", "interrupted"]
    sent_by: str
    sent_at: datetime
    upload: int | None = None
    sentence: Annotated[str | None, Field(description="The first line of the report, once there is one.")] = None
    counts: Counts | None = None
    fault: Annotated[str | None, Field(description="Why it could not be checked, where it failed.")] = None
    page: Annotated[str, Field(description="Where a person sees the findings.")]


class ReleaseAnswer(BaseModel):
    """The release that is live. `release` is 0 before the first."""

    release: int
    kind: str | None = None
    at: datetime | None = None
    by: str | None = None
    content: Annotated[str | None, Field(description="SHA-256 of the content.")] = None
    manifest: Annotated[str | None, Field(description="SHA-256 of manifest.json.")] = None


_RESPONSES: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem, "content": {_PROBLEM: {}}, "description": text}
    for code, text in ((401, "No token, or one that does not stand."), (403, "The token's owner may not do this."))
}
_RECEIVED: dict[int | str, dict[str, Any]] = {
    **_RESPONSES,
    400: {"model": Problem, "content": {_PROBLEM: {}}, "description": "No file, or one that did not arrive whole."},
    413: {"model": Problem, "content": {_PROBLEM: {}}, "description": "Too large, or more than one file."},
    503: {"model": Problem, "content": {_PROBLEM: {}}, "description": "The disk or the store takes nothing now."},
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["archivo"],
                    "properties": {
                        "archivo": {"type": "string", "format": "binary"},
                        "parcial": {"type": "string", "description": "Any text: the file speaks of its products only."},
                    },
                }
            },
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


_bearer = HTTPBearer(auto_error=False, description="A token made in Ajustes, or by `vitrina user token`.")


async def _owner(request: Request, shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Person:
    """Whose token the request carries; known before a byte of the body is read."""
    store = request.app.state.desk.shop.store
    token = await run_in_threadpool(people.token_of, store, shown.credentials) if shown else None
    if token is None:
        raise HTTPException(401, _UNKNOWN, {"www-authenticate": "Bearer"})
    return token.person


Owner = Annotated[Person, Depends(_owner)]


def install(app: FastAPI, desk: Desk) -> None:
    """Add the API of a desk."""
    app.state.desk = desk
    app.add_exception_handler(RequestValidationError, _not_understood)
    _uploads(app, desk)
    _releases(app, desk)


def _uploads(app: FastAPI, desk: Desk) -> None:
    @app.post(
        f"{PREFIX}/uploads", status_code=202, response_model=UploadAnswer, responses=_RECEIVED, openapi_extra=_BODY
    )
    async def send_a_file(
        request: Request, person: Owner, name: str = "productos.xlsx", partial: bool = False
    ) -> Response:
        """Send one workbook: as a form, or as the bare body with its file name in `name`. It is checked soon after."""
        if not person.may({"uploader"}):
            return problem(403, "The owner of this token may not upload.")
        try:
            if request.headers.get("content-type", "").lower().startswith("multipart/"):
                sent = await files_of(desk, request, by=person.name, most=1, partial=partial)
            else:
                sent = await body_of(desk, request, name, by=person.name, partial=partial)
        except VitrinaError as fault:
            return _told(fault, {Refused: 413, WrongUse: 400, CannotRun: 503})
        number = sent.numbers[0]
        answer = await run_in_threadpool(_answer, desk, desk.shop.store.arrivals.get(number))
        headers = {"location": f"{PREFIX}/uploads/{number}"}
        return JSONResponse(answer.model_dump(mode="json"), 202, headers=headers)

    @app.get(
        f"{PREFIX}/uploads/{{id}}",
        response_model=UploadAnswer,
        responses={**_RESPONSES, 404: {"model": Problem, "content": {_PROBLEM: {}}, "description": "No such file."}},
    )
    def see_a_file(id: int, person: Owner) -> Response:
        """How far a file is, and what was found in it."""
        try:
            arrival = desk.shop.store.arrivals.get(id if 0 < id < 10**9 else 0)
        except WrongUse as fault:
            return _told(fault, {WrongUse: 404})
        return JSONResponse(_answer(desk, arrival).model_dump(mode="json"))


def _releases(app: FastAPI, desk: Desk) -> None:
    @app.get(f"{PREFIX}/releases/current", response_model=ReleaseAnswer, responses=_RESPONSES)
    def see_what_is_live(person: Owner) -> ReleaseAnswer:
        """The release that is live."""
        live = desk.shop.store.releases.current()
        if live is None:
            return ReleaseAnswer(release=0)
        return ReleaseAnswer(
            release=live.number,
            kind=live.kind,
            at=live.at,
            by=live.by,
            content=live.content,
            manifest=live.manifest.sha256,
        )


def _answer(desk: Desk, arrival: Arrival) -> UploadAnswer:
    answer = UploadAnswer(
        id=arrival.id,
        file=arrival.file,
        sha256=arrival.sha256,
        size=arrival.size,
        state=arrival.state,
        sent_by=arrival.by,
        sent_at=arrival.at,
        upload=arrival.upload,
        fault=arrival.fault["en"] if arrival.fault else None,
        page=f"/archivos/{arrival.id}",
    )
    path = desk.incoming.beside(arrival, FINDINGS.format(lang="en"))
    if arrival.state != "done" or not path.exists():
        return answer
    found = codec().validate_json(path.read_bytes())
    counts = Counts.model_validate({tally.name: tally.count for tally in found.tallies})
    return answer.model_copy(update={"sentence": found.sentence, "counts": counts})


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """A problem document."""
    from http import HTTPStatus

    said = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail)
    return JSONResponse(said.model_dump(), status, headers=headers, media_type=_PROBLEM)


def _told(fault: VitrinaError, status: dict[type[VitrinaError], int]) -> Response:
    return problem(next((code for kind, code in status.items() if isinstance(fault, kind)), 500), str(fault))


async def _not_understood(request: Request, fault: Exception) -> Response:
    """What was sent is never repeated: it may be anything."""
    assert isinstance(fault, RequestValidationError)
    places = ", ".join(sorted({str(error["loc"][-1]) for error in fault.errors()}))
    return problem(422, f"The request cannot be understood: {places}.")
