"""Files that arrive by a form: streamed to the disk with a limit, entered, and handed to the bench."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from pipeline.desk.draw import go
from pipeline.desk.incoming import MOST_BYTES, MOST_FILES, Incoming, Receiving, no_room
from pipeline.desk.multipart import Broken, Parser, Parts, TooMuch
from pipeline.desk.uploads import sorry_upload
from pipeline.desk.visit import Desk, Visit, act
from schemas import wording
from schemas.errors import CannotRun, Refused, VitrinaError, WrongUse

PAGE = act("/cargas", lambda _: Response(), "uploader")
"""Who may send files; the answer is `receive`, which reads the body itself."""
_MOST_AROUND = 1_000_000
"""Bytes of a form besides its files."""
_MOST_READ_IN_VAIN = 4 * MOST_BYTES
"""A browser shows our answer only once its own body is through, so a refused one is read and forgotten up to here."""
_QUIET_SECONDS = 60
_LONGEST_SECONDS = 3600
"""What one request may take in all: the largest file over the slowest line, and no line is held for ever."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What arrived: numbers of arrivals, in order."""

    numbers: tuple[int, ...]


async def receive(visit: Visit) -> Response:
    """Take the files of a form; on to the file's page, or to the list where there are several."""
    try:
        sent = await files_of(visit.desk, visit.request, by=visit.person.name)
    except VitrinaError as fault:
        return await _refused(visit, fault)
    if _wants_json(visit.request):
        return JSONResponse([{"id": number, "href": f"/archivos/{number}"} for number in sent.numbers], 201)
    return go(f"/archivos/{sent.numbers[0]}" if len(sent.numbers) == 1 else "/cargas")


async def _refused(visit: Visit, fault: VitrinaError) -> Response:
    status = 413 if isinstance(fault, Refused) else 503 if isinstance(fault, CannotRun) else 400
    if _wants_json(visit.request):
        return JSONResponse({"fault": fault.say(visit.lang)}, status)
    return await run_in_threadpool(sorry_upload, visit, fault.say(visit.lang), status)


def _wants_json(request: Request) -> bool:
    return request.headers.get("accept", "").startswith("application/json")


async def files_of(desk: Desk, request: Request, *, by: str, most: int = MOST_FILES, partial: bool = False) -> Sent:
    """Every file of a form, at most so many, wholly received and entered.

    Refused: more than is taken. WrongUse: no file, or no form. CannotRun: the disk took not all. Nothing is kept of a
    form that is refused.
    """
    parts = Parts(desk.incoming.begin, most)
    try:
        parser = parts.parser(request.headers.get("content-type", ""))
        await _take(request, parser)
    except (VitrinaError, OSError, TooMuch, Broken, ClientDisconnect, TimeoutError) as fault:
        await run_in_threadpool(_drop, desk.incoming, parts.files)
        raise _told(fault, most) from None
    if not parts.whole or not parts.files:
        await run_in_threadpool(_drop, desk.incoming, parts.files)
        raise _told(Broken()) if not parts.whole else nothing_sent()
    partial = partial or bool(parts.fields.get("parcial")) or len(parts.files) > 1
    return Sent(tuple(await run_in_threadpool(_keep, desk, parts.files, by, partial)))


async def body_of(desk: Desk, request: Request, name: str, *, by: str, partial: bool) -> Sent:
    """The bare body as one file of this name. Refused: too large. WrongUse: empty. CannotRun: the disk took not all."""
    file = await run_in_threadpool(desk.incoming.begin, name)
    chunks = _patient(request.stream())
    try:
        async for chunk in chunks:
            if file.size + len(chunk) > MOST_BYTES:
                await _forget(chunks)
                raise TooMuch("bytes")
            await run_in_threadpool(file.take, chunk)
    except (OSError, TooMuch, ClientDisconnect, TimeoutError) as fault:
        await run_in_threadpool(_drop, desk.incoming, [file])
        raise _told(fault) from None
    if not file.size:
        await run_in_threadpool(_drop, desk.incoming, [file])
        raise nothing_sent()
    return Sent(tuple(await run_in_threadpool(_keep, desk, [file], by, partial)))


async def _take(request: Request, parser: Parser) -> None:
    """The body, chunk by chunk; what follows a refusal is read and forgotten, so that the answer is seen."""
    chunks, left = _patient(request.stream()), parser.parts.most * MOST_BYTES + _MOST_AROUND
    async for chunk in chunks:
        try:
            left -= len(chunk)
            if left < 0:
                raise TooMuch("bytes")
            await run_in_threadpool(parser.take, chunk)
        except (TooMuch, Broken, VitrinaError, OSError):
            await _forget(chunks)
            raise


async def _forget(chunks: AsyncIterator[bytes]) -> None:
    read = 0
    async for chunk in chunks:
        read += len(chunk)
        if read > _MOST_READ_IN_VAIN:
            return


async def _patient(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The chunks, as long as none takes a minute to come and all of them no hour."""
    last = asyncio.get_running_loop().time() + _LONGEST_SECONDS
    while True:
        now = asyncio.get_running_loop().time()
        async with asyncio.timeout(min(_QUIET_SECONDS, last - now)):
            try:
                chunk = await anext(chunks)
            except StopAsyncIteration:
                return
        yield chunk


def _keep(desk: Desk, files: Sequence[Receiving], by: str, partial: bool) -> list[int]:
    """Enter the files in order. CannotRun: the disk did not take one; those before it go on, the rest does not.
    WrongUse: who sends them was shut out while they arrived."""
    if desk.shop.store.people.get(by).disabled_at is not None:
        _drop(desk.incoming, files)
        raise WrongUse(
            "Your access ended while the file arrived; nothing was kept.",
            es="Su acceso terminó mientras llegaba el archivo y no se guardó nada.",
        )
    numbers = []
    for at, file in enumerate(files):
        try:
            numbers.append(desk.incoming.keep(file, by=by, partial=partial))
        except CannotRun:
            _drop(desk.incoming, files[at:])
            raise
        desk.bench.add(numbers[-1])
    return numbers


def _drop(incoming: Incoming, files: Iterable[Receiving]) -> None:
    for file in files:
        incoming.drop(file)


def nothing_sent() -> WrongUse:
    """The form came without a file."""
    return WrongUse("Choose a file first.", es="Primero elija un archivo.")


def _told(fault: Exception, most: int = MOST_FILES) -> VitrinaError:
    if isinstance(fault, VitrinaError):
        return fault
    if isinstance(fault, OSError) and not isinstance(fault, TimeoutError):
        return no_room(fault)
    if isinstance(fault, TooMuch):
        return too_much(fault.what, most)
    return WrongUse(
        "The file did not arrive whole; nothing was kept. Send it again.",
        es="El archivo no llegó completo y no se guardó nada. Envíelo otra vez.",
    )


def too_much(what: str, most: int = MOST_FILES) -> Refused:
    """More than is taken, with the limit."""
    if what == "files" and most == 1:
        return Refused("Send one file at a time; nothing was kept.", es="Envíe un archivo a la vez; no se guardó nada.")
    if what == "files":
        return Refused(
            f"At most {most} files at a time; nothing was kept.",
            es=f"Se reciben como máximo {most} archivos a la vez; no se guardó ninguno.",
        )
    if what == "fields":
        return Refused("That is no form of this desk.", es="Ese no es un formulario de esta mesa.")
    limit = {lang: wording.size(MOST_BYTES, lang) for lang in ("es", "en")}
    return Refused(
        f"The file is larger than {limit['en']}, the most a file may have; nothing was kept.",
        es=f"El archivo pesa más de {limit['es']}, que es lo máximo; no se guardó nada.",
    )
